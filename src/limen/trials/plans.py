"""Arms in which people are not all given the same: a dose that follows the response, and a crossover.

Exposure is linear in dose and adds up over visits, so a person's course is the sum of their own visits, each taken from
the bank of the dose that was given. A guided dose is decided visit by visit from the score recorded before it, which
the visits so far alone have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.chain import Brain, Reference, branches, reference_course
from limen.quantities import Booleans, Floats, InputError, Integers
from limen.response.mood import HOURS_PER_DAY, crossover_share, drug_share, expectancy, without_drug
from limen.response.people import expected_score
from limen.trials.courses import MIN_PER_H, PEOPLE_AT_ONCE, ArmCourse, Group, Laid, laid_on, places, recorded_on
from limen.trials.designs import Guided
from limen.trials.enrolment import Enrolled, Trials, trial_rng
from limen.trials.exposures import Bank, fill_bank
from limen.trials.spec import MINUTES_A_DAY, Arm, TrialSpec

#: Level of a visit at which nothing is given.
NOTHING: Final = -1


@dataclass(frozen=True)
class Level:
    """One dose that may be given.

    Parameters
    ----------
    dose : str
        As written.
    active : bool
        Whether it is ketamine or esketamine.
    bank : Bank or None
        One visit of many people; None where it is inert.
    laid : tuple of Laid
        That visit on every visit of the plan.
    """

    dose: str
    active: bool
    bank: Bank | None
    laid: tuple[Laid, ...]


@dataclass(frozen=True)
class Given:
    """What some people were given, and the course that it made.

    Parameters
    ----------
    level : Integers
        Number of the level, or -1 for nothing, shape ``(people, visits)``.
    madrs : Floats
        Expected scores at the times of the plan, shape ``(people, asked)``.
    """

    level: Integers
    madrs: Floats


@dataclass(frozen=True)
class Planned:
    """An arm whose people follow a plan.

    Parameters
    ----------
    base : ArmCourse
        The arm as it would be without one; holds the trial and all that surrounds a visit.
    levels : tuple of Level
        What may be given.
    days : tuple of float
        Of the visits.
    order : tuple of int
        Level at each visit where it is the same for everybody; empty where it is guided.
    grid_min : Floats
        Minutes of the course, rising, shape ``(times,)``.
    """

    base: ArmCourse
    levels: tuple[Level, ...]
    days: tuple[float, ...]
    order: tuple[int, ...]
    grid_min: Floats

    @property
    def spec(self) -> TrialSpec:
        """What is asked."""
        return self.base.spec

    @property
    def guided(self) -> Guided | None:
        """The rule by which a dose goes up."""
        return self.base.arm.guided

    def scores(self, trials: Trials, enrolled: Enrolled) -> Floats:
        """Give the recorded scores of everybody, shape ``(people, asked)``; as for a plain arm."""
        return self.given(trials, enrolled)[1]

    def given(
        self, trials: Trials, enrolled: Enrolled, follow: Callable[[Walk], None] | None = None
    ) -> tuple[Integers, Floats]:
        """Give what everybody was given, ``(people, visits)``, and their recorded scores, ``(people, asked)``.

        `follow` takes people through the visits where neither an order nor steps say what they are given.
        """
        normals = self._visit_normals(trials)
        reference = self._reference(trials)
        level = np.empty((len(enrolled.trial), len(self.days)), dtype=np.int64)
        madrs = np.empty(enrolled.rating.shape)
        for first in range(0, len(madrs), PEOPLE_AT_ONCE):
            rows = slice(first, first + PEOPLE_AT_ONCE)
            walk = Walk(self, Group(trials, enrolled, rows), reference, normals[rows])
            (by_steps if follow is None else follow)(walk)
            level[rows], madrs[rows] = walk.level, walk.madrs(self.base.asked_h)
        return level, recorded_on(self.spec.scale, madrs, enrolled)

    def _reference(self, trials: Trials) -> Reference | None:
        if not any(one.active for one in self.levels):
            return None
        return reference_course(self.base.joints["J2"], trials.potency, self.base.half_life_min(trials))

    def _visit_normals(self, trials: Trials) -> Floats:
        """Draw the rating errors of the visits, ``(people, visits)``; a visit that is scored anyway has that rating."""
        arm = self.base.arm
        rngs = (trial_rng(self.spec.seed, int(number), arm.name, "visits") for number in trials.numbers)
        return np.concatenate([rng.standard_normal((arm.n, len(self.days))) for rng in rngs])


class Walk:
    """Some people on their way through the visits."""

    def __init__(self, plan: Planned, group: Group, reference: Reference | None, normals: Floats) -> None:
        self.plan, self.group, self.normals = plan, group, normals
        self.population = group.trials.population.take(group.trial)
        self.usual = (
            None if reference is None else Reference(reference.time_h, Brain(reference.brain.exposure[group.trial]))
        )
        self.visits = [None if one.bank is None else plan.base.visit(group, one.bank) for one in plan.levels]
        self.felt = [self._felt(visit) for visit in self.visits]
        self.met = np.zeros((len(group.trial), len(plan.grid_min)))
        self.level = np.full((len(group.trial), len(plan.days)), NOTHING)

    def _felt(self, visit: Brain | None) -> Floats | None:
        """Give how strongly a first visit of one level is felt, shape ``(people, 1)``; None where it is inert."""
        if visit is None or self.usual is None:
            return None
        return self.plan.base.felt(self.group, visit, self.usual)

    def give(self, visit: int, level: Integers) -> None:
        """Give everybody a level at a visit, or nothing, shape ``(people,)``."""
        self.level[:, visit] = level
        for number, one in enumerate(self.plan.levels):
            found, rows = self.visits[number], np.flatnonzero(level == number)
            if found is not None and len(rows):
                laid = one.laid[visit]
                self.met[rows, laid.times] += laid.of(found.exposure[rows])

    @property
    def baseline(self) -> Floats:
        """On the trial's scale, shape ``(people,)``."""
        return self.group.enrolled.baseline[self.group.rows]

    def recorded(self, visit: int) -> Floats:
        """Give the scores recorded before a visit, shape ``(people,)``."""
        day, asked = self.plan.days[visit], self.plan.spec.times_days
        madrs = self.madrs(np.array([day * HOURS_PER_DAY]))
        enrolled = self.group.enrolled
        rating = enrolled.rating[self.group.rows, asked.index(day)] if day in asked else self.normals[:, visit]
        people = replace(
            enrolled,
            people=self.group.people,
            reads=enrolled.reads[self.group.rows],
            rating=rating[:, None],
        )
        return recorded_on(self.plan.spec.scale, madrs, people)[:, 0]

    def madrs(self, asked_h: Floats) -> Floats:
        """Give expected scores by what was given so far, shape ``(people, asked)``."""
        begun = (asked_h > 0.0).astype(np.float64)
        return expected_score(self.group.people, self._by_drug(asked_h), self._by_all_else(asked_h), begun)

    def _by_drug(self, asked_h: Floats) -> Floats:
        if self.usual is None or not any(one.active for one in self.plan.levels):
            return np.zeros((len(self.met), len(asked_h)))
        place = places(self.plan.grid_min, asked_h * MIN_PER_H)
        grid_min = self.plan.grid_min[: place.max() + 1]
        fast, slow = branches(
            Brain(self.met[:, : len(grid_min)]),
            self.usual,
            grid_min / 60.0,
            self.population,
            crossing=self.group.trials.glutamate_crossing[self.group.trial],
            joints=self.plan.base.joints,
        )
        fall = drug_share(self.plan.base.circumstances, self.population)[:, None] * (fast + slow)[:, place]
        return fall * (1.0 + np.concatenate([self._by_feeling(hour) for hour in asked_h], axis=1))

    def _by_feeling(self, hour: float) -> Floats:
        """Give the share that feeling adds (joint J7), ``(people, 1)``: the dose begun before that was felt most."""
        felt = np.zeros((len(self.met), 1))
        begun = [visit for visit, day in enumerate(self.plan.days) if day * HOURS_PER_DAY < hour]
        for number, of_level in enumerate(self.felt):
            if of_level is not None:
                had = (self.level[:, begun] == number).any(axis=1)[:, None]
                felt = np.where(had, np.maximum(felt, of_level), felt)
        return self.plan.base.by_feeling(self.group, felt)

    def _by_all_else(self, asked_h: Floats) -> Floats:
        """Give the fall that is not the drug's; a visit at which nothing is given raises no expectancy."""
        around, population = self.plan.base.circumstances, self.group.trials.population
        trial = self.group.trial
        believed = np.zeros((len(self.met), len(asked_h)))
        for visit, day in enumerate(self.plan.days):
            for active in (False, True):
                had = self._had(visit, active=active)
                if had.any():
                    felt = expectancy(asked_h, ((day * HOURS_PER_DAY, active),), around, population)[trial]
                    np.maximum(believed, np.where(had[:, None], felt, 0.0), out=believed)
        other = without_drug(asked_h, (), around, population)[trial]
        return np.asarray(other + crossover_share(around, population)[trial, None] * believed)

    def _had(self, visit: int, *, active: bool) -> Booleans:
        kinds = np.array([*(one.active for one in self.plan.levels), False])
        return np.asarray((self.level[:, visit] != NOTHING) & (kinds[self.level[:, visit]] == active))


def by_steps(walk: Walk) -> None:
    """Take everybody through the visits: in the order of the plan, or up by steps while somebody does not respond."""
    step, goes_on = np.zeros(len(walk.level), dtype=np.int64), np.ones(len(walk.level), dtype=bool)
    for visit in range(len(walk.plan.days)):
        if walk.plan.order:
            step = np.full(len(step), walk.plan.order[visit])
        elif visit and walk.plan.guided is not None:
            step, goes_on = decided(walk, walk.plan.guided, walk.recorded(visit)[:, None], step, goes_on=goes_on)
        walk.give(visit, np.where(goes_on, step, NOTHING))


def decided(
    walk: Walk, guided: Guided, score: Floats, step: Integers, *, goes_on: Booleans
) -> tuple[Integers, Booleans]:
    """Decide the next dose from the score recorded before it, shape ``(people, 1)``, and who goes on."""
    up = ~guided.until.holds(score, walk.baseline)[:, 0]
    if guided.stop_when is not None:
        goes_on = goes_on & ~guided.stop_when.holds(score, walk.baseline)[:, 0]
    return np.minimum(step + (up & goes_on), len(walk.plan.levels) - 1), goes_on


def planned(base: ArmCourse, doses: tuple[Arm, ...], days: tuple[float, ...], order: tuple[int, ...]) -> Planned:
    """Prepare an arm that follows a plan.

    Parameters
    ----------
    base : ArmCourse
        The arm; its times are those asked for.
    doses : tuple of Arm
        What may be given, each as an arm of that dose.
    days : tuple of float
        Of the visits.
    order : tuple of int
        Level at each visit; empty where it is guided.

    Returns
    -------
    Planned
    """
    spec = base.spec
    asked_min = np.array(spec.times_days) * MINUTES_A_DAY
    starts = np.array(days) * MINUTES_A_DAY
    first = next((arm for arm in doses if arm.active), None)
    banks = [
        fill_bank(spec, arm, asked_min, _people_of(first, arm)) if arm.active and first is not None else None
        for arm in doses
    ]
    grid = _grid(asked_min, starts, [bank for bank in banks if bank is not None])
    levels = tuple(
        Level(arm.dose, arm.active, bank, tuple(_laid(bank, grid - start) for start in starts))
        for arm, bank in zip(doses, banks, strict=True)
    )
    return Planned(base, levels, days, order, grid)


def _people_of(first: Arm, arm: Arm) -> tuple[str, str, str]:
    """Give whose people are given this dose: the same as every other dose of that drug by that route."""
    return first.given if (first.drug, first.route) == (arm.drug, arm.route) else arm.given


def _grid(asked_min: Floats, starts_min: Floats, banks: list[Bank]) -> Floats:
    visits = (start + bank.lag_min for start in starts_min for bank in banks)
    grid = np.unique(np.concatenate([np.zeros(1), asked_min, starts_min, *visits]))
    return grid[grid <= max(float(asked_min.max()), float(starts_min.max()))]


def _laid(bank: Bank | None, since_min: Floats) -> Laid:
    nowhere = np.zeros(0, dtype=np.int64)
    return Laid(slice(0, 0), nowhere, np.zeros(0)) if bank is None else laid_on(bank.lag_min, since_min)


def guided_course(base: ArmCourse) -> Planned:
    """Prepare an arm whose dose goes up while somebody does not respond."""
    doses = tuple(replace(base.arm, dose=dose, guided=None) for dose in base.arm.doses)
    return planned(base, doses, tuple(float(day) for day in base.arm.days), ())


def period_start_day(spec: TrialSpec, washout_days: float) -> float:
    """Give the first day of the second period; raises InputError where the first one is still being scored then."""
    start = max(day for arm in spec.arms for day in arm.days) + washout_days
    if start <= max(spec.times_days):
        raise InputError(
            f"The second period would begin on day {start:g}, while the first is scored to day"
            f" {max(spec.times_days):g}: write a longer washout_days in [crossover], or earlier times_days."
        )
    return start


def sequence_courses(spec: TrialSpec, washout_days: float) -> Iterator[Planned]:
    """Prepare both orders of a crossover; each is scored at the times of the trial in both periods.

    Parameters
    ----------
    spec : TrialSpec
        Two arms.
    washout_days : float
        From the last dosing day of one period to the first of the next.

    Yields
    ------
    Planned
        Those who start with each arm.
    """
    start = period_start_day(spec, washout_days)
    both = replace(spec, times_days=(*spec.times_days, *(start + day for day in spec.times_days)))
    for first, second in (spec.arms, spec.arms[::-1]):
        days = (*(float(day) for day in first.days), *(start + day for day in second.days))
        order = (0,) * len(first.days) + (1,) * len(second.days)
        yield planned(ArmCourse(both, first, None), (first, second), days, order)
