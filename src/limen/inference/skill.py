"""The skill table: every rung of the ladder on studies it was not fitted to, beside simpler forecasts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from limen.inference.crossover_data import crossover_arms
from limen.inference.fitted_arms import Observation, observations
from limen.inference.ladder import Foreseen, carried, climatology, crps, families, family, foresee
from limen.inference.left_out import TRUSTED, without
from limen.inference.likelihood import Likelihood
from limen.inference.rung import LADDER, Rung
from limen.inference.sampler import Chains, Progress, Sampler
from limen.quantities import Floats
from limen.response.parameters import from_scale

COVERED: Final = (10, 90)
RESAMPLES: Final = 2000
SEED: Final = 1
#: Times that a path is doubled at most in a fit of the ladder (ours: a quarter of what the shipped fit may walk).
SHALLOW: Final = 8
#: Draws of the whole fit that are weighed, and of each fit that are judged.
WEIGHED: Final = 2000
JUDGED: Final = 1000
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
    refitted : int
        Groups for which the fit was made anew; the others were read from the whole fit.
    r_hat : float
        The worst of any parameter in any of its fits.
    """

    rung: Rung
    foreseen: tuple[Foreseen, ...]
    refitted: int = 0
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

    The whole fit is weighed anew without the group where its draws allow it, and made anew where they do not. Draws of
    every fit are kept, so that a climb that was broken off goes on where it was.

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
    groups, whole = families(observed), fits.without(None).thinned(WEIGHED, rng)
    of_studies = likelihood.log_likelihood(from_scale(rung.complete(whole)))
    found = []
    for k, group in enumerate(groups):
        own = np.array([family(study) == group for study in likelihood.studies])
        weights, tail = without(of_studies[:, own].sum(axis=1))
        if tail > TRUSTED:
            draws = fits.without(group).thinned(JUDGED, rng)
        else:
            draws = whole[rng.choice(len(whole), size=JUDGED, p=weights)]
        left_out = [one for one in observed if family(one.study) == group]
        found.append(foresee(rung, left_out, draws, rng))
        if tell is not None:
            tell(k + 1, len(groups))
    return RungSkill(rung, tuple(found), len(fits.r_hats) - 1, max(fits.r_hats))


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

    def without(self, group: str | None) -> Chains:
        """Give the chains of the fit without a group of studies; None is the whole fit."""
        name = "whole" if group is None else re.sub(r"\W+", "-", group)
        file = self.kept / f"{self.sampler.rung.id}-{name}.npz"
        if not file.exists():
            studies = [group is None or family(study) != group for study in self.sampler.traced.studies]
            chains = self.sampler.draw(self.seed, kept=np.array(studies, dtype=np.float64))
            self.kept.mkdir(parents=True, exist_ok=True)
            np.savez(self.kept / f"half-{file.name}", visited=chains.visited, divergences=np.array(chains.divergences))
            (self.kept / f"half-{file.name}").replace(file)
        with np.load(file) as had:
            chains = Chains(had["visited"], int(had["divergences"]))
        self.r_hats.append(float(chains.r_hat.max()))
        return chains


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


def skill_table(skills: Sequence[RungSkill], observed: Sequence[Observation], rng: np.random.Generator) -> str:
    """Write both tables as Markdown: the rungs beside one another, and each beside simpler forecasts."""
    lines = [
        "| rung | adds | log score | gain on the one below (SE) | 80 % cover | their width | fitted anew | R-hat |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for below, skill in zip((None, *skills), skills, strict=False):
        lines.append(
            f"| {skill.rung.id} | {skill.rung.says} | {skill.log_score:.1f} | {gain(below, skill)} "
            f"| {100.0 * skill.covered:.0f} % | {skill.width:.1f} | {skill.refitted} of {len(skill.foreseen)} "
            f"| {skill.r_hat:.2f} |"
        )
    lines += ["", "| rung | beside | arm means | CRPS skill (80 %) | log score gained on a mean (SE) |"]
    lines += ["|---|---|---|---|---|"]
    lines += [beside_line(skill, name, observed, rng) for skill in skills for name in BESIDES]
    return "\n".join(lines) + "\n"


def beside_line(skill: RungSkill, name: str, observed: Sequence[Observation], rng: np.random.Generator) -> str:
    """Write one line of the second table."""
    beside = BESIDES[name](observed)
    errors, densities = skill.scores(beside, crps), skill.scores(beside, log_density)
    if not len(errors):
        return f"| {skill.rung.id} | {name} | 0 | - | - |"
    low, middle, high = skill_interval(errors, rng)
    gains = (densities[:, 0] - densities[:, 1])[np.isfinite(densities).all(axis=1)]
    gained = f"{mean_and_error(gains)}, {len(gains)} means"
    return f"| {skill.rung.id} | {name} | {len(errors)} | {middle:.2f} ({low:.2f} to {high:.2f}) | {gained} |"


def mean_and_error(gains: Floats) -> str:
    """Write a mean with its standard error; of fewer than two there is none."""
    return f"{gains.mean():+.2f} ({gains.std(ddof=1) / np.sqrt(len(gains)):.2f})" if len(gains) > 1 else "-"


def gain(below: RungSkill | None, skill: RungSkill) -> str:
    """Write the gain in log score over groups of studies, with its standard error."""
    if below is None:
        return "-"
    pairs = zip(skill.foreseen, below.foreseen, strict=True)
    each = np.array([mine.log_score - theirs.log_score for mine, theirs in pairs])
    return f"{each.sum():+.1f} ({np.sqrt(len(each)) * each.std(ddof=1):.1f})"


def skill_interval(scores: Floats, rng: np.random.Generator) -> tuple[float, float, float]:
    """Give 10, 50 and 90 % of ``1 - CRPS / CRPS of what stands beside`` over resampled arms."""
    rows = rng.integers(0, len(scores), (RESAMPLES, len(scores)))
    sums = scores[rows].sum(axis=1)
    low, high = np.percentile(1.0 - sums[:, 0] / sums[:, 1], COVERED)
    return float(low), float(1.0 - scores[:, 0].sum() / scores[:, 1].sum()), float(high)


def told(done: int, groups: int) -> None:
    """Say how far a rung is."""
    sys.stderr.write(f"{done} of {groups}\n")


def main() -> None:
    """Climb the ladder and write its tables: ``python -m limen.inference.skill FILE KEPT DATA STEPS RUNG...``."""
    file, kept, data, steps, *asked = sys.argv[1:]
    observed = observations() + crossover_arms(Path(data))
    rungs = [rung for rung in LADDER if rung.id in asked or not asked]
    skills = [judge(rung, observed, Path(kept), steps=int(steps), seed=SEED, tell=told) for rung in rungs]
    Path(file).write_text(skill_table(skills, observed, np.random.default_rng(SEED)), encoding="utf-8")


if __name__ == "__main__":
    main()
