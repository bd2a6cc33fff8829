"""The background as it is followed live: two memories of the past, the shorter one where the world has just changed."""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats
from limen.rhythm.background import (
    CHANGE_NATS,
    CLIP,
    CLIPPED_MEAN,
    INDEPENDENT,
    LEAST_TRUST,
    MEMORY_S,
    SURROUNDINGS_S,
    basis,
    bins_hz,
    fitted,
    unseen,
)  # fmt: skip
from limen.rhythm.clock import Clock

#: Ours: the shorter memory, long enough to fit three numbers to.
SHORT_MEMORY_S: Final = 6.0
#: Ours: looks before a background is believed; until then nothing is judged.
FIRST_LOOKS: Final = 5


class Following:
    """Level, tilt and bend of every channel, kept up to date look by look.

    Parameters
    ----------
    clock : Clock
        Of the recording.
    channels : int
        How many.
    """

    def __init__(self, clock: Clock, channels: int) -> None:
        bins = len(bins_hz(clock))
        self.clock = clock
        self._fades = [float(np.exp(-clock.hop_s / memory_s)) for memory_s in (MEMORY_S, SHORT_MEMORY_S)]
        self._sums = [np.zeros((channels, bins)) for _ in self._fades]
        self._trusts = [np.zeros((channels, bins)) for _ in self._fades]
        self._shapes = [np.zeros((channels, 3)) for _ in self._fades]
        self._misfits = [np.zeros(channels) for _ in self._fades]
        self._looks = np.zeros(channels, dtype=np.int64)

    @property
    def believed(self) -> Booleans:
        """Which channels have a background that may be relied on, shape ``(channels,)``."""
        found: Booleans = self._looks >= FIRST_LOOKS
        return found

    @property
    def shape(self) -> Floats:
        """Level, tilt and bend, shape ``(channels, 3)``."""
        changed = self._misfits[1] + CHANGE_NATS < self._misfits[0]
        return np.where(changed[:, None], self._shapes[1], self._shapes[0])

    def see(self, powers: Floats, trust: Floats, known: Booleans) -> None:
        """Take one look in.

        Parameters
        ----------
        powers, trust : Floats
            Shape ``(channels, bins)``; its powers and how far each may be trusted.
        known : Booleans
            Shape ``(channels,)``; channels of which nothing is missing in it.
        """
        new = known & (self._looks == 0)
        start = unseen(powers[:, None])
        fade_around = float(np.exp(-self.clock.hop_s / SURROUNDINGS_S))
        trust = np.maximum(trust, LEAST_TRUST) * known[:, None]
        for place, fade in enumerate(self._fades):
            shape = np.where(new[:, None], start, self._shapes[place])
            misfit = self._misfit(shape, powers, trust)
            self._misfits[place] = np.where(known, fade_around * self._misfits[place] + misfit, self._misfits[place])
            self._shapes[place] = np.where(known[:, None], self._refitted(place, fade, shape, powers, trust), shape)
        self._looks += known

    def _refitted(self, place: int, fade: float, shape: Floats, powers: Floats, trust: Floats) -> Floats:
        limit = CLIP * np.exp(shape @ basis(bins_hz(self.clock)))
        early = (self._looks < FIRST_LOOKS)[:, None]
        kept = np.where(early, powers, np.minimum(powers, limit) / CLIPPED_MEAN)
        self._sums[place] = fade * self._sums[place] + trust * kept
        self._trusts[place] = fade * self._trusts[place] + trust
        mean = self._sums[place] / np.maximum(self._trusts[place], 1e-12)
        return fitted(shape, np.where(mean > 0, mean, 1.0), self._trusts[place], bins_hz(self.clock))

    def _misfit(self, shape: Floats, powers: Floats, trust: Floats) -> Floats:
        level = shape @ basis(bins_hz(self.clock))
        ratio = np.minimum(powers / np.exp(level), CLIP)
        found: Floats = (INDEPENDENT * trust * (level + ratio)).sum(axis=1)
        return found
