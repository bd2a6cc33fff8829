"""Receptor: the occupancy table of three assays, and identities that hold exactly (receptor facts R1 to R11)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from limen.evidence import finding
from limen.quantities import Floats
from limen.receptor import (
    ASSAYS,
    functional_block,
    half_block_um,
    hcn1_block,
    occupancy,
    open_share,
    trapped_share,
)

MIX = {"ketamine": np.array([[185.0]]), "norketamine": np.array([[20.0]])}
PEAK = {"ketamine": np.array([[253.0]]), "norketamine": np.array([[30.0]])}


@pytest.mark.parametrize("assay", ASSAYS)
@pytest.mark.parametrize("ligand", ["ketamine", "norketamine"])
def test_receptor_r1_half_of_the_channels_are_held_at_the_ic50(assay: str, ligand: str) -> None:
    molar_mass = finding(f"{ligand}_molar_mass").number()
    total = np.array([half_block_um(assay)[ligand] * molar_mass / 0.53])
    assert occupancy({ligand: total}, assay=assay, fu_unbound=0.53)[0] == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("assay", "printed"),
    [
        ("in_vivo", (13.9, 22.8, 24.1, 18.1, 28.8, 30.3)),
        ("ebert", (31.8, 46.0, 47.8, 38.9, 53.8, 55.6)),
        ("salat", (65.8, 77.9, 79.1, 72.5, 82.8, 83.8)),
    ],
)
def test_receptor_r2_and_r3_occupancy_is_that_of_the_table(assay: str, printed: tuple[float, ...]) -> None:
    found = [
        100.0 * occupancy(mix, assay=assay, fu_unbound=fu)[0, 0] for mix in (MIX, PEAK) for fu in (0.29, 0.53, 0.57)
    ]
    assert found == pytest.approx(printed, abs=0.1)


def test_the_default_unbound_fraction_is_0_53() -> None:
    assert occupancy(MIX)[0, 0] == occupancy(MIX, fu_unbound=0.53)[0, 0]


@pytest.mark.parametrize(("voltage_mv", "printed"), [(-65.0, 0.0597), (-20.0, 0.5081), (0.0, 0.7812)])
def test_receptor_r5_magnesium_leaves_the_computed_share_free(voltage_mv: float, printed: float) -> None:
    assert open_share(voltage_mv, 1.0) == pytest.approx(printed, abs=1e-4)


def test_receptor_r6_magnesium_raises_the_ic50_of_the_current_by_1_over_b() -> None:
    """At the concentration where half of the current is lost, over that without magnesium."""
    assert 1.0 / open_share(-66.0, 1.0) == pytest.approx(17.77, abs=0.01)
    half_um = half_block_um("ebert")["ketamine"] / open_share(-66.0, 1.0)
    total = np.array([half_um * finding("ketamine_molar_mass").number() / 0.53])
    assert functional_block({"ketamine": total}, fu_unbound=0.53)[0] == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("mix", "fu", "printed"), [(MIX, 0.29, 2.6), (MIX, 0.53, 4.6), (MIX, 0.57, 4.9), (PEAK, 0.53, 6.2)]
)
def test_functional_block_is_that_of_the_table(mix: dict[str, Floats], fu: float, printed: float) -> None:
    assert 100.0 * functional_block(mix, fu_unbound=fu)[0, 0] == pytest.approx(printed, abs=0.05)


@pytest.mark.parametrize("open_probability", [1e-3, 0.05, 1.0])
def test_receptor_r7_trapping_settles_at_occupancy_whatever_the_open_probability(open_probability: float) -> None:
    settled = trapped_share(0.5, np.array([1e9]), open_probability=open_probability, on_per_um_s=0.012, off_per_s=0.05)
    assert settled[0] == pytest.approx(0.5 / (0.5 + 0.05 / 0.012), abs=1e-8)


def test_receptor_r8_trapping_takes_the_time_of_its_formula() -> None:
    """Against an integration of the scheme; 1 % of the formula."""
    expected_s = 1.0 / (0.05 * (0.012 * 0.5 + 0.05))
    solved = solve_ivp(
        lambda _, b: 0.05 * (0.012 * 0.5 * (1.0 - b) - 0.05 * b), (0.0, expected_s), [0.0], rtol=1e-10, atol=1e-14
    )
    found = trapped_share(0.5, np.array([expected_s]), open_probability=0.05, on_per_um_s=0.012, off_per_s=0.05)
    assert found[0] == pytest.approx(solved.y[0, -1], rel=1e-7)
    assert found[0] / (0.006 / 0.056) == pytest.approx(1.0 - np.exp(-1.0), rel=0.01)


@pytest.mark.parametrize(("parent", "whole_um"), [("ketamine", 1.42), ("norketamine", 9.11)])
def test_receptor_r9_enantiomers_half_and_half_have_the_ic50_of_the_racemate(parent: str, whole_um: float) -> None:
    values = half_block_um("in_vivo")
    halves = 0.5 / values[f"S-{parent}"] + 0.5 / values[f"R-{parent}"]
    assert 1.0 / halves == pytest.approx(whole_um, abs=1e-9)


def test_enantiomer_constants_are_those_computed_before() -> None:
    values = half_block_um("in_vivo")
    found = [values[name] for name in ("S-ketamine", "R-ketamine", "S-norketamine", "R-norketamine")]
    assert found == pytest.approx((0.862, 4.023, 5.15, 39.4), rel=1e-3)


def test_resolved_and_unresolved_racemate_agree_as_computed_before() -> None:
    forms = {
        name: np.array([value])
        for name, value in {
            "S-ketamine": 144.4,
            "R-ketamine": 153.9,
            "S-norketamine": 34.4,
            "R-norketamine": 31.1,
        }.items()
    }
    sums = {parent: forms[f"S-{parent}"] + forms[f"R-{parent}"] for parent in ("ketamine", "norketamine")}
    assert 100.0 * occupancy(forms)[0] == pytest.approx(32.3, abs=0.1)
    assert 100.0 * occupancy(sums)[0] == pytest.approx(32.7, abs=0.1)


def test_receptor_r10_hydroxynorketamine_is_about_a_hundred_times_weaker() -> None:
    ratio = finding("hnk_ic50_nmda").number() / half_block_um("ebert")["ketamine"]
    assert 50.0 <= ratio <= 200.0


def test_hcn1_is_half_blocked_at_67_um_unbound() -> None:
    total = np.array([67.0 * finding("ketamine_molar_mass").number() / 0.53])
    assert hcn1_block({"ketamine": total}, fu_unbound=0.53)[0] == pytest.approx(0.5, abs=1e-12)
