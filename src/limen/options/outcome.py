"""What each option would do to this person, as far as it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.special import ndtr

from limen.inference.seen import MOOD_DIAGNOSES, before_mmhg
from limen.options.candidates import Candidate
from limen.options.looking import Look, Onward
from limen.quantities import Floats
from limen.regimen import SCALES, Case
from limen.response.people import MADRS_MOST

Json = dict[str, Any]

RESPONSE_SHARE: Final = 0.5
DIGITS: Final = 4
ENDS: Final = {"p10": 0.1, "p90": 0.9}
#: Middles of fifty equal parts.
FIFTY: Final = tuple(((np.arange(50) + 0.5) / 50.0).tolist())
PEAK_ENDS: Final = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


@dataclass(frozen=True)
class Outcome:
    """One option as drawn.

    Parameters
    ----------
    candidate : Candidate
        Which.
    look : Look
        Who is looked at, with their weights.
    found : Onward
        What it would do to each of them.
    """

    candidate: Candidate
    look: Look
    found: Onward

    @property
    def case(self) -> Case:
        """Whose."""
        return self.look.case

    @property
    def weights(self) -> Floats:
        """Of the draws, shape ``(draws,)``."""
        return self.look.weights

    @cached_property
    def benefit(self) -> Floats:
        """The fall of MADRS from baseline at each horizon, points, shape ``(draws, horizons)``."""
        return self.look.chances.people.baseline[:, None] - np.clip(self.found.madrs, 0.0, MADRS_MOST)

    @cached_property
    def rising(self) -> list[Sorted]:
        """The benefit at each horizon, sorted."""
        values = np.ascontiguousarray(self.benefit.T)
        order = np.argsort(values, axis=1)
        reached = np.cumsum(self.weights[order], axis=1)
        return [Sorted(*one) for one in zip(np.take_along_axis(values, order, axis=1), reached, strict=True)]

    @property
    def known(self) -> bool:
        """True where mood, and what this does to it, can be told."""
        return self.candidate.kind != "stop and review" and self.case.patient.diagnosis in MOOD_DIAGNOSES

    def chance(self, share: Floats) -> float:
        """Give the weighted mean of a share, shape ``(draws,)``."""
        return round(float(self.weights @ share), DIGITS)


def outcome(look: Look, candidate: Candidate) -> Outcome:
    """Carry everybody on under one option."""
    return Outcome(candidate, look, look.follow(candidate))


def outcomes(look: Look, candidates: tuple[Candidate, ...]) -> tuple[Outcome, ...]:
    """Carry everybody on under some options."""
    found = look.follow_all(candidates)
    return tuple(Outcome(one, look, onward) for one, onward in zip(candidates, found, strict=True))


@dataclass(frozen=True)
class Sorted:
    """Values in rising order with the weight that is reached at each; sorted once for all that is read of them.

    Parameters
    ----------
    values, reached : Floats
        Shape ``(draws,)``.
    """

    values: Floats
    reached: Floats

    def at(self, shares: tuple[float, ...]) -> list[float]:
        """Give the values at which these shares of the weight are reached."""
        rows = np.searchsorted(self.reached, np.array(shares) * self.reached[-1])
        return [round(float(value), DIGITS) for value in self.values[np.minimum(rows, len(self.values) - 1)]]


def rising(values: Floats, weights: Floats) -> Sorted:
    """Sort values of shape ``(draws,)``."""
    order = np.argsort(values)
    return Sorted(values[order], np.cumsum(weights[order]))


def quantiles(values: Floats, weights: Floats, shares: tuple[float, ...]) -> list[float]:
    """Give weighted quantiles of values of shape ``(draws,)``."""
    return rising(values, weights).at(shares)


def named_quantiles(values: Floats, weights: Floats, ends: dict[str, float]) -> Json:
    """Give quantiles by name."""
    return dict(zip(ends, quantiles(values, weights, tuple(ends.values())), strict=True))


def unknown_spread(why: str) -> Json:
    """Give a mean and its ends that are not known."""
    return {"mean": None, "p10": None, "p90": None, "unknown_because": why}


def benefit_rows(one: Outcome) -> list[Json]:
    """Give mean and middle 80 of 100 of the benefit at each horizon; null where mood or the effect is not known."""
    return all_benefit_rows((one,))[0]


def all_benefit_rows(found: Sequence[Outcome]) -> list[list[Json]]:
    """Give `benefit_rows` of options that are looked at in the same people."""
    benefits = np.stack([np.ascontiguousarray(one.benefit.T) for one in found])
    order, weights = np.argsort(benefits, axis=-1), found[0].weights
    rising, reached = np.take_along_axis(benefits, order, axis=-1), np.cumsum(weights[order], axis=-1)
    ends = []
    for share in ENDS.values():
        place = np.sum(reached < share * reached[..., -1:], axis=-1, keepdims=True)
        ends.append(np.take_along_axis(rising, np.minimum(place, len(weights) - 1), axis=-1)[..., 0])
    columns = np.stack([benefits @ weights, *ends], axis=-1).tolist()
    return [
        [dict(zip(("mean", *ENDS), (round(value, DIGITS) for value in row), strict=True)) for row in rows]
        if one.known
        else [unknown_spread(why_unknown(one)) for _ in one.case.options.horizons_h]
        for one, rows in zip(found, columns, strict=True)
    ]


def fifty(one: Outcome) -> list[list[float]] | None:
    """Give fifty equally likely benefits at each horizon, rising; None where the benefit is not known."""
    if not one.known:
        return None
    return [column.at(FIFTY) for column in one.rising]


def why_unknown(one: Outcome) -> str:
    """Say why a benefit is not known."""
    if one.case.patient.diagnosis not in MOOD_DIAGNOSES:
        return f"no mood outcome is on file for the diagnosis {one.case.patient.diagnosis}"
    return "what another treatment would do is not modelled"


def response_chances(one: Outcome) -> list[float | None]:
    """Give the chance of a recorded score at half the baseline or below, at each horizon.

    It is null where the benefit is not known, and within the look-back window of the scale, where nothing is called a
    response.
    """
    horizons_h = one.case.options.horizons_h
    if not one.known:
        return [None for _ in horizons_h]
    people = one.look.chances.people
    most = np.floor(RESPONSE_SHARE * people.baseline) + 0.5
    chances = [one.chance(ndtr((most - column) / people.rating_sd)) for column in one.found.madrs.T]
    return [
        None if SCALES["MADRS"].overlaps(hours) else chance for hours, chance in zip(horizons_h, chances, strict=True)
    ]


def dissociation_chance(one: Outcome) -> float | None:
    """Give the chance that CADSS passes the person's limit in the session; None without a limit or a session."""
    limit = one.case.options.dissociation_limit_cadss
    if limit is None or one.candidate.kind == "stop and review":
        return None
    return one.chance((one.found.passed.most_cadss > limit).astype(np.float64))


def pressure_chance(one: Outcome) -> float | None:
    """Give the chance that systolic pressure passes the centre's limit; None without limit or pressure before."""
    limit, before = one.case.options.systolic_limit_mmhg, before_mmhg(one.case, "systolic_mmhg")
    if limit is None or before is None or one.candidate.kind == "stop and review":
        return None
    return one.chance((before + one.found.passed.most_systolic_rise_mmhg > limit).astype(np.float64))


def peaks(one: Outcome) -> Json:
    """Give the highest of the session: ketamine in venous plasma, occupancy, and CADSS as felt."""
    found = one.found.passed
    return {
        "peak_ng_per_ml": named_quantiles(found.most_ketamine_ng_per_ml, one.weights, PEAK_ENDS),
        "occupancy_peak": named_quantiles(found.most_block, one.weights, PEAK_ENDS),
        "cadss_peak": named_quantiles(found.most_cadss, one.weights, PEAK_ENDS),
    }


def why_null(one: Outcome) -> dict[str, str]:
    """Say for every null of an option why it is one."""
    case, found = one.case, {}
    if not one.known:
        found["benefit"] = found["response_probability"] = why_unknown(one)
    elif any(SCALES["MADRS"].overlaps(hours) for hours in case.options.horizons_h):
        found["response_probability"] = "within the look-back of the scale nothing is called a response"
    if dissociation_chance(one) is None:
        stated = case.options.dissociation_limit_cadss is not None
        found["dissociation_above_limit_probability"] = "no session" if stated else "no limit of dissociation is stated"
    if pressure_chance(one) is None:
        found["pressure_above_limit_probability"] = why_no_pressure(case)
    if one.candidate.dose is None:
        found["dose"] = "no drug is given"
    return found


def why_no_pressure(case: Case) -> str:
    """Say why a chance of pressure is not known."""
    if case.options.systolic_limit_mmhg is None:
        return "no limit of pressure is stated"
    if before_mmhg(case, "systolic_mmhg") is None:
        return "the pressure before the first dose is not given"
    return "no session"
