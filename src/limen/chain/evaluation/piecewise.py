"""Concentrations of a person whose covariates change: exact, by carrying the amounts over each change as boluses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from limen.kinetics import Model
from limen.kinetics.engine import amounts_mg
from limen.kinetics.linear_system import Given, Inputs, LinearSystem, body, inputs_of, linear_system
from limen.kinetics.model import Copy
from limen.quantities import Floats, InputError

Changes = tuple[tuple[float, Mapping[str, float]], ...]


@dataclass(frozen=True)
class Segment:
    """A stretch of time in which nothing about the person changes; both ends in minutes."""

    start_min: float
    end_min: float
    covariates: Mapping[str, float]


def changing_concentrations(
    model: Model,
    copy: Copy,
    parameters: Mapping[str, Floats],
    changes: Changes,
    doses: tuple[Given, ...],
    *,
    time_min: Floats,
    wanted: tuple[str, ...],
) -> Mapping[str, Floats]:
    """Run one copy of a model in people whose covariates change at some minutes.

    The matrix is made anew at each change and every step stays exact. How much of a dose enters, and over which time,
    is decided when it starts.

    Parameters
    ----------
    model, copy : Model, Copy
        What is run; its rates do not drift by themselves.
    parameters : Mapping[str, Floats]
        Shape ``(people,)`` each.
    changes : tuple
        From which minute which covariates hold; the first holds from the beginning.
    doses : tuple of Given
        The full doses.
    time_min : Floats
        Shape ``(times,)``, increasing.
    wanted : tuple of str
        Analytes by the names of the model file.

    Returns
    -------
    Mapping of str to Floats
        Shape ``(people, times)``, ng/mL.

    Raises
    ------
    InputError
        If the rates of the model drift with time.
    """
    if model.changes_with_time:
        raise InputError(f"The model {model.id!r} drifts with time and takes no changing covariates: name another.")
    routes = frozenset(dose.route for dose in doses)
    rows = len(next(iter(parameters.values())))
    found = {name: np.zeros((rows, len(time_min))) for name in wanted}
    entering: list[Inputs] = []
    carried: Floats | None = None
    before: LinearSystem | None = None
    for segment in segments(changes, float(time_min[-1])):
        living = body(model, copy, parameters, segment.covariates)
        system = linear_system(living, wanted, routes)
        starting = tuple(dose for dose in doses if segment.start_min <= dose.start_min < segment.end_min)
        entering.append(inputs_of(living, system, starting))
        if before is not None and carried is not None:
            carried = _relagged(carried, before, system)
        asked = (time_min > segment.start_min) & (time_min <= segment.end_min)
        amounts = amounts_mg(
            system, _within(entering, carried, segment), np.union1d(time_min[asked], np.array([segment.end_min]))
        )
        for name, weights in system.outputs.items():
            found[name][:, asked] = np.einsum("pts,ps->pt", amounts[:, : int(asked.sum())], weights)
        carried, before = amounts[:, -1], system
    return found


def segments(changes: Changes, last_min: float) -> tuple[Segment, ...]:
    """Give the stretches between changes, up to the last minute that is asked for."""
    starts = [-np.inf, *(start for start, _ in changes[1:])]
    ends = [*starts[1:], np.inf]
    return tuple(
        Segment(float(start), float(min(end, last_min)), known)
        for start, end, (_, known) in zip(starts, ends, changes, strict=True)
        if start < last_min
    )


def _relagged(carried: Floats, before: LinearSystem, after: LinearSystem) -> Floats:
    """Keep the concentration of a lag state, whose amount counts in a volume that may have changed."""
    kept = carried.copy()
    for index, name in enumerate(after.states):
        if name.startswith("lag of "):
            analyte = name.removeprefix("lag of ")
            kept[:, index] *= before.outputs[analyte][:, index] / after.outputs[analyte][:, index]
    return kept


def _within(entering: list[Inputs], carried: Floats | None, segment: Segment) -> Inputs:
    """Cut every input to the segment, and add what is carried over as boluses at its start."""
    parts = [_cut(one, segment) for one in entering]
    if carried is not None:
        people, states = carried.shape
        now = np.full(states, segment.start_min)
        parts.append(Inputs(np.arange(states), carried, np.zeros((people, states)), now))
    return Inputs(
        np.concatenate([one.state for one in parts]),
        np.concatenate([one.amount_mg for one in parts], axis=1),
        np.concatenate([one.duration_min for one in parts], axis=1),
        np.concatenate([one.start_min for one in parts]),
    )


def _cut(inputs: Inputs, segment: Segment) -> Inputs:
    start = np.maximum(inputs.start_min, segment.start_min)
    lasting = np.clip(inputs.end_min - start, 0.0, None)
    slow = inputs.duration_min > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(slow, lasting / inputs.duration_min, inputs.start_min >= segment.start_min)
    return Inputs(inputs.state, inputs.amount_mg * share, lasting, start)
