"""Particles that are led from what was believed before to what is believed after, and Markov chains where they stall.

The likelihood enters by steps, each as large as leaves half of the particles effective (del_moral_2006). After each
step the particles are resampled and moved. A move proposes

    z' = sqrt(1 - b^2) z + b e          on some coordinates, b drawn anew for every particle        (cotter_2013)

with e standard normal, now and then another row of the population's posterior or another kinetic model. All of that
keeps the prior, so a move is taken with the ratio of likelihoods alone and nothing needs tuning.

Copies of one ancestor are not independent until moves have parted them. The effective sample size counts that:

    ESS = N / (1 + (m - 1) rho)

m is the mean family size that a particle sees, rho the correlation within families, the worst over what is tracked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.inference.particles import Particles, PersonModel, order_of
from limen.inference.weighing import Evidence
from limen.kinetics import ConcentrationDraws
from limen.quantities import Booleans, Floats, InputError, Integers

Progress = Callable[[int, int], None]

#: Share of particles that a step of the temperature leaves effective (ours, as is usual).
KEPT_EFFECTIVE: Final = 0.5
#: Moves of the person, with plasma as it is, for each move of the body (ours: kinetics is the dear part).
PERSON_MOVES: Final = 3
#: Smallest and largest step of a move (ours: from a tenth of the prior's width to a draw anew).
STEPS: Final = (0.1, 1.0)
#: Shares of the coordinates that one move changes (ours).
MOVED_SHARES: Final = (0.1, 0.4, 1.0)
#: Chance that a move tries another row of the population, and that a move of the body tries another model (ours).
NEW_ROW: Final = 0.3
NEW_MODEL: Final = 0.2
#: Families below which ancestors are counted anew (ours: a correlation within two families says nothing).
FEWEST_FAMILIES: Final = 8
#: Steps of a bisection for the next temperature.
HALVINGS: Final = 40


@dataclass(frozen=True)
class Cloud:
    """Particles on their way.

    Parameters
    ----------
    particles : Particles
        Where they are.
    plasma : ConcentrationDraws
        What the likelihood needs of them.
    log_likelihood : Floats
        Shape ``(draws,)``.
    family : Integers
        Ancestor of each, shape ``(draws,)``.
    moved : int
        Sweeps since they began.
    """

    particles: Particles
    plasma: ConcentrationDraws
    log_likelihood: Floats
    family: Integers
    moved: int = 0


def cloud_of(evidence: Evidence, particles: Particles) -> Cloud:
    """Look at particles for the first time; raises InputError where the chance of what was seen is no number."""
    plasma = evidence.plasma(particles)
    log_likelihood = evidence.log_likelihood(particles, plasma)
    if not np.isfinite(log_likelihood).all():
        lost = int((~np.isfinite(log_likelihood)).sum())
        raise InputError(
            f"The chance of what was seen is no number for {lost} of {len(particles)} draws: look for a score or a"
            " sample that is none."
        )
    return Cloud(particles, plasma, log_likelihood, np.arange(len(particles)))


def effective(log_weights: Floats) -> float:
    """Give ``(sum w)^2 / sum w^2`` of weights known by their logarithms."""
    weight = np.exp(log_weights - log_weights.max())
    return float(weight.sum() ** 2 / np.sum(weight**2))


def next_temperature(log_likelihood: Floats, now: float) -> float:
    """Give the highest temperature up to 1 whose step leaves enough particles effective."""
    wanted = KEPT_EFFECTIVE * len(log_likelihood)
    if effective((1.0 - now) * log_likelihood) >= wanted:
        return 1.0
    low, high = now, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        enough = effective((middle - now) * log_likelihood) >= wanted
        low, high = (middle, high) if enough else (low, middle)
    return low


def resampled(evidence: Evidence, cloud: Cloud, log_weights: Floats, rng: np.random.Generator) -> Cloud:
    """Draw as many particles anew by weight, evenly spaced."""
    weight = np.exp(log_weights - log_weights.max())
    places = (np.arange(len(weight)) + rng.random()) / len(weight) * weight.sum()
    rows = np.searchsorted(np.cumsum(weight), places).clip(max=len(weight) - 1)
    family = cloud.family if len(np.unique(cloud.family[rows])) >= FEWEST_FAMILIES else np.arange(len(rows))
    return at_rows(evidence, cloud, rows, family)


def at_rows(evidence: Evidence, cloud: Cloud, rows: Integers, family: Integers) -> Cloud:
    """Give some of the particles; those of one model stand together, as rows that rise keep them."""
    particles = cloud.particles.take(rows)
    return replace(
        cloud,
        particles=particles,
        plasma=evidence.plasma(particles),
        log_likelihood=cloud.log_likelihood[rows],
        family=family[rows],
    )


def stirred(normals: Floats, columns: slice, rng: np.random.Generator) -> Floats:
    """Propose new normals in some columns, by steps of many sizes."""
    draws, width = len(normals), len(range(*columns.indices(normals.shape[1])))
    low, high = np.log(STEPS)
    step = np.exp(rng.uniform(low, high, (draws, 1)))
    step[rng.random((draws, 1)) < 1.0 / len(MOVED_SHARES)] = 1.0
    share = np.array(MOVED_SHARES)[rng.integers(0, len(MOVED_SHARES), (draws, 1))]
    changed = rng.random((draws, width)) < share
    old = normals[:, columns]
    new = np.sqrt(1.0 - step**2) * old + step * rng.standard_normal(old.shape)
    found = normals.copy()
    found[:, columns] = np.where(changed, new, old)
    return found


def person_proposal(model: PersonModel, at: Particles, rng: np.random.Generator) -> Particles:
    """Propose another person with the same body."""
    rows = np.where(rng.random(len(at)) < NEW_ROW, rng.integers(0, len(model.posterior), len(at)), at.population_row)
    return replace(at, population_row=rows, normals=stirred(at.normals, slice(0, model.first_kinetic), rng))


def body_proposal(model: PersonModel, at: Particles, rng: np.random.Generator) -> Particles:
    """Propose another body in the same person, now and then by another kinetic model."""
    normals = stirred(at.normals, slice(model.first_kinetic, model.columns), rng)
    member = at.member.copy()
    for k, way in enumerate(model.ways):
        other = rng.random(len(at)) < NEW_MODEL
        member[other, k] = rng.choice(len(way.ids), size=int(other.sum()), p=np.array(way.weights))
        normals[other, way.columns] = rng.standard_normal((int(other.sum()), normals[:, way.columns].shape[1]))
    return replace(at, member=member, normals=normals)


def chosen(accept: Booleans, new: Particles, old: Particles) -> Particles:
    """Take the new guesses where a move is accepted, shape ``(draws,)``."""
    column = accept[:, None]
    return Particles(
        np.where(accept, new.population_row, old.population_row),
        np.where(column, new.member, old.member),
        np.where(column, new.normals, old.normals),
    )


def sweep(evidence: Evidence, cloud: Cloud, exponent: float, rng: np.random.Generator) -> Cloud:
    """Move every particle: some times as a person, once as a body."""
    for _ in range(PERSON_MOVES if len(evidence.score_min) else 0):
        new = person_proposal(evidence.model, cloud.particles, rng)
        there = evidence.log_likelihood(new, cloud.plasma)
        accept = np.log(rng.random(len(there))) < exponent * (there - cloud.log_likelihood)
        cloud = replace(
            cloud,
            particles=chosen(accept, new, cloud.particles),
            log_likelihood=np.where(accept, there, cloud.log_likelihood),
        )
    if evidence.model.ways_given:
        cloud = body_sweep(evidence, cloud, exponent, rng)
    return replace(cloud, moved=cloud.moved + 1)


def body_sweep(evidence: Evidence, cloud: Cloud, exponent: float, rng: np.random.Generator) -> Cloud:
    """Move the body of every particle, and put those of one model together again."""
    new = body_proposal(evidence.model, cloud.particles, rng)
    order = order_of(new.member)
    there = np.empty(len(new))
    there[order] = evidence.log_likelihood(new.take(np.arange(len(new))))
    accept = np.log(rng.random(len(there))) < exponent * (there - cloud.log_likelihood)
    mixed = replace(
        cloud,
        particles=chosen(accept, new, cloud.particles),
        log_likelihood=np.where(accept, there, cloud.log_likelihood),
    )
    rows = order_of(mixed.particles.member)
    return at_rows(evidence, mixed, rows, mixed.family)


def tempered(
    evidence: Evidence, start: Particles, rng: np.random.Generator, *, sweeps: int, tell: Progress | None = None
) -> Cloud:
    """Lead particles from the prior to the posterior.

    Parameters
    ----------
    evidence : Evidence
        What was seen.
    start : Particles
        Draws of the prior.
    rng : numpy.random.Generator
        Chance.
    sweeps : int
        Moves after each step of the temperature.
    tell : callable, optional
        Called after each step with how far it is, of 100.

    Returns
    -------
    Cloud
        Equally weighted.
    """
    cloud, temperature = cloud_of(evidence, start), 0.0
    while temperature < 1.0:
        after = next_temperature(cloud.log_likelihood, temperature)
        cloud = resampled(evidence, cloud, (after - temperature) * cloud.log_likelihood, rng)
        temperature = after
        for _ in range(sweeps):
            cloud = sweep(evidence, cloud, temperature, rng)
        if tell is not None:
            tell(round(100 * temperature), 100)
    return cloud


def chained(
    evidence: Evidence,
    cloud: Cloud,
    rng: np.random.Generator,
    *,
    wanted: float,
    most: int,
    tell: Progress | None = None,
) -> Cloud:
    """Go on as one Markov chain a particle until copies of an ancestor have parted, or `most` sweeps are done."""
    for k in range(most):
        if parted(cloud) >= wanted:
            break
        cloud = sweep(evidence, cloud, 1.0, rng)
        if tell is not None:
            tell(k + 1, most)
    return cloud


def parted(cloud: Cloud) -> float:
    """Give the effective sample size of equally weighted particles, the worst over what is tracked."""
    tracked = [cloud.log_likelihood, *cloud.particles.normals.T]
    return min(family_effective(values, cloud.family) for values in tracked)


def family_effective(values: Floats, family: Integers) -> float:
    """Give ``N / (1 + (m - 1) rho)``, the correlation within families by analysis of variance."""
    _, index, sizes = np.unique(family, return_inverse=True, return_counts=True)
    draws, groups = len(values), len(sizes)
    if groups in {1, draws}:
        return 1.0 if groups == 1 else float(draws)
    means = np.bincount(index, values) / sizes
    between = np.sum(sizes * (means - values.mean()) ** 2) / (groups - 1)
    within = np.sum((values - means[index]) ** 2) / (draws - groups)
    usual = (draws - np.sum(sizes**2) / draws) / (groups - 1)
    rho = (between - within) / max(between + (usual - 1.0) * within, np.finfo(np.float64).tiny)
    return float(draws / (1.0 + (np.sum(sizes**2) / draws - 1.0) * max(float(rho), 0.0)))
