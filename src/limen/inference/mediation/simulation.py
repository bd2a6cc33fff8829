"""Invented trials in which the truth is known: no link, a common cause only, or a true slope.

    C = (dose / 0.5) exp(N(0, 0.35))                       relative exposure
    D = 12 C^1.2 exp(N(0, 0.55) + 0.35 U)                  CADSS
    Y = 30 C / (C + 0.6) + slope D + 12 U + N(0, 22)       improvement, per cent

U is N(0, 1) of each person in trials with a common cause, else 0. All sizes are toy values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.inference.mediation.covariates import EXPOSURE_ERROR_CV
from limen.inference.mediation.design import Design
from limen.quantities import Floats

NO_LINK: Final = "no link"
COMMON_CAUSE_ONLY: Final = "common cause only"
TRUE_SLOPE: Final = "true slope"
TRUTHS: Final = (NO_LINK, COMMON_CAUSE_ONLY, TRUE_SLOPE)
SLOPE: Final = 0.9
REFERENCE_MG_PER_KG: Final = 0.5
EXPOSURE_LOG_SD: Final = 0.35
CADSS_AT_REFERENCE: Final = 12.0
CADSS_POWER: Final = 1.2
CADSS_LOG_SD: Final = 0.55
CAUSE_ON_CADSS: Final = 0.35
CAUSE_ON_IMPROVEMENT: Final = 12.0
MOST_BY_EXPOSURE: Final = 30.0
HALF_WAY: Final = 0.6
ERROR_SD: Final = 22.0


@dataclass(frozen=True)
class Trial:
    """One kind of invented trial.

    Parameters
    ----------
    name : str
        In words.
    doses_mg_per_kg : tuple of float
        One a group.
    people : int
        In each group.
    visits : int
        Of each person, all on the same dose.
    """

    name: str
    doses_mg_per_kg: tuple[float, ...]
    people: int
    visits: int = 1


TRIALS: Final = (
    Trial("4 doses x 20", (0.1, 0.2, 0.5, 1.0), 20),
    Trial("3 doses x 150", (0.2, 0.5, 1.0), 150),
    Trial("one dose, n = 108", (0.5,), 108),
)
REPEATED: Final = Trial("150 people x 3 visits, one dose", (0.5,), 150, visits=3)


def relative_exposure(dose_mg_per_kg: Floats, rng: np.random.Generator) -> Floats:
    """Draw true exposure beside 0.5 mg/kg in the typical person, shape ``(visits,)``."""
    return np.asarray(
        dose_mg_per_kg / REFERENCE_MG_PER_KG * np.exp(rng.normal(0.0, EXPOSURE_LOG_SD, len(dose_mg_per_kg)))
    )


def invented(
    trial: Trial,
    truth: str,
    rng: np.random.Generator,
    *,
    error_log_sd: float = 0.0,
    stated_cv: float = EXPOSURE_ERROR_CV,
    measured: bool = True,
) -> Design:
    """Draw one trial.

    Parameters
    ----------
    trial : Trial
        Which kind.
    truth : str
        One of `TRUTHS`.
    rng : numpy.random.Generator
        Chance.
    error_log_sd : float
        Error that the exposure column really has, on the log scale.
    stated_cv : float
        Error that the analysis is told of.
    measured : bool
        Whether there is an exposure column.

    Returns
    -------
    Design
    """
    dose_mg_per_kg = np.repeat(trial.doses_mg_per_kg, trial.people * trial.visits).astype(np.float64)
    visits = len(dose_mg_per_kg)
    person = np.arange(visits) // trial.visits
    cause = rng.standard_normal(visits // trial.visits)[person] * float(truth == COMMON_CAUSE_ONLY)
    exposure = relative_exposure(dose_mg_per_kg, rng)
    own = rng.normal(0.0, CADSS_LOG_SD, visits)
    cadss = CADSS_AT_REFERENCE * exposure**CADSS_POWER * np.exp(own + CAUSE_ON_CADSS * cause)
    by_felt = SLOPE * float(truth == TRUE_SLOPE) * cadss + CAUSE_ON_IMPROVEMENT * cause
    improvement = MOST_BY_EXPOSURE * exposure / (exposure + HALF_WAY) + by_felt + rng.normal(0.0, ERROR_SD, visits)
    seen = exposure * np.exp(rng.normal(0.0, error_log_sd, visits))
    return Design(
        person=person,
        dose_mg_per_kg=dose_mg_per_kg,
        exposure=seen if measured else np.full(visits, np.nan),
        error_log_sd=np.full(visits, np.sqrt(np.log1p(stated_cv**2))),
        cadss=cadss,
        improvement=improvement,
        covariates=np.zeros((visits, 0)),
        prior_sd=np.zeros(0),
    )
