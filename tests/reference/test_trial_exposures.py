"""The short cut of virtual trials beside the plain path: every infusion of every person computed for itself."""

from dataclasses import replace

import numpy as np
import pytest
from trial_specs import KETAMINE, SIX, certain, trial

from limen.chain import Brain, Joints, branches, course_times, reference_course
from limen.chain.course import plasma_exposure
from limen.chain.reference import in_brain
from limen.kinetics import draw_concentrations
from limen.receptor import draw_potency
from limen.regimen import Patient
from limen.trials import exposures
from limen.trials.courses import drug_course

EVERY_MIN = 120.0
DAYS = np.array([1.0, 7.0, 14.0, 28.0])
ARMS = (
    replace(KETAMINE, schedule=SIX),
    replace(KETAMINE, schedule="1 per week for 4 weeks"),
    replace(KETAMINE, drug="esketamine", route="intranasal", dose="84 mg", schedule="2 per week for 2 weeks"),
)


def falls(exposure, time_min, potency, half_life_min):
    """The fall by the drug at DAYS, for everybody under one belief of the response."""
    brain = in_brain(exposure, time_min, half_life_min) if half_life_min is not None else Brain(exposure)
    reference = reference_course("in_vivo", potency, HALF_LIFE_MIN)
    population = certain().take(np.zeros(len(exposure), dtype=np.int64))
    crossing = np.full(len(exposure), 2.0)
    parts = branches(brain, reference, time_min / 60.0, population, crossing=crossing, joints=Joints({}))
    return sum(parts)[:, np.searchsorted(time_min, DAYS * 1440.0)]


HALF_LIFE_MIN = np.full(400, 5.0)


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: f"{arm.drug}, {arm.schedule}")
def test_one_visit_used_again_gives_the_effect_of_the_whole_course_within_two_per_cent(arm, monkeypatch):
    monkeypatch.setattr(exposures, "PEOPLE_A_WEIGHT", 400 // exposures.WEIGHTS)
    spec, asked_min = trial(arm, weight_kg_sd=0.0, times_days=tuple(DAYS)), DAYS * 1440.0
    potency = draw_potency(400, "in_vivo", np.random.default_rng(2))
    bank = exposures.fill_bank(spec, arm, asked_min)
    course = drug_course(bank, arm.days, asked_min)
    rows = np.concatenate([np.full(model.people, number) for number, model in enumerate(bank.models)])
    places = np.concatenate([(np.arange(model.people) + 0.5) / model.people for model in bank.models])
    visit = in_brain(bank.exposure(rows, places, "in_vivo", potency), bank.lag_min, HALF_LIFE_MIN)
    short = falls(course.whole(visit.exposure), course.grid_min, potency, None)

    regimen = arm.regimen(80.0)
    time_min = np.union1d(course_times(regimen, asked_min), np.arange(0.0, 28 * 1440.0, EVERY_MIN))
    same_people = exposures.bank_rng(spec.seed, arm.given)
    drawn = draw_concentrations(Patient(weight_kg=80.0), regimen, time_min, draws=400, rng=same_people)
    plain = falls(plasma_exposure(drawn, "in_vivo", potency), time_min, potency, HALF_LIFE_MIN)

    print(
        arm.schedule,
        (short.mean(axis=0) / plain.mean(axis=0) - 1.0),
        np.quantile(np.abs(short / plain - 1.0), [0.5, 0.95, 1]),
    )
    assert np.abs(short.mean(axis=0) / plain.mean(axis=0) - 1.0).max() < 0.01
    assert np.quantile(np.abs(short / plain - 1.0), 0.95) < 0.02
