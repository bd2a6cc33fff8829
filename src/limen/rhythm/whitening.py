"""Taking the background out: a filter per channel and moment after which noise is flat, and one that a blink fits."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from limen.quantities import Floats
from limen.rhythm.background import basis
from limen.rhythm.clock import Clock
from limen.rhythm.states import HIGHEST_HZ, LOWEST_HZ, Complex

#: Ours: the band of a step, as shares of the step rate: where it is centred, and how soft its edges are. Edges of this
#: form fold into a flat spectrum when only one value a step is kept.
BAND_CENTRE: Final = 0.48
BAND_SOFTNESS: Final = 0.25
#: Ours: outside these the background is not extrapolated.
WITHIN_HZ: Final = (0.12, 7.0)
#: Ours: a blink lasts about so long, and is looked for below this frequency.
BLINK_S: Final = 0.35
BLINK_BELOW_HZ: Final = 8.0
#: Ours: frequencies that a filter is designed on.
FINE: Final = 256


@lru_cache(maxsize=32)
def _design(clock: Clock) -> tuple[Floats, Floats, Floats]:
    """Give the design frequencies, the band, and the window of a filter."""
    count = max(FINE, 1 << (4 * clock.reach).bit_length())
    frequency = np.fft.fftfreq(count, 1 / clock.inside_hz)
    rate = 1 / clock.step_s
    apart = np.abs(frequency - BAND_CENTRE * rate)
    edge = np.clip((apart - rate / 2) / (BAND_SOFTNESS * rate / 2), -1.0, 1.0)
    window = np.sqrt(np.hanning(2 * clock.reach + 3)[1:-1])
    band: Floats = np.cos(np.pi / 4 * (1 + edge))
    return np.asarray(frequency, dtype=np.float64), band, np.asarray(window, dtype=np.float64)


def _cut(response: Complex | Floats, clock: Clock) -> Complex:
    """Turn frequency responses into windowed taps without a constant part, shape ``(..., taps)``."""
    window = _design(clock)[2]
    every = np.fft.ifft(response, axis=-1)
    taps = np.concatenate([every[..., -clock.reach :], every[..., : clock.reach + 1]], axis=-1) * window
    found: Complex = taps - taps.sum(axis=-1, keepdims=True) * (window / window.sum())
    return found


def whitening(shape: Floats, clock: Clock) -> Complex:
    """Make the filters that leave complex noise of mean square 1 in each step.

    Parameters
    ----------
    shape : Floats
        Shape ``(rows, 3)``; level, tilt and bend of the background.
    clock : Clock
        Of the recording.

    Returns
    -------
    Complex
        Shape ``(rows, taps)``; taps run against time.
    """
    frequency, band, _ = _design(clock)
    noise = np.exp(shape @ basis(np.clip(np.abs(frequency), *WITHIN_HZ)))
    taps = _cut(band / np.sqrt(noise), clock)
    inner = (frequency >= LOWEST_HZ) & (frequency <= HIGHEST_HZ)
    left = (np.abs(np.fft.fft(taps, len(frequency), axis=-1)) ** 2 * noise)[..., inner].mean(axis=-1)
    found: Complex = taps / np.sqrt(left / (clock.step_s * clock.inside_hz))[..., None]
    return found


def blink_match(shape: Floats, clock: Clock) -> Floats:
    """Make the filters that a blink in that background answers best, in standard deviations, shape ``(rows, taps)``."""
    frequency, _, _ = _design(clock)
    noise = np.exp(shape @ basis(np.clip(np.abs(frequency), *WITHIN_HZ)))
    wanted = _blink(clock) / noise * (np.abs(frequency) < BLINK_BELOW_HZ)
    taps = _cut(wanted, clock).real
    left = (np.abs(np.fft.fft(taps, len(frequency), axis=-1)) ** 2 * noise).mean(axis=-1)
    found: Floats = taps / np.sqrt(left)[..., None]
    return found


@lru_cache(maxsize=32)
def _blink(clock: Clock) -> Floats:
    """Give the spectrum of a blink that is centred on time 0."""
    frequency, _, _ = _design(clock)
    place = np.fft.fftfreq(len(frequency), 1 / len(frequency)) / clock.inside_hz
    wave = np.where(np.abs(place) < BLINK_S / 2, np.cos(np.pi * place / BLINK_S) ** 2, 0.0)
    found: Floats = np.fft.fft(wave).real
    return found
