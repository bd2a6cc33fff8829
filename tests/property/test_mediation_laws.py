"""Laws of the mediation analysis."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.inference.mediation.design import Design
from limen.inference.mediation.effects import effects_of, numbers_of
from limen.inference.mediation.exposure import true_exposure
from limen.inference.mediation.hurdle import MOST_CADSS, Hurdle
from limen.inference.mediation.outcome import fit
from limen.inference.mediation.plan import plan_of
from limen.inference.mediation.regression import least_squares
from limen.inference.mediation.repeats import split_slopes
from limen.inference.mediation.sensitivity import e_value, rho_at_zero
from limen.inference.mediation.simulation import REPEATED, TRUTHS, Trial, invented

TRIAL = Trial("3 doses x 25", (0.2, 0.5, 1.0), 25)
seeds = st.integers(0, 10_000)
truths = st.sampled_from(TRUTHS)


def drawn(seed: int, truth: str) -> Design:
    """A trial in which some feel nothing."""
    rng = np.random.default_rng(seed)
    design = invented(TRIAL, truth, rng, error_log_sd=0.2, stated_cv=0.2)
    return replace(design, cadss=np.where(rng.random(75) < 0.2, 0.0, design.cadss))


@given(seeds, truths)
@settings(max_examples=25)
def test_total_is_direct_plus_indirect(seed, truth):
    design = drawn(seed, truth)
    effects = effects_of(numbers_of(design, plan_of(design))[None, :])
    np.testing.assert_allclose(effects.total, effects.direct + effects.indirect)


@given(seeds, truths, st.floats(0.01, 1000.0))
@settings(max_examples=25)
def test_the_unit_of_exposure_changes_nothing(seed, truth, factor):
    design = drawn(seed, truth)
    other = replace(design, exposure=design.exposure * factor)
    one, two = (numbers_of(some, plan_of(some)) for some in (design, other))
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


@given(seeds, truths)
@settings(max_examples=25)
def test_the_order_of_the_lines_changes_nothing(seed, truth):
    design = drawn(seed, truth)
    order = np.random.default_rng(seed).permutation(75)
    other = replace(
        design.of(np.ones(75, dtype=bool)),
        **{
            name: getattr(design, name)[order]
            for name in ("person", "dose_mg_per_kg", "exposure", "error_log_sd", "cadss", "improvement", "covariates")
        },
    )
    np.testing.assert_allclose(
        numbers_of(design, plan_of(design)), numbers_of(other, plan_of(other)), rtol=1e-6, atol=1e-8
    )


@given(seeds, truths, st.floats(-50.0, 50.0), st.floats(0.1, 10.0))
@settings(max_examples=25)
def test_effects_follow_the_unit_of_improvement_and_not_its_zero(seed, truth, shift, factor):
    design = drawn(seed, truth)
    plan = plan_of(design)
    one = numbers_of(design, plan)
    two = numbers_of(replace(design, improvement=shift + factor * design.improvement), plan)
    np.testing.assert_allclose(two[:2], one[:2])
    np.testing.assert_allclose(two[2:], factor * one[2:], rtol=1e-6, atol=1e-6)


@given(seeds, truths)
@settings(max_examples=25)
def test_the_correlation_that_leaves_nothing_has_the_sign_of_the_slope(seed, truth):
    design = drawn(seed, truth)
    plan = replace(plan_of(design), interacts=False)
    rho = rho_at_zero(design, plan)
    assert -1.0 <= rho <= 1.0
    assert rho * fit(design, plan).coefficients[0] >= 0.0


@given(seeds, truths)
@settings(max_examples=15)
def test_a_slope_that_is_put_in_comes_out(seed, truth):
    design = drawn(seed, truth)
    plan = replace(plan_of(design), interacts=False)
    more = replace(design, improvement=design.improvement + 0.7 * design.cadss)
    assert numbers_of(more, plan)[5] - numbers_of(design, plan)[5] == pytest.approx(0.7)


@given(seeds)
@settings(max_examples=10)
def test_what_stays_with_a_person_does_not_reach_the_slope_within(seed):
    rng = np.random.default_rng(seed)
    design = invented(REPEATED, TRUTHS[0], rng)
    plan = replace(plan_of(design), interacts=False)
    lasting = 20.0 * rng.standard_normal(150)[design.person]
    one, two = (
        split_slopes(some, plan)[1] for some in (design, replace(design, improvement=design.improvement + lasting))
    )
    assert two == pytest.approx(one, abs=1e-6)


@given(st.floats(-100.0, 100.0), st.floats(0.1, 50.0))
def test_an_e_value_is_one_or_more_and_does_not_know_the_sign(effect, outcome_sd):
    assert e_value(effect, outcome_sd) >= 1.0
    assert e_value(effect, outcome_sd) == e_value(-effect, outcome_sd)
    assert e_value(2.0 * effect, outcome_sd) >= e_value(effect, outcome_sd)


@given(st.floats(-5.0, 5.0), st.floats(-3.0, 6.0), st.floats(0.05, 3.0))
def test_expected_cadss_stays_on_its_scale(felt, mean, log_sd):
    expected = Hurdle(np.array([felt]), np.array([mean]), log_sd, -1).expected(np.ones((1, 1)))[0]
    assert 0.0 <= expected <= MOST_CADSS + 1e-9


@given(seeds)
def test_least_squares_without_priors_is_least_squares(seed):
    rng = np.random.default_rng(seed)
    columns, outcome = rng.standard_normal((30, 4)), rng.standard_normal(30)
    np.testing.assert_allclose(
        least_squares(columns, outcome, np.full(4, np.inf)), np.linalg.lstsq(columns, outcome, rcond=None)[0]
    )


@given(seeds, st.floats(0.05, 5.0))
def test_a_prior_pulls_a_slope_towards_zero_as_the_formula_says(seed, prior_sd):
    rng = np.random.default_rng(seed)
    columns, outcome = rng.standard_normal((30, 2)), rng.standard_normal(30)
    priors = np.array([np.inf, prior_sd])
    ridge = np.linalg.solve(columns.T @ columns + np.diag([0.0, prior_sd**-2.0]), columns.T @ outcome)
    np.testing.assert_allclose(least_squares(columns, outcome, priors), ridge, rtol=1e-8, atol=1e-10)


@given(seeds, st.floats(0.0, 1.0))
@settings(max_examples=25)
def test_what_is_known_of_exposure_is_never_more_than_people_differ(seed, cv):
    design = invented(TRIAL, TRUTHS[0], np.random.default_rng(seed), stated_cv=cv)
    found = true_exposure(design)
    assert np.all(found.variance_log <= found.people_log_sd**2 + 1e-12)
    assert np.all(found.variance_log >= 0.0)
