"""The skill table: every rung of the ladder on studies it was not fitted to, and their stack, beside simpler forecasts.

``python -m limen.inference.skill_table FILE KEPT DATA STEPS RUNG...`` climbs the ladder and writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from limen.inference.crossover_data import crossover_arms
from limen.inference.fitted_arms import Observation, observations
from limen.inference.ladder import crps
from limen.inference.rung import LADDER
from limen.inference.skill import BESIDES, COVERED, RungSkill, judge, log_density
from limen.inference.stacking import stacked
from limen.quantities import Floats

RESAMPLES: Final = 2000
SEED: Final = 1


def skill_table(skills: Sequence[RungSkill], observed: Sequence[Observation], rng: np.random.Generator) -> str:
    """Write both tables as Markdown: the rungs beside one another, and each beside simpler forecasts."""
    lines = [
        "| rung | adds | log score | gain on the line above (SE) | 80 % cover | width | moved, anew | tail | R-hat |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for below, skill in zip((None, *skills), skills, strict=False):
        lines.append(
            f"| {skill.rung.id} | {skill.rung.says} | {skill.log_score:.1f} | {gain(below, skill)} "
            f"| {100.0 * skill.covered:.0f} % | {skill.width:.1f} "
            f"| {how(skill)} |"
        )
    lines += ["", "| rung | beside | arm means | CRPS skill (80 %) | log score gained on a mean (SE) |"]
    lines += ["|---|---|---|---|---|"]
    lines += [beside_line(skill, name, observed, rng) for skill in skills for name in BESIDES]
    return "\n".join(lines) + "\n"


def how(skill: RungSkill) -> str:
    """Write how a rung was fitted: groups whose draws were moved or fitted anew, heaviest tail, worst R-hat."""
    if not np.isfinite(skill.tail):
        return "- | - | -"
    chains = f"{skill.r_hat:.2f}" if np.isfinite(skill.r_hat) else "as shipped"
    return f"{skill.moved}, {skill.refitted} of {len(skill.foreseen)} | {skill.tail:.2f} | {chains}"


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
    """Give ``1 - CRPS / CRPS of what stands beside`` of all arms between 10 and 90 % of it over resampled ones."""
    rows = rng.integers(0, len(scores), (RESAMPLES, len(scores)))
    sums = scores[rows].sum(axis=1)
    low, high = np.percentile(1.0 - sums[:, 0] / sums[:, 1], COVERED)
    return float(low), float(1.0 - scores[:, 0].sum() / scores[:, 1].sum()), float(high)


def told(done: int, groups: int) -> None:
    """Say how far a rung is."""
    sys.stderr.write(f"{done} of {groups}\n")


def main() -> None:
    """Climb the ladder and write its tables."""
    file, kept, data, steps, *asked = sys.argv[1:]
    observed = observations() + crossover_arms(Path(data))
    rungs = [rung for rung in LADDER if rung.id in asked or not asked]
    skills = [judge(rung, observed, Path(kept), steps=int(steps), seed=SEED, tell=told) for rung in rungs]
    rng = np.random.default_rng(SEED)
    together = [stacked(skills, rng)] if len(skills) > 1 else []
    Path(file).write_text(skill_table([*skills, *together], observed, rng), encoding="utf-8")


if __name__ == "__main__":
    main()
