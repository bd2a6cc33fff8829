"""A recording of a session as files that others read: EDF+ with its gaps, and BIDS events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.centre.live.segments import NOTE_KIND, SAMPLES_KIND, STREAM_KIND, Block, Frame, read_log, unpacked
from limen.quantities import Floats32, InputError

#: Seconds of one record of the file (ours): the end of a stretch is padded with its last value until a record is full,
#: and so is a gap that is shorter than this padding. The table of events says where gaps are.
RECORD_S: Final = 0.1
DIGITAL: Final = (-32_768, 32_767)
NOTE_BYTES: Final = 60
EVENT_COLUMNS: Final = ("onset", "duration", "trial_type", "value")
UNKNOWN: Final = "n/a"
TIME_COLUMN: Final = "time_s"
LEAST_UV: Final = 1.0
#: What the eight letters of the header hold with a sign.
MOST_UV: Final = 9_999_999.0
HEADER: Final = (
    ("label", 16), ("transducer", 80), ("unit", 8), ("lowest", 8), ("highest", 8), ("digital_lowest", 8),
    ("digital_highest", 8), ("filtering", 80), ("samples", 8), ("reserved", 32),
)  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """A part of a recording: what the stream is, its blocks, its notes, and the wall time of its first sample."""

    stream: Mapping[str, Any]
    blocks: tuple[Block, ...]
    notes: tuple[Mapping[str, Any], ...]
    begin_s: float

    @property
    def rate_hz(self) -> float:
        """Samples a second."""
        return float(self.stream["sample_rate_hz"])


def cut_out(folder: Path, begin_s: float, end_s: float) -> Cut:
    """Give what was recorded between two wall times, Unix seconds; raises InputError where nothing was."""
    stream: Mapping[str, Any] = {}
    newest: Mapping[str, Any] = {}
    kept: list[tuple[Frame, Block]] = []
    notes = []
    for frame in read_log(folder, begin_s, end_s):
        if frame.kind == STREAM_KIND:
            newest = frame.words()
        if not begin_s <= frame.time_s <= end_s:
            continue
        if frame.kind == SAMPLES_KIND:
            stream = newest if not kept else stream
            refuse_changed(stream, newest, frame.time_s)
            kept.append((frame, unpacked(frame)))
        elif frame.kind == NOTE_KIND:
            notes.append(frame.words())
    if not kept:
        raise InputError(
            f"Nothing was recorded in {folder.name} between {begin_s:.0f} and {end_s:.0f}: look at the gaps."
        )
    first, block = kept[0]
    lasted_s = block.samples_uv.shape[1] / float(stream["sample_rate_hz"])
    return Cut(stream, tuple(one for _, one in kept), tuple(notes), first.time_s - lasted_s)


def refuse_changed(stream: Mapping[str, Any], newest: Mapping[str, Any], at_s: float) -> None:
    """Refuse a stretch of time in which the stream became another one: a file holds one set of channels."""
    changed = [name for name in ("names", "sample_rate_hz") if stream.get(name) != newest.get(name)]
    if changed:
        was, now = (", ".join(map(str, listed(one[changed[0]]))) for one in (stream, newest))
        raise InputError(
            f"{changed[0]} of the signal changed at {datetime.fromtimestamp(at_s, UTC):%H:%M:%S} UTC from {was} to"
            f" {now}: take a stretch that ends before or begins after."
        )


def listed(value: Any) -> list[Any]:
    """Give a list as it is, and anything else as the one item of a list."""
    return value if isinstance(value, list) else [value]


def stretches(blocks: Sequence[Block]) -> Iterator[tuple[int, Floats32]]:
    """Yield each stretch without a gap: the place of its first sample, and shape ``(channels, samples)``."""
    together: list[Block] = []
    for block in blocks:
        if together and block.first_sample != together[-1].end:
            yield together[0].first_sample, np.concatenate([one.samples_uv for one in together], axis=1)
            together = []
        together.append(block)
    if together:
        yield together[0].first_sample, np.concatenate([one.samples_uv for one in together], axis=1)


def whole_records(blocks: Sequence[Block], length: int) -> Iterator[tuple[int, Floats32]]:
    """Yield stretches that fill whole records: a gap shorter than the padding before it is filled as well."""
    begin, parts = 0, list[Floats32]()
    for place, samples in stretches(blocks):
        held = sum(part.shape[1] for part in parts)
        gap = place - begin - held
        if parts and gap >= -held % length:
            yield begin, lengthened(np.concatenate(parts, axis=1), -held % length)
            parts = []
        elif parts:
            parts[-1] = lengthened(parts[-1], gap)
        begin = begin if parts else place
        parts.append(samples)
    whole = np.concatenate(parts, axis=1)
    yield begin, lengthened(whole, -whole.shape[1] % length)


def lengthened(samples_uv: Floats32, more: int) -> Floats32:
    """Give samples with the last value of each channel going on for some more."""
    found: Floats32 = np.pad(samples_uv, ((0, 0), (0, more)), mode="edge")
    return found


def edf_bytes(cut: Cut) -> bytes:
    """Give a recording as EDF+; with gaps it is of the discontinuous kind, and every record says when it begins.

    Raises
    ------
    InputError
        Where a value is larger than the header of such a file can say.
    """
    length = round(RECORD_S * cut.rate_hz)
    if abs(length - RECORD_S * cut.rate_hz) > 1e-9:  # noqa: PLR2004 - rounding of floats
        length = round(cut.rate_hz)
    record_s = length / cut.rate_hz
    whole = np.concatenate([one.samples_uv for one in cut.blocks], axis=1)
    most = np.maximum(np.ceil(np.nanmax(np.abs(whole), axis=1, initial=LEAST_UV)), LEAST_UV)
    refuse_too_large(cut, most)
    first = cut.blocks[0].first_sample
    records, gaps = [], -1
    for place, samples in whole_records(cut.blocks, length):
        gaps += 1
        digital = digits(samples, most)
        for k in range(samples.shape[1] // length):
            onset_s = (place - first) / cut.rate_hz + k * record_s
            records.append(digital[:, k * length : (k + 1) * length].tobytes() + onset(onset_s))
    return header(cut, most, len(records), record_s, length, broken=gaps > 0) + b"".join(records)


def refuse_too_large(cut: Cut, most_uv: np.ndarray[Any, np.dtype[Any]]) -> None:
    """Refuse values whose limit the header has no room for: it would be cut, and every value read wrongly."""
    for name, most in zip(cut.stream["names"], most_uv, strict=True):
        if most > MOST_UV:
            raise InputError(
                f"Channel {name} reaches {most:.3g}, and an EDF+ holds no more than {MOST_UV:.0f}: take the Parquet."
            )


def digits(samples_uv: Floats32, most_uv: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Give samples as the file's whole numbers, shape ``(channels, samples)``."""
    low, high = DIGITAL
    scaled = (samples_uv + most_uv[:, None]) * ((high - low) / (2 * most_uv[:, None])) + low
    found: np.ndarray[Any, np.dtype[np.int16]] = np.clip(np.rint(np.nan_to_num(scaled)), low, high).astype("<i2")
    return found


def onset(seconds: float) -> bytes:
    """Give the annotation that says when a record begins."""
    return f"+{seconds:.6f}\x14\x14\x00".encode().ljust(NOTE_BYTES, b"\x00")


def header(
    cut: Cut, most_uv: np.ndarray[Any, np.dtype[Any]], records: int, record_s: float, length: int, *, broken: bool
) -> bytes:
    """Give the header: no name and no birth date, only when it began."""
    begun = datetime.fromtimestamp(cut.begin_s, UTC)
    names = list(cut.stream["names"])
    signals = [
        {"label": name, "unit": "uV" if cut.stream.get("calibrated", True) else "", "lowest": f"{-most:.0f}",
         "highest": f"{most:.0f}", "samples": str(length)}
        for name, most in zip(names, most_uv, strict=True)
    ]  # fmt: skip
    signals.append({"label": "EDF Annotations", "lowest": "-1", "highest": "1", "samples": str(NOTE_BYTES // 2)})
    fixed = [
        ("0", 8), ("X X X X", 80), (f"Startdate {f'{begun:%d-%b-%Y}'.upper()} X X X", 80),
        (f"{begun:%d.%m.%y}", 8), (f"{begun:%H.%M.%S}", 8), (str(256 * (len(signals) + 1)), 8),
        ("EDF+D" if broken else "EDF+C", 44), (str(records), 8), (f"{record_s:g}", 8), (str(len(signals)), 4),
    ]  # fmt: skip
    low, high = DIGITAL
    usual = {"digital_lowest": str(low), "digital_highest": str(high)}
    parts = [text.ljust(size) for text, size in fixed]
    parts += [(usual | one).get(name, "").ljust(size)[:size] for name, size in HEADER for one in signals]
    return "".join(parts).encode("ascii", "replace")


def parquet_bytes(cut: Cut) -> bytes:
    """Give a recording as Parquet: seconds from the first sample, and a column of microvolts for each channel.

    Gaps are rows that are not there; what the stream is stands in the metadata.

    Raises
    ------
    InputError
        Where pyarrow is not installed.
    """
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise InputError(
            'Parquet needs the package pyarrow: install it with pip install "limen[trials]", or take the EDF+.'
        ) from None
    first = cut.blocks[0].first_sample
    places = np.concatenate([np.arange(one.first_sample, one.end) for one in cut.blocks])
    whole = np.concatenate([one.samples_uv for one in cut.blocks], axis=1)
    about = {"sample_rate_hz": cut.rate_hz, "begin_unix_s": round(cut.begin_s, 6), "kinds": list(cut.stream["kinds"]),
             "unit": "uV" if cut.stream.get("calibrated", True) else "unknown"}  # fmt: skip
    columns = {TIME_COLUMN: (places - first) / cut.rate_hz, **dict(zip(cut.stream["names"], whole, strict=True))}
    table = arrow.table(columns).replace_schema_metadata({"limen": json.dumps(about)})
    sink = arrow.BufferOutputStream()
    parquet.write_table(table, sink)
    return bytes(sink.getvalue())


def events_tsv(cut: Cut, events: Sequence[tuple[float, str, str]]) -> str:
    """Give the table of events: gaps of the signal, and what was entered; seconds from the first sample.

    Parameters
    ----------
    cut : Cut
        The recording.
    events : sequence of (float, str, str)
        Wall time in Unix seconds, kind, value.
    """
    rows = [(at_s - cut.begin_s, UNKNOWN, kind, value) for at_s, kind, value in events]
    first = cut.blocks[0].first_sample
    rows += [
        ((note["begin_sample"] - first) / cut.rate_hz, f"{note['seconds']:.3f}", "gap", UNKNOWN)
        for note in cut.notes
        if note.get("what") == "gap"
    ]
    lines = ["\t".join(EVENT_COLUMNS)]
    for at_s, lasted, kind, value in sorted(rows, key=lambda row: row[0]):
        plain = " ".join(value.split()) or UNKNOWN
        lines.append(f"{at_s:.3f}\t{lasted}\t{kind}\t{plain}")
    return "\n".join(lines) + "\n"
