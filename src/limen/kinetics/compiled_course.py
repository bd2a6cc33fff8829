"""The way of groups of people through time, compiled: from change to change, by leaps where steps are equal."""

# ruff: noqa: PLR0917 -- numba takes arguments by place only, and bare arrays fastest
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from limen.kinetics.compiled import (
    FLUSH_EVERY,
    add,
    add_above,
    compiled,
    flush,
    give,
    inlined,
    multiply,
    propagator,
    read_amounts,
    set_pumps,
    through_own_ends,
)
from limen.kinetics.compiled_leaps import (
    FAR,
    FAR_LOG2,
    LEAP,
    LEAP_LOG2,
    WORTH_IT,
    add_far,
    carry,
    look_ahead,
    look_far,
    nothing_rises,
    powered,
    read_leap,
)
from limen.kinetics.layout import Boluses, Infusions, Outputs, Pattern, Rates, Stops
from limen.quantities import Booleans, Floats


class Ahead(NamedTuple):
    """What a group needs for its leaps: the matrices of one and of FAR, the row vectors, and what is known of both.

    `near` and `far` hold the largest elements of the row vectors and their sums. There are no matrices where leaps are
    not worth it.
    """

    matrices: Floats
    rows: Floats
    near: Floats
    far: Floats


class Way(NamedTuple):
    """Where a group is: its amounts and readings in place `stop % 2`, and what was counted."""

    amounts: Floats
    reads: Floats
    tally: Floats


def _one_step(
    group: int, stop: int, running: bool, matrices: Floats, pattern: Pattern, stops: Stops, outputs: Outputs,  # noqa: FBT001
    rates: Rates, infusions: Infusions, own_end: bool, way: Way,  # noqa: FBT001
) -> None:  # fmt: skip
    """Take the step that leads to `stop`, and look."""
    rows = pattern.full_start if running else pattern.plain_start
    element = pattern.full_element if running else pattern.plain_element
    source = pattern.full_source if running else pattern.plain_source
    old, new = way.amounts[(stop - 1) % 2], way.amounts[stop % 2]
    multiply(matrices, stops.step[stop], rows, element, source, old, new)
    if own_end:
        through_own_ends(group, stop, stops.minute, rates, pattern, infusions, old, new)
    if stop % FLUSH_EVERY == 0:
        flush(new)
    was, now = way.reads[(stop - 1) % 2], way.reads[stop % 2]
    read_amounts(outputs.weights[group], outputs.start, outputs.state, outputs.saturating, new, now)
    add(stops.minute[stop], stops.before_min[stop], now, way.tally)
    add_above(stops.minute[stop] - stops.minute[stop - 1], outputs.above, was, now, way.tally)


one_step = inlined(_one_step)


def _march(
    group: int, first: int, last: int, running: bool, matrices: Floats, ahead: Ahead, pattern: Pattern,  # noqa: FBT001
    stops: Stops, outputs: Outputs, rates: Rates, infusions: Infusions, flags: Booleans, way: Way,
) -> None:  # fmt: skip
    """Go from stop `first` to stop `last`, with the same pumps, and count every stop after the first.

    A leap ends where the step after it is still of the same length, so that every stop in it has the same weight.
    """
    stop, found = first, np.empty(matrices.shape[2])
    while stop < last:
        leaps = len(ahead.matrices) > 0 and stops.step[stop + 1] == stops.usual
        alike = min(last, stops.alike[stop]) if leaps else stop
        here, after = way.amounts[stop % 2], way.amounts[(stop + 1) % 2]
        if stop + FAR * LEAP < alike and nothing_rises(outputs, ahead.far, here, found, way.tally):
            add_far(outputs, stops.before_min[stop + 1], ahead.far, here, found, way.tally)
            carry(ahead.matrices, 1, running, pattern, here, after)
            stop += FAR * LEAP
            here[:] = after
        elif stop + LEAP < alike:
            read_leap(stop, stops, outputs, ahead.rows, ahead.near, here, found, way.reads[stop % 2], way.tally)
            carry(ahead.matrices, 0, running, pattern, here, after)
            stop += LEAP
            here[:] = after
        else:
            stop += 1
            one_step(
                group, stop, running, matrices, pattern, stops, outputs, rates, infusions, flags[stop], way
            )  # fmt: skip


march = compiled(_march)


def _travel(
    group: int, matrices: Floats, ahead: Ahead, rates: Rates, pattern: Pattern, stops: Stops, boluses: Boluses,
    infusions: Infusions, outputs: Outputs, tally: Floats, last: Floats,
) -> None:  # fmt: skip
    """Take one group through all stops, from change to change."""
    plain, width = len(pattern.plain_start) - 1, matrices.shape[2]
    way = Way(
        np.zeros((2, plain + len(pattern.constant), width)), np.zeros((2, len(outputs.above), width)), tally
    )  # fmt: skip
    add(stops.minute[0], stops.before_min[0], way.reads[0], tally)
    final, flags = len(stops.minute) - 1, infusions.own_end[group]
    stop = 0
    while True:
        minute, here = stops.minute[stop], way.amounts[stop % 2]
        if stop == final:
            last[:] = here[:plain]
        if stops.bolus[stop]:
            give(minute, boluses, group, here)
            read_amounts(
                outputs.weights[group], outputs.start, outputs.state, outputs.saturating, here, way.reads[stop % 2]
            )
            add(minute, stops.after_min[stop], way.reads[stop % 2], tally)
        if stop == final:
            return
        running = set_pumps(minute, plain, infusions, group, here)
        following = stop + 1
        while following < final and not (stops.event[following] or flags[following]):
            following += 1
        march(
            group, stop, following, running, matrices, ahead, pattern, stops, outputs, rates, infusions, flags, way
        )  # fmt: skip
        stop = following


travel = compiled(_travel)


def _prepared(ahead: Ahead, matrix: Floats, group: int, pattern: Pattern, outputs: Outputs, other: Floats) -> None:
    """Fill what the leaps of one group need, from the matrix of the usual step."""
    powered(matrix, LEAP_LOG2, pattern.squares, pattern.constant, ahead.matrices[0], other)
    powered(ahead.matrices[0], FAR_LOG2, pattern.squares, pattern.constant, ahead.matrices[1], other)
    look_ahead(matrix, pattern, outputs, group, ahead.rows, ahead.near)
    look_far(ahead.matrices[0], pattern, outputs, ahead.near, ahead.far)


prepared = inlined(_prepared)


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
    width, entries = rates.shift.shape[1], len(outputs.ahead_state)
    matrices = np.empty((len(stops.step_min), pattern.elements[0], width))
    other = np.empty((pattern.elements[0], width))
    leaps = (stops.step == stops.usual).sum() >= WORTH_IT
    ahead = Ahead(
        np.empty((2 if leaps else 0, pattern.elements[0], width)), np.empty((entries, LEAP, width)),
        np.empty((2, entries, width)), np.empty((2, entries, width)),
    )  # fmt: skip
    for group in range(len(rates.shift)):
        positive, shift, norm = rates.positive[group], rates.shift[group], rates.norm[group].max()
        for step in range(len(stops.step_min)):
            propagator(
                positive, shift, stops.step_min[step], norm, pattern.series, pattern.squares, pattern.diagonal,
                pattern.constant, matrices[step], other,
            )  # fmt: skip
        if leaps:
            prepared(ahead, matrices[stops.usual], group, pattern, outputs, other)
        travel(
            group, matrices, ahead, rates, pattern, stops, boluses, infusions, outputs, tally[group], last[group]
        )  # fmt: skip


reduce_groups = compiled(_reduce_groups)
