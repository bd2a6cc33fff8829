"""The fast path: the same as `limen.kinetics.streaming`, with people side by side in compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

import numpy as np

from limen.kinetics.engine import Walk
from limen.kinetics.layout import (
    boluses_of,
    elements_of,
    in_rows,
    infusions_of,
    outputs_of,
    pattern_and_rates_of,
    reach_of,
    stops_of,
)
from limen.kinetics.linear_system import Inputs, LinearSystem
from limen.kinetics.readings import NEVER, Reading, Reduced
from limen.kinetics.streaming import exact_areas
from limen.quantities import Floats, InputError

ENGINES: Final = ("auto", "numpy", "numba")
BLOCK: Final = 8192  # people laid out at once: some tens of megabytes
WORTH_IT: Final = 2_000_000  # people times minutes: below this the plain path is done before numba has loaded


def available() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def chosen(engine: str, work: int) -> str:
    """Say which engine runs.

    Parameters
    ----------
    engine : str
        A word of `ENGINES`.
    work : int
        People times minutes.

    Returns
    -------
    str
        ``"numpy"`` or ``"numba"``.

    Raises
    ------
    InputError
        If the word is not known, or numba is asked for and not there.
    """
    if engine not in ENGINES:
        raise InputError(f"There is no engine {engine!r}: use one of {', '.join(ENGINES)}.")
    if engine == "numba" and not available():
        raise InputError("The engine 'numba' needs the package numba: install limen[fast], or use engine='numpy'.")
    if engine == "auto":
        return "numba" if work >= WORTH_IT and available() else "numpy"
    return engine


def reduced(system: LinearSystem, inputs: Inputs, time_min: Floats, readings: Sequence[Reading]) -> tuple[Reduced, ...]:
    """Do what `limen.kinetics.streaming.reduced` does, by numba.

    Raises
    ------
    UnevenMinutesError
        If the minutes make too many kinds of steps.
    """
    # Loading numba takes half a second, and only this path needs it.
    from limen.kinetics import compiled_course  # noqa: PLC0415

    walk = Walk(system, inputs)
    stops = stops_of(walk.stops(time_min), inputs, walk.shared)
    there = elements_of(system, walk.pumped)
    pattern, rates = pattern_and_rates_of(system, there)
    boluses, infusions = boluses_of(inputs), infusions_of(inputs, walk, stops)
    weights = [one.weights(system) for one in readings]
    outputs = outputs_of(readings, weights, reach_of(there))
    groups, lanes = rates.shift.shape
    tally = np.zeros((groups, len(readings), 4, lanes))
    tally[:, :, 0] = -np.inf
    last = np.zeros((groups, len(system.states), lanes))
    compiled_course.reduce_groups(rates, pattern, stops, boluses, infusions, outputs, tally, last)
    people = system.people
    last_mg = in_rows(last, people)
    areas = exact_areas(system, inputs, float(time_min[-1]), last_mg, weights)
    return tuple(
        _kept(reading, in_rows(tally[:, index], people), area)
        for index, (reading, area) in enumerate(zip(readings, areas, strict=True))
    )


def _kept(reading: Reading, tally: Floats, area: Floats) -> Reduced:
    peak, peak_at_min, by_trapezium, above_min = (np.ascontiguousarray(column) for column in tally.T)
    return Reduced(
        reading.unit,
        peak,
        peak_at_min,
        by_trapezium,
        None if reading.saturating else area,
        above_min if reading.above < NEVER else None,
    )
