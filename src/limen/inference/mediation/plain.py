"""The regressions people usually run, for comparison only: no exposure held fixed, or dose groups alone.

They find a link that is not there in 9.7 to 81.3 % of trials without one (docs/claims/mediation.md).
"""

from __future__ import annotations

import numpy as np

from limen.inference.mediation.covariates import dummies
from limen.inference.mediation.design import Design
from limen.inference.mediation.regression import least_squares
from limen.quantities import Floats


def plain_slopes(design: Design) -> Floats:
    """Give improvement per CADSS point pooled over doses, and within dose groups, shape ``(2,)``."""
    free = np.ones((len(design.cadss), 1))
    _, group = np.unique(design.dose_mg_per_kg, return_inverse=True)
    doses = np.column_stack([free, *dummies(group)[1:]])
    return np.array([_slope(design, beside) for beside in (free, doses)])


def _slope(design: Design, beside: Floats) -> float:
    columns = np.column_stack((design.cadss, beside, design.covariates))
    prior_sd = np.concatenate((np.full(1 + beside.shape[1], np.inf), design.prior_sd))
    return float(least_squares(columns, design.improvement, prior_sd)[0])
