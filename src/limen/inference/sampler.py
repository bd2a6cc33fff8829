"""Posterior draws by differential-evolution Markov chains (ter_braak_2006), in plain NumPy.

Each chain moves along the difference of two others, so the step takes the posterior's own shape and needs no
tuning. It is slow, obvious, and enough for a few dozen parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats

LogDensity = Callable[[Floats], Floats]
Progress = Callable[[int, int], None]

#: Every so many steps a chain tries the whole difference, which lets it jump between modes.
JUMP_EVERY: Final = 10
#: Share of the parameters that one step moves (ours: all at once are hardly ever accepted beyond a dozen).
MOVED_SHARE: Final = 0.35
JITTER: Final = 1e-4
#: How often progress is told.
TOLD: Final = 10


@dataclass(frozen=True)
class Chains:
    """What the chains visited.

    Parameters
    ----------
    visited : Floats
        Shape ``(steps, chains, parameters)``, after the burn-in.
    accepted : float
        Share of steps taken.
    """

    visited: Floats
    accepted: float

    @property
    def r_hat(self) -> Floats:
        """Split R-hat of each parameter (gelman_2013): near 1 where the chains agree, shape ``(parameters,)``."""
        half = self.visited.shape[0] // 2
        split = np.concatenate([self.visited[:half], self.visited[half : 2 * half]], axis=1)
        within = split.var(axis=0, ddof=1).mean(axis=0)
        between = half * split.mean(axis=0).var(axis=0, ddof=1)
        return np.asarray(np.sqrt(((half - 1) / half * within + between / half) / within))

    def thinned(self, draws: int, rng: np.random.Generator) -> Floats:
        """Give `draws` of all that was visited, shape ``(draws, parameters)``."""
        flat = self.visited.reshape(-1, self.visited.shape[2])
        return flat[rng.choice(len(flat), size=draws, replace=False)]


def partners(chains: int, rng: np.random.Generator) -> tuple[np.typing.NDArray[np.int64], np.typing.NDArray[np.int64]]:
    """Draw for each chain two others, different from it and from each other."""
    own = np.arange(chains)
    one = (own + rng.integers(1, chains, chains)) % chains
    two = (own + rng.integers(1, chains, chains)) % chains
    while np.any(two == one):
        two = np.where(two == one, (own + rng.integers(1, chains, chains)) % chains, two)
    return one, two


def proposal(at: Floats, *, jump: bool, rng: np.random.Generator) -> Floats:
    """Propose a step for every chain, shape ``(chains, parameters)``."""
    chains, size = at.shape
    one, two = partners(chains, rng)
    moved: Booleans = rng.random(at.shape) < MOVED_SHARE
    moved[np.arange(chains), rng.integers(0, size, chains)] = True
    count = moved.sum(axis=1, keepdims=True)
    length = 1.0 if jump else 2.38 / np.sqrt(2.0 * count)
    step = length * (at[one] - at[two]) + JITTER * rng.standard_normal(at.shape)
    return at + np.where(moved, step, 0.0)


def sample(
    log_density: LogDensity,
    start: Floats,
    *,
    steps: int,
    burn_in: int,
    rng: np.random.Generator,
    tell: Progress | None = None,
) -> Chains:
    """Run the chains.

    Parameters
    ----------
    log_density : callable
        From ``(chains, parameters)`` to ``(chains,)``.
    start : Floats
        Shape ``(chains, parameters)``; more than twice as many chains as parameters.
    steps, burn_in : int
        Steps in all, and those not kept.
    rng : numpy.random.Generator
        Chance.
    tell : callable, optional
        Called now and then with the step and the steps in all.

    Returns
    -------
    Chains
        All steps after the burn-in.
    """
    at, density = start.copy(), log_density(start)
    visited, taken = np.empty((steps - burn_in, *start.shape)), 0
    for step in range(steps):
        candidate = proposal(at, jump=step % JUMP_EVERY == 0, rng=rng)
        candidate_density = log_density(candidate)
        accept = np.log(rng.random(len(at))) < candidate_density - density
        at = np.where(accept[:, None], candidate, at)
        density = np.where(accept, candidate_density, density)
        taken += int(accept.sum())
        if step >= burn_in:
            visited[step - burn_in] = at
        if tell is not None and (step + 1) % max(1, steps // TOLD) == 0:
            tell(step + 1, steps)
    return Chains(visited, taken / (steps * len(at)))
