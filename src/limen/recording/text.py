"""Text files: one sample a line, one channel a column, read piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from limen.quantities import Floats, InputError
from limen.recording.arrays import TIME_NAMES, clocked, stored_rows
from limen.recording.signal_file import Asked, Stored

#: Lines parsed at a time (ours), so that only the float32 result grows with the file.
LINES_AT_A_TIME: Final = 50_000
RATE_LINE: Final = re.compile(r"sampl\w*[ _]*(?:rate|frequency)[^0-9.]*([0-9.]+)", re.IGNORECASE)
LABEL_LINE: Final = re.compile(r"labels?\W+(.+)", re.IGNORECASE)
COMMENTS: Final = ("#", "%")
TIME_UNITS: Final = {"s": 1.0, "ms": 1e-3}


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out: what its comments say, its separator, its columns and the lines before them."""

    rate_hz: float | None
    names: tuple[str, ...]
    separator: str | None
    columns: int
    skip: int

    @property
    def clock(self) -> tuple[int, float] | None:
        """The column that holds times and the seconds in its unit; None where no column is named so."""
        for place, name in enumerate(self.names):
            word, _, unit = name.lower().replace("(", "_").rstrip(")").replace(" ", "_").partition("_")
            if word in TIME_NAMES and unit.strip("_") in {"", *TIME_UNITS}:
                return place, TIME_UNITS.get(unit.strip("_"), 1.0)
        return None


def read_text(path: Path, asked: Asked) -> Stored:
    """Open a text file with one line a sample and one column a channel.

    Lines that begin with ``#`` or ``%`` are comments; one of them may say the sampling rate, another the labels. A
    line of names may come before the numbers. A column named ``time`` (seconds) or ``time_ms`` is the clock.

    Raises
    ------
    InputError
        If a cell is no number, or neither the file nor the user states rate and unit.
    """
    layout = _layout(path)
    rows, times_s = _values(path, layout)
    clock = layout.clock
    names = tuple(name for place, name in enumerate(layout.names) if clock is None or place != clock[0])
    if times_s is None:
        return stored_rows(rows, asked, path.name, names=names, rate_hz=layout.rate_hz)
    rate_hz, segments = clocked(times_s, path.name)
    return stored_rows(rows, asked, path.name, names=names, rate_hz=rate_hz, segments=segments)


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", errors="replace", newline=None)


def _layout(path: Path) -> Layout:
    rate_hz: float | None = None
    names: tuple[str, ...] = ()
    with _open(path) as file:
        for number, line in enumerate(file):
            text = line.strip()
            if text.startswith(COMMENTS):
                rate_hz, names = _comment(text, rate_hz, names)
            elif text:
                return _from_first_line(text, number, rate_hz, names)
    raise InputError(f"{path.name} holds no line of numbers: it has no sample.")


def _comment(text: str, rate_hz: float | None, names: tuple[str, ...]) -> tuple[float | None, tuple[str, ...]]:
    rate, label = RATE_LINE.search(text), LABEL_LINE.search(text)
    if rate and rate_hz is None:
        rate_hz = _number(rate[1])
    if label:
        names = tuple(part for part in re.split(r"[,;\s]+", label[1].strip("= ")) if part)
    return rate_hz, names


def _from_first_line(text: str, number: int, rate_hz: float | None, names: tuple[str, ...]) -> Layout:
    separator = next((mark for mark in ("\t", ";", ",") if mark in text), None)
    cells = [cell.strip().strip('"') for cell in text.split(separator)]
    if any(_number(cell) is None for cell in cells):
        return Layout(rate_hz, tuple(cells), separator, len(cells), number + 1)
    fits = len(names) == len(cells)
    return Layout(rate_hz, names if fits else (), separator, len(cells), number)


def _number(cell: str) -> float | None:
    try:
        return float(cell) if cell else float("nan")
    except ValueError:
        return None


def _values(path: Path, layout: Layout) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], Floats | None]:
    """Read all numbers, shape ``(channels, samples)``, and the times where a column holds them."""
    clock = layout.clock
    pieces, times = [], []
    for piece in _pieces(path, layout):
        if clock is not None:
            times.append(piece[:, clock[0]] * clock[1])
            piece = np.delete(piece, clock[0], axis=1)  # noqa: PLW2901 - the clock is no channel
        pieces.append(piece.T.astype(np.float32))
    if not pieces:
        raise InputError(f"{path.name} holds no line of numbers after its names: it has no sample.")
    rows = np.concatenate(pieces, axis=1)
    if len(rows) == 0:
        raise InputError(f"{path.name} has a column of times and none beside it: it has no channel.")
    return rows, np.concatenate(times) if times else None


def _pieces(path: Path, layout: Layout) -> Iterator[Floats]:
    with _open(path) as file:
        kept: list[list[float]] = []
        for number, line in enumerate(file):
            text = line.strip("\r\n ")
            if number < layout.skip or not text.strip() or text.startswith(COMMENTS):
                continue
            kept.append(_row(text, number + 1, layout, path.name))
            if len(kept) == LINES_AT_A_TIME:
                yield np.array(kept)
                kept = []
        if kept:
            yield np.array(kept)


def _row(text: str, line: int, layout: Layout, file: str) -> list[float]:
    cells = [cell.strip() for cell in text.split(layout.separator)]
    numbers = [_number(cell) for cell in cells]
    bad = next((cell for cell, number in zip(cells, numbers, strict=True) if number is None), None)
    if bad is not None:
        raise InputError(f"Line {line} of {file} has {bad[:30]!r}, which is no number: leave a missing value empty.")
    if len(cells) != layout.columns:
        raise InputError(f"Line {line} of {file} has {len(cells)} values, but its first has {layout.columns}: mend it.")
    return [number for number in numbers if number is not None]
