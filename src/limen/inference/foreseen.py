"""What was foretold of each observation before it was seen: each beside what came, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from limen.inference.person import Believed
from limen.inference.readings import Reading
from limen.quantities import Floats

Json = dict[str, Any]

ENDS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
DIGITS: Final = 2
MIN_PER_H: Final = 60.0
#: Effective draws below which a foretelling from weights alone is left out (ours).
FEWEST: Final = 50.0


def foreseen(prior: Believed, rng: np.random.Generator) -> Iterator[Json]:
    """Yield for every observation what was to be expected from all before it.

    Parameters
    ----------
    prior : Believed
        Draws of the prior, weighed by nothing or by everything: their weights are not read.
    rng : numpy.random.Generator
        Chance of the readings.

    Yields
    ------
    dict
        ``what``, ``at_h``, ``value``, ``below``, and ``p10``, ``p50``, ``p90`` of what was foretold (null where too few
        draws were left), with ``inside``: whether the value lies within the middle 80 of 100.
    """
    carried = prior.carried
    log_weights = np.zeros(len(carried.particles))
    for seen, reading in prior.evidence.readings(carried.particles, carried.course, carried.samples):
        told = told_of(reading, log_weights, rng)
        inside = None if told is None else bool(told["p10"] <= seen.value <= told["p90"])
        yield {
            "what": seen.what,
            "unit": "ng/mL" if seen.is_sample else "",
            "at_h": round(seen.at_min / MIN_PER_H, DIGITS),
            "value": seen.value,
            "below": seen.below,
            **(told or dict.fromkeys(ENDS)),
            "inside": None if seen.below else inside,
        }
        log_weights = log_weights + seen.log_chance(reading)


def told_of(reading: Reading, log_weights: Floats, rng: np.random.Generator) -> Json | None:
    """Give the ends of what would be recorded, by weight; None where too few draws are left."""
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    if 1.0 / float(np.sum(weights**2)) < FEWEST:
        return None
    values = reading.recorded(rng)
    order = np.argsort(values)
    rows = np.searchsorted(np.cumsum(weights[order]), list(ENDS.values())).clip(max=len(values) - 1)
    return {name: round(float(value), DIGITS) for name, value in zip(ENDS, values[order][rows], strict=True)}
