"""Beliefs, ledgers and mediation at their edges: a pressure at rest that comes late, few of anything, no numbers."""

import json
import stat
from dataclasses import replace

import numpy as np
import pytest

from limen.inference import ledger as ledgers
from limen.inference.calibration import ranks_of
from limen.inference.ledger import first_fault, line_hash, read_ledger, seal, write_lines
from limen.inference.live import begin
from limen.inference.mediation.analysis import too_few
from limen.inference.mediation.cells import read_lines
from limen.inference.mediation.effects import jackknife, numbers_of
from limen.inference.mediation.plan import plan_of
from limen.inference.mediation.sensitivity import rho_at_zero
from limen.inference.mediation.simulation import TRUE_SLOPE, Trial, invented
from limen.inference.person import believe_quickly, evidence_in, first_particles
from limen.inference.seen import gathered
from limen.inference.tempering import cloud_of
from limen.quantities import InputError
from limen.regimen import Case, Patient, Regimen, Score, read_visit
from limen.response.parameters import prior_draws

POPULATION = prior_draws(40, np.random.default_rng(0))
ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0})
GIVEN = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT)
CASE = Case(ADULT, Regimen((GIVEN,)), times_h=(24.0,), draws=100)
AT_REST, LATER = Score("systolic_mmhg", -0.5, 118.0), Score("systolic_mmhg", 0.5, 140.0)
DOSES = Trial("3 doses x 40", (0.2, 0.5, 1.0), 40)


def started():
    return begin(CASE, population=POPULATION, draws=200)


def test_a_pressure_at_rest_that_comes_late_counts_as_one_that_came_first():
    nearer = Score("systolic_mmhg", -0.1, 126.0)
    orders = ((AT_REST, nearer, LATER), (LATER, AT_REST, nearer), (AT_REST, LATER, nearer))
    weights = []
    for order in orders:
        live = started()
        for one in order:
            live = live.see(one)
        weights.append(live.believed.weights)
    np.testing.assert_allclose(weights[1], weights[0])
    np.testing.assert_allclose(weights[2], weights[0])


def test_a_pressure_at_rest_is_foretold_by_nothing_else():
    assert started().see(LATER).foretold(AT_REST) is None
    assert started().see(AT_REST).foretold(LATER) is not None


def test_a_score_that_is_none_is_refused_when_it_is_seen():
    with pytest.raises(InputError, match="nan"):
        started().see(Score("MADRS", 24.0, float("nan")))


def test_a_pressure_at_rest_that_differs_from_the_baseline_is_named():
    adult = replace(ADULT, baseline={"systolic_mmhg": 120.0})
    found = gathered(replace(CASE, patient=adult, scores=(AT_REST, replace(AT_REST, value=120.0))))
    assert found.used == ()
    assert len(found.unused) == 1
    assert "the 120 before the first dose is taken as it stands" in found.unused[0]


def test_a_person_without_drug_is_believed_by_the_peak_and_curvature():
    saline = read_visit("0 mg over 40 min", drug="placebo", route="iv", patient=ADULT)
    found = believe_quickly(
        replace(CASE, regimen=Regimen((saline,)), scores=(Score("MADRS", 24.0, 20.0),)),
        population=POPULATION,
        draws=200,
        looks=4,
    )
    assert np.isfinite(found.weights).all()


def test_what_has_no_chance_ends_in_a_sentence_and_not_in_a_loop():
    evidence = evidence_in(replace(CASE, scores=(Score("MADRS", 24.0, float("nan")),)), population=POPULATION)
    with np.errstate(invalid="ignore"), pytest.raises(InputError, match="is no number for 20 of 20 draws"):
        cloud_of(evidence, first_particles(evidence, 20))


def line_of(number, previous="0" * 64, **more):
    line = {"number": number, "date": "2026-01-01", "forecasts": [], "previous": previous, **more}
    return line | {"hash": line_hash(line)}


def test_a_ledger_keeps_who_may_read_it_and_names_lines_that_are_none(tmp_path):
    path = tmp_path / "ledger.jsonl"
    write_lines(path, [line_of(1)])
    path.chmod(0o664)
    write_lines(path, [line_of(1)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    text = json.dumps(line_of(1))
    path.write_text(text.replace("[]", "[NaN]") + "\n")
    assert first_fault(path) == 1
    with pytest.raises(InputError, match="was changed: line 1"):
        read_ledger(path)
    for raw in (text.encode().replace(b"2026", b"\xff"), text.replace('"date"', '"day"').encode()):
        path.write_bytes(raw + b"\n")
        with pytest.raises(InputError, match="line 1 is not one"):
            read_ledger(path)


def test_what_was_sealed_while_another_was_computed_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "ledger.jsonl"

    def slow(case, guesses):
        write_lines(path, [line_of(1)])
        yield from ()

    monkeypatch.setattr(ledgers, "forecasts", slow)
    assert seal(CASE, path, on="2026-01-02")["number"] == 2
    assert [line["number"] for line in read_ledger(path)] == [1, 2]


def test_ranks_of_other_steps_or_seeds_are_not_gone_on_with(tmp_path):
    kept = tmp_path / "ranks"
    with kept.open("wb") as file:
        np.save(file, np.zeros((2, 3)))
    assert ranks_of(kept, "one") == []
    with kept.open("wb") as file:
        np.savez(file, ranks=np.ones((2, 3), dtype=np.int64), of=np.array("one"))
    assert len(ranks_of(kept, "one")) == 2
    assert ranks_of(kept, "other") == []


def test_whether_exposures_are_measured_is_decided_once_for_all_refits():
    design = invented(DOSES, TRUE_SLOPE, np.random.default_rng(5))
    few = design.exposure.copy() * 300.0
    few[10:] = np.nan
    design = replace(design, exposure=few)
    plan = plan_of(design)
    assert plan.measured
    spread = jackknife(design, lambda some: numbers_of(some, plan), np.random.default_rng(1), groups=30)
    assert np.isfinite(spread.covariance).all()
    assert np.sqrt(spread.covariance[4, 4]) < 200.0
    assert not plan_of(replace(design, exposure=np.where(np.arange(len(few)) < 9, few, np.nan))).measured


def test_one_person_without_drug_is_too_few():
    design = invented(DOSES, TRUE_SLOPE, np.random.default_rng(5))
    dose = design.dose_mg_per_kg.copy()
    dose[0] = 0.0
    found = too_few(replace(design, dose_mg_per_kg=dose, exposure=np.where(dose > 0.0, design.exposure, 0.0)))
    assert found is not None
    assert found.startswith("1 people seen without drug")


def test_no_correlation_of_errors_is_told_where_what_is_held_fixed_uses_up_the_visits():
    design = invented(DOSES, TRUE_SLOPE, np.random.default_rng(5))
    groups = np.eye(len(design.cadss))[:, :-8]
    held = replace(design, covariates=groups - groups.mean(axis=0), prior_sd=np.full(groups.shape[1], 0.5))
    assert rho_at_zero(held, plan_of(held)) is None
    assert rho_at_zero(design, plan_of(design)) is not None


def test_a_table_of_windows_is_read_with_its_letters_and_lines(tmp_path):
    path = tmp_path / "data.csv"
    head = "id,dose_mg_per_kg,cadss_total,baseline,score,scale,at_h,setting,occasion,clinic\n"
    path.write_bytes(head.encode() + "A…B,0.5,3,30,20,MADRS,24,open,1,Köln\n".encode("cp1252"))
    _, lines, warnings = read_lines(path)
    assert len(lines) == 1
    assert any("Windows-1252" in one for one in warnings)
    path.write_text(head + "A\x85B,0.5,3,30,20,MADRS,24,open,1,a\n", encoding="utf-8")
    assert len(read_lines(path)[1]) == 1
