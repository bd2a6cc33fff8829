"""The exact engine against a slow, obvious one in 40 digits, and against adaptive solvers."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from kinetics_runs import ADULT, LINEAR_MODELS, person, whole_system
from scipy.integrate import solve_ivp

from limen.kinetics import EVERYTHING, TYPICAL, load_model
from limen.kinetics.added_parts import ABSORPTION_PRIORS, with_absorption, with_link
from limen.kinetics.concentrations import run
from limen.kinetics.engine import amounts_mg, concentrations
from limen.kinetics.linear_system import Body, Given, Inputs, LinearSystem, body, inputs_of, linear_system
from limen.kinetics.variability import draw_parameters
from limen.quantities import Floats

DRIP = Given("iv", 20.0, 3.0, 17.3)
PUSH = Given("iv", 5.0, 31.0)
TIMES = np.array([2.0, 3.0, 11.7, 20.3, 31.0, 31.01, 95.0, 1440.0])
DIGITS = 40


def slow_oracle(system: LinearSystem, inputs: Inputs, time_min: Floats) -> Floats:
    """Amounts of the first person by mpmath's matrix exponential between all events, shape ``(times, states)``."""
    size = len(system.states)
    ends = inputs.end_min[0]
    stops = sorted({0.0, *time_min.tolist(), *inputs.start_min.tolist(), *ends.tolist()})
    noted = {}
    with mpmath.workdps(DIGITS):
        state = mpmath.zeros(size + 1, 1)
        state[size] = 1
        for before, now in pairwise([stops[0], *stops]):
            if now > before:
                state = mpmath.expm(_augmented(system, inputs, before) * (mpmath.mpf(now) - before)) * state
            noted[now] = [float(state[row]) for row in range(size)]
            for column in np.flatnonzero((inputs.start_min == now) & (inputs.duration_min[0] == 0.0)):
                state[int(inputs.state[column])] += inputs.amount_mg[0, column]
    return np.array([noted[time] for time in time_min.tolist()])


def _augmented(system: LinearSystem, inputs: Inputs, now_min: float) -> mpmath.matrix:
    size = len(system.states)
    matrix = mpmath.zeros(size + 1, size + 1)
    for row in range(size):
        for column in range(size):
            matrix[row, column] = mpmath.mpf(float(system.rates[0, row, column]))
    for column in np.flatnonzero((inputs.start_min <= now_min) & (now_min < inputs.end_min[0])):
        matrix[int(inputs.state[column]), size] += mpmath.mpf(float(inputs.amount_mg[0, column])) / mpmath.mpf(
            float(inputs.duration_min[0, column])
        )
    return matrix


def linked_film() -> Body:
    """The hardest shipped system: a defective chain, two depots and a link."""
    model = with_link(load_model("simons_2022"))
    return body(model, model.copies[0], draw_parameters(model, 1, TYPICAL, np.random.default_rng(0)), ADULT)


def compare(found: Floats, truth: Floats) -> float:
    """Largest relative error where there is anything."""
    there = truth > 1e-250
    return float(np.max(np.abs(found[there] / truth[there] - 1.0)))


@pytest.mark.parametrize("model_id", LINEAR_MODELS)
def test_k24_engine_equals_the_exponential_in_40_digits(model_id: str) -> None:
    living = person(model_id)
    system, inputs = whole_system(living, DRIP, PUSH)
    assert compare(amounts_mg(system, inputs, TIMES)[0], slow_oracle(system, inputs, TIMES)) < 1e-9


@pytest.mark.parametrize(
    ("model_id", "route"),
    [("perez_ruixo_2021", "nasal"), ("perez_ruixo_2021", "oral_solution"), ("simons_2022", "oral_film")],
)
def test_k24_holds_for_inputs_with_a_duration_of_their_own(model_id: str, route: str) -> None:
    system, inputs = whole_system(person(model_id), Given(route, 56.0, 1.5, devices=2))
    assert compare(amounts_mg(system, inputs, TIMES)[0], slow_oracle(system, inputs, TIMES)) < 1e-9


def test_k24_holds_through_the_arterial_venous_link_on_the_defective_chain() -> None:
    living = linked_film()
    doses = (Given("oral_film", 50.0, 1.5), DRIP)
    system = linear_system(living, ("S-ketamine", "S-norketamine"), frozenset({"oral_film", "iv"}))
    inputs = inputs_of(living, system, doses)
    assert compare(amounts_mg(system, inputs, TIMES)[0], slow_oracle(system, inputs, TIMES)) < 1e-9


def test_k24_holds_for_a_way_in_with_a_prior() -> None:
    model = with_absorption(load_model("otto_fanta"), "im", ABSORPTION_PRIORS["ketamine", "im"])
    living = body(model, model.copies[0], draw_parameters(model, 1, TYPICAL, np.random.default_rng(0)), ADULT)
    system, inputs = whole_system(living, Given("im", 35.0, 0.0))
    assert compare(amounts_mg(system, inputs, TIMES)[0], slow_oracle(system, inputs, TIMES)) < 1e-9


@pytest.mark.parametrize("model_id", LINEAR_MODELS)
def test_k25_engine_equals_lsoda_at_a_tolerance_of_1e_10(model_id: str) -> None:
    living = person(model_id)
    system, inputs = whole_system(living, Given("iv", 20.0, 0.0, 20.0))
    found = concentrations(system, inputs, np.array([20.0, 80.0]))
    state = np.zeros(len(system.states))
    rate = np.zeros_like(state)
    rate[inputs.state[0]] = inputs.amount_mg[0, 0] / 20.0
    for column, (start, end) in enumerate(((0.0, 20.0), (20.0, 80.0))):
        entering = rate if column == 0 else 0.0 * rate
        state = _lsoda(system.rates[0], entering, state, start, end)
        for name, weights in system.outputs.items():
            assert found[name][0, column] == pytest.approx(weights[0] @ state, rel=1e-7)


def _lsoda(rates: Floats, entering: Floats, state: Floats, start: float, end: float) -> Floats:
    solved = solve_ivp(lambda _, x: rates @ x + entering, (start, end), state, method="LSODA", rtol=1e-10, atol=1e-14)
    return np.asarray(solved.y[:, -1])


def test_k25_the_drifting_model_is_the_same_by_a_second_solver() -> None:
    model = load_model("flint_2017")
    parameters = draw_parameters(model, 1, TYPICAL, np.random.default_rng(0))
    child = {**ADULT, "WT": 7.0}
    times = np.array([0.0, 60.0, 600.0, 1500.0])
    drip, wanted = (Given("iv", 24.0, 0.0, 1440.0),), ("S-ketamine", "S-norketamine")
    found = run(model, model.copies[0], parameters, child, drip, time_min=times, wanted=wanted)

    def change(now_min: float, x: Floats) -> Floats:
        living = body(model, model.copies[0], parameters, child, now_min / 60.0)
        rates = linear_system(living, ("S-norketamine",), frozenset({"iv"})).rates[0]
        return rates @ x + np.array([24.0 / 1440.0 if now_min < 1440.0 else 0.0, 0.0, 0.0])

    solved = solve_ivp(change, (0.0, 1440.0), np.zeros(3), method="Radau", rtol=1e-10, atol=1e-14, t_eval=[60.0, 600.0])
    weights = linear_system(
        body(model, model.copies[0], parameters, child), ("S-ketamine", "S-norketamine"), frozenset({"iv"})
    ).outputs
    for name in ("S-ketamine", "S-norketamine"):
        assert found[name][0, 1:3] == pytest.approx(weights[name][0] @ solved.y, rel=1e-7)


@pytest.mark.parametrize("model_id", LINEAR_MODELS)
def test_k26_amounts_and_what_has_left_are_the_dose(model_id: str) -> None:
    living = person(model_id, people=50, spread=EVERYTHING)
    system, inputs = whole_system(living, DRIP, PUSH)
    amounts = amounts_mg(system, inputs, np.array([40.0, 400.0, 2880.0]))
    given = 25.0 * living.copy.dose_fraction
    np.testing.assert_allclose(amounts.sum(axis=2), given, rtol=1e-10)


@pytest.mark.parametrize(("model_id", "route"), [("perez_ruixo_2021", "nasal"), ("simons_2022", "oral_film")])
def test_k26_holds_for_split_inputs_that_end_at_a_time_of_each_person(model_id: str, route: str) -> None:
    living = person(model_id, people=50, spread=EVERYTHING)
    system, inputs = whole_system(living, Given(route, 84.0, 0.0, devices=3))
    amounts = amounts_mg(system, inputs, np.array([1.0, 2880.0]))
    np.testing.assert_allclose(amounts[:, 1].sum(axis=1), inputs.amount_mg.sum(axis=1), rtol=1e-10)
