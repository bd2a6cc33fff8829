"""How people differ, and how unsure the typical values are: parameters for many people at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.evidence import Finding, finding
from limen.kinetics.model import NORKETAMINE_EXPOSURE, Block, Model, Parameter
from limen.kinetics.model_files import BORROWED_FROM, load_model
from limen.quantities import Floats

Values = dict[str, Floats]

NORMAL_95_WIDTH: Final = 3.92  # a 95 % interval of a normal is 2 x 1.96 SD wide
# Ours: S-norketamine area per mg of S-ketamine over h/L is 0.0173 (otto_fanta), 0.0126 (simons_2022) and 0.0188, or
# 0.0133 as printed (perez_ruixo_2021), and the digitised arterial curves lie 1.3 times above simons_2022: SD of the
# logarithm 0.2.
NORKETAMINE_SD_LOG: Final = 0.2


def _sd_log(pooled: Finding) -> float:
    """Take the 95 % interval of a finding as that of a lognormal."""
    return math.log((pooled.high or math.nan) / (pooled.low or math.nan)) / NORMAL_95_WIDTH


# Taking the pooled intervals as the uncertainty of every model's clearance and volumes is ours.
CLEARANCE_SD_LOG: Final = _sd_log(finding("ketamine_clearance_70_kg"))
VOLUME_SD_LOG: Final = _sd_log(finding("ketamine_volume_70_kg"))


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
    """Draw the parameters of `rows` people on one occasion; arguments and answer as for `draw_occasions`."""
    return draw_occasions(model, rows, spread, rng)[0]


def draw_occasions(
    model: Model, rows: int, spread: Spread, rng: np.random.Generator, occasions: int = 1
) -> tuple[Values, ...]:
    """Draw the parameters of `rows` people on each of some occasions.

    What varies between people, and what is not known of the typical values, is the same on all occasions of a row;
    what varies between occasions is drawn anew for each.

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
    occasions : int
        How many.

    Returns
    -------
    tuple of dict of str to Floats
        One an occasion; shape ``(rows,)`` each, in the units of the model file.
    """
    people = _person_effects(model, rows, rng) if spread.people else {}
    factors: Values = {NORKETAMINE_EXPOSURE: np.ones(rows)}
    if spread.people and model.borrowed:
        _borrow(model, factors, rows, rng)
    if spread.parameters:
        _vary_parameters(model, factors, rows, rng)
    found = []
    for _ in range(occasions):
        here = _occasion_effects(model, rows, rng) if spread.people else {}
        found.append(_values(model, rows, (people, here), factors))
    return tuple(found)


def _values(model: Model, rows: int, effects: tuple[Values, Values], factors: Values) -> Values:
    values: Values = {NORKETAMINE_EXPOSURE: factors[NORKETAMINE_EXPOSURE]}
    for name, one in model.parameters.items():
        total = sum((part[name] for part in effects if name in part), np.zeros(rows))
        values[name] = _shifted(one, total) * factors.get(name, 1.0)
    return values


def _person_effects(model: Model, rows: int, rng: np.random.Generator) -> Values:
    effects: Values = {}
    for block in model.blocks:
        effects |= _block_effects(block, rows, rng)
    for name, one in model.parameters.items():
        if name not in effects and one.people_variance > 0.0:
            effects[name] = math.sqrt(one.people_variance) * rng.standard_normal(rows)
    return effects


def _occasion_effects(model: Model, rows: int, rng: np.random.Generator) -> Values:
    varying = {name: one.occasion_variance for name, one in model.parameters.items() if one.occasion_variance > 0.0}
    return {name: math.sqrt(variance) * rng.standard_normal(rows) for name, variance in varying.items()}


def _block_effects(block: Block, rows: int, rng: np.random.Generator) -> Values:
    lower = np.linalg.cholesky(np.array(block.covariance))
    effects = lower @ rng.standard_normal((len(block.parameters), rows))
    return dict(zip(block.parameters, effects, strict=True))


def _shifted(parameter: Parameter, effect: Floats) -> Floats:
    if parameter.on_logit:
        odds = parameter.value / (1.0 - parameter.value) * np.exp(effect)
        return odds / (1.0 + odds)
    return parameter.value * np.exp(effect)


def _borrow(model: Model, factors: Values, rows: int, rng: np.random.Generator) -> None:
    """Vary central volume and clearance as the block of `BORROWED_FROM` says (ours)."""
    block = load_model(BORROWED_FROM).blocks[0]
    effects = _block_effects(block, rows, rng)
    volume, clearance = (np.exp(effects[name]) for name in block.parameters)
    _scale(factors, (model.scaling.central_volume,), volume)
    _scale(factors, model.scaling.clearance, clearance)
    _scale(factors, model.scaling.elimination_rates, clearance / volume)


def _vary_parameters(model: Model, factors: Values, rows: int, rng: np.random.Generator) -> None:
    clearance, volume = (np.exp(sd * rng.standard_normal(rows)) for sd in (CLEARANCE_SD_LOG, VOLUME_SD_LOG))
    _scale(factors, model.scaling.clearance, clearance)
    _scale(factors, model.scaling.volumes, volume)
    _scale(factors, model.scaling.elimination_rates, clearance / volume)
    for name, one in model.parameters.items():
        if one.prior_sd_log > 0.0:
            _scale(factors, (name,), np.exp(one.prior_sd_log * rng.standard_normal(rows)))
    if any(NORKETAMINE_EXPOSURE in one.expr.names for one in model.outputs):
        _scale(factors, (NORKETAMINE_EXPOSURE,), np.exp(NORKETAMINE_SD_LOG * rng.standard_normal(rows)))


def _scale(factors: Values, names: tuple[str, ...], factor: Floats) -> None:
    for name in names:
        factors[name] = factors[name] * factor if name in factors else factor
