"""The page of a virtual trial in a real Chromium: it draws, fits the screen and asks nothing of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from limen.report.trial import write_trial_report
from limen.trials import read_spec, run_trial
from limen.trials.report_data import trial_report_data

pytestmark = pytest.mark.browser
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "trials"


def written(name: str, folder: Path) -> Path:
    spec = replace(read_spec(EXAMPLES / f"{name}.toml"), draws=8)
    return write_trial_report(trial_report_data(spec, run_trial(spec)), folder / f"{name}.html")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    names = ("size_for_power", "tell_expectancy")
    folder = tmp_path_factory.mktemp("pages")
    return {name: written(name, folder) for name in names}


@pytest.mark.parametrize("how", [{}, {"width": 390, "height": 844}, {"color_scheme": "dark"}])
@pytest.mark.parametrize(
    ("name", "charts"),
    [
        ("size_for_power", ("change", "response", "size")),
        ("tell_expectancy", ("change", "question")),
    ],
)
def test_it_draws_every_chart_without_complaint_and_fits_the_screen(
    how: dict[str, Any], name: str, charts: tuple[str, ...], pages: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    visited = open_page(pages[name], **how)
    visited.page.wait_for_selector("html[data-ready]")
    for chart in charts:
        assert visited.page.locator(f"#{chart}-chart .line").count() >= 1
    assert visited.page.locator("#joint-rows circle").count() >= 10
    assert visited.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not visited.complaints
    assert not visited.network_requests


def test_the_reading_line_is_moved_by_the_keyboard(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["size_for_power"]).page
    page.wait_for_selector("html[data-ready]")
    page.locator("#size-chart").focus()
    page.keyboard.press("Home")
    assert page.locator("#size-reading").inner_text().startswith("4 people in an arm")
    page.locator("#change-chart").focus()
    page.keyboard.press("Home")
    assert "The start: ketamine" in page.locator("#change-reading").inner_text()
