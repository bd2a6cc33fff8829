"""What usually happens to people of that baseline: the measure that a forecast must beat.

For mood it is the mean changes of the trials on file, of arms with or without the drug as the case has it, nearest in
time, each with the usual spread between people. For dissociation and pressure nothing of that kind is on file.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import ndtri

from limen.chain import drug_visits
from limen.inference.fitted_arms import USUAL_SD_POINTS, Observation, observations
from limen.quantities import Floats
from limen.regimen import SCALES, Case

#: Times within this factor of each other count as near (ours: days 1 and 2 are alike, days 1 and 7 not).
NEAR: Final = 2.5
#: Places of a normal at which each arm is read.
PLACES: Final = (np.arange(50) + 0.5) / 50.0


def climatology_draws(case: Case, scale: str, at_h: float) -> Floats | None:
    """Give what usually is recorded so long after the last visit; None where nothing is on file.

    Parameters
    ----------
    case : Case
        Gives the baseline, whether a drug was given, and the setting, beside which arms of any may stand in.
    scale : str
        Only MADRS has a climatology.
    at_h : float
        Hours since the first dose.

    Returns
    -------
    Floats or None
        Scores, shape ``(n,)``.
    """
    baseline = case.patient.baseline.get("MADRS")
    if scale != "MADRS" or baseline is None or at_h <= 0.0:
        return None
    arms = nearest_arms(case, at_h)
    if not arms:
        return None
    from_arms = [baseline + one.value * baseline / one.baseline + USUAL_SD_POINTS * normal_places() for one in arms]
    return np.clip(np.round(np.concatenate(from_arms)), 0.0, SCALES["MADRS"].high)


def nearest_arms(case: Case, at_h: float) -> list[Observation]:
    """Give the arms of the same kind that were rated near that time: in the same setting, or in any if none was."""
    with_drug = bool(drug_visits(case.regimen))
    near = [
        one
        for one in observations()
        if one.kind == "mean" and bool(one.drug) == with_drug and max(one.time_h / at_h, at_h / one.time_h) <= NEAR
    ]
    same = [one for one in near if one.circumstances.setting == case.setting]
    return same or near


def normal_places() -> Floats:
    """Give a standard normal at evenly spaced places, shape ``(50,)``."""
    return np.asarray(ndtri(PLACES))
