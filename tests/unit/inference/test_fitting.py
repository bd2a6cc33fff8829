"""The fit reads the tables as they stand, and its likelihood is the one that is written down."""

import io

import numpy as np
import pytest

from limen.inference.crossover_data import crossover_arms, odd_scores
from limen.inference.fitted_arms import Observation, observations
from limen.inference.fitting import fingerprint, fit_answer, tables_hash
from limen.inference.likelihood import Expected, Likelihood
from limen.quantities import InputError
from limen.response.mood import Circumstances
from limen.response.parameters import NAMES, PARAMETERS, posterior_bytes, prior_draws, shipped_posterior

HELD_OUT = ("TRANSFORM", "KetECT", "ELEKT", "McInnes", "Hietamies", "KARMA", "Lii", "Rodrigues", "Goldway", "An 2021")


def arm(kind="mean", **changes):
    plain = {
        "study": "one", "kind": kind, "drug": "ketamine", "route": "iv", "dose": "0.5 mg/kg over 40 min",
        "days": (0.0,), "circumstances": Circumstances("midazolam"), "time_h": 24.0, "baseline": 33.0,
        "n": 40.0, "value": -15.0, "error": 1.5,
    }  # fmt: skip
    return Observation(**(plain | changes))


def test_nothing_held_out_is_fitted():
    assert not [one.study for one in observations() if any(name in one.study for name in HELD_OUT)]


def test_a_trial_is_fitted_by_its_arms_or_its_contrast_and_never_both():
    found = observations()
    for study in {one.study for one in found if one.kind == "contrast"}:
        arms = {one.time_h for one in found if one.study == study and one.kind == "mean"}
        assert not arms & {one.time_h for one in found if one.study == study and one.kind == "contrast"}


def test_every_observation_is_finite_and_drawn_from_a_named_study():
    for one in observations():
        assert np.isfinite([one.time_h, one.value, one.error, one.n, one.baseline]).all(), one
        assert one.study


def test_murrough_is_read_as_printed():
    rows = {(one.kind, one.drug): one for one in observations() if one.study == "Murrough 2013"}
    assert rows["mean", "ketamine"].value == -16.5
    assert rows["mean", "ketamine"].error == pytest.approx(1.6)
    assert rows["response", ""].value == pytest.approx(0.28)
    assert np.exp(rows["sd", ""].value) == pytest.approx(9.5, abs=0.05)


@pytest.mark.parametrize("kind", ["mean", "sd", "response"])
def test_the_integral_over_people_is_that_of_many_drawn_people(kind):
    population = prior_draws(1, np.random.default_rng(3))
    likelihood, rng = Likelihood((arm(kind),)), np.random.default_rng(5)
    drug, other = np.array([[9.0]]), np.array([[8.0]])
    trial = kind == "response"
    strength = [
        np.prod([lognormal(population[name][0], rng) for name in names[: 2 if trial else 1]], axis=0)
        for names in (("drug_cv", "trial_drug_cv"), ("control_cv", "trial_control_cv"))
    ]
    fall = 33.0 * (1.0 - np.exp(-(strength[0] * drug + strength[1] * other) / 33.0))
    rest = np.hypot(population["drift_sd_points"][0], population["rating_sd_points"][0]) * rng.standard_normal(
        fall.shape
    )
    expected = {"mean": fall.mean(), "sd": (fall + rest).std(), "response": np.mean(fall + rest >= 16.5)}
    effects = Expected(drug, other, other)
    found = {
        "mean": likelihood.falls_of_means(effects, population)[0],
        "sd": np.sqrt(likelihood.variances(effects, population)),
        "response": likelihood.response_chances(effects, population),
    }
    assert found[kind].item() == pytest.approx(expected[kind], rel=0.03)


def lognormal(cv, rng):
    log_sd = np.sqrt(np.log1p(cv**2))
    return np.exp(log_sd * rng.standard_normal(200_000) - 0.5 * log_sd**2)


def test_the_density_is_finite_around_the_prior_and_prefers_the_posterior():
    density = Likelihood(observations()).log_density
    rng = np.random.default_rng(1)
    spread = np.array([parameter.spread for parameter in PARAMETERS])
    centre = np.array([parameter.prior_mean for parameter in PARAMETERS])
    at_prior = density(centre + spread * rng.standard_normal((12, len(NAMES))))
    population = shipped_posterior()
    learnt = np.stack(
        [np.log(population[p.name][:12]) if p.scale == "log" else logit(population[p.name][:12]) for p in PARAMETERS],
        axis=1,
    )
    assert np.isfinite(at_prior).all()
    assert np.median(density(learnt)) > at_prior.max()


def logit(share):
    return np.log(share / (1.0 - share))


def test_the_shipped_posterior_says_what_it_was_made_from():
    with np.load(io.BytesIO(posterior_bytes())) as stored:
        assert str(stored["tables"]) == tables_hash()
        assert list(stored["names"]) == list(NAMES)
        assert {one.study for one in observations()} <= set(stored["studies"].tolist())


def test_the_shipped_posterior_is_of_the_model_as_it_stands():
    # Stale when the fitted numbers, the exposure behind them or the formulas of the response changed: fit anew with
    # `make verify-response`. The scores of single people stand behind the last eight, which a clean clone has not.
    with np.load(io.BytesIO(posterior_bytes())) as stored:
        expected = fingerprint(observations())
        np.testing.assert_allclose(expected, stored["fingerprint"][: len(expected)], rtol=0.01)


def test_a_folder_without_the_scores_is_refused(tmp_path):
    with pytest.raises(InputError, match="phenotype"):
        fit_answer(tmp_path, seed=1, steps=100, to=tmp_path / "fit")


def test_only_odd_participants_are_read(limen_data):
    scores = odd_scores(limen_data / "ds005917" / "phenotype.tsv")
    assert all(int(name[-1]) % 2 == 1 for name in scores)
    arms = crossover_arms(limen_data)
    assert len(arms) == 8
    assert all(one.baseline > 20.0 for one in arms)
