"""Shapes that limen.kinetics declares."""

import numpy as np
from house.shape_cases import ShapeCase
from kinetics_runs import person, whole_system

from limen.kinetics import EVERYTHING, draw_concentrations
from limen.kinetics.engine import amounts_mg
from limen.kinetics.linear_system import Given, Inputs
from limen.regimen import Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0)
DRIP = Regimen((read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT),))
TIME_MIN = np.array([0.0, 40.0, 80.0])
SYSTEM, INPUTS = whole_system(person("otto_fanta", people=4, spread=EVERYTHING), Given("iv", 35.0, 0.0, 40.0))
DRAWN = draw_concentrations(ADULT, DRIP, TIME_MIN, draws=11, rng=np.random.default_rng(1))

CASES = (
    ShapeCase(DRAWN.analyte, {"name": "ketamine"}),
    ShapeCase(amounts_mg, {"system": SYSTEM, "inputs": INPUTS, "time_min": TIME_MIN}),
    ShapeCase(
        Inputs,
        {
            "state": INPUTS.state,
            "amount_mg": INPUTS.amount_mg,
            "duration_min": INPUTS.duration_min,
            "start_min": INPUTS.start_min,
        },
    ),
)
