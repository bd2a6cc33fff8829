"""Total, direct and indirect effect of more exposure, with their draws.

Let D(x) be the expected CADSS at exposure x, b(x) the slope of improvement on CADSS there, and G the gain from exposure
`low` to `high` by all other ways. By g-computation over everybody's covariates

    direct = G + (b(high) - b(low)) D(low)      indirect = b(high) (D(high) - D(low))      total = direct + indirect.

Uncertainty is a delete-a-group jackknife over people, all models refitted each time, and draws from the t distribution
with the jackknife's covariance: a person's visits stay together, and what is drawn is not forced to be symmetric.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.inference.mediation.hurdle import MOST_CADSS
from limen.inference.mediation.outcome import Fit, Plan, curve, fit
from limen.quantities import Floats

#: Groups of people that are left out in turn; with fewer people each is a group (ours: enough for the covariance of
#: six numbers, and quick).
GROUPS: Final = 100
DRAWS: Final = 4000
#: Draws lie so many times as far from the middle as people alone would put them (ours: every refit shares the form of
#: the curves, a slope that is straight in CADSS, and the stated error of exposure, so no jackknife can see those).
WIDENED: Final = 1.15
Measure = Callable[[Design], Floats]


@dataclass(frozen=True)
class Spread:
    """Numbers with the spread of people in them.

    Parameters
    ----------
    value : Floats
        From everybody, shape ``(numbers,)``.
    covariance : Floats
        Shape ``(numbers, numbers)``.
    freedom : int
        Degrees of freedom.
    """

    value: Floats
    covariance: Floats
    freedom: int

    def drawn(self, draws: int, rng: np.random.Generator) -> Floats:
        """Draw from the multivariate t distribution, widened, shape ``(draws, numbers)``."""
        scale = WIDENED * np.sqrt(self.freedom / rng.chisquare(self.freedom, draws))[:, None]
        normal = rng.multivariate_normal(np.zeros(len(self.value)), self.covariance, draws, method="svd")
        return np.asarray(self.value + scale * normal)


@dataclass(frozen=True)
class Effects:
    """Draws of the effects, points of improvement; each of shape ``(draws,)``.

    Parameters
    ----------
    total, direct, indirect : Floats
        Of the higher exposure against the lower.
    slope : Floats
        Improvement per CADSS point at one exposure.
    """

    total: Floats
    direct: Floats
    indirect: Floats
    slope: Floats


def jackknife(design: Design, measure: Measure, rng: np.random.Generator, *, groups: int = GROUPS) -> Spread:
    """Measure everybody, and again without each group of people.

    Parameters
    ----------
    design : Design
        All visits.
    measure : callable
        Gives numbers of shape ``(numbers,)`` from some visits.
    rng : numpy.random.Generator
        Deals people into groups.
    groups : int
        At most so many.

    Returns
    -------
    Spread
    """
    people = np.unique(design.person)
    used = min(groups, len(people))
    group_of = dict(zip(people.tolist(), rng.permutation(np.arange(len(people)) % used).tolist(), strict=True))
    group = np.array([group_of[one] for one in design.person.tolist()])
    value = measure(design)
    without = np.array([measure(design.of(group != one)) for one in range(used)])
    apart = without - without.mean(axis=0)
    return Spread(value, (used - 1) / used * apart.T @ apart, used - 1)


def numbers_of(design: Design, plan: Plan) -> Floats:
    """Give what the effects are made of: D(low), D(high), b(low), b(high), G and the mean slope, shape ``(6,)``."""
    found = fit(design, plan)
    low, high = (_at(found, design, plan, exposure) for exposure in (plan.low, plan.high))
    return np.array([low[0], high[0], low[1], high[1], high[2] - low[2], found.coefficients[0]])


def _at(found: Fit, design: Design, plan: Plan, exposure: float) -> tuple[float, float, float]:
    """Give expected CADSS, slope and the part of improvement that is exposure's own, all at one exposure."""
    columns = found.mediator_columns.copy()
    # The columns end with drug or none, where some had none, and log exposure, where it tells.
    place = columns.shape[1]
    if found.hurdle.exposure_at >= 0:
        place = found.hurdle.exposure_at
        columns[:, place] = np.log(exposure) if exposure > 0.0 else 0.0
    if not design.dosed.all():
        columns[:, place - 1] = float(exposure > 0.0)
    own = found.coefficients[1 + plan.interacts :][: len(plan.half_way)]
    at = np.array([exposure])
    gain = sum(float(k * curve(at, half)[0]) for k, half in zip(own, plan.half_way, strict=True))
    slope = float(found.coefficients[0])
    if plan.interacts:
        slope += float(found.coefficients[1]) * (float(curve(at, plan.middle)[0]) - plan.centre)
    return float(found.hurdle.expected(columns).mean()), slope, gain


def effects_of(numbers: Floats) -> Effects:
    """Compose the effects.

    Parameters
    ----------
    numbers : Floats
        Shape ``(draws, 6)``, as `numbers_of` gives them.

    Returns
    -------
    Effects
    """
    felt_low, felt_high = np.clip(numbers[:, :2], 0.0, MOST_CADSS).T
    slope_low, slope_high, gain, slope = numbers[:, 2:].T
    direct = gain + (slope_high - slope_low) * felt_low
    indirect = slope_high * (felt_high - felt_low)
    return Effects(direct + indirect, direct, indirect, slope)
