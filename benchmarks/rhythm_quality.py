"""How often the rhythm is found and how often it is not there: Limen and strict BOSC on the same unseen recordings.

Run by `make verify-rhythm`. The generator lies beside the real recordings; seeds 130 to 149 are the ones on which
nothing was chosen. Every tool is given the threshold that holds its own null recordings to the same on-time.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from limen.quantities import Recording
from limen.rhythm.calibration import calibrate
from limen.rhythm.episodes import candidates
from limen.rhythm.hindsight import examine
from limen.rhythm.reading import thinned

SEEDS = range(130, 150)
SNRS = (6, 3, 0, -3, -6, -9)
RATE_HZ = 500.0


def generator(folder: Path):
    """Load the frozen generator."""
    spec = importlib.util.spec_from_file_location("bursts", folder / "bursts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(bursts, snr_db, *, artefacts):
    """One channel of 600 s for every seed, and the true bursts."""
    rows, truth = [], []
    for seed in SEEDS:
        x, told = bursts.generate(
            seed,
            0 if snr_db is None else snr_db,
            600,
            1,
            500,
            blinks=artefacts,
            moves=artefacts,
            bursts=snr_db is not None,
        )
        rows.append(x[0])
        truth.append(told["bursts"])
    names = tuple(f"s{seed}" for seed in SEEDS)
    return Recording(np.array(rows), RATE_HZ, names, ("eeg",) * len(names), simulated=True), truth


def mask(bursts, times_s):
    """True where a burst is."""
    held = np.zeros(len(times_s), dtype=bool)
    for onset, offset, _ in bursts:
        held |= (times_s >= onset) & (times_s < offset)
    return held


class Limen:
    """Candidates with their peaks, from the package itself."""

    name = "Limen"

    def find(self, recording):
        thin = thinned(recording, tuple(range(len(recording.names))))
        self.examined = examine(thin.values, thin.bad, thin.clock)
        self.times_s = thin.clock.times_s(self.examined.evidence.known.shape[1])
        known = self.examined.evidence.known
        return [
            [(c.begin, c.end, c.peak, c.frequency_hz) for c in candidates(self.examined.traces, known, row, thin.clock)]
            for row in range(len(recording.names))
        ]


class Bosc:
    """Strict BOSC, our re-implementation: 6-cycle wavelets, line without 1-4 Hz, chi-square threshold, 5 cycles."""

    name = "strict BOSC"
    cycles = 5
    frequencies_hz = np.concatenate([[0.5, 0.63, 0.8], np.arange(1.0, 4.01, 0.25), [5, 6.3, 15.9, 20]])

    def find(self, recording):
        thin = thinned(recording, tuple(range(len(recording.names))))
        rate = thin.clock.inside_hz
        keep = 5
        self.times_s = np.arange(0, thin.values.shape[1], keep) / rate
        return [self._one(row, rate, keep) for row in thin.values]

    def _one(self, row, rate, keep):
        power = np.array([self._power(row, f, rate)[::keep] for f in self.frequencies_hz])
        inside = (self.frequencies_hz >= 1) & (self.frequencies_hz <= 4)
        x, y = np.log10(self.frequencies_hz[~inside]), np.log10(power[~inside].mean(axis=1))
        fit = np.polyfit(x, y, 1)
        mean = 10 ** np.polyval(fit, np.log10(self.frequencies_hz))
        found = []
        ratio = power[inside] / mean[inside, None]
        # The threshold is a quantile of chi-square with 2 degrees; the score of a run is the largest it would pass.
        for place, f in enumerate(self.frequencies_hz[inside]):
            found += self._runs(ratio[place], f, rate / keep)
        return found

    def _runs(self, ratio, f, rate):
        out = []
        for quantile in QUANTILES:
            on = ratio > chi2.ppf(quantile, 2) / 2
            edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))).reshape(-1, 2)
            out += [(b, e, quantile, f) for b, e in edges if (e - b) / rate * f >= self.cycles]
        return out

    def _power(self, row, f, rate):
        sd = 6 / (2 * np.pi * f)
        t = np.arange(-4 * sd, 4 * sd, 1 / rate)
        wavelet = np.exp(-(t**2) / (2 * sd**2) + 2j * np.pi * f * t)
        wavelet /= np.sqrt((np.abs(wavelet) ** 2).sum())
        size = 1 << int(len(row) + len(t)).bit_length()
        full = np.fft.ifft(np.fft.fft(row, size) * np.fft.fft(wavelet, size))
        return np.abs(full[len(t) // 2 : len(t) // 2 + len(row)]) ** 2


QUANTILES = (0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9965, 0.9975, 0.9985, 0.999, 0.9995, 0.9999, 0.99999)


def painted(found, steps, threshold, *, exact):
    """Paint the runs that pass a threshold."""
    held = np.zeros(steps, dtype=bool)
    for begin, end, peak, _ in found:
        if (peak == threshold) if exact else (peak >= threshold):
            held[begin:end] = True
    return held


def on_time(tool, nulls, threshold):
    exact = isinstance(tool, Bosc)
    return float(np.mean([painted(found, len(tool.times_s), threshold, exact=exact).mean() for found in nulls]))


def threshold_for(tool, nulls, share):
    """The lowest threshold whose null on-time is at most `share`."""
    tried = QUANTILES if isinstance(tool, Bosc) else sorted({peak for found in nulls for *_, peak, _ in found} | {99.0})
    low, high = 0, len(tried) - 1
    while low < high:
        middle = (low + high) // 2
        if on_time(tool, nulls, tried[middle]) <= share:
            high = middle
        else:
            low = middle + 1
    return tried[low]


def scores(tool, every, truth, threshold):
    """F1 by time over all recordings, and the median error of the frequency, Hz."""
    exact = isinstance(tool, Bosc)
    tp = fp = fn = 0
    errors = []
    for found, bursts in zip(every, truth, strict=True):
        real, held = mask(bursts, tool.times_s), painted(found, len(tool.times_s), threshold, exact=exact)
        tp, fp, fn = tp + (real & held).sum(), fp + (held & ~real).sum(), fn + (real & ~held).sum()
        for begin, end, peak, hz in found:
            middle = tool.times_s[(begin + end) // 2 - (end == begin)]
            if (peak == threshold) if exact else (peak >= threshold):
                errors += [abs(hz - f) for a, b, f in bursts if a <= middle < b]
    return 2 * tp / max(1, 2 * tp + fp + fn), float(np.median(errors)) if errors else None


def partial_auc(tool, nulls, every, truth, most=0.02):
    """Mean share of the burst time that is found, over null on-times up to `most`."""
    exact = isinstance(tool, Bosc)
    tried = QUANTILES if exact else np.linspace(-4.5, 8, 60)
    points = []
    for threshold in tried:
        hit = sum(
            (painted(f, len(tool.times_s), threshold, exact=exact) & mask(b, tool.times_s)).sum()
            for f, b in zip(every, truth, strict=True)
        )
        all_true = sum(mask(b, tool.times_s).sum() for b in truth)
        points.append((on_time(tool, nulls, threshold), hit / all_true))
    points = sorted(points)
    grid = np.linspace(0, most, 41)
    return float(np.interp(grid, [p[0] for p in points], [p[1] for p in points]).mean())


def main():
    bursts = generator(Path(sys.argv[1]))
    to = Path(sys.argv[2])
    out = {"seeds": [SEEDS.start, SEEDS.stop - 1], "date": time.strftime("%Y-%m-%d"), "rows": []}
    tools = (Limen(), Bosc())
    for artefacts, share in ((False, 0.004), (False, 0.01), (True, 0.04)):
        null, _ = made(bursts, None, artefacts=artefacts)
        nulls = {tool.name: tool.find(null) for tool in tools}
        if not artefacts and share == 0.01:
            calibration, _ = calibrate(tools[0].examined, 0.01, None, np.random.default_rng(1))
            out["asked_1_percent_gave"] = on_time(tools[0], nulls["Limen"], calibration.threshold)
        limits = {tool.name: threshold_for(tool, nulls[tool.name], share) for tool in tools}
        for snr in SNRS:
            recording, truth = made(bursts, snr, artefacts=artefacts)
            for tool in tools:
                every = tool.find(recording)
                f1, error = scores(tool, every, truth, limits[tool.name])
                auc = partial_auc(tool, nulls[tool.name], every, truth)
                row = {"tool": tool.name, "artefacts": artefacts, "null_on_time": share, "snr_db": snr, "f1": f1,
                       "partial_auc": auc, "frequency_error_hz": error}  # fmt: skip
                out["rows"].append(row)
                print(json.dumps(row), flush=True)
    out["cpu_s"] = time.process_time()
    to.write_text(json.dumps(out, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
