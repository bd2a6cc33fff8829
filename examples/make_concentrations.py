"""Make examples/concentrations.csv: invented people, simulated by one model of the library, with a fixed seed."""

from pathlib import Path

import numpy as np

from limen.chain.evaluation.residual import residual_of
from limen.kinetics import PEOPLE, draw_concentrations
from limen.regimen import Patient, Regimen, read_visit

MODEL = "racemate_composite_venous"
PEOPLE_COUNT = 12
SEED = 20
DOSE = "0.5 mg/kg over 40 min"
MINUTES = np.array([0.0, 20.0, 40.0, 60.0, 80.0, 120.0, 240.0, 480.0, 1440.0])
LLOQ_NG_PER_ML = 5.0
REMARK = "# SYNTHETIC: invented people, simulated by make_concentrations.py; no measurement. TIME in h, AMT in mg, DV in ng/mL"
COLUMNS = "ID,TIME,EVID,AMT,DUR,CMT,DV,DVID,BLQ,LLOQ,sampled,enantiomer,WT,AGE,SEX"


def person_lines(number: int, rng: np.random.Generator) -> list[str]:
    """Give the lines of one invented person: a dose, and a sample at each time."""
    patient = Patient(weight_kg=round(float(rng.normal(75.0, 12.0)), 1), age_y=float(rng.integers(22, 60)))
    visit = read_visit(DOSE, drug="ketamine", route="iv", patient=patient)
    drawn = draw_concentrations(patient, Regimen((visit,)), MINUTES, draws=1, model=MODEL, rng=rng, spread=PEOPLE)
    measured = residual_of(MODEL, "ketamine").measured(drawn.analyte("ketamine"), rng)[0]
    about = f"{patient.weight_kg:g},{patient.age_y:g},{'FM'[number % 2]}"
    lines = [f"{number},0,1,{visit.dose_mg:g},{visit.duration_min / 60.0:.6g},central,.,.,.,.,.,sum,{about}"]
    for minute, value in zip(MINUTES[1:], measured[1:], strict=True):
        below = value < LLOQ_NG_PER_ML
        seen = ".,ketamine,1" if below else f"{value:.4g},ketamine,0"
        lines.append(f"{number},{minute / 60.0:.6g},0,.,.,.,{seen},{LLOQ_NG_PER_ML:g},venous,sum,{about}")
    return lines


def table() -> str:
    """Give the whole file."""
    rng = np.random.default_rng(SEED)
    lines = [line for number in range(1, PEOPLE_COUNT + 1) for line in person_lines(number, rng)]
    return "\n".join((REMARK, COLUMNS, *lines)) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "concentrations.csv").write_text(table(), encoding="utf-8")
