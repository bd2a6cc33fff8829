"""What a mediation answer holds, when it refuses, and each of its parts beside a slow and obvious way."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from limen.inference.mediation import link_meta_analysis, mediation_answer
from limen.inference.mediation.analysis import Analysis, analyse, leaves_out_zero
from limen.inference.mediation.design import Design
from limen.inference.mediation.effects import effects_of, jackknife, numbers_of
from limen.inference.mediation.exposure import people_log_sd, true_exposure
from limen.inference.mediation.hurdle import Hurdle, columns_of, fit_hurdle
from limen.inference.mediation.links import GRID_MEAN, grid_posterior, heterogeneity, study_slopes
from limen.inference.mediation.outcome import believed, fit
from limen.inference.mediation.plan import plan_of
from limen.inference.mediation.regression import logistic
from limen.inference.mediation.sensitivity import e_value, rho_at_zero
from limen.inference.mediation.simulation import (
    COMMON_CAUSE_ONLY,
    NO_LINK,
    REPEATED,
    SLOPE,
    TRIALS,
    TRUE_SLOPE,
    Trial,
    invented,
)
from limen.inference.mediation.verdict import COMMON_CAUSE, cautions, reasons, statement
from limen.quantities import InputError

SMALL = Trial("3 doses x 40", (0.2, 0.5, 1.0), 40)
HEADER = "id,occasion,dose_mg_per_kg,exposure,cadss_total,baseline,score,scale,at_h,setting,clinic"


def file_of(design: Design, path, *, exposure: bool = True):
    """Write an invented trial as a table: percentages of a baseline of 40, whole CADSS."""
    lines = [HEADER]
    for k in range(len(design.cadss)):
        seen = f"{design.exposure[k]:.4g}" if exposure else ""
        score = np.clip(40.0 - 0.4 * design.improvement[k], 0.0, 60.0)
        cadss = min(round(float(design.cadss[k])), 92)
        lines.append(
            f"P{design.person[k]},1,{design.dose_mg_per_kg[k]:g},{seen},{cadss},40,{score:.2f},MADRS,24,open,a"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def causal() -> Analysis:
    return analyse(invented(TRIALS[1], TRUE_SLOPE, np.random.default_rng(1)), seed=1, groups=40)


def test_the_answer_has_every_key_of_the_contract_and_is_strict_json(repository):
    answer = mediation_answer(repository / "examples" / "mediation.csv")
    for name in ("total", "direct", "indirect"):
        assert set(answer[name]) == {"mean", "p05", "p95"}
    assert {"n", "rho_at_zero", "e_value", "may_say_mediates", "warnings"} <= set(answer)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["n"] == 150


def test_the_same_table_and_seed_give_the_same_bytes(repository):
    path = repository / "examples" / "mediation.csv"
    assert json.dumps(mediation_answer(path, seed=3)) == json.dumps(mediation_answer(path, seed=3))
    assert mediation_answer(path, seed=3)["indirect"] != mediation_answer(path, seed=4)["indirect"]


def test_the_example_is_refused_because_nothing_shows_within_persons(repository):
    answer = mediation_answer(repository / "examples" / "mediation.csv")
    assert answer["indirect"]["p05"] > 0.0
    assert answer["within_persons"]["p05"] < 0.0 < answer["within_persons"]["p95"]
    assert answer["may_say_mediates"] is False
    assert "mediates" not in answer["statement"]


def test_a_true_path_may_be_called_one_and_says_under_which_condition(tmp_path):
    design = invented(TRIALS[1], TRUE_SLOPE, np.random.default_rng(5))
    answer = mediation_answer(file_of(design, tmp_path / "trial.csv"))
    assert answer["may_say_mediates"] is True
    assert answer["statement"].startswith("If no unmeasured cause")
    assert answer["indirect"]["p05"] > 0.0
    assert answer["rho_at_zero"] > 0.3
    assert answer["e_value"] > answer["e_value_at_limit"] > 1.0
    assert COMMON_CAUSE in answer["warnings"]
    assert answer["proportion_indirect"]["mean"] == pytest.approx(answer["indirect"]["mean"] / answer["total"]["mean"])


def test_total_is_direct_plus_indirect(causal):
    effects = causal.effects
    np.testing.assert_allclose(effects.total, effects.direct + effects.indirect)


def test_without_an_exposure_column_the_dose_stands_in_and_the_answer_says_so(tmp_path):
    design = invented(TRIALS[1], NO_LINK, np.random.default_rng(3))
    answer = mediation_answer(file_of(design, tmp_path / "trial.csv", exposure=False))
    assert answer["exposure"]["measured_visits"] == 0
    assert answer["exposure"]["people_log_sd"] == pytest.approx(people_log_sd())
    assert any("taken from the dose" in warning for warning in answer["warnings"])
    assert answer["indirect"]["mean"] is not None


def test_one_dose_without_exposure_gives_no_effects_and_no_strong_word(tmp_path):
    design = invented(TRIALS[2], TRUE_SLOPE, np.random.default_rng(3))
    answer = mediation_answer(file_of(design, tmp_path / "trial.csv", exposure=False))
    assert answer["indirect"]["mean"] is None
    assert "one dose" in answer["indirect"]["unknown_because"]
    assert answer["rho_at_zero"] is None
    assert "one dose" in answer["unknown_because"]
    assert answer["may_say_mediates"] is False


def test_too_few_people_get_no_numbers_and_the_reason(tmp_path):
    design = invented(Trial("small", (0.5, 1.0), 8), TRUE_SLOPE, np.random.default_rng(3))
    answer = mediation_answer(file_of(design, tmp_path / "trial.csv"))
    assert answer["n"] == 16
    assert answer["indirect"]["mean"] is None
    assert "too few" in answer["unknown_because"]
    assert answer["may_say_mediates"] is False
    assert COMMON_CAUSE in answer["warnings"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cadss": np.zeros(120)}, "anything was felt"),
        ({"dose_mg_per_kg": np.zeros(120), "exposure": np.zeros(120)}, "given drug"),
        ({"improvement": np.full(120, 3.0)}, "1 value of improvement"),
    ],
)
def test_a_table_in_which_nothing_happens_gets_no_numbers(tmp_path, change, says):
    design = replace(invented(SMALL, NO_LINK, np.random.default_rng(3)), **change)
    answer = mediation_answer(file_of(design, tmp_path / "trial.csv"))
    assert says in answer["unknown_because"]


def test_every_visit_with_a_score_above_zero_and_an_inert_group_beside_one_dose_is_answered(tmp_path):
    rng = np.random.default_rng(2)
    design = invented(Trial("placebo", (0.0, 0.5), 60), NO_LINK, rng)
    inert = design.dose_mg_per_kg == 0.0
    felt = np.where(inert, (rng.random(120) < 0.2) * 2.0, 8.0 * np.exp(rng.normal(0.0, 0.6, 120)))
    for exposure in (True, False):
        given = replace(design, cadss=felt, exposure=np.where(inert, 0.0, 95.0 * np.exp(rng.normal(0.0, 0.3, 120))))
        answer = mediation_answer(file_of(given, tmp_path / "trial.csv", exposure=exposure))
        assert answer["contrast"]["exposure"][0] == 0.0
        assert np.isfinite(answer["indirect"]["mean"])


@pytest.mark.parametrize(("seed", "cv", "says"), [(-1, 0.1, "-1"), (1, -0.1, "-0.1"), (1, 3.0, "3")])
def test_impossible_arguments_are_refused(repository, seed, cv, says):
    with pytest.raises(InputError, match=says):
        mediation_answer(repository / "examples" / "mediation.csv", seed=seed, exposure_error_cv=cv)


def test_subscales_are_each_answered(tmp_path):
    design = invented(SMALL, TRUE_SLOPE, np.random.default_rng(3))
    path = file_of(design, tmp_path / "trial.csv")
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    header = header.replace("cadss_total", "cadss_depersonalisation,cadss_derealisation,cadss_amnesia")
    rows = [line.split(",") for line in lines]
    split = [
        ",".join([*row[:4], str(int(row[4]) // 2), str(int(row[4]) - int(row[4]) // 2), "0", *row[5:]]) for row in rows
    ]
    path.write_text("\n".join([header, *split]), encoding="utf-8")
    subscales = mediation_answer(path)["subscales"]
    assert subscales["derealisation"]["slope_per_point"]["p05"] > 0.0
    assert "too few" in subscales["amnesia"]["indirect"]["unknown_because"]


def test_the_strong_word_needs_a_sensitivity_result(causal):
    assert not list(reasons(causal))
    without = replace(causal, sensitivity=None)
    assert any("no sensitivity result" in reason for reason in reasons(without))
    assert "mediates" not in statement(without, list(reasons(without)))


def test_the_strong_word_needs_an_interval_without_zero(causal):
    around = replace(causal.effects, indirect=causal.effects.indirect - causal.effects.indirect.mean())
    assert any("includes 0" in reason for reason in reasons(replace(causal, effects=around)))


def test_the_strong_word_needs_more_than_a_weak_correlation_of_errors(causal):
    assert causal.sensitivity is not None
    weak = replace(causal, sensitivity=replace(causal.sensitivity, rho_at_zero=0.1))
    assert any("0.1" in reason for reason in reasons(weak))


def test_every_answer_carries_the_warning_of_a_common_cause(causal):
    assert COMMON_CAUSE in tuple(cautions(causal))
    assert COMMON_CAUSE in tuple(cautions(replace(causal, sensitivity=None, split=None)))


def test_natural_effects_are_those_of_the_counterfactual_means():
    # CADSS 2 and 10, slopes 0.5 and 1, own gain 3: Y(low, low) = 1, Y(high, low) = 5, Y(high, high) = 13.
    effects = effects_of(np.array([[2.0, 10.0, 0.5, 1.0, 3.0, 0.8]]))
    assert (effects.direct[0], effects.indirect[0], effects.total[0]) == (4.0, 8.0, 12.0)


def test_natural_effects_with_an_interaction_are_those_of_a_simulated_world():
    # Two levels of drug whose whole distribution of exposure is one point, so that the world is known exactly.
    rng = np.random.default_rng(6)
    dose_mg_per_kg = np.repeat([0.25, 1.0], 4000)
    felt = 6.0 * dose_mg_per_kg * np.exp(rng.normal(0.0, 0.5, 8000))
    slope = 0.4 + 0.5 * dose_mg_per_kg
    design = Design(
        person=np.arange(8000),
        dose_mg_per_kg=dose_mg_per_kg,
        exposure=dose_mg_per_kg,
        error_log_sd=np.zeros(8000),
        cadss=felt,
        improvement=5.0 * dose_mg_per_kg + slope * felt + rng.normal(0.0, 1.0, 8000),
        covariates=np.zeros((8000, 0)),
        prior_sd=np.zeros(0),
    )
    effects = effects_of(numbers_of(design, plan_of(design))[None, :])
    low, high = felt[:4000].mean(), felt[4000:].mean()
    assert effects.indirect[0] == pytest.approx(0.9 * (high - low), abs=0.2)
    assert effects.direct[0] == pytest.approx(3.75 + (0.9 - 0.525) * low, abs=0.2)


def test_how_far_people_differ_is_found_beside_a_stated_error():
    design = invented(
        Trial("many", (0.5, 1.0), 5000), NO_LINK, np.random.default_rng(1), error_log_sd=0.3, stated_cv=0.307
    )
    assert true_exposure(design).people_log_sd == pytest.approx(0.35, abs=0.01)


def test_an_e_value_is_that_of_the_paper():
    # VanderWeele and Ding 2017: a risk ratio of 3.9 has an E-value of 7.26.
    assert e_value(np.log(3.9) / 0.91, 1.0) == pytest.approx(7.26, abs=0.01)
    assert e_value(0.0, 1.0) == 1.0


def test_the_mean_of_a_person_is_over_the_visits_of_that_person():
    design = invented(Trial("few", (0.5,), 4), NO_LINK, np.random.default_rng(1))
    design = replace(design, person=np.array([3, 1, 1, 1]))
    np.testing.assert_allclose(design.by_person(np.array([5.0, 1.0, 2.0, 6.0])), [5.0, 3.0, 3.0, 3.0])


def test_a_jackknife_of_a_mean_is_its_standard_error():
    design = invented(Trial("few", (0.5,), 50), NO_LINK, np.random.default_rng(1))
    spread = jackknife(design, lambda some: np.array([some.improvement.mean()]), np.random.default_rng(1))
    assert spread.covariance[0, 0] == pytest.approx(design.improvement.var(ddof=1) / 50)


def test_a_jackknife_keeps_the_visits_of_a_person_together():
    design = replace(invented(REPEATED, NO_LINK, np.random.default_rng(1)), improvement=np.repeat(np.arange(150.0), 3))
    spread = jackknife(design, lambda some: np.array([some.improvement.mean()]), np.random.default_rng(1), groups=150)
    assert spread.covariance[0, 0] == pytest.approx(np.arange(150.0).var(ddof=1) / 150)


def test_expected_cadss_is_that_of_many_draws():
    hurdle = Hurdle(np.array([0.8]), np.array([3.0]), 0.9, -1)
    rng = np.random.default_rng(1)
    felt = (rng.random(400_000) < 1.0 / (1.0 + np.exp(-0.8))) * np.exp(rng.normal(3.0, 0.9, 400_000))
    expected = hurdle.expected(np.ones((1, 1)))[0]
    assert expected == pytest.approx(np.minimum(felt, 92.0).mean(), abs=0.15)


def test_normal_scores_of_the_mediator_are_standard_normal():
    hurdle = Hurdle(np.array([1.2]), np.array([2.0]), 0.7, -1)
    rng = np.random.default_rng(1)
    felt = (rng.random(200_000) < 1.0 / (1.0 + np.exp(-1.2))) * np.exp(rng.normal(2.0, 0.7, 200_000))
    score = hurdle.normal_score(np.ones((200_000, 1)), felt)
    assert score.mean() == pytest.approx(0.0, abs=0.01)
    assert np.std(score[felt > 0.0]) < 1.0
    assert np.all(score[felt == 0.0] < score[felt > 0.0].min())


def test_what_is_believed_of_exposure_is_that_of_a_fine_grid():
    design = invented(SMALL, NO_LINK, np.random.default_rng(4), error_log_sd=0.3, stated_cv=0.3)
    design = replace(design, cadss=np.where(np.arange(120) % 4 == 0, 0.0, design.cadss))
    exposure = true_exposure(design)
    hurdle = fit_hurdle(design, exposure, tells=True)
    columns = columns_of(design, exposure.mean_log, tells=True)
    real, chances = believed(design, exposure, hurdle, columns)
    for k in (0, 1, 119):
        sd = np.sqrt(exposure.variance_log[k])
        grid = exposure.mean_log[k] + np.linspace(-6.0, 6.0, 2001) * sd
        at = np.repeat(columns[k : k + 1], 2001, axis=0)
        at[:, -1] = grid
        felt, mean = hurdle.scored(at)
        likely = 1.0 - felt if design.cadss[k] == 0.0 else felt * norm.pdf(np.log(design.cadss[k]), mean, hurdle.log_sd)
        weight = norm.pdf(grid, exposure.mean_log[k], sd) * likely
        assert np.sum(chances[k] * real[k]) == pytest.approx(np.sum(weight * np.exp(grid)) / weight.sum(), rel=0.01)


def test_stated_error_pulls_a_measured_exposure_towards_its_dose():
    exact = true_exposure(invented(SMALL, NO_LINK, np.random.default_rng(4), stated_cv=0.0))
    noisy = true_exposure(invented(SMALL, NO_LINK, np.random.default_rng(4), stated_cv=0.3))
    assert np.all(exact.variance_log == 0.0)
    assert np.all(noisy.variance_log > 0.0)
    assert np.ptp(noisy.mean_log[:40]) < np.ptp(exact.mean_log[:40])


def test_a_visit_without_a_measurement_is_as_uncertain_as_people_are_unlike():
    design = invented(SMALL, NO_LINK, np.random.default_rng(4))
    design = replace(design, exposure=np.where(np.arange(120) == 7, np.nan, design.exposure))
    found = true_exposure(design)
    assert found.variance_log[7] == pytest.approx(found.people_log_sd**2)
    assert found.mean_log[7] == pytest.approx(np.log(found.typical(0.2)))


def test_a_group_in_which_everybody_scores_has_a_finite_logistic_answer():
    columns = np.column_stack((np.ones(40), np.repeat([0.0, 1.0], 20)))
    found = logistic(columns, np.repeat([False, True], 20))
    assert np.all(np.isfinite(found))
    assert found[1] > 2.0


def test_a_lasting_cause_shows_between_people_and_not_within_them():
    found = analyse(invented(REPEATED, COMMON_CAUSE_ONLY, np.random.default_rng(11)), seed=1, groups=40)
    assert found.split is not None
    assert leaves_out_zero(found.split[:, 0])
    assert not leaves_out_zero(found.split[:, 1])
    assert any("within persons" in reason for reason in reasons(found))


def test_a_true_slope_shows_between_people_and_within_them():
    found = analyse(invented(REPEATED, TRUE_SLOPE, np.random.default_rng(11)), seed=1, groups=40)
    assert found.split is not None
    np.testing.assert_allclose(found.split.mean(axis=0), SLOPE, atol=0.45)


def test_people_seen_once_are_not_split():
    design = invented(SMALL, NO_LINK, np.random.default_rng(1))
    assert analyse(design, seed=1, groups=20).split is None


def test_rho_is_the_partial_correlation_where_the_mediator_is_a_normal_score():
    # With one curve of exposure and no interaction the correlation that leaves nothing is that of the residuals.
    design = invented(TRIALS[1], TRUE_SLOPE, np.random.default_rng(8))
    plan = replace(plan_of(design), interacts=False)
    found = fit(design, plan)
    score = found.hurdle.normal_score(found.mediator_columns, design.cadss)
    others = found.columns[:, 1:]

    def left(values):
        return values - others @ np.linalg.lstsq(others, values, rcond=None)[0]

    improvement, felt = left(design.improvement), left(design.cadss)
    rho = (felt @ improvement) / (felt @ score) / improvement.std()
    assert rho_at_zero(design, plan) == pytest.approx(min(rho, 1.0))


def test_the_studies_of_the_link_are_each_counted_once():
    studies, left_out = study_slopes()
    assert [one.study for one in studies] == [
        "Luckenbaugh 2014",
        "Brazilian RCT secondary analysis",
        "pooled TRANSFORM-1 and -2 analysis",
    ]
    assert any(reason.startswith("Chen 2022") for reason in left_out)


def test_the_studies_of_the_link_disagree_and_their_mean_may_be_zero():
    found = link_meta_analysis()
    assert found["heterogeneity_sd"]["p05"] > 0.03
    assert found["mean"]["p05"] < 0.0 < found["mean"]["p95"]
    assert found["next_study"]["p95"] - found["next_study"]["p05"] > found["mean"]["p95"] - found["mean"]["p05"]


def test_heterogeneity_is_that_of_a_worked_example():
    # Three studies, weights 100, 25 and 4: mean 0.3279, Q 7.054, DerSimonian-Laird variance 5.054 / 46.50.
    slopes, errors = np.array([0.2, 0.7, 1.2]), np.array([0.1, 0.2, 0.5])
    q, sd = heterogeneity(slopes, errors)
    weights = np.array([100.0, 25.0, 4.0])
    mean = weights @ slopes / 129.0
    assert q == pytest.approx(weights @ (slopes - mean) ** 2)
    assert sd**2 == pytest.approx((q - 2.0) / (129.0 - weights @ weights / 129.0))


def test_studies_that_agree_leave_the_mean_where_they_are():
    posterior = grid_posterior(np.full(12, -0.3), np.full(12, 0.03))

    assert GRID_MEAN @ posterior.sum(axis=1) == pytest.approx(-0.3, abs=0.02)
