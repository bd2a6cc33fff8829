"""The short cut of virtual trials beside the plain path: every infusion of every person computed for itself."""

from dataclasses import replace

import numpy as np
import pytest
from trial_specs import KETAMINE, SIX, certain, trial

from limen.chain import Joints, branches, course_times, reference_course
from limen.chain.course import plasma_exposure
from limen.chain.reference import Brain, in_brain
from limen.kinetics import draw_concentrations
from limen.receptor import draw_potency
from limen.regimen import Patient
from limen.trials import exposures
from limen.trials.courses import drug_course

PEOPLE = 400
DAYS = np.array([1.0, 7.0, 14.0, 28.0])
FINE_STEP_MIN = 120.0
HALF_LIFE_MIN = np.full(PEOPLE, 5.0)
ARMS = (
    replace(KETAMINE, schedule=SIX),
    replace(KETAMINE, schedule="1 per week for 4 weeks"),
    replace(KETAMINE, drug="esketamine", route="intranasal", dose="84 mg", schedule="2 per week for 2 weeks"),
)


def falls(brain, time_min, potency):
    """The fall by the drug at DAYS, for everybody under one belief of the response."""
    reference = reference_course("in_vivo", potency, HALF_LIFE_MIN)
    population = certain().take(np.zeros(PEOPLE, dtype=np.int64))
    unused = np.full(PEOPLE, 2.0)
    fast, slow = branches(brain, reference, time_min / 60.0, population, crossing=unused, joints=Joints({}))
    return (fast + slow)[:, np.searchsorted(time_min, DAYS * 1440.0)]


def short_cut(spec, arm, potency):
    bank = exposures.fill_bank(spec, arm, DAYS * 1440.0)
    course = drug_course(bank, arm.days, DAYS * 1440.0)
    models = np.concatenate([np.full(model.people, number) for number, model in enumerate(bank.models)])
    places = np.concatenate([(np.arange(model.people) + 0.5) / model.people for model in bank.models])
    visit = in_brain(bank.exposure(models, places, "in_vivo", potency), bank.lag_min, HALF_LIFE_MIN)
    return falls(Brain(course.whole(visit.exposure)), course.grid_min, potency)


def plain_path(spec, arm, potency):
    regimen = arm.regimen(80.0)
    fine = np.arange(0.0, DAYS[-1] * 1440.0, FINE_STEP_MIN)
    time_min = np.union1d(course_times(regimen, DAYS * 1440.0), fine)
    same_people = exposures.bank_rng(spec.seed, arm.given)
    drawn = draw_concentrations(Patient(weight_kg=80.0), regimen, time_min, draws=PEOPLE, rng=same_people)
    return falls(in_brain(plasma_exposure(drawn, "in_vivo", potency), time_min, HALF_LIFE_MIN), time_min, potency)


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: f"{arm.drug}, {arm.schedule}")
def test_one_visit_used_again_gives_the_effect_of_the_whole_course_within_two_per_cent(arm, monkeypatch):
    monkeypatch.setattr(exposures, "PEOPLE_A_WEIGHT", PEOPLE // exposures.WEIGHTS)
    spec = trial(arm, weight_kg_sd=0.0, times_days=tuple(DAYS))
    potency = draw_potency(PEOPLE, "in_vivo", np.random.default_rng(2))
    error = short_cut(spec, arm, potency) / plain_path(spec, arm, potency) - 1.0
    assert np.abs(error.mean(axis=0)).max() < 0.02
    assert np.quantile(np.abs(error), 0.95) < 0.025
