"""Speed of the rhythm detector beside its peers: one hour of 32 channels at 500 Hz, each in a process of its own.

Times are those of the processor, not of the clock. A peer that is not installed is left out, and said so.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SECONDS, CHANNELS, RATE_HZ = 3600, 32, 500
RECORD_BYTES = 256
#: specparam is fitted to so many seconds, and its cost scaled to the whole.
FITTED_S = 120


def write_edf(path: Path, seconds: int) -> None:
    """Write coloured noise as plain EDF, a second a record."""
    rng = np.random.default_rng(1)
    fields = [
        ("".join(f"{f'EEG C{c}':<16}" for c in range(CHANNELS))),
        " " * 80 * CHANNELS,
        f"{'uV':<8}" * CHANNELS,
        f"{'-3276.8':<8}" * CHANNELS,
        f"{'3276.7':<8}" * CHANNELS,
        f"{'-32768':<8}" * CHANNELS,
        f"{'32767':<8}" * CHANNELS,
        " " * 80 * CHANNELS,
        f"{RATE_HZ:<8}" * CHANNELS,
        " " * 32 * CHANNELS,
    ]
    head = f"{'0':<8}{'X':<80}{'X':<80}01.01.2001.00.00"
    head += f"{RECORD_BYTES * (CHANNELS + 1):<8}{'':<44}{seconds:<8}{1:<8}{CHANNELS:<4}"
    level = np.zeros((CHANNELS, 1))
    with path.open("wb") as file:
        file.write((head + "".join(fields)).encode("ascii"))
        for _ in range(seconds):
            walk = level + np.cumsum(rng.standard_normal((CHANNELS, RATE_HZ)), axis=1) * 12
            level = walk[:, -1:] * 0.6
            walk -= np.linspace(0, 1, RATE_HZ) * 0.4 * walk[:, -1:]
            file.write(np.clip(walk, -32768, 32767).astype("<i2").tobytes())


def limen(path: Path) -> dict[str, float]:
    """Detection and calibration, timed apart, after a first short run that loads the compiled sums."""
    from limen.recording import open_recording
    from limen.rhythm.calibration import calibrate
    from limen.rhythm.detectability import detectability
    from limen.rhythm.judging import judged
    from limen.rhythm.reading import Thinned, thinned

    opened = open_recording(path)
    places = tuple(range(len(opened.names)))
    warm = thinned(open_recording(path, channels=opened.names[:1]), (0,))
    judged(Thinned(np.tile(warm.values[:, :20_000], (24, 1)), np.tile(warm.bad[:, :20_000], (24, 1)), warm.clock), None)
    begin = time.process_time()
    thin = thinned(opened, places)
    read = time.process_time()
    examined = judged(thin, None)
    found = time.process_time()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rng = np.random.default_rng(1)
    detectability(thin, examined, calibrate(examined, 0.01, None, rng).threshold, None, rng)
    end = time.process_time()
    return {
        "detection_cpu_s": found - begin,
        "of_it_reading_s": read - begin,
        "peak_mb": peak_mb,
        "calibration_cpu_s": end - found,
    }


def mne_filter_hilbert(path: Path) -> dict[str, float]:
    """MNE-Python: band filter and Hilbert envelope of the whole."""
    import mne

    begin = time.process_time()
    raw = mne.io.read_raw_edf(path, preload=True, verbose="ERROR")
    raw.filter(1.0, 4.0, verbose="ERROR").apply_hilbert(envelope=True, verbose="ERROR")
    return _since(begin)


def _signals(path: Path):
    import mne

    return mne.io.read_raw_edf(path, preload=True, verbose="ERROR").get_data() * 1e6


def neurodsp_dual(path: Path) -> dict[str, float]:
    """Neurodsp: dual-threshold bursts, channel by channel."""
    from neurodsp.burst import detect_bursts_dual_threshold

    begin = time.process_time()
    for row in _signals(path):
        detect_bursts_dual_threshold(row, RATE_HZ, (0.6, 1.2), (1, 4))
    return _since(begin)


def yasa_slow_waves(path: Path) -> dict[str, float]:
    """YASA: slow waves with permissive thresholds."""
    import yasa

    begin = time.process_time()
    yasa.sw_detect(
        _signals(path), RATE_HZ, freq_sw=(1, 4), amp_neg=(3, 400), amp_pos=(1, 400), amp_ptp=(6, 800), verbose="ERROR"
    )
    return _since(begin)


def bycycle_features(path: Path) -> dict[str, float]:
    """bycycle: features of every cycle, channel by channel."""
    from bycycle.features import compute_features

    begin = time.process_time()
    for row in _signals(path):
        compute_features(row, RATE_HZ, (1, 4))
    return _since(begin)


def lspopt_spectrogram(path: Path) -> dict[str, float]:
    """lspopt: multitaper spectrogram of 4 s every second, channel by channel."""
    from lspopt import spectrogram_lspopt

    begin = time.process_time()
    for row in _signals(path):
        spectrogram_lspopt(row, RATE_HZ, nperseg=4 * RATE_HZ, noverlap=3 * RATE_HZ)
    return _since(begin)


def pymultitaper_spectrogram(path: Path) -> dict[str, float]:
    """pymultitaper: spectrogram of 4 s every second, NW 2, channel by channel."""
    from pymultitaper import multitaper_spectrogram

    begin = time.process_time()
    for row in _signals(path):
        multitaper_spectrogram(row, RATE_HZ, time_step=1.0, window_length=4.0, NW=2)
    return _since(begin)


def specparam_fits(path: Path) -> dict[str, float]:
    """specparam: a fit for every 4 s of every channel, on the first 2 min; cost is linear in the number of fits."""
    from scipy.signal import welch
    from specparam import SpectralModel

    signals = _signals(path)
    share = min(1.0, FITTED_S * RATE_HZ / signals.shape[1])
    model = SpectralModel(verbose=False, peak_width_limits=(1.0, 4.0), max_n_peaks=4)
    begin = time.process_time()
    for row in signals:
        for first in range(0, int(row.size * share) - 4 * RATE_HZ + 1, 4 * RATE_HZ):
            hz, power = welch(row[first : first + 4 * RATE_HZ], RATE_HZ, nperseg=2 * RATE_HZ)
            model.fit(hz, power, (0.5, 30.0))
    found = _since(begin)
    return {**found, "detection_cpu_s": found["detection_cpu_s"] / share, "scaled_from_share": share}


def _since(begin: float) -> dict[str, float]:
    return {
        "detection_cpu_s": time.process_time() - begin,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


WORKS = {
    work.__name__: work
    for work in (
        limen, mne_filter_hilbert, neurodsp_dual, yasa_slow_waves, bycycle_features, lspopt_spectrogram,
        pymultitaper_spectrogram, specparam_fits,
    )
}  # fmt: skip


def measured(name: str, path: Path) -> dict[str, object]:
    """Run one work in a process of its own."""
    done = subprocess.run([sys.executable, __file__, name, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        return {"left_out": (done.stderr.strip().splitlines() or ["failed"])[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure all and print ratios to Limen."""
    if len(sys.argv) > 2 and sys.argv[1] in WORKS:
        print(json.dumps(WORKS[sys.argv[1]](Path(sys.argv[2]))))
        return
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.edf"
        write_edf(path, seconds)
        found = {name: measured(name, path) for name in WORKS}
    ours = found["limen"].get("detection_cpu_s")
    for name, one in found.items():
        ratio = one["detection_cpu_s"] / ours if ours and "detection_cpu_s" in one else None
        print(json.dumps({"tool": name, "seconds": seconds, "times_limen": ratio, **one}))


if __name__ == "__main__":
    main()
