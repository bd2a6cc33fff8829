"""From values inside to whitened steps: filters that follow the background, and where a blink is suspected."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from scipy.ndimage import maximum_filter1d

from limen.quantities import Booleans, Floats, Integers
from limen.rhythm.background import bins_hz
from limen.rhythm.belief import OUTLIER_SHARE, SUSPECT_SHARE
from limen.rhythm.clock import Clock
from limen.rhythm.states import MOVEMENT, SHARES, Complex

#: Ours: a step is unknown where samples within this share of the filter's reach are.
INNER: Final = 0.75
#: Ours: a step is held down to so many times the noise, its phase kept: a very strong rhythm still turns evenly and
#: movement does not, so that neither has to be weighed by its size.
LOUDEST: Final = 6.0
#: Ours: a blink answers its filter by so many standard deviations, and its neighbours answer less by this share: the
#: waves of a rhythm have equal ones.
BLINK_DEVIATIONS: Final = 2.8
BLINK_STANDS_OUT: Final = 0.75
#: Ours, in steps: neighbours that belong to the blink itself, and how far back and ahead others are looked for.
BLINK_OWN: Final = 2
LOOK_BACK: Final = 9
LOOK_AHEAD: Final = 5
#: Ours: answers are taken at so many moments of a step.
MOMENTS: Final = 4
#: Ours: what a look that holds a suspected blink counts, and how near to a rhythm a bin is spared it.
BLINK_TRUST: Final = 0.02
SPARED_HZ: Final = 0.45


def known_steps(bad: Booleans, clock: Clock, steps: int) -> Booleans:
    """Say which steps rest on samples that are there, shape ``(channels, inside)`` to ``(channels, steps)``."""
    reach = round(INNER * clock.reach)
    held = np.cumsum(np.pad(bad, ((0, 0), (1, 0))), axis=1)
    centre = clock.reach + clock.stride * np.arange(steps)
    found: Booleans = held[:, centre + reach + 1] == held[:, centre - reach]
    return found


def known_looks(bad: Booleans, clock: Clock, looks: int) -> Booleans:
    """Say which looks rest on samples that are there, shape ``(channels, looks)``."""
    held = np.cumsum(np.pad(bad, ((0, 0), (1, 0))), axis=1)
    begin = clock.hop * np.arange(looks)
    found: Booleans = held[:, begin + clock.look] == held[:, begin]
    return found


def whitened(values: Floats, taps: Complex, look: Integers, clock: Clock) -> Complex:
    """Filter values by the background of the look that belongs to each step.

    Parameters
    ----------
    values : Floats
        Shape ``(channels, inside)``.
    taps : Complex
        Shape ``(channels, looks, taps)``; what `whitening` makes of the background of every look.
    look : Integers
        Shape ``(steps,)``; the look of each step.
    clock : Clock
        Of the recording.

    Returns
    -------
    Complex
        Shape ``(channels, steps)``.
    """
    views = np.lib.stride_tricks.sliding_window_view(values, 2 * clock.reach + 1, axis=1)
    chosen = views[:, : (len(look) - 1) * clock.stride + 1 : clock.stride]
    real, imaginary = (_each_by_its_own(chosen, part, look) for part in (taps.real, taps.imag))
    found = np.asarray(real + 1j * imaginary, dtype=np.complex128)
    size = np.abs(found)
    if size.max(initial=0.0) > LOUDEST:
        found *= LOUDEST / np.maximum(size, LOUDEST)
    return found


def blink_answers(values: Floats, taps: Floats, look: Integers, clock: Clock, begin: int = 0) -> Floats:
    """Give the largest answer of the blink's filter in each step, in standard deviations, shape ``(channels, steps)``.

    The first step begins at place `begin` of `values`; `taps` are what `blink_match` makes.
    """
    views = np.lib.stride_tricks.sliding_window_view(values, 2 * clock.reach + 1, axis=1)
    ends = begin + np.arange(len(look)) * clock.stride
    found = np.zeros((len(values), len(look)))
    for moment in range(MOMENTS):
        back = (clock.stride * moment) // MOMENTS
        found = np.maximum(found, np.abs(_each_by_its_own(views[:, np.maximum(ends - back, 0)], taps, look)))
    return found


def _each_by_its_own(views: Floats, taps: Floats, look: Integers) -> Floats:
    """Multiply every view by the taps of its look, taps against time; looks come in stretches of one product each."""
    found = np.empty((len(views), len(look)))
    turned = np.ascontiguousarray(taps[..., ::-1])[..., None]
    edges = [0, *(np.flatnonzero(np.diff(look)) + 1).tolist(), len(look)]
    for begin, end in pairwise(edges):
        if end > begin:
            found[:, begin:end] = (views[:, begin:end] @ turned[:, look[begin]])[..., 0]
    return found


def suspected_blinks(answers: Floats) -> Booleans:
    """Say in which steps a blink is suspected: a wave that stands alone, shape ``(channels, steps)`` both."""
    past, ahead = _largest(answers, -LOOK_BACK, -BLINK_OWN), _largest(answers, BLINK_OWN + 1, LOOK_AHEAD)
    peak = (answers > BLINK_DEVIATIONS) & (answers >= maximum_filter1d(answers, 3, axis=1))
    alone = peak & (np.maximum(past, ahead) < BLINK_STANDS_OUT * answers)
    found: Booleans = maximum_filter1d(alone, 3, axis=1)
    return found


def _largest(answers: Floats, begin: int, end: int) -> Floats:
    """Give the largest answer from `begin` to `end` steps on, both counted."""
    reach = max(abs(begin), abs(end))
    padded = np.pad(answers, ((0, 0), (reach, reach)))
    views = np.lib.stride_tricks.sliding_window_view(padded, end - begin + 1, axis=1)
    found: Floats = views[:, reach + begin : reach + begin + answers.shape[1]].max(axis=2)
    return found


def outlying(blinks: Booleans) -> Floats:
    """Give the chance that a step's noise is larger, shape ``(channels, steps)``."""
    return np.where(blinks, SUSPECT_SHARE, OUTLIER_SHARE)


def trust_without(blinks: Booleans, known: Booleans, clock: Clock) -> Floats:
    """Say how far each look may be trusted for the background, before any rhythm is looked for.

    Parameters
    ----------
    blinks : Booleans
        Shape ``(channels, steps)``.
    known : Booleans
        Shape ``(channels, looks)``.
    clock : Clock
        Of the recording.

    Returns
    -------
    Floats
        Shape ``(channels, looks)``.
    """
    within = _in_looks(blinks, clock, known.shape[1]).any(axis=2)
    return np.where(known, np.where(within, BLINK_TRUST, 1.0), 0.0)


def spared(chance: Floats, frequency_hz: Floats, shares: Floats, clock: Clock, looks: int) -> Floats:
    """Say how far each bin of each look is free of a rhythm and of movement, shape ``(channels, looks, bins)``.

    Parameters
    ----------
    chance, frequency_hz : Floats
        Shape ``(channels, steps)``; of a rhythm.
    shares : Floats
        Shape ``(channels, steps, names)``.
    clock : Clock
        Of the recording.
    looks : int
        How many.
    """
    moving = _in_looks(shares[..., SHARES.index(MOVEMENT)], clock, looks).max(axis=2)
    likely = _in_looks(chance, clock, looks)
    where_hz = _in_looks(frequency_hz, clock, looks)
    found = np.zeros((*moving.shape, len(bins_hz(clock))))
    for step in range(likely.shape[2]):
        near = np.exp(-0.5 * ((where_hz[:, :, step, None] - bins_hz(clock)) / SPARED_HZ) ** 2)
        np.maximum(found, likely[:, :, step, None] * near, out=found)
    return np.asarray((1 - found) * (1 - moving)[..., None], dtype=np.float64)


def _in_looks(steps: Floats | Booleans, clock: Clock, looks: int) -> Floats | Booleans:
    """Give the steps whose middle lies in each look, shape ``(channels, looks, steps of a look)``."""
    first = -(-(clock.hop * np.arange(looks) - clock.reach) // clock.stride)
    count = clock.look // clock.stride
    place = np.clip(first[:, None] + np.arange(count), 0, steps.shape[1] - 1)
    found: Floats | Booleans = steps[:, place]
    return found
