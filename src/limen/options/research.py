"""Policies that vary a person's dose by chance: for trials in simulation and nothing else.

The centre may not import this module, not even through another: an import rule in pyproject.toml holds that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from limen.chain import drug_visits
from limen.options.candidates import candidates
from limen.options.looking import look
from limen.options.outcome import outcome
from limen.options.policies import HOURS_PER_DAY, MIN_PER_H, Decision, Give, Review, days_until, due_day
from limen.quantities import InputError
from limen.regimen import Case, Visit, read_option_dose


@dataclass(frozen=True)
class RandomisedDose:
    """One of some doses by chance, anew at each visit or once for all.

    Parameters
    ----------
    doses : tuple of str
        Such as ``("ketamine iv 0.25 mg/kg over 40 min", "ketamine iv 0.5 mg/kg over 40 min")``.
    days : tuple of float
        Days of the visits.
    anew : bool
        Whether each visit is drawn by itself.

    Raises
    ------
    InputError
        If there are fewer than two doses.
    """

    doses: tuple[str, ...]
    days: tuple[float, ...]
    anew: bool = False

    def __post_init__(self) -> None:
        if len(self.doses) < len(("one", "other")):
            raise InputError(f"A dose is drawn from two or more, got {list(self.doses)}: add another.")

    @property
    def name(self) -> str:
        """In words."""
        return f"one of {len(self.doses)} doses by chance"

    def possible_days(self, until_day: float) -> tuple[float, ...]:
        """Give the stated days."""
        return days_until(self.days, until_day)

    def looks_on(self, given_days: tuple[float, ...]) -> float | None:
        """Give the next of the stated days."""
        return due_day(self.days, given_days)

    def decide(self, case: Case, rng: np.random.Generator) -> Decision:
        """Draw the next dose."""
        given = drug_visits(case.regimen)
        if len(given) >= len(self.days):
            return Review(f"all {len(given)} visits of the course are given")
        start_min = self.days[len(given)] * HOURS_PER_DAY * MIN_PER_H
        text = self.doses[int(rng.integers(len(self.doses)))]
        if given and not self.anew:
            text = f"{given[0].drug} {given[0].route} {given[0].text}"
        return Give(read_option_dose(text, case.patient, start_min))


@dataclass(frozen=True)
class ProbabilityMatched:
    """Each dose as often as it is believed to do most for this person (thompson_1933).

    One draw of who the person is decides: the dose that does most for that draw, at some hours after the visit.

    Parameters
    ----------
    doses : tuple of str
        To choose from.
    days : tuple of float
        Days of the visits.
    at_h : float
        Hours after the visit at which benefit counts.
    draws : int
        Of what is believed.
    """

    doses: tuple[str, ...]
    days: tuple[float, ...]
    at_h: float
    draws: int

    @property
    def name(self) -> str:
        """In words."""
        return f"each of {len(self.doses)} doses as often as it is believed to do most"

    def possible_days(self, until_day: float) -> tuple[float, ...]:
        """Give the stated days."""
        return days_until(self.days, until_day)

    def looks_on(self, given_days: tuple[float, ...]) -> float | None:
        """Give the next of the stated days."""
        return due_day(self.days, given_days)

    def decide(self, case: Case, rng: np.random.Generator) -> Decision:
        """Draw who the person is, and give what does most for that draw."""
        given = len(drug_visits(case.regimen))
        if given >= len(self.days):
            return Review(f"all {given} visits of the course are given")
        visit = self._drawn(case, self.days[given] * HOURS_PER_DAY, rng)
        return Review("no dose with outcome data is left") if visit is None else Give(visit)

    def _drawn(self, case: Case, start_h: float, rng: np.random.Generator) -> Visit | None:
        """Give the visit that does most for one draw; None where no dose has outcome data."""
        asked = replace(case.options, doses=self.doses, next_visit_h=start_h, horizons_h=(self.at_h,), later_h=(0.0,))
        case = replace(case, options=asked)
        options = tuple(one for one in candidates(case) if one.is_dose)
        if not options:
            return None
        looked, _ = look(case, options, draws=self.draws)
        drawn = int(np.searchsorted(np.cumsum(looked.weights), rng.random()).clip(max=len(looked.weights) - 1))
        most = max(options, key=lambda option: float(outcome(looked, option).benefit[drawn, 0]))
        return most.visit
