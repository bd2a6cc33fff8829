"""The residual error of each model: how far a measured concentration lies from the one of the person."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtr

from limen.chain.evaluation.events import molar_mass_g_per_mol
from limen.kinetics.model_files import BORROWED_FROM, LIBRARY
from limen.quantities import Floats


@dataclass(frozen=True)
class Residual:
    """The error of one analyte: y = f (1 + a e1) + b e2, or log y = log f + a e1, with e1 and e2 standard normal.

    Parameters
    ----------
    proportional : float
        SD of the part that grows with the concentration.
    additive_ng_per_ml : float
        SD of the part that does not.
    on_log : bool
        Whether the error is added to the logarithm.
    borrowed : bool
        Whether it is that of S-ketamine of `BORROWED_FROM` (ours), because the model has none published.
    """

    proportional: float
    additive_ng_per_ml: float
    on_log: bool
    borrowed: bool

    def measured(self, predicted: Floats, rng: np.random.Generator) -> Floats:
        """Add an error to each concentration, ng/mL, in the shape of the input."""
        grown = self.proportional * rng.standard_normal(predicted.shape)
        if self.on_log:
            return np.asarray(predicted * np.exp(grown))
        return np.asarray(predicted * (1.0 + grown) + self.additive_ng_per_ml * rng.standard_normal(predicted.shape))

    def log_density(self, observed: Floats, predicted: Floats) -> Floats:
        """Logarithm of the density per ng/mL of an observation above 0, given what is predicted; -inf where none is."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            z, scale = self._standard(observed, predicted)
            found = -0.5 * z**2 - np.log(scale * np.sqrt(2.0 * np.pi)) - (np.log(observed) if self.on_log else 0.0)
        return np.where(np.isfinite(found), found, -np.inf)

    def log_below(self, limit: Floats, predicted: Floats) -> Floats:
        """Logarithm of the chance to lie below a limit (the M3 method), given what is predicted."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(np.log(ndtr(np.nan_to_num(self._standard(limit, predicted)[0], nan=0.0))))

    def _standard(self, observed: Floats, predicted: Floats) -> tuple[Floats, Floats]:
        if self.on_log:
            return np.log(observed / predicted) / self.proportional, np.full(predicted.shape, self.proportional)
        scale = np.hypot(self.proportional * predicted, self.additive_ng_per_ml)
        return (observed - predicted) / scale, scale


def residual_of(model_id: str, analyte: str) -> Residual:
    """Give the residual error of an analyte by a model.

    Parameters
    ----------
    model_id : str
        A word of `limen.kinetics.model_ids`.
    analyte : str
        With or without enantiomer; either enantiomer and their sum have the error of S.

    Returns
    -------
    Residual
        Borrowed where the model has none.
    """
    name = f"S-{analyte.removeprefix('S-').removeprefix('R-')}"
    own = _read(_table(model_id), name)
    if own is not None:
        return own
    lent = _read(_table(BORROWED_FROM), "S-ketamine")
    if lent is None:
        raise AssertionError(BORROWED_FROM)
    return Residual(lent.proportional, lent.additive_ng_per_ml, lent.on_log, borrowed=True)


@cache
def _table(model_id: str) -> Mapping[str, Any]:
    table = tomllib.loads((LIBRARY / f"{model_id}.toml").read_text(encoding="utf-8"))
    built_from = table["structure"].get("base")
    return table if built_from is None else _table(built_from)


def _read(table: Mapping[str, Any], name: str) -> Residual | None:
    numbers = table["residual"]
    if name in numbers:
        return Residual(float(numbers[name]), 0.0, "log" in numbers["scale"], borrowed=False)
    if f"{name}_proportional" not in numbers:
        return None
    additive = float(numbers.get(f"{name}_additive_nmol_per_mL", 0.0)) * molar_mass_g_per_mol(name)
    return Residual(float(numbers[f"{name}_proportional"]), additive, on_log=False, borrowed=False)
