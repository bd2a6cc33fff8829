"""Boundaries of a group-sequential test, by spending the level over the looks (Lan and DeMets 1983).

The score process S(t) = Z(t) sqrt(t) has independent normal increments of variance t_k - t_{k-1}. Boundaries c_k are
found one after another so that the probability of crossing for the first time at look k is what is spent there:

    O'Brien-Fleming type   a(t) = 4 - 4 Phi(z / sqrt(t)) with z of a quarter of the level (both sides together)
    Pocock type            a(t) = level log(1 + (e - 1) t)

The density of S among those that went on is carried from look to look on a grid and integrated by Simpson's rule.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from limen.quantities import Floats

#: Points of the grid (ours: the boundaries then stand still in the fifth figure).
GRID: Final = 601
#: Halvings of the interval that holds a boundary.
HALVINGS: Final = 40
#: z at which a boundary counts as never crossed.
NEVER: Final = 12.0


def spent(spending: str, fraction: Floats, level: float) -> Floats:
    """Give the two-sided level spent up to each share of the information.

    Parameters
    ----------
    spending : str
        ``"obrien-fleming"`` or ``"pocock"``.
    fraction : Floats
        Shares of the information, 0 to 1, shape ``(looks,)``.
    level : float
        Two-sided level in all.

    Returns
    -------
    Floats
        Shape ``(looks,)``; the last is the level where the last share is 1.
    """
    if spending == "pocock":
        return np.asarray(level * np.log1p((np.e - 1.0) * fraction))
    return np.asarray(2.0 * (2.0 - 2.0 * ndtr(-ndtri(level / 4.0) / np.sqrt(fraction))))


def boundaries(fraction: Floats, level: float, spending: str) -> Floats:
    """Give the boundaries of |z| at each look.

    Parameters
    ----------
    fraction : Floats
        Shares of the information, rising to 1, shape ``(looks,)``.
    level : float
        Two-sided level in all.
    spending : str
        As for `spent`.

    Returns
    -------
    Floats
        Shape ``(looks,)``.
    """
    steps = np.diff(spent(spending, fraction, level), prepend=0.0)
    found: list[float] = []
    grid, density, before = np.zeros(1), np.ones(1), 0.0
    for share, alpha in zip(fraction, steps, strict=True):
        step = float(np.sqrt(share - before))
        found.append(_boundary(grid, density, step, float(share), float(alpha)))
        edge = found[-1] * float(np.sqrt(share))
        new = np.linspace(-edge, edge, GRID)
        density = _density(grid, density, step, new)
        grid, before = new, float(share)
    return np.array(found)


def _boundary(grid: Floats, density: Floats, step: float, share: float, alpha: float) -> float:
    def too_much(z: float) -> float:
        return float(_crossing(grid, density, step, z * share**0.5)) - alpha

    low, high = 0.0, NEVER
    if too_much(NEVER) > 0.0 or alpha <= 0.0:
        return NEVER
    # The probability falls with z, so halving finds the place; forty halvings leave less than 1e-10.
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if too_much(middle) > 0.0 else (low, middle)
    return high


def _crossing(grid: Floats, density: Floats, step: float, edge: float) -> float:
    """Give the probability that the next score lies beyond both edges, among those that went on."""
    beyond = ndtr((grid - edge) / step) + ndtr((-edge - grid) / step)
    return float(beyond[0]) if len(grid) == 1 else float(_integral(density * beyond, grid))


def _density(grid: Floats, density: Floats, step: float, new: Floats) -> Floats:
    """Carry the density to the next look, on the grid between its edges."""
    kernel = np.exp(-0.5 * ((new[:, None] - grid[None, :]) / step) ** 2) / (step * np.sqrt(2.0 * np.pi))
    return np.asarray(kernel[:, 0]) if len(grid) == 1 else _integral(kernel * density, grid)


def _integral(values: Floats, grid: Floats) -> Floats:
    """Integrate over an odd number of even points by Simpson's rule, from ``(..., points)`` to ``(...)``."""
    weights = np.full(len(grid), 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return np.asarray(values @ weights * ((grid[1] - grid[0]) / 3.0))


def conditional_power(z: Floats, fraction: Floats, boundary: float) -> Floats:
    """Give the power that is left if the trend goes on.

    Parameters
    ----------
    z : Floats
        At the look, positive in favour, any shape.
    fraction : Floats
        Share of the information seen, below 1, the same shape or one number's.
    boundary : float
        z wanted at the end.

    Returns
    -------
    Floats
        ``Phi((z / sqrt(t) - c) / sqrt(1 - t))``, the same shape.
    """
    return np.asarray(ndtr((z / np.sqrt(fraction) - boundary) / np.sqrt(1.0 - fraction)))
