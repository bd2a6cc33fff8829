"""Where a posteromedial rhythm could be seen."""

from __future__ import annotations

from limen.quantities import Floats, Recording
from limen.recording import SignalFile
from limen.rhythm.detectability import Detectability


def smallest_visible_nam(
    source: Recording | SignalFile, place: int, shape: Floats, sizes: Detectability
) -> tuple[float | None, str | None]:
    """Give the smallest source (nAm) that this channel would show, or why that is not known."""
    return None, "The site was not stated."


def hidden_because(source: Recording | SignalFile, visible: tuple[float | None, str | None]) -> str | None:
    """Say why a posteromedial rhythm could be hidden from this channel."""
    return None
