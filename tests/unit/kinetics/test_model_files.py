"""The library says what its files say, and refuses what is blocked."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from limen.kinetics import EVERYTHING, PARAMETERS, PEOPLE, TYPICAL, blocked_ids, load_model, model_ids
from limen.kinetics.model_files import LIBRARY
from limen.kinetics.variability import CLEARANCE_SD_LOG, VOLUME_SD_LOG, draw_occasions, draw_parameters
from limen.quantities import InputError

MANY = 200_000


@pytest.mark.parametrize("model_id", [name for name in model_ids() if not name.startswith("racemate")])
def test_k27_every_number_of_a_file_is_the_constant_that_is_used(model_id: str) -> None:
    table = tomllib.loads((LIBRARY / f"{model_id}.toml").read_text(encoding="utf-8"))
    used = load_model(model_id).parameters
    assert {name: row["value"] for name, row in table["parameters"].items()} == {
        name: one.value for name, one in used.items()
    }


def test_k27_a_blocked_model_is_refused_by_name_with_its_reason() -> None:
    assert blocked_ids() == ("hornik_2018",)
    with pytest.raises(InputError, match=r"hornik_2018.*clearance is checked"):
        load_model("hornik_2018")


def test_an_unknown_model_is_refused_naming_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest is 'simons_2022'"):
        load_model("simons_2021")


@pytest.mark.parametrize("model_id", [*model_ids(), *blocked_ids()])
def test_no_file_of_the_library_holds_unconfirmed_text(model_id: str) -> None:
    assert "unconfirmed" not in (LIBRARY / f"{model_id}.toml").read_text(encoding="utf-8").lower()


def test_a_cv_becomes_the_variance_log_of_one_plus_its_square() -> None:
    parameters = load_model("perez_ruixo_2021").parameters
    assert parameters["kapo"].people_variance == pytest.approx(1.009, abs=5e-4)
    assert parameters["kmet"].people_variance == 0.0


def test_a_person_differs_between_occasions_by_the_printed_variance_and_stays_the_same_person() -> None:
    """MTTK: 0.021 between people and 0.751 between occasions; CLK1 does not vary between occasions."""
    first, second = draw_occasions(load_model("simons_2022"), MANY, PEOPLE, np.random.default_rng(5), occasions=2)
    logs = np.log([first["MTTK"], second["MTTK"]])
    assert logs.var(axis=1) == pytest.approx([0.021 + 0.751] * 2, rel=0.02)
    assert (logs[0] - logs[1]).var() == pytest.approx(2.0 * 0.751, rel=0.02)
    np.testing.assert_array_equal(first["CLK1"], second["CLK1"])


def test_what_is_not_known_of_a_model_is_the_same_on_all_its_occasions() -> None:
    first, second = draw_occasions(load_model("simons_2022"), 9, PARAMETERS, np.random.default_rng(5), occasions=2)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert np.log(first["NK_exposure"]).std() > 0.0


def test_norketamine_is_as_unsure_as_its_papers_disagree_and_typically_as_printed() -> None:
    model = load_model("simons_2022")
    drawn = draw_parameters(model, MANY, PARAMETERS, np.random.default_rng(5))
    assert np.log(drawn["NK_exposure"]).std() == pytest.approx(0.2, rel=0.01)
    assert draw_parameters(model, 1, TYPICAL, np.random.default_rng(5))["NK_exposure"] == 1.0
    per_mg = [1.0 / 57.72, 0.8 * 223.70 / 237.73 / 60.0, 0.714 / 38.0, 0.714 / 38.0 / 1.41, 1.3 * 0.0126]
    assert np.std(np.log(per_mg)) == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("model_id", ["racemate_composite", "racemate_composite_venous"])
def test_k27_every_factor_of_a_construction_is_the_one_that_is_used(model_id: str) -> None:
    table = tomllib.loads((LIBRARY / f"{model_id}.toml").read_text(encoding="utf-8"))
    clearance = {table["structure"]["clearance"]: table["parameters"]["r_CL"]["value"]}
    expected = {"S": table["calibration"]["S"], "R": table["calibration"]["R"] | clearance}
    assert {one.enantiomer: dict(one.factors) for one in load_model(model_id).copies} == expected


@pytest.mark.parametrize(("first", "second", "correlation"), [("V1", "CL", 0.483), ("Vn", "CLn", 0.690)])
def test_blocks_of_otto_fanta_are_drawn_with_their_correlation(first: str, second: str, correlation: float) -> None:
    drawn = draw_parameters(load_model("otto_fanta"), MANY, PEOPLE, np.random.default_rng(5))
    logs = np.log([drawn[first], drawn[second]])
    assert np.corrcoef(logs)[0, 1] == pytest.approx(correlation, abs=0.01)
    assert logs[0].var() == pytest.approx(load_model("otto_fanta").parameters[first].people_variance, rel=0.02)


def test_a_correlation_of_flint_2017_is_drawn() -> None:
    drawn = draw_parameters(load_model("flint_2017"), MANY, PEOPLE, np.random.default_rng(5))
    assert np.corrcoef(np.log([drawn["CL"], drawn["CLn"]]))[0, 1] == pytest.approx(0.506, abs=0.01)


def test_a_share_on_the_logit_stays_a_share() -> None:
    drawn = draw_parameters(load_model("perez_ruixo_2021"), MANY, PEOPLE, np.random.default_rng(5))["FRn"]
    assert (drawn.min() > 0.0, drawn.max() < 1.0) == (True, True)
    assert np.log(drawn / (1.0 - drawn)).std() == pytest.approx(0.708, rel=0.01)


@pytest.mark.parametrize("model_id", ["kamp_meta_2020", "domino", "clements_1981", "otto_fanta"])
def test_the_pooled_uncertainty_reaches_clearance_and_volume(model_id: str) -> None:
    """Of rate-constant models, clearance is k10 times V1."""
    model = load_model(model_id)
    drawn = draw_parameters(model, MANY, PARAMETERS, np.random.default_rng(5))
    clearance = drawn["CL"] if "CL" in drawn else drawn["k10"] * drawn["V1"]
    assert np.log(clearance).std() == pytest.approx(CLEARANCE_SD_LOG, rel=0.01)
    assert np.log(drawn["V1"]).std() == pytest.approx(VOLUME_SD_LOG, rel=0.01)


def test_borrowed_variability_is_that_of_otto_fanta() -> None:
    model = load_model("domino")
    drawn = draw_parameters(model, MANY, PEOPLE, np.random.default_rng(5))
    assert model.borrowed
    assert np.log(drawn["k10"] * drawn["V1"]).var() == pytest.approx(0.026048, rel=0.02)
    assert np.log(drawn["V1"]).var() == pytest.approx(0.084177, rel=0.02)


def test_the_typical_person_uses_no_chance() -> None:
    first, second = (
        draw_parameters(load_model("simons_2022"), 2, TYPICAL, np.random.default_rng(seed)) for seed in (1, 2)
    )
    np.testing.assert_array_equal(first["CLK1"], second["CLK1"])


def test_the_same_chance_gives_the_same_people() -> None:
    first, second = (draw_parameters(load_model("simons_2022"), 9, EVERYTHING, np.random.default_rng(1)) for _ in "ab")
    np.testing.assert_array_equal(first["VH1"], second["VH1"])
