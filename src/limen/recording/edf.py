"""EDF, EDF+ (also discontinuous), BDF and BDF+ files, read record by record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from limen.quantities import ChannelKind, Event, Floats32, InputError, Integers
from limen.recording.channels import asked_unit, bare, kind_by_name, kind_in_label, microvolts_in
from limen.recording.edf_header import Header, Signal, read_header
from limen.recording.signal_file import Asked, Segment, Stored, one_segment

#: The trigger word of a BDF Status value; the bits above it tell of the amplifier (BioSemi).
STATUS_MASK: Final = 0xFFFF
TWENTY_FOUR_BITS: Final = 3


def read_edf(path: Path, asked: Asked, channels: Sequence[str] | None = None) -> Stored:
    """Open an EDF or BDF file.

    Parameters
    ----------
    path : Path
        The file.
    asked : Asked
        The unit that the user states is taken where the file states none.
    channels : sequence of str, optional
        Channels that the user chose; they settle which rate is read where there are several.

    Returns
    -------
    Stored
        Its signals of one sample rate.

    Raises
    ------
    InputError
        If the header is damaged or lies, or channels of several rates were asked for.
    """
    header = read_header(path)
    data = [place for place, signal in enumerate(header.signals) if not signal.annotates and signal.samples]
    if not data:
        raise InputError(f"{path.name} holds notes only, in {len(header.signals)} signals: it has no channel.")
    if not header.record_s > 0:
        raise InputError(f"A record of {path.name} lasts {header.record_s:g} s by its header: ask for a sound copy.")
    places = _of_one_rate(header, data, channels, path.name)
    units = [_microvolts(header.signals[place], asked, path.name) for place in places]
    stamps, events = _notes(path, header)
    signals = [header.signals[place] for place in places]
    return Stored(
        names=tuple(signal.label for signal in signals),
        kinds=tuple(_kind(signal) for signal in signals),
        sample_rate_hz=signals[0].samples / header.record_s,
        segments=_segments(header, signals[0].samples, stamps, path.name),
        load=_Records(path, header, tuple(places), tuple(1.0 if unit is None else unit for unit in units)).load,
        calibrated=any(unit is not None for unit in units),
        start=header.start,
        events=events,
        warnings=header.warnings + _unknown_units(signals, units),
    )


def _of_one_rate(header: Header, data: list[int], channels: Sequence[str] | None, file: str) -> list[int]:
    """Give the signals of the one rate; where there are several, the user's channels must settle which."""
    by_rate = Counter(header.signals[place].samples for place in data)
    if channels is not None:
        wanted = {bare(name) for name in channels}
        chosen = {header.signals[place].samples for place in data if bare(header.signals[place].label) in wanted}
        by_rate = Counter({samples: by_rate[samples] for samples in chosen}) or by_rate
    if len(by_rate) > 1:
        says = ", ".join(f"{count} at {samples / header.record_s:g} Hz" for samples, count in by_rate.items())
        raise InputError(f"The channels of {file} have several sample rates ({says}): choose channels of one rate.")
    samples = next(iter(by_rate))
    return [place for place in data if header.signals[place].samples == samples]


def _microvolts(signal: Signal, asked: Asked, file: str) -> float | None:
    own, stated = microvolts_in(signal.unit), asked_unit(asked.unit) if asked.unit else None
    if own is not None and asked.unit and stated != own:
        raise InputError(f"{file} is in {signal.unit} by its own account, not in {asked.unit}: leave the unit out.")
    return own if signal.unit else stated


def _kind(signal: Signal) -> ChannelKind | None:
    kind = kind_in_label(signal.label)
    if kind is None and signal.unit and microvolts_in(signal.unit) is None:
        return "trigger" if kind_by_name(signal.label) == "trigger" else "misc"
    return kind


def _unknown_units(signals: list[Signal], units: list[float | None]) -> tuple[str, ...]:
    without = [s.label for s, unit in zip(signals, units, strict=True) if unit is None and not s.unit]
    return (f"No unit is stated for {', '.join(without)}: the numbers are as the file has them.",) if without else ()


@dataclass(frozen=True)
class _Records:
    """The records of a file: which signals are data, and the microvolts in one of their units."""

    path: Path
    header: Header
    places: tuple[int, ...]
    microvolts: tuple[float, ...]

    def load(self, channels: tuple[int, ...], first: int, past: int) -> Floats32:
        """Read samples ``first`` to ``past`` of some channels, shape ``(channels, samples)``; microvolts."""
        length = self.header.signals[self.places[0]].samples
        first_record = first // length
        raw = self._raw(first_record, -(-past // length))
        found = np.empty((len(channels), past - first), dtype=np.float32)
        skip = first - first_record * length
        for row, channel in enumerate(channels):
            begin = self.header.begins(self.places[channel])
            digital = self._digital(raw[:, begin : begin + length]).reshape(-1)[skip : skip + past - first]
            found[row] = self._scaled(digital, channel)
        return found

    def _raw(self, first: int, past: int) -> npt.NDArray[np.generic]:
        """Read records as they are: int16 values, or three bytes a value."""
        width = self.header.record_samples
        record_bytes = width * self.header.value_bytes
        begin = self.header.data_begins + first * record_bytes
        if self.header.value_bytes == TWENTY_FOUR_BITS:
            flat = np.fromfile(self.path, dtype=np.uint8, count=(past - first) * record_bytes, offset=begin)
            return flat.reshape(past - first, width, TWENTY_FOUR_BITS)
        return np.fromfile(self.path, dtype="<i2", count=(past - first) * width, offset=begin).reshape(-1, width)

    def _digital(self, raw: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        if self.header.value_bytes != TWENTY_FOUR_BITS:
            return raw
        wide = raw.astype(np.int32)
        return wide[..., 0] | (wide[..., 1] << 8) | (raw[..., 2].astype(np.int8).astype(np.int32) << 16)

    def _scaled(self, digital: npt.NDArray[np.generic], channel: int) -> npt.NDArray[np.generic]:
        signal = self.header.signals[self.places[channel]]
        if self.header.value_bytes == TWENTY_FOUR_BITS and signal.label == "Status":
            return digital.astype(np.int32) & STATUS_MASK
        factor = self.microvolts[channel]
        return np.asarray(digital, dtype=np.float64) * (signal.gain * factor) + signal.offset * factor


def _segments(header: Header, length: int, stamps: list[float], file: str) -> tuple[Segment, ...]:
    """Place every record by its time stamp where the file is discontinuous."""
    if not header.discontinuous or len(stamps) != header.records:
        return one_segment(header.records * length)
    rate_hz = length / header.record_s
    firsts: Integers = np.rint((np.array(stamps) - stamps[0]) * rate_hz).astype(np.int64)
    steps = np.diff(firsts) - length
    if np.any(steps < -1):
        raise InputError(f"Record {int(np.argmax(steps < -1)) + 2} of {file} begins before the one before it ends.")
    breaks = [0, *(np.flatnonzero(steps > 1) + 1).tolist(), header.records]
    return tuple(Segment(int(firsts[begin]), begin * length, (end - begin) * length) for begin, end in pairwise(breaks))


def _notes(path: Path, header: Header) -> tuple[list[float], tuple[Event, ...]]:
    """Read the time stamp of every record and the notes, with onsets from the first sample."""
    places = [place for place, signal in enumerate(header.signals) if signal.annotates]
    stamps: list[float] = []
    found: list[tuple[float, float, str]] = []
    for raw in _note_bytes(path, header, places[:1]):
        first, *notes = _lists(raw) or [(None, 0.0, "")]
        if first[0] is not None:
            stamps.append(first[0])
        found += [(onset_s, lasts_s, text) for onset_s, lasts_s, text in notes if onset_s is not None and text]
    for raw in _note_bytes(path, header, places[1:]):
        found += [(onset_s, lasts_s, text) for onset_s, lasts_s, text in _lists(raw) if onset_s is not None and text]
    begin_s = stamps[0] if stamps else 0.0
    return stamps, tuple(Event(onset_s - begin_s, lasts_s, text) for onset_s, lasts_s, text in sorted(found))


def _note_bytes(path: Path, header: Header, places: list[int]) -> list[bytes]:
    spans = [
        (header.begins(place) * header.value_bytes, header.signals[place].samples * header.value_bytes)
        for place in places
    ]
    found = []
    with path.open("rb") as file:
        for record in range(header.records if spans else 0):
            for begin, size in spans:
                file.seek(header.data_begins + record * header.record_samples * header.value_bytes + begin)
                found.append(file.read(size))
    return found


def _lists(raw: bytes) -> list[tuple[float | None, float, str]]:
    """Read the time-stamped annotation lists of one record: onset and duration in seconds, and the text."""
    found = []
    for entry in raw.split(b"\0"):
        when, *texts = entry.split(b"\x14")
        onset, _, lasts = when.partition(b"\x15")
        if texts:
            found += [(_seconds(onset), _seconds(lasts) or 0.0, _text(text)) for text in texts[:-1] or [b""]]
    return found


def _seconds(raw: bytes) -> float | None:
    try:
        return float(raw)
    except ValueError:
        return None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace").strip()
