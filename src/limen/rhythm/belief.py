"""What is believed of every state, step by step: a bank of Kalman filters whose weights compete, in plain NumPy.

This is the detector's only recursion. Forwards it is the live filter; over the mirrored signal it is hindsight, and
where the two meet stands what is believed knowing both sides. `fast` holds the same sums compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.quantities import Booleans, Floats
from limen.rhythm.states import SHARES, Complex, States

#: Ours: share of steps whose noise is so many times larger, whatever the state: they tell little.
OUTLIER_SHARE: Final = 0.06
OUTLIER_GAIN: Final = 16.0
#: Ours: that share where a blink is suspected.
SUSPECT_SHARE: Final = 0.6
#: Ours: below any weight that matters, above what a float64 can lose.
SMALLEST: Final = 1e-250
SMALLEST_DOUBT: Final = 1e-12
#: Ours: two mixtures that were each taken for one Gaussian may meet in less than no doubt; not below this share.
TIGHTEST: Final = 0.25


@dataclass(eq=False)
class Belief:
    """Weights of the states and where their oscillations stand, each of shape ``(rows, states)``."""

    weight: Floats
    mean: Complex
    doubt: Floats


@dataclass(frozen=True, eq=False)
class Kept:
    """Beliefs of every step of some channels, each of shape ``(channels, steps, states)``."""

    weight: Floats
    mean: Complex
    doubt: Floats


@dataclass(frozen=True, eq=False)
class Evidence:
    """The whitened steps of some channels, each of shape ``(channels, steps)``.

    `value` is complex with noise of mean square 1, `known` says where there is one, and `outlying` is the chance that
    its noise is larger.
    """

    value: Complex
    known: Booleans
    outlying: Floats

    def part(self, chosen: slice) -> Evidence:
        """Give some of the steps."""
        return Evidence(self.value[:, chosen], self.known[:, chosen], self.outlying[:, chosen])

    def rows(self, chosen: slice) -> Evidence:
        """Give some of the channels."""
        return Evidence(self.value[chosen], self.known[chosen], self.outlying[chosen])


@dataclass(frozen=True, eq=False)
class Traces:
    """What is believed of each step: shape ``(channels, steps)``, shares ``(channels, steps, names)``.

    `log_odds` of a rhythm against all else, its `frequency_hz` and complex `oscillation` if there is one, and the
    `shares` of the names in SHARES.
    """

    log_odds: Floats
    frequency_hz: Floats
    oscillation: Complex
    shares: Floats


def unknowing(model: States, rows: int) -> Belief:
    """Give what is believed before anything is seen."""
    shape = (rows, len(model.power))
    return Belief(
        np.broadcast_to(model.stationary, shape).copy(),
        np.zeros(shape, dtype=np.complex128),
        np.broadcast_to(model.power, shape).copy(),
    )


def predicted(belief: Belief, model: States) -> Belief:
    """Move a belief one step on, before that step is seen."""
    stays = 1.0 - model.leave
    half = model.move * stays
    first = belief.weight * belief.mean
    second = belief.weight * (belief.doubt + np.abs(belief.mean) ** 2)
    new = belief.weight[:, :1] * model.enter

    def moved(values: Any) -> Any:
        return (stays - 2 * half) * values + half * (values[:, model.below] + values[:, model.above])

    weight = np.maximum(moved(belief.weight) + new, SMALLEST)
    weight[:, 0] = belief.weight[:, 0] * (1 - model.enter.sum()) + (belief.weight * model.leave).sum(axis=1)
    mean = moved(first) / weight
    spread = np.maximum((moved(second) + new * model.power) / weight - np.abs(mean) ** 2, 0.0)
    fades = np.abs(model.turn) ** 2
    return Belief(weight, mean * model.turn, spread * fades + (1 - fades) * model.power)


def seen(belief: Belief, model: States, value: Complex, known: Booleans, outlying: Floats) -> Belief:
    """Weigh a belief by one step, `value` of shape ``(rows,)``; an unknown step changes nothing."""
    off = value[:, None] - belief.mean
    apart = off.real**2 + off.imag**2
    usual = belief.doubt + model.gain
    wide = belief.doubt + OUTLIER_GAIN * model.gain
    share = outlying[:, None]
    like = (1 - share) / usual * np.exp(-apart / usual)
    total = like + share / wide * np.exp(-apart / wide) + SMALLEST
    trust = like / total
    pull, pull_wide = belief.doubt / usual, belief.doubt / wide
    gain = trust * pull + (1 - trust) * pull_wide
    mixed = trust * (1 - trust) * (pull - pull_wide) ** 2 * apart
    weight = belief.weight * total
    weight /= weight.sum(axis=1, keepdims=True)
    use = known[:, None]
    return Belief(
        np.where(use, weight, belief.weight),
        np.where(use, belief.mean + gain * off, belief.mean),
        np.where(use, belief.doubt * (1 - gain) + mixed, belief.doubt),
    )


def met(before: Belief, after: Belief, model: States) -> tuple[Floats, Complex]:
    """Let a belief that rests on the past and one from the mirrored future meet.

    Returns
    -------
    tuple
        Log weight and oscillation of each state, shape ``(rows, states)``.
    """
    log_weight = np.log(np.maximum(before.weight, SMALLEST)) + np.log(np.maximum(after.weight, SMALLEST))
    log_weight = log_weight - np.log(model.stationary)
    swings = model.power > 0
    power = model.power[swings]
    doubt = np.maximum(before.doubt[:, swings], SMALLEST_DOUBT)
    doubt_after = np.maximum(after.doubt[:, swings], SMALLEST_DOUBT)
    mean, mean_after = before.mean[:, swings], after.mean[:, swings].conj()
    sure = np.maximum(1 / doubt + 1 / doubt_after - 1 / power, TIGHTEST / power)
    pull = mean / doubt + mean_after / doubt_after
    log_weight[:, swings] += (
        np.log(power / (doubt * doubt_after * sure))
        - np.abs(mean) ** 2 / doubt
        - np.abs(mean_after) ** 2 / doubt_after
        + np.abs(pull) ** 2 / sure
    )
    oscillation = np.zeros(log_weight.shape, dtype=np.complex128)
    oscillation[:, swings] = pull / sure
    return log_weight, oscillation


def summed_up(log_weight: Floats, oscillation: Complex, model: States) -> Traces:
    """Sum log weights of shape ``(rows, states)`` up into traces of one step a row, shape ``(rows,)``."""
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    yes = weight * model.rhythm
    total_yes = np.maximum(yes.sum(axis=1), np.finfo(float).tiny)
    total_no = np.maximum((weight * ~model.rhythm).sum(axis=1), np.finfo(float).tiny)
    shares = np.stack([(weight * (model.share == place)).sum(axis=1) for place in range(len(SHARES))], axis=1)
    return Traces(
        np.log(total_yes) - np.log(total_no),
        yes @ model.frequency_hz / total_yes,
        (yes * oscillation).sum(axis=1) / total_yes,
        shares / weight.sum(axis=1, keepdims=True),
    )


def forwards(evidence: Evidence, belief: Belief, model: States) -> Kept:
    """Go through the steps, changing `belief`, and keep what is believed after each."""
    each = []
    for place in range(evidence.value.shape[1]):
        now = seen(predicted(belief, model), model, *_step(evidence, place))
        belief.weight, belief.mean, belief.doubt = now.weight, now.mean, now.doubt
        each.append(now)
    shape = (len(belief.weight), 0, len(model.power))
    if not each:
        return Kept(np.zeros(shape), np.zeros(shape, dtype=np.complex128), np.zeros(shape))
    return Kept(
        np.stack([one.weight for one in each], axis=1),
        np.stack([one.mean for one in each], axis=1),
        np.stack([one.doubt for one in each], axis=1),
    )


def smoothed(evidence: Evidence, model: States) -> Traces:
    """Say what is believed of each step knowing all of them."""
    rows, steps = evidence.value.shape
    kept = forwards(evidence, unknowing(model, rows), model)
    after = unknowing(model, rows)
    found = []
    for place in range(steps - 1, -1, -1):
        after = predicted(after, model)
        before = Belief(kept.weight[:, place], kept.mean[:, place], kept.doubt[:, place])
        found.append(summed_up(*met(before, after, model), model))
        after = seen(after, model, *_step(evidence, place, mirrored=True))
    return stacked(found[::-1])


def filtered(evidence: Evidence, model: States) -> Traces:
    """Say what is believed of each step knowing the past alone."""
    belief, found = unknowing(model, len(evidence.value)), []
    for place in range(evidence.value.shape[1]):
        belief = seen(predicted(belief, model), model, *_step(evidence, place))
        found.append(summed_up(np.log(np.maximum(belief.weight, SMALLEST)), belief.mean, model))
    return stacked(found)


def lagged(kept: Kept, evidence: Evidence, lag: int, model: States) -> Traces:
    """Say what is believed of each step of `kept`, knowing the past and `lag` steps more.

    `evidence` begins one step later than `kept` and is `lag` - 1 steps longer.
    """
    return stacked([_lagged(kept, evidence, place, lag, model) for place in range(kept.weight.shape[1])])


def _lagged(kept: Kept, evidence: Evidence, place: int, lag: int, model: States) -> Traces:
    after = unknowing(model, len(kept.weight))
    for later in range(place + lag - 1, place - 1, -1):
        after = seen(predicted(after, model), model, *_step(evidence, later, mirrored=True))
    before = Belief(kept.weight[:, place], kept.mean[:, place], kept.doubt[:, place])
    return summed_up(*met(before, predicted(after, model), model), model)


def stacked(each: list[Traces]) -> Traces:
    """Put traces of one step a row together, in time order."""
    return Traces(
        np.stack([one.log_odds for one in each], axis=1),
        np.stack([one.frequency_hz for one in each], axis=1),
        np.stack([one.oscillation for one in each], axis=1),
        np.stack([one.shares for one in each], axis=1),
    )


def _step(evidence: Evidence, place: int, *, mirrored: bool = False) -> tuple[Complex, Booleans, Floats]:
    value = evidence.value[:, place]
    return (value.conj() if mirrored else value), evidence.known[:, place], evidence.outlying[:, place]
