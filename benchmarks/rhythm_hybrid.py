"""Is the predicted share of bursts found that of real recordings: bursts of known size put into real awake EEG.

Run by `make verify-rhythm`: ``rhythm_hybrid.py DATA_FOLDER OUT.json``. The prediction is that of the package, from each
recording's own noise, with bursts of its own in stretches of it; the truth is what is found when bursts lie in all
channels of the whole recording. Places where the recording itself shows an episode are left out of both.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from limen.recording import open_recording
from limen.rhythm.calibration import calibrate
from limen.rhythm.detectability import BURST_S, BURSTS_HZ, HALF, called, detectability
from limen.rhythm.hindsight import examine
from limen.rhythm.reading import thinned
from limen.rhythm.visibility import band_uv

FILES = {"eeglab_data.set": {}, "eegmat_Subject00_1.edf": {}, "biosppy_eeg_ec.txt": {"unit": "counts"}}
SNRS_DB = (-9.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0)
#: Frontal electrodes blink, and one electrode bears a line that never stops: they are counted apart.
APART = ("FP", "AF", "FPZ")
EVERY_S = 14.0
#: Times that bursts are put into a recording, each time at other places.
DRAWS = 4


def bursts(source, shapes, snr_db, rng):
    """Waves of every channel in microvolts, and the seconds at which each begins."""
    rate_hz, count = source.sample_rate_hz, source.samples_uv.shape[1]
    begins = np.arange(15.0 + rng.uniform(0, EVERY_S), count / rate_hz - 20.0, EVERY_S)
    length = round(BURST_S * rate_hz)
    waves = np.zeros(source.samples_uv.shape)
    for row, shape in enumerate(shapes):
        size_uv = band_uv(shape, rate_hz) * 10 ** (snr_db / 20) * np.sqrt(2)
        for number, begin in enumerate(begins.tolist()):
            turn = 2 * np.pi * BURSTS_HZ[(row + number) % len(BURSTS_HZ)] * np.arange(length) / rate_hz
            first = round(begin * rate_hz)
            waves[row, first : first + length] = size_uv * np.cos(turn + rng.uniform(0, 2 * np.pi))
    return waves, begins


def compared(path, stated):
    """Predicted and found shares of one recording, by size."""
    source = open_recording(path, recorded="scalp", **stated).read()
    rows = [
        p for p, kind in enumerate(source.kinds) if kind == "eeg" and np.isfinite(source.samples_uv[p]).mean() > 0.9
    ]
    names = [source.names[row].upper().replace("EEG ", "") for row in rows]
    plain = [not name.startswith(APART) for name in names]
    thin = thinned(source, tuple(rows))
    examined = examine(thin.values, thin.bad, thin.clock)
    chance = np.random.default_rng(1)
    calibration = calibrate(examined, 0.01, None, chance)
    sizes = detectability(thin, examined, calibration.threshold, None, chance)
    shapes, rng, found = np.median(examined.background, axis=1), np.random.default_rng(2), []
    before = called(examined, calibration.threshold)
    own = type(source)(source.samples_uv[rows], source.sample_rate_hz, tuple(names), ("eeg",) * len(rows))
    for snr_db in SNRS_DB:
        each = []
        for _ in range(DRAWS):
            waves, begins = bursts(own, shapes, snr_db, rng)
            thin = thinned(
                replace(own, samples_uv=(own.samples_uv + waves).astype(np.float32)), tuple(range(len(rows)))
            )
            after = called(examine(thin.values, thin.bad, thin.clock), calibration.threshold)
            each.append(_found(before, after, thin.clock, begins))
        hits, free = (np.concatenate(parts, axis=1) for parts in zip(*each, strict=True))
        for word, chosen in (("scalp without the front", plain), ("front", [not one for one in plain])):
            if any(chosen):
                found.append({
                    "file": path.name, "channels": word, "count": sum(chosen), "bursts": int(free[chosen].sum()),
                    "snr_db": snr_db, "predicted": sizes.found_at(snr_db),
                    "found": float(hits[chosen][free[chosen]].mean()),
                })  # fmt: skip
                print(json.dumps(found[-1]), flush=True)
    return found


def _found(before, after, clock, begins):
    """Which bursts are covered by half or more, and which lay where nothing was called before, by channel."""
    times_s = clock.times_s(before.shape[1])
    inside = [(times_s >= begin) & (times_s < begin + BURST_S) for begin in begins]
    hits = np.stack([after[:, part].mean(axis=1) >= HALF for part in inside], axis=1)
    return hits, np.stack([~before[:, part].any(axis=1) for part in inside], axis=1)


def main():
    folder, to = Path(sys.argv[1]), Path(sys.argv[2])
    rows = [row for name, stated in FILES.items() for row in compared(folder / "eeg" / name, stated)]
    to.write_text(json.dumps({"date": time.strftime("%Y-%m-%d"), "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
