"""A recording that lies in a file and is read piece by piece: its description, and where each stretch stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from limen.quantities import ChannelKind, Event, Floats, Floats32, InputError, Recording, Site

#: Ours: more than this is not taken into memory at once.
WHOLE_LIMIT_BYTES: Final = 8_000_000_000
#: Ours: a break of unknown length counts as this long, so that nothing is joined across it: an episode bridges 2 s, and
#: what the filters reach over.
UNKNOWN_GAP_S: Final = 3.0

#: Ours: a file is read this many seconds at a time, so that short packets do not read a record of it again and again.
BLOCK_S: Final = 10.0

#: Stored samples of some channels, by the places of the channels and the first and the past-the-last stored sample.
Load = Callable[[tuple[int, ...], int, int], Floats32]


@dataclass(frozen=True)
class Segment:
    """A stretch without a gap: its first sample on the recording's clock, the same in the file, and its length."""

    first_sample: int
    first_stored: int
    samples: int

    @property
    def end(self) -> int:
        """The sample on the recording's clock that follows the stretch."""
        return self.first_sample + self.samples


@dataclass(frozen=True)
class Asked:
    """What the user states of a file: its rate in Hz, its unit, and which stream of several; None where not stated."""

    sample_rate_hz: float | None = None
    unit: str | None = None
    stream: str | None = None


@dataclass(frozen=True, eq=False)
class Stored:
    """What the reader of one format finds in a file, before anything is settled that the file does not state.

    Parameters
    ----------
    names : tuple of str
        Channel names as the file has them.
    kinds : tuple
        Kind of each channel; None where the file states none.
    sample_rate_hz : float
        Samples a second.
    segments : tuple of Segment
        Stretches without a gap, in time order.
    load : callable
        Gives stored samples in microvolts, or in the file's own counts where `calibrated` is False.
    calibrated : bool
        False where no unit of voltage is known.
    start : datetime, optional
        When the first sample was taken.
    events : tuple of Event
        Notes in the file.
    positions_mm : Floats, optional
        Shape ``(channels, 3)``; MNI space.
    warnings : tuple of str
        What was assumed or mended.
    """

    names: tuple[str, ...]
    kinds: tuple[ChannelKind | None, ...]
    sample_rate_hz: float
    segments: tuple[Segment, ...]
    load: Load
    calibrated: bool = True
    start: datetime | None = None
    events: tuple[Event, ...] = ()
    positions_mm: Floats | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SignalFile:
    """An opened file: all that a Recording says of itself, with samples that are read when asked for.

    Parameters
    ----------
    path : Path
        The file.
    stored : Stored
        What its reader found.
    places : tuple of int
        Which stored channels are chosen.
    kinds : tuple
        Kind of each chosen channel.
    samples : int
        Length on the recording's clock, gaps included.
    recorded : {"scalp", "intracranial", "source"}, optional
        The site; None where nobody stated it.
    simulated : bool
        True for a signal that no person gave.
    warnings : tuple of str
        What was assumed or mended, one sentence each.
    """

    path: Path
    stored: Stored
    places: tuple[int, ...]
    kinds: tuple[ChannelKind, ...]
    samples: int
    recorded: Site | None = None
    simulated: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the chosen channels."""
        return tuple(self.stored.names[place] for place in self.places)

    @property
    def sample_rate_hz(self) -> float:
        """Samples a second."""
        return self.stored.sample_rate_hz

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the end of the last, gaps included."""
        return self.samples / self.sample_rate_hz

    @property
    def calibrated(self) -> bool:
        """False where no unit of voltage is known, so that the numbers are the file's own counts."""
        return self.stored.calibrated

    @property
    def start(self) -> datetime | None:
        """When the first sample was taken, by the file's clock; None where it does not say."""
        return self.stored.start

    @property
    def events(self) -> tuple[Event, ...]:
        """Notes in the file."""
        return self.stored.events

    @property
    def positions_mm(self) -> Floats | None:
        """Positions of the chosen channels in MNI space, shape ``(channels, 3)``; None where the file has none."""
        found = self.stored.positions_mm
        return None if found is None else found[list(self.places)]

    def load(self, first_stored: int, past_stored: int) -> Floats32:
        """Read stored samples of the chosen channels, shape ``(channels, samples)``; microvolts where calibrated."""
        return self.stored.load(self.places, first_stored, past_stored)

    def read(self) -> Recording:
        """Read the whole into memory, with NaN where every channel is missing.

        Raises
        ------
        InputError
            If the whole is too large for that.
        """
        needed = 4 * len(self.places) * self.samples
        if needed > WHOLE_LIMIT_BYTES:
            raise InputError(f"{self.file} would fill {needed / 1e9:.1f} GB of memory: read it in packets instead.")
        whole = np.full((len(self.places), self.samples), np.nan, dtype=np.float32)
        for first, block in self.blocks(max(1, round(BLOCK_S * self.sample_rate_hz))):
            whole[:, first : first + block.shape[1]] = block
        return self._recording(whole)

    def blocks(self, length: int) -> Iterator[tuple[int, Floats32]]:
        """Read the file in blocks of at most `length` samples, each with its place on the clock."""
        for piece in self.stored.segments:
            for offset in range(0, piece.samples, length):
                begin = piece.first_stored + offset
                end = min(begin + length, piece.first_stored + piece.samples)
                yield piece.first_sample + offset, self.load(begin, end)

    def _recording(self, samples_uv: Floats32) -> Recording:
        return Recording(
            samples_uv,
            self.sample_rate_hz,
            self.names,
            self.kinds,
            recorded=self.recorded,
            simulated=self.simulated,
            positions_mm=self.positions_mm,
            start=self.start,
            events=self.events,
            file=self.file,
            calibrated=self.calibrated,
            warnings=self.warnings,
        )


def one_segment(samples: int) -> tuple[Segment, ...]:
    """Give the segments of a file without a gap."""
    return (Segment(0, 0, samples),)


def cut_segments(samples: int, cuts: dict[int, int]) -> tuple[Segment, ...]:
    """Cut stored samples where the file says that it was interrupted.

    Parameters
    ----------
    samples : int
        Stored samples.
    cuts : dict
        By the stored sample that follows an interruption: how many samples are missing there.

    Returns
    -------
    tuple of Segment
        The stretches between the cuts.
    """
    places = sorted(place for place in cuts if 0 < place < samples)
    edges = [0, *places, samples]
    missing = 0
    found = []
    for begin, end in pairwise(edges):
        missing += cuts[begin] if begin else 0
        found.append(Segment(begin + missing, begin, end - begin))
    return tuple(found)


def shortened(segments: tuple[Segment, ...], fewer: int) -> tuple[Segment, ...]:
    """Take `fewer` samples off the end of the last segment."""
    return (*segments[:-1], replace(segments[-1], samples=segments[-1].samples - fewer))
