"""Alpha and gamma over a recording, and its slow spectrum over the background: what a page shows besides."""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.quantities import Floats, Packet, Recording
from limen.recording import SignalFile, packets
from limen.rhythm.background import bins_hz, spectrum
from limen.rhythm.hindsight import Examined

#: Hz; gamma as of the recordings under ketamine (detection.md section 1), below the mains.
BANDS_HZ: Final = {"alpha_db": (8.0, 13.0), "gamma_db": (25.0, 45.0)}
#: Ours: shorter pieces tell little of a band.
SHORTEST_S: Final = 1.0
#: Ours: a spectrogram has at most so many columns.
MOST_COLUMNS: Final = 720


def band_levels(
    source: Recording | SignalFile, places: tuple[int, ...], line_s: float
) -> dict[str, list[float | None]]:
    """Give the level of each band in lines of `line_s` seconds, dB of 1 uV^2/Hz, medians over channels.

    None stands where nothing was recorded, and throughout where the sample rate does not carry the band.
    """
    lines = int(source.duration_s / line_s) + 1
    sums: dict[str, list[list[tuple[float, int]]]] = {name: [[] for _ in range(lines)] for name in BANDS_HZ}
    for packet in packets(source, line_s):
        for name, level_db in _levels(packet, places).items():
            middle_s = packet.onset_s + packet.samples_uv.shape[1] / source.sample_rate_hz / 2
            sums[name][min(lines - 1, int(middle_s / line_s))].append((level_db, packet.samples_uv.shape[1]))
    return {name: [_weighed(one) if one else None for one in each] for name, each in sums.items()}


def _weighed(each: list[tuple[float, int]]) -> float:
    levels_db, counts = np.array(each).T
    return round(float(np.average(levels_db, weights=counts)), 3)


def _levels(packet: Packet, places: tuple[int, ...]) -> dict[str, float]:
    values = packet.samples_uv[list(places)].astype(np.float64)
    values = values[np.isfinite(values).all(axis=1)]
    values = values[np.ptp(values, axis=1) > 0] if values.size else values
    count, rate_hz = packet.samples_uv.shape[1], packet.sample_rate_hz
    if len(values) == 0 or count < SHORTEST_S * rate_hz:
        return {}
    window = np.hanning(count)
    power = np.abs(np.fft.rfft((values - values.mean(axis=1, keepdims=True)) * window, axis=1)) ** 2
    power *= 2 / (rate_hz * (window**2).sum())
    hz, found = np.fft.rfftfreq(count, 1 / rate_hz), {}
    for name, (low, high) in BANDS_HZ.items():
        inside = (hz >= low) & (hz <= high)
        if high < rate_hz / 2 and inside.any():
            found[name] = float(10 * np.log10(np.median(power[:, inside].mean(axis=1))))
    return found


def spectrogram(examined: Examined) -> dict[str, object]:
    """Give the slow spectrum over the background, dB, medians over channels; a column for each look or a few of them.

    Returns
    -------
    dict
        `frequency_hz`, `column_s` (length of a column) and `over_db`, a list a frequency, None where nothing is known.
    """
    clock = examined.clock
    hz = bins_hz(clock)
    seen = np.where(examined.powers == 1.0, np.nan, examined.powers)
    over = seen / spectrum(examined.background, hz)
    each = -(-over.shape[1] // MOST_COLUMNS)
    whole = over.shape[1] // each * each
    grouped = over[:, :whole].reshape(len(over), -1, each, len(hz))
    with np.errstate(invalid="ignore", divide="ignore"):
        level: Floats = 10 * np.log10(_median(_mean(grouped)))
    return {
        "frequency_hz": [round(float(f), 3) for f in hz],
        "first_s": round(clock.look / clock.inside_hz / 2 - clock.hop_s / 2, 3),
        "column_s": round(each * clock.hop_s, 4),
        "over_db": [[round(v, 1) if np.isfinite(v) else None for v in row] for row in level.T.tolist()],
    }


def _mean(values: Floats) -> Floats:
    count = np.isfinite(values).sum(axis=2)
    found: Floats = np.nansum(values, axis=2) / np.where(count > 0, count, np.nan)
    return found


def _median(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    found = np.full(values.shape[1:], np.nan)
    found[known] = np.nanmedian(values[:, known], axis=0)
    return found
