"""Visual predictive checks: percentiles of what was measured beside those of simulated replicates, in bins of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.quantities import Booleans, Floats, Integers

Json = dict[str, Any]

PERCENTILES: Final = (5, 50, 95)
BAND: Final = (2.5, 50.0, 97.5)  # of the replicates: a 95 % band and its middle
SIDES: Final = ("low", "middle", "high")
MOST_BINS: Final = 16  # ours: as many points as a curve needs
FEWEST_IN_BIN: Final = 3  # ours: in the mean over bins; the percentiles of fewer say little


@dataclass(frozen=True)
class Checked:
    """What is compared, at each sample.

    Parameters
    ----------
    time_min : Floats
        Shape ``(samples,)``, since the first dose.
    observed : Floats
        Shape ``(samples,)``, ng/mL; 0 where it was below the limit.
    below : Booleans
        Shape ``(samples,)``: whether it was.
    limit : Floats
        Shape ``(samples,)``: of quantification, ng/mL; 0 where there is none.
    typical : Floats
        Shape ``(samples,)``: the typical prediction.
    simulated : Floats
        Shape ``(replicates, samples)``, with assay error.
    """

    time_min: Floats
    observed: Floats
    below: Booleans
    limit: Floats
    typical: Floats
    simulated: Floats


def bins_of(time_min: Floats) -> Integers:
    """Put times into bins: one for each time, or, where there are more, so many of equal size without cutting a time.

    Parameters
    ----------
    time_min : Floats
        Shape ``(samples,)``.

    Returns
    -------
    Integers
        Shape ``(samples,)``, from 0.
    """
    times, places = np.unique(time_min, return_inverse=True)
    wanted = min(MOST_BINS, max(1, len(time_min) // FEWEST_IN_BIN))
    if len(times) <= wanted:
        return np.asarray(places, dtype=np.int64)
    before = np.searchsorted(np.sort(time_min), times)  # samples before each time
    bins = np.minimum(before * wanted // len(time_min), wanted - 1)
    return np.asarray(np.unique(bins, return_inverse=True)[1][places], dtype=np.int64)


def visual_check(checked: Checked) -> Json:
    """Compare by time (VPC); what lies below the limit is censored on both sides.

    Returns
    -------
    dict
        One entry a bin: time, n, and for each percentile the observed one and the middle and band of the simulated;
        the share below the limit likewise.
    """
    simulated = np.where(checked.simulated < checked.limit, 0.0, checked.simulated)
    return _percentiles(checked, np.where(checked.below, 0.0, checked.observed), simulated)


def corrected_check(checked: Checked) -> Json:
    """Compare after each value is multiplied by the median typical prediction of its bin over its own (pcVPC).

    Samples below the limit are left out, of the replicates too, because a limit cannot be corrected.
    """
    kept = checked.typical > 0.0
    if not np.any(kept & ~checked.below):
        return {"bins": [], "unknown_because": "no sample above the limit has a prediction above 0"}
    time_min, typical = checked.time_min[kept], checked.typical[kept]
    observed = np.where(checked.below, np.nan, checked.observed)[kept]
    simulated = np.where(checked.simulated < checked.limit, np.nan, checked.simulated)[:, kept]
    factor = _towards_median(typical, bins_of(time_min))
    nothing = np.zeros(len(typical))
    part = Checked(time_min, observed, nothing > 0.0, nothing, typical, simulated)
    return _percentiles(part, observed * factor, simulated * factor)


def _towards_median(typical: Floats, bins: Integers) -> Floats:
    """Median typical prediction of the bin of each sample, over its own."""
    medians = np.array([np.median(typical[bins == one]) for one in range(int(bins.max()) + 1)])
    return np.asarray(medians[bins] / typical)


def _percentiles(checked: Checked, observed: Floats, simulated: Floats) -> Json:
    bins = bins_of(checked.time_min)
    seen = [bins == one for one in range(int(bins.max()) + 1) if not np.isnan(observed[bins == one]).all()]
    return {"bins": [_bin(checked, observed, simulated, chosen) for chosen in seen]}


def _bin(checked: Checked, observed: Floats, simulated: Floats, chosen: Booleans) -> Json:
    limit = float(checked.limit[chosen].max())
    seen = _of_each(observed[None, chosen])
    drawn = _of_each(simulated[:, chosen])
    band = np.percentile(drawn, BAND, axis=1) if drawn.shape[1] else np.full((len(BAND), len(PERCENTILES)), np.nan)
    return {
        "time_min": float(np.median(checked.time_min[chosen])),
        "n": int(chosen.sum()),
        "lloq_ng_per_ml": limit or None,
        **{
            f"p{percent:02d}": {
                "observed": _above(seen[index, 0], limit),
                **{name: _at_least(value, limit) for name, value in zip(SIDES, band[:, index], strict=True)},
            }
            for index, percent in enumerate(PERCENTILES)
        },
        "below": _share_below(checked, chosen) if limit else None,
    }


def _of_each(values: Floats) -> Floats:
    """Percentiles of each row, shape ``(percentiles, rows)``; what is not a number, or a row of it, is left out."""
    some = values[~np.isnan(values).all(axis=1)]
    percentile = np.nanpercentile if np.isnan(some).any() else np.percentile
    return np.asarray(percentile(some, PERCENTILES, axis=1)) if len(some) else np.empty((len(PERCENTILES), 0))


def _above(value: float, limit: float) -> float | None:
    """Give a percentile, or null where it lies below the limit."""
    return None if value < limit else float(value)


def _at_least(value: float, limit: float) -> float | None:
    """Give a simulated percentile, the limit where it lies below it, or null where there is none."""
    return None if np.isnan(value) else float(max(value, limit))


def _share_below(checked: Checked, chosen: Booleans) -> Json:
    shares = np.mean(checked.simulated[:, chosen] < checked.limit[chosen], axis=1)
    band = np.percentile(shares, BAND)
    return {
        "observed": float(np.mean(checked.below[chosen])),
        **{name: float(value) for name, value in zip(SIDES, band, strict=True)},
    }
