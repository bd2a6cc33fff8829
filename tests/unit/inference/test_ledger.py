"""Forecasts are sealed before and scored after, and a ledger that was changed is found out."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.inference.climatology import climatology_draws
from limen.inference.ladder import crps
from limen.inference.ledger import Guess, first_fault, line_hash, read_guess, seal
from limen.inference.scoring import score_ledger, three
from limen.quantities import InputError
from limen.regimen import Case, Patient, Regimen, Score, read_visit

ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0, "systolic_mmhg": 120.0})
GIVEN = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT)
CASE = Case(ADULT, Regimen((GIVEN,)), times_h=(24.0, 168.0), draws=300)


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.jsonl"
    seal(CASE, path, on="2026-01-01", guesses=[Guess("MADRS", 24.0, 15.0)])
    seal(replace(CASE, seed=2), path, on="2026-01-02")
    return path


def test_a_sealed_line_holds_date_version_and_hash_and_no_person(ledger):
    first, second = (json.loads(line) for line in ledger.read_text().splitlines())
    assert first["date"] == "2026-01-01"
    assert first["hash"] == line_hash(first) == second["previous"]
    assert {one["scale"] for one in first["forecasts"]} == {"MADRS", "CADSS", "systolic_mmhg", "diastolic_mmhg"} - {
        "diastolic_mmhg"
    }
    assert "70" not in json.dumps(
        {k: v for k, v in first.items() if k not in {"forecasts", "hash", "previous", "case", "posterior"}}
    )


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whoever_changes_a_line_breaks_the_chain_there(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    lines, previous = [], "0" * 64
    for number in range(4):
        line = {"number": number, "date": "2026-01-01", "forecasts": [number], "previous": previous}
        previous = line["hash"] = line_hash(line)
        lines.append(line)
    changed = data.draw(st.integers(0, 3))
    key = data.draw(st.sampled_from(["number", "date", "forecasts"]))
    lines[changed][key] = "changed"
    if data.draw(st.booleans()):
        lines[changed]["hash"] = line_hash(lines[changed])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    fault = first_fault(path)
    sealed_again = lines[changed]["hash"] == line_hash(lines[changed])
    last_line = changed == len(lines) - 1
    assert fault == (changed + 2 if sealed_again and not last_line else None if sealed_again else changed + 1)


def test_a_line_is_scored_by_what_was_seen_beside_climatology_and_the_guess(ledger):
    later = replace(CASE, scores=(Score("MADRS", 24.0, 14.0), Score("MADRS", 168.0, 20.0)))
    found = score_ledger(ledger, later, 1)
    day = found["forecasts"][0]
    assert day["crps"]["guess"] == 1.0
    assert day["brier"]["guess"] == 0.0
    assert found["crps"]["n"] == 2
    assert 0.0 <= found["brier"]["forecast"] <= 1.0
    assert found["crps"]["climatology"] > 0.0


def test_a_better_forecast_has_the_lower_score():
    near, far = (crps(np.random.default_rng(1).normal(mean, 3.0, 2000), 15.0) for mean in (15.0, 25.0))
    assert near < far
    assert three(0.25, None, None) == {"forecast": 0.25, "climatology": None, "guess": None}


def test_what_is_past_is_no_forecast(tmp_path):
    late = replace(CASE, scores=(Score("MADRS", 200.0, 14.0),))
    with pytest.raises(InputError, match="no forecast"):
        seal(late, tmp_path / "ledger.jsonl", on="2026-01-01")
    assert not (tmp_path / "ledger.jsonl").exists()


def test_a_ledger_only_goes_forward(ledger):
    before = ledger.read_bytes()
    with pytest.raises(InputError, match="only goes forward"):
        seal(CASE, ledger, on="2025-12-31")
    assert ledger.read_bytes() == before


@pytest.mark.parametrize("text", ["MADRS = 15", "MADRS 24 15", "MADRS 24 = 99", "mood 24 = 3", "24 MADRS = 15"])
def test_a_guess_that_cannot_be_read_is_refused_with_its_text(text):
    with pytest.raises(InputError):
        read_guess(text)


def test_a_guess_of_what_is_not_forecast_is_refused(tmp_path):
    with pytest.raises(InputError, match="times_h"):
        seal(CASE, tmp_path / "l.jsonl", on="2026-01-01", guesses=[Guess("MADRS", 25.0, 15.0)])


def test_climatology_is_that_of_arms_of_the_same_kind():
    drug = climatology_draws(CASE, "MADRS", 24.0)
    without = climatology_draws(replace(CASE, regimen=Regimen(())), "MADRS", 24.0)
    assert drug.mean() < without.mean()
    assert climatology_draws(CASE, "CADSS", 24.0) is None
    assert drug.min() >= 0.0
    assert drug.max() <= 60.0
