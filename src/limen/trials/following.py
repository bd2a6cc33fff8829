"""Arms whose people follow a policy of `limen.options`, each by what was seen of them alone.

A policy sees a person as a case file would show them: what was given, every MADRS that was recorded on the way with the
error of its rating, the baseline, and the mean weight of the trial. It never sees what the simulation knows beside
that. Chance that a policy holds is the person's own, so that trials may be computed in any order and anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from limen.options import Policy, Review
from limen.quantities import Floats, InputError, Integers
from limen.regimen import Case, Patient, Regimen, Score, Visit, read_option_dose
from limen.trials.courses import ArmCourse
from limen.trials.enrolment import Enrolled, Trials, trial_rng
from limen.trials.plans import NOTHING, Level, Planned, Walk, planned
from limen.trials.spec import MINUTES_A_DAY, TrialSpec

MIN_PER_H: Final = 60.0
#: Days this near are the same one (ours: a tenth of a second; sums of days of a plan differ by rounding).
SAME_DAY: Final = 1e-6
#: A day that never comes.
NEVER: Final = float("inf")


@dataclass(frozen=True)
class PolicyCourse:
    """An arm whose people follow a policy.

    Parameters
    ----------
    plan : Planned
        All that may be given, and every day on which something may be.
    policy : Policy
        Says what comes next.
    """

    plan: Planned
    policy: Policy

    @property
    def spec(self) -> TrialSpec:
        """What is asked."""
        return self.plan.spec

    @property
    def base(self) -> ArmCourse:
        """The arm as it would be without a policy."""
        return self.plan.base

    @property
    def levels(self) -> tuple[Level, ...]:
        """What may be given."""
        return self.plan.levels

    def scores(self, trials: Trials, enrolled: Enrolled) -> Floats:
        """Give the recorded scores of everybody, shape ``(people, asked)``; as for a plain arm."""
        return self.given(trials, enrolled)[1]

    def given(self, trials: Trials, enrolled: Enrolled) -> tuple[Integers, Floats]:
        """Give what everybody was given, ``(people, visits)``, and their recorded scores, ``(people, asked)``."""
        arm = self.base.arm
        chances = [
            own
            for number in trials.numbers
            for own in trial_rng(self.spec.seed, int(number), arm.name, "policy").spawn(arm.n)
        ]
        return self.plan.given(trials, enrolled, lambda walk: follow(walk, self.policy, chances[walk.group.rows]))


def policy_course(base: ArmCourse, policy: Policy) -> PolicyCourse:
    """Prepare an arm whose people follow a policy."""
    doses = tuple(replace(base.arm, dose=dose, guided=None, policy=None) for dose in base.arm.doses)
    days = base.arm.visit_days(max(base.spec.times_days))
    return PolicyCourse(planned(base, doses, days, ()), policy)


@dataclass
class Follower:
    """One person on their way.

    Parameters
    ----------
    case : Case
        All that the policy may see.
    looks_on, given_on : float
        Days of the next decision and of the next visit.
    next : Visit or None
        What is given then.
    days : tuple of float
        Of the visits so far.
    """

    case: Case
    looks_on: float
    given_on: float = NEVER
    next: Visit | None = None
    days: tuple[float, ...] = field(default=())

    def saw(self, at_day: float, madrs: float) -> None:
        """Take in one rating."""
        score = Score("MADRS", at_day * MINUTES_A_DAY / MIN_PER_H, madrs)
        self.case = replace(self.case, scores=(*self.case.scores, score))

    def decide(self, policy: Policy, day: float, rng: np.random.Generator) -> None:
        """Ask the policy what comes next; nothing is given before it was decided."""
        decision, self.looks_on = policy.decide(self.case, rng), NEVER
        if isinstance(decision, Review):
            return
        self.next, self.given_on = decision.visit, max(decision.visit.start_min / MINUTES_A_DAY, day)

    def give(self, policy: Policy, day: float) -> str:
        """Give what was decided; gives its dose as written."""
        if self.next is None:
            raise InputError(f"Nothing was decided for day {day:g}: a policy decides before it gives.")
        one, start_min = self.next, day * MINUTES_A_DAY
        if one.start_min != start_min:
            one = read_option_dose(f"{one.drug} {one.route} {one.text}", self.case.patient, start_min)
        self.case = replace(self.case, regimen=Regimen((*self.case.regimen.visits, one)))
        self.days, self.given_on = (*self.days, day), NEVER
        later = policy.looks_on(self.days)
        self.looks_on = NEVER if later is None else later
        return one.text


def same_day(one: float, other: float) -> bool:
    """Say whether two days are the same but for rounding."""
    return abs(one - other) <= SAME_DAY


def follow(walk: Walk, policy: Policy, chances: Sequence[np.random.Generator]) -> None:
    """Take people through their visits by what a policy decides for each of them."""
    levels = {one.dose: number for number, one in enumerate(walk.plan.levels)}
    first = policy.looks_on(())
    people = [Follower(case, NEVER if first is None else first) for case in cases(walk)]
    for visit, day in enumerate(walk.plan.days):
        looked_at = [k for k, one in enumerate(people) if same_day(one.looks_on, day)]
        if visit and looked_at:
            scores = walk.recorded(visit)
            for k in looked_at:
                people[k].saw(day, float(scores[k]))
        for k in looked_at:
            people[k].decide(policy, day, chances[k])
        level = np.full(len(people), NOTHING)
        for k, one in enumerate(people):
            if same_day(one.given_on, day):
                level[k] = levels[one.give(policy, day)]
        walk.give(visit, level)


def cases(walk: Walk) -> list[Case]:
    """Give everybody as a policy sees them before anything is given."""
    spec = walk.plan.spec
    return [
        Case(
            Patient(weight_kg=spec.weight_kg_mean, baseline={"MADRS": float(own)}),
            Regimen(()),
            times_h=(max(spec.times_days) * MINUTES_A_DAY / MIN_PER_H,),
            setting=spec.setting,
            background=spec.background,
            design=spec.design,
            joints=spec.joints if spec.believed is None else spec.believed,
        )
        for own in walk.baseline
    ]
