"""The page of an evaluation in a real Chromium: it draws, changes with the model, and asks nothing of a network."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from limen.chain.evaluation import evaluation_answer
from limen.report.evaluation import write_evaluation_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    examples = Path(__file__).resolve().parents[2] / "examples"
    return evaluation_answer(examples / "concentrations.csv", replicates=100)


@pytest.fixture(scope="module")
def evaluation_page(answer: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_evaluation_report(answer, tmp_path_factory.mktemp("page") / "evaluation.html")


@pytest.mark.parametrize("how", [{}, {"width": 390, "height": 844}, {"color_scheme": "dark"}])
def test_it_draws_every_chart_without_complaint_and_fits_the_screen(
    how: dict[str, Any], evaluation_page: Path, open_page: Callable[..., Any]
) -> None:
    visited = open_page(evaluation_page, **how)
    visited.page.wait_for_selector("html[data-ready]")
    for name in ("vpc", "pcvpc", "npde"):
        assert visited.page.locator(f"#{name}-chart .line").count() >= 3
    assert visited.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not visited.complaints
    assert not visited.network_requests


def test_choosing_a_model_changes_titles_and_says_what_it_is(
    evaluation_page: Path, open_page: Callable[..., Any]
) -> None:
    page = open_page(evaluation_page).page
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="hijazi_2003").click()
    assert page.locator("#vpc-title").inner_text().startswith("hijazi_2003")
    assert "borrowed" in page.locator("#about").inner_text()
    page.locator("#vpc-chart").focus()
    page.keyboard.press("ArrowRight")
    assert "ng/mL" in page.locator("#vpc-reading").inner_text()


def test_a_bin_without_an_expected_range_is_read_as_not_known(
    answer: dict[str, Any], tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    unknown = deepcopy(answer)
    for model in unknown["strata"][0]["models"].values():
        model["pcvpc"]["bins"][0]["p50"] |= {"low": None, "middle": None, "high": None}
    visited = open_page(write_evaluation_report(unknown, tmp_path / "evaluation.html"))
    visited.page.wait_for_selector("html[data-ready]")
    assert "expected not known" in visited.page.locator("#pcvpc-reading").inner_text()
    assert not visited.complaints
