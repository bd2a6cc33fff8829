"""The ladder of response models: how much of what the shipped model holds is asked for by the tables.

Every rung is the same model with some parameters held at a value that switches a part off, and is judged by how well
it foresees a study that it was not fitted to (leave one study out): log score, and the error of its arm means beside
the error of what trials with the same kind of control showed on average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from limen.inference.fitted_arms import Observation
from limen.inference.likelihood import Likelihood, fall_of_mean
from limen.inference.sampler import Chains, sample
from limen.quantities import Floats, Integers
from limen.response.parameters import NAMES, PARAMETERS, Population, from_scale

#: A size or a share that counts as none, and one that counts as without limit.
NONE: Final = 1e-6
WITHOUT_LIMIT: Final = 1e6
SEVERAL: Final = "ASPIRE"


@dataclass(frozen=True)
class Rung:
    """One model of the ladder.

    Parameters
    ----------
    id, says : str
        ``"M0"`` to ``"M4"``, and what it adds.
    held : Mapping[str, float]
        Parameters that are not fitted, in their own unit.
    loosened : Mapping[str, float]
        Prior SDs on the scale that are wider in this rung, because one branch stands for two.
    """

    id: str
    says: str
    held: Mapping[str, float]
    loosened: Mapping[str, float] = field(default_factory=dict)

    @property
    def free(self) -> Integers:
        """Places of the parameters that are fitted."""
        return np.array([k for k, name in enumerate(NAMES) if name not in self.held])

    def complete(self, free: Floats) -> Floats:
        """Put fitted values, ``(chains, free)``, among the held ones, ``(chains, parameters)``."""
        held = [np.log(self.held.get(parameter.name, 1.0)) for parameter in PARAMETERS]
        whole = np.tile(np.array(held), (len(free), 1))
        whole[:, self.free] = free
        return whole

    def log_prior(self, free: Floats) -> Floats:
        """Give the log prior of the fitted parameters with its constant, shape ``(chains,)``."""
        own = [PARAMETERS[k] for k in self.free]
        centre = np.array([parameter.prior_mean for parameter in own])
        spread = np.array([self.loosened.get(parameter.name, parameter.spread) for parameter in own])
        return np.asarray(np.sum(-0.5 * ((free - centre) / spread) ** 2 - np.log(spread), axis=1))


_NO_DRUG: Final = {"fast_points": NONE, "slow_points": NONE, "trial_drug_cv": NONE, "drug_cv": NONE}
_NO_SHAPE: Final = {
    "fast_fade_d": 1.0,
    "fast_half_dose": 1.0,
    "slow_fade_d": 1.0,
    "slow_half_dose": 1.0,
    "slow_delay_h": 1.0,
    "slow_ceiling": 1.0,
    "drug_share_beside_antidepressant": 1.0,
}
_ONE_BRANCH: Final = {"fast_points": NONE, "fast_fade_d": 1.0, "fast_half_dose": 1.0, "slow_ceiling": WITHOUT_LIMIT}
_WIDE: Final = {"slow_fade_d": 1.2, "slow_delay_h": 1.2, "slow_points": 1.0}
LADDER: Final = (
    Rung("M0", "control type and time, no drug", MappingProxyType(_NO_DRUG | _NO_SHAPE)),
    Rung("M1", "and a drug, whatever its dose", MappingProxyType(_ONE_BRANCH | {"slow_half_dose": NONE}), _WIDE),
    Rung("M2", "and its dose", MappingProxyType(_ONE_BRANCH), _WIDE),
    Rung("M3", "and two branches, fast and slow", MappingProxyType({"slow_ceiling": WITHOUT_LIMIT})),
    Rung("M4", "and saturation over repeated doses", MappingProxyType({})),
)


def family(study: str) -> str:
    """Give the group a study is left out with: analyses that hold the same people go together."""
    return SEVERAL if study.startswith(SEVERAL) else study


def families(observed: Sequence[Observation]) -> tuple[str, ...]:
    """Give every group, in the order of the table."""
    return tuple(dict.fromkeys(family(one.study) for one in observed))


def fit_rung(
    rung: Rung, observed: Sequence[Observation], first: Floats, *, steps: int, rng: np.random.Generator
) -> Chains:
    """Fit one rung.

    Parameters
    ----------
    rung : Rung
        Which.
    observed : Sequence[Observation]
        What is fitted.
    first : Floats
        Where the chains begin, shape ``(chains, free)``.
    steps : int
        Of each chain; half of them are not kept.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    Chains
        Over the free parameters.
    """
    likelihood = Likelihood(tuple(observed))

    def density(free: Floats) -> Floats:
        by_study = likelihood.log_likelihood(from_scale(rung.complete(free)))
        total = rung.log_prior(free) + sum(by_study.values())
        return np.where(np.isfinite(total), total, -np.inf)

    return sample(density, first, steps=steps, burn_in=steps // 2, rng=rng)


def prior_start(rung: Rung, chains: int, rng: np.random.Generator) -> Floats:
    """Draw starting points from a narrow prior, shape ``(chains, free)``."""
    own = [PARAMETERS[k] for k in rung.free]
    centre = np.array([parameter.prior_mean for parameter in own])
    spread = np.array([parameter.spread for parameter in own])
    return centre + 0.5 * spread * rng.standard_normal((chains, len(own)))


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
    """

    group: str
    log_score: float
    means: tuple[tuple[Observation, Floats], ...]


def foresee(rung: Rung, left_out: Sequence[Observation], free: Floats, rng: np.random.Generator) -> Foreseen:
    """Judge draws of shape ``(draws, free)`` that did not see `left_out`."""
    population = from_scale(rung.complete(free))
    likelihood = Likelihood(tuple(left_out))
    by_study = np.sum(list(likelihood.log_likelihood(population).values()), axis=0)
    score = float(np.logaddexp.reduce(by_study) - np.log(len(by_study)))
    expected = likelihood.expected(population)
    means = tuple(
        (one, new_trial(one, expected.drug[:, k], expected.other[:, k], population, rng))
        for k, one in enumerate(left_out)
        if one.kind in {"mean", "contrast"}
    )
    return Foreseen(family(left_out[0].study), score, means)


def new_trial(
    one: Observation, drug: Floats, other: Floats, population: Population, rng: np.random.Generator
) -> Floats:
    """Draw the change that a new trial of the same size would show, points, shape ``(draws,)``."""
    fall, by_drug, by_other = fall_of_mean(one, drug, other, population)
    trial_sd = np.hypot(population["trial_drug_cv"] * by_drug, population["trial_control_cv"] * by_other)
    return -fall + np.hypot(trial_sd, one.error) * rng.standard_normal(len(fall))


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


def crps(draws: Floats, seen: float) -> float:
    """Give the continuous ranked probability score of draws, ``E|X - y| - E|X - X'| / 2``; lower is better."""
    ordered = np.sort(draws)
    count = len(ordered)
    spread = 2.0 * np.sum(ordered * (2.0 * np.arange(1, count + 1) - count - 1.0)) / count**2
    return float(np.mean(np.abs(ordered - seen)) - 0.5 * spread)
