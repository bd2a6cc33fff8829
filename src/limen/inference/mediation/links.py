"""What studies said of the slope of mood on dissociation, put together with how far they disagree.

Slopes are MADRS points per CADSS point; negative is benefit. A correlation r of n pairs becomes a slope with the SD of
a change of MADRS and the SD of CADSS between people. Studies lie about a mean with a heterogeneity SD:

    slope_i ~ Normal(mean, tau^2 + se_i^2)     mean ~ Normal(0, 0.2^2)     tau ~ half-normal(0.3)

on a grid. The prior of the mean is that of joint J7 and allows either sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2, norm

from limen.evidence import SessionRow, session_and_link
from limen.quantities import Floats

#: SD of the prior of the mean slope (ours, joint J7) and scale of the prior of its heterogeneity (ours: the wide half
#: of the alternative prior of J7).
PRIOR_MEAN_SD: Final = 0.2
PRIOR_TAU: Final = 0.3
#: SD of a change of MADRS at 24 h (ours, between 10.4 and 11.6 of the two arms of ASPIRE II in outcomes.csv).
CHANGE_SD_POINTS: Final = 11.0
#: SD of CADSS between people after an infusion: van_schalkwyk_2018, n = 110.
CADSS_SD_POINTS: Final = 9.2
#: SD of CADSS where only scores of 0 to 15 were kept (ours: that of an even spread over them).
CADSS_SD_TO_15_POINTS: Final = 15.0 / 12.0**0.5
#: Pairs that the printed p and r of Luckenbaugh 2014 imply; the abstract prints 108 people.
LUCKENBAUGH_PAIRS: Final = 58.0
NORMAL_95: Final = 1.959964
GRID_MEAN: Final = np.linspace(-1.2, 1.2, 241)
GRID_TAU: Final = np.linspace(0.005, 1.2, 80)
SLOPE_UNIT: Final = "points/point"
#: Cochran's Q beyond this share of its distribution by chance alone is disagreement (the usual level).
MORE_THAN_CHANCE: Final = 0.95
DISAGREE: Final = "Studies disagree by more than their own errors; no one slope may be taken from them."
AGREE: Final = "Studies disagree by no more than their own errors would have them."


@dataclass(frozen=True)
class StudySlope:
    """One study's slope, MADRS points per CADSS point, negative is benefit.

    Parameters
    ----------
    study, says : str
        Which, and how its number was made.
    slope, standard_error : float
        In that unit.
    """

    study: str
    says: str
    slope: float
    standard_error: float


def from_slope(row: SessionRow) -> StudySlope:
    """Read a printed slope; without an interval its standard error is made from the number of people."""
    if row.low is not None and row.high is not None:
        return StudySlope(row.study, "printed interval", _value(row), (row.high - row.low) / (2.0 * NORMAL_95))
    error = CHANGE_SD_POINTS / (CADSS_SD_TO_15_POINTS * np.sqrt(_people(row)))
    return StudySlope(row.study, "standard error from n and two SDs (ours)", _value(row), float(error))


def from_correlation(row: SessionRow) -> StudySlope:
    """Make a slope of a correlation of CADSS with the change of a depression scale."""
    pairs = min(_people(row), LUCKENBAUGH_PAIRS)
    per_r = CHANGE_SD_POINTS / CADSS_SD_POINTS
    error = per_r * (1.0 - _value(row) ** 2) / np.sqrt(pairs - 3.0)
    return StudySlope(row.study, f"r of {pairs:g} pairs times {per_r:.2f} (two SDs, ours)", per_r * _value(row), error)


def _value(row: SessionRow) -> float:
    return 0.0 if row.value is None else row.value


def _people(row: SessionRow) -> float:
    return np.inf if row.n is None else row.n


@cache
def study_slopes() -> tuple[tuple[StudySlope, ...], tuple[str, ...]]:
    """Give one slope a study, and the rows that are left out with the reason."""
    kept: list[StudySlope] = []
    left_out: list[str] = []
    for row in (one for one in session_and_link() if one.topic == "link"):
        if row.n is None or row.value is None:
            value = "of no value" if row.value is None else f"{row.value:g}"
            left_out.append(f"{row.study}: {row.quantity} {value}, of how many people is not known")
        elif row.study in {one.study for one in kept}:
            left_out.append(f"{row.study}: {row.quantity} {row.value:g}, the same people once more")
        else:
            kept.append(from_slope(row) if row.unit == SLOPE_UNIT else from_correlation(row))
    return tuple(kept), tuple(left_out)


def heterogeneity(slopes: Floats, errors: Floats) -> tuple[float, float]:
    """Give Cochran's Q, and the heterogeneity SD of DerSimonian and Laird, which takes no prior.

    Parameters
    ----------
    slopes, errors : Floats
        Shape ``(studies,)``.

    Returns
    -------
    tuple of float
        Q and SD.
    """
    weights = errors**-2.0
    mean = float(np.average(slopes, weights=weights))
    q = float(np.sum(weights * (slopes - mean) ** 2))
    spare = float(weights.sum() - np.sum(weights**2) / weights.sum())
    return q, float(np.sqrt(max(q - (len(slopes) - 1), 0.0) / spare))


def grid_posterior(slopes: Floats, errors: Floats) -> Floats:
    """Give the posterior of mean and heterogeneity SD, shape ``(means, taus)``, sum 1."""
    sd = np.sqrt(GRID_TAU[None, :, None] ** 2 + errors**2)
    logs = np.sum(norm.logpdf(slopes, GRID_MEAN[:, None, None], sd), axis=2)
    logs = logs + norm.logpdf(GRID_MEAN, 0.0, PRIOR_MEAN_SD)[:, None] + norm.logpdf(GRID_TAU, 0.0, PRIOR_TAU)[None, :]
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())


def weighted(values: Floats, weights: Floats) -> dict[str, float]:
    """Give mean, 5 and 95 % of grid values with their weights, each of shape ``(values,)``."""
    ends = np.interp((0.05, 0.95), np.cumsum(weights), values)
    return {"mean": float(values @ weights), "p05": float(ends[0]), "p95": float(ends[1])}


def next_study(posterior: Floats) -> dict[str, float]:
    """Give where the slope of one more such study would lie."""
    below = ndtr((GRID_MEAN[:, None, None] - GRID_MEAN[None, :, None]) / GRID_TAU)
    chance = np.einsum("vmt,mt->v", below, posterior)
    return weighted(GRID_MEAN, np.diff(chance, prepend=0.0) / chance[-1])


@cache
def _answer() -> dict[str, Any]:
    studies, left_out = study_slopes()
    slopes, errors = (np.array([getattr(one, name) for one in studies]) for name in ("slope", "standard_error"))
    posterior = grid_posterior(slopes, errors)
    q, without_prior = heterogeneity(slopes, errors)
    return {
        "unit": "MADRS points per CADSS point, negative is benefit",
        "studies": [
            {"study": one.study, "slope": one.slope, "standard_error": one.standard_error, "how": one.says}
            for one in studies
        ],
        "left_out": list(left_out),
        "mean": weighted(GRID_MEAN, posterior.sum(axis=1)),
        "heterogeneity_sd": weighted(GRID_TAU, posterior.sum(axis=0)),
        "heterogeneity_sd_without_prior": without_prior,
        "cochran_q": q,
        "next_study": next_study(posterior),
        "says": DISAGREE if q > chi2.ppf(MORE_THAN_CHANCE, len(slopes) - 1) else AGREE,
    }


def link_meta_analysis() -> dict[str, Any]:
    """Put the published slopes of mood on dissociation together.

    Returns
    -------
    dict
        Ready for JSON: studies, those left out, mean, heterogeneity SD and where one more study would lie.
    """
    return dict(_answer())
