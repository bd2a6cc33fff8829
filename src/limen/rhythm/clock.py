"""How a recording's samples become the detector's steps, for any sample rate, by whole numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError

#: Ours: at least this many samples a second are kept inside, five for a cycle of 10 Hz.
INSIDE_HZ: Final = 50.0
#: Ours: steps a second. A step carries a band of as many Hz, which holds 0.5 to 5.5 Hz.
STEPS_PER_S: Final = 6.25
#: Ours: how far the whitening filter reaches to either side; a sharper one would tell later.
REACH_S: Final = 0.8
#: Ours: length of a look at the spectrum, 0.39 Hz fine, and steps from one look to the next.
LOOK_S: Final = 2.56
STEPS_PER_LOOK: Final = 8
#: Five samples in a cycle of 4 Hz.
LOWEST_RATE_HZ: Final = 20.0


@dataclass(frozen=True)
class Clock:
    """Samples of the recording, samples inside, steps and looks, each so many of the one before.

    Parameters
    ----------
    sample_rate_hz : float
        Of the recording.
    thin : int
        Samples of the recording in one inside.
    stride : int
        Samples inside in one step.
    reach : int
        Samples inside to either side of a step that its value rests on.
    look : int
        Samples inside in a look at the spectrum.
    """

    sample_rate_hz: float
    thin: int
    stride: int
    reach: int
    look: int

    @property
    def inside_hz(self) -> float:
        """Samples inside in a second."""
        return self.sample_rate_hz / self.thin

    @property
    def step_s(self) -> float:
        """Seconds from one step to the next."""
        return self.stride / self.inside_hz

    @property
    def hop(self) -> int:
        """Samples inside from one look to the next."""
        return STEPS_PER_LOOK * self.stride

    @property
    def hop_s(self) -> float:
        """Seconds from one look to the next."""
        return STEPS_PER_LOOK * self.step_s

    def steps(self, inside: int) -> int:
        """Count the steps that so many samples inside complete."""
        return max(0, (inside - 2 * self.reach - 1) // self.stride + 1)

    def looks(self, inside: int) -> int:
        """Count the looks that so many samples inside complete."""
        return max(0, (inside - self.look) // self.hop + 1)

    def latest_look(self, step: int) -> int:
        """Give the last look that is complete when a step is, -1 before the first."""
        return (step * self.stride + 2 * self.reach + 1 - self.look) // self.hop

    def nearest_look(self, steps: int, looks: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Give the look whose middle is nearest to each step, shape ``(steps,)``."""
        middle = np.arange(steps) * self.stride + self.reach - self.look / 2
        return np.clip(np.rint(middle / self.hop), 0, looks - 1).astype(np.int64)

    def times_s(self, steps: int, first: int = 0) -> Floats:
        """Give the middle of each step in seconds from the first sample, shape ``(steps,)``."""
        found: Floats = ((np.arange(steps) + first) * self.stride + self.reach) / self.inside_hz
        return found


@lru_cache(maxsize=32)
def clock(sample_rate_hz: float) -> Clock:
    """Choose the whole numbers for one sample rate; InputError where it is too low for a rhythm of 4 Hz."""
    if not sample_rate_hz >= LOWEST_RATE_HZ:
        raise InputError(
            f"A recording of {sample_rate_hz:g} Hz is too slow for a rhythm of 1 to 4 Hz:"
            f" at least {LOWEST_RATE_HZ:g} Hz are needed."
        )
    thin = max(1, int(sample_rate_hz / INSIDE_HZ + 1e-9))
    inside_hz = sample_rate_hz / thin
    return Clock(
        sample_rate_hz,
        thin,
        max(1, round(inside_hz / STEPS_PER_S)),
        round(REACH_S * inside_hz),
        round(LOOK_S * inside_hz),
    )
