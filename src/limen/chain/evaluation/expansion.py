"""From the lines of one person to courses: II, ADDL and SS become single doses, a reset begins a new course."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType
from typing import Final

from limen.chain.evaluation.events import DoseEvent, Sample
from limen.kinetics.courses import TYPICAL_AGE_Y
from limen.quantities import InputError

TYPICAL_COVARIATES: Final[Mapping[str, float]] = MappingProxyType(
    {"WT": 70.0, "AGE": TYPICAL_AGE_Y, "ASIAN": 0.0, "JAPANESE": 0.0}
)
# Ours: twenty days are more than thirty of the longest half-life on file (about 15 h), so what is missing from a steady
# state is below a billionth of it.
RUN_IN_MIN: Final = 28_800.0
MOST_RUN_IN_DOSES: Final = 2_000  # ours: one every 15 min; what is given more often is an infusion
# Ours: a billionth of a minute, by which a sample that the file puts after a dose of its minute is read later.
JUST_AFTER_MIN: Final = 1e-9

Covariates = Mapping[str, float]


@dataclass(frozen=True)
class Entry:
    """One line of a person, read: its time, what holds from then on, and what it says."""

    time_min: float
    covariates: Covariates
    resets: bool
    dose: DoseEvent | None
    sample: Sample | None

    @property
    def begins(self) -> bool:
        """Whether everything given before counts no more."""
        return self.resets or (self.dose is not None and self.dose.steady)


@dataclass(frozen=True)
class Course:
    """Doses and samples between two resets, with every dose by itself.

    Parameters
    ----------
    doses : tuple of DoseEvent
        In time order, the ones before a steady state included.
    samples : tuple of Sample
        In the order of the file.
    read_at_min : tuple of float
        When each sample is read: its time, or just after it where a dose of that minute comes first.
    changes : tuple
        From which minute which covariates hold; the first holds from the beginning.
    first_dose_min : float
        Time of the first dose line; infinite where there is none.
    """

    doses: tuple[DoseEvent, ...]
    samples: tuple[Sample, ...]
    read_at_min: tuple[float, ...]
    changes: tuple[tuple[float, Covariates], ...]
    first_dose_min: float

    def is_before_doses(self, one: Sample) -> bool:
        """Whether no dose was begun before this sample."""
        read_at_min = self.read_at_min[self.samples.index(one)]
        return not any(dose.start_min < read_at_min for dose in self.doses)


def courses_of(entries: tuple[Entry, ...], *, row_order: bool) -> tuple[Course, ...]:
    """Cut a person's lines at resets and steady states, and expand the doses.

    Parameters
    ----------
    entries : tuple of Entry
        In the order of the file, with all covariates.
    row_order : bool
        Whether lines at one time keep the order of the file.

    Returns
    -------
    tuple of Course
    """
    pieces: list[list[Entry]] = [[]]
    for entry in entries:
        if entry.begins and pieces[-1]:
            pieces.append([] if row_order else _of_that_minute(pieces[-1], entry.time_min))
        pieces[-1].append(entry)
    return tuple(_course(tuple(piece), row_order=row_order) for piece in pieces if piece)


def _of_that_minute(piece: list[Entry], time_min: float) -> list[Entry]:
    """Take the samples of the minute of a reset out of the lines before it: the reset comes first."""
    moved = [one for one in piece if one.sample is not None and one.time_min == time_min]
    piece[:] = [one for one in piece if one not in moved]
    return moved


def _course(entries: tuple[Entry, ...], *, row_order: bool) -> Course:
    doses = tuple(sorted((dose for entry in entries for dose in _expanded(entry)), key=lambda one: one.start_min))
    seen: list[Sample] = []
    read_at_min: list[float] = []
    given: set[float] = set()
    for entry in entries:
        if entry.dose is not None:
            given.add(entry.time_min)
        if entry.sample is not None:
            seen.append(entry.sample)
            read_at_min.append(entry.time_min + (JUST_AFTER_MIN if row_order and entry.time_min in given else 0.0))
    first_min = min((entry.time_min for entry in entries if entry.dose is not None), default=math.inf)
    return Course(doses, tuple(seen), tuple(read_at_min), _changes(entries), first_min)


def _changes(entries: tuple[Entry, ...]) -> tuple[tuple[float, Covariates], ...]:
    """Carry the last value forward: each set of covariates holds from the line that first says it."""
    runs = [next(lines) for _, lines in groupby(entries, key=lambda entry: dict(entry.covariates))]
    return tuple((entry.time_min, entry.covariates) for entry in runs)


def _expanded(entry: Entry) -> list[DoseEvent]:
    dose = entry.dose
    if dose is None or dose.dose_mg == 0.0:
        return []
    before = _run_in_doses(dose) if dose.steady else 0
    starts = [dose.start_min + index * dose.every_min for index in range(-before, dose.more + 1)]
    return [replace(dose, start_min=start, more=0, steady=False) for start in starts]


def _run_in_doses(dose: DoseEvent) -> int:
    count = math.ceil(RUN_IN_MIN / dose.every_min)
    if count > MOST_RUN_IN_DOSES:
        raise InputError(
            f"Line {dose.line}: SS = 1 with II of {dose.every_min:g} min is as good as an infusion, so give AMT and DUR"
            " of one."
        )
    return count
