"""What was seen moves what is believed, in the right direction and by the right amount."""

from dataclasses import replace

import numpy as np
import pytest

from limen.inference.person import believe, whole_number
from limen.inference.prediction import predict
from limen.regimen import Case, Patient, Regimen, Sample, Score, read_visit
from limen.response.people import recorded


def case(**changes):
    adult = Patient(weight_kg=70.0, baseline={"MADRS": 32.0, "systolic_mmhg": 120.0})
    visit = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=adult)
    return replace(Case(adult, Regimen((visit,)), times_h=(0.67, 24.0, 168.0), draws=1500), **changes)


def score(at_h, value, scale="MADRS"):
    return (Score(scale, at_h, value),)


def middle(found, scale="MADRS"):
    return found["scores"][scale]["p50"]


def test_a_low_score_lowers_what_is_expected_later():
    low, none, high = (predict(case(scores=one)) for one in (score(24.0, 4.0), (), score(24.0, 36.0)))
    assert middle(low)[2] < middle(none)[2] < middle(high)[2]
    assert low["given_observations"]
    assert not none["given_observations"]


def test_prior_ignores_what_was_seen():
    seen, blind = case(scores=score(24.0, 4.0)), case()
    assert predict(seen, prior=True)["scores"]["MADRS"]["p50"] == pytest.approx(
        predict(blind)["scores"]["MADRS"]["p50"], abs=2.0
    )
    assert not predict(seen, prior=True)["given_observations"]


def test_a_sample_moves_the_concentration_towards_it():
    sample = Sample("ketamine", 40.0, 320.0)
    before, after = believe(case()), believe(case(samples=(sample,)))
    drawn = [
        one.course.concentrations.analyte("ketamine")[:, one.course.columns(np.array([40.2]))[0]]
        for one in (before, after)
    ]
    assert np.sum(after.weights * drawn[1]) > 1.15 * np.sum(before.weights * drawn[0])


def test_a_sample_below_the_limit_counts_as_low():
    sample = Sample("ketamine", 40.0, below_ng_per_ml=100.0)
    found = believe(case(samples=(sample,)))
    values = found.course.concentrations.analyte("ketamine")[:, found.course.columns(np.array([40.0]))[0]]
    assert np.sum(found.weights * values) < values.mean()


def test_scores_seen_one_by_one_or_at_once_weigh_the_same():
    both = believe(case(scores=score(24.0, 20.0) + score(168.0, 25.0)))
    single = [
        believe(case(scores=one, times_h=(24.0, 168.0))).weights for one in (score(24.0, 20.0), score(168.0, 25.0))
    ]
    together = believe(case(scores=score(24.0, 20.0) + score(168.0, 25.0), times_h=(24.0, 168.0))).weights
    product = single[0] * single[1]
    np.testing.assert_allclose(together, product / product.sum(), rtol=1e-9)
    assert both.effective_draws < len(both.weights)


def test_the_chances_of_all_whole_numbers_add_to_one():
    chances = [np.exp(whole_number(float(value), np.array([57.3]), np.array([4.0]), 60.0))[0] for value in range(61)]
    assert sum(chances) == pytest.approx(1.0)


def test_what_cannot_be_used_is_said():
    found = predict(
        case(
            scores=score(1.0, 90.0, "heart_rate_per_min"),
            samples=(Sample("ketamine", 40.0, 100.0, sampled="arterial"),),
        )
    )
    text = " ".join(found["warnings"])
    assert "heart_rate_per_min of 90" in text
    assert "arterial" in text


def test_a_person_without_depression_has_no_mood_prediction():
    healthy = case(patient=Patient(weight_kg=70.0, diagnosis="healthy"))
    found = predict(healthy)["scores"]
    assert found["MADRS"]["mean"] is None
    assert "healthy" in found["MADRS"]["unknown_because"]
    assert found["CADSS"]["mean"] is not None


def test_eighty_of_a_hundred_people_drawn_anew_fall_within_the_inner_band():
    # Counts people, against the model itself: it says nothing of real ones. Whole points widen the band a little.
    bands = predict(case(seed=1, draws=4000))["scores"]["MADRS"]
    course = believe(case(seed=2, draws=4000)).course
    expected = course.madrs[:, course.columns(np.array([1440.0]))]
    scores = recorded(expected, course.people.rating_sd, 60.0, np.random.default_rng(9))[:, 0]
    inside = np.mean((scores >= bands["p10"][1]) & (scores <= bands["p90"][1]))
    assert 0.78 < inside < 0.86


@pytest.mark.parametrize(("dose", "basis"), [("0.5 mg/kg", "data"), ("0.2 mg/kg", "data"), ("1 mg/kg", "prior only")])
def test_a_dose_beyond_the_fitted_ones_is_prior_only(dose, basis):
    adult = Patient(weight_kg=70.0, baseline={"MADRS": 32.0})
    visit = read_visit(f"{dose} over 40 min", drug="ketamine", route="iv", patient=adult)
    found = predict(case(regimen=Regimen((visit,)), draws=100))["scores"]
    assert found["MADRS"]["basis"] == basis


def test_scores_that_were_hardly_expected_are_said_to_leave_few_draws():
    odd = case(scores=score(24.0, 60.0) + score(48.0, 0.0) + score(72.0, 60.0) + score(96.0, 0.0), draws=200)
    assert any("hardly expected" in text for text in predict(odd)["warnings"])


def test_the_same_case_and_seed_give_the_same_answer():
    assert predict(case()) == predict(case())
