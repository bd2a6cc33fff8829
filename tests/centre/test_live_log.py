"""The log of signals: whatever a crash cuts off, all before it is there."""

from concurrent.futures import wait
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.centre.live import segments
from limen.centre.live.segments import Block, Log, read_log, read_segment, unpacked
from limen.centre.live.segments import segments as files


def written(folder, blocks, *, at_s=0.0):
    log = Log(folder, {"names": ["A", "B"], "sample_rate_hz": 250.0})
    for place, block in enumerate(blocks):
        log.samples(block, 1e9 + at_s + place, at_s + place)
    log.close()
    return log


def some_blocks(count, length=3, first=0):
    rng = np.random.default_rng(count)
    values = [rng.normal(size=(2, length)).astype(np.float32) for _ in range(count)]
    return [Block(first + length * k, float(k), one) for k, one in enumerate(values)]


@given(st.integers(1, 6), st.integers(1, 40))
def test_a_log_cut_at_every_byte_of_its_last_two_frames_is_readable(tmp_path_factory, count, length):
    folder = tmp_path_factory.mktemp("log")
    written(folder, some_blocks(count, length))
    data = files(folder)[0].read_bytes()
    frames = read_segment(data).frames
    sizes = [segments.HEADER_BYTES + len(frame.payload) for frame in frames]
    for end in range(len(data) - sum(sizes[-2:]), len(data) + 1):
        found = read_segment(data[:end])
        held = sum(np.cumsum(sizes) <= end)
        assert [frame.seq for frame in found.frames] == [frame.seq for frame in frames[:held]]
        assert found.tail_bytes == end - sum(sizes[:held])


@given(st.data())
def test_a_changed_bit_ends_what_is_read_before_it(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("log")
    written(folder, some_blocks(3))
    raw = bytearray(files(folder)[0].read_bytes())
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    whole = read_segment(bytes(raw)).frames
    raw[bit // 8] ^= 1 << bit % 8
    sizes = np.cumsum([segments.HEADER_BYTES + len(frame.payload) for frame in whole])
    assert len(read_segment(bytes(raw)).frames) == int(np.searchsorted(sizes, bit // 8, side="right"))


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data):
    found = read_segment(data)
    assert found.frames == ()
    assert found.tail_bytes == len(data)


def test_a_second_writer_goes_on_where_the_torn_first_one_ended(tmp_path):
    written(tmp_path, some_blocks(4))
    file = files(tmp_path)[0]
    file.write_bytes(file.read_bytes()[:-5])
    log = Log(tmp_path, {})
    assert log.last is not None
    assert log.last.end == 9
    log.samples(Block(9, 9.0, np.zeros((2, 3), dtype=np.float32)), 0.0, 0.0)
    log.close()
    blocks = [unpacked(frame) for frame in read_log(tmp_path) if frame.kind == segments.SAMPLES_KIND]
    assert [block.first_sample for block in blocks] == [0, 3, 6, 9]
    seqs = [frame.seq for frame in read_log(tmp_path)]
    assert seqs == sorted(set(seqs))


def test_a_segment_torn_in_its_first_frame_is_no_hindrance(tmp_path):
    written(tmp_path, some_blocks(2))
    torn = tmp_path / f"{9:012d}{segments.SUFFIX}"
    torn.write_bytes(b"\x31")
    log = written(tmp_path, some_blocks(1, first=6), at_s=50.0)
    assert log.seq == 11
    assert len(files(tmp_path)) == 3


def test_a_recording_that_never_began_holds_no_frame(tmp_path):
    assert list(read_log(tmp_path / "none")) == []


def test_samples_come_back_bit_by_bit_and_segments_begin_every_ten_minutes(tmp_path):
    log = Log(tmp_path, {"sample_rate_hz": 1.0})
    blocks = some_blocks(5)
    for place, block in enumerate(blocks):
        log.samples(block, 0.0, 200.0 * place)
    log.close()
    assert len(files(tmp_path)) == 2
    found = [unpacked(frame) for frame in read_log(tmp_path) if frame.kind == segments.SAMPLES_KIND]
    for got, put in zip(found, blocks, strict=True):
        np.testing.assert_array_equal(got.samples_uv, put.samples_uv)


def test_every_second_is_synced_and_every_frame_is_one_write(tmp_path, monkeypatch):
    done = []
    sync, write = segments.os.fdatasync, segments.os.write
    monkeypatch.setattr(segments.os, "fdatasync", lambda file: (done.append("sync"), sync(file))[1])
    monkeypatch.setattr(segments.os, "write", lambda file, data: (done.append("write"), write(file, data))[1])
    log = Log(tmp_path, {})
    for place, block in enumerate(some_blocks(31)):
        log.samples(block, 0.0, place / 10)
        wait([one for one in [log._syncing] if one is not None])  # a disk that keeps up
    assert done.count("write") == 32
    assert done.count("sync") == 3
    gaps = np.diff([place for place, what in enumerate(done) if what == "sync"])
    assert max(gaps) <= 12


def test_a_disk_that_is_slow_to_sync_holds_no_frame_up_and_its_error_is_not_lost(tmp_path, monkeypatch):
    ready, asked = Event(), []

    def slow(file):
        asked.append(file)
        ready.wait()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(segments.os, "fdatasync", slow)
    log = Log(tmp_path, {})
    for place, block in enumerate(some_blocks(40)):
        log.samples(block, 0.0, place / 10)
    assert len(asked) == 1
    assert len([one for one in read_log(tmp_path) if one.kind == segments.SAMPLES_KIND]) == 40
    ready.set()
    wait([log._syncing])
    with pytest.raises(OSError, match="Input/output"):
        log.samples(some_blocks(1, first=120)[0], 0.0, 5.0)
    log.abandon()


def test_a_full_disk_leaves_what_was_written_and_the_next_segment_goes_on(tmp_path, monkeypatch):
    log = Log(tmp_path, {})
    first, second, third = some_blocks(3)
    log.samples(first, 0.0, 0.0)
    write = segments.os.write
    monkeypatch.setattr(segments.os, "write", lambda file, data: write(file, data[:10]))
    with pytest.raises(OSError, match="10 of"):
        log.samples(second, 0.0, 0.1)
    log.abandon()
    monkeypatch.setattr(segments.os, "write", write)
    log.samples(third, 0.0, 0.2)
    log.close()
    found = [unpacked(frame).first_sample for frame in read_log(tmp_path) if frame.kind == segments.SAMPLES_KIND]
    assert found == [0, 6]


def test_a_disk_that_stays_full_leaves_no_empty_segments(tmp_path, monkeypatch):
    log, write = Log(tmp_path, {}), segments.os.write
    first, *more = some_blocks(20)
    log.samples(first, 0.0, 0.0)
    for room in (0, 40):  # not even what the stream is, and that alone
        monkeypatch.setattr(segments.os, "write", lambda file, data, room=room: write(file, data[:room]))
        for block in more:
            with pytest.raises(OSError, match="could be written"):
                log.samples(block, 0.0, 0.1)
            log.abandon()
    monkeypatch.setattr(segments.os, "write", write)
    assert len(files(tmp_path)) == 1
    log.close()
