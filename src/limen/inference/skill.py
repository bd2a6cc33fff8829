"""The skill table: every rung of the ladder on studies it was not fitted to, beside climatology."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.inference.fitted_arms import Observation
from limen.inference.ladder import Foreseen, climatology, crps, families, family, foresee
from limen.inference.likelihood import Likelihood
from limen.inference.rung import LADDER, Rung
from limen.inference.sampler import Progress, Sampler
from limen.quantities import Floats

COVERED: Final = (10, 90)
RESAMPLES: Final = 2000


@dataclass(frozen=True)
class RungSkill:
    """How one rung did.

    Parameters
    ----------
    rung : Rung
        Which.
    foreseen : tuple of Foreseen
        One a group of studies.
    """

    rung: Rung
    foreseen: tuple[Foreseen, ...]

    @property
    def log_score(self) -> float:
        """Summed over groups."""
        return sum(one.log_score for one in self.foreseen)

    def scores(self, observed: Sequence[Observation]) -> Floats:
        """Give CRPS of the rung and of climatology for every arm mean, points, shape ``(means, 2)``."""
        return np.array(
            [
                (crps(draws, one.value), crps(climatology(one, observed), one.value))
                for group in self.foreseen
                for one, draws in group.means
                if one.kind == "mean"
            ]
        )

    @property
    def covered(self) -> float:
        """Share of the arm means within the middle 80 of 100 of what was foreseen."""
        inside = [
            low <= one.value <= high
            for group in self.foreseen
            for one, draws in group.means
            if one.kind == "mean"
            for low, high in [np.percentile(draws, COVERED)]
        ]
        return float(np.mean(inside))


def judge(
    rung: Rung, observed: Sequence[Observation], *, steps: int, seed: int, tell: Progress | None = None
) -> RungSkill:
    """Fit a rung without each group of studies in turn, and judge it on the group.

    Parameters
    ----------
    rung : Rung
        Which.
    observed : Sequence[Observation]
        All that is fitted.
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
    sampler, groups = Sampler(rung, likelihood, warmup=steps, steps=steps), families(observed)
    found = []
    for k, group in enumerate(groups):
        kept = np.array([float(family(study) != group) for study in likelihood.studies])
        chains = sampler.draw(seed + k, kept=kept)
        left_out = [one for one in observed if family(one.study) == group]
        found.append(foresee(rung, left_out, chains.thinned(1000, rng), rng))
        if tell is not None:
            tell(k + 1, len(groups))
    return RungSkill(rung, tuple(found))


def climb(
    observed: Sequence[Observation], *, steps: int, seed: int, tell: Progress | None = None
) -> Iterator[RungSkill]:
    """Yield the skill of every rung, lowest first."""
    for rung in LADDER:
        yield judge(rung, observed, steps=steps, seed=seed, tell=tell)


def skill_table(skills: Sequence[RungSkill], observed: Sequence[Observation], rng: np.random.Generator) -> str:
    """Write the table as Markdown: log score, its gain on the rung below, CRPS skill with its interval, coverage."""
    lines = [
        "| rung | adds | log score | gain on the one below (SE) | CRPS skill on climatology (80 %) | 80 % cover |",
        "|---|---|---|---|---|---|",
    ]
    for below, skill in zip((None, *skills), skills, strict=False):
        low, middle, high = skill_interval(skill.scores(observed), rng)
        lines.append(
            f"| {skill.rung.id} | {skill.rung.says} | {skill.log_score:.1f} | {gain(below, skill)} "
            f"| {middle:.2f} ({low:.2f} to {high:.2f}) | {100.0 * skill.covered:.0f} % |"
        )
    return "\n".join(lines) + "\n"


def gain(below: RungSkill | None, skill: RungSkill) -> str:
    """Write the gain in log score over groups of studies, with its standard error."""
    if below is None:
        return "-"
    pairs = zip(skill.foreseen, below.foreseen, strict=True)
    each = np.array([mine.log_score - theirs.log_score for mine, theirs in pairs])
    return f"{each.sum():+.1f} ({np.sqrt(len(each)) * each.std(ddof=1):.1f})"


def skill_interval(scores: Floats, rng: np.random.Generator) -> tuple[float, float, float]:
    """Give 10, 50 and 90 % of ``1 - CRPS / CRPS of climatology`` over resampled arms."""
    rows = rng.integers(0, len(scores), (RESAMPLES, len(scores)))
    sums = scores[rows].sum(axis=1)
    low, high = np.percentile(1.0 - sums[:, 0] / sums[:, 1], COVERED)
    return float(low), float(1.0 - scores[:, 0].sum() / scores[:, 1].sum()), float(high)
