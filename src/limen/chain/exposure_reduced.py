"""Concentration and block of many people as a few numbers each: what is read of a course while it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np

from limen.kinetics import (
    ENSEMBLE,
    EVERYTHING,
    Concentrations,
    Reading,
    Reductions,
    Spread,
    reduce_concentrations,
)
from limen.kinetics.reductions import STEP_MIN
from limen.quantities import InputError
from limen.receptor import (
    FUNCTIONAL_ASSAY,
    MAGNESIUM_MM,
    VOLTAGE_MV,
    Potency,
    exposure_factors,
    hcn1_factor,
    open_share,
    typical_potency,
)
from limen.regimen import Patient, Regimen


@dataclass(frozen=True)
class BlockReadings:
    """What is read beside the concentrations: ``occupancy``, ``functional_block`` and ``hcn1_block``.

    Each saturates: it is x / (1 + x) of a weighted sum x of concentrations.

    Parameters
    ----------
    potency : Potency
        Of the assay of occupancy; one row, or one a person of all draws.
    voltage_mv, mg_mm : float
        Of the functional block.
    above : Mapping[str, float]
        For each reading the limit above which time is counted, ng/mL or a fraction.
    """

    potency: Potency
    voltage_mv: float = VOLTAGE_MV
    mg_mm: float = MAGNESIUM_MM
    above: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, analytes: tuple[str, ...], rows: slice) -> tuple[Reading, ...]:
        """Give the readings that a model with these analytes allows, for some of the people."""
        concentrations = Concentrations(self.above)(analytes, rows)
        if "ketamine" not in analytes:
            return concentrations
        chosen = self.potency.rows(rows) if len(self.potency) > 1 else self.potency
        fu, free = chosen.fu_unbound, open_share(self.voltage_mv, self.mg_mm)
        functional = exposure_factors(analytes, typical_potency(FUNCTIONAL_ASSAY), fu)
        factors = {
            "occupancy": exposure_factors(analytes, chosen),
            "functional_block": {name: free * factor for name, factor in functional.items()},
            "hcn1_block": {"ketamine": hcn1_factor(fu)},
        }
        blocks = tuple(
            Reading(name, "fraction", kept, saturating=True, above=self.above.get(name, inf))
            for name, kept in factors.items()
        )
        return (*concentrations, *blocks)


def reduce_exposure(
    patient: Patient,
    regimen: Regimen,
    *,
    until_min: float,
    step_min: float = STEP_MIN,
    draws: int,
    sampled: str = "venous",
    model: str = ENSEMBLE,
    rng: np.random.Generator,
    spread: Spread = EVERYTHING,
    assay: str = "in_vivo",
    potency: Potency | None = None,
    voltage_mv: float = VOLTAGE_MV,
    mg_mm: float = MAGNESIUM_MM,
    above: Mapping[str, float] | None = None,
    engine: str = "auto",
    workers: int = 1,
) -> Reductions:
    """Draw people and keep peak, its time, area and time above a limit of concentration and of block.

    Block is that of plasma at equilibrium. Readings are the analytes, ``occupancy``, ``functional_block`` and
    ``hcn1_block``; a model that gives no sum of ketamine gives no block.

    Parameters
    ----------
    patient, regimen, until_min, step_min, draws, sampled, model, rng, spread, engine, workers
        As for `limen.kinetics.reduce_concentrations`.
    assay : str
        ``in_vivo``, ``ebert`` or ``salat``.
    potency : Potency or None
        Drawn potencies, one a draw; None is the typical one.
    voltage_mv, mg_mm : float
        Of the functional block.
    above : Mapping[str, float] or None
        For each reading the limit above which time is counted, ng/mL or a fraction.

    Returns
    -------
    Reductions

    Raises
    ------
    InputError
        If no model answers, or the potencies belong to another assay or number of draws.
    """
    known = typical_potency(assay) if potency is None else potency
    if known.assay != assay or len(known) not in (1, draws):
        raise InputError(
            f"The potencies are {len(known)} of the assay {known.assay!r}, for {draws} draws of {assay!r}:"
            " draw as many of the same assay."
        )
    return reduce_concentrations(
        patient,
        regimen,
        until_min=until_min,
        step_min=step_min,
        draws=draws,
        sampled=sampled,
        model=model,
        rng=rng,
        spread=spread,
        read=BlockReadings(known, voltage_mv, mg_mm, above or {}),
        engine=engine,
        workers=workers,
    )
