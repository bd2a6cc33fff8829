"""Taking the background out: a filter per channel and moment after which noise is flat, and one that a blink fits."""

from __future__ import annotations

from dataclasses import dataclass
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
#: Ours: frequencies that a filter is designed on, and a share of the band that is nothing.
FINE: Final = 256
SILENT: Final = 1e-12


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


@dataclass(frozen=True, eq=False)
class _Sums:
    """What turns a response into taps, and taps into what they leave of noise, as matrices: few frequencies matter.

    Parameters
    ----------
    basis : Floats
        Shape ``(3, frequencies)``; of the response.
    taps : Floats
        Shape ``(frequencies, parts x taps)``; from one over the noise (or its root) to taps, real then imaginary.
    basis_left : Floats
        Shape ``(3, others)``; of the frequencies at which what is left is taken.
    turns : Complex or Floats
        Shape ``(taps, others)``; from taps to their response there.
    weights : Floats
        Shape ``(others,)``; what each counts in the mean.
    """

    basis: Floats
    taps: Floats
    basis_left: Floats
    turns: Complex | Floats
    weights: Floats


def _cut(response: Complex | Floats, clock: Clock) -> Complex:
    """Turn frequency responses into windowed taps without a constant part, shape ``(..., taps)``."""
    window = _design(clock)[2]
    every = np.fft.ifft(response, axis=-1)
    taps = np.concatenate([every[..., -clock.reach :], every[..., : clock.reach + 1]], axis=-1) * window
    found: Complex = taps - taps.sum(axis=-1, keepdims=True) * (window / window.sum())
    return found


def _basis(frequency: Floats) -> Floats:
    return basis(np.clip(np.abs(frequency), *WITHIN_HZ))


@lru_cache(maxsize=32)
def _whitening_sums(clock: Clock) -> _Sums:
    frequency, band, _ = _design(clock)
    used = np.flatnonzero(band > SILENT)
    inner = frequency[(frequency >= LOWEST_HZ) & (frequency <= HIGHEST_HZ)]
    each = _cut(np.eye(len(frequency))[used] * band, clock)
    parts = np.concatenate([each.real, each.imag], axis=1)
    weights = np.full(len(inner), 1 / len(inner) / (clock.step_s * clock.inside_hz))
    turns = np.exp(-2j * np.pi / clock.inside_hz * np.outer(np.arange(2 * clock.reach + 1), inner))
    return _Sums(_basis(frequency[used]), parts, _basis(inner), turns, weights)


@lru_cache(maxsize=32)
def _blink_sums(clock: Clock) -> _Sums:
    frequency, _, _ = _design(clock)
    used = np.flatnonzero((frequency >= 0) & (frequency < BLINK_BELOW_HZ))
    both = np.eye(len(frequency))[used] + np.eye(len(frequency))[-used]
    each = _cut(np.minimum(both, 1.0) * _blink(clock), clock).real
    half = frequency[: len(frequency) // 2 + 1]
    weights = np.where((half == 0) | (half == half[-1]), 1.0, 2.0) / len(frequency)
    # Taps that are even about their middle have a real response.
    place = np.arange(-clock.reach, clock.reach + 1)
    turns = np.cos(2 * np.pi / clock.inside_hz * np.outer(place, half))
    return _Sums(_basis(frequency[used]), each, _basis(half), turns, weights)


def whitening(shape: Floats, clock: Clock) -> Complex:
    """Make the filters that leave complex noise of mean square 1 in each step.

    Parameters
    ----------
    shape : Floats
        Shape ``(..., 3)``; level, tilt and bend of the background.
    clock : Clock
        Of the recording.

    Returns
    -------
    Complex
        Shape ``(..., taps)``; taps run against time.
    """
    sums, count = _whitening_sums(clock), 2 * clock.reach + 1
    parts = np.exp(-0.5 * (shape @ sums.basis)) @ sums.taps
    taps = parts[..., :count] + 1j * parts[..., count:]
    response = taps @ sums.turns
    power = response.real**2 + response.imag**2
    left = (power * np.exp(shape @ sums.basis_left)) @ sums.weights
    found: Complex = taps / np.sqrt(left)[..., None]
    return found


def blink_match(shape: Floats, clock: Clock) -> Floats:
    """Make the filters that a blink in that background answers best, in standard deviations, shape ``(..., taps)``."""
    sums = _blink_sums(clock)
    taps = np.exp(-(shape @ sums.basis)) @ sums.taps
    response = taps @ sums.turns
    left = (response**2 * np.exp(shape @ sums.basis_left)) @ sums.weights
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
