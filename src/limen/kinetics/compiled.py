"""The loops that numba compiles: exact steps of many people side by side, read as they go by.

People travel in groups, side by side along the last axis of every array, so that one instruction moves several. Only
the elements of the matrices that can differ from 0 are kept; `limen.kinetics.fast` lays the arrays out. Nothing here
is worth reading before `limen.kinetics.exact_steps`, whose arithmetic this repeats element by element.
"""

# ruff: noqa: PLR0917 -- numba takes arguments by place only, and bare arrays fastest
from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any, Final, Literal, TypeVar, cast

import numpy as np

from limen.kinetics.exact_steps import SERIES_TERMS
from limen.kinetics.layout import AT_ONCE, Boluses, Infusions, Outputs, Pattern, Rates, Stops
from limen.quantities import Booleans, Floats, Integers

# Below this nothing counts, and the product of two that are left is still far from the slow range next to zero.
TINY: Final = 1e-150
FLUSH_EVERY: Final = 16  # stops; what is dropped rarely is dropped early enough

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function, inline: Literal["never", "always"] = "never") -> Function:
    """Compile a function of this file; the one place where numba enters this room."""
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
    for term in range(SERIES_TERMS, 0, -1):
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
    """Set every pump to the sum of the rates that run just after `now_min`; say whether any of them does."""
    amount[plain:] = 0.0
    running = False
    for column in range(len(infusions.pump)):
        if infusions.start_min[column] <= now_min:
            for lane in range(amount.shape[1]):
                on = now_min < infusions.end_min[group, column, lane]
                amount[plain + infusions.pump[column], lane] += (
                    infusions.rate_mg_per_min[group, column, lane] if on else 0.0
                )
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
            amount[plain + infusions.pump[column]] += infusions.rate_mg_per_min[group, column, lane]


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


def _march(
    group: int,
    first: int,
    last: int,
    running: bool,  # noqa: FBT001
    matrices: Floats,
    pattern: Pattern,
    stops: Stops,
    outputs: Outputs,
    rates: Rates,
    infusions: Infusions,
    flags: Booleans,
    amounts: Floats,
    reads: Floats,
    tally: Floats,
) -> None:
    """Go from stop `first` to stop `last`, with the same pumps, and look at each stop after the first.

    The amounts and readings at hand are those in place `stop % 2`; what is taken out of the loop is what it needs.
    """
    rows = pattern.full_start if running else pattern.plain_start
    element = pattern.full_element if running else pattern.plain_element
    source = pattern.full_source if running else pattern.plain_source
    weights, start, state = outputs.weights[group], outputs.start, outputs.state
    saturating, above = outputs.saturating, outputs.above
    minute, step, before_min = stops.minute, stops.step, stops.before_min
    timed = above.min() < np.inf
    for stop in range(first + 1, last + 1):
        old, new = amounts[(stop - 1) % 2], amounts[stop % 2]
        multiply(matrices, step[stop], rows, element, source, old, new)
        if flags[stop]:
            through_own_ends(group, stop, minute, rates, pattern, infusions, old, new)
        if stop % FLUSH_EVERY == 0:
            flush(new)
        was, now = reads[(stop - 1) % 2], reads[stop % 2]
        read_amounts(weights, start, state, saturating, new, now)
        add(minute[stop], before_min[stop], now, tally)
        if timed:
            add_above(minute[stop] - minute[stop - 1], above, was, now, tally)


march = compiled(_march)


def _travel(
    group: int,
    matrices: Floats,
    rates: Rates,
    pattern: Pattern,
    stops: Stops,
    boluses: Boluses,
    infusions: Infusions,
    outputs: Outputs,
    tally: Floats,
    last: Floats,
) -> None:
    """Take one group through all stops, from change to change."""
    plain, width = len(pattern.plain_start) - 1, matrices.shape[2]
    amounts = np.zeros((2, plain + len(pattern.constant), width))
    reads = np.zeros((2, len(outputs.above), width))
    add(stops.minute[0], stops.before_min[0], reads[0], tally)
    final, flags = len(stops.minute) - 1, infusions.own_end[group]
    stop, running = 0, False
    while True:
        minute, here = stops.minute[stop], amounts[stop % 2]
        if stop == final:
            last[:] = here[:plain]
        if stops.bolus[stop]:
            give(minute, boluses, group, here)
            read_amounts(
                outputs.weights[group], outputs.start, outputs.state, outputs.saturating, here, reads[stop % 2]
            )
            add(minute, stops.after_min[stop], reads[stop % 2], tally)
        if stop == final:
            return
        running = set_pumps(minute, plain, infusions, group, here)
        following = stop + 1
        while following < final and not (stops.event[following] or flags[following]):
            following += 1
        march(
            group, stop, following, running, matrices, pattern, stops, outputs, rates, infusions, flags,
            amounts, reads, tally,
        )  # fmt: skip
        stop = following


travel = compiled(_travel)


def _reduce_groups(
    rates: Rates,
    pattern: Pattern,
    stops: Stops,
    boluses: Boluses,
    infusions: Infusions,
    outputs: Outputs,
    tally: Floats,
    last: Floats,
) -> None:
    """Take every group through all stops; `tally` and `last` come back filled."""
    matrices = np.empty((len(stops.step_min), pattern.elements[0], rates.shift.shape[1]))
    other = np.empty((pattern.elements[0], rates.shift.shape[1]))
    for group in range(len(rates.shift)):
        positive, shift, norm = rates.positive[group], rates.shift[group], rates.norm[group].max()
        for step in range(len(stops.step_min)):
            propagator(
                positive, shift, stops.step_min[step], norm, pattern.series, pattern.squares, pattern.diagonal,
                pattern.constant, matrices[step], other,
            )  # fmt: skip
        travel(
            group, matrices, rates, pattern, stops, boluses, infusions, outputs, tally[group], last[group]
        )  # fmt: skip


reduce_groups = compiled(_reduce_groups)
