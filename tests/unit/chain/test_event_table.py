"""Event tables: what each convention means, read back through the concentrations it gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from unit.chain.event_lines import dose, line, seen, written

from limen.chain.evaluation import EventTable, evaluation_answer, event_table, read_event_table, write_event_table
from limen.chain.evaluation.answering import answering_model, seen_samples
from limen.chain.evaluation.replicates import course_concentrations
from limen.kinetics import TYPICAL, load_model, model_ids, typical_concentrations
from limen.kinetics.concentrations import run
from limen.kinetics.linear_system import Given
from limen.kinetics.variability import draw_parameters
from limen.quantities import Floats, InputError
from limen.regimen import Patient, Regimen, read_visit

ADULT = {"WT": 70.0, "AGE": 45.0, "ASIAN": 0.0, "JAPANESE": 0.0, "NDEV": 1.0}


def read(folder: Path, *lines: str, **how: object) -> EventTable:
    return read_event_table(written(folder, *lines), **{"time_unit": "min", **how})  # type: ignore[arg-type]


def predicted(table: EventTable, model: str = "kamp_meta_2020") -> Floats:
    """Typical ng/mL of every counted sample of the first person, course by course."""
    found: list[float] = []
    for one in seen_samples(table, drop_below=False):
        member = answering_model(model, one.stratum, by_name=True)
        parameters = draw_parameters(member.model, 1, TYPICAL, np.random.default_rng(0))
        times = np.array([one.read_at_min])
        found.append(float(course_concentrations(member, parameters, one.course, times, one.sample.analyte)[0, 0]))
    return np.array(found)


def by_engine(times: list[float], *doses: Given, model: str = "kamp_meta_2020", **covariates: float) -> Floats:
    """The same without a table: an arterial model as it is."""
    one = load_model(model)
    parameters = draw_parameters(one, 1, TYPICAL, np.random.default_rng(0))
    name = one.outputs[0].analyte
    return run(
        one,
        one.copies[0],
        parameters,
        ADULT | covariates,
        doses,
        time_min=np.array(times),
        wanted=(name,),
    )[name][0]


ARTERIAL = {"sampled": "arterial"}


def test_rate_and_dur_say_the_same_infusion(tmp_path: Path) -> None:
    samples = [seen(40, **ARTERIAL), seen(100, **ARTERIAL)]
    by_rate = predicted(read(tmp_path, dose(0, RATE=35 / 40), *samples))
    by_duration = predicted(read(tmp_path, dose(0, DUR=40), *samples))
    np.testing.assert_allclose(by_rate, by_duration, rtol=1e-12)
    np.testing.assert_allclose(by_rate, by_engine([40.0, 100.0], Given("iv", 35.0, 0.0, 40.0)), rtol=1e-12)


def test_the_unit_of_time_counts_for_time_duration_interval_and_rate(tmp_path: Path) -> None:
    minutes = read(tmp_path, dose(0, RATE=0.5, II=120, ADDL=2), seen(300, **ARTERIAL))
    hours = read(tmp_path, dose(0, RATE=30, II=2, ADDL=2), seen(5, **ARTERIAL), time_unit="h")
    np.testing.assert_allclose(predicted(minutes), predicted(hours), rtol=1e-12)


def test_addl_is_the_same_as_the_doses_written_out(tmp_path: Path) -> None:
    short = predicted(read(tmp_path, dose(0, DUR=10, II=60, ADDL=3), seen(200, **ARTERIAL)))
    doses = [Given("iv", 35.0, 60.0 * index, 10.0) for index in range(4)]
    np.testing.assert_allclose(short, by_engine([200.0], *doses), rtol=1e-12)


# Without the venous ones, which are not read in an artery, and the one whose clearance drifts and has no steady state.
STEADY_MODELS = [
    name for name in model_ids() if load_model(name).site != "venous" and not load_model(name).changes_with_time
]


@pytest.mark.parametrize("model", STEADY_MODELS)
def test_a_steady_state_repeats_itself_after_one_interval(model: str, tmp_path: Path) -> None:
    drug = {"enantiomer": "S" if load_model(model).is_s_only else "sum"}
    times = (0, 479, 480, 959)
    lines = [dose(0, DUR=40, II=480, ADDL=2, SS=1, **drug), *(seen(time, **ARTERIAL) for time in times)]
    trough, late, next_trough, next_late = predicted(read(tmp_path, *lines), model)
    assert trough > 0.0
    assert next_trough == pytest.approx(trough, rel=1e-7)
    assert next_late == pytest.approx(late, rel=1e-7)


def test_a_steady_state_has_the_area_of_one_dose(tmp_path: Path) -> None:
    step = 2
    lines = [dose(0, DUR=40, II=480, ADDL=1, SS=1), *(seen(time, **ARTERIAL) for time in range(0, 481, step))]
    area = float(np.trapezoid(predicted(read(tmp_path, *lines)), dx=step)) / 60.0
    clearance_l_per_h = load_model("kamp_meta_2020").parameters["CL"].value
    assert area == pytest.approx(35.0 / clearance_l_per_h * 1000.0, rel=1e-3)


def test_at_one_time_a_sample_comes_before_the_start_of_a_dose_unless_the_order_of_the_file_is_kept(
    tmp_path: Path,
) -> None:
    lines = [dose(0), dose(60), seen(60, **ARTERIAL)]
    before = predicted(read(tmp_path, *lines))
    after = predicted(read(tmp_path, *lines, row_order=True))
    np.testing.assert_allclose(before, by_engine([60.0], Given("iv", 35.0, 0.0)), rtol=1e-12)
    volume_l = load_model("kamp_meta_2020").parameters["V1"].value
    assert after - before == pytest.approx(35.0 / volume_l * 1000.0, rel=1e-6)


def test_a_sample_at_the_end_of_an_infusion_sees_all_of_it(tmp_path: Path) -> None:
    found = predicted(read(tmp_path, dose(0, DUR=40), seen(40, **ARTERIAL), seen(40.001, **ARTERIAL)))
    assert found[0] > found[1]


def test_a_reset_empties_the_person_and_may_begin_the_clock_anew(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        dose(0),
        seen(30, **ARTERIAL),
        line(TIME=0, EVID=4, AMT=70),
        seen(30, **ARTERIAL),
        line(TIME=60, EVID=3),
        seen(90, 0, **ARTERIAL),
    )
    first, second = predicted(table)
    assert second == pytest.approx(2.0 * first, rel=1e-12)
    assert len(table.people[0].courses) == 3


def test_at_the_minute_of_a_reset_a_sample_finds_nothing_unless_the_order_of_the_file_is_kept(tmp_path: Path) -> None:
    lines = [dose(0), seen(30, **ARTERIAL), seen(60, 0, **ARTERIAL), line(TIME=60, EVID=3)]
    assert len(seen_samples(read(tmp_path, *lines), drop_below=False)) == 1
    lines[2] = seen(60, 5, **ARTERIAL)
    assert len(seen_samples(read(tmp_path, *lines, row_order=True), drop_below=False)) == 2


def test_a_weight_that_changes_is_carried_forward_exactly(tmp_path: Path) -> None:
    """With every rate the same before and after, a change must change nothing; with another one it must."""
    plain = [dose(0, DUR=100), seen(90, **ARTERIAL), seen(200, **ARTERIAL)]
    same = [plain[0], line(TIME=60, EVID=2, WT="70.0000000001"), *plain[1:]]
    heavier = [plain[0], line(TIME=60, EVID=2, WT=140), *(seen(time, WT=140, **ARTERIAL) for time in (90, 200))]
    alone = predicted(read(tmp_path, *plain))
    np.testing.assert_allclose(predicted(read(tmp_path, *same)), alone, rtol=1e-9)
    assert np.all(predicted(read(tmp_path, *heavier)) < 0.9 * alone)


@pytest.mark.parametrize("model", ["racemate_composite", "kamp_meta_2020"])
def test_a_change_without_effect_changes_nothing_through_the_link_and_the_depot_either(
    model: str, tmp_path: Path
) -> None:
    plain = [dose(0, CMT="im"), seen(40), seen(300)]
    changed = [
        plain[0],
        line(TIME=20, EVID=2, WT="70.0000000001"),
        *(seen(time, WT="70.0000000001") for time in (40, 300)),
    ]
    np.testing.assert_allclose(
        predicted(read(tmp_path, *changed), model), predicted(read(tmp_path, *plain), model), rtol=1e-8
    )


def test_devices_one_by_one_are_the_dose_at_once(tmp_path: Path) -> None:
    nasal = {"CMT": "nasal", "enantiomer": "S"}
    apart = [dose(0, 28, device=number, **nasal) for number in (1, 2, 3)]
    one_by_one = predicted(read(tmp_path, *apart, seen(60)), "perez_ruixo_2021")
    at_once = predicted(read(tmp_path, dose(0, 84, **nasal), seen(60)), "perez_ruixo_2021")
    np.testing.assert_allclose(one_by_one, at_once, rtol=1e-12)


def test_japanese_and_asian_reach_the_model(tmp_path: Path) -> None:
    nasal = {"CMT": "nasal", "enantiomer": "S"}
    plain = predicted(read(tmp_path, dose(0, 84, **nasal), seen(60)), "perez_ruixo_2021")
    known = {"ASIAN": 1, "JAPANESE": 1}
    japanese = predicted(read(tmp_path, dose(0, 84, **nasal, **known), seen(60, **known)), "perez_ruixo_2021")
    assert japanese[0] > 1.2 * plain[0]


def test_concentrations_in_moles_are_read_with_the_molar_mass(tmp_path: Path) -> None:
    table = read(tmp_path, dose(0), seen(60, 1.0), seen(90, 1.0, DVID="norketamine"), dv_unit="nmol/mL")
    assert [one.value_ng_per_ml for one in table.samples] == [237.73, 223.70]


def test_enantiomer_and_dvid_name_one_analyte(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        dose(0),
        seen(60, enantiomer="S"),
        seen(61, enantiomer="sum"),
        seen(62, DVID="R-norketamine", enantiomer="."),
    )
    assert [one.analyte for one in table.samples] == ["S-ketamine", "ketamine", "R-norketamine"]


def test_what_a_file_does_not_say_is_assumed_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, "1,0,35,40,.", "1,40,.,.,100", head="ID,TIME,AMT,DUR,DV")
    table = read_event_table(path, time_unit="min")
    told = " ".join(table.warnings)
    for word in ("racemic ketamine", "taken as ketamine", "compared as venous", "70 kg is assumed"):
        assert word in told
    assert table.people[0].courses[0].doses[0].route == "iv"


def test_samples_before_the_first_dose_are_left_out_and_a_concentration_there_is_told(tmp_path: Path) -> None:
    quiet = read(tmp_path, seen(-10, 0), dose(0), seen(0, 0), seen(30))
    assert not quiet.warnings
    odd = read(tmp_path, seen(-10, 12), dose(0), seen(30))
    assert "line 2" in odd.warnings[0]
    assert len(seen_samples(odd, drop_below=False)) == 1


def test_a_missing_value_asks_for_a_prediction_only(tmp_path: Path) -> None:
    answer = evaluation_answer(written(tmp_path, dose(0), seen(30), seen(60, ".")), time_unit="min", replicates=100)
    assert answer["samples"] == {"used": 1, "below_limit": 0, "before_first_dose": 0, "prediction_only": 1}


def test_remarks_byte_order_marks_and_other_columns_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(
        "\ufeff# a remark\nid,Time,amt,dv,cmt,STUDY\n\n1,0,35,.,central,7\n1,1,.,90,.,7\n", encoding="utf-8"
    )
    table = read_event_table(path)
    assert table.ignored == ("STUDY",)
    assert table.samples[0].time_min == 60.0


@pytest.mark.parametrize(
    ("route", "drug", "text"),
    [
        ("intranasal", "esketamine", "28 mg, then 56 mg"),
        ("iv", "ketamine", "0.2 mg/kg over 2 min, then 0.4 mg/kg/h for 60 min"),
        ("intranasal", "esketamine", "84 mg"),
        ("im", "ketamine", "0.5 mg/kg"),
    ],
)
def test_a_simulation_written_as_a_table_is_read_back_as_what_it_was(
    route: str, drug: str, text: str, tmp_path: Path
) -> None:
    patient = Patient(weight_kg=82.5123456, age_y=40.0, sex="F")
    regimen = Regimen((read_visit(text, drug=drug, route=route, patient=patient),))
    minutes = np.array([0.0, 5.0, 20.0, 62.0, 240.0])
    drawn = typical_concentrations(patient, regimen, minutes)
    path = write_event_table(event_table(patient, regimen, drawn, lloq_ng_per_ml=1e-6), tmp_path / "made.csv")
    table = read_event_table(path, time_unit="min")
    assert not table.warnings
    for member, person in zip(drawn.members, table.people, strict=True):
        for one in seen_samples(EventTable(table.file, (person,), (), (), ""), drop_below=True):
            model = answering_model(member.id, one.stratum, by_name=True)
            parameters = draw_parameters(model.model, 1, TYPICAL, np.random.default_rng(0))
            found = course_concentrations(model, parameters, one.course, np.array([one.read_at_min]), "ketamine")
            assert found[0, 0] == pytest.approx(one.sample.value_ng_per_ml, rel=1e-9)


def test_each_visit_of_a_written_simulation_is_an_occasion(tmp_path: Path) -> None:
    patient = Patient(weight_kg=70.0)
    visits = [
        read_visit("35 mg", drug="ketamine", route="im", patient=patient, start_min=start_min)
        for start_min in (0.0, 2880.0)
    ]
    regimen = Regimen(tuple(visits))
    drawn = typical_concentrations(patient, regimen, np.array([60.0, 2940.0]))
    table = read_event_table(write_event_table(event_table(patient, regimen, drawn), tmp_path / "made.csv"))
    assert {tuple(dose.occasion for dose in person.courses[0].doses) for person in table.people} == {("1", "2")}


def test_an_event_table_replaces_only_its_own_kind(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    write_event_table((), path)
    write_event_table((), path)
    path.write_text("something else")
    with pytest.raises(InputError, match="not an event table"):
        write_event_table((), path)
    assert path.read_text() == "something else"
