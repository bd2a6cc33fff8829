"""The same people under every option: one belief, one history, and one course for each form of visit."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeVar

import numpy as np

from limen.chain import Chances, Course, Scene
from limen.chain.drives import saturates
from limen.chain.onward import (
    MIN_PER_H,
    NewDose,
    OneMore,
    Part,
    PartKey,
    Passage,
    Standing,
    nearest,
    new_dose,
    scored,
    standing,
    without_the_drug,
)
from limen.chain.paces import Paces, paces
from limen.inference.particles import Particles, PersonModel, at_places
from limen.inference.person import Believed, Progress, believe
from limen.inference.weighing import Evidence
from limen.kinetics import ConcentrationDraws
from limen.options.brought import NO_FORM, SESSION_H, Brought, Form, each_form, form_of
from limen.options.candidates import Candidate, next_visit_min
from limen.quantities import Floats, Integers
from limen.regimen import Case
from limen.response.mood import Circumstances
from limen.response.parameters import Population

#: Draws of each option (contract of speed: what the answer is measured at).
DRAWS: Final = 4000
#: Of them, those that are looked at again under every other side of every joint (ours: the shift
#: of a mean in the same people is then known to a tenth of a point).
JOINT_DRAWS: Final = 400
#: Draws of all options together that are carried at once (ours: a call is then cheap beside its work).
MOST_AT_ONCE: Final = 8000
#: Hours after the next visit at which what is left of before is known (ours).
TAIL_H: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0)

_Key = TypeVar("_Key", bound=Hashable)
_Found = TypeVar("_Found")


def once(known: dict[_Key, _Found], key: _Key, work: Callable[[], _Found]) -> _Found:
    """Give what is known by a key; work it out where it is not."""
    if key not in known:
        known[key] = work()
    return known[key]


@dataclass(frozen=True)
class Shared:
    """What was worked out of some draws, each by what it hangs on: sides of joints that it reads are part of its key.

    Parameters
    ----------
    chances, courses, likelihoods, standings, doses, paces, other_falls : dict
        Who they are; what happens if nothing more is given, and how probable what was seen is then; where they stand;
        what a form of visit brings; how mood fades over its times; what else changes mood.
    parts : dict
        By option, parts of its passage.
    """

    chances: dict[tuple[str, ...], Chances] = field(default_factory=dict)
    courses: dict[tuple[tuple[str, str], ...], Course] = field(default_factory=dict)
    likelihoods: dict[tuple[tuple[str, str], ...], Floats] = field(default_factory=dict)
    standings: dict[tuple[Hashable, ...], Standing] = field(default_factory=dict)
    doses: dict[tuple[Hashable, ...], NewDose] = field(default_factory=dict)
    paces: dict[tuple[Hashable, ...], Paces] = field(default_factory=dict)
    other_falls: dict[tuple[Hashable, ...], Floats] = field(default_factory=dict)
    parts: dict[Candidate, dict[PartKey, Part]] = field(default_factory=dict)

    def parts_of(self, rows: Integers) -> dict[Candidate, dict[PartKey, Part]]:
        """Give the parts of some draws."""
        return {
            option: {key: tuple(one[rows] for one in part) for key, part in parts.items()}
            for option, parts in self.parts.items()
        }


def together(candidates: Sequence[Candidate]) -> dict[tuple[Form, float], list[Candidate]]:
    """Put options together that differ in the amount alone."""
    found: dict[tuple[Form, float], list[Candidate]] = {}
    for one in candidates:
        form = NO_FORM if one.dose is None else form_of(one.dose)
        found.setdefault((form, one.later_h), []).append(one)
    return found


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
    shared : Shared
        What was worked out already of these draws, under whatever joints.
    """

    case: Case
    model: PersonModel
    particles: Particles
    weights: Floats
    plasma: ConcentrationDraws
    samples: ConcentrationDraws | None
    brought: Mapping[Form, Brought]
    shared: Shared = field(default_factory=Shared)

    @cached_property
    def chances(self) -> Chances:
        """Who they are, as the chain reads it."""
        return once(self.shared.chances, self._sides("J2", "J7"), lambda: self.model.chances(self.particles))

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """The sides that are taken of all joints."""
        return tuple(sorted(self.model.joints.words.items()))

    def _sides(self, *joints: str) -> tuple[str, ...]:
        """Give the sides that are taken of some joints."""
        return tuple(self.model.joints[joint] for joint in joints)

    @property
    def course(self) -> Course:
        """What happens if nothing more is given."""
        return once(self.shared.courses, self.words, lambda: self.model.respond(self.plasma, self.chances))

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

    def standing(self, later_h: float) -> Standing:
        """Say where they stand so many hours after the next visit."""

        def found() -> Standing:
            at = self.visit_min + MIN_PER_H * later_h
            return standing(self.scene(self.case), self.course, self.chances, at)

        return once(self.shared.standings, (later_h, *self._sides("J1", "J2", "J3", "J4", "J5", "J6")), found)

    def new_dose(self, form: Form, at: Standing) -> NewDose:
        """Give what a form of visit brings, for the dose that was computed."""

        def found() -> NewDose:
            if form == NO_FORM:
                since = at.tail_min[at.tail_min <= max(self.horizon_min.max(), MIN_PER_H * SESSION_H)]
                nothing = np.zeros((len(self.weights), len(since)))
                return new_dose(nothing, nothing, since, at)
            one = self.brought[form]
            return new_dose(one.exposure(self.chances.potency), one.ketamine(len(self.weights)), one.since_min, at)

        return once(self.shared.doses, (form, at.visit_min, *self._sides("J1", "J2")), found)

    def pace(self, form: Form, at: Standing) -> Paces:
        """Give how mood fades over the times of a form of visit."""
        ceiling = saturates(self.model.joints)

        def found() -> Paces:
            hours = self.new_dose(form, at).since_min / MIN_PER_H
            return paces(hours, self.chances.population, saturates=ceiling)

        return once(self.shared.paces, (form, at.visit_min, ceiling), found)

    def follow(self, candidate: Candidate) -> Onward:
        """Carry everybody on under one option."""
        return self.follow_all((candidate,))[0]

    def follow_all(self, candidates: Sequence[Candidate]) -> list[Onward]:
        """Carry everybody on under some options; those that differ in the amount alone are carried together."""
        found: dict[Candidate, Onward] = {}
        for (form, later_h), alike in together(candidates).items():
            at_once = max(1, MOST_AT_ONCE // len(self.weights))
            for first in range(0, len(alike), at_once):
                some = alike[first : first + at_once]
                found.update(zip(some, self._followed(form, later_h, some), strict=True))
        return [found[candidate] for candidate in candidates]

    def _followed(self, form: Form, later_h: float, alike: Sequence[Candidate]) -> Iterator[Onward]:
        """Carry everybody on under options of one form at one time."""
        at, scene = self.standing(later_h), self.scene(alike[0].after(self.case))
        horizon_min = self.horizon_min - MIN_PER_H * later_h
        since_min, waited = np.maximum(horizon_min, 0.0), horizon_min < 0.0
        visit = OneMore(
            at=at,
            scene=scene,
            dose=lambda: self.new_dose(form, at),
            pace=lambda: self.pace(form, at),
            factors=np.array([self._factor(one) for one in alike]),
            horizon_min=since_min,
            session_min=MIN_PER_H * SESSION_H,
        )
        known = [self.shared.parts.setdefault(one, {}) for one in alike]
        passages = list(visit.passages(known))
        other_falls = [self._other_fall(one, at, since_min) for one in alike]
        scores = scored(at, self.chances, passages, other_falls, since_min)
        for madrs, passed in zip(scores, passages, strict=True):
            yield Onward(np.where(waited, self.waited(), madrs) if np.any(waited) else madrs, passed)

    def _other_fall(self, candidate: Candidate, at: Standing, since_min: Floats) -> Floats:
        """Give the fall by all but the drug: it hangs on when there is a visit and its kind, not on the dose."""
        key = (candidate.later_h, candidate.kind, *self._sides("J8"))
        scene = self.scene(candidate.after(self.case))
        return once(self.shared.other_falls, key, lambda: without_the_drug(at, scene, since_min))

    def _factor(self, candidate: Candidate) -> float:
        """Give by which factor an amount differs from the one that was computed."""
        dose = candidate.dose
        return 0.0 if dose is None else dose.dose_mg / self.brought[form_of(dose)].dose_mg

    def waited(self) -> Floats:
        """Give the expected MADRS at each horizon if nothing more is given, shape ``(draws, horizons)``."""
        return self.course.madrs[:, nearest(self.course.time_min, self.visit_min + self.horizon_min)]

    def likelihood(self, evidence: Evidence) -> Floats:
        """Give the log likelihood of what was seen under these joints, shape ``(draws,)``."""

        def found() -> Floats:
            here = Evidence(self.model, evidence.found)
            return np.asarray(np.sum([one for _, one in here.each(self.particles, self.course, self.samples)], axis=0))

        return once(self.shared.likelihoods, self.words, found)

    def some(self, rows: Integers) -> Look:
        """Look at some of the draws, rising, all alike in weight, shape ``(rows,)``."""
        return replace(
            self,
            particles=self.particles.take(rows),
            weights=np.full(len(rows), 1.0 / len(rows)),
            plasma=plasma_rows(self.plasma, rows),
            samples=None if self.samples is None else plasma_rows(self.samples, rows),
            brought={form: one.some(rows) for form, one in self.brought.items()},
            shared=Shared(parts=self.shared.parts_of(rows)),
        )

    def under(self, joint: str, word: str, evidence: Evidence) -> Look:
        """Look at the same draws under another side of a joint, weighed by what was seen as that side reads it."""
        joints = self.model.joints.switched(joint, word)
        other = replace(self, model=replace(self.model, joints=joints))
        if not evidence.found.used:
            return other
        log_ratio = other.likelihood(evidence) - self.likelihood(evidence)
        weights = np.exp(log_ratio - log_ratio.max()) * self.weights
        return replace(other, weights=weights / weights.sum())


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
    found.shared.courses[found.words] = believed.course
    return found, believed
