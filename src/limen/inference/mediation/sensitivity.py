"""How strong an unmeasured common cause would have to be to leave nothing of the indirect effect.

Correlation of errors, after Imai, Keele and Yamamoto (2010) with the hurdle's normal score in place of a Gaussian
residual: let r be where a CADSS stands among such visits and s the SD of improvement that exposure and covariates
leave. If the errors correlate by rho, improvement holds rho s r beside the effect of D, so that the slope is

    b(rho) = b - rho s d,      d: coefficient of r on D beside exposure and covariates,

which is 0 at rho = b / (s d). E-value, after VanderWeele and Ding (2017): of the risk ratio exp(0.91 effect / SD).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.inference.mediation.outcome import Plan, fit
from limen.inference.mediation.regression import LEAST_SPREAD, least_squares
from limen.quantities import Floats

#: Logarithm of the risk ratio for one SD of difference (VanderWeele and Ding 2017, after Chinn 2000).
LOG_RISK_PER_SD: Final = 0.91
#: Fewest visits beyond what is held fixed from which errors are known (ours).
FEWEST_FREE: Final = 10
#: Logarithm of a risk ratio beyond which it says no more (ours, so that every E-value is a finite number).
MOST_LOG_RISK: Final = 50.0


@dataclass(frozen=True)
class Sensitivity:
    """What would leave nothing.

    Parameters
    ----------
    rho_at_zero : float or None
        Correlation of errors, -1 to 1; an end where no correlation short of it is enough; None where there are too few
        visits beyond what is held fixed.
    e_value : float
        Risk ratio by which a cause would have to go with both, to explain the whole indirect effect; at least 1.
    e_value_at_limit : float
        The same for the end of the interval nearest to 0.
    """

    rho_at_zero: float | None
    e_value: float
    e_value_at_limit: float


def e_value(effect: float, outcome_sd: float) -> float:
    """Give the E-value of a difference of means.

    Parameters
    ----------
    effect, outcome_sd : float
        In one unit.

    Returns
    -------
    float
        1 where there is no effect.
    """
    risk_ratio = float(np.exp(min(LOG_RISK_PER_SD * abs(effect) / outcome_sd, MOST_LOG_RISK)))
    return risk_ratio + float(np.sqrt(risk_ratio * (risk_ratio - 1.0)))


def rho_at_zero(design: Design, plan: Plan) -> float | None:
    """Give the correlation of errors at which the mean slope, and with it the indirect effect, is 0.

    Parameters
    ----------
    design : Design
        All visits.
    plan : Plan
        What is compared.

    Returns
    -------
    float or None
        -1 to 1; an end where no correlation short of it is enough. None where it cannot be told.
    """
    found = fit(design, plan)
    others = found.columns[:, 1 + plan.interacts :]
    if len(others) - np.linalg.matrix_rank(others) < FEWEST_FREE:
        return None
    score = found.hurdle.normal_score(found.mediator_columns, design.cadss)
    felt = left_by(others, design.cadss)
    slope = float(felt @ design.improvement / (felt @ felt))
    along = float(felt @ score / (felt @ felt))
    left_sd = float(np.std(left_by(others, design.improvement)))
    rho = float(np.clip(slope / max(along * left_sd, LEAST_SPREAD), -1.0, 1.0))
    return rho if np.isfinite(rho) else None


def left_by(columns: Floats, values: Floats) -> Floats:
    """Give what columns leave of values, shape ``(visits,)``."""
    free = np.full(columns.shape[1], np.inf)
    return np.asarray(values - columns @ least_squares(columns, values, free))


def sensitivity(design: Design, plan: Plan, indirect: Floats) -> Sensitivity:
    """Say what would leave nothing of the indirect effect.

    Parameters
    ----------
    design, plan : Design, Plan
        What was fitted.
    indirect : Floats
        Draws of the indirect effect, shape ``(draws,)``.

    Returns
    -------
    Sensitivity
    """
    outcome_sd = float(np.std(design.improvement, ddof=1))
    low, high = (float(one) for one in np.percentile(indirect, (5, 95)))
    nearest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    return Sensitivity(
        rho_at_zero(design, plan), e_value(float(np.mean(indirect)), outcome_sd), e_value(nearest, outcome_sd)
    )
