"""Laws of block: bounded, monotone, indifferent to order; and of the brain delay."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from limen.quantities import InputError
from limen.receptor import ASSAYS, brain_course, draw_brain_half_life, draw_potency, functional_block, occupancy

concentrations = st.floats(0.0, 1e6)
assays = st.sampled_from(ASSAYS)


@given(concentrations, concentrations, assays)
def test_receptor_r4_occupancy_lies_within_0_and_1_and_order_does_not_matter(k: float, nk: float, assay: str) -> None:
    forward = {"ketamine": np.array([k]), "norketamine": np.array([nk])}
    backward = dict(reversed(forward.items()))
    found = occupancy(forward, assay=assay)
    assert 0.0 <= found[0] < 1.0
    assert occupancy(backward, assay=assay)[0] == found[0]


@given(st.floats(0.0, 1e5), st.floats(1e-3, 1e5), assays)
def test_receptor_r4_more_drug_is_never_less_block(k: float, more: float, assay: str) -> None:
    less, much = ({"ketamine": np.array([value]), "norketamine": np.array([10.0])} for value in (k, k + more))
    assert occupancy(much, assay=assay)[0] > occupancy(less, assay=assay)[0]
    assert functional_block(much)[0] > functional_block(less)[0]


@given(st.floats(1.0, 3000.0), st.floats(1.0, 3000.0))
def test_ligands_compete_and_together_hold_less_than_the_sum(k: float, nk: float) -> None:
    together = occupancy({"ketamine": np.array([k]), "norketamine": np.array([nk])})[0]
    assert together < occupancy({"ketamine": np.array([k])})[0] + occupancy({"norketamine": np.array([nk])})[0]


@given(st.floats(0.5, 60.0), st.floats(0.1, 10.0))
def test_brain_delay_is_that_of_an_ode_solver(half_life_min: float, end: float) -> None:
    times = np.array([0.0, 1.0, 4.0, 9.0, 30.0])
    values = np.array([0.0, 5.0, 2.0, 8.0, end])
    rate = math.log(2.0) / half_life_min
    state, found = 0.0, [0.0]
    for first in range(4):
        solved = solve_ivp(
            lambda t, c: rate * (np.interp(t, times, values) - c),
            (times[first], times[first + 1]),
            [state],
            rtol=1e-10,
            atol=1e-12,
        )
        state = float(solved.y[0, -1])
        found.append(state)
    np.testing.assert_allclose(brain_course(values, times, half_life_min), found, rtol=1e-7)


@given(st.floats(0.5, 60.0), st.floats(0.1, 29.9))
def test_one_more_point_on_a_straight_line_changes_nothing(half_life_min: float, extra: float) -> None:
    times, values = np.array([0.0, 30.0, 60.0]), np.array([0.0, 90.0, 10.0])
    finer = np.sort(np.append(times, extra))
    found = brain_course(np.interp(finer, times, values), finer, half_life_min)
    np.testing.assert_allclose(found[[0, 2, 3]], brain_course(values, times, half_life_min), rtol=1e-9)


def test_each_row_has_its_own_brain_delay() -> None:
    times, values = np.linspace(0.0, 60.0, 13), np.ones((2, 13))
    both = brain_course(values, times, np.array([2.0, 20.0]))
    np.testing.assert_allclose(both[1], brain_course(values[1], times, 20.0), rtol=1e-12)


def test_drawn_half_lives_have_the_stated_median_and_interval() -> None:
    drawn = draw_brain_half_life(200_000, np.random.default_rng(3))
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx((1.0, 5.0, 13.0), rel=0.03)


def test_drawn_potencies_have_the_published_limits() -> None:
    drawn = draw_potency(200_000, "in_vivo", np.random.default_rng(3))
    low, high = np.quantile(drawn.ic50_um["ketamine"], [0.025, 0.975])
    assert math.log(high / low) == pytest.approx(math.log(2.14 / 0.99), rel=0.02)
    assert (drawn.fu_unbound.min() > 0.29, drawn.fu_unbound.max() < 0.57) == (True, True)


@pytest.mark.parametrize("assay", ["GluN2A", "in vivo", ""])
def test_an_unknown_assay_is_refused_naming_the_three(assay: str) -> None:
    with pytest.raises(InputError, match="in_vivo, ebert, salat"):
        occupancy({"ketamine": np.array([1.0])}, assay=assay)
