"""From block to the two branches of mood, by joints J3, J4 and J5, beside the reference infusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.chain.joints import Joints
from limen.chain.reference import Brain, Reference, in_brain, odds, reference_course, typical_exposure
from limen.circuit.surface import Cortex, typical_cortex
from limen.evidence import finding
from limen.kinetics import typical_concentrations
from limen.quantities import Floats, array_namespace
from limen.receptor import typical_potency
from limen.regimen import Patient, Regimen, Visit, read_visit
from limen.response.drive import area, glutamate_surge, saturating
from limen.response.mood import Walk, by_steps, fast_branch, slow_branch
from limen.response.parameters import Population

#: Minutes after the end of a dose at which the course is computed, beside the times asked for (ours: up to a week, by
#: which nothing is left; norketamine after esketamine is the slowest).
AFTER_DOSE_MIN: Final = (
    *(0, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720),
    *(1080, 1440, 2160, 2880, 3600, 4320, 5760, 7200, 10080),
)
#: Parts into which the time of giving is cut.
PARTS_OF_DOSE: Final = 6
TYPICAL_WEIGHT_KG: Final = 80.0


def drug_visits(regimen: Regimen) -> tuple[Visit, ...]:
    """Give the visits at which ketamine or esketamine is given."""
    return tuple(visit for visit in regimen.visits if any(dose in regimen.active for dose in visit.doses))


def course_times(regimen: Regimen, asked_min: Floats) -> Floats:
    """Give the times at which a course is computed.

    Parameters
    ----------
    regimen : Regimen
        Its active doses get a fine grid around them.
    asked_min : Floats
        Shape ``(asked,)``, minutes since the first dose.

    Returns
    -------
    Floats
        Rising, shape ``(times,)``; holds every time asked for and 0.
    """
    grids = [asked_min, np.array([0.0])]
    grids += [np.array([one.start_min, one.end_min]) for one in regimen.stimulations]
    for dose in regimen.active:
        grids.append(np.linspace(dose.start_min, dose.end_min, PARTS_OF_DOSE + 1))
        grids.append(dose.end_min + np.array(AFTER_DOSE_MIN, dtype=np.float64))
    grid = np.unique(np.concatenate(grids))
    return grid[grid <= max(float(asked_min.max()), 0.0)]


@dataclass(frozen=True, eq=False)
class Surge:
    """Joint J3: how glutamate follows block.

    Parameters
    ----------
    word : str
        The word of the joint.
    crossing : Floats
        Ratio at which glutamate no longer rises, shape ``(draws,)``; side ``dose_curve``.
    cortex : Cortex, optional
        What each draw believes of the circuit; side ``circuit``. Without it all believe the mean.
    """

    word: str
    crossing: Floats
    cortex: Cortex | None = None

    def over_rest(self, block: Floats, peak_block: Floats) -> Floats:
        """Give glutamate over rest, shape ``(draws, times)``.

        By ``dose_curve`` the reference infusion's peak is 1, by ``circuit`` the most that each circuit gives.
        """
        if self.word == "cut":
            return np.zeros(np.broadcast_shapes(block.shape, (len(self.crossing), 1)))
        if self.word == "circuit":
            cortex = self.cortex or typical_cortex()
            return cortex.glutamate(block) / cortex.most_glutamate
        return glutamate_surge(block / peak_block, self.crossing)


def drive(block: Floats, peak_block: Floats, half: Floats, surge: Surge, *, word: str) -> Floats:
    """Give what drives a branch.

    Parameters
    ----------
    block : Floats
        Shape ``(draws, times)``.
    peak_block : Floats
        Highest block of the reference infusion, shape ``(draws, 1)``.
    half : Floats
        Half-saturating block, reference = 1, shape ``(draws,)``.
    surge : Surge
        Joint J3.
    word : str
        The word of joint J4 or J5.

    Returns
    -------
    Floats
        Never negative, shape ``(draws, times)``; 0 where the arrow is cut.
    """
    if word == "cut":
        return np.zeros(np.broadcast_shapes(block.shape, (len(half), 1)))
    if word == "glutamate":
        return np.maximum(surge.over_rest(block, peak_block), 0.0)
    if word == "exposure":
        return odds(block) / odds(peak_block)
    return saturating(block / peak_block, half)


def beside_reference(of_course: Floats, of_reference: Floats, reference: Reference) -> Floats:
    """Divide a drive by its area over one reference infusion, per hour; a drive that is cut stays 0."""
    whole, xp = area(of_reference, reference.time_h)[:, None], array_namespace(of_reference)
    driven: Floats = of_course / xp.where(whole > 0.0, whole, np.inf)
    return driven


def saturates(joints: Joints) -> bool:
    """Tell whether the slow branch has a ceiling."""
    return joints["J5"] != "additive"


def branches(
    exposed: Brain,
    reference: Reference,
    time_h: Floats,
    population: Population,
    *,
    crossing: Floats,
    joints: Joints,
    walk: Walk = by_steps,
    cortex: Cortex | None = None,
) -> tuple[Floats, Floats]:
    """Give the fall of MADRS by the fast and by the slow branch.

    Parameters
    ----------
    exposed, reference : Brain, Reference
        The course and the reference infusion; one row, or one a draw.
    time_h : Floats
        Of the course, shape ``(times,)``, or one row a draw.
    population : Population
        Shape ``(draws,)``.
    crossing : Floats
        Ratio at which glutamate no longer rises, shape ``(draws,)``.
    joints : Joints
        Sides of J3, J4 and J5.
    walk : callable
        How time is walked through.
    cortex : Cortex, optional
        What each draw believes of the circuit, read by one side of J3; without it all believe the mean.

    Returns
    -------
    tuple of Floats
        Points at the reference baseline, fast and slow, shape ``(draws, times)``.
    """
    peak_block, surge, driven = reference.peak_block, Surge(joints["J3"], crossing, cortex), []
    for word, half in ((joints["J4"], population["fast_half_dose"]), (joints["J5"], population["slow_half_dose"])):
        of_course = drive(exposed.block, peak_block, half, surge, word=word)
        of_reference = drive(reference.brain.block, peak_block, half, surge, word=word)
        driven.append(beside_reference(of_course, of_reference, reference))
    ceiling = saturates(joints)
    return (
        population["fast_points"][:, None] * fast_branch(driven[0], time_h, population, walk),
        population["slow_points"][:, None] * slow_branch(driven[1], time_h, population, walk, saturates=ceiling),
    )


def typical_course(
    drug: str, route: str, dose: str, days: tuple[float, ...], asked_min: Floats
) -> tuple[Brain, Reference, Floats]:
    """Give what the typical trial participant's receptors meet under a dose given on some days.

    Parameters
    ----------
    drug, route, dose : str
        As in a case file.
    days : tuple of float
        Dosing days.
    asked_min : Floats
        Times that must be on the grid, shape ``(asked,)``, minutes.

    Returns
    -------
    tuple of Brain, Reference, Floats
        One row each, and the minutes of the course, shape ``(times,)``.
    """
    adult = Patient(weight_kg=TYPICAL_WEIGHT_KG)
    visits = tuple(read_visit(dose, drug=drug, route=route, patient=adult, start_min=day * 1440.0) for day in days)
    regimen = Regimen(visits)
    time_min = course_times(regimen, asked_min)
    potency = typical_potency("in_vivo")
    half_life_min = np.array([finding("effect_site_half_life_prior").number()])
    concentrations = typical_concentrations(adult, regimen, time_min, sampled="venous", model="ensemble")
    brain = in_brain(typical_exposure(concentrations, "in_vivo", potency), time_min, half_life_min)
    return brain, reference_course("in_vivo", potency, half_life_min), time_min
