"""What was found as tables: BIDS events, and the course of background and rhythm over the recording."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import Booleans, Floats, Recording
from limen.recording import SignalFile
from limen.rhythm.answer import described
from limen.rhythm.bands import band_levels, spectrogram
from limen.rhythm.lookalikes import ALTERNATION, BLINK, LINE, NYSTAGMUS, PULSE, SPIKE_WAVE
from limen.rhythm.searching import FALSE_ON_TIME, Search, search
from limen.rhythm.states import MOVEMENT, RHYTHM, SLOW_WAVE

COLUMNS: Final = ("onset", "duration", "trial_type", "channel", "frequency", "probability")
#: Kinds of episode as HED labels: what the brain does, and what comes from elsewhere. The tags of the sidecar are those
#: of schema 8.3.0, which a data set that takes the table in states as its HEDVersion.
LABELS: Final = {
    RHYTHM: "Rhythm",
    SPIKE_WAVE: "Spike-wave",
    ALTERNATION: "Gamma-slow-delta-alternation",
    SLOW_WAVE: "Slow-wave",
    NYSTAGMUS: "Nystagmus",
    BLINK: "Blink",
    PULSE: "Pulse",
    MOVEMENT: "Movement",
    LINE: "Line-of-one-electrode",
}
#: A group of its own for each episode, with its channel: those of several channels may begin together.
GROUP: Final = "(Data-feature, Label/{label}, {{channel}}, {{frequency}}, {{probability}})"
SIDECAR: Final = {
    "trial_type": {
        "LongName": "Kind of episode",
        "Description": "rhythm, or the name of what only looks like one",
        "HED": {kind: GROUP.format(label=label) for kind, label in LABELS.items()},
    },
    "channel": {"Description": "Name of the channel in the recording", "HED": "Description/#"},
    "frequency": {"Description": "Mean frequency; n/a where there is none", "Units": "Hz", "HED": "Frequency/# Hz"},
    "probability": {"Description": "Calibrated probability that the episode is right", "HED": "Probability/#"},
}
#: Notes that speak of an infusion.
INFUSION: Final = re.compile(r"infus|ketamin|bolus|drug on|drug start", re.IGNORECASE)
#: Length of a line of the course (detection.md section 10).
LINE_S: Final = 10.0


def events_text(answer: Mapping[str, Any]) -> str:
    """Give the episodes of an answer as a BIDS events table, in time order."""
    lines = [
        (
            one["onset_s"],
            one["duration_s"],
            one["kind"],
            channel["name"],
            one["frequency_hz"] or "n/a",
            one["probability"],
        )
        for channel in answer["channels"]
        for one in channel["episodes"]
    ]
    return "".join("\t".join(map(str, line)) + "\n" for line in [COLUMNS, *sorted(lines)])


def write_events(answer: Mapping[str, Any], folder: Path, stem: str) -> tuple[Path, Path]:
    """Write ``STEM_desc-rhythm_events.tsv`` and its JSON sidecar, each in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    table, sidecar = (folder / f"{stem}_desc-rhythm_events.{end}" for end in ("tsv", "json"))
    for path, text in ((table, events_text(answer)), (sidecar, json.dumps(SIDECAR, indent=2) + "\n")):
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return table, sidecar


def course(found: Search) -> dict[str, list[float | None]]:
    """Give the course of the recording in lines of 10 s, medians over channels: exponent, level and rhythm."""
    clock = found.examined.clock
    looks_s = (np.arange(found.examined.background.shape[1]) * clock.hop + clock.look / 2) / clock.inside_hz
    steps_s = clock.times_s(found.examined.evidence.known.shape[1])
    known = found.examined.evidence.known
    likely = known & (found.examined.traces.log_odds > 0)
    judged: Booleans = np.asarray(known.any(axis=0))
    share = np.where(judged, likely.sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)
    edges = np.arange(0.0, float(steps_s[-1]), LINE_S)
    seen = judged[np.clip(np.searchsorted(steps_s, looks_s), 0, len(steps_s) - 1)]
    exponent: Floats = np.where(seen, -np.median(found.examined.background[..., 1], axis=0), np.nan)
    level_db: Floats = np.where(seen, 10 / np.log(10) * np.median(found.examined.background[..., 0], axis=0), np.nan)
    return {
        "time_s": [float(edge) for edge in edges],
        "exponent": _binned(exponent, looks_s, edges),
        "level_db": _binned(level_db, looks_s, edges),
        "rhythm_share": _binned(share, steps_s, edges),
    }


def _binned(values: Floats, times_s: Any, edges: Any) -> list[float | None]:
    place = np.floor(times_s / LINE_S).astype(int)
    means = [values[place == number] for number in range(len(edges))]
    return [round(float(np.nanmean(one)), 4) if len(one) and np.isfinite(one).any() else None for one in means]


def infusion(source: Recording | SignalFile) -> dict[str, Any] | None:
    """Give the infusion that the recording itself notes: `onset_s`, `end_s` and the note; None where it notes none.

    It ends where the note says, or at a later note of the infusion, or with the recording.
    """
    notes = [one for one in source.events if INFUSION.search(one.text)]
    if not notes:
        return None
    first, *later = sorted(notes, key=lambda one: one.onset_s)
    end_s = first.onset_s + first.duration_s if first.duration_s > 0 else None
    ends = [one.onset_s for one in later if one.onset_s > first.onset_s] if end_s is None else [end_s]
    return {"onset_s": first.onset_s, "end_s": min([*ends, source.duration_s]), "note": first.text}


def around(found: Mapping[str, Sequence[float | None]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give means of the course before, during and after an infusion; None where nothing was judged."""
    middles = np.array(found["time_s"]) + LINE_S / 2
    parts = {
        "before": middles < given["onset_s"],
        "during": (middles >= given["onset_s"]) & (middles < given["end_s"]),
        "after": middles >= given["end_s"],
    }
    return [
        {"part": part, **{name: _known_mean(found[name], held) for name in found if name != "time_s"}}
        for part, held in parts.items()
        if held.any()
    ]


def _known_mean(values: Sequence[float | None], held: Any) -> float | None:
    known = [value for value, inside in zip(values, held.tolist(), strict=True) if inside and value is not None]
    return round(float(np.mean(known)), 4) if known else None


def report_data(source: Recording | SignalFile, false_on_time: float = FALSE_ON_TIME) -> dict[str, Any]:
    """Search a recording and give all that its page shows: the answer, the course, the slow spectrum, the infusion."""
    found = search(source, false_on_time=false_on_time)
    answer = described(source, found, false_on_time=false_on_time, lag_s=None)
    if found is None:
        return {**answer, "course": None, "spectrogram": None, "infusion": None, "around": []}
    lines = course(found)
    bands = band_levels(source, found.places, LINE_S)
    count = len(lines["time_s"])
    lines |= {name: (each + [None] * count)[:count] for name, each in bands.items()}
    given = infusion(source)
    return {
        **answer,
        "course": lines,
        "spectrogram": spectrogram(found.examined),
        "infusion": given,
        "around": [] if given is None else around(lines, given),
    }
