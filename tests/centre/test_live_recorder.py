"""The recorder: nothing that came is lost when it is killed, and what did not come is a stated gap."""

import signal
import time

import numpy as np
import pytest
from centre.live_signals import Heard, Running, recorded, whole

from limen.centre.clock import SystemClock
from limen.centre.live import recorder, segments
from limen.centre.live.export import cut_out, edf_bytes
from limen.centre.live.finding import Finder
from limen.centre.live.reading import Reader
from limen.centre.live.segments import Block, Log
from limen.centre.live.telling import SIGNAL, SIGNAL_HEAD
from limen.quantities import Packet
from limen.recording import open_recording

ABOUT = {"names": ["PMC1", "Cz"], "kinds": ["seeg", "eeg"], "sample_rate_hz": 250.0, "calibrated": True}


@pytest.fixture
def running(tmp_path):
    pytest.importorskip("pylsl", exc_type=(ImportError, RuntimeError))
    (tmp_path / "live").mkdir()
    found = Running(tmp_path)
    yield found
    found.end()


@pytest.fixture
def heard(tmp_path, running):
    found = Heard(tmp_path / "live")
    yield found
    found.close()


def test_a_recorder_that_is_killed_hands_over_without_a_lost_sample(tmp_path, running, heard):
    running.sender("kill")
    first = running.recorder("kill")
    heard.wait(lambda one: len(one.signals) > 5)
    second = running.recorder("kill")
    waiting = tmp_path / "live" / "recorder.waiting"
    heard.wait(lambda _: waiting.exists() and waiting.read_text() == str(second.pid))
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = len(heard.signals)
    heard.wait(lambda one: len(one.signals) > before + 10)
    blocks, notes = recorded(tmp_path)
    values = whole(blocks)[0]
    assert notes == []
    np.testing.assert_array_equal(np.diff(values) % 4096, 1)
    assert [block.first_sample for block in blocks[1:]] == [block.end for block in blocks[:-1]]


def test_a_sender_that_is_cut_leaves_a_gap_with_its_length_and_comes_back(tmp_path, running, heard):
    sender = running.sender("cut")
    running.recorder("cut")
    heard.wait(lambda one: len(one.signals) > 5)
    sender.kill()
    sender.wait()
    heard.wait(lambda one: one.words[-1].get("connected") is False)
    time.sleep(1.0)
    running.sender("cut")
    before = len(heard.signals)
    back_s = heard.wait(lambda one: len(one.signals) > before + 3)
    assert back_s < 5
    blocks, notes = recorded(tmp_path)
    lost, back, gap = notes
    assert [note["what"] for note in notes] == ["lost", "back", "gap"]
    assert lost["priority"] == "low"
    assert back["since_s"] == lost["since_s"]
    assert back["seconds"] == pytest.approx(gap["seconds"], abs=1.0)
    broken = next(k for k in range(1, len(blocks)) if blocks[k].first_sample != blocks[k - 1].end)
    missing = (blocks[broken].samples_uv[0, 0] - blocks[broken - 1].samples_uv[0, -1] - 1) % 4096
    assert abs(gap["seconds"] - missing / 250) < 0.05
    assert gap["end_s"] - gap["begin_s"] == pytest.approx(gap["seconds"], abs=0.002)


def test_a_full_disk_keeps_nothing_from_the_screen(tmp_path, monkeypatch):
    def full(file, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "lsl_now_s", lambda: 0.0)
    writing = recorder.Writing(recorder.Plan("any", tmp_path), Finder("any", time.monotonic), SystemClock())
    writing.log, told = Log(tmp_path / "signal", ABOUT), []
    writing.reader = Reader(("PMC1", "Cz"), ("seeg", "eeg"), 250.0, 0)
    monkeypatch.setattr(writing.teller, "send", told.append)
    monkeypatch.setattr(segments.os, "write", full)
    for k in range(50):
        writing._write(Packet(np.ones((2, 25), dtype=np.float32), 25 * k, 250.0), 0.0)
    writing.teller.close()
    frames = [SIGNAL_HEAD.unpack_from(one, 5)[:2] for one in told if one[4:5] == SIGNAL]
    assert frames == [(k + 1, 25 * (k + 1)) for k in range(50)]
    assert (writing.unwritten, writing.why_unwritten) == (1250, "No space left on device")
    assert writing.reader.state()["judged_s"] > 1
    assert segments.segments(tmp_path / "signal") == []


@pytest.mark.parametrize("speedup", ["20"])
def test_a_recorded_session_that_is_replayed_arrives_as_it_is_in_its_file(tmp_path, running, heard, speedup):
    rng, log = np.random.default_rng(4), Log(tmp_path / "before", ABOUT)
    for k in range(200):
        log.samples(Block(25 * k, k / 10, rng.normal(scale=30, size=(2, 25)).astype(np.float32)), 1e9 + k / 10, 0.0)
    log.close()
    file = tmp_path / "session.edf"
    file.write_bytes(edf_bytes(cut_out(tmp_path / "before", 0, 2e9)))
    running.recorder("again")
    running.start("-m", "limen", "replay", str(file), "--stream", "again", "--speedup", speedup)
    heard.wait(lambda one: len(one.signals) > 0 and one.signals[-1][2] >= 5000, 60.0)
    blocks, notes = recorded(tmp_path)
    np.testing.assert_array_equal(whole(blocks), open_recording(file).read().samples_uv)
    assert [note for note in notes if note["what"] == "gap"] == []
