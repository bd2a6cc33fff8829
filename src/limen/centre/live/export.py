"""A recording of a session as files that others read: EDF+ with its gaps, and BIDS events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.centre.live.segments import NOTE_KIND, SAMPLES_KIND, STREAM_KIND, Block, Frame, read_log, unpacked
from limen.quantities import Floats32, InputError

#: Seconds of one record of the file (ours): what is shorter than that at the end of a stretch is padded with its last
#: value, and the table of events says so.
RECORD_S: Final = 0.1
DIGITAL: Final = (-32_768, 32_767)
NOTE_BYTES: Final = 60
EVENT_COLUMNS: Final = ("onset", "duration", "trial_type", "value")
UNKNOWN: Final = "n/a"
TIME_COLUMN: Final = "time_s"
LEAST_UV: Final = 1.0
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
    kept: list[tuple[Frame, Block]] = []
    notes = []
    for frame in read_log(folder, begin_s, end_s):
        if frame.kind == STREAM_KIND and not kept:
            stream = frame.words()
        if not begin_s <= frame.time_s <= end_s:
            continue
        if frame.kind == SAMPLES_KIND:
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


def edf_bytes(cut: Cut) -> bytes:
    """Give a recording as EDF+; with gaps it is of the discontinuous kind, and every record says when it begins."""
    length = round(RECORD_S * cut.rate_hz)
    if abs(length - RECORD_S * cut.rate_hz) > 1e-9:  # noqa: PLR2004 - rounding of floats
        length = round(cut.rate_hz)
    record_s = length / cut.rate_hz
    whole = np.concatenate([one.samples_uv for one in cut.blocks], axis=1)
    most = np.maximum(np.ceil(np.nanmax(np.abs(whole), axis=1, initial=LEAST_UV)), LEAST_UV)
    first = cut.blocks[0].first_sample
    records, gaps = [], -1
    for place, samples in stretches(cut.blocks):
        gaps += 1
        count = math.ceil(samples.shape[1] / length)
        padded = np.pad(samples, ((0, 0), (0, count * length - samples.shape[1])), mode="edge")
        digital = digits(padded, most)
        for k in range(count):
            onset_s = (place - first) / cut.rate_hz + k * record_s
            records.append(digital[:, k * length : (k + 1) * length].tobytes() + onset(onset_s))
    return header(cut, most, len(records), record_s, length, broken=gaps > 0) + b"".join(records)


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
