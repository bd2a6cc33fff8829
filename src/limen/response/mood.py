"""Mood over time: a fast and a slow branch of the drug, and what happens without it.

    dF/dt = d_F(t) / R_F - F / tau_F
    dM/dt = d_S(t) / R_S - M / delay            dS/dt = (M / delay) (1 - S / ceiling) - S / tau_S
    score(t) = B exp(-[a (A_F F + A_S S) + c N(t)] / 33)

d is the drive and R its area over one reference infusion, so F and S count reference infusions; B is the person's
baseline, a and c the person's own strength. The exponential keeps effects from adding up beyond the score. N holds
natural recovery, expectancy, care and a new antidepressant. Between two times of the grid the drive is held at its
mean; each step of F and M is exact for that, and of S for the mean of what flows into it.

The formulas are written against the array namespace of what they are given, so that a fit can trace them under JAX.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, array_namespace
from limen.response.parameters import Population

HOURS_PER_DAY: Final = 24.0
#: Time in which expectancy and a rater's first impression come up (ours; Daly 2018 is at its most by 2 h).
EXPECTANCY_RISE_H: Final = 1.0
#: Time in which admission to hospital changes a score (ours; the tables hold 4 h and 24 h).
INPATIENT_RISE_H: Final = 12.0

State = tuple[Floats, ...]
Step = Callable[[State, State], State]
Walk = Callable[[Step, State, State], Floats]


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


def by_steps(step: Step, start: State, columns: State) -> Floats:
    """Walk through time, one step after another.

    Parameters
    ----------
    step : callable
        From the state and one column of each of `columns` to the next state.
    start : tuple of Floats
        The state before the first step, shape ``(draws,)`` each.
    columns : tuple of Floats
        What each step needs, shape ``(draws, steps)`` or ``(steps,)`` each.

    Returns
    -------
    Floats
        The last part of the state, before the first step and after each, shape ``(draws, steps + 1)``.
    """
    state, visited = start, [start[-1]]
    for k in range(columns[0].shape[-1]):
        state = step(state, tuple(column[..., k] for column in columns))
        visited.append(state[-1])
    return np.stack(visited, axis=1)


def intervals(drive: Floats, time_h: Floats) -> tuple[Floats, Floats]:
    """Give the hours between two times, and the mean drive there, shape ``(draws, times - 1)``."""
    return time_h[..., 1:] - time_h[..., :-1], 0.5 * (drive[:, 1:] + drive[:, :-1])


def fast_branch(drive: Floats, time_h: Floats, population: Population, walk: Walk = by_steps) -> Floats:
    """Integrate the fast branch.

    Parameters
    ----------
    drive : Floats
        Drive over its area in one reference infusion, per hour, shape ``(draws, times)``.
    time_h : Floats
        Rising, shape ``(times,)``, or one row a draw.
    population : Population
        Gives ``fast_fade_d``.
    walk : callable
        How time is walked through; a fit hands in that of JAX.

    Returns
    -------
    Floats
        F in reference infusions, shape ``(draws, times)``.
    """
    xp = array_namespace(drive)
    fade_h = population["fast_fade_d"] * HOURS_PER_DAY

    def step(state: State, now: State) -> State:
        hours, supply = now
        kept = xp.exp(-hours / fade_h)
        return (state[0] * kept + supply * fade_h * (1.0 - kept),)

    return walk(step, (xp.zeros_like(drive[:, 0]),), intervals(drive, time_h))


def slow_branch(
    drive: Floats, time_h: Floats, population: Population, walk: Walk = by_steps, *, saturates: bool
) -> Floats:
    """Integrate the slow branch; arguments and result as for `fast_branch`, `saturates` False is the additive rival."""
    xp = array_namespace(drive)
    delay_h, fade_h = population["slow_delay_h"], population["slow_fade_d"] * HOURS_PER_DAY
    room = population["slow_ceiling"] if saturates else np.inf

    def step(state: State, now: State) -> State:
        (waiting, held), (hours, supply) = state, now
        kept = xp.exp(-hours / delay_h)
        after = waiting * kept + supply * delay_h * (1.0 - kept)
        inflow = supply - (after - waiting) / hours
        rate = inflow / room + 1.0 / fade_h
        level = inflow / rate
        return after, level + (held - level) * xp.exp(-rate * hours)

    nothing = xp.zeros_like(drive[:, 0])
    return walk(step, (nothing, nothing), intervals(drive, time_h))


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
    lasting, fade_d = population["expectancy_lasting"][:, None], population["expectancy_fade_d"][:, None]
    fading: Floats = array_namespace(fade_d).exp(-hours / (fade_d * HOURS_PER_DAY))
    return (1.0 - np.exp(-hours / EXPECTANCY_RISE_H)) * (lasting + (1.0 - lasting) * fading)


def risen(time_h: Floats, rise_h: Floats) -> Floats:
    """Give ``1 - exp(-t / rise)``, 0 before time 0, shape ``(draws, times)``."""
    left: Floats = array_namespace(rise_h).exp(-np.maximum(time_h, 0.0)[None, :] / rise_h[:, None])
    return 1.0 - left


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
    points = population["expectancy_points"][:, None]
    share = np.zeros((len(population), len(time_h)))
    for start_h, drug in visits if circumstances.expects else ():
        believed = belief(circumstances, population, drug=drug)[:, None]
        share = array_namespace(points).maximum(share, believed * expectancy_course(time_h - start_h, population))
    return points * share


def care(time_h: Floats, circumstances: Circumstances, population: Population) -> Floats:
    """Give the fall by admission and by a new oral antidepressant, points, shape ``(draws, times)``."""
    fall = np.zeros((len(population), len(time_h)))
    if circumstances.background == "usual inpatient care":
        rise_h = np.full(len(population), INPATIENT_RISE_H)
        fall = fall + population["inpatient_points"][:, None] * risen(time_h, rise_h)
    if circumstances.setting == "oral antidepressant + nasal placebo":
        rise_h = population["new_antidepressant_rise_d"] * HOURS_PER_DAY
        fall = fall + population["new_antidepressant_points"][:, None] * risen(time_h, rise_h)
    return fall


def without_drug(
    time_h: Floats, visits: tuple[tuple[float, bool], ...], circumstances: Circumstances, population: Population
) -> Floats:
    """Give N(t), the fall that is not the drug's; arguments and result as for `expectancy`."""
    recovery = population["recovery_points"][:, None] * risen(time_h, population["recovery_rise_d"] * HOURS_PER_DAY)
    own = recovery + expectancy(time_h, visits, circumstances, population)
    return crossover_share(circumstances, population)[:, None] * own + care(time_h, circumstances, population)
