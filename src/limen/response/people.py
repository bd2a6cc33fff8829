"""From a population to people, and from what they are like to the scores that would be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, array_namespace
from limen.response.parameters import REFERENCE_BASELINE, Population

MADRS_MOST: Final = 60.0
#: Baseline of somebody with depression when it is not given, and its SD (ours: near the arms in baselines.csv).
UNKNOWN_BASELINE_MEAN: Final = 34.0
UNKNOWN_BASELINE_SD: Final = 6.0
#: Prior of the dissociation-benefit slope, MADRS points per CADSS point (outcomes.md section 4.4: centred on 0).
LINK_SD: Final = 0.2


@dataclass(frozen=True)
class People:
    """New people of a new trial, one a draw; every array has shape ``(draws,)``.

    Parameters
    ----------
    baseline : Floats
        MADRS before the first dose, as recorded.
    drug_strength, control_strength : Floats
        Person's and trial's multiple of the population's drug and control effect.
    drift : Floats
        Lasting deviation after the first dose, points.
    link : Floats
        Fall of the score per point of CADSS above what the exposure alone gives (joint J7).
    rating_sd : Floats
        SD of one rating, points.
    """

    baseline: Floats
    drug_strength: Floats
    control_strength: Floats
    drift: Floats
    link: Floats
    rating_sd: Floats


def multiples(cv: Floats, normal: Floats) -> Floats:
    """Give lognormal multiples of mean 1 and coefficient of variation `cv` from standard normals of the same shape."""
    log_sd = np.sqrt(np.log1p(cv**2))
    return np.asarray(np.exp(log_sd * normal - 0.5 * log_sd**2))


def positive_draws(cv: Floats, rng: np.random.Generator) -> Floats:
    """Draw lognormal multiples of mean 1 and coefficient of variation `cv`, shape as `cv`."""
    return multiples(cv, rng.standard_normal(cv.shape))


def draw_people(population: Population, baseline: float | None, *, linked: bool, rng: np.random.Generator) -> People:
    """Draw one new person of a new trial for each draw of the population.

    Parameters
    ----------
    population : Population
        Parameter draws.
    baseline : float or None
        MADRS before the first dose; None draws it from the trials on file.
    linked : bool
        Joint J7: False sets the dissociation-benefit slope to 0.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    People
        One a draw.
    """
    draws = len(population)
    unknown = np.clip(UNKNOWN_BASELINE_MEAN + UNKNOWN_BASELINE_SD * rng.standard_normal(draws), 7.0, MADRS_MOST)
    slope = LINK_SD * rng.standard_normal(draws)
    return People(
        baseline=unknown if baseline is None else np.full(draws, float(baseline)),
        drug_strength=positive_draws(population["drug_cv"], rng) * positive_draws(population["trial_drug_cv"], rng),
        control_strength=positive_draws(population["control_cv"], rng)
        * positive_draws(population["trial_control_cv"], rng),
        drift=population["drift_sd_points"] * rng.standard_normal(draws),
        link=slope if linked else np.zeros(draws),
        rating_sd=population["rating_sd_points"],
    )


def remaining(fall: Floats) -> Floats:
    """Give the share of the baseline that is left.

    Parameters
    ----------
    fall : Floats
        Sum of all effects, points, any shape.

    Returns
    -------
    Floats
        ``exp(-fall / 33)``: two effects leave the product of what each would leave, and no score falls below 0.
    """
    share: Floats = array_namespace(fall).exp(-fall / REFERENCE_BASELINE)
    return share


def expected_score(people: People, drug_fall: Floats, other_fall: Floats, begun: Floats) -> Floats:
    """Give the score before the error of one rating and before clipping.

    Parameters
    ----------
    people : People
        The drawn people.
    drug_fall, other_fall : Floats
        Effect of the drug and of all else, points, shape ``(draws, times)``.
    begun : Floats
        Share of the drift that has come, 0 before the first visit, shape ``(draws, times)`` or ``(times,)``.

    Returns
    -------
    Floats
        MADRS, shape ``(draws, times)``.
    """
    fall = people.drug_strength[:, None] * drug_fall + people.control_strength[:, None] * other_fall
    severity = (people.baseline / REFERENCE_BASELINE)[:, None]
    return people.baseline[:, None] * remaining(fall) - severity * people.drift[:, None] * begun


def recorded(expected: Floats, rating_sd: Floats, most: float, rng: np.random.Generator) -> Floats:
    """Give whole scores as they would be recorded, clipped to 0..`most`, shape ``(draws, times)``."""
    noise = rating_sd[:, None] * rng.standard_normal(expected.shape)
    return np.clip(np.round(expected + noise), 0.0, most)
