"""Both branches of mood carried on over a grid that many options share.

    F(t + h) = F(t) k + d (1 - k) tau_F                       k = exp(-h / tau_F), d the mean drive of the step
    M, S                                                      as in `limen.response.mood`, from M(t), S(t)

Times come first in memory, since one step after the other is read. The plain path is `limen.response.mood`; the two
are held together by a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from limen.quantities import Floats, Integers
from limen.response.mood import HOURS_PER_DAY
from limen.response.parameters import Population


@dataclass(frozen=True)
class Paces:
    """How both branches fade over the steps of a grid; the same for every option that is looked at on it.

    Parameters
    ----------
    hours : Floats
        Length of each step, shape ``(steps,)``.
    crowding : Floats
        One over the ceiling of the slow branch, 0 where there is none, shape ``(draws,)``.
    fading : Floats
        Length of each step over the time constant of the slow branch, shape ``(steps, draws)``.
    fast_kept, waiting_kept : Floats
        Share that is left after each step, shape ``(steps, draws)``.
    fast_gain, waiting_gain : Floats
        What a drive of 1 per hour adds over each step, shape ``(steps, draws)``.
    """

    hours: Floats
    crowding: Floats
    fading: Floats
    fast_kept: Floats
    waiting_kept: Floats
    fast_gain: Floats
    waiting_gain: Floats


def paces(time_h: Floats, population: Population, *, saturates: bool) -> Paces:
    """Work out the paces of a grid of shape ``(times,)``; `saturates` False is the additive rival of joint J5."""
    hours = np.diff(time_h)
    fade_h, delay_h = population["fast_fade_d"] * HOURS_PER_DAY, population["slow_delay_h"]
    fast_kept, waiting_kept = np.exp(-hours[:, None] / fade_h), np.exp(-hours[:, None] / delay_h)
    return Paces(
        hours=hours,
        crowding=1.0 / population["slow_ceiling"] if saturates else np.zeros(len(population)),
        fading=hours[:, None] / (population["slow_fade_d"] * HOURS_PER_DAY),
        fast_kept=fast_kept,
        waiting_kept=waiting_kept,
        fast_gain=fade_h * (1.0 - fast_kept),
        waiting_gain=delay_h * (1.0 - waiting_kept),
    )


def driven_fast(start: Floats, fast: Floats, pace: Paces, kept: Integers) -> tuple[Floats, Floats]:
    """Drive the fast branch on from where it stands.

    Parameters
    ----------
    start : Floats
        F at the first time, shape ``(draws,)``.
    fast : Floats
        Drive over its area in one reference infusion, per hour, shape ``(times, draws)`` or
        ``(times, options, draws)``.
    pace : Paces
        Of the grid.
    kept : Integers
        Places in time that are wanted, shape ``(kept,)``.

    Returns
    -------
    tuple of Floats and Floats
        F at those, and in the end, with one axis less.
    """
    level = start + np.zeros_like(fast[0])
    found = {0: level}
    for k, supply in enumerate(supplied(fast)):
        level = level * pace.fast_kept[k]
        level += supply * pace.fast_gain[k]
        found[k + 1] = level
    return np.stack([found[int(k)] for k in kept]), level


def driven_slow(
    start: tuple[Floats, Floats], slow: Floats, pace: Paces, kept: Integers
) -> tuple[Floats, tuple[Floats, Floats]]:
    """Drive the slow branch on from where it stands: what waits, and S; arguments and result as for `driven_fast`."""
    waiting, state = (one + np.zeros_like(slow[0]) for one in start)
    found = {0: state}
    for k, supply in enumerate(supplied(slow)):
        after = waiting * pace.waiting_kept[k]
        after += supply * pace.waiting_gain[k]
        # Both with the sign turned, over the whole step: the inflow, and the rate at which S goes to its level.
        inflow = np.subtract(after, waiting, out=waiting)
        inflow -= supply * pace.hours[k]
        rate = inflow * pace.crowding
        rate -= pace.fading[k]
        level = np.divide(inflow, rate, out=inflow)
        state = state - level
        state *= np.exp(rate, out=rate)
        state += level
        waiting = after
        found[k + 1] = state
    return np.stack([found[int(k)] for k in kept]), (waiting, state)


def supplied(drive: Floats) -> Iterator[Floats]:
    """Yield the mean drive of each step, with one axis less than the drive at each time."""
    for before, after in pairwise(drive):
        mean: Floats = before + after
        mean *= 0.5
        yield mean
