"""One process that keeps the others alive: two recorders, the web, and in the demo a simulated patient."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from limen.centre.live.place import FOLDER
from limen.recording import LSL_ON_THIS_MACHINE

#: Seconds between two looks at the children; of the waits before a new start; and after which a child counts as well.
LOOK_S: Final = 0.1
WAITS_S: Final = (0.1, 0.5, 2.0, 5.0)
WELL_S: Final = 30.0
#: Seconds that a child has to end by itself (ours).
END_S: Final = 8.0
LSL_FILE: Final = "lsl.cfg"


def can_listen() -> bool:
    """Tell whether the packages for signals are there."""
    return find_spec("pylsl") is not None and find_spec("numba") is not None


@dataclass(eq=False)
class Child:
    """One process that is kept alive."""

    name: str
    words: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    begun_s: float = 0.0
    due_s: float = 0.0
    fails: int = 0

    def look(self, now_s: float, environment: Mapping[str, str]) -> None:
        """Start it where it is not there and its wait is over."""
        if self.process is not None and self.process.poll() is not None:
            self.fails = 0 if now_s - self.begun_s > WELL_S else self.fails + 1
            self.due_s = now_s + WAITS_S[min(self.fails, len(WAITS_S) - 1)]
            self.process = None
        if self.process is None and now_s >= self.due_s:
            words = [sys.executable, "-m", *self.words]
            self.process = subprocess.Popen(words, env=dict(environment))  # noqa: S603 - our own modules
            self.begun_s = now_s


class Supervisor:
    """Keeps children alive until it is ended.

    Parameters
    ----------
    children : sequence of Child
        Which.
    environment : mapping
        Of theirs.
    """

    def __init__(self, children: Sequence[Child], environment: Mapping[str, str]) -> None:
        self.children, self._environment = tuple(children), dict(environment)
        self.ended = threading.Event()

    def run(self) -> None:
        """Look after the children until ended, then end them in order."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ended.set())
        while not self.ended.wait(LOOK_S):
            for child in self.children:
                child.look(time.monotonic(), self._environment)
        self._end()

    def _end(self) -> None:
        alive = [one.process for one in self.children if one.process is not None and one.process.poll() is None]
        for process in alive:
            process.terminate()
        for process in alive:
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def children_of(data: Path, stream: str, served: Mapping[str, Any], patient: Sequence[str]) -> list[Child]:
    """Give the children: the web, two recorders of which one waits, and whoever sends."""
    folder = data / FOLDER
    recorder = ("limen.centre.live.recorder", stream, str(folder))
    found = [
        Child("web", ("limen.centre.live.web", json.dumps(dict(served)))),
        Child("recorder", recorder),
        Child("recorder in waiting", recorder),
    ]
    return [*found, Child("patient", ("limen.centre.live.simulated", stream, *patient))] if patient else found


def environment_of(folder: Path, *, alone: bool) -> dict[str, str]:
    """Give the environment of the children; `alone` keeps LSL on this machine."""
    found = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if alone and "LSLAPICFG" not in found:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / LSL_FILE).write_text(LSL_ON_THIS_MACHINE, encoding="utf-8")
        found["LSLAPICFG"] = str(folder / LSL_FILE)
    return found


def end_with_parent(parent: int) -> None:
    """End this process when the one that started it has gone; a thread watches."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
