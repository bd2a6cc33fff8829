"""The recorder: nothing that came is lost when it is killed, and what did not come is a stated gap."""

import signal
import time

import numpy as np
import pytest
from centre.live_signals import Heard, Running, recorded, whole


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
