"""How probable the fitted numbers are under parameters of the response.

Means of one study share what the study is like: the between-trial factors of drug and control. Means of one arm at
several times share its people. A response rate is the chance of half the baseline over people and trials.

Every observation stands in one column, so that all are computed at once; the same lines run under NumPy and, traced,
under JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
#: Correlation of two people of one arm in a response rate, by what the trial adds (ours: about what a trial's strengths
#: make of it where their coefficients of variation are 0.4).
SAME_TRIAL_CORRELATION: Final = 0.055
#: Points and weights of the integral over a person's strengths.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
SHARES: Final = WEIGHTS / WEIGHTS.sum()
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
    places : Mapping[(course, hour), (int, int)]
        Row and column of each observation's course and hour.
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
    exposure, time_h = np.zeros((len(found), longest)), np.zeros((len(found), longest))
    places: dict[tuple[Course, float], tuple[int, int]] = {}
    for row, ((course, hours), (brain, _, time_min)) in enumerate(zip(wanted.items(), found, strict=True)):
        own = len(time_min)
        exposure[row, :own] = brain.exposure[0]
        time_h[row, :own] = time_min / 60.0
        time_h[row, own:] = time_h[row, own - 1] + np.arange(1.0, longest - own + 1.0)
        places |= {(course, hour): (row, int(np.searchsorted(time_min, hour * 60.0))) for hour in hours}
    reference = found[0][1] if found else Reference(np.zeros(1), Brain(np.zeros((1, 1))))
    return Exposed(exposure, time_h, reference, places)


@dataclass(frozen=True)
class Means:
    """The means of each study.

    Parameters
    ----------
    columns : Integers
        Which observations, shape ``(studies, most)``.
    real : Booleans
        False where a study has fewer, same shape.
    sampling : Floats
        Covariance by sampling of people, 1 on the diagonal where there is no mean, ``(studies, most, most)``.
    """

    columns: Integers
    real: Booleans
    sampling: Floats


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
    def studies(self) -> tuple[str, ...]:
        """The studies, in the order of the observations."""
        return tuple(dict.fromkeys(one.study for one in self.observed))

    @cached_property
    def means(self) -> Means:
        """The means and contrasts of each study, padded to one length."""
        of_means = self.kind("mean", "contrast")
        own = [
            [k for k, one in enumerate(self.observed) if of_means[k] and one.study == study] for study in self.studies
        ]
        most = max(len(columns) for columns in own)
        columns, real = np.zeros((len(own), most), dtype=np.int64), np.zeros((len(own), most), dtype=np.bool_)
        sampling = np.tile(np.eye(most), (len(own), 1, 1))
        for row, found in enumerate(own):
            columns[row, : len(found)], real[row, : len(found)] = found, True
            if found:
                sampling[row, : len(found), : len(found)] = _sampling([self.observed[k] for k in found])
        return Means(columns, real, sampling)

    @cached_property
    def member(self) -> Floats:
        """1 where an observation is of a study, shape ``(observations, studies)``."""
        return np.array([[float(one.study == study) for study in self.studies] for one in self.observed])

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
        return Expected(
            self._drug(population),
            self._without(population, as_control=False),
            self._without(population, as_control=True),
        )

    def _drug(self, population: Population) -> Floats:
        """Give the drug's effect, 0 in arms without it."""
        xp = array_namespace(population["slow_points"])
        exposed, chains = self.exposed, len(population)
        courses = len(exposed.exposure)
        if not courses:
            return np.zeros((chains, len(self.observed)))
        rows = Population({name: xp.repeat(population[name], courses) for name in population})
        # The crossing of the glutamate curve: the default joints do not read it.
        unused = np.full(chains * courses, 2.0)
        met, time_h = np.tile(exposed.exposure, (chains, 1)), np.tile(exposed.time_h, (chains, 1))
        fast, slow = branches(
            Brain(met), exposed.reference, time_h, rows, crossing=unused, joints=Joints({}), walk=self.walk
        )
        falls = (fast + slow).reshape(chains, courses, -1)
        places = [exposed.places[one.course, one.time_h] if one.drug else (0, 0) for one in self.observed]
        rows_of, times_of = np.array(places).T
        given = np.array([float(bool(one.drug)) for one in self.observed])
        shared = self.over_circumstances(drug_share, population)
        return given * shared * falls[:, rows_of, times_of]

    def over_circumstances(self, give: Callable[[Circumstances, Population], Floats], population: Population) -> Floats:
        """Give what `give` says of each observation's circumstances, shape ``(chains, observations)``."""
        distinct = list(dict.fromkeys(one.circumstances for one in self.observed))
        found = [give(circumstances, population) for circumstances in distinct]
        stacked: Floats = array_namespace(population["slow_points"]).stack(found, axis=1)
        return stacked[:, np.array([distinct.index(one.circumstances) for one in self.observed])]

    def _without(self, population: Population, *, as_control: bool) -> Floats:
        """Give the effect of all but the drug, in the arm itself or in that without drug beside it."""
        wanted: dict[_Around, list[float]] = {}
        keys = []
        for one in self.observed:
            with_drug = bool(one.drug) and not as_control
            key = (tuple((day * 24.0, with_drug) for day in one.days), one.circumstances)
            hours = wanted.setdefault(key, [])
            if one.time_h not in hours:
                hours.append(one.time_h)
            keys.append(key)
        found = [without_drug(np.array(hours), *key, population) for key, hours in wanted.items()]
        first = dict(zip(wanted, np.cumsum([0, *(len(hours) for hours in wanted.values())]), strict=False))
        places = [first[key] + wanted[key].index(one.time_h) for key, one in zip(keys, self.observed, strict=True)]
        joined: Floats = array_namespace(population["slow_points"]).concatenate(found, axis=1)
        return joined[:, np.array(places)]

    def log_density(self, on_scale: Floats) -> Floats:
        """Give log prior plus log likelihood, from ``(chains, parameters)`` to ``(chains,)``."""
        total = log_prior(on_scale) + self.log_likelihood(from_scale(on_scale)).sum(axis=1)
        return np.where(np.isfinite(total), total, -np.inf)

    def log_likelihood(self, population: Population, values: Floats | None = None) -> Floats:
        """Give the log likelihood of each study, ``(chains, studies)``; of `values` instead of what was seen."""
        seen = self.values if values is None else values
        expected = self.expected(population)
        return self._singles(expected, population, seen) @ self.member + self._means(expected, population, seen)

    def _means(self, expected: Expected, population: Population, seen: Floats) -> Floats:
        """Give the log likelihood of the means of each study, which share what the study is like."""
        means = self.means
        fall, by_drug, by_other = (
            part[:, means.columns] * means.real for part in self.falls_of_means(expected, population)
        )
        spread = (
            means.sampling
            + _outer(population["trial_drug_cv"], by_drug)
            + _outer(population["trial_control_cv"], by_other)
        )
        return _normal(-seen[means.columns] * means.real - fall, spread)

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

    def falls_of_means(self, expected: Expected, population: Population) -> tuple[Floats, Floats, Floats]:
        """Give the mean fall of each arm or contrast, and its slope on a trial's drug and control strength.

        What is left of a score is the product of what the drug and all else leave, so its mean over people is too.
        """
        baseline, contrast = self.column("baseline"), self.kind("contrast")
        drug, by_drug = left_and_slope(expected.drug, population["drug_cv"])
        other, by_other = left_and_slope(expected.other, population["control_cv"])
        without, by_control = left_and_slope(expected.control, population["control_cv"])
        fall = 1.0 - drug * other - contrast * (1.0 - without)
        return (
            baseline * fall,
            baseline * by_drug * other,
            baseline * (drug * by_other - contrast * by_control),
        )

    def variances(self, expected: Expected, population: Population) -> Floats:
        """Give the between-person variance of each change, shape ``(chains, observations)``."""
        left = [
            over_people(shares_left(effect, population[cv]) ** power)
            for power in (1, 2)
            for effect, cv in ((expected.drug, "drug_cv"), (expected.other, "control_cv"))
        ]
        own = self.column("baseline") ** 2 * (left[2] * left[3] - (left[0] * left[1]) ** 2)
        return own + self._rest_variances(population)

    def _rest_variances(self, population: Population) -> Floats:
        share = self.over_circumstances(crossover_share, population) * self.column("baseline") / REFERENCE_BASELINE
        return (share * population["drift_sd_points"][:, None]) ** 2 + population["rating_sd_points"][:, None] ** 2

    def response_chances(self, expected: Expected, population: Population) -> Floats:
        """Give the chance that one new person of a new trial falls by half the baseline, ``(chains, observations)``."""
        xp = array_namespace(population["slow_points"])
        drug = shares_left(expected.drug, xp.hypot(population["drug_cv"], population["trial_drug_cv"]))
        other = shares_left(expected.other, xp.hypot(population["control_cv"], population["trial_control_cv"]))
        left = drug[:, :, :, None] * other[:, :, None, :]
        ahead = (0.5 - left) * (self.column("baseline") / xp.sqrt(self._rest_variances(population)))[:, :, None, None]
        return over_people(over_people(normal_cdf(ahead)))

    def predicted(self, population: Population) -> Floats:
        """Give what the parameters expect each number to be, in its own unit, shape ``(draws, observations)``."""
        expected = self.expected(population)
        fall, _, _ = self.falls_of_means(expected, population)
        sd, chance = np.sqrt(self.variances(expected, population)), self.response_chances(expected, population)
        return np.where(self.kind("sd"), sd, np.where(self.kind("response"), chance, -fall))

    def replicated(self, population: Population, rng: np.random.Generator) -> Floats:
        """Draw each number as a new trial of the same size would show it, shape ``(draws, observations)``."""
        expected = self.expected(population)
        fall, by_drug, by_other = self.falls_of_means(expected, population)
        variation = np.hypot(
            population["trial_drug_cv"][:, None] * by_drug, population["trial_control_cv"][:, None] * by_other
        )
        error, n = self.column("error"), self.column("n")
        mean = -fall + np.hypot(variation, error) * rng.standard_normal(fall.shape)
        sd = np.sqrt(self.variances(expected, population)) * np.exp(error * rng.standard_normal(fall.shape))
        chance, people = self.response_chances(expected, population), np.maximum(n, 1.0).astype(np.int64)
        together = SAME_TRIAL_CORRELATION / (1.0 - SAME_TRIAL_CORRELATION)
        own = rng.beta(np.maximum(chance / together, SURE), np.maximum((1.0 - chance) / together, SURE))
        rate = rng.binomial(people, own) / people
        return np.where(self.kind("sd"), sd, np.where(self.kind("response"), rate, mean))


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

    found: Floats = traced(values)  # type: ignore[assignment]  # JAX's array stands for ours while it is traced
    return found


def over_people(values: Floats) -> Floats:
    """Average over the nodes of a person's strength, the last axis."""
    mean: Floats = values @ SHARES
    return mean


def shares_left(effect: Floats, cv: Floats) -> Floats:
    """Give the share of the score that an effect leaves people at the nodes, ``(chains, observations, nodes)``."""
    return remaining(_multiples(cv)[:, None, :] * effect[:, :, None])


def left_and_slope(effect: Floats, cv: Floats) -> tuple[Floats, Floats]:
    """Give the mean share that an effect leaves, and how fast it falls with a trial's strength of the effect."""
    strength = _multiples(cv)[:, None, :] * effect[:, :, None]
    left = remaining(strength)
    return over_people(left), over_people(left * strength / REFERENCE_BASELINE)


def _sampling(rows: Sequence[Observation]) -> Floats:
    """Give the sampling covariance of the means of one study: times of one arm go together."""
    errors = np.array([one.error for one in rows])
    same = np.array([[(a.course, a.drug) == (b.course, b.drug) for b in rows] for a in rows])
    share = np.where(same, SAME_ARM_CORRELATION, 0.0)
    np.fill_diagonal(share, 1.0)
    return share * np.outer(errors, errors)


def _outer(cv: Floats, fall: Floats) -> Floats:
    part = cv[:, None, None] * fall
    return part[..., :, None] * part[..., None, :]


def _normal(miss: Floats, spread: Floats) -> Floats:
    """Give the log density of a normal of mean 0, shapes ``(..., k)`` and ``(..., k, k)``, without its constant."""
    xp = array_namespace(spread)
    root = xp.linalg.cholesky(spread)
    white = xp.linalg.solve(root, miss[..., None])[..., 0]
    found: Floats = -0.5 * xp.sum(white**2, axis=-1) - xp.sum(xp.log(xp.diagonal(root, axis1=-2, axis2=-1)), axis=-1)
    return found


def _multiples(cv: Floats) -> Floats:
    """Give lognormal multiples of mean 1 at the nodes, shape ``(chains, nodes)``."""
    xp = array_namespace(cv)
    log_sd = xp.sqrt(xp.log1p(cv**2))[:, None]
    multiples: Floats = xp.exp(log_sd * NODES[None, :] - 0.5 * log_sd**2)
    return multiples
