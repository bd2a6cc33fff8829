"""How small a rhythm would have been found: the recording's own noise decides, and nothing is tried over a rhythm."""

from functools import cache

import numpy as np
import pytest

from limen.rhythm.clock import clock
from limen.rhythm.detectability import Detectability, detectability, own_noise
from limen.rhythm.hindsight import examine
from limen.rhythm.reading import Thinned
from limen.rhythm.visibility import band_uv

TICKS = clock(50.0)
THRESHOLD = 0.5


@cache
def tried(*, heavy):
    """Three channels of 100 s, with bursts of noise twice as large for a third of the time if `heavy`."""
    rng = np.random.default_rng(4)
    values = np.cumsum(rng.standard_normal((3, 5000)), axis=1)
    values -= np.array([np.convolve(row, np.ones(200) / 200, "same") for row in values])
    if heavy:
        loud = np.repeat(rng.uniform(size=(3, 125)) < 1 / 3, 40, axis=1)
        values *= np.where(loud, 2.0, 1.0)
    thin = Thinned(values, np.zeros(values.shape, dtype=bool), TICKS)
    return thin, examine(values, thin.bad, TICKS)


def found(*, heavy, threshold=THRESHOLD):
    thin, examined = tried(heavy=heavy)
    return detectability(thin, examined, threshold, None, np.random.default_rng(1))


def test_larger_bursts_are_found_more_often_and_half_of_them_at_the_size_that_is_told():
    sizes = found(heavy=False)
    assert sizes.found[0] < 0.3
    assert sizes.found[-1] > 0.95
    assert sizes.found_at(sizes.half_db) == pytest.approx(0.5, abs=0.02)
    assert sizes.found_at(-40.0) == 0.0


def test_noise_that_comes_in_bursts_of_its_own_hides_more():
    assert found(heavy=True).half_db > found(heavy=False).half_db + 0.5


def test_where_no_size_is_found_half_of_the_time_none_is_told():
    assert Detectability(np.array([-9.0, 8.0]), np.array([0.0, 0.2])).half_db is None
    assert found(heavy=False, threshold=np.inf).half_db is None


def test_no_burst_is_put_where_something_is_called_or_nothing_is_known():
    thin, _ = tried(heavy=False)
    values, bad, time_s = thin.values.copy(), thin.bad.copy(), np.arange(5000) / 50
    values[0] += 30 * band_uv(np.zeros(3), 50.0) * ((time_s > 30) & (time_s < 45)) * np.cos(2 * np.pi * 2.2 * time_s)
    bad[1, 2500:3500] = True
    noise = own_noise(Thinned(values, bad, TICKS), examine(values, bad, TICKS), THRESHOLD, np.random.default_rng(1))
    begins_s = noise.begins / TICKS.inside_hz
    has_rhythm, has_gap = ((noise.thin.values == row).all(axis=1) for row in (values[0], values[1]))
    assert has_rhythm.any()
    assert has_gap.any()
    over_rhythm = (begins_s > 30) & (begins_s < 39)
    over_gap = (begins_s > 50) & (begins_s < 64)
    assert not (noise.free & over_rhythm & has_rhythm[:, None]).any()
    assert not (noise.free & over_gap & has_gap[:, None]).any()
    assert (noise.free & ~over_rhythm & ~over_gap).any()
