"""The same people under every option: one belief, one history, and one course for each form of visit.

Each way in keeps what its own models tell. The plain path, which adds concentrations up before it reads receptors,
keeps only the analytes that the models of all ways in give: a nasal visit without norketamine would there take the
norketamine of earlier infusions away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from limen.chain import Chances, Course, Scene, course_times
from limen.chain.onward import (
    NewDose,
    Passage,
    Standing,
    nearest,
    new_dose,
    passage,
    scored,
    standing,
    without_the_drug,
)
from limen.inference.particles import Particles, PersonModel, WayDraws, at_places
from limen.inference.person import Believed, Progress, believe
from limen.inference.weighing import Evidence
from limen.kinetics import ConcentrationDraws
from limen.options.candidates import MIN_PER_H, Candidate, next_visit_min
from limen.quantities import Floats, Integers
from limen.receptor import Potency, exposure_factors
from limen.regimen import Case, Regimen, Visit
from limen.response.mood import Circumstances
from limen.response.parameters import Population

#: Draws of each option (contract of speed: what the answer is measured at).
DRAWS: Final = 4000
#: Of them, those that are looked at again under every other side of every joint (ours: the shift
#: of a mean in the same people is then known to a tenth of a point).
JOINT_DRAWS: Final = 400
#: Hours after the start of a visit within which its session is over.
SESSION_H: Final = 4.0
#: Hours after the next visit at which what is left of before is known (ours).
TAIL_H: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0)

#: Hours after a dose between which what is left of it is taken as straight (ours: norketamine fades over days).
SLOW_TAIL_H: Final = (72.0, 96.0, 120.0, 168.0, 240.0, 336.0)

#: What makes two visits bring the same, but for the amount: drug, route, minutes of each step, and shares of the dose.
Form = tuple[str, str, tuple[tuple[float, float, float], ...]]
#: Joints that act on scores alone, behind body and brain.
ON_SCORES: Final = ("J7", "J8")
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
    draws : tuple of WayDraws
        One a model.
    """

    since_min: Floats
    dose_mg: float
    draws: tuple[WayDraws, ...]

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


@dataclass(frozen=True)
class Onward:
    """What one option would do: the expected MADRS at each horizon, ``(draws, horizons)``, and what led there."""

    madrs: Floats
    passed: Passage


@dataclass(frozen=True)
class Look:
    """Draws of one person, what was given to them, and what each form of visit would bring.

    Parameters
    ----------
    case : Case
        With the next visit and the horizons among its times.
    model : PersonModel
        Turns draws into courses; holds the joints.
    particles : Particles
        Who the draws are.
    weights : Floats
        Sum 1, shape ``(draws,)``.
    plasma : ConcentrationDraws
        Of what was given, to the last horizon.
    samples : ConcentrationDraws or None
        The same at the minutes of the samples.
    brought : Mapping
        By form of visit.
    passages : dict
        What was worked out already, by option.
    """

    case: Case
    model: PersonModel
    particles: Particles
    weights: Floats
    plasma: ConcentrationDraws
    samples: ConcentrationDraws | None
    brought: Mapping[Form, Brought]
    passages: dict[Candidate, Passage] = field(default_factory=dict)

    @cached_property
    def chances(self) -> Chances:
        """Who they are, as the chain reads it."""
        return self.model.chances(self.particles)

    @cached_property
    def course(self) -> Course:
        """What happens if nothing more is given."""
        return self.model.respond(self.plasma, self.chances)

    @property
    def visit_min(self) -> float:
        """Minute of the next visit."""
        return next_visit_min(self.case)

    @cached_property
    def horizon_min(self) -> Floats:
        """Minutes of the horizons since the next visit, shape ``(horizons,)``."""
        return MIN_PER_H * np.array(self.case.options.horizons_h)

    def scene(self, case: Case) -> Scene:
        """Say what a course of this person is about."""
        joints = self.model.joints
        circumstances = Circumstances(case.setting, case.background, case.design, expects=joints["J8"] == "on")
        return Scene(case.patient, case.regimen, circumstances, joints)

    @cached_property
    def other_falls(self) -> dict[tuple[float, str], Floats]:
        """Fall by all but the drug at each horizon, by hours after the next visit and kind of option."""
        return {}

    @cached_property
    def standings(self) -> dict[float, Standing]:
        """Where they stand at each time at which a dose may be given, by hours after the next visit."""
        return {}

    def standing(self, later_h: float) -> Standing:
        """Say where they stand so many hours after the next visit."""
        if later_h not in self.standings:
            at = self.visit_min + MIN_PER_H * later_h
            self.standings[later_h] = standing(self.scene(self.case), self.course, self.chances, at)
        return self.standings[later_h]

    @cached_property
    def doses(self) -> dict[tuple[Form, float], NewDose]:
        """What each form of visit brings to plasma and brain."""
        return {}

    def new_dose(self, form: Form, at: Standing) -> NewDose:
        """Give what a form of visit brings, for the dose that was computed."""
        key = (form, at.visit_min)
        if key not in self.doses:
            one = self.brought[form]
            plasma, ketamine = one.exposure(self.chances.potency), one.ketamine(len(self.weights))
            self.doses[key] = new_dose(plasma, ketamine, one.since_min, at)
        return self.doses[key]

    def follow(self, candidate: Candidate) -> Onward:
        """Carry everybody on under one option."""
        at, scene = self.standing(candidate.later_h), self.scene(candidate.after(self.case))
        horizon_min = self.horizon_min - MIN_PER_H * candidate.later_h
        since_min = np.maximum(horizon_min, 0.0)
        if candidate not in self.passages:
            dose, factor = self._dose(candidate, at)
            self.passages[candidate] = passage(
                at, scene, dose, factor, horizon_min=since_min, session_min=MIN_PER_H * SESSION_H
            )
        passed = self.passages[candidate]
        key = (candidate.later_h, candidate.kind)
        if key not in self.other_falls:  # it hangs on when there is a visit and whether it holds drug, not on the dose
            self.other_falls[key] = without_the_drug(at, scene, since_min)
        madrs = scored(at, passed, self.other_falls[key], since_min)
        before = horizon_min < 0.0
        return Onward(np.where(before, self.waited(), madrs) if np.any(before) else madrs, passed)

    def waited(self) -> Floats:
        """Give the expected MADRS at each horizon if nothing more is given, shape ``(draws, horizons)``."""
        return self.course.madrs[:, nearest(self.course.time_min, self.visit_min + self.horizon_min)]

    def _dose(self, candidate: Candidate, at: Standing) -> tuple[NewDose, float]:
        """Give what an option brings, and by which factor its amount differs from that."""
        if candidate.dose is None:
            return self.nothing(at), 0.0
        form = form_of(candidate.dose)
        return self.new_dose(form, at), candidate.dose.dose_mg / self.brought[form].dose_mg

    def nothing(self, at: Standing) -> NewDose:
        """Give a visit that brings nothing."""
        key = (NO_FORM, at.visit_min)
        if key not in self.doses:
            since = at.tail_min[at.tail_min <= max(self.horizon_min.max(), MIN_PER_H * SESSION_H)]
            zeros = np.zeros((len(self.weights), len(since)))
            self.doses[key] = new_dose(zeros, zeros, since, at)
        return self.doses[key]

    def some(self, rows: Integers) -> Look:
        """Look at some of the draws, rising, all alike in weight, shape ``(rows,)``."""
        return replace(
            self,
            particles=self.particles.take(rows),
            weights=np.full(len(rows), 1.0 / len(rows)),
            plasma=plasma_rows(self.plasma, rows),
            samples=None if self.samples is None else plasma_rows(self.samples, rows),
            brought={form: one.some(rows) for form, one in self.brought.items()},
            passages={},
        )

    def under(self, joint: str, word: str, evidence: Evidence) -> Look:
        """Look at the same draws under another side of a joint, weighed by what was seen as that side reads it."""
        joints = self.model.joints.switched(joint, word)
        model = replace(self.model, joints=joints)
        other = replace(self, model=model, passages=self.passages if joint in ON_SCORES else {})
        if not evidence.found.used:
            return other
        log_ratio = likelihood(other, evidence) - likelihood(self, evidence)
        weights = np.exp(log_ratio - log_ratio.max()) * self.weights
        return replace(other, weights=weights / weights.sum())


def likelihood(look: Look, evidence: Evidence) -> Floats:
    """Give the log likelihood of what was seen under the joints of a look, shape ``(draws,)``."""
    here = Evidence(look.model, evidence.found)
    return np.asarray(np.sum([one for _, one in here.each(look.particles, look.course, look.samples)], axis=0))


def plasma_rows(drawn: ConcentrationDraws, rows: Integers) -> ConcentrationDraws:
    """Give some draws of concentrations, rising, shape ``(rows,)``."""
    found, first = [], 0
    for member in drawn.members:
        here = rows[(rows >= first) & (rows < first + member.draws)] - first
        if len(here):
            found.append(at_places(member, here))
        first += member.draws
    return replace(drawn, members=tuple(found))


def look(
    case: Case,
    options: tuple[Candidate, ...],
    *,
    population: Population | None = None,
    draws: int = DRAWS,
    tell: Progress | None = None,
) -> tuple[Look, Believed]:
    """Believe what was seen of a person, and prepare to carry them on under every option.

    Parameters
    ----------
    case : Case
        With everything that was given and seen.
    options : tuple of Candidate
        What will be looked at.
    population : Population, optional
        Instead of the posterior that ships with the package.
    draws : int
        Of what is believed; at least 4000 where something was seen.
    tell : callable, optional
        Called now and then with the step and the steps in all.

    Returns
    -------
    tuple of Look and Believed
    """
    start_h = next_visit_min(case) / MIN_PER_H
    starts = sorted({start_h + option.later_h for option in options})
    horizons = [start_h + hours for hours in case.options.horizons_h]
    after = [at + hours for at in starts for hours in (*TAIL_H, SESSION_H)]
    known = replace(
        case, times_h=tuple(sorted({*horizons, *after})), options=replace(case.options, next_visit_h=start_h)
    )
    doses = tuple(option.dose for option in options if option.dose is not None)
    ways = tuple(dict.fromkeys((dose.drug, dose.route) for dose in doses))
    believed = believe(known, more_ways=ways, population=population, draws=draws, tell=tell)
    model = believed.evidence.model
    brought = dict(each_form(model, believed.particles, doses, max(case.options.horizons_h) * MIN_PER_H))
    plasma, samples = believed.course.concentrations, believed.carried.samples
    found = Look(known, model, believed.particles, believed.weights, plasma, samples, brought)
    return found, believed


def each_form(
    model: PersonModel, particles: Particles, doses: tuple[Visit, ...], until_min: float
) -> Iterator[tuple[Form, Brought]]:
    """Yield what every form of visit brings, computed once for the largest dose of that form."""
    names = [way.way for way in model.ways]
    for form in dict.fromkeys(form_of(dose) for dose in doses):
        largest = max((dose for dose in doses if form_of(dose) == form), key=lambda dose: dose.dose_mg)
        alone = Regimen((moved(largest),))
        asked = np.array(
            [*(MIN_PER_H * hours for hours in model.case.options.horizons_h), MIN_PER_H * SESSION_H, until_min]
        )
        since_min = since_times(alone, model.case, asked)
        draws = model.of_way(names.index((largest.drug, largest.route)), alone, particles, since_min)
        yield form, Brought(since_min, largest.dose_mg, tuple(draws))


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
