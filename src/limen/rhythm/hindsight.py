"""A whole recording, every moment judged knowing what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats, InputError, Integers
from limen.rhythm.background import LEAST_TRUST, both_ways, looked, with_hindsight
from limen.rhythm.belief import Evidence, Traces
from limen.rhythm.clock import Clock
from limen.rhythm.engine import Engine, engine, settled
from limen.rhythm.states import States, states
from limen.rhythm.steps import (
    blink_answers,
    known_looks,
    known_steps,
    outlying,
    spared,
    suspected_blinks,
    trust_without,
    whitened,
)  # fmt: skip
from limen.rhythm.whitening import blink_match, whitening

#: Ours: the background and the blinks are looked for by turns so often, since each hides the other.
BLINK_ROUNDS: Final = 2
#: Ours: less than this tells nothing of a background.
SHORTEST_S: Final = 10.0
#: Ours: channels that the compiled engine takes at once; more leave the processor's own memory.
AT_ONCE: Final = 4


@dataclass(frozen=True, eq=False)
class Examined:
    """What was found in one go over some channels.

    Parameters
    ----------
    traces : Traces
        What is believed of each step.
    evidence : Evidence
        The whitened steps.
    background : Floats
        Shape ``(channels, looks, 3)``; level, tilt and bend.
    powers : Floats
        Shape ``(channels, looks, bins)``; powers of the looks.
    blinks : Booleans
        Shape ``(channels, steps)``.
    clock : Clock
        Of the recording.
    """

    traces: Traces
    evidence: Evidence
    background: Floats
    powers: Floats
    blinks: Booleans
    clock: Clock


def examine(values: Floats, bad: Booleans, clock: Clock, wanted: Engine = "auto") -> Examined:
    """Judge every step of some channels with hindsight.

    Parameters
    ----------
    values : Floats
        Shape ``(channels, inside)``; thinned samples.
    bad : Booleans
        Shape ``(channels, inside)``; which rest on missing ones.
    clock : Clock
        Of the recording.
    wanted : {"auto", "numpy", "numba"}
        What does the arithmetic.

    Returns
    -------
    Examined
        Everything that later steps need.
    """
    if values.shape[1] < SHORTEST_S * clock.inside_hz:
        raise InputError(
            f"{values.shape[1] / clock.inside_hz:.3g} s are too short to tell a rhythm from its background:"
            f" give at least {SHORTEST_S:g} s."
        )
    chosen = settled(values.shape[0] * clock.steps(values.shape[1]), wanted)
    many = AT_ONCE if chosen == "numba" else len(values)
    parts = [
        _examined(values[row : row + many], bad[row : row + many], clock, chosen) for row in range(0, len(values), many)
    ]
    return parts[0] if len(parts) == 1 else _side_by_side(parts)


def _side_by_side(parts: list[Examined]) -> Examined:
    """Put examined channels together again."""
    traces, evidence = [one.traces for one in parts], [one.evidence for one in parts]
    return Examined(
        Traces(
            np.concatenate([one.log_odds for one in traces]),
            np.concatenate([one.frequency_hz for one in traces]),
            np.concatenate([one.oscillation for one in traces]),
            np.concatenate([one.shares for one in traces]),
        ),
        Evidence(
            np.concatenate([one.value for one in evidence]),
            np.concatenate([one.known for one in evidence]),
            np.concatenate([one.outlying for one in evidence]),
        ),
        np.concatenate([one.background for one in parts]),
        np.concatenate([one.powers for one in parts]),
        np.concatenate([one.blinks for one in parts]),
        parts[0].clock,
    )


def _examined(values: Floats, bad: Booleans, clock: Clock, wanted: Engine) -> Examined:
    """Judge channels that fit into the processor's memory together."""
    model = states(clock.step_s)
    powers = looked(values, clock)
    steps = clock.steps(values.shape[1])
    known = known_looks(bad, clock, powers.shape[1])
    powers[~known] = 1.0
    judged = known_steps(bad, clock, steps)
    trust, blinks, shape = _without_blinks(values, powers, known, clock)
    first = _evidence(values, shape, judged, blinks, clock)
    trust = trust[..., None] * _without_rhythm(first, model, clock, powers.shape[1], wanted)
    shape = with_hindsight(powers, np.maximum(trust, LEAST_TRUST * known[..., None]), clock)
    blinks = _blinks(values, shape, clock)
    evidence = _evidence(values, shape, judged, blinks, clock)
    traces = engine(evidence.value.size, wanted).smoothed(evidence, model)
    return Examined(traces, evidence, shape, powers, blinks, clock)


def _without_blinks(values: Floats, powers: Floats, known: Booleans, clock: Clock) -> tuple[Floats, Booleans, Floats]:
    """Find the background and the blinks by turns, since each hides the other."""
    trust = known.astype(np.float64)
    ones = np.ones(powers.shape[2])
    for _ in range(BLINK_ROUNDS):
        shape = both_ways(powers, np.maximum(trust, LEAST_TRUST * known)[..., None] * ones, clock)
        blinks = _blinks(values, shape, clock)
        trust = trust_without(blinks, known, clock)
    shape = both_ways(powers, np.maximum(trust, LEAST_TRUST * known)[..., None] * ones, clock)
    return trust, blinks, shape


def _blinks(values: Floats, shape: Floats, clock: Clock) -> Booleans:
    shape, look = _every_other(shape, clock, clock.steps(values.shape[1]))
    return suspected_blinks(blink_answers(values, blink_match(shape, clock), look, clock))


def _every_other(shape: Floats, clock: Clock, steps: int) -> tuple[Floats, Integers]:
    """Give every second background and which of them belongs to each step: it moves too slowly for more filters."""
    return shape[:, ::2], clock.nearest_look(steps, shape.shape[1]) // 2


def _evidence(values: Floats, shape: Floats, judged: Booleans, blinks: Booleans, clock: Clock) -> Evidence:
    shape, look = _every_other(shape, clock, judged.shape[1])
    return Evidence(whitened(values, whitening(shape, clock), look, clock), judged, outlying(blinks))


def _without_rhythm(evidence: Evidence, model: States, clock: Clock, looks: int, wanted: Engine) -> Floats:
    """Say which bins of which looks are free of a rhythm, by the forward filter alone: it is quicker."""
    found = engine(evidence.value.size, wanted).filtered(evidence, model)
    return spared(1 / (1 + np.exp(-found.log_odds)), found.frequency_hz, found.shares, clock, looks)
