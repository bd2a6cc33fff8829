"""Perez-Ruixo 2021 (10.1007/s40262-020-00953-4): Table 3 run again must give Table 4, within 2 % (printed digits)."""

from __future__ import annotations

import numpy as np
import pytest
from kinetics_runs import ADULT, area_h, courses

from limen.kinetics import load_model
from limen.kinetics.linear_system import Given, body

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


# Table 4, as a public model library quotes it (second-hand): age, Asian, Japanese, dose in mg; then the esketamine peak
# (ng/mL) and area to 24 h (ng h/mL), and those of noresketamine.
TABLE_4 = (
    (45, 0, 0, 28, 43.8, 147.3, 59.1, 274.4), (45, 0, 0, 56, 72.5, 254.7, 119.7, 516.3),
    (45, 0, 0, 84, 101.0, 362.2, 180.0, 758.0), (45, 1, 0, 28, 44.1, 158.2, 73.4, 371.8),
    (45, 1, 0, 56, 73.2, 275.9, 148.5, 704.8), (45, 1, 0, 84, 102.4, 393.5, 223.5, 1037.0),
    (45, 1, 1, 28, 57.5, 194.7, 72.1, 406.4), (45, 1, 1, 56, 94.5, 335.1, 146.3, 760.8),
    (45, 1, 1, 84, 131.3, 475.4, 220.4, 1114.0), (70, 0, 0, 28, 44.6, 160.4, 57.3, 277.9),
    (70, 0, 0, 56, 73.8, 275.8, 117.2, 522.0), (70, 0, 0, 84, 102.7, 391.2, 177.0, 765.9),
    (70, 1, 0, 28, 44.9, 171.0, 71.4, 373.9), (70, 1, 0, 56, 74.4, 296.3, 145.9, 708.0),
    (70, 1, 0, 84, 103.8, 421.5, 220.4, 1042.0), (70, 1, 1, 28, 58.8, 212.2, 69.0, 409.2),
    (70, 1, 1, 56, 96.5, 363.1, 141.7, 765.3), (70, 1, 1, 84, 133.8, 513.9, 214.4, 1121.0),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE_4, ids=lambda row: f"{row[0]}y-asian{row[1]}-japanese{row[2]}-{row[3]}mg")
def test_k6b_every_stratum_of_table_4_is_met_within_two_per_cent(row: tuple[float, ...]) -> None:
    age, asian, japanese, dose_mg, *printed = row
    found = nasal(int(dose_mg), AGE=age, ASIAN=asian, JAPANESE=japanese)
    drug, metabolite = found["S-ketamine"], found["S-norketamine"]
    assert [drug.max(), area_h(drug, MINUTES), metabolite.max()] == pytest.approx(printed[:3], rel=0.02)
    # The known mismatch (K9), in every stratum: Table 3 gives 1.375 to 1.556 times the printed noresketamine area.
    assert 1.375 - 0.03 <= area_h(metabolite, MINUTES) / printed[3] <= 1.556 + 0.03


def test_the_literal_depots_balance_where_the_printed_equations_do_not() -> None:
    """What leaves both depots is the formula of the paper: F = FRn + (1 - FRn) Fgut (1 - E), checked by area."""
    p = typical()
    extraction = p["Vh"] * (p["kel"] + p["kmet"]) / (p["Qh"] + p["Vh"] * (p["kel"] + p["kmet"]))
    formula = p["FRn"] + (1.0 - p["FRn"]) * p["Fgut"] * (1.0 - extraction)
    grid = np.unique(np.concatenate((np.geomspace(0.05, 60.0 * 24 * 30, 6000), [0.0])))
    spray = courses("perez_ruixo_2021", grid, Given("nasal", 28.0, 0.0))["S-ketamine"]
    drip = courses("perez_ruixo_2021", grid, Given("iv", 28.0, 0.0, 20.0))["S-ketamine"]
    assert area_h(spray, grid) / area_h(drip, grid) == pytest.approx(formula, abs=1e-3)


def test_a_share_pushed_above_one_is_held_at_one_so_that_nothing_negative_is_swallowed() -> None:
    model = load_model("perez_ruixo_2021")
    high = {name: np.array([one.value]) for name, one in model.parameters.items()} | {"FRn": np.array([0.9])}
    living = body(model, model.copies[0], high, {**ADULT, "ASIAN": 1.0, "JAPANESE": 1.0})
    shares = {one.into: float(living.array(one.fraction)[0]) for one in model.inputs if one.route == "nasal"}
    assert sorted(shares.values()) == [0.0, 1.0]


@pytest.mark.parametrize("dose_mg", [28, 56, 84])
def test_k10_the_peak_comes_20_to_40_min_after_the_spray(dose_mg: int) -> None:
    assert 20.0 <= MINUTES[nasal(dose_mg)["S-ketamine"].argmax()] <= 40.0


def test_devices_given_one_by_one_at_once_are_the_same_as_together() -> None:
    apart = courses("perez_ruixo_2021", MINUTES, *(Given("nasal", 28.0, 0.0, 0.0, 1, before) for before in range(3)))
    np.testing.assert_allclose(apart["S-ketamine"], nasal(84)["S-ketamine"], rtol=1e-12)
