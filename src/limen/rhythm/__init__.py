"""Is a 1-4 Hz rhythm there, when, at what frequency and phase, and could it be seen here at all."""

from limen.rhythm.answer import find_rhythm

__all__ = ["find_rhythm"]
