"""Signals with a known truth for the benches of the rhythm.

The generator, steps, knees and what only looks like a rhythm.

The generator lies beside the real recordings (`LIMEN_DATA/../prototypes`); it is frozen. What it cannot make is made
here.
"""

# ruff: noqa: PLR0917 -- lines of tables

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limen.quantities import Recording
from limen.rhythm.calibration import calibrate
from limen.rhythm.episodes import candidates
from limen.rhythm.judging import judged
from limen.rhythm.lookalikes import look_alikes
from limen.rhythm.reading import thinned

RATE_HZ = 500.0


def generator(folder: Path):
    """Load the frozen generator."""
    spec = importlib.util.spec_from_file_location("bursts", folder / "bursts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recording(rows, rate_hz=RATE_HZ, names=None, **more):
    """Rows of microvolts as a simulated recording."""
    names = names or tuple(f"s{place}" for place in range(len(rows)))
    kinds = more.pop("kinds", ("eeg",) * len(names))
    return Recording(np.asarray(rows, dtype=np.float32), rate_hz, names, kinds, simulated=True, **more)


def made(bursts, seeds, snr_db, *, artefacts, **more):
    """One channel of 600 s for every seed, and the true bursts; `snr_db` None for none."""
    rows, truth = [], []
    for seed in seeds:
        x, told = bursts.generate(
            seed, 0 if snr_db is None else snr_db, more.get("seconds", 600), 1, int(RATE_HZ), more.get("chi", 1.5),
            blinks=artefacts, moves=artefacts, bursts=snr_db is not None, chi_spread=more.get("chi_spread", 0.15),
        )  # fmt: skip
        rows.append(x[0])
        truth.append(told)
    return recording(rows), truth


def stepped(bursts, seeds, chis, snr_db=None):
    """Two halves of 300 s whose exponent differs, and the true bursts of both."""
    parts = [made(bursts, seeds, snr_db, artefacts=False, seconds=300, chi=chi, chi_spread=0.0) for chi in chis]
    rows = np.concatenate([part.samples_uv for part, _ in parts], axis=1)
    truth = [
        np.concatenate([a["bursts"], b["bursts"] + [300, 300, 0]])
        for a, b in zip(parts[0][1], parts[1][1], strict=True)
    ]
    return recording(rows), truth


def kneed(bursts, seeds, seconds=600):
    """Backgrounds alone, each with its own exponent of 1 to 3 and knee of 0.5 to 10 Hz."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng([seed, 7])
        chi, knee = rng.uniform(1, 3), np.exp(rng.uniform(np.log(0.5), np.log(10)))
        rows.append(20 * bursts.colored(rng, int(seconds * RATE_HZ), RATE_HZ, chi, knee))
    return recording(rows)


def mask(truth, times_s):
    """True where a burst is."""
    held = np.zeros(len(times_s), dtype=bool)
    for onset, offset, *_ in truth:
        held |= (times_s >= onset) & (times_s < offset)
    return held


@dataclass
class Found:
    """What the package made of a recording, step by step."""

    examined: object
    calibration: object
    chosen: tuple
    kinds: object
    times_s: np.ndarray

    def on(self, row):
        """True in steps of chosen episodes."""
        held = np.zeros(len(self.times_s), dtype=bool)
        for one in self.chosen[row]:
            held[one.begin : one.end] = True
        return held


def found_in(source, *, lag_s=None, false_on_time=0.01, seed=1, calibration=None):
    """Judge a recording as the package does, all channels by one calibration."""
    places = tuple(range(len(source.names)))
    thin = thinned(source, places)
    examined = judged(thin, lag_s)
    if calibration is None:
        calibration = calibrate(examined, false_on_time, lag_s, np.random.default_rng(seed))
    known = examined.evidence.known
    chosen = tuple(
        tuple(
            one for one in candidates(examined.traces, known, row, examined.clock) if one.peak >= calibration.threshold
        )
        for row in places
    )
    kinds = look_alikes(source, places, thin, examined, chosen)
    return Found(examined, calibration, chosen, kinds, examined.clock.times_s(known.shape[1]))


def f1(found, truth):
    """F1 by time over all channels."""
    tp = fp = fn = 0
    for row, bursts in enumerate(truth):
        real, held = mask(bursts, found.times_s), found.on(row)
        tp, fp, fn = tp + (real & held).sum(), fp + (held & ~real).sum(), fn + (real & ~held).sum()
    return 2 * tp / max(1, 2 * tp + fp + fn)


# What only looks like a rhythm. Each gives rows of microvolts and stretches in which it is.


def _episodes(rng, seconds, lasts_s=(4.0, 10.0), gap_s=(8.0, 20.0)):
    found, now = [], rng.uniform(5, 10)
    while now + lasts_s[1] < seconds - 5:
        length = rng.uniform(*lasts_s)
        found.append((now, now + length))
        now += length + rng.uniform(*gap_s)
    return found


def _background(bursts, rng, seconds, rate_hz, chi=1.5, size_uv=20.0):
    return size_uv * bursts.colored(rng, int(seconds * rate_hz), rate_hz, chi).astype(np.float64)


def _phase(rng, times_s, f, jitter=0.15):
    rate_hz = 1 / (times_s[1] - times_s[0])
    return f * times_s + np.cumsum(rng.standard_normal(len(times_s))) * jitter * np.sqrt(f / rate_hz) / (2 * np.pi)


def spike_wave(bursts, seed, seconds=300, rate_hz=250.0):
    """3 Hz spike and wave: a sharp spike of 40 ms and a slow wave in every cycle, 2.5 to 3.5 Hz."""
    rng = np.random.default_rng([seed, 11])
    x = _background(bursts, rng, seconds, rate_hz)
    spans = _episodes(rng, seconds)
    for onset, offset in spans:
        t = np.arange(int(onset * rate_hz), int(offset * rate_hz)) / rate_hz
        f = rng.uniform(2.5, 3.5)
        turn = _phase(rng, t - t[0], f) % 1
        spike = np.exp(-0.5 * ((turn - 0.1) / (0.04 * f / 2.35)) ** 2)
        wave = -(np.sin(np.pi * np.clip((turn - 0.25) / 0.7, 0, 1)) ** 2)
        x[int(onset * rate_hz) : int(onset * rate_hz) + len(t)] += 120 * spike + 90 * (wave + 0.3)
    return recording([x], rate_hz), [spans]


def nystagmus(bursts, seed, seconds=300, rate_hz=250.0, *, pair=False):
    """Jerk nystagmus: a slow drift and a quick reset of 60 ms, 1.5 to 3.5 Hz; against each other in F7 and F8."""
    rng = np.random.default_rng([seed, 13])
    rows = [_background(bursts, rng, seconds, rate_hz) for _ in range(3 if pair else 1)]
    spans = _episodes(rng, seconds)
    for onset, offset in spans:
        t = np.arange(int(onset * rate_hz), int(offset * rate_hz)) / rate_hz
        f = rng.uniform(1.5, 3.5)
        turn = _phase(rng, t - t[0], f) % 1
        quick = 0.06 * f
        saw = np.where(turn < 1 - quick, turn / (1 - quick), (1 - turn) / quick) - 0.5
        saw *= rng.choice([-1, 1]) * rng.uniform(60, 120)
        place = slice(int(onset * rate_hz), int(onset * rate_hz) + len(t))
        rows[0][place] += saw
        if pair:
            rows[1][place] -= saw
    names = ("F7", "F8", "Pz") if pair else None
    return recording(rows, rate_hz, names), [spans] * len(rows)


def pulse(bursts, seed, seconds=300, rate_hz=250.0):
    """A pulse that never stops: 1 to 1.6 Hz, with a second wave, its rate moving by 4 %."""
    rng = np.random.default_rng([seed, 17])
    x = _background(bursts, rng, seconds, rate_hz)
    t = np.arange(len(x)) / rate_hz
    f = rng.uniform(1.0, 1.6) * (1 + 0.04 * np.sin(2 * np.pi * t / rng.uniform(8, 14)))
    turn = 2 * np.pi * np.cumsum(f) / rate_hz
    return recording([x + rng.uniform(18, 30) * (np.cos(turn) + 0.5 * np.cos(2 * turn + 1))], rate_hz), [[(0, seconds)]]


def alternation(bursts, seed, seconds=300, rate_hz=250.0):
    """Gamma of 2.5 s [1.7, 3.6] and slow-delta of 1.8 s [1.3, 2.4] by turns (garwood_2021)."""
    rng = np.random.default_rng([seed, 19])
    x = _background(bursts, rng, seconds, rate_hz)
    n, now, slow, spans = len(x), 5.0, True, []
    wide = [bursts.colored(rng, n, rate_hz, 0.0) for _ in range(2)]
    hz = np.fft.rfftfreq(n, 1 / rate_hz)
    gamma, delta = (
        np.fft.irfft(np.fft.rfft(w) * shape, n)
        for w, shape in zip(wide, ((hz > 25) & (hz < 50), np.exp(-0.5 * ((hz - 1.2) / 0.9) ** 2)), strict=True)
    )
    gamma, delta = gamma / gamma.std(), delta / delta.std()
    while now < seconds - 6:
        length = np.exp(rng.normal(np.log(1.8 if slow else 2.5), 0.25))
        place = slice(int(now * rate_hz), int((now + length) * rate_hz))
        window = np.hanning(place.stop - place.start + 2)[1:-1] ** 0.5
        x[place] += window * (60 * delta[place] if slow else 10 * gamma[place])
        if slow:
            spans.append((now, now + length))
        now, slow = now + length, not slow
    return recording([x], rate_hz), [spans]


LOOK_ALIKES = {"spike_wave": spike_wave, "nystagmus": nystagmus, "pulse": pulse, "alternation": alternation}
