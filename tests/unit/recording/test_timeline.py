"""A live clock: lost samples are a gap, lateness is not, and a clock that is set back loses nothing."""

import numpy as np
import pytest

from limen.recording import Timeline


def fed(stamps_s, rate=100.0, chunk=10):
    timeline = Timeline(rate)
    found = []
    for first in range(0, len(stamps_s), chunk):
        piece = np.asarray(stamps_s[first : first + chunk], dtype=np.float64)
        found += timeline.place(np.zeros((1, len(piece)), dtype=np.float32), piece)
    return timeline, found


def gaps(found):
    return [(packet.first_sample, packet.gap_before_s) for packet in found if packet.gap_before_s]


def test_samples_without_loss_follow_each_other():
    timeline, found = fed(1000 + np.arange(500) / 100)
    assert timeline.next_sample == 500
    assert not gaps(found)


@pytest.mark.parametrize("chunk", [1, 7, 10, 500])
def test_lost_samples_are_a_gap_wherever_the_chunks_end(chunk):
    stamps = 1000 + np.concatenate([np.arange(200), np.arange(260, 400)]) / 100
    timeline, found = fed(stamps, chunk=chunk)
    assert gaps(found) == [(260, pytest.approx(0.6))]
    assert timeline.next_sample == 400


def test_a_chunk_that_comes_late_is_no_gap():
    stamps = 1000 + np.arange(500) / 100 + np.repeat(np.random.default_rng(0).uniform(0, 0.1, 50), 10)
    assert not gaps(fed(stamps)[1])


def test_an_amplifier_a_little_off_its_nominal_rate_makes_no_gap_in_an_hour():
    assert not gaps(fed(np.arange(360_000) / 99.8)[1])
    assert not gaps(fed(np.arange(360_000) / 100.2)[1])


def test_a_clock_that_is_set_back_is_counted_and_loses_nothing():
    stamps = np.concatenate([1000 + np.arange(200) / 100, 3 + np.arange(200) / 100])
    timeline, found = fed(stamps)
    assert (timeline.resets, timeline.next_sample, gaps(found)) == (1, 400, [])
