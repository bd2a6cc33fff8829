"""One more visit from where a person stands is the whole regimen from the beginning: fast way and plain way agree."""

from dataclasses import replace

import numpy as np
import pytest

from limen.chain import Joints, course_times
from limen.chain.onward import nearest
from limen.chain.paces import driven_fast, driven_slow, paces
from limen.inference.particles import PersonModel
from limen.options.brought import form_of
from limen.options.candidates import Candidate, candidates
from limen.options.looking import Shared, look
from limen.regimen import Case, Options, Patient, Regimen, Score, read_visit
from limen.response.mood import fast_branch, slow_branch
from limen.response.parameters import prior_draws

ADULT = Patient(weight_kg=80.0, baseline={"MADRS": 30.0})
GIVEN = tuple(
    read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT, start_min=day * 1440.0)
    for day in (0.0, 3.0)
)
VENOUS = ("ketamine iv 0.25 mg/kg over 40 min", "ketamine iv 0.9 mg/kg over 90 min")
#: Points by which both may differ: the grids of the two ways are not the same before the next visit.
NEAR = 0.1


def case(joints, more=()):
    options = Options(next_visit_h=168.0, horizons_h=(6.0, 24.0, 168.0), doses=(*VENOUS, *more), later_h=(0.0, 72.0))
    return Case(
        ADULT, Regimen(GIVEN), times_h=(168.0,), options=options, joints=joints, scores=(Score("MADRS", 100.0, 22.0),)
    )


def plainly(looked, candidate: Candidate):
    """Carry the same draws through the whole regimen, with every time of the fast way on the grid."""
    whole = candidate.after(looked.case)
    model = PersonModel(whole, looked.model.posterior, looked.model.joints, tuple(way.way for way in looked.model.ways))
    asked = [looked.plasma.time_min, looked.visit_min + looked.horizon_min]
    if candidate.dose is not None:
        since = looked.brought[form_of(candidate.dose)].since_min
        asked.append(candidate.dose.start_min + since[since <= looked.horizon_min[-1] - 60.0 * candidate.later_h])
    asked = np.concatenate(asked)
    course = model.course(looked.particles, course_times(whole.regimen, asked))
    return course.madrs[:, nearest(course.time_min, looked.visit_min + looked.horizon_min)], course


@pytest.mark.parametrize(
    ("joints", "more"),
    [
        ({"J7": "cut"}, "ketamine iv 0.4 mg/kg/h for 60 min, then 0.1 mg/kg over 10 min"),
        ({"J1": "plasma", "J7": "cut"}, "esketamine intranasal 84 mg"),
        ({"J5": "additive", "J7": "cut"}, "ketamine iv 0.4 mg/kg/h for 60 min, then 0.1 mg/kg over 10 min"),
        ({"J4": "glutamate", "J5": "glutamate", "J7": "cut"}, "esketamine intranasal 84 mg"),
    ],
)
def test_one_more_visit_is_the_whole_regimen(joints, more):
    posterior = prior_draws(60, np.random.default_rng(3))
    hold(case(joints, (more,)), posterior)


def test_it_is_so_with_the_link_of_joint_j7_too():
    asked = case({})
    hold(replace(asked, options=replace(asked.options, later_h=(0.0,))), prior_draws(60, np.random.default_rng(3)))


def hold(asked, posterior):
    """Hold the fast way to the plain one for every option."""
    options = tuple(candidates(asked))
    looked, _ = look(asked, options, population=posterior)
    some = looked.some(np.arange(0, len(looked.weights), 80))
    for option in options:
        found = some.follow(option)
        expected, course = plainly(some, option)
        np.testing.assert_allclose(found.madrs, expected, atol=NEAR, err_msg=str(option))
        if option.is_dose:
            start = some.visit_min + 60.0 * option.later_h
            session = (course.time_min >= start) & (course.time_min <= start + 240.0)
            most = course.plasma.block[:, session].max(axis=1)
            np.testing.assert_allclose(found.passed.most_block, most, rtol=0.02, atol=0.003)


def test_joints_that_act_on_scores_leave_body_and_feeling_as_they_are():
    asked = replace(case({}), scores=())
    options = tuple(candidates(asked))
    looked, believed = look(asked, options, population=prior_draws(60, np.random.default_rng(3)))
    some = looked.some(np.arange(0, len(looked.weights), 80))
    for joint in ("J7", "J8"):
        other = some.under(joint, "cut", believed.evidence)
        for option in options[3:5]:
            one, two = some.follow(option), other.follow(option)
            np.testing.assert_array_equal(one.passed.most_cadss, two.passed.most_cadss)
            assert np.any(one.madrs != two.madrs)
    assert Joints({})["J7"] == "free"


def test_a_nasal_visit_takes_nothing_away_of_what_infusions_left():
    """Some nasal models tell no norketamine and no enantiomers; those of the infusions before go on."""
    nasal = read_visit("50 mg", drug="ketamine", route="intranasal", patient=ADULT, start_min=600.0)
    time_min = np.array([0.0, 40.0, 120.0, 590.0, 600.0])
    population, way = prior_draws(20, np.random.default_rng(3)), (("ketamine", "intranasal"),)
    alone, both = (
        PersonModel(Case(ADULT, Regimen(visits), times_h=(10.0,)), population, Joints({}), way)
        for visits in (GIVEN[:1], (*GIVEN[:1], nasal))
    )
    particles = both.draw(60, np.random.default_rng(1))
    before, after = (model.course(particles, time_min).plasma.exposure for model in (alone, both))
    np.testing.assert_allclose(after, before, rtol=1e-9)


def test_what_sides_of_joints_share_is_what_each_would_work_out_alone():
    asked = case({})
    options = tuple(candidates(asked))
    looked, believed = look(asked, options, population=prior_draws(60, np.random.default_rng(3)))
    looked.follow_all(options)
    some = looked.some(np.arange(0, len(looked.weights), 80))
    for joint, word in (("J1", "plasma"), ("J4", "cut"), ("J5", "additive"), ("J6", "rhythm"), ("J8", "cut")):
        shared = some.under(joint, word, believed.evidence)
        alone = replace(shared, shared=Shared())
        for one, other in zip(shared.follow_all(options), (alone.follow(option) for option in options), strict=True):
            np.testing.assert_allclose(one.madrs, other.madrs, rtol=1e-9)
            np.testing.assert_allclose(one.passed.most_cadss, other.passed.most_cadss, rtol=1e-9)


@pytest.mark.parametrize("saturates", [True, False])
def test_branches_carried_on_are_those_of_the_plain_path(saturates):
    rng = np.random.default_rng(2)
    population, time_h = prior_draws(30, rng), np.cumsum(rng.uniform(0.1, 30.0, 25))
    drive, kept = rng.uniform(0.0, 0.05, (30, 25)), np.array([0, 3, 24])
    pace = paces(time_h, population, saturates=saturates)
    fast, _ = driven_fast(np.zeros(30), drive.T, pace, kept)
    slow, _ = driven_slow((np.zeros(30), np.zeros(30)), drive.T, pace, kept)
    np.testing.assert_allclose(fast.T, fast_branch(drive, time_h, population)[:, kept], rtol=1e-9)
    expected = slow_branch(drive, time_h, population, saturates=saturates)[:, kept]
    np.testing.assert_allclose(slow.T, expected, rtol=1e-9)
