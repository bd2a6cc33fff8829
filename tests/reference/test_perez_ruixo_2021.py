"""Perez-Ruixo 2021 (10.1007/s40262-020-00953-4): Table 3 run again must give Table 4, within 2 % (printed digits)."""

from __future__ import annotations

import numpy as np
import pytest
from kinetics_runs import area_h, courses

from limen.kinetics import load_model
from limen.kinetics.linear_system import Given

MINUTES = np.arange(0.0, 1440.5, 0.5)
DEVICES = {28: 1, 56: 2, 84: 3}


def nasal(dose_mg: int, **covariates: float) -> dict[str, np.ndarray]:
    given = Given("nasal", float(dose_mg), 0.0, devices=DEVICES[dose_mg])
    return dict(courses("perez_ruixo_2021", MINUTES, given, **covariates))


@pytest.mark.parametrize(("dose_mg", "peak", "area"), [(28, 43.8, 147.3), (56, 72.5, 254.7), (84, 101.0, 362.2)])
def test_k1_to_k3_esketamine_after_a_spray_is_within_two_per_cent_of_table_4(
    dose_mg: int, peak: float, area: float
) -> None:
    found = nasal(dose_mg)["S-ketamine"]
    assert found.max() == pytest.approx(peak, rel=0.02)
    assert area_h(found, MINUTES) == pytest.approx(area, rel=0.02)


@pytest.mark.parametrize(("dose_mg", "peak"), [(28, 59.1), (56, 119.7), (84, 180.0)])
def test_k4_noresketamine_peak_is_within_two_per_cent_of_table_4(dose_mg: int, peak: float) -> None:
    assert nasal(dose_mg)["S-norketamine"].max() == pytest.approx(peak, rel=0.02)


def test_k5_a_japanese_person_reaches_what_table_4_prints() -> None:
    found = nasal(84, ASIAN=1.0, JAPANESE=1.0)["S-ketamine"]
    assert found.max() == pytest.approx(131.3, rel=0.02)
    assert area_h(found, MINUTES) == pytest.approx(475.4, rel=0.02)


def test_k6_a_person_of_70_years_reaches_what_table_4_prints() -> None:
    found = nasal(84, AGE=70.0)["S-ketamine"]
    assert found.max() == pytest.approx(102.7, rel=0.02)
    assert area_h(found, MINUTES) == pytest.approx(391.2, rel=0.02)


def typical() -> dict[str, float]:
    return {name: one.value for name, one in load_model("perez_ruixo_2021").parameters.items()}


@pytest.mark.parametrize(("devices", "printed"), [(2, 0.54), (3, 0.51)])
def test_k7_nasal_bioavailability_is_that_of_the_abstract(devices: int, printed: float) -> None:
    far = np.array([0.0, 60.0 * 24 * 30])
    grid = np.unique(np.concatenate((np.geomspace(0.05, far[1], 6000), [0.0])))
    spray = courses("perez_ruixo_2021", grid, Given("nasal", 28.0 * devices, 0.0, devices=devices))["S-ketamine"]
    drip = courses("perez_ruixo_2021", grid, Given("iv", 28.0 * devices, 0.0, 20.0))["S-ketamine"]
    assert area_h(spray, grid) / area_h(drip, grid) == pytest.approx(printed, abs=0.01)


def test_k8_clearance_and_oral_bioavailability_are_those_of_the_abstract() -> None:
    p = typical()
    extraction = p["Vh"] * (p["kel"] + p["kmet"]) / (p["Qh"] + p["Vh"] * (p["kel"] + p["kmet"]))
    assert p["Qh"] * extraction == pytest.approx(114.0, rel=0.05)
    assert p["Fgut"] * (1.0 - extraction) == pytest.approx(0.186, rel=0.05)


@pytest.mark.parametrize(("dose_mg", "printed", "ratio"), [(28, 274.4, 1.41), (56, 516.3, 1.445), (84, 758.0, 1.458)])
def test_k9_noresketamine_area_misses_table_4_by_the_known_factor(dose_mg: int, printed: float, ratio: float) -> None:
    """Table 3 and Table 4 do not agree; the table is shipped as it is and the gap is held."""
    assert area_h(nasal(dose_mg)["S-norketamine"], MINUTES) / printed == pytest.approx(ratio, abs=0.03)


@pytest.mark.parametrize("dose_mg", [28, 56, 84])
def test_k10_the_peak_comes_20_to_40_min_after_the_spray(dose_mg: int) -> None:
    assert 20.0 <= MINUTES[nasal(dose_mg)["S-ketamine"].argmax()] <= 40.0


def test_devices_given_one_by_one_at_once_are_the_same_as_together() -> None:
    apart = courses("perez_ruixo_2021", MINUTES, *(Given("nasal", 28.0, 0.0, 0.0, 1, before) for before in range(3)))
    np.testing.assert_allclose(apart["S-ketamine"], nasal(84)["S-ketamine"], rtol=1e-12)
