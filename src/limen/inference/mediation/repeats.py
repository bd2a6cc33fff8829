"""Repeated visits: how far the slope stands between people, and how far within one person.

What differs between people and stays with each of them (sensitivity, a lasting expectancy) can produce the slope
between people; it cannot produce the slope within one person. Person means of what was felt and of exposure stand
beside the visit's own (Mundlak), with infusion number held fixed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.inference.mediation.effects import Spread, jackknife
from limen.inference.mediation.outcome import Plan, fit
from limen.inference.mediation.regression import least_squares
from limen.quantities import Floats

#: Fewest people whose CADSS differs from visit to visit (ours).
FEWEST_REPEATED: Final = 20


def repeated_people(design: Design) -> int:
    """Count the people whose CADSS differs from visit to visit."""
    apart = np.abs(design.cadss - design.by_person(design.cadss)) > np.finfo(np.float32).eps
    return len(np.unique(design.person[apart]))


def split_slopes(design: Design, plan: Plan) -> Floats:
    """Give the slope between and within people, points of improvement per CADSS point, shape ``(2,)``."""
    found = fit(design, plan)
    first = 1 + plan.interacts
    curves = found.columns[:, first : first + len(plan.half_way)]
    rest = found.columns[:, first + len(plan.half_way) :]
    usual = design.by_person(design.cadss)
    columns = np.column_stack((usual, design.cadss - usual, curves, design.by_person(curves), rest))
    prior_sd = np.full(columns.shape[1], np.inf)
    prior_sd[columns.shape[1] - len(design.prior_sd) :] = design.prior_sd
    return least_squares(columns, design.improvement, prior_sd)[:2]


def between_and_within(design: Design, plan: Plan, rng: np.random.Generator, *, groups: int) -> Spread | None:
    """Give both slopes with their spread.

    Parameters
    ----------
    design, plan : Design, Plan
        What was fitted.
    rng : numpy.random.Generator
        Deals people into groups.
    groups : int
        Of the jackknife.

    Returns
    -------
    Spread or None
        Of two numbers, between and within; None where too few people were seen more than once.
    """
    if repeated_people(design) < FEWEST_REPEATED:
        return None
    return jackknife(design, lambda some: split_slopes(some, plan), rng, groups=groups)
