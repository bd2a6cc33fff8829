"""Exact steps of x' = A x for many people at once, without eigenvectors and without cancellation.

A compartmental matrix has nothing negative off its diagonal. Shifted by its fastest outflow s it has nothing negative
at all, so in exp(A q) = exp(-s q) exp((A + s I) q) every term of the series is positive: each element comes out right
to rounding, also for chains of equal rate, whose matrix has no basis of eigenvectors. Steps of q, 2 q, 4 q, ... follow
by squaring; any other step is a product of these, and of one short series for what is left over.

Matrices are built with people first and used with people last: one person's product is too small to be worth a call.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Final

import numpy as np

from limen.quantities import Floats, Integers

SERIES_TERMS: Final = 20  # with a norm of at most 1 the next term is below 1/21!, 2e-20
BLOCK_TERMS: Final = 4  # terms between two products of a series of matrices
LONGEST_UNIT_MIN: Final = 1.0  # a step of whole minutes then needs no series
SMALLEST: Final = 1e-280  # below this a product would fall into the slow range next to zero


class ExactSteps:
    """The propagators of one batch of people.

    Parameters
    ----------
    rates : Floats
        Shape ``(people, states, states)``, per minute; nothing off the diagonal is negative.
    kept : int
        How many of the last states never change (the rates of running infusions).
    """

    def __init__(self, rates: Floats, kept: int = 0) -> None:
        states = rates.shape[1]
        diagonal = np.arange(states)
        self._shift = np.max(-rates[:, diagonal, diagonal], axis=1)
        self._positive = rates.copy()
        self._positive[:, diagonal, diagonal] += self._shift[:, None]
        norm = float(np.max(self._positive.sum(axis=1), initial=0.0))
        self._unit_min = min(2.0 ** -math.ceil(math.log2(norm)), LONGEST_UNIT_MIN) if norm > 0.0 else LONGEST_UNIT_MIN
        self._kept = kept
        self._positive_across = _across(self._positive)
        self._doubled = [self._series_matrix(self._unit_min)]
        self._doubled_across: dict[int, Floats] = {}
        self._whole: dict[float, Floats] = {}

    def prepare(self, step_min: float) -> None:
        """Build the matrix of a step that will be taken often; equal to `advance` without it."""
        if step_min in self._whole:
            return
        units, rest = self._parts(step_min)
        factors = [self._series_matrix(rest)] if rest > 0.0 or units == 0 else []
        factors += [self._doubling(power) for power in _bits(units)]
        self._whole[step_min] = _across(reduce(lambda done, factor: factor @ done, factors))

    def advance(self, state: Floats, step_min: float) -> Floats:
        """Carry all people on by the same time; `state` has shape ``(people, states)``."""
        if step_min in self._whole:
            return _times(self._whole[step_min], state)
        units, rest = self._parts(step_min)
        for power in _bits(units):
            state = _times(self._doubling_across(power), state)
        return self._series(state, np.full(len(state), rest), np.arange(len(state))) if rest > 0.0 else state

    def advance_each(self, state: Floats, step_min: Floats, rows: Integers) -> Floats:
        """Carry the people `rows` on, each by a time of its own; `state` has shape ``(len(rows), states)``."""
        rest = np.fmod(step_min, self._unit_min)
        units = np.rint((step_min - rest) / self._unit_min).astype(np.int64)
        moved = self._series(state, rest, rows)
        for power in range(int(units.max(initial=0)).bit_length()):
            chosen = np.flatnonzero((units >> power) & 1)
            moved[chosen] = _times(self._doubling_across(power)[:, :, rows[chosen]], moved[chosen])
        return moved

    def _parts(self, step_min: float) -> tuple[int, float]:
        """Split a step into whole units and a rest; both are exact because the unit is a power of two."""
        rest = math.fmod(step_min, self._unit_min)
        return round((step_min - rest) / self._unit_min), rest

    def _doubling(self, power: int) -> Floats:
        while len(self._doubled) <= power:
            self._doubled.append(self._tidy(self._doubled[-1] @ self._doubled[-1]))
        return self._doubled[power]

    def _doubling_across(self, power: int) -> Floats:
        if power not in self._doubled_across:
            self._doubled_across[power] = _across(self._doubling(power))
        return self._doubled_across[power]

    def _tidy(self, matrix: Floats) -> Floats:
        matrix[matrix < SMALLEST] = 0.0
        if self._kept:
            matrix[:, -self._kept :, -self._kept :] = np.eye(self._kept)
        return matrix

    def _series_matrix(self, step_min: float) -> Floats:
        """Sum the series of a step: blocks of a few terms, joined by one product each (Paterson and Stockmeyer)."""
        first = self._positive * step_min
        powers = [np.eye(first.shape[1]), first]
        while len(powers) <= BLOCK_TERMS:
            powers.append(powers[-1] @ first)
        matrix = np.zeros_like(first)
        for block in range(SERIES_TERMS // BLOCK_TERMS, -1, -1):
            terms = range(BLOCK_TERMS * block, min(BLOCK_TERMS * (block + 1), SERIES_TERMS + 1))
            matrix = matrix @ powers[-1] if block < SERIES_TERMS // BLOCK_TERMS else matrix
            matrix = matrix + sum(powers[term % BLOCK_TERMS] / math.factorial(term) for term in terms)
        return self._tidy(np.exp(-self._shift * step_min)[:, None, None] * matrix)

    def _series(self, state: Floats, step_min: Floats, rows: Integers) -> Floats:
        positive = self._positive_across[:, :, rows]
        total = term = state
        for index in range(1, SERIES_TERMS + 1):
            term = _times(positive, term) * (step_min / index)[:, None]
            total = total + term
        moved: Floats = np.exp(-self._shift[rows] * step_min)[:, None] * total
        if self._kept:
            moved[:, -self._kept :] = state[:, -self._kept :]
        return moved


def _across(matrix: Floats) -> Floats:
    """Put people last, shape ``(states, states, people)``."""
    return np.ascontiguousarray(np.moveaxis(matrix, 0, -1))


def _times(across: Floats, state: Floats) -> Floats:
    """Multiply matrices, people last, by states of shape ``(people, states)``, whose memory then has people last."""
    product: Floats = np.einsum("ijp,jp->ip", across, state.T).T
    return product


def _bits(units: int) -> tuple[int, ...]:
    return tuple(power for power in range(units.bit_length()) if units >> power & 1)
