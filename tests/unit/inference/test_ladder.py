"""The rungs are what they say, and the scores are those of their definitions."""

import itertools

import numpy as np
import pytest

from limen.inference.fitted_arms import observations
from limen.inference.ladder import carried, climatology, crps, families, family, foresee
from limen.inference.likelihood import Likelihood
from limen.inference.rung import LADDER
from limen.inference.sampler import Chains, Sampler
from limen.inference.skill import BESIDES, Fits, RungSkill, densities_of, log_density
from limen.inference.skill_table import skill_interval, skill_table
from limen.response.parameters import NAMES, from_scale


def test_each_rung_frees_what_the_one_below_held():
    sizes = [len(rung.free) for rung in LADDER]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(NAMES)
    held = [set(rung.held) for rung in LADDER[1:]]
    assert all(upper < lower for lower, upper in itertools.pairwise(held))


def test_a_held_parameter_keeps_its_value_and_a_fitted_one_its_place():
    rung = LADDER[0]
    free = np.random.default_rng(1).standard_normal((3, len(rung.free)))
    population = from_scale(rung.complete(free))
    np.testing.assert_allclose(population["fast_points"], rung.held["fast_points"])
    np.testing.assert_allclose(rung.complete(free)[:, rung.free], free)


def test_the_crps_of_draws_is_that_of_its_definition():
    draws = np.random.default_rng(2).normal(3.0, 2.0, 400)
    slow = np.abs(draws - 5.0).mean() - 0.5 * np.abs(draws[:, None] - draws[None, :]).mean()
    assert crps(draws, 5.0) == pytest.approx(slow)
    assert crps(np.array([4.0]), 5.0) == pytest.approx(1.0)


def test_climatology_never_holds_the_group_itself():
    observed = observations()
    murrough = next(one for one in observed if one.study == "Murrough 2013" and one.kind == "mean")
    others = climatology(murrough, [one for one in observed if one.study == "Murrough 2013"])
    assert others.size == 0
    assert climatology(murrough, observed).size > 0


def test_analyses_of_the_same_people_are_left_out_together():
    assert [name for name in families(observations()) if name.startswith("ASPIRE")] == ["ASPIRE"]


def test_a_rung_is_judged_on_a_study_that_it_did_not_see():
    rung, rng = LADDER[0], np.random.default_rng(3)
    left_out = [one for one in observations() if one.study == "Singh 2016"]
    free = rung.centre + 0.5 * rung.spread * rng.standard_normal((200, len(rung.free)))
    found = foresee(rung, left_out, free, rng)
    assert np.isfinite(found.log_score)
    assert len(found.means) == 4
    skill = RungSkill(rung, (found,), 0)
    table = skill_table([skill], observations(), rng)
    assert table.count("| M0 |") == 1 + len(BESIDES)
    # A rung without a drug foresees the same of a drug that does nothing, up to the chance of its draws.
    inert = skill.scores(BESIDES["a drug that does nothing"](observations()), crps)
    np.testing.assert_allclose(inert[:, 0], inert[:, 1], rtol=0.3)
    assert len(skill.scores(BESIDES["the arm's earlier mean"](observations()), crps)) == sum(
        carried(one, observations()) is not None for one in left_out
    )


def test_an_earlier_mean_is_of_the_same_arm():
    for one in observations():
        before = carried(one, observations())
        assert before is None or (before.study, before.course) == (one.study, one.course)
        assert before is None or before.time_h < one.time_h


def test_a_normal_density_of_draws_is_that_of_its_formula():
    draws = np.random.default_rng(8).normal(2.0, 3.0, 200_000)
    assert log_density(draws, 2.0) == pytest.approx(-np.log(3.0 * np.sqrt(2.0 * np.pi)), abs=0.01)
    assert np.isnan(log_density(draws[:2], 2.0))


def test_the_interval_of_a_skill_holds_the_skill():
    scores = np.abs(np.random.default_rng(4).normal(2.0, 1.0, (30, 2)))
    low, middle, high = skill_interval(scores, np.random.default_rng(5))
    assert low <= middle <= high


class Counting(Sampler):
    """Stands for the sampler, and counts what is asked of it."""

    def __init__(self):
        self.rung, self.asked, self.steps = LADDER[0], [], 20
        self.traced = Likelihood(observations())

    def draw(self, seed, *, values=None, kept=None):
        self.asked.append(kept)
        return Chains(np.random.default_rng(seed).standard_normal((20, 4, 2)), 0)


def test_a_fit_that_was_made_is_not_made_again_and_leaves_its_group_out(tmp_path):
    first, again = Counting(), Counting()
    made = Fits(first, tmp_path, 1).without("ASPIRE")
    kept = Fits(again, tmp_path, 1)
    np.testing.assert_array_equal(kept.without("ASPIRE").visited, made.visited)
    assert again.asked == []
    other = Counting()
    Fits(other, tmp_path, 2).without("ASPIRE")
    assert len(other.asked) == 1
    assert kept.r_hats == [pytest.approx(made.r_hat.max())]
    out = [study for study, counts in zip(first.traced.studies, first.asked[0], strict=True) if not counts]
    assert out
    assert all(study.startswith("ASPIRE") for study in out)


def test_a_group_counts_as_much_as_the_whole_fit_says():
    likelihood, rung, rng = Likelihood(observations()), LADDER[0], np.random.default_rng(9)
    free = rung.centre + rung.spread * rng.standard_normal((3, len(rung.free)))
    groups = [np.array([family(study) == group for study in likelihood.studies]) for group in families(observations())]
    found = [densities_of(rung, likelihood, own)(free) for own in groups]
    prior = -0.5 * np.sum(((free - rung.centre) / rung.spread) ** 2, axis=1)
    np.testing.assert_allclose(found[0][0], prior + sum(group for _, group in found))
