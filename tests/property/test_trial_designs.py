"""Laws of the designs of trials: looks, adaptive changes, crossovers, guided doses, missing data, sizes, joints."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, ttest_ind
from trial_specs import KETAMINE, SALINE, SIX, certain, trial

from limen.response.parameters import shipped_posterior
from limen.trials import analytic_power, run_trial
from limen.trials.boundaries import boundaries
from limen.trials.comparing import compared
from limen.trials.designs import (
    Adaptive,
    Crossover,
    Design,
    Endpoint,
    Guided,
    Missing,
    Question,
    SampleSize,
    Scenario,
    Stopping,
)
from limen.trials.enrolment import open_trials
from limen.trials.missing import handled, unseen
from limen.trials.moments import fit, pooled, running
from limen.trials.observed import observe, prepared
from limen.trials.rules import read_rule
from limen.trials.telling import told_apart

ARMS = ("ketamine", "saline")
AT_DAY_1 = Endpoint("change", 1.0, ARMS)
#: One belief in which a score is normal round the same course for everybody.
SURE = {"control_cv": 1e-6, "trial_control_cv": 1e-6, "recovery_points": 1e-6, "expectancy_points": 1e-6}
NORMAL = SURE | {"drift_sd_points": 6.0, "rating_sd_points": 3.0}
NO_DRUG = {"J4": "cut", "J5": "cut"}


def nothing_differs(n=40, draws=2000, **plan):
    """A trial in which both arms are the same, of normal scores."""
    arms = (replace(KETAMINE, n=n), replace(SALINE, n=n))
    design = Design(endpoint=AT_DAY_1, **plan)
    return trial(*arms, draws=draws, baseline_mean=33.0, baseline_sd=0.0, joints=NO_DRUG | {"J8": "cut"}, plan=design)


def within(share, wanted, draws, errors=3.5):
    return abs(share - wanted) <= errors * np.sqrt(wanted * (1.0 - wanted) / draws)


def seen_arms(spec, posterior=None, numbers=range(40)):
    return list(observe(spec, prepared(spec), posterior or shipped_posterior(), numbers))


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
@settings(max_examples=20)
@given(looks=st.lists(st.floats(0.1, 0.9), min_size=0, max_size=3, unique_by=lambda f: round(f, 1)))
def test_boundaries_spend_the_level_that_the_normal_distribution_says(spending, looks):
    fraction = np.array([*sorted(looks), 1.0])
    edges = boundaries(fraction, 0.05, spending)
    correlation = np.sqrt(np.minimum.outer(fraction, fraction) / np.maximum.outer(fraction, fraction))
    inside = multivariate_normal(np.zeros(len(fraction)), correlation, seed=1).cdf(edges, lower_limit=-edges)
    assert 1.0 - inside == pytest.approx(0.05, abs=4e-4)


def test_one_look_is_the_plain_test():
    assert boundaries(np.ones(1), 0.05, "pocock")[0] == pytest.approx(1.959964, abs=1e-5)


@given(st.integers(0, 10_000), st.integers(3, 30), st.integers(3, 30))
def test_the_moments_give_student_s_t_test(seed, a, b):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(1.0, 3.0, a), rng.normal(0.0, 3.0, b)
    moments = [
        running(np.stack([np.ones(n), np.full(n, arm)], axis=1), v, np.ones(n, bool))[-1]
        for n, arm, v in ((a, 1.0, x), (b, 0.0, y))
    ]
    found = fit(moments[0] + moments[1], 1)
    expected = ttest_ind(x, y)
    assert float(found.t) == pytest.approx(expected.statistic, rel=1e-6)
    assert float(found.p) == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(8, 40), st.integers(1, 3))
def test_the_moments_of_the_first_people_give_their_least_squares(seed, people, columns):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(people), rng.normal(size=(people, columns))])
    y = x @ rng.normal(size=columns + 1) + rng.normal(size=people)
    first = rng.integers(columns + 3, people + 1)
    found = fit(running(x, y, np.ones(people, bool))[first], columns)
    beta, left, *_ = np.linalg.lstsq(x[:first], y[:first], rcond=None)
    error = np.sqrt(left[0] / (first - columns - 1) * np.linalg.inv(x[:first].T @ x[:first])[columns, columns])
    assert float(found.estimate) == pytest.approx(beta[columns], rel=1e-6, abs=1e-8)
    assert float(found.error) == pytest.approx(error, rel=1e-6)


def test_a_coefficient_that_cannot_be_told_has_no_error_to_speak_of():
    found = fit(running(np.ones((5, 2)), np.arange(5.0), np.ones(5, bool))[-1], 1)
    assert np.isinf(found.error)
    assert float(found.p) == pytest.approx(1.0)


def test_looks_keep_the_level_where_nothing_differs():
    answer = run_trial(
        nothing_differs(stopping=Stopping((0.25, 0.5, 0.75, 1.0), "pocock")), posterior=certain(**NORMAL)
    )
    row = answer["operating_characteristics"][0]
    assert within(row["found_fraction"], 0.05, 2000)
    assert row["mean_people"] < 80.0


def test_a_look_for_futility_costs_power_and_saves_people_where_nothing_differs():
    looks = (0.5, 1.0)
    with_, without = (
        run_trial(nothing_differs(draws=500, stopping=Stopping(looks, futility_z=z)), posterior=certain(**NORMAL))
        for z in (0.0, None)
    )
    stops, goes_on = (one["operating_characteristics"][0] for one in (with_, without))
    assert within(with_["stopping"]["looks"][0]["stopped_for_futility"], 0.5, 500)
    assert stops["mean_people"] < goes_on["mean_people"] - 10.0
    assert stops["found_fraction"] <= goes_on["found_fraction"]


@pytest.mark.parametrize(
    "adaptive",
    [Adaptive("sample size", most_n=120), Adaptive("blinded sample size", most_n=120, difference=4.0)],
    ids=lambda one: one.kind,
)
def test_a_size_that_grows_keeps_the_level(adaptive):
    answer = run_trial(nothing_differs(adaptive=adaptive), posterior=certain(**NORMAL))
    assert within(answer["adaptive"]["power"], 0.025, 2000)
    assert answer["adaptive"]["n"]["p95"] > 40.0


@pytest.mark.parametrize("keep", [1, 2])
def test_dropping_arms_keeps_the_level_over_all_of_them(keep):
    spec = nothing_differs(adaptive=Adaptive("drop arms", keep=keep))
    third = replace(SALINE, name="third", n=40)
    answer = run_trial(replace(spec, arms=(*spec.arms, third)), posterior=certain(**NORMAL))
    assert answer["adaptive"]["power"] <= 0.025 + 3.5 * np.sqrt(0.025 * 0.975 / 2000)
    assert sum(one["kept"] for one in answer["adaptive"]["arms"]) == pytest.approx(keep)


def test_the_size_for_a_power_is_that_of_the_t_distribution():
    arms = tuple(replace(arm, n=40, comparator="open") for arm in (KETAMINE, SALINE))
    sure = certain(**(NORMAL | {"expectancy_points": 4.0}))
    design = Design(endpoint=Endpoint("change", 0.25, ARMS), size=SampleSize(0.8, 200))
    spec = trial(
        *arms, draws=1500, times_days=(0.25,), baseline_mean=33.0, baseline_sd=0.0, joints=NO_DRUG, plan=design
    )
    answer = run_trial(spec, posterior=sure)
    difference, sd = answer["endpoint"]["estimate"]["mean"], np.sqrt(6.0**2 + 3.0**2 + 1.0 / 12.0)
    low, high = answer["sample_size"]["n_low"], answer["sample_size"]["n_high"]
    assert analytic_power(difference, sd, low) < 0.83
    assert analytic_power(difference, sd, high) > 0.77
    for point in answer["sample_size"]["curve"]:
        assert within(point["power"], analytic_power(difference, sd, point["n"]), 1500, 4.0)


def test_a_plan_without_steps_is_the_plain_arm():
    """A guided arm that never goes up is the arm itself: two engines, one course."""
    arm = replace(KETAMINE, schedule=SIX)
    never = replace(arm, guided=Guided((), read_rule("fall >= 50 %", "fall")))
    days = (1.0, 5.0, 14.0)
    plain, planned = (seen_arms(trial(one, times_days=days))[0].scores for one in (arm, never))
    np.testing.assert_array_equal(plain, planned)


def test_a_dose_goes_up_in_those_who_do_not_respond_and_in_nobody_else():
    guided = Guided(("1.0 mg/kg over 40 min",), read_rule("fall >= 50 %", "fall"), read_rule("score <= 6", "score"))
    spec = trial(replace(KETAMINE, schedule=SIX, n=50, guided=guided), times_days=(2.0, 4.0, 14.0))
    seen = seen_arms(spec)[0]
    before = seen.scores[..., 0]
    responds, remits = (seen.baseline - before) >= 0.5 * seen.baseline, before <= 6.0
    expected = np.where(remits, -1, np.where(responds, 0, 1))
    np.testing.assert_array_equal(seen.given[..., 1], expected)
    assert (np.diff(seen.given, axis=2)[seen.given[..., 1:] >= 0] >= 0).all()
    assert (seen.given[..., 2][seen.given[..., 1] == -1] == -1).all()


def test_twice_the_dose_in_the_same_people_is_twice_the_exposure():
    guided = Guided(("1.0 mg/kg over 40 min",), read_rule("fall >= 50 %", "fall"))
    once, twice = (level.bank for level in prepared(trial(replace(KETAMINE, guided=guided)))[0].levels)
    for one, other in zip(once.models, twice.models, strict=True):
        for name, values in one.analytes.items():
            np.testing.assert_allclose(other.analytes[name], 2.0 * values, rtol=1e-6)


def crossover(washout_days=21.0, **changed):
    design = Design(endpoint=AT_DAY_1, crossover=Crossover(washout_days))
    return trial(replace(KETAMINE, n=20), replace(SALINE, n=20), design="crossover", plan=design, **changed)


def test_the_first_period_of_a_crossover_is_a_parallel_trial():
    parallel, crossed = (seen_arms(one) for one in (trial(replace(KETAMINE, n=20), design="crossover"), crossover()))
    # More ratings are drawn for two periods, so people are alike and not the same.
    assert abs(crossed[0].scores[:, :20].mean() - parallel[0].scores.mean()) < 1.0


def test_a_crossover_compares_people_with_themselves():
    spec = crossover(draws=300)
    crossed = run_trial(spec)["endpoint"]
    plain = run_trial(replace(spec, plan=Design(endpoint=AT_DAY_1)))["endpoint"]
    assert crossed["power"] > plain["power"] + 0.1


def test_a_crossover_without_drug_keeps_the_level():
    spec = crossover(draws=2000, joints=NO_DRUG | {"J8": "cut"}, baseline_sd=0.0)
    row = run_trial(spec, posterior=certain(**NORMAL))["operating_characteristics"][0]
    assert within(row["found_fraction"], 0.05, 2000)


def test_a_drug_that_lasts_is_carried_over_where_the_washout_is_short():
    lasting = certain(slow_fade_d=60.0)
    short, long = (
        run_trial(crossover(washout_days, draws=200, times_days=(1.0,)), posterior=lasting)["endpoint"]["estimate"][
            "mean"
        ]
        for washout_days in (2.0, 300.0)
    )
    assert short > long + 0.5


@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.floats(-0.2, 0.2))
def test_whoever_left_does_not_come_back(seed, per_week, by_points):
    rng = np.random.default_rng(seed)
    hidden = unseen(Missing(per_week, by_points), rng.normal(0, 10, (30, 5)), np.arange(1.0, 36.0, 7.0), rng)
    assert (np.diff(hidden.astype(int), axis=1) >= 0).all()


def test_people_leave_as_often_as_the_hazard_says():
    hidden = unseen(Missing(0.1), np.zeros((40_000, 2)), np.array([14.0, 7.0]), np.random.default_rng(1))
    assert hidden.mean(axis=0) == pytest.approx([1.0 - np.exp(-0.2), 1.0 - np.exp(-0.1)], abs=0.01)


def drop_outs(**hazards):
    """Change of a thousand arms whose people leave by what was seen, under each way of handling it; the truth is -5."""
    rng, days = np.random.default_rng(3), np.array([7.0, 14.0, 21.0])
    person = rng.normal(0.0, 5.0, (200, 60, 1))
    baseline = np.full((200, 60), 30.0)
    scores = baseline[..., None] - 5.0 + person + rng.normal(0.0, 3.0, (200, 60, 3))
    hidden = np.stack([unseen(Missing(0.3, **hazards), one, days, rng) for one in scores - baseline[..., None]])
    seen = np.where(hidden, np.nan, scores)
    ways = ("observed", "last", "multiple imputation")
    return {
        way: float(np.nanmean(handled(Missing(0.3, handled=way), seen, baseline, days, rng)[..., -1])) - 30.0
        for way in ways
    }


def test_imputation_mends_what_is_missing_at_random_and_nothing_mends_the_rest():
    at_random, not_at_random = drop_outs(per_point_seen=0.15), drop_outs(per_point_unseen=0.3)
    assert at_random["multiple imputation"] == pytest.approx(-5.0, abs=0.25)
    assert at_random["observed"] < -5.4
    assert not_at_random["multiple imputation"] < -5.4


def test_imputed_data_keep_the_level():
    """Half of the people are missing at the end."""
    missing = Missing(5.0, handled="multiple imputation")
    spec = nothing_differs(draws=300, missing=missing)
    answer = run_trial(replace(spec, times_days=(0.5, 1.0)), posterior=certain(**NORMAL))
    assert within(answer["operating_characteristics"][0]["found_fraction"], 0.05, 300)


def test_one_imputation_is_pooled_as_it_is_and_equal_ones_add_nothing():
    data = running(np.ones((9, 1)), np.arange(9.0), np.ones(9, bool))[-1]
    one, three = pooled(fit(data[None], 0)), pooled(fit(np.stack([data] * 3), 0))
    assert (float(one.estimate), float(one.error)) == pytest.approx((float(three.estimate), float(three.error)))


def test_a_slope_is_found_at_its_level_where_there_is_none():
    endpoint = Endpoint("mediation", 1.0, ("ketamine",))
    cut = run_trial(trial(replace(KETAMINE, n=60), draws=600, joints={"J7": "cut"}, plan=Design(endpoint=endpoint)))
    assert within(cut["endpoint"]["power"], 0.05, 600, 4.0)
    assert cut["endpoint"]["estimate"]["mean"] == pytest.approx(0.0, abs=0.02)


def test_a_slope_follows_the_link_of_its_trial():
    endpoint = Endpoint("mediation", 1.0, ("ketamine",))
    spec = trial(replace(KETAMINE, n=400), draws=100, plan=Design(endpoint=endpoint))
    arms = seen_arms(spec, numbers=range(100))
    slopes = compared(spec, arms[0], None).at(1.0).estimate
    links = open_trials(spec, shipped_posterior(), range(100), assay="in_vivo", linked=True).link
    assert np.corrcoef(slopes, -links)[0, 1] > 0.35


def test_the_same_trials_cannot_be_told_apart_and_others_can():
    rng = np.random.default_rng(2)
    one, same, other = (rng.normal(0.0, 1.0, (2000, 3)) for _ in range(3))
    blind, seeing = told_apart(one, same), told_apart(one, other + np.array([1.0, 0.0, 0.0]))
    assert blind.area == pytest.approx(0.5, abs=0.04)
    assert blind.power == pytest.approx(0.05, abs=0.03)
    # Two normals one SD apart: area Phi(1 / sqrt 2), power Phi(1 - 1.645).
    assert seeing.area == pytest.approx(0.760, abs=0.03)
    assert seeing.power == pytest.approx(0.259, abs=0.05)


def test_no_trial_is_judged_by_what_it_taught():
    """Few trials and many traits: whoever judged them by themselves would tell the same from the same."""
    rng = np.random.default_rng(4)
    areas = [told_apart(*rng.normal(0.0, 1.0, (2, 60, 15))).area for _ in range(20)]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.06)


def test_wide_trials_are_told_from_narrow_ones_though_their_means_agree():
    rng = np.random.default_rng(2)
    assert told_apart(rng.normal(0.0, 4.0, (1000, 1)), rng.normal(0.0, 1.0, (1000, 1))).power > 0.5


def test_more_people_tell_a_joint_from_its_cut_more_often():
    question = Question("J8", "cut", ("saline", "midazolam"), (5, 80))
    answer = run_trial(trial(replace(KETAMINE, n=20), replace(SALINE, n=20), draws=300, plan=Design(question=question)))
    for control in answer["question"]["controls"]:
        few, many = control["sizes"]
        assert many["area"] > few["area"] > 0.45


def test_a_scenario_changes_the_truth_and_leaves_the_trial_as_it_was():
    design = Design(endpoint=AT_DAY_1, scenarios=(Scenario("inert", inert=True), Scenario("cut", {"J4": "cut"})))
    alone, beside = (run_trial(trial(draws=100, plan=plan)) for plan in (replace(design, scenarios=()), design))
    assert alone["arms"] == beside["arms"]
    assert alone["operating_characteristics"] == beside["operating_characteristics"][:1]
    rows = [one["mean_estimate"] for one in beside["operating_characteristics"]]
    assert rows[0] < rows[2] < rows[1]


def test_a_comparison_at_a_share_is_that_of_the_first_people():
    spec = trial(plan=Design(endpoint=AT_DAY_1))
    arms = seen_arms(spec)
    half = compared(spec, *arms).at(0.5)
    alone = compared(spec, *(one.first(5) for one in arms)).at(0.5)
    np.testing.assert_allclose(half.estimate, alone.estimate)
