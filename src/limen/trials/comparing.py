"""The test of one virtual trial after another: two arms, the pairs of a crossover, or benefit on dissociation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError
from limen.trials.designs import Endpoint
from limen.trials.moments import Fitted, fit, pooled, running
from limen.trials.observed import SeenArm
from limen.trials.rules import Rule
from limen.trials.spec import TrialSpec

#: Columns 1 and arm of a comparison of two arms.
OF_ARM: Final = 1
#: Columns 1, arm and CADSS of a slope.
OF_CADSS: Final = 2


@dataclass(frozen=True)
class Comparison:
    """One comparison in many virtual trials.

    Parameters
    ----------
    moments : tuple of Floats
        Running moments of each group, shape ``(imputations, trials, people + 1, p + 1, p + 1)`` each.
    planned : tuple of int
        Planned people of each group.
    tested : int
        Column of the coefficient.
    sign : float
        1 where a larger coefficient favours the first arm, else -1.
    """

    moments: tuple[Floats, ...]
    planned: tuple[int, ...]
    tested: int
    sign: float

    def sizes(self, share: float) -> tuple[int, ...]:
        """Give the people of each group at a share of the planned ones."""
        return tuple(
            min(round(share * n), len(one[0, 0]) - 1) for n, one in zip(self.planned, self.moments, strict=True)
        )

    def between(self, low: Sequence[int], high: Sequence[int]) -> Fitted:
        """Fit the people after the first `low` up to `high` of each group; arrays of shape ``(trials,)``."""
        parts = [one[:, :, b] - one[:, :, a] for one, a, b in zip(self.moments, low, high, strict=True)]
        return pooled(fit(np.sum(parts, axis=0), self.tested))

    def at(self, share: float) -> Fitted:
        """Fit the people up to a share of the planned ones; arrays of shape ``(trials,)``."""
        return self.between([0] * len(self.planned), self.sizes(share))

    def at_each(self, people: Sequence[np.typing.NDArray[np.int64]], low: Sequence[int] | None = None) -> Fitted:
        """Fit another number of people in each trial; `people` has shape ``(trials,)`` for each group."""
        before = [0] * len(self.planned) if low is None else low
        row = np.arange(self.moments[0].shape[1])
        parts = [one[:, row, b] - one[:, :, a] for one, a, b in zip(self.moments, before, people, strict=True)]
        return pooled(fit(np.sum(parts, axis=0), self.tested))


def outcome(spec: TrialSpec, endpoint: Endpoint, seen: SeenArm) -> Floats:
    """Give what each person is compared by, shape ``(imputations, trials, people)``; NaN where it is not seen.

    Whoever is not seen has not responded and is not in remission; a change is then not known. Of a crossover only
    complete pairs count: see `_pairs`.
    """
    column = spec.times_days.index(endpoint.at_day)
    score = seen.filled[..., column]
    if endpoint.measure in {"change", "mediation"}:
        return score - seen.baseline
    rule: Rule = spec.response_rule if endpoint.measure == "response" else spec.remission_rule
    baseline = np.broadcast_to(seen.baseline, score.shape).reshape(-1)
    return rule.holds(score.reshape(-1, 1), baseline).reshape(score.shape).astype(np.float64)


def compared(spec: TrialSpec, first: SeenArm, second: SeenArm | None) -> Comparison:
    """Prepare the comparison that a trial is judged by.

    Parameters
    ----------
    spec : TrialSpec
        With an endpoint.
    first, second : SeenArm
        The arms; the second may be None for a slope.

    Returns
    -------
    Comparison
    """
    endpoint = spec.plan.endpoint
    if endpoint is None:
        raise InputError("A comparison needs an endpoint, got none: add [endpoint] to the trial.")
    sign = -1.0 if endpoint.measure in {"change", "mediation"} else 1.0
    if endpoint.measure == "mediation":
        arms = [(one, float(place == 0)) for place, one in enumerate((first, second)) if one is not None]
        return _over(
            [_slope_moments(spec, endpoint, *arm, several=len(arms) > 1) for arm in arms], arms, OF_CADSS, sign
        )
    if second is None:
        raise InputError(f"The measure {endpoint.measure!r} compares two arms, got one: name two in [endpoint] arms.")
    if spec.plan.crossover is not None:
        return _pairs(spec, endpoint, first, second, sign)
    arms = [(first, 1.0), (second, 0.0)]
    return _over([_arm_moments(spec, endpoint, *arm) for arm in arms], arms, OF_ARM, sign)


def _over(moments: Sequence[Floats], arms: Sequence[tuple[SeenArm, float]], tested: int, sign: float) -> Comparison:
    return Comparison(tuple(moments), tuple(one.arm.n for one, _ in arms), tested, sign)


def _running(columns: Sequence[Floats | float], y: Floats) -> Floats:
    known = ~np.isnan(y)
    rows = np.stack([np.broadcast_to(column, y.shape) for column in columns], axis=-1)
    return running(rows, np.where(known, y, 0.0), known)


def _arm_moments(spec: TrialSpec, endpoint: Endpoint, seen: SeenArm, arm: float) -> Floats:
    columns: list[Floats | float] = [1.0, arm]
    if endpoint.analysis == "ancova":
        columns.append(seen.baseline - spec.baseline_mean)
    return _running(columns, outcome(spec, endpoint, seen))


def _slope_moments(spec: TrialSpec, endpoint: Endpoint, seen: SeenArm, arm: float, *, several: bool) -> Floats:
    """Change on CADSS with exposure, its square and the baseline held fixed, and the arm where there are two."""
    felt = np.zeros((*seen.baseline.shape, 2)) if seen.felt is None else seen.felt
    exposure, cadss = felt[..., 0], felt[..., 1]
    # Where there is one arm, its indicator would be the column of 1 again: the square takes its place.
    beside = [arm, exposure, exposure**2] if several else [exposure, exposure**2]
    order = [1.0, beside[0], cadss, *beside[1:], seen.baseline - spec.baseline_mean]
    return _running(order, outcome(spec, endpoint, seen))


def _pairs(spec: TrialSpec, endpoint: Endpoint, first: SeenArm, second: SeenArm, sign: float) -> Comparison:
    """Differences within people on the order of the arms; the constant is the effect, the slope that of the period.

    Whoever is not seen in both periods is left out, whatever is measured.
    """
    difference = outcome(spec, endpoint, first) - outcome(spec, endpoint, second)
    column = spec.times_days.index(endpoint.at_day)
    paired = ~(np.isnan(first.filled[..., column]) | np.isnan(second.filled[..., column]))
    difference = np.where(paired, difference, np.nan)
    half = difference.shape[-1] // 2
    orders = ((1.0, difference[..., :half]), (-1.0, difference[..., half:]))
    moments = tuple(_running([1.0, order], y) for order, y in orders)
    return Comparison(moments, (first.arm.n, second.arm.n), 0, sign)
