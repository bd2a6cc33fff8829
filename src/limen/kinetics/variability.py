"""How people differ, and how unsure the typical values are: parameters for many people at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.kinetics.model import Block, Model, Parameter
from limen.kinetics.model_files import BORROWED_FROM, load_model
from limen.quantities import Floats

Values = dict[str, Floats]

NORMAL_95_WIDTH: Final = 3.92  # a 95 % interval of a normal is 2 x 1.96 SD wide
# Pooled over 18 studies, 95 % confidence intervals per 70 kg (Kamp 2020, 10.1097/ALN.0000000000003577, abstract: read).
# Taking them as the uncertainty of every model's clearance and volumes is ours.
POOLED_CLEARANCE_L_PER_H: Final = (69.0, 90.0)
POOLED_VOLUME_L: Final = (200.0, 304.0)


def _sd_log(interval: tuple[float, float]) -> float:
    low, high = interval
    return math.log(high / low) / NORMAL_95_WIDTH


CLEARANCE_SD_LOG: Final = _sd_log(POOLED_CLEARANCE_L_PER_H)
VOLUME_SD_LOG: Final = _sd_log(POOLED_VOLUME_L)


@dataclass(frozen=True)
class Spread:
    """What varies from row to row: people, the typical values themselves, both or nothing."""

    people: bool
    parameters: bool


TYPICAL: Final = Spread(people=False, parameters=False)
PEOPLE: Final = Spread(people=True, parameters=False)
PARAMETERS: Final = Spread(people=False, parameters=True)
EVERYTHING: Final = Spread(people=True, parameters=True)


def draw_parameters(model: Model, rows: int, spread: Spread, rng: np.random.Generator) -> Values:
    """Draw the parameters of `rows` people.

    Inter-occasion variance is added to the between-person one: a row is one person on one occasion.

    Parameters
    ----------
    model : Model
        Says how its parameters vary; one without published variability takes that of V1 and CL of `BORROWED_FROM`.
    rows : int
        How many.
    spread : Spread
        What varies; with `TYPICAL` every row is the typical person and no chance is used.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    dict of str to Floats
        Shape ``(rows,)`` each, in the units of the model file.
    """
    values = {name: np.full(rows, one.value) for name, one in model.parameters.items()}
    if spread.people:
        _vary_people(model, values, rng)
    if spread.parameters:
        _vary_parameters(model, values, rng)
    return values


def _vary_people(model: Model, values: Values, rng: np.random.Generator) -> None:
    for name, effect in _person_effects(model, len(next(iter(values.values()))), rng).items():
        values[name] = _shifted(model.parameters[name], effect)
    if model.borrowed:
        _borrow(model, values, rng)


def _person_effects(model: Model, rows: int, rng: np.random.Generator) -> Mapping[str, Floats]:
    effects: Values = {}
    for block in model.blocks:
        effects |= _block_effects(block, rows, rng)
    for name, one in model.parameters.items():
        if name not in effects and one.people_variance > 0.0:
            effects[name] = math.sqrt(one.people_variance) * rng.standard_normal(rows)
    return effects


def _block_effects(block: Block, rows: int, rng: np.random.Generator) -> Values:
    lower = np.linalg.cholesky(np.array(block.covariance))
    effects = lower @ rng.standard_normal((len(block.parameters), rows))
    return dict(zip(block.parameters, effects, strict=True))


def _shifted(parameter: Parameter, effect: Floats) -> Floats:
    if parameter.on_logit:
        odds = parameter.value / (1.0 - parameter.value) * np.exp(effect)
        return odds / (1.0 + odds)
    return parameter.value * np.exp(effect)


def _borrow(model: Model, values: Values, rng: np.random.Generator) -> None:
    """Vary central volume and clearance as the block of `BORROWED_FROM` says (ours)."""
    block = load_model(BORROWED_FROM).blocks[0]
    effects = _block_effects(block, len(next(iter(values.values()))), rng)
    volume, clearance = (np.exp(effects[name]) for name in block.parameters)
    _scale(values, (model.scaling.central_volume,), volume)
    _scale(values, model.scaling.clearance, clearance)
    _scale(values, model.scaling.elimination_rates, clearance / volume)


def _vary_parameters(model: Model, values: Values, rng: np.random.Generator) -> None:
    rows = len(next(iter(values.values())))
    clearance, volume = (np.exp(sd * rng.standard_normal(rows)) for sd in (CLEARANCE_SD_LOG, VOLUME_SD_LOG))
    _scale(values, model.scaling.clearance, clearance)
    _scale(values, model.scaling.volumes, volume)
    _scale(values, model.scaling.elimination_rates, clearance / volume)
    for name, one in model.parameters.items():
        if one.prior_sd_log > 0.0:
            values[name] = values[name] * np.exp(one.prior_sd_log * rng.standard_normal(rows))


def _scale(values: Values, names: tuple[str, ...], factor: Floats) -> None:
    for name in names:
        values[name] = values[name] * factor
