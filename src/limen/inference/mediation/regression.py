"""The two regressions that everything stands on: least squares and logistic, each with normal priors on its slopes."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from limen.quantities import Booleans, Floats

#: Newton steps of the logistic regression; with a prior it is convex and settles in six or so.
NEWTON_STEPS: Final = 25
#: Change at which the logistic regression has settled.
SETTLED: Final = 1e-9
#: Prior SD of a logistic slope for one SD of its column, and of the intercept (ours: weak, so that a group in which
#: everybody scores has a finite answer).
LOGISTIC_SLOPE_SD: Final = 2.0
LOGISTIC_INTERCEPT_SD: Final = 10.0
#: Least scale of a column, below which it is taken as constant.
LEAST_SPREAD: Final = 1e-12


def least_squares(columns: Floats, outcome: Floats, prior_sd: Floats) -> Floats:
    """Give the coefficients of a linear regression with independent normal priors centred on 0.

    Parameters
    ----------
    columns : Floats
        Shape ``(rows, columns)``.
    outcome : Floats
        Shape ``(rows,)``.
    prior_sd : Floats
        Of each coefficient, in SD of the residual for one unit of its column; infinite for none, shape ``(columns,)``.

    Returns
    -------
    Floats
        Shape ``(columns,)``; of columns that say the same, the shortest solution.
    """
    penalised = np.isfinite(prior_sd)
    rows = np.diag(1.0 / prior_sd[penalised]) @ np.eye(columns.shape[1])[penalised]
    scale = np.maximum(np.sqrt(np.mean(columns**2, axis=0)), LEAST_SPREAD)
    stacked = np.concatenate((columns, rows)) / scale
    padded = np.concatenate((outcome, np.zeros(len(rows))))
    return np.asarray(np.linalg.lstsq(stacked, padded, rcond=None)[0] / scale)


def logistic(columns: Floats, happened: Booleans) -> Floats:
    """Give the coefficients of a logistic regression; the first column is the intercept.

    Parameters
    ----------
    columns : Floats
        Shape ``(rows, columns)``.
    happened : Booleans
        Shape ``(rows,)``.

    Returns
    -------
    Floats
        Posterior mode, shape ``(columns,)``.
    """
    middle = columns.mean(axis=0)
    middle[0] = 0.0
    found = _settled(columns - middle, happened)
    found[0] -= middle @ found
    return found


def _settled(columns: Floats, happened: Booleans) -> Floats:
    """Climb to the posterior mode by Newton steps, shape ``(columns,)``; columns but the first are centred."""
    precision = (columns.std(axis=0) / LOGISTIC_SLOPE_SD) ** 2
    precision[0] = LOGISTIC_INTERCEPT_SD**-2
    precision = np.maximum(precision, LEAST_SPREAD)
    found = np.zeros(columns.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = expit(columns @ found)
        slope = columns.T @ (happened - chance) - precision * found
        curve = (columns * (chance * (1.0 - chance))[:, None]).T @ columns + np.diag(precision)
        step = np.linalg.solve(curve, slope)
        found += step
        if np.max(np.abs(step)) < SETTLED:
            break
    return found
