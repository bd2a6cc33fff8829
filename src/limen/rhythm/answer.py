"""From a recording to the answer of `limen rhythm`: what each channel shows, and what may be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import Floats, InputError, Recording, Site
from limen.recording import SignalFile, open_recording
from limen.rhythm.calibration import Calibration, calibrate
from limen.rhythm.detectability import Detectability
from limen.rhythm.episodes import Candidate, candidates
from limen.rhythm.hindsight import SHORTEST_S, Examined
from limen.rhythm.judging import judged
from limen.rhythm.lookalikes import LookAlikes, look_alikes
from limen.rhythm.pooling import Shared, pool
from limen.rhythm.reading import NEURAL, Tell, Thinned, neural_places, thinned
from limen.rhythm.said import said_of, statement
from limen.rhythm.states import RHYTHM
from limen.rhythm.verdicts import Episode, discovered, not_judged, probabilities, unknown_stretches, verdict
from limen.rhythm.visibility import hidden_because, smallest_visible_nam

#: The share of the time without a rhythm that may be called one (detection.md section 9).
FALSE_ON_TIME: Final = 0.01
LEAST_FALSE: Final = 1e-4
MOST_FALSE: Final = 0.2
SEED: Final = 1

Source = str | Path | Recording | SignalFile


@dataclass(frozen=True, eq=False)
class Found:
    """Everything that was found in a recording, for the answer, the figures and the tables.

    `places` are the channels that were examined, `examined` and `calibration` are None where none could be judged, and
    `chosen` holds the candidates above the threshold, `kinds` what each of them is.
    """

    source: Recording | SignalFile
    places: tuple[int, ...]
    thin: Thinned | None
    examined: Examined | None
    calibration: Calibration | None
    sizes: Detectability | None
    chosen: tuple[tuple[Candidate, ...], ...]
    kinds: LookAlikes | None
    shared: Shared | None
    false_on_time: float


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
    opened = _opened(source, recorded, channels, sample_rate_hz, unit, stream, simulated=simulated)
    return described(search(opened, false_on_time=false_on_time, lag_s=lag_s, seed=seed, tell=tell), lag_s=lag_s)


def _opened(
    source: Source,
    recorded: Site | None,
    channels: Sequence[str] | None,
    sample_rate_hz: float | None,
    unit: str | None,
    stream: str | None,
    *,
    simulated: bool,
) -> Recording | SignalFile:
    if isinstance(source, Recording | SignalFile):
        return source
    return open_recording(
        source,
        sample_rate_hz=sample_rate_hz,
        unit=unit,
        recorded=recorded,
        channels=channels,
        simulated=simulated,
        stream=stream,
    )


def search(
    source: Recording | SignalFile,
    *,
    false_on_time: float = FALSE_ON_TIME,
    lag_s: float | None = None,
    seed: int = SEED,
    tell: Tell = lambda *_: None,
) -> Found:
    """Examine a recording and calibrate what was found, keeping everything."""
    if not LEAST_FALSE <= false_on_time <= MOST_FALSE:
        raise InputError(
            f"The false on-time must lie between {LEAST_FALSE:g} and {MOST_FALSE:g}, got {false_on_time:g}: ask for 0.01."
        )
    places = neural_places(source.kinds)
    if not places or source.duration_s < SHORTEST_S + 2:
        return Found(source, places, None, None, None, None, (), None, None, false_on_time)
    thin = thinned(source, places, tell)
    examined = judged(thin, lag_s)
    calibration, sizes = calibrate(examined, false_on_time, lag_s, np.random.default_rng(seed))
    chosen = tuple(
        tuple(
            one
            for one in candidates(examined.traces, examined.evidence.known, row, examined.clock)
            if one.peak >= calibration.threshold
        )
        for row in range(len(places))
    )
    return Found(
        source, places, thin, examined, calibration, sizes, chosen,
        look_alikes(source, places, thin, examined, chosen, _heart(source, chosen)), _shared(examined, false_on_time, lag_s, seed), false_on_time,
    )  # fmt: skip


def _heart(source: Recording | SignalFile, chosen: tuple[tuple[Candidate, ...], ...]) -> Floats | None:
    """Take the ECG in where there is one and something was found, shape ``(inside,)``."""
    if "ecg" not in source.kinds or not any(chosen):
        return None
    return thinned(source, (source.kinds.index("ecg"),)).values[0]


def _shared(examined: Examined, false_on_time: float, lag_s: float | None, seed: int) -> Shared | None:
    """Pool the contacts where there is hindsight over the whole; live, the pattern would have to be known before."""
    return pool(examined, false_on_time, np.random.default_rng(seed + 1)) if lag_s is None else None


def described(found: Found, *, lag_s: float | None) -> dict[str, Any]:
    """Put what was found into the words of the contract."""
    source = found.source
    channels = _channels(found)
    return {
        "file": source.file,
        "sample_rate_hz": source.sample_rate_hz,
        "duration_s": round(source.duration_s, 6),
        "recorded": source.recorded,
        "simulated": source.simulated,
        "statement": statement(channels, source),
        "channels": channels,
        "pooled": _pooled(found),
        "false_on_time": found.false_on_time,
        "hindsight": "whole recording" if lag_s is None else f"{lag_s:g} s",
        "threshold_log_odds": None if found.calibration is None else round(found.calibration.threshold, 4),
        "warnings": list(source.warnings),
    }


def _channels(found: Found) -> list[dict[str, Any]]:
    if found.examined is None or found.calibration is None:
        return [_unjudged(found, place) for place in range(len(found.source.names))]
    judged_s = found.examined.evidence.known.sum(axis=1) * found.examined.clock.step_s
    chances = np.array([_chance(found, row, float(judged_s[row])) for row in range(len(found.places))])
    here = discovered(chances)
    by_place = {
        place: _judged_channel(found, row, float(judged_s[row]), float(chances[row]), stands_out=bool(here[row]))
        for row, place in enumerate(found.places)
    }
    return [by_place.get(place) or _unjudged(found, place) for place in range(len(found.source.names))]


def _chance(found: Found, row: int, judged_s: float) -> float:
    """Give the chance of so strong an episode of kind rhythm in a channel without one."""
    assert found.calibration is not None
    kinds = found.kinds.of_channel(row) if found.kinds else ()
    peaks = [one.peak for one, kind in zip(found.chosen[row], kinds, strict=True) if kind == RHYTHM]
    return found.calibration.chance(max(peaks), judged_s) if peaks else 1.0


def _judged_channel(found: Found, row: int, judged_s: float, chance: float, *, stands_out: bool) -> dict[str, Any]:
    source, place, examined, calibration = found.source, found.places[row], found.examined, found.calibration
    assert examined is not None and calibration is not None and found.sizes is not None
    known = examined.evidence.known[row]
    unknown = unknown_stretches(known, examined.clock, source.duration_s)
    why = not_judged(judged_s, source.duration_s)
    if why is not None:
        return said_of(source.names[place], "unknown", why, unknown=unknown)
    shape = np.median(examined.background[row], axis=0)
    smallest_db = found.sizes.snr_db(shape)
    visible = smallest_visible_nam(source, place, shape, found.sizes)
    word, reason = verdict(
        discovered_here=stands_out,
        smallest_db=smallest_db,
        recorded=source.recorded,
        hidden_because=hidden_because(source, visible),
        chance=chance,
    )
    episodes = _episodes(found, row, judged_s)
    on_s = sum(one.duration_s for one in episodes if one.kind == RHYTHM)
    return said_of(
        source.names[place], word, reason,
        on_fraction=min(1.0, on_s / judged_s), smallest_db=smallest_db, visible=visible,
        episodes=episodes, unknown=unknown,
    )  # fmt: skip


def _pooled(found: Found) -> dict[str, Any]:
    """Give the contacts that share a rhythm and its episodes; both empty where none do."""
    shared, examined = found.shared, found.examined
    if shared is None or examined is None:
        return {"channels": [], "episodes": []}
    judged_s = float(shared.pooled.evidence.known.sum() * examined.clock.step_s)
    chances = probabilities(shared.chosen, shared.calibration, judged_s)
    episodes = _placed(shared.chosen, chances, (RHYTHM,) * len(chances), examined)
    return {
        "channels": [found.source.names[found.places[row]] for row in shared.rows],
        "episodes": [one.plain() for one in episodes],
    }


def _episodes(found: Found, row: int, judged_s: float) -> list[Episode]:
    """Give what counts in a channel, and what only looks like it, in time order."""
    examined, calibration, kinds = found.examined, found.calibration, found.kinds
    assert examined is not None and calibration is not None and kinds is not None
    chosen = found.chosen[row]
    chances = probabilities(chosen, calibration, judged_s)
    episodes = _placed(chosen, chances, kinds.of_channel(row), examined)
    return sorted([*episodes, *kinds.others(row)], key=lambda one: one.onset_s)


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


def _unjudged(found: Found, place: int) -> dict[str, Any]:
    source = found.source
    kind, duration_s = source.kinds[place], source.duration_s
    if kind not in NEURAL:
        return said_of(source.names[place], "unknown", f"A channel of kind {kind} is no site of a brain rhythm.")
    why = not_judged(0.0, duration_s) or ""
    return said_of(source.names[place], "unknown", why, unknown=[{"onset_s": 0.0, "duration_s": round(duration_s, 3)}])
