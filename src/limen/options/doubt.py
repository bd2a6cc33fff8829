"""What the doubt of an option is made of, and which options differ by more than the doubt.

Two options are compared in the same people: the difference in each draw, with its spread over persons, parameters and
models, under the default joints and under every other side of every joint. The bands of two options overlap whenever
people differ from each other; that says nothing about which of the two would do more for one of them.

A difference is separated by the data where the middle 80 of 100 of it leave 0 out, its mean is at least the error of
one rating (less would not be seen in this person), and both options lie within what was fitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.inference.prediction import mood_basis
from limen.options.looking import Look
from limen.options.outcome import DIGITS, Outcome
from limen.quantities import Floats

Json = dict[str, Any]

#: Draws of the pool, a tenth of them from each end (ours: the end of a band is then known to a fiftieth of its width).
POOLED: Final = 2000
ENDS_AT: Final = [POOLED // 10, POOLED - POOLED // 10 - 1]
#: Up to so many options every pair is listed (ours: more would bury the answer).
FEW_OPTIONS: Final = 12
#: Points below which two options do the same: that is rounding.
SAME_POINTS: Final = 1e-12
#: Share of the largest below which a direction of the predictors is none: they are counted once.
LEAST_SQUARE: Final = 1e-8
#: Weight of the default joints where all sides are pooled; the other sides share the rest (ours).
DEFAULT_SHARE: Final = 0.5


@dataclass(frozen=True)
class Sides:
    """The benefit of every option under every side of every joint.

    Parameters
    ----------
    default : tuple of Outcome
        Under the joints of the case.
    same : tuple of Outcome
        The same in some of the people.
    others : Mapping
        By side, such as ``"J7=cut"``: outcomes of the same options, in those people.
    """

    default: tuple[Outcome, ...]
    same: tuple[Outcome, ...]
    others: Mapping[str, tuple[Outcome, ...]]

    def everywhere(self) -> Iterator[tuple[float, tuple[Outcome, ...]]]:
        """Yield each side with its share where all are pooled."""
        yield (DEFAULT_SHARE if self.others else 1.0), self.default
        for outcomes in self.others.values():
            yield (1.0 - DEFAULT_SHARE) / len(self.others), outcomes


@dataclass(frozen=True)
class Separation:
    """What a difference must pass to be separated by the data.

    Parameters
    ----------
    least_points : float
        Error of one rating, points.
    within_data : bool
        Whether both options lie within what was fitted.
    """

    least_points: float
    within_data: bool

    def holds(self, low: float, mean: float, high: float) -> bool:
        """Tell it of the mean and the middle 80 of 100 of a difference."""
        return self.within_data and (low > 0.0 or high < 0.0) and abs(mean) >= self.least_points


def pooled(sides: Sides, rng: np.random.Generator) -> Floats:
    """Draw the benefit of every option from all sides of all joints, in the same people, alike in weight.

    Returns
    -------
    Floats
        Points, shape ``(options, horizons, draws)``; an option whose benefit is not known holds zeros.
    """
    parts = []
    for share, outcomes in sides.everywhere():
        weights, count = outcomes[0].weights, round(share * POOLED)
        places = (np.arange(count) + rng.random()) / count
        rows = np.searchsorted(np.cumsum(weights), places).clip(max=len(weights) - 1)
        parts.append(
            np.stack(
                [one.benefit[rows].T if one.known else np.zeros((one.benefit.shape[1], count)) for one in outcomes]
            )
        )
    return np.concatenate(parts, axis=2)


def differences(sides: Sides, benefit: Floats) -> list[Json]:
    """Compare options two by two in the same people.

    Parameters
    ----------
    sides : Sides
        Every option under every side.
    benefit : Floats
        As `pooled` gives it, shape ``(options, horizons, draws)``.

    Returns
    -------
    list of dict
        ``options``, their places in the list, and for each horizon by how many points the first does more: ``mean``,
        ``p10``, ``p90``, ``chance_more``, and whether it is ``separated`` by the data. Where there are many options
        only neighbours, the comparisons with the options without drug, and what is separated are listed.
    """
    known = [k for k, one in enumerate(sides.default) if one.known]
    pairs = [(i, j) for place, j in enumerate(known) for i in known[place + 1 :]]
    if not pairs:
        return []
    within = [mood_basis(one.candidate.after(one.case)) == "data" for one in sides.default]
    least = rating_error(sides)
    found = []
    for i, j in pairs:
        near = i - j == 1 or not sides.default[j].candidate.is_dose or len(known) <= FEW_OPTIONS
        if not near and not (within[i] and within[j]):
            continue
        told = summary(benefit[i] - benefit[j], Separation(least, within[i] and within[j]))
        if near or any(one["separated"] for one in told):
            found.append({"options": [i, j], "difference": told})
    return found


def rating_error(sides: Sides) -> float:
    """Give the SD of one rating of this person, points."""
    one = sides.default[0]
    return float(one.weights @ one.look.chances.people.rating_sd)


def summary(values: Floats, rule: Separation) -> list[Json]:
    """Summarise a difference at each horizon, shape ``(horizons, draws)``."""
    values = np.where(np.abs(values) < SAME_POINTS, 0.0, values)
    low, high = np.partition(values, ENDS_AT, axis=1)[:, ENDS_AT].T
    mean = values.mean(axis=1)
    more = np.mean(values > 0.0, axis=1) + 0.5 * np.mean(values == 0.0, axis=1)
    return [
        {
            "mean": round(float(mean[h]), DIGITS),
            "p10": round(float(low[h]), DIGITS),
            "p90": round(float(high[h]), DIGITS),
            "chance_more": round(float(more[h]), DIGITS),
            "separated": rule.holds(float(low[h]), float(mean[h]), float(high[h])),
        }
        for h in range(len(values))
    ]


@dataclass(frozen=True)
class Predictors:
    """What all people share, made orthogonal by weight, so that a share of variance is a sum of squares.

    Parameters
    ----------
    weights : Floats
        Of the draws, shape ``(draws,)``.
    parameters, models : Floats
        Orthonormal columns of the root of the weights: the constant and the parameters; these and the models.
    """

    weights: Floats
    parameters: Floats
    models: Floats

    def explained(self, values: Floats, columns: Floats) -> Floats:
        """Give the share of the variance that a straight line in the predictors explains, less what chance gives.

        `values` has shape ``(draws, horizons)``, and what is given ``(horizons,)``.
        """
        total = variance(values, self.weights)
        free = 1.0 / float(np.sum(self.weights**2)) - columns.shape[1]
        if free <= 0.0:
            return np.zeros_like(total)
        centred = np.sqrt(self.weights)[:, None] * (values - self.weights @ values)
        rest = np.maximum(total - np.sum((columns.T @ centred) ** 2, axis=0), 0.0)
        left = np.divide(rest, total, out=np.ones_like(total), where=total > 0.0)
        return np.asarray(np.maximum(0.0, 1.0 - left * (free + columns.shape[1] - 1.0) / free))


def predictors(look: Look) -> Predictors:
    """Gather what all people share: the population's parameters, potency, binding, delays; and the kinetic models."""
    root = np.sqrt(look.weights)[:, None]
    constant = np.ones((len(root), 1))
    parameters = np.column_stack([constant, parameter_columns(look)])
    both = np.column_stack([parameters, *member_columns(look)])
    return Predictors(look.weights, *(basis(root * one) for one in (parameters, both)))


def basis(columns: Floats) -> Floats:
    """Give an orthonormal basis of what columns span, shape ``(draws, rank)``; some of them say the same."""
    alike = columns / np.linalg.norm(columns, axis=0)
    squares, turned = np.linalg.eigh(alike.T @ alike)
    kept = squares > LEAST_SQUARE * squares[-1]
    return np.asarray(alike @ turned[:, kept] / np.sqrt(squares[kept]))


def shares(sides: Sides, k: int, found: Predictors) -> list[Json]:
    """Split the doubt of one option at each horizon into person, parameters, models and joints, which add to 1.

    Returns
    -------
    list of dict
        One a horizon: variance explained by the parameters, by the kinetic model beside them, by the side of each
        joint, and the rest, which is the person (and the trial such a person would be in).
    """
    values, between = sides.default[k].benefit, joint_variance(sides, k)
    total = variance(values, found.weights)
    by_parameters = found.explained(values, found.parameters)
    by_both = np.maximum(found.explained(values, found.models), by_parameters)
    parts = {
        "person": total * (1.0 - by_both),
        "parameters": total * by_parameters,
        "models": total * (by_both - by_parameters),
        "joints": between,
    }
    whole = np.sum(list(parts.values()), axis=0)
    of_one = {name: (part / np.where(whole > 0.0, whole, 1.0)).tolist() for name, part in parts.items()}
    return [{name: round(part[h], DIGITS) for name, part in of_one.items()} for h in range(len(whole))]


def variance(values: Floats, weights: Floats) -> Floats:
    """Give the weighted variance of each column, shape ``(columns,)``."""
    return np.asarray(weights @ (values - weights @ values) ** 2)


def joint_variance(sides: Sides, k: int) -> Floats:
    """Give the variance of the mean benefit over the sides of each joint, taken alike, summed over joints."""
    default = sides.same[k].weights @ sides.same[k].benefit
    by_joint: dict[str, list[Floats]] = {}
    for name, outcomes in sides.others.items():
        by_joint.setdefault(name.partition("=")[0], [default]).append(outcomes[k].weights @ outcomes[k].benefit)
    each = [np.var(np.stack(means), axis=0) for means in by_joint.values()]
    return np.asarray(np.sum(each, axis=0) + np.zeros_like(default))


def parameter_columns(look: Look) -> Floats:
    """Give what all people share as each draw takes it: the population's parameters, potency, binding and delay."""
    chances = look.chances
    own = [chances.population[name] for name in chances.population]
    own += [*chances.potency.ic50_um.values(), chances.potency.fu_unbound]
    own += [chances.brain_half_life_min, chances.glutamate_crossing]
    logs = np.log(np.maximum(np.stack(own, axis=1), np.finfo(np.float64).tiny))
    return logs[:, np.ptp(logs, axis=0) > 0.0]


def member_columns(look: Look) -> list[Floats]:
    """Give for each kinetic model but one of each way in 1 in its draws and else 0, shape ``(draws,)`` each."""
    member = look.particles.member
    return [(member[:, k] == m).astype(np.float64) for k in range(member.shape[1]) for m in np.unique(member[:, k])[1:]]
