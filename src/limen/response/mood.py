"""Mood over time: a fast and a slow branch of the drug, and what happens without it.

    dF/dt = d_F(t) / R_F - F / tau_F
    dM/dt = d_S(t) / R_S - M / delay            dS/dt = (M / delay) (1 - S / ceiling) - S / tau_S
    score(t) = B exp(-[a (A_F F + A_S S) + c N(t)] / 33)

d is the drive and R its area over one reference infusion, so F and S count reference infusions; B is the person's
baseline, a and c the person's own strength. The exponential keeps effects from adding up beyond the score. N holds
natural recovery, expectancy, care and a new antidepressant. Between two times of the grid the drive is held at its
mean, and each step is exact for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats
from limen.response.parameters import Population

HOURS_PER_DAY: Final = 24.0
#: Time in which expectancy and a rater's first impression come up (ours; Daly 2018 is at its most by 2 h).
EXPECTANCY_RISE_H: Final = 1.0
#: Time in which admission to hospital changes a score (ours; the tables hold 4 h and 24 h).
INPATIENT_RISE_H: Final = 12.0


@dataclass(frozen=True)
class Circumstances:
    """What surrounds a visit beside the drug.

    Parameters
    ----------
    setting, background, design : str
        Words of the contract for a case file, which checks them.
    expects : bool
        Joint J8: False removes expectancy from every arm.
    """

    setting: str = "open"
    background: str = "none"
    design: str = "parallel"
    expects: bool = True


def drug_share(circumstances: Circumstances, population: Population) -> Floats:
    """Give the share of the drug's effect that is left beside an oral antidepressant, shape ``(draws,)``."""
    beside = circumstances.setting == "oral antidepressant + nasal placebo"
    if beside or circumstances.background == "continued antidepressant":
        return population["drug_share_beside_antidepressant"]
    return np.ones(len(population))


def crossover_share(circumstances: Circumstances, population: Population) -> Floats:
    """Give the share of recovery, expectancy and drift that this design leaves, shape ``(draws,)``."""
    return population["crossover_share"] if circumstances.design == "crossover" else np.ones(len(population))


def steps(time_h: Floats) -> Iterator[tuple[int, float]]:
    """Yield the index of each time but the first with the hours since the one before."""
    yield from enumerate(np.diff(time_h), start=1)


def fast_branch(drive: Floats, time_h: Floats, population: Population) -> Floats:
    """Integrate the fast branch.

    Parameters
    ----------
    drive : Floats
        Drive over its area in one reference infusion, per hour, shape ``(draws, times)``.
    time_h : Floats
        Rising, shape ``(times,)``.
    population : Population
        Gives ``fast_fade_d``.

    Returns
    -------
    Floats
        F in reference infusions, shape ``(draws, times)``.
    """
    fade_h = population["fast_fade_d"] * HOURS_PER_DAY
    state = np.zeros_like(drive)
    for k, hours in steps(time_h):
        kept = np.exp(-hours / fade_h)
        state[:, k] = state[:, k - 1] * kept + 0.5 * (drive[:, k - 1] + drive[:, k]) * fade_h * (1.0 - kept)
    return state


def slow_branch(drive: Floats, time_h: Floats, population: Population, *, saturates: bool) -> Floats:
    """Integrate the slow branch; arguments and result as for `fast_branch`, `saturates` False is the additive rival."""
    delay_h, fade_h = population["slow_delay_h"], population["slow_fade_d"] * HOURS_PER_DAY
    room = population["slow_ceiling"] if saturates else np.full(len(population), np.inf)
    waiting, state = np.zeros(len(population)), np.zeros_like(drive)
    for k, hours in steps(time_h):
        supply = 0.5 * (drive[:, k - 1] + drive[:, k])
        kept = np.exp(-hours / delay_h)
        after = waiting * kept + supply * delay_h * (1.0 - kept)
        inflow = supply - (after - waiting) / hours
        rate = inflow / room + 1.0 / fade_h
        level = inflow / rate
        state[:, k] = level + (state[:, k - 1] - level) * np.exp(-rate * hours)
        waiting = after
    return state


def belief(circumstances: Circumstances, population: Population, *, drug: bool) -> Floats:
    """Give the believed probability of having had the drug, shape ``(draws,)``."""
    if circumstances.setting == "open":
        return np.full(len(population), 1.0 if drug else 0.0)
    if circumstances.setting == "anaesthesia":
        return np.full(len(population), 0.5)
    control = "midazolam" if circumstances.setting == "midazolam" else "saline"
    return population[f"belief_{control}_{'drug' if drug else 'control'}"]


def expectancy_course(since_h: Floats, population: Population) -> Floats:
    """Give the share of expectancy felt `since_h` hours after a visit, shape ``(draws, times)``; 0 before it."""
    hours = np.maximum(since_h, 0.0)[None, :]
    lasting = population["expectancy_lasting"][:, None]
    fading = np.exp(-hours / (population["expectancy_fade_d"][:, None] * HOURS_PER_DAY))
    return (1.0 - np.exp(-hours / EXPECTANCY_RISE_H)) * (lasting + (1.0 - lasting) * fading)


def risen(time_h: Floats, rise_h: Floats) -> Floats:
    """Give ``1 - exp(-t / rise)``, 0 before time 0, shape ``(draws, times)``."""
    return 1.0 - np.exp(-np.maximum(time_h, 0.0)[None, :] / rise_h[:, None])


def expectancy(
    time_h: Floats, visits: tuple[tuple[float, bool], ...], circumstances: Circumstances, population: Population
) -> Floats:
    """Give the fall by expectancy: the strongest of the visits so far.

    Parameters
    ----------
    time_h : Floats
        Shape ``(times,)``.
    visits : tuple of (start in hours, drug given)
        Every visit, inert ones too.
    circumstances : Circumstances
        Setting and joint J8.
    population : Population
        Parameters, ``(draws,)`` each.

    Returns
    -------
    Floats
        Points at the reference baseline, shape ``(draws, times)``.
    """
    fall = np.zeros((len(population), len(time_h)))
    if not circumstances.expects:
        return fall
    for start_h, drug in visits:
        believed = belief(circumstances, population, drug=drug)[:, None]
        np.maximum(fall, believed * expectancy_course(time_h - start_h, population), out=fall)
    return population["expectancy_points"][:, None] * fall


def care(time_h: Floats, circumstances: Circumstances, population: Population) -> Floats:
    """Give the fall by admission and by a new oral antidepressant, points, shape ``(draws, times)``."""
    fall = np.zeros((len(population), len(time_h)))
    if circumstances.background == "usual inpatient care":
        rise_h = np.full(len(population), INPATIENT_RISE_H)
        fall += population["inpatient_points"][:, None] * risen(time_h, rise_h)
    if circumstances.setting == "oral antidepressant + nasal placebo":
        rise_h = population["new_antidepressant_rise_d"] * HOURS_PER_DAY
        fall += population["new_antidepressant_points"][:, None] * risen(time_h, rise_h)
    return fall


def without_drug(
    time_h: Floats, visits: tuple[tuple[float, bool], ...], circumstances: Circumstances, population: Population
) -> Floats:
    """Give N(t), the fall that is not the drug's; arguments and result as for `expectancy`."""
    recovery = population["recovery_points"][:, None] * risen(time_h, population["recovery_rise_d"] * HOURS_PER_DAY)
    own = recovery + expectancy(time_h, visits, circumstances, population)
    return crossover_share(circumstances, population)[:, None] * own + care(time_h, circumstances, population)
