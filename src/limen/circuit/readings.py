"""What is read from a window of the circuit: the peak over the background, gamma, modulation, locking, rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.circuit.cells import POPULATIONS
from limen.circuit.running import Activity
from limen.quantities import Booleans, Floats

#: Where a rhythm is looked for, and where the background is fitted, Hz (ours, wide: a rhythm may lie above 3.3 Hz).
BAND_HZ: Final = (1.0, 4.5)
BACKGROUND_HZ: Final = (0.7, 15.0)
GAMMA_HZ: Final = (30.0, 80.0)
SEGMENT_S: Final = 3.0
BIN_HZ: Final = 0.05
SMOOTHING_MS: Final = 20.0
SAMPLES_PER_S: Final = 1000
#: Below this rate heights and locking are ratios of next to nothing, and a population is called silent, Hz (ours).
SILENT_HZ: Final = 0.2
#: A peak lower than this is not called one, dB: 99 of 100 flat Poisson rates of 7.5 s stay below 8.3, of 30 s below
#: 3.7 (measured); 6 is what the facts ask of a rhythm.
LEAST_PEAK_DB: Final = 6.0


def spectrum(x: Floats, segment_s: float = SEGMENT_S, bin_hz: float = BIN_HZ) -> tuple[Floats, Floats]:
    """Give the power density of a signal of 1 kHz.

    Parameters
    ----------
    x : Floats
        Shape ``(samples,)``.
    segment_s : float
        Hann windows with half overlap, mean removed.
    bin_hz : float
        Zero-padded to bins this wide.

    Returns
    -------
    tuple of Floats
        Frequencies and power per Hz, shape ``(bins,)`` each.
    """
    size, padded = min(round(segment_s * SAMPLES_PER_S), len(x)), round(SAMPLES_PER_S / bin_hz)
    window = np.hanning(size + 1)[:-1]
    starts = range(0, len(x) - size + 1, max(1, size // 2))
    parts = np.array([np.fft.rfft(window * (x[i : i + size] - x[i : i + size].mean()), padded) for i in starts])
    density = np.mean(np.abs(parts) ** 2, axis=0) * 2.0 / (SAMPLES_PER_S * np.sum(window**2))
    return np.fft.rfftfreq(padded, 1.0 / SAMPLES_PER_S).astype(np.float64), np.asarray(density, dtype=np.float64)


def between(f_hz: Floats, band_hz: tuple[float, float]) -> Booleans:
    """Say which frequencies lie in a band."""
    return np.asarray((f_hz >= band_hz[0]) & (f_hz <= band_hz[1]))


def background(f_hz: Floats, density: Floats) -> Floats:
    """Give the power law fitted beside the band of the rhythm, at every frequency, shape ``(bins,)``."""
    side = between(f_hz, BACKGROUND_HZ) & ~between(f_hz, BAND_HZ)
    line = np.polyfit(np.log(f_hz[side]), np.log(density[side] + 1e-30), 1)
    return np.asarray(np.exp(np.polyval(line, np.log(np.maximum(f_hz, f_hz[1])))))


def peak(x: Floats) -> tuple[float, float]:
    """Give the largest peak of a signal in 1-4.5 Hz, and its height over the background, dB."""
    f_hz, density = spectrum(x)
    inside = np.flatnonzero(between(f_hz, BAND_HZ))
    if density[inside].max() <= 0.0:
        return float("nan"), float("-inf")
    at = inside[np.argmax(density[inside])]
    return float(f_hz[at]), float(10.0 * np.log10(density[at] / background(f_hz, density)[at]))


def power(x: Floats, band_hz: tuple[float, float], segment_s: float = 1.0, bin_hz: float = 1.0) -> float:
    """Give the power of a signal in a band."""
    f_hz, density = spectrum(x, segment_s, bin_hz)
    return float(np.sum(density[between(f_hz, band_hz)]) * bin_hz)


def modulation(rate_hz: Floats) -> float:
    """Give SD over mean of a rate smoothed by a Gaussian of 20 ms; nan where the population is silent."""
    reach = np.arange(-3 * SMOOTHING_MS, 3 * SMOOTHING_MS + 1.0)
    kernel = np.exp(-0.5 * (reach / SMOOTHING_MS) ** 2)
    smooth = np.convolve(rate_hz, kernel / kernel.sum(), "valid")
    return float(smooth.std() / smooth.mean()) if rate_hz.mean() >= SILENT_HZ else float("nan")


def vector_strength(rate_hz: Floats, frequency_hz: float, from_s: float) -> float:
    """Give how strongly spikes gather at one phase of a frequency, 0 to 1; nan where the population is silent."""
    if rate_hz.mean() < SILENT_HZ:
        return float("nan")
    time_s = from_s + np.arange(len(rate_hz)) / SAMPLES_PER_S
    return float(np.abs(np.sum(rate_hz * np.exp(-2j * np.pi * frequency_hz * time_s))) / rate_hz.sum())


def coherence(x: Floats, y: Floats, frequency_hz: float) -> float:
    """Give the magnitude-squared coherence of two signals of 1 kHz near a frequency, segments of 2 s."""
    size = 2 * SAMPLES_PER_S
    window, starts = np.hanning(size), range(0, len(x) - size + 1, size // 2)
    one, other = (
        np.array([np.fft.rfft(window * (z[i : i + size] - z[i : i + size].mean())) for i in starts]) for z in (x, y)
    )
    at = round(frequency_hz * size / SAMPLES_PER_S)
    cross = np.abs(np.mean(one[:, at] * np.conj(other[:, at]))) ** 2
    return float(cross / max(np.mean(np.abs(one[:, at]) ** 2) * np.mean(np.abs(other[:, at]) ** 2), 1e-30))


def decibels(one: float, other: float) -> float:
    """Give a ratio of powers in dB."""
    return float(10.0 * np.log10(max(one, 1e-30) / max(other, 1e-30)))


@dataclass(frozen=True)
class Reading:
    """The numbers of one window; nan where one has no meaning.

    Parameters
    ----------
    rates_hz : tuple of float
        Of `limen.circuit.cells.POPULATIONS`.
    peak_hz, peak_db : float
        Largest peak of the field in 1-4.5 Hz, and its height over the background.
    deep_hz, deep_db : float
        The same in the rate of H.
    slow_power : float
        1-3.3 Hz power of the rate of H, Hz2.
    modulation_deep, modulation_other : float
        SD over mean of the rates of H and N.
    gamma, gamma_deep, gamma_other : float
        30-80 Hz power of the field, of its part in H and in N.
    glutamate : float
        Mean level.
    locking : float
        Vector strength of H at the pulses' rate, or without pulses at the peak.
    relay : float
        Coherence of the relay with H at the peak of H.
    """

    rates_hz: tuple[float, ...]
    peak_hz: float
    peak_db: float
    deep_hz: float
    deep_db: float
    slow_power: float
    modulation_deep: float
    modulation_other: float
    gamma: float
    gamma_deep: float
    gamma_other: float
    glutamate: float
    locking: float
    relay: float

    def rate_hz(self, population: str) -> float:
        """Give the mean rate of one population."""
        return self.rates_hz[POPULATIONS.index(population)]


SLOW_HZ: Final = (1.0, 3.3)


def read(window: Activity, pulses_hz: float | None = None) -> Reading:
    """Read a window.

    Parameters
    ----------
    window : Activity
        At least three seconds of it, to resolve the rhythm.
    pulses_hz : float, optional
        Rate of pulses, to which the deep cells may lock.

    Returns
    -------
    Reading
    """
    deep, lfp = window.rate_hz("H"), window.lfp_ua_cm2
    (peak_hz, peak_db), (deep_hz, deep_db) = peak(lfp), peak(deep)
    at_hz = deep_hz if pulses_hz is None else pulses_hz
    return Reading(
        rates_hz=tuple(float(window.rate_hz(name).mean()) for name in POPULATIONS),
        peak_hz=peak_hz,
        peak_db=peak_db,
        deep_hz=deep_hz,
        deep_db=deep_db if deep.mean() >= SILENT_HZ else float("nan"),
        slow_power=power(deep, SLOW_HZ, SEGMENT_S, BIN_HZ),
        modulation_deep=modulation(deep),
        modulation_other=modulation(window.rate_hz("N")),
        gamma=power(lfp, GAMMA_HZ),
        gamma_deep=power(window.field_ua_cm2[0], GAMMA_HZ),
        gamma_other=power(window.field_ua_cm2[1], GAMMA_HZ),
        glutamate=float(window.glutamate.mean()),
        locking=vector_strength(deep, at_hz, window.from_s) if np.isfinite(at_hz) else float("nan"),
        relay=coherence(deep, window.rate_hz("TH"), deep_hz) if np.isfinite(deep_hz) else float("nan"),
    )
