"""The rules as they are published: one row, one threshold, one source. No threshold stands in code."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from limen.quantities import InputError

#: In rising order.
LEVELS: Final = ("INFO", "REVIEW", "WARN", "ALERT", "HOLD", "BLOCK", "URGENT", "STOP")
FILE: Final = "rules.csv"
MEANING: Final[Mapping[str, str]] = {
    "INFO": "text only",
    "REVIEW": "stays in the clinician's list until it is answered",
    "WARN": "must be acknowledged with a name",
    "ALERT": "shown at once during a session; starts a timer",
    "HOLD": "the step waits for a clinician's decision, recorded with a reason",
    "BLOCK": "the step cannot go on",
    "URGENT": "same-day or emergency path for a person; contacts shown at once",
    "STOP": "prompt to stop the infusion; a person decides, the software never drives the pump",
}


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    id: str
    level: str
    condition: str
    threshold: str
    unit: str
    source: str
    standing: str

    @property
    def override(self) -> bool:
        """Whether a medical director may override it for one session, with a reason."""
        return "override" in self.condition


@cache
def rules() -> Mapping[str, Rule]:
    """Give every rule by its id, in the order of the table."""
    rows = csv.DictReader(_text().splitlines())
    found = {row["id"]: Rule(**row) for row in rows}
    for rule in found.values():
        if rule.level not in LEVELS or not rule.source:
            raise InputError(f"Rule {rule.id} of {FILE} has level {rule.level!r} and source {rule.source!r}: mend it.")
    return found


@cache
def version() -> str:
    """Give the version of the rule set: the first letters of the hash of its table."""
    return hashlib.sha256(_text().encode()).hexdigest()[:12]


def _text() -> str:
    return files("limen.centre.safety").joinpath(FILE).read_text(encoding="utf-8")


def rank(level: str) -> int:
    """Give a level's place in rising order."""
    return LEVELS.index(level)


def highest(levels: list[str]) -> str | None:
    """Give the highest of some levels; None where there is none."""
    return max(levels, key=rank) if levels else None
