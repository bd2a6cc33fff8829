"""Small runs that the tests of kinetics share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from limen.kinetics import TYPICAL, Spread, load_model, model_ids
from limen.kinetics.concentrations import run
from limen.kinetics.linear_system import Body, Given, Inputs, LinearSystem, body, inputs_of, linear_system
from limen.kinetics.variability import draw_parameters
from limen.quantities import Floats

ADULT = {"WT": 70.0, "AGE": 45.0, "ASIAN": 0.0, "JAPANESE": 0.0, "NDEV": 1.0}
# The three one-hour steps of the digitised arterial curves, 10.1016/j.bja.2020.06.067.
RACEMIC_MG_PER_KG_H = (0.28, 0.57, 1.14)
ESKETAMINE_MG_PER_KG_H = (0.14, 0.28, 0.57)
LINEAR_MODELS = tuple(name for name in model_ids() if name != "flint_2017")


def person(model_id: str, people: int = 1, spread: Spread = TYPICAL, copy: int = 0, **covariates: float) -> Body:
    model = load_model(model_id)
    parameters = draw_parameters(model, people, spread, np.random.default_rng(7))
    return body(model, model.copies[copy], parameters, {**ADULT, **covariates})


def whole_system(living: Body, *doses: Given) -> tuple[LinearSystem, Inputs]:
    """Every state of the model, and what has left, with the inputs of the doses."""
    analytes = tuple(one.analyte for one in living.model.outputs)
    system = linear_system(living, analytes, frozenset(dose.route for dose in doses), whole=True)
    return system, inputs_of(living, system, doses)


def courses(model_id: str, time_min: Floats, *doses: Given, copy: int = 0, **covariates: float) -> Mapping[str, Floats]:
    """Typical courses of one copy of a model, shape ``(times,)`` each."""
    model = load_model(model_id)
    parameters = draw_parameters(model, 1, TYPICAL, np.random.default_rng(0))
    analytes = tuple(one.analyte for one in model.outputs)
    found = run(
        model, model.copies[copy], parameters, {**ADULT, **covariates}, doses, time_min=time_min, wanted=analytes
    )
    return {name: values[0] for name, values in found.items()}


def area_h(values: Floats, time_min: Floats) -> float:
    return float(np.trapezoid(values, time_min)) / 60.0


def steps(mg_per_kg_h: tuple[float, ...]) -> tuple[Given, ...]:
    """One hour at each rate, at 70 kg."""
    return tuple(Given("iv", rate * ADULT["WT"], 60.0 * hour, 60.0) for hour, rate in enumerate(mg_per_kg_h))
