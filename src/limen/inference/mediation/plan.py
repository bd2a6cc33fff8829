"""What a mediation analysis compares: two exposures, and the curves by which exposure is held fixed."""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.inference.mediation.exposure import TrueExposure, is_measured, true_exposure
from limen.inference.mediation.outcome import HALF_WAY, Plan, curve

#: Exposures closer than this on the log scale are one level.
SAME_LOG: Final = 1e-9
#: On one dose the 10th and the 90th of 100 people are compared: so many SD of log exposure from the middle.
TENTH_OF_PEOPLE: Final = 1.2815515655446004


def levels(design: Design, exposure: TrueExposure) -> int:
    """Count the exposures above 0 that can be told apart."""
    return len(np.unique(np.round(exposure.mean_log[design.dosed] / SAME_LOG)))


def compared(design: Design, exposure: TrueExposure) -> tuple[float, float]:
    """Give the two exposures: of the lowest and of the highest dose, or of the 10th and 90th of 100 people."""
    low_mg_per_kg, high_mg_per_kg = float(design.dose_mg_per_kg.min()), float(design.dose_mg_per_kg.max())
    if low_mg_per_kg < high_mg_per_kg:
        return exposure.typical(low_mg_per_kg), exposure.typical(high_mg_per_kg)
    fold = float(np.exp(TENTH_OF_PEOPLE * exposure.people_log_sd))
    return exposure.typical(low_mg_per_kg) / fold, exposure.typical(high_mg_per_kg) * fold


def plan_of(design: Design) -> Plan:
    """Say what is compared and how exposure is held fixed.

    Parameters
    ----------
    design : Design
        All visits.

    Returns
    -------
    Plan
        Two curves of exposure where it has three levels or more; one for two levels, or for one beside no drug; none
        where exposures do not differ.
    """
    exposure = true_exposure(design)
    middle = float(np.exp(exposure.mean_log[design.dosed].mean()))
    dosed_levels = levels(design, exposure)
    steps = dosed_levels - int(design.dosed.all())
    half_way = {0: (), 1: (middle,)}.get(steps, tuple(share * middle for share in HALF_WAY))
    typical = curve(np.exp(exposure.mean_log) * design.dosed, middle)
    low, high = compared(design, exposure)
    told = design.cadss**2
    centre = float(np.average(typical, weights=told)) if told.any() else float(typical.mean())
    told_apart = dosed_levels > 1
    return Plan(
        half_way, middle, centre, low, high, tells=told_apart, interacts=steps > 1, measured=is_measured(design)
    )
