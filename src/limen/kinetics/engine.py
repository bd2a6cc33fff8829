"""Concentrations over time from a linear system and the inputs of its doses: exact at every asked time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from limen.kinetics.exact_steps import ExactSteps
from limen.kinetics.linear_system import Inputs, LinearSystem
from limen.quantities import Booleans, Floats, Integers

BATCH: Final = 1024  # people at once: a call is then dear to nobody, and their matrices stay in fast memory
OFTEN: Final = 5  # a step taken as often is worth a matrix of its own
STEP_DIGITS: Final = 12  # steps equal to a billionth of a millisecond count as one


def concentrations(system: LinearSystem, inputs: Inputs, time_min: Floats) -> Mapping[str, Floats]:
    """Give every output at every time.

    At equal times the order is: end of a dose, observation, start of a dose. A sample at the end of an infusion sees
    all of it; a sample at the minute of a bolus sees nothing of it.

    Parameters
    ----------
    system : LinearSystem
        x' = A x and the output weights.
    inputs : Inputs
        What enters, when, and over which time; ends may differ from person to person.
    time_min : Floats
        Shape ``(times,)``, increasing.

    Returns
    -------
    Mapping of str to Floats
        Shape ``(people, times)``, ng/mL.
    """
    return concentrations_of_each(system, ((inputs, time_min),))[0]


def concentrations_of_each(
    system: LinearSystem, courses: Sequence[tuple[Inputs, Floats]]
) -> tuple[Mapping[str, Floats], ...]:
    """Give every output of several courses of the same people, each alone, at the times of each; as `concentrations`.

    Parameters
    ----------
    system : LinearSystem
        x' = A x and the output weights.
    courses : Sequence of (Inputs, Floats)
        What enters, and the times, shape ``(times,)``.

    Returns
    -------
    tuple of Mapping of str to Floats
        One a course, shape ``(people, times)``, ng/mL.
    """
    found = [{name: np.empty((system.people, len(time))) for name in system.outputs} for _, time in courses]
    for first in range(0, system.people, BATCH):
        rows = slice(first, first + BATCH)
        known: dict[tuple[int, ...], ExactSteps] = {}
        for (inputs, time_min), outputs in zip(courses, found, strict=True):
            amounts = Walk(_part(system, rows), _inputs_part(inputs, rows), known).at(time_min)
            for name, weights in system.outputs.items():
                outputs[name][rows] = np.einsum("pts,ps->pt", amounts, weights[rows])
    return tuple(found)


def amounts_mg(system: LinearSystem, inputs: Inputs, time_min: Floats) -> Floats:
    """Give the amount in every state, mg, shape ``(people, times, states)``; ties as in `concentrations`."""
    return Walk(system, inputs).at(time_min)


def _part(system: LinearSystem, rows: slice) -> LinearSystem:
    return LinearSystem(system.states, system.rates[rows], system.outputs)


def _inputs_part(inputs: Inputs, rows: slice) -> Inputs:
    return Inputs(inputs.state, inputs.amount_mg[rows], inputs.duration_min[rows], inputs.start_min)


class Walk:
    """One batch on its way through time.

    Each state with an infusion gets a pump: a state that holds its rate in mg/min, feeds it, and does not run dry.
    Walks of the same people share the steps that are `known` by the states that are pumped.
    """

    def __init__(
        self, system: LinearSystem, inputs: Inputs, known: dict[tuple[int, ...], ExactSteps] | None = None
    ) -> None:
        self._inputs = inputs
        self._known = {} if known is None else known
        self._plain = len(system.states)
        self._slow = inputs.duration_min > 0.0
        self.pumped = np.unique(inputs.state[self._slow.any(axis=0)])
        self._rates = system.rates
        with np.errstate(divide="ignore", invalid="ignore"):
            self.rate = np.where(self._slow, inputs.amount_mg / inputs.duration_min, 0.0)
        self._end = inputs.end_min
        self.shared = np.all(self._end == self._end[:1], axis=0)
        self._state = np.zeros((system.people, self._plain + len(self.pumped)))
        self._changes = np.unique(np.concatenate((inputs.start_min, self._end.ravel())))
        self._changes_seen = 0

    def at(self, time_min: Floats) -> Floats:
        """Carry the batch through all times, noting the amounts at `time_min`."""
        noted = np.zeros((len(self._state), len(time_min), self._plain))
        columns = {float(time): column for column, time in enumerate(time_min)}
        for now, before, _ in self.steps(time_min):
            if now in columns:
                noted[:, columns[now]] = before
        return noted

    def steps(self, time_min: Floats) -> Iterator[tuple[float, Floats, Floats]]:
        """Carry the batch from stop to stop: the minute, and the amounts before and after the doses of that minute.

        Where no dose is given at once the two are one array.
        """
        pumps = tuple(self.pumped.tolist())
        if pumps not in self._known:
            self._known[pumps] = ExactSteps(_with_pumps(self._rates, self.pumped), kept=len(pumps))
        self._exact = self._known[pumps]
        stops = self.stops(time_min)
        steps = [round(float(step), STEP_DIGITS) for step in np.diff(stops)]
        for step, count in Counter(steps).items():
            if count >= OFTEN:
                self._exact.prepare(step)
        for index, now in enumerate(stops.tolist()):
            if index:
                self._advance(float(stops[index - 1]), now, steps[index - 1])
            before = self._state[:, : self._plain]
            yield now, before, self._after_doses(now, before)

    def stops(self, time_min: Floats) -> Floats:
        """Every time that all people share, in order, up to the last one asked for."""
        ends = self._end[0, self.shared] if len(self._end) else np.empty(0)
        stops = np.unique(np.concatenate((time_min, self._inputs.start_min, ends)))
        return np.asarray(stops[stops <= time_min[-1]])

    def _advance(self, start_min: float, end_min: float, step_min: float) -> None:
        if self.shared.all():
            self._state = self._exact.advance(self._state, step_min)
            return
        own = self._own_ends(start_min, end_min)
        rows = np.flatnonzero(own.any(axis=1))
        if len(rows) == 0:
            self._state = self._exact.advance(self._state, step_min)
            return
        before = self._state[rows]
        if len(rows) < len(self._state):
            self._state = self._exact.advance(self._state, step_min)
        self._state[rows] = self._through_own_ends(before, rows, own[rows], start_min, end_min)

    def _own_ends(self, start_min: float, end_min: float) -> Booleans:
        """Which inputs of which people end within the step at a time of their own."""
        inside = (self._end > start_min) & (self._end < end_min) & (self._inputs.start_min < end_min)
        return np.asarray(inside & self._slow & ~self.shared)

    def _through_own_ends(
        self, state: Floats, rows: Integers, own: Booleans, start_min: float, end_min: float
    ) -> Floats:
        stops = np.sort(np.where(own, self._end[rows], end_min), axis=1)
        stops = stops[:, : int(own.sum(axis=1).max())]
        now = np.full(len(rows), start_min)
        for stop in (*stops.T, np.full(len(rows), end_min)):
            state = self._exact.advance_each(state, stop - now, rows)
            now = stop
            state[:, self._plain :] = self._pump_rates(rows, now)
        return state

    def _after_doses(self, now_min: float, before: Floats) -> Floats:
        """Give what is given at once, and set the pumps; an infusion that ends now has stopped."""
        starting = np.flatnonzero(self._inputs.start_min == now_min)
        if len(starting) and not self._slow[:, starting].all():
            self._state = self._state.copy(order="K")
            before = self._state[:, : self._plain]
            for column in starting:
                given = np.where(self._slow[:, column], 0.0, self._inputs.amount_mg[:, column])
                before[:, self._inputs.state[column]] += given
        seen = int(np.searchsorted(self._changes, now_min, side="right"))
        if seen > self._changes_seen:
            self._changes_seen = seen
            everybody = np.arange(len(self._state))
            self._state[:, self._plain :] = self._pump_rates(everybody, np.full(len(everybody), now_min))
        return before

    def _pump_rates(self, rows: Integers, now_min: Floats) -> Floats:
        """Sum the rates that run just after `now_min`: a sum, no running total, so nothing is left over."""
        now = now_min[:, None]
        running = (self._inputs.start_min <= now) & (now < self._end[rows])
        rates = np.where(running, self.rate[rows], 0.0)
        pumps = np.zeros((len(rows), len(self.pumped)))
        for column, state in enumerate(self.pumped):
            pumps[:, column] = rates[:, self._inputs.state == state].sum(axis=1)
        return pumps


def _with_pumps(rates: Floats, pumped: Integers) -> Floats:
    people, states, _ = rates.shape
    wide = np.zeros((people, states + len(pumped), states + len(pumped)))
    wide[:, :states, :states] = rates
    wide[:, pumped, states + np.arange(len(pumped))] = 1.0
    return wide
