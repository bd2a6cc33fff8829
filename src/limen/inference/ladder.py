"""The ladder of response models: how much of what the shipped model holds is asked for by the tables.

Every rung is the same model with some parameters held at a value that switches a part off, and is judged by how well
it foresees a study that it was not fitted to (leave one study out): log score, and the error of its arm means beside
the error of what trials with the same kind of control showed on average, of the same rung with a drug that does
nothing, and of carrying an arm's earlier mean forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.inference.fitted_arms import Observation
from limen.inference.likelihood import Likelihood
from limen.inference.rung import NONE, Rung
from limen.quantities import Floats
from limen.response.parameters import Population, from_scale

SEVERAL: Final = "ASPIRE"


def family(study: str) -> str:
    """Give the group a study is left out with: analyses that hold the same people go together."""
    return SEVERAL if study.startswith(SEVERAL) else study


def families(observed: Sequence[Observation]) -> tuple[str, ...]:
    """Give every group, in the order of the table."""
    return tuple(dict.fromkeys(family(one.study) for one in observed))


@dataclass(frozen=True)
class Foreseen:
    """What a rung said of a group of studies that it was not fitted to.

    Parameters
    ----------
    group : str
        The studies that were left out.
    log_score : float
        Log of the mean predictive density of all their numbers; higher is better.
    means : tuple of (Observation, Floats)
        Each arm mean with draws of what a new trial of that size would show, points of change, shape ``(draws,)``.
    inert : tuple of Floats
        The same of a drug that does nothing.
    """

    group: str
    log_score: float
    means: tuple[tuple[Observation, Floats], ...]
    inert: tuple[Floats, ...]


def foresee(rung: Rung, left_out: Sequence[Observation], free: Floats, rng: np.random.Generator) -> Foreseen:
    """Judge draws of shape ``(draws, free)`` that did not see `left_out`."""
    population = from_scale(rung.complete(free))
    likelihood = Likelihood(tuple(left_out))
    of_all = likelihood.log_likelihood(population).sum(axis=1)
    score = float(np.logaddexp.reduce(of_all) - np.log(len(of_all)))
    changes, inert = (new_trials(likelihood, of, rng) for of in (population, without_effect(population)))
    places = [k for k, one in enumerate(left_out) if one.kind in {"mean", "contrast"}]
    means = tuple((left_out[k], changes[:, k]) for k in places)
    return Foreseen(family(left_out[0].study), score, means, tuple(inert[:, k] for k in places))


def without_effect(population: Population) -> Population:
    """Give the same draws of a drug that does nothing."""
    nothing = np.full(len(population), NONE)
    return Population(dict(population.values) | dict.fromkeys(("fast_points", "slow_points"), nothing))


def new_trials(likelihood: Likelihood, population: Population, rng: np.random.Generator) -> Floats:
    """Draw the changes that new trials of the same sizes would show, points, shape ``(draws, observations)``."""
    fall, by_drug, by_other = likelihood.falls_of_means(likelihood.expected(population), population)
    trial_sd = np.hypot(
        population["trial_drug_cv"][:, None] * by_drug, population["trial_control_cv"][:, None] * by_other
    )
    return -fall + np.hypot(trial_sd, likelihood.column("error")) * rng.standard_normal(fall.shape)


def climatology(one: Observation, others: Sequence[Observation]) -> Floats:
    """Give the means seen in other groups with the same kind of control and the same kind of arm, points.

    Where there is none, those of all arms of the same kind.
    """
    alike = [
        other
        for other in others
        if other.kind == one.kind and bool(other.drug) == bool(one.drug) and family(other.study) != family(one.study)
    ]
    same = [other for other in alike if other.circumstances.setting == one.circumstances.setting]
    return np.array([other.value for other in (same or alike)])


def carried(one: Observation, observed: Sequence[Observation]) -> Observation | None:
    """Give the last earlier mean of the same arm; None where there is none."""
    before = [
        other
        for other in observed
        if (other.kind, other.study, other.course, other.circumstances)
        == (one.kind, one.study, one.course, one.circumstances)
        and other.time_h < one.time_h
    ]
    return max(before, key=lambda other: other.time_h, default=None)


def crps(draws: Floats, seen: float) -> float:
    """Give the continuous ranked probability score of draws, ``E|X - y| - E|X - X'| / 2``; lower is better."""
    ordered = np.sort(draws)
    count = len(ordered)
    spread = 2.0 * np.sum(ordered * (2.0 * np.arange(1, count + 1) - count - 1.0)) / count**2
    return float(np.mean(np.abs(ordered - seen)) - 0.5 * spread)
