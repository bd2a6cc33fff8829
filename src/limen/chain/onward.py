"""From where a person stands at a visit to what one more dose would do: only what is new is computed.

Concentrations add up, so what the brain meets after the visit is what is left of before plus what the new dose brings.
Both branches of mood go on from where they stand:

    F(t + h) = F(t) k + d (1 - k) tau_F                       k = exp(-h / tau_F), d the mean drive of the step
    M, S                                                      as in `limen.response.mood`, from M(t), S(t)

Many options share one history and, by route and duration, one course of 1 mg. The plain path is `respond`, which
carries the whole regimen from the beginning; the two are held together by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.chain.course import (
    Chances,
    Course,
    Scene,
    drifting,
    fall_without_drug,
    felt,
    link_fall,
)
from limen.chain.drives import beside_reference, drive
from limen.chain.reference import Brain, Reference, in_brain, reference_course
from limen.quantities import Floats, Integers
from limen.response.mood import HOURS_PER_DAY, drug_share
from limen.response.parameters import Population
from limen.response.people import expected_score
from limen.response.session import pressure_rise_mmhg

MIN_PER_H: Final = 60.0


def nearest(grid_min: Floats, asked_min: Floats) -> Integers:
    """Give the columns of a grid that are nearest to the times asked for, shape ``(asked,)``."""
    return np.asarray(np.abs(grid_min[None, :] - asked_min[:, None]).argmin(axis=1))


@dataclass(frozen=True)
class Branches:
    """Where both branches stand, in reference infusions; every array has shape ``(draws,)``.

    Parameters
    ----------
    fast, waiting, slow : Floats
        F, M and S of `limen.response.mood`.
    """

    fast: Floats
    waiting: Floats
    slow: Floats


def at_rest(draws: int) -> Branches:
    """Give branches that no drug has touched."""
    return Branches(np.zeros(draws), np.zeros(draws), np.zeros(draws))


def driven(
    start: Branches, fast: Floats, slow: Floats, time_h: Floats, population: Population, *, saturates: bool
) -> tuple[Floats, Floats, Branches]:
    """Drive both branches on from where they stand.

    Parameters
    ----------
    start : Branches
        At the first time.
    fast, slow : Floats
        Drives over their area in one reference infusion, per hour, shape ``(draws, times)``.
    time_h : Floats
        Rising, shape ``(times,)``.
    population : Population
        Gives the time constants and the ceiling.
    saturates : bool
        False is the additive rival of joint J5.

    Returns
    -------
    tuple of Floats, Floats and Branches
        F and S, shape ``(draws, times)``, and where the branches stand in the end.
    """
    fade_h, delay_h = population["fast_fade_d"] * HOURS_PER_DAY, population["slow_delay_h"]
    slow_fade_h = population["slow_fade_d"] * HOURS_PER_DAY
    room = population["slow_ceiling"] if saturates else np.full(len(population), np.inf)
    level, waiting, state = start.fast, start.waiting, start.slow
    all_fast, all_slow = [level], [state]
    for k, hours in enumerate(np.diff(time_h).tolist(), start=1):
        kept = np.exp(-hours / fade_h)
        level = level * kept + 0.5 * (fast[:, k - 1] + fast[:, k]) * fade_h * (1.0 - kept)
        supply, held = 0.5 * (slow[:, k - 1] + slow[:, k]), np.exp(-hours / delay_h)
        after = waiting * held + supply * delay_h * (1.0 - held)
        inflow = supply - (after - waiting) / hours
        rate = inflow / room + 1.0 / slow_fade_h
        state = inflow / rate + (state - inflow / rate) * np.exp(-rate * hours)
        waiting = after
        all_fast.append(level)
        all_slow.append(state)
    return np.stack(all_fast, axis=1), np.stack(all_slow, axis=1), Branches(level, waiting, state)


@dataclass(frozen=True)
class Standing:
    """Where every draw stands at the next visit.

    Parameters
    ----------
    scene : Scene
        Whom, what was given, circumstances and joints.
    chances : Chances
        Who the draws are.
    reference : Reference
        The reference infusion as each draw sees it.
    visit_min : float
        When the next visit is.
    branches : Branches
        Of mood, then.
    most_felt : Floats
        Highest CADSS so far, shape ``(draws,)``.
    tail_min : Floats
        Minutes since the visit at which what is left of before is known, shape ``(tail,)``; the first is 0.
    plasma, brain, ketamine_ng_per_ml : Floats
        What is left of before: exposure before and after the brain delay, and ketamine; shape ``(draws, tail)``.
    """

    scene: Scene
    chances: Chances
    reference: Reference
    visit_min: float
    branches: Branches
    most_felt: Floats
    tail_min: Floats
    plasma: Floats
    brain: Floats
    ketamine_ng_per_ml: Floats

    def drives(self, exposure: Floats) -> tuple[Floats, Floats]:
        """Give what drives the fast and the slow branch under an exposure of shape ``(draws, times)``, per hour."""
        return both_drives(Brain(exposure), self.reference, self.scene, self.chances)

    def left(self, of_before: Floats, since_min: Floats) -> Floats:
        """Read what is left of before at other minutes since the visit, straight between two of the tail."""
        place = np.clip(np.searchsorted(self.tail_min, since_min, side="right") - 1, 0, len(self.tail_min) - 2)
        first, last = self.tail_min[place], self.tail_min[place + 1]
        share = np.clip((since_min - first) / (last - first), 0.0, 1.0)
        return of_before[:, place] * (1.0 - share) + of_before[:, place + 1] * share


def both_drives(exposed: Brain, reference: Reference, scene: Scene, chances: Chances) -> tuple[Floats, Floats]:
    """Give the drives of both branches by joints J3, J4 and J5, over their area in one reference infusion, per hour."""
    joints, population = scene.joints, chances.population
    own, usual = exposed.block / reference.peak_block, reference.brain.block / reference.peak_block
    found = []
    for word, half in ((joints["J4"], population["fast_half_dose"]), (joints["J5"], population["slow_half_dose"])):
        of_course, of_reference = (
            drive(ratio, half, chances.glutamate_crossing, word=word, joints=joints) for ratio in (own, usual)
        )
        found.append(beside_reference(of_course, of_reference, reference))
    return found[0], found[1]


def standing(scene: Scene, course: Course, chances: Chances, visit_min: float) -> Standing:
    """Say where every draw of a course stands at a visit; the course goes on beyond it, and both times are on its grid.

    Parameters
    ----------
    scene : Scene
        What the course is about.
    course : Course
        Up to the last horizon, with nothing more given.
    chances : Chances
        Who its draws are.
    visit_min : float
        Minutes since the first dose.

    Returns
    -------
    Standing
    """
    at = int(nearest(course.time_min, np.array([visit_min]))[0])
    half_life_min = chances.brain_half_life_min if scene.joints["J1"] == "delay" else None
    reference = reference_course(scene.joints["J2"], chances.potency, half_life_min)
    before = slice(0, at + 1)
    fast, slow = both_drives(Brain(course.brain.exposure[:, before]), reference, scene, chances)
    time_h, population = course.time_min[before] / MIN_PER_H, chances.population
    saturates = scene.joints["J5"] != "additive"
    *_, now = driven(at_rest(len(population)), fast, slow, time_h, population, saturates=saturates)
    after = slice(at, None)
    return Standing(
        scene=scene,
        chances=chances,
        reference=reference,
        visit_min=visit_min,
        branches=now,
        most_felt=course.cadss[:, before].max(axis=1),
        tail_min=course.time_min[after] - visit_min,
        plasma=course.plasma.exposure[:, after],
        brain=course.brain.exposure[:, after],
        ketamine_ng_per_ml=course.concentrations.analyte("ketamine")[:, after],
    )


@dataclass(frozen=True)
class NewDose:
    """What the new visit alone brings, by minutes since the visit.

    Parameters
    ----------
    since_min : Floats
        Rising from 0, shape ``(times,)``.
    plasma, brain : Floats
        Exposure before and after the brain delay, shape ``(draws, times)``.
    ketamine_ng_per_ml : Floats
        Venous plasma, shape ``(draws, times)``.
    """

    since_min: Floats
    plasma: Floats
    brain: Floats
    ketamine_ng_per_ml: Floats

    def times(self, factor: float) -> NewDose:
        """Give the same visit with every amount larger by a factor."""
        return NewDose(self.since_min, factor * self.plasma, factor * self.brain, factor * self.ketamine_ng_per_ml)


def new_dose(plasma: Floats, ketamine_ng_per_ml: Floats, since_min: Floats, at: Standing) -> NewDose:
    """Delay what a visit brings to plasma on its way to the brain."""
    delayed = at.scene.joints["J1"] == "delay"
    half_life_min = at.chances.brain_half_life_min if delayed else None
    return NewDose(since_min, plasma, in_brain(plasma, since_min, half_life_min).exposure, ketamine_ng_per_ml)


@dataclass(frozen=True)
class Onward:
    """What one option would do; arrays have shape ``(draws,)`` unless said.

    Parameters
    ----------
    madrs : Floats
        Expected at each horizon, shape ``(draws, horizons)``.
    most_cadss, most_systolic_rise_mmhg : Floats
        Highest in the session.
    most_ketamine_ng_per_ml, most_block : Floats
        Highest in plasma: ketamine, and the share of receptors that it would hold.
    """

    madrs: Floats
    most_cadss: Floats
    most_systolic_rise_mmhg: Floats
    most_ketamine_ng_per_ml: Floats
    most_block: Floats


def onward(at: Standing, scene: Scene, dose: NewDose, horizon_min: Floats, session_min: float) -> Onward:
    """Carry every draw on under one more visit.

    Parameters
    ----------
    at : Standing
        Where they stand.
    scene : Scene
        The same with the visit added to what is given.
    dose : NewDose
        What it brings; its times hold every horizon.
    horizon_min : Floats
        Minutes since the visit, shape ``(horizons,)``.
    session_min : float
        Minutes after which a session is over.

    Returns
    -------
    Onward
    """
    since, chances, population = dose.since_min, at.chances, at.chances.population
    brain = at.left(at.brain, since) + dose.brain
    fast_drive, slow_drive = at.drives(brain)
    saturates = scene.joints["J5"] != "additive"
    fast, slow, _ = driven(
        at.branches, fast_drive, slow_drive, since / MIN_PER_H, population, saturates=saturates
    )
    points = population["fast_points"][:, None] * fast + population["slow_points"][:, None] * slow
    own = drug_share(scene.circumstances, population)[:, None] * points
    ratio = brain / at.reference.peak_exposure
    cadss = felt(ratio, scene, at.visit_min + since, chances)
    so_far = np.concatenate([np.maximum(cadss[:, :1], at.most_felt[:, None]), cadss[:, 1:]], axis=1)
    columns = nearest(since, horizon_min)
    drug_fall = (own + link_fall(so_far, own, chances))[:, columns]
    time_min = at.visit_min + horizon_min
    other_fall = fall_without_drug(scene, time_min / MIN_PER_H, chances)
    session = slice(0, int(np.searchsorted(since, session_min, side="right")))
    plasma = at.left(at.plasma, since[session]) + dose.plasma[:, session]
    ketamine = at.left(at.ketamine_ng_per_ml, since[session]) + dose.ketamine_ng_per_ml[:, session]
    rise = pressure_rise_mmhg(ratio[:, session], chances.sensitivity.systolic_mmhg)
    return Onward(
        madrs=expected_score(chances.people, drug_fall, other_fall, drifting(scene, time_min, chances)),
        most_cadss=cadss[:, session].max(axis=1),
        most_systolic_rise_mmhg=rise.max(axis=1),
        most_ketamine_ng_per_ml=ketamine.max(axis=1),
        most_block=(plasma / (1.0 + plasma)).max(axis=1),
    )
