"""The quick look: where a person most probably stands, and how the posterior curves there.

For one row of the population's posterior and one kinetic model the person is a row z of standard normals, and

    z* = argmin  |z|^2 / 2 - log L(z)         H = 1 + sum_j w_j J_j J_j'         z | data ~ N(z*, H^-1)

J_j is how what observation j is expected to show changes with z, w_j how sharply its chance curves about that
(tierney_1986). The posterior of a person is the mixture of these over rows and models, each weighed by
L(z*) exp(-|z*|^2 / 2) det(H)^(-1/2). Scores are not normal in z, so the mixture alone errs by up to half a posterior
SD; its draws are therefore weighed by what the prior and the likelihood say of them. Damped steps (marquardt_1963)
with slopes by differences, all rows at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.inference.particles import Particles, order_of
from limen.inference.readings import Reading
from limen.inference.seen import Seen
from limen.inference.weighing import Evidence
from limen.quantities import Booleans, Floats, Integers

#: Step of a difference, in prior SDs (ours: scores are smooth over it, and it is far above rounding).
NUDGE: Final = 1e-3
#: Step of the second difference of an observation's chance, in its own unit of error (ours).
BEND: Final = 0.3
#: Slope, in errors of an observation per prior SD, below which a coordinate is left at its prior (ours).
LEAST_SLOPE: Final = 0.25
#: Guesses that the slopes are looked for at (ours).
LOOKED_AT: Final = 12
#: Most steps of a climb (ours).
STEPS: Final = 10
#: Damping of the first step, and beyond which a row has no way down (ours).
FIRST_DAMPING: Final = 0.1
MOST_DAMPING: Final = 1e4
#: A step that lowers the objective by less than this ends the search, in log units (ours: 1 % of a weight).
SETTLED: Final = 1e-2
#: Variance of a proposal beside that of the curvature, so that its tails are not too thin (ours).
WIDER: Final = 1.2


@dataclass(frozen=True)
class Peaks:
    """The most probable person for each of some rows.

    Parameters
    ----------
    at : Particles
        With the normals of the peak.
    columns : Integers
        Coordinates that the observations tell something of, shape ``(active,)``.
    precision : Floats
        Curvature there, shape ``(rows, active, active)``.
    log_evidence : Floats
        Log of the integral of prior times likelihood, shape ``(rows,)``.
    """

    at: Particles
    columns: Integers
    precision: Floats
    log_evidence: Floats

    def draw(self, draws: int, rng: np.random.Generator) -> tuple[Particles, Floats]:
        """Draw guesses from the mixture over rows, a little wider than the curvature says.

        Coordinates that nothing tells of keep their prior.

        Returns
        -------
        tuple of Particles and Floats
            The guesses, and the log of how much denser the prior holds each than the mixture does, shape ``(draws,)``.
        """
        log_share = self.log_evidence - np.logaddexp.reduce(self.log_evidence)
        places = (np.arange(draws) + rng.random()) / draws
        rows = np.searchsorted(np.cumsum(np.exp(log_share)), places).clip(max=len(log_share) - 1)
        normals = rng.standard_normal((draws, self.at.normals.shape[1]))
        root = np.sqrt(WIDER) * np.linalg.cholesky(np.linalg.inv(self.precision))
        own = normals[:, self.columns]
        drawn = self.at.normals[np.ix_(rows, self.columns)] + np.einsum("nij,nj->ni", root[rows], own)
        log_ratio = 0.5 * np.sum(own**2 - drawn**2, axis=1) + np.linalg.slogdet(root)[1][rows] - log_share[rows]
        normals[:, self.columns] = drawn
        order = order_of(self.at.member[rows])
        guesses = Particles(self.at.population_row[rows], self.at.member[rows], normals)
        return guesses.take(np.arange(draws)), log_ratio[order]


@dataclass(frozen=True)
class Slope:
    """The objective about some rows.

    Parameters
    ----------
    objective : Floats
        ``|z|^2 / 2 - log L``, shape ``(rows,)``.
    gradient : Floats
        Shape ``(rows, active)``.
    precision : Floats
        Shape ``(rows, active, active)``.
    """

    objective: Floats
    gradient: Floats
    precision: Floats

    def some(self, rows: Booleans) -> Slope:
        """Give some rows, shape ``(rows,)``."""
        return Slope(self.objective[rows], self.gradient[rows], self.precision[rows])

    def put(self, rows: Integers, new: Slope) -> Slope:
        """Replace some rows."""
        return Slope(
            put(self.objective, rows, new.objective),
            put(self.gradient, rows, new.gradient),
            put(self.precision, rows, new.precision),
        )


def read_anyhow(evidence: Evidence, particles: Particles) -> tuple[list[tuple[Seen, Reading]], Integers]:
    """Read guesses in any order of models: the readings of them sorted, and the place of each in those."""
    order = order_of(particles.member)
    return evidence.read(particles.take(np.arange(len(particles)))), np.argsort(order, kind="stable")


def told(evidence: Evidence, particles: Particles, values: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Give log chance, location and curvature of every observation, shape ``(rows, observations)`` each."""
    found, place = read_anyhow(evidence, particles)
    back = np.argsort(place, kind="stable")
    columns = []
    for j, (one, reading) in enumerate(found):
        seen = one.value if values is None else values[back, j]
        here = one.log_chance(reading, seen)
        by = BEND * spread_of(reading)
        bent = (
            one.log_chance(reading.shifted(by), seen) + one.log_chance(reading.shifted(-by), seen) - 2.0 * here
        ) / by**2
        columns.append((here[place], reading.location[place], np.maximum(-bent, 0.0)[place]))
    chance, location, curvature = zip(*columns, strict=True)
    return np.stack(chance, axis=1), np.stack(location, axis=1), np.stack(curvature, axis=1)


def spread_of(reading: Reading) -> float:
    """Give the usual error of a reading on the scale of its location."""
    sd = getattr(reading, "sd", None)
    return float(np.median(reading.log_sd if sd is None else sd))  # type: ignore[attr-defined]  # an Assay has log_sd


def slope(evidence: Evidence, at: Particles, columns: Integers, values: Floats | None) -> Slope:
    """Look at the objective, its gradient and its curvature by nudging every active coordinate."""
    rows, count = len(at), len(columns)
    nudged = np.repeat(at.normals[None], count + 1, axis=0)
    nudged[np.arange(1, count + 1), :, columns] += NUDGE
    chance, location, curvature = (
        one.reshape(count + 1, rows, -1)
        for one in told(evidence, stacked(at, nudged), None if values is None else np.tile(values, (count + 1, 1)))
    )
    jacobian = (location[1:] - location[0]) / NUDGE
    gradient = at.normals[:, columns] - (np.sum(chance[1:] - chance[0], axis=2) / NUDGE).T
    precision = np.eye(count) + np.einsum("knj,nj,lnj->nkl", jacobian, curvature[0], jacobian)
    return Slope(0.5 * np.sum(at.normals**2, axis=1) - chance[0].sum(axis=1), gradient, precision)


def active_columns(evidence: Evidence, rng: np.random.Generator) -> Integers:
    """Find the coordinates that some observation tells something of, at guesses of the prior."""
    model = evidence.model
    some, count = model.draw(LOOKED_AT, rng), model.columns + 1
    nudged = np.repeat(some.normals[None], count, axis=0)
    nudged[np.arange(1, count), :, np.arange(count - 1)] += NUDGE
    found, place = read_anyhow(evidence, stacked(some, nudged))
    location = np.stack([reading.location[place] / spread_of(reading) for _, reading in found], axis=1)
    location = location.reshape(count, len(some), -1)
    return np.flatnonzero(np.abs(location[1:] - location[0]).max(axis=(1, 2)) > LEAST_SLOPE * NUDGE)


def stacked(at: Particles, normals: Floats) -> Particles:
    """Give the same guesses several times with other normals, shape ``(times, draws, columns)``."""
    times = len(normals)
    rows, member = np.tile(at.population_row, times), np.tile(at.member, (times, 1))
    return Particles(rows, member, normals.reshape(-1, normals.shape[2]))


def climbed(evidence: Evidence, start: Particles, columns: Integers, values: Floats | None = None) -> Peaks:
    """Find the peak of every row.

    Parameters
    ----------
    evidence : Evidence
        What was seen.
    start : Particles
        Rows of the population and models; the search begins at their normals.
    columns : Integers
        Active coordinates.
    values : Floats, optional
        Observations of each row in place of those of the case, shape ``(rows, observations)``.

    Returns
    -------
    Peaks
    """
    damping = np.full(len(start), FIRST_DAMPING)
    at, here, going = start, slope(evidence, start, columns, values), np.arange(len(start))
    for _ in range(STEPS):
        normals = at.normals.copy()
        normals[np.ix_(going, columns)] -= damped_step(here, damping, going)
        at_going = Particles(at.population_row[going], at.member[going], normals[going])
        there = slope(evidence, at_going, columns, None if values is None else values[going])
        gained = here.objective[going] - there.objective
        better = gained > 0.0
        at = replace(at, normals=put(at.normals, going[better], normals[going[better]]))
        here = here.put(going[better], there.some(better))
        damping[going] = np.where(better, damping[going] / 10.0, damping[going] * 10.0)
        going = going[~(better & (gained < SETTLED)) & (damping[going] < MOST_DAMPING)]
        if not len(going):
            break
    return Peaks(at, columns, here.precision, -here.objective - 0.5 * np.linalg.slogdet(here.precision)[1])


def damped_step(here: Slope, damping: Floats, rows: Integers) -> Floats:
    """Give the step down of some rows, shape ``(rows, active)``."""
    precision = here.precision[rows]
    scaled = precision * (1.0 + damping[rows, None, None] * np.eye(precision.shape[1]))
    return np.asarray(np.linalg.solve(scaled, here.gradient[rows][:, :, None])[:, :, 0])


def put(values: Floats, rows: Integers, new: Floats) -> Floats:
    """Give values with some rows replaced."""
    found = values.copy()
    found[rows] = new
    return found


def quick_look(evidence: Evidence, looks: int, rng: np.random.Generator) -> Peaks:
    """Find the peaks over draws of the population's posterior and the kinetic models, `looks` of them."""
    start = evidence.model.draw(looks, rng)
    start = replace(start, normals=np.zeros_like(start.normals))
    return climbed(evidence, start, active_columns(evidence, rng))


def central_row(evidence: Evidence) -> int:
    """Give the row of the population's posterior that lies nearest to its middle, each parameter by its spread."""
    posterior = evidence.model.posterior
    logs = np.log(np.stack([posterior[name] for name in posterior], axis=1))
    away = (logs - np.median(logs, axis=0)) / np.maximum(logs.std(axis=0), np.finfo(np.float64).tiny)
    return int(np.argmin(np.sum(away**2, axis=1)))


def most_probable(evidence: Evidence, values: Floats, rng: np.random.Generator) -> Peaks:
    """Find the most probable person behind each row of observations, all at once.

    Parameters
    ----------
    evidence : Evidence
        A case that says what is given, and when what was observed.
    values : Floats
        Observations of each person in the order of time, shape ``(people, observations)``.
    rng : numpy.random.Generator
        Chance of the guesses at which slopes are looked for.

    Returns
    -------
    Peaks
        One row a person, in the middle of the population and by the kinetic model that weighs most.
    """
    model, people = evidence.model, len(values)
    heaviest = [int(np.argmax(way.weights)) for way in model.ways]
    start = Particles(
        np.full(people, central_row(evidence)),
        np.tile(np.array(heaviest, dtype=np.int64), (people, 1)),
        np.zeros((people, model.columns)),
    )
    return climbed(evidence, start, active_columns(evidence, rng), values)
