"""Kamp 2020: digitised arterial curves (10.1016/j.bja.2020.06.067), pooled values (10.1097/ALN.0000000000003577)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from kinetics_runs import ESKETAMINE_MG_PER_KG_H, RACEMIC_MG_PER_KG_H, courses, steps

from limen.evidence import finding
from limen.kinetics import load_model
from limen.quantities import Floats

MOLAR_MASS = 237.73
# Hours, then nmol/mL: S-ketamine after esketamine, S-ketamine and R-ketamine after the racemate.
TABLE = np.array([
    [0.083, 0.0711, 0.0731, 0.0792], [0.25, 0.1279, 0.1137, 0.1452], [0.5, 0.1888, 0.1929, 0.2112],
    [0.75, 0.2223, 0.2152, 0.2426], [1.0, 0.3208, 0.2701, 0.3959], [1.5, 0.4355, 0.4294, 0.4822],
    [1.667, 0.4812, 0.4914, 0.5411], [2.0, 0.5360, 0.5239, 0.5970], [2.083, 0.8152, 0.7675, 0.8731],
    [2.5, 0.9137, 0.9421, 1.0203], [3.0, 1.0335, 1.0457, 1.1492], [3.083, 0.7604, 0.9452, 0.8010],
    [3.167, 0.5289, 0.6162, 0.5716], [3.5, 0.4102, 0.4102, 0.4609], [4.0, 0.3269, 0.3330, 0.3635],
    [5.0, 0.2406, 0.2467, 0.2701],
])  # fmt: skip
LATE = TABLE[TABLE[:, 0] > 0.2]


def predicted(model_id: str, mg_per_kg_h: tuple[float, ...], analyte: str, copy: int = 0) -> Floats:
    """nmol/mL at the times of the table after 12 min."""
    times = np.unique(np.concatenate(([0.0], LATE[:, 0] * 60.0)))
    return courses(model_id, times, *steps(mg_per_kg_h), copy=copy)[analyte][1:] / MOLAR_MASS


def errors(found: Floats, seen: Floats) -> tuple[float, float]:
    """Median relative error, and share within two-fold."""
    ratio = found / seen
    return float(np.median(np.abs(ratio - 1.0))), float(np.mean((ratio > 0.5) & (ratio < 2.0)))


CASES = {
    "simons_2022": ("simons_2022", ESKETAMINE_MG_PER_KG_H, "S-ketamine", 0, LATE[:, 1]),
    "composite S": ("racemate_composite", RACEMIC_MG_PER_KG_H, "S-ketamine", 0, LATE[:, 2]),
    "composite R": ("racemate_composite", RACEMIC_MG_PER_KG_H, "S-ketamine", 1, LATE[:, 3]),
    "kamp_meta_2020": ("kamp_meta_2020", RACEMIC_MG_PER_KG_H, "ketamine", 0, LATE[:, 2] + LATE[:, 3]),
}


@pytest.mark.parametrize("case", CASES)
def test_k23_ketamine_curves_are_met_uncalibrated_within_15_per_cent_and_two_fold(case: str) -> None:
    model_id, regimen, analyte, copy, seen = CASES[case]
    median, within = errors(predicted(model_id, regimen, analyte, copy), seen)
    assert median <= 0.15
    assert within == 1.0


def test_k16_clearance_and_volume_lie_within_the_pooled_intervals() -> None:
    values = {name: one.value for name, one in load_model("kamp_meta_2020").parameters.items()}
    assert 69.0 <= values["CL"] <= 90.0
    assert 200.0 <= values["V1"] + values["V2"] + values["V3"] <= 304.0


@pytest.mark.skipif("LIMEN_DATA" not in os.environ, reason="needs the folder of real data, named by LIMEN_DATA")
@pytest.mark.parametrize(
    ("letter", "name", "column"),
    [("a", "S-ketamine_esketamine", 1), ("b", "S-ketamine_racemic", 2), ("c", "R-ketamine_racemic", 3)],
)
def test_the_table_above_is_the_digitised_file(letter: str, name: str, column: int) -> None:
    path = Path(os.environ["LIMEN_DATA"]) / "kamp2020" / f"kamp_{letter}_{name}.csv"
    rows = [line.split(",") for line in path.read_text().splitlines() if line[:1].isdigit()]
    file = {round(float(hour), 3): float(value) for hour, value in rows}
    shared = [row for row in TABLE if round(row[0], 3) in file]
    assert len(shared) >= 14
    for row in shared:
        assert file[round(row[0], 3)] == pytest.approx(row[column], abs=1e-4)


def test_the_means_of_the_meta_analysis_are_shipped_as_they_are_printed() -> None:
    values = {name: one.value for name, one in load_model("kamp_meta_means").parameters.items()}
    assert values == {
        "V1": finding("ketamine_volume_70_kg").number(),
        "CL": finding("ketamine_clearance_70_kg").number(),
    }


def test_a_model_of_several_compartments_beats_the_plainest_one() -> None:
    """The two numbers alone miss the digitised sum by more than twice as much as the model of the same group."""
    seen = LATE[:, 2] + LATE[:, 3]
    plain, whole = (
        errors(predicted(name, RACEMIC_MG_PER_KG_H, "ketamine"), seen)[0]
        for name in ("kamp_meta_means", "kamp_meta_2020")
    )
    assert plain > 2.0 * whole
