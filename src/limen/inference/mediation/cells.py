"""The cells of a mediation table: which line and column they stand in, and how they are read."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limen.quantities import InputError

MISSING: Final = frozenset({"", ".", "na", "n/a", "nan"})
#: Longest piece of a cell that an error repeats.
SHOWN: Final = 40


@dataclass(frozen=True)
class Line:
    """One line of the file.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    line : int
        Counted from 1, as an editor does.
    cells : Mapping[str, str]
        Text by column; what is missing is left out.
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def fault(self, column: str, says: str) -> InputError:
        """Give the error about one cell: place, value, what is wrong, way out."""
        got = repr(self.cells[column][:SHOWN]) if column in self.cells else "nothing"
        return InputError(f"Line {self.line} of {self.file}, column {column}, holds {got}: {says}.")

    def text(self, column: str) -> str:
        """Give a text that has to be there."""
        if column not in self.cells:
            raise self.fault(column, "fill it in, or leave the line out")
        return self.cells[column]

    def number(self, column: str) -> float | None:
        """Read a finite number, None where it is missing; raises InputError for anything else."""
        if column not in self.cells:
            return None
        try:
            value = float(self.cells[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.fault(column, "give a plain number, or leave the cell empty")
        return value

    def within(self, column: str, low: float, high: float) -> float | None:
        """Read a number from `low` to `high`, None where it is missing."""
        value = self.number(column)
        if value is not None and not low <= value <= high:
            raise self.fault(column, f"give a number from {low:g} to {high:g}, or leave the cell empty")
        return value

    def needed(self, column: str, low: float, high: float) -> float:
        """Read a number from `low` to `high` that has to be there."""
        value = self.within(column, low, high)
        if value is None:
            raise self.fault(column, f"give a number from {low:g} to {high:g}, or leave the line out")
        return value


def read_lines(path: Path) -> tuple[tuple[str, ...], tuple[Line, ...], tuple[str, ...]]:
    """Read a table of comma-separated text.

    Parameters
    ----------
    path : Path
        UTF-8, or else Windows-1252 or Latin-1; lines that begin with # are remarks.

    Returns
    -------
    tuple
        The columns in small letters, the lines, and what to warn of.

    Raises
    ------
    InputError
        If there is no table in it.
    """
    text, warnings = _decoded(path)
    if "\x00" in text:
        raise InputError(f"{path.name} is no text: save the table as comma-separated text.")
    try:
        rows = [
            (number, next(csv.reader([line]), []))
            for number, line in enumerate(io.StringIO(text, newline=None), start=1)
        ]
    except csv.Error as fault:
        raise InputError(f"{path.name} is no comma-separated text ({fault}): save it as one.") from None
    rows = [(number, cells) for number, cells in rows if _says_something(cells)]
    if not rows:
        raise InputError(f"{path.name} is empty: give one line of column names and then one a scored visit.")
    columns = tuple(name.strip().casefold() for name in rows[0][1])
    _check(path.name, columns)
    return columns, tuple(_line(path.name, number, columns, cells) for number, cells in rows[1:]), warnings


def _decoded(path: Path) -> tuple[str, tuple[str, ...]]:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        text, name = _anyhow(raw)
        return text, (f"{path.name} is not UTF-8 and was read as {name}: save it as UTF-8.",)


def _anyhow(raw: bytes) -> tuple[str, str]:
    """Read bytes as spreadsheets write them on Windows, or else one character a byte."""
    try:
        return raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "Latin-1"


def _says_something(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#")


def _check(file: str, columns: tuple[str, ...]) -> None:
    if len(columns) == 1:
        raise InputError(f"The first line of {file} is one cell, {columns[0][:SHOWN]!r}: separate columns by commas.")
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise InputError(f"The column {twice[0]!r} stands twice in the first line of {file}: leave one of them out.")


def _line(file: str, number: int, columns: tuple[str, ...], cells: list[str]) -> Line:
    if len(cells) != len(columns):
        raise InputError(
            f"Line {number} of {file} has {len(cells)} cells, but the first line names {len(columns)} columns:"
            " give one cell a column, empty where it is missing."
        )
    named = zip(columns, (cell.strip() for cell in cells), strict=True)
    return Line(file, number, {name: cell for name, cell in named if cell.casefold() not in MISSING})
