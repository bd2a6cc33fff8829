"""Five people that ship with the package, each observed in another way: to hold the ways of believing together."""

from __future__ import annotations

from importlib import resources
from typing import Final

from limen.regimen import Case, read_case

PROBLEMS: Final = ("plasma", "session", "mood", "sessions", "mixed")


def problem(name: str) -> Case:
    """Read one of `PROBLEMS`."""
    with resources.as_file(resources.files("limen.inference") / "problem_cases" / f"{name}.toml") as path:
        return read_case(path)
