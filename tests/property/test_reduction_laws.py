"""Laws of what is kept of a course: proportion, addition, moving in time, conservation, and the steady state."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinetics_runs import LINEAR_MODELS, person

from limen.kinetics import EVERYTHING, Reading, Reduced, fast
from limen.kinetics.engine import amounts_mg
from limen.kinetics.linear_system import Given, Inputs, LinearSystem, inputs_of, linear_system
from limen.kinetics.streaming import reduced

PEOPLE: Final = 3
MINUTES: Final = np.arange(0.0, 301.0)
ENGINES = [reduced, pytest.param(fast.reduced, marks=pytest.mark.skipif(not fast.available(), reason="needs numba"))]
models = st.sampled_from(LINEAR_MODELS)
durations = st.one_of(st.just(0.0), st.floats(0.5, 90.0))
doses = st.builds(Given, st.just("iv"), st.floats(1.0, 100.0), st.integers(0, 50).map(float), durations)


def laid_out(model_id: str, *course: Given) -> tuple[LinearSystem, Inputs]:
    living = person(model_id, people=PEOPLE, spread=EVERYTHING)
    analytes = tuple(one.analyte for one in living.model.outputs)
    system = linear_system(living, analytes, frozenset({"iv"}))
    return system, inputs_of(living, system, course)


def kept(model_id: str, *course: Given, engine=reduced) -> list[Reduced]:
    system, inputs = laid_out(model_id, *course)
    readings = tuple(Reading(name, "ng/mL", {name: np.ones(1)}) for name in system.outputs)
    return list(engine(system, inputs, MINUTES, readings))


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25)
@given(models, doses, st.floats(0.01, 50.0))
def test_peak_and_areas_are_proportional_to_dose(engine, model_id: str, dose: Given, factor: float) -> None:
    scaled = Given(dose.route, dose.dose_mg * factor, dose.start_min, dose.duration_min)
    for more, one in zip(kept(model_id, scaled, engine=engine), kept(model_id, dose, engine=engine), strict=True):
        np.testing.assert_allclose(more.peak, factor * one.peak, rtol=1e-10)
        np.testing.assert_allclose(more.area, factor * one.area, rtol=1e-10)
        np.testing.assert_allclose(more.exact_area, factor * one.exact_area, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25)
@given(models, doses, doses)
def test_areas_add_and_peaks_at_most_add(engine, model_id: str, first: Given, second: Given) -> None:
    both = kept(model_id, first, second, engine=engine)
    alone = zip(kept(model_id, first, engine=engine), kept(model_id, second, engine=engine), strict=True)
    for together, (one, other) in zip(both, alone, strict=True):
        assert one.exact_area is not None
        assert other.exact_area is not None
        np.testing.assert_allclose(together.exact_area, one.exact_area + other.exact_area, rtol=1e-9, atol=1e-7)
        assert np.all(together.peak <= (one.peak + other.peak) * (1.0 + 1e-10))
        assert np.all(together.peak >= np.maximum(one.peak, other.peak) * (1.0 - 1e-10))


@settings(max_examples=25)
@given(models, doses, st.integers(1, 100))
def test_a_later_start_only_moves_the_peak(model_id: str, dose: Given, later: int) -> None:
    moved = Given(dose.route, dose.dose_mg, dose.start_min + later, dose.duration_min)
    for one, other in zip(kept(model_id, moved), kept(model_id, dose), strict=True):
        inside = other.peak_at_min + later < MINUTES[-1]
        np.testing.assert_allclose(one.peak[inside], other.peak[inside], rtol=1e-7)
        assert np.all(np.abs(one.peak_at_min - other.peak_at_min - later)[inside] <= 1.0)


@pytest.mark.skipif(not fast.available(), reason="needs numba, of the extra 'fast'")
@settings(max_examples=25)
@given(models, st.lists(doses, min_size=1, max_size=4))
def test_both_engines_are_one(model_id: str, course: list[Given]) -> None:
    for one, other in zip(kept(model_id, *course), kept(model_id, *course, engine=fast.reduced), strict=True):
        for field in ("peak", "area", "exact_area"):
            np.testing.assert_allclose(getattr(other, field), getattr(one, field), rtol=1e-10, atol=1e-9)


@settings(max_examples=25)
@given(models, st.floats(0.01, 5.0))
def test_an_endless_infusion_settles_where_what_enters_equals_what_leaves(
    model_id: str, rate_mg_per_min: float
) -> None:
    """The steady state is -A^-1 u exactly: a million minutes of the same rate must lead there."""
    long_min = 1e6
    system, inputs = laid_out(model_id, Given("iv", rate_mg_per_min * long_min, 0.0, long_min))
    entering = np.zeros((PEOPLE, len(system.states)))
    entering[:, inputs.state[0]] = inputs.amount_mg[:, 0] / long_min
    settled = np.linalg.solve(system.rates, -entering[:, :, None])[:, :, 0]
    found = amounts_mg(system, inputs, np.array([long_min]))[:, 0]
    np.testing.assert_allclose(found, settled, rtol=1e-6)


@settings(max_examples=25)
@given(models, st.floats(1.0, 100.0), st.floats(1.0, 90.0))
def test_the_whole_area_is_dose_over_clearance(model_id: str, dose_mg: float, duration: float) -> None:
    """The area to the end of time is the steady state of a rate of the dose a minute, times one minute."""
    system, inputs = laid_out(model_id, Given("iv", dose_mg, 0.0, duration))
    name = next(iter(system.outputs))
    reading = (Reading(name, "ng/mL", {name: np.ones(1)}),)
    found = reduced(system, inputs, np.array([0.0, 5e5, 1e6]), reading)[0].exact_area
    entering = np.zeros((PEOPLE, len(system.states)))
    entering[:, inputs.state[0]] = inputs.amount_mg[:, 0]
    whole = np.linalg.solve(system.rates, -entering[:, :, None])[:, :, 0]
    np.testing.assert_allclose(found, np.sum(whole * system.outputs[name], axis=1), rtol=1e-6)
