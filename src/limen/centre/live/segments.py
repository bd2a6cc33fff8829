"""The log of signals as they come: frames with a check sum, one write each, readable wherever the last one was cut.

A frame is ``magic u32, length u32, seq u64, time f64, crc u32`` and the payload, little-endian; the check sum covers
the header before it and the payload. The first letter of a payload is its kind: ``H`` what the stream is, ``S``
samples, ``N`` a note such as a gap. A file of frames is a segment; a new one begins every ten minutes.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import Floats32, InputError

MAGIC: Final = 0x4C494D31
HEAD: Final = struct.Struct("<IIQd")
CRC: Final = struct.Struct("<I")
HEADER_BYTES: Final = HEAD.size + CRC.size
SAMPLES: Final = struct.Struct("<QdHI")
STREAM_KIND: Final = b"H"
SAMPLES_KIND: Final = b"S"
NOTE_KIND: Final = b"N"
SUFFIX: Final = ".lmn"
#: Seconds of one segment, and between two data syncs (centre.md section 4.5).
SEGMENT_S: Final = 600.0
SYNC_S: Final = 1.0
#: A frame longer than this was never written by us.
LONGEST_BYTES: Final = 64_000_000


@dataclass(frozen=True)
class Frame:
    """One frame: its number, the wall time of its newest sample in Unix seconds, and what it holds."""

    seq: int
    time_s: float
    payload: bytes = field(repr=False)

    @property
    def kind(self) -> bytes:
        """The letter of its kind."""
        return self.payload[:1]

    def words(self) -> dict[str, Any]:
        """Give a note, or what the stream is."""
        return dict(json.loads(self.payload[1:]))


@dataclass(frozen=True, eq=False)
class Block:
    """Samples of one frame, shape ``(channels, samples)``, their place, and the stamp of the last one in seconds."""

    first_sample: int
    stamp_s: float
    samples_uv: Floats32

    @property
    def end(self) -> int:
        """The place after the last one."""
        return int(self.first_sample + self.samples_uv.shape[1])


def framed(frame: Frame) -> bytes:
    """Give the bytes of a frame."""
    head = HEAD.pack(MAGIC, len(frame.payload), frame.seq, frame.time_s)
    return head + CRC.pack(zlib.crc32(frame.payload, zlib.crc32(head))) + frame.payload


def packed(block: Block) -> bytes:
    """Give the payload of samples."""
    channels, samples = block.samples_uv.shape
    head = SAMPLES.pack(block.first_sample, block.stamp_s, channels, samples)
    return SAMPLES_KIND + head + np.ascontiguousarray(block.samples_uv, dtype="<f4").tobytes()


def unpacked(frame: Frame) -> Block:
    """Give the samples of a frame; raises InputError where it holds none."""
    if frame.kind != SAMPLES_KIND:
        raise InputError(f"Frame {frame.seq} is of kind {frame.kind!r} and holds no samples: look at another one.")
    first, stamp_s, channels, samples = SAMPLES.unpack_from(frame.payload, 1)
    values = np.frombuffer(frame.payload, dtype="<f4", offset=1 + SAMPLES.size)
    return Block(first, stamp_s, values.reshape(channels, samples).astype(np.float32))


@dataclass(frozen=True)
class Found:
    """What a segment holds: its whole frames, and how many bytes after them are none."""

    frames: tuple[Frame, ...]
    tail_bytes: int


def read_segment(data: bytes) -> Found:
    """Read frames up to the first that is not whole; never raises.

    Parameters
    ----------
    data : bytes
        Of one segment, cut wherever.
    """
    frames, at = [], 0
    while (frame := frame_at(data, at)) is not None:
        frames.append(frame)
        at += HEADER_BYTES + len(frame.payload)
    return Found(tuple(frames), len(data) - at)


def frame_at(data: bytes, at: int) -> Frame | None:
    """Give the frame that begins at a byte; None where there is no whole one."""
    if len(data) - at < HEADER_BYTES:
        return None
    magic, length, seq, time_s = HEAD.unpack_from(data, at)
    begin = at + HEADER_BYTES
    if magic != MAGIC or length > LONGEST_BYTES or len(data) - begin < length:
        return None
    payload = data[begin : begin + length]
    (crc,) = CRC.unpack_from(data, at + HEAD.size)
    if crc != zlib.crc32(payload, zlib.crc32(data[at : at + HEAD.size])):
        return None
    return Frame(seq, time_s, payload)


def segments(folder: Path) -> list[Path]:
    """Give the segments of a recording, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_log(folder: Path, begin_s: float = 0.0, end_s: float = math.inf) -> Iterator[Frame]:
    """Give every whole frame of the segments that hold a stretch of time.

    What a crash cut off is left out, and the next segment goes on.

    Parameters
    ----------
    folder : Path
        Of the recording.
    begin_s, end_s : float
        Wall times, Unix seconds; frames beside the stretch come too where their segment reaches into it.
    """
    files = segments(folder)
    begins = [*(begin_of(file) for file in files), None]
    for file, (begun, after) in zip(files, pairwise(begins), strict=True):
        outside = begun is not None and (begun > end_s or (after is not None and begun <= after < begin_s))
        if not outside:
            yield from read_segment(file.read_bytes()).frames


def begin_of(file: Path) -> float | None:
    """Give the wall time at which a segment begins, Unix seconds; None where its first frame is torn."""
    with file.open("rb") as opened:
        head = opened.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or HEAD.unpack_from(head)[0] != MAGIC:
        return None
    return float(HEAD.unpack_from(head)[3])


class Log:
    """A recording that is being written; what an earlier writer left is kept, and its torn tail is left where it is.

    Parameters
    ----------
    folder : Path
        Of the recording; made where there is none.
    stream : mapping
        What the stream is; stands first in every segment.
    """

    def __init__(self, folder: Path, stream: Mapping[str, Any]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder, self._stream = folder, dict(stream)
        self.seq, self.last = last_of(folder)
        self._file: int | None = None
        self._opened_s = self._synced_s = 0.0
        # Where the open segment lies while it holds nothing but what the stream is.
        self._empty: Path | None = None
        # A disk that is slow to sync must not hold up the next frame.
        self._aside = ThreadPoolExecutor(1, "sync")
        self._syncing: Future[None] | None = None

    def samples(self, block: Block, time_s: float, now_s: float) -> None:
        """Keep samples.

        Parameters
        ----------
        block : Block
            The samples.
        time_s : float
            Wall time of the newest, Unix seconds.
        now_s : float
            Now on a clock that never goes back, seconds.
        """
        self._write(packed(block), time_s, now_s)
        self.last = block

    def note(self, words: Mapping[str, Any], time_s: float, now_s: float) -> None:
        """Keep a note, such as a gap."""
        self._write(NOTE_KIND + json.dumps(words, sort_keys=True).encode(), time_s, now_s)

    def close(self) -> None:
        """Write everything down and close the segment."""
        if self._file is not None:
            self._settle()
            os.fdatasync(self._file)
            os.close(self._file)
            self._file = None

    def abandon(self) -> None:
        """Leave a segment that could not be written to, and none that holds nothing."""
        if self._file is not None:
            self._settle()
            os.close(self._file)
            self._file = None
        if self._empty is not None:
            self._empty.unlink(missing_ok=True)
            self._empty = None

    def _settle(self) -> None:
        """Wait until nothing is being synced."""
        if self._syncing is not None:
            wait([self._syncing])
            self._syncing = None

    def _write(self, payload: bytes, time_s: float, now_s: float) -> None:
        if self._file is None or now_s - self._opened_s >= SEGMENT_S:
            self._begin(time_s, now_s)
        self._append(payload, time_s)
        self._empty = None
        if now_s - self._synced_s >= SYNC_S:
            self._sync(now_s)

    def _sync(self, now_s: float) -> None:
        """Let what is written be synced, beside what goes on; an error of the last time is raised now."""
        before = self._syncing
        if self._file is None or (before is not None and not before.done()):
            return
        self._synced_s, self._syncing = now_s, self._aside.submit(os.fdatasync, self._file)
        if before is not None:
            before.result()

    def _begin(self, time_s: float, now_s: float) -> None:
        self.close()
        name = self.folder / f"{self.seq + 1:012d}{SUFFIX}"
        self._file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._empty = name
        self._opened_s = self._synced_s = now_s
        self._append(STREAM_KIND + json.dumps(self._stream, sort_keys=True).encode(), time_s)

    def _append(self, payload: bytes, time_s: float) -> None:
        if self._file is None:
            raise InputError(f"The log of {self.folder.name} is not open: write through samples or note.")
        self.seq += 1
        data = framed(Frame(self.seq, time_s, payload))
        written = os.write(self._file, data)
        if written != len(data):
            raise OSError(f"Only {written} of {len(data)} bytes of frame {self.seq} could be written.")


def last_of(folder: Path) -> tuple[int, Block | None]:
    """Give the number of the last whole frame of a recording, and its last samples.

    A segment that was cut before its first frame was whole holds neither; its name still says how far numbers went.
    """
    seq, last = 0, None
    for file in reversed(segments(folder)):
        frames = read_segment(file.read_bytes()).frames
        seq = max(seq, int(file.stem), *(frame.seq for frame in frames[-1:]))
        held = [frame for frame in frames if frame.kind == SAMPLES_KIND]
        if held:
            last = unpacked(held[-1])
            break
    return seq, last
