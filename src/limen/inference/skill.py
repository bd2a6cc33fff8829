"""The skill of a rung of the ladder on studies it was not fitted to, and the simpler forecasts it stands beside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from limen.inference.fitted_arms import Observation
from limen.inference.fitting import SHIPPED, made_by
from limen.inference.ladder import Foreseen, carried, climatology, families, family, foresee
from limen.inference.left_out import Densities, led_without, trusted
from limen.inference.likelihood import Likelihood
from limen.inference.rung import Rung
from limen.inference.sampler import Chains, Progress, Sampler
from limen.quantities import Booleans, Floats
from limen.response.parameters import from_scale, shipped_on_scale

COVERED: Final = (10, 90)
#: Times that a path is doubled at most in a fit of the ladder (ours: a quarter of what the shipped fit may walk).
SHALLOW: Final = 8
#: Draws of each fit that are judged.
JUDGED: Final = 2000
#: Fewest earlier means from which a spread is taken (ours).
FEWEST: Final = 3

Forecast = Floats


@dataclass(frozen=True)
class RungSkill:
    """How one rung did.

    Parameters
    ----------
    rung : Rung
        Which.
    foreseen : tuple of Foreseen
        One a group of studies.
    moved, refitted : int
        Groups for which draws of the whole fit were moved, or the fit was made anew; for the others they were weighed.
    tail : float
        The heaviest tail of weights that was trusted.
    r_hat : float
        The worst of any parameter in any of its fits; NaN where only the shipped fit was needed.
    """

    rung: Rung
    foreseen: tuple[Foreseen, ...]
    moved: int = 0
    refitted: int = 0
    tail: float = np.nan
    r_hat: float = np.nan

    @property
    def log_score(self) -> float:
        """Summed over groups."""
        return sum(one.log_score for one in self.foreseen)

    @property
    def means(self) -> tuple[tuple[Observation, Forecast, Forecast], ...]:
        """Every arm mean with draws of what was foreseen, and of what a drug that does nothing would show."""
        return tuple(
            (one, draws, inert)
            for group in self.foreseen
            for (one, draws), inert in zip(group.means, group.inert, strict=True)
            if one.kind == "mean"
        )

    def scores(self, beside: Beside, score: Callable[[Forecast, float], float]) -> Floats:
        """Score the rung and what stands beside it on the arm means that both foresee, shape ``(means, 2)``."""
        found = [
            (score(draws, one.value), score(other, one.value))
            for one, draws, inert in self.means
            if (other := beside(one, inert)) is not None
        ]
        return np.array(found).reshape(-1, 2)

    @property
    def covered(self) -> float:
        """Share of the arm means within the middle 80 of 100 of what was foreseen."""
        inside = [
            low <= one.value <= high for one, draws, _ in self.means for low, high in [np.percentile(draws, COVERED)]
        ]
        return float(np.mean(inside))

    @property
    def width(self) -> float:
        """Mean width of the middle 80 of 100 of what was foreseen of an arm mean, points."""
        return float(np.mean([np.ptp(np.percentile(draws, COVERED)) for _, draws, _ in self.means]))


Beside = Callable[[Observation, Forecast], Forecast | None]


def judge(
    rung: Rung, observed: Sequence[Observation], kept: Path, *, steps: int, seed: int, tell: Progress | None = None
) -> RungSkill:
    """Judge a rung on each group of studies by what it says without them.

    The whole fit is weighed anew without the group, its draws are moved where weights alone do not do, and the fit is
    made anew where moving does not do either. Draws of every fit are kept, so that a climb that was broken off goes on
    where it was; the whole fit of the shipped rung is the posterior that ships.

    Parameters
    ----------
    rung : Rung
        Which.
    observed : Sequence[Observation]
        All that is fitted.
    kept : Path
        Folder of the fits.
    steps : int
        Of each chain, as many again to warm up.
    seed : int
        Of the chance.
    tell : callable, optional
        Called after each group.

    Returns
    -------
    RungSkill
    """
    likelihood, rng = Likelihood(tuple(observed)), np.random.default_rng(seed)
    fits = Fits(Sampler(rung, likelihood, warmup=steps, steps=steps, depth=SHALLOW), kept, seed)
    groups = families(observed)
    whole = shipped_on_scale() if rung is SHIPPED else fits.without(None).all_draws
    at_start = log_densities(rung, likelihood, whole)
    found, tails, moved, refitted = [], [], 0, 0
    for k, group in enumerate(groups):
        own = np.array([family(study) == group for study in likelihood.studies])
        led = led_without(whole, densities_of(rung, likelihood, own), parted(at_start, own))
        if led.shape > trusted(len(whole)):
            draws, refitted = fits.without(group).thinned(JUDGED, rng), refitted + 1
        else:
            draws = led.draws[rng.choice(len(led.draws), size=JUDGED, p=led.weights)]
            tails.append(led.shape)
            moved += bool(led.moves)
        left_out = [one for one in observed if family(one.study) == group]
        found.append(foresee(rung, left_out, draws, rng))
        if tell is not None:
            tell(k + 1, len(groups))
    return RungSkill(rung, tuple(found), moved, refitted, max(tails, default=np.nan), max(fits.r_hats, default=np.nan))


def log_densities(rung: Rung, likelihood: Likelihood, free: Floats) -> tuple[Floats, Floats]:
    """Give log prior and log likelihood of each study, shapes ``(draws,)`` and ``(draws, studies)``, of any draws."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # draws that were moved too far
        of_studies = likelihood.log_likelihood(from_scale(rung.complete(free)))
    return -0.5 * np.sum(((free - rung.centre) / rung.spread) ** 2, axis=1), of_studies


def parted(found: tuple[Floats, Floats], own: Booleans) -> tuple[Floats, Floats]:
    """Give log density of the whole fit, and of the group of `own` studies, shape ``(draws,)`` each."""
    prior, of_studies = found
    return prior + of_studies.sum(axis=1), of_studies[:, own].sum(axis=1)


def densities_of(rung: Rung, likelihood: Likelihood, own: Booleans) -> Densities:
    """Give what `led_without` asks of draws of a rung, for the group of `own` studies, shape ``(studies,)``."""
    return lambda free: parted(log_densities(rung, likelihood, free), own)


@dataclass
class Fits:
    """The fits of one rung, each made once and kept.

    Parameters
    ----------
    sampler : Sampler
        Of the rung.
    kept : Path
        Folder.
    seed : int
        Of the chance.
    r_hats : list of float
        The worst of each fit that was asked for.
    """

    sampler: Sampler
    kept: Path
    seed: int
    r_hats: list[float] = field(default_factory=list)

    @cached_property
    def made_by(self) -> str:
        """What decides its numbers: a kept fit of anything else is made anew."""
        return made_by(self.sampler.traced.observed, self.seed, self.sampler.steps)

    def without(self, group: str | None) -> Chains:
        """Give the chains of the fit without a group of studies; None is the whole fit."""
        name = "whole" if group is None else re.sub(r"\W+", "-", group)
        file = self.kept / f"{self.sampler.rung.id}-{name}.npz"
        had = self._had(file)
        if had is None:
            studies = [group is None or family(study) != group for study in self.sampler.traced.studies]
            had = self.sampler.draw(self.seed, kept=np.array(studies, dtype=np.float64))
            self._keep(file, had)
        self.r_hats.append(float(had.r_hat.max()))
        return had

    def _had(self, file: Path) -> Chains | None:
        """Give the chains of a file; None where it is not there or of other steps, seed, tables or formulas."""
        if not file.exists():
            return None
        with np.load(file) as had:
            same = "made_by" in had and str(had["made_by"]) == self.made_by
            return Chains(had["visited"], int(had["divergences"])) if same else None

    def _keep(self, file: Path, chains: Chains) -> None:
        self.kept.mkdir(parents=True, exist_ok=True)
        half = self.kept / f"half-{file.name}"
        divergences = np.array(chains.divergences)
        np.savez(half, visited=chains.visited, divergences=divergences, made_by=np.array(self.made_by))
        half.replace(file)


def from_climatology(observed: Sequence[Observation]) -> Beside:
    """Give what other trials with the same kind of control showed."""
    return lambda one, _: climatology(one, observed)


def from_inert(_: Sequence[Observation]) -> Beside:
    """Give what the same fit foresees of a drug that does nothing, for arms with a drug."""
    return lambda one, inert: inert if one.drug else None


def from_before(observed: Sequence[Observation]) -> Beside:
    """Carry an arm's last earlier mean forward, with the changes between two means seen in other groups around it."""
    pairs = [(one, before) for one in observed if one.kind == "mean" and (before := carried(one, observed)) is not None]

    def beside(one: Observation, _: Forecast) -> Forecast | None:
        before = carried(one, observed)
        changes = [late.value - early.value for late, early in pairs if family(late.study) != family(one.study)]
        return None if before is None else before.value + np.array(changes)

    return beside


def log_density(draws: Forecast, seen: float) -> float:
    """Give the log of the normal density with the mean and the spread of draws; NaN of fewer than `FEWEST`."""
    if len(draws) < FEWEST:
        return np.nan
    spread = float(draws.std(ddof=1))
    return float(-0.5 * ((seen - draws.mean()) / spread) ** 2 - np.log(spread * np.sqrt(2.0 * np.pi)))


BESIDES: Final = {
    "climatology by control type": from_climatology,
    "a drug that does nothing": from_inert,
    "the arm's earlier mean": from_before,
}
