"""Rules that say what comes next, over sessions, from what was given and seen: objects that trials can follow.

A policy sees a case as it stands and answers with the next visit, or with a review and the reason. It says beforehand
what it may give and on which days, and when it looks at the person next; a trial needs that to follow it. The ones here
hold no chance; those that vary a person's dose by chance are in `limen.options.research`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol, runtime_checkable

import numpy as np

from limen.chain import drug_visits
from limen.quantities import InputError
from limen.regimen import Case, Regimen, Visit, read_option_dose

MIN_PER_H: Final = 60.0
HOURS_PER_DAY: Final = 24.0
#: Share of the baseline at which a score is called a response (ours: what most trials call one).
RESPONSE_SHARE: Final = 0.5
#: MADRS at or below which a score is called remission (ours: the rule of half of the trials on file).
REMISSION_MADRS: Final = 10.0
#: Visits after which somebody who does not respond is reviewed (ours: outcomes.md has a median of three to respond).
REVIEW_AFTER: Final = 3
#: Decimals of a day that are told apart (ours: a tenth of a second; sums of intervals differ by rounding).
DAY_DECIMALS: Final = 6
#: Most visits of one course (ours: what the open series on file gave).
MOST_VISITS: Final = 6


@dataclass(frozen=True)
class Give:
    """Give this visit next."""

    visit: Visit


@dataclass(frozen=True)
class Review:
    """Give nothing more before somebody has looked at it, and why."""

    because: str


Decision = Give | Review


@runtime_checkable
class Policy(Protocol):
    """What comes next for a person."""

    @property
    def name(self) -> str:
        """In words."""
        ...

    @property
    def doses(self) -> tuple[str, ...]:
        """All that may be given, such as ``"ketamine iv 0.5 mg/kg over 40 min"``."""
        ...

    def possible_days(self, until_day: float) -> tuple[float, ...]:
        """Give every day, rising from 0, on which somebody may be seen or given something."""
        ...

    def looks_on(self, given_days: tuple[float, ...]) -> float | None:
        """Give the day of the next decision from those of the visits so far; None where all are given."""
        ...

    def decide(self, case: Case, rng: np.random.Generator) -> Decision:
        """Say what comes next, from what the case gave and saw; `rng` is for policies that hold chance."""
        ...


def due_day(days: tuple[float, ...], given_days: tuple[float, ...]) -> float | None:
    """Give the next of stated days; None where all are given."""
    return days[len(given_days)] if len(given_days) < len(days) else None


def days_until(days: tuple[float, ...], until_day: float) -> tuple[float, ...]:
    """Give the stated days that are not later than another."""
    return tuple(day for day in days if day <= until_day)


@dataclass(frozen=True)
class FixedCourse:
    """The same dose on stated days, whatever is seen.

    Parameters
    ----------
    dose : str
        Such as ``"ketamine iv 0.5 mg/kg over 40 min"``.
    days : tuple of float
        Days since the first visit, rising from 0.

    Raises
    ------
    InputError
        If the days do not rise from 0.
    """

    dose: str
    days: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.days or self.days[0] != 0.0 or any(np.diff(self.days) <= 0.0):
            raise InputError(f"The days of a course rise from 0, got {list(self.days)}: write (0, 2, 4), for example.")

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.dose} on days {', '.join(f'{day:g}' for day in self.days)}"

    @property
    def doses(self) -> tuple[str, ...]:
        """The one dose."""
        return (self.dose,)

    def possible_days(self, until_day: float) -> tuple[float, ...]:
        """Give the stated days."""
        return days_until(self.days, until_day)

    def looks_on(self, given_days: tuple[float, ...]) -> float | None:
        """Give the next of the stated days."""
        return due_day(self.days, given_days)

    def decide(self, case: Case, rng: np.random.Generator) -> Decision:
        """Give the next of the visits; a review when all are given."""
        del rng
        given = len(drug_visits(case.regimen))
        if given >= len(self.days):
            return Review(f"all {given} visits of the course are given")
        return Give(read_option_dose(self.dose, case.patient, self.days[given] * HOURS_PER_DAY * MIN_PER_H))


@dataclass(frozen=True)
class ResponseGuided:
    """Go on while it helps: a longer interval after a response, a review where there is none or it is no longer needed.

    Parameters
    ----------
    dose : str
        Such as ``"ketamine iv 0.5 mg/kg over 40 min"``.
    interval_days, longer_days : float
        Days to the next visit without and with a response.
    most : int
        Visits in all.

    Raises
    ------
    InputError
        If an interval is not above 0.
    """

    dose: str
    interval_days: float
    longer_days: float
    most: int = MOST_VISITS

    def __post_init__(self) -> None:
        if min(self.interval_days, self.longer_days) <= 0.0:
            raise InputError(
                f"Intervals lie above 0 days, got {self.interval_days:g} and {self.longer_days:g}: use 3.5 and 7."
            )

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.dose}, every {self.interval_days:g} days, {self.longer_days:g} once it helps"

    @property
    def doses(self) -> tuple[str, ...]:
        """The one dose."""
        return (self.dose,)

    def possible_days(self, until_day: float) -> tuple[float, ...]:
        """Give the days that any run of responses can lead to."""
        visits, looks = {0.0}, set[float]()
        for _ in range(self.most):
            before = [day for day in visits if day <= until_day]
            looks.update(day + self.first_days for day in before)
            visits.update(day + more for day in before for more in (self.interval_days, self.longer_days))
        days = {round(day, DAY_DECIMALS) for day in visits | looks}
        return tuple(sorted(day for day in days if day <= until_day))

    @property
    def first_days(self) -> float:
        """Days after a visit on which mood is looked at: those of the shorter interval."""
        return min(self.interval_days, self.longer_days)

    def looks_on(self, given_days: tuple[float, ...]) -> float | None:
        """Give the day of the next look, after the shorter interval."""
        if not given_days:
            return 0.0
        return given_days[-1] + self.first_days if len(given_days) < self.most else None

    def decide(self, case: Case, rng: np.random.Generator) -> Decision:
        """Say what comes next by the last score of mood."""
        del rng
        given = drug_visits(case.regimen)
        if not given:
            return Give(read_option_dose(self.dose, case.patient, 0.0))
        score, baseline = last_madrs(case), case.patient.baseline.get("MADRS")
        if score is None or baseline is None:
            return Review("no score of mood was taken since the last visit, or none before the first")
        if len(given) >= self.most:
            return Review(f"{len(given)} visits are given, the most of this course")
        return self._after(case, given[-1], score, baseline, len(given))

    def _after(self, case: Case, last: Visit, score: float, baseline: float, given: int) -> Decision:
        if score <= REMISSION_MADRS:
            return Review(f"a MADRS of {score:g} is remission: nothing more is needed now")
        responded = score <= RESPONSE_SHARE * baseline
        if not responded and given >= REVIEW_AFTER:
            return Review(f"no response after {given} visits: ECT, therapy or a medicine may do more")
        days = self.longer_days if responded else self.interval_days
        return Give(read_option_dose(self.dose, case.patient, last.start_min + days * HOURS_PER_DAY * MIN_PER_H))


def last_madrs(case: Case) -> float | None:
    """Give the last MADRS since the last visit with a drug; None where there is none."""
    since_h = max((visit.start_min for visit in drug_visits(case.regimen)), default=0.0) / MIN_PER_H
    later = [score for score in case.scores if score.scale == "MADRS" and score.at_h > since_h]
    return max(later, key=lambda score: score.at_h).value if later else None


def given_next(case: Case, visit: Visit) -> Case:
    """Add a visit to what was given."""
    return replace(case, regimen=Regimen((*case.regimen.visits, visit)))
