"""Kamp 2020: digitised arterial means (10.1016/j.bja.2020.06.067) as an event table give the errors of the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from limen.chain.evaluation import evaluation_answer

WEIGHT_KG = 70.0
STEPS_MG_PER_KG_H = {"racemic": (0.28, 0.57, 1.14), "esketamine": (0.14, 0.28, 0.57)}
# The times of the published comparison; earlier ones are left out there (below 0.2 h), and 0 is a digitising artefact.
HOURS = (0.25, 0.5, 0.75, 1.0, 1.5, 1.667, 2.0, 2.083, 2.5, 3.0, 3.083, 3.167, 3.5, 4.0, 5.0)
ROUNDING = 0.0006  # printed with one decimal of a per cent

CURVES = {
    "a_S-ketamine_esketamine": ("simons_2022", 0.102),
    "b_S-ketamine_racemic": ("racemate_composite", 0.091),
    "c_R-ketamine_racemic": ("racemate_composite", 0.063),
    "sum": ("kamp_meta_2020", 0.093),
}


def curve(folder: Path, name: str) -> dict[float, float]:
    lines = (folder / "kamp2020" / f"kamp_{name}.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line[:1].isdigit()]
    return {round(float(hour), 3): float(value) for hour, value in rows}


def seen_of(folder: Path, name: str) -> dict[float, float]:
    if name != "sum":
        return curve(folder, name)
    parts = [curve(folder, one) for one in ("b_S-ketamine_racemic", "c_R-ketamine_racemic")]
    return {hour: parts[0][hour] + parts[1][hour] for hour in parts[0] if hour in parts[1]}


def table(folder: Path, name: str, into: Path) -> Path:
    """The arm as an event table: three dose lines, then the curve in nmol/mL."""
    arm = "esketamine" if name.endswith("esketamine") else "racemic"
    analyte = "ketamine" if name == "sum" else name.split("_")[1]
    side = "S" if arm == "esketamine" else "sum"
    lines = ["ID,TIME,EVID,AMT,RATE,CMT,DV,DVID,sampled,enantiomer,WT"]
    doses = [
        f"1,{hour},1,{rate * WEIGHT_KG!r},{rate * WEIGHT_KG!r},central,.,.,.,{side},{WEIGHT_KG}"
        for hour, rate in enumerate(STEPS_MG_PER_KG_H[arm])
    ]
    samples = [
        f"1,{hour!r},0,.,.,.,{value!r},{analyte},arterial,.,{WEIGHT_KG}"
        for hour, value in seen_of(folder, name).items()
        if hour in HOURS
    ]
    path = into / "kamp.csv"
    path.write_text("\n".join([*lines, *sorted([*doses, *samples], key=lambda line: float(line.split(",")[1]))]))
    return path


@pytest.mark.parametrize("name", CURVES)
def test_k23_errors_of_the_arterial_curves_are_those_of_the_library(
    name: str, limen_data: Path, tmp_path: Path
) -> None:
    model, error = CURVES[name]
    answer = evaluation_answer(table(limen_data, name, tmp_path), models=(model,), dv_unit="nmol/mL", replicates=100)
    found = answer["strata"][0]["models"][model]["errors"]
    assert found["median_absolute_pe"] == pytest.approx(error, abs=ROUNDING)
    assert found["within_2_fold"] == 1.0


def test_venous_models_refuse_arterial_curves_and_racemic_constants_refuse_esketamine(
    limen_data: Path, tmp_path: Path
) -> None:
    answer = evaluation_answer(
        table(limen_data, "a_S-ketamine_esketamine", tmp_path), dv_unit="nmol/mL", replicates=100
    )
    refused = answer["strata"][0]["refused"]
    assert "vein" in refused["otto_fanta"]
    assert "racemic ketamine and not esketamine" in refused["kamp_meta_2020"]
    assert set(answer["strata"][0]["models"]) == {"simons_2022", "flint_2017", "ensemble"}
