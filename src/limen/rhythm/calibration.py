"""What chance alone would show in this recording: its own background without a rhythm, made again and again.

The surrogates are drawn from the fitted background as it moves, without gaps, and go through the same examination; the
threshold is the one at which they are called a rhythm for as much of the time as was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats
from limen.rhythm.background import basis
from limen.rhythm.clock import Clock
from limen.rhythm.episodes import LOWEST_ODDS, Candidate, candidates
from limen.rhythm.hindsight import Examined
from limen.rhythm.judging import judged
from limen.rhythm.reading import Thinned
from limen.rhythm.whitening import WITHIN_HZ

#: At least 100 stretches of 2 min in all (detection.md section 9).
SURROGATES: Final = 100
SURROGATE_S: Final = 120.0
#: Ours: at either end of a surrogate, as of a recording, the background is known less well; that is not counted.
MARGIN_S: Final = 15.0
#: Ours: length over which a surrogate is shaped at once; longer than the slowest wave that matters.
PIECE_S: Final = 10.24
#: Ours: the rarest peaks follow an exponential law, fitted to this share of them.
TAIL_SHARE: Final = 0.2
FEWEST_IN_TAIL: Final = 10
#: Ours: the tail of peak odds falls by about e a nat where too few surrogates show it.
USUAL_TAIL: Final = 1.0


@dataclass(frozen=True, eq=False)
class Calibration:
    """Peaks and lengths of what chance showed.

    Parameters
    ----------
    peaks : Floats
        Shape ``(candidates,)``; peak log odds, rising.
    lasts_s : Floats
        Shape ``(candidates,)``; the length of each.
    judged_s : float
        Seconds looked at.
    false_on_time : float
        The share of the time that was asked.
    """

    peaks: Floats
    lasts_s: Floats
    judged_s: float
    false_on_time: float

    @property
    def threshold(self) -> float:
        """Peak log odds from which an episode counts."""
        above_s = np.cumsum(self.lasts_s[::-1])[::-1]
        allowed = np.flatnonzero(above_s <= self.false_on_time * self.judged_s)
        if len(self.peaks) == 0 or len(allowed) == len(self.peaks):
            return LOWEST_ODDS
        return float(self.peaks[allowed[0]]) if len(allowed) else float(self.peaks[-1]) + USUAL_TAIL

    def rate_per_s(self, peak: float) -> float:
        """Give how often a second chance shows a peak as high, beyond the highest seen by an exponential law."""
        count = len(self.peaks)
        if count == 0:
            return float(np.exp(-(peak - LOWEST_ODDS))) / self.judged_s
        tail = max(FEWEST_IN_TAIL, round(TAIL_SHARE * count))
        base = float(self.peaks[-min(tail, count)])
        if peak <= base:
            return float(np.sum(self.peaks >= peak)) / self.judged_s
        excess = self.peaks[self.peaks > base] - base
        scale = float(excess.mean()) if len(excess) >= FEWEST_IN_TAIL else USUAL_TAIL
        return float(np.sum(self.peaks >= base)) / self.judged_s * float(np.exp(-(peak - base) / scale))

    def chance(self, peak: float, judged_s: float) -> float:
        """Give the probability that chance shows so high a peak at least once in `judged_s` seconds."""
        return float(-np.expm1(-self.rate_per_s(peak) * judged_s))


def surrogate_values(examined: Examined, rng: np.random.Generator, count: int = SURROGATES) -> tuple[Floats, Booleans]:
    """Draw stretches of background alone from what was fitted to a recording.

    Parameters
    ----------
    examined : Examined
        The recording.
    rng : numpy.random.Generator
        Chance.
    count : int
        How many stretches.

    Returns
    -------
    tuple
        Values inside, shape ``(count, inside)``, and which are missing.
    """
    clock = examined.clock
    inside = round((SURROGATE_S + 2 * MARGIN_S) * clock.inside_hz)
    channels, looks = examined.background.shape[:2]
    usable = np.flatnonzero(examined.evidence.known.any(axis=1))
    rows = rng.choice(usable if len(usable) else np.arange(channels), count)
    begins = rng.integers(0, max(1, looks - clock.looks(inside)), count)
    place = np.clip(begins[:, None] + np.arange(clock.looks(inside) + 1), 0, looks - 1)
    shapes = examined.background[rows[:, None], place]
    shapes = shapes - np.array([1.0, 0.0, 0.0]) * shapes[:, :1, :1]
    return shaped_noise(shapes, inside, clock, rng), np.zeros((count, inside), dtype=np.bool_)


def shaped_noise(shapes: Floats, inside: int, clock: Clock, rng: np.random.Generator) -> Floats:
    """Give noise whose spectrum moves as `shapes` of shape ``(rows, looks, 3)`` say, shape ``(rows, inside)``."""
    piece = round(PIECE_S * clock.inside_hz) // 2 * 2
    half = piece // 2
    pieces = inside // half + 2
    white = rng.standard_normal((len(shapes), (pieces + 1) * half))
    fade = np.hanning(piece + 1)[:-1]
    frequency = np.clip(np.fft.rfftfreq(2 * piece, 1 / clock.inside_hz), *WITHIN_HZ)
    found = np.zeros_like(white)
    for number in range(pieces):
        look = min(max(0, round((number * half - clock.look / 2) / clock.hop)), shapes.shape[1] - 1)
        amplitude = np.exp(0.5 * shapes[:, look] @ basis(frequency))
        stretch = white[:, number * half : number * half + piece]
        wave = np.fft.irfft(np.fft.rfft(stretch * fade, 2 * piece) * amplitude, 2 * piece)
        end = min(found.shape[1], number * half + 2 * piece)
        found[:, number * half : end] += wave[:, : end - number * half]
    return found[:, half : half + inside]


def calibrate(examined: Examined, false_on_time: float, lag_s: float | None, rng: np.random.Generator) -> Calibration:
    """Find what chance shows in a recording that has been examined."""
    values, bad = surrogate_values(examined, rng)
    return from_surrogates(judged(Thinned(values, bad, examined.clock), lag_s), false_on_time)


def from_surrogates(again: Examined, false_on_time: float) -> Calibration:
    """Collect the candidates of examined surrogates."""
    step_s, steps = again.clock.step_s, again.evidence.known.shape[1]
    margin = round(MARGIN_S / step_s)
    every: list[Candidate] = []
    for row in range(len(again.background)):
        found = candidates(again.traces, again.evidence.known, row, again.clock)
        every += [one for one in found if margin <= (one.begin + one.end) / 2 < steps - margin]
    every.sort(key=lambda one: one.peak)
    return Calibration(
        np.array([one.peak for one in every]),
        np.array([one.steps * step_s for one in every]),
        float(again.evidence.known[:, margin : steps - margin].sum() * step_s),
        false_on_time,
    )
