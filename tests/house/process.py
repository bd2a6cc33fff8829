"""Running Limen as a user does: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

LIMIT_S = 120


def run_python(*words: str, folder: Path | None = None, limit_s: float = LIMIT_S) -> subprocess.CompletedProcess[str]:
    """Run this Python with these words; nothing is opened on anybody's screen."""
    return subprocess.run(  # noqa: S603 - the words are ours
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "BROWSER": "true", "COLUMNS": "120", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
    )


def run_limen(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one `limen` command in a folder."""
    return run_python("-m", "limen", *words, folder=folder)
