"""What each form of visit brings to plasma: computed once for the largest dose of that form.

Each way in keeps what its own models tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.chain import course_times
from limen.inference.particles import ModelDraws, Particles, PersonModel, at_places
from limen.options.candidates import MIN_PER_H
from limen.quantities import Floats, Integers
from limen.receptor import Potency, exposure_factors
from limen.regimen import Case, Regimen, Visit

#: Hours after the start of a visit within which its session is over.
SESSION_H: Final = 4.0
#: Hours after a dose between which what is left of it is taken as straight (ours: norketamine fades over days).
SLOW_TAIL_H: Final = (72.0, 96.0, 120.0, 168.0, 240.0, 336.0)

#: What makes two visits bring the same, but for the amount: drug, route, minutes of each step, and shares of the dose.
Form = tuple[str, str, tuple[tuple[float, float, float], ...]]
#: The form of a visit without drug.
NO_FORM: Final[Form] = ("", "", ())


@dataclass(frozen=True)
class Brought:
    """What one form of visit brings to plasma: by each model, ng/mL for the dose that was computed.

    Parameters
    ----------
    since_min : Floats
        Minutes since the visit, rising from 0, shape ``(times,)``.
    dose_mg : float
        What was computed.
    draws : tuple of ModelDraws
        One a model.
    """

    since_min: Floats
    dose_mg: float
    draws: tuple[ModelDraws, ...]

    def ketamine(self, rows: int) -> Floats:
        """Give ketamine in plasma, ng/mL, shape ``(draws, times)``."""
        found = np.empty((rows, len(self.since_min)))
        for one in self.draws:
            found[one.rows] = one.member.analytes["ketamine"]
        return found

    def exposure(self, potency: Potency) -> Floats:
        """Give unbound concentration over IC50, summed over ligands, shape ``(draws, times)``."""
        found = np.empty((len(potency), len(self.since_min)))
        for one in self.draws:
            factors = exposure_factors(tuple(one.member.analytes), potency_rows(potency, one.rows))
            found[one.rows] = np.sum([f[:, None] * one.member.analytes[name] for name, f in factors.items()], axis=0)
        return found

    def some(self, rows: Integers) -> Brought:
        """Give some draws, rising, shape ``(rows,)``."""
        found = []
        for one in self.draws:
            here = np.flatnonzero(np.isin(rows, one.rows))
            if len(here):
                places = np.searchsorted(one.rows, rows[here])
                found.append(replace(one, rows=here, member=at_places(one.member, places)))
        return replace(self, draws=tuple(found))


def potency_rows(potency: Potency, rows: Integers) -> Potency:
    """Give some draws of a potency."""
    return replace(
        potency,
        ic50_um={name: values[rows] for name, values in potency.ic50_um.items()},
        fu_unbound=potency.fu_unbound[rows],
    )


def form_of(visit: Visit) -> Form:
    """Give what two visits must share to bring the same, but for the amount; sprays of devices stand for themselves."""
    if visit.route == "intranasal" and visit.drug == "esketamine":
        return visit.drug, visit.route, ((visit.dose_mg, 0.0, 0.0),)
    steps = tuple(
        (dose.start_min - visit.start_min, dose.end_min - dose.start_min, round(dose.dose_mg / visit.dose_mg, 9))
        for dose in visit.doses
    )
    return visit.drug, visit.route, steps


def each_form(
    model: PersonModel, particles: Particles, doses: tuple[Visit, ...], until_min: float
) -> Iterator[tuple[Form, Brought]]:
    """Yield what every form of visit brings, computed once for the largest dose of that form."""
    horizons_min = [MIN_PER_H * hours for hours in model.case.options.horizons_h]
    asked_min = np.array([*horizons_min, MIN_PER_H * SESSION_H, until_min])
    largest = {form: max(alike, key=lambda dose: dose.dose_mg) for form, alike in by_form(doses).items()}
    for k, way in enumerate(model.ways):
        forms = [form for form in largest if form[:2] == way.way]
        visits = [
            (visit, since_times(Regimen((visit,)), model.case, asked_min))
            for visit in (moved(largest[form]) for form in forms)
        ]
        found = model.of_visits(k, visits, particles) if visits else []
        for form, (visit, since_min), draws in zip(forms, visits, found, strict=True):
            yield form, Brought(since_min, visit.dose_mg, tuple(draws))


def by_form(doses: tuple[Visit, ...]) -> dict[Form, list[Visit]]:
    """Put doses together that bring the same but for the amount."""
    found: dict[Form, list[Visit]] = {}
    for dose in doses:
        found.setdefault(form_of(dose), []).append(dose)
    return found


def since_times(alone: Regimen, case: Case, asked_min: Floats) -> Floats:
    """Give the minutes since a visit at which what it brings is known: every horizon from every start among them."""
    later = MIN_PER_H * np.array(case.options.later_h)
    horizons = (MIN_PER_H * np.array(case.options.horizons_h))[:, None] - later
    slow = MIN_PER_H * np.array(SLOW_TAIL_H)
    return course_times(
        alone, np.concatenate([asked_min, horizons[horizons >= 0.0], slow[slow < float(asked_min.max())]])
    )


def moved(visit: Visit) -> Visit:
    """Give the same visit at time 0."""
    return replace(
        visit,
        start_min=0.0,
        doses=tuple(replace(dose, start_min=dose.start_min - visit.start_min) for dose in visit.doses),
    )
