"""Section 3 of the contract, key by key, and what `limen options` and `limen forecast` refuse in one sentence."""

import json

import pytest
from house.process import run_limen

CASE = """limen = 1
[patient]
weight_kg = 70.0
baseline = {{ MADRS = 32 }}
[[dose]]
start_h = 0.0
drug = "ketamine"
route = "iv"
dose = "0.5 mg/kg over 40 min"
[[score]]
scale = "MADRS"
at_h = 24.0
value = 17
[options]
{options}
"""
TOP = {"statement", "separable", "horizons_h", "options", "basis", "unknown", "disclaimer"}
OPTION = {
    "kind",
    "drug",
    "route",
    "dose",
    "duration_min",
    "benefit",
    "response_probability",
    "dissociation_above_limit_probability",
    "pressure_above_limit_probability",
    "peak_ng_per_ml",
    "occupancy_peak",
    "cumulative_mg_per_kg_90d",
    "infusions_so_far",
    "reasons",
    "extrapolates",
    "under_joints",
}
KINDS = {"dose", "same visit without drug", "wait", "stop and review"}


def asked(folder, *words, options="next_visit_h = 168.0"):
    (folder / "case.toml").write_text(CASE.format(options=options), encoding="utf-8")
    return run_limen(*words, folder=folder)


def test_the_json_has_every_key_of_the_contract(tmp_path):
    done = asked(tmp_path, "options", "case.toml", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert set(found) >= TOP
    assert {one["kind"] for one in found["options"]} == KINDS
    for one in found["options"]:
        assert set(one) >= OPTION
        assert len(one["benefit"]) == len(one["response_probability"]) == len(found["horizons_h"])
        assert all({"mean", "p10", "p90"} <= set(row) for row in one["benefit"])
        assert {"p05", "p50", "p95"} == set(one["peak_ng_per_ml"])
        assert all(len(side["benefit"]) == len(found["horizons_h"]) for side in one["under_joints"].values())
    doses = [
        one["peak_ng_per_ml"]["p50"] for one in found["options"] if one["route"] == "iv" and one["duration_min"] == 40
    ]
    assert doses == sorted(doses)
    if not found["separable"]:
        assert "the data do not separate these" in found["statement"].lower()


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("next_visit_h = 2.0", "next_visit_h"),
        ('doses = ["ketamine 0.5 mg/kg"]', "route '0.5'"),
        ("later_h = [-3.0]", "later_h"),
        ("[options.weights]\nbenefits = [1.0]", "benefit"),
        ("[options.weights]\nbenefit = [1.0, 2.0]", "horizons_h"),
    ],
)
def test_options_that_cannot_be_used_end_with_one_sentence(tmp_path, options, names):
    done = asked(tmp_path, "options", "case.toml", "--json", options=options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert names in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_sealed_forecast_is_checked_and_a_changed_one_found_out(tmp_path):
    sealed = asked(tmp_path, "forecast", "seal", "case.toml", "--date", "2026-01-31", "--to", "l.jsonl", "--json")
    assert sealed.returncode == 0, sealed.stderr
    assert run_limen("forecast", "check", "l.jsonl", folder=tmp_path).returncode == 0
    ledger = tmp_path / "l.jsonl"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("2026-01-31", "2026-01-30"), encoding="utf-8")
    checked = run_limen("forecast", "check", "l.jsonl", "--json", folder=tmp_path)
    assert checked.returncode == 3
    assert json.loads(checked.stdout)["first_fault"] == 1
