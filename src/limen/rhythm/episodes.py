"""From what is believed of each step to episodes: where a rhythm stands out, from when to when, how fast it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats
from limen.rhythm.belief import Traces
from limen.rhythm.clock import Clock

#: Ours, in nats of log odds: nothing below is a candidate; an episode reaches to even odds, or so far below its peak.
LOWEST_ODDS: Final = -4.5
EDGE_ODDS: Final = 0.0
BELOW_PEAK: Final = 1.5
#: A rhythm lasts at least three cycles (detection.md section 1).
FEWEST_CYCLES: Final = 3.0
#: A longer gap ends an episode (detection.md section 10).
BRIDGED_S: Final = 2.0


@dataclass(frozen=True)
class Candidate:
    """A stretch of one channel in which a rhythm is more likely than around it: steps, peak log odds, frequency."""

    begin: int
    end: int
    peak: float
    frequency_hz: float

    @property
    def steps(self) -> int:
        """How many steps it lasts."""
        return self.end - self.begin


def stretches(held: Booleans) -> Iterator[tuple[int, int]]:
    """Give begin and end of every stretch in which `held`, shape ``(steps,)``, is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], held.astype(np.int8), [0]])))
    for begin, end in edges.reshape(-1, 2).tolist():
        yield int(begin), int(end)


def candidates(traces: Traces, known: Booleans, row: int, clock: Clock) -> tuple[Candidate, ...]:
    """Find the candidates of one channel, in time order; which of them count is a threshold's matter."""
    odds = np.where(_too_long_unknown(known[row], clock), -np.inf, traces.log_odds[row])
    frequency_hz = traces.frequency_hz[row]
    found = []
    for begin, end in stretches(odds > LOWEST_ODDS):
        edge = min(EDGE_ODDS, float(odds[begin:end].max()) - BELOW_PEAK)
        for inner, past in stretches(odds[begin:end] > edge):
            one = _candidate(odds, frequency_hz, begin + inner, begin + past)
            if one.steps * clock.step_s * one.frequency_hz >= FEWEST_CYCLES:
                found.append(one)
    return tuple(found)


def _candidate(odds: Floats, frequency_hz: Floats, begin: int, end: int) -> Candidate:
    weight = 1 / (1 + np.exp(-odds[begin:end]))
    mean_hz = float((frequency_hz[begin:end] * weight).sum() / weight.sum())
    return Candidate(begin, end, float(odds[begin:end].max()), mean_hz)


def _too_long_unknown(known: Booleans, clock: Clock) -> Booleans:
    """Say where a gap is too long to bridge, shape ``(steps,)``."""
    found = np.zeros(len(known), dtype=np.bool_)
    margin_s = 2 * clock.reach / clock.inside_hz
    for begin, end in stretches(~known):
        if (end - begin) * clock.step_s >= BRIDGED_S + 0.75 * margin_s:
            found[begin:end] = True
    return found
