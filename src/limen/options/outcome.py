"""What each option would do to this person, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from limen.chain import Course, Joints, alternatives
from limen.inference.person import Believed, Drawn, draw, weighed
from limen.inference.prediction import MOOD_DIAGNOSES
from limen.options.candidates import Candidate, next_visit_min
from limen.quantities import Floats
from limen.regimen import Case
from limen.response.parameters import Population
from limen.response.people import MADRS_MOST, recorded

Json = dict[str, Any]

MIN_PER_H: Final = 60.0
#: Draws for each option (ours: the error of a mean benefit is then about 0.3 points after a handful of scores).
DRAWS: Final = 1000
#: Hours after the start of the next visit within which a session is over.
SESSION_H: Final = 4.0
RESPONSE_SHARE: Final = 0.5
DIGITS: Final = 4


@dataclass(frozen=True)
class Outcome:
    """One option as drawn.

    Parameters
    ----------
    candidate : Candidate
        Which.
    drawn : Drawn
        The person's draws with it.
    believed : Believed
        The course, weighed by what was seen.
    """

    candidate: Candidate
    drawn: Drawn
    believed: Believed

    @property
    def course(self) -> Course:
        """The drawn course."""
        return self.believed.course

    def benefit(self, horizons_min: Floats) -> Floats:
        """Give the fall of MADRS from baseline at each horizon, points, shape ``(draws, horizons)``."""
        madrs = np.clip(self.course.madrs[:, self.course.columns(horizons_min)], 0.0, MADRS_MOST)
        return self.course.people.baseline[:, None] - madrs

    def chance(self, happens: Floats) -> float:
        """Give the weighted share of draws in which something happens, shape ``(draws,)`` of 0 and 1."""
        return round(float(np.sum(self.believed.weights * happens)), DIGITS)


def consider(case: Case, candidate: Candidate, posterior: Population) -> Outcome:
    """Draw the person's course under one option.

    Parameters
    ----------
    case : Case
        With everything that was given and seen.
    candidate : Candidate
        What is added at the next visit.
    posterior : Population
        What is believed of the population.

    Returns
    -------
    Outcome
    """
    start_h = next_visit_min(case) / MIN_PER_H
    horizons = tuple(start_h + hours for hours in case.options.horizons_h)
    asked = replace(candidate.after(case), times_h=(start_h, start_h + SESSION_H, *horizons))
    drawn = draw(asked, posterior, DRAWS)
    return Outcome(candidate, drawn, weighed(asked, drawn.course(Joints(case.joints)), observed=True))


def horizons_min(case: Case) -> Floats:
    """Give the minutes of the horizons, which count from the next visit."""
    return next_visit_min(case) + MIN_PER_H * np.array(case.options.horizons_h)


def session_columns(case: Case, course: Course) -> slice:
    """Give the columns of the session at the next visit."""
    start_min = next_visit_min(case)
    first, last = np.searchsorted(course.time_min, [start_min, start_min + MIN_PER_H * SESSION_H])
    return slice(int(first), int(last) + 1)


def quantiles(values: Floats, weights: Floats, shares: tuple[float, ...]) -> list[float]:
    """Give weighted quantiles of values of shape ``(draws,)``."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    rows = np.minimum(np.searchsorted(reached, np.array(shares) * reached[-1]), len(values) - 1)
    return [round(float(value), DIGITS) for value in values[order][rows]]


def benefit_rows(case: Case, outcome: Outcome) -> list[Json]:
    """Give mean and middle 80 of 100 of the benefit at each horizon; null where mood or the effect is not known."""
    if outcome.candidate.kind == "stop and review" or case.patient.diagnosis not in MOOD_DIAGNOSES:
        return [
            {"mean": None, "p10": None, "p90": None, "unknown_because": why_unknown(case)}
            for _ in case.options.horizons_h
        ]
    weights = outcome.believed.weights
    rows = []
    for column in outcome.benefit(horizons_min(case)).T:
        low, high = quantiles(column, weights, (0.1, 0.9))
        rows.append({"mean": round(float(weights @ column), DIGITS), "p10": low, "p90": high})
    return rows


def why_unknown(case: Case) -> str:
    """Say why a benefit is not known."""
    if case.patient.diagnosis not in MOOD_DIAGNOSES:
        return f"no mood outcome is on file for the diagnosis {case.patient.diagnosis}"
    return "what another treatment would do is not modelled"


def response_chances(case: Case, outcome: Outcome) -> list[float | None]:
    """Give the chance of a recorded score at half the baseline or below, at each horizon."""
    if outcome.candidate.kind == "stop and review" or case.patient.diagnosis not in MOOD_DIAGNOSES:
        return [None for _ in case.options.horizons_h]
    course = outcome.course
    expected = course.madrs[:, course.columns(horizons_min(case))]
    scores = recorded(expected, course.people.rating_sd, MADRS_MOST, np.random.default_rng([case.seed, 3]))
    half = RESPONSE_SHARE * course.people.baseline[:, None]
    return [outcome.chance(column) for column in (scores <= half).astype(np.float64).T]


def dissociation_chance(case: Case, outcome: Outcome) -> float | None:
    """Give the chance that CADSS passes the person's limit in the session; None without a limit."""
    limit = case.options.dissociation_limit_cadss
    if limit is None:
        return None
    felt = outcome.course.cadss[:, session_columns(case, outcome.course)]
    return outcome.chance((felt.max(axis=1) > limit).astype(np.float64))


def pressure_chance(case: Case, outcome: Outcome) -> float | None:
    """Give the chance that systolic pressure passes the centre's limit; None without limit or pressure before."""
    limit, before = case.options.systolic_limit_mmhg, case.patient.baseline.get("systolic_mmhg")
    if limit is None or before is None:
        return None
    rise = outcome.course.systolic_rise_mmhg[:, session_columns(case, outcome.course)]
    return outcome.chance((before + rise.max(axis=1) > limit).astype(np.float64))


def peaks(case: Case, outcome: Outcome) -> tuple[Json, Json]:
    """Give the highest ketamine in venous plasma and the highest occupancy of the session."""
    columns, weights = session_columns(case, outcome.course), outcome.believed.weights
    plasma = outcome.course.concentrations.analyte("ketamine")[:, columns].max(axis=1)
    block = outcome.course.plasma.block[:, columns].max(axis=1)
    named = ("p05", "p50", "p95")
    return tuple(  # type: ignore[return-value]  # two of two
        dict(zip(named, quantiles(values, weights, (0.05, 0.5, 0.95)), strict=True)) for values in (plasma, block)
    )


def under_joints(case: Case, outcome: Outcome) -> Iterator[tuple[str, Json]]:
    """Yield the benefit to the same people under each other side of each joint."""
    for joint, word in alternatives():
        switched = Joints(case.joints).switched(joint, word)
        believed = weighed(outcome.drawn.case, outcome.drawn.course(switched), observed=True)
        other = replace(outcome, believed=believed)
        yield f"{joint}={word}", {"benefit": benefit_rows(case, other)}
