"""Simons 2022 (10.3389/fpain.2022.946486): film and infusion, arterial."""

from __future__ import annotations

import numpy as np
import pytest
from kinetics_runs import area_h, courses

from limen.kinetics.linear_system import Given

MINUTES = np.arange(0.0, 360.5, 0.5)
DAY = np.arange(0.0, 1440.5, 0.5)
ANALYTES = ("S-ketamine", "S-norketamine", "S-hydroxynorketamine")


@pytest.mark.parametrize("printed", [273.0, 260.0])
def test_k11_peak_after_20_mg_over_20_min_is_within_15_per_cent_of_both_printed_means(printed: float) -> None:
    peak = courses("simons_2022", MINUTES, Given("iv", 20.0, 0.0, 20.0))["S-ketamine"].max()
    assert peak == pytest.approx(printed, rel=0.15)


@pytest.mark.parametrize(
    ("dose_mg", "printed"), [(50.0, (8363.0, 38497.0, 24087.0)), (100.0, (13347.0, 67959.0, 44972.0))]
)
def test_k12_and_k13_areas_after_a_film_are_within_20_per_cent_of_table_2(
    dose_mg: float, printed: tuple[float, ...]
) -> None:
    """20 %: the observed film exposure is less than proportional to dose and the model is linear."""
    found = courses("simons_2022", MINUTES, Given("oral_film", dose_mg, 0.0))
    areas = [60.0 * area_h(found[name], MINUTES) for name in ANALYTES]
    assert areas == pytest.approx(printed, rel=0.20)


def test_k14_times_of_the_metabolite_peaks_after_a_film_are_those_computed_from_table_4() -> None:
    found = courses("simons_2022", MINUTES, Given("oral_film", 50.0, 0.0))
    assert MINUTES[found["S-norketamine"].argmax()] == pytest.approx(61.5, rel=0.05)
    assert MINUTES[found["S-hydroxynorketamine"].argmax()] == pytest.approx(76.0, rel=0.05)


def test_k17_an_artery_peaks_2_39_times_higher_than_a_vein_with_nearly_the_same_area() -> None:
    drip = Given("iv", 20.0, 0.0, 20.0)
    artery = courses("simons_2022", DAY, drip, WT=73.0)["S-ketamine"]
    vein = courses("otto_fanta", DAY, drip, WT=73.0)["S-ketamine"]
    assert artery.max() / vein.max() == pytest.approx(2.39, rel=0.03)
    assert area_h(artery, DAY) / area_h(vein, DAY) == pytest.approx(1.10, rel=0.03)
