"""Arms whose people follow a policy."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trial_specs import KETAMINE, SALINE, SIX, trial

from limen.options import FixedCourse, ResponseGuided
from limen.options.research import ProbabilityMatched, RandomisedDose
from limen.quantities import InputError
from limen.response.parameters import shipped_posterior
from limen.trials import run_trial
from limen.trials.observed import observe, prepared
from limen.trials.spec import read_spec

EXAMPLE = Path(__file__).parents[3] / "examples" / "trials" / "response_guided.toml"
HALF, WHOLE = "ketamine iv 0.5 mg/kg over 40 min", "ketamine iv 1.0 mg/kg over 40 min"
GUIDED = ResponseGuided(HALF, interval_days=3.0, longer_days=7.0)


def seen(arm, numbers=range(12), **changed):
    spec = trial(arm, **changed)
    return next(observe(spec, prepared(spec), shipped_posterior(), numbers))


def days_given(one, arm, until_day):
    """Days on which each person was given something."""
    days = np.array(arm.visit_days(until_day))
    return [days[row >= 0] for row in one.given.reshape(-1, len(days))]


def test_a_fixed_course_as_a_policy_is_the_plain_arm():
    arm = replace(KETAMINE, schedule=SIX)
    followed = replace(arm, policy=FixedCourse(HALF, tuple(map(float, arm.days))))
    days = (1.0, 5.0, 14.0)
    plain, policy = (seen(one, times_days=days) for one in (arm, followed))
    np.testing.assert_array_equal(plain.scores, policy.scores)
    assert (policy.given == 0).all()


def test_a_response_lengthens_the_interval_and_remission_ends_the_course():
    arm = replace(KETAMINE, policy=GUIDED, n=40)
    one = seen(arm, times_days=(3.0, 30.0))
    baseline, at_look = one.baseline.reshape(-1), one.scores[..., 0].reshape(-1)
    for days, before, score in zip(days_given(one, arm, 30.0), baseline, at_look, strict=True):
        if score <= 10.0:
            assert days.tolist() == [0.0]
        else:
            assert days[1] == (7.0 if score <= 0.5 * before else 3.0)
    assert max(len(days) for days in days_given(one, arm, 60.0 / 2)) <= 6


def test_who_does_not_respond_is_given_no_fourth_visit():
    """No drug does anything here: nobody responds."""
    joints = {"J4": "cut", "J5": "cut", "J8": "cut"}
    arm = replace(KETAMINE, policy=GUIDED)
    given = days_given(seen(arm, times_days=(40.0,), joints=joints), arm, 40.0)
    assert Counter(map(len, given)).most_common(1)[0][0] == 3


def test_chance_draws_each_dose_once_for_all_or_anew():
    days, doses = (0.0, 3.0, 7.0), (HALF, WHOLE)
    once, anew = (
        seen(replace(KETAMINE, n=50, policy=RandomisedDose(doses, days, anew=own)), times_days=(8.0,)).given
        for own in (False, True)
    )
    assert (once == once[..., :1]).all()
    assert np.any(anew != anew[..., :1])
    for share in (once[..., 0].mean(), anew.mean()):
        assert 0.4 < share < 0.6


def test_probability_matching_runs_as_an_arm():
    policy = ProbabilityMatched((HALF, WHOLE), (0.0,), at_h=24.0, draws=100)
    one = seen(replace(KETAMINE, n=2, policy=policy), numbers=range(1), times_days=(1.0,))
    assert set(np.unique(one.given)) <= {0, 1}


@pytest.mark.parametrize("policy", [GUIDED, RandomisedDose((HALF, WHOLE), (0.0, 3.0), anew=True)])
def test_a_trial_of_a_policy_is_the_same_in_parts_and_in_one(policy):
    """People keep their chance whatever else is computed beside them."""
    arm = replace(KETAMINE, policy=policy)
    whole = seen(arm, numbers=range(8), times_days=(3.0, 20.0))
    parts = [seen(arm, numbers=numbers, times_days=(3.0, 20.0)) for numbers in (range(3, 8), range(3))]
    np.testing.assert_array_equal(whole.scores, np.concatenate([parts[1].scores, parts[0].scores]))
    np.testing.assert_array_equal(whole.given, np.concatenate([parts[1].given, parts[0].given]))


def test_the_example_tells_who_was_given_something_on_each_day():
    spec = replace(read_spec(EXAMPLE), draws=20)
    answer = run_trial(spec)
    guided, fixed = answer["doses_given"]
    assert [visit["day"] for visit in guided["visits"]][:4] == [0.0, 3.0, 6.0, 7.0]
    assert guided["visits"][0]["nothing"] == 0.0
    assert all(visit["nothing"] == 0.0 for visit in fixed["visits"])
    assert answer["endpoint"]["measure"] == "change"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind = "response guided"', 'kind = "guided"', "use one of these words"),
        ("longer_days = 7, ", "", "longer_days"),
        ("interval_days = 3", "interval_days = 0", "interval_days"),
        ('"response guided", interval', '"randomised dose", interval', "interval_days"),
        ('scale = "MADRS"', 'scale = "HAMD-17"', "reads MADRS"),
        ('schedule = "once"', 'schedule = "3 per week for 2 weeks"', "6 visits"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused_in_one_sentence(tmp_path, old, new, says):
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "trial.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=says) as refused:
        read_spec(file)
    assert "\n" not in str(refused.value)


def test_an_inert_arm_follows_no_policy():
    with pytest.raises(InputError, match="inert dose"):
        trial(replace(SALINE, policy=FixedCourse("placebo iv 0 mg", (0.0,))))
