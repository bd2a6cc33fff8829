"""Visual predictive checks: bins, correction by the prediction, and what lies below the limit."""

from __future__ import annotations

import numpy as np
import pytest

from limen.chain.evaluation.predictive_check import MOST_BINS, Checked, bins_of, corrected_check, visual_check
from limen.quantities import Floats

PARTS = ("p05", "p50", "p95")


def checked(observed: Floats, simulated: Floats, typical: Floats, limit: float = 0.0) -> Checked:
    size = len(observed)
    below = observed < limit
    return Checked(np.full(size, 40.0), observed * ~below, below, np.full(size, limit), typical, simulated)


def test_few_times_are_bins_and_many_are_gathered_without_cutting_a_time() -> None:
    assert bins_of(np.array([5.0, 1.0, 5.0, 1.0, 1.0, 5.0])).tolist() == [1, 0, 1, 0, 0, 1]
    times = np.repeat(np.arange(200.0), 2)
    bins = bins_of(times)
    assert bins.max() == MOST_BINS - 1
    assert all(len(set(bins[times == one])) == 1 for one in np.unique(times))
    assert np.ptp(np.bincount(bins)) <= 4


def test_people_of_unlike_dose_fall_together_after_correction() -> None:
    typical = np.array([20.0, 50.0, 100.0, 200.0, 400.0])
    found = corrected_check(checked(typical, np.tile(typical, (100, 1)), typical))["bins"][0]
    for part in PARTS:
        assert set(found[part].values()) == {100.0}
    plain = visual_check(checked(typical, np.tile(typical, (100, 1)), typical))["bins"][0]
    assert plain["p95"]["observed"] > 3.0 * plain["p50"]["observed"]


def test_a_person_twice_as_high_as_predicted_stays_twice_as_high_after_correction() -> None:
    typical = np.array([10.0, 100.0, 1000.0])
    found = corrected_check(checked(2.0 * typical, np.tile(typical, (100, 1)), typical))["bins"][0]
    assert [found[part]["observed"] for part in PARTS] == pytest.approx([200.0] * 3)
    assert found["p50"]["high"] == pytest.approx(100.0)


def test_a_percentile_below_the_limit_is_null_and_bands_end_at_the_limit() -> None:
    observed = np.array([1.0, 1.0, 1.0, 30.0, 40.0])
    simulated = np.random.default_rng(1).uniform(1.0, 50.0, (200, 5))
    found = visual_check(checked(observed, simulated, np.full(5, 20.0), limit=10.0))["bins"][0]
    assert found["p05"]["observed"] is None
    assert found["p50"]["observed"] is None
    assert found["p95"]["observed"] > 30.0
    assert min(found[part]["low"] for part in PARTS) == 10.0
    assert found["below"]["observed"] == pytest.approx(0.6)
    assert found["below"]["middle"] == pytest.approx(0.2)


def test_where_everything_lies_below_the_limit_there_is_nothing_to_correct() -> None:
    observed = np.array([1.0, 2.0, 3.0])
    found = corrected_check(checked(observed, np.ones((100, 3)), np.full(3, 2.0), limit=10.0))
    assert found["bins"] == []
    assert "no sample above the limit" in found["unknown_because"]
