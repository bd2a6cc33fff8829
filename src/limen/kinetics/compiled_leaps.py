"""Many equal steps at once: what each reading will be at every minute of a leap, from the amounts at its start.

Where steps are equal, the reading after k of them is a weighted sum of the amounts now, y_k = w Phi^k x, so a leap of
some minutes needs the row vectors w Phi^k (the same for all leaps of a person) and one matrix Phi^LEAP. Amounts and
weights are never below 0, so the sum over states of the largest weight in the leap is never below any y_k: where that
bound does not reach above the peak so far, no minute of the leap can hold a higher one, and only the area is added, by
the sum of the row vectors. Every minute counts as if it had been looked at. Where no reading of a group can rise any
more, FAR leaps are taken as one.
"""

# ruff: noqa: PLR0917 -- numba takes arguments by place only, and bare arrays fastest
from __future__ import annotations

from typing import Final

import numpy as np

from limen.kinetics.compiled import TINY, compiled, flush, inlined, multiply, product, tidy
from limen.kinetics.layout import Outputs, Pattern, Stops
from limen.quantities import Floats, Integers

MOST, TOTAL = 0, 1  # places of the largest elements and of the sums
LEAP_LOG2: Final = 4
LEAP: Final = 1 << LEAP_LOG2  # steps in one
FAR_LOG2: Final = 2
FAR: Final = 1 << FAR_LOG2  # leaps in one
WORTH_IT: Final = 6 * LEAP  # steps of one length below which the row vectors cost more than they save


def _one_row_ahead(
    matrix: Floats, pattern: Pattern, states: Integers, old: Floats, new: Floats
) -> None:  # fmt: skip
    """Carry a row vector on by one step, v Phi; it has nothing outside `states`, and pumps are constant."""
    plain = len(pattern.full_start) - 1
    for one in states:
        for lane in range(old.shape[1]):
            new[one, lane] = 0.0 if one < plain else old[one, lane]
    for row in states:
        if row >= plain:
            continue
        for entry in range(pattern.full_start[row], pattern.full_start[row + 1]):
            element, column = pattern.full_element[entry], pattern.full_source[entry]
            for lane in range(old.shape[1]):
                new[column, lane] += old[row, lane] * matrix[element, lane]


one_row_ahead = compiled(_one_row_ahead)


def _look_ahead(
    matrix: Floats, pattern: Pattern, outputs: Outputs, group: int, ahead: Floats, near: Floats
) -> None:  # fmt: skip
    """Fill the row vectors of every reading, their largest elements, and their sums over a leap."""
    most, total = near[MOST], near[TOTAL]
    size, width = len(pattern.full_start) - 1 + len(pattern.constant), matrix.shape[1]
    vectors = np.zeros((2, size, width))
    for reading in range(len(outputs.saturating)):
        vectors[0] = 0.0
        for entry in range(outputs.start[reading], outputs.start[reading + 1]):
            vectors[0, outputs.state[entry]] = outputs.weights[group, entry]
        first, last = outputs.ahead_start[reading], outputs.ahead_start[reading + 1]
        for step in range(LEAP):
            old, new = vectors[step % 2], vectors[(step + 1) % 2]
            one_row_ahead(matrix, pattern, outputs.ahead_state[first:last], old, new)
            for entry in range(first, last):
                state = outputs.ahead_state[entry]
                for lane in range(width):
                    value = new[state, lane] if new[state, lane] > TINY else 0.0
                    ahead[entry, step, lane] = value
                    most[entry, lane] = max(most[entry, lane], value) if step else value
                    total[entry, lane] = total[entry, lane] + value if step else value


look_ahead = compiled(_look_ahead)


def _look_far(leap: Floats, pattern: Pattern, outputs: Outputs, near: Floats, far: Floats) -> None:
    """From largest elements and sums of one leap make those of FAR leaps; `near` and `far` hold one above the other.

    What bounds the row vectors of a leap, carried on by a leap, bounds those of the next.
    """
    size, width = len(pattern.full_start) - 1 + len(pattern.constant), leap.shape[1]
    vectors = np.zeros((2, size, width))
    for kind in range(2):
        for reading in range(len(outputs.saturating)):
            first, last = outputs.ahead_start[reading], outputs.ahead_start[reading + 1]
            vectors[0] = 0.0
            for entry in range(first, last):
                vectors[0, outputs.ahead_state[entry]] = near[kind, entry]
                far[kind, entry] = near[kind, entry]
            for more in range(FAR - 1):
                old, new = vectors[more % 2], vectors[(more + 1) % 2]
                one_row_ahead(leap, pattern, outputs.ahead_state[first:last], old, new)
                for entry in range(first, last):
                    state = outputs.ahead_state[entry]
                    for lane in range(width):
                        one, value = far[kind, entry, lane], new[state, lane]
                        far[kind, entry, lane] = one + value if kind == TOTAL else max(one, value)


look_far = compiled(_look_far)


def _powered(
    matrix: Floats, squarings: int, squares: Integers, constant: Integers, leap: Floats, other: Floats
) -> None:  # fmt: skip
    """Write the matrix of many equal steps: so many squarings of that of one."""
    leap[:] = matrix
    for _ in range(squarings):
        product(leap, leap, squares, 1.0, other)
        leap[:] = other
        tidy(leap, constant)


powered = compiled(_powered)


def _weighted(weights: Floats, state: Integers, first: int, last: int, amount: Floats, found: Floats) -> None:
    """Sum weights times amounts over some entries."""
    found[:] = 0.0
    for entry in range(first, last):
        one = state[entry]
        for lane in range(len(found)):
            found[lane] += weights[entry, lane] * amount[one, lane]


weighted = inlined(_weighted)


def _reaches_above(bound: Floats, peak: Floats) -> bool:
    highest = -np.inf
    for lane in range(len(bound)):
        highest = max(highest, bound[lane] - peak[lane])
    return highest > 0.0


reaches_above = inlined(_reaches_above)


def _minute_by_minute(
    reading: int, first_stop: int, stops: Stops, outputs: Outputs, ahead: Floats, amount: Floats, was: Floats,
    now: Floats, tally: Floats,
) -> None:  # fmt: skip
    """Look at every minute of a leap; `was` comes in as the reading at its start and goes out as that at its end."""
    first, last = outputs.ahead_start[reading], outputs.ahead_start[reading + 1]
    saturating, limit = outputs.saturating[reading], outputs.above[reading]
    for step in range(LEAP):
        stop = first_stop + 1 + step
        minute, weight_min = stops.minute[stop], stops.before_min[stop]
        now[:] = 0.0
        for entry in range(first, last):
            one = outputs.ahead_state[entry]
            for lane in range(len(now)):
                now[lane] += ahead[entry, step, lane] * amount[one, lane]
        for lane in range(len(now)):
            value = now[lane] / (1.0 + now[lane]) if saturating else now[lane]
            higher = value > tally[0, lane]
            tally[0, lane] = value if higher else tally[0, lane]
            tally[1, lane] = minute if higher else tally[1, lane]
            tally[2, lane] += weight_min * value
            now[lane] = value
        if limit < np.inf:
            step_min = minute - stops.minute[stop - 1]
            for lane in range(len(now)):
                high, low = max(was[lane], now[lane]), min(was[lane], now[lane])
                flat = 1.0 if high > limit else 0.0
                share = min(1.0, max(0.0, (high - limit) / (high - low))) if high > low else flat
                tally[3, lane] += step_min * share
        was[:] = now


minute_by_minute = inlined(_minute_by_minute)


def _read_leap(
    stop: int, stops: Stops, outputs: Outputs, ahead: Floats, near: Floats, amount: Floats, found: Floats,
    reads: Floats, tally: Floats,
) -> None:  # fmt: skip
    """Read one leap from `stop`, where the amounts are those at hand; `reads` and `tally` go with it."""
    weight_min = stops.before_min[stop + 1]
    for reading in range(len(outputs.saturating)):
        first, last = outputs.ahead_start[reading], outputs.ahead_start[reading + 1]
        closely = outputs.saturating[reading] or outputs.above[reading] < np.inf
        if not closely:
            weighted(near[MOST], outputs.ahead_state, first, last, amount, found)
            closely = reaches_above(found, tally[reading, 0])
        if closely:
            minute_by_minute(reading, stop, stops, outputs, ahead, amount, reads[reading], found, tally[reading])
        else:
            weighted(near[TOTAL], outputs.ahead_state, first, last, amount, found)
            for lane in range(len(found)):
                tally[reading, 2, lane] += weight_min * found[lane]


read_leap = inlined(_read_leap)


def _nothing_rises(outputs: Outputs, far: Floats, amount: Floats, found: Floats, tally: Floats) -> bool:
    """Whether no reading of this group can come above its peak so far within FAR leaps, nor is looked at closely."""
    for reading in range(len(outputs.saturating)):
        if outputs.saturating[reading] or outputs.above[reading] < np.inf:
            return False
        first, last = outputs.ahead_start[reading], outputs.ahead_start[reading + 1]
        weighted(far[MOST], outputs.ahead_state, first, last, amount, found)
        if reaches_above(found, tally[reading, 0]):
            return False
    return True


nothing_rises = inlined(_nothing_rises)


def _add_far(outputs: Outputs, weight_min: float, far: Floats, amount: Floats, found: Floats, tally: Floats) -> None:
    """Add the areas of FAR leaps."""
    for reading in range(len(outputs.saturating)):
        first, last = outputs.ahead_start[reading], outputs.ahead_start[reading + 1]
        weighted(far[TOTAL], outputs.ahead_state, first, last, amount, found)
        for lane in range(len(found)):
            tally[reading, 2, lane] += weight_min * found[lane]


add_far = inlined(_add_far)


def _carry(
    matrices: Floats, which: int, running: bool, pattern: Pattern, amount: Floats, after: Floats  # noqa: FBT001
) -> None:  # fmt: skip
    """Carry the amounts on by one matrix."""
    rows = pattern.full_start if running else pattern.plain_start
    element = pattern.full_element if running else pattern.plain_element
    source = pattern.full_source if running else pattern.plain_source
    multiply(matrices, which, rows, element, source, amount, after)
    flush(after)


carry = inlined(_carry)
