"""Laws of linear kinetics, for random doses, models and people."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from kinetics_runs import LINEAR_MODELS, person, whole_system

from limen.kinetics import EVERYTHING
from limen.kinetics.engine import amounts_mg
from limen.kinetics.linear_system import Body, Given
from limen.quantities import Floats

TIMES = np.array([1.0, 13.0, 40.0, 41.5, 200.0, 1500.0])
PEOPLE = 3

models = st.sampled_from(LINEAR_MODELS)
amounts = st.floats(0.1, 200.0)
starts = st.floats(0.0, 50.0)
durations = st.one_of(st.just(0.0), st.floats(0.05, 90.0))
doses = st.builds(Given, st.just("iv"), amounts, starts, durations)
sprays = st.builds(
    Given, st.just("nasal"), st.sampled_from((28.0, 56.0)), starts, st.just(0.0), st.integers(1, 2), st.integers(0, 1)
)


def bodies(model_id: str) -> Body:
    return person(model_id, people=PEOPLE, spread=EVERYTHING)


def amount(living: Body, times: Floats, *given_doses: Given) -> Floats:
    return amounts_mg(*whole_system(living, *given_doses), times)


@settings(max_examples=60)
@given(models, st.lists(doses, min_size=1, max_size=4))
def test_drug_in_equals_drug_held_and_drug_gone(model_id: str, course: list[Given]) -> None:
    living = bodies(model_id)
    held = amount(living, TIMES, *course).sum(axis=2)
    for column, time in enumerate(TIMES):
        begun = [one for one in course if one.start_min < time]
        entered = sum(one.dose_mg * min(1.0, (time - one.start_min) / max(one.duration_min, 1e-9)) for one in begun)
        np.testing.assert_allclose(held[:, column], entered * living.copy.dose_fraction, rtol=1e-10, atol=1e-12)


@settings(max_examples=40)
@given(models, doses, st.floats(0.01, 50.0))
def test_k18_concentration_is_proportional_to_dose(model_id: str, dose: Given, factor: float) -> None:
    living = bodies(model_id)
    scaled = Given(dose.route, dose.dose_mg * factor, dose.start_min, dose.duration_min)
    np.testing.assert_allclose(
        amount(living, TIMES, scaled), factor * amount(living, TIMES, dose), rtol=1e-10, atol=1e-300
    )


@settings(max_examples=40)
@given(models, doses, doses)
def test_two_doses_together_are_the_sum_of_each_alone(model_id: str, first: Given, second: Given) -> None:
    living = bodies(model_id)
    both = amount(living, TIMES, first, second)
    np.testing.assert_allclose(
        both, amount(living, TIMES, first) + amount(living, TIMES, second), rtol=1e-10, atol=1e-14
    )


@settings(max_examples=40)
@given(models, doses, st.floats(0.1, 1000.0))
def test_a_later_start_only_moves_the_course(model_id: str, dose: Given, later: float) -> None:
    living = bodies(model_id)
    moved = Given(dose.route, dose.dose_mg, dose.start_min + later, dose.duration_min)
    # Times that fall on the start itself are kept away: rounding of the sum would decide what they see.
    times = TIMES[np.abs(TIMES - dose.start_min) > 1e-6]
    np.testing.assert_allclose(amount(living, times + later, moved), amount(living, times, dose), rtol=1e-7, atol=1e-9)


@settings(max_examples=40)
@given(models, amounts, starts, st.floats(1.0, 90.0), st.floats(0.05, 0.95))
def test_cutting_an_infusion_in_two_changes_nothing(
    model_id: str, dose_mg: float, start: float, duration: float, share: float
) -> None:
    living = bodies(model_id)
    middle = start + share * duration
    first = Given("iv", dose_mg * share, start, middle - start)
    second = Given("iv", dose_mg * (1.0 - share), middle, start + duration - middle)
    whole = amount(living, TIMES, Given("iv", dose_mg, start, duration))
    np.testing.assert_allclose(amount(living, TIMES, first, second), whole, rtol=1e-9, atol=1e-12)


@settings(max_examples=30)
@given(models, doses, st.lists(st.floats(0.0, 1400.0), max_size=8))
def test_looking_more_often_changes_nothing(model_id: str, dose: Given, extra: list[float]) -> None:
    living = bodies(model_id)
    often = np.unique(np.concatenate((TIMES, extra)))
    found = amount(living, often, dose)[:, np.isin(often, TIMES)]
    np.testing.assert_allclose(found, amount(living, TIMES, dose), rtol=1e-9, atol=1e-300)


@settings(max_examples=30)
@given(st.lists(sprays, min_size=1, max_size=3))
def test_a_person_in_a_crowd_is_as_alone(course: list[Given]) -> None:
    """Each person's spray ends entering at a time of its own; together they must not disturb each other."""
    crowd = person("perez_ruixo_2021", people=PEOPLE, spread=EVERYTHING)
    duration = np.array([0.9, 1.3, 0.2]) * 0.53
    living = Body(crowd.model, crowd.copy, {**crowd.known, "Dsw": duration}, PEOPLE)
    together = amount(living, TIMES, *course)
    for row in range(PEOPLE):
        known = {
            name: np.asarray(value).reshape(-1)[row : row + 1] if np.size(value) > 1 else value
            for name, value in living.known.items()
        }
        alone = amount(Body(crowd.model, crowd.copy, known, 1), TIMES, *course)
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-9, atol=1e-300)


@settings(max_examples=30)
@given(models, doses)
def test_nothing_is_ever_below_zero(model_id: str, dose: Given) -> None:
    assert amount(bodies(model_id), TIMES, dose).min() >= 0.0
