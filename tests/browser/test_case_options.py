"""The options of a case in a real Chromium: fifty dots each, by horizon, and weights that move."""

from __future__ import annotations

import numpy as np
import pytest
from browser.story_mock import case

from limen.report import write_case_report

pytestmark = pytest.mark.browser

HORIZONS_H = [24, 168]


def option(name, mean, *, dose=None, mg_per_kg=0.0):
    """One option whose benefit is spread about a mean at both horizons."""
    fifty = [[mean - k * 2.0 + 4.0 * z for z in np.linspace(-2.0, 2.0, 50)] for k in range(len(HORIZONS_H))]
    return {
        "kind": "dose" if dose else name,
        "name": name,
        "dose": dose,
        "later_h": 0,
        "basis": "data",
        "benefit": [{"mean": mean - 2.0 * k, "p10": mean - 8.0, "p90": mean + 8.0} for k in range(len(HORIZONS_H))],
        "fifty": fifty,
        "response_probability": [0.3, 0.2],
        "dissociation_above_limit_probability": 0.1 if dose else None,
        "pressure_above_limit_probability": None,
        "peak_ng_per_ml": {"p05": 90.0, "p50": 190.0, "p95": 300.0},
        "occupancy_peak": {"p05": 0.1, "p50": 0.2, "p95": 0.3},
        "cadss_peak": {"p05": 0.0, "p50": 5.0, "p95": 30.0},
        "cumulative_mg_per_kg_90d": 1.0,
        "doubt": [{"person": 0.7, "parameters": 0.1, "models": 0.05, "joints": 0.15}] * 2,
        "reasons": [],
        "extrapolates": [],
        "unknown_because": {},
        "under": {"J7=cut": [mean - 1.0, mean], "J5=cut": [mean - 4.0, mean - 5.0]},
        "counts": {"benefit": mean, "dissociation": 10.0 if dose else 0.0, "pressure": 12.0, "dose": mg_per_kg},
    }


def data():
    """A case with two options whose benefit is known and one whose is not."""
    unknown = option("stop and review", 0.0) | {
        "benefit": [{"mean": None, "p10": None, "p90": None}] * 2,
        "fifty": None,
        "doubt": None,
        "counts": None,
        "response_probability": [None, None],
        "unknown_because": {"benefit": "what another treatment would do is not modelled"},
        "under": {"J7=cut": [None, None]},
    }
    options = {
        "statement": "The data do not separate these: no dose differs from the same visit without drug.",
        "horizons_h": HORIZONS_H,
        "rows": [
            option("same visit without drug", 6.0),
            unknown,
            option("ketamine iv 0.5 mg/kg", 16.0, dose="0.5 mg/kg", mg_per_kg=0.5),
        ],
        "unknown": ["Whether there are urinary symptoms is not known."],
        "not_offered": [{"dose": "ketamine im 35 mg", "unknown_because": "no outcome is on file"}],
        "so_far": "Infusions so far: 2. Urinary symptoms: no.",
        "rhythm": "no data on file tie it to benefit",
        "rhythm_what_if": ["It would have to be worth 5."],
        "next_observation": {
            "says": "Share of the doubt.",
            "observations": [{"what": "MADRS", "when": "before the visit", "share_of_doubt": [0.1, 0.2]}],
        },
        "unknown_because": None,
    }
    seen = {
        "what": "MADRS",
        "unit": "",
        "at_h": 24.0,
        "value": 12,
        "below": False,
        "p10": 8.0,
        "p50": 14.0,
        "p90": 22.0,
    }
    place = {"p10": 40.0, "p50": 70.0, "p90": 110.0, "value": 60.0}
    foreseen = [
        seen | {"inside": True, "place": place},
        seen | {"p10": None, "p50": None, "p90": None, "inside": None, "place": None},
    ]
    return {**case(), "options": options, "foreseen": foreseen}


@pytest.fixture(scope="module")
def case_file(tmp_path_factory):
    return write_case_report(data(), tmp_path_factory.mktemp("case") / "case.html")


@pytest.mark.parametrize("how", [{}, {"width": 390, "height": 844}, {"color_scheme": "dark"}])
def test_every_known_option_shows_fifty_dots_and_fits_the_screen(open_page, case_file, how):
    visited = open_page(case_file, **how)
    page = visited.page
    page.wait_for_selector("html[data-ready]")
    page.wait_for_function("document.querySelectorAll('.fifty').length === 100")
    assert page.locator(".option").count() == 3
    assert "not modelled" in page.locator(".option").nth(1).inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    outside = page.evaluate(
        "[...document.querySelectorAll('.fifty-chart svg')].filter(chart =>"
        " [...chart.querySelectorAll('circle')].some(dot => {"
        "const at = dot.getBoundingClientRect(), box = chart.getBoundingClientRect();"
        "return at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1; })).length"
    )
    assert outside == 0
    assert visited.complaints == []
    assert visited.network_requests == []


def test_another_horizon_shows_its_own_outcomes(open_page, case_file):
    page = open_page(case_file).page
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="Day 7 after the visit").click()
    assert "fall 14 points" in page.locator(".option").nth(2).inner_text()
    assert page.get_by_role("button", name="Day 7 after the visit").get_attribute("aria-pressed") == "true"


def test_a_weight_moves_the_net_of_what_has_the_burden(open_page, case_file):
    page = open_page(case_file).page
    page.wait_for_selector("html[data-ready]")
    nets = page.locator("#weigh-rows .net")
    assert nets.all_inner_texts() == ["6.0", "16.0"]
    page.locator("#weigh-dissociation").fill("0.5")
    assert nets.all_inner_texts() == ["6.0", "11.0"]
    assert page.locator("#weigh-dissociation-value").inner_text() == "0.50 points"


def test_each_observation_stands_beside_what_was_foretold(open_page, case_file):
    page = open_page(case_file).page
    page.wait_for_selector("html[data-ready]")
    rows = page.locator(".foreseen-row")
    assert rows.count() == 2
    assert "14 (8 to 22)" in rows.nth(0).inner_text()
    assert "too few draws left" in rows.nth(1).inner_text()


def test_the_options_say_for_whom_they_are_and_rank_nothing(open_page, case_file):
    page = open_page(case_file).page
    page.wait_for_selector("html[data-ready]")
    text = page.locator("#options").inner_text()
    assert "For clinicians" in text
    assert "none is ranked" in text
    assert "ketamine im 35 mg is not offered" in text
