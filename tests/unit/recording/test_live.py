"""A file can stand where an amplifier would: over LSL the same samples come at the same places."""

import threading
from time import sleep
from types import SimpleNamespace

import numpy as np
import pytest

from limen.quantities import InputError, Recording
from limen.recording import (
    LSL_ON_THIS_MACHINE,
    Timeline,
    listen,
    open_recording,
    packets,
    replay,
    replay_as_stream,
)
from limen.recording import live as live_door


@pytest.fixture(scope="module")
def pylsl():
    found = pytest.importorskip("pylsl", exc_type=(ImportError, RuntimeError))
    found.set_config_content(LSL_ON_THIS_MACHINE)
    return found


def recording(channels=4, samples=1500, *, rate=250.0, calibrated=True):
    x = np.random.default_rng(0).normal(size=(channels, samples)).astype(np.float32)
    names = ("EOG1", *(f"C{place}" for place in range(1, channels)))
    return Recording(x, rate, names, ("eog",) + ("eeg",) * (channels - 1), calibrated=calibrated)


def together(found, like):
    whole = np.full_like(like.samples_uv, np.nan)
    for packet in found:
        whole[:, packet.first_sample : packet.first_sample + packet.samples_uv.shape[1]] = packet.samples_uv
    return whole


def sent(source, name, **how):
    thread = threading.Thread(target=replay_as_stream, args=(source, name), kwargs=how)
    thread.start()
    return thread


@pytest.mark.parametrize("speed", [10.0, 60.0])
def test_a_replayed_file_arrives_whole_and_its_gap_stays_a_gap(pylsl, speed):
    source = recording()
    source.samples_uv[:, 500:800] = np.nan
    thread = sent(source, f"whole-{speed}", speedup=speed)
    stream = listen(f"whole-{speed}")
    found = list(stream.packets(0.2))
    thread.join()
    np.testing.assert_array_equal(together(found, source), source.samples_uv)
    assert [(p.first_sample, p.gap_before_s) for p in found if p.gap_before_s] == [(800, pytest.approx(1.2))]
    assert (stream.names, stream.kinds, stream.calibrated) == (source.names, source.kinds, True)


def test_a_reader_who_is_late_still_gets_all_of_a_fast_replay(pylsl):
    source = recording(channels=2, samples=15_000)
    thread = sent(source, "late", speedup=60.0)
    stream = listen("late")
    found = []
    for packet in stream.packets(1.0):
        # One second on the wall is a minute of the recording, and the sender leaves soon after its last sample.
        sleep(1.2 if not found else 0.05)
        found.append(packet)
    thread.join()
    np.testing.assert_array_equal(together(found, source), source.samples_uv)
    assert not any(packet.gap_before_s for packet in found)


def test_a_stream_without_a_unit_is_in_counts_unless_it_is_stated(pylsl):
    source = recording(samples=250, calibrated=False)
    thread = sent(source, "counts", speedup=60.0)
    stream = listen("counts")
    list(stream.packets(1.0))
    thread.join()
    assert not stream.calibrated
    assert any("states no unit" in text for text in stream.warnings)
    thread = sent(source, "volts", speedup=60.0)
    stream = listen("volts", unit="mV")
    found = list(stream.packets(1.0))
    thread.join()
    np.testing.assert_allclose(together(found, source), source.samples_uv * 1000, rtol=1e-6)


def test_a_stream_that_is_not_there_is_one_sentence(pylsl):
    with pytest.raises(InputError, match=r"No stream 'nothing' was found in 0\.2 s.*start it"):
        listen("nothing", search_s=0.2)


def test_notes_are_no_recording(pylsl):
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo("notes", "Markers", 1, 0, pylsl.cf_string, "notes"))
    with pytest.raises(InputError, match="carries notes or uneven samples"):
        listen("notes")
    del outlet


def test_a_replay_that_nobody_hears_ends(pylsl):
    with pytest.raises(InputError, match=r"Nobody listened to the stream 'alone' for 0\.1 s"):
        replay_as_stream(recording(), "alone", wait_s=0.1)


def test_without_the_extra_one_sentence_says_which(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pylsl", None)
    with pytest.raises(InputError, match=r"limen\[signals\]"):
        listen("any")


def test_a_stream_in_two_units_is_refused():
    with pytest.raises(InputError, match="channels in mV, uV: send them in one unit"):
        live_door._factor("x", {"uV", "mV"}, None)


def test_a_stream_that_falls_silent_ends(pylsl):
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo("silent", "EEG", 1, 100.0, pylsl.cf_float32, "silent"))
    stream = listen("silent")
    assert list(stream.packets(0.1, silence_s=0.2)) == []
    del outlet


@pytest.mark.parametrize("speed", [0.5, 0.0, -1.0, 61.0, float("nan")])
def test_a_replay_outside_one_to_sixty_is_refused(speed):
    with pytest.raises(InputError, match="1 to 60 times the true speed"):
        replay(recording(), speedup=speed)


def test_a_replay_without_lsl_waits_as_the_recording_did():
    source = recording(samples=500)
    source.samples_uv[:, 100:300] = np.nan
    clock = SimpleNamespace(slept_s=0.0)

    def wait(lasts_s):
        clock.slept_s = max(clock.slept_s, lasts_s)

    found = list(replay(source, speedup=10.0, seconds=0.1, wait=wait))
    np.testing.assert_array_equal(together(found, source), source.samples_uv)
    assert clock.slept_s == pytest.approx(0.2, abs=0.02)


def test_a_real_file_replayed_over_lsl_gives_the_packets_of_the_file(pylsl, limen_data):
    pytest.importorskip("mne")
    source = open_recording(limen_data / "eeg" / "mne_test.vhdr", channels=["Cz", "Pz", "Fz"])
    thread = sent(source, "real", speedup=60.0)
    found = list(listen("real").packets(0.05))
    thread.join()
    like = source.read()
    np.testing.assert_array_equal(together(found, like), together(packets(source, 3.0), like))


def test_a_look_that_lsl_had_no_time_for_ends_nothing(pylsl):
    answers = ["late", "late", np.ones((3, 2)), None]

    def pull_chunk(**_):
        now = answers.pop(0) if answers else None
        if now is None:
            raise pylsl.util.LostError("lost")
        if isinstance(now, str):
            raise pylsl.util.TimeoutError(now)
        return now, np.arange(len(now)) / 250

    inlet = SimpleNamespace(pull_chunk=pull_chunk)
    about = {"name": "busy", "names": ("A", "B"), "kinds": ("eeg", "eeg"), "sample_rate_hz": 250.0}
    stream = live_door.LiveStream(
        **about, recorded=None, calibrated=True, warnings=(), _inlet=inlet, _factor=1.0, _timeline=Timeline(250.0)
    )
    assert stream.take()[0].shape == (2, 0)
    assert sum(packet.samples_uv.shape[1] for packet in stream.packets(1.0)) == 3


def test_a_reader_that_takes_its_time_is_no_silence_of_the_stream(pylsl):
    chunks = [np.full((5, 1), number) for number in range(4)]

    def pull_chunk(**_):
        now = chunks.pop(0) if chunks else np.zeros((0, 1))
        return now, np.arange(len(now)) / 250

    stream = live_door.LiveStream(
        name="slow", names=("A",), kinds=("eeg",), sample_rate_hz=250.0, recorded=None, calibrated=True, warnings=(),
        _inlet=SimpleNamespace(pull_chunk=pull_chunk), _factor=1.0, _timeline=Timeline(250.0),
    )  # fmt: skip
    seen = 0
    for packet in stream.packets(0.02, silence_s=0.1):
        seen += packet.samples_uv.shape[1]
        sleep(0.15)
    assert seen == 20
