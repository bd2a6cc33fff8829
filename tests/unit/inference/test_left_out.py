"""Draws of a whole fit, weighed or moved, are those of the fit without a group; normal posteriors are known exactly."""

import numpy as np
import pytest
from scipy.stats import genpareto

from limen.inference.left_out import (
    TRUSTED,
    Move,
    led_without,
    onto_covariance,
    onto_means,
    onto_spreads,
    pareto_of,
    without,
)
from limen.inference.left_out import trusted as trusted_shape


def test_weights_without_a_group_are_those_of_the_posterior_that_never_saw_it():
    # A normal mean with one number left out: the posterior without it is known.
    rng = np.random.default_rng(6)
    whole = rng.normal(0.5, np.sqrt(0.5), 40_000)
    weights, tail = without(-0.5 * (whole - 1.0) ** 2)
    assert tail < TRUSTED
    assert np.sum(weights * whole) == pytest.approx(0.0, abs=0.05)
    assert np.sum(weights * whole**2) == pytest.approx(1.0, abs=0.12)


def test_a_group_that_the_fit_rests_on_is_not_read_from_it():
    whole = np.random.default_rng(7).normal(5.0, 0.1, 2000)
    assert without(-0.5 * ((whole - 8.0) / 0.05) ** 2)[1] > TRUSTED


def gaussian(draws, mean, precision):
    away = draws - mean
    return -0.5 * np.einsum("ij,jk,ik->i", away, precision, away)


def test_moved_draws_are_those_of_the_posterior_that_never_saw_the_group():
    # Prior and others give precision A and mean 0; the group is sharp along one direction and pulls far away.
    others = np.array([[1.0, 0.4, 0.0], [0.4, 2.0, 0.3], [0.0, 0.3, 1.5]])
    sharp = 3.0 * np.outer([1.0, -1.0, 0.5], [1.0, -1.0, 0.5])
    centre = np.array([2.0, -2.0, 1.0])
    whole_precision = others + sharp
    whole_mean = np.linalg.solve(whole_precision, sharp @ centre)
    draws = np.random.default_rng(10).multivariate_normal(whole_mean, np.linalg.inv(whole_precision), 4000)

    def densities(at):
        group = gaussian(at, centre, sharp)
        return gaussian(at, 0.0, others) + group, group

    assert without(densities(draws)[1])[1] > TRUSTED
    found = led_without(draws, densities)
    assert found.moves > 0
    assert found.shape < trusted_shape(len(draws))
    mean = found.weights @ found.draws
    np.testing.assert_allclose(mean, 0.0, atol=0.08)
    spread = (found.draws * found.weights[:, None]).T @ found.draws - np.outer(mean, mean)
    np.testing.assert_allclose(spread, np.linalg.inv(others), atol=0.12)


def test_draws_that_can_be_trusted_stay_where_they_are():
    draws = np.random.default_rng(11).standard_normal((1000, 2))
    found = led_without(draws, lambda at: (-0.5 * np.sum(at**2, axis=1), 0.01 * at[:, 0]))
    assert found.moves == 0
    np.testing.assert_array_equal(found.draws, draws)


def test_a_group_without_any_density_is_never_trusted():
    draws = np.random.default_rng(12).standard_normal((1000, 2))
    found = led_without(draws, lambda at: (np.zeros(len(at)), np.full(len(at), np.inf)))
    assert not found.shape <= TRUSTED


@pytest.mark.parametrize("onto", [onto_means, onto_spreads, onto_covariance])
def test_a_move_gives_the_weighted_moments_and_can_be_taken_back(onto):
    rng = np.random.default_rng(13)
    draws = rng.standard_normal((500, 3)) @ np.array([[1.0, 0.2, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 2.0]])
    weights = rng.random(500)
    weights /= weights.sum()
    move = onto(draws, weights)
    there = move.forward(draws)
    np.testing.assert_allclose(there.mean(axis=0), weights @ draws)
    np.testing.assert_allclose(move.back(there), draws, atol=1e-12)
    assert move.log_volume == pytest.approx(np.linalg.slogdet(move.matrix)[1])
    if onto is not onto_means:
        np.testing.assert_allclose(there.var(axis=0), np.average((draws - weights @ draws) ** 2, 0, weights), rtol=1e-9)
    if onto is onto_covariance:
        np.testing.assert_allclose(np.cov(there.T, ddof=0), np.cov(draws.T, aweights=weights, ddof=0), rtol=1e-9)


def test_two_moves_are_one():
    rng = np.random.default_rng(14)
    first, second = (Move(np.tril(rng.random((3, 3)) + np.eye(3)), rng.random(3)) for _ in range(2))
    draws = rng.standard_normal((5, 3))
    np.testing.assert_allclose(second.after(first).forward(draws), second.forward(first.forward(draws)))


@pytest.mark.parametrize("shape", [-0.2, 0.3, 0.8])
def test_a_tail_has_the_shape_it_was_drawn_with(shape):
    above = np.sort(genpareto.rvs(shape, scale=2.0, size=40_000, random_state=15))
    assert pareto_of(above) == pytest.approx((shape, 2.0), abs=0.05)


def test_few_draws_bear_a_lighter_tail():
    assert trusted_shape(100) == pytest.approx(0.5)
    assert trusted_shape(10**6) == TRUSTED
