"""All rungs together: the weights with which they foresee best what they did not see (yao_2018)."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from limen.inference.ladder import Foreseen
from limen.inference.rung import Rung
from limen.inference.skill import JUDGED, RungSkill
from limen.quantities import Floats

#: Steps after which weights no longer change in the digits that are printed.
STEPS: Final = 2000


def stacking_weights(log_scores: Floats) -> Floats:
    """Give the weights under which a mixture of forecasts has the highest log score.

    Parameters
    ----------
    log_scores : Floats
        Of each forecast on each group, shape ``(groups, forecasts)``.

    Returns
    -------
    Floats
        They sum to 1, shape ``(forecasts,)``.
    """
    density = np.exp(log_scores - log_scores.max(axis=1, keepdims=True))
    weights = np.full(density.shape[1], 1.0 / density.shape[1])
    for _ in range(STEPS):
        weights = weights * np.mean(density / (density @ weights)[:, None], axis=0)
    return np.asarray(weights / weights.sum())


def stacked(skills: Sequence[RungSkill], rng: np.random.Generator) -> RungSkill:
    """Judge the stack: each group is foreseen with the weights that the other groups ask for.

    Parameters
    ----------
    skills : Sequence[RungSkill]
        Of the rungs, on the same groups.
    rng : numpy.random.Generator
        Of whose draws are taken.

    Returns
    -------
    RungSkill
        Its rung says the weights of all groups together.
    """
    scores = np.array([[group.log_score for group in skill.foreseen] for skill in skills]).T
    weights = stacking_weights(scores)
    said = ", ".join(f"{skill.rung.id} {weight:.2f}" for skill, weight in zip(skills, weights, strict=True))
    found = []
    for k, groups in enumerate(zip(*(skill.foreseen for skill in skills), strict=True)):
        others = stacking_weights(np.delete(scores, k, axis=0))
        found.append(_mixed(groups, scores[k], others, rng))
    return RungSkill(Rung("stack", said, MappingProxyType({})), tuple(found))


def _mixed(groups: Sequence[Foreseen], scores: Floats, weights: Floats, rng: np.random.Generator) -> Foreseen:
    """Mix what the rungs say of one group."""
    chosen, kept = rng.choice(len(groups), size=JUDGED, p=weights), np.arange(JUDGED)
    score = float(np.logaddexp.reduce(scores + np.log(np.maximum(weights, np.finfo(np.float64).tiny))))
    means = tuple(
        (one, np.stack([group.means[k][1] for group in groups])[chosen, kept])
        for k, (one, _) in enumerate(groups[0].means)
    )
    inert = tuple(np.stack([group.inert[k] for group in groups])[chosen, kept] for k in range(len(groups[0].inert)))
    return Foreseen(groups[0].group, score, means, inert)
