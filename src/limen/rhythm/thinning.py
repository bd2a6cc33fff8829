"""Fewer samples, and which of them cannot be trusted: a filter that keeps its state, so that packets change nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.signal import firwin, upfirdn

from limen.quantities import Booleans, Floats, Floats32
from limen.rhythm.clock import Clock

#: Ours: what lies below is kept whole, and what would fold onto it is taken out, to 80 dB.
KEPT_HZ: Final = 12.0
KAISER_BETA: Final = 8.0
#: Length of a Kaiser window of that beta, in samples over the transition's share of the rate.
KAISER_LENGTH: Final = 5.1
#: Ours: a shorter loss is bridged by the last value; a value that stays for so long is no signal.
LOST_S: Final = 0.06
FLAT_S: Final = 0.25


class Thinning:
    """Takes samples as they come and gives fewer, each with a word on whether it is one.

    Parameters
    ----------
    clock : Clock
        How many samples become one.
    channels : int
        How many rows come.
    """

    def __init__(self, clock: Clock, channels: int) -> None:
        self.clock = clock
        self.channels = channels
        self._taps = _taps(clock)
        self._margin = max(len(self._taps) // 2, clock.thin)
        self._begun = np.zeros((channels, 1), dtype=np.bool_)
        self._origin = np.zeros((channels, 1))
        self._last = np.zeros((channels, 1))
        self._lost_run = np.zeros((channels, 1), dtype=np.int64)
        self._flat_run = np.zeros((channels, 1), dtype=np.int64)
        self._kept = np.zeros((channels, self._margin))
        self._bad = np.zeros((channels, self._margin), dtype=np.bool_)

    def push(self, samples_uv: Floats32) -> tuple[Floats, Booleans]:
        """Take samples and give what they complete.

        Parameters
        ----------
        samples_uv : Floats32
            Shape ``(channels, samples)``; NaN where missing.

        Returns
        -------
        tuple
            Values inside, shape ``(channels, fewer)``, and which of them rest on missing or flat samples.
        """
        if samples_uv.shape[1] == 0:
            return self._taken(0)
        filled, bad = self._filled(samples_uv)
        self._kept = np.concatenate([self._kept, filled], axis=1)
        self._bad = np.concatenate([self._bad, bad], axis=1)
        ready = (self._kept.shape[1] - 2 * self._margin - 1) // self.clock.thin + 1
        return self._taken(max(0, ready))

    def finish(self) -> tuple[Floats, Booleans]:
        """Give what is left at the end, the last value taken to stay."""
        self._kept = np.concatenate([self._kept, np.repeat(self._last - self._origin, self._margin, axis=1)], axis=1)
        self._bad = np.concatenate([self._bad, np.repeat(self._bad[:, -1:], self._margin, axis=1)], axis=1)
        return self._taken(max(0, (self._kept.shape[1] - 2 * self._margin - 1) // self.clock.thin + 1))

    def newest(self) -> tuple[Floats, Booleans]:
        """Give a rough word on values whose filter still waits for samples: plain means, and which are missing."""
        half, thin = self.clock.thin // 2, self.clock.thin
        begins = np.arange(self._margin - half, self._kept.shape[1] - 2 * half, thin)
        rough = [self._kept[:, place : place + max(1, 2 * half)].mean(axis=1) for place in begins.tolist()]
        bad = [self._bad[:, place : place + max(1, 2 * half)].any(axis=1) for place in begins.tolist()]
        if not rough:
            return np.zeros((len(self._kept), 0)), np.zeros((len(self._kept), 0), dtype=np.bool_)
        return np.stack(rough, axis=1), np.stack(bad, axis=1)

    def _filled(self, samples_uv: Floats32) -> tuple[Floats, Booleans]:
        """Hold the last value over what is missing, and say which samples are missing or flat."""
        values = samples_uv.astype(np.float64)
        missing = ~np.isfinite(values)
        if not self._begun.all():
            self._begin(values, missing)
        whole = np.concatenate([self._last, values], axis=1)
        if missing.any():
            place = np.where(np.pad(missing, ((0, 0), (1, 0))), 0, np.arange(whole.shape[1]))
            whole = np.take_along_axis(whole, np.maximum.accumulate(place, axis=1), axis=1)
        lost = _runs(missing, self._lost_run)
        same = whole[:, 1:] == whole[:, :-1]
        flat = _runs(same, self._flat_run)
        self._last, self._lost_run, self._flat_run = whole[:, -1:], lost[:, -1:], flat[:, -1:]
        rate_hz = self.clock.sample_rate_hz
        return whole[:, 1:] - self._origin, (lost > LOST_S * rate_hz) | (flat >= FLAT_S * rate_hz)

    def _begin(self, values: Floats, missing: Booleans) -> None:
        """Take the first value of a channel, whenever it comes, as its origin, so that an offset makes no step."""
        first = np.argmin(missing, axis=1)[:, None]
        found = np.take_along_axis(values, first, axis=1)
        begins = ~self._begun & np.isfinite(found)
        self._origin = np.where(begins, found, self._origin)
        self._last = np.where(begins, found, self._last)
        self._begun |= begins

    def _taken(self, count: int) -> tuple[Floats, Booleans]:
        """Filter what `count` values inside need, and drop what no later one does."""
        thin, margin = self.clock.thin, self._margin
        if count == 0:
            return np.zeros((len(self._kept), 0)), np.zeros((len(self._kept), 0), dtype=np.bool_)
        past = (count - 1) * thin + 2 * margin + 1
        half = len(self._taps) // 2
        piece = self._kept[:, margin - half : past - margin + half]
        values = piece if thin == 1 else _valid(piece, self._taps, thin, count)
        held = np.cumsum(self._bad[:, :past], axis=1)
        centre = margin + thin * np.arange(count)
        bad = held[:, centre + thin] > held[:, np.maximum(centre - thin, 0)]
        self._kept, self._bad = self._kept[:, count * thin :], self._bad[:, count * thin :]
        return values, bad


def _valid(piece: Floats, taps: Floats, thin: int, count: int) -> Floats:
    """Filter a piece where the filter lies wholly inside it, keeping every `thin`-th value."""
    skip = -(-(len(taps) - 1) // thin) * thin - (len(taps) - 1)
    padded = np.pad(piece, ((0, 0), (skip, 0)))
    begin = (len(taps) - 1 + skip) // thin
    found: Floats = upfirdn(taps, padded, 1, thin, axis=1)[:, begin : begin + count]
    return found


def _taps(clock: Clock) -> Floats:
    if clock.thin == 1:
        return np.ones(1)
    wide_hz = clock.inside_hz - 2 * KEPT_HZ
    count = 2 * int(np.ceil(KAISER_LENGTH * clock.sample_rate_hz / wide_hz / 2)) + 1
    taps: Floats = firwin(count, clock.inside_hz / 2, window=("kaiser", KAISER_BETA), fs=clock.sample_rate_hz)
    return taps


def _runs(
    held: Booleans, before: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Count how many samples in a row hold so far, shape ``(channels, samples)``, going on from `before`."""
    place = np.arange(1, held.shape[1] + 1)
    if not held.any():
        return np.zeros(held.shape, dtype=np.int64)
    last_not = np.maximum.accumulate(np.where(held, 0, place), axis=1)
    return np.where(held, np.where(last_not > 0, place - last_not, place + before), 0)
