"""From a recording to the answer of `limen rhythm`: what each channel shows, and what may be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from limen.quantities import Floats, InputError, Recording, Site
from limen.recording import SignalFile, open_recording
from limen.recording.opening import check_site
from limen.rhythm.episodes import Candidate
from limen.rhythm.hindsight import Examined
from limen.rhythm.reading import NEURAL, Tell
from limen.rhythm.said import said_of, statement
from limen.rhythm.searching import FALSE_ON_TIME, SEED, Search, search
from limen.rhythm.states import RHYTHM
from limen.rhythm.verdicts import Episode, discovered, not_judged, probabilities, unknown_stretches, verdict
from limen.rhythm.visibility import hidden_because, smallest_visible

Source = str | Path | Recording | SignalFile


def find_rhythm(
    source: Source,
    *,
    recorded: Site | None = None,
    channels: Sequence[str] | None = None,
    false_on_time: float = FALSE_ON_TIME,
    lag_s: float | None = None,
    sample_rate_hz: float | None = None,
    unit: str | None = None,
    simulated: bool = False,
    stream: str | None = None,
    seed: int = SEED,
    tell: Tell = lambda *_: None,
) -> dict[str, Any]:
    """Say whether, when and at what frequency a recording holds a 1-4 Hz rhythm, and where it could be seen at all.

    Parameters
    ----------
    source : str, Path, Recording or SignalFile
        The recording, or where it lies.
    recorded : {"scalp", "intracranial", "source"}, optional
        The site; the signal is judged by itself without it.
    channels : sequence of str, optional
        Channels to judge; all without it.
    false_on_time : float
        Share of the time without a rhythm that may be called one, 0.0001 to 0.2.
    lag_s : float, optional
        Judge every moment as the live detector does, that much later; with hindsight over the whole without it.
    sample_rate_hz, unit : float and str, optional
        For a file that does not state them.
    simulated : bool
        True for a signal that no person gave.
    stream : str, optional
        Which stream of an XDF file.
    seed : int
        Of the chance in the calibration.
    tell : callable
        Hears how far the reading is: steps done and steps in all.

    Returns
    -------
    dict
        As the contract says, section 5.

    Raises
    ------
    InputError
        If the recording cannot be used, in one sentence.
    """
    if isinstance(source, Recording | SignalFile):
        asked = (channels, sample_rate_hz, unit, stream)
        if simulated or any(one is not None for one in asked):
            raise InputError(
                "This recording is open already: say its channels, rate, unit and stream where it is opened."
            )
        opened = _stated(source, recorded)
    else:
        opened = open_recording(
            source, sample_rate_hz=sample_rate_hz, unit=unit, recorded=recorded, channels=channels,
            simulated=simulated, stream=stream,
        )  # fmt: skip
    found = search(opened, false_on_time=false_on_time, lag_s=lag_s, seed=seed, tell=tell)
    return described(opened, found, false_on_time=false_on_time, lag_s=lag_s)


def _stated(source: Recording | SignalFile, recorded: Site | None) -> Recording | SignalFile:
    """Give an opened recording with the site that was stated."""
    if recorded is None:
        return source
    check_site(recorded)
    return replace(source, recorded=recorded)


def described(
    source: Recording | SignalFile, found: Search | None, *, false_on_time: float, lag_s: float | None
) -> dict[str, Any]:
    """Put what was found into the words of the contract."""
    channels = described_channels(source, found)
    return {
        "file": source.file,
        "sample_rate_hz": source.sample_rate_hz,
        "duration_s": round(source.duration_s, 6),
        "recorded": source.recorded,
        "simulated": source.simulated,
        "statement": statement(channels, source),
        "channels": channels,
        "pooled": {"channels": [], "episodes": []} if found is None else _pooled(source, found),
        "settings": {
            "false_on_time": false_on_time,
            "hindsight": "whole recording" if lag_s is None else f"{lag_s:g} s",
            "threshold_log_odds": None if found is None else round(found.calibration.threshold, 4),
        },
        "warnings": list(source.warnings),
    }


def described_channels(source: Recording | SignalFile, found: Search | None) -> list[dict[str, Any]]:
    """Describe every channel of the recording, in its order."""
    by_place = {} if found is None else dict(zip(found.places, _judged_channels(source, found), strict=True))
    return [by_place.get(place) or _unjudged(source, place) for place in range(len(source.names))]


def _judged_channels(source: Recording | SignalFile, found: Search) -> list[dict[str, Any]]:
    chances = np.array([_chance(found, row) for row in range(len(found.places))])
    here = discovered(chances)
    return [
        _judged_channel(source, found, row, chance=float(chances[row]), stands_out=bool(here[row]))
        for row in range(len(found.places))
    ]


def _chance(found: Search, row: int) -> float:
    """Give the chance of so strong an episode of kind rhythm in a channel without one."""
    kinds = found.kinds.of_channel(row)
    peaks = [one.peak for one, kind in zip(found.chosen[row], kinds, strict=True) if kind == RHYTHM]
    return found.calibration.chance(max(peaks), float(found.judged_s[row])) if peaks else 1.0


def _judged_channel(
    source: Recording | SignalFile, found: Search, row: int, *, chance: float, stands_out: bool
) -> dict[str, Any]:
    examined, place = found.examined, found.places[row]
    judged_s = float(found.judged_s[row])
    unknown = unknown_stretches(examined.evidence.known[row], examined.clock, source.duration_s)
    why = not_judged(judged_s, source.duration_s)
    if why is not None:
        return said_of(source.names[place], "unknown", why, unknown=unknown)
    shape: Floats = np.median(examined.background[row], axis=0)
    smallest_db = found.sizes.half_db
    visible = smallest_visible(source, shape, smallest_db)
    word, reason = verdict(
        discovered_here=stands_out,
        smallest_db=smallest_db,
        recorded=source.recorded,
        hidden_because=hidden_because(source, visible),
        chance=chance,
    )
    episodes = _episodes(found, row)
    on_s = sum(one.duration_s for one in episodes if one.kind == RHYTHM)
    return said_of(
        source.names[place], word, reason, on_fraction=min(1.0, on_s / judged_s), smallest_db=smallest_db,
        visible=visible, episodes=episodes, unknown=unknown,
    )  # fmt: skip


def _episodes(found: Search, row: int) -> list[Episode]:
    """Give what counts in a channel, and what only looks like it, in time order."""
    chosen = found.chosen[row]
    chances = probabilities(chosen, found.calibration, float(found.judged_s[row]))
    episodes = _placed(chosen, chances, found.kinds.of_channel(row), found.examined)
    return sorted([*episodes, *found.kinds.others(row)], key=lambda one: one.onset_s)


def _pooled(source: Recording | SignalFile, found: Search) -> dict[str, Any]:
    """Give the contacts that share a rhythm and its episodes; both empty where none do."""
    shared, examined = found.shared, found.examined
    if shared is None:
        return {"channels": [], "episodes": []}
    judged_s = float(shared.pooled.evidence.known.sum() * examined.clock.step_s)
    chances = probabilities(shared.chosen, shared.calibration, judged_s)
    episodes = _placed(shared.chosen, chances, (RHYTHM,) * len(chances), examined)
    names = [source.names[found.places[row]] for row in shared.rows]
    return {"channels": names, "episodes": [one.plain() for one in episodes]}


def _placed(
    chosen: tuple[Candidate, ...], chances: tuple[float, ...], kinds: tuple[str, ...], examined: Examined
) -> list[Episode]:
    """Give candidates their place in seconds."""
    step_s = examined.clock.step_s
    begin_s = examined.clock.times_s(examined.evidence.known.shape[1]) - step_s / 2
    return [
        Episode(float(begin_s[one.begin]), one.steps * step_s, one.frequency_hz, chance, kind)
        for one, chance, kind in zip(chosen, chances, kinds, strict=True)
    ]


def _unjudged(source: Recording | SignalFile, place: int) -> dict[str, Any]:
    kind, duration_s = source.kinds[place], source.duration_s
    if kind not in NEURAL:
        return said_of(source.names[place], "unknown", f"A channel of kind {kind} is no site of a brain rhythm.")
    why = not_judged(0.0, duration_s) or ""
    return said_of(source.names[place], "unknown", why, unknown=[{"onset_s": 0.0, "duration_s": round(duration_s, 3)}])
