"""The people of some virtual trials as an analysis sees them: who was enrolled, what was scored, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from limen.chain import Brain, Reference
from limen.quantities import Booleans, Floats, Integers
from limen.response.parameters import Population
from limen.response.session import dissociation
from limen.trials.courses import PEOPLE_AT_ONCE, ArmCourse, Group, Visits, arm_courses
from limen.trials.enrolment import Enrolled, Trials, enrol, open_trials, trial_rng
from limen.trials.exposures import Bank
from limen.trials.following import PolicyCourse, policy_course
from limen.trials.missing import handled, unseen
from limen.trials.plans import Planned, guided_course, sequence_courses
from limen.trials.spec import Arm, TrialSpec

Course = ArmCourse | Planned | PolicyCourse


@dataclass(frozen=True)
class SeenArm:
    """One arm of some virtual trials.

    Parameters
    ----------
    arm : Arm
        As the file has it; its `n` is planned, more may be enrolled.
    baseline : Floats
        Own baselines, shape ``(trials, people)``.
    scores : Floats
        Recorded, shape ``(trials, people, times)``.
    seen : Booleans
        Whether the score was seen, the same shape.
    filled : Floats
        Scores as analysed, NaN where there is none, shape ``(imputations, trials, people, times)``.
    felt : Floats or None
        Peak exposure of the first visit beside the reference infusion, and CADSS then, ``(trials, people, 2)``.
    given : Integers or None
        Level of the dose at each visit of an arm that is guided or follows a policy, -1 for nothing, shape
        ``(trials, people, visits)``.
    """

    arm: Arm
    baseline: Floats
    scores: Floats
    seen: Booleans
    filled: Floats
    felt: Floats | None = None
    given: Integers | None = None

    def first(self, people: int) -> SeenArm:
        """Give the same with the first `people` alone."""
        return replace(
            self,
            baseline=self.baseline[:, :people],
            scores=self.scores[:, :people],
            seen=self.seen[:, :people],
            filled=self.filled[:, :, :people],
            felt=None if self.felt is None else self.felt[:, :people],
            given=None if self.given is None else self.given[:, :people],
        )


def enlarged(spec: TrialSpec) -> TrialSpec:
    """Give the trial with as many people in each arm as any part of its design may ask for; ratios of arms are kept."""
    largest = max(arm.n for arm in spec.arms)
    most = max(spec.plan.most_enrolled, largest)
    return replace(spec, arms=tuple(replace(arm, n=-(-arm.n * most // largest)) for arm in spec.arms))


def prepared(spec: TrialSpec, shared: Visits | None = None) -> tuple[Course, ...]:
    """Prepare every arm, or both orders of a crossover, with what all trials have in common; as `arm_courses`."""
    large = enlarged(spec)
    if spec.plan.crossover is not None:
        return tuple(sequence_courses(large, spec.plan.crossover.washout_days))
    plain = arm_courses(large, shared)
    return tuple(_followed(course) for course in plain)


def _followed(course: ArmCourse) -> Course:
    """Give the arm by its policy or by its steps, where it has them."""
    if course.arm.policy is not None:
        return policy_course(course, course.arm.policy)
    return course if course.arm.guided is None else guided_course(course)


def observe(
    spec: TrialSpec, courses: Sequence[Course], posterior: Population, numbers: Sequence[int]
) -> Iterator[SeenArm]:
    """Run some virtual trials and yield their arms as an analysis sees them.

    Parameters
    ----------
    spec : TrialSpec
        As the file has it.
    courses : sequence of ArmCourse, Planned or PolicyCourse
        Every arm, of :func:`prepared`.
    posterior : Population
        Draws of the response parameters.
    numbers : sequence of int
        Which trials.

    Yields
    ------
    SeenArm
        In the order of the file.
    """
    joints = _base(courses[0]).joints
    trials = open_trials(spec, posterior, numbers, assay=joints["J2"], linked=joints["J7"] == "free")
    if spec.plan.crossover is not None:
        yield from _both_periods(spec, courses, trials)
        return
    for arm, course in zip(spec.arms, courses, strict=True):
        enrolled = enrol(course.spec, _base(course).arm, trials)
        given, scores = _scored(course, trials, enrolled)
        felt = _felt(course, trials, enrolled) if _mediates(spec) else None
        yield _seen(spec, arm, trials, enrolled.baseline, scores, felt=felt, given=given)


def _base(course: Course) -> ArmCourse:
    return course if isinstance(course, ArmCourse) else course.base


def _mediates(spec: TrialSpec) -> bool:
    endpoint = spec.plan.endpoint
    return spec.plan.question is not None or (endpoint is not None and endpoint.measure == "mediation")


def _scored(course: Course, trials: Trials, enrolled: Enrolled) -> tuple[Integers | None, Floats]:
    if isinstance(course, ArmCourse):
        return None, course.scores(trials, enrolled)
    return course.given(trials, enrolled)


def _seen(
    spec: TrialSpec,
    arm: Arm,
    trials: Trials,
    baseline: Floats,
    scores: Floats,
    *,
    felt: Floats | None,
    given: Integers | None,
) -> SeenArm:
    split = (len(trials), -1)
    own, scored = baseline.reshape(split), scores.reshape(*split, scores.shape[1])
    seen, filled = _filled(spec, arm, trials, own, scored)
    return SeenArm(
        arm=arm,
        baseline=own,
        scores=scored,
        seen=seen,
        filled=filled,
        felt=None if felt is None else felt.reshape(*split, 2),
        given=None if given is None else given.reshape(*split, given.shape[1]),
    )


def _filled(spec: TrialSpec, arm: Arm, trials: Trials, baseline: Floats, scores: Floats) -> tuple[Booleans, Floats]:
    """Take away what is not seen and do what the analysis does about it, trial by trial."""
    missing = spec.plan.missing
    if missing is None:
        return np.ones(scores.shape, dtype=bool), scores[None]
    days = np.array(spec.times_days)
    seen, filled = [], []
    for row, number in enumerate(trials.numbers):
        rng = trial_rng(spec.seed, int(number), arm.name, "missing")
        seen.append(~unseen(missing, scores[row] - baseline[row, :, None], days, rng))
        left = np.where(seen[-1], scores[row], np.nan)
        filled.append(handled(missing, left[None], baseline[row, None], days, rng))
    return np.stack(seen), np.concatenate(filled, axis=1)


def _both_periods(spec: TrialSpec, courses: Sequence[Course], trials: Trials) -> Iterator[SeenArm]:
    """Give each arm with everybody, those who had it first before those who had it second."""
    orders = [_one_order(course, trials) for course in courses]
    baseline = np.concatenate([one.baseline for one in orders], axis=1)
    times = len(spec.times_days)
    for arm, periods in ((spec.arms[0], (0, 1)), (spec.arms[1], (1, 0))):
        taken = [slice(times * period, times * (period + 1)) for period in periods]
        yield SeenArm(
            arm=arm,
            baseline=baseline,
            scores=np.concatenate([one.scores[:, :, part] for one, part in zip(orders, taken, strict=True)], axis=1),
            seen=np.concatenate([one.seen[:, :, part] for one, part in zip(orders, taken, strict=True)], axis=1),
            filled=np.concatenate([one.filled[..., part] for one, part in zip(orders, taken, strict=True)], axis=2),
        )


def _one_order(course: Course, trials: Trials) -> SeenArm:
    arm = _base(course).arm
    enrolled = enrol(course.spec, arm, trials)
    scores = course.scores(trials, enrolled)
    return _seen(course.spec, arm, trials, enrolled.baseline, scores, felt=None, given=None)


def _felt(course: Course, trials: Trials, enrolled: Enrolled) -> Floats:
    """Give the peak exposure of the first visit beside the reference, and CADSS then, ``(people, 2)``."""
    base, bank = _base(course), _bank(course)
    found = np.zeros((len(enrolled.trial), 2))
    reference = base.reference(trials)
    if bank is None or reference is None:
        return found
    for first in range(0, len(found), PEOPLE_AT_ONCE):
        group = Group(trials, enrolled, slice(first, first + PEOPLE_AT_ONCE))
        usual = Reference(reference.time_h, Brain(reference.brain.exposure[group.trial]))
        visit = base.visit(group, bank)
        ratio = visit.exposure.max(axis=1, keepdims=True) / usual.peak_exposure
        cadss = dissociation(base.felt(group, visit, usual), group.sensitivity)
        found[group.rows] = np.concatenate([ratio, np.round(cadss)], axis=1)
    return found


def _bank(course: Course) -> Bank | None:
    base = _base(course)
    return None if base.drug is None else base.drug.bank


def banks_of(course: Course) -> tuple[Bank, ...]:
    """Give every bank that an arm draws from."""
    if isinstance(course, ArmCourse):
        return () if course.drug is None else (course.drug.bank,)
    return tuple(level.bank for level in course.levels if level.bank is not None)
