"""The page of one dose: what is computed for it, what stands in it, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from limen.chain.exposure import concentration_answer, occupancy_answer
from limen.quantities import InputError
from limen.regimen import Patient, read_visit
from limen.report.exposure import amount, clock, page_name, title, write_exposure_page
from limen.report.exposure_data import drawn_minutes, exposure_data

NETWORK_CALLS = ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "sendBeacon", "@import", "<iframe", "<img")
LARGEST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def infusion() -> dict[str, Any]:
    return exposure_data("0.5 mg/kg over 40 min", weight_kg=70.0)


def minutes_of(text: str, route: str = "iv") -> list[float]:
    return drawn_minutes(read_visit(text, drug="ketamine", route=route, patient=Patient(weight_kg=70.0))).tolist()


@pytest.mark.parametrize(
    ("text", "last_min"),
    [("20 mg", 240.0), ("0.5 mg/kg over 40 min", 240.0), ("1 mg/kg over 2 h", 360.0), ("0.1 mg/kg/h for 60 h", 1440.0)],
)
def test_the_picture_ends_after_four_hours_or_three_times_the_dose_and_at_most_a_day(
    text: str, last_min: float
) -> None:
    assert minutes_of(text)[-1] == last_min


def test_curves_are_drawn_at_every_break_of_the_dose_and_in_rising_order() -> None:
    minutes = minutes_of("10 mg, then 0.3 mg/kg/h for 33.7 min, then 5 mg")
    assert {0.0, 0.5, 33.7, 34.7} <= set(minutes)
    assert np.all(np.diff(minutes) > 0.0)


def test_the_curves_are_those_of_the_commands(infusion: dict[str, Any]) -> None:
    asked = {"weight_kg": 70.0, "at_min": infusion["time_min"]}
    levels = concentration_answer("0.5 mg/kg over 40 min", **asked)["analytes"]
    for part, name in (("parent", "ketamine"), ("metabolite", "norketamine")):
        assert all(infusion[part][curve] == levels[name][curve] for curve in ("typical", "p05", "p25", "p75", "p95"))
        assert {one["id"]: one["typical"] for one in infusion[part]["members"]} == {
            name: one["typical"] for name, one in levels[name]["models"].items()
        }
    for assay, curves in infusion["occupancy"].items():
        found = occupancy_answer("0.5 mg/kg over 40 min", assay=assay, **asked)["occupancy"]
        assert curves["typical"] == found["typical"]


def test_the_peak_is_the_highest_point_and_the_area_is_that_under_the_typical_curve(infusion: dict[str, Any]) -> None:
    parent = infusion["parent"]
    assert parent["peak_ng_per_ml"] == max(parent["typical"])
    assert parent["peak_min"] == 40.0
    area = np.trapezoid(parent["typical"], np.array(infusion["time_min"]) / 60.0)
    assert parent["area_ng_h_per_ml"] == pytest.approx(area)
    assert parent["at_peak"]["p05"] < parent["peak_ng_per_ml"] < parent["at_peak"]["p95"]


def test_published_levels_stand_only_beside_the_dose_at_which_they_were_measured(infusion: dict[str, Any]) -> None:
    assert [point["value"] for point in infusion["published"]] == [185.0, None]
    others: list[tuple[str, dict[str, Any]]] = [
        ("0.6 mg/kg over 40 min", {}),
        ("0.5 mg/kg over 60 min", {}),
        ("0.5 mg/kg", {}),
        ("0.5 mg/kg over 40 min", {"sampled": "arterial"}),
        ("0.5 mg/kg over 40 min", {"drug": "esketamine"}),
        ("0.5 mg/kg over 40 min", {"model": "otto_fanta"}),
    ]
    for text, asked in others:
        assert not exposure_data(text, weight_kg=70.0, **asked)["published"], (text, asked)
    assert len(exposure_data("40 mg over 40 min", weight_kg=80.0)["published"]) == 2


def test_what_no_model_gives_is_said_with_its_reason(tmp_path: Path) -> None:
    data = exposure_data("0.5 mg/kg", weight_kg=70.0, route="oral")
    assert data["metabolite"]["typical"] is None
    text = write_exposure_page(data, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Not known: no model of this answer gives norketamine after this drug by this route." in text
    assert "it is a prior" in text


def test_the_s_half_of_a_racemate_is_named_and_gives_no_block(tmp_path: Path) -> None:
    data = exposure_data("0.5 mg/kg over 40 min", weight_kg=70.0, model="otto_fanta")
    assert (data["parent"]["name"], data["occupancy"]) == ("S-ketamine", None)
    assert title(data).endswith("ng/mL of S-ketamine alone at the peak")
    text = write_exposure_page(data, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "from which no block follows" in text


def test_a_dose_that_outlasts_the_picture_is_said_so() -> None:
    warnings = exposure_data("0.1 mg/kg/h for 60 h", weight_kg=70.0)["warnings"]
    assert any("lasts 60 h, and this page shows the first 24 h" in sentence for sentence in warnings)


def test_the_page_names_every_model_with_weight_site_and_link_and_shows_disclaimer_and_warnings(
    infusion: dict[str, Any], tmp_path: Path
) -> None:
    text = write_exposure_page(infusion, tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(f'"id":"{one["id"]}"' in text for one in infusion["parent"]["members"])
    assert "artery, through the arterial-venous link" in text
    assert infusion["disclaimer"] in text
    assert all(sentence in text for sentence in infusion["warnings"])
    assert not [call for call in NETWORK_CALLS if call in text]
    assert len(text.encode()) < LARGEST_BYTES


def test_the_headline_says_the_peak_and_the_span_of_the_assays(infusion: dict[str, Any]) -> None:
    peaks = [100.0 * max(curves["typical"]) for curves in infusion["occupancy"].values()]
    assert f"near {amount(infusion['parent']['peak_ng_per_ml'])} ng/mL at the peak" in title(infusion)
    assert f"{min(peaks):.0f} to {max(peaks):.0f} % of NMDA receptors blocked" in title(infusion)


def test_the_same_question_gives_the_same_bytes(infusion: dict[str, Any], tmp_path: Path) -> None:
    again = exposure_data("0.5 mg/kg over 40 min", weight_kg=70.0)
    first, second = (
        write_exposure_page(data, tmp_path / name).read_bytes()
        for data, name in ((infusion, "a.html"), (again, "b.html"))
    )
    assert first == second


def test_different_questions_have_different_files() -> None:
    dose = {"drug": "ketamine", "route": "iv", "text": "0.5 mg/kg over 40 min", "weight_kg": 70.0}
    data = {"dose": dose, "sampled": "venous", "model": "ensemble"}
    assert page_name(data) == "ketamine-iv-0.5-mg-kg-over-40-min-70-kg-venous.html"
    others = [{**data, "sampled": "arterial"}, {**data, "model": "domino"}, {**data, "dose": {**dose, "weight_kg": 80}}]
    assert len({page_name(one) for one in [data, *others]}) == 4


def test_data_without_a_part_or_with_a_short_curve_are_refused(infusion: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lack dose"):
        write_exposure_page({key: part for key, part in infusion.items() if key != "dose"}, tmp_path / "p.html")
    short = {**infusion, "parent": {**infusion["parent"], "p95": [1.0]}}
    with pytest.raises(InputError, match=r"parent\.p95 has 1 values"):
        write_exposure_page(short, tmp_path / "p.html")
    assert not list(tmp_path.iterdir())


def test_another_file_is_not_replaced(infusion: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists and is not"):
        write_exposure_page(infusion, path)
    assert path.read_text() == "mine"


def test_times_and_amounts_are_written_as_a_reader_says_them() -> None:
    assert [clock(time_min) for time_min in (0.0, 0.5, 40.0, 60.0, 91.0)] == [
        "0 min",
        "0.5 min",
        "40 min",
        "1 h",
        "1 h 31 min",
    ]
    assert [amount(value) for value in (188.7, 71.2, 6.34, 0.123)] == ["190", "71", "6.3", "0.12"]
    assert [amount(value) for value in (112.5, 102.5, 12.5)] == ["115", "105", "13"], "halves go up, as in the charts"
    assert clock(90.5) == "1 h 31 min"
