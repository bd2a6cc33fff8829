"""The outcome: improvement by exposure, by what was felt, and by what is held fixed.

    Y = intercept + sum_j gamma_j X / (X + k_j) + (beta + kappa (h(X) - mean h)) D + fixed + error

X is the true exposure. Given what was measured, the dose, what was felt and what is held fixed, the expectation of
each column stands in for it (regression calibration); that is exact for a mean that is linear in the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import log_expit

from limen.inference.mediation.design import Design
from limen.inference.mediation.exposure import TrueExposure, true_exposure
from limen.inference.mediation.hurdle import Hurdle, columns_of, fit_hurdle
from limen.inference.mediation.regression import LEAST_SPREAD, least_squares
from limen.quantities import Floats

#: Half-way points of the two saturating curves of exposure, in geometric mean exposures (ours: together they follow
#: any curve between nearly linear and nearly level over the range of the data).
HALF_WAY: Final = (1.0 / 3.0, 3.0)
#: Points of the quadrature over true exposure.
NODES: Final = 9
#: Prior SD of what the interaction explains, in SD of the residual (ours: a slope that differs by exposure is allowed,
#: and a few people are not enough to claim it).
INTERACTION_SD: Final = 0.25
_NODE, _WEIGHT = hermegauss(NODES)


@dataclass(frozen=True)
class Plan:
    """What is fixed before anything is fitted, so that refits without some people answer the same question.

    Parameters
    ----------
    half_way : tuple of float
        Exposures at which the curves of exposure are half way; none where exposures do not differ.
    middle : float
        Exposure at which the curve of the interaction is half way.
    centre : float
        Value of that curve where the data tell the slope best, so that the mean slope is `beta`.
    low, high : float
        The two exposures that are compared.
    tells : bool
        Whether exposures above 0 differ, so that CADSS can follow them.
    interacts : bool
        Whether the slope may differ by exposure.
    measured : bool
        Whether measured exposures are used; else all are taken from the dose.
    """

    half_way: tuple[float, ...]
    middle: float
    centre: float
    low: float
    high: float
    tells: bool
    interacts: bool
    measured: bool


@dataclass(frozen=True)
class Fit:
    """Both models fitted to some visits.

    Parameters
    ----------
    exposure : TrueExposure
        Of these visits.
    hurdle : Hurdle
        The mediator.
    mediator_columns, columns : Floats
        Of the mediator and the outcome, shape ``(visits, columns)``.
    coefficients : Floats
        Of the outcome: CADSS, its interaction if any, curves of exposure, intercept, covariates.
    """

    exposure: TrueExposure
    hurdle: Hurdle
    mediator_columns: Floats
    columns: Floats
    coefficients: Floats


def curve(exposure: Floats, half_way: float) -> Floats:
    """Give the saturating curve of exposure, 0 to 1, of the shape of `exposure`."""
    return np.asarray(exposure / (exposure + half_way))


def believed(design: Design, exposure: TrueExposure, hurdle: Hurdle, mediator: Floats) -> tuple[Floats, Floats]:
    """Give possible true exposures of each visit and their chances, given also what was felt.

    Returns
    -------
    tuple of Floats
        Each of shape ``(visits, nodes)``; chances sum to 1 over the nodes.
    """
    steps = np.sqrt(exposure.variance_log)[:, None] * _NODE
    logs = np.log(_WEIGHT) + np.zeros_like(steps)
    if hurdle.exposure_at >= 0:
        felt = (mediator @ hurdle.felt)[:, None] + hurdle.felt[hurdle.exposure_at] * steps
        mean = (mediator @ hurdle.strength)[:, None] + hurdle.strength[hurdle.exposure_at] * steps
        above = (design.cadss > 0.0)[:, None]
        amount = np.log(np.where(above, design.cadss[:, None], 1.0))
        logs += np.where(above, log_expit(felt) - 0.5 * ((amount - mean) / hurdle.log_sd) ** 2, log_expit(-felt))
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    real = np.exp(exposure.mean_log[:, None] + steps) * design.dosed[:, None]
    return real, np.asarray(chances / chances.sum(axis=1, keepdims=True))


def fit(design: Design, plan: Plan) -> Fit:
    """Fit exposure, mediator and outcome, in this order.

    Parameters
    ----------
    design : Design
        The visits.
    plan : Plan
        What is asked.

    Returns
    -------
    Fit
    """
    exposure = true_exposure(design, measured=plan.measured)
    hurdle = fit_hurdle(design, exposure, tells=plan.tells)
    mediator = columns_of(design, exposure.mean_log, tells=plan.tells)
    real, chances = believed(design, exposure, hurdle, mediator)
    parts = [design.cadss[:, None]]
    if plan.interacts:
        parts.append((design.cadss * (np.sum(chances * curve(real, plan.middle), axis=1) - plan.centre))[:, None])
    parts.extend(np.sum(chances * curve(real, k), axis=1)[:, None] for k in plan.half_way)
    parts.extend((np.ones((len(design.cadss), 1)), design.covariates))
    columns = np.concatenate(parts, axis=1)
    coefficients = least_squares(columns, design.improvement, _prior_sd(columns, design, plan))
    return Fit(exposure, hurdle, mediator, columns, coefficients)


def _prior_sd(columns: Floats, design: Design, plan: Plan) -> Floats:
    found = np.full(columns.shape[1], np.inf)
    found[columns.shape[1] - len(design.prior_sd) :] = design.prior_sd
    if plan.interacts:
        found[1] = INTERACTION_SD / max(float(np.sqrt(np.mean(columns[:, 1] ** 2))), LEAST_SPREAD)
    return found
