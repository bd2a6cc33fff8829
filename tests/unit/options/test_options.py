"""Options to review: what is always there, what is never invented, and what is never said."""

from dataclasses import replace

import pytest

from limen.evidence import DISCLAIMER
from limen.options import options_answer
from limen.options.candidates import candidates, cumulative_mg_per_kg, next_visit_min
from limen.quantities import InputError
from limen.regimen import Case, Options, Patient, Regimen, Score, read_visit

WITHOUT_DRUG = ["same visit without drug", "wait", "stop and review"]


def case(**changes):
    adult = Patient(weight_kg=70.0, age_y=40.0, baseline={"MADRS": 32.0, "systolic_mmhg": 130.0})
    visit = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=adult)
    plain = Case(adult, Regimen((visit,)), times_h=(24.0,), scores=(Score("MADRS", 24.0, 18.0),))
    return replace(plain, **({"options": Options(next_visit_h=168.0, horizons_h=(24.0, 168.0))} | changes))


def with_limits(one, **limits):
    return replace(one, options=replace(one.options, **limits))


@pytest.fixture(scope="module")
def answer():
    return options_answer(with_limits(case(), dissociation_limit_cadss=20.0, systolic_limit_mmhg=160.0))


def test_the_three_options_without_drug_are_always_there_and_doses_stand_in_order(answer):
    kinds = [one["kind"] for one in answer["options"]]
    assert kinds[:3] == WITHOUT_DRUG
    assert set(kinds[3:]) == {"dose"}
    iv = [
        one["peak_ng_per_ml"]["p50"]
        for one in answer["options"]
        if one["route"] == "iv" and one["duration_min"] == 40.0
    ]
    assert iv == sorted(iv)


def test_what_another_treatment_would_do_is_null_with_its_reason(answer):
    stop = next(one for one in answer["options"] if one["kind"] == "stop and review")
    assert [row["mean"] for row in stop["benefit"]] == [None, None]
    assert all(row["unknown_because"] for row in stop["benefit"])


def test_more_drug_means_more_exposure_more_dissociation_and_no_less_benefit(answer):
    low, high = (
        next(one for one in answer["options"] if one["dose"] == text)
        for text in ("0.25 mg/kg over 40 min", "0.75 mg/kg over 40 min")
    )
    assert low["occupancy_peak"]["p50"] < high["occupancy_peak"]["p50"]
    assert low["dissociation_above_limit_probability"] < high["dissociation_above_limit_probability"]
    assert low["benefit"][0]["mean"] < high["benefit"][0]["mean"]


def test_without_a_limit_its_chance_is_null_and_said():
    found = options_answer(case())
    assert {one["dissociation_above_limit_probability"] for one in found["options"]} == {None}
    assert any("limit of dissociation" in text for text in found["unknown"])


def test_every_side_of_every_joint_is_shown_beside_each_option(answer):
    for one in answer["options"]:
        assert {"J7=cut", "J8=cut", "J5=cut", "J2=ebert"} <= set(one["under_joints"])
    dose = answer["options"][-1]
    assert dose["under_joints"]["J5=cut"]["benefit"][1]["mean"] < dose["benefit"][1]["mean"]


def test_a_diagnosis_without_mood_evidence_gets_exposure_and_no_benefit():
    ptsd = case(patient=Patient(weight_kg=70.0, diagnosis="PTSD"), scores=())
    found = options_answer(ptsd)
    assert found["options"][-1]["benefit"][0]["mean"] is None
    assert found["options"][-1]["peak_ng_per_ml"]["p50"] > 0.0
    assert found["separable"] is False


def test_a_dose_of_nothing_is_refused_in_a_sentence():
    nothing = case()
    nothing = replace(nothing, options=replace(nothing.options, doses=("ketamine iv 0 mg over 40 min",)))
    with pytest.raises(InputError, match="'ketamine iv 0 mg over 40 min' gives nothing"):
        list(candidates(nothing))


def test_the_same_case_gives_the_same_answer(answer):
    again = options_answer(with_limits(case(), dissociation_limit_cadss=20.0, systolic_limit_mmhg=160.0))
    assert again == answer


def test_the_words_are_those_of_options_to_review(answer):
    text = str(answer).lower()
    assert "your dose" not in text
    assert "recommended" not in text
    assert answer["disclaimer"] == DISCLAIMER
    assert answer["rhythm"]["likelihood_ratio"] == 1.0


def test_the_next_visit_is_the_latest_time_where_none_is_stated():
    assert next_visit_min(case(options=Options())) == 24.0 * 60.0
    assert next_visit_min(case()) == 168.0 * 60.0


def test_the_cumulative_dose_counts_ninety_days_and_this_option():
    one = case()
    half = next(
        each for each in candidates(one) if each.visit is not None and each.visit.text == "0.5 mg/kg over 40 min"
    )
    assert cumulative_mg_per_kg(one, half) == pytest.approx(1.0)
    late = with_limits(one, next_visit_h=100.0 * 24.0)
    half = next(
        each for each in candidates(late) if each.visit is not None and each.visit.text == "0.5 mg/kg over 40 min"
    )
    assert cumulative_mg_per_kg(late, half) == pytest.approx(0.5)


def test_the_public_name_answers_before_and_after_the_room_of_that_name_is_loaded(answer):
    import limen  # noqa: PLC0415 - what is tested is the attribute of the package

    asked = with_limits(case(), dissociation_limit_cadss=20.0, systolic_limit_mmhg=160.0)
    assert limen.options(asked)["statement"] == answer["statement"]
    assert limen.options is limen.options
