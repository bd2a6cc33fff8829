"""What a fit would say without some studies, read from the fit with them: importance sampling with a smoothed tail.

A draw of the whole fit counts for the fit without a group as one over the group's likelihood. A few draws may then
carry all the weight, so the largest weights are set to the quantiles of a generalised Pareto distribution fitted to
them (vehtari_2024). Its shape says whether that can be trusted. Where it cannot, all draws are moved to where the
weighted ones are: first their mean, then their spreads, then their covariance (paananen_2021). Half of them moved and
half left where they were are a mixture of known density, so what comes out is weighed exactly, wherever the moves led.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import solve_triangular
from scipy.stats import genpareto

from limen.quantities import Floats

#: Shape of the tail above which weights are not to be trusted, however many draws there are (vehtari_2024).
TRUSTED: Final = 0.7
#: Fewest draws to which a tail is fitted.
FEWEST: Final = 5
#: Share of the largest weight below which others are as good as none (the smallest number, with room to divide by it).
LEAST: Final = 1e-290
#: Values that draw the shape of a tail toward 0.5 (vehtari_2024).
PRIOR_COUNT: Final = 10.0
#: Shape of a tail whose weighted moments are taken for a move (ours: below 0.5 they have a variance).
STEADY: Final = 0.5
#: Halvings of the share of a group that is taken out at once.
HALVINGS: Final = 6
#: Most moves of one group (ours; few are ever taken).
MOST_MOVES: Final = 20

#: From draws of shape ``(draws, free)`` to the log density of the whole fit and of the group, ``(draws,)`` each.
Densities = Callable[[Floats], tuple[Floats, Floats]]


def trusted(draws: int) -> float:
    """Give the shape up to which so many draws can be trusted: few draws cannot bear as heavy a tail."""
    return float(min(TRUSTED, 1.0 - 1.0 / np.log10(draws)))


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
    return smoothed(-log_likelihood)


def smoothed(log_ratios: Floats) -> tuple[Floats, float]:
    """Weigh draws by ratios of densities whose largest are smoothed; arguments and result as for `without`."""
    draws, most = len(log_ratios), log_ratios.max()
    if not np.isfinite(most):
        return np.full(draws, 1.0 / draws), np.inf
    ratios = np.exp(log_ratios - most)
    count = int(np.ceil(min(0.2 * draws, 3.0 * np.sqrt(draws))))
    order = np.argsort(ratios)
    tail = order[-count:]
    cut = float(ratios[order[-count - 1]])
    shape = 0.0
    if count >= FEWEST and ratios[tail[-1]] > cut:
        shape, scale = pareto_of(ratios[tail] - cut)
        smooth = cut + genpareto.ppf((np.arange(count) + 0.5) / count, shape, scale=scale)
        ratios[tail] = np.minimum(smooth, ratios[tail[-1]])
    return ratios / ratios.sum(), shape


def pareto_of(above: Floats) -> tuple[float, float]:
    """Give shape and scale of the generalised Pareto distribution of what lies above a cut (zhang_stephens_2009).

    Parameters
    ----------
    above : Floats
        Rising, not below 0, the last above 0, shape ``(n,)``.

    Returns
    -------
    tuple of float
        The shape is drawn a little toward 0.5, as ten more values would do (vehtari_2024).
    """
    count = len(above)
    quarter = max(float(above[int(count / 4.0 + 0.5) - 1]), LEAST * float(above[-1]))
    grid = 30 + int(np.sqrt(count))
    rate = 1.0 / above[-1] + (1.0 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3.0 * quarter)
    shapes = np.log1p(-rate[:, None] * above).mean(axis=1)
    log_profile = count * (np.log(-rate / shapes) - shapes - 1.0)
    weights = np.exp(log_profile - log_profile.max())
    middle = float(weights @ rate / weights.sum())
    shape = float(np.log1p(-middle * above).mean())
    return (count * shape + PRIOR_COUNT * 0.5) / (count + PRIOR_COUNT), -shape / middle


@dataclass(frozen=True)
class Move:
    """A way to move draws: ``matrix x + shift``.

    Parameters
    ----------
    matrix, shift : Floats
        Lower triangular, shape ``(free, free)``, and shape ``(free,)``.
    """

    matrix: Floats
    shift: Floats

    @property
    def log_volume(self) -> float:
        """Log of how much wider the moved draws lie."""
        return float(np.sum(np.log(np.abs(np.diag(self.matrix)))))

    def forward(self, draws: Floats) -> Floats:
        """Move draws of shape ``(draws, free)``."""
        return draws @ self.matrix.T + self.shift

    def back(self, draws: Floats) -> Floats:
        """Move draws back to where they came from."""
        return np.asarray(solve_triangular(self.matrix, (draws - self.shift).T, lower=True).T)

    def after(self, first: Move) -> Move:
        """Give both as one, `first` first."""
        return Move(self.matrix @ first.matrix, self.matrix @ first.shift + self.shift)


def onto_means(draws: Floats, weights: Floats) -> Move:
    """Move the mean of draws to their weighted mean."""
    return _onto(draws, weights, np.eye(draws.shape[1]))


def onto_spreads(draws: Floats, weights: Floats) -> Move:
    """Move mean and spread of each parameter to the weighted ones."""
    wanted = np.average((draws - weights @ draws) ** 2, axis=0, weights=weights)
    return _onto(draws, weights, np.diag(np.sqrt(wanted / draws.var(axis=0))))


def onto_covariance(draws: Floats, weights: Floats) -> Move:
    """Move mean and covariance to the weighted ones."""
    wanted, had = (np.cov(draws.T, aweights=one, ddof=0) for one in (weights, np.ones(len(draws))))
    floor = np.finfo(np.float64).eps * np.trace(wanted) * np.eye(len(wanted))
    roots = [np.linalg.cholesky(np.atleast_2d(one) + floor) for one in (wanted, had)]
    return _onto(draws, weights, roots[0] @ solve_triangular(roots[1], np.eye(len(floor)), lower=True))


def _onto(draws: Floats, weights: Floats, matrix: Floats) -> Move:
    return Move(matrix, weights @ draws - matrix @ draws.mean(axis=0))


ONTO: Final = (onto_means, onto_spreads, onto_covariance)


@dataclass(frozen=True)
class Moved:
    """Draws that stand for the fit without a group.

    Parameters
    ----------
    draws : Floats
        Shape ``(draws, free)``.
    weights : Floats
        They sum to 1, shape ``(draws,)``.
    shape : float
        Of the tail of the weights.
    moves : int
        How often the draws were moved; with 0 they are those of the whole fit.
    """

    draws: Floats
    weights: Floats
    shape: float
    moves: int


def led_without(draws: Floats, densities: Densities, known: tuple[Floats, Floats] | None = None) -> Moved:
    """Weigh draws of a whole fit as if a group had not been seen, and move them where weights alone do not do.

    Parameters
    ----------
    draws : Floats
        Of the whole fit, shape ``(draws, free)``.
    densities : callable
        Log densities of whole fit and group at any draws.
    known : tuple of Floats, optional
        The same at `draws`, where they are known already.

    Returns
    -------
    Moved
        Its `shape` says whether it can be trusted.
    """
    whole, group = densities(draws) if known is None else known
    weights, shape = without(group)
    limit = trusted(len(draws))
    if shape <= limit or not np.isfinite(shape):
        return Moved(draws, weights, shape, 0)
    at = Standing(Move(np.eye(draws.shape[1]), np.zeros(draws.shape[1])), np.zeros(len(draws)), group)
    moves, better = 0, True
    while better and moves < MOST_MOVES and at.weighed(1.0)[1] > STEADY:
        share, weights = at.furthest()
        tried = [moved(at, draws, whole, densities, onto(at.move.forward(draws), weights)) for onto in ONTO]
        best = max(tried, key=lambda one: (one.furthest()[0], -one.weighed(1.0)[1]))
        better = best.furthest()[0] > share or best.weighed(1.0)[1] < at.weighed(1.0)[1]
        at, moves = (best, moves + 1) if better else (at, moves)
    return mixed(draws, densities, at.move, moves)


@dataclass(frozen=True)
class Standing:
    """Where the draws have been moved to.

    Parameters
    ----------
    move : Move
        From the draws of the whole fit.
    log_ratio, group : Floats
        Density of the whole fit over that of the moved draws, and log likelihood of the group, shape ``(draws,)``.
    """

    move: Move
    log_ratio: Floats
    group: Floats

    def weighed(self, share: float) -> tuple[Floats, float]:
        """Weigh the moved draws as if so much of the group, 0 to 1, had not been seen."""
        return smoothed(finite(self.log_ratio - share * self.group))

    def furthest(self) -> tuple[float, Floats]:
        """Give the largest share of the group that can be taken out with a steady tail, and the weights of it."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.weighed(middle)[1] <= STEADY else (low, middle)
        return low, self.weighed(low)[0]


def moved(at: Standing, draws: Floats, whole: Floats, densities: Densities, onto: Move) -> Standing:
    """Give where draws stand after one more move; `whole` is their density before any."""
    move = onto.after(at.move)
    there, group = densities(move.forward(draws))
    return Standing(move, there - whole + move.log_volume, group)


def mixed(draws: Floats, densities: Densities, move: Move, moves: int) -> Moved:
    """Move every other draw, and weigh all by the density of that mixture."""
    every_other = (np.arange(len(draws)) % 2 == 0)[:, None]
    both = np.where(every_other, move.forward(draws), draws)
    whole, group = densities(both)
    before, _ = densities(move.back(both))
    weights, shape = smoothed(finite(whole - group - np.logaddexp(whole, before - move.log_volume)))
    return Moved(both, weights, shape, moves)


def finite(log_ratios: Floats) -> Floats:
    """Give a draw without a density no weight."""
    return np.where(np.isfinite(log_ratios), log_ratios, -np.inf)
