"""How small a rhythm would have been found here: bursts of known size put into what chance alone shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats
from limen.rhythm.background import spectrum
from limen.rhythm.belief import Evidence
from limen.rhythm.clock import Clock
from limen.rhythm.engine import engine
from limen.rhythm.episodes import candidates
from limen.rhythm.hindsight import Examined
from limen.rhythm.states import HIGHEST_HZ, LOWEST_HZ, Complex, states

#: Ours: the size looked for is a burst of 6 s between 1.5 and 3.5 Hz, the middle of the generator's.
BURST_S: Final = 6.0
BURSTS_HZ: Final = (1.5, 2.0, 2.5, 3.0, 3.5)
#: Ours: mean squares tried, in those of the flat noise of a step; from never to always found.
POWERS_TRIED: Final = (0.06, 0.12, 0.25, 0.5, 1.0)
#: Ours: bursts in each surrogate, and surrogates used: 120 bursts a size.
BURSTS_EACH: Final = 5
SURROGATES_USED: Final = 24
HALF: Final = 0.5


@dataclass(frozen=True, eq=False)
class Detectability:
    """Share of bursts that are found, by size.

    Parameters
    ----------
    powers : Floats
        Shape ``(sizes,)``; mean squares in those of the flat noise of a step.
    found : Floats
        Shape ``(sizes,)``; share found.
    clock : Clock
        Of the recording.
    """

    powers: Floats
    found: Floats
    clock: Clock

    @property
    def half_power(self) -> float:
        """Mean square at which half are found, by interpolation of its logarithm."""
        return float(np.exp(np.interp(HALF, np.maximum.accumulate(self.found), np.log(self.powers))))

    def found_at(self, power: float) -> float:
        """Give the share found at one mean square."""
        return float(np.interp(np.log(power), np.log(self.powers), self.found, left=0.0))

    def snr_db(self, shape: Floats, power: float | None = None) -> float:
        """Give the SNR of a rhythm of that size over a background of shape ``(3,)``; half-found without `power`.

        SNR is the rhythm's mean square over the background's between 1 and 4 Hz.
        """
        wanted = self.half_power if power is None else power
        return float(10 * np.log10(wanted / power_at_0_db(shape, self.clock)))


def power_at_0_db(shape: Floats, clock: Clock) -> float:
    """Give the mean square in a step of a rhythm of 0 dB over a background of shape ``(3,)``, over the frequencies."""
    fine_hz = np.arange(LOWEST_HZ, HIGHEST_HZ, 0.01)
    band = float(spectrum(shape, fine_hz).mean() * (HIGHEST_HZ - LOWEST_HZ))
    at = spectrum(shape, np.array(BURSTS_HZ))
    return float(np.exp(np.mean(np.log(band / at))) * clock.step_s)


def detectability(surrogates: Examined, threshold: float, rng: np.random.Generator) -> Detectability:
    """Put bursts of several sizes into surrogates and count how many are found."""
    clock, model = surrogates.clock, states(surrogates.clock.step_s)
    evidence = surrogates.evidence.rows(slice(0, SURROGATES_USED))
    rows, steps = evidence.value.shape
    begins, waves, where = _bursts(rows, steps, clock, rng)
    recursion = engine(evidence.value.size * len(POWERS_TRIED))
    shares = []
    for power in POWERS_TRIED:
        value = evidence.value + np.sqrt(power) * waves
        traces = recursion.smoothed(Evidence(value, evidence.known, evidence.outlying), model)
        hit = np.zeros((rows, steps), dtype=np.bool_)
        for row in range(rows):
            for one in candidates(traces, evidence.known, row, clock):
                hit[row, one.begin : one.end] |= one.peak >= threshold
        shares.append(_share_found(hit, where, begins, clock))
    return Detectability(np.array(POWERS_TRIED), np.array(shares), clock)


def _bursts(rows: int, steps: int, clock: Clock, rng: np.random.Generator) -> tuple[Floats, Complex, Booleans]:
    """Place bursts evenly: where each begins, their waves, and where there is one."""
    length = round(BURST_S / clock.step_s)
    begins = np.linspace(length, steps - 2 * length, BURSTS_EACH).astype(np.int64)
    waves, where = np.zeros((rows, steps), dtype=np.complex128), np.zeros((rows, steps), dtype=np.bool_)
    for number, begin in enumerate(begins.tolist()):
        frequency = np.array([BURSTS_HZ[(row + number) % len(BURSTS_HZ)] for row in range(rows)])
        phase = rng.uniform(0, 2 * np.pi, rows)
        turn = 2j * np.pi * frequency[:, None] * clock.step_s * np.arange(length) + 1j * phase[:, None]
        waves[:, begin : begin + length] = np.exp(turn)
        where[:, begin : begin + length] = True
    return begins.astype(np.float64), waves, where


def _share_found(hit: Booleans, where: Booleans, begins: Floats, clock: Clock) -> float:
    """Count the bursts of which at least half are covered."""
    length = round(BURST_S / clock.step_s)
    covered = [hit[:, begin : begin + length].mean(axis=1) >= HALF for begin in begins.astype(int).tolist()]
    return float(np.mean(covered))
