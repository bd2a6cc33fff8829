"""Trials in processes of their own that are killed on the way, for the tests and for `make verify-kills`."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from trial_specs import KETAMINE, SALINE, SIX, trial

from limen.trials import run_trial
from limen.trials.kept import RESULT
from limen.trials.runs import all_parts, runs_of

LONG = trial(replace(KETAMINE, schedule=SIX, n=40), replace(SALINE, schedule=SIX, n=40), draws=800)
PARTS = len(all_parts(runs_of(LONG)))
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
if __name__ == "__main__":
    from trial_kills import LONG
    from limen.trials import run_trial
    run_trial(LONG, workers=2, to=Path(sys.argv[2]), scheduler=sys.argv[3] or None)
"""


def kept(folder: Path) -> int:
    """How many parts are whole."""
    return len(list(folder.glob("arms/part-*")))


def children(pid: int) -> list[int]:
    """The worker processes of a run."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in listed if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def started(folder: Path, parts: int, scheduler: str = "") -> subprocess.Popen[bytes]:
    """A run, once it has kept that many parts."""
    command = [sys.executable, "-c", RUN, str(Path(__file__).parent), str(folder), scheduler]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    running = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)  # noqa: S603
    while running.poll() is None and kept(folder) < parts:
        time.sleep(0.005)
    return running


def killed_whole(folder: Path, parts: int, scheduler: str = "") -> int:
    """Kill a run with all its workers after some parts; gives how many it had kept."""
    with started(folder, parts, scheduler) as running:
        os.killpg(running.pid, signal.SIGKILL)
    assert not (folder / RESULT).exists(), "it had ended before it was killed"
    return kept(folder)


def killed_worker(folder: Path, parts: int) -> int:
    """Kill one worker of a run after some parts and let the run end; gives how many had been kept."""
    with started(folder, parts) as running:
        had = kept(folder)
        os.kill(random.choice(children(running.pid)), signal.SIGKILL)  # noqa: S311 - any of them
        assert running.wait(timeout=240) == 0
    return had


def as_bytes(answer: object) -> bytes:
    """An answer as it would be printed."""
    return json.dumps(answer).encode()


def verified(folder: Path, kills: int, seed: int) -> Iterator[str]:
    """Kill that many runs at random moments, client and worker in turn; one line of a table each."""
    chance, whole = random.Random(seed), as_bytes(run_trial(LONG))  # noqa: S311
    for number in range(kills):
        place, after = folder / str(number), chance.randint(1, PARTS - 3)
        what = "worker" if number % 2 else "whole run"
        had = (killed_worker if number % 2 else killed_whole)(place, after)
        again = run_trial(LONG, to=place)
        assert as_bytes(again) == whole, f"kill {number} changed the answer"
        yield f"| {number + 1} | {what} | {had} of {PARTS} | the same bytes |"


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as where:
        print("| kill | what | parts kept by then | after resuming |\n|---|---|---|---|")
        for line in verified(Path(where), int(sys.argv[1]), seed=1):
            print(line, flush=True)
