"""What one more observation would be worth: how much it would narrow what an option is expected to do.

For an observation y of which the draws foretell the reading, and a benefit b of the same draws,

    worth = 1 - E_y[Var(b | y)] / Var(b)           the share of the doubt that it would take away on average
    information = E_y[log(Var(b) / Var(b | y))] / 2                                       nats, were b normal

y is drawn from a draw's own reading, the others are weighed by it. An observation that tells nothing has worth 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.inference.readings import Reading
from limen.quantities import Floats

Json = dict[str, Any]

#: Observations that are imagined (ours: the share is then known to three hundredths).
IMAGINED: Final = 200
#: Draws that each is weighed over (ours).
WEIGHED: Final = 2000
DIGITS: Final = 4


@dataclass(frozen=True)
class Worth:
    """What an observation would be worth for some benefits.

    Parameters
    ----------
    share : Floats
        Of the variance that it would take away, shape ``(benefits,)``; slightly below 0 by chance where it is nothing.
    information : Floats
        Nats, shape ``(benefits,)``.
    """

    share: Floats
    information: Floats


def worth(reading: Reading, benefits: Floats, weights: Floats, rng: np.random.Generator) -> Worth:
    """Give what one more observation would be worth.

    Parameters
    ----------
    reading : Reading
        What it would show of every draw.
    benefits : Floats
        What is to be known better, shape ``(draws, benefits)``.
    weights : Floats
        Of the draws, shape ``(draws,)``.
    rng : numpy.random.Generator
        Chance of what would be seen.

    Returns
    -------
    Worth
    """
    rows = drawn_rows(weights, IMAGINED, rng)
    seen = reading.recorded(rng)[rows]
    before = spread_by(weights, benefits)
    different, place = np.unique(seen, return_inverse=True)  # a scale has few totals
    after = np.array([spread_by(weighed(reading, float(value), weights), benefits) for value in different])[place]
    kept = np.maximum(after / np.where(before > 0.0, before, np.inf), np.finfo(np.float64).tiny)
    certain = before <= 0.0
    return Worth(
        share=np.where(certain, 0.0, 1.0 - kept.mean(axis=0)),
        information=np.where(certain, 0.0, -0.5 * np.log(kept).mean(axis=0)),
    )


def drawn_rows(weights: Floats, count: int, rng: np.random.Generator) -> Any:
    """Draw rows by weight, evenly spaced, shape ``(count,)``."""
    places = (np.arange(count) + rng.random()) / count
    return np.searchsorted(np.cumsum(weights), places).clip(max=len(weights) - 1)


def weighed(reading: Reading, value: float, weights: Floats) -> Floats:
    """Weigh the draws by what would be seen, sum 1, shape ``(draws,)``."""
    log_chance = reading.log_chance(value)
    found = weights * np.exp(log_chance - log_chance.max())
    return np.asarray(found / found.sum())


def spread_by(weights: Floats, values: Floats) -> Floats:
    """Give the weighted variance of each column, corrected for the effective number of draws, shape ``(columns,)``."""
    mean = weights @ values
    return np.asarray(weights @ (values - mean) ** 2 / max(1.0 - float(np.sum(weights**2)), np.finfo(np.float64).tiny))
