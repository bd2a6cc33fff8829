"""Asking the model beside the web process: one child, one question at a time, and only what asks waits."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from limen.quantities import InputError

LIMIT_S: Final = 60.0


class Model:
    """The child that answers what lies ahead; started with the first question, and anew where it has died."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def ask(self, words: Mapping[str, Any]) -> dict[str, Any]:
        """Give the answer to a question; raises InputError where there is none."""
        with self._lock:
            child = self._running()
            if child.stdin is None or child.stdout is None:
                raise InputError(f"The model's process {child.pid} has no pipes: start the centre again.")
            watch = threading.Timer(LIMIT_S, child.kill)
            watch.start()
            try:
                child.stdin.write(f"{json.dumps(words)}\n")
                child.stdin.flush()
                line = child.stdout.readline()
            except BrokenPipeError:
                line = ""
            finally:
                watch.cancel()
        found = json.loads(line) if line else {"error": f"The model's process {child.pid} ended before it answered."}
        if "error" in found:
            raise InputError(str(found["error"]))
        return dict(found)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            words = [sys.executable, "-m", "limen.centre.live.ahead"]
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        return self._child


_MODELS: Final[dict[Path, Model]] = {}


def model_of(data: Path) -> Model:
    """Give the model of a centre, one for each folder that this process serves."""
    return _MODELS.setdefault(data, Model())
