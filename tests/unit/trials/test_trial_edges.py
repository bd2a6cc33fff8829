"""Trials at their edges: nobody is seen, groups that do not overlap, few draws, days that are no whole numbers."""

from dataclasses import replace

import numpy as np
import pytest
from trial_specs import KETAMINE, SALINE, certain, trial

from limen.options import ResponseGuided
from limen.quantities import InputError
from limen.response.parameters import posterior_hash, shipped_posterior
from limen.trials import run_trial
from limen.trials.comparing import compared
from limen.trials.designs import Crossover, Design, Endpoint, Guided, Missing, Question, Scenario
from limen.trials.missing import handled
from limen.trials.moments import Fitted, fit, running
from limen.trials.observed import SeenArm, observe, prepared
from limen.trials.power import two_sided_p
from limen.trials.rules import read_rule
from limen.trials.runs import runs_of
from limen.trials.tally import count
from limen.trials.telling import told_apart

HALF = "ketamine iv 0.5 mg/kg over 40 min"
ARMS = ("ketamine", "saline")


def arm_of(scores, arm=KETAMINE):
    """One trial of one arm with these scores, NaN where nobody was seen, ``(people, times)``."""
    scores = np.asarray(scores, dtype=np.float64)[None]
    return SeenArm(arm, np.full(scores.shape[:2], 32.0), np.nan_to_num(scores), ~np.isnan(scores), scores[None])


def test_groups_that_do_not_overlap_at_all_are_told_apart():
    groups = ((1.0, np.ones(4)), (0.0, np.zeros(4)))
    moments = [running(np.stack([np.ones(4), np.full(4, arm)], axis=1), y, np.ones(4, bool))[-1] for arm, y in groups]
    found = fit(moments[0] + moments[1], 1)
    assert found.p < 1e-12
    assert found.z > 30.0
    nothing = Fitted(np.zeros(1), np.zeros(1), np.full(1, 6.0))
    assert nothing.p[0] == 1.0


def test_means_that_differ_where_nobody_does_within_an_arm_are_found():
    difference, none = np.array([-3.0, 0.0, np.nan]), np.zeros(3)
    np.testing.assert_array_equal(two_sided_p(difference, none, none, 4, 4), [0.0, 1.0, 1.0])
    assert two_sided_p(difference, none, none, 1, 1)[0] == 1.0


@pytest.mark.parametrize("way", ["observed", "multiple imputation"])
def test_a_time_at_which_nobody_was_seen_stays_unknown_and_later_ones_are_filled(way):
    rng = np.random.default_rng(1)
    seen = rng.normal(20.0, 5.0, (2, 12, 3))
    seen[0, :, 1] = np.nan
    seen[:, :4, 2] = np.nan
    found = handled(Missing(0.1, handled=way), seen, rng.normal(32.0, 4.0, (2, 12)), np.array([1.0, 3.0, 7.0]), rng)
    assert np.isnan(found[:, 0, :, 1]).all()
    assert np.isfinite(found[:, 1, :, 1]).all()
    assert np.isnan(found[..., 2]).any() == (way == "observed")


def test_an_arm_of_which_nobody_was_seen_has_no_mean():
    tally = count(trial(), arm_of([[20.0, np.nan], [24.0, np.nan]]))
    assert tally.mean_change[0, 0] == -10.0
    assert np.isnan(tally.mean_change[0, 1])
    assert tally.analysed.tolist() == [[2.0, 0.0]]


def test_a_mean_that_no_trial_tells_is_null_with_its_reason():
    few = (replace(KETAMINE, n=2), replace(SALINE, n=2))
    found = run_trial(trial(*few, draws=4, plan=Design(missing=Missing(dropout_per_week=10.0)), times_days=(0.5, 60.0)))
    assert found["arms"][0]["mean_change"][1] is None
    assert "anybody of the arm seen" in found["arms"][0]["unknown_because"]
    assert found["contrasts"][0]["mean_difference"]["mean"][1] is None
    assert found["contrasts"][0]["significant_fraction"][1] == 0.0


def test_people_who_are_imputed_are_not_tested_as_if_they_were_seen():
    lost = Missing(dropout_per_week=0.5, handled="multiple imputation")
    contrast = run_trial(trial(draws=4, plan=Design(missing=lost)))["contrasts"][0]
    assert contrast["significant_fraction"] is None
    assert "see endpoint" in contrast["unknown_because"]


def test_of_a_crossover_only_complete_pairs_count_whatever_is_measured():
    spec = trial(plan=Design(endpoint=Endpoint("response", 1.0, ARMS), crossover=Crossover(14.0)))
    first = arm_of([[10.0], [10.0], [np.nan], [30.0]])
    second = arm_of([[30.0], [30.0], [30.0], [np.nan]], SALINE)
    found = compared(replace(spec, times_days=(1.0,)), first, second)
    assert [one[0, 0, -1, 0, 0] for one in found.moments] == [2.0, 0.0]


def test_a_policy_goes_on_believing_the_file_where_another_truth_holds():
    arm = replace(KETAMINE, policy=ResponseGuided(HALF, 3.0, 7.0))
    plan = Design(endpoint=Endpoint("change", 1.0, ARMS), scenarios=(Scenario("cut", {"J4": "cut"}),))
    spec = runs_of(trial(arm, SALINE, joints={"J7": "cut"}, plan=plan))[1].spec
    assert spec.joints == {"J7": "cut", "J4": "cut"}

    believed = []

    class Asks(ResponseGuided):
        """Notes what it is told."""

        def decide(self, case, rng):
            believed.append(dict(case.joints))
            return super().decide(case, rng)

    asking = replace(spec, arms=(replace(arm, policy=Asks(HALF, 3.0, 7.0), n=2),))
    list(observe(asking, prepared(asking), shipped_posterior(), range(1)))
    assert believed[0] == {"J7": "cut"}


def test_intervals_that_are_no_whole_days_lose_no_dose():
    arm = replace(KETAMINE, policy=ResponseGuided(HALF, interval_days=2.1, longer_days=4.2), n=20)
    spec = trial(arm, times_days=(0.1, 12.0), joints={"J4": "cut", "J5": "cut", "J8": "cut"})
    days = arm.visit_days(12.0)
    assert len(days) == len({round(day, 3) for day in days})
    one = next(observe(spec, prepared(spec), shipped_posterior(), range(4)))
    # Nothing works here, so that nearly everybody is given the three doses before a review.
    assert ((one.given >= 0).sum(axis=2) >= 3).mean() > 0.8


def test_a_time_that_is_no_whole_number_of_minutes_in_days_is_scored():
    assert len(run_trial(trial(KETAMINE, draws=2, times_days=(0.1,)))["arms"][0]["mean_change"]) == 1


def test_a_step_that_comes_twice_is_counted_for_its_dose():
    again = Guided((KETAMINE.dose,), read_rule("fall >= 50 %", "fall"))
    found = run_trial(trial(replace(KETAMINE, schedule="2 per week for 1 weeks", guided=again), draws=4))
    visits = found["doses_given"][0]["visits"]
    assert [sum(visit["share"].values()) + visit["nothing"] for visit in visits] == pytest.approx([1.0, 1.0])


def test_too_few_trials_or_trials_without_people_tell_no_sides_apart():
    rng = np.random.default_rng(3)
    few = told_apart(*rng.normal(size=(2, 3, 2)))
    assert (few.power, few.area) == (None, None)
    own, other = rng.normal(3.0, 1.0, (60, 2)), rng.normal(0.0, 1.0, (60, 2))
    own[5], other[9, 0] = np.nan, np.nan
    assert told_apart(own, other).power > 0.9
    question = Question("J8", "cut", people=(5,))
    row = run_trial(trial(draws=2, plan=Design(question=question)))["question"]["controls"][0]
    assert row["n"] is None
    assert row["sizes"][0]["power"] is None
    assert "4 trials or more" in row["unknown_because"]


def test_an_answer_names_the_posterior_it_was_counted_with(tmp_path):
    other = run_trial(trial(KETAMINE, draws=2), posterior=certain())["posterior"]
    assert len(other) == len(posterior_hash())
    assert other != posterior_hash()
    with pytest.raises(InputError, match="leave --to out"):
        run_trial(trial(scale="HAMD-6", baseline_mean=12.0), to=tmp_path)
