"""Is the predicted share of bursts found that of real recordings: bursts of known size put into real awake EEG.

Run by `make verify-rhythm`: ``rhythm_hybrid.py DATA_FOLDER OUT.json``. The prediction is that of the package, from each
recording's own surrogates; the truth is what is found when the same bursts lie in the recording itself.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from limen.recording import open_recording
from limen.rhythm.calibration import calibrate
from limen.rhythm.detectability import BURST_S, BURSTS_HZ, HALF, power_at_0_db
from limen.rhythm.episodes import candidates
from limen.rhythm.hindsight import examine
from limen.rhythm.reading import thinned
from limen.rhythm.visibility import band_uv

FILES = {"eeglab_data.set": {}, "eegmat_Subject00_1.edf": {}, "biosppy_eeg_ec.txt": {"unit": "counts"}}
SNRS_DB = (-9.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0)
#: Frontal electrodes blink, and one electrode bears a line that never stops: they are counted apart.
APART = ("FP", "AF", "FPZ")
EVERY_S = 14.0


def bursts(source, shapes, snr_db, rng):
    """Waves of every channel in microvolts, and the seconds at which each begins."""
    rate_hz, count = source.sample_rate_hz, source.samples_uv.shape[1]
    begins = np.arange(20.0, count / rate_hz - 20.0, EVERY_S)
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
    calibration, sizes = calibrate(examined, 0.01, None, np.random.default_rng(1))
    shapes, rng, found = np.median(examined.background, axis=1), np.random.default_rng(2), []
    own = type(source)(source.samples_uv[rows], source.sample_rate_hz, tuple(names), ("eeg",) * len(rows))
    for snr_db in SNRS_DB:
        waves, begins = bursts(own, shapes, snr_db, rng)
        again = thinned(
            type(own)((own.samples_uv + waves).astype(np.float32), own.sample_rate_hz, own.names, own.kinds),
            tuple(range(len(rows))),
        )
        shares = _found(examine(again.values, again.bad, again.clock), calibration.threshold, begins)
        told = [sizes.found_at(power_at_0_db(shape, thin.clock) * 10 ** (snr_db / 10)) for shape in shapes]
        for word, chosen in (("scalp without the front", plain), ("front", [not one for one in plain])):
            if any(chosen):
                found.append({
                    "file": path.name, "channels": word, "count": sum(chosen), "bursts": sum(chosen) * len(begins),
                    "snr_db": snr_db, "predicted": float(np.mean(np.array(told)[chosen])),
                    "found": float(np.mean(shares[chosen])),
                })  # fmt: skip
                print(json.dumps(found[-1]), flush=True)
    return found


def _found(examined, threshold, begins):
    """Share of the bursts of each channel of which at least half is covered."""
    times_s, known = examined.clock.times_s(examined.evidence.known.shape[1]), examined.evidence.known
    shares = []
    for row in range(len(known)):
        hit = np.zeros(len(times_s), dtype=bool)
        for one in candidates(examined.traces, known, row, examined.clock):
            hit[one.begin : one.end] |= one.peak >= threshold
        inside = [(times_s >= begin) & (times_s < begin + BURST_S) for begin in begins]
        shares.append(np.mean([hit[part].mean() >= HALF for part in inside]))
    return np.array(shares)


def main():
    folder, to = Path(sys.argv[1]), Path(sys.argv[2])
    rows = [row for name, stated in FILES.items() for row in compared(folder / "eeg" / name, stated)]
    to.write_text(json.dumps({"date": time.strftime("%Y-%m-%d"), "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
