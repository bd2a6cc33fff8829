"""The same answer for a model whose rates drift with time, by a stiff ODE solver: no exact step exists for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from limen.kinetics.linear_system import Inputs, LinearSystem
from limen.quantities import Floats, InputError

RELATIVE_TOLERANCE: Final = 1e-10
ABSOLUTE_TOLERANCE_MG: Final = 1e-12

SystemAt = Callable[[float], LinearSystem]


def drifting_concentrations(system_at: SystemAt, inputs: Inputs, time_min: Floats) -> Mapping[str, Floats]:
    """Give every output at every time; ties as in `limen.kinetics.engine.concentrations`.

    Parameters
    ----------
    system_at : callable
        The linear system at a minute after the first dose.
    inputs : Inputs
        What enters; every input ends at the same time in all people.
    time_min : Floats
        Shape ``(times,)``, increasing.

    Returns
    -------
    Mapping of str to Floats
        Shape ``(people, times)``, ng/mL.

    Raises
    ------
    InputError
        If an input ends at a time of its own in each person.
    """
    found: dict[str, list[Floats]] = {}
    for now, system, before, _ in drifting_walk(system_at, inputs, time_min):
        if now in time_min:
            for name, weights in system.outputs.items():
                found.setdefault(name, []).append(np.sum(before * weights, axis=1))
    return {name: np.stack(columns, axis=1) for name, columns in found.items()}


def drifting_walk(
    system_at: SystemAt, inputs: Inputs, time_min: Floats
) -> Iterator[tuple[float, LinearSystem, Floats, Floats]]:
    """Go from stop to stop: the minute, the system of that minute, and the amounts before and after its doses.

    Where no dose is given at once the two are one array; arguments and errors as in `drifting_concentrations`.
    """
    if np.any(inputs.end_min != inputs.end_min[:1]):
        raise InputError("A model that drifts with time has infusions and boluses only: use another model.")
    amount = np.zeros(system_at(0.0).rates.shape[:2])
    stops = np.unique(np.concatenate((time_min, inputs.start_min, inputs.end_min[0])))
    previous = float(stops[0])
    for stop in stops[stops <= time_min[-1]].tolist():
        before = _advance(system_at, inputs, amount, previous, stop)
        amount = _given_at_once(inputs, before, stop)
        previous = stop
        yield stop, system_at(stop), before, amount


def _given_at_once(inputs: Inputs, amount: Floats, now_min: float) -> Floats:
    starting = np.flatnonzero((inputs.start_min == now_min) & (inputs.duration_min[0] == 0.0))
    if len(starting) == 0:
        return amount
    after = amount.copy()
    for column in starting:
        after[:, inputs.state[column]] += inputs.amount_mg[:, column]
    return after


def _running_mg_per_min(inputs: Inputs, shape: tuple[int, ...], now_min: float) -> Floats:
    rate = np.zeros(shape)
    for column in np.flatnonzero((inputs.start_min <= now_min) & (now_min < inputs.end_min[0])):
        rate[:, inputs.state[column]] += inputs.amount_mg[:, column] / inputs.duration_min[:, column]
    return rate


def _advance(system_at: SystemAt, inputs: Inputs, amount: Floats, start_min: float, end_min: float) -> Floats:
    if start_min == end_min:
        return amount
    # SciPy's integrators take a third of a second to import, and only this model needs them.
    from scipy.integrate import solve_ivp  # noqa: PLC0415

    people, states = amount.shape
    entering = _running_mg_per_min(inputs, amount.shape, start_min)

    def change(now_min: float, flat: Floats) -> Floats:
        x = flat.reshape(people, states)
        return np.ravel(np.einsum("pij,pj->pi", system_at(now_min).rates, x) + entering)

    solved = solve_ivp(
        change,
        (start_min, end_min),
        amount.ravel(),
        method="LSODA",
        rtol=RELATIVE_TOLERANCE,
        atol=ABSOLUTE_TOLERANCE_MG,
        lband=states - 1,
        uband=states - 1,
    )
    return np.asarray(solved.y[:, -1], dtype=np.float64).reshape(people, states)
