"""The words in which a dose is written: ``0.5 mg/kg over 40 min``, ``0.4 mg/kg/h for 60 min``, ``84 mg``."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from limen.quantities import InputError
from limen.regimen.doses import ACTIVE_DRUGS, DEVICE_MG, DRUGS, ROUTES, Bolus, Dose, Infusion, Spray, Visit
from limen.regimen.people import Patient

AMOUNT_UNITS: Final = ("mg", "mg/kg")
RATE_UNITS: Final = ("mg/h", "mg/kg/h")
MINUTES_PER: Final = {"min": 1.0, "h": 60.0}
TIMED_ROUTES: Final = ("iv", "sc")
EXAMPLES: Final = "'0.5 mg/kg over 40 min', '0.4 mg/kg/h for 60 min' or '84 mg'"

HIGHEST_MG_PER_KG: Final = 15.0  # contract, in one step
SHORTEST_STEP_MIN: Final = 0.01  # ours: anything shorter is given at once
LONGEST_STEP_MIN: Final = 10080.0  # ours: a week; anything longer is a slip of the keyboard
WARN_MG_PER_KG: Final = 1.0  # contract: the largest dose of Fava 2018, over the next constant
WARN_WINDOW_MIN: Final = 40.0
ROUNDING: Final = 1e-9  # amounts are products of decimal numbers

_STEP: Final = re.compile(
    r"(?P<amount>[+-]?(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[^\s\d]+)?"
    r"(?:\s+(?P<word>\S+)\s+(?P<time>[+-]?(?:\d+\.?\d*|\.\d+))\s*(?P<time_unit>[^\s\d]+)?)?",
    re.ASCII,
)


@dataclass(frozen=True)
class _Step:
    """One step as written: numbers, units and the word between them; `time` is None where it is given at once."""

    written: str
    amount: float
    unit: str
    word: str | None
    time: float | None
    time_unit: str | None


def read_visit(text: str, *, drug: str, route: str, patient: Patient, start_min: float = 0.0) -> Visit:
    """Read one dose text for one person.

    Parameters
    ----------
    text : str
        Steps joined by ``", then "``; each starts where the one before ends.
    drug, route : str
        Words of the contract.
    patient : Patient
        Whose weight (by its `weight_basis`) mg/kg counts.
    start_min : float
        Minutes since the first dose.

    Returns
    -------
    Visit

    Raises
    ------
    InputError
        One sentence that names what was read, where, and an example that works.
    """
    _check_known("drug", drug, DRUGS)
    _check_known("route", route, ROUTES)
    doses: list[Dose] = []
    clock_min = start_min
    for part in text.split(", then "):
        dose = _dose(_read_step(part, text), drug, route, patient.dosing_weight_kg, clock_min)
        clock_min = dose.end_min
        doses.append(dose)
    return Visit(start_min, drug, route, text, tuple(doses))


def dose_warnings(visit: Visit, patient: Patient) -> tuple[str, ...]:
    """Say what is unusual about a visit without refusing it.

    Parameters
    ----------
    visit : Visit
        As `read_visit` gives it.
    patient : Patient
        Whose weight mg/kg counts.

    Returns
    -------
    tuple of str
        One sentence each; empty where nothing is unusual by these rules, which does not mean that it is safe.
    """
    if visit.drug not in ACTIVE_DRUGS:
        return ()
    most = most_in_window_mg(visit, WARN_WINDOW_MIN) / patient.dosing_weight_kg
    found = []
    if most > WARN_MG_PER_KG * (1.0 + ROUNDING):
        found.append(_too_much(repr(visit.text), most, (visit.route,)))
    found.extend(
        f"{dose.dose_mg:g} mg is not a multiple of the {DEVICE_MG:g} mg of one nasal device:"
        f" it is read as {dose.devices} devices."
        for dose in visit.doses
        if isinstance(dose, Spray)
        and visit.drug == "esketamine"
        and abs(math.remainder(dose.dose_mg, DEVICE_MG)) > ROUNDING
    )
    return tuple(found)


def together_warnings(visits: Sequence[Visit], patient: Patient) -> tuple[str, ...]:
    """Say where visits of a course come so close that together they give what none of them gives alone.

    Parameters
    ----------
    visits : sequence of Visit
        Of one course.
    patient : Patient
        Whose weight mg/kg counts.

    Returns
    -------
    tuple of str
        One sentence, or none.
    """
    active = [visit for visit in visits if visit.drug in ACTIVE_DRUGS]
    alone_mg = max((most_in_window_mg(visit, WARN_WINDOW_MIN) for visit in active), default=0.0)
    doses = tuple(dose for visit in active for dose in visit.doses)
    most_mg = _most_mg(doses, WARN_WINDOW_MIN)
    limit_mg = WARN_MG_PER_KG * patient.dosing_weight_kg
    if most_mg <= max(alone_mg, limit_mg) * (1.0 + ROUNDING):
        return ()
    routes = tuple(dict.fromkeys(visit.route for visit in active))
    return (_too_much("This course of doses", most_mg / patient.dosing_weight_kg, routes),)


def most_in_window_mg(visit: Visit, window_min: float) -> float:
    """Give the largest amount of a visit that falls in any window of that many minutes, mg."""
    return _most_mg(visit.doses, window_min)


def _most_mg(doses: Sequence[Dose], window_min: float) -> float:
    edges = {dose.start_min for dose in doses} | {dose.end_min - window_min for dose in doses}
    return max((_within_mg(doses, edge, edge + window_min) for edge in edges), default=0.0)


def _within_mg(doses: Sequence[Dose], from_min: float, to_min: float) -> float:
    total = 0.0
    for dose in doses:
        if isinstance(dose, Infusion):
            shared_min = min(dose.end_min, to_min) - max(dose.start_min, from_min)
            total += dose.dose_mg * max(shared_min, 0.0) / dose.duration_min
        elif from_min <= dose.start_min <= to_min:
            total += dose.dose_mg
    return total


def _too_much(what: str, most_mg_per_kg: float, routes: Sequence[str]) -> str:
    partly = " or ".join(route for route in routes if route != "iv")
    note = f" (by the {partly} route only a part of it is absorbed)" if partly else ""
    return (
        f"{what} gives {most_mg_per_kg:.3g} mg/kg within {WARN_WINDOW_MIN:g} min{note}, above"
        f" {WARN_MG_PER_KG:g} mg/kg per {WARN_WINDOW_MIN:g} min, the largest dose of the trials used here:"
        " what follows is extrapolation."
    )


def _read_step(part: str, text: str) -> _Step:
    written = part.strip()
    match = _STEP.fullmatch(written)
    if match is None:
        raise InputError(f"The dose {_shown(text)} could not be read at {_shown(written)}: write it as {EXAMPLES}.")
    unit, time = match["unit"], match["time"]
    if unit is None or unit not in AMOUNT_UNITS + RATE_UNITS:
        got = "has no unit" if unit is None else f"has the unknown unit {_shown(unit)}"
        raise InputError(
            f"The dose {_shown(written)} {got}: use one of {', '.join(AMOUNT_UNITS + RATE_UNITS)}, such as {EXAMPLES}."
        )
    time_read = None if time is None else float(time)
    step = _Step(written, float(match["amount"]), unit, match["word"], time_read, match["time_unit"])
    _check_step(step)
    return step


def _check_step(step: _Step) -> None:
    if step.amount < 0.0:
        raise InputError(
            f"The dose {_shown(step.written)} has a negative amount: an amount is 0 or more, such as '84 mg'."
        )
    wanted = "for" if step.unit in RATE_UNITS else "over"
    if step.time is None:
        if wanted == "for":
            raise InputError(
                f"The dose {_shown(step.written)} is a rate without a time:"
                " say for how long, such as '0.4 mg/kg/h for 60 min'."
            )
        return
    if step.word != wanted:
        raise InputError(
            f"The dose {_shown(step.written)} says {_shown(str(step.word))} where {wanted!r} belongs:"
            f" an amount is given 'over' a time and a rate 'for' a time, such as {EXAMPLES}."
        )
    _check_time(step)


def _check_time(step: _Step) -> None:
    if step.time_unit not in MINUTES_PER:
        got = "no unit" if step.time_unit is None else f"the unknown unit {_shown(step.time_unit)}"
        raise InputError(f"The time of the dose {_shown(step.written)} has {got}: use min or h, such as 'over 40 min'.")
    minutes = _minutes(step)
    if minutes is not None and not SHORTEST_STEP_MIN <= minutes <= LONGEST_STEP_MIN:
        raise InputError(
            f"The dose {_shown(step.written)} lasts {minutes:g} min, which must lie within {SHORTEST_STEP_MIN:g} and"
            f" {LONGEST_STEP_MIN:g} min: for an amount given at once leave the time out."
        )


def _minutes(step: _Step) -> float | None:
    return None if step.time is None else step.time * MINUTES_PER[step.time_unit or "min"]


def _dose(step: _Step, drug: str, route: str, weight_kg: float, start_min: float) -> Dose:
    minutes = _minutes(step)
    dose_mg = step.amount * (weight_kg if "/kg" in step.unit else 1.0)
    if minutes is not None and step.unit in RATE_UNITS:
        dose_mg *= minutes / MINUTES_PER["h"]
    if dose_mg > HIGHEST_MG_PER_KG * weight_kg * (1.0 + ROUNDING):
        raise InputError(
            f"The dose {_shown(step.written)} is {dose_mg / weight_kg:.4g} mg/kg at {weight_kg:g} kg, above the"
            f" {HIGHEST_MG_PER_KG:g} mg/kg that one step may hold: check the number, its unit and the weight."
        )
    if minutes is not None:
        return _timed(step, Infusion(drug, route, dose_mg, minutes, start_min))
    return Spray(drug, dose_mg, start_min) if route == "intranasal" else Bolus(drug, route, dose_mg, start_min)


def _timed(step: _Step, infusion: Infusion) -> Infusion:
    if infusion.route not in TIMED_ROUTES:
        raise InputError(
            f"The dose {_shown(step.written)} is given over a time, which the {infusion.route} route cannot do:"
            f" use the route {' or '.join(TIMED_ROUTES)}, or leave the time out, such as '84 mg'."
        )
    return infusion


def _check_known(what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.0)[0]
        raise InputError(
            f"There is no {what} {_shown(word)}, the nearest is {nearest!r}: use one of {', '.join(known)}."
        )


def _shown(words: str, longest: int = 60) -> str:
    """Quote what was read on one line, cut where it is long."""
    return repr(words if len(words) <= longest else words[:longest] + "...")
