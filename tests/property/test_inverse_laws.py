"""Laws of inverse use: superposition carries it, limits bind it, and proportion scales it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.chain.inverse import Goal, Limits, infusion_for
from limen.chain.inverse_peak import dose_for_peak
from limen.chain.unit_responses import Question, unit_responses
from limen.regimen import Infusion, Patient, Regimen, Visit

ADULT = Patient(weight_kg=70.0)
LOOKS = np.array([2.5, 5.0, 11.0, 20.0, 40.0])
STARTS = np.array([0.0, 10.0, 20.0, 30.0])
questions = st.builds(
    Question,
    st.sampled_from(("ketamine", "occupancy")),
    st.just(ADULT),
    st.sampled_from(("ketamine", "esketamine")),
    st.sampled_from(("venous", "arterial")),
    st.just("ensemble"),
    st.sampled_from(("in_vivo", "salat")),
)


@settings(max_examples=20)
@given(questions, st.lists(st.floats(0.01, 5.0), min_size=4, max_size=4))
def test_the_sum_of_the_steps_is_the_course_of_the_infusion(asked: Question, rates: list[float]) -> None:
    steps = tuple(
        Infusion(asked.drug, "iv", 10.0 * rate, 10.0, start) for rate, start in zip(rates, STARTS, strict=True)
    )
    weights, linear, _ = asked.linear(Regimen((Visit(0.0, asked.drug, "iv", "steps", steps),)), LOOKS)
    answers = unit_responses(asked, LOOKS, STARTS, 10.0)
    np.testing.assert_allclose(answers.course(np.array(rates)), asked.typical(weights, linear), rtol=1e-9)


@settings(max_examples=20)
@given(questions, st.lists(st.floats(0.1, 5.0), min_size=4, max_size=4), st.integers(0, 3))
def test_slopes_are_those_of_the_course(asked: Question, rates: list[float], step: int) -> None:
    answers = unit_responses(asked, LOOKS, STARTS, 10.0)
    at, small = np.array(rates), 1e-6
    nudge = np.where(np.arange(4) == step, small, 0.0)
    slopes = (answers.course(at + nudge) - answers.course(at - nudge)) / (2.0 * small)
    np.testing.assert_allclose(answers.slopes(at)[:, step], slopes, rtol=1e-5, atol=1e-7)


@settings(max_examples=15)
@given(st.floats(10.0, 400.0), st.floats(0.2, 20.0), st.floats(5.0, 300.0), st.floats(5.0, 30.0), st.floats(0.0, 60.0))
def test_limits_always_hold_and_what_misses_the_goal_says_why(
    wanted: float, rate: float, total: float, reach_min: float, hold_min: float
) -> None:
    found = infusion_for(Goal("ketamine", wanted, reach_min, hold_min), Limits(rate, total), ADULT)
    assert found.total_mg <= total * (1.0 + 1e-9)
    assert found.highest_rate_mg_per_min <= rate * (1.0 + 1e-9)
    assert found.meets_goal == (not found.limited_by)
    assert found.says.count(". ") == 0


@settings(max_examples=10)
@given(st.floats(20.0, 200.0), st.floats(1.1, 3.0))
def test_twice_the_concentration_needs_twice_the_rates_where_no_limit_binds(wanted: float, factor: float) -> None:
    wide = Limits(1e3, 1e3)
    one, more = (infusion_for(Goal("ketamine", level, 10.0, 30.0), wide, ADULT) for level in (wanted, factor * wanted))
    assert more.total_mg == pytest.approx(factor * one.total_mg, rel=5e-3)


@settings(max_examples=10)
@given(st.floats(20.0, 200.0), st.floats(0.05, 0.95), st.floats(1.1, 3.0))
def test_the_dose_for_a_peak_is_proportional_and_rises_with_probability(
    wanted: float, probability: float, factor: float
) -> None:
    def dose_mg(level: float, share: float) -> float:
        return dose_for_peak(level, share, ADULT, most_mg=1e3, duration_min=40.0, draws=60).dose_mg

    assert dose_mg(factor * wanted, probability) == pytest.approx(factor * dose_mg(wanted, probability), rel=2e-3)
    assert dose_mg(wanted, 0.99) >= dose_mg(wanted, probability) * (1.0 - 1e-3)


def test_holding_for_days_ends_at_the_rate_that_the_body_clears() -> None:
    """Of one model the last rates of a long hold are clearance times concentration: 84 L/h at 70 kg."""
    goal = Goal("ketamine", 100.0, 60.0, 2700.0)
    found = infusion_for(goal, Limits(10.0, 1e4), ADULT, model="kamp_meta_2020", sampled="arterial", step_min=30.0)
    clearance_l_per_min = 84.0 / 60.0
    last = float(found.text.rsplit(", then ", 1)[-1].split(" mg over ")[0])
    minutes = float(found.text.rsplit(" mg over ", 1)[-1].split(" ")[0])
    assert last / minutes == pytest.approx(clearance_l_per_min * 0.1, rel=1e-2)
