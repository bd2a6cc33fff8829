"""Laws of virtual trials."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp
from trial_specs import KETAMINE, SALINE, SIX, certain, trial

from limen.chain import alternatives
from limen.inference.person import believe
from limen.regimen import Patient
from limen.regimen.case import Case
from limen.response.parameters import shipped_posterior
from limen.response.people import recorded
from limen.trials import analytic_power, people_for_power, run_trial
from limen.trials.courses import arm_courses
from limen.trials.power import two_sided_p
from limen.trials.running import tally
from limen.trials.runs import parts_of
from limen.trials.tally import scored

MANY = 4000


def monte_carlo_error(share, draws):
    return 3.3 * np.sqrt(share * (1.0 - share) / draws)


def by_name(answer):
    return {arm["name"]: arm for arm in answer["arms"]}


def test_the_same_seed_gives_the_same_answer_and_another_does_not():
    assert run_trial(trial()) == run_trial(trial())
    assert run_trial(trial()) != run_trial(trial(seed=2))


def test_arms_in_another_order_give_the_same_arms():
    assert by_name(run_trial(trial(KETAMINE, SALINE))) == by_name(run_trial(trial(SALINE, KETAMINE)))


def test_an_arm_keeps_its_people_when_another_comes():
    third = replace(KETAMINE, name="six", schedule=SIX)
    assert run_trial(trial(KETAMINE, third))["arms"][0] == run_trial(trial(KETAMINE))["arms"][0]


def test_more_times_asked_for_leave_the_means_where_they_were():
    few, many = (run_trial(trial(times_days=days, draws=400))["arms"][0] for days in ((7.0,), (1.0, 2.0, 7.0)))
    assert abs(few["mean_change"][0] - many["mean_change"][2]) < 0.2


@pytest.mark.parametrize("n", [5, 20])
def test_no_effect_is_found_as_often_as_the_level_says(n):
    arms = (replace(SALINE, n=n), replace(SALINE, name="other", n=n))
    found = run_trial(trial(*arms, draws=MANY, times_days=(1.0, 7.0)))["contrasts"][0]["significant_fraction"]
    assert np.abs(np.array(found) - 0.05).max() < monte_carlo_error(0.05, MANY) + 0.005


def test_a_normal_trial_has_the_power_of_the_t_distribution():
    """Only expectancy differs between the arms, all people answer alike, and a score is normal around that."""
    sure = certain(
        control_cv=1e-6,
        trial_control_cv=1e-6,
        recovery_points=1e-6,
        expectancy_points=4.0,
        drift_sd_points=6.0,
        rating_sd_points=3.0,
    )
    arms = tuple(replace(arm, comparator="open", n=40) for arm in (KETAMINE, SALINE))
    spec = trial(*arms, baseline_mean=33.0, baseline_sd=0.0, draws=MANY, times_days=(0.25,))
    spec = replace(spec, joints={"J4": "cut", "J5": "cut"})
    drug, without = tally(arm_courses(spec), sure)
    difference = drug.mean_change - without.mean_change
    power = float((two_sided_p(difference, drug.sd_change, without.sd_change, 40, 40) < 0.05).mean())
    expected = analytic_power(float(difference.mean()), np.sqrt(6.0**2 + 3.0**2 + 1.0 / 12.0), 40)
    assert 0.3 < expected < 0.95
    assert abs(power - expected) < monte_carlo_error(expected, MANY)


def test_the_size_for_a_power_is_the_smallest_that_reaches_it():
    n = people_for_power(4.0, 10.0)
    assert n == 100
    assert analytic_power(4.0, 10.0, n) >= 0.8 > analytic_power(4.0, 10.0, n - 1)


@pytest.mark.parametrize(
    "arm",
    [
        KETAMINE,
        replace(KETAMINE, schedule=SIX),
        SALINE,
        replace(KETAMINE, drug="esketamine", route="intranasal", dose="56 mg"),
    ],
    ids=["ketamine once", "ketamine six times", "saline", "esketamine once"],
)
def test_a_trial_of_one_person_equals_the_prediction_of_that_person(arm):
    days = (0.25, 1.0, 7.0)
    spec = trial(replace(arm, n=1), baseline_mean=32.0, baseline_sd=0.0, weight_kg_sd=0.0, draws=MANY, times_days=days)
    parts = parts_of(spec).values()
    alone = np.concatenate(
        [scores for part in parts for _, scores in scored(arm_courses(spec), shipped_posterior(), part)]
    )
    patient = Patient(weight_kg=80.0, baseline={"MADRS": 32.0})
    case = Case(patient, arm.regimen(80.0), tuple(24.0 * day for day in days), "saline", seed=3, draws=MANY)
    course = believe(case, prior=True, draws=MANY).course
    expected = course.madrs[:, course.columns(np.array(days) * 1440.0)]
    predicted = recorded(expected, course.people.rating_sd, 60.0, np.random.default_rng(5))
    for column in range(len(days)):
        assert ks_2samp(alone[:, column], predicted[:, column]).pvalue > 0.001
    np.testing.assert_allclose(alone.mean(axis=0), predicted.mean(axis=0), atol=0.7)
    np.testing.assert_allclose(alone.std(axis=0), predicted.std(axis=0), rtol=0.06)


def test_arms_of_one_trial_share_what_the_trial_is_like():
    arms = tuple(replace(arm, n=200) for arm in (SALINE, replace(SALINE, name="other")))
    one, other = tally(arm_courses(trial(*arms, draws=300)))
    assert np.corrcoef(one.mean_change[:, 0], other.mean_change[:, 0])[0, 1] > 0.8


def test_a_visit_adds_up_over_the_days_on_which_it_is_still_felt():
    arm = replace(KETAMINE, schedule=SIX)
    days = (0.5, 2.5, 4.5, 8.0, 11.5, 17.0)
    course = arm_courses(trial(arm, weight_kg_sd=0.0, times_days=days))[0].drug
    felt = course.whole(np.ones((1, len(course.bank.lag_min))))[0]
    begun = [felt[np.searchsorted(course.grid_min, day * 1440.0)] for day in days]
    assert begun == [sum(start <= day < start + 7 for start in arm.days) for day in days]


@pytest.mark.parametrize(("joint", "word"), [side for side in alternatives() if side[0] != "J8"])
def test_every_other_side_of_a_joint_moves_the_drug_arm_alone(joint, word):
    plain, other = (by_name(run_trial(trial(joints=joints))) for joints in ({}, {joint: word}))
    reads_glutamate = joint == "J3"  # the default sides of J4 and J5 do not read it
    assert (plain["ketamine"] == other["ketamine"]) == reads_glutamate
    assert plain["saline"] == other["saline"]


def test_cutting_the_drug_leaves_two_arms_that_differ_by_expectancy_alone():
    cut = trial(joints={"J4": "cut", "J5": "cut", "J8": "cut"}, draws=400)
    drug, control = run_trial(cut)["arms"]
    assert abs(drug["mean_change"][0] - control["mean_change"][0]) < 0.5
