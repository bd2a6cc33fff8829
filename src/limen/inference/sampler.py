"""Posterior draws by the no-U-turn sampler of NumPyro (hoffman_gelman_2014), over the likelihood as it stands.

The one place that imports JAX. It runs in double precision; the same seed gives the same draws on the same machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from limen.inference.likelihood import Likelihood
from limen.inference.rung import Rung
from limen.quantities import Floats, InputError
from limen.response.mood import State, Step
from limen.response.parameters import from_scale

Progress = Callable[[int, int], None]

CHAINS: Final = 4
#: Share of proposals that the step size aims to have accepted (ours: above the usual 0.8, for narrow places).
ACCEPTED: Final = 0.9
#: Times that a path is doubled at most (hoffman_gelman_2014).
DEPTH: Final = 10
NEEDED: Final = ("jax", "numpyro")


@dataclass(frozen=True)
class Chains:
    """What the chains visited after warm-up.

    Parameters
    ----------
    visited : Floats
        Fitted parameters on their scales, shape ``(steps, chains, free)``.
    divergences : int
        Steps at which the integrator left the posterior.
    """

    visited: Floats
    divergences: int

    @property
    def r_hat(self) -> Floats:
        """Split R-hat of each parameter: near 1 where the chains agree, shape ``(free,)``."""
        half = self.visited.shape[0] // 2
        split = np.concatenate([self.visited[:half], self.visited[half : 2 * half]], axis=1)
        within = split.var(axis=0, ddof=1).mean(axis=0)
        between = half * split.mean(axis=0).var(axis=0, ddof=1)
        return np.asarray(np.sqrt(((half - 1) / half * within + between / half) / within))

    @property
    def all_draws(self) -> Floats:
        """All that was visited, shape ``(steps * chains, free)``."""
        return self.visited.reshape(-1, self.visited.shape[2])

    def thinned(self, draws: int, rng: np.random.Generator) -> Floats:
        """Give `draws` of all that was visited, shape ``(draws, free)``."""
        flat = self.all_draws
        return flat[rng.choice(len(flat), size=draws, replace=draws > len(flat))]


class Sampler:
    """Draws from the posterior of one rung, compiled once for any numbers of the same observations.

    Parameters
    ----------
    rung : Rung
        Which parameters are fitted.
    likelihood : Likelihood
        Of the observations.
    warmup, steps : int
        Steps of each chain that adapt, and that are kept.
    depth : int
        A path is doubled at most so often.

    Raises
    ------
    InputError
        If NumPyro is not installed.
    """

    def __init__(self, rung: Rung, likelihood: Likelihood, *, warmup: int, steps: int, depth: int = DEPTH) -> None:
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            raise InputError(f"Fitting needs {missing[0]}, which is not installed: install it with limen[fit].")
        self.rung, self.steps, self.depth = rung, steps, depth
        self.traced = Likelihood(likelihood.observed, scanned)
        self.mcmc = self._compiled(warmup)

    def _compiled(self, warmup: int) -> Any:
        # An extra, loaded by whoever fits.
        from numpyro import distributions, enable_x64, factor, sample  # noqa: PLC0415
        from numpyro.infer import MCMC, NUTS  # noqa: PLC0415

        enable_x64()
        centre, spread = self.rung.centre, self.rung.spread

        def model(values: Any, kept: Any) -> None:
            away = sample("away", distributions.Normal(0.0, 1.0).expand([len(centre)]).to_event(1))
            population = from_scale(self.rung.complete((centre + spread * away)[None]))
            factor("seen", (self.traced.log_likelihood(population, values)[0] * kept).sum())

        kernel = NUTS(model, target_accept_prob=ACCEPTED, max_tree_depth=self.depth)
        return MCMC(
            kernel,
            num_warmup=warmup,
            num_samples=self.steps,
            num_chains=CHAINS,
            chain_method="vectorized",
            progress_bar=sys.stderr.isatty(),
            jit_model_args=True,
        )

    def draw(self, seed: int, *, values: Floats | None = None, kept: Floats | None = None) -> Chains:
        """Draw from the posterior.

        Parameters
        ----------
        seed : int
            Of the chance.
        values : Floats, optional
            Seen instead of what the tables hold, shape ``(observations,)``.
        kept : Floats, optional
            1 for each study that counts, 0 for one that is left out, shape ``(studies,)``.

        Returns
        -------
        Chains
        """
        import jax  # noqa: PLC0415 - as above

        seen = self.traced.values if values is None else values
        studies = np.ones(len(self.traced.studies)) if kept is None else kept
        self.mcmc.run(jax.random.PRNGKey(seed), seen, studies, extra_fields=("diverging",))
        away = np.asarray(self.mcmc.get_samples(group_by_chain=True)["away"])
        visited = self.rung.centre + self.rung.spread * np.swapaxes(away, 0, 1)
        return Chains(visited, int(np.asarray(self.mcmc.get_extra_fields()["diverging"]).sum()))


def scanned(step: Step, start: State, columns: State) -> Floats:
    """Walk through time as `limen.response.mood.by_steps` does, in one loop that JAX compiles once."""
    from jax import lax  # noqa: PLC0415 - as above
    from jax import numpy as jnp  # noqa: PLC0415

    by_time = tuple(jnp.moveaxis(jnp.asarray(column), -1, 0) for column in columns)

    def onward(state: Any, now: Any) -> tuple[Any, Any]:
        after = step(state, now)
        return after, after[-1]

    _, visited = lax.scan(onward, start, by_time)
    course: Any = jnp.concatenate([start[-1][:, None], jnp.moveaxis(visited, 0, 1)], axis=1)
    return course  # type: ignore[no-any-return]  # JAX's array, which stands for ours while it is traced
