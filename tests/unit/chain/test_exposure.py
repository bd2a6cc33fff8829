"""The answers of the commands concentration, occupancy and models."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from limen.chain.exposure import (
    ANALYTES,
    FAST_ARTERIAL_NG_PER_ML,
    FAST_IN_A_VEIN,
    FAST_VENOUS_NG_PER_ML,
    concentration_answer,
    occupancy_answer,
)
from limen.chain.exposure_models import models_answer
from limen.chain.exposure_summary import Drawn
from limen.kinetics import MemberDraws
from limen.quantities import InputError
from limen.receptor import Potency

DOSE = "0.5 mg/kg over 40 min"
MINUTES = [0.0, 5.0, 40.0, 230.0]
PARTS = ("typical", "p05", "p25", "p50", "p75", "p95", "between_people_cv", "parameter_cv", "between_models_fold")


def concentration(text: str = DOSE, **other: Any) -> dict[str, Any]:
    return concentration_answer(text, **{"weight_kg": 70.0, "at_min": MINUTES, **other})


def blocks(**other: Any) -> dict[str, Any]:
    return occupancy_answer(DOSE, **{"weight_kg": 70.0, "at_min": MINUTES, **other})


def test_every_key_of_the_contract_is_there_with_the_length_of_the_times() -> None:
    answer = concentration()
    assert set(answer) >= {"time_min", "sampled", "models_at_this_site", "analytes", "warnings"}
    assert set(answer["analytes"]) == set(ANALYTES)
    for analyte in answer["analytes"].values():
        assert analyte["unit"] == "ng/mL"
        assert all(len(analyte[part]) == len(MINUTES) for part in PARTS)
        assert all({"weight", "site", "typical"} <= set(row) for row in analyte["models"].values())


def test_the_answer_is_plain_json_without_nan_and_the_same_each_time() -> None:
    first, second = (json.dumps(concentration(), allow_nan=False) for _ in "ab")
    assert first == second
    assert json.dumps(concentration(seed=2)) != first


def test_percentiles_are_in_order_and_hold_the_typical_person() -> None:
    ketamine = concentration()["analytes"]["ketamine"]
    rows = np.array([ketamine[part] for part in PARTS[1:6]])
    assert np.all(np.diff(rows, axis=0) >= 0.0)
    assert np.all((rows[0] <= ketamine["typical"]) & (ketamine["typical"] <= rows[4]))


def test_typical_is_the_weighted_geometric_mean_of_the_members() -> None:
    ketamine = concentration()["analytes"]["ketamine"]
    logs = sum(row["weight"] * np.log(row["typical"][2]) for row in ketamine["models"].values())
    assert ketamine["typical"][2] == pytest.approx(np.exp(logs), rel=1e-6)
    assert sum(row["weight"] for row in ketamine["models"].values()) == pytest.approx(1.0)


def test_a_relative_spread_at_minute_0_is_null_with_its_reason() -> None:
    ketamine = concentration()["analytes"]["ketamine"]
    assert ketamine["typical"][0] == 0.0
    assert ketamine["between_people_cv"][0] is None
    assert "nothing is there" in ketamine["unknown_because"]


def test_esketamine_has_no_r_form_and_says_why() -> None:
    answer = concentration(drug="esketamine")["analytes"]
    assert answer["R-ketamine"]["typical"] is None
    assert "no R-ketamine" in answer["R-ketamine"]["unknown_because"]
    assert answer["ketamine"]["p50"] == answer["S-ketamine"]["p50"]


def test_an_analyte_that_no_model_gives_is_null_with_its_reason() -> None:
    answer = concentration("30 mg", route="intranasal")
    assert answer["basis"] == "prior only"
    assert answer["analytes"]["norketamine"]["p95"] is None
    assert "norketamine" in answer["analytes"]["norketamine"]["unknown_because"]


def test_models_at_the_site_and_models_through_the_link_are_named_apart() -> None:
    venous, arterial = concentration(), concentration(sampled="arterial")
    assert (venous["models_at_this_site"], venous["models_through_link"]) == (
        ["racemate_composite_venous"],
        ["kamp_meta_2020"],
    )
    assert arterial["models_at_this_site"] == ["racemate_composite", "kamp_meta_2020"]


def test_another_seed_moves_the_percentiles_by_less_than_five_per_cent() -> None:
    """The chance of 2,000 draws: p05 and p95 move by about 2 %."""
    rows = [[concentration(seed=seed)["analytes"]["ketamine"][part][2] for part in PARTS[1:6]] for seed in (1, 2, 3)]
    np.testing.assert_allclose(rows[1:], [rows[0]] * 2, rtol=0.05)


@pytest.mark.parametrize(
    ("at_min", "says"),
    [
        ([], "at least one"),
        ([10.0, 10.0], "must increase"),
        ([-1.0, 5.0], "-1"),
        ([2881.0], "2881"),
        ([float("nan")], "nan"),
    ],
)
def test_minutes_that_cannot_be_are_refused(at_min: list[float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        concentration(at_min=at_min)


@pytest.mark.parametrize("drug", ["midazolam", "placebo"])
def test_other_drugs_are_refused(drug: str) -> None:
    with pytest.raises(InputError, match=drug):
        concentration("2 mg", drug=drug)


def test_a_high_dose_warns() -> None:
    assert any("1 mg/kg per 40 min" in text for text in concentration("1.5 mg/kg over 40 min")["warnings"])


def test_receptor_r11_occupancy_names_assay_functional_assay_fu_site_and_models() -> None:
    answer = blocks(assay="salat")
    named = (answer["assay"], answer["functional_assay"], answer["fu_unbound"], answer["sampled"])
    assert named == ("salat", "ebert", 0.53, "venous")
    assert set(answer["occupancy"]["models"]) >= {"racemate_composite_venous"}


def test_receptor_r11_functional_block_is_the_same_for_all_three_assays() -> None:
    found = [blocks(assay=assay) for assay in ("in_vivo", "ebert", "salat")]
    typical = [answer["functional_block"]["typical"] for answer in found]
    assert typical[0] == typical[1] == typical[2]
    peaks = [answer["occupancy"]["typical"][2] for answer in found]
    assert peaks == sorted(peaks)


def test_block_of_the_venous_construction_is_that_computed_before() -> None:
    answer = blocks()
    typical = answer["occupancy"]["models"]["racemate_composite_venous"]["typical"]
    assert [100.0 * value for value in typical[2:]] == pytest.approx((20.8, 5.5), abs=0.2)
    assert all(0.0 <= value < 1.0 for part in PARTS[1:6] for value in answer["occupancy"][part])


def test_each_row_of_each_member_has_a_potency_of_its_own() -> None:
    ids = np.arange(5.0)
    members = tuple(MemberDraws(name, "venous", 0.5, rows, {}) for name, rows in (("a", 2), ("b", 3)))
    found = Drawn(members, Potency("salat", {}, ids)).values(lambda _, potency: potency.fu_unbound)
    np.testing.assert_array_equal(np.concatenate([values for _, values in found]), ids)


def test_a_typed_unbound_fraction_is_taken_as_certain() -> None:
    free, typed = blocks(assay="ebert"), blocks(assay="ebert", fu_unbound=0.53)
    assert typed["occupancy"]["parameter_cv"][2] < free["occupancy"]["parameter_cv"][2]


def test_block_from_half_of_a_racemate_is_refused() -> None:
    with pytest.raises(InputError, match="S half"):
        blocks(model="otto_fanta")


def test_models_are_listed_with_what_is_borrowed_and_what_is_blocked() -> None:
    answer = models_answer()
    rows = {row["id"]: row for row in answer["models"]}
    assert rows["domino"]["between_people"].startswith("ours: borrowed")
    assert rows["otto_fanta"]["between_people"] == "published"
    assert answer["blocked"] == ["hornik_2018"]


def test_one_model_is_shown_with_its_numbers_and_errata() -> None:
    answer = models_answer("perez_ruixo_2021")
    assert answer["parameters"]["Vc"]["value"] == 192
    assert len(answer["errata"]) == 6
    json.dumps(answer, allow_nan=False)


def test_what_the_warning_of_a_fast_dose_says_of_this_library_is_so():
    for sampled, said in (("venous", FAST_VENOUS_NG_PER_ML), ("arterial", FAST_ARTERIAL_NG_PER_ML)):
        found = concentration_answer("10 mg", weight_kg=70.0, at_min=[2.0], sampled=sampled)
        assert found["analytes"]["ketamine"]["typical"][0] == pytest.approx(said, rel=0.1)
    assert "296 ng/mL" in FAST_IN_A_VEIN
