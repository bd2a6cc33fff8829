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
    believed_cortex,
    drifting,
    fall_without_drug,
    felt,
    link_fall,
)
from limen.chain.drives import Surge, drive
from limen.chain.reference import Brain, Reference, in_brain, reference_course
from limen.quantities import Floats, Integers
from limen.response.drive import area
from limen.response.mood import HOURS_PER_DAY, drug_share
from limen.response.parameters import Population
from limen.response.people import expected_score
from limen.response.session import dissociation, pressure_rise_mmhg

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


@dataclass(frozen=True)
class Paces:
    """How both branches fade over the steps of a grid; the same for every option that is looked at on it.

    Parameters
    ----------
    hours : Floats
        Length of each step, shape ``(steps,)``.
    slow_fade_h, room : Floats
        Time constant and ceiling of the slow branch, shape ``(draws,)``.
    fast_kept, waiting_kept : Floats
        Share that is left after each step, shape ``(steps, draws)``.
    fast_gain, waiting_gain : Floats
        What a drive of 1 per hour adds over each step, shape ``(steps, draws)``.
    """

    hours: Floats
    slow_fade_h: Floats
    room: Floats
    fast_kept: Floats
    waiting_kept: Floats
    fast_gain: Floats
    waiting_gain: Floats


def paces(time_h: Floats, population: Population, *, saturates: bool) -> Paces:
    """Work out the paces of a grid of shape ``(times,)``; `saturates` False is the additive rival of joint J5."""
    hours = np.diff(time_h)
    fade_h, delay_h = population["fast_fade_d"] * HOURS_PER_DAY, population["slow_delay_h"]
    fast_kept, waiting_kept = np.exp(-hours[:, None] / fade_h), np.exp(-hours[:, None] / delay_h)
    return Paces(
        hours=hours,
        slow_fade_h=population["slow_fade_d"] * HOURS_PER_DAY,
        room=population["slow_ceiling"] if saturates else np.full(len(population), np.inf),
        fast_kept=fast_kept,
        waiting_kept=waiting_kept,
        fast_gain=fade_h * (1.0 - fast_kept),
        waiting_gain=delay_h * (1.0 - waiting_kept),
    )


def driven(start: Branches, fast: Floats, slow: Floats, pace: Paces, kept: Integers) -> tuple[Floats, Floats, Branches]:
    """Drive both branches on from where they stand.

    Parameters
    ----------
    start : Branches
        At the first time.
    fast, slow : Floats
        Drives over their area in one reference infusion, per hour, shape ``(draws, times)``.
    pace : Paces
        Of the grid.
    kept : Integers
        Columns that are wanted, shape ``(kept,)``.

    Returns
    -------
    tuple of Floats, Floats and Branches
        F and S, shape ``(draws, kept)``, and where the branches stand in the end.
    """
    level, waiting, state = start.fast, start.waiting, start.slow
    found = {0: (level, state)}
    # One step after the other is read, so times come first in memory: a stride through all draws would be slow.
    fast_supply, slow_supply = (np.ascontiguousarray((0.5 * (one[:, :-1] + one[:, 1:])).T) for one in (fast, slow))
    fast_gain = fast_supply * pace.fast_gain
    slow_gain = slow_supply * pace.waiting_gain
    for k, hours in enumerate(pace.hours.tolist()):
        level = level * pace.fast_kept[k] + fast_gain[k]
        after = waiting * pace.waiting_kept[k] + slow_gain[k]
        inflow = slow_supply[k] - (after - waiting) / hours
        rate = inflow / pace.room + 1.0 / pace.slow_fade_h
        towards = inflow / rate
        state = towards + (state - towards) * np.exp(-rate * hours)
        waiting = after
        if k + 1 in kept:
            found[k + 1] = (level, state)
    all_fast, all_slow = (np.stack([found[int(k)][branch] for k in kept], axis=1) for branch in (0, 1))
    return all_fast, all_slow, Branches(level, waiting, state)


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
    usual : tuple of Floats
        Area of the drive of the fast and of the slow branch over it, hours, shape ``(draws, 1)``.
    visit_min : float
        When the next visit is.
    branches : Branches
        Of mood, then.
    most_felt : Floats
        How strongly a session was felt at its strongest so far, first reference = 1, shape ``(draws,)``.
    tail_min : Floats
        Minutes since the visit at which what is left of before is known, shape ``(tail,)``; the first is 0.
    plasma, brain, ketamine_ng_per_ml : Floats
        What is left of before: exposure before and after the brain delay, and ketamine; shape ``(draws, tail)``.
    """

    scene: Scene
    chances: Chances
    reference: Reference
    usual: tuple[Floats, Floats]
    visit_min: float
    branches: Branches
    most_felt: Floats
    tail_min: Floats
    plasma: Floats
    brain: Floats
    ketamine_ng_per_ml: Floats

    def drives(self, exposure: Floats) -> tuple[Floats, Floats]:
        """Give what drives the fast and the slow branch under an exposure of shape ``(draws, times)``, per hour."""
        return both_drives(Brain(exposure), self.reference, self.usual, self.scene, self.chances)

    def left(self, of_before: Floats, since_min: Floats) -> Floats:
        """Read what is left of before at other minutes since the visit, straight between two of the tail."""
        place = np.clip(np.searchsorted(self.tail_min, since_min, side="right") - 1, 0, len(self.tail_min) - 2)
        first, last = self.tail_min[place], self.tail_min[place + 1]
        share = np.clip((since_min - first) / (last - first), 0.0, 1.0)
        return of_before[:, place] * (1.0 - share) + of_before[:, place + 1] * share


def halves(chances: Chances, scene: Scene) -> tuple[tuple[str, Floats], tuple[str, Floats]]:
    """Give for each branch the word of its joint and the ratio at which its drive is half of its most."""
    population, joints = chances.population, scene.joints
    return (joints["J4"], population["fast_half_dose"]), (joints["J5"], population["slow_half_dose"])


def usual_areas(reference: Reference, scene: Scene, chances: Chances) -> tuple[Floats, Floats]:
    """Give the area of each branch's drive over one reference infusion, hours, shape ``(draws, 1)`` each."""
    block, surge = reference.brain.block, surge_of(scene, chances)
    fast, slow = (
        area(drive(block, reference.peak_block, half, surge, word=word), reference.time_h)[:, None]
        for word, half in halves(chances, scene)
    )
    return fast, slow


def surge_of(scene: Scene, chances: Chances) -> Surge:
    """Give joint J3 as every draw believes it."""
    return Surge(scene.joints["J3"], chances.glutamate_crossing, believed_cortex(chances, scene.joints))


def both_drives(
    exposed: Brain, reference: Reference, usual: tuple[Floats, Floats], scene: Scene, chances: Chances
) -> tuple[Floats, Floats]:
    """Give the drives of both branches by joints J3, J4 and J5, over their area in one reference infusion, per hour."""
    surge = surge_of(scene, chances)
    fast, slow = (
        drive(exposed.block, reference.peak_block, half, surge, word=word) / np.where(whole > 0.0, whole, np.inf)
        for (word, half), whole in zip(halves(chances, scene), usual, strict=True)
    )
    return fast, slow


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
    usual = usual_areas(reference, scene, chances)
    fast, slow = both_drives(Brain(course.brain.exposure[:, before]), reference, usual, scene, chances)
    saturates = scene.joints["J5"] != "additive"
    pace = paces(course.time_min[before] / MIN_PER_H, chances.population, saturates=saturates)
    *_, now = driven(at_rest(len(chances.population)), fast, slow, pace, np.array([0]))
    after = slice(at, None)
    return Standing(
        scene=scene,
        chances=chances,
        reference=reference,
        usual=usual,
        visit_min=visit_min,
        branches=now,
        most_felt=course.felt[:, before].max(axis=1),
        tail_min=course.time_min[after] - visit_min,
        plasma=course.plasma.exposure[:, after],
        brain=course.brain.exposure[:, after],
        ketamine_ng_per_ml=course.concentrations.analyte("ketamine")[:, after],
    )


@dataclass(frozen=True)
class NewDose:
    """What a new visit brings beside what is left of before, by minutes since the visit.

    Parameters
    ----------
    since_min : Floats
        Rising from 0, shape ``(times,)``.
    pace : Paces
        Of mood over these times.
    plasma, brain, ketamine_ng_per_ml : Floats
        Exposure before and after the brain delay, and ketamine in venous plasma, by the visit alone, shape
        ``(draws, times)``.
    plasma_left, brain_left, ketamine_left_ng_per_ml : Floats
        The same by all that was given before.
    """

    since_min: Floats
    pace: Paces
    plasma: Floats
    brain: Floats
    ketamine_ng_per_ml: Floats
    plasma_left: Floats
    brain_left: Floats
    ketamine_left_ng_per_ml: Floats


def new_dose(plasma: Floats, ketamine_ng_per_ml: Floats, since_min: Floats, at: Standing) -> NewDose:
    """Delay what a visit brings to plasma on its way to the brain, and set it beside what is left of before."""
    delayed = at.scene.joints["J1"] == "delay"
    half_life_min = at.chances.brain_half_life_min if delayed else None
    saturates = at.scene.joints["J5"] != "additive"
    return NewDose(
        since_min=since_min,
        pace=paces(since_min / MIN_PER_H, at.chances.population, saturates=saturates),
        plasma=plasma,
        brain=in_brain(plasma, since_min, half_life_min).exposure,
        ketamine_ng_per_ml=ketamine_ng_per_ml,
        plasma_left=at.left(at.plasma, since_min),
        brain_left=at.left(at.brain, since_min),
        ketamine_left_ng_per_ml=at.left(at.ketamine_ng_per_ml, since_min),
    )


@dataclass(frozen=True)
class Passage:
    """What one more visit does to body and brain, before joints J7 and J8 have their say.

    Parameters
    ----------
    drug_fall : Floats
        Fall of MADRS by both branches at each horizon, points, shape ``(draws, horizons)``.
    felt_until : Floats
        How strongly a session was felt at its strongest until each horizon, shape ``(draws, horizons)``.
    most_cadss, most_systolic_rise_mmhg : Floats
        Highest in the session, shape ``(draws,)``.
    most_ketamine_ng_per_ml, most_block : Floats
        Highest in plasma: ketamine, and the share of receptors that it would hold, shape ``(draws,)``.
    """

    drug_fall: Floats
    felt_until: Floats
    most_cadss: Floats
    most_systolic_rise_mmhg: Floats
    most_ketamine_ng_per_ml: Floats
    most_block: Floats


def passage(
    at: Standing, scene: Scene, dose: NewDose, factor: float, *, horizon_min: Floats, session_min: float
) -> Passage:
    """Carry every draw's body and brain on under one more visit.

    Parameters
    ----------
    at : Standing
        Where they stand.
    scene : Scene
        The same with the visit added to what is given.
    dose : NewDose
        What it brings; its times hold every horizon.
    factor : float
        By which its amount differs from the one that `dose` was computed for.
    horizon_min : Floats
        Minutes since the visit, shape ``(horizons,)``.
    session_min : float
        Minutes after which a session is over.

    Returns
    -------
    Passage
    """
    chances, columns = at.chances, nearest(dose.since_min, horizon_min)
    brain = dose.brain_left + factor * dose.brain
    session = slice(0, int(np.searchsorted(dose.since_min, session_min, side="right")))
    ratio = brain[:, session] / at.reference.peak_exposure
    felt_at = felt(ratio, Brain(brain[:, session]).block, scene, at.visit_min + dose.since_min[session], chances)
    so_far = np.maximum(np.maximum.accumulate(felt_at, axis=1), at.most_felt[:, None])
    highest = (dose.plasma_left[:, session] + factor * dose.plasma[:, session]).max(axis=1)
    ketamine = dose.ketamine_left_ng_per_ml[:, session] + factor * dose.ketamine_ng_per_ml[:, session]
    return Passage(
        drug_fall=drug_falls(at, dose, brain, columns),
        felt_until=so_far[:, np.minimum(columns, so_far.shape[1] - 1)],
        most_cadss=dissociation(felt_at, chances.sensitivity).max(axis=1),
        most_systolic_rise_mmhg=pressure_rise_mmhg(ratio, chances.sensitivity.systolic_mmhg).max(axis=1),
        most_ketamine_ng_per_ml=ketamine.max(axis=1),
        most_block=highest / (1.0 + highest),
    )


def drug_falls(at: Standing, dose: NewDose, brain: Floats, columns: Integers) -> Floats:
    """Give the fall of MADRS by both branches, points, shape ``(draws, columns)``."""
    population = at.chances.population
    fast, slow, _ = driven(at.branches, *at.drives(brain), dose.pace, columns)
    points = population["fast_points"][:, None] * fast + population["slow_points"][:, None] * slow
    return np.asarray(drug_share(at.scene.circumstances, population)[:, None] * points)


def without_the_drug(at: Standing, scene: Scene, horizon_min: Floats) -> Floats:
    """Give the fall by all but the drug at each horizon, by joint J8, points, shape ``(draws, horizons)``."""
    return fall_without_drug(scene, (at.visit_min + horizon_min) / MIN_PER_H, at.chances)


def scored(at: Standing, passed: Passage, other_fall: Floats, horizon_min: Floats) -> Floats:
    """Give the expected MADRS at each horizon after a passage, by joint J7, shape ``(draws, horizons)``."""
    begun = drifting(at.scene, at.visit_min + horizon_min, at.chances)
    drug_fall = passed.drug_fall + link_fall(passed.felt_until, passed.drug_fall, at.chances)
    return expected_score(at.chances.people, drug_fall, other_fall, begun)
