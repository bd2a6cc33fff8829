"""The sampler finds distributions that are known."""

import numpy as np

from limen.inference.sampler import sample


def run(log_density, size, rng, steps=3000):
    start = rng.standard_normal((6 * size, size))
    return sample(log_density, start, steps=steps, burn_in=steps // 3, rng=rng)


def test_a_correlated_normal_is_found():
    spread = np.array([[1.0, 0.8, 0.0], [0.8, 2.0, -0.5], [0.0, -0.5, 0.5]])
    inverse, centre = np.linalg.inv(spread), np.array([1.0, -2.0, 0.5])

    def log_density(at):
        away = at - centre
        return -0.5 * np.einsum("ci,ij,cj->c", away, inverse, away)

    chains = run(log_density, 3, np.random.default_rng(4))
    visited = chains.visited.reshape(-1, 3)
    np.testing.assert_allclose(visited.mean(axis=0), centre, atol=0.08)
    np.testing.assert_allclose(np.cov(visited.T), spread, atol=0.15)
    assert chains.r_hat.max() < 1.05


def test_chains_that_disagree_are_told():
    def two_far_modes(at):
        return np.logaddexp(-0.5 * (at[:, 0] - 60.0) ** 2, -0.5 * (at[:, 0] + 60.0) ** 2)

    rng = np.random.default_rng(1)
    start = np.where(np.arange(12)[:, None] < 6, 60.0, -60.0) + 0.1 * rng.standard_normal((12, 1))
    chains = sample(two_far_modes, start, steps=20, burn_in=4, rng=rng)
    assert chains.r_hat.max() > 1.5
