"""From where a person stands at a visit to what one more dose would do: only what is new is computed.

Concentrations add up, so what the brain meets after the visit is what is left of before plus what the new dose brings,
and both branches of mood go on from where they stand.

Many options share one history and, by route and duration, one course of 1 mg; and under two sides of a joint all is
shared that does not read it. The plain path is `respond`, which carries the whole regimen from the beginning; the two
are held together by a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from limen.chain.course import (
    Chances,
    Course,
    Scene,
    brain_delay,
    drifting,
    fall_without_drug,
    felt,
    link_fall,
    reference_of,
    surge_of,
)
from limen.chain.drives import drive, saturates
from limen.chain.joints import Joints
from limen.chain.paces import Paces, driven_fast, driven_slow, paces
from limen.chain.reference import Brain, Reference, in_brain
from limen.quantities import Floats, Integers
from limen.response.drive import area
from limen.response.mood import drug_share
from limen.response.people import expected_score
from limen.response.session import dissociation, pressure_rise_mmhg

MIN_PER_H: Final = 60.0


def nearest(grid_min: Floats, asked_min: Floats) -> Integers:
    """Give the columns of a grid that are nearest to the times asked for, shape ``(asked,)``."""
    return np.asarray(np.abs(grid_min[None, :] - asked_min[:, None]).argmin(axis=1))


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
    fast : Floats
        F of `limen.response.mood`, shape ``(draws,)``.
    slow : tuple of Floats
        M and S, shape ``(draws,)`` each.
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
    fast: Floats
    slow: tuple[Floats, Floats]
    most_felt: Floats
    tail_min: Floats
    plasma: Floats
    brain: Floats
    ketamine_ng_per_ml: Floats

    def left(self, of_before: Floats, since_min: Floats) -> Floats:
        """Read what is left of before at other minutes since the visit, straight between two of the tail."""
        place = np.clip(np.searchsorted(self.tail_min, since_min, side="right") - 1, 0, len(self.tail_min) - 2)
        first, last = self.tail_min[place], self.tail_min[place + 1]
        share = np.clip((since_min - first) / (last - first), 0.0, 1.0)
        return of_before[:, place] * (1.0 - share) + of_before[:, place + 1] * share


def half_dose(chances: Chances, joint: str) -> Floats:
    """Give the block, that of the reference being 1, that drives the branch of joint J4 or J5 half of its most."""
    return chances.population["fast_half_dose" if joint == "J4" else "slow_half_dose"]


def usual_area(reference: Reference, scene: Scene, chances: Chances, joint: str) -> Floats:
    """Give the area of one branch's drive over one reference infusion, hours, shape ``(draws, 1)``."""
    driven = driven_by(reference.brain.block, reference, scene, chances, joint=joint)
    return area(driven, reference.time_h)[:, None]


def driven_by(block: Floats, reference: Reference, scene: Scene, chances: Chances, *, joint: str) -> Floats:
    """Give what drives the branch of joint J4 or J5 under a block of shape ``(draws, times)``."""
    surge, half = surge_of(scene.joints, chances), half_dose(chances, joint)
    return drive(block, reference.peak_block, half, surge, word=scene.joints[joint])


def per_reference(usual: Floats) -> Floats:
    """Give what a drive is divided by to count reference infusions; a drive that is cut stays 0."""
    return np.where(usual > 0.0, usual, np.inf)


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
    reference = reference_of(scene.joints, chances)
    before, none = slice(0, at + 1), np.zeros(len(chances.population))
    block = Brain(course.brain.exposure[:, before]).block
    usual = (usual_area(reference, scene, chances, "J4"), usual_area(reference, scene, chances, "J5"))
    fast, slow = (
        driven_by(block, reference, scene, chances, joint=joint) / per_reference(area)
        for joint, area in zip(("J4", "J5"), usual, strict=True)
    )
    pace = paces(course.time_min[before] / MIN_PER_H, chances.population, saturates=saturates(scene.joints))
    first = np.array([0])
    after = slice(at, None)
    return Standing(
        scene=scene,
        chances=chances,
        reference=reference,
        usual=usual,
        visit_min=visit_min,
        fast=driven_fast(none, fast.T, pace, first)[1],
        slow=driven_slow((none, none), slow.T, pace, first)[1],
        most_felt=course.felt[:, before].max(axis=1),
        tail_min=course.time_min[after] - visit_min,
        plasma=course.plasma.exposure[:, after],
        brain=course.brain.exposure[:, after],
        ketamine_ng_per_ml=course.concentrations.analyte("ketamine")[:, after],
    )


@dataclass(frozen=True)
class NewDose:
    """What a new visit brings beside what is left of before, by minutes since the visit; times come first in memory.

    Parameters
    ----------
    since_min : Floats
        Rising from 0, shape ``(times,)``.
    plasma, brain, ketamine_ng_per_ml : Floats
        Exposure before and after the brain delay, and ketamine in venous plasma, by the visit alone, shape
        ``(draws, times)``.
    plasma_left, brain_left, ketamine_left_ng_per_ml : Floats
        The same by all that was given before.
    """

    since_min: Floats
    plasma: Floats
    brain: Floats
    ketamine_ng_per_ml: Floats
    plasma_left: Floats
    brain_left: Floats
    ketamine_left_ng_per_ml: Floats


def new_dose(plasma: Floats, ketamine_ng_per_ml: Floats, since_min: Floats, at: Standing) -> NewDose:
    """Delay what a visit brings to plasma on its way to the brain, and set it beside what is left of before."""
    half_life_min = brain_delay(at.scene.joints, at.chances)
    across = np.asfortranarray(plasma)
    return NewDose(
        since_min=since_min,
        plasma=across,
        brain=np.asfortranarray(in_brain(across, since_min, half_life_min).exposure),
        ketamine_ng_per_ml=np.asfortranarray(ketamine_ng_per_ml),
        plasma_left=np.asfortranarray(at.left(at.plasma, since_min)),
        brain_left=np.asfortranarray(at.left(at.brain, since_min)),
        ketamine_left_ng_per_ml=np.asfortranarray(at.left(at.ketamine_ng_per_ml, since_min)),
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


#: One part of a passage, and the sides of the joints that it reads.
PartKey = tuple[str, tuple[str, ...]]
#: Arrays of one part; each has shape ``(draws,)`` or ``(draws, horizons)``.
Part = tuple[Floats, ...]
#: Joints that the parts of a passage read; J3 beside them where a branch is driven by glutamate.
READS: Final = {"body": ("J1", "J2"), "feeling": ("J1", "J2", "J6"), "J4": ("J1", "J2"), "J5": ("J1", "J2")}


def part_key(joints: Joints, name: str) -> PartKey:
    """Give what a part of a passage is known by: sides of joints that it does not read make no other part."""
    read = [joints[one] for one in READS[name]]
    if name in {"J4", "J5"}:
        read += [joints[name], joints["J3"] if joints[name] == "glutamate" else ""]
    return name, tuple(read)


@dataclass(frozen=True)
class OneMore:
    """One more visit, for every draw, in some amounts: options stand side by side with times, times first in memory.

    Parameters
    ----------
    at : Standing
        Where they stand.
    scene : Scene
        The same with the visit added to what is given.
    dose, pace : callable
        Give what it brings, whose times hold every horizon, and how mood fades over those times.
    factors : Floats
        By which the amounts differ from the one that `dose` was computed for, shape ``(options,)``.
    horizon_min : Floats
        Minutes since the visit, shape ``(horizons,)``.
    session_min : float
        Minutes after which a session is over.
    """

    at: Standing
    scene: Scene
    dose: Callable[[], NewDose]
    pace: Callable[[], Paces]
    factors: Floats
    horizon_min: Floats
    session_min: float

    def passages(self, known: Sequence[dict[PartKey, Part]]) -> Iterator[Passage]:
        """Carry every draw's body and brain on; what is known of each option is taken, and what is not is added."""
        work: Mapping[str, Callable[[], Part]] = {
            "body": self._body,
            "feeling": self._feeling,
            "J4": lambda: self._branch("J4"),
            "J5": lambda: self._branch("J5"),
        }
        keys = {name: part_key(self.scene.joints, name) for name in READS}
        for name, key in keys.items():
            if any(key not in one for one in known):
                found = work[name]()
                for k, one in enumerate(known):
                    one[key] = tuple(part[k] for part in found)
        for one in known:
            body, feeling, fast, slow = (one[keys[name]] for name in READS)
            yield Passage(self._drug_fall(fast[0], slow[0]), *feeling, *body)

    def _drug_fall(self, fast: Floats, slow: Floats) -> Floats:
        population = self.at.chances.population
        points = population["fast_points"][:, None] * fast + population["slow_points"][:, None] * slow
        return np.asarray(drug_share(self.at.scene.circumstances, population)[:, None] * points)

    @cached_property
    def _brought(self) -> NewDose:
        return self.dose()

    @cached_property
    def _brain(self) -> Floats:
        return self._amounts(self._brought.brain_left, self._brought.brain)

    def _amounts(self, left: Floats, brought: Floats) -> Floats:
        """Add every amount to what is left, both ``(draws, times)``; gives ``(times, options, draws)``."""
        return left.T[:, None] + self.factors[None, :, None] * brought.T[:, None]

    def _beside(self, of_options: Floats) -> Floats:
        """Set options beside times, ``(draws, times x options)``, as the science reads them."""
        return of_options.reshape(-1, of_options.shape[-1]).T

    def _apart(self, beside: Floats) -> Floats:
        """Set them apart again, ``(times, options, draws)``."""
        return beside.T.reshape(-1, len(self.factors), beside.shape[0])

    @cached_property
    def _columns(self) -> Integers:
        return nearest(self._brought.since_min, self.horizon_min)

    @cached_property
    def _session(self) -> slice:
        return slice(0, int(np.searchsorted(self._brought.since_min, self.session_min, side="right")))

    @cached_property
    def _block(self) -> Floats:
        return Brain(self._beside(self._brain)).block

    @cached_property
    def _ratio(self) -> Floats:
        """Exposure of the session beside the peak of the reference infusion."""
        return self._beside(self._brain[self._session]) / self.at.reference.peak_exposure

    def _body(self) -> Part:
        dose, session = self._brought, self._session
        highest = self._amounts(dose.plasma_left[:, session], dose.plasma[:, session]).max(axis=0)
        ketamine = self._amounts(dose.ketamine_left_ng_per_ml[:, session], dose.ketamine_ng_per_ml[:, session])
        rise = self._apart(pressure_rise_mmhg(self._ratio, self.at.chances.sensitivity.systolic_mmhg))
        return rise.max(axis=0), ketamine.max(axis=0), highest / (1.0 + highest)

    def _feeling(self) -> Part:
        at, many = self.at, len(self.factors)
        time_min = np.repeat(at.visit_min + self._brought.since_min[self._session], many)
        felt_at = felt(self._ratio, self._block[:, : len(time_min)], self.scene, time_min, at.chances)
        so_far = np.maximum(np.maximum.accumulate(self._apart(felt_at), axis=0), at.most_felt)
        until = so_far[np.minimum(self._columns, len(so_far) - 1)]
        most = self._apart(dissociation(felt_at, at.chances.sensitivity)).max(axis=0)
        return np.moveaxis(until, 0, -1), most

    def _branch(self, joint: str) -> Part:
        """Give the level of the branch of joint J4 or J5 at each horizon, in reference infusions."""
        at, pace = self.at, self.pace()
        usual = at.usual[0] if joint == "J4" else at.usual[1]
        by_hour = driven_by(self._block, at.reference, at.scene, at.chances, joint=joint) / per_reference(usual)
        driven = self._apart(by_hour)
        if joint == "J4":
            found, _ = driven_fast(at.fast, driven, pace, self._columns)
        else:
            found, _ = driven_slow(at.slow, driven, pace, self._columns)
        return (np.moveaxis(found, 0, -1),)


def without_the_drug(at: Standing, scene: Scene, horizon_min: Floats) -> Floats:
    """Give the fall by all but the drug at each horizon, by joint J8, points, shape ``(draws, horizons)``."""
    return fall_without_drug(scene, (at.visit_min + horizon_min) / MIN_PER_H, at.chances)


def scored(
    at: Standing, chances: Chances, passages: Sequence[Passage], other_falls: Sequence[Floats], horizon_min: Floats
) -> list[Floats]:
    """Give the expected MADRS at each horizon after each passage, by joint J7, shape ``(draws, horizons)`` each.

    Options stand side by side with horizons, as times do elsewhere.
    """
    begun = drifting(at.scene, np.tile(at.visit_min + horizon_min, len(passages)), chances)
    by_drug = np.concatenate([one.drug_fall for one in passages], axis=1)
    felt_until = np.concatenate([one.felt_until for one in passages], axis=1)
    drug_fall = by_drug + link_fall(felt_until, by_drug, chances)
    madrs = expected_score(chances.people, drug_fall, np.concatenate(other_falls, axis=1), begun)
    return np.split(madrs, len(passages), axis=1)
