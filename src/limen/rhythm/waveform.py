"""The shape of a rhythm's wave: its harmonics, locked to its phase, and what they look like together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats
from limen.rhythm.background import spectrum
from limen.rhythm.clock import Clock
from limen.rhythm.states import Complex
from limen.rhythm.whitening import WITHIN_HZ

#: Ours: harmonics looked at, as far as the thinned samples carry them.
HARMONICS: Final = 6
HIGHEST_HZ: Final = 18.0
#: Ours: points of a cycle on which the wave is drawn.
POINTS: Final = 256


@dataclass(frozen=True, eq=False)
class Waveform:
    """The mean wave of an episode.

    Parameters
    ----------
    coefficients : Complex
        Shape ``(harmonics,)``; of the mean wave, the fundamental first, in microvolts.
    noise : Floats
        Shape ``(harmonics,)``; mean square that chance gives each of them.
    half_share : float
        Mean square at half the frequency, locked to the wave, in those that chance gives: a wave that repeats only
        every second time has one.
    """

    coefficients: Complex
    noise: Floats
    half_share: float = 0.0

    @property
    def powers(self) -> Floats:
        """Mean squares beyond chance, shape ``(harmonics,)``."""
        return np.maximum(np.abs(self.coefficients) ** 2 - self.noise, 0.0)

    @property
    def harmonic_share(self) -> float:
        """Mean square of the harmonics that stand out, over that of the fundamental."""
        clear = np.abs(self.coefficients[1:]) ** 2 > CLEAR * self.noise[1:]
        return float((self.powers[1:] * clear).sum() / max(self.powers[0], 1e-30))

    @property
    def clear_harmonics(self) -> int:
        """How many harmonics above the fundamental stand out from chance."""
        return int((np.abs(self.coefficients[1:]) ** 2 > CLEAR * self.noise[1:]).sum())

    @property
    def second_clear(self) -> bool:
        """Whether twice the frequency stands out: alpha can pass for a higher harmonic, not for this one."""
        return bool(np.abs(self.coefficients[1]) ** 2 > CLEAR * self.noise[1])

    @property
    def lopsided(self) -> float:
        """Skewness of the slope of the mean wave: a sawtooth resets quickly one way only."""
        order = np.arange(1, len(self.coefficients) + 1)
        turn = np.exp(2j * np.pi * np.outer(np.arange(POINTS) / POINTS, order))
        slope = (turn @ (1j * order * self.coefficients)).real
        return float((slope**3).mean() / max((slope**2).mean() ** 1.5, 1e-30))


#: Ours: what lies between the harmonics, in orders from each, is what chance gives there too: alpha, say.
BESIDE: Final = (-0.5, -0.35, 0.35, 0.5)
#: Ours: a harmonic is clear beyond so many times what chance gives it (fewer than one in 500 by chance).
CLEAR: Final = 6.5


def waveform(values: Floats, oscillation: Complex, shape: Floats, first: int, clock: Clock) -> Waveform:
    """Average the wave of one episode over its cycles.

    Parameters
    ----------
    values : Floats
        Shape ``(inside,)``; the channel's thinned samples.
    oscillation : Complex
        Shape ``(steps,)``; the rhythm in the steps of the episode.
    shape : Floats
        Shape ``(3,)``; the background there.
    first : int
        Place of the first step.
    clock : Clock
        Of the recording.
    """
    phase = _phase(oscillation)
    steps = len(phase)
    begin, end = first * clock.stride + clock.reach, (first + steps - 1) * clock.stride + clock.reach
    at = np.interp(np.arange(begin, end), begin + clock.stride * np.arange(steps), phase)
    piece = values[begin:end]
    piece = piece - np.polyval(np.polyfit(np.arange(len(piece)), piece, 1), np.arange(len(piece)))
    hz = float((phase[-1] - phase[0]) / (2 * np.pi * clock.step_s * max(1, steps - 1)))
    count = max(2, min(HARMONICS, int(HIGHEST_HZ / max(hz, 0.5))))
    order = np.concatenate([[0.5], np.arange(1, count + 1)])
    window = np.hanning(len(piece) + 2)[1:-1]

    def seen(orders: Floats) -> Complex:
        found: Complex = (piece * window) @ np.exp(-1j * np.outer(at, orders)) * 2 / window.sum()
        return found

    coefficients = seen(order)
    noise = spectrum(shape, np.clip(order * hz, WITHIN_HZ[0], WITHIN_HZ[1]))
    chance = 4 * noise * (window**2).sum() / window.sum() ** 2
    beside = np.mean([np.abs(seen(order[2:] + apart)) ** 2 for apart in BESIDE], axis=0)
    chance[2:] = np.maximum(chance[2:], beside)
    return Waveform(coefficients[1:], chance[1:], float(np.abs(coefficients[0]) ** 2 / chance[0]))


def _phase(oscillation: Complex) -> Floats:
    """Give the unbroken phase of an oscillation that turns forwards, once a step at most; half a turn is common."""
    usual = float(np.angle((oscillation[1:] * oscillation[:-1].conj()).sum())) % (2 * np.pi)
    steady = usual * np.arange(len(oscillation))
    return np.asarray(steady + np.unwrap(np.angle(oscillation * np.exp(-1j * steady))))
