"""A virtual trial as a process of its own: it outlives the web, and its answer is there whole or not at all.

Run as ``python -m limen.centre.trial_child FOLDER``; the folder holds ``spec.toml`` and receives ``answer.json``.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

SPEC: Final = "spec.toml"
ANSWER: Final = "answer.json"
PARTS: Final = "parts"
#: Ours: a trial that takes longer belongs on a machine of its own.
CPU_S: Final = 3600
#: Ours: whatever runs at the bedside goes first.
NICE: Final = 15
LONGEST_SENTENCE: Final = 500


def run(folder: Path) -> None:
    """Run ``limen trial`` on the specification of a folder; what was computed before is not computed again."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    words = [sys.executable, "-m", "limen", "trial", str(folder / SPEC), "--to", str(folder / PARTS), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - the words are ours
    sentence = done.stderr.strip().replace(str(folder / SPEC), "the specification").splitlines()
    found = (
        {"answer": json.loads(done.stdout)}
        if done.returncode == 0
        else {"because": (sentence or ["It ended without a word."])[-1][:LONGEST_SENTENCE]}
    )
    partial = folder / f"{ANSWER}.partial"
    with partial.open("w", encoding="utf-8") as out:
        json.dump(found, out)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(folder / ANSWER)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
