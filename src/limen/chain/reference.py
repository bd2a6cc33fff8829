"""The reference infusion: 0.5 mg/kg over 40 min in a typical adult, beside which every drive is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np

from limen.kinetics import ConcentrationDraws, typical_concentrations
from limen.quantities import Floats
from limen.receptor import Potency, brain_course, occupancy
from limen.regimen import Patient, Regimen, read_visit

REFERENCE_DOSE: Final = "0.5 mg/kg over 40 min"
REFERENCE_WEIGHT_KG: Final = 70.0
#: Minutes of the reference course: fine while it changes, to a day.
REFERENCE_TIME_MIN: Final = np.array(
    [
        0,
        5,
        10,
        15,
        20,
        25,
        30,
        35,
        40,
        45,
        50,
        60,
        70,
        80,
        100,
        120,
        150,
        180,
        240,
        300,
        360,
        480,
        600,
        720,
        960,
        1200,
        1440,
    ],
    dtype=np.float64,
)
#: Block is kept this far from full block, so that its odds stay finite.
FULL_BLOCK: Final = 1.0 - 1e-12
#: Exposure that counts as none, so that its logarithm stays finite.
NO_DRUG: Final = 1e-12


def odds(block: Floats) -> Floats:
    """Give unbound concentration over IC50, ``x = theta / (1 - theta)``, of a block of any shape."""
    kept = np.minimum(block, FULL_BLOCK)
    return kept / (1.0 - kept)


@dataclass(frozen=True)
class Brain:
    """What the receptors of the brain meet.

    Parameters
    ----------
    exposure : Floats
        Sum of unbound concentration over IC50, after the brain delay, shape ``(draws, times)``.
    """

    exposure: Floats

    @property
    def block(self) -> Floats:
        """Occupancy, ``x / (1 + x)``, shape ``(draws, times)``."""
        return self.exposure / (1.0 + self.exposure)


@dataclass(frozen=True)
class Reference:
    """The reference infusion as each draw sees it.

    Parameters
    ----------
    time_h : Floats
        Shape ``(times,)``.
    brain : Brain
        Shape ``(draws, times)``.
    """

    time_h: Floats
    brain: Brain

    @cached_property
    def peak_exposure(self) -> Floats:
        """Highest exposure, shape ``(draws, 1)``."""
        return np.asarray(self.brain.exposure.max(axis=1, keepdims=True))

    @cached_property
    def peak_block(self) -> Floats:
        """Highest block, shape ``(draws, 1)``."""
        return np.asarray(self.brain.block.max(axis=1, keepdims=True))


def in_brain(exposure: Floats, time_min: Floats, half_life_min: Floats | None) -> Brain:
    """Delay plasma exposure of shape ``(draws, times)`` on its way to the brain; None is joint J1 without delay."""
    return Brain(exposure if half_life_min is None else brain_course(exposure, time_min, half_life_min))


@cache
def reference_concentrations() -> ConcentrationDraws:
    """Give the typical course of each member of the ensemble, venous."""
    adult = Patient(weight_kg=REFERENCE_WEIGHT_KG)
    visit = read_visit(REFERENCE_DOSE, drug="ketamine", route="iv", patient=adult)
    return typical_concentrations(adult, Regimen((visit,)), REFERENCE_TIME_MIN, sampled="venous", model="ensemble")


def typical_exposure(concentrations: ConcentrationDraws, assay: str, potency: Potency) -> Floats:
    """Give the exposure of the typical person: the weighted geometric mean over members.

    Parameters
    ----------
    concentrations : ConcentrationDraws
        One row a member.
    assay : str
        Joint J2.
    potency : Potency
        Shape ``(draws,)``.

    Returns
    -------
    Floats
        Shape ``(draws, times)``; 0 where no drug is there yet.
    """
    weights = np.array([member.weight for member in concentrations.members])
    log_mean = np.zeros((len(potency), len(concentrations.time_min)))
    for share, member in zip(weights / weights.sum(), concentrations.members, strict=True):
        rows: Mapping[str, Floats] = {
            name: np.broadcast_to(values, (len(potency), values.shape[1])) for name, values in member.analytes.items()
        }
        log_mean += share * np.log(np.maximum(odds(occupancy(rows, assay=assay, potency=potency)), NO_DRUG))
    exposure = np.exp(log_mean)
    return np.where(exposure > 2.0 * NO_DRUG, exposure, 0.0)


def reference_course(assay: str, potency: Potency, half_life_min: Floats | None) -> Reference:
    """Give the reference infusion under the same assay, potencies and brain delay as the draws it is compared with."""
    exposure = typical_exposure(reference_concentrations(), assay, potency)
    return Reference(REFERENCE_TIME_MIN / 60.0, in_brain(exposure, REFERENCE_TIME_MIN, half_life_min))
