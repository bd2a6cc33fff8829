"""What is read from a course as it goes by, and the few numbers that are kept of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from limen.kinetics.linear_system import LinearSystem
from limen.quantities import Floats, InputError

NEVER: Final = math.inf


@dataclass(frozen=True)
class Reading:
    """A weighted sum of analytes, y, or its saturating form y / (1 + y).

    Parameters
    ----------
    name, unit : str
        What it is called, and its unit.
    factors : Mapping[str, Floats]
        What each analyte in ng/mL is multiplied by; one factor for all people or one each.
    saturating : bool
        Whether y / (1 + y) is read instead of y, as of ligands that compete for a site.
    above : float
        The time above this much is counted, in `unit`; infinite where it is not asked for.

    Raises
    ------
    InputError
        If there is no analyte, or a factor or the limit is below 0 or not a number.
    """

    name: str
    unit: str
    factors: Mapping[str, Floats]
    saturating: bool = False
    above: float = NEVER

    def __post_init__(self) -> None:
        low = float(np.min([np.min(factor) for factor in self.factors.values()])) if self.factors else math.nan
        if not (low >= 0.0 and self.above >= 0.0):
            raise InputError(
                f"The reading {self.name!r} needs at least one analyte, factors of 0 or more and a limit of 0 or more,"
                f" got {low:g} and {self.above:g}: check them."
            )

    def weights(self, system: LinearSystem) -> Floats:
        """Give what each state in mg is multiplied by, shape ``(people, states)``."""
        total = np.zeros((system.people, len(system.states)))
        for analyte, factor in self.factors.items():
            total += system.outputs[analyte] * factor.reshape(-1, 1)
        return total


# Which readings are taken of a model that gives these analytes, for these rows of all draws.
Reader = Callable[[tuple[str, ...], slice], tuple[Reading, ...]]


@dataclass(frozen=True)
class Concentrations:
    """The reader that takes every analyte as it is.

    Parameters
    ----------
    above_ng_per_ml : Mapping[str, float]
        For each analyte the concentration above which time is counted; none need be named.
    """

    above_ng_per_ml: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, analytes: tuple[str, ...], rows: slice) -> tuple[Reading, ...]:
        """Give one reading an analyte, the same for all rows."""
        del rows
        one = np.ones(1)
        return tuple(
            Reading(name, "ng/mL", {name: one}, above=self.above_ng_per_ml.get(name, NEVER)) for name in analytes
        )


@dataclass(frozen=True)
class Reduced:
    """What is kept of one reading, one number a person.

    Both sides of a dose given at once are looked at, and every end of an infusion, also between the asked minutes.

    Parameters
    ----------
    unit : str
        Of the reading.
    peak : Floats
        Shape ``(people,)``: the highest value at any minute looked at.
    peak_at_min : Floats
        Shape ``(people,)``: the first minute at which it is reached.
    area : Floats
        Shape ``(people,)``: by trapezium, in `unit` times minutes.
    exact_area : Floats or None
        Shape ``(people,)``: without a grid; None where the reading saturates, or its model drifts with time.
    above_min : Floats or None
        Shape ``(people,)``: minutes above the limit, the course taken as straight between the minutes looked at; None
        without a limit.
    """

    unit: str
    peak: Floats
    peak_at_min: Floats
    area: Floats
    exact_area: Floats | None
    above_min: Floats | None


class Tally:
    """The running numbers of one reading in a batch of people.

    Parameters
    ----------
    people : int
        How many.
    above : float
        The limit of the time above.
    """

    def __init__(self, people: int, above: float) -> None:
        self._above = above
        self._now_min = 0.0
        self._last: Floats | None = None
        self.peak = np.full(people, -math.inf)
        self.peak_at_min = np.zeros(people)
        self.area = np.zeros(people)
        self.above_min = np.zeros(people)

    def see(self, now_min: float, before: Floats, after: Floats) -> None:
        """Take in the values just before and just after `now_min`, shape ``(people,)`` each."""
        if self._last is not None:
            step_min = now_min - self._now_min
            self.area += 0.5 * step_min * (self._last + before)
            if self._above < NEVER:
                self.above_min += step_min * _share_above(self._last, before, self._above)
        self._rise(now_min, before)
        if after is not before:
            self._rise(now_min, after)
        self._now_min, self._last = now_min, after

    def _rise(self, now_min: float, values: Floats) -> None:
        higher = values > self.peak
        self.peak[higher] = values[higher]
        self.peak_at_min[higher] = now_min


def _share_above(old: Floats, new: Floats, limit: float) -> Floats:
    """Share of a straight line from `old` to `new` that lies above `limit`."""
    high, low = np.maximum(old, new), np.minimum(old, new)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((high - limit) / (high - low), 0.0, 1.0)
    return np.where(high > low, share, high > limit)


def saturated(values: Floats) -> Floats:
    """Give y / (1 + y), in the shape of the values."""
    return values / (1.0 + values)
