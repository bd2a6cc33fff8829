"""From a model and the parameters of many people to one linear system x' = A x each, and the inputs of their doses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.kinetics.arithmetic import Expression, Value
from limen.kinetics.model import NORKETAMINE_EXPOSURE, Copy, Flow, Input, Model
from limen.quantities import Floats, Integers

OUT: Final = "out"


@dataclass(frozen=True)
class LinearSystem:
    """x' = A x for many people.

    Parameters
    ----------
    states : tuple of str
        Names; amounts in mg.
    rates : Floats
        Shape ``(people, states, states)``, per minute; nothing off the diagonal is negative.
    outputs : Mapping[str, Floats]
        For each analyte the weights ``(people, states)`` that turn amounts into ng/mL.
    """

    states: tuple[str, ...]
    rates: Floats
    outputs: Mapping[str, Floats]

    @property
    def people(self) -> int:
        """How many rows."""
        return len(self.rates)


@dataclass(frozen=True)
class Given:
    """One dose as a model sees it: the full amount, its route in the words of the model files, and its devices.

    `devices_before` counts the devices of the same visit that were given earlier; `occasion` numbers the visits of a
    course, between which a person varies.
    """

    route: str
    dose_mg: float
    start_min: float
    duration_min: float = 0.0
    devices: int = 1
    devices_before: int = 0
    occasion: int = 0


@dataclass(frozen=True)
class Inputs:
    """What enters the states, one column for each dose and way in.

    Parameters
    ----------
    state : Integers
        Shape ``(inputs,)``: the state it enters.
    amount_mg, duration_min : Floats
        Shape ``(people, inputs)``; a duration of 0 is at once.
    start_min : Floats
        Shape ``(inputs,)``.
    """

    state: Integers
    amount_mg: Floats
    duration_min: Floats
    start_min: Floats

    @property
    def end_min(self) -> Floats:
        """When each has entered, shape ``(people, inputs)``."""
        return self.start_min + self.duration_min


@dataclass(frozen=True)
class Body:
    """A model in people: the names that its arithmetic may use, with their values."""

    model: Model
    copy: Copy
    known: Mapping[str, Value]
    people: int

    def array(self, expression: Expression, **also: float) -> Floats:
        """Give the value for every person, shape ``(people,)``; `also` overrides covariates."""
        known = self.with_derived(**also) if also else self.known
        return np.broadcast_to(np.asarray(expression.value(known), dtype=np.float64), (self.people,))

    def with_derived(self, **also: float) -> Mapping[str, Value]:
        """Recompute the derived names with other covariates."""
        return _derive(self.model, {**self.known, **also})


def body(
    model: Model, copy: Copy, parameters: Mapping[str, Floats], covariates: Mapping[str, float], after_h: float = 0.0
) -> Body:
    """Put a model into people.

    Parameters
    ----------
    model : Model
        Its structure.
    copy : Copy
        Which run of it; its factors multiply parameters.
    parameters : Mapping[str, Floats]
        Shape ``(people,)`` each.
    covariates : Mapping[str, float]
        ``WT AGE ASIAN JAPANESE NDEV``.
    after_h : float
        Hours after the first dose, for rates that change with time.

    Returns
    -------
    Body
    """
    usual = {NORKETAMINE_EXPOSURE: np.ones(1), **parameters}
    scaled = {name: values * copy.factors.get(name, 1.0) for name, values in usual.items()}
    known = _derive(model, {**scaled, **covariates, "TAFD": after_h})
    return Body(model, copy, known, len(next(iter(parameters.values()))))


def _derive(model: Model, known: Mapping[str, Value]) -> Mapping[str, Value]:
    found = dict(known)
    for name, expression in model.derived:
        found[name] = expression.value(found)
    return found


def linear_system(body: Body, wanted: tuple[str, ...], routes: frozenset[str], *, whole: bool = False) -> LinearSystem:
    """Build A and the output weights.

    Parameters
    ----------
    body : Body
        The model in people.
    wanted : tuple of str
        Analytes by the names of the model file.
    routes : frozenset of str
        Routes in use; states that no dose reaches, or that no wanted analyte needs, are left out.
    whole : bool
        Keep every state, and count what has left in one more, ``"out"``.

    Returns
    -------
    LinearSystem
    """
    model = body.model
    states = (*model.compartments, OUT) if whole else _needed(model, wanted, routes)
    rates = np.zeros((body.people, len(states), len(states)))
    for flow in model.flows:
        _add_flow(rates, states, flow, body)
    outputs = {one.analyte: _weights(one.expr, states, body) for one in model.outputs if one.analyte in wanted}
    system = LinearSystem(states, rates / model.minutes_per_unit, outputs)
    return system if model.lag_rate is None else _lagged(system, body.array(model.lag_rate) / model.minutes_per_unit)


def _needed(model: Model, wanted: tuple[str, ...], routes: frozenset[str]) -> tuple[str, ...]:
    """Keep the states that a dose reaches and that a wanted analyte depends on."""
    read = {name for one in model.outputs if one.analyte in wanted for name in one.expr.names}
    entered = {one.into for one in model.inputs if one.route in routes}
    reached = _spread(entered, tuple((flow.origin, flow.to) for flow in model.flows))
    matters = _spread(read & set(model.compartments), tuple((flow.to, flow.origin) for flow in model.flows))
    return tuple(name for name in model.compartments if name in reached & matters or name in read)


def _spread(start: set[str], arrows: tuple[tuple[str, str], ...]) -> set[str]:
    found = set(start)
    while True:
        more = {to for origin, to in arrows if origin in found} - found
        if not more:
            return found
        found |= more


def _add_flow(rates: Floats, states: tuple[str, ...], flow: Flow, body: Body) -> None:
    if flow.origin not in states:
        return
    rate, origin = body.array(flow.rate), states.index(flow.origin)
    rates[:, origin, origin] -= rate
    if flow.to in states:
        rates[:, states.index(flow.to), origin] += rate


def _weights(expression: Expression, states: tuple[str, ...], body: Body) -> Floats:
    """Read the weights of a linear expression: its value with 1 mg in one state and nothing elsewhere."""
    weights = np.zeros((body.people, len(states)))
    nothing = dict.fromkeys(body.model.compartments, 0.0)
    for index, name in enumerate(states):
        if name in expression.names:
            weights[:, index] = expression.value({**body.known, **nothing, name: 1.0})
    return weights


def _lagged(system: LinearSystem, rate_per_min: Floats) -> LinearSystem:
    """Read every output through one more state: v' = k (C - v), which takes no drug away.

    The state is kept in mg (its weight stands in the output), so that no rate is inflated by a unit.
    """
    old, extra = len(system.states), len(system.outputs)
    rates = np.zeros((system.people, old + extra, old + extra))
    rates[:, :old, :old] = system.rates
    outputs: dict[str, Floats] = {}
    for index, (analyte, weights) in enumerate(system.outputs.items(), start=old):
        size = weights.max(axis=1)
        rates[:, index, :old] = rate_per_min[:, None] * weights / size[:, None]
        rates[:, index, index] = -rate_per_min
        outputs[analyte] = np.zeros((system.people, old + extra))
        outputs[analyte][:, index] = size
    return LinearSystem((*system.states, *(f"lag of {name}" for name in outputs)), rates, outputs)


def inputs_of(body: Body, system: LinearSystem, doses: tuple[Given, ...]) -> Inputs:
    """Turn doses into inputs of the states.

    Parameters
    ----------
    body : Body
        The model in people.
    system : LinearSystem
        Whose states they enter; a way in that reaches no kept state is left out.
    doses : tuple of Given
        Any routes of the model.

    Returns
    -------
    Inputs
    """
    columns = [
        (system.states.index(way.into), _entering_mg(body, way, dose), _duration_min(body, way, dose), dose.start_min)
        for dose in doses
        for way in body.model.inputs
        if way.route == dose.route and way.into in system.states
    ]
    shape = (body.people, len(columns))
    return Inputs(
        np.array([column[0] for column in columns], dtype=np.int64),
        np.stack([column[1] for column in columns], axis=1) if columns else np.zeros(shape),
        np.stack([column[2] for column in columns], axis=1) if columns else np.zeros(shape),
        np.array([column[3] for column in columns], dtype=np.float64),
    )


def _entering_mg(body: Body, way: Input, dose: Given) -> Floats:
    return dose.dose_mg * body.copy.dose_fraction * _fraction(body, way, dose)


def _fraction(body: Body, way: Input, dose: Given) -> Floats:
    """Share of this dose that enters; later devices of a visit count as the model says for all of them together."""
    after = dose.devices_before + dose.devices
    share = body.array(way.fraction, NDEV=float(after))
    if dose.devices_before == 0:
        return share
    before = body.array(way.fraction, NDEV=float(dose.devices_before))
    return (after * share - dose.devices_before * before) / dose.devices


def _duration_min(body: Body, way: Input, dose: Given) -> Floats:
    if way.duration is None:
        return np.full(body.people, dose.duration_min)
    return body.array(way.duration) * body.model.minutes_per_unit
