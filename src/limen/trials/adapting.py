"""Designs that change half way without losing their level.

Two stages are joined by the inverse normal: z = w1 z1 + w2 z2 with w1^2 = t fixed beforehand, whatever the second stage
became. Several arms are tested by the closed procedure: an arm counts where every set of arms that holds it is
rejected, each stage of a set by its smallest p times the number of its arms (Bonferroni). Tests are one-sided at half
the level: only a finding in favour of the first arm counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from limen.quantities import Booleans, Floats, Integers
from limen.trials.boundaries import conditional_power
from limen.trials.comparing import Comparison, compared, outcome
from limen.trials.designs import Adaptive, Endpoint
from limen.trials.observed import SeenArm
from limen.trials.spec import TrialSpec

#: Smallest p, so that its normal deviate stays finite.
LEAST_P: Final = 1e-300
#: Smallest z of a trend that a size is reckoned from.
LEAST_TREND: Final = 1e-3
#: Conditional power below which a trial that looks unpromising keeps its size (ours: the usual lower edge of a
#: promising zone lies between 0.3 and 0.4).
LEAST_PROMISING: Final = 0.3


def adapted(spec: TrialSpec, endpoint: Endpoint, adaptive: Adaptive, enrolled: Sequence[SeenArm]) -> dict[str, Floats]:
    """Run the change of a design in some virtual trials.

    Parameters
    ----------
    spec, endpoint, adaptive : TrialSpec, Endpoint, Adaptive
        The design; the second arm of the endpoint is the control.
    enrolled : sequence of SeenArm
        Everybody who may take part.

    Returns
    -------
    dict of Floats
        ``adapted``, shape ``(trials, 2)``: found (1) or not, and people of all arms; for dropped arms also ``kept`` and
        ``arm_found``, shape ``(trials, arms beside the control)``; for a size ``size``, the people of an arm, shape
        ``(trials, 1)``.
    """
    if adaptive.kind == "drop arms":
        return _dropped(spec, endpoint, adaptive, enrolled)
    by_name = {one.arm.name: one for one in enrolled}
    first, second = (by_name[name] for name in endpoint.arms)
    comparison = compared(spec, first, second)
    if adaptive.kind == "blinded sample size":
        size = _blinded(spec, endpoint, adaptive, first, second)
        z = comparison.sign * comparison.at_each([_scaled(size, comparison, k) for k in range(2)]).z
    else:
        size, z = _promising(endpoint, adaptive, comparison)
    people = sum(_scaled(size, comparison, k) for k in range(2))
    hit = ndtr(z) >= 1.0 - endpoint.level / 2.0
    return {"adapted": np.stack([hit, people], axis=1).astype(np.float64), "size": size[:, None].astype(np.float64)}


def _scaled(size: Integers, comparison: Comparison, group: int) -> Integers:
    """Give the people of a group where the larger one has `size`."""
    most = comparison.moments[group].shape[2] - 1
    wanted = np.rint(size * comparison.planned[group] / max(comparison.planned))
    return np.asarray(np.minimum(wanted, most), dtype=np.int64)


def _blinded(spec: TrialSpec, endpoint: Endpoint, adaptive: Adaptive, first: SeenArm, second: SeenArm) -> Integers:
    """Give the size that the spread without the code asks for, at least the planned one, shape ``(trials,)``."""
    seen = [
        outcome(spec, endpoint, one)[0, :, : max(2, round(adaptive.at_fraction * one.arm.n))] for one in (first, second)
    ]
    variance = np.nanvar(np.concatenate(seen, axis=1), axis=1, ddof=1)
    wanted = float(ndtri(1.0 - endpoint.level / 2.0) + ndtri(adaptive.power))
    difference = adaptive.difference or 1.0
    size = np.ceil(2.0 * variance * (wanted / difference) ** 2).astype(np.int64)
    planned = max(first.arm.n, second.arm.n)
    return np.asarray(np.clip(size, planned, max(planned, adaptive.most_n)))


def _promising(endpoint: Endpoint, adaptive: Adaptive, comparison: Comparison) -> tuple[Integers, Floats]:
    """Give the size after a look with the code, and the joined z, shape ``(trials,)`` each."""
    low = comparison.sizes(adaptive.at_fraction)
    z_first = comparison.sign * comparison.between([0] * len(low), low).z
    planned, share = max(comparison.planned), adaptive.at_fraction
    edge = float(ndtri(1.0 - endpoint.level / 2.0))
    power = conditional_power(z_first, np.asarray(share), edge)
    promising = (power >= LEAST_PROMISING) & (power < adaptive.power)
    grown = np.where(promising, _grown(z_first, share, edge, adaptive.power) * planned, planned)
    size = np.clip(np.ceil(grown), planned, max(planned, adaptive.most_n)).astype(np.int64)
    z_second = comparison.sign * comparison.at_each([_scaled(size, comparison, k) for k in range(len(low))], low).z
    return size, np.sqrt(share) * z_first + np.sqrt(1.0 - share) * z_second


def _grown(z_first: Floats, share: float, edge: float, power: float) -> Floats:
    """Give the size, in planned sizes, at which the joined test reaches a power if the trend goes on."""
    trend = np.maximum(z_first, LEAST_TREND) / np.sqrt(share)
    needed = (edge - np.sqrt(share) * z_first) / np.sqrt(1.0 - share) + float(ndtri(power))
    return np.asarray(share + (np.maximum(needed, 0.0) / trend) ** 2)


def _dropped(spec: TrialSpec, endpoint: Endpoint, adaptive: Adaptive, enrolled: Sequence[SeenArm]) -> dict[str, Floats]:
    control = next(one for one in enrolled if one.arm.name == endpoint.arms[1])
    arms = [one for one in enrolled if one is not control]
    comparisons = [compared(spec, one, control) for one in arms]
    first, second = _stages(comparisons, adaptive.at_fraction)
    order = np.argsort(-first, axis=1, kind="stable")
    kept = np.zeros(first.shape, dtype=bool)
    np.put_along_axis(kept, order[:, : adaptive.keep], values=True, axis=1)
    found = _closed(first, second, kept, adaptive.at_fraction, endpoint.level)
    planned = np.array([one.arm.n for one in arms])
    seen = np.rint(adaptive.at_fraction * planned)
    people = np.where(kept, planned, seen).sum(axis=1) + control.arm.n
    return {
        "adapted": np.stack([found.any(axis=1), people], axis=1).astype(np.float64),
        "kept": kept.astype(np.float64),
        "arm_found": found.astype(np.float64),
    }


def _stages(comparisons: Sequence[Comparison], share: float) -> tuple[Floats, Floats]:
    """Give z in favour of each arm in the first and in the second stage, shape ``(trials, arms)`` each."""
    first, second = [], []
    for one in comparisons:
        low, high = one.sizes(share), one.sizes(1.0)
        first.append(one.sign * one.between([0, 0], low).z)
        second.append(one.sign * one.between(low, high).z)
    return np.stack(first, axis=1), np.stack(second, axis=1)


def _closed(first: Floats, second: Floats, kept: Booleans, share: float, level: float) -> Booleans:
    """Say which kept arms are found, shape ``(trials, arms)``."""
    found = kept.copy()
    edge = float(ndtri(1.0 - level / 2.0))
    for arms in _sets(first.shape[1]):
        inside = list(arms)
        z_first = _of_set(first[:, inside], np.ones_like(kept[:, inside]))
        z_second = _of_set(second[:, inside], kept[:, inside])
        rejected = np.sqrt(share) * z_first + np.sqrt(1.0 - share) * z_second >= edge
        found[:, inside] &= rejected[:, None]
    return found


def _sets(arms: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, arms + 1):
        yield from combinations(range(arms), size)


def _of_set(z: Floats, there: Booleans) -> Floats:
    """Give the z of a set of arms by Bonferroni over those that are there; far below 0 where none is."""
    p = np.where(there, ndtr(-z), 1.0).min(axis=1) * np.maximum(there.sum(axis=1), 1)
    return np.asarray(-ndtri(np.clip(p, LEAST_P, 1.0 - 1e-12)))
