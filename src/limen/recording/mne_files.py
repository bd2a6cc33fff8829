"""BrainVision, FIF and EEGLAB files, through MNE-Python, which is imported here and nowhere else in the room."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import ChannelKind, Event, Floats, Floats32, InputError
from limen.recording.arrays import first_line, microvolts
from limen.recording.signal_file import UNKNOWN_GAP_S, Asked, Segment, Stored, cut_segments

#: Names of MNE's channel types that say what a channel records; `eeg` is also its word for "not stated".
KINDS: Final[Mapping[str, ChannelKind]] = {
    "eeg": "eeg", "seeg": "seeg", "ecog": "ecog", "dbs": "lfp", "eog": "eog", "ecg": "ecg", "emg": "emg",
    "stim": "trigger",
}  # fmt: skip
#: Lines of a BrainVision header that tell the size of the data, and the bytes of a value.
HEADER_LINE: Final = re.compile(r"^(DataFile|BinaryFormat|NumberOfChannels|DataPoints)=(.*)$", re.MULTILINE)
VALUE_BYTES: Final = {"INT_16": 2, "UINT_16": 2, "INT_32": 4, "IEEE_FLOAT_32": 4}
#: FIF's number for the unit volt.
VOLT: Final = 107
#: Notes at which a file was interrupted: EEGLAB, BrainVision, files put together by MNE.
CUT_NOTES: Final = ("boundary", "New Segment/", "BAD boundary", "EDGE boundary")
#: The note over samples that FIF holds as zeros because nothing was recorded.
SKIP_NOTE: Final = "BAD_ACQ_SKIP"
#: A placeholder of an anonymous file is earlier (ours; see edf_header).
FIRST_YEAR: Final = 1970


def read_brainvision(path: Path, asked: Asked) -> Stored:
    """Open a BrainVision header with the data and the markers that it names; data that are cut short are refused."""
    _check_size(path)
    return _stored(_open("brainvision", path), path, asked, kinds_stated=False)


def _check_size(path: Path) -> None:
    """Hold the size of the data file against the header: whole samples, and as many as it says."""
    said = dict(HEADER_LINE.findall(path.read_text(encoding="utf-8", errors="replace")))
    data = path.parent / said.get("DataFile", "").strip().replace("$b", path.stem)
    width = VALUE_BYTES.get(said.get("BinaryFormat", "").strip(), 0) * _whole(said.get("NumberOfChannels", ""))
    if not width or not data.is_file():
        return
    samples, rest = divmod(data.stat().st_size, width)
    points = _whole(said.get("DataPoints", "")) or samples
    if rest or points != samples:
        raise InputError(
            f"{data.name} holds {samples} samples and {rest} bytes, but {path.name} says {points} whole ones:"
            " ask for the whole file."
        )


def _whole(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0


def read_eeglab(path: Path, asked: Asked) -> Stored:
    """Open an EEGLAB set, with its .fdt where it names one."""
    return _stored(_open("eeglab", path), path, asked, kinds_stated=False)


def read_fif(path: Path, asked: Asked) -> Stored:
    """Open a raw FIF file."""
    return _stored(_open("fif", path), path, asked, kinds_stated=True)


def mne() -> Any:
    """Import MNE, or say which extra brings it."""
    try:
        return import_module("mne")
    except ImportError:
        raise InputError(
            "BrainVision, FIF and EEGLAB files are read by the package mne, which is missing:"
            ' install it with pip install "limen[signals]".'
        ) from None


def _open(kind: str, path: Path) -> tuple[Any, tuple[str, ...]]:
    reader = getattr(mne().io, f"read_raw_{kind}")
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            raw = reader(path, preload=False, verbose="WARNING")
            raw.get_channel_types()  # a damaged header may show only here
    except Exception as fault:  # whatever a damaged file makes MNE raise becomes one sentence
        raise InputError(f"{path.name} cannot be read: {_said(fault)}.") from None
    return raw, tuple(f"MNE: {_said(warning.message)}." for warning in heard if isinstance(warning.message, Exception))


def _said(fault: Exception) -> str:
    return first_line(fault) if not isinstance(fault, FileNotFoundError) else f"{Path(_missing(fault)).name} is missing"


def _missing(fault: FileNotFoundError) -> str:
    return str(fault.filename or first_line(fault).split('"')[1::2] or [first_line(fault)]).strip("[]'\" ")


def _stored(opened: tuple[Any, tuple[str, ...]], path: Path, asked: Asked, *, kinds_stated: bool) -> Stored:
    raw, said = opened
    if asked.unit is not None:
        raise InputError(f"{path.name} states the unit of each channel: leave out {asked.unit!r}.")
    if raw.n_times == 0:
        raise InputError(f"{path.name} holds {len(raw.ch_names)} channels of no sample: it holds no recording.")
    if any("outside data range" in text for text in said):
        raise InputError(f"{path.name} has notes after the end of its {raw.n_times} samples: ask for the whole file.")
    volts = tuple(bool(channel["unit"] == VOLT) for channel in raw.info["chs"])
    notes = _notes(raw)
    segments, unknown = _segments(int(raw.n_times), float(raw.info["sfreq"]), notes)
    says = (f"{unknown} breaks of unknown length count as {UNKNOWN_GAP_S:g} s each.",) if unknown else ()
    return Stored(
        names=tuple(str(name) for name in raw.ch_names),
        kinds=tuple(_kind(word, kinds_stated) for word in raw.get_channel_types()),
        sample_rate_hz=float(raw.info["sfreq"]),
        segments=segments,
        load=_Raw(path.name, raw, tuple(1e6 if volt else 1.0 for volt in volts)).load,
        start=_start(raw.info["meas_date"]),
        events=_events(notes, segments, float(raw.info["sfreq"])),
        warnings=said + says,
    )


def _kind(word: str, kinds_stated: bool) -> ChannelKind | None:  # noqa: FBT001 - two readers, one rule
    return None if word == "eeg" and not kinds_stated else KINDS.get(word, "misc")


def _start(moment: datetime | None) -> datetime | None:
    return None if moment is None or moment.year < FIRST_YEAR else moment


@dataclass(frozen=True)
class _Raw:
    """An opened file of MNE and the factor of each channel."""

    file: str
    raw: Any
    factors: tuple[float, ...]

    def load(self, channels: tuple[int, ...], first: int, past: int) -> Floats32:
        """Read samples ``first`` to ``past`` of some channels, shape ``(channels, samples)``; microvolts."""
        try:
            found = self.raw.get_data(picks=list(channels), start=first, stop=past, verbose="ERROR")
        except Exception:  # whatever a damaged file makes MNE raise becomes one sentence
            raise InputError(
                f"{self.file} cannot be read at sample {first}: its data are cut short or damaged, ask for the whole."
            ) from None
        factors: Floats = np.array([self.factors[channel] for channel in channels])
        return microvolts(found, factors[:, np.newaxis])


@dataclass(frozen=True)
class _Note:
    """A note at a stored sample, with its length in seconds."""

    stored: int
    lasts_s: float
    text: str


def _notes(raw: Any) -> list[_Note]:
    found = raw.annotations
    before_s = raw.first_samp / raw.info["sfreq"]
    return [
        _Note(round((float(onset_s) - before_s) * raw.info["sfreq"]), float(lasts_s), str(text))
        for onset_s, lasts_s, text in zip(found.onset, found.duration, found.description, strict=True)
    ]


def _segments(samples: int, rate_hz: float, notes: Sequence[_Note]) -> tuple[tuple[Segment, ...], int]:
    """Give the stretches without a gap, and how many breaks have no known length."""
    skips = [note for note in notes if note.text == SKIP_NOTE]
    if skips:
        return _without(samples, [(note.stored, note.stored + round(note.lasts_s * rate_hz)) for note in skips]), 0
    cuts: dict[int, int] = {}
    unknown = 0
    for note in notes:
        if 0 < note.stored < samples and note.text.startswith(CUT_NOTES):
            known = note.text == "boundary" and note.lasts_s > 0
            cuts[note.stored] = max(1, round((note.lasts_s if known else UNKNOWN_GAP_S) * rate_hz))
            unknown += not known
    return cut_segments(samples, cuts), min(unknown, len(cuts))


def _without(samples: int, skips: list[tuple[int, int]]) -> tuple[Segment, ...]:
    """Give the stretches of an even clock outside the skipped ones."""
    found = []
    begin = 0
    for skip, past in [*sorted(skips), (samples, samples)]:
        if skip > begin:
            found.append(Segment(begin, begin, skip - begin))
        begin = max(begin, past)
    return tuple(found)


def _events(notes: Sequence[_Note], segments: tuple[Segment, ...], rate_hz: float) -> tuple[Event, ...]:
    """Move notes from the stored samples onto the recording's clock, gaps counted."""
    return tuple(Event(_clock(note.stored, segments) / rate_hz, note.lasts_s, note.text) for note in notes)


def _clock(stored: int, segments: tuple[Segment, ...]) -> int:
    piece = next((piece for piece in reversed(segments) if piece.first_stored <= stored), segments[0])
    return stored - piece.first_stored + piece.first_sample
