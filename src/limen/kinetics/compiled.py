"""The loops that numba compiles: exact steps of many people side by side, read as they go by.

People travel in groups, side by side along the last axis of every array, so that one instruction moves several. Only
the elements of the matrices that can differ from 0 are kept; `limen.kinetics.layout` lays the arrays out. Nothing here
is worth reading before `limen.kinetics.exact_steps`, whose arithmetic this repeats element by element.
"""

# ruff: noqa: PLR0917 -- numba takes arguments by place only, and bare arrays fastest
from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any, Final, Literal, TypeVar, cast

import numpy as np

from limen.kinetics.exact_steps import SERIES_TERMS
from limen.kinetics.layout import AT_ONCE, Boluses, Infusions, Pattern, Rates
from limen.quantities import Booleans, Floats, Integers

# Below this nothing counts, and the product of two that are left is still far from the slow range next to zero.
TINY: Final = 1e-150
NEXT_TERM: Final = 1e-20
FLUSH_EVERY: Final = 16  # stops; what is dropped rarely is dropped early enough

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function, inline: Literal["never", "always"] = "never") -> Function:
    """Compile a function of the loops, here or beside; the one place where numba enters this room."""
    from numba import njit  # noqa: PLC0415

    made = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"}, inline=inline)
    return cast("Function", made(unwrap(function)))


def inlined(function: Function) -> Function:
    """Compile a function into those that call it: a call of its own would cost more than what it does."""
    return compiled(function, "always")


def _multiply(
    matrices: Floats, step: int, start: Integers, element: Integers, source: Integers, old: Floats, new: Floats
) -> None:
    """Take one step; three elements of a row at a time, so that less goes through memory."""
    for row in range(len(start) - 1):
        for first in range(start[row], start[row + 1], AT_ONCE):
            one, two, three = element[first], element[first + 1], element[first + 2]
            a, b, c = source[first], source[first + 1], source[first + 2]
            kept = 0.0 if first == start[row] else 1.0
            for lane in range(old.shape[1]):
                new[row, lane] = (
                    kept * new[row, lane]
                    + matrices[step, one, lane] * old[a, lane]
                    + matrices[step, two, lane] * old[b, lane]
                    + matrices[step, three, lane] * old[c, lane]
                )
    for row in range(len(start) - 1, len(old)):
        for lane in range(old.shape[1]):
            new[row, lane] = old[row, lane]


multiply = inlined(_multiply)


def _flush(amount: Floats) -> None:
    """Drop what is next to nothing, whose arithmetic would be slow."""
    for row in range(len(amount)):
        for lane in range(amount.shape[1]):
            amount[row, lane] = amount[row, lane] if amount[row, lane] > TINY else 0.0


flush = inlined(_flush)


def _product(left: Floats, right: Floats, triples: Integers, factor: float, found: Floats) -> None:
    """Multiply two sparse matrices: each triple is an element of the left, of the right and of the result."""
    found[:] = 0.0
    for index in range(len(triples)):
        one, other, into = triples[index]
        for lane in range(found.shape[1]):
            found[into, lane] += factor * left[one, lane] * right[other, lane]


product = compiled(_product)


def _tidy(matrix: Floats, constant: Integers) -> None:
    """Drop what is next to nothing, and keep constant what is constant."""
    flush(matrix)
    for entry in constant:
        matrix[entry] = 1.0


tidy = compiled(_tidy)


def _propagator(
    positive: Floats,
    shift: Floats,
    step_min: float,
    norm: float,
    series: Integers,
    squares: Integers,
    diagonal: Integers,
    constant: Integers,
    matrix: Floats,
    other: Floats,
) -> None:
    """Write exp(A step) into `matrix`: a series of positive terms for a short step, then squarings."""
    short_min, squarings = step_min, 0
    while short_min * norm > 1.0:
        short_min, squarings = 0.5 * short_min, squarings + 1
    matrix[:] = 0.0
    for entry in diagonal:
        matrix[entry] = 1.0
    # The next term is at most (norm t)^n / n!, next to a sum of at least 1.
    terms, size = 1, short_min * norm
    while size > NEXT_TERM and terms < SERIES_TERMS:
        terms += 1
        size *= short_min * norm / terms
    for term in range(terms, 0, -1):
        product(positive, matrix, series, short_min / term, other)
        for entry in diagonal:
            other[entry] += 1.0
        matrix[:] = other
    for entry in range(len(matrix)):
        matrix[entry] *= np.exp(-shift * short_min)
    tidy(matrix, constant)
    for _ in range(squarings):
        product(matrix, matrix, squares, 1.0, other)
        matrix[:] = other
        tidy(matrix, constant)


propagator = compiled(_propagator)


def _read(
    weights: Floats, start: Integers, state: Integers, saturating: Booleans, amount: Floats, read: Floats
) -> None:
    """Read the amounts of one group."""
    for reading in range(len(saturating)):
        for entry in range(start[reading], start[reading + 1]):
            one = state[entry]
            kept = 0.0 if entry == start[reading] else 1.0
            for lane in range(read.shape[1]):
                read[reading, lane] = kept * read[reading, lane] + weights[entry, lane] * amount[one, lane]
        if saturating[reading]:
            for lane in range(read.shape[1]):
                read[reading, lane] = read[reading, lane] / (1.0 + read[reading, lane])


read_amounts = inlined(_read)


def _add(minute: float, weight_min: float, read: Floats, tally: Floats) -> None:
    """Add one look to the areas, and raise the peaks; `tally` holds peak, its minute, area and time above."""
    for reading in range(len(read)):
        for lane in range(read.shape[1]):
            value = read[reading, lane]
            higher = value > tally[reading, 0, lane]
            tally[reading, 0, lane] = value if higher else tally[reading, 0, lane]
            tally[reading, 1, lane] = minute if higher else tally[reading, 1, lane]
            tally[reading, 2, lane] += weight_min * value


add = inlined(_add)


def _add_above(step_min: float, above: Floats, old: Floats, new: Floats, tally: Floats) -> None:
    """Add the share of a step that lies above the limits, the course taken as straight."""
    for reading in range(len(above)):
        limit = above[reading]
        if limit < np.inf:
            for lane in range(old.shape[1]):
                high, low = max(old[reading, lane], new[reading, lane]), min(old[reading, lane], new[reading, lane])
                flat = 1.0 if high > limit else 0.0
                share = min(1.0, max(0.0, (high - limit) / (high - low))) if high > low else flat
                tally[reading, 3, lane] += step_min * share


add_above = inlined(_add_above)


def _set_pumps(now_min: float, plain: int, infusions: Infusions, group: int, amount: Floats) -> bool:
    """Set every pump to the sum of what the doses hold that run just after `now_min`; say whether any of them does."""
    amount[plain:] = 0.0
    running = False
    for column in range(len(infusions.pump)):
        if infusions.start_min[column] <= now_min:
            for lane in range(amount.shape[1]):
                on = now_min < infusions.end_min[group, column, lane]
                amount[plain + infusions.pump[column], lane] += infusions.pump_mg[group, column, lane] if on else 0.0
                running = running or on
    return running


set_pumps = compiled(_set_pumps)


def _advance_one(
    positive: Floats, shift: float, row: Integers, column: Integers, norm: float, step_min: float, amount: Floats
) -> None:
    """Carry one person on by a time of its own, by short series on its amounts."""
    parts = max(1, int(np.ceil(step_min * norm)))
    short_min = step_min / parts
    term, total, more = np.empty_like(amount), np.empty_like(amount), np.empty_like(amount)
    for _ in range(parts):
        term[:] = amount
        total[:] = amount
        for index in range(1, SERIES_TERMS + 1):
            more[:] = 0.0
            for entry in range(len(row)):
                more[row[entry]] += positive[entry] * term[column[entry]]
            term[:] = more * (short_min / index)
            total += term
        amount[:] = total * np.exp(-shift * short_min)


advance_one = compiled(_advance_one)


def _next_end(start_min: Floats, end_min: Floats, lane: int, now_min: float, until_min: float) -> float:
    """Give the next end of this person after now, or `until_min`."""
    found = until_min
    for column in range(len(start_min)):
        if start_min[column] < until_min and now_min < end_min[column, lane] < found:
            found = end_min[column, lane]
    return found


next_end = compiled(_next_end)


def _pump_one(now_min: float, plain: int, infusions: Infusions, group: int, lane: int, amount: Floats) -> None:
    amount[plain:] = 0.0
    for column in range(len(infusions.pump)):
        if infusions.start_min[column] <= now_min < infusions.end_min[group, column, lane]:
            amount[plain + infusions.pump[column]] += infusions.pump_mg[group, column, lane]


pump_one = compiled(_pump_one)


def _through_own_ends(
    group: int,
    stop: int,
    minute: Floats,
    rates: Rates,
    pattern: Pattern,
    infusions: Infusions,
    old: Floats,
    new: Floats,
) -> None:
    """Carry those people again whose dose ends within this step at a time of their own."""
    plain = len(pattern.plain_start) - 1
    until_min = minute[stop]
    for lane in range(old.shape[1]):
        now_min = minute[stop - 1]
        after_min = next_end(infusions.start_min, infusions.end_min[group], lane, now_min, until_min)
        if after_min == until_min:
            continue
        amount = old[:, lane].copy()
        positive = rates.positive[group, :, lane].copy()
        while now_min < until_min:
            advance_one(
                positive, rates.shift[group, lane], pattern.row, pattern.column, rates.norm[group, lane],
                after_min - now_min, amount,
            )  # fmt: skip
            now_min = after_min
            pump_one(now_min, plain, infusions, group, lane, amount)
            after_min = next_end(infusions.start_min, infusions.end_min[group], lane, now_min, until_min)
        new[:plain, lane] = amount[:plain]


through_own_ends = compiled(_through_own_ends)


def _give(now_min: float, boluses: Boluses, group: int, amount: Floats) -> None:
    for column in range(len(boluses.state)):
        if boluses.start_min[column] == now_min:
            amount[boluses.state[column]] += boluses.amount_mg[group, column]


give = compiled(_give)
