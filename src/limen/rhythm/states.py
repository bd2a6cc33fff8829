"""What a moment of one channel can hold: the background alone, a rhythm of some frequency, or what looks like one.

Every state is a complex oscillation that loses its memory after a coherence time, in noise whose spectrum is flat once
the background has been taken out. A long coherence makes a narrow peak, a short one a broad rise, none a change of
level: so each state predicts the whole spectrum, and they compete for the same samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from limen.quantities import Booleans, Floats, Integers

Complex = npt.NDArray[np.complex128]

#: The rhythm that is looked for lies between 1 and 4 Hz (detection.md section 1).
LOWEST_HZ: Final = 1.0
HIGHEST_HZ: Final = 4.0
#: All that follows is ours, chosen on the generator's development seeds.
GRID_HZ: Final = 0.125
COHERENCE_S: Final = 3.0
#: Mean squares of a rhythm, in those of the flat noise in one step.
POWERS: Final = (0.45, 2.0)
LASTS_S: Final = 5.0
SHARE: Final = 0.3
#: Moves to a neighbouring frequency, a second.
DRIFTS_PER_S: Final = 0.3

BACKGROUND: Final = "background"
RHYTHM: Final = "rhythm"
MOVEMENT: Final = "movement"
SLOW_WAVE: Final = "slow_wave"
#: A change of level, and a peak above the range: nothing is reported of them.
LEVEL: Final = "level"
ABOVE: Final = "above"
SHARES: Final = (BACKGROUND, RHYTHM, MOVEMENT, SLOW_WAVE, LEVEL, ABOVE)


@dataclass(frozen=True)
class Rival:
    """A state that is no rhythm: centre and coherence of its oscillation, powers, usual length, share of the time."""

    name: str
    centre_hz: float
    coherence_s: float
    power: float
    gain: float
    lasts_s: float
    share: float


RIVALS: Final = (
    Rival(LEVEL, 0.0, 1.0, 0.0, 2.0, 4.0, 0.02),
    Rival(MOVEMENT, 0.0, 1.0, 0.0, 8.0, 1.0, 0.005),
    Rival(MOVEMENT, 0.0, 1.0, 0.0, 60.0, 1.0, 0.003),
    Rival(SLOW_WAVE, 0.7, 0.25, 1.0, 1.0, 4.0, 0.02),
    Rival(SLOW_WAVE, 1.5, 0.25, 2.0, 1.0, 4.0, 0.01),
    Rival(SLOW_WAVE, 0.5, 0.30, 8.0, 1.0, 2.0, 0.005),
    Rival(SLOW_WAVE, 0.5, 0.30, 60.0, 2.0, 1.5, 0.002),
    Rival(ABOVE, 5.0, 0.30, 1.0, 1.0, 4.0, 0.01),
)


@dataclass(frozen=True, eq=False)
class States:
    """All states for one step length: the background, then rhythms by power and frequency, then their rivals.

    Parameters
    ----------
    frequency_hz : Floats
        Shape ``(states,)``; centre of each.
    turn : Complex
        Shape ``(states,)``; what one step multiplies the oscillation by.
    power, gain : Floats
        Shape ``(states,)``; mean square of the oscillation and of the noise, in those of the flat noise.
    leave, enter : Floats
        Shape ``(states,)``; chance a step to fall back to the background, and to be entered from it.
    move : Floats
        Shape ``(states,)``; chance a step to move to one neighbouring frequency.
    below, above : Integers
        Shape ``(states,)``; the states of neighbouring frequency, the state itself where there is none.
    share : Integers
        Shape ``(states,)``; place of its name in SHARES.
    """

    frequency_hz: Floats
    turn: Complex
    power: Floats
    gain: Floats
    leave: Floats
    enter: Floats
    move: Floats
    below: Integers
    above: Integers
    share: Integers

    @property
    def rhythm(self) -> Booleans:
        """Which states are rhythms, shape ``(states,)``."""
        found: Booleans = self.share == SHARES.index(RHYTHM)
        return found

    @property
    def stationary(self) -> Floats:
        """Share of the time in each state before anything is seen, shape ``(states,)``."""
        odds = np.where(self.leave > 0, self.enter / np.where(self.leave > 0, self.leave, 1.0), 1.0)
        found: Floats = odds / odds.sum()
        return found


@lru_cache(maxsize=32)
def states(step_s: float) -> States:
    """Make the states for steps of `step_s` seconds."""
    grid = np.arange(LOWEST_HZ, HIGHEST_HZ + GRID_HZ / 2, GRID_HZ)
    rhythms = [
        Rival(RHYTHM, centre_hz, COHERENCE_S, power, 1.0, LASTS_S, SHARE / len(grid) / len(POWERS))
        for power in POWERS
        for centre_hz in grid.tolist()
    ]
    every = (Rival(BACKGROUND, 0.0, 1.0, 0.0, 1.0, np.inf, 0.0), *rhythms, *RIVALS)
    table = np.array([[s.centre_hz, s.coherence_s, s.power, s.gain, s.lasts_s, s.share] for s in every])
    centre_hz, coherence_s, power, gain, lasts_s, share = table.T
    leave = 1.0 - np.exp(-step_s / lasts_s)
    below, above = _neighbours(len(grid), len(rhythms), len(every))
    move = np.where(below != above, 0.5 * (1.0 - np.exp(-step_s * DRIFTS_PER_S)), 0.0)
    return States(
        centre_hz,
        np.exp(step_s * (2j * np.pi * centre_hz - 1.0 / coherence_s)),
        power,
        gain,
        leave,
        leave * share / (1.0 - share.sum()),
        move,
        below,
        above,
        np.array([SHARES.index(s.name) for s in every]),
    )


def _neighbours(grid: int, rhythms: int, count: int) -> tuple[Integers, Integers]:
    """Give the states one frequency below and above each; the state itself at the ends and outside the rhythms."""
    place = np.arange(count)
    rhythm = (place >= 1) & (place <= rhythms)
    within = (place - 1) % grid
    below = np.where(rhythm & (within > 0), place - 1, place)
    above = np.where(rhythm & (within < grid - 1), place + 1, place)
    return below, above
