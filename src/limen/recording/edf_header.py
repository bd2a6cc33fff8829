"""The header of EDF, EDF+, BDF and BDF+ files, read strictly: a header that contradicts its file is refused.

The layout is that of the European Data Format (Kemp 1992, Kemp and Olivan 2003) and of its 24-bit sibling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from limen.quantities import InputError

Number = TypeVar("Number", int, float)

EDF_BEGINS: Final = b"0       "
BDF_BEGINS: Final = b"\xffBIOSEMI"
HEAD_BYTES: Final = 256
#: Widths of the fields of a signal, in the order in which the header has them.
WIDTHS: Final = {
    "label": 16, "transducer": 80, "unit": 8, "physical minimum": 8, "physical maximum": 8,
    "digital minimum": 8, "digital maximum": 8, "filter": 80, "samples in a record": 8, "reserved": 32,
}  # fmt: skip
#: Two-digit years from here on are of the last century (EDF+ specification).
CENTURY_TURNS: Final = 85
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: No electrode was digitised before; an earlier year is a placeholder (ours).
FIRST_YEAR: Final = 1970


@dataclass(frozen=True)
class Signal:
    """One signal of the header; `gain` and `offset` turn digital values into its unit."""

    label: str
    unit: str
    gain: float
    offset: float
    samples: int

    @property
    def annotates(self) -> bool:
        """True for the signal that carries the notes of EDF+ and BDF+."""
        return self.label in {"EDF Annotations", "BDF Annotations"}


@dataclass(frozen=True)
class Header:
    """What the header says: bytes of a value, records and their length in seconds, the signals, the start."""

    value_bytes: int
    signals: tuple[Signal, ...]
    records: int
    record_s: float
    start: datetime | None
    discontinuous: bool
    warnings: tuple[str, ...]

    @property
    def data_begins(self) -> int:
        """Bytes before the first record."""
        return HEAD_BYTES * (len(self.signals) + 1)

    @property
    def record_samples(self) -> int:
        """Values in one record, of all signals."""
        return sum(signal.samples for signal in self.signals)

    def begins(self, place: int) -> int:
        """Give the values of a record that stand before those of one signal."""
        return sum(signal.samples for signal in self.signals[:place])


def read_header(path: Path) -> Header:
    """Read and check the header of an EDF or BDF file.

    Raises
    ------
    InputError
        If a field is no number, or the header contradicts the size of the file.
    """
    with path.open("rb") as file:
        head = _Head(path.name, file.read(HEAD_BYTES))
        if len(head.raw) < HEAD_BYTES:
            raise InputError(f"{path.name} ends inside its header, at byte {len(head.raw)}: ask for a whole copy.")
        signals = _signals(head, file)
    value_bytes = 3 if head.raw[:8] == BDF_BEGINS else 2
    record_bytes = value_bytes * sum(signal.samples for signal in signals)
    if record_bytes == 0:
        raise InputError(f"{path.name} has {len(signals)} signals without a sample: it holds no recording.")
    data_bytes = path.stat().st_size - HEAD_BYTES * (len(signals) + 1)
    records, warnings = _records(head, data_bytes, record_bytes)
    record_s = head.number(float, 244, 252, "length of a record in seconds")
    return Header(value_bytes, signals, records, record_s, _start(head), head.text(192, 197)[3:] == "+D", warnings)


@dataclass(frozen=True)
class _Head:
    """The first 256 bytes of a file, with its name for errors."""

    file: str
    raw: bytes

    def text(self, begin: int, end: int) -> str:
        return self.raw[begin:end].decode("latin-1").strip()

    def number(self, kind: Callable[[str], Number], begin: int, end: int, what: str) -> Number:
        return _number(kind, self.text(begin, end), what, self.file)


def _number(kind: Callable[[str], Number], text: str, what: str, file: str) -> Number:
    try:
        return kind(text.replace(",", "."))
    except ValueError:
        raise InputError(
            f"The {what} in the header of {file} is {text[:20]!r}, which is no number: ask for an undamaged copy."
        ) from None


def _signals(head: _Head, file: BinaryIO) -> tuple[Signal, ...]:
    count = head.number(int, 252, 256, "number of signals")
    if count < 1:
        raise InputError(f"{head.file} says that it holds {count} signals: a recording needs at least one channel.")
    stated = head.number(int, 184, 192, "size of the header")
    if stated != HEAD_BYTES * (count + 1):
        raise InputError(
            f"The header of {head.file} says {stated} bytes, but {count} signals need {HEAD_BYTES * (count + 1)}:"
            " ask for an undamaged copy."
        )
    raw = file.read(HEAD_BYTES * count)
    if len(raw) < HEAD_BYTES * count:
        raise InputError(f"{head.file} ends inside its header, at byte {HEAD_BYTES + len(raw)}: ask for a whole copy.")
    columns: dict[str, list[str]] = {}
    begin = 0
    for name, width in WIDTHS.items():
        columns[name] = [_text(raw[begin + i * width : begin + (i + 1) * width]) for i in range(count)]
        begin += width * count
    return tuple(_signal({name: column[i] for name, column in columns.items()}, head.file) for i in range(count))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip(" \0")


def _signal(fields: dict[str, str], file: str) -> Signal:
    label = fields["label"]
    where = {name: f"{name} of {label!r}" for name in fields}
    low, high = (_number(float, fields[name], where[name], file) for name in ("physical minimum", "physical maximum"))
    digital_low, digital_high = (
        _number(int, fields[name], where[name], file) for name in ("digital minimum", "digital maximum")
    )
    samples = _number(int, fields["samples in a record"], where["samples in a record"], file)
    if (digital_high <= digital_low or low == high or samples < 0) and label not in {"EDF Annotations"}:
        raise InputError(
            f"The signal {label!r} of {file} has the range {low:g} to {high:g} for digital {digital_low} to"
            f" {digital_high} and {samples} samples in a record, which cannot be scaled: ask for an undamaged copy."
        )
    gain = (high - low) / max(1, digital_high - digital_low)
    return Signal(label, fields["unit"], gain, low - gain * digital_low, samples)


def _records(head: _Head, data_bytes: int, record_bytes: int) -> tuple[int, tuple[str, ...]]:
    """Settle how many records there are: as stated, or counted where the header says -1 (still being written)."""
    stated = head.number(int, 236, 244, "number of records")
    whole, rest = divmod(max(0, data_bytes), record_bytes)
    if whole == 0:
        raise InputError(f"{head.file} ends before its first record of {record_bytes} bytes: it holds no recording.")
    if stated == -1:
        left = (f"{head.file} ends inside a record: its last {rest} bytes are left out.",) if rest else ()
        return whole, (f"The header of {head.file} does not say its length: {whole} records were counted.", *left)
    if stated > whole:
        raise InputError(f"{head.file} says {stated} records but ends after {whole}: ask for the whole file.")
    if stated < whole:
        raise InputError(f"{head.file} says {stated} records but holds {whole}: ask for a copy whose header is right.")
    return whole, (f"{rest} bytes after the last record of {head.file} are left out.",) if rest else ()


def _start(head: _Head) -> datetime | None:
    """Give the start by the recorder's own clock; None for a placeholder of an anonymous file."""
    day_of = re.search(r"Startdate (\d\d)-(\w{3})-(\d{4})", head.text(88, 168))
    short = re.fullmatch(r"(\d\d)\.(\d\d)\.(\d\d)", head.text(168, 176))
    clock = re.fullmatch(r"(\d\d)[.:](\d\d)[.:](\d\d)", head.text(176, 184))
    if not clock or not (day_of or short):
        return None
    if day_of and day_of[2].upper() in MONTHS:
        day, month, year = int(day_of[1]), MONTHS.index(day_of[2].upper()) + 1, int(day_of[3])
    elif short:
        day, month, year = int(short[1]), int(short[2]), int(short[3])
        year += 1900 if year >= CENTURY_TURNS else 2000
    else:
        return None
    return _moment((year, month, day), (int(clock[1]), int(clock[2]), int(clock[3])))


def _moment(day: tuple[int, int, int], clock: tuple[int, int, int]) -> datetime | None:
    """Give the moment, or None where it cannot be one or is a placeholder: an early year, or new year at midnight."""
    if day[0] < FIRST_YEAR or (*day[1:], *clock) == (1, 1, 0, 0, 0):
        return None
    try:
        return datetime(*day, *clock)  # noqa: DTZ001 - the format has no time zone
    except ValueError:
        return None
