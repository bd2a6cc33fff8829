"""Laws of recordings: packets of any size are the whole, and a gap stays a gap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording_files import EdfSpec, digital, write_edf

from limen.quantities import InputError, Recording
from limen.recording import open_recording, packets
from limen.recording.signal_file import cut_segments


@st.composite
def samples_and_rates(draw):
    """One to three channels with gaps in all of them and with missing samples in some."""
    channels, samples = draw(st.integers(1, 3)), draw(st.integers(1, 400))
    x = (np.arange(channels * samples, dtype=np.float32) + 1).reshape(channels, samples)
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, samples - 1))
        rows = slice(None) if draw(st.booleans()) else slice(0, 1)
        x[rows, begin : begin + draw(st.integers(1, 80))] = np.nan
    return x, draw(st.sampled_from([50.0, 128.0, 998.4212]))


def made(drawn):
    """The recording of what was drawn; made here, since checked annotations draw from chance of their own."""
    x, rate_hz = drawn
    return Recording(x, rate_hz, tuple(f"C{place}" for place in range(len(x))), ("eeg",) * len(x))


SECONDS = st.floats(1e-3, 20.0)


def together(found, shape):
    whole = np.full(shape, np.nan, dtype=np.float32)
    for packet in found:
        whole[:, packet.first_sample : packet.first_sample + packet.samples_uv.shape[1]] = packet.samples_uv
    return whole


@given(samples_and_rates(), SECONDS)
def test_packets_put_together_are_the_whole(drawn, seconds):
    recording = made(drawn)
    whole = together(packets(recording, seconds), recording.samples_uv.shape)
    np.testing.assert_array_equal(whole, recording.samples_uv)


@given(samples_and_rates(), SECONDS)
def test_packets_follow_each_other_and_their_gaps_fill_what_is_missing(drawn, seconds):
    recording = made(drawn)
    past = 0
    for packet in packets(recording, seconds):
        assert packet.first_sample - past == round(packet.gap_before_s * recording.sample_rate_hz)
        assert recording.missing()[past : packet.first_sample].all()
        assert not recording.missing()[packet.first_sample : packet.first_sample + packet.samples_uv.shape[1]].any()
        past = packet.first_sample + packet.samples_uv.shape[1]
    assert recording.missing()[past:].all()


@given(samples_and_rates(), SECONDS)
def test_no_packet_is_longer_than_asked_or_empty(drawn, seconds):
    recording = made(drawn)
    longest = max(1, round(seconds * recording.sample_rate_hz))
    assert all(0 < packet.samples_uv.shape[1] <= longest for packet in packets(recording, seconds))


@given(seconds=st.floats(0.01, 30.0), stamps=st.lists(st.integers(0, 5), min_size=5, max_size=5))
def test_a_file_in_packets_of_any_size_is_the_file_read_whole(tmp_path_factory, seconds, stamps):
    at_s = tuple(float(second) for second in np.arange(5) + np.cumsum(stamps) - stamps[0])
    spec = EdfSpec(digital(2, 500), reserved="EDF+D", stamps_s=at_s)
    opened = open_recording(write_edf(tmp_path_factory.mktemp("law") / "a.edf", spec))
    whole = opened.read()
    assert whole.duration_s == at_s[-1] + 1
    np.testing.assert_array_equal(together(packets(opened, seconds), whole.samples_uv.shape), whole.samples_uv)


@given(samples=st.integers(1, 500), cuts=st.dictionaries(st.integers(-5, 600), st.integers(1, 50), max_size=5))
def test_cuts_lose_no_stored_sample_and_add_their_gaps(samples, cuts):
    found = cut_segments(samples, cuts)
    assert sum(piece.samples for piece in found) == samples
    inside = sum(missing for place, missing in cuts.items() if 0 < place < samples)
    assert found[-1].end == samples + inside


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_packet_without_length_is_refused(seconds):
    recording = Recording(np.zeros((1, 10), dtype=np.float32), 10.0, ("C",), ("eeg",))
    with pytest.raises(InputError, match="needs a length above 0 s"):
        packets(recording, seconds)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"samples_uv": np.zeros((0, 10), dtype=np.float32), "names": (), "kinds": ()}, "at least one channel"),
        ({"names": ("A", "B")}, "2 names"),
        ({"sample_rate_hz": 0.0}, "above 0 Hz, got 0"),
        ({"sample_rate_hz": float("nan")}, "got nan"),
    ],
)
def test_a_recording_checks_itself(changed, says):
    whole = {
        "samples_uv": np.zeros((1, 10), dtype=np.float32),
        "sample_rate_hz": 10.0,
        "names": ("C",),
        "kinds": ("eeg",),
    }
    with pytest.raises(InputError, match=says):
        Recording(**(whole | changed))
