"""People read as they go by: what is kept equals what the held courses say, and what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest

from limen.kinetics import (
    Concentrations,
    Reading,
    Reductions,
    draw_concentrations,
    reduce_concentrations,
)
from limen.quantities import Floats, InputError
from limen.regimen import Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0)
MINUTES = np.arange(0.0, 481.0)


def course(*visits: tuple[str, str, str, float]) -> Regimen:
    return Regimen(
        tuple(read_visit(text, drug=drug, route=route, patient=ADULT, start_min=at) for text, drug, route, at in visits)
    )


DRIP = ("0.5 mg/kg over 40 min", "ketamine", "iv", 0.0)
SPRAY = ("56 mg", "esketamine", "intranasal", 60.0)
COURSES = {
    "an infusion": course(DRIP),
    "a step that ends between the minutes": course(("20 mg over 12.5 min, then 10 mg over 7 min", "ketamine", "iv", 0)),
    "a spray after an infusion": course(DRIP, SPRAY),
    "a muscle": course(("35 mg", "ketamine", "im", 0.0)),
    "a film": course(("50 mg", "esketamine", "sublingual", 0.0)),
}


def reduced(regimen: Regimen, draws: int = 40, **other: object) -> Reductions:
    return reduce_concentrations(
        ADULT, regimen, until_min=480.0, draws=draws, rng=np.random.default_rng(2), **{"engine": "numpy", **other}
    )


def held(regimen: Regimen, draws: int = 40, times: Floats = MINUTES, **other: str) -> dict[str, Floats]:
    drawn = draw_concentrations(ADULT, regimen, times, draws=draws, rng=np.random.default_rng(2), **other)
    return {
        name: drawn.analyte(name)
        for name in ("ketamine", "norketamine")
        if any(name in m.analytes for m in drawn.members)
    }


@pytest.mark.parametrize("regimen", COURSES.values(), ids=COURSES)
def test_the_people_are_those_of_the_held_courses(regimen: Regimen) -> None:
    found = reduced(regimen)
    for name, values in held(regimen).items():
        one = found.reading(name)
        assert np.all(one.peak >= values.max(axis=1) * (1.0 - 1e-12))
        np.testing.assert_allclose(one.peak, values.max(axis=1), rtol=0.05)
        np.testing.assert_allclose(one.area, np.trapezoid(values, MINUTES, axis=1), rtol=0.01)


def test_peak_and_its_minute_are_exact_where_an_infusion_ends_between_the_minutes() -> None:
    found = reduced(COURSES["a step that ends between the minutes"], model="clements_1981").reading("ketamine")
    np.testing.assert_array_equal(found.peak_at_min, 19.5)
    ends = held(COURSES["a step that ends between the minutes"], times=np.array([19.5]), model="clements_1981")
    np.testing.assert_allclose(found.peak, ends["ketamine"][:, 0], rtol=1e-12)


@pytest.mark.parametrize("regimen", COURSES.values(), ids=COURSES)
def test_the_exact_area_is_where_ever_finer_trapezia_lead(regimen: Regimen) -> None:
    coarse, fine = (reduced(regimen, step_min=step) for step in (1.0, 0.25))
    for name in coarse.members[0].readings:
        exact = fine.reading(name).exact_area
        assert exact is not None
        wrong = [np.max(np.abs(found.reading(name).area - exact)) for found in (coarse, fine)]
        assert wrong[1] <= 0.1 * wrong[0] + 1e-9
        np.testing.assert_allclose(fine.reading(name).area, exact, rtol=1e-3, atol=1e-9)


def test_one_minute_is_within_a_thousandth_of_the_area_of_an_infusion() -> None:
    found = reduced(COURSES["an infusion"], draws=200).reading("ketamine")
    np.testing.assert_allclose(found.area, found.exact_area, rtol=1e-3)


def test_the_time_above_a_limit_is_that_of_the_held_course() -> None:
    found = reduced(COURSES["an infusion"], read=Concentrations({"ketamine": 100.0}), step_min=0.5).reading("ketamine")
    often = np.arange(0.0, 480.0, 0.05)
    above = np.mean(held(COURSES["an infusion"], times=often)["ketamine"] > 100.0, axis=1) * 480.0
    np.testing.assert_allclose(found.above_min, above, atol=0.1)
    assert found.above_min is not None
    assert found.above_min.max() > 10.0


def test_without_a_limit_there_is_no_time_above_it() -> None:
    assert reduced(COURSES["an infusion"]).reading("ketamine").above_min is None


def test_both_sides_of_a_dose_given_at_once_are_looked_at() -> None:
    bolus = course(("10 mg", "ketamine", "iv", 0.0))
    found = reduced(bolus, draws=1, model="clements_1981").reading("ketamine")
    assert found.peak_at_min[0] == 0.0
    assert found.peak[0] > held(bolus, draws=1, model="clements_1981")["ketamine"].max()


def test_a_dose_given_at_once_at_the_last_minute_is_in_the_peak_and_not_in_the_area() -> None:
    before, after = (
        reduced(course(("10 mg", "ketamine", "iv", 0.0), *more), model="clements_1981").reading("ketamine")
        for more in ((), (("60 mg", "ketamine", "iv", 480.0),))
    )
    np.testing.assert_allclose(after.exact_area, before.exact_area, rtol=1e-12)
    np.testing.assert_allclose(after.area, before.area, rtol=1e-12)
    np.testing.assert_array_equal(after.peak_at_min, 480.0)


def test_any_size_of_block_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reduced(COURSES["a film"], draws=30).reading("ketamine")
    monkeypatch.setattr("limen.kinetics.reductions.BATCH", 7)
    parts = reduced(COURSES["a film"], draws=30, workers=2).reading("ketamine")
    np.testing.assert_allclose(parts.peak, whole.peak, rtol=1e-12)
    np.testing.assert_allclose(parts.exact_area, whole.exact_area, rtol=1e-9)


def test_the_model_that_drifts_with_time_is_reduced_too() -> None:
    child = Patient(weight_kg=7.0)
    drip = Regimen((read_visit("7 mg over 60 min", drug="esketamine", route="iv", patient=child),))
    asked = {"draws": 2, "model": "flint_2017"}
    found = reduce_concentrations(
        child, drip, until_min=120.0, rng=np.random.default_rng(2), step_min=5.0, **asked
    ).reading("S-ketamine")
    times = np.arange(0.0, 121.0, 5.0)
    drawn = draw_concentrations(child, drip, times, sampled="venous", rng=np.random.default_rng(2), **asked)
    np.testing.assert_allclose(found.peak, drawn.analyte("S-ketamine").max(axis=1), rtol=1e-8)
    np.testing.assert_allclose(found.area, np.trapezoid(drawn.analyte("S-ketamine"), times, axis=1), rtol=1e-8)
    assert found.exact_area is None


def test_the_model_that_drifts_with_time_refuses_a_second_way_in() -> None:
    both = course(DRIP, ("35 mg", "ketamine", "im", 60.0))
    with pytest.raises(InputError, match=r"'flint_2017' changes with time.*got 2"):
        reduced(both, draws=2, model="flint_2017")


def test_an_inert_course_leaves_nothing_and_no_time_above_a_limit_that_was_not_asked() -> None:
    nothing = course(("0 mg", "placebo", "intranasal", 0.0))
    found = reduced(nothing, read=Concentrations({"ketamine": 100.0})).reading("ketamine")
    assert found.unit == "ng/mL"
    for kept in (found.peak, found.area, found.exact_area, found.above_min):
        assert kept is not None
        assert not kept.any()
    assert reduced(nothing).reading("ketamine").above_min is None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"until_min": 0.0}, "up to"),
        ({"step_min": 0.0}, "step of 0 min"),
        ({"step_min": 0.001}, "more than 200000 steps"),
        ({"engine": "fortran"}, "no engine 'fortran'"),
        ({"draws": 1}, "too few"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(asked: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        reduce_concentrations(
            ADULT,
            COURSES["an infusion"],
            **{"until_min": 480.0, "draws": 10, "rng": np.random.default_rng(1), **asked},
        )


def test_a_reading_that_no_model_gives_is_refused_naming_what_there_is() -> None:
    with pytest.raises(InputError, match=r"'caffeine'.*ketamine"):
        reduced(COURSES["an infusion"]).reading("caffeine")


def test_a_reading_needs_an_analyte_and_no_negative_factor() -> None:
    with pytest.raises(InputError, match="at least one analyte"):
        Reading("empty", "ng/mL", {})
    with pytest.raises(InputError, match="factors of 0 or more"):
        Reading("less", "ng/mL", {"ketamine": np.array([-1.0])})
    with pytest.raises(InputError, match="got nan"):
        Reading("second", "ng/mL", {"ketamine": np.array([1.0]), "norketamine": np.array([np.nan])})
