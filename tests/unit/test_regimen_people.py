"""Who it is given to, the weight that mg/kg counts, and the scales a person is scored on."""

import pytest

from limen.quantities import InputError
from limen.regimen import SCALES, Patient, check_score, read_visit


@pytest.mark.parametrize("weight_kg", [1.9, 351.0, 700.0, float("nan")])
def test_a_weight_no_person_has_is_refused(weight_kg):
    with pytest.raises(InputError, match=f"{weight_kg:g} kg"):
        Patient(weight_kg)


@pytest.mark.parametrize("weight_kg", [2.0, 350.0])
def test_the_ends_of_the_weights_are_within(weight_kg):
    assert Patient(weight_kg).weight_kg == weight_kg


def test_ideal_weight_is_a_base_at_five_feet_and_so_much_an_inch():
    assert Patient(90.0, sex="M", height_cm=152.4).ideal_weight_kg == pytest.approx(50.0)
    assert Patient(90.0, sex="F", height_cm=167.64).ideal_weight_kg == pytest.approx(45.5 + 6 * 2.3)


def test_adjusted_weight_lies_four_tenths_of_the_way_from_ideal_to_actual():
    patient = Patient(100.0, sex="M", height_cm=177.8, weight_basis="adjusted")
    assert patient.dosing_weight_kg == pytest.approx(73.0 + 0.4 * 27.0)


def test_mg_per_kg_counts_the_weight_that_was_asked_for():
    patient = Patient(100.0, sex="M", height_cm=177.8, weight_basis="ideal")
    assert read_visit("0.5 mg/kg", drug="ketamine", route="im", patient=patient).dose_mg == pytest.approx(36.5)


@pytest.mark.parametrize("known", [{}, {"sex": "F"}, {"height_cm": 160.0}, {"sex": "F", "height_cm": 140.0}])
def test_a_weight_basis_without_what_it_needs_is_refused(known):
    with pytest.raises(InputError, match="weight_basis = 'actual'"):
        Patient(70.0, weight_basis="ideal", **known)


def test_a_body_mass_index_comes_from_weight_and_height_where_it_is_not_stated():
    assert Patient(66.8, height_cm=165.0).body_mass_index == pytest.approx(24.54, abs=0.01)
    assert Patient(66.8).body_mass_index is None


def test_a_body_mass_index_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="does not fit"):
        Patient(66.8, height_cm=165.0, bmi=35.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"age_y": 130.0},
        {"height_cm": 1.65},
        {"sex": "female"},
        {"diagnosis": "depression"},
        {"baseline": {"MADRS": 61}},
    ],
)
def test_what_a_person_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        Patient(70.0, **wrong)


@pytest.mark.parametrize(
    ("scale", "low", "high"),
    [("MADRS", 0, 60), ("CADSS", 0, 92), ("PHQ-9", 0, 27), ("QIDS-SR", 0, 27), ("HAMD-17", 0, 52), ("HAMD-6", 0, 22)],
)
def test_a_score_outside_its_scale_is_refused_and_its_ends_are_not(scale, low, high):
    check_score(scale, low)
    check_score(scale, high)
    for value in (low - 1, high + 1, float("nan")):
        with pytest.raises(InputError, match=f"{scale} runs from {low} to {high}"):
            check_score(scale, value)


def test_an_unknown_scale_is_refused_naming_the_nearest():
    with pytest.raises(InputError, match="the nearest is 'MADRS'"):
        check_score("MADSR", 10)


def test_a_two_week_scale_overlaps_for_two_weeks_and_dissociation_never():
    assert SCALES["PHQ-9"].overlaps(335.9)
    assert not SCALES["PHQ-9"].overlaps(336.0)
    assert SCALES["QIDS-SR"].overlaps(167.9)
    assert not SCALES["QIDS-SR"].overlaps(168.0)
    assert not SCALES["MADRS"].overlaps(24.0)
    assert not SCALES["CADSS"].overlaps(0.0)


def test_the_mood_scales_are_those_where_lower_is_better():
    mood = [name for name, scale in SCALES.items() if scale.is_mood]
    assert mood == ["MADRS", "PHQ-9", "QIDS-SR", "HAMD-17", "HAMD-6"]
