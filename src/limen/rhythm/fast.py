"""The sums of `belief`, compiled for long recordings; nothing here is worth reading before that file."""

# ruff: noqa: PLR0917 -- numba takes arguments by place only, and bare arrays fastest
from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any, TypeVar, cast

import numpy as np

from limen.quantities import Floats, Integers
from limen.rhythm.belief import OUTLIER_GAIN, SMALLEST, SMALLEST_DOUBT, TIGHTEST, Belief, Evidence, Kept, Traces
from limen.rhythm.states import SHARES, Complex, States

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function of this file; the one place where numba enters this room."""
    from numba import njit  # noqa: PLC0415

    return cast("Function", njit(nogil=True, cache=True, error_model="numpy")(unwrap(function)))


Tables = tuple[Floats, Complex, Floats, Floats, Floats, Floats, Floats, Integers, Integers, Integers, Floats]


def tables(model: States) -> Tables:
    """Give the arrays of the states in the order in which the compiled functions take them."""
    return (
        model.frequency_hz, model.turn, model.power, model.gain, model.leave, model.enter, model.move,
        model.below, model.above, model.share, model.stationary,
    )  # fmt: skip


def _predict(weight: Any, mean: Any, doubt: Any, old_weight: Any, old_first: Any, old_second: Any, tables: Any) -> None:
    _, turn, power, _, leave, enter, move, below, above, _, _ = tables
    home, entering, back = weight[0], 0.0, 0.0
    for k in range(len(weight)):
        entering += enter[k]
        back += weight[k] * leave[k]
        old_weight[k] = weight[k]
        old_first[k] = weight[k] * mean[k]
        old_second[k] = weight[k] * (doubt[k] + mean[k].real ** 2 + mean[k].imag ** 2)
    for k in range(1, len(weight)):
        stays = 1.0 - leave[k]
        half = move[k] * stays
        kept = stays - 2 * half
        new = home * enter[k]
        now, first, second = kept * old_weight[k] + new, kept * old_first[k], kept * old_second[k] + new * power[k]
        if half > 0.0:
            one, two = below[k], above[k]
            now += half * (old_weight[one] + old_weight[two])
            first += half * (old_first[one] + old_first[two])
            second += half * (old_second[one] + old_second[two])
        now = max(now, SMALLEST)
        first = first / now
        spread = max(second / now - (first.real**2 + first.imag**2), 0.0)
        fades = turn[k].real ** 2 + turn[k].imag ** 2
        weight[k], mean[k], doubt[k] = now, first * turn[k], spread * fades + (1 - fades) * power[k]
    weight[0], mean[0], doubt[0] = home * (1 - entering) + back, 0.0, 0.0


predict = compiled(_predict)


def _see(weight: Any, mean: Any, doubt: Any, value: Any, outlying: Any, tables: Any) -> None:
    gains = tables[3]
    total_weight = 0.0
    for k in range(len(weight)):
        off = value - mean[k]
        apart = off.real**2 + off.imag**2
        usual, wide = doubt[k] + gains[k], doubt[k] + OUTLIER_GAIN * gains[k]
        like = (1 - outlying) / usual * np.exp(-apart / usual)
        total = like + outlying / wide * np.exp(-apart / wide) + SMALLEST
        trust = like / total
        pull, pull_wide = doubt[k] / usual, doubt[k] / wide
        gain = trust * pull + (1 - trust) * pull_wide
        mean[k] += gain * off
        doubt[k] = doubt[k] * (1 - gain) + trust * (1 - trust) * (pull - pull_wide) ** 2 * apart
        weight[k] *= total
        total_weight += weight[k]
    for k in range(len(weight)):
        weight[k] /= total_weight


see = compiled(_see)


def _meet(
    before: Any,
    before_mean: Any,
    before_doubt: Any,
    weight: Any,
    mean: Any,
    doubt: Any,
    logs: Any,
    swing: Any,
    tables: Any,
) -> None:
    powers, stationary = tables[2], tables[10]
    for k in range(len(weight)):
        logs[k] = np.log(max(before[k], SMALLEST) * max(weight[k], SMALLEST) / stationary[k] + SMALLEST)
        swing[k] = 0.0
        if powers[k] > 0.0:
            one, two = max(before_doubt[k], SMALLEST_DOUBT), max(doubt[k], SMALLEST_DOUBT)
            other = np.conj(mean[k])
            sure = max(1 / one + 1 / two - 1 / powers[k], TIGHTEST / powers[k])
            pull = before_mean[k] / one + other / two
            logs[k] += (
                np.log(powers[k] / (one * two * sure))
                - (before_mean[k].real ** 2 + before_mean[k].imag ** 2) / one
                - (other.real**2 + other.imag**2) / two
                + (pull.real**2 + pull.imag**2) / sure
            )
            swing[k] = pull / sure


meet = compiled(_meet)


def _sum_up(
    logs: Any, swing: Any, place: Any, odds: Any, frequency: Any, oscillation: Any, shares: Any, tables: Any
) -> None:
    frequencies, names = tables[0], tables[9]
    top = logs.max()
    total, yes, at, swings = 0.0, 0.0, 0.0, 0.0j
    for k in range(len(logs)):
        weight = np.exp(logs[k] - top)
        total += weight
        shares[place, names[k]] += weight
        if names[k] == 1:
            yes += weight
            at += weight * frequencies[k]
            swings += weight * swing[k]
    yes, no = max(yes, 1e-300), max(total - yes, 1e-300)
    odds[place], frequency[place], oscillation[place] = np.log(yes) - np.log(no), at / yes, swings / yes
    for name in range(shares.shape[1]):
        shares[place, name] /= total


sum_up = compiled(_sum_up)


def _forwards(
    value: Any,
    known: Any,
    outlying: Any,
    weight: Any,
    mean: Any,
    doubt: Any,
    kept: Any,
    kept_mean: Any,
    kept_doubt: Any,
    tables: Any,
) -> None:
    count = len(weight)
    old, first, second = np.empty(count), np.empty(count, dtype=np.complex128), np.empty(count)
    for t in range(len(value)):
        predict(weight, mean, doubt, old, first, second, tables)
        if known[t]:
            see(weight, mean, doubt, value[t], outlying[t], tables)
        kept[t], kept_mean[t], kept_doubt[t] = weight, mean, doubt


go_forwards = compiled(_forwards)


def _smooth(
    value: Any, known: Any, outlying: Any, odds: Any, frequency: Any, oscillation: Any, shares: Any, tables: Any
) -> None:
    steps, count = len(value), len(tables[2])
    kept, kept_mean, kept_doubt = (
        np.empty((steps, count)),
        np.empty((steps, count), dtype=np.complex128),
        np.empty((steps, count)),
    )
    weight, mean, doubt = tables[10].copy(), np.zeros(count, dtype=np.complex128), tables[2].copy()
    go_forwards(value, known, outlying, weight, mean, doubt, kept, kept_mean, kept_doubt, tables)
    weight[:], mean[:], doubt[:] = tables[10], 0.0, tables[2]
    old, first, second = np.empty(count), np.empty(count, dtype=np.complex128), np.empty(count)
    logs, swing = np.empty(count), np.empty(count, dtype=np.complex128)
    for t in range(steps - 1, -1, -1):
        predict(weight, mean, doubt, old, first, second, tables)
        meet(kept[t], kept_mean[t], kept_doubt[t], weight, mean, doubt, logs, swing, tables)
        sum_up(logs, swing, t, odds, frequency, oscillation, shares, tables)
        if known[t]:
            see(weight, mean, doubt, np.conj(value[t]), outlying[t], tables)


smooth = compiled(_smooth)


def _lag(
    value: Any,
    known: Any,
    outlying: Any,
    kept: Any,
    kept_mean: Any,
    kept_doubt: Any,
    lag: Any,
    odds: Any,
    frequency: Any,
    oscillation: Any,
    shares: Any,
    tables: Any,
) -> None:
    count = len(tables[2])
    old, first, second = np.empty(count), np.empty(count, dtype=np.complex128), np.empty(count)
    logs, swing = np.empty(count), np.empty(count, dtype=np.complex128)
    weight, mean, doubt = np.empty(count), np.empty(count, dtype=np.complex128), np.empty(count)
    for t in range(len(kept)):
        weight[:], mean[:], doubt[:] = tables[10], 0.0, tables[2]
        for later in range(lag - 1, -1, -1):
            predict(weight, mean, doubt, old, first, second, tables)
            if known[t + later]:
                see(weight, mean, doubt, np.conj(value[t + later]), outlying[t + later], tables)
        predict(weight, mean, doubt, old, first, second, tables)
        meet(kept[t], kept_mean[t], kept_doubt[t], weight, mean, doubt, logs, swing, tables)
        sum_up(logs, swing, t, odds, frequency, oscillation, shares, tables)


lag_behind = compiled(_lag)


def _filter(
    value: Any, known: Any, outlying: Any, odds: Any, frequency: Any, oscillation: Any, shares: Any, tables: Any
) -> None:
    count = len(tables[2])
    weight, mean, doubt = tables[10].copy(), np.zeros(count, dtype=np.complex128), tables[2].copy()
    old, first, second = np.empty(count), np.empty(count, dtype=np.complex128), np.empty(count)
    for t in range(len(value)):
        predict(weight, mean, doubt, old, first, second, tables)
        if known[t]:
            see(weight, mean, doubt, value[t], outlying[t], tables)
        yes, at = 0.0, 0.0
        for k in range(count):
            shares[t, tables[9][k]] += weight[k]
            if tables[9][k] == 1:
                yes += weight[k]
                at += weight[k] * tables[0][k]
                oscillation[t] += weight[k] * mean[k]
        yes = max(yes, SMALLEST)
        odds[t], frequency[t], oscillation[t] = (
            np.log(yes) - np.log(max(1 - yes, SMALLEST)),
            at / yes,
            oscillation[t] / yes,
        )


filter_steps = compiled(_filter)


def _empty(rows: int, steps: int) -> Traces:
    shape = (rows, steps)
    return Traces(
        np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.complex128), np.zeros((*shape, len(SHARES)))
    )


def smoothed(evidence: Evidence, model: States) -> Traces:
    """Do what `belief.smoothed` does, channel by channel."""
    found = _empty(*evidence.value.shape)
    for row in range(len(evidence.value)):
        smooth(
            evidence.value[row], evidence.known[row], evidence.outlying[row],
            found.log_odds[row], found.frequency_hz[row], found.oscillation[row], found.shares[row], tables(model),
        )  # fmt: skip
    return found


def filtered(evidence: Evidence, model: States) -> Traces:
    """Do what `belief.filtered` does."""
    found = _empty(*evidence.value.shape)
    for row in range(len(evidence.value)):
        filter_steps(
            evidence.value[row], evidence.known[row], evidence.outlying[row],
            found.log_odds[row], found.frequency_hz[row], found.oscillation[row], found.shares[row], tables(model),
        )  # fmt: skip
    return found


def forwards(evidence: Evidence, belief: Belief, model: States) -> Kept:
    """Go through the steps, changing `belief`, and keep what is believed after each."""
    shape = (*evidence.value.shape, len(model.power))
    kept = Kept(np.empty(shape), np.empty(shape, dtype=np.complex128), np.empty(shape))
    for row in range(shape[0]):
        go_forwards(
            evidence.value[row], evidence.known[row], evidence.outlying[row],
            belief.weight[row], belief.mean[row], belief.doubt[row],
            kept.weight[row], kept.mean[row], kept.doubt[row], tables(model),
        )  # fmt: skip
    return kept


def lagged(kept: Kept, evidence: Evidence, lag: int, model: States) -> Traces:
    """Do what `belief.lagged` does for every step of `kept`; `evidence` begins one step later and reaches `lag` on."""
    found = _empty(*kept.weight.shape[:2])
    for row in range(len(kept.weight)):
        lag_behind(
            evidence.value[row], evidence.known[row], evidence.outlying[row],
            kept.weight[row], kept.mean[row], kept.doubt[row], lag,
            found.log_odds[row], found.frequency_hz[row], found.oscillation[row], found.shares[row], tables(model),
        )  # fmt: skip
    return found
