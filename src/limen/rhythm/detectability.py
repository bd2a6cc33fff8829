"""How small a rhythm would have been found here: bursts of known size put into the recording's own noise.

They go into the thinned samples, where the recording shows no rhythm, and everything after that is done anew: a burst
also hides itself, by raising the background that is fitted around it, and real noise has bursts of its own. Surrogates,
which have neither, promised 28 points too much on one recording and 42 on another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats, Integers
from limen.rhythm.calibration import surrogate_values
from limen.rhythm.clock import Clock
from limen.rhythm.episodes import candidates
from limen.rhythm.hindsight import Examined
from limen.rhythm.judging import judged
from limen.rhythm.reading import Thinned
from limen.rhythm.states import HIGHEST_HZ, LOWEST_HZ
from limen.rhythm.visibility import band_uv

#: Ours: the size looked for is a burst of 6 s between 1.5 and 3.5 Hz, the middle of the generator's.
BURST_S: Final = 6.0
BURSTS_HZ: Final = (1.5, 2.0, 2.5, 3.0, 3.5)
#: Ours: sizes tried, from never to always found.
SNRS_TRIED_DB: Final = (-9.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0)
#: Ours: stretches tried, a burst every 14 s of each but for its ends: as many as cover a recording three times, at most
#: 400 bursts a size.
FEWEST_STRETCHES: Final = 12
MOST_STRETCHES: Final = 48
COVERED: Final = 3
#: Ours: surrogates tried where the recording's own noise cannot be, 60 bursts a size.
SURROGATES_TRIED: Final = 8
STRETCH_S: Final = 150.0
EVERY_S: Final = 14.0
END_S: Final = 15.0
#: Ours: with fewer free places than this the recording's own noise tells too little, and surrogates are tried instead.
FEWEST_PLACES: Final = 40
HALF: Final = 0.5


@dataclass(frozen=True, eq=False)
class Detectability:
    """Share of bursts that are found, by size.

    Parameters
    ----------
    snrs_db : Floats
        Shape ``(sizes,)``; mean square of the rhythm over that of the background between 1 and 4 Hz, rising.
    found : Floats
        Shape ``(sizes,)``; share found.
    """

    snrs_db: Floats
    found: Floats

    @property
    def half_db(self) -> float | None:
        """SNR at which half are found, by interpolation; None where no size tried is found half of the time."""
        rising = np.maximum.accumulate(self.found)
        return float(np.interp(HALF, rising, self.snrs_db)) if rising[-1] >= HALF else None

    def found_at(self, snr_db: float) -> float:
        """Give the share found at one SNR."""
        return float(np.interp(snr_db, self.snrs_db, self.found, left=0.0))


@dataclass(frozen=True, eq=False)
class Noise:
    """What bursts are put into: thinned rows, the band's root mean square of each (uV), and where bursts may begin.

    `begins` are places in the row, of shape ``(rows, bursts)``, and `free` says which of them may be used.
    """

    thin: Thinned
    size_uv: Floats
    begins: Integers
    free: Booleans


def detectability(
    thin: Thinned, examined: Examined, threshold: float, lag_s: float | None, rng: np.random.Generator
) -> Detectability:
    """Put bursts of several sizes into a recording and count how many are found.

    Parameters
    ----------
    thin : Thinned
        The recording.
    examined : Examined
        What was made of it.
    threshold : float
        Peak log odds from which an episode counts.
    lag_s : float, optional
        Seconds of hindsight; the whole recording's without it.
    rng : numpy.random.Generator
        Chance.
    """
    noise = own_noise(thin, examined, threshold, rng)
    if noise.free.sum() < FEWEST_PLACES:
        noise = surrogate_noise(examined, rng)
    return Detectability(np.array(SNRS_TRIED_DB), _shares_found(noise, _bursts(noise, rng), threshold, lag_s))


def own_noise(thin: Thinned, examined: Examined, threshold: float, rng: np.random.Generator) -> Noise:
    """Take stretches of the recording; a burst may lie where all is known and no episode was called."""
    clock, (channels, inside) = thin.clock, thin.values.shape
    length = min(inside, round(STRETCH_S * clock.inside_hz))
    count = int(np.clip(COVERED * channels * inside / length, FEWEST_STRETCHES, MOST_STRETCHES))
    rows = rng.integers(0, channels, count)
    firsts = rng.integers(0, inside - length + 1, count)
    cut = firsts[:, None] + np.arange(length)
    begins = _places(count, length, clock, rng)
    busy = ~examined.evidence.known | called(examined, threshold)
    steps = np.arange(round(BURST_S / clock.step_s) + 1) - clock.reach // clock.stride
    place = np.clip((firsts[:, None] + begins)[..., None] // clock.stride + steps, 0, busy.shape[1] - 1)
    free = ~busy[rows[:, None, None], place].any(axis=2)
    sizes_uv = band_uv(np.median(examined.background, axis=1), clock.sample_rate_hz)
    own = Thinned(thin.values[rows[:, None], cut], thin.bad[rows[:, None], cut], clock)
    return Noise(own, sizes_uv[rows], begins, free)


def surrogate_noise(examined: Examined, rng: np.random.Generator) -> Noise:
    """Make stretches of the fitted background alone."""
    clock = examined.clock
    thin = Thinned(*surrogate_values(examined, rng, SURROGATES_TRIED), clock)
    begins = _places(len(thin.values), thin.values.shape[1], clock, rng)
    return Noise(thin, _own_band_uv(thin), begins, np.ones(begins.shape, dtype=np.bool_))


def _own_band_uv(thin: Thinned) -> Floats:
    """Give the root mean square of each row between 1 and 4 Hz, shape ``(rows,)``."""
    inside = thin.values.shape[1]
    hz = np.fft.rfftfreq(inside, 1 / thin.clock.inside_hz)
    power = 2 * np.abs(np.fft.rfft(thin.values, axis=1)) ** 2 / inside**2
    found: Floats = np.sqrt(power[:, (hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)].sum(axis=1))
    return found


def _places(count: int, length: int, clock: Clock, rng: np.random.Generator) -> Integers:
    """Give where bursts may begin in each stretch, shape ``(stretches, bursts)``: evenly, from a place of chance."""
    room_s = length / clock.inside_hz - 2 * END_S - BURST_S
    even_s = np.arange(0.0, max(room_s - EVERY_S, 0.0) + 1e-9, EVERY_S)
    begins_s = END_S + rng.uniform(0, min(EVERY_S, max(room_s, 0.0)), (count, 1)) + even_s
    return np.floor(np.minimum(begins_s, max(length / clock.inside_hz - BURST_S, 0.0)) * clock.inside_hz).astype(int)


def called(examined: Examined, threshold: float) -> Booleans:
    """Say in which steps an episode is called, shape ``(channels, steps)``."""
    known = examined.evidence.known
    found = np.zeros(known.shape, dtype=np.bool_)
    for row in range(len(known)):
        for one in candidates(examined.traces, known, row, examined.clock):
            found[row, one.begin : one.end] |= one.peak >= threshold
    return found


def _bursts(noise: Noise, rng: np.random.Generator) -> Floats:
    """Make the waves of bursts at 0 dB in the free places, shape ``(rows, inside)``."""
    inside_hz, waves = noise.thin.clock.inside_hz, np.zeros_like(noise.thin.values)
    time_s = np.arange(round(BURST_S * inside_hz)) / inside_hz
    for row, number in np.argwhere(noise.free).tolist():
        turn = 2 * np.pi * BURSTS_HZ[(row + number) % len(BURSTS_HZ)] * time_s + rng.uniform(0, 2 * np.pi)
        begin = int(noise.begins[row, number])
        waves[row, begin : begin + len(turn)] = noise.size_uv[row] * np.sqrt(2) * np.cos(turn)
    return waves


def _shares_found(noise: Noise, waves: Floats, threshold: float, lag_s: float | None) -> Floats:
    """Count the bursts of which at least half are covered, shape ``(sizes,)``; all sizes are examined at once."""
    thin, rows = noise.thin, len(waves)
    values = np.concatenate([thin.values + waves * 10 ** (snr_db / 20) for snr_db in SNRS_TRIED_DB])
    bad = np.tile(thin.bad, (len(SNRS_TRIED_DB), 1))
    examined = judged(Thinned(values, bad, thin.clock), lag_s)
    times_s = thin.clock.times_s(examined.evidence.known.shape[1])
    covered = [_covered(hit, noise, row % rows, times_s) for row, hit in enumerate(called(examined, threshold))]
    sizes = [np.concatenate(covered[first : first + rows]) for first in range(0, len(values), rows)]
    return np.array([float(np.mean(size >= HALF)) for size in sizes])


def _covered(hit: Booleans, noise: Noise, row: int, times_s: Floats) -> Floats:
    """Give how much of each burst of a row is called, shape ``(bursts,)``; `hit` and `times_s` are by step."""
    begins_s = noise.begins[row, noise.free[row]] / noise.thin.clock.inside_hz
    inside = [(times_s >= one) & (times_s < one + BURST_S) for one in begins_s.tolist()]
    return np.array([float(hit[part].mean()) for part in inside])
