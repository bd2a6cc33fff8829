"""The compiled path gives what the plain one gives; where numba is not installed these skip, saying so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.kinetics import Concentrations, Reading, Reductions, fast, reduce_concentrations
from limen.quantities import InputError
from limen.regimen import Patient, Regimen, read_visit

needs_numba = pytest.mark.skipif(not fast.available(), reason="needs numba, of the extra 'fast'")

ADULT = Patient(weight_kg=70.0)
COURSES = {
    "an infusion": [("0.5 mg/kg over 40 min", "ketamine", "iv", 0.0)],
    "steps between the minutes": [("20 mg over 12.5 min, then 10 mg over 7 min", "ketamine", "iv", 3.25)],
    "a bolus and an infusion": [("10 mg", "ketamine", "iv", 0.0), ("20 mg over 30 min", "ketamine", "iv", 30.0)],
    "a bolus at the last minute": [("10 mg", "ketamine", "iv", 0.0), ("10 mg", "ketamine", "iv", 300.0)],
    "a film, whose entry ends at a time of each person": [("50 mg", "esketamine", "sublingual", 0.0)],
    "sprays after an infusion": [
        ("0.2 mg/kg over 40 min", "esketamine", "iv", 0.0),
        ("56 mg", "esketamine", "intranasal", 90.0),
    ],
    "two visits": [("5 mg over 40 min", "ketamine", "iv", 0.0), ("30 mg over 40 min", "ketamine", "iv", 1000.0)],
    "a muscle": [("35 mg", "ketamine", "im", 0.0)],
}


def run(name: str, engine: str, **other: object) -> Reductions:
    visits = [
        read_visit(text, drug=drug, route=route, patient=ADULT, start_min=at) for text, drug, route, at in COURSES[name]
    ]
    asked = {"until_min": 300.0, "draws": 150, "read": Concentrations({"ketamine": 60.0}), **other}
    return reduce_concentrations(ADULT, Regimen(tuple(visits)), rng=np.random.default_rng(3), engine=engine, **asked)


def assert_same(found: Reductions, plain: Reductions) -> None:
    assert len(found.members) == len(plain.members)
    for one, other in zip(found.members, plain.members, strict=True):
        assert one.readings.keys() == other.readings.keys()
        for name in one.readings:
            for field in ("peak", "peak_at_min", "area", "exact_area", "above_min"):
                mine, theirs = getattr(one.readings[name], field), getattr(other.readings[name], field)
                if theirs is not None:
                    np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-9, err_msg=f"{one.id} {name} {field}")


@needs_numba
@pytest.mark.parametrize("name", COURSES)
def test_numba_gives_the_same_as_numpy_to_1e_10(name: str) -> None:
    assert_same(run(name, "numba"), run(name, "numpy"))


@needs_numba
@pytest.mark.parametrize("name", COURSES)
@pytest.mark.parametrize("step_min", [1.0, 0.7])
def test_leaps_over_minutes_that_cannot_matter_lose_no_peak_and_no_area(name: str, step_min: float) -> None:
    """Long enough for leaps of 16 and of 64 steps; the second visit raises what had settled."""
    asked = {"until_min": 2000.0, "draws": 140, "read": Concentrations(), "step_min": step_min}
    assert_same(run(name, "numba", **asked), run(name, "numpy", **asked))


@needs_numba
@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(1.0, 50.0), st.integers(0, 1300), st.integers(0, 90)), min_size=1, max_size=4))
def test_any_course_of_infusions_is_the_same_by_leaps(given_doses: list[tuple[float, int, int]]) -> None:
    """The peak of norketamine may come in any of the humps, and its minute must be the same."""
    visits = tuple(
        read_visit(
            f"{mg:.3f} mg" + (f" over {over} min" if over else ""), drug="ketamine", route="iv", patient=ADULT,
            start_min=float(start),
        )
        for mg, start, over in given_doses
    )  # fmt: skip
    asked = {"until_min": 1600.0, "draws": 130, "model": "racemate_composite_venous"}
    numba, plain = (
        reduce_concentrations(ADULT, Regimen(visits), rng=np.random.default_rng(3), engine=engine, **asked)
        for engine in ("numba", "numpy")
    )
    assert_same(numba, plain)


@needs_numba
def test_the_defective_chain_and_a_saturating_reading_are_the_same_too() -> None:
    def read(analytes: tuple[str, ...], rows: slice) -> tuple[Reading, ...]:
        each = np.linspace(0.5, 2.0, 150)[rows]
        return (Reading("x", "fraction", {analytes[0]: each / 100.0}, saturating=True, above=0.3),)

    asked = {"model": "simons_2022", "sampled": "arterial", "read": read}
    name = "sprays after an infusion"
    with pytest.raises(InputError, match="no intranasal route"):
        run(name, "numba", **asked)
    name = "a film, whose entry ends at a time of each person"
    assert_same(run(name, "numba", **asked), run(name, "numpy", **asked))


@needs_numba
def test_more_threads_and_a_day_later_change_nothing() -> None:
    later = run("an infusion", "numba", until_min=6000.0, step_min=10.0, workers=2, draws=300)
    assert_same(later, run("an infusion", "numpy", until_min=6000.0, step_min=10.0, draws=300))


@needs_numba
def test_auto_takes_the_compiled_path_only_where_it_is_worth_it() -> None:
    assert fast.chosen("auto", 10) == "numpy"
    assert fast.chosen("auto", fast.WORTH_IT) == "numba"


def test_without_numba_auto_is_plain_and_asking_for_numba_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "available", lambda: False)
    assert fast.chosen("auto", fast.WORTH_IT) == "numpy"
    with pytest.raises(InputError, match=r"install limen\[fast\]"):
        fast.chosen("numba", 1)


@needs_numba
def test_too_many_kinds_of_steps_are_refused_by_numba_and_left_to_numpy_by_auto(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visits = [
        read_visit("1 mg", drug="ketamine", route="iv", patient=ADULT, start_min=3.1415927 * one) for one in range(60)
    ]

    def uneven(engine: str) -> Reductions:
        rng = np.random.default_rng(1)
        return reduce_concentrations(ADULT, Regimen(tuple(visits)), until_min=300.0, draws=10, rng=rng, engine=engine)

    with pytest.raises(InputError, match="different steps"):
        uneven("numba")
    monkeypatch.setattr(fast, "WORTH_IT", 1)
    left = uneven("auto")
    assert left.engine == "numpy"
    np.testing.assert_array_equal(left.reading("ketamine").peak, uneven("numpy").reading("ketamine").peak)
