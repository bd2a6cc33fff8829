"""From an arm and its people to the scores that would be recorded, by the same chain as one person's prediction."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Final, TypeVar

import numpy as np

from limen.chain import Brain, Joints, Reference, branches, reference_course
from limen.chain.course import surplus_cadss
from limen.chain.reference import in_brain
from limen.circuit.surface import typical_cortex
from limen.quantities import Floats, Integers
from limen.regimen import SCALES
from limen.response.conversion import CROSSWALKS
from limen.response.mood import HOURS_PER_DAY, Circumstances, drug_share, without_drug
from limen.response.people import People, expected_score
from limen.response.session import Sensitivity, felt_by_rhythm, felt_share
from limen.trials.enrolment import STABLE_SHARE, Enrolled, Trials
from limen.trials.exposures import Bank, fill_bank, taken_potency
from limen.trials.spec import MINUTES_A_DAY, Arm, TrialSpec

#: People whose course is computed at once (ours: their arrays then stay in the fast memory of a common processor).
PEOPLE_AT_ONCE: Final = 1024

#: Minutes this near are the same (ours: a day in hours and one in minutes differ by rounding).
SAME_MIN: Final = 1e-6
MIN_PER_H: Final = 60.0

_Rows = TypeVar("_Rows", People, Sensitivity)


@dataclass(frozen=True)
class Laid:
    """One visit laid on a dosing day: where on the grid of the course it is still felt, and what it gives there.

    Parameters
    ----------
    times : slice
        Of the grid.
    lag : Integers
        The lag at or before each of these times, shape ``(felt,)``.
    beyond : Floats
        Share of the way to the next lag, shape ``(felt,)``.
    """

    times: slice
    lag: Integers
    beyond: Floats

    def of(self, visit: Floats) -> Floats:
        """Give what the visit gives, from ``(people, lags)`` to ``(people, felt)``; straight between two lags."""
        here = visit[:, self.lag]
        if not self.beyond.any():
            return here
        return here + self.beyond * (visit[:, self.lag + 1] - here)


@dataclass(frozen=True)
class DrugCourse:
    """The visits of an arm that holds ketamine or esketamine.

    Parameters
    ----------
    bank : Bank
        One visit of many people.
    grid_min : Floats
        Minutes of the whole course, rising, shape ``(times,)``.
    laid : tuple of Laid
        The visit on every dosing day.
    """

    bank: Bank
    grid_min: Floats
    laid: tuple[Laid, ...]

    def whole(self, visit: Floats) -> Floats:
        """Add one visit up over the dosing days, from ``(people, lags)`` to ``(people, times)``."""
        found = np.zeros((len(visit), len(self.grid_min)))
        for one in self.laid:
            found[:, one.times] += one.of(visit)
        return found


def drug_course(bank: Bank, days: tuple[int, ...], asked_min: Floats) -> DrugCourse:
    """Lay the visit of a bank on dosing days; every time asked for, shape ``(asked,)``, is on the grid."""
    starts = np.array(days) * MINUTES_A_DAY
    grid = np.unique(np.concatenate([asked_min, *(start + bank.lag_min for start in starts)]))
    grid = grid[grid <= max(float(asked_min.max()), 0.0)]
    laid = (laid_on(bank.lag_min, grid - start) for start in starts)
    return DrugCourse(bank, grid, tuple(one for one in laid if len(one.lag)))


def laid_on(lag_min: Floats, since_min: Floats) -> Laid:
    """Lay a visit on the times since it began, minutes, rising, shape ``(times,)``."""
    first, last = np.searchsorted(since_min, [0.0, lag_min[-1]])
    since = since_min[first:last]
    lag = np.searchsorted(lag_min, since, side="right") - 1
    return Laid(slice(int(first), int(last)), lag, (since - lag_min[lag]) / (lag_min[lag + 1] - lag_min[lag]))


def places(grid_min: Floats, asked_min: Floats) -> Integers:
    """Give the place on a rising grid, shape ``(times,)``, of times that are on it but for rounding, ``(asked,)``."""
    return np.searchsorted(grid_min, asked_min - SAME_MIN)


@dataclass(frozen=True)
class Group:
    """Some people of one arm, computed at once.

    Parameters
    ----------
    trials, enrolled : Trials, Enrolled
        All of them.
    rows : slice
        Which of the enrolled.
    """

    trials: Trials
    enrolled: Enrolled
    rows: slice

    @property
    def trial(self) -> Integers:
        """Row of each person's trial, shape ``(people,)``."""
        return self.enrolled.trial[self.rows]

    @property
    def people(self) -> People:
        """What they are like."""
        return some(self.enrolled.people, self.rows)

    @property
    def sensitivity(self) -> Sensitivity:
        """How they feel a session."""
        return some(self.enrolled.sensitivity, self.rows)


def some(whole: _Rows, rows: slice) -> _Rows:
    """Give some rows of people or of what they feel."""
    return replace(whole, **{one.name: getattr(whole, one.name)[rows] for one in fields(whole)})


@dataclass(frozen=True)
class ArmCourse:
    """One arm with what all its virtual trials have in common.

    Parameters
    ----------
    spec, arm : TrialSpec, Arm
        What is asked.
    drug : DrugCourse or None
        Its visits; None where the arm holds no ketamine.
    """

    spec: TrialSpec
    arm: Arm
    drug: DrugCourse | None

    @property
    def joints(self) -> Joints:
        """Sides taken."""
        return joints_of(self.spec)

    @property
    def circumstances(self) -> Circumstances:
        """What surrounds a visit; joint J8."""
        spec = self.spec
        return Circumstances(spec.setting, spec.background, spec.design, expects=self.joints["J8"] == "on")

    @property
    def asked_h(self) -> Floats:
        """Hours of the scores, shape ``(asked,)``."""
        return np.array(self.spec.times_days) * HOURS_PER_DAY

    def scores(self, trials: Trials, enrolled: Enrolled) -> Floats:
        """Give the recorded scores of everybody on the trial's scale.

        Parameters
        ----------
        trials : Trials
            What the arms share.
        enrolled : Enrolled
            The people of this arm.

        Returns
        -------
        Floats
            Whole numbers within the scale, shape ``(people, asked)``.
        """
        other, reference = self._without_drug(trials), self.reference(trials)
        begun = (self.asked_h > 0.0).astype(np.float64)
        madrs = np.empty(enrolled.rating.shape)
        for first in range(0, len(madrs), PEOPLE_AT_ONCE):
            group = Group(trials, enrolled, slice(first, first + PEOPLE_AT_ONCE))
            drug = self._by_drug(group, reference)
            madrs[group.rows] = expected_score(group.people, drug, other[group.trial], begun)
        return recorded_on(self.spec.scale, madrs, enrolled)

    def _without_drug(self, trials: Trials) -> Floats:
        visits = tuple((day * HOURS_PER_DAY, self.arm.active) for day in self.arm.days)
        return without_drug(self.asked_h, visits, self.circumstances, trials.population)

    def half_life_min(self, trials: Trials) -> Floats | None:
        """Give the delay to the brain (joint J1), shape ``(trials,)``; None where there is none."""
        return trials.brain_half_life_min if self.joints["J1"] == "delay" else None

    def reference(self, trials: Trials) -> Reference | None:
        """Give the reference infusion as each trial sees it, shape ``(trials, times)``."""
        if self.drug is None:
            return None
        return reference_course(self.joints["J2"], trials.potency, self.half_life_min(trials))

    def _by_drug(self, group: Group, reference: Reference | None) -> Floats:
        """Give the fall by the drug of some people, points, shape ``(people, asked)``."""
        if self.drug is None or reference is None:
            return np.zeros((len(group.trial), len(self.asked_h)))
        visit = self.visit(group, self.drug.bank)
        usual = Reference(reference.time_h, Brain(reference.brain.exposure[group.trial]))
        fall = self._branches(group, self.drug, visit, usual)
        return fall * (1.0 + self.by_feeling(group, self.felt(group, visit, usual)))

    def visit(self, group: Group, bank: Bank) -> Brain:
        """Give what the receptors meet in one visit, over the lags of the bank."""
        trials, trial = group.trials, group.trial
        model, potency = bank.model_of(trials.place)[trial], taken_potency(trials.potency, trial)
        plasma = bank.exposure(model, group.enrolled.place[group.rows], self.joints["J2"], potency)
        half_life_min = self.half_life_min(trials)
        return in_brain(plasma, bank.lag_min, None if half_life_min is None else half_life_min[trial])

    def _branches(self, group: Group, drug: DrugCourse, visit: Brain, usual: Reference) -> Floats:
        population = group.trials.population.take(group.trial)
        crossing = group.trials.glutamate_crossing[group.trial]
        met = Brain(drug.whole(visit.exposure))
        fast, slow = branches(met, usual, drug.grid_min / 60.0, population, crossing=crossing, joints=self.joints)
        asked = places(drug.grid_min, self.asked_h * MIN_PER_H)
        return drug_share(self.circumstances, population)[:, None] * (fast + slow)[:, asked]

    def felt(self, group: Group, visit: Brain, usual: Reference) -> Floats:
        """Give how strongly a first visit is felt at its strongest (joint J6), shape ``(people, 1)``."""
        if self.joints["J6"] == "rhythm":
            rhythm = typical_cortex().rhythm(visit.block).max(axis=1, keepdims=True)
            return felt_by_rhythm(rhythm, np.zeros(1), group.sensitivity)
        if self.joints["J6"] == "cut":
            return np.zeros((len(group.trial), 1))
        ratio = visit.exposure.max(axis=1, keepdims=True) / usual.peak_exposure
        return felt_share(ratio, np.zeros(1), group.sensitivity)

    def by_feeling(self, group: Group, felt: Floats) -> Floats:
        """Give the share that feeling more than is usual adds (joint J7); both have shape ``(people, 1)``."""
        if self.joints["J7"] == "cut":
            return np.zeros((len(group.trial), 1))
        surplus = surplus_cadss(felt, group.sensitivity)
        population = group.trials.population
        whole = (population["fast_points"] + population["slow_points"])[group.trial]
        return np.asarray((group.people.link / whole)[:, None] * surplus)


def recorded_on(scale: str, madrs: Floats, enrolled: Enrolled) -> Floats:
    """Give whole scores as they would be recorded.

    Parameters
    ----------
    scale : str
        MADRS, or a scale with a crosswalk.
    madrs : Floats
        Expected MADRS, shape ``(people, times)``.
    enrolled : Enrolled
        The people, with the normals of their ratings.

    Returns
    -------
    Floats
        Clipped to the scale, shape ``(people, times)``.
    """
    if scale not in CROSSWALKS:
        expected, sd = madrs, enrolled.people.rating_sd
    else:
        walk = CROSSWALKS[scale]
        expected = enrolled.reads[:, None] * walk.from_madrs(np.maximum(madrs, 0.0))
        sd = np.full(len(madrs), np.sqrt(1.0 - STABLE_SHARE) * walk.error_sd)
    return np.clip(np.round(expected + sd[:, None] * enrolled.rating), 0.0, SCALES[scale].high)


@cache
def _joints(words: tuple[tuple[str, str], ...]) -> Joints:
    return Joints(dict(words))


def joints_of(spec: TrialSpec) -> Joints:
    """Give the sides that a specification takes; they are read once."""
    return _joints(tuple(sorted(spec.joints.items())))


#: Visits that arms share: by what is given, and on which days.
Visits = dict[tuple[tuple[str, str, str], tuple[int, ...]], DrugCourse]


def arm_courses(spec: TrialSpec, shared: Visits | None = None) -> tuple[ArmCourse, ...]:
    """Prepare every arm; arms that are given the same on the same days share one bank.

    Parameters
    ----------
    spec : TrialSpec
        The trial.
    shared : dict, optional
        Visits of other runs of the same people at the same times; what is prepared here is added to it.

    Returns
    -------
    tuple of ArmCourse
    """
    asked_min = np.array(spec.times_days) * MINUTES_A_DAY
    found: Visits = {} if shared is None else shared
    for arm in spec.arms:
        if arm.active and (arm.given, arm.days) not in found:
            found[arm.given, arm.days] = drug_course(fill_bank(spec, arm, asked_min), arm.days, asked_min)
    return tuple(ArmCourse(spec, arm, found[arm.given, arm.days] if arm.active else None) for arm in spec.arms)
