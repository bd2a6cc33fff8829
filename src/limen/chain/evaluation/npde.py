"""Normalised prediction distribution errors: standard normal where the model is right, whatever the doses and times."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import stats
from scipy.linalg import solve_triangular
from scipy.special import ndtri

from limen.chain.evaluation.predictive_check import Checked
from limen.quantities import Floats, Integers

Json = dict[str, Any]

# Ours. The errors are ranked among one half of the replicates and decorrelated by the other half: a right model then
# gives ranks that are uniform exactly, while ranking among the replicates that gave the covariance widens them.
HALVES: Final = 2
REPLICATES_A_SAMPLE: Final = 3  # ours: fewer replicates than this, for each sample of a person, give no covariance
SMALLEST_SHARE: Final = 1e-3  # ours: of the median, where logarithms of replicates at or below 0 are taken
FEWEST_FOR_TESTS: Final = 3
MOST_FOR_NORMALITY: Final = 5000  # the Shapiro-Wilk test is defined up to here
TESTS: Final = 3


def distribution_errors(checked: Checked, person: Integers, rng: np.random.Generator) -> Floats:
    """Compute NPDE: each person's samples are decorrelated, ranked among the replicates and made normal.

    With y the logarithms, m and L L' their mean and covariance over replicates: z = L^-1 (y - m), the rank of the
    observed z among those of replicates, npde = Phi^-1(rank). A sample below the limit is replaced by a replicate that
    is below it too.

    Parameters
    ----------
    checked : Checked
        Observations and replicates.
    person : Integers
        Shape ``(samples,)``: whose each sample is.
    rng : numpy.random.Generator
        For ties and for samples below the limit.

    Returns
    -------
    Floats
        Shape ``(samples,)``; not a number where a person has too many samples for the replicates.
    """
    found = np.full(len(person), np.nan)
    shuffled = rng.permutation(len(checked.simulated))
    for one in np.unique(person):
        chosen = np.flatnonzero(person == one)
        simulated = checked.simulated[np.ix_(shuffled, chosen)]
        observed = _imputed(checked, chosen, simulated, rng)
        if len(simulated) // HALVES >= REPLICATES_A_SAMPLE * len(chosen):
            order = np.argsort(checked.time_min[chosen], kind="stable")
            found[chosen[order]] = _of_person(observed[order], simulated[:, order], rng)
    return found


def _imputed(checked: Checked, chosen: Integers, simulated: Floats, rng: np.random.Generator) -> Floats:
    observed = checked.observed[chosen].copy()
    for index in np.flatnonzero(checked.below[chosen]):
        limit = checked.limit[chosen[index]]
        under = simulated[simulated[:, index] < limit, index]
        observed[index] = rng.choice(under) if len(under) else limit * rng.random()
    return observed


def _of_person(observed: Floats, simulated: Floats, rng: np.random.Generator) -> Floats:
    half = len(simulated) // HALVES
    floor = SMALLEST_SHARE * np.maximum(np.median(simulated[:half], axis=0), np.finfo(float).tiny)
    logs = np.log(np.maximum(simulated, floor))
    middle = logs[:half].mean(axis=0)
    lower = _root(np.atleast_2d(np.cov(logs[:half], rowvar=False)))
    seen = solve_triangular(lower, np.log(np.maximum(observed, floor)) - middle, lower=True)
    drawn = solve_triangular(lower, (logs[half:] - middle).T, lower=True).T
    ranks = (np.sum(drawn < seen, axis=0) + rng.random(len(seen))) / (len(drawn) + 1)
    return np.asarray(ndtri(ranks))


def _root(covariance: Floats) -> Floats:
    """Lower triangle L with L L' the covariance; a trace of the diagonal keeps it definite where samples coincide."""
    trace = np.diag(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    return np.asarray(np.linalg.cholesky(covariance + np.finfo(float).eps * len(covariance) * 8.0 * trace))


def npde_summary(errors: Floats) -> Json:
    """Test whether errors are standard normal.

    Parameters
    ----------
    errors : Floats
        Shape ``(samples,)``; what is not a number is left out.

    Returns
    -------
    dict
        ``n``, ``mean``, ``variance``; p of mean 0 (t test), of variance 1 (chi-squared), of a normal shape
        (Shapiro-Wilk) and of all three (the smallest times 3); null, with the reason, for fewer than 3 samples.
    """
    names = ("mean", "variance", "p_mean", "p_variance", "p_normal", "p_all")
    kept = errors[np.isfinite(errors)]
    if len(kept) < FEWEST_FOR_TESTS:
        says = f"fewer than {FEWEST_FOR_TESTS} samples, or too few replicates for the samples of one person"
        return {"n": len(kept), **dict.fromkeys(names), "unknown_because": says}
    variance = float(np.var(kept, ddof=1))
    tail = float(stats.chi2.cdf((len(kept) - 1) * variance, len(kept) - 1))
    p_mean = float(stats.ttest_1samp(kept, 0.0).pvalue)
    p_variance = 2.0 * min(tail, 1.0 - tail)
    p_normal = float(stats.shapiro(kept[:MOST_FOR_NORMALITY]).pvalue)
    p_all = min(1.0, TESTS * min(p_mean, p_variance, p_normal))
    values = (float(kept.mean()), variance, p_mean, p_variance, p_normal, p_all)
    return {"n": len(kept), **dict(zip(names, values, strict=True))}
