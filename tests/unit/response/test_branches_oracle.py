"""The exact steps of both branches against a slow, obvious solver."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from limen.response.mood import fast_branch, slow_branch
from limen.response.parameters import Population, prior_draws

TIME_H = np.linspace(0.0, 96.0, 1921)


def one_person(seed):
    drawn = prior_draws(1, np.random.default_rng(seed))
    return Population({name: drawn[name] for name in drawn})


def course(time_h):
    """Two doses, smooth: a step would be blunted by half a step of the grid, which is not what is tested."""
    return 0.4 * np.exp(-((time_h - 3.0) ** 2)) + 0.3 * np.exp(-(((time_h - 50.0) / 1.5) ** 2))


def oracle(right_side, start):
    found = solve_ivp(right_side, (0.0, 96.0), start, t_eval=TIME_H, rtol=1e-9, atol=1e-12, max_step=0.05)
    return found.y


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fast_branch_follows_its_equation(seed):
    person = one_person(seed)
    fade_h = 24.0 * person["fast_fade_d"][0]
    expected = oracle(lambda t, f: course(t) - f / fade_h, [0.0])[0]
    found = fast_branch(course(TIME_H)[None, :], TIME_H, person)[0]
    np.testing.assert_allclose(found, expected, atol=2e-3 * expected.max())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_slow_branch_follows_its_equation(seed):
    person = one_person(seed)
    delay_h, fade_h = person["slow_delay_h"][0], 24.0 * person["slow_fade_d"][0]
    ceiling = person["slow_ceiling"][0]

    def right_side(t, y):
        waiting, state = y
        return [course(t) - waiting / delay_h, waiting / delay_h * (1.0 - state / ceiling) - state / fade_h]

    expected = oracle(right_side, [0.0, 0.0])[1]
    found = slow_branch(course(TIME_H)[None, :], TIME_H, person, saturates=True)[0]
    np.testing.assert_allclose(found, expected, atol=2e-3 * expected.max())
