"""What looks like a rhythm and is none."""

from __future__ import annotations

from dataclasses import dataclass

from limen.quantities import Recording
from limen.recording import SignalFile
from limen.rhythm.episodes import Candidate
from limen.rhythm.hindsight import Examined
from limen.rhythm.reading import Thinned
from limen.rhythm.states import RHYTHM
from limen.rhythm.verdicts import Episode


@dataclass(frozen=True, eq=False)
class LookAlikes:
    """The kind of every episode, by channel, and episodes of other kinds."""

    kinds: tuple[tuple[str, ...], ...]
    other: tuple[tuple[Episode, ...], ...]

    def of_channel(self, row: int) -> tuple[str, ...]:
        """Give the kinds of a channel's episodes."""
        return self.kinds[row]

    def others(self, row: int) -> tuple[Episode, ...]:
        """Give a channel's episodes that never were candidates for a rhythm."""
        return self.other[row]


def look_alikes(
    source: Recording | SignalFile,
    places: tuple[int, ...],
    thin: Thinned,
    examined: Examined,
    chosen: tuple[tuple[Candidate, ...], ...],
) -> LookAlikes:
    """Name every episode."""
    return LookAlikes(tuple(tuple(RHYTHM for _ in one) for one in chosen), tuple(() for _ in chosen))
