"""Courses that are read as they go by and never held: the plain path, and what both paths share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limen.kinetics.engine import Walk
from limen.kinetics.linear_system import Inputs, LinearSystem
from limen.kinetics.readings import NEVER, Reading, Reduced, Tally, saturated
from limen.quantities import Floats

Readings = Sequence[Reading]


def reduced(system: LinearSystem, inputs: Inputs, time_min: Floats, readings: Readings) -> tuple[Reduced, ...]:
    """Carry people through time and keep a few numbers of each reading.

    Parameters
    ----------
    system : LinearSystem
        x' = A x, one a person.
    inputs : Inputs
        What enters.
    time_min : Floats
        Shape ``(times,)``, increasing: the minutes looked at, beside every start and shared end of a dose.
    readings : sequence of Reading
        What is read.

    Returns
    -------
    tuple of Reduced
        One a reading.
    """
    weights = [one.weights(system) for one in readings]
    tallies = [Tally(system.people, one.above) for one in readings]
    last = np.zeros((system.people, len(system.states)))
    for now_min, before, after in Walk(system, inputs).steps(time_min):
        for reading, weight, tally in zip(readings, weights, tallies, strict=True):
            value = _value(reading, weight, before)
            tally.see(now_min, value, value if after is before else _value(reading, weight, after))
        last = before
    areas = exact_areas(system, inputs, float(time_min[-1]), last, [*weights])
    return tuple(
        kept(reading, tally, None if reading.saturating else area)
        for reading, tally, area in zip(readings, tallies, areas, strict=True)
    )


def kept(reading: Reading, tally: Tally, exact_area: Floats | None) -> Reduced:
    """Close a tally, shape ``(people,)`` each."""
    above_min = tally.above_min if reading.above < NEVER else None
    return Reduced(reading.unit, tally.peak, tally.peak_at_min, tally.area, exact_area, above_min)


def _value(reading: Reading, weight: Floats, amount_mg: Floats) -> Floats:
    value = np.einsum("ps,ps->p", weight, amount_mg)
    return saturated(value) if reading.saturating else value


def exact_areas(
    system: LinearSystem, inputs: Inputs, until_min: float, last_mg: Floats, weights: Sequence[Floats]
) -> list[Floats]:
    """Give the area under each weighted sum from the first dose to `until_min`, without a grid.

    From x' = A x + u follows x(T) - U(T) = A times the integral of x, U(T) being all that has entered by T: one linear
    solve a person instead of one more state a reading.

    Parameters
    ----------
    system, inputs : LinearSystem, Inputs
        As in `reduced`.
    until_min : float
        T.
    last_mg : Floats
        Shape ``(people, states)``: x just before any dose given at T.
    weights : sequence of Floats
        Shape ``(people, states)`` each.

    Returns
    -------
    list of Floats
        Shape ``(people,)`` each.
    """
    areas_mg_min = np.linalg.solve(system.rates, (last_mg - entered_mg(system, inputs, until_min))[:, :, None])
    return [np.einsum("ps,ps->p", weight, areas_mg_min[:, :, 0]) for weight in weights]


def entered_mg(system: LinearSystem, inputs: Inputs, until_min: float) -> Floats:
    """Give what has entered each state before a minute, shape ``(people, states)``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        running = np.clip((until_min - inputs.start_min) / inputs.duration_min, 0.0, 1.0)
    share = np.where(inputs.duration_min > 0.0, running, until_min > inputs.start_min)
    entered = np.zeros((system.people, len(system.states)))
    for column, state in enumerate(inputs.state):
        entered[:, state] += share[:, column] * inputs.amount_mg[:, column]
    return entered
