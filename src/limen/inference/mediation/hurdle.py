"""The mediator: whether anything is felt at all, and how much; never a plain Gaussian.

    P(D > 0) = logistic(columns)            log D | D > 0 ~ Normal(columns, tau^2)

The columns are an intercept, drug or none, log exposure, and what is held fixed. Log exposure is not known exactly, so
its expectation stands in for it, and what that leaves out is taken from the residual variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, log_ndtr, ndtr, ndtri

from limen.inference.mediation.design import Design
from limen.inference.mediation.exposure import TrueExposure
from limen.inference.mediation.regression import least_squares, logistic
from limen.quantities import Floats
from limen.regimen import SCALES

MOST_CADSS: Final = SCALES["CADSS"].high
#: Least share of the residual variance of log CADSS that is not exposure.
LEAST_OWN_SHARE: Final = 0.1
#: Ends of a probability, so that its normal score is finite.
SURE: Final = 1e-6


@dataclass(frozen=True)
class Hurdle:
    """A fitted mediator model.

    Parameters
    ----------
    felt, strength : Floats
        Coefficients of the two parts, shape ``(columns,)``.
    log_sd : float
        Spread of log CADSS at one true exposure.
    exposure_at : int
        Column of log exposure, or -1 where nothing tells exposures apart.
    """

    felt: Floats
    strength: Floats
    log_sd: float
    exposure_at: int

    def scored(self, columns: Floats) -> tuple[Floats, Floats]:
        """Give the chance to feel anything and the mean of log CADSS, each of shape ``(visits,)``."""
        return np.asarray(expit(columns @ self.felt)), np.asarray(columns @ self.strength)

    def expected(self, columns: Floats) -> Floats:
        """Give the expected CADSS, with the end of the scale at its end, shape ``(visits,)``."""
        felt, mean = self.scored(columns)
        room = (np.log(MOST_CADSS) - mean) / self.log_sd
        within = np.exp(mean + 0.5 * self.log_sd**2 + log_ndtr(room - self.log_sd))
        return np.asarray(felt * (within + MOST_CADSS * ndtr(-room)))

    def normal_score(self, columns: Floats, cadss: Floats) -> Floats:
        """Give where each CADSS stands among such visits, as a standard normal number, shape ``(visits,)``.

        A CADSS of 0 gets the mean of the numbers below its hurdle.
        """
        felt, mean = self.scored(columns)
        hurdle = np.clip(1.0 - felt, SURE, 1.0 - SURE)
        below = -np.exp(-0.5 * ndtri(hurdle) ** 2) / (np.sqrt(2.0 * np.pi) * hurdle)
        place = hurdle + (1.0 - hurdle) * ndtr((_log(cadss) - mean) / self.log_sd)
        return np.where(cadss > 0.0, ndtri(np.clip(place, SURE, 1.0 - SURE)), below)


def _log(cadss: Floats) -> Floats:
    return np.asarray(np.log(np.where(cadss > 0.0, cadss, 1.0)))


def columns_of(design: Design, log_exposure: Floats, *, tells: bool) -> Floats:
    """Give the columns of the mediator model, shape ``(visits, columns)``; log exposure stands last if it `tells`."""
    parts = [np.ones((len(log_exposure), 1)), design.covariates]
    if not design.dosed.all():
        parts.append(design.dosed[:, None].astype(float))
    if tells:
        parts.append(log_exposure[:, None])
    return np.concatenate(parts, axis=1)


def fit_hurdle(design: Design, exposure: TrueExposure, *, tells: bool) -> Hurdle:
    """Fit the mediator model.

    Parameters
    ----------
    design : Design
        The visits.
    exposure : TrueExposure
        What they really had.
    tells : bool
        Whether exposures differ at all.

    Returns
    -------
    Hurdle
    """
    columns = columns_of(design, exposure.mean_log, tells=tells)
    above = design.cadss > 0.0
    logs = _log(design.cadss[above])
    prior_sd = np.full(columns.shape[1], np.inf)
    prior_sd[1 : 1 + len(design.prior_sd)] = design.prior_sd
    strength = least_squares(columns[above], logs, prior_sd)
    seen = float(np.sum((logs - columns[above] @ strength) ** 2) / max(above.sum() - columns.shape[1], 1))
    by_exposure = strength[-1] ** 2 * float(exposure.variance_log[above].mean()) if tells else 0.0
    own = max(seen - by_exposure, LEAST_OWN_SHARE * seen, np.finfo(float).tiny)
    return Hurdle(logistic(columns, above), strength, float(np.sqrt(own)), columns.shape[1] - 1 if tells else -1)
