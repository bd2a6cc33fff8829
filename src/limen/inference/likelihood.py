"""How probable the fitted numbers are under parameters of the response.

Means of one study share what the study is like: the between-trial factors of drug and control. Means of one arm at
several times share its people. A response rate is the chance of half the baseline over people and trials.

Every observation stands in one column, so that all are computed at once; the same lines run under NumPy and, traced,
under JAX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import ndtr

from limen.chain import Brain, Joints, Reference, branches, typical_course
from limen.inference.fitted_arms import Observation
from limen.quantities import Booleans, Floats, Integers, array_namespace
from limen.response.mood import Circumstances, Walk, by_steps, crossover_share, drug_share, without_drug
from limen.response.parameters import PARAMETERS, REFERENCE_BASELINE, Population, from_scale
from limen.response.people import remaining

#: Correlation of one arm's means at two times (ours).
SAME_ARM_CORRELATION: Final = 0.6
#: Correlation of two people of one arm in a response rate, by what the trial adds (ours).
SAME_TRIAL_CORRELATION: Final = 0.04
#: Points and weights of the integral over a person's strengths.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
SHARES: Final = np.outer(WEIGHTS, WEIGHTS) / WEIGHTS.sum() ** 2
#: The nearest to a chance of 0 or 1 that is believed.
SURE: Final = 1e-6

Course = tuple[str, str, str, tuple[float, ...]]
_Around = tuple[tuple[tuple[float, bool], ...], Circumstances]


@dataclass(frozen=True)
class Expected:
    """The effects behind every observation, points, shape ``(chains, observations)``.

    Parameters
    ----------
    drug, other : Floats
        Of the drug and of all else, in the arm.
    control : Floats
        Of all else in the arm without drug of the same study, which a contrast is taken against.
    """

    drug: Floats
    other: Floats
    control: Floats


@dataclass(frozen=True)
class Exposed:
    """The exposure of the typical person under each distinct course of drug, padded to one length.

    Parameters
    ----------
    exposure, time_h : Floats
        Shape ``(courses, times)``; beyond its end a course meets no drug, in steps of an hour.
    reference : Reference
        One row.
    places : Mapping[tuple, Integers]
        Course and time in the table, for each observation's course and hour.
    """

    exposure: Floats
    time_h: Floats
    reference: Reference
    places: Mapping[tuple[Course, float], tuple[int, int]]


def expose(observed: Sequence[Observation]) -> Exposed:
    """Compute the exposure behind every observation of an arm with drug."""
    wanted: dict[Course, set[float]] = {}
    for one in observed:
        if one.drug:
            wanted.setdefault(one.course, set()).add(one.time_h)
    found = [typical_course(*course[:3], course[3], np.array(sorted(hours)) * 60.0) for course, hours in wanted.items()]
    longest = max((len(time_min) for _, _, time_min in found), default=1)
    exposure, time_h, places = np.zeros((len(found), longest)), np.zeros((len(found), longest)), {}
    for row, ((course, hours), (brain, _, time_min)) in enumerate(zip(wanted.items(), found, strict=True)):
        own = len(time_min)
        exposure[row, :own] = brain.exposure[0]
        time_h[row, :own] = time_min / 60.0
        time_h[row, own:] = time_h[row, own - 1] + np.arange(1.0, longest - own + 1.0)
        places |= {(course, hour): (row, int(np.searchsorted(time_min, hour * 60.0))) for hour in hours}
    reference = found[0][1] if found else Reference(np.zeros(1), Brain(np.zeros((1, 1))))
    return Exposed(exposure, time_h, reference, places)


@dataclass(frozen=True)
class Likelihood:
    """The fitted numbers and the exposure of the typical person under each of their doses.

    Parameters
    ----------
    observed : Sequence[Observation]
        What is fitted.
    walk : callable
        How time is walked through; a fit hands in that of JAX.
    """

    observed: Sequence[Observation]
    walk: Walk = by_steps

    @cached_property
    def exposed(self) -> Exposed:
        """Exposure behind the observations."""
        return expose(self.observed)

    @cached_property
    def studies(self) -> Mapping[str, Integers]:
        """Columns of means and contrasts of each study that has any."""
        names = dict.fromkeys(one.study for one in self.observed)
        own = {
            name: [k for k, one in enumerate(self.observed) if one.study == name and one.kind in {"mean", "contrast"}]
            for name in names
        }
        return {name: np.array(columns) for name, columns in own.items() if columns}

    def column(self, name: str) -> Floats:
        """Give one number of every observation, shape ``(observations,)``."""
        return np.array([float(getattr(one, name)) for one in self.observed])

    @cached_property
    def values(self) -> Floats:
        """What was seen, shape ``(observations,)``."""
        return self.column("value")

    def kind(self, *names: str) -> Booleans:
        """Say which observations are of these kinds, shape ``(observations,)``."""
        return np.array([one.kind in names for one in self.observed])

    def expected(self, population: Population) -> Expected:
        """Give the effects on the typical person of every observation."""
        other = self._without(population, drug=None)
        return Expected(self._drug(population), other, self._without(population, drug=False))

    def _drug(self, population: Population) -> Floats:
        """Give the drug's effect, 0 in arms without it."""
        xp = array_namespace(population["slow_points"])
        exposed, chains = self.exposed, len(population)
        courses = len(exposed.exposure)
        if not courses:
            return np.zeros((chains, len(self.observed)))
        rows = Population({name: xp.repeat(population[name], courses) for name in population})
        unused = np.full(chains * courses, 2.0)  # the crossing of the glutamate curve: the default joints do not read it
        met, time_h = np.tile(exposed.exposure, (chains, 1)), np.tile(exposed.time_h, (chains, 1))
        fast, slow = branches(Brain(met), exposed.reference, time_h, rows, crossing=unused, joints=Joints({}), walk=self.walk)
        falls = (fast + slow).reshape(chains, courses, -1)
        nothing, columns = np.zeros(chains), []
        for one in self.observed:
            course, time = exposed.places[one.course, one.time_h] if one.drug else (0, 0)
            share = drug_share(one.circumstances, population)
            columns.append(share * falls[:, course, time] if one.drug else nothing)
        stacked: Floats = xp.stack(columns, axis=1)
        return stacked

    def _without(self, population: Population, *, drug: bool | None) -> Floats:
        """Give the effect of all but the drug, in the arm itself (`drug` None) or in that with or without drug."""
        xp = array_namespace(population["slow_points"])
        wanted: dict[_Around, dict[float, None]] = {}
        keys = []
        for one in self.observed:
            with_drug = bool(one.drug) if drug is None else drug
            key = (tuple((day * 24.0, with_drug) for day in one.days), one.circumstances)
            wanted.setdefault(key, {})[one.time_h] = None
            keys.append(key)
        found = {key: without_drug(np.array(list(hours)), *key, population) for key, hours in wanted.items()}
        columns = [
            found[key][:, list(wanted[key]).index(one.time_h)] for key, one in zip(keys, self.observed, strict=True)
        ]
        stacked: Floats = xp.stack(columns, axis=1)
        return stacked

    def log_density(self, on_scale: Floats) -> Floats:
        """Give log prior plus log likelihood, from ``(chains, parameters)`` to ``(chains,)``."""
        by_study = self.log_likelihood(from_scale(on_scale))
        total = log_prior(on_scale) + sum(by_study.values())
        return np.where(np.isfinite(total), total, -np.inf)

    def log_likelihood(self, population: Population, values: Floats | None = None) -> Mapping[str, Floats]:
        """Give the log likelihood of each study, shape ``(chains,)`` each; of `values` instead of what was seen."""
        seen = self.values if values is None else values
        expected = self.expected(population)
        single = self._singles(expected, population, seen)
        found = {
            name: single[:, np.array([k for k, one in enumerate(self.observed) if one.study == name])].sum(axis=1)
            for name in dict.fromkeys(one.study for one in self.observed)
        }
        fall, by_drug, by_other = self.falls_of_means(expected, population)
        for name, own in self.studies.items():
            spread = (
                _sampling([self.observed[k] for k in own])[None]
                + _outer(population["trial_drug_cv"], by_drug[:, own])
                + _outer(population["trial_control_cv"], by_other[:, own])
            )
            found[name] = found[name] + _normal(-seen[own] - fall[:, own], spread)
        return found

    def _singles(self, expected: Expected, population: Population, seen: Floats) -> Floats:
        """Give the log likelihood of SDs and response rates, 0 for others, shape ``(chains, observations)``."""
        xp = array_namespace(population["slow_points"])
        error, n = self.column("error"), self.column("n")
        of_sd = -0.5 * ((seen - 0.5 * xp.log(self.variances(expected, population))) / error) ** 2
        chance = xp.clip(self.response_chances(expected, population), SURE, 1.0 - SURE)
        people = n / (1.0 + (n - 1.0) * SAME_TRIAL_CORRELATION)
        of_rate = error * people * (seen * xp.log(chance) + (1.0 - seen) * xp.log1p(-chance))
        single: Floats = xp.where(self.kind("sd"), of_sd, xp.where(self.kind("response"), of_rate, 0.0))
        return single

    def person_falls(self, expected: Expected, drug_cv: Floats, control_cv: Floats) -> Floats:
        """Give the fall of people at the nodes of their strengths, points, ``(chains, observations, nodes, nodes)``."""
        a, c = _multiples(drug_cv)[:, None, :, None], _multiples(control_cv)[:, None, None, :]
        fall = a * expected.drug[:, :, None, None] + c * expected.other[:, :, None, None]
        return self.column("baseline")[:, None, None] * (1.0 - remaining(fall))

    def falls_of_means(self, expected: Expected, population: Population) -> tuple[Floats, Floats, Floats]:
        """Give the mean fall of each arm or contrast, and its slope on a trial's drug and control strength."""
        mean, by_drug, by_other = self._arm_falls(expected, population)
        bare = Expected(0.0 * expected.drug, expected.control, expected.control)
        without, _, by_control = self._arm_falls(bare, population)
        contrast = self.kind("contrast")
        return mean - contrast * without, by_drug, by_other - contrast * by_control

    def _arm_falls(self, expected: Expected, population: Population) -> tuple[Floats, Floats, Floats]:
        a, c = (_multiples(population[name]) for name in ("drug_cv", "control_cv"))
        falls = self.person_falls(expected, population["drug_cv"], population["control_cv"])
        scale = self.column("baseline")[:, None, None]
        slope = (scale - falls) / REFERENCE_BASELINE
        return (
            over_people(falls),
            over_people(slope * (a[:, None, :, None] * expected.drug[:, :, None, None])),
            over_people(slope * (c[:, None, None, :] * expected.other[:, :, None, None])),
        )

    def variances(self, expected: Expected, population: Population) -> Floats:
        """Give the between-person variance of each change, shape ``(chains, observations)``."""
        falls = self.person_falls(expected, population["drug_cv"], population["control_cv"])
        return over_people(falls**2) - over_people(falls) ** 2 + self._rest_variances(population)

    def _rest_variances(self, population: Population) -> Floats:
        xp = array_namespace(population["slow_points"])
        left = xp.stack([crossover_share(one.circumstances, population) for one in self.observed], axis=1)
        share = left * self.column("baseline") / REFERENCE_BASELINE
        rest: Floats = (share * population["drift_sd_points"][:, None]) ** 2
        return rest + population["rating_sd_points"][:, None] ** 2

    def response_chances(self, expected: Expected, population: Population) -> Floats:
        """Give the chance that one new person of a new trial falls by half the baseline, ``(chains, observations)``."""
        xp = array_namespace(population["slow_points"])
        drug_cv = xp.hypot(population["drug_cv"], population["trial_drug_cv"])
        other_cv = xp.hypot(population["control_cv"], population["trial_control_cv"])
        falls = self.person_falls(expected, drug_cv, other_cv)
        rest = xp.sqrt(self._rest_variances(population))[:, :, None, None]
        return over_people(normal_cdf((falls - 0.5 * self.column("baseline")[:, None, None]) / rest))

    def predicted(self, population: Population) -> Floats:
        """Give what the parameters expect each number to be, in its own unit, shape ``(draws, observations)``."""
        expected = self.expected(population)
        fall, _, _ = self.falls_of_means(expected, population)
        sd, chance = np.sqrt(self.variances(expected, population)), self.response_chances(expected, population)
        return np.where(self.kind("sd"), sd, np.where(self.kind("response"), chance, -fall))


def log_prior(on_scale: Floats) -> Floats:
    """Give the log prior, up to a constant, shape ``(chains,)``."""
    centre = np.array([parameter.prior_mean for parameter in PARAMETERS])
    spread = np.array([parameter.spread for parameter in PARAMETERS])
    return np.asarray(-0.5 * np.sum(((on_scale - centre) / spread) ** 2, axis=1))


def normal_cdf(values: Floats) -> Floats:
    """Give the standard normal distribution function of values of any shape, NumPy's or JAX's."""
    if array_namespace(values) is np:
        return np.asarray(ndtr(values))
    from jax.scipy.special import ndtr as traced  # noqa: PLC0415 - JAX is an extra, loaded where a fit has loaded it

    found: Floats = traced(values)
    return found


def over_people(values: Floats) -> Floats:
    """Average over the nodes, from ``(chains, observations, nodes, nodes)`` to ``(chains, observations)``."""
    mean: Floats = (values * SHARES).sum(axis=(2, 3))
    return mean


def _sampling(rows: Sequence[Observation]) -> Floats:
    """Give the sampling covariance of the means of one study: times of one arm go together."""
    errors = np.array([one.error for one in rows])
    same = np.array([[(a.course, a.drug) == (b.course, b.drug) for b in rows] for a in rows])
    share = np.where(same, SAME_ARM_CORRELATION, 0.0)
    np.fill_diagonal(share, 1.0)
    return share * np.outer(errors, errors)


def _outer(cv: Floats, fall: Floats) -> Floats:
    part = cv[:, None] * fall
    return part[:, :, None] * part[:, None, :]


def _normal(miss: Floats, spread: Floats) -> Floats:
    """Give the log density of a normal of mean 0, shapes ``(chains, k)`` and ``(chains, k, k)``."""
    xp = array_namespace(spread)
    root = xp.linalg.cholesky(spread)
    white = xp.linalg.solve(root, miss[:, :, None])[:, :, 0]
    found: Floats = -0.5 * xp.sum(white**2, axis=1) - xp.sum(xp.log(xp.diagonal(root, axis1=1, axis2=2)), axis=1)
    return found


def _multiples(cv: Floats) -> Floats:
    """Give lognormal multiples of mean 1 at the nodes, shape ``(chains, nodes)``."""
    xp = array_namespace(cv)
    log_sd = xp.sqrt(xp.log1p(cv**2))[:, None]
    multiples: Floats = xp.exp(log_sd * NODES[None, :] - 0.5 * log_sd**2)
    return multiples
