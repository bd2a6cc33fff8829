"""Where in its cycle a rhythm is now, with how sure that is; for simulated stimulation only.

The last seconds are taken for the sum of the background, as followed, and an oscillation whose frequency and size the
detector believes in; both are Gaussian, so what they say of the oscillation at the newest sample is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import i0e, i1e

from limen.quantities import Booleans, Floats
from limen.rhythm.background import spectrum
from limen.rhythm.belief import Belief
from limen.rhythm.clock import Clock
from limen.rhythm.states import Complex, States
from limen.rhythm.whitening import WITHIN_HZ

#: Half of a standard normal's central 90 in 100.
NINETY: Final = 1.6448536269514722
#: Ours: a simulated stimulus is allowed where the phase is known to within this.
GUARD_RAD: Final = float(np.pi / 4)
#: Ours, chosen on development seeds: seconds that the phase rests on, and how long the oscillation keeps its memory.
WINDOW_S: Final = 3.0
COHERENCE_S: Final = 8.0
#: Ours: below this chance of a rhythm no phase is looked for, and less likely frequencies than this part of the best
#: are left out.
LEAST_CHANCE: Final = 0.02
LEAST_SHARE: Final = 0.02
#: Ours: the mean of the window is not known; this many times the background's variance is allowed to it.
MEAN_VARIANCE: Final = 100.0
#: Points on which a spectrum becomes a covariance.
FINE: Final = 1024


@dataclass(frozen=True, eq=False)
class Phase:
    """The phase of the rhythm in each channel that was asked for, shape ``(channels,)``.

    `phase_rad` is that of a cosine, `half_width_rad` half of its 90 % interval, `frequency_hz` its frequency and
    `chance` how likely there is a rhythm at all.
    """

    phase_rad: Floats
    half_width_rad: Floats
    frequency_hz: Floats
    chance: Floats

    def allows(self, limit_rad: float = GUARD_RAD) -> Booleans:
        """Say in which channels a simulated stimulus would be allowed, shape ``(channels,)``."""
        found: Booleans = self.half_width_rad <= limit_rad
        return found


@dataclass(frozen=True, eq=False)
class Window:
    """The newest samples inside: `values` and `bad` of shape ``(channels, inside)``, which end `late_s` ago."""

    values: Floats
    bad: Booleans
    late_s: float


def phase_now(
    window: Window, shape: Floats, belief: Belief, model: States, clock: Clock, *, rows: Sequence[int]
) -> Phase:
    """Say where the rhythm of each of the channels `rows` is at the newest sample.

    Parameters
    ----------
    window : Window
        What came last.
    shape : Floats
        Shape ``(channels, 3)``; the background, NaN where it is not known yet.
    belief : Belief
        What the detector believes of its newest step.
    model : States
        Its states.
    clock : Clock
        Of the recording.
    rows : sequence of int
        Places of the channels that are asked for.
    """
    asked = np.ix_(np.array(rows, dtype=np.int64), np.flatnonzero(model.rhythm))
    weight = belief.weight[asked]
    chance = weight.sum(axis=1)
    size = np.abs(belief.mean[asked]) ** 2 + belief.doubt[asked]
    each = [
        _of_channel(window, row, shape[row], _likely(weight[place], size[place], model), clock)
        if chance[place] >= LEAST_CHANCE and np.isfinite(shape[row]).all()
        else (0.0, np.pi)
        for place, row in enumerate(rows)
    ]
    phase, half = np.array(each).reshape(-1, 2).T
    hz = weight @ model.frequency_hz[model.rhythm] / np.maximum(chance, 1e-300)
    return Phase(phase, half, hz, chance)


def _likely(weight: Floats, size: Floats, model: States) -> tuple[Floats, Floats, Floats]:
    """Give the frequencies that may be, how likely each is, and its mean square (1: the flat noise of a step)."""
    every, place = np.unique(model.frequency_hz[model.rhythm], return_inverse=True)
    total = np.bincount(place, weight)
    mean = np.bincount(place, weight * size) / np.maximum(total, 1e-300)
    kept = total >= LEAST_SHARE * total.max()
    return every[kept], total[kept] / total[kept].sum(), mean[kept]


def _of_channel(
    window: Window, row: int, shape: Floats, likely: tuple[Floats, Floats, Floats], clock: Clock
) -> tuple[float, float]:
    """Give phase and half-width of one channel, mixed over the frequencies by how well each explains the window."""
    hz, share, size = likely
    there = np.flatnonzero(~window.bad[row])
    if 2 * len(there) < window.values.shape[1]:
        return 0.0, np.pi
    values = window.values[row, there] - window.values[row, there].mean()
    level = 2 * spectrum(shape, hz) / (clock.inside_hz * clock.step_s)
    ago_s = window.late_s + (window.values.shape[1] - 1 - there) / clock.inside_hz
    noise = _covariance(shape, window.values.shape[1], clock)
    lag_s, apart = np.arange(len(noise)) / clock.inside_hz, np.abs(np.subtract.outer(there, there))
    told = []
    for frequency, power in zip(hz.tolist(), (size * level).tolist(), strict=True):
        beat = power * np.exp(-lag_s / COHERENCE_S) * np.cos(2 * np.pi * frequency * lag_s)
        told.append(_oscillation(values, ago_s, (noise + beat)[apart], frequency, power))
    log_weight = np.log(share) + np.array([one[2] for one in told])
    weight = np.exp(log_weight - log_weight.max())
    total = sum(w * _resultant(m, p) for w, (m, p, _) in zip(weight / weight.sum(), told, strict=True))
    length = float(np.clip(np.abs(total), 1e-12, 1 - 1e-12))
    # The mixture is taken for a wrapped normal of the same resultant.
    return float(np.angle(total)), min(NINETY * float(np.sqrt(-2 * np.log(length))), np.pi)


def _covariance(shape: Floats, count: int, clock: Clock) -> Floats:
    """Give the covariance of the background at `count` lags; above its range it stays as at its end."""
    frequency = np.clip(np.fft.rfftfreq(FINE, 1 / clock.inside_hz), *WITHIN_HZ)
    lags: Floats = np.fft.irfft(spectrum(shape, frequency))[:count]
    found: Floats = lags + MEAN_VARIANCE * lags[0]
    return found


def _oscillation(values: Floats, ago_s: Floats, whole: Floats, hz: float, power: float) -> tuple[complex, float, float]:
    """Give mean and variance of one oscillation now, and the log likelihood of the window of covariance `whole`."""
    now: Complex = power * np.exp(ago_s * (2j * np.pi * hz - 1 / COHERENCE_S))
    factor = cho_factor(whole, lower=True, check_finite=False)
    solved = cho_solve(factor, np.stack([values, now.real, now.imag], axis=1), check_finite=False)
    left = 2 * power - float(now.real @ solved[:, 1] + now.imag @ solved[:, 2])
    likelihood = -0.5 * float(values @ solved[:, 0]) - float(np.log(np.diag(factor[0])).sum())
    return complex(now @ solved[:, 0]), max(left, 1e-12 * power), likelihood


def _resultant(mean: complex, variance: float) -> complex:
    """Give the mean direction of a complex Gaussian.

    Its length is sqrt(pi s) / 2 exp(-s / 2) (I0(s / 2) + I1(s / 2)) with s = abs(mean)^2 / variance.
    """
    clear = abs(mean) ** 2 / variance
    length = np.sqrt(np.pi * clear) / 2 * (i0e(clear / 2) + i1e(clear / 2))
    return complex(length * np.exp(1j * np.angle(mean)))
