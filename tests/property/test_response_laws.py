"""Laws that the response must obey, whatever its parameters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.response.drive import area, glutamate_surge, saturating
from limen.response.mood import Circumstances, expectancy, fast_branch, slow_branch, without_drug
from limen.response.parameters import NAMES, PARAMETERS, Population, from_scale, prior_draws
from limen.response.people import draw_people, expected_score, recorded, remaining
from limen.response.session import dissociation, draw_sensitivity, felt_share, sessions_before

TIME_H = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0, 168.0, 336.0])
seeds = st.integers(min_value=0, max_value=10_000)


def population(seed, draws=8):
    return prior_draws(draws, np.random.default_rng(seed))


def pulse(size, draws=8):
    drive = np.zeros((draws, len(TIME_H)))
    drive[:, 1:4] = size
    return drive


@given(seeds, st.floats(min_value=0.0, max_value=20.0))
def test_the_fast_branch_is_linear_in_its_drive(seed, factor):
    people = population(seed)
    once, more = (fast_branch(pulse(size), TIME_H, people) for size in (1.0, factor))
    np.testing.assert_allclose(more, factor * once, rtol=1e-12, atol=1e-12)


@given(seeds, st.floats(min_value=0.01, max_value=50.0))
def test_the_slow_branch_never_passes_its_ceiling(seed, size):
    people = population(seed)
    state = slow_branch(pulse(size), TIME_H, people, saturates=True)
    assert np.all(state >= 0.0)
    assert np.all(state <= people["slow_ceiling"][:, None] * (1.0 + 1e-12))


@given(seeds, st.floats(min_value=0.01, max_value=5.0))
def test_saturation_never_adds(seed, size):
    people = population(seed)
    bounded, additive = (slow_branch(pulse(size), TIME_H, people, saturates=flag) for flag in (True, False))
    assert np.all(bounded <= additive + 1e-12)


@given(seeds)
def test_a_high_ceiling_is_the_additive_model(seed):
    people = population(seed)
    high = Population({**people.values, "slow_ceiling": np.full(len(people), 1e9)})
    bounded = slow_branch(pulse(1.0), TIME_H, high, saturates=True)
    np.testing.assert_allclose(bounded, slow_branch(pulse(1.0), TIME_H, people, saturates=False), rtol=1e-6)


@given(seeds, st.floats(min_value=0.05, max_value=5.0), st.floats(min_value=1.01, max_value=3.0))
def test_more_block_never_drives_less_and_the_reference_drives_one(seed, ratio, more):
    half = population(seed)["fast_half_dose"]
    low, high, reference = (saturating(np.full((8, 1), value), half) for value in (ratio, ratio * more, 1.0))
    assert np.all(high >= low)
    np.testing.assert_allclose(reference, 1.0)


@given(st.floats(min_value=1.05, max_value=10.0))
def test_glutamate_rises_turns_over_and_falls_below_rest(crossing):
    ratios = np.linspace(0.0, 1.5 * crossing, 200)[None, :]
    surge = glutamate_surge(ratios, np.array([crossing]))[0]
    top = ratios[0][np.argmax(surge)]
    assert surge[0] == 0.0
    assert top == pytest.approx(crossing / 2.0, rel=0.02)
    assert surge[-1] < 0.0


@given(seeds, st.sampled_from(["open", "saline", "midazolam", "oral antidepressant + nasal placebo"]))
def test_without_expectancy_knowing_the_drug_changes_nothing(seed, setting):
    people, circumstances = population(seed), Circumstances(setting, expects=False)
    falls = [without_drug(TIME_H, ((0.0, drug),), circumstances, people) for drug in (True, False)]
    np.testing.assert_array_equal(*falls)


@given(seeds)
def test_expectancy_fades_to_its_lasting_share(seed):
    people = population(seed)
    felt = expectancy(np.array([2.0, 24.0, 1e5]), ((0.0, True),), Circumstances("open"), people)
    assert np.all(felt[:, 2] <= felt[:, 1] + 1e-9)
    np.testing.assert_allclose(felt[:, 2], people["expectancy_points"] * people["expectancy_lasting"], rtol=1e-9)


@given(seeds, st.floats(min_value=0.0, max_value=60.0))
def test_a_recorded_score_is_a_whole_number_on_its_scale(seed, expected):
    scores = recorded(np.full((50, 1), expected), np.full(50, 6.0), 60.0, np.random.default_rng(seed))
    assert np.all(scores == np.round(scores))
    assert scores.min() >= 0.0
    assert scores.max() <= 60.0


@given(st.floats(min_value=0.0, max_value=500.0), st.floats(min_value=0.0, max_value=500.0))
def test_two_effects_leave_the_product_of_what_each_leaves(one, two):
    both = float(remaining(np.array([one + two]))[0])
    assert both == pytest.approx(float(np.prod(remaining(np.array([one, two])))))
    assert 0.0 <= both <= 1.0


@given(seeds)
def test_nothing_given_and_nothing_else_leaves_the_baseline(seed):
    people = draw_people(population(seed), 30.0, linked=True, rng=np.random.default_rng(seed))
    nothing = np.zeros((8, 3))
    np.testing.assert_array_equal(expected_score(people, nothing, nothing, np.zeros(3)), 30.0)


@given(seeds, st.floats(min_value=0.0, max_value=4.0))
def test_dissociation_stays_on_its_scale_and_needs_the_drug(seed, exposure):
    feels = draw_sensitivity(40, np.random.default_rng(seed))
    none, some = (
        dissociation(felt_share(np.full((40, 1), value), np.zeros(1), feels), feels) for value in (0.0, exposure)
    )
    assert np.all(none == 0.0)
    assert np.all((some >= 0.0) & (some <= 92.0))


@given(seeds)
def test_a_later_session_is_felt_no_more_than_the_first(seed):
    feels = draw_sensitivity(40, np.random.default_rng(seed))
    felt = [felt_share(np.ones((40, 1)), np.array([session]), feels) for session in (0.0, 1.0, 5.0)]
    assert np.all(felt[0] >= felt[1])
    assert np.all(felt[1] >= felt[2])


def test_sessions_are_counted_from_the_second():
    assert sessions_before(np.array([-1.0, 0.0, 10.0, 100.0]), (0.0, 50.0)).tolist() == [0.0, 0.0, 0.0, 1.0]


def test_the_area_of_a_ramp_is_half_its_box():
    assert area(np.array([[0.0, 1.0, 2.0]]), np.array([0.0, 1.0, 2.0])) == pytest.approx(2.0)


@given(seeds)
def test_a_parameter_returns_to_its_own_unit(seed):
    on_scale = np.random.default_rng(seed).standard_normal((3, len(NAMES)))
    people = from_scale(on_scale)
    for k, parameter in enumerate(PARAMETERS):
        values = people[parameter.name]
        back = np.log(values) if parameter.scale == "log" else np.log(values / (1.0 - values))
        np.testing.assert_allclose(back, on_scale[:, k], rtol=1e-9, atol=1e-9)
