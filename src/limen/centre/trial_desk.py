"""Starting virtual trials and taking in what they answered; one runs at a time, and never in the path of a page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from limen.centre.care import trial_run
from limen.centre.care.forecasts import keep_document
from limen.centre.centre import Centre
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.trial_child import ANSWER, SPEC

FOLDER: Final = "trials"
PID: Final = "pid"
SYSTEM: Final = "system"
NOBODY: Final = 2**31 - 1
#: Ours: what a process takes at most to be there.
BEGINS_WITHIN: Final = timedelta(seconds=30)
#: Children of this server by their number, so that they are buried; one of an earlier server is known by its file.
_children: Final[dict[int, subprocess.Popen[bytes]]] = {}
STOPPED: Final = "It ended without an answer, as when the machine is switched off: start it again."


def folder_of(centre: Centre, record: str) -> Path:
    """Give the folder of a run."""
    return centre.data / FOLDER / record.partition("/")[2]


def start(centre: Centre, record: str, spec: str) -> None:
    """Start a trial as a child process."""
    folder = folder_of(centre, record)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / SPEC).write_text(spec, encoding="utf-8")
    words = [sys.executable, "-m", "limen.centre.trial_child", str(folder)]
    child = subprocess.Popen(  # noqa: S603 - the words are ours
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    (folder / PID).write_text(str(child.pid), encoding="utf-8")
    _children[child.pid] = child


def take_in(centre: Centre) -> None:
    """Take in what running trials answered since; one whose process is gone has failed."""
    for record, state in centre.states("trial", statuses=(trial_run.RUNNING,)):
        command = outcome(centre, record, state)
        if command is not None:
            centre.store.record(command)


def outcome(centre: Centre, record: str, state: State) -> Command | None:
    """Give how a run ended; None while it goes on."""
    folder = folder_of(centre, record)
    alive = is_alive(folder)  # asked before the answer is looked for: it may come in between
    if (folder / ANSWER).is_file():
        bury(folder)
        found = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        if "answer" in found:
            name = keep_document(centre, "trial", json.dumps(found["answer"], sort_keys=True))
            return Command(record, "done", {"document": name}, f"{record}/end", SYSTEM)
        return Command(record, "failed", {"because": found["because"]}, f"{record}/end", SYSTEM)
    if alive or just_asked(centre, state):
        return None
    return Command(record, "failed", {"because": STOPPED}, f"{record}/end", SYSTEM)


def bury(folder: Path) -> None:
    """Wait for a child that has written its answer and is about to end."""
    child = _children.pop(number_in(folder), None)
    if child is not None:
        child.wait()


def just_asked(centre: Centre, state: State) -> bool:
    """Tell whether a run was asked for a moment ago: its process may not be there yet."""
    asked = datetime.fromisoformat(state["asked"]["at"])
    return centre.clock.now().wall - asked < BEGINS_WITHIN


def is_alive(folder: Path) -> bool:
    """Tell whether the process of a run is there, and is that of this run."""
    pid = number_in(folder)
    if pid in _children and _children[pid].poll() is not None:
        del _children[pid]
        return False
    try:
        return str(folder) in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return False


def number_in(folder: Path) -> int:
    """Give the number of the process of a run; one that no process has where there is none."""
    try:
        return int((folder / PID).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return NOBODY


def arm_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give each arm at its last time, as the list compares them."""
    return [
        {
            "name": arm["name"],
            "n": arm["n"],
            "day": f"{arm['times_h'][-1] / 24:g}",
            "change": spread(arm, "mean_change"),
            "response": spread(arm, "response", middle="response_fraction", percent=True),
        }
        for arm in answer["arms"]
    ]


def spread(arm: Mapping[str, Any], name: str, *, middle: str = "", percent: bool = False) -> str:
    """Say a number with the range that holds 90 of 100 trials; not known where it is not."""
    values = [(arm.get(key) or [None])[-1] for key in (middle or name, f"{name}_p05", f"{name}_p95")]
    if any(value is None for value in values):
        return "not known"
    mean, low, high = (value * 100 if percent else value for value in values)
    return f"{mean:.0f} % ({low:.0f} to {high:.0f})" if percent else f"{mean:.1f} ({low:.1f} to {high:.1f})"
