"""Laws of the rhythm detector: how a recording is cut, scaled or turned over changes nothing."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limen.quantities import Packet
from limen.rhythm import Detector, belief, fast
from limen.rhythm.clock import clock
from limen.rhythm.hindsight import examine
from limen.rhythm.judging import joined
from limen.rhythm.states import states
from limen.rhythm.thinning import Thinning

RATES = (20.0, 125.0, 128.0, 160.0, 250.0, 500.0, 998.4, 1024.0)


def signal(seconds, rate_hz, *, channels=2, seed=0, burst_hz=2.3):
    """Brown noise with one burst in the middle of every channel, microvolts."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    noise = np.cumsum(rng.standard_normal((channels, count)), axis=1)
    noise -= 0.02 * np.cumsum(noise, axis=1) / np.sqrt(rate_hz)
    noise = 10 * noise / noise.std()
    times_s = np.arange(count) / rate_hz
    inside = (times_s > 0.4 * seconds) & (times_s < 0.6 * seconds)
    return (noise + 25 * inside * np.sin(2 * np.pi * burst_hz * times_s)).astype(np.float32)


def in_packets(samples, rate_hz, lengths):
    first = 0
    for number in range(10**6):
        length = lengths[number % len(lengths)]
        if first >= samples.shape[1]:
            return
        yield Packet(samples[:, first : first + length], first, rate_hz)
        first += length


@cache
def whole(rate_hz, lag_s):
    samples = signal(16, rate_hz)
    detector = Detector(rate_hz, 2, lag_s)
    found = [one for packet in in_packets(samples, rate_hz, (samples.shape[1],)) for one in detector.step(packet)]
    return samples, joined(found + detector.finish())


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lengths=st.lists(st.sampled_from([1, 7, 50, 333]), min_size=1, max_size=4), lag_s=st.sampled_from([0.0, 2.0]))
def test_cutting_a_recording_into_packets_changes_nothing(lengths, lag_s):
    samples, (traces, evidence) = whole(125.0, lag_s)
    detector = Detector(125.0, 2, lag_s)
    found = [one for packet in in_packets(samples, 125.0, lengths) for one in detector.step(packet)]
    again, seen = joined(found + detector.finish())
    np.testing.assert_allclose(again.log_odds, traces.log_odds, atol=1e-6)
    np.testing.assert_array_equal(seen.known, evidence.known)


@settings(max_examples=20, deadline=None)
@given(rate_hz=st.sampled_from(RATES), lengths=st.lists(st.integers(1, 4000), min_size=1, max_size=5))
def test_thinning_does_not_depend_on_packets(rate_hz, lengths):
    samples = signal(6, rate_hz)
    samples[1, 50:90] = np.nan
    one, many = Thinning(clock(rate_hz), 2), Thinning(clock(rate_hz), 2)
    whole_values, whole_bad = (
        np.concatenate(part, axis=1) for part in zip(one.push(samples), one.finish(), strict=True)
    )
    pieces = [many.push(packet.samples_uv) for packet in in_packets(samples, rate_hz, lengths)] + [many.finish()]
    values, bad = (np.concatenate(part, axis=1) for part in zip(*pieces, strict=True))
    np.testing.assert_array_equal(values, whole_values)
    np.testing.assert_array_equal(bad, whole_bad)


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e6])
def test_unit_and_polarity_change_nothing(factor):
    ticks = clock(50.0)
    values = signal(40, 50.0).astype(np.float64)
    bad = np.zeros(values.shape, dtype=bool)
    plain, scaled = examine(values, bad, ticks, "numpy"), examine(factor * values, bad, ticks, "numpy")
    np.testing.assert_allclose(scaled.traces.log_odds, plain.traces.log_odds, atol=1e-6)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_compiled_sums_are_those_of_plain_numpy(seed):
    rng, model = np.random.default_rng(seed), states(0.16)
    value = (rng.standard_normal((2, 60)) + 1j * rng.standard_normal((2, 60))) * rng.uniform(0.2, 4)
    outlying = np.where(rng.random((2, 60)) < 0.2, 0.6, 0.06)
    evidence = belief.Evidence(value, rng.random((2, 60)) > 0.1, outlying)
    slow, quick = belief.smoothed(evidence, model), fast.smoothed(evidence, model)
    np.testing.assert_allclose(quick.log_odds, slow.log_odds, atol=1e-7)
    np.testing.assert_allclose(quick.frequency_hz, slow.frequency_hz, atol=1e-7)
    np.testing.assert_allclose(quick.shares, slow.shares, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(step_s=st.floats(0.12, 0.2))
def test_shares_of_the_states_are_kept_where_nothing_is_seen(step_s):
    model = states(step_s)
    before = belief.unknowing(model, 1)
    after = belief.predicted(before, model)
    np.testing.assert_allclose(after.weight.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(after.weight, before.weight, rtol=1e-9)


def test_hindsight_over_the_whole_agrees_with_a_lag_that_reaches_to_its_end():
    model, rng = states(0.16), np.random.default_rng(3)
    value = (rng.standard_normal((1, 40)) + 1j * rng.standard_normal((1, 40))) / np.sqrt(2)
    evidence = belief.Evidence(value, np.ones((1, 40), dtype=bool), np.full((1, 40), 0.06))
    kept = belief.forwards(evidence, belief.unknowing(model, 1), model)
    first = belief.Kept(kept.weight[:, :1], kept.mean[:, :1], kept.doubt[:, :1])
    lagged = belief.lagged(first, evidence.part(slice(1, None)), 39, model)
    np.testing.assert_allclose(lagged.log_odds[:, 0], belief.smoothed(evidence, model).log_odds[:, 0], atol=1e-9)


def test_a_channel_that_begins_late_has_no_step_whatever_the_packets():
    samples = signal(20, 125.0) + 5000
    samples[1, :700] = np.nan
    ticks = clock(125.0)
    found = []
    for lengths in ((samples.shape[1],), (125,), (333, 7)):
        thinning = Thinning(ticks, 2)
        pieces = [thinning.push(packet.samples_uv) for packet in in_packets(samples, 125.0, lengths)]
        found.append(np.concatenate([values for values, _ in [*pieces, thinning.finish()]], axis=1))
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)
    np.testing.assert_allclose(found[2], found[0], atol=1e-6)
    assert np.abs(found[0][1]).max() < 1000
