"""What a fit would say without some studies, read from the fit with them: importance sampling with a smoothed tail.

A draw of the whole fit counts for the fit without a group as one over the group's likelihood. A few draws may then
carry all the weight, so the largest weights are set to the quantiles of a generalised Pareto distribution fitted to
them (vehtari_2024). Its shape says whether that can be trusted: above 0.7 it cannot, and the fit is to be made anew.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.stats import genpareto

from limen.quantities import Floats

#: Shape of the tail above which weights are not to be trusted (vehtari_2024).
TRUSTED: Final = 0.7
#: Fewest draws to which a tail is fitted.
FEWEST: Final = 5


def without(log_likelihood: Floats) -> tuple[Floats, float]:
    """Weigh draws as if a group of studies had not been seen.

    Parameters
    ----------
    log_likelihood : Floats
        Of the group under each draw, shape ``(draws,)``.

    Returns
    -------
    tuple of Floats, float
        Weights that sum to 1, shape ``(draws,)``, and the shape of their tail.
    """
    ratios = np.exp(log_likelihood.min() - log_likelihood)
    draws = len(ratios)
    count = int(np.ceil(min(0.2 * draws, 3.0 * np.sqrt(draws))))
    order = np.argsort(ratios)
    tail = order[-count:]
    cut = float(ratios[order[-count - 1]])
    shape = 0.0
    if count >= FEWEST and ratios[tail[-1]] > cut:
        shape, _, scale = genpareto.fit(ratios[tail] - cut, floc=0.0)
        smooth = cut + genpareto.ppf((np.arange(count) + 0.5) / count, shape, scale=scale)
        ratios[tail] = np.minimum(smooth, ratios[tail[-1]])
    return ratios / ratios.sum(), float(shape)
