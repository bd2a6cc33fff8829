"""Thinned samples judged: with hindsight over the whole, or as the live detector would have."""

from __future__ import annotations

from limen.rhythm.hindsight import Examined, examine
from limen.rhythm.reading import Thinned


def judged(thin: Thinned, lag_s: float | None) -> Examined:
    """Examine thinned samples with hindsight, or as the live detector does, `lag_s` later."""
    if lag_s is None:
        return examine(thin.values, thin.bad, thin.clock)
    raise NotImplementedError
