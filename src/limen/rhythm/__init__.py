"""Is a 1-4 Hz rhythm there, when, at what frequency and phase, and could it be seen here at all."""

from limen.rhythm.answer import find_rhythm
from limen.rhythm.detector import Detector
from limen.rhythm.searching import Search, search
from limen.rhythm.visibility import visibility_answer

__all__ = ["Detector", "Search", "find_rhythm", "search", "visibility_answer"]
