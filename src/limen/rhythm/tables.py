"""What was found as tables: BIDS events, and the course of background and rhythm over the recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import Floats, Recording
from limen.recording import SignalFile
from limen.rhythm.answer import described
from limen.rhythm.searching import FALSE_ON_TIME, Search, search

COLUMNS: Final = ("onset", "duration", "trial_type", "channel", "frequency", "probability")
SIDECAR: Final = {
    "trial_type": {
        "LongName": "Kind of episode",
        "Description": "rhythm, or the name of what only looks like one",
    },
    "channel": {"Description": "Name of the channel in the recording"},
    "frequency": {"Description": "Mean frequency; n/a where there is none", "Units": "Hz"},
    "probability": {"Description": "Calibrated probability that the episode is right"},
}
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
    chance = np.where(found.examined.evidence.known, 1 / (1 + np.exp(-found.examined.traces.log_odds)), np.nan)
    edges = np.arange(0.0, float(steps_s[-1]) + LINE_S, LINE_S)
    exponent: Floats = -np.median(found.examined.background[..., 1], axis=0)
    level_db: Floats = 10 / np.log(10) * np.median(found.examined.background[..., 0], axis=0)
    return {
        "time_s": [float(edge) for edge in edges],
        "exponent": _binned(exponent, looks_s, edges),
        "level_db": _binned(level_db, looks_s, edges),
        "rhythm_share": _binned((chance > 0.5).mean(axis=0), steps_s, edges),  # noqa: PLR2004 - even odds
    }


def _binned(values: Floats, times_s: Any, edges: Any) -> list[float | None]:
    place = np.floor(times_s / LINE_S).astype(int)
    means = [values[place == number] for number in range(len(edges))]
    return [round(float(np.nanmean(one)), 4) if len(one) and np.isfinite(one).any() else None for one in means]


def report_data(source: Recording | SignalFile, false_on_time: float = FALSE_ON_TIME) -> dict[str, Any]:
    """Search a recording and give all that its page shows: the answer and the course."""
    found = search(source, false_on_time=false_on_time)
    answer = described(source, found, false_on_time=false_on_time, lag_s=None)
    return {**answer, "course": None if found is None else course(found)}
