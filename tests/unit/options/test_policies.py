"""What comes next, over sessions: fixed, by response, and in research by chance."""

from dataclasses import replace

import numpy as np
import pytest

from limen.options import FixedCourse, Give, Policy, ResponseGuided, Review
from limen.options.policies import given_next, last_madrs
from limen.options.research import ProbabilityMatched, RandomisedDose
from limen.quantities import InputError
from limen.regimen import Case, Patient, Regimen, Score

ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 30.0})
EMPTY = Case(ADULT, Regimen(()), times_h=(24.0,))
HALF, QUARTER = "ketamine iv 0.5 mg/kg over 40 min", "ketamine iv 0.25 mg/kg over 40 min"
CHANCE = np.random.default_rng(0)


def scored(case, value):
    """The case with a MADRS a day after the last visit."""
    last_h = case.regimen.visits[-1].start_min / 60.0
    return replace(case, scores=(*case.scores, Score("MADRS", last_h + 24.0, value)))


def followed(policy, value):
    """Follow a policy with the same score after every visit, until it asks for a review."""
    case = EMPTY
    for _ in range(20):
        decision = policy.decide(case, CHANCE)
        if isinstance(decision, Review):
            return case, decision
        case = scored(given_next(case, decision.visit), value)
    raise AssertionError("the course did not end")


def test_a_fixed_course_gives_its_days_whatever_is_seen():
    policy = FixedCourse(HALF, (0.0, 2.0, 4.0))
    for value in (2.0, 28.0):
        case, review = followed(policy, value)
        assert [visit.start_min / 1440.0 for visit in case.regimen.visits] == [0.0, 2.0, 4.0]
        assert "all 3 visits" in review.because
    assert isinstance(policy, Policy)


def test_where_no_dose_has_outcomes_the_dose_that_does_most_is_a_review():
    policy = ProbabilityMatched(("ketamine im 0.5 mg/kg", "ketamine sc 0.5 mg/kg"), (0.0,), at_h=24.0, draws=100)
    assert policy.decide(EMPTY, CHANCE) == Review("no dose with outcome data is left")


def test_days_that_do_not_rise_are_refused():
    with pytest.raises(InputError, match="rise from 0"):
        FixedCourse(HALF, (0.0, 4.0, 2.0))


def test_a_response_lengthens_the_interval():
    case, review = followed(ResponseGuided(HALF, interval_days=3.5, longer_days=7.0), 14.0)
    assert np.diff([visit.start_min / 1440.0 for visit in case.regimen.visits]).tolist() == [7.0] * 5
    assert "6 visits" in review.because


def test_no_response_leads_to_a_review_after_three_visits():
    case, review = followed(ResponseGuided(HALF, interval_days=3.5, longer_days=7.0), 25.0)
    assert len(case.regimen.visits) == 3
    assert "no response" in review.because


def test_remission_ends_the_course():
    case, review = followed(ResponseGuided(HALF, interval_days=3.5, longer_days=7.0), 6.0)
    assert len(case.regimen.visits) == 1
    assert "remission" in review.because


def test_without_a_score_nothing_more_is_given():
    first = ResponseGuided(HALF, interval_days=3.5, longer_days=7.0)
    case = given_next(EMPTY, first.decide(EMPTY, CHANCE).visit)
    assert last_madrs(case) is None
    assert "no score" in first.decide(case, CHANCE).because


def test_a_drawn_dose_stays_for_the_course_unless_it_is_drawn_anew():
    once, anew = (RandomisedDose((QUARTER, HALF), (0.0, 2.0, 4.0, 6.0, 8.0, 10.0), anew=flag) for flag in (False, True))
    kept = {visit.text for visit in followed(once, 20.0)[0].regimen.visits}
    mixed = {visit.text for visit in followed(anew, 20.0)[0].regimen.visits}
    assert len(kept) == 1
    assert len(mixed) == 2


def test_probability_matching_gives_one_of_its_doses():
    policy = ProbabilityMatched((QUARTER, HALF), (0.0,), at_h=24.0, draws=300)
    decision = policy.decide(EMPTY, CHANCE)
    assert isinstance(decision, Give)
    assert f"ketamine iv {decision.visit.text}" in policy.doses
