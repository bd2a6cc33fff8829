"""The delay between plasma and brain: Ce' = ke0 (Cp - Ce), ke0 = ln 2 / half-life."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from limen.evidence import finding
from limen.quantities import Floats, InputError

NORMAL_95TH: Final = 1.6448536269514722


def brain_course(values: Floats, time_min: Floats, half_life_min: float | Floats) -> Floats:
    """Delay a course exactly, taking it as straight between its times and as absent before the first.

    Parameters
    ----------
    values : Floats
        Shape ``(..., times)``; any quantity linear in concentration.
    time_min : Floats
        Shape ``(times,)``, increasing; the first is not after the first dose.
    half_life_min : float or Floats
        Of the delay; one for all, or one a row of `values`.

    Returns
    -------
    Floats
        The shape of `values`; 0 at the first time.

    Raises
    ------
    InputError
        If a half-life is not above 0 or a time does not increase.
    """
    rate = math.log(2.0) / np.asarray(half_life_min, dtype=np.float64)
    steps = np.diff(time_min)
    if not (np.all(np.isfinite(rate)) and np.all(rate > 0.0) and np.all(steps > 0.0)):
        raise InputError("A brain delay needs half-lives above 0 min and increasing times: check both.")
    delayed = np.zeros(values.shape)
    for index, step in enumerate(steps.tolist()):
        gone = -np.expm1(-rate * step)
        old, new = values[..., index], values[..., index + 1]
        towards = old * gone + (new - old) * (1.0 - gone / (rate * step))
        delayed[..., index + 1] = delayed[..., index] * (1.0 - gone) + towards
    return delayed


def draw_brain_half_life(draws: int, rng: np.random.Generator) -> Floats:
    """Draw the half-life of the delay, min (ours; it spans the one measured value, 8.3 min with 5.1 to 13.0).

    No one lognormal has a median of 5 and a 90 % interval of 1 to 13 min: each side of the median is half of one.

    Parameters
    ----------
    draws : int
        How many.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    Floats
        Shape ``(draws,)``.
    """
    prior = finding("effect_site_half_life_prior")
    median, (low, high) = prior.number(), prior.interval()
    below, above = math.log(median / low) / NORMAL_95TH, math.log(high / median) / NORMAL_95TH
    z = rng.standard_normal(draws)
    return np.asarray(median * np.exp(np.where(z < 0.0, below, above) * z))
