"""The acceptance facts of the rhythm detector, each measured on recordings on which nothing was chosen.

Run by `make verify-rhythm`: ``rhythm_facts.py GENERATOR_FOLDER OUT.json [seeds FIRST LAST] [FACT ...]``. Every fact
gives lines of what was wanted, what was measured and whether it holds; `rhythm_tables.py` puts them into the claims
page.
"""

# ruff: noqa: E501, PLR0917 -- lines of tables

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from rhythm_phase import phases
from rhythm_signals import (
    LOOK_ALIKES,
    f1,
    found_in,
    generator,
    kneed,
    made,
    mask,
    nystagmus,
    recording,
    stepped,
)
from scipy.stats import kstest

from limen.recording import open_recording
from limen.rhythm import find_rhythm
from limen.rhythm.verdicts import probabilities

SNRS = (6, 3, 0, -3)
#: Recordings of the facts that cost most.
PHASE_SEEDS, LAG_SEEDS, LOOK_ALIKE_SEEDS = 10, 10, 8


def line(fact, what, wanted, measured, held):
    """One line of the table, printed as it comes."""
    one = {"fact": fact, "what": what, "wanted": wanted, "measured": measured, "held": bool(held)}
    print(json.dumps(one), flush=True)
    return one


def percent(share):
    return f"{100 * share:.2f} %"


def generated(bursts, seeds, _):
    """Fact 1: the generator gives the same again, and the SNR that was asked."""
    lines, off = [], []
    for seed in seeds[:5]:
        one, told = bursts.generate(seed, 3.0, 120, 1, 500, blinks=False, moves=False, alpha=False, noise_uv=0.0)
        two, _ = bursts.generate(seed, 3.0, 120, 1, 500, blinks=False, moves=False, alpha=False, noise_uv=0.0)
        null, _ = bursts.generate(seed, -90.0, 120, 1, 500, blinks=False, moves=False, alpha=False, noise_uv=0.0)
        same = np.array_equal(one, two)
        off.append(abs(10 * np.log10(told["amp"][0] ** 2 / bursts.band_ms(null[0].astype(float), 500)) - 3.0))
    lines.append(line("1", "the generator gives the same samples again", "all", "all" if same else "not", same))
    lines.append(line("1", "SNR of what it makes, off by", "at most 0.1 dB", f"{max(off):.3f} dB", max(off) <= 0.1))
    return lines


def steps(bursts, seeds, _):
    """Fact 4: an exponent step of 0.6 without a rhythm, and with one."""
    lines = []
    for chis in ((1.2, 1.8), (1.8, 1.2)):
        source, _ = stepped(bursts, seeds, chis)
        found = found_in(source)
        first = found.times_s < 300
        shares = [[found.on(row)[part].mean() for row in range(len(seeds))] for part in (first, ~first)]
        means = np.mean(shares, axis=1)
        lines.append(
            line("4", f"exponent {chis[0]} to {chis[1]} without a rhythm, on-time before / after", "at most 2 % each",
                 f"{percent(means[0])} / {percent(means[1])}", means.max() <= 0.02)
        )  # fmt: skip
    alone = [f1(found_in(src), truth) for src, truth in (stepped(bursts, seeds, (chi, chi), 0.0) for chi in (1.2, 1.8))]
    across = [f1(found_in(s), t) for s, t in (stepped(bursts, seeds, c, 0.0) for c in ((1.2, 1.8), (1.8, 1.2)))]
    drop = float(np.mean(alone) - np.mean(across))
    lines.append(
        line("4", "F1 at 0 dB: fall across such a step", "at most .05",
             f"{drop:.3f} ({np.mean(alone):.3f} to {np.mean(across):.3f})", drop <= 0.05)
    )  # fmt: skip
    return lines


def false_on_time(bursts, seeds, _):
    """Fact 7: the false on-time that was asked is kept; fact 8: p-values under null are uniform."""
    lines, chances = [], []
    sets = {
        "clean": made(bursts, seeds, None, artefacts=False)[0],
        "knees of 0.5-10 Hz, exponents 1-3": kneed(bursts, seeds),
        "blinks and movement": made(bursts, seeds, None, artefacts=True)[0],
    }
    for name, source in sets.items():
        found = found_in(source)
        share = float(np.mean([found.on(row)[found.examined.evidence.known[row]].mean() for row in range(len(seeds))]))
        lines.append(
            line("7", f"asked 1 % false on-time, {len(seeds)} null recordings, {name}", "0.5 to 2 %", percent(share),
                 0.005 <= share <= 0.02)
        )  # fmt: skip
        judged_s = found.examined.evidence.known.sum(axis=1) * found.examined.clock.step_s
        peaks = [max((one.peak for one in row), default=-np.inf) for row in found.chosen]
        ps = [found.calibration.chance(p, s) if np.isfinite(p) else 1.0 for p, s in zip(peaks, judged_s, strict=True)]
        if name != "blinks and movement":
            chances += ps
    ks = kstest(chances, "uniform").pvalue
    below = np.mean(np.array(chances) <= 0.05)
    lines.append(
        line("8", f"p of {len(chances)} null recordings (clean, knees) against uniform, Kolmogorov-Smirnov", "p > .01",
             f"p = {ks:.3f}; {percent(below)} of them at most .05", ks > 0.01)
    )  # fmt: skip
    return lines


def calibrated(bursts, seeds, _):
    """Fact 8: of the episodes that are called so probable, as many are right."""
    pairs = {"clean": [], "blinks and movement": []}
    for name, artefacts in (("clean", False), ("blinks and movement", True)):
        for snr in SNRS:
            source, truth = made(bursts, seeds, snr, artefacts=artefacts)
            found = found_in(source)
            for row, told in enumerate(truth):
                real = mask(told["bursts"], found.times_s)
                judged_s = float(found.examined.evidence.known[row].sum() * found.examined.clock.step_s)
                chances = probabilities(found.chosen[row], found.calibration, judged_s)
                pairs[name] += [
                    (chance, real[one.begin : one.end].mean() >= 0.5)
                    for one, chance, kind in zip(found.chosen[row], chances, found.kinds.of_channel(row), strict=True)
                    if kind == "rhythm"
                ]
    lines = []
    for name, every in pairs.items():
        ece = expected_error(every)
        said, right = np.mean(every, axis=0)
        lines.append(
            line("8", f"error of the probability (ECE, {len(every)} episodes, +6 to -3 dB), {name}", "at most .05",
                 f"{ece:.3f} (mean said {said:.3f}, right {right:.3f})", ece <= 0.05)
        )  # fmt: skip
    return lines


def expected_error(pairs):
    """Mean distance of what was said from how often it was right, over ten bins."""
    said, right = np.array(pairs, dtype=float).T
    place = np.minimum((10 * said).astype(int), 9)
    return sum(
        abs(said[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in set(place.tolist())
    )


def lags(bursts, seeds, _):
    """Fact 10: what two seconds of hindsight give, and how soon an onset is told without any."""
    lines, seeds = [], seeds[:LAG_SEEDS]
    null, _ = made(bursts, seeds, None, artefacts=False)
    limits = {lag: found_in(null, lag_s=lag).calibration for lag in (None, 2.0, 0.0)}
    for snr in SNRS:
        source, truth = made(bursts, seeds, snr, artefacts=False)
        told = [one["bursts"] for one in truth]
        whole, late = (f1(found_in(source, lag_s=lag, calibration=limits[lag]), told) for lag in (None, 2.0))
        lines.append(
            line("10", f"F1 at a lag of 2 s over F1 with hindsight, {snr:+d} dB", "at least 97 %",
                 f"{100 * late / whole:.1f} % ({late:.3f} of {whole:.3f})", late >= 0.97 * whole)
        )  # fmt: skip
        if snr == 3:
            delays, share = onsets(found_in(source, lag_s=0.0, calibration=limits[0.0]), told)
            lines.append(
                line("10", "lag 0: median time from an onset to its being told, +3 dB", "at most 1.5 s",
                     f"{np.median(delays):.2f} s ({percent(share)} of the bursts told)", np.median(delays) <= 1.5)
            )  # fmt: skip
    return lines


def onsets(found, truth):
    """Seconds from each onset to the moment when the live detector has it."""
    clock, delays, every = found.examined.clock, [], 0
    wait_s = clock.reach / clock.inside_hz
    threshold = found.calibration.threshold
    for row, bursts in enumerate(truth):
        on = found.examined.traces.log_odds[row] >= threshold
        for onset, offset, _ in bursts:
            every += 1
            inside = np.flatnonzero(on & (found.times_s >= onset) & (found.times_s < offset))
            if len(inside):
                delays.append(found.times_s[inside[0]] + wait_s - onset)
    return np.array(delays), len(delays) / every


def phase(bursts, seeds, _):
    """Fact 12: the phase now, its interval and the guard."""
    lines = []
    for snr, limit in ((6, 27), (0, 42)):
        told = phases(*made(bursts, seeds[:PHASE_SEEDS], snr, artefacts=False))
        lines.append(
            line("12", f"circular SD of the phase now, inside bursts, {snr:+d} dB", f"at most {limit} deg",
                 f"{told.spread_deg:.1f} deg (bias {told.bias_deg:+.1f})", told.spread_deg <= limit)
        )  # fmt: skip
        lines.append(
            line("12", f"its 90 % interval covers, {snr:+d} dB", "87 to 93 %", percent(told.covered),
                 0.87 <= told.covered <= 0.93)
        )  # fmt: skip
        lines.append(
            line("12", f"stimuli that a guard of +-45 deg lets pass lie within +-60 deg, {snr:+d} dB", "at least 80 %",
                 f"{percent(told.near)} of {told.stimuli} (those outside any burst, {percent(told.outside)}, counted as off)",
                 told.near >= 0.8)
        )  # fmt: skip
    return lines


def look_alikes(bursts, seeds, _):
    """Facts 13 and 14: what only looks like a rhythm is named."""
    lines = []
    wanted = {"spike_wave": 0.95, "pulse": 0.95, "nystagmus": 0.98, "alternation": 0.95}
    for name, make in LOOK_ALIKES.items():
        seen = counted(bursts, seeds, make)
        lines.append(named(name, seen, wanted[name]))
    lines.append(named("nystagmus in F7 and F8", counted(bursts, seeds, lambda b, s: nystagmus(b, s, pair=True)), 0.98))
    return lines


def counted(bursts, seeds, make):
    """Episodes that lie in the stretches of a look-alike, and what they were called; and those elsewhere."""
    called, elsewhere = {}, 0
    for seed in seeds[:LOOK_ALIKE_SEEDS]:
        source, spans = make(bursts, seed)
        found = found_in(source)
        for row, own in enumerate(spans):
            real = mask(own, found.times_s)
            for one, kind in zip(found.chosen[row], found.kinds.of_channel(row), strict=True):
                if real[one.begin : one.end].mean() >= 0.5:
                    called[kind] = called.get(kind, 0) + 1
                else:
                    elsewhere += 1
    return called, elsewhere


def named(name, seen, least):
    called, elsewhere = seen
    every = sum(called.values())
    right = 1 - called.get("rhythm", 0) / max(1, every)
    words = ", ".join(f"{count} {kind}" for kind, count in sorted(called.items(), key=lambda one: -one[1]))
    fact = "13" if name == "alternation" else "14"
    return line(fact, f"{name}: episodes on it that are not called a rhythm", f"at least {100 * least:.0f} %",
                f"{100 * right:.1f} % of {every} ({words}; {elsewhere} more elsewhere)", every > 0 and right >= least)  # fmt: skip


def real_recording(bursts, seeds, data):
    """Fact 15: a real awake recording stays quiet, and a known rhythm put into it is found."""
    source = open_recording(data / "eeg" / "eeglab_data.set", recorded="scalp").read()
    chosen = [place for place, kind in enumerate(source.kinds) if kind == "eeg"]
    names = [source.names[place] for place in chosen]
    answer = find_rhythm(source)
    told = [one for one in answer["channels"] if one["name"] in names]
    on = np.mean([
        sum(e["duration_s"] for e in one["episodes"] if e["kind"] == "rhythm" and e["probability"] > 0.9)
        / source.duration_s for one in told
    ])  # fmt: skip
    lines = [
        line(
            "15",
            f"eeglab_data.set, {len(told)} EEG channels: on-time at p > .9",
            "at most 2 %",
            percent(on),
            on <= 0.02,
        )
    ]
    scores = []
    for seed in seeds[:3]:
        rows, spans = with_rhythm(bursts, seed, source, chosen)
        found = found_in(recording(rows, source.sample_rate_hz, tuple(names)))
        scores.append(f1(found, [spans] * len(rows)))
    lines.append(line("15", "a known 3 Hz rhythm put into it at 0 dB: F1", "at least .75",
                      f"{np.mean(scores):.3f} ({len(scores)} draws)", np.mean(scores) >= 0.75))  # fmt: skip
    source = open_recording(data / "eeg" / "eegmat_Subject00_1.edf", recorded="scalp")
    cz = next(one for one in find_rhythm(source)["channels"] if one["name"].endswith("Cz"))
    kinds = sorted({one["kind"] for one in cz["episodes"]})
    lines.append(line("14", "the 3.75 Hz line of one electrode (Cz of eegmat_Subject00_1.edf) is no rhythm", "named line",
                      f"verdict {cz['verdict']}, kinds {', '.join(kinds)}", cz["verdict"] != "rhythm"))  # fmt: skip
    return lines


def with_rhythm(bursts, seed, source, chosen, snr_db=0.0, freq=(2.99, 3.01)):
    """The channels of a real recording with the same bursts in each, at `snr_db` over its own 1-4 Hz."""
    rng = np.random.default_rng([seed, 23])
    rate_hz, count = source.sample_rate_hz, source.samples_uv.shape[1]
    spans = bursts.make_bursts(rng, count / rate_hz, freq=freq)
    wave, _ = bursts.burst_wave(rng, spans, count, rate_hz)
    rows = []
    for place in chosen:
        own = source.samples_uv[place].astype(np.float64)
        rows.append(own + wave * np.sqrt(bursts.band_ms(own, rate_hz) * 10 ** (snr_db / 10)))
    return np.array(rows), [tuple(one) for one in spans]


FACTS = {
    work.__name__: work
    for work in (generated, steps, false_on_time, calibrated, lags, phase, look_alikes, real_recording)
}


def main():
    folder, to = Path(sys.argv[1]), Path(sys.argv[2])
    words = sys.argv[3:]
    first, last = (130, 149)
    if words[:1] == ["seeds"]:
        first, last, words = int(words[1]), int(words[2]), words[3:]
    seeds, bursts = list(range(first, last + 1)), generator(folder)
    kept = json.loads(to.read_text(encoding="utf-8"))["facts"] if to.exists() else {}
    for name in words or FACTS:
        kept[name] = FACTS[name](bursts, seeds, folder.parent / "data")
        told = {"seeds": [first, last], "date": time.strftime("%Y-%m-%d"), "facts": kept}
        to.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
