"""How often the rhythm is found and how often it is not there: Limen and its peers on the same unseen recordings.

Run by `make verify-rhythm`: ``rhythm_quality.py GENERATOR_FOLDER OUT.json [seeds FIRST LAST] [TOOL ...]``. The
generator lies beside the real recordings; seeds 130 to 149 are the ones on which nothing was chosen. Every tool is
given the setting that holds its own null recordings to the same on-time; what is done for one tool is kept beside
what was done for the others.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from rhythm_peers import GRID_HZ, PEERS, Peer
from rhythm_signals import LOOK_ALIKES, generator, kneed, made, mask, nystagmus, recording, stepped

from limen.recording import open_recording
from limen.rhythm.episodes import candidates
from limen.rhythm.hindsight import examine
from limen.rhythm.lookalikes import look_alikes
from limen.rhythm.reading import thinned

#: Null on-times at which F1 is compared: (blinks and movement, share).
SHARES = ((False, 0.004), (False, 0.01), (True, 0.04))
MOST = 0.02
LOOK_ALIKE_SEEDS, KNEE_SEEDS = 6, 10
PACKAGES = {"Limen": "limen", "specparam": "specparam", "neurodsp": "neurodsp", "YASA": "yasa", "bycycle": "bycycle"}


class Limen(Peer):
    """The package itself, with hindsight: episodes of kind rhythm, swept by the peak that is asked."""

    name = "Limen"
    settings = tuple(np.concatenate([np.linspace(-4.5, 4, 69), np.linspace(4.5, 12, 12)]).tolist())

    def find(self, source):
        places = tuple(range(len(source.names)))
        thin = thinned(source, places)
        examined = examine(thin.values, thin.bad, thin.clock)
        known = examined.evidence.known
        self.times_s = np.arange(0, source.duration_s, 1 / GRID_HZ)
        every = [candidates(examined.traces, known, row, thin.clock) for row in places]
        self._last = source, places, thin, examined, every
        return [
            self.stacked([self._painted(tuple(c for c in mine if c.peak >= least)) for least in self.settings])
            for mine in every
        ]

    def at(self, every, place):
        source, places, thin, examined, candidates_ = self._last
        chosen = tuple(tuple(c for c in mine if c.peak >= self.settings[place]) for mine in candidates_)
        kinds = look_alikes(source, places, thin, examined, chosen)
        return [
            self._painted([c for c, kind in zip(chosen[row], kinds.of_channel(row), strict=True) if kind == "rhythm"])
            for row in places
        ]

    def _painted(self, chosen):
        clock = self._last[3].clock
        begin_s = clock.times_s(self._last[3].evidence.known.shape[1]) - clock.step_s / 2
        return self.painted(
            [(begin_s[c.begin], begin_s[c.begin] + c.steps * clock.step_s, c.frequency_hz) for c in chosen]
        )


TOOLS = {tool.name: tool for tool in (Limen, *PEERS)}


def on_times(nulls):
    """Share of the time that is on, by setting."""
    return np.mean([held.mean(axis=1) for held, _ in nulls], axis=0)


def setting_for(tool, nulls, share):
    """The most permissive setting whose null on-time is at most `share`; None where there is none."""
    passing = np.flatnonzero(on_times(nulls) <= share)
    return int(passing[0]) if len(passing) else None


def scores(tool, every, truth, place):
    """F1 by time over all recordings, and the median error of the frequency, Hz."""
    tp = fp = fn = 0
    errors = []
    for (on, hz), told in zip(tool.at(every, place), truth, strict=True):
        real = mask(told["bursts"], tool.times_s)
        tp, fp, fn = tp + (real & on).sum(), fp + (on & ~real).sum(), fn + (real & ~on).sum()
        for onset, offset, f in told["bursts"]:
            inside = (tool.times_s >= onset) & (tool.times_s < offset) & on
            if np.isfinite(hz[inside]).any():
                errors.append(abs(float(np.nanmedian(hz[inside])) - f))
    return 2 * tp / max(1, 2 * tp + fp + fn), float(np.median(errors)) if errors else None


def partial_auc(tool, nulls, every, truth):
    """Mean share of the burst time that is found, over null on-times up to 2 %."""
    hits = np.zeros(len(tool.settings))
    for (held, _), told in zip(every, truth, strict=True):
        hits += (held & mask(told["bursts"], tool.times_s)).sum(axis=1)
    hits /= sum(mask(told["bursts"], tool.times_s).sum() for told in truth)
    points = sorted(zip([0.0, *on_times(nulls).tolist()], [0.0, *hits.tolist()], strict=True))
    return float(np.interp(np.linspace(0, MOST, 41), *zip(*points, strict=True)).mean())


def bursts_found(tool, bursts, seeds):
    """Rows of one tool on the generator's recordings, and its settings by null on-time."""
    rows, settings, seeds = [], {}, seeds[: tool.most_seeds]
    for artefacts in (False, True):
        nulls = tool.find(made(bursts, seeds, None, artefacts=artefacts)[0])
        for snr in tool.snrs_db:
            source, truth = made(bursts, seeds, snr, artefacts=artefacts)
            every = tool.find(source)
            auc = partial_auc(tool, nulls, every, truth)
            for own, share in SHARES:
                if own != artefacts:
                    continue
                place = settings[own, share] = setting_for(tool, nulls, share)
                f1, error = (0.0, None) if place is None else scores(tool, every, truth, place)
                rows.append({"artefacts": own, "null_on_time": share, "snr_db": snr, "f1": f1, "partial_auc": auc,
                             "frequency_error_hz": error})  # fmt: skip
                print(json.dumps({"tool": tool.name, **rows[-1]}), flush=True)
    return rows, settings


def look_alikes_called(tool, bursts, seeds, data, place):
    """Share of the time of what only looks like a rhythm that a tool calls one, at one setting."""
    made_of = dict(LOOK_ALIKES) | {"nystagmus in F7 and F8": lambda b, s: nystagmus(b, s, pair=True)}
    found = {}
    for name, make in made_of.items():
        shares = []
        for seed in seeds[:LOOK_ALIKE_SEEDS]:
            source, spans = make(bursts, seed)
            for (held, _), own in zip(tool.at(tool.find(source), place), spans, strict=True):
                shares.append(held[mask(own, tool.times_s)].mean())
        found[name] = float(np.mean(shares))
    knees = tool.at(tool.find(kneed(bursts, seeds[:KNEE_SEEDS])), place)
    found["knees, no rhythm"] = float(np.mean([held.mean() for held, _ in knees]))
    for chis in ((1.2, 1.8), (1.8, 1.2)):
        halves = [held for held, _ in tool.at(tool.find(stepped(bursts, seeds[:KNEE_SEEDS], chis)[0]), place)]
        middle = np.searchsorted(tool.times_s, 300)
        for word, part in (("before", slice(0, middle)), ("after", slice(middle, None))):
            found[f"exponent {chis[0]} to {chis[1]}, {word}"] = float(np.mean([one[part].mean() for one in halves]))
    source = open_recording(data / "eeg" / "eeglab_data.set", recorded="scalp").read()
    eeg = [p for p, kind in enumerate(source.kinds) if kind == "eeg"]
    own = recording(source.samples_uv[eeg], source.sample_rate_hz, tuple(source.names[p] for p in eeg))
    found["eeglab_data.set, awake"] = float(np.mean([held.mean() for held, _ in tool.at(tool.find(own), place)]))
    return found


def main():
    folder, to = Path(sys.argv[1]), Path(sys.argv[2])
    words = sys.argv[3:]
    first, last = 130, 149
    if words[:1] == ["seeds"]:
        first, last, words = int(words[1]), int(words[2]), words[3:]
    bursts, seeds = generator(folder), list(range(first, last + 1))
    kept = json.loads(to.read_text(encoding="utf-8"))["tools"] if to.exists() else {}
    for name in words or TOOLS:
        tool, begin = TOOLS[name](), time.process_time()
        rows, settings = bursts_found(tool, bursts, seeds)
        place = settings[False, 0.01]
        kept[name] = {
            "rows": rows,
            "look_alikes": {}
            if place is None
            else look_alikes_called(tool, bursts, seeds, folder.parent / "data", place),
            "version": _version(name),
            "seeds": min(len(seeds), tool.most_seeds),
            "cpu_s": time.process_time() - begin,
        }
        told = {"seeds": [first, last], "date": time.strftime("%Y-%m-%d"), "tools": kept}
        to.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _version(name):
    try:
        return version(PACKAGES[name]) if name in PACKAGES else "our re-implementation"
    except PackageNotFoundError:
        return "as in this folder"


if __name__ == "__main__":
    main()
