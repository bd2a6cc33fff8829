"""What a dose text is read as, and what is refused with which way out."""

import pytest

from limen.quantities import InputError
from limen.regimen import Bolus, Infusion, Patient, Regimen, Spray, dose_warnings, most_in_window_mg, read_visit

ADULT = Patient(70.0)


def read(text, drug="ketamine", route="iv", patient=ADULT):
    return read_visit(text, drug=drug, route=route, patient=patient)


def test_an_amount_over_a_time_is_an_infusion_of_that_amount():
    assert read("0.5 mg/kg over 40 min").doses == (Infusion("ketamine", "iv", 35.0, 40.0, 0.0),)


def test_a_rate_for_a_time_is_an_infusion_of_rate_times_time():
    assert read("0.4 mg/kg/h for 60 min").doses == (Infusion("ketamine", "iv", 28.0, 60.0, 0.0),)
    assert read("30 mg/h for 2 h").dose_mg == pytest.approx(60.0)


def test_an_amount_alone_is_given_at_once_and_into_the_nose_as_devices():
    assert read("84 mg", route="im").doses == (Bolus("ketamine", "im", 84.0, 0.0),)
    spray = read("84 mg", drug="esketamine", route="intranasal").doses[0]
    assert isinstance(spray, Spray)
    assert (spray.devices, spray.route) == (3, "intranasal")


def test_steps_follow_one_another():
    visit = read("10 mg, then 0.5 mg/kg over 40 min, then 0.2 mg/kg/h for 1 h")
    assert [dose.start_min for dose in visit.doses] == [0.0, 0.0, 40.0]
    assert (visit.duration_min, visit.dose_mg) == (100.0, pytest.approx(10 + 35 + 14))


def test_an_inert_dose_is_a_dose():
    visit = read("0 mg over 40 min", drug="placebo")
    assert visit.dose_mg == 0.0
    assert Regimen((visit,)).active == ()


def test_active_doses_are_those_that_bring_drug_in_time_order():
    late = read_visit("35 mg over 40 min", drug="ketamine", route="iv", patient=ADULT, start_min=10080.0)
    first = read("0.045 mg/kg over 40 min", drug="midazolam")
    regimen = Regimen((late, first))
    assert [visit.drug for visit in regimen.visits] == ["midazolam", "ketamine"]
    assert regimen.active == late.doses


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.5 over 40 min", "has no unit"),
        ("35", "has no unit"),
        ("0.5 mcg/kg over 40 min", "'mcg/kg'"),
        ("0,5 mg/kg over 40 min", "'0,5 mg/kg over 40 min'"),
        ("0.5 mg/kg over 40", "no unit"),
        ("0.5 mg/kg over 40 minutes", "'minutes'"),
        ("0.5 mg/kg over -40 min", "-40 min"),
        ("0.5 mg/kg over 0 min", "0 min"),
        ("0.5 mg/kg for 40 min", "'for'"),
        ("0.4 mg/kg/h over 60 min", "'over'"),
        ("0.4 mg/kg/h", "rate without a time"),
        ("-5 mg", "negative"),
        ("15.01 mg/kg", "15.01 mg/kg"),
        ("1051 mg over 40 min", "15 mg/kg"),
        ("", "''"),
        ("a lot", "'a lot'"),
    ],
)
def test_a_dose_that_cannot_be_is_refused_naming_what_was_read(text, words):
    with pytest.raises(InputError) as refused:
        read(text)
    sentence = str(refused.value)
    assert words in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_fifteen_mg_per_kg_is_the_most_that_one_step_may_hold():
    assert read("15 mg/kg over 40 min").dose_mg == pytest.approx(1050.0)


@pytest.mark.parametrize(
    ("drug", "route", "nearest"), [("ketamin", "iv", "ketamine"), ("ketamine", "nasal", "intranasal")]
)
def test_an_unknown_drug_or_route_is_refused_naming_the_nearest(drug, route, nearest):
    with pytest.raises(InputError, match=f"the nearest is '{nearest}'"):
        read("10 mg", drug=drug, route=route)


def test_a_dose_over_a_time_needs_a_route_that_can_be_timed():
    with pytest.raises(InputError, match="oral route"):
        read("35 mg over 40 min", route="oral")


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("0.5 mg/kg over 40 min", False),
        ("1 mg/kg over 40 min", False),
        ("1.01 mg/kg over 40 min", True),
        ("5 mg/kg over 40 min", True),
        ("2 mg/kg over 80 min", False),
        ("2 mg/kg over 79 min", True),
        ("0.6 mg/kg, then 0.6 mg/kg over 40 min", True),
        ("0.6 mg/kg over 40 min, then 0.6 mg/kg over 40 min", False),
    ],
)
def test_more_than_one_mg_per_kg_in_any_forty_minutes_is_warned_of_and_not_refused(text, warned):
    assert bool(dose_warnings(read(text), ADULT)) is warned


def test_the_most_in_a_window_is_that_of_the_busiest_one():
    visit = read("10 mg over 40 min, then 30 mg over 20 min, then 10 mg over 40 min")
    assert most_in_window_mg(visit, 40.0) == pytest.approx(30.0 + 5.0)
    slow_then_fast = read("10 mg over 40 min, then 30 mg over 20 min")
    assert most_in_window_mg(slow_then_fast, 40.0) == pytest.approx(5.0 + 30.0)


def test_inert_and_control_doses_are_not_warned_of():
    assert dose_warnings(read("100 mg", drug="placebo"), ADULT) == ()


def test_a_nasal_dose_between_devices_is_warned_of():
    visit = read("50 mg", drug="esketamine", route="intranasal", patient=Patient(90.0))
    assert dose_warnings(visit, Patient(90.0)) == (
        "50 mg is not a multiple of the 28 mg of one nasal device: it is read as 2 devices.",
    )


def test_an_amount_by_weight_that_is_whole_devices_is_not_warned_of():
    visit = read("2.8 mg/kg", drug="esketamine", route="intranasal", patient=Patient(90.0))
    assert visit.doses[0].devices == 9
    assert not [text for text in dose_warnings(visit, Patient(90.0)) if "multiple" in text]


@pytest.mark.parametrize("dose", [lambda: Bolus("ketamine", "iv", -1.0), lambda: Spray("esketamine", float("nan"))])
def test_an_amount_below_nothing_is_refused(dose):
    with pytest.raises(InputError, match="0 mg or more"):
        dose()


def test_an_infusion_without_a_duration_is_refused_and_sent_to_a_bolus():
    with pytest.raises(InputError, match="use Bolus"):
        Infusion("ketamine", "iv", 10.0, 0.0)
