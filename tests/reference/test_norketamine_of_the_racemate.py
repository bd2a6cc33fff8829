"""Norketamine of the racemate: the calibration of the two constructions is found again from what it was made from.

S-norketamine after esketamine and after the racemate, and R-norketamine after the racemate: digitised arterial means of
20 people (10.1016/j.bja.2020.06.067), nmol/mL; and the area of S-norketamine of otto_fanta beside that of simons_2022.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from kinetics_runs import ADULT, ESKETAMINE_MG_PER_KG_H, RACEMIC_MG_PER_KG_H, courses, steps
from scipy.optimize import least_squares

from limen.kinetics import TYPICAL, load_model
from limen.kinetics.concentrations import run
from limen.kinetics.variability import draw_parameters
from limen.quantities import Floats

MOLAR_MASS = 223.70
CURVE_ERROR, AREA_ERROR, CLEARANCE_PRIOR = 0.15, 0.15, 0.3
TABLE = np.array([
    [0.25, 0.0178, 0.0133, 0.0240], [0.5, 0.0462, 0.0426, 0.0515], [0.75, 0.0773, 0.0702, 0.0915],
    [1.0, 0.1137, 0.1102, 0.1386], [1.5, 0.1865, 0.1786, 0.2239], [1.667, 0.2434, 0.2416, 0.2807],
    [2.0, 0.3038, 0.2878, 0.3642], [2.083, 0.3411, 0.3269, 0.4113], [2.5, 0.4975, 0.4761, 0.5525],
    [3.0, 0.6396, 0.6272, 0.7586], [3.083, 0.7329, 0.7231, 0.8217], [3.167, 0.6956, 0.6911, 0.7675],
    [3.5, 0.6538, 0.6431, 0.7409], [4.0, 0.5970, 0.5881, 0.6734], [5.0, 0.5383, 0.5294, 0.6041],
])  # fmt: skip
FITTED = TABLE[TABLE[:, 0] >= 0.5]
# Model, copy, regimen and column of the table.
ARMS = (
    ("simons_2022", 0, ESKETAMINE_MG_PER_KG_H, 1),
    ("racemate_composite", 0, RACEMIC_MG_PER_KG_H, 2),
    ("racemate_composite", 1, RACEMIC_MG_PER_KG_H, 3),
)


def literal(model_id: str, copy: int, mg_per_kg_h: tuple[float, ...], factors: Mapping[str, float]) -> Floats:
    """Norketamine with the metabolite parameters of the file times `factors`, without its calibration."""
    model = load_model(model_id)
    kept = {name: value for name, value in model.copies[copy].factors.items() if name == "CLK1"}
    uncalibrated = type(model.copies[copy])("", model.copies[copy].dose_fraction, kept)
    values = {
        name: value * factors.get(name, 1.0)
        for name, value in draw_parameters(model, 1, TYPICAL, np.random.default_rng(0)).items()
    }
    times = np.concatenate(([0.0], FITTED[:, 0] * 60.0))
    found = run(model, uncalibrated, values, ADULT, steps(mg_per_kg_h), time_min=times, wanted=("S-norketamine",))
    return found["S-norketamine"][0, 1:] / MOLAR_MASS


def otto_over_simons() -> float:
    """Area of S-norketamine after the same dose of S-ketamine: what is formed over the clearance, h/L."""
    otto, simons = (load_model(name).parameters for name in ("otto_fanta", "simons_2022"))
    formed = simons["FNK"].value * MOLAR_MASS / 237.73
    return 60.0 * simons["CLN1"].value / formed / otto["CLn"].value


def residuals(logs: Floats) -> Floats:
    exposure, r_over_s, clearance = logs
    curves = []
    for model_id, copy, regimen, column in ARMS:
        shift = exposure + (r_over_s if copy else 0.0)
        found = literal(model_id, copy, regimen, {"CLN1": float(np.exp(clearance))})
        curves.append((np.log(found / FITTED[:, column]) + shift) / CURVE_ERROR)
    area = (exposure - clearance - np.log(otto_over_simons())) / AREA_ERROR
    return np.concatenate([*curves, [area, clearance / CLEARANCE_PRIOR]])


def test_the_calibration_of_the_constructions_is_that_of_the_fit() -> None:
    exposure, r_over_s, clearance = np.exp(least_squares(residuals, np.zeros(3)).x)
    s, r = (one.factors for one in load_model("racemate_composite").copies)
    assert (s["NK_exposure"], s["CLN1"]) == pytest.approx((exposure, clearance), abs=0.006)
    assert r["NK_exposure"] / s["NK_exposure"] == pytest.approx(r_over_s, abs=0.01)
    assert load_model("racemate_composite_venous").copies[1].factors["NK_exposure"] == pytest.approx(r_over_s, abs=0.01)


def test_otto_fanta_has_1_38_times_the_norketamine_area_of_simons_2022() -> None:
    assert otto_over_simons() == pytest.approx(1.38, abs=0.01)


@pytest.mark.parametrize(("copy", "column", "literal_ratio"), [(0, 2, 0.79), (1, 3, 0.59)])
def test_without_it_the_construction_reads_as_low_as_was_measured_before(
    copy: int, column: int, literal_ratio: float
) -> None:
    """Geometric mean ratio after 12 min."""
    found = literal("racemate_composite", copy, RACEMIC_MG_PER_KG_H, {})
    assert np.exp(np.mean(np.log(found / FITTED[:, column]))) == pytest.approx(literal_ratio, abs=0.02)


@pytest.mark.parametrize(("copy", "column"), [(0, 2), (1, 3)])
def test_with_it_the_arterial_curves_are_met(copy: int, column: int) -> None:
    """They were fitted to: this is no test of a prediction."""
    times = np.concatenate(([0.0], FITTED[:, 0] * 60.0))
    found = courses("racemate_composite", times, *steps(RACEMIC_MG_PER_KG_H), copy=copy)["S-norketamine"][1:]
    ratio = found / MOLAR_MASS / FITTED[:, column]
    assert np.median(np.abs(ratio - 1.0)) <= 0.06
    assert np.exp(np.mean(np.log(ratio))) == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize(("copy", "column"), [(0, 2), (1, 3)])
def test_the_venous_construction_meets_the_arterial_curves_from_half_an_hour_after_the_end(
    copy: int, column: int
) -> None:
    """S is as otto_fanta has it and was never fitted to these curves."""
    late = FITTED[FITTED[:, 0] >= 3.5]
    times = np.concatenate(([0.0], late[:, 0] * 60.0))
    found = courses("racemate_composite_venous", times, *steps(RACEMIC_MG_PER_KG_H), copy=copy)["S-norketamine"][1:]
    assert found / MOLAR_MASS == pytest.approx(late[:, column], rel=0.06)
