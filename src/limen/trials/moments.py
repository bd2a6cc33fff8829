"""One regression for every endpoint, from moments that add up person by person.

    y = X beta + e,     M = sum over people of [X y]' [X y]

The least-squares fit needs M alone, and M of the first k people of an arm is a running sum. So the fit at an interim
look, at every size of an arm, and over the people of one stage are the same few products of one array. With the columns
1 and arm it is Student's t test; with the baseline beside them an analysis of covariance; with CADSS and exposure
beside them the slope of benefit on dissociation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri, stdtr

from limen.quantities import Booleans, Floats

#: Smallest eigenvalue of the columns' correlations at which a coefficient still counts as told apart (ours).
LEAST_APART: Final = 1e-9
#: z beyond which no table goes; keeps a p of 0 from becoming infinite.
MOST_Z: Final = 37.0
#: Estimate below which there is nothing to divide (ours: far below a point, far above rounding).
LEAST_ESTIMATE: Final = 1e-9
#: Degrees of freedom where imputations do not differ.
ENOUGH_FREEDOM: Final = 1e9


@dataclass(frozen=True)
class Fitted:
    """One coefficient of many fits. Arrays have the same shape.

    Parameters
    ----------
    estimate, error : Floats
        The coefficient and its standard error; infinite where it cannot be told.
    freedom : Floats
        Degrees of freedom.
    """

    estimate: Floats
    error: Floats
    freedom: Floats

    @property
    def t(self) -> Floats:
        """Estimate over error; 0 where it cannot be told, infinite where groups differ and nobody within them does."""
        told = (self.error > 0.0) & np.isfinite(self.error)
        apart = (self.error == 0.0) & (np.abs(self.estimate) > LEAST_ESTIMATE)
        found = np.where(apart, np.copysign(np.inf, self.estimate), 0.0)
        return np.asarray(np.divide(self.estimate, self.error, out=found, where=told))

    @property
    def z(self) -> Floats:
        """The normal deviate with the same tail as t."""
        tail = stdtr(np.maximum(self.freedom, 1.0), -np.abs(self.t))
        return np.asarray(-np.sign(self.t) * np.maximum(ndtri(tail), -MOST_Z))

    @property
    def p(self) -> Floats:
        """Two-sided p."""
        return np.asarray(2.0 * stdtr(np.maximum(self.freedom, 1.0), -np.abs(self.t)))


def running(columns: Floats, y: Floats, seen: Booleans) -> Floats:
    """Add up moments person by person.

    Parameters
    ----------
    columns : Floats
        Shape ``(..., people, p)``.
    y : Floats
        Shape ``(..., people)``; what is not seen may be anything.
    seen : Booleans
        Who counts, shape ``(..., people)``.

    Returns
    -------
    Floats
        Moments of the first 0, 1, ... people, shape ``(..., people + 1, p + 1, p + 1)``.
    """
    rows = np.where(seen[..., None], np.concatenate([columns, y[..., None]], axis=-1), 0.0)
    found = np.zeros((*rows.shape[:-2], rows.shape[-2] + 1, rows.shape[-1], rows.shape[-1]))
    np.cumsum(rows[..., :, None] * rows[..., None, :], axis=-3, out=found[..., 1:, :, :])
    return found


def fit(moments: Floats, tested: int) -> Fitted:
    """Fit one coefficient.

    Parameters
    ----------
    moments : Floats
        Shape ``(..., p + 1, p + 1)``; the first column is 1.
    tested : int
        Column of the coefficient.

    Returns
    -------
    Fitted
        Arrays of shape ``(...)``.
    """
    p = moments.shape[-1] - 1
    inside, with_y, y_y = moments[..., :p, :p], moments[..., :p, p], moments[..., p, p]
    inverse, told = _inverse(inside)
    beta = np.einsum("...ij,...j->...i", inverse, with_y)
    freedom = moments[..., 0, 0] - p
    left = np.maximum(y_y - np.einsum("...i,...i->...", beta, with_y), 0.0)
    spread = np.where(left > LEAST_APART * y_y, left, 0.0) / np.maximum(freedom, 1.0)
    error = np.sqrt(spread * inverse[..., tested, tested])
    told_error = np.where(told & (freedom > 0.0), error, np.inf)
    return Fitted(np.asarray(beta[..., tested]), np.asarray(told_error), np.asarray(freedom))


def _inverse(inside: Floats) -> tuple[Floats, Booleans]:
    """Invert through the columns' correlations, and say where the columns can be told apart."""
    size = np.sqrt(np.maximum(np.diagonal(inside, axis1=-2, axis2=-1), LEAST_APART))
    scale = size[..., :, None] * size[..., None, :]
    values, vectors = np.linalg.eigh(inside / scale)
    told = np.asarray(values[..., 0] > LEAST_APART)
    kept = np.where(values > LEAST_APART, 1.0 / np.maximum(values, LEAST_APART), 0.0)
    return np.einsum("...ik,...k,...jk->...ij", vectors, kept, vectors) / scale, told


def pooled(fits: Fitted) -> Fitted:
    """Pool fits of imputed data, the first axis, by Rubin's rules (degrees of freedom: Barnard and Rubin 1999).

    Parameters
    ----------
    fits : Fitted
        Arrays of shape ``(imputations, ...)``; one imputation is given back as it is.

    Returns
    -------
    Fitted
        Arrays of shape ``(...)``.
    """
    many = len(fits.estimate)
    if many == 1:
        return Fitted(*(np.asarray(one[0]) for one in (fits.estimate, fits.error, fits.freedom)))
    within = np.mean(fits.error**2, axis=0)
    between = np.var(fits.estimate, axis=0, ddof=1) * (1.0 + 1.0 / many)
    share = np.divide(within, between, out=np.full_like(within, np.inf), where=between > 0.0)
    rubin = np.minimum((many - 1.0) * (1.0 + np.minimum(share, ENOUGH_FREEDOM**0.5)) ** 2, ENOUGH_FREEDOM)
    whole = np.maximum(fits.freedom[0], 1.0)
    total = within + between
    known = (total > 0.0) & np.isfinite(total)
    seen = (whole + 1.0) / (whole + 3.0) * whole * np.divide(within, total, out=np.ones_like(total), where=known)
    freedom = 1.0 / (1.0 / rubin + 1.0 / np.maximum(seen, 1.0))
    return Fitted(np.asarray(fits.estimate.mean(axis=0)), np.asarray(np.sqrt(total)), np.asarray(freedom))
