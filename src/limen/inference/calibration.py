"""Simulation-based calibration of the population fit: how often its intervals hold what made the data.

Parameters are drawn from the prior, the fitted numbers are drawn from those parameters, and the fit is run on them.
The rank of the true value among the draws of the fit is then uniform, parameter by parameter (talts_2018).

``python -m limen.inference.calibration FILE KEPT SIMULATIONS STEPS`` writes the table, for the lowest rung on the arms
without a drug: what happens without one asks for no exposure, so that a fit takes seconds, not minutes as the whole.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import binom, chisquare

from limen.inference.fitted_arms import Observation, observations
from limen.inference.fitting import made_by
from limen.inference.likelihood import SAME_TRIAL_CORRELATION, Likelihood
from limen.inference.rung import LADDER, Rung
from limen.inference.sampler import Progress, Sampler
from limen.quantities import Floats, Integers
from limen.response.parameters import NAMES, Population, from_scale

#: Draws kept of each fit, nearly independent.
RANKED: Final = 99
BINS: Final = 5
SEED: Final = 1


@dataclass(frozen=True)
class Calibration:
    """Ranks of the truth.

    Parameters
    ----------
    names : tuple of str
        The parameters.
    ranks : Integers
        0 to `RANKED`, shape ``(simulations, parameters)``.
    """

    names: tuple[str, ...]
    ranks: Integers

    def covered(self, middle: float) -> Floats:
        """Give the share of truths in the middle part of their posterior, shape ``(parameters,)``."""
        low = 0.5 * (1.0 - middle) * (RANKED + 1)
        return np.asarray(np.mean((self.ranks >= low) & (self.ranks < RANKED + 1 - low), axis=0))

    @property
    def uniform(self) -> Floats:
        """P value that the ranks of each parameter are uniform, shape ``(parameters,)``."""
        edges = np.linspace(0, RANKED + 1, BINS + 1)
        return np.array([chisquare(np.histogram(column, edges)[0]).pvalue for column in self.ranks.T])

    def table(self) -> str:
        """Write coverage and the test of uniformity of every parameter as a Markdown table."""
        count = len(self.ranks)
        low, high = (binom.ppf(part, count, 0.8) / count for part in (0.025, 0.975))
        lines = [
            f"{count} simulated data sets. Of 80 % intervals, {low:.0%} to {high:.0%} covering is what chance allows.",
            "",
            "| parameter | 50 % cover | 80 % cover | uniform, p |",
            "|---|---|---|---|",
        ]
        parts = zip(self.names, self.covered(0.5), self.covered(0.8), self.uniform, strict=True)
        lines += [f"| {name} | {half:.0%} | {most:.0%} | {p:.2f} |" for name, half, most, p in parts]
        return "\n".join(lines) + "\n"


def simulated(likelihood: Likelihood, population: Population, rng: np.random.Generator) -> Floats:
    """Draw the fitted numbers from the likelihood itself at one row of parameters, shape ``(observations,)``.

    A response rate is drawn with the weight that the fit gives it, so that the data hold as much as the fit believes.
    """
    expected = likelihood.expected(population)
    fall, by_drug, by_other = (part[0] for part in likelihood.falls_of_means(expected, population))
    error, n = likelihood.column("error"), likelihood.column("n")
    found = np.zeros(len(likelihood.observed))
    for columns, real, sampling in zip(
        likelihood.means.columns, likelihood.means.real, likelihood.means.sampling, strict=True
    ):
        own, count = columns[real], int(real.sum())
        parts = [(population["trial_drug_cv"][0], by_drug[own]), (population["trial_control_cv"][0], by_other[own])]
        spread = sampling[:count, :count] + sum(np.outer(cv * part, cv * part) for cv, part in parts)
        found[own] = -fall[own] + np.linalg.cholesky(spread) @ rng.standard_normal(count)
    log_sd = 0.5 * np.log(likelihood.variances(expected, population)[0]) + error * rng.standard_normal(len(found))
    chance = likelihood.response_chances(expected, population)[0]
    people = np.maximum(1, np.round(error * n / (1.0 + (n - 1.0) * SAME_TRIAL_CORRELATION))).astype(np.int64)
    rate = rng.binomial(people, chance) / people
    return np.where(likelihood.kind("sd"), log_sd, np.where(likelihood.kind("response"), rate, found))


def without_drug() -> tuple[Observation, ...]:
    """Give the fitted numbers of arms without a drug."""
    return tuple(one for one in observations() if not one.drug)


def calibrate(
    rung: Rung,
    observed: tuple[Observation, ...],
    kept: Path,
    *,
    simulations: int,
    steps: int,
    seed: int,
    tell: Progress | None = None,
) -> Calibration:
    """Run the calibration.

    Parameters
    ----------
    rung : Rung
        Which model.
    observed : tuple of Observation
        What is fitted; its values are replaced by simulated ones.
    kept : Path
        File of the ranks so far, with which a run that was broken off goes on.
    simulations : int
        How many data sets.
    steps : int
        Steps of each chain of a fit, and as many to warm up.
    seed : int
        Of the chance.
    tell : callable, optional
        Called after each fit.

    Returns
    -------
    Calibration
    """
    likelihood, of = Likelihood(observed), f"{rung.id} {made_by(observed, seed, steps)}"
    ranks = ranks_of(kept, of)
    sampler = Sampler(rung, likelihood, warmup=steps, steps=steps)
    for k in range(len(ranks), simulations):
        rng = np.random.default_rng([seed, k])
        truth = rung.centre + rung.spread * rng.standard_normal(len(rung.free))
        values = simulated(likelihood, from_scale(rung.complete(truth[None])), rng)
        draws = sampler.draw(seed + k, values=values).thinned(RANKED, rng)
        ranks.append(np.sum(draws < truth, axis=0))
        with kept.open("wb") as file:
            np.savez(file, ranks=np.array(ranks), of=np.array(of))
        if tell is not None:
            tell(k + 1, simulations)
    return Calibration(tuple(NAMES[k] for k in rung.free), np.array(ranks))


def ranks_of(kept: Path, of: str) -> list[Integers]:
    """Give the ranks that a file holds; none where it is not there or of another rung, seed, steps or tables."""
    if not kept.exists():
        return []
    with kept.open("rb") as file:
        had = np.load(file)
        same = isinstance(had, np.lib.npyio.NpzFile) and str(had["of"]) == of
        return list(had["ranks"]) if same else []


def told(done: int, simulations: int) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{done} of {simulations}\n")


def main() -> None:
    """Run the calibration and write its table."""
    file, kept, simulations, steps = sys.argv[1:]
    found = calibrate(
        LADDER[0], without_drug(), Path(kept), simulations=int(simulations), steps=int(steps), seed=SEED, tell=told
    )
    Path(file).write_text(found.table(), encoding="utf-8")


if __name__ == "__main__":
    main()
