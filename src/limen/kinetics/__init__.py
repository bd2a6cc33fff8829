"""Kinetics: from a regimen to concentrations over time, by published models, one exact engine and their ensemble."""

from limen.kinetics.concentrations import (
    ConcentrationDraws,
    MemberDraws,
    added_up,
    draw_concentrations,
    draw_each_visit,
    typical_concentrations,
)
from limen.kinetics.ensemble import ENSEMBLE, SITES, members
from limen.kinetics.model import Model
from limen.kinetics.model_files import blocked_ids, load_model, model_ids
from limen.kinetics.readings import Concentrations, Reader, Reading, Reduced
from limen.kinetics.reductions import MemberReduced, Reductions, reduce_concentrations
from limen.kinetics.variability import EVERYTHING, PARAMETERS, PEOPLE, TYPICAL, Spread

__all__ = [
    "ENSEMBLE",
    "EVERYTHING",
    "PARAMETERS",
    "PEOPLE",
    "SITES",
    "TYPICAL",
    "ConcentrationDraws",
    "Concentrations",
    "MemberDraws",
    "MemberReduced",
    "Model",
    "Reader",
    "Reading",
    "Reduced",
    "Reductions",
    "Spread",
    "added_up",
    "blocked_ids",
    "draw_concentrations",
    "draw_each_visit",
    "load_model",
    "members",
    "model_ids",
    "reduce_concentrations",
    "typical_concentrations",
]
