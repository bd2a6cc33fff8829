"""One mediation analysis from arrays: effects with their spread, sensitivity, split between and within people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.inference.mediation.effects import DRAWS, GROUPS, Effects, effects_of, jackknife, numbers_of
from limen.inference.mediation.exposure import true_exposure
from limen.inference.mediation.outcome import Plan
from limen.inference.mediation.plain import plain_slopes
from limen.inference.mediation.plan import plan_of
from limen.inference.mediation.repeats import between_and_within
from limen.inference.mediation.sensitivity import Sensitivity, sensitivity
from limen.inference.mediation.table import FEWEST_PEOPLE
from limen.quantities import Floats

#: Fewest visits at which anything was felt from which a two-part model of CADSS says anything (ours).
FEWEST_FELT: Final = 15
#: Fewest people seen without drug, where there are any (ours: what they felt is known also without some of them).
FEWEST_DRUG_FREE: Final = 5
#: Ends of a printed interval, in per cent.
ENDS: Final = (5.0, 95.0)


@dataclass(frozen=True)
class Analysis:
    """What one mediator gave.

    Parameters
    ----------
    design, plan : Design, Plan
        What was asked.
    people_log_sd : float
        How far people on one dose differ in log exposure.
    effects : Effects
        Draws.
    sensitivity : Sensitivity or None
        None where exposure cannot be told apart, so that there is no indirect effect to undo.
    split : Floats or None
        Draws of the slope between and within people, shape ``(draws, 2)``; None without repeats.
    plain : Floats
        Draws of the pooled slope and of the one within dose groups, shape ``(draws, 2)``.
    """

    design: Design
    plan: Plan
    people_log_sd: float
    effects: Effects
    sensitivity: Sensitivity | None
    split: Floats | None
    plain: Floats

    @property
    def adjusted(self) -> bool:
        """Whether exposure could be held fixed."""
        return bool(self.plan.half_way)


def too_few(design: Design) -> str | None:
    """Say why nothing can be fitted, or None.

    Parameters
    ----------
    design : Design
        All visits.

    Returns
    -------
    str or None
        Words that follow "too few: ".
    """
    felt = int(np.sum(design.cadss > 0.0))
    if design.persons < FEWEST_PEOPLE:
        return f"{design.persons} people, and at least {FEWEST_PEOPLE} are needed"
    if not design.dosed.any():
        return "0 people who were given drug"
    drug_free = len(np.unique(design.person[~design.dosed]))
    if 0 < drug_free < FEWEST_DRUG_FREE:
        return f"{drug_free} people seen without drug, and none or at least {FEWEST_DRUG_FREE} are needed"
    if felt < FEWEST_FELT or np.ptp(design.cadss) == 0.0:
        return f"{felt} visits at which anything was felt, and at least {FEWEST_FELT} that differ are needed"
    if np.ptp(design.improvement) == 0.0:
        return f"1 value of improvement, {design.improvement[0]:g}, at every visit"
    return None


def analyse(design: Design, *, seed: int, draws: int = DRAWS, groups: int = GROUPS) -> Analysis:
    """Analyse one mediator.

    Parameters
    ----------
    design : Design
        Not too few.
    seed : int
        Of the chance.
    draws : int
        Of the effects.
    groups : int
        Of the jackknife, at most.

    Returns
    -------
    Analysis
    """
    rng = np.random.default_rng(seed)
    plan = plan_of(design)
    effects = effects_of(jackknife(design, lambda some: numbers_of(some, plan), rng, groups=groups).drawn(draws, rng))
    split = between_and_within(design, plan, rng, groups=groups)
    return Analysis(
        design=design,
        plan=plan,
        people_log_sd=true_exposure(design).people_log_sd,
        effects=effects,
        sensitivity=sensitivity(design, plan, effects.indirect) if plan.half_way else None,
        split=None if split is None else split.drawn(draws, rng),
        plain=jackknife(design, plain_slopes, rng, groups=groups).drawn(draws, rng),
    )


def interval(draws: Floats) -> tuple[float, float]:
    """Give 5 and 95 % of some draws of shape ``(draws,)``."""
    low, high = np.percentile(draws, ENDS)
    return float(low), float(high)


def leaves_out_zero(draws: Floats) -> bool:
    """Say whether the interval of some draws of shape ``(draws,)`` leaves 0 out."""
    low, high = interval(draws)
    return low > 0.0 or high < 0.0
