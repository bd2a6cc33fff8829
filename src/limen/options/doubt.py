"""What the doubt of an option is made of, and which options differ by more than the doubt.

Two options are compared in the same people: the difference in each draw, with its spread over persons, parameters and
models, under the default joints and under every other side of every joint. The bands of two options overlap whenever
people differ from each other; that says nothing about which of the two would do more for one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.options.looking import Look
from limen.options.outcome import DIGITS, Outcome, quantiles, spread
from limen.quantities import Floats

Json = dict[str, Any]

#: A difference of less than this is not told apart by one rating, points (ours: the step of the scale).
LEAST_DIFFERENCE: Final = 1.0
#: Weight of the default joints where all sides are pooled; the other sides share the rest (ours).
DEFAULT_SHARE: Final = 0.5
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Sides:
    """The benefit of every option under every side of every joint.

    Parameters
    ----------
    default : tuple of Outcome
        Under the joints of the case.
    others : Mapping
        By side, such as ``"J7=cut"``: outcomes of the same options, in some of the same people.
    """

    default: tuple[Outcome, ...]
    others: Mapping[str, tuple[Outcome, ...]]

    def everywhere(self) -> Iterator[tuple[float, tuple[Outcome, ...]]]:
        """Yield each side with its share where all are pooled."""
        yield (DEFAULT_SHARE if self.others else 1.0), self.default
        for outcomes in self.others.values():
            yield (1.0 - DEFAULT_SHARE) / len(self.others), outcomes


def difference(sides: Sides, i: int, j: int) -> list[Json]:
    """Compare option `i` with option `j` in the same people, at each horizon: by how many points more it does.

    Returns
    -------
    list of dict
        ``mean``, ``p10`` and ``p90`` over persons, parameters, models and joints, ``chance_more`` that it does more,
        and ``separated``: True where the middle 80 of 100 leave 0 out and the mean is at least a point.
    """
    values, weights = pooled(sides, i, j)
    return [told(values[:, k], weights) for k in range(values.shape[1])]


def pooled(sides: Sides, i: int, j: int) -> tuple[Floats, Floats]:
    """Give the differences of all draws under all sides, ``(n, horizons)``, with their weights, ``(n,)``."""
    values, weights = [], []
    for share, outcomes in sides.everywhere():
        values.append(outcomes[i].benefit - outcomes[j].benefit)
        weights.append(share * outcomes[i].weights)
    return np.concatenate(values), np.concatenate(weights)


def told(values: Floats, weights: Floats) -> Json:
    """Summarise one difference, shape ``(n,)``."""
    found = spread(values, weights)
    one_sided = found["p10"] > 0.0 or found["p90"] < 0.0
    more = weights @ (values > 0.0) + 0.5 * (weights @ (values == 0.0))
    return found | {
        "chance_more": round(float(more), DIGITS),
        "separated": bool(one_sided and abs(found["mean"]) >= LEAST_DIFFERENCE),
    }


def differences(sides: Sides) -> list[Json]:
    """Compare every two options whose benefit is known; ``options`` are their places in the list."""
    known = [k for k, one in enumerate(sides.default) if one.known]
    return [
        {"options": [j, i], "difference": difference(sides, j, i)}
        for place, i in enumerate(known)
        for j in known[place + 1 :]
    ]


def shares(sides: Sides, k: int, predictors: Floats, members: Sequence[Floats]) -> list[Json]:
    """Split the doubt of one option at each horizon into person, parameters, models and joints, which add to 1.

    Parameters
    ----------
    sides : Sides
        All outcomes.
    k : int
        Which option.
    predictors : Floats
        Parameters that all people share, as `parameter_columns` gives them, shape ``(draws, parameters)``.
    members : Sequence of Floats
        For each kinetic model 1 in its draws and else 0, shape ``(draws,)`` each.

    Returns
    -------
    list of dict
        One a horizon: variance explained by the parameters, by the kinetic model beside them, by the joint's side, and
        the rest, which is the person (and the trial such a person would be in).
    """
    default = sides.default[k]
    between = joint_variance(sides, k)
    rows = []
    for h, column in enumerate(default.benefit.T):
        weights = default.weights
        total = variance(column, weights)
        by_parameters = explained(column, weights, predictors)
        by_both = explained(column, weights, np.column_stack([predictors, *members[1:]]))
        parts = {
            "person": total * (1.0 - max(by_both, by_parameters)),
            "parameters": total * by_parameters,
            "models": total * max(by_both - by_parameters, 0.0),
            "joints": between[h],
        }
        whole = sum(parts.values()) or 1.0
        rows.append({name: round(part / whole, DIGITS) for name, part in parts.items()})
    return rows


def variance(values: Floats, weights: Floats) -> float:
    """Give the weighted variance, shape ``(draws,)``."""
    return float(weights @ (values - weights @ values) ** 2)


def explained(values: Floats, weights: Floats, predictors: Floats) -> float:
    """Give the share of the variance that a straight line in the predictors explains, corrected for their number."""
    total = variance(values, weights)
    if total <= 0.0:
        return 0.0
    root = np.sqrt(weights)[:, None]
    design = np.column_stack([np.ones(len(values)), predictors]) * root
    fitted, *_ = np.linalg.lstsq(design, values * root[:, 0], rcond=None)
    rest = float(np.sum((values * root[:, 0] - design @ fitted) ** 2))
    people = 1.0 / float(np.sum(weights**2))
    free = people - predictors.shape[1] - 1.0
    return max(0.0, 1.0 - (rest / total) * (people - 1.0) / free) if free > 0.0 else 0.0


def joint_variance(sides: Sides, k: int) -> Floats:
    """Give the variance of the mean benefit over the sides of each joint, taken alike, summed over joints."""
    default = sides.default[k].weights @ sides.default[k].benefit
    by_joint: dict[str, list[Floats]] = {}
    for name, outcomes in sides.others.items():
        by_joint.setdefault(name.partition("=")[0], [default]).append(outcomes[k].weights @ outcomes[k].benefit)
    return np.sum([np.var(np.stack(means), axis=0) for means in by_joint.values()], axis=0) + np.zeros_like(default)


def parameter_columns(look: Look) -> Floats:
    """Give what all people share as each draw takes it: the population's parameters, potency, binding and delay."""
    chances = look.chances
    own = [chances.population[name] for name in chances.population]
    own += [*chances.potency.ic50_um.values(), chances.potency.fu_unbound]
    own += [chances.brain_half_life_min, chances.glutamate_crossing]
    logs = np.log(np.maximum(np.stack(own, axis=1), np.finfo(np.float64).tiny))
    return logs[:, np.ptp(logs, axis=0) > 0.0]


def member_columns(look: Look) -> list[Floats]:
    """Give for each kinetic model 1 in its draws and else 0, shape ``(draws,)`` each."""
    found, member = [], look.particles.member
    for k in range(member.shape[1]):
        for m in np.unique(member[:, k])[1 if k else 0 :]:
            found.append((member[:, k] == m).astype(np.float64))
    return found or [np.ones(len(member))]


def band(values: Floats, weights: Floats) -> list[float]:
    """Give the middle 80 of 100 of values of shape ``(draws,)``."""
    return quantiles(values, weights, (LOW, HIGH))
