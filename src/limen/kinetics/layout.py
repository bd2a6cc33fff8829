"""How people lie side by side for the compiled loops of `limen.kinetics.compiled`."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from limen.kinetics.engine import STEP_DIGITS, Walk
from limen.kinetics.linear_system import Inputs, LinearSystem
from limen.kinetics.readings import Reading
from limen.quantities import Booleans, Floats, InputError, Integers

LANES: Final = 128  # people in a group: their matrices still fit into the fastest memory of a common processor
MOST_STEP_LENGTHS: Final = 64  # each has a matrix of its own for every person

# A pump is a state from which so much flows in a minute without emptying it: about as fast as the rates of the body, so
# that it does not lengthen the series; a power of two, so that nothing is rounded.
PUMP_PER_MIN: Final = 0.03125
AT_ONCE: Final = 3  # elements that one pass of a step takes

Pairs = list[tuple[int, int]]


class Pattern(NamedTuple):
    """Which elements of the matrices can differ from 0; pumps are states behind the others.

    Elements of A plus its shift have a row and a column each. `series` and `squares` hold triples of elements as
    `product` wants them. A step goes through the elements of each row of exp(A t) from `start` to the next, and the
    states that they are multiplied by: without the pumps (plain) or with them (full), filled up to threes with the
    last of all elements, which is 0. How many there are stands in `elements`.
    """

    row: Integers
    column: Integers
    series: Integers
    squares: Integers
    diagonal: Integers
    constant: Integers
    plain_start: Integers
    plain_element: Integers
    plain_source: Integers
    full_start: Integers
    full_element: Integers
    full_source: Integers
    elements: Integers


class Rates(NamedTuple):
    """Elements of A plus its shift, shape (groups, elements, lanes); shift and norm, shape (groups, lanes)."""

    positive: Floats
    shift: Floats
    norm: Floats


class Stops(NamedTuple):
    """Minutes, which step leads to each, the steps themselves, and at which of them a dose starts or ends.

    `before_min` is the weight of the look just before a stop in a trapezium, `after_min` that of the one just after
    doses given at once; where there are none the first holds both. `alike` is the last stop to which steps of the same
    length lead on, and `usual` the step that is taken most often.
    """

    minute: Floats
    step: Integers
    step_min: Floats
    before_min: Floats
    after_min: Floats
    event: Booleans
    bolus: Booleans
    alike: Integers
    usual: int


class Boluses(NamedTuple):
    """Doses given at once; amounts have shape (groups, boluses, lanes)."""

    state: Integers
    start_min: Floats
    amount_mg: Floats


class Infusions(NamedTuple):
    """Doses that run; ends and what their pumps hold have shape (groups, infusions, lanes).

    `own_end` has shape (groups, stops): whether a dose of somebody in the group ends at a time of its own, not later
    than the stop and after the one before.
    """

    pump: Integers
    start_min: Floats
    end_min: Floats
    pump_mg: Floats
    own_end: Booleans


class Outputs(NamedTuple):
    """What is read: weights of shape (groups, entries, lanes), where each reading begins, and which state it reads.

    `ahead_start` and `ahead_state` list in the same way the states, pumps among them, that a reading will depend on
    after any time.
    """

    weights: Floats
    start: Integers
    state: Integers
    saturating: Booleans
    above: Floats
    ahead_start: Integers
    ahead_state: Integers


class UnevenMinutesError(InputError):
    """The minutes make more kinds of steps than the compiled loops keep matrices for."""


def in_lanes(values: Floats) -> Floats:
    """Turn ``(people, columns)`` into ``(groups, columns, lanes)``; the last person fills up the last group."""
    groups = -(-len(values) // LANES)
    padded = np.empty((groups * LANES, values.shape[1]), dtype=values.dtype)
    padded[: len(values)] = values
    padded[len(values) :] = values[-1:]
    return np.ascontiguousarray(padded.reshape(groups, LANES, values.shape[1]).transpose(0, 2, 1))


def in_rows(lanes: Floats, people: int) -> Floats:
    """Turn ``(groups, columns, lanes)`` back into ``(people, columns)``."""
    groups, columns, width = lanes.shape
    return lanes.transpose(0, 2, 1).reshape(groups * width, columns)[:people]


def stops_of(minute: Floats, inputs: Inputs, shared: Booleans) -> Stops:
    """Lay out the minutes, and the steps that lead from one to the next.

    Raises
    ------
    UnevenMinutesError
        If they make too many different steps.
    """
    lengths, index = np.unique(np.round(np.diff(minute), STEP_DIGITS), return_inverse=True)
    if len(lengths) > MOST_STEP_LENGTHS:
        raise UnevenMinutesError(
            f"The minutes make {len(lengths)} different steps, more than {MOST_STEP_LENGTHS}:"
            " use even minutes, or engine='numpy'."
        )
    changes = np.concatenate((inputs.start_min, inputs.end_min[0, shared]))
    at_once = inputs.start_min[(inputs.duration_min == 0.0).any(axis=0)]
    bolus = np.isin(minute, at_once)
    half_min = 0.5 * np.diff(minute)
    before, after = np.append(0.0, half_min), np.append(half_min, 0.0)
    return Stops(
        minute,
        np.append(0, index).astype(np.int64),
        lengths,
        before + np.where(bolus, 0.0, after),
        after,
        np.isin(minute, changes),
        bolus,
        _alike(index),
        int(np.bincount(index).argmax()) if len(index) else 0,
    )


def _alike(step: Integers) -> Integers:
    """Give for each stop the last one to which steps of one length lead on."""
    ends = np.append(np.flatnonzero(np.diff(step)) + 1, len(step))
    return ends[np.minimum(np.searchsorted(ends, np.arange(len(step) + 1), side="right"), len(ends) - 1)]


def boluses_of(inputs: Inputs) -> Boluses:
    """Lay out what is given at once."""
    at_once = inputs.duration_min == 0.0
    columns = np.flatnonzero(at_once.any(axis=0))
    amounts = np.where(at_once, inputs.amount_mg, 0.0)[:, columns]
    return Boluses(inputs.state[columns], inputs.start_min[columns], in_lanes(amounts))


def infusions_of(inputs: Inputs, walk: Walk, stops: Stops) -> Infusions:
    """Lay out what runs, and where each person's own ends fall."""
    columns = np.flatnonzero((inputs.duration_min > 0.0).any(axis=0))
    pump = np.searchsorted(walk.pumped, inputs.state[columns]).astype(np.int64)
    end_min = inputs.end_min[:, columns]
    ends = in_lanes(end_min)
    own_end = np.zeros((len(ends), len(stops.minute)), dtype=np.bool_)
    for column in np.flatnonzero(~walk.shared[columns]):
        stop = np.searchsorted(stops.minute, ends[:, column], side="left")
        group, lane = np.nonzero(stop < len(stops.minute))
        own_end[group, stop[group, lane]] = True
    return Infusions(pump, inputs.start_min[columns], ends, in_lanes(walk.rate[:, columns] / PUMP_PER_MIN), own_end)


def outputs_of(readings: Sequence[Reading], weights: list[Floats], reach: Booleans) -> Outputs:
    """Lay out which states each reading reads and will depend on, and their weights; `reach` is that of `reach_of`."""
    states = [np.flatnonzero(weight.any(axis=0)) for weight in weights]
    used = [weight[:, chosen] for weight, chosen in zip(weights, states, strict=True)]
    ahead = [np.flatnonzero(reach[chosen].any(axis=0)) for chosen in states]
    return Outputs(
        in_lanes(np.concatenate(used, axis=1)),
        np.concatenate(([0], np.cumsum([len(chosen) for chosen in states]))).astype(np.int64),
        np.concatenate(states).astype(np.int64),
        np.array([one.saturating for one in readings]),
        np.array([one.above for one in readings]),
        np.concatenate(([0], np.cumsum([len(chosen) for chosen in ahead]))).astype(np.int64),
        np.concatenate(ahead).astype(np.int64),
    )


def pattern_and_rates_of(system: LinearSystem, there: Booleans) -> tuple[Pattern, Rates]:
    """Lay out the elements of A plus its shift, with a state for every pump, and of exp(A t); `there` says which."""
    plain, size = len(system.states), len(there)
    row, column = np.nonzero(there)
    shift = np.max(-np.diagonal(system.rates, axis1=1, axis2=2), axis=1)
    positive = np.zeros((system.people, len(row)))
    inside = (row < plain) & (column < plain)
    positive[:, inside] = system.rates[:, row[inside], column[inside]]
    positive[:, (row < plain) & (column >= plain)] = PUMP_PER_MIN
    positive[:, row == column] += shift[:, None]
    norm = np.zeros(system.people)
    for one in range(size):
        np.maximum(norm, positive[:, row == one].sum(axis=1), out=norm)
    rates = Rates(in_lanes(positive), in_lanes(shift[:, None])[:, 0], in_lanes(norm[:, None])[:, 0])
    return _pattern(there, plain), rates


def elements_of(system: LinearSystem, pumped: Integers) -> Booleans:
    """Which elements of A, with a state for every pump, are not 0, the diagonal included."""
    plain = len(system.states)
    size = plain + len(pumped)
    there = np.zeros((size, size), dtype=np.bool_)
    there[:plain, :plain] = (system.rates != 0.0).any(axis=0)
    there[pumped, plain + np.arange(len(pumped))] = True
    np.fill_diagonal(there, val=True)
    return there


def _pattern(there: Booleans, plain: int) -> Pattern:
    row, column = np.nonzero(there)
    reach = reach_of(there)
    spread = list(zip(*(part.tolist() for part in np.nonzero(reach)), strict=True))
    place = {pair: index for index, pair in enumerate(spread)}
    elements = list(zip(row.tolist(), column.tolist(), strict=True))
    size = len(there)
    return Pattern(
        row.astype(np.int64),
        column.astype(np.int64),
        _triples(elements, spread, place),
        _triples(spread, spread, place),
        np.array([place[one, one] for one in range(size)], dtype=np.int64),
        np.array([place[one, one] for one in range(plain, size)], dtype=np.int64),
        *_by_rows(place, plain, plain),
        *_by_rows(place, plain, size),
        np.array([len(spread) + 1]),
    )


def _by_rows(place: Mapping[tuple[int, int], int], rows: int, columns: int) -> tuple[Integers, Integers, Integers]:
    """List the elements of each row in threes: where each row starts, the elements, and the states they meet."""
    zero = (len(place), 0)
    start, found = [0], list[tuple[int, int]]()
    for one in range(rows):
        found.extend((index, column) for (row, column), index in place.items() if row == one and column < columns)
        found.extend([zero] * (-len(found) % AT_ONCE))
        start.append(len(found))
    element, source = np.array(found, dtype=np.int64).T.copy()
    return np.array(start), element, source


def reach_of(there: Booleans) -> Booleans:
    """Every element that a power of the matrix can fill, and so exp(A t): row and column are states."""
    reach = there
    while True:
        more = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
        if np.array_equal(more, reach):
            return reach
        reach = more


def _triples(left: Pairs, right: Pairs, place: dict[tuple[int, int], int]) -> Integers:
    """List which element of the left times which of the right adds to which of the product."""
    by_row: dict[int, list[tuple[int, int]]] = {}
    for index, (row, column) in enumerate(right):
        by_row.setdefault(row, []).append((index, column))
    found = [
        (one, other, place[row, column])
        for one, (row, middle) in enumerate(left)
        for other, column in by_row.get(middle, [])
    ]
    return np.array(found, dtype=np.int64)
