"""From a wanted exposure to infusions and doses to review."""

from __future__ import annotations

import numpy as np
import pytest

from limen.chain.exposure import occupancy_answer
from limen.chain.inverse import Goal, Limits, infusion_for
from limen.chain.inverse_peak import dose_for_peak
from limen.kinetics import draw_concentrations
from limen.quantities import InputError
from limen.regimen import Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0)
WIDE = Limits(rate_mg_per_min=10.0, total_mg=200.0)


@pytest.mark.parametrize(
    ("goal", "asked"),
    [
        (Goal("ketamine", 150.0, 10.0, 60.0), {}),
        (Goal("ketamine", 150.0, 10.0, 60.0), {"model": "kamp_meta_2020", "sampled": "arterial"}),
        (Goal("S-ketamine", 80.0, 20.0, 100.0), {"drug": "esketamine", "sampled": "arterial"}),
        (Goal("occupancy", 0.2, 15.0, 60.0), {}),
        (Goal("occupancy", 0.45, 15.0, 60.0), {"assay": "ebert"}),
        (Goal("norketamine", 50.0, 60.0, 60.0), {}),
        (Goal("ketamine", 150.0, 12.3, 0.0), {"step_min": 3.0}),
    ],
    ids=str,
)
def test_wide_limits_reach_and_hold_what_is_wanted(goal: Goal, asked: dict[str, str]) -> None:
    found = infusion_for(goal, WIDE, ADULT, **asked)
    assert found.meets_goal
    assert found.limited_by == ()
    assert found.lowest_held == pytest.approx(goal.wanted, rel=0.02)
    assert found.highest_held == pytest.approx(goal.wanted, rel=0.02)
    assert found.reached.max() <= goal.wanted * 1.02
    assert found.total_mg <= WIDE.total_mg
    assert found.highest_rate_mg_per_min <= WIDE.rate_mg_per_min


def test_the_text_reads_back_and_reaches_what_is_said() -> None:
    found = infusion_for(Goal("occupancy", 0.2, 15.0, 60.0), WIDE, ADULT)
    again = occupancy_answer(found.text, weight_kg=70.0, at_min=[15.0, 40.0, 75.0])
    assert again["occupancy"]["typical"] == pytest.approx([0.2, 0.2, 0.2], rel=0.02)
    assert found.text in found.says
    assert "options to review" in found.says


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        (Limits(1.0, 200.0), "the limit of 1 mg/min"),
        (Limits(10.0, 30.0), "the limit of 30 mg in all"),
    ],
    ids=str,
)
def test_a_limit_in_the_way_is_named_and_never_passed(limits: Limits, named: str) -> None:
    found = infusion_for(Goal("ketamine", 150.0, 10.0, 60.0), limits, ADULT)
    assert not found.meets_goal
    assert found.limited_by == (named,)
    assert named in found.says
    assert found.lowest_held < 0.98 * 150.0
    assert found.total_mg <= limits.total_mg
    assert found.highest_rate_mg_per_min <= limits.rate_mg_per_min


def test_steps_too_long_to_hold_are_named() -> None:
    found = infusion_for(Goal("ketamine", 150.0, 10.0, 110.0), WIDE, ADULT, step_min=60.0)
    assert not found.meets_goal
    assert "length of the steps" in found.limited_by[0]


def test_a_goal_that_ends_just_past_a_whole_step_has_no_step_too_short_for_a_dose_text() -> None:
    goal = Goal("ketamine", 10.0, 5.9453125, 9.0625)  # ends 0.0078 min past the third step of 5 min
    found = infusion_for(goal, Limits(1.0, 5.0), ADULT, step_min=5.0)
    assert found.text.count(" over ") == 3
    assert read_visit(found.text, drug="ketamine", route="iv", patient=ADULT).doses


def test_the_warnings_of_a_large_dose_stand_beside_it() -> None:
    found = infusion_for(Goal("ketamine", 600.0, 10.0, 30.0), WIDE, ADULT)
    assert any("extrapolation" in one for one in found.warnings)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Goal("occupancy", 1.2, 10.0, 10.0), "below 1, got 1.2"),
        (lambda: Goal("ketamine", -5.0, 10.0, 10.0), "above 0 ng/mL, got -5"),
        (lambda: Goal("ketamine", 100.0, 0.0, 10.0), "got 0 and 10 min"),
        (lambda: Goal("ketamine", 100.0, 10.0, 9000.0), "within 2880 min"),
        (lambda: Goal("ketamine", 100.0, 0.01, 0.0), "above 0.01"),
        (lambda: Limits(0.0, 10.0), "got 0 mg/min"),
        (lambda: infusion_for(Goal("ketamine", 100.0, 10.0, 10.0), WIDE, ADULT, step_min=0.0), "Steps of 0 min"),
        (lambda: infusion_for(Goal("caffeine", 100.0, 10.0, 10.0), WIDE, ADULT), "gives 'caffeine'"),
        (lambda: infusion_for(Goal("occupancy", 0.2, 10.0, 10.0), WIDE, ADULT, assay="2A"), "no assay '2A'"),
        (
            lambda: infusion_for(
                Goal("S-ketamine", 100.0, 10.0, 10.0), WIDE, ADULT, drug="esketamine", model="flint_2017"
            ),
            "drifts with time",
        ),
    ],
)
def test_a_goal_that_cannot_be_is_refused_in_one_sentence(make: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


@pytest.mark.parametrize(
    "way",
    [
        {"duration_min": 40.0},
        {"duration_min": 2.0},
        {"route": "im"},
        {"route": "oral"},
        {"drug": "esketamine", "duration_min": 40.0},
    ],
    ids=str,
)
def test_the_wanted_share_of_the_draws_reaches_the_peak_and_no_smaller_dose_would_do(way: dict[str, object]) -> None:
    found = dose_for_peak(100.0, 0.8, ADULT, most_mg=1e4 / 12.0, draws=400, **way)
    assert found.meets_goal
    assert 0.8 <= found.probability <= 0.81
    assert found.peak_p05_ng_per_ml < 100.0 < found.peak_p50_ng_per_ml < found.peak_p95_ng_per_ml


def test_the_probability_is_that_of_the_held_courses_of_the_text() -> None:
    found = dose_for_peak(150.0, 0.9, ADULT, most_mg=500.0, duration_min=40.0, draws=300, seed=4)
    visit = read_visit(found.text, drug="ketamine", route="iv", patient=ADULT)
    drawn = draw_concentrations(
        ADULT, Regimen((visit,)), np.arange(0.0, 300.0), draws=300, rng=np.random.default_rng(4), parents=("ketamine",)
    )
    assert np.mean(drawn.analyte("ketamine").max(axis=1) >= 150.0) == pytest.approx(found.probability)


def test_a_limit_below_the_needed_dose_is_named() -> None:
    found = dose_for_peak(150.0, 0.9, ADULT, most_mg=20.0, duration_min=40.0, draws=300)
    assert not found.meets_goal
    assert found.dose_mg <= 20.0
    assert found.probability < 0.9
    assert found.limited_by == "the limit of 20 mg"
    assert "kept from 90%" in found.says


def test_a_tiny_probability_takes_the_smallest_dose_of_the_draws() -> None:
    smallest, one_in_fifty = (
        dose_for_peak(100.0, chance, ADULT, most_mg=500.0, duration_min=40.0, draws=50).dose_mg
        for chance in (1e-14, 0.02)
    )
    assert smallest == one_in_fifty


def test_a_way_in_with_a_prior_says_so() -> None:
    assert dose_for_peak(100.0, 0.5, ADULT, most_mg=500.0, route="im", draws=50).prior_only


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"wanted_ng_per_ml": -1.0}, "got -1 ng/mL"),
        ({"probability": 1.0}, "between 0 and 1, got 1"),
        ({"duration_min": None}, "at its first instant"),
        ({"drug": "esketamine", "route": "intranasal", "duration_min": None}, "falls with each device"),
        ({"most_mg": 0.0}, "0 mg"),
    ],
)
def test_a_peak_that_cannot_be_asked_for_is_refused_in_one_sentence(asked: dict[str, object], says: str) -> None:
    given = {"wanted_ng_per_ml": 150.0, "probability": 0.9, "most_mg": 100.0, "duration_min": 40.0, **asked}
    with pytest.raises(InputError, match=says):
        dose_for_peak(patient=ADULT, **given)
