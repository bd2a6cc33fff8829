"""A session looked at afterwards: what was given, seen and read in the signal, each at its minute since the start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.centre.care import infusion
from limen.centre.clock import Moment
from limen.centre.live.clocked import MINUTE_S, minute_of, question, seen, segments
from limen.centre.live.export import cut_out
from limen.centre.live.place import SIGNAL_FOLDER
from limen.centre.live.segments import NOTE_KIND, STREAM_KIND, read_log
from limen.centre.live.telling import COUNT_UV
from limen.centre.records.kinds import State

#: Seconds of signal before the start and after the end of a session that belong to its review (ours).
AROUND_S: Final = 60.0
#: Longest stretch of signal that is given to a screen at once, seconds (ours).
LONGEST_S: Final = 30.0
Json = dict[str, Any]


def end_of(state: State, now: Moment) -> Moment:
    """Give when the pump stopped, or now."""
    return Moment(*state["ended"]["moment"]) if state.get("ended") else now


def span_s(state: State, now: Moment) -> tuple[float, float]:
    """Give the wall times, Unix seconds, between which a signal belongs to a session."""
    begin_s = datetime.fromisoformat(state["started"]["at"]).timestamp() - AROUND_S
    over = state.get("discharge") or state.get("ended")
    end_s = datetime.fromisoformat(over["at"]).timestamp() + AROUND_S if over else now.wall.timestamp()
    return begin_s, end_s


def timeline(state: State, now: Moment) -> Json:
    """Give what the record holds of a session, by minutes since its start.

    Parameters
    ----------
    state : dict
        The folded state of a session that has started.
    now : Moment
        For one that still goes on.
    """
    end = end_of(state, now)
    end_min = max(0.0, minute_of(state, infusion.as_pair(end)))
    edges = [Moment(*one["moment"]) for one in state["segments"]] + [end]
    given = [[minute_of(state, infusion.as_pair(one)), round(float(infusion.delivered_mg(upto(state, one), one)), 4)]
             for one in edges]  # fmt: skip
    return {
        "end_min": round(end_min, 3),
        "rates": segments(state, end_min),
        "given_mg": given,
        "vitals": vitals(state),
        "observed": observed(state, now),
        "losses": [[minutes_at(state, float(one["since_s"])), float(one["seconds"])] for one in
                   state.get("signal_returns", [])],
        "gaps": [[minutes_at(state, float(one["begin_s"])), minutes_at(state, float(one["end_s"]))] for one in
                 state.get("gaps", [])],
    }  # fmt: skip


def upto(state: State, moment: Moment) -> State:
    """Give a state with what had begun by a moment alone."""
    by = minute_of(state, infusion.as_pair(moment))

    def begun(name: str) -> list[Json]:
        return [one for one in state.get(name, []) if minute_of(state, one["moment"]) <= by]

    return {**state, "segments": begun("segments"), "boluses": begun("boluses")}


def minutes_at(state: State, wall_s: float) -> float:
    """Give the minute of a wall time."""
    return round((wall_s - datetime.fromisoformat(state["started"]["at"]).timestamp()) / MINUTE_S, 3)


def vitals(state: State) -> list[Json]:
    """Give every set of vitals with its minute; negative before the start."""
    names = ("systolic", "diastolic", "heart_rate", "spo2")
    return [
        {"at_min": minutes_at(state, datetime.fromisoformat(one["measured_at"]).timestamp()),
         **{name: float(one[name]) for name in names if one.get(name)}}
        for one in state.get("vitals", [])
    ]  # fmt: skip


def observed(state: State, now: Moment) -> list[Json]:
    """Give what the model can foretell and was seen, until now, in the order of time."""
    until = max(0.0, minute_of(state, infusion.as_pair(now)))
    return sorted(seen(state, until), key=lambda one: float(one["at_min"]))


def asked(state: State, now: Moment) -> Json | None:
    """Give the question to the model about a whole session: as it stood when the pump stopped, all that was seen."""
    found = question(state, end_of(state, now))
    if found is None:
        return None
    return {**found, "seen": observed(state, now), "until_min": min(found["until_min"], found["now_min"])}


def read_in_signal(folder: Path, state: State, now: Moment) -> Json:
    """Give what was read in the signal second by second while it came, by minutes since the start.

    Parameters
    ----------
    folder : Path
        Of the recorder.
    state : dict
        Of a session that has started.
    now : Moment
        For one that still goes on.
    """
    begin_s, end_s = span_s(state, now)
    about: Json = {}
    rows = []
    for frame in read_log(folder / SIGNAL_FOLDER, begin_s, end_s):
        if frame.kind == STREAM_KIND:
            about = frame.words()
        elif frame.kind == NOTE_KIND and begin_s <= frame.time_s <= end_s:
            note = frame.words()
            if note["what"] == "read":
                rows.append((minutes_at(state, frame.time_s), note))
    return {
        "names": about.get("names", []),
        "kinds": about.get("kinds", []),
        "at_min": [minute for minute, _ in rows],
        **{name: [note.get(name) for _, note in rows] for name in ("p", "hz", "alpha_db", "gamma_db", "slope")},
    }


def stretch(folder: Path, state: State, now: Moment, at_min: float, seconds: float) -> Json:
    """Give some seconds of signal from a minute on, in counts of 0.1 uV; what was not recorded is null.

    Raises
    ------
    InputError
        Where nothing was recorded there.
    """
    begin_s, end_s = span_s(state, now)
    first_s = datetime.fromisoformat(state["started"]["at"]).timestamp() + at_min * MINUTE_S
    until_s = min(first_s + min(seconds, LONGEST_S), end_s)
    found = cut_out(folder / SIGNAL_FOLDER, max(first_s, begin_s), until_s)
    first, last = found.blocks[0].first_sample, found.blocks[-1].end
    whole = np.full((found.blocks[0].samples_uv.shape[0], last - first), np.nan, dtype=np.float32)
    for block in found.blocks:
        whole[:, block.first_sample - first : block.end - first] = block.samples_uv
    counts = np.rint(whole / COUNT_UV)
    return {
        "names": list(found.stream["names"]),
        "kinds": list(found.stream["kinds"]),
        "sample_rate_hz": found.rate_hz,
        "at_min": minutes_at(state, found.begin_s),
        "count_uv": COUNT_UV,
        "rows": [[None if np.isnan(one) else int(one) for one in row] for row in counts.tolist()],
    }


def compared(foretold: Mapping[str, Any]) -> Json:
    """Say of one observation whether it lay where it was foretold, at the start and as learnt."""
    found: Json = {name: foretold[name] for name in ("what", "at_min", "value")}
    for name in ("start", "learnt"):
        band = foretold[name]
        found[name] = band
        found[f"{name}_inside"] = None if band is None else band["p05"] <= foretold["value"] <= band["p95"]
    return found
