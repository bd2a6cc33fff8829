"""How often a trial of a size finds a difference: by its virtual trials, and by the t distribution."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import nctdtr, stdtr, stdtrit

from limen.quantities import Floats, InputError
from limen.trials.designs import LEVEL, WANTED
from limen.trials.moments import LEAST_ESTIMATE

MOST_IN_ARM: Final = 1_000_000


def two_sided_p(difference: Floats, sd_a: Floats, sd_b: Floats, n_a: Floats | int, n_b: Floats | int) -> Floats:
    """Give the two-sided p of Student's t test of two means.

    Parameters
    ----------
    difference : Floats
        Mean of the first arm minus that of the second, any shape.
    sd_a, sd_b : Floats
        Spread of people in each arm, the same shape.
    n_a, n_b : Floats or int
        People in each arm, one number or the same shape; where there are hardly any there is no test.

    Returns
    -------
    Floats
        The same shape; 1 where nobody differs from anybody, and where an arm has no mean.
    """
    freedom = np.maximum(np.asarray(n_a + n_b - 2, dtype=np.float64), 1.0)
    pooled = ((n_a - 1) * sd_a**2 + (n_b - 1) * sd_b**2) / freedom
    error = np.sqrt(np.maximum(pooled, 0.0) * (1.0 / np.maximum(n_a, 1) + 1.0 / np.maximum(n_b, 1)))
    tested = np.isfinite(difference) & (np.asarray(n_a + n_b) > 2)  # noqa: PLR2004 - a spread needs one more than means
    apart = tested & (error == 0.0) & (np.abs(difference) > LEAST_ESTIMATE)
    t = np.divide(np.abs(difference), error, out=np.where(apart, np.inf, 0.0), where=tested & (error > 0.0))
    return np.asarray(2.0 * stdtr(freedom, -t))


def analytic_power(difference: float, sd: float, n: int, *, level: float = LEVEL) -> float:
    """Give the power of a two-arm trial of a normal score.

    Parameters
    ----------
    difference : float
        True difference of the two means, points.
    sd : float
        Spread of people in each arm, points.
    n : int
        People in each arm.
    level : float
        Two-sided level.

    Returns
    -------
    float
        ``P(|T| > t)`` of the noncentral t with ``2 n - 2`` degrees and noncentrality ``d sqrt(n / 2)``.

    Raises
    ------
    InputError
        Where the spread or the size cannot be.
    """
    if not (sd > 0.0 and n > 1):
        raise InputError(f"A test of two means needs a spread above 0 and two people an arm, got {sd:g} and {n}.")
    freedom, shift = 2.0 * n - 2.0, abs(difference) / sd * (0.5 * n) ** 0.5
    edge = float(stdtrit(freedom, 1.0 - 0.5 * level))
    return float(1.0 - nctdtr(freedom, shift, edge) + nctdtr(freedom, shift, -edge))


def people_for_power(difference: float, sd: float, *, wanted: float = WANTED, level: float = LEVEL) -> int:
    """Give the smallest number of people in each of two arms that reaches a power.

    Parameters
    ----------
    difference, sd, level : float
        As for `analytic_power`.
    wanted : float
        Power, above the level and below 1.

    Returns
    -------
    int

    Raises
    ------
    InputError
        Where no size up to a million an arm reaches it.
    """
    if not level < wanted < 1.0:
        raise InputError(f"A wanted power lies above the level of {level:g} and below 1, got {wanted:g}: use 0.8.")
    low, high = 1, 2
    while analytic_power(difference, sd, high, level=level) < wanted:
        low, high = high, 2 * high
        if high > MOST_IN_ARM:
            raise InputError(
                f"A difference of {difference:g} with a spread of {sd:g} needs more than {MOST_IN_ARM} people an arm:"
                " look for a larger difference."
            )
    while high - low > 1:
        middle = (low + high) // 2
        reached = analytic_power(difference, sd, middle, level=level) >= wanted
        low, high = (low, middle) if reached else (middle, high)
    return high
