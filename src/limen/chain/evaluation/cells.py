"""The cells of an event table: which line and column they stand in, and how they are read."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limen.quantities import InputError

MISSING: Final = ("", ".")
REMARK: Final = "#"
KNOWN_COLUMNS: Final = (
    *("ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT", "II", "ADDL", "SS", "OCC", "DV", "DVID", "MDV", "BLQ", "LLOQ"),
    *("SAMPLED", "ENANTIOMER", "BASIS", "DEVICE", "ROUTE", "DRUG", "WT", "AGE", "SEX", "ASIAN", "JAPANESE"),
)
NEEDED_COLUMNS: Final = ("ID", "TIME", "DV")


@dataclass(frozen=True)
class Row:
    """One line of the file.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    line : int
        Line of the file, counted from 1.
    cells : Mapping[str, str]
        Text by column, in capitals; what is missing is left out.
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def fault(self, column: str, says: str) -> InputError:
        """Give the error about one cell: place, value, what is wrong, way out."""
        got = repr(self.cells[column][:60]) if column in self.cells else "nothing"
        return InputError(f"Line {self.line} of {self.file}, column {column}, holds {got}: {says}.")

    def number(self, column: str) -> float | None:
        """Read a finite number, None where it is missing; raises InputError for anything else."""
        if column not in self.cells:
            return None
        try:
            value = float(self.cells[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.fault(column, "give a plain number, or . where it is missing")
        return value

    def at_least(self, column: str, low: float, otherwise: float) -> float:
        """Read a number of `low` or more, `otherwise` where it is missing."""
        value = self.number(column)
        if value is not None and value < low:
            raise self.fault(column, f"give {low:g} or more, or . where it is missing")
        return otherwise if value is None else value

    def whole(self, column: str, known: tuple[int, ...]) -> int | None:
        """Read one of some whole numbers, None where it is missing."""
        value = self.number(column)
        if value is not None and value not in known:
            raise self.fault(column, f"use {' or '.join(str(one) for one in known)}")
        return None if value is None else int(value)

    def word(self, column: str, known: Mapping[str, str]) -> str | None:
        """Read one of some words, whatever its capitals, and give what it stands for; None where it is missing."""
        if column not in self.cells:
            return None
        text = self.cells[column].casefold()
        if text not in known:
            raise self.fault(column, f"use {', '.join(known)}")
        return known[text]


@dataclass(frozen=True)
class Sheet:
    """A file cut into cells: its rows in order, the columns that nothing here reads, and its remarks."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]
    remarks: tuple[str, ...]


def read_rows(path: Path) -> Sheet:
    """Read the lines of a file.

    Parameters
    ----------
    path : Path
        Comma-separated text with a line of column names; lines that begin with # are remarks.

    Returns
    -------
    Sheet

    Raises
    ------
    InputError
        If it is no such file, a column is missing or named twice, or a line has too many or too few cells.
    """
    texts = _texts(path)
    lines = [(index, _cells(path.name, text)) for index, text in enumerate(texts, start=1) if _says_something(text)]
    if not lines:
        raise InputError(f"{path.name} holds no line: give one line of column names and then one a dose or sample.")
    columns = tuple(name.strip().upper() for name in lines[0][1])
    _check_columns(path.name, columns)
    rows = tuple(_row(path.name, line, columns, cells) for line, cells in lines[1:])
    if not rows:
        raise InputError(f"{path.name} holds column names and nothing below them: give one line a dose or sample.")
    remarks = tuple(text.lstrip("# ").rstrip() for text in texts if text.lstrip().startswith(REMARK))
    return Sheet(rows, tuple(name for name in columns if name not in KNOWN_COLUMNS), remarks)


def _texts(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        raise InputError(
            f"{path.name} is not UTF-8 text (byte {fault.start} cannot be read): save it as comma-separated UTF-8."
        ) from None


def _cells(file: str, text: str) -> list[str]:
    """Cut one line; line by line, so that the number of a cell's line is the one an editor shows."""
    try:
        return next(csv.reader([text]), [])
    except csv.Error as fault:
        raise InputError(f"{file} is no comma-separated text ({fault}): save it as one.") from None


def _says_something(text: str) -> bool:
    return bool(text.replace(",", "").strip()) and not text.lstrip().startswith(REMARK)


def _check_columns(file: str, columns: tuple[str, ...]) -> None:
    if len(columns) == 1:
        raise InputError(f"The column names of {file} are one cell, {columns[0][:60]!r}: separate the cells by commas.")
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise InputError(f"The column {twice[0]!r} stands twice in {file}: leave one of them out.")
    lacking = [name for name in NEEDED_COLUMNS if name not in columns]
    if lacking:
        raise InputError(f"The file {file} has no column {lacking[0]}: it needs {', '.join(NEEDED_COLUMNS)} and AMT.")


def _row(file: str, line: int, columns: tuple[str, ...], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        raise InputError(
            f"Line {line} of {file} has {len(cells)} cells for {len(columns)} columns: give one each, . for missing."
        )
    named = zip(columns, (cell.strip() for cell in cells), strict=True)
    return Row(file, line, {name: cell for name, cell in named if cell not in MISSING})
