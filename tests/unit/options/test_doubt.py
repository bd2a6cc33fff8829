"""What the doubt is made of, what separates options, and what the rhythm and one more observation are worth."""

from dataclasses import replace

import numpy as np
import pytest

from limen.options import options_answer
from limen.options.candidates import candidates, reasons
from limen.options.doubt import Separation
from limen.options.rhythm import least_ratio, separated
from limen.quantities import InputError
from limen.regimen import Case, Options, Patient, Regimen, Score, Weights, read_visit

ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0, "systolic_mmhg": 130.0})
GIVEN = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT)
DOSES = ("ketamine iv 0.25 mg/kg over 40 min", "ketamine iv 0.5 mg/kg over 40 min", "ketamine iv 1 mg/kg over 60 min",
         "ketamine im 35 mg")  # fmt: skip
OPTIONS = Options(next_visit_h=168.0, horizons_h=(12.0, 24.0, 168.0), doses=DOSES, later_h=(0.0, 48.0))
CASE = Case(ADULT, Regimen((GIVEN,)), times_h=(24.0,), scores=(Score("MADRS", 24.0, 18.0),), options=OPTIONS)
RULE = Separation(least_points=2.0, within_data=True)


@pytest.fixture(scope="module")
def answer():
    return options_answer(CASE)


def test_the_parts_of_the_doubt_add_to_one(answer):
    for one in answer["options"]:
        for parts in one["doubt"] or ():
            assert sum(parts.values()) == pytest.approx(1.0, abs=0.001)
            assert min(parts.values()) >= 0.0


def test_a_route_without_outcome_data_is_named_and_not_offered(answer):
    assert answer["not_offered"] == [
        {"dose": "ketamine im 35 mg", "unknown_because": "no outcome of ketamine by the route im is on file"}
    ]
    assert "im" not in {one["route"] for one in answer["options"]}


def test_every_null_has_its_reason(answer):
    for one in answer["options"]:
        nulls = {key for key, value in one.items() if value is None} - {
            "drug",
            "route",
            "duration_min",
            "fifty",
            "doubt",
        }
        assert nulls <= set(one["unknown_because"])
        if None in one["response_probability"]:
            assert "response_probability" in one["unknown_because"]


def test_within_the_look_back_nothing_is_called_a_response(answer):
    dose = next(one for one in answer["options"] if one["kind"] == "dose")
    assert dose["response_probability"][0] is None
    assert dose["response_probability"][1] is not None


def test_a_later_dose_waits_until_it_is_given(answer):
    wait = next(one for one in answer["options"] if one["kind"] == "wait")
    later = [one for one in answer["options"] if one["later_h"] == 48.0]
    assert later
    for one in later:
        assert one["benefit"][1] == wait["benefit"][1]
        assert one["benefit"][2]["mean"] > wait["benefit"][2]["mean"]


def test_no_difference_with_a_dose_beyond_the_fitted_ones_is_separated_by_data(answer):
    beyond = {k for k, one in enumerate(answer["options"]) if one["basis"] != "data"}
    assert beyond
    for pair in answer["differences"]:
        if beyond & set(pair["options"]):
            assert not any(one["separated"] for one in pair["difference"])


def test_a_difference_counts_in_the_same_people(answer):
    pairs = {tuple(pair["options"]): pair["difference"] for pair in answer["differences"]}
    means = [one["benefit"][1]["mean"] for one in answer["options"] if one["benefit"][1]["mean"] is not None]
    places = [k for k, one in enumerate(answer["options"]) if one["benefit"][1]["mean"] is not None]
    low, high = places[means.index(min(means))], places[means.index(max(means))]
    difference = pairs[max(low, high), min(low, high)][1]
    band = answer["options"][high]["benefit"][1]
    assert difference["p90"] - difference["p10"] < 2.0 * (band["p90"] - band["p10"])


@pytest.mark.parametrize(
    ("low", "mean", "high", "holds"),
    [(1.0, 3.0, 5.0, True), (-0.1, 3.0, 6.0, False), (0.5, 1.5, 2.0, False), (-6.0, -4.0, -2.0, True)],
)
def test_a_difference_is_separated_by_its_band_and_by_the_error_of_a_rating(low, mean, high, holds):
    assert RULE.holds(low, mean, high) is holds
    assert not replace(RULE, within_data=False).holds(low, mean, high)


def test_seeing_the_rhythm_is_worth_nothing_until_its_ratio_is_large_enough():
    values = np.random.default_rng(1).normal(2.5, 3.0, 4000)
    weights = np.full(4000, 1.0 / 4000)
    assert not separated(values, weights, RULE)
    needed = least_ratio(values, weights, RULE)
    assert needed is not None
    assert needed > 1.0


def test_the_answer_says_what_the_rhythm_would_have_to_be_worth(answer):
    assert answer["rhythm"]["likelihood_ratio"] == 1.0
    chances = answer["rhythm"]["what_if"]["chance_of_more"][1]
    assert next(one["likelihood_ratio"] for one in chances) == 1.0
    assert sorted(one["chance"] for one in chances) == [one["chance"] for one in chances]


def test_the_rhythm_is_asked_between_doses_that_differ_in_the_amount_alone(answer):
    high, low = (answer["options"][k] for k in answer["rhythm"]["what_if"]["options"])
    assert (high["drug"], high["route"], high["later_h"]) == (low["drug"], low["route"], 0.0)
    assert low["later_h"] == 0.0
    assert high["peak_ng_per_ml"]["p50"] > low["peak_ng_per_ml"]["p50"]


def test_urinary_symptoms_stand_among_the_reasons_of_every_dose():
    asked = replace(CASE, options=replace(OPTIONS, urinary_symptoms="yes"))
    told = {one.kind: any("Urinary" in text for text in reasons(asked, one)) for one in candidates(asked)}
    assert told == {"same visit without drug": False, "wait": False, "stop and review": False, "dose": True}


def test_weights_of_the_reader_move_the_net_and_nothing_else(answer):
    weighed = replace(CASE, options=replace(OPTIONS, weights=Weights(dissociation_per_cadss_point=0.5)))
    found = options_answer(weighed)
    assert found["options"] == answer["options"]
    for one, before in zip(found["frontier"]["options"], answer["frontier"]["options"], strict=True):
        if one["net"] is not None:
            expected = before["net"]["mean"] - 0.5 * before["counts"]["dissociation"]
            assert one["net"]["mean"] == pytest.approx(expected, abs=0.01)


def test_weights_that_do_not_fit_the_horizons_are_refused():
    with pytest.raises(InputError, match="horizons"):
        options_answer(replace(CASE, options=replace(OPTIONS, weights=Weights(benefit=(1.0, 2.0)))))


def test_a_next_visit_before_what_was_seen_is_refused():
    with pytest.raises(InputError, match="next_visit_h"):
        options_answer(replace(CASE, options=replace(OPTIONS, next_visit_h=20.0)))


def test_one_more_observation_is_worth_a_share_of_the_doubt(answer):
    rows = answer["next_observation"]["observations"]
    assert {"MADRS", "CADSS"} <= {one["what"] for one in rows}
    assert all(0.0 <= share < 1.0 for one in rows for share in one["share_of_doubt"])


def test_somebody_without_any_dose_yet_gets_options_too():
    first = replace(CASE, regimen=Regimen(()), scores=(), options=replace(OPTIONS, next_visit_h=0.0, later_h=(0.0,)))
    found = options_answer(first)
    assert [one["infusions_so_far"] for one in found["options"]] == [0] * len(found["options"])
    dose = next(one for one in found["options"] if one["dose"] == "0.5 mg/kg over 40 min")
    without = found["options"][0]
    assert dose["benefit"][1]["mean"] > without["benefit"][1]["mean"]
