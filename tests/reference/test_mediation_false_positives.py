"""The simulation of outcomes.md section 5, in short: what is found where there is nothing, and what of a true slope.

The long run, 600 trials a row, writes docs/claims/mediation.md. Here bounds are those of the claim (2 to 8 % found
without a link, more than 30 % when doses are pooled, a slope within 10 %) widened by 2.6 Monte Carlo standard errors of
the number of trials, so that a right analysis fails once in about a hundred seeds; the seed is fixed.
"""

import numpy as np
import pytest

from limen.inference.mediation.analysis import leaves_out_zero
from limen.inference.mediation.effects import effects_of, jackknife, numbers_of
from limen.inference.mediation.plain import plain_slopes
from limen.inference.mediation.plan import plan_of
from limen.inference.mediation.simulation import (
    COMMON_CAUSE_ONLY,
    NO_LINK,
    SLOPE,
    TRIALS,
    TRUE_SLOPE,
    Trial,
    invented,
    relative_exposure,
)
from limen.inference.mediation.verification import Condition, measure, table, written_between
from limen.quantities import InputError

SIMULATIONS = 120
SHORT_GROUPS = 25
SEED = 2
ERRORS = 2.6


def monte_carlo(share: float, simulations: int = SIMULATIONS) -> float:
    return ERRORS * np.sqrt(share * (1.0 - share) / simulations)


def found_in(trial: Trial, truth: str, **column: object) -> tuple[float, float, float]:
    """Share found with exposure held fixed, mean slope and its Monte Carlo error."""
    adjusted, slopes = [], []
    for k in range(SIMULATIONS):
        rng = np.random.default_rng([SEED, k])
        design = invented(trial, truth, rng, **column)
        plan = plan_of(design)
        spread = jackknife(design, lambda some, plan=plan: numbers_of(some, plan), rng, groups=SHORT_GROUPS)
        adjusted.append(leaves_out_zero(effects_of(spread.drawn(1000, rng)).indirect))
        slopes.append(spread.value[5])
    return float(np.mean(adjusted)), float(np.mean(slopes)), monte_carlo_of(slopes)


def slopes_in(trial: Trial, truth: str, **column: object) -> tuple[float, float]:
    """Mean slope and its Monte Carlo error."""
    designs = (invented(trial, truth, np.random.default_rng([SEED, k]), **column) for k in range(SIMULATIONS))
    slopes = [numbers_of(design, plan_of(design))[5] for design in designs]
    return float(np.mean(slopes)), monte_carlo_of(slopes)


def pooled_in(trial: Trial) -> float:
    """Share found without a link by the pooled regression."""
    found = []
    for k in range(SIMULATIONS):
        rng = np.random.default_rng([SEED, k])
        design = invented(trial, NO_LINK, rng)
        found.append(leaves_out_zero(jackknife(design, plain_slopes, rng, groups=SHORT_GROUPS).drawn(1000, rng)[:, 0]))
    return float(np.mean(found))


def monte_carlo_of(values: list[float]) -> float:
    return float(ERRORS * np.std(values) / np.sqrt(len(values)))


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_without_a_link_few_are_found_with_exposure_held_fixed(trial):
    adjusted, slope, error = found_in(trial, NO_LINK)
    assert max(0.02 - monte_carlo(0.02), 0.0) <= adjusted <= 0.08 + monte_carlo(0.08)
    assert abs(slope) <= 0.1 * SLOPE + error


@pytest.mark.parametrize("trial", TRIALS[:2], ids=lambda trial: trial.name)
def test_without_a_link_many_are_found_when_doses_are_pooled(trial):
    assert pooled_in(trial) > 0.30 - monte_carlo(0.30)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_a_true_slope_is_recovered_within_ten_per_cent(trial):
    slope, error = slopes_in(trial, TRUE_SLOPE)
    assert abs(slope - SLOPE) <= 0.1 * SLOPE + error


def test_errors_in_exposure_that_are_told_do_not_bias_the_slope():
    slope, error = slopes_in(TRIALS[1], NO_LINK, error_log_sd=0.3, stated_cv=0.3)
    assert abs(slope) <= error + 0.01


def test_errors_that_are_not_told_leave_a_bias_that_telling_removes():
    untold, _ = slopes_in(TRIALS[1], NO_LINK, error_log_sd=0.5, stated_cv=0.0)
    told, _ = slopes_in(TRIALS[1], NO_LINK, error_log_sd=0.5, stated_cv=0.53)
    assert untold > 0.02
    assert abs(told) < 0.5 * untold


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_under_a_common_cause_alone_every_answer_is_warned(trial):
    measured = measure(Condition(trial, COMMON_CAUSE_ONLY, 0.0, 0.15, measured=True), simulations=5)
    assert measured.warned
    assert measured.reached == "not measured"


def test_a_common_cause_alone_is_found_as_a_link_which_is_why_it_is_warned_of():
    slope, error = slopes_in(TRIALS[1], COMMON_CAUSE_ONLY)
    assert slope > 0.15 + error


def test_the_generator_is_that_of_the_evidence():
    rng = np.random.default_rng(1)
    many = Trial("many", (0.5,), 200_000)
    exposure = relative_exposure(np.full(200_000, 0.5), rng)
    assert np.log(exposure).mean() == pytest.approx(0.0, abs=0.005)
    assert np.log(exposure).std() == pytest.approx(0.35, abs=0.005)
    felt = np.log(invented(many, COMMON_CAUSE_ONLY, rng).cadss)
    assert felt.mean() == pytest.approx(np.log(12.0), abs=0.01)
    assert felt.std() == pytest.approx(np.sqrt((1.2 * 0.35) ** 2 + 0.55**2 + 0.35**2), abs=0.01)
    gained = invented(many, TRUE_SLOPE, rng)
    assert gained.improvement.mean() == pytest.approx(
        0.9 * gained.cadss.mean() + np.mean(30.0 * exposure / (exposure + 0.6)), abs=0.2
    )


def test_the_table_names_trials_seed_and_version_and_stands_between_its_marks():
    rows = [measure(Condition(TRIALS[0], NO_LINK, 0.0, 0.15, measured=True), simulations=3)]
    page = written_between("a\n<!-- table: begin -->\nthe last table\n<!-- table: end -->\nb\n", table(rows))
    assert "3 trials a row, seed 1, version" in page
    assert "the last table" not in page
    assert page.startswith("a\n")
    assert page.endswith("b\n")
    with pytest.raises(InputError, match="table: begin"):
        written_between("no marks", "")
