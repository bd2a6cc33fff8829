"""The ensemble of racemic and S-ketamine models: what all of them must say of a typical adult."""

from __future__ import annotations

import numpy as np
import pytest
from kinetics_runs import courses

from limen.kinetics import load_model, typical_concentrations
from limen.kinetics.linear_system import Given
from limen.regimen import Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0)


def typical(text: str, minute: float, sampled: str, drug: str = "ketamine") -> dict[str, float]:
    regimen = Regimen((read_visit(text, drug=drug, route="iv", patient=ADULT),))
    found = typical_concentrations(ADULT, regimen, np.array([0.0, minute]), sampled=sampled)
    return {one.id: float(one.analytes["ketamine"][0, 1]) for one in found.members}


@pytest.mark.parametrize("sampled", ["venous", "arterial"])
def test_k15_every_member_lies_within_150_and_300_at_the_end_of_half_a_mg_per_kg(sampled: str) -> None:
    """Centre 185, range 100-250 observed; 150-300 for typical curves of either site."""
    for value in typical("0.5 mg/kg over 40 min", 40.0, sampled).values():
        assert 150.0 <= value <= 300.0


@pytest.mark.parametrize("sampled", ["venous", "arterial"])
def test_k18_twice_the_dose_is_twice_the_concentration(sampled: str) -> None:
    once, twice = (typical(f"{dose} mg/kg over 40 min", 90.0, sampled) for dose in (0.5, 1.0))
    assert {name: 2.0 * value for name, value in once.items()} == pytest.approx(twice, rel=1e-10)


def test_k21_clearance_of_s_over_r_is_1_16() -> None:
    s, r = load_model("racemate_composite").copies
    assert 1.0 / r.factors["CLK1"] == pytest.approx(1.16, abs=0.05)
    assert ("CLK1" in s.factors, s.dose_fraction, r.dose_fraction) == (False, 0.5, 0.5)


def test_k22_arterial_members_lie_within_one_geometric_sd_of_the_observed_bolus() -> None:
    """10 mg at once, 2 min: geometric mean 296, GSD 1.71."""
    found = typical("10 mg", 2.0, "arterial")
    for name in ("racemate_composite", "kamp_meta_2020"):
        assert 173.0 <= found[name] <= 506.0


@pytest.mark.parametrize(
    ("model_id", "dose_mg", "printed"),
    [
        ("domino", 35.0, (240, 46, 38, 18)),
        ("clements_1981", 35.0, (177, 85, 63, 36)),
        ("hijazi_2003", 35.0, (225, 46, 17, 4.7)),
        ("herd_anderson_2007", 35.0, (253, 96, 74, 26)),
        ("kamp_meta_2020", 35.0, (253, 74, 54, 27)),
        ("otto_fanta", 35.0, (158, 79, 60, 27)),
        ("simons_2022", 35.0, (289, 63, 42, 21)),
    ],
)
def test_typical_courses_are_those_computed_before_by_other_code(
    model_id: str, dose_mg: float, printed: tuple[float, ...]
) -> None:
    times = np.array([0.0, 40.0, 80.0, 110.0, 230.0])
    found = next(iter(courses(model_id, times, Given("iv", dose_mg, 0.0, 40.0)).values()))
    assert found[1:] == pytest.approx(printed, rel=0.03)
