"""The fit traces the very formulas that predictions run, and finds what made its numbers.

JAX's arrays stand for ours only while a fit traces a formula, so these run in a process of their own, where annotations
are not checked at every call.
"""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from limen.inference.calibration import RANKED, Calibration
from limen.inference.sampler import Chains


def in_a_process_of_its_own(code):
    """Run code that prints one JSON object, and read it."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_traced_likelihood_is_the_plain_one():
    found = in_a_process_of_its_own(
        """
        import json
        import jax, numpy as np
        jax.config.update("jax_enable_x64", True)
        from jax import numpy as jnp
        from limen.inference.fitted_arms import observations
        from limen.inference.likelihood import Likelihood
        from limen.inference.rung import LADDER
        from limen.inference.sampler import scanned
        from limen.response.parameters import from_scale

        rung, rng = LADDER[-1], np.random.default_rng(1)
        plain, traced = Likelihood(observations()), Likelihood(observations(), scanned)
        at = rung.centre + 0.7 * rung.spread * rng.standard_normal((3, len(rung.free)))
        found = traced.log_likelihood(from_scale(jnp.asarray(at)))
        print(json.dumps([plain.log_likelihood(from_scale(at)).tolist(), np.asarray(found).tolist()]))
        """
    )
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_a_fit_of_two_studies_agrees_with_itself_and_a_study_left_out_does_not_count():
    found = in_a_process_of_its_own(
        """
        import json
        import numpy as np
        from limen.inference.fitted_arms import observations
        from limen.inference.likelihood import Likelihood
        from limen.inference.rung import LADDER
        from limen.inference.sampler import Sampler

        some = [one for one in observations() if one.study in {"Murrough 2013", "Corya 2006"} and not one.drug]
        sampler = Sampler(LADDER[0], Likelihood(tuple(some)), warmup=150, steps=150)
        whole, alone = sampler.draw(1), sampler.draw(1, kept=np.array([0.0, 0.0]))
        names = [k for k, place in enumerate(LADDER[0].free)]
        print(json.dumps({
            "r_hat": whole.r_hat.max(),
            "prior_mean": (alone.visited.reshape(-1, len(names)).mean(axis=0) - LADDER[0].centre).tolist(),
            "spread": LADDER[0].spread.tolist(),
        }))
        """
    )
    assert found["r_hat"] < 1.1
    # With no study counted, the fit gives the prior back: means within 4 standard errors of 300 independent draws.
    assert np.all(np.abs(found["prior_mean"]) < 4.0 * np.array(found["spread"]) / np.sqrt(300.0))


def test_chains_that_disagree_are_told():
    rng = np.random.default_rng(1)
    apart = rng.standard_normal((40, 4, 1)) + np.array([0.0, 0.0, 9.0, 9.0])[None, :, None]
    assert Chains(apart, 0).r_hat[0] > 1.5
    assert Chains(rng.standard_normal((400, 4, 1)), 0).r_hat[0] < 1.02


def test_ranks_that_pile_up_at_the_ends_are_told():
    rng = np.random.default_rng(2)
    ranks = np.stack([rng.integers(0, RANKED + 1, 400), rng.choice([0, RANKED], 400)], axis=1)
    found = Calibration(("fair", "too sure"), ranks)
    assert found.covered(0.8)[0] == pytest.approx(0.8, abs=0.07)
    assert found.covered(0.8)[1] == 0.0
    assert found.uniform[0] > 0.001 > found.uniform[1]
    assert "| too sure |" in found.table()
