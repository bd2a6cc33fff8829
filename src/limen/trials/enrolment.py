"""Who takes part: what the arms of one virtual trial share, and the new people of each arm.

One virtual trial is one draw of the population's parameters, one strength of drug and of all else that belongs to the
trial (its raters, its patients, its season), one kinetic model and one receptor potency. All arms share them. Each arm
has its own people. The chance of a trial depends on the seed and its number alone, that of an arm on its name too: so
trials may be computed in any order and anywhere, and an arm keeps its people when others come or go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, Integers
from limen.receptor import Potency, draw_brain_half_life, draw_potency
from limen.regimen import SCALES
from limen.response.conversion import CROSSWALKS, Crosswalk
from limen.response.drive import draw_crossing
from limen.response.parameters import Population
from limen.response.people import LINK_SD, MADRS_MOST, People, multiples
from limen.response.session import Sensitivity, draw_sensitivity
from limen.trials.exposures import name_key
from limen.trials.spec import Arm, TrialSpec

#: Share of the variance of a person's conversion error that stays with the person (ours: a scale that reads high for
#: somebody goes on doing so, which leaves 2.2 points of PHQ-9 from one time to the next).
STABLE_SHARE: Final = 0.75
#: Rows of normals of each person: baseline, drug, all else, drift, conversion. The rest is one rating a time.
PERSON_NORMALS: Final = 5


@dataclass(frozen=True)
class Trials:
    """What the arms of each of some virtual trials share. Arrays have shape ``(trials,)``.

    Parameters
    ----------
    numbers : Integers
        The trials' numbers.
    population : Population
        Response parameters.
    drug_strength, control_strength : Floats
        The trial's multiple of the effect of the drug and of all else.
    link : Floats
        Joint J7: fall of the score per point of CADSS above what is usual.
    potency : Potency
        Receptor potencies and unbound fraction.
    brain_half_life_min, glutamate_crossing : Floats
        Delay to the brain; block at which glutamate no longer rises.
    place : Floats
        Chooses the kinetic model, 0 to 1.
    """

    numbers: Integers
    population: Population
    drug_strength: Floats
    control_strength: Floats
    link: Floats
    potency: Potency
    brain_half_life_min: Floats
    glutamate_crossing: Floats
    place: Floats

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class Enrolled:
    """The people of one arm of some trials, one trial after the other. Arrays have shape ``(people,)``.

    Parameters
    ----------
    trial : Integers
        Row of each person's trial.
    people : People
        Their deviations, with MADRS as baseline.
    baseline : Floats
        On the trial's scale, as recorded.
    reads : Floats
        How the trial's scale reads in this person beside the crosswalk; 1 for MADRS.
    sensitivity : Sensitivity
        How they feel a session.
    place : Floats
        Chooses the row of the bank, 0 to 1.
    rating : Floats
        Standard normals of each rating, shape ``(people, times)``.
    """

    trial: Integers
    people: People
    baseline: Floats
    reads: Floats
    sensitivity: Sensitivity
    place: Floats
    rating: Floats


def trial_rng(seed: int, number: int, *names: str) -> np.random.Generator:
    """Give the chance of one virtual trial, or of one arm of it."""
    key = (number, *(name_key(name) for name in names))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def open_trials(spec: TrialSpec, posterior: Population, numbers: Sequence[int], *, assay: str, linked: bool) -> Trials:
    """Draw what each trial's arms share.

    Parameters
    ----------
    spec : TrialSpec
        Gives the seed.
    posterior : Population
        Draws of the parameters.
    numbers : sequence of int
        The trials.
    assay : str
        Joint J2.
    linked : bool
        Joint J7: False sets the slope on dissociation to 0.

    Returns
    -------
    Trials
        In the order of `numbers`.
    """
    rngs = [trial_rng(spec.seed, number) for number in numbers]
    population = posterior.take(np.array([rng.integers(len(posterior)) for rng in rngs]))
    normals = np.array([rng.standard_normal(3) for rng in rngs])
    return Trials(
        numbers=np.array(numbers),
        population=population,
        drug_strength=multiples(population["trial_drug_cv"], normals[:, 0]),
        control_strength=multiples(population["trial_control_cv"], normals[:, 1]),
        link=LINK_SD * normals[:, 2] * linked,
        potency=_joined([draw_potency(1, assay, rng) for rng in rngs]),
        brain_half_life_min=np.concatenate([draw_brain_half_life(1, rng) for rng in rngs]),
        glutamate_crossing=np.concatenate([draw_crossing(1, rng) for rng in rngs]),
        place=np.array([rng.random() for rng in rngs]),
    )


def _joined(rows: Sequence[Potency]) -> Potency:
    ligands = {name: np.concatenate([one.ic50_um[name] for one in rows]) for name in rows[0].ic50_um}
    return Potency(rows[0].assay, ligands, np.concatenate([one.fu_unbound for one in rows]))


def enrol(spec: TrialSpec, arm: Arm, trials: Trials) -> Enrolled:
    """Draw the new people of one arm in each of `trials`."""
    rngs = [trial_rng(spec.seed, int(number), arm.name) for number in trials.numbers]
    drawn = [rng.standard_normal((PERSON_NORMALS + len(spec.times_days), arm.n)) for rng in rngs]
    normals = np.concatenate(drawn, axis=1)
    places = np.concatenate([rng.random((2, arm.n)) for rng in rngs], axis=1)
    trial = np.repeat(np.arange(len(trials)), arm.n)
    baseline = own_baseline(spec, normals[0], places[0])
    madrs, reads = madrs_baseline(spec.scale, baseline, normals[4])
    population = trials.population.take(trial)
    return Enrolled(
        trial=trial,
        people=People(
            baseline=madrs,
            drug_strength=multiples(population["drug_cv"], normals[1]) * trials.drug_strength[trial],
            control_strength=multiples(population["control_cv"], normals[2]) * trials.control_strength[trial],
            drift=population["drift_sd_points"] * normals[3],
            link=trials.link[trial],
            rating_sd=population["rating_sd_points"],
        ),
        baseline=baseline,
        reads=reads,
        sensitivity=_felt_by([draw_sensitivity(arm.n, rng) for rng in rngs]),
        place=places[1],
        rating=normals[PERSON_NORMALS:].T,
    )


def _felt_by(groups: Sequence[Sensitivity]) -> Sensitivity:
    return Sensitivity(
        cadss_peak=np.concatenate([one.cadss_peak for one in groups]),
        threshold=np.concatenate([one.threshold for one in groups]),
        attenuated=np.concatenate([one.attenuated for one in groups]),
        systolic_mmhg=np.concatenate([one.systolic_mmhg for one in groups]),
        diastolic_mmhg=np.concatenate([one.diastolic_mmhg for one in groups]),
    )


def own_baseline(spec: TrialSpec, normal: Floats, place: Floats) -> Floats:
    """Give whole baselines within the scale, shape ``(people,)``; chance rounds up or down, so that the mean stays."""
    return np.clip(np.floor(spec.baseline_mean + spec.baseline_sd * normal + place), 0.0, SCALES[spec.scale].high)


def madrs_baseline(scale: str, baseline: Floats, normal: Floats) -> tuple[Floats, Floats]:
    """Give the MADRS behind a baseline of another scale, and how that scale reads in the person.

    Parameters
    ----------
    scale : str
        MADRS, or a scale with a crosswalk.
    baseline : Floats
        On that scale, shape ``(people,)``.
    normal : Floats
        Standard normals of the conversion error, shape ``(people,)``.

    Returns
    -------
    tuple of Floats
        MADRS, and the person's multiple of the crosswalk, shape ``(people,)`` each. The stable part of the error is
        known from the baseline on: whoever scores high for their MADRS goes on doing so, in proportion.
    """
    if scale not in CROSSWALKS:
        return baseline, np.ones_like(baseline)
    walk = CROSSWALKS[scale]
    usual = np.clip(baseline - np.sqrt(STABLE_SHARE) * walk.error_sd * normal, 0.5 * baseline, 2.0 * baseline)
    madrs = np.minimum(to_madrs(walk, usual), MADRS_MOST)
    there = walk.from_madrs(madrs)
    return madrs, np.divide(baseline, there, out=np.ones_like(baseline), where=there > 0.0)


def to_madrs(walk: Crosswalk, other: Floats) -> Floats:
    """Give the MADRS that corresponds to a total of the other scale, shape ``(people,)``; the crosswalk read back."""
    totals = np.linspace(0.0, MADRS_MOST, int(MADRS_MOST) * 20 + 1)
    return np.interp(other, walk.from_madrs(totals), totals)
