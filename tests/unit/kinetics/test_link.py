"""The arterial-venous link delays, keeps the area, and costs the peaks that its decision record prints."""

from __future__ import annotations

import numpy as np
import pytest
from kinetics_runs import ADULT, area_h

from limen.kinetics import PARAMETERS, TYPICAL, load_model
from limen.kinetics.added_parts import LINK_HALF_LIFE_MIN, with_link
from limen.kinetics.concentrations import run
from limen.kinetics.linear_system import Given
from limen.kinetics.variability import draw_parameters
from limen.quantities import Floats

MINUTES = np.arange(0.0, 2880.25, 0.25)


def s_ketamine(half_life_min: float | None) -> Floats:
    """20 mg over 20 min at 73 kg, as in the comparison of an artery with a vein."""
    model = load_model("simons_2022")
    if half_life_min is not None:
        model = with_link(model)
    parameters = draw_parameters(model, 1, TYPICAL, np.random.default_rng(0))
    if half_life_min is not None:
        parameters["link_half_life_min"] = np.array([half_life_min])
    drip = (Given("iv", 20.0, 0.0, 20.0),)
    found = run(
        model, model.copies[0], parameters, {**ADULT, "WT": 73.0}, drip, time_min=MINUTES, wanted=("S-ketamine",)
    )
    return found["S-ketamine"][0]


@pytest.mark.parametrize("half_life_min", [1.6, 5.0, 15.8])
def test_the_link_keeps_the_area_under_the_curve(half_life_min: float) -> None:
    linked, artery = area_h(s_ketamine(half_life_min), MINUTES), area_h(s_ketamine(None), MINUTES)
    assert linked == pytest.approx(artery, rel=2e-3)


@pytest.mark.parametrize(("half_life_min", "ratio"), [(1.6, 1.04), (5.0, 1.19), (15.8, 2.00), (20.0, 2.32)])
def test_the_peak_falls_by_the_ratio_that_the_decision_record_prints(half_life_min: float, ratio: float) -> None:
    assert s_ketamine(None).max() / s_ketamine(half_life_min).max() == pytest.approx(ratio, abs=0.01)


def test_the_link_is_the_first_order_delay_of_its_equation() -> None:
    artery, linked = s_ketamine(None), s_ketamine(5.0)
    slope = np.gradient(linked, MINUTES)
    expected = np.log(2.0) / 5.0 * (artery - linked)
    away = (MINUTES > 25.0) & (MINUTES < 300.0)
    np.testing.assert_allclose(slope[away], expected[away], rtol=0.01, atol=0.01)


def test_the_prior_of_the_delay_has_its_stated_median_and_interval() -> None:
    model = with_link(load_model("kamp_meta_2020"))
    drawn = draw_parameters(model, 200_000, PARAMETERS, np.random.default_rng(1))["link_half_life_min"]
    expected = (1.6, LINK_HALF_LIFE_MIN, 15.8)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(expected, rel=0.02)
