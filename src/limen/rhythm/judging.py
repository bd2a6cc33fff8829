"""Thinned samples judged: with hindsight over the whole, or as the live detector would have."""

from __future__ import annotations

import numpy as np

from limen.quantities import Floats
from limen.rhythm.background import looked
from limen.rhythm.belief import SUSPECT_SHARE, Evidence, Traces
from limen.rhythm.follower import Follower, Judged
from limen.rhythm.hindsight import Examined, examine
from limen.rhythm.reading import Thinned


def judged(thin: Thinned, lag_s: float | None) -> Examined:
    """Examine thinned samples with hindsight, or as the live detector does, `lag_s` later."""
    if lag_s is None:
        return examine(thin.values, thin.bad, thin.clock)
    return as_live(thin, lag_s)


def as_live(thin: Thinned, lag_s: float) -> Examined:
    """Examine thinned samples as the live detector does."""
    state = Follower(thin.clock, len(thin.values), lag_s, "auto")
    found: list[Judged] = []
    shapes: list[Floats] = []
    for begin in range(0, thin.values.shape[1], thin.clock.hop):
        piece = slice(begin, begin + thin.clock.hop)
        found += state.push(thin.values[:, piece], thin.bad[:, piece])
        shapes.append(state.background.shape)
    found += state.finish()
    traces, evidence = joined(found)
    looks = max(1, thin.clock.looks(thin.values.shape[1]))
    background = np.stack(shapes[-looks:], axis=1)
    powers = looked(thin.values, thin.clock)
    return Examined(traces, evidence, background, powers, evidence.outlying >= SUSPECT_SHARE, thin.clock)


def joined(found: list[Judged]) -> tuple[Traces, Evidence]:
    """Put judged steps in time order together."""
    return (
        Traces(
            np.concatenate([one.traces.log_odds for one in found], axis=1),
            np.concatenate([one.traces.frequency_hz for one in found], axis=1),
            np.concatenate([one.traces.oscillation for one in found], axis=1),
            np.concatenate([one.traces.shares for one in found], axis=1),
        ),
        Evidence(
            np.concatenate([one.evidence.value for one in found], axis=1),
            np.concatenate([one.evidence.known for one in found], axis=1),
            np.concatenate([one.evidence.outlying for one in found], axis=1),
        ),
    )
