"""The words of an answer: one sentence on the whole, and the fields of one channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from limen.quantities import Recording
from limen.recording import SignalFile
from limen.rhythm.verdicts import Episode
from limen.rhythm.visibility import NO_SIZE

SITE_NOT_STATED = (
    "The site was not stated, so the signal is judged by itself; what it can mean depends on where it was recorded."
)
SCALP = (
    "On the scalp more delta power does not mean more dissociation, and a deep posteromedial rhythm may not reach the"
    " electrodes."
)
INTRACRANIAL = "The detector has not been tested on recordings under ketamine, of which none is public."
SIMULATED = "The signal is simulated."


def said_of(
    name: str,
    word: str,
    reason: str,
    *,
    on_fraction: float | None = None,
    smallest_db: float | None = None,
    visible: tuple[float | None, str | None] = (None, "Nothing was judged here."),
    episodes: Sequence[Episode] = (),
    unknown: Sequence[dict[str, float]] = (),
) -> dict[str, Any]:
    """Give the fields of one channel as the contract names them; what is null says why."""
    nam, why_not = visible
    because: dict[str, str] = {}
    if on_fraction is None:
        because = {"on_fraction": reason}
    if smallest_db is None:
        because["smallest_detectable_snr_db"] = reason if on_fraction is None else NO_SIZE
    if nam is None:
        because["smallest_visible_source_nam"] = why_not or reason
    return {
        "name": name,
        "verdict": word,
        "reason": reason,
        "on_fraction": None if on_fraction is None else round(on_fraction, 6),
        "smallest_detectable_snr_db": None if smallest_db is None else round(smallest_db, 2),
        "smallest_visible_source_nam": None if nam is None else round(nam, 3),
        "episodes": [one.plain() for one in episodes],
        "unknown": list(unknown),
        "unknown_because": because or None,
    }


def statement(channels: Sequence[dict[str, Any]], source: Recording | SignalFile) -> str:
    """Say in plain words what was found, and what it can mean at this site."""
    with_one = [one["name"] for one in channels if one["verdict"] == "rhythm"]
    site = {None: SITE_NOT_STATED, "scalp": SCALP, "intracranial": INTRACRANIAL, "source": INTRACRANIAL}[
        source.recorded
    ]
    return " ".join([_first(with_one, channels), *([SIMULATED] if source.simulated else []), site])


def _first(with_one: list[str], channels: Sequence[dict[str, Any]]) -> str:
    if with_one:
        return f"A rhythm between 1 and 4 Hz in {len(with_one)} of {len(channels)} channels ({_some(with_one)})."
    words = [one["verdict"] for one in channels]
    if all(word == "unknown" for word in words):
        return "Nothing could be judged."
    if "no rhythm" in words:
        none = words.count("no rhythm")
        return f"No rhythm between 1 and 4 Hz in {none} of {len(words)} channels, which would have shown it."
    return "Whether there is a rhythm between 1 and 4 Hz cannot be told from this recording."


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
