"""A model asked about data that it made itself: errors are standard normal and bands cover what they promise.

The data are drawn by `draw_concentrations`, with an assay error written here, and travel through a file.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from limen.chain.evaluation import evaluation_answer, event_table, write_event_table
from limen.chain.evaluation.npde import npde_summary
from limen.chain.evaluation.prediction_errors import prediction_errors
from limen.chain.evaluation.residual import residual_of
from limen.kinetics import PEOPLE, ConcentrationDraws, MemberDraws, draw_concentrations
from limen.quantities import Floats
from limen.regimen import Patient, Regimen, read_visit

ALPHA = 0.05  # of each Kolmogorov test; what is asserted is how many of them reject
SEEDS = 24
MOST_REJECTED = 5  # of 24 tests at 0.05 more than 5 reject by chance in fewer than 1 run of 500
POOLED_ALPHA = 0.001
PEOPLE_COUNT = 24
MINUTES = np.array([10.0, 30.0, 40.0, 50.0, 80.0, 150.0, 300.0, 480.0])
# Model, drug, and its residual error as the papers print it: proportional, or added to the logarithm.
MODELS = {"otto_fanta": ("proportional", 0.23609), "perez_ruixo_2021": ("log", 0.276)}


def noisy(values: Floats, model: str, rng: np.random.Generator) -> Floats:
    kind, size = MODELS[model]
    error = size * rng.standard_normal(values.shape)
    return values * (np.exp(error) if kind == "log" else np.maximum(1.0 + error, 1e-3))


def made_by_itself(model: str, seed: int, lloq: float, path: Path) -> Path:
    """People of different weight and dose, drawn from the model, as a file."""
    rng = np.random.default_rng([seed, 99])
    lines: list[Any] = []
    for number in range(1, PEOPLE_COUNT + 1):
        patient = Patient(weight_kg=float(rng.uniform(50.0, 100.0)), age_y=40.0)
        text = f"{rng.uniform(0.2, 1.0):.3f} mg/kg over 40 min"
        regimen = Regimen((read_visit(text, drug="esketamine", route="iv", patient=patient),))
        drawn = draw_concentrations(patient, regimen, MINUTES, draws=1, model=model, rng=rng, spread=PEOPLE)
        values = {"S-ketamine": noisy(drawn.analyte("S-ketamine"), model, rng)}
        member = MemberDraws(model, "venous", 1.0, 1, values)
        seen = ConcentrationDraws(MINUTES, "venous", (member,))
        lines += event_table(patient, regimen, seen, analytes=("S-ketamine",), lloq_ng_per_ml=lloq, first_id=number)
    return write_event_table(lines, path / f"{model}-{seed}.csv")


@cache
def results(model: str, lloq: float, folder: Path) -> list[dict[str, Any]]:
    found = []
    for seed in range(SEEDS):
        path = made_by_itself(model, seed, lloq, folder)
        answer = evaluation_answer(path, models=(model,), time_unit="min", seed=seed)
        found.append(answer["strata"][0]["models"][model])
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("itself")


CASES = [("otto_fanta", 0.0), ("perez_ruixo_2021", 0.0), ("otto_fanta", 15.0)]


@pytest.mark.parametrize(("model", "lloq"), CASES)
def test_npde_of_a_models_own_data_is_standard_normal(model: str, lloq: float, folder: Path) -> None:
    errors = [np.array(one["npde"]["values"]) for one in results(model, lloq, folder)]
    rejected = sum(stats.kstest(one, "norm").pvalue < ALPHA for one in errors)
    assert rejected <= MOST_REJECTED
    pooled = np.concatenate(errors)
    assert stats.kstest(pooled, "norm").pvalue > POOLED_ALPHA
    assert pooled.mean() == pytest.approx(0.0, abs=4.0 / math.sqrt(len(pooled)))
    assert pooled.var() == pytest.approx(1.0, abs=4.0 * math.sqrt(2.0 / len(pooled)))


def test_npde_of_one_person_are_decorrelated(folder: Path) -> None:
    errors = [np.array(one["npde"]["values"]).reshape(PEOPLE_COUNT, -1) for one in results("otto_fanta", 0.0, folder)]
    correlation = np.corrcoef(np.concatenate(errors), rowvar=False)
    people = SEEDS * PEOPLE_COUNT
    assert np.abs(correlation - np.eye(len(correlation))).max() < 4.5 / math.sqrt(people)


@pytest.mark.parametrize("kind", ["vpc", "pcvpc"])
@pytest.mark.parametrize("model", MODELS)
def test_bands_of_a_models_own_data_cover_at_their_rate(kind: str, model: str, folder: Path) -> None:
    inside = [
        one["low"] <= one["observed"] <= one["high"]
        for result in results(model, 0.0, folder)
        for place in result[kind]["bins"]
        for one in (place["p05"], place["p50"], place["p95"])
    ]
    # 576 checks at 0.95 that hang together within a table: 4 SD of a binomial of a third as many.
    assert np.mean(inside) == pytest.approx(0.95, abs=4.0 * math.sqrt(0.95 * 0.05 / (len(inside) / 3)))


def test_the_share_below_the_limit_is_within_its_band(folder: Path) -> None:
    bins = [place["below"] for one in results("otto_fanta", 15.0, folder) for place in one["vpc"]["bins"]]
    assert any(one["observed"] > 0.2 for one in bins)
    inside = np.mean([one["low"] <= one["observed"] <= one["high"] for one in bins])
    assert inside > 0.9


@pytest.mark.parametrize("model", MODELS)
def test_another_model_is_found_wrong(model: str, folder: Path) -> None:
    other = next(name for name in MODELS if name != model)
    answer = evaluation_answer(made_by_itself(model, 0, 0.0, folder), models=(model, other), time_unit="min")
    own, wrong = (answer["strata"][0]["models"][name] for name in (model, other))
    assert wrong["log_score"] < own["log_score"]
    assert own["npde"]["p_all"] > 0.001


def test_the_predictive_density_of_a_proportional_error_is_that_of_scipy() -> None:
    residual = residual_of("otto_fanta", "S-ketamine")
    seen, expected = np.array([90.0, 120.0]), np.array([100.0, 100.0])
    wanted = stats.norm.logpdf(seen, expected, 0.23609 * expected)
    np.testing.assert_allclose(residual.log_density(seen, expected), wanted, rtol=1e-12)
    below = stats.norm.logcdf(seen, expected, 0.23609 * expected)
    np.testing.assert_allclose(residual.log_below(seen, expected), below, rtol=1e-12)


def test_the_predictive_density_of_an_error_on_the_logarithm_is_that_of_scipy() -> None:
    residual = residual_of("perez_ruixo_2021", "S-ketamine")
    seen, expected = np.array([90.0, 120.0]), np.array([100.0, 100.0])
    wanted = stats.lognorm.logpdf(seen, 0.276, scale=expected)
    np.testing.assert_allclose(residual.log_density(seen, expected), wanted, rtol=1e-12)


def test_the_additive_error_of_simons_is_read_in_moles() -> None:
    residual = residual_of("simons_2022", "S-norketamine")
    assert residual.additive_ng_per_ml == pytest.approx(0.058 * 223.70)
    assert residual_of("racemate_composite", "ketamine").proportional == 0.1095
    assert residual_of("domino", "ketamine").borrowed


def test_prediction_errors_of_four_samples_are_those_by_hand() -> None:
    found = prediction_errors(np.array([110.0, 50.0, 100.0, 140.0]), np.array([100.0, 100.0, 100.0, 100.0]))
    assert found["median_pe"] == pytest.approx(0.05)
    assert found["median_absolute_pe"] == pytest.approx(0.25)
    assert found["mean_absolute_pe"] == pytest.approx(0.25)
    assert [found[f"within_{fold}_fold"] for fold in ("1_25", "1_5", "2")] == [0.5, 0.75, 1.0]
    assert found["geometric_mean_ratio"] == pytest.approx((1.1 * 0.5 * 1.0 * 1.4) ** 0.25)


def test_npde_of_too_few_samples_are_not_tested() -> None:
    found = npde_summary(np.array([0.1, np.nan, 0.2]))
    assert found["mean"] is None
    assert "fewer than 3" in found["unknown_because"]


def test_the_example_is_what_its_script_makes_and_its_own_model_is_the_best(repository: Path) -> None:
    names: dict[str, Any] = {"__name__": "example", "__file__": "example"}
    exec((repository / "examples" / "make_concentrations.py").read_text(encoding="utf-8"), names)  # noqa: S102
    shipped = repository / "examples" / "concentrations.csv"
    assert names["table"]() == shipped.read_text(encoding="utf-8")
    models = evaluation_answer(shipped)["strata"][0]["models"]
    scores = {name: one["log_score"] for name, one in models.items()}
    assert max(scores, key=lambda name: scores[name]) == "racemate_composite_venous"
