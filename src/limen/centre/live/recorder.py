"""The recorder: one process that takes a stream in, writes it down before it shows it, and survives everything else.

Of several recorders of one folder one holds the lock and writes. The others listen too and keep the last seconds; when
the writer dies the system gives its lock to one of them, which goes on after the last sample that was written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.centre.clock import SystemClock
from limen.centre.live.finding import Finder, Taken
from limen.centre.live.losing import Silence
from limen.centre.live.reading import Reader
from limen.centre.live.segments import Block, Log
from limen.centre.live.telling import SIGNAL, Teller, message, signal_body
from limen.quantities import Packet
from limen.recording import LiveStream, Timeline, lsl_now_s

LOCK: Final = "recorder.lock"
#: Holds the process number of the recorder in waiting once it hears the stream.
WAITING: Final = "recorder.waiting"
#: Seconds between two looks at the stream, and of one frame of the log and of the screen (ours; centre.md 2.3).
LOOK_S: Final = 0.02
FRAME_S: Final = 0.1
#: Seconds that a recorder in waiting keeps (ours: many times the time that a lock needs to change hands).
KEPT_S: Final = 20.0
STATE_EVERY_S: Final = 0.5
#: Notes that are told with every state (ours).
NOTES: Final = 8
#: Ours: what the recorder asks the scheduler for.
NICE: Final = -5


@dataclass(frozen=True)
class Plan:
    """What one recorder does: which stream, into which folder."""

    stream: str
    folder: Path

    @property
    def log_folder(self) -> Path:
        """Where the segments lie."""
        return self.folder / "signal"


class Recorder:
    """One recorder.

    Parameters
    ----------
    plan : Plan
        What it does.
    """

    def __init__(self, plan: Plan) -> None:
        plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.plan = plan
        self._clock = SystemClock()
        self._finder = Finder(plan.stream, time.monotonic)
        self._lock = os.open(plan.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        self._kept: deque[Taken] = deque()
        self._parent = os.getppid()
        self.ended = False

    def run(self) -> None:
        """Wait for the lock, then write until somebody ends it."""
        while not self._ended() and not self._has_lock():
            self._keep(self._finder.take())
            time.sleep(LOOK_S)
        if not self._ended():
            Writing(self.plan, self._finder, self._clock).run(self._kept, self._ended)
        self._finder.close()
        os.close(self._lock)

    def _has_lock(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _keep(self, taken: Taken | None) -> None:
        if taken is not None and len(taken[1]):
            if not self._kept:
                (self.plan.folder / WAITING).write_text(str(os.getpid()))
            self._kept.append(taken)
        while self._kept and self._kept[-1][1][-1] - self._kept[0][1][-1] > KEPT_S:
            self._kept.popleft()

    def _ended(self) -> bool:
        return self.ended or os.getppid() != self._parent


class Writing:
    """What the recorder with the lock does: log first, then the screen, then the detector."""

    def __init__(self, plan: Plan, finder: Finder, clock: SystemClock) -> None:
        self.plan, self.finder, self.clock = plan, finder, clock
        self.teller = Teller(plan.folder)
        self.log: Log | None = None
        self.reader: Reader | None = None
        self.timeline: Timeline | None = None
        self.frames = 0
        #: Gaps and losses, told again with every state for those who came later.
        self.notes: deque[dict[str, Any]] = deque(maxlen=NOTES)
        self._silence = Silence()
        self.unwritten, self.why_unwritten = 0, ""
        self._described = ""
        self._told_s = 0.0

    def run(self, kept: deque[Taken], ended: Any) -> None:
        """Go on until ended; `kept` came while somebody else still wrote."""
        due_s = time.monotonic()
        while not ended():
            self.teller.welcome()
            taken = self._taken(kept)
            if taken is not None and self.finder.stream is not None and len(taken[1]):
                self._take(self.finder.stream, *taken)
            self._note(self._silence.look(time.monotonic()))
            if time.monotonic() - self._told_s >= STATE_EVERY_S:
                self._tell_state()
            due_s = max(due_s + FRAME_S, time.monotonic() - FRAME_S)
            time.sleep(max(0.0, due_s - time.monotonic()))
        if self.log is not None:
            self.log.close()
        self.teller.close()

    def _taken(self, kept: deque[Taken]) -> Taken | None:
        newest = self.finder.take()
        parts = [*kept, *([newest] if newest is not None else [])]
        kept.clear()
        if not parts:
            return None
        return np.concatenate([one for one, _ in parts], axis=1), np.concatenate([stamps for _, stamps in parts])

    def _take(self, stream: LiveStream, samples_uv: Any, stamps_s: Any) -> None:
        timeline = self._timeline_of(stream)
        if self.log is not None and self.log.last is not None and timeline.next_sample == self.log.last.end:
            samples_uv, stamps_s = self._unwritten(timeline, samples_uv, stamps_s)
        place = 0
        for packet in timeline.place(samples_uv, stamps_s):
            place += packet.samples_uv.shape[1]
            self._write(packet, float(stamps_s[place - 1]))

    def _unwritten(self, timeline: Timeline, samples_uv: Any, stamps_s: Any) -> Taken:
        """Leave out what an earlier writer wrote down; a clock that was set back a long way is another clock."""
        last = self.log.last if self.log is not None else None
        if last is None or self.frames:
            return samples_uv, stamps_s
        written = (stamps_s <= last.stamp_s + 0.5 / timeline.sample_rate_hz) & (stamps_s > last.stamp_s - 2 * KEPT_S)
        return samples_uv[:, ~written], stamps_s[~written]

    def _timeline_of(self, stream: LiveStream) -> Timeline:
        """Give the timeline, begun where the log of the same stream ends."""
        described = f"{stream.names}{stream.sample_rate_hz}"
        if self.timeline is None or described != self._described:
            self._described = described
            self.timeline = self._begin(stream)
        return self.timeline

    def _begin(self, stream: LiveStream) -> Timeline:
        about = {
            "stream": stream.name,
            "names": list(stream.names),
            "kinds": list(stream.kinds),
            "sample_rate_hz": stream.sample_rate_hz,
            "calibrated": stream.calibrated,
        }
        if self.log is not None:
            self.log.close()
        self.log = Log(self.plan.log_folder, about)
        timeline = Timeline(stream.sample_rate_hz)
        last = self.log.last
        if last is not None:
            same = last.samples_uv.shape[0] == len(stream.names) and last.stamp_s < lsl_now_s()
            timeline.go_on(last.end, last.stamp_s + 1 / stream.sample_rate_hz if same else lsl_now_s())
        self.reader = Reader(stream.names, stream.kinds, stream.sample_rate_hz, timeline.next_sample)
        self.teller.hello = {"type": "hello", **about}
        self.teller.tell(self.teller.hello)
        return timeline

    def _write(self, packet: Packet, stamp_s: float) -> None:
        if self.log is None or self.reader is None:
            return
        now_s = time.monotonic()
        wall_s = self.clock.now().wall.timestamp() - max(0.0, lsl_now_s() - stamp_s)
        self._note(self._silence.came(now_s, wall_s))
        if packet.gap_before_s:
            self._note(gap_of(packet, wall_s))
        try:
            self.log.samples(Block(packet.first_sample, stamp_s, packet.samples_uv), wall_s, now_s)
        except OSError as error:  # a full disk: the screen and the next segment go on, and say so
            self.unwritten += packet.samples_uv.shape[1]
            self.why_unwritten = error.strerror or str(error)
            self.log.abandon()
        self.frames += 1
        end = packet.first_sample + packet.samples_uv.shape[1]
        body = signal_body(self.frames, end, wall_s, packet.samples_uv)
        self.teller.send(message(SIGNAL, body))
        self.reader.step(packet)
        self._keep_reading(self.reader, wall_s)

    def _note(self, note: dict[str, Any] | None) -> None:
        """Write a note down and tell it; a disk that takes none does not keep it from the screen."""
        if note is None:
            return
        self.notes.append(note)
        self._put_down(note, self.clock.now().wall.timestamp())
        self.teller.tell({"type": "note", **note})

    def _put_down(self, note: dict[str, Any], wall_s: float) -> None:
        if self.log is None:
            return
        try:
            self.log.note(note, wall_s, time.monotonic())
        except OSError:  # said with the samples, which find the disk full as well
            self.log.abandon()

    def _keep_reading(self, reader: Reader, wall_s: float) -> None:
        """Write down once a second what was read in the signal, so that a review shows what the screen said."""
        reading = reader.reading()
        if reading is not None:
            self._put_down({"what": "read", **reading}, wall_s)

    def _tell_state(self) -> None:
        self._told_s = time.monotonic()
        found = self.reader.state() if self.reader is not None else {}
        connected = self.finder.stream is not None
        self.teller.tell(
            {"type": "signal", "connected": connected, "why": self.finder.why, "frames": self.frames,
             "pid": os.getpid(), "notes": list(self.notes),
             "unwritten": self.unwritten, "why_unwritten": self.why_unwritten, **found}
        )  # fmt: skip


def gap_of(packet: Packet, wall_s: float) -> dict[str, Any]:
    """Give the note of the samples that are missing before a packet whose newest one has this wall time."""
    lasted = packet.samples_uv.shape[1] / packet.sample_rate_hz
    return {
        "what": "gap",
        "begin_sample": packet.first_sample - round(packet.gap_before_s * packet.sample_rate_hz),
        "end_sample": packet.first_sample,
        "seconds": round(packet.gap_before_s, 4),
        "begin_s": round(wall_s - lasted - packet.gap_before_s, 3),
        "end_s": round(wall_s - lasted, 3),
    }


def hurry() -> None:
    """Ask for a place before others where the system allows it: what is late here is late on the screen."""
    with contextlib.suppress(OSError):
        os.nice(NICE)


def main(words: list[str]) -> None:
    """Run a recorder: the stream's name, and the folder."""
    hurry()
    recorder = Recorder(Plan(words[0], Path(words[1])))

    def end(*_: Any) -> None:
        recorder.ended = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recorder.run()


if __name__ == "__main__":
    main(sys.argv[1:])
