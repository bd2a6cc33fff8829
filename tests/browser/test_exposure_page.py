"""The page of one dose in a real Chromium: it draws, reads one time on every chart, and asks nothing of a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from limen.report.exposure import write_exposure_page
from limen.report.exposure_data import exposure_data

pytestmark = pytest.mark.browser

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "infusion": ("0.5 mg/kg over 40 min", {}),
    "spray": ("84 mg", {"drug": "esketamine", "route": "intranasal"}),
    "swallowed": ("0.5 mg/kg", {"route": "oral"}),
    "injected": ("20 mg", {}),
    "half": ("0.5 mg/kg over 40 min", {"model": "otto_fanta"}),
    "steps": ("10 mg, then 0.1 mg/kg/h for 10 h", {}),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {
        name: write_exposure_page(exposure_data(text, weight_kg=70.0, **asked), folder / f"{name}.html")
        for name, (text, asked) in QUESTIONS.items()
    }


@pytest.mark.parametrize("how", [{}, {"width": 390, "height": 844}, {"color_scheme": "dark"}], ids=str)
@pytest.mark.parametrize("name", QUESTIONS)
def test_it_draws_without_complaint_and_fits_the_screen(
    name: str, how: dict[str, Any], pages: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    visited = open_page(pages[name], **how)
    visited.page.wait_for_selector("html[data-ready]")
    assert visited.page.locator("#parent-chart .band").count() >= 2
    assert visited.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not visited.page.get_by_text("NaN").count()
    assert not visited.page.get_by_text("undefined").count()
    assert not visited.complaints
    assert not visited.network_requests


def test_every_model_has_a_thin_line_and_a_key_that_names_weight_site_and_link(
    pages: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    page = open_page(pages["infusion"]).page
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#parent-chart .line.member").count() == 4
    key = page.locator("#parent-key").inner_text()
    assert "kamp_meta_2020: weight 30 %, sampled in an artery, through the arterial-venous link" in key
    assert "domino: weight 10 %, sampling site unknown" in key
    assert page.locator("#parent-chart .point").count() == 2


def test_one_reading_line_runs_through_every_chart(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["infusion"]).page
    page.wait_for_selector("html[data-ready]")
    page.locator("#parent-chart").focus()
    page.keyboard.press("End")
    for name in ("dose", "parent", "metabolite", "occupancy"):
        assert "t 4 h:" in page.locator(f"#{name}-reading").inner_text()
        assert page.locator(f"#{name}-chart .cursor[visibility=visible]").count() == 1
        assert page.locator(f"#{name}-chart").get_attribute("aria-valuenow") == "240"


def test_titles_are_findings_of_this_dose(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["infusion"]).page
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#dose-title").inner_text() == "Ketamine into a vein: 35 mg over 40 min"
    assert page.locator("#parent-title").inner_text().startswith("Ketamine peaks when the pump stops, near 190 ng/mL")
    assert "passes ketamine" in page.locator("#metabolite-title").inner_text()
    assert "laboratory methods disagree" in page.locator("#occupancy-title").inner_text()
    assert "the highest model stands" in page.locator("#spread-title").inner_text()


def test_one_model_alone_is_not_called_agreement(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["spray"]).page
    page.wait_for_selector("html[data-ready]")
    assert "one model alone answers" in page.locator("#spread-title").inner_text()
    assert "84 mg from 3 devices" in page.locator("#dose-title").inner_text()
    assert page.locator("#parent-chart .line.member").count() == 0


def test_what_stands_above_the_picture_is_said(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["injected"]).page
    page.wait_for_selector("html[data-ready]")
    assert "Above this picture: the band reaches" in page.locator("#parent-panel").inner_text()
