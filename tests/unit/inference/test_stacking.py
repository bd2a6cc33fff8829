"""The stack foresees at least as well as its best part, and judges a group by what the others say of it."""

import numpy as np
import pytest

from limen.inference.fitted_arms import observations
from limen.inference.ladder import Foreseen
from limen.inference.rung import LADDER
from limen.inference.skill import JUDGED, RungSkill
from limen.inference.stacking import stacked, stacking_weights


def test_no_mixture_is_better_than_the_one_of_the_stack():
    rng = np.random.default_rng(1)
    scores = rng.normal(-5.0, 2.0, (20, 4))

    def mixture(weights):
        return np.log(np.exp(scores) @ weights).sum()

    best = stacking_weights(scores)
    assert best.sum() == pytest.approx(1.0)
    assert all(mixture(rng.dirichlet(np.ones(4))) <= mixture(best) + 1e-6 for _ in range(200))
    assert all(mixture(alone) <= mixture(best) + 1e-6 for alone in np.eye(4))


def test_a_forecast_that_is_better_everywhere_has_all_the_weight():
    scores = np.random.default_rng(2).normal(-5.0, 1.0, (10, 1)) + np.array([[0.0, 1.0, -1.0]])
    np.testing.assert_allclose(stacking_weights(scores), [0.0, 1.0, 0.0], atol=1e-6)


def test_a_group_is_foreseen_with_the_weights_that_the_others_ask_for():
    # The first rung foresees all groups better but one: there the stack may not know it, and pays.
    one, rng = observations()[0], np.random.default_rng(3)
    scores = np.full((6, 2), -10.0)
    scores[:, 1] = -14.0
    scores[5] = [-14.0, -10.0]

    def skill(k):
        draws = np.full(JUDGED, float(k))
        groups = tuple(Foreseen(str(g), scores[g, k], ((one, draws),), (draws,)) for g in range(6))
        return RungSkill(LADDER[k], groups)

    found = stacked([skill(0), skill(1)], rng)
    assert found.foreseen[5].log_score == pytest.approx(-14.0, abs=0.01)
    np.testing.assert_array_equal(found.foreseen[5].means[0][1], 0.0)
    assert 0.0 < found.foreseen[0].means[0][1].mean() < 0.5
