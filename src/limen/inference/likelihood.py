"""How probable the fitted numbers are under parameters of the response.

Means of one study share what the study is like: the between-trial factors of drug and control. Means of one arm at
several times share its people. A response rate is the chance of half the baseline over people and trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import ndtr

from limen.chain import Brain, Joints, Reference, branches, typical_course
from limen.inference.fitted_arms import Observation
from limen.quantities import Floats, Integers
from limen.response.mood import crossover_share, drug_share, without_drug
from limen.response.parameters import PARAMETERS, REFERENCE_BASELINE, Population, from_scale
from limen.response.people import remaining

#: Correlation of one arm's means at two times (ours).
SAME_ARM_CORRELATION: Final = 0.6
#: Correlation of two people of one arm in a response rate, by what the trial adds (ours).
SAME_TRIAL_CORRELATION: Final = 0.04
#: Points and weights of the integral over a person's strengths.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
SHARES: Final = np.outer(WEIGHTS, WEIGHTS) / WEIGHTS.sum() ** 2

Course = tuple[str, str, str, tuple[float, ...]]


@dataclass(frozen=True)
class Expected:
    """The effects of drug and of all else behind every observation, points, shape ``(chains, observations)``."""

    drug: Floats
    other: Floats


@dataclass(frozen=True)
class Likelihood:
    """The fitted numbers and the exposure of the typical person under each of their doses.

    Parameters
    ----------
    observed : Sequence[Observation]
        What is fitted.
    """

    observed: Sequence[Observation]

    @cached_property
    def courses(self) -> Mapping[Course, tuple[Brain, Reference, Floats]]:
        """Brain exposure, reference and hours of each distinct course of drug."""
        found = {}
        for course in {one.course for one in self.observed if one.drug}:
            times_h = sorted({one.time_h for one in self.observed if one.course == course})
            found[course] = typical_course(*course[:3], course[3], np.array(times_h) * 60.0)
        return found

    @cached_property
    def studies(self) -> tuple[Integers, ...]:
        """Observations of means and contrasts, grouped by study."""
        means = [(k, one.study) for k, one in enumerate(self.observed) if one.kind in {"mean", "contrast"}]
        names = dict.fromkeys(study for _, study in means)
        return tuple(np.array([k for k, study in means if study == name]) for name in names)

    def expected(self, population: Population) -> Expected:
        """Give the effects on the typical person of every observation."""
        drug = np.zeros((len(population), len(self.observed)))
        other = np.zeros_like(drug)
        falls = {course: self._fall(course, population) for course in self.courses}
        for k, one in enumerate(self.observed):
            if one.drug:
                share = drug_share(one.circumstances, population)
                drug[:, k] = share * falls[one.course][one.time_h * 60.0]
            other[:, k] = other_effect(one, population, drug=bool(one.drug))
        return Expected(drug, other)

    def _fall(self, course: Course, population: Population) -> Mapping[float, Floats]:
        brain, reference, time_min = self.courses[course]
        unused = np.full(len(population), 2.0)  # the crossing of the glutamate curve: the default joints do not read it
        fast, slow = branches(brain, reference, time_min / 60.0, population, crossing=unused, joints=Joints({}))
        return dict(zip(time_min.tolist(), (fast + slow).T, strict=True))

    def log_density(self, on_scale: Floats) -> Floats:
        """Give log prior plus log likelihood, from ``(chains, parameters)`` to ``(chains,)``."""
        by_study = self.log_likelihood(from_scale(on_scale))
        total = log_prior(on_scale) + sum(by_study.values())
        return np.where(np.isfinite(total), total, -np.inf)

    def log_likelihood(self, population: Population) -> Mapping[str, Floats]:
        """Give the log likelihood of each study, shape ``(chains,)`` each."""
        expected = self.expected(population)
        found = {one.study: np.zeros(len(population)) for one in self.observed}
        for study in self.studies:
            found[self.observed[study[0]].study] += self._means(study, expected, population)
        for k, one in enumerate(self.observed):
            if one.kind == "sd":
                found[one.study] += _sd(one, expected.drug[:, k], expected.other[:, k], population)
            if one.kind == "response":
                found[one.study] += _response(one, expected.drug[:, k], expected.other[:, k], population)
        return found

    def predicted(self, population: Population) -> Iterator[Floats]:
        """Yield what the parameters expect each number to be, in its own unit, shape ``(draws,)``."""
        expected = self.expected(population)
        for k, one in enumerate(self.observed):
            effects = (expected.drug[:, k], expected.other[:, k])
            if one.kind == "response":
                yield response_chance(one, *effects, population)
            elif one.kind == "sd":
                yield np.sqrt(spread_of_people(one, *effects, population))
            else:
                yield -fall_of_mean(one, *effects, population)[0]

    def _means(self, study: Integers, expected: Expected, population: Population) -> Floats:
        rows = [self.observed[k] for k in study]
        falls = [
            fall_of_mean(one, expected.drug[:, k], expected.other[:, k], population)
            for k, one in zip(study, rows, strict=True)
        ]
        mean, by_drug, by_other = (np.stack(columns, axis=1) for columns in zip(*falls, strict=True))
        spread = (
            _sampling(rows)[None]
            + _outer(population["trial_drug_cv"], by_drug)
            + _outer(population["trial_control_cv"], by_other)
        )
        return _normal(np.array([-one.value for one in rows]) - mean, spread)


def log_prior(on_scale: Floats) -> Floats:
    """Give the log prior, up to a constant, shape ``(chains,)``."""
    centre = np.array([parameter.prior_mean for parameter in PARAMETERS])
    spread = np.array([parameter.spread for parameter in PARAMETERS])
    return np.asarray(-0.5 * np.sum(((on_scale - centre) / spread) ** 2, axis=1))


def _visits(one: Observation, *, drug: bool) -> tuple[tuple[float, bool], ...]:
    return tuple((day * 24.0, drug) for day in one.days)


def other_effect(one: Observation, population: Population, *, drug: bool) -> Floats:
    """Give the effect of all but the drug, in the arm with or without it, points, shape ``(chains,)``."""
    visits = _visits(one, drug=drug)
    return without_drug(np.array([one.time_h]), visits, one.circumstances, population)[:, 0]


def strengths(drug_cv: Floats, control_cv: Floats) -> tuple[Floats, Floats]:
    """Give the multiples at the nodes, shapes ``(chains, nodes, 1)`` and ``(chains, 1, nodes)``."""
    return _multiples(drug_cv)[:, :, None], _multiples(control_cv)[:, None, :]


def person_falls(one: Observation, drug: Floats, other: Floats, drug_cv: Floats, control_cv: Floats) -> Floats:
    """Give the fall of people at the nodes of their strengths, points, shape ``(chains, nodes, nodes)``."""
    a, c = strengths(drug_cv, control_cv)
    return one.baseline * (1.0 - remaining(a * drug[:, None, None] + c * other[:, None, None]))


def over_people(values: Floats) -> Floats:
    """Average over the nodes, from ``(chains, nodes, nodes)`` to ``(chains,)``."""
    return np.asarray(np.sum(values * SHARES, axis=(1, 2)))


def fall_of_mean(
    one: Observation, drug: Floats, other: Floats, population: Population
) -> tuple[Floats, Floats, Floats]:
    """Give the mean fall of an arm or the contrast of two, and its slope on a trial's drug and control strength."""
    mean, by_drug, by_other = _arm_fall(one, drug, other, population)
    if one.kind != "contrast":
        return mean, by_drug, by_other
    without = _arm_fall(one, np.zeros_like(drug), other_effect(one, population, drug=False), population)
    return mean - without[0], by_drug, by_other - without[2]


def _arm_fall(one: Observation, drug: Floats, other: Floats, population: Population) -> tuple[Floats, Floats, Floats]:
    falls = person_falls(one, drug, other, population["drug_cv"], population["control_cv"])
    left = (one.baseline - falls) / REFERENCE_BASELINE
    a, c = strengths(population["drug_cv"], population["control_cv"])
    return over_people(falls), over_people(left * a) * drug, over_people(left * c) * other


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
    root = np.linalg.cholesky(spread)
    white = np.linalg.solve(root, miss[:, :, None])[:, :, 0]
    return np.asarray(-0.5 * np.sum(white**2, axis=1) - np.sum(np.log(np.diagonal(root, axis1=1, axis2=2)), axis=1))


def _rest_variance(one: Observation, population: Population) -> Floats:
    share = crossover_share(one.circumstances, population) * one.baseline / REFERENCE_BASELINE
    return (share * population["drift_sd_points"]) ** 2 + population["rating_sd_points"] ** 2


def spread_of_people(one: Observation, drug: Floats, other: Floats, population: Population) -> Floats:
    """Give the between-person variance of the change, shape ``(chains,)``."""
    falls = person_falls(one, drug, other, population["drug_cv"], population["control_cv"])
    return over_people(falls**2) - over_people(falls) ** 2 + _rest_variance(one, population)


def _sd(one: Observation, drug: Floats, other: Floats, population: Population) -> Floats:
    variance = spread_of_people(one, drug, other, population)
    return -0.5 * ((one.value - 0.5 * np.log(variance)) / one.error) ** 2


def _multiples(cv: Floats) -> Floats:
    """Give lognormal multiples of mean 1 at the nodes, shape ``(chains, nodes)``."""
    log_sd = np.sqrt(np.log1p(cv**2))[:, None]
    return np.exp(log_sd * NODES[None, :] - 0.5 * log_sd**2)


def response_chance(one: Observation, drug: Floats, other: Floats, population: Population) -> Floats:
    """Give the chance that one new person of a new trial falls by half the baseline, shape ``(chains,)``."""
    drug_cv = np.hypot(population["drug_cv"], population["trial_drug_cv"])
    other_cv = np.hypot(population["control_cv"], population["trial_control_cv"])
    falls = person_falls(one, drug, other, drug_cv, other_cv)
    rest = np.sqrt(_rest_variance(one, population))[:, None, None]
    return over_people(ndtr((falls - 0.5 * one.baseline) / rest))


def _response(one: Observation, drug: Floats, other: Floats, population: Population) -> Floats:
    chance = np.clip(response_chance(one, drug, other, population), 1e-6, 1.0 - 1e-6)
    people = one.n / (1.0 + (one.n - 1.0) * SAME_TRIAL_CORRELATION)
    return one.error * people * (one.value * np.log(chance) + (1.0 - one.value) * np.log1p(-chance))
