"""How far the typical prediction lies from each measured concentration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from limen.quantities import Floats

FOLDS: Final = (1.25, 1.5, 2.0)
ALMOST_ALL: Final = (5.0, 95.0)
PER_CENT: Final = 100.0

Summary = Mapping[str, float | int | None]


def prediction_errors(predicted: Floats, observed: Floats) -> Summary:
    """Summarise prediction errors, PE = (predicted - observed) / observed, as fractions.

    Parameters
    ----------
    predicted, observed : Floats
        Shape ``(samples,)``, ng/mL, above 0.

    Returns
    -------
    Mapping
        ``n``; ``median_pe``, ``pe_p05`` and ``pe_p95`` (bias and its spread), ``median_absolute_pe``,
        ``mean_absolute_pe`` (MAPE), ``within_1_25_fold``, ``within_1_5_fold``, ``within_2_fold``,
        ``geometric_mean_ratio`` (predicted over observed) and ``rmsle``, sqrt(mean((log(1+p) - log(1+o))^2)); null
        without a sample.
    """
    names = ("median_pe", "pe_p05", "pe_p95", "median_absolute_pe", "mean_absolute_pe")
    if len(observed) == 0:
        folds = (_fold_name(fold) for fold in FOLDS)
        return {"n": 0, **dict.fromkeys((*names, *folds, "geometric_mean_ratio", "rmsle"))}
    errors = predicted / observed - 1.0
    low, high = np.percentile(errors, ALMOST_ALL)
    values = (np.median(errors), low, high, np.median(np.abs(errors)), np.mean(np.abs(errors)))
    logs = np.log(predicted / observed)
    return {
        "n": len(observed),
        **{name: float(value) for name, value in zip(names, values, strict=True)},
        **{_fold_name(fold): float(np.mean(np.abs(logs) <= np.log(fold))) for fold in FOLDS},
        "geometric_mean_ratio": float(np.exp(np.mean(logs))),
        "rmsle": float(np.sqrt(np.mean((np.log1p(predicted) - np.log1p(observed)) ** 2))),
    }


def _fold_name(fold: float) -> str:
    return f"within_{fold:g}_fold".replace(".", "_")
