"""What the typical person answers to one short infusion, by every model: the stone that inverse use builds with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.kinetics import ConcentrationDraws, load_model, typical_concentrations
from limen.quantities import Floats, InputError
from limen.receptor import exposure_factors, typical_potency
from limen.regimen import ACTIVE_DRUGS, Infusion, Patient, Regimen, Visit

OCCUPANCY: Final = "occupancy"
SMALLEST: Final = 1e-12  # of the largest: what an empty start is taken as, where a logarithm is needed


@dataclass(frozen=True)
class Question:
    """Whose typical course, of what.

    Parameters
    ----------
    reading : str
        An analyte, or ``"occupancy"``.
    patient : Patient
        Whose weight and age count.
    drug, sampled, model, assay : str
        Words of the contract.

    Raises
    ------
    InputError
        If the drug is none whose levels are computed.
    """

    reading: str
    patient: Patient
    drug: str
    sampled: str
    model: str
    assay: str

    def __post_init__(self) -> None:
        if self.drug not in ACTIVE_DRUGS:
            raise InputError(f"Levels are those of {' or '.join(ACTIVE_DRUGS)}, got {self.drug!r}: use one of the two.")

    def linear(self, regimen: Regimen, time_min: Floats) -> tuple[Floats, Floats, ConcentrationDraws]:
        """Give the weights of the models that have the reading, and its linear part by each.

        Returns
        -------
        tuple of Floats, Floats and ConcentrationDraws
            Weights, which add to 1, of shape ``(models,)``, curves of shape ``(models, times)``, and where they are
            from. The linear part of occupancy is unbound concentration over IC50.

        Raises
        ------
        InputError
            If no model has the reading, or one drifts with time.
        """
        drawn = typical_concentrations(self.patient, regimen, time_min, sampled=self.sampled, model=self.model)
        if self.model in (member.id for member in drawn.members) and load_model(self.model).changes_with_time:
            raise InputError(f"The model {self.model!r} drifts with time, so its answers do not add up: use another.")
        needed = "ketamine" if self.reading == OCCUPANCY else self.reading
        kept = [member for member in drawn.members if needed in member.analytes]
        if not kept:
            ids = ", ".join(member.id for member in drawn.members)
            raise InputError(f"No model of this answer ({ids}) gives {self.reading!r}: ask for 'ketamine'.")
        weights = np.array([member.weight for member in kept])
        curves = np.concatenate([self._part(dict(member.analytes)) for member in kept])
        return weights / weights.sum(), curves, drawn

    def _part(self, analytes: dict[str, Floats]) -> Floats:
        if self.reading != OCCUPANCY:
            return analytes[self.reading]
        factors = exposure_factors(tuple(analytes), typical_potency(self.assay))
        return np.asarray(np.sum([factor * analytes[name] for name, factor in factors.items()], axis=0))

    def typical(self, weights: Floats, linear: Floats) -> Floats:
        """Give the weighted geometric mean over models of the reading, shape ``(times,)``."""
        values = linear / (1.0 + linear) if self.reading == OCCUPANCY else linear
        with np.errstate(divide="ignore"):
            return np.asarray(np.exp(weights @ np.log(values)))


@dataclass(frozen=True)
class UnitResponses:
    """The answers to a rate of 1 mg/min during each step.

    Parameters
    ----------
    asked : Question
        Whose, of what.
    time_min : Floats
        Shape ``(times,)``: the minutes looked at, from after the start on.
    weights : Floats
        Shape ``(models,)``.
    answers : Floats
        Shape ``(models, times, steps)``, of the linear part of the reading.
    """

    asked: Question
    time_min: Floats
    weights: Floats
    answers: Floats

    def course(self, rates_mg_per_min: Floats) -> Floats:
        """Give the typical course by these rates, shape ``(times,)``."""
        return self.asked.typical(self.weights, self._linear(rates_mg_per_min))

    def slopes(self, rates_mg_per_min: Floats) -> Floats:
        """Give how the typical course changes with each rate, shape ``(times, steps)``."""
        linear = self._linear(rates_mg_per_min)
        relative = 1.0 / linear
        if self.asked.reading == OCCUPANCY:
            relative = relative / (1.0 + linear)
        course = self.asked.typical(self.weights, linear)
        slopes = np.einsum("m,mt,mts->ts", self.weights, relative, self.answers)
        return np.asarray(course[:, None] * slopes)

    def _linear(self, rates_mg_per_min: Floats) -> Floats:
        linear = self.answers @ rates_mg_per_min
        return np.maximum(linear, SMALLEST * np.max(self.answers))


def unit_responses(asked: Question, time_min: Floats, starts_min: Floats, step_min: float) -> UnitResponses:
    """Move the answer to one step to where each step starts.

    Parameters
    ----------
    asked : Question
        Whose, of what.
    time_min : Floats
        Shape ``(times,)``: the minutes looked at.
    starts_min : Floats
        Shape ``(steps,)``.
    step_min : float
        How long each lasts; the last may be cut where nothing is looked at any more.

    Returns
    -------
    UnitResponses

    Raises
    ------
    InputError
        As `Question.linear`, and where nothing of the reading comes from this drug.
    """
    one = Infusion(asked.drug, "iv", 1.0, step_min)
    regimen = Regimen((Visit(0.0, asked.drug, "iv", "one step", (one,)),))
    since_min = np.maximum(time_min[:, None] - starts_min, 0.0)
    needed_min, place = np.unique(since_min, return_inverse=True)
    weights, curves, _ = asked.linear(regimen, needed_min)
    if not curves.any():
        raise InputError(f"After {asked.drug} there is no {asked.reading} in the blood: ask for 'S-ketamine'.")
    answers = curves[:, place.reshape(since_min.shape)] * step_min
    return UnitResponses(asked, time_min, weights, answers)
