"""Signals for tests of the live infusion: a sender on this machine alone, recorders of their own, and a listener."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from limen.centre.live.segments import NOTE_KIND, SAMPLES_KIND, read_log, unpacked
from limen.centre.live.telling import SIGNAL, SIGNAL_HEAD, WORDS, cut
from limen.centre.live.wire import connect
from limen.recording import LSL_ON_THIS_MACHINE

#: Sends a ramp that says its own place: sample k of channel c is k % 4096 + c, in microvolts.
SENDER = """
import sys, time
import numpy as np, pylsl
name, channels, rate, chunk = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
info = pylsl.StreamInfo(name, "EEG", channels, rate, pylsl.cf_float32, name)
listed = info.desc().append_child("channels")
for k in range(channels):
    one = listed.append_child("channel")
    one.append_child_value("label", f"C{k}"); one.append_child_value("type", "EEG")
    one.append_child_value("unit", "microvolts")
outlet = pylsl.StreamOutlet(info, chunk_size=0, max_buffered=60)
begin, sent = pylsl.local_clock(), 0
first = round(begin * rate)
while True:
    due = int((pylsl.local_clock() - begin) * rate)
    while sent + chunk <= due:
        k = np.arange(sent, sent + chunk)
        values = ((first + k) % 4096)[:, None] + np.arange(channels)[None]
        stamps = (first + k) / rate
        outlet.push_chunk(np.ascontiguousarray(values, dtype=np.float32), timestamp=stamps.tolist())
        sent += chunk
    time.sleep(0.004)
"""


def lsl_file(folder: Path) -> Path:
    file = folder / "lsl.cfg"
    file.write_text(LSL_ON_THIS_MACHINE)
    return file


class Running:
    """Processes of one test, each ended by its own number."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.children = folder, []
        self.environment = {**os.environ, "LSLAPICFG": str(lsl_file(folder)), "OMP_NUM_THREADS": "1"}

    def start(self, *words: str) -> subprocess.Popen:
        child = subprocess.Popen([sys.executable, *words], env=self.environment)  # noqa: S603
        self.children.append(child)
        return child

    def sender(self, name: str, channels: int = 4, rate: float = 250.0, chunk: int = 5) -> subprocess.Popen:
        return self.start("-c", SENDER, name, str(channels), str(rate), str(chunk))

    def recorder(self, name: str) -> subprocess.Popen:
        return self.start("-m", "limen.centre.live.recorder", name, str(self.folder / "live"))

    def end(self) -> None:
        for child in self.children:
            child.kill()
            child.wait()


class Heard:
    """Listens on the recorder's socket in the background, and connects again when it was cut."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.words, self.signals, self.ended = folder, [], [], False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.ended:
            try:
                with connect(self.folder) as door:
                    self._read(door)
            except OSError:
                time.sleep(0.02)

    def _read(self, door) -> None:
        buffer = bytearray()
        while not self.ended and (data := door.recv(65536)):
            buffer += data
            for letter, body in cut(buffer):
                if letter == SIGNAL:
                    self.signals.append((time.monotonic(), *SIGNAL_HEAD.unpack_from(body), time.time()))
                elif letter == WORDS:
                    import json  # noqa: PLC0415

                    self.words.append(json.loads(body))

    def wait(self, enough, seconds: float = 30.0) -> float:
        begin = time.monotonic()
        while not enough(self):
            assert time.monotonic() - begin < seconds, (len(self.signals), self.words[-1:])
            time.sleep(0.01)
        return time.monotonic() - begin

    def close(self) -> None:
        self.ended = True


def recorded(folder: Path):
    """What the log holds: blocks and notes, in order; what was read of the signal is left out."""
    frames = list(read_log(folder / "live" / "signal"))
    blocks = [unpacked(frame) for frame in frames if frame.kind == SAMPLES_KIND]
    notes = [frame.words() for frame in frames if frame.kind == NOTE_KIND]
    return blocks, [one for one in notes if one["what"] != "read"]


def whole(blocks) -> np.ndarray:
    return np.concatenate([block.samples_uv for block in blocks], axis=1)
