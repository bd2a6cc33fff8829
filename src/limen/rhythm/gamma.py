"""Whether gamma bursts fill the gaps between slow waves: the alternation of anaesthesia, which is another state."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.signal import butter, sosfiltfilt

from limen.quantities import Floats, Floats32, Recording
from limen.recording import SignalFile
from limen.rhythm.clock import Clock
from limen.rhythm.episodes import Candidate

#: Gamma of the alternation, Hz (detection.md section 1), and the rate that carries it.
GAMMA_HZ: Final = (25.0, 45.0)
LOWEST_RATE_HZ: Final = 110.0
#: Ours: how much more gamma there is between the episodes than in them, and how strongly it swings.
MORE_BETWEEN_DB: Final = 1.5
#: Gamma lasts 2.5 s and slow-delta 1.8 s (garwood_2021): within this of an episode lies the next gamma burst.
AROUND_S: Final = 3.0
#: Ours: no more than this is read for it.
MOST_S: Final = 600.0


def gamma_fills_the_gaps(
    source: Recording | SignalFile, place: int, every: tuple[Candidate, ...], clock: Clock, steps: int
) -> bool:
    """Say whether gamma is stronger around the episodes of a channel than within them."""
    if source.sample_rate_hz < LOWEST_RATE_HZ:
        return False
    count = min(steps, round(MOST_S / clock.step_s))
    level_db = _level_db(
        _raw(source, place, round(min(MOST_S, source.duration_s) * source.sample_rate_hz)), source, clock
    )
    inside, around = np.zeros(len(level_db), dtype=np.bool_), np.zeros(len(level_db), dtype=np.bool_)
    reach = round(AROUND_S / clock.step_s)
    for one in every:
        if one.end < count:
            inside[one.begin : one.end] = True
            around[max(0, one.begin - reach) : one.end + reach] = True
    around &= ~inside
    if inside.sum() < reach or around.sum() < reach:
        return False
    return bool(np.median(level_db[around]) - np.median(level_db[inside]) > MORE_BETWEEN_DB)


def _raw(source: Recording | SignalFile, place: int, samples: int) -> Floats32:
    if isinstance(source, Recording):
        return source.samples_uv[place, :samples]
    found = np.full(samples, np.nan, dtype=np.float32)
    chosen = (source.places[place],)
    for piece in source.stored.segments:
        end = min(samples, piece.first_sample + piece.samples)
        if end > piece.first_sample:
            stored = source.stored.load(chosen, piece.first_stored, piece.first_stored + end - piece.first_sample)
            found[piece.first_sample : end] = stored[0]
    return found


def _level_db(raw: Floats32, source: Recording | SignalFile, clock: Clock) -> Floats:
    """Give the level of gamma in each step, dB, shape ``(steps,)``."""
    values = np.nan_to_num(raw.astype(np.float64))
    high = min(GAMMA_HZ[1], 0.45 * source.sample_rate_hz)
    sos = butter(4, (GAMMA_HZ[0], high), "bandpass", fs=source.sample_rate_hz, output="sos")
    power = sosfiltfilt(sos, values) ** 2
    width = clock.stride * clock.thin
    begin = clock.reach * clock.thin - width // 2
    whole = (len(power) - begin) // width
    means = power[begin : begin + whole * width].reshape(whole, width).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(means, np.finfo(float).tiny)))
