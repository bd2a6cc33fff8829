"""The aperiodic background that moves in time: level, tilt and bend of the spectrum of one channel.

log B(f) = level + tilt u + bend u^2 with u = log(f / 2 Hz). The bend takes up a knee. It is fitted between the rhythm's
neighbours on both sides, 0.75 to 6.6 Hz, to looks in which neither a rhythm nor an artefact was believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.signal import lfilter

from limen.quantities import Floats
from limen.rhythm.clock import Clock
from limen.rhythm.states import Complex

LOWEST_HZ: Final = 0.75
HIGHEST_HZ: Final = 6.6
CENTRE_HZ: Final = 2.0
#: Ours, chosen on development seeds: how long the background remembers, and how long after a change of it.
MEMORY_S: Final = 20.0
#: Ours: a bin so many times above the background counts as that, so that a burst does not lift it.
CLIP: Final = 4.0
#: Mean of an exponential variable of mean 1 that is clipped there.
CLIPPED_MEAN: Final = 1.0 - float(np.exp(-CLIP))
#: Ours: what is held of a background before it is seen: exponent 1.5 with a spread of 0.7, hardly any bend.
PRIOR_SHAPE: Final = (-1.5, 0.0)
PRIOR_PRECISION: Final = (2.0, 8.0)
#: Ours: overlapping looks and neighbouring bins share what they tell.
INDEPENDENT: Final = 0.5
ROUNDS: Final = 3
NEWTON_STEPS: Final = 2
#: Ours: a ratio beyond these is taken by its logarithm, so that a fit that begins far off arrives.
FAR_ABOVE: Final = 2.0
FAR_BELOW: Final = 0.5
#: Ours: no look is wholly without trust, so that a rhythm that never stops still leaves a background.
LEAST_TRUST: Final = 1e-3
#: Ours: a one-sided memory stands where it explains this many more nats of a look's surroundings.
CHANGE_NATS: Final = 3.0
SURROUNDINGS_S: Final = 4.0


@lru_cache(maxsize=32)
def bins_hz(clock: Clock) -> Floats:
    """Give the frequencies of a look that the background is fitted to, shape ``(bins,)``."""
    every = np.arange(clock.look // 2) * clock.inside_hz / clock.look
    found: Floats = every[(every >= LOWEST_HZ) & (every <= HIGHEST_HZ)]
    return found


@lru_cache(maxsize=32)
def _waves(clock: Clock) -> Complex:
    """Give the windowed waves of a look, shape ``(look, bins)``, scaled so that white noise has its own variance."""
    window = np.hanning(clock.look + 1)[:-1]
    turns = np.outer(np.arange(clock.look), bins_hz(clock) / clock.inside_hz)
    found: Complex = np.exp(-2j * np.pi * turns) * window[:, None] / np.sqrt((window**2).sum())
    return found


def looked(values: Floats, clock: Clock) -> Floats:
    """Give the powers of every look that `values` of shape ``(channels, inside)`` complete.

    Returns
    -------
    Floats
        Shape ``(channels, looks, bins)``.
    """
    count = clock.looks(values.shape[1])
    if count == 0:
        return np.zeros((len(values), 0, len(bins_hz(clock))))
    views = np.lib.stride_tricks.sliding_window_view(values, clock.look, axis=1)[:, :: clock.hop][:, :count]
    waves = _waves(clock)
    return np.stack([np.abs(np.ascontiguousarray(view) @ waves) ** 2 for view in views])


def basis(frequency_hz: Floats) -> Floats:
    """Give 1, u and u^2 at each frequency, shape ``(3, frequencies)``."""
    u = np.log(frequency_hz / CENTRE_HZ)
    return np.stack([np.ones_like(u), u, u**2])


def spectrum(shape: Floats, frequency_hz: Floats) -> Floats:
    """Give B at each frequency from level, tilt and bend: shape ``(..., 3)`` to ``(..., frequencies)``."""
    found: Floats = np.exp(shape @ basis(frequency_hz))
    return found


def fitted(shape: Floats, seen: Floats, trust: Floats, frequency_hz: Floats) -> Floats:
    """Fit level, tilt and bend to mean powers, by Fisher scoring of their exponential likelihood.

    Parameters
    ----------
    shape : Floats
        Shape ``(rows, 3)``; where to begin.
    seen, trust : Floats
        Shape ``(rows, bins)``; mean power of a bin, and on how many looks it rests.
    frequency_hz : Floats
        Shape ``(bins,)``.

    Returns
    -------
    Floats
        Shape ``(rows, 3)``.
    """
    rows = basis(frequency_hz)
    pairs = (rows[:, None] * rows[None]).reshape(9, -1)
    prior, aim = np.diag([0.0, *PRIOR_PRECISION]), np.array([0.0, *PRIOR_SHAPE])
    weight = INDEPENDENT * trust
    curve = (weight @ pairs.T).reshape(-1, 3, 3) + prior + 1e-9 * np.eye(3)
    for _ in range(NEWTON_STEPS):
        slope = (weight * _pull(seen / np.exp(shape @ rows))) @ rows.T - (shape - aim) @ prior
        shape = shape + np.linalg.solve(curve, slope[..., None])[..., 0]
    return shape


def _pull(ratio: Floats) -> Floats:
    """Give the slope of the likelihood, with logarithmic tails."""
    safe = np.clip(ratio, 1e-12, 1e12)
    above = FAR_ABOVE - 1 + np.log(safe / FAR_ABOVE)
    below = FAR_BELOW - 1 + np.log(safe / FAR_BELOW)
    return np.where(safe > FAR_ABOVE, above, np.where(safe < FAR_BELOW, below, safe - 1))


def unseen(powers: Floats) -> Floats:
    """Give where a fit of `powers`, shape ``(channels, looks, bins)``, begins: shape ``(channels, 3)``."""
    level = np.log(np.maximum(np.median(powers, axis=(1, 2)), np.finfo(float).tiny))
    return np.stack([level, np.full_like(level, PRIOR_SHAPE[0]), np.full_like(level, PRIOR_SHAPE[1])], axis=1)


def both_ways(powers: Floats, trust: Floats, clock: Clock) -> Floats:
    """Follow the background of a whole recording, looking both ways: shapes as for `with_hindsight`."""
    fade = float(np.exp(-clock.hop_s / MEMORY_S))
    start = np.broadcast_to(unseen(powers)[:, None], (*powers.shape[:2], 3))
    return _followed(powers, trust, _Memory(fade, past=True, future=True), start, clock)


def with_hindsight(powers: Floats, trust: Floats, clock: Clock) -> Floats:
    """Follow the background of a whole recording, looking both ways, and one way only where it has just changed.

    Parameters
    ----------
    powers, trust : Floats
        Shape ``(channels, looks, bins)``; powers of the looks, and how far each may be trusted, 0 to 1.
    clock : Clock
        Of the recording.

    Returns
    -------
    Floats
        Shape ``(channels, looks, 3)``; level, tilt and bend.
    """
    fade = float(np.exp(-clock.hop_s / MEMORY_S))
    shape = both_ways(powers, trust, clock)
    sides = [_followed(powers, trust, _Memory(fade, past=p, future=not p), shape, clock) for p in (True, False)]
    return _best(shape, sides, powers, trust, clock)


@dataclass(frozen=True)
class _Memory:
    """What a mean over looks rests on: the past, the future or both, fading by `fade` a look."""

    fade: float
    past: bool
    future: bool

    def summed(self, values: Floats) -> Floats:
        past = lfilter([1.0], [1.0, -self.fade], values, axis=1)
        if not self.future:
            return np.asarray(past)
        future = lfilter([1.0], [1.0, -self.fade], values[:, ::-1], axis=1)[:, ::-1]
        return np.asarray(past + future - values if self.past else future)


def _followed(powers: Floats, trust: Floats, memory: _Memory, start: Floats, clock: Clock) -> Floats:
    bins = bins_hz(clock)
    looks = memory.summed(trust)
    shape = start.reshape(-1, 3)
    for turn in range(ROUNDS):
        limit = CLIP * np.exp(shape @ basis(bins)).reshape(powers.shape)
        kept = powers if turn == 0 else np.minimum(powers, limit) / CLIPPED_MEAN
        mean = memory.summed(trust * kept) / np.maximum(looks, 1e-12)
        shape = fitted(shape, mean.reshape(-1, len(bins)), looks.reshape(-1, len(bins)), bins)
    return shape.reshape(start.shape)


def _best(both: Floats, sides: list[Floats], powers: Floats, trust: Floats, clock: Clock) -> Floats:
    """Take the one-sided background where the looks around it speak clearly for that."""
    reach = float(np.exp(-clock.hop_s / SURROUNDINGS_S))
    around = _Memory(reach, past=True, future=True)
    misfits = [_misfit(shape, powers, trust, clock) for shape in (both, *sides)]
    totals = np.stack([around.summed(misfit[..., None])[..., 0] for misfit in misfits])
    totals[1:] += CHANGE_NATS
    choice = totals.argmin(axis=0)[..., None]
    return np.where(choice == 0, both, np.where(choice == 1, sides[0], sides[1]))


def _misfit(shape: Floats, powers: Floats, trust: Floats, clock: Clock) -> Floats:
    """Give the negative log likelihood of each look, shape ``(channels, looks)``."""
    level = shape @ basis(bins_hz(clock))
    ratio = np.minimum(powers / np.exp(level), CLIP)
    found: Floats = (INDEPENDENT * trust * (level + ratio)).sum(axis=2)
    return found
