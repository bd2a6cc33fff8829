"""The words of a trial's file: when a fall is a response, and on which days doses are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats, InputError

DAYS_A_WEEK: Final = 7
#: Dosing days of one week, by how many there are (contract).
DAYS_OF_WEEK: Final[Mapping[int, tuple[int, ...]]] = {1: (0,), 2: (0, 3), 3: (0, 2, 4)}
#: Longest course that a schedule may name (ours: two years; nothing on file reaches further).
MOST_WEEKS: Final = 104
PER_CENT: Final = 100.0

#: What each kind of rule looks like where it has to be written.
EXAMPLES: Final = {"fall": "fall >= 50 %", "rise": "rise > 0 %", "score": "score <= 10"}
_CHANGE: Final = re.compile(r"(fall|rise)\s*(>=|>)\s*(\d+(?:\.\d+)?)\s*(%?)")
_SCORE: Final = re.compile(r"(score)\s*(<=|<)\s*(\d+(?:\.\d+)?)()")
_SCHEDULE: Final = re.compile(r"(\d+)\s+per\s+week\s+for\s+(\d+)\s+weeks?")
_COMPARED: Final[Mapping[str, Callable[[Floats, Floats], Booleans]]] = {
    ">=": np.greater_equal,
    ">": np.greater,
    "<=": np.less_equal,
    "<": np.less,
}


@dataclass(frozen=True)
class Rule:
    """When one person's score counts.

    Parameters
    ----------
    kind : str
        ``"fall"`` or ``"rise"`` from the own baseline, or ``"score"``.
    relation : str
        ``">="``, ``">"``, ``"<="`` or ``"<"``.
    threshold : float
        In per cent of the own baseline, or in points of the scale.
    per_cent : bool
        Whether it is per cent.
    """

    kind: str
    relation: str
    threshold: float
    per_cent: bool

    def __str__(self) -> str:
        """Write the rule as a file has it."""
        return f"{self.kind} {self.relation} {self.threshold:g}{' %' if self.per_cent else ''}"

    def holds(self, score: Floats, baseline: Floats) -> Booleans:
        """Say for whom it holds.

        Parameters
        ----------
        score : Floats
            Recorded, shape ``(people, times)``.
        baseline : Floats
            The people's own, shape ``(people,)``; a baseline of 0 holds no change in per cent.

        Returns
        -------
        Booleans
            Shape ``(people, times)``.
        """
        compared = _COMPARED[self.relation]
        if self.kind == "score":
            return compared(score, np.asarray(self.threshold))
        before = baseline[:, None]
        change = before - score if self.kind == "fall" else score - before
        if not self.per_cent:
            return compared(change, np.asarray(self.threshold))
        return compared(PER_CENT * change, self.threshold * before) & (before > 0.0)


def read_rule(text: str, *kinds: str) -> Rule:
    """Read a rule.

    Parameters
    ----------
    text : str
        Such as ``"fall >= 50 %"`` or ``"score < 5"``.
    *kinds : str
        What it may be about.

    Returns
    -------
    Rule

    Raises
    ------
    InputError
        Where it cannot be read, or is about something else.
    """
    match = _CHANGE.fullmatch(text.strip()) or _SCORE.fullmatch(text.strip())
    if match is None or match[1] not in kinds:
        examples = " or ".join(repr(EXAMPLES[kind]) for kind in kinds)
        raise InputError(f"the rule {text!r} could not be read: write it such as {examples}.")
    return Rule(match[1], match[2], float(match[3]), match[4] == "%")


def dosing_days(schedule: str) -> tuple[int, ...]:
    """Give the days on which doses are given, day 0 the first.

    Parameters
    ----------
    schedule : str
        ``"once"``, or such as ``"3 per week for 2 weeks"``.

    Returns
    -------
    tuple of int

    Raises
    ------
    InputError
        Where it cannot be read or names more than can be.
    """
    if schedule.strip() == "once":
        return (0,)
    match = _SCHEDULE.fullmatch(schedule.strip())
    times_a_week, weeks = (int(match[1]), int(match[2])) if match else (0, 0)
    if times_a_week not in DAYS_OF_WEEK or not 1 <= weeks <= MOST_WEEKS:
        raise InputError(
            f"the schedule {schedule!r} could not be read: write 'once', or 1, 2 or 3 per week for 1 to {MOST_WEEKS}"
            " weeks, such as '3 per week for 2 weeks'."
        )
    return tuple(DAYS_A_WEEK * week + day for week in range(weeks) for day in DAYS_OF_WEEK[times_a_week])
