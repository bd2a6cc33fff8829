"""Which arithmetic does the recursion: plain NumPy, or the compiled one where the work is worth loading it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal

from limen.rhythm import belief

Engine = Literal["auto", "numpy", "numba"]

#: Ours: channels times steps below which plain NumPy is done before numba has loaded.
WORTH_IT: Final = 60_000


def engine(work: int, wanted: Engine = "auto") -> Any:
    """Give the module with `smoothed`, `forwards` and `lagged` for so many channels times steps."""
    return belief if settled(work, wanted) == "numpy" else import_module("limen.rhythm.fast")


def settled(work: int, wanted: Engine) -> Engine:
    """Give the name of what does so much work."""
    if wanted == "auto":
        return "numpy" if work < WORTH_IT or find_spec("numba") is None else "numba"
    return wanted
