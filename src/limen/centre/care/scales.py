"""Scales: which text ships, how totals are made, and what a change may be called."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from limen.centre.refusals import Refused

PHQ9: Final = "PHQ-9"
GAD7: Final = "GAD-7"
SESSION_LOG: Final = "session log"
ITEM9: Final = 8  # its place, counted from 0
#: The recall windows that make two scores overlap (outcomes.md; safety.md section 3).
WINDOW_D: Final[Mapping[str, int]] = {PHQ9: 14, GAD7: 14, "QIDS-SR": 7, "MADRS": 7, "CADSS": 0, SESSION_LOG: 0}
#: Fall of the score from the own baseline that is called a response.
RESPONSE_SHARE: Final = 2  # half: the score times this is at most the baseline
#: A definition that is kept with every rate.
RESPONSE_WORDS: Final = "fall of at least 50 % from the own baseline"
REMISSION: Final[Mapping[str, int]] = {"MADRS": 10, PHQ9: 4, "QIDS-SR": 5}
REMISSION_WORDS: Final[Mapping[str, str]] = {"MADRS": "score <= 10", PHQ9: "score < 5", "QIDS-SR": "score <= 5"}


@dataclass(frozen=True)
class Scale:
    """One scale: its range, and its items where their text may ship."""

    name: str
    low: int
    high: int
    items: tuple[str, ...]
    answers: tuple[str, ...]
    notice: str
    stem: str
    item_high: int


@cache
def scales() -> Mapping[str, Scale]:
    """Give every scale by its name."""
    text = files("limen.centre.care").joinpath("scales.toml").read_text(encoding="utf-8")
    return {row["name"]: _scale(row) for row in tomllib.loads(text)["scale"]}


def _scale(row: Mapping[str, Any]) -> Scale:
    return Scale(
        name=row["name"],
        low=row["low"],
        high=row["high"],
        items=tuple(row.get("items", ())),
        answers=tuple(row.get("answers", ())),
        notice=row.get("notice", ""),
        stem=row.get("stem", ""),
        item_high=row.get("item_high", 0),
    )


def scale_named(name: str) -> Scale:
    """Give a scale; raises Refused for a name that is none."""
    if name not in scales():
        raise Refused(f"scale is {name!r}: use one of {', '.join(scales())}.", field="scale")
    return scales()[name]


def total(items: Sequence[int | None]) -> int | None:
    """Give the sum of the items; None where one is missing, never a sum of fewer."""
    known = [item for item in items if item is not None]
    return sum(known) if len(known) == len(items) else None


def check_items(scale: Scale, items: Sequence[int | None]) -> None:
    """Refuse items that the scale does not have."""
    if len(items) != len(scale.items):
        raise Refused(f"{scale.name} has {len(scale.items)} items, got {len(items)}: send them all.", field="items")
    for number, item in enumerate(items, start=1):
        if item is not None and not 0 <= item <= scale.item_high:
            raise Refused(
                f"{scale.name} item {number} is {item}: it is 0 to {scale.item_high}.", field=f"item {number}"
            )


def check_value(scale: Scale, value: int) -> None:
    """Refuse a total outside the scale."""
    if not scale.low <= value <= scale.high:
        limit = f"{scale.low} to {scale.high}"
        raise Refused(f"{scale.name} is {value}, outside {limit}: check it.", field="value", limit=limit)


def is_response(baseline: int, value: int) -> bool:
    """Tell whether a score is a response to its baseline."""
    return baseline > 0 and value * RESPONSE_SHARE <= baseline


def is_remission(scale: str, value: int) -> bool | None:
    """Tell whether a score is a remission; None for a scale without a definition."""
    return value <= REMISSION[scale] if scale in REMISSION else None
