"""One course from what is given to what would be recorded, in the order things happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.chain.drives import Surge, branches, course_times, drug_visits
from limen.chain.evoked import evoked_by_stimulation
from limen.chain.joints import Joints
from limen.chain.reference import Brain, Reference, in_brain, odds, reference_course
from limen.circuit.surface import Cortex, cortex_of
from limen.kinetics import ConcentrationDraws, draw_concentrations
from limen.quantities import Floats, Integers
from limen.receptor import Potency, draw_brain_half_life, draw_potency, occupancy
from limen.regimen import Patient, Regimen
from limen.response.drive import draw_crossing
from limen.response.mood import Circumstances, crossover_share, drug_share, without_drug
from limen.response.parameters import Population
from limen.response.people import People, draw_people, expected_score
from limen.response.session import (
    MEAN_PEAK_CADSS,
    Sensitivity,
    dissociation,
    draw_sensitivity,
    felt_by_rhythm,
    felt_share,
    pressure_rise_mmhg,
    sessions_before,
)

#: Surplus of dissociation beyond which it adds no more to the benefit (ours: scores are skewed, effects are not).
MOST_SURPLUS_CADSS: Final = 20.0


@dataclass(frozen=True)
class Scene:
    """What one course is about.

    Parameters
    ----------
    patient, regimen : Patient, Regimen
        To whom, and what.
    circumstances : Circumstances
        Setting, background and design; joint J8.
    joints : Joints
        Sides taken.
    """

    patient: Patient
    regimen: Regimen
    circumstances: Circumstances
    joints: Joints


@dataclass(frozen=True)
class Chances:
    """All that is drawn before the course runs; one draw is one new person of one new trial under one belief.

    Parameters
    ----------
    population : Population
        Response parameters, one row a draw.
    people : People
        The persons' own deviations.
    sensitivity : Sensitivity
        How they feel a session.
    potency : Potency
        Receptor potencies and unbound fraction.
    brain_half_life_min, glutamate_crossing : Floats
        Shape ``(draws,)``.
    cortex : Floats
        From 0 to 1, shape ``(3, draws)``: which circuit is believed, how often stimulation is reported, and whether.
    """

    population: Population
    people: People
    sensitivity: Sensitivity
    potency: Potency
    brain_half_life_min: Floats
    glutamate_crossing: Floats
    cortex: Floats


@dataclass(frozen=True)
class Course:
    """One course, drawn many times. Arrays have shape ``(draws, times)`` over `time_min`.

    Parameters
    ----------
    time_min : Floats
        Shape ``(times,)``.
    concentrations : ConcentrationDraws
        Venous plasma.
    plasma, brain : Brain
        Exposure and block before and after the brain delay.
    felt : Floats
        How strongly the session is felt, the peak of a first reference infusion = 1.
    cadss : Floats
        CADSS before rounding.
    systolic_rise_mmhg, diastolic_rise_mmhg : Floats
        Rise of pressure.
    glutamate : Floats
        Over rest, the reference infusion's peak = 1; under ``J3=circuit`` the most that the circuit gives = 1.
    drug_fall, other_fall : Floats
        Fall of MADRS by the drug and by all else, points at the reference baseline.
    madrs : Floats
        Expected MADRS, before the error of one rating and before clipping.
    people : People
        Who they are.
    """

    time_min: Floats
    concentrations: ConcentrationDraws
    plasma: Brain
    brain: Brain
    felt: Floats
    cadss: Floats
    systolic_rise_mmhg: Floats
    diastolic_rise_mmhg: Floats
    glutamate: Floats
    drug_fall: Floats
    other_fall: Floats
    madrs: Floats
    people: People

    def columns(self, time_min: Floats) -> Integers:
        """Give the columns of the times asked for, shape ``(asked,)``, each of which is on the grid."""
        return np.searchsorted(self.time_min, time_min)


def draw_chances(patient: Patient, population: Population, joints: Joints, rng: np.random.Generator) -> Chances:
    """Draw the person, the trial and the pharmacology of each row of `population`."""
    draws = len(population)
    return Chances(
        population=population,
        people=draw_people(population, patient.baseline.get("MADRS"), linked=joints["J7"] == "free", rng=rng),
        sensitivity=draw_sensitivity(draws, rng),
        potency=draw_potency(draws, joints["J2"], rng),
        brain_half_life_min=draw_brain_half_life(draws, rng),
        glutamate_crossing=draw_crossing(draws, rng),
        cortex=rng.spawn(1)[0].random((3, draws)),
    )


def plasma_exposure(concentrations: ConcentrationDraws, assay: str, potency: Potency) -> Floats:
    """Give the sum of unbound concentration over IC50 of every draw, members one below the other."""
    rows, first = [], 0
    for member in concentrations.members:
        own = potency.rows(slice(first, first + member.draws))
        by_way = [odds(occupancy(analytes, assay=assay, potency=own)) for analytes in member.by_way]
        rows.append(np.sum(by_way, axis=0))
        first += member.draws
    return np.concatenate(rows)


def felt(exposure: Floats, block: Floats, scene: Scene, time_min: Floats, chances: Chances) -> Floats:
    """Give how strongly the session is felt by joint J6, shape ``(draws, times)``; `exposure` is over the reference."""
    if scene.joints["J6"] == "cut":
        return np.zeros_like(exposure)
    starts_min = tuple(visit.start_min for visit in drug_visits(scene.regimen))
    sessions = sessions_before(time_min, starts_min) if starts_min else np.zeros_like(time_min)
    if scene.joints["J6"] == "rhythm":
        rhythm = cortex_of(chances.cortex[0]).rhythm(block)
        evoked = evoked_by_stimulation(scene.regimen.stimulations, time_min, chances.cortex)
        return felt_by_rhythm(np.maximum(rhythm, evoked), sessions, chances.sensitivity)
    return felt_share(exposure, sessions, chances.sensitivity)


def surplus_cadss(felt_so_far: Floats, sensitivity: Sensitivity) -> Floats:
    """Give CADSS above what the same exposure gives on average, at the strongest moment so far.

    Parameters
    ----------
    felt_so_far : Floats
        Highest `felt` up to each time, shape ``(draws, times)``.
    sensitivity : Sensitivity
        The people.

    Returns
    -------
    Floats
        Points, within `MOST_SURPLUS_CADSS`, shape ``(draws, times)``.
    """
    above = (sensitivity.cadss_peak - MEAN_PEAK_CADSS)[:, None] * felt_so_far
    return np.clip(above, -MOST_SURPLUS_CADSS, MOST_SURPLUS_CADSS)


def link_fall(felt_so_far: Floats, drug_fall: Floats, chances: Chances) -> Floats:
    """Give the fall that goes with having felt more than others do at the same exposure (J7), with the drug's course.

    `felt_so_far` is the highest up to each time: what was felt later does not count earlier, and a higher dose alone
    adds nothing.
    """
    population = chances.population
    surplus = surplus_cadss(felt_so_far, chances.sensitivity)
    shape = drug_fall / (population["fast_points"] + population["slow_points"])[:, None]
    return np.asarray(chances.people.link[:, None] * surplus * shape)


def run_course(scene: Scene, asked_min: Floats, chances: Chances, rng: np.random.Generator) -> Course:
    """Run one course for every draw.

    Parameters
    ----------
    scene : Scene
        What it is about.
    asked_min : Floats
        Times that must be on the grid, shape ``(asked,)``, minutes since the first dose, any sign.
    chances : Chances
        What was drawn.
    rng : numpy.random.Generator
        Chance of the kinetics.

    Returns
    -------
    Course
        Over a grid that holds every time asked for.
    """
    time_min = course_times(scene.regimen, asked_min)
    draws = len(chances.population)
    concentrations = draw_concentrations(scene.patient, scene.regimen, time_min, draws=draws, rng=rng)
    return respond(scene, concentrations, chances)


def reference_of(joints: Joints, chances: Chances) -> Reference:
    """Give the reference infusion as each draw sees it under joints J1 and J2; no other joint changes it."""
    return reference_course(joints["J2"], chances.potency, brain_delay(joints, chances))


def brain_delay(joints: Joints, chances: Chances) -> Floats | None:
    """Give the half-life of the brain's delay in minutes, shape ``(draws,)``; None without joint J1."""
    return chances.brain_half_life_min if joints["J1"] == "delay" else None


def respond(
    scene: Scene, concentrations: ConcentrationDraws, chances: Chances, reference: Reference | None = None
) -> Course:
    """Carry drawn concentrations through the receptor, the session and mood; arguments as for `run_course`.

    Whoever asks for many courses of the same draws gives the `reference` that `reference_of` gave them.
    """
    joints, time_min = scene.joints, concentrations.time_min
    plasma = Brain(plasma_exposure(concentrations, joints["J2"], chances.potency))
    brain = in_brain(plasma.exposure, time_min, brain_delay(joints, chances))
    reference = reference or reference_of(joints, chances)
    ratio = brain.exposure / reference.peak_exposure
    felt_at = felt(ratio, brain.block, scene, time_min, chances)
    drug_fall = fall_by_drug(scene, brain, reference, felt_at=felt_at, time_h=time_min / 60.0, chances=chances)
    other_fall = fall_without_drug(scene, time_min / 60.0, chances)
    return Course(
        time_min=time_min,
        concentrations=concentrations,
        plasma=plasma,
        brain=brain,
        felt=felt_at,
        cadss=dissociation(felt_at, chances.sensitivity),
        systolic_rise_mmhg=pressure_rise_mmhg(ratio, chances.sensitivity.systolic_mmhg),
        diastolic_rise_mmhg=pressure_rise_mmhg(ratio, chances.sensitivity.diastolic_mmhg),
        glutamate=glutamate_course(brain, reference, chances, joints),
        drug_fall=drug_fall,
        other_fall=other_fall,
        madrs=expected_score(chances.people, drug_fall, other_fall, drifting(scene, time_min, chances)),
        people=chances.people,
    )


def fall_by_drug(
    scene: Scene, brain: Brain, reference: Reference, *, felt_at: Floats, time_h: Floats, chances: Chances
) -> Floats:
    """Give the fall of MADRS by both branches and by joint J7, points, shape ``(draws, times)``."""
    population = chances.population
    fast, slow = branches(
        brain,
        reference,
        time_h,
        population,
        crossing=chances.glutamate_crossing,
        joints=scene.joints,
        cortex=believed_cortex(chances, scene.joints),
    )
    own = drug_share(scene.circumstances, population)[:, None] * (fast + slow)
    return own + link_fall(np.maximum.accumulate(felt_at, axis=1), own, chances)


def drifting(scene: Scene, time_min: Floats, chances: Chances) -> Floats:
    """Give the share of each person's drift that has come, 0 before the first dose, shape ``(draws, times)``."""
    return crossover_share(scene.circumstances, chances.population)[:, None] * (time_min > 0.0)


def fall_without_drug(scene: Scene, time_h: Floats, chances: Chances) -> Floats:
    """Give the fall of MADRS by all else, points, shape ``(draws, times)``."""
    with_drug = drug_visits(scene.regimen)
    visits = tuple((visit.start_min / 60.0, visit in with_drug) for visit in scene.regimen.visits)
    return without_drug(time_h, visits, scene.circumstances, chances.population)


def glutamate_course(brain: Brain, reference: Reference, chances: Chances, joints: Joints) -> Floats:
    """Give glutamate over rest by joint J3, shape ``(draws, times)``; see `Surge.over_rest` for its unit."""
    surge = surge_of(joints, chances)
    return surge.over_rest(brain.block, reference.peak_block)


def surge_of(joints: Joints, chances: Chances) -> Surge:
    """Give joint J3 as every draw believes it."""
    return Surge(joints["J3"], chances.glutamate_crossing, believed_cortex(chances, joints))


def believed_cortex(chances: Chances, joints: Joints) -> Cortex | None:
    """Give what each draw believes of the circuit where joint J3 reads it."""
    return cortex_of(chances.cortex[0]) if joints["J3"] == "circuit" else None
