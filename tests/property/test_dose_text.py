"""Laws of the dose text: what can be written reads back, and whatever else comes is refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.quantities import InputError
from limen.regimen import Bolus, Infusion, Patient, Spray, read_visit

ADULT = Patient(70.0)
WITHIN_LIMITS_MG = 1050.0


def written(highest):
    """Numbers as people write them: up to three decimals, none of them so small that it would be printed as 1e-05."""
    return st.integers(0, int(highest * 1000)).map(
        lambda thousandths: f"{thousandths / 1000:.3f}".rstrip("0").rstrip(".")
    )


MINUTES = written(600).filter(lambda text: float(text) >= 0.01).map(lambda text: f"{text} min")
HOURS = written(10).filter(lambda text: float(text) >= 0.01).map(lambda text: f"{text} h")
TIMES = MINUTES | HOURS
BOLUSES = written(WITHIN_LIMITS_MG).map(lambda mg: f"{mg} mg") | written(15).map(lambda mg: f"{mg} mg/kg")
AMOUNTS = st.tuples(BOLUSES, TIMES).map(lambda step: f"{step[0]} over {step[1]}")
RATES = st.tuples(written(1.5), st.sampled_from(["mg/h", "mg/kg/h"]), TIMES).map(lambda s: f"{s[0]} {s[1]} for {s[2]}")
STEPS = BOLUSES | AMOUNTS | RATES


def read(text, drug="ketamine", route="iv"):
    return read_visit(text, drug=drug, route=route, patient=ADULT)


def minutes_in(text):
    number, unit = text.split()
    return float(number) * (60.0 if unit == "h" else 1.0)


@given(st.lists(STEPS, min_size=1, max_size=5))
def test_any_text_made_of_steps_that_can_be_reads_back_step_by_step(steps):
    visit = read(", then ".join(steps))
    assert len(visit.doses) == len(steps)
    assert visit.dose_mg == pytest.approx(sum(read(step).dose_mg for step in steps))
    assert visit.duration_min == pytest.approx(sum(read(step).duration_min for step in steps))


@given(written(WITHIN_LIMITS_MG), TIMES)
def test_an_infusion_holds_the_amount_and_the_time_that_were_written(mg, time):
    dose = read(f"{mg} mg over {time}").doses[0]
    assert isinstance(dose, Infusion)
    assert (dose.dose_mg, dose.duration_min) == (float(mg), pytest.approx(minutes_in(time)))


@given(written(15))
def test_mg_per_kg_is_mg_times_the_weight(mg_per_kg):
    dose = read(f"{mg_per_kg} mg/kg").doses[0]
    assert isinstance(dose, Bolus)
    assert dose.dose_mg == pytest.approx(float(mg_per_kg) * 70.0)


@given(st.lists(STEPS, min_size=2, max_size=5))
def test_each_step_starts_where_the_one_before_ends(steps):
    doses = read(", then ".join(steps)).doses
    assert [dose.start_min for dose in doses[1:]] == [dose.end_min for dose in doses[:-1]]


@given(written(WITHIN_LIMITS_MG))
def test_a_spray_has_at_least_one_device_and_none_to_spare(mg):
    dose = read(f"{mg} mg", drug="esketamine", route="intranasal").doses[0]
    assert isinstance(dose, Spray)
    assert dose.devices >= 1
    assert 28 * (dose.devices - 1) < max(dose.dose_mg, 1e-9) <= 28 * dose.devices + 1e-6


def sentence_about(text):
    """What is said of a text that is refused; None where it is read."""
    try:
        return None if read(text).dose_mg >= 0.0 else "a negative amount was read"
    except InputError as refused:
        return str(refused)


def is_one_sentence(said):
    return said is None or ("\n" not in said and said.endswith("."))


@given(st.text() | st.text(alphabet="0123456789.,-+ mgkh/overtinf\n"))
def test_any_text_is_read_or_refused_in_one_sentence(text):
    assert is_one_sentence(sentence_about(text))


@given(STEPS, st.integers(0, 60), st.characters(codec="utf-8"))
def test_a_slip_of_one_key_is_read_or_refused_in_one_sentence(step, place, key):
    assert is_one_sentence(sentence_about(step[:place] + key + step[place + 1 :]))
