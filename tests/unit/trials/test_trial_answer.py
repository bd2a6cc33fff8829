import json
from dataclasses import replace

import numpy as np
import pytest
from trial_specs import KETAMINE, SALINE, trial

from limen.response.conversion import CROSSWALKS
from limen.trials import run_trial
from limen.trials.enrolment import madrs_baseline, to_madrs
from limen.trials.tally import ArmTally, Counted, joined

SUMMARIES = ("mean_change", "response", "remission", "worsened")


def test_the_answer_has_the_keys_and_lengths_of_the_contract():
    answer = run_trial(trial(times_days=(7.0, 1.0, 3.0)))
    json.dumps(answer, allow_nan=False)
    arm = answer["arms"][0]
    assert arm["times_h"] == [168.0, 24.0, 72.0]
    for name in SUMMARIES:
        mean = name if name == "mean_change" else f"{name}_fraction"
        for key in (mean, *(f"{name}_{word}" for word in ("p05", "p25", "p50", "p75", "p95"))):
            assert len(arm[key]) == 3
    assert answer["contrasts"][0]["arms"] == ["ketamine", "saline"]
    assert set(answer["contrasts"][0]["response_difference"]) == {"mean", "p05", "p25", "p50", "p75", "p95"}


def test_a_score_that_still_looks_back_before_the_dose_is_never_called_a_response():
    answer = run_trial(trial(scale="PHQ-9", baseline_mean=18.0, baseline_sd=3.0, times_days=(7.0, 14.0)))
    arm = answer["arms"][0]
    assert arm["overlapping_window"] == [True, False]
    assert arm["response_fraction"][0] is None
    assert arm["response_fraction"][1] is not None
    assert arm["mean_change"][0] < 0.0
    assert "looks back" in arm["unknown_because"]


def test_a_scale_that_nothing_leads_to_is_null_with_its_reason():
    arm = run_trial(trial(scale="HAMD-6", baseline_mean=12.0, baseline_sd=2.0))["arms"][0]
    assert arm["mean_change"] is None
    assert "crosswalk" in arm["unknown_because"]


def test_a_setting_or_care_without_evidence_says_prior_only():
    assert run_trial(trial())["arms"][0]["basis"] == "data"
    assert run_trial(trial(care="clinic"))["arms"][0]["basis"] == "prior only"
    arms = tuple(replace(arm, comparator="anaesthesia") for arm in (KETAMINE, SALINE))
    assert {arm["basis"] for arm in run_trial(trial(*arms))["arms"]} == {"prior only"}


def test_one_person_an_arm_has_no_test_of_means_and_says_so():
    answer = run_trial(trial(replace(KETAMINE, n=1), replace(SALINE, n=1)))
    assert answer["contrasts"][0]["significant_fraction"] is None
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("scale", CROSSWALKS)
def test_reading_a_crosswalk_back_returns_to_the_same_total(scale):
    totals = np.linspace(2.0, 22.0, 9)
    walk = CROSSWALKS[scale]
    np.testing.assert_allclose(walk.from_madrs(to_madrs(walk, totals)), totals, atol=0.02)


@pytest.mark.parametrize("scale", CROSSWALKS)
def test_a_person_reads_at_the_baseline_what_was_recorded(scale):
    baseline = np.full(200, 18.0)
    madrs, reads = madrs_baseline(scale, baseline, np.random.default_rng(1).standard_normal(200))
    np.testing.assert_allclose(reads * CROSSWALKS[scale].from_madrs(madrs), baseline)
    assert 0.9 < reads.mean() < 1.15


def test_tallies_of_parts_are_one_below_the_other():
    part = ArmTally(*(np.zeros((2, 3)) for _ in range(7)))
    assert joined([Counted((part,)), Counted((part,))]).arms[0].response.shape == (4, 3)
