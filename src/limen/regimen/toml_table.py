"""A table of a TOML file that is asked for its keys one by one and says where it was when one is wrong."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limen.quantities import InputError

#: Characters of a value that are shown in a sentence.
LONGEST_SHOWN: Final = 40

FORMAT_VERSION: Final = 1


@dataclass(frozen=True)
class Table:
    """One table, with its place in the file.

    Parameters
    ----------
    values : Mapping[str, object]
        As tomllib gives them.
    place : str
        Such as ``"case.toml, [patient]"``; begins every refusal.
    """

    values: Mapping[str, object]
    place: str

    def only(self, known: Iterable[str]) -> Table:
        """Give the table back, or raise InputError naming the first unknown key and the nearest known one."""
        names = tuple(known)
        for key in self.values:
            if key not in names:
                nearest = difflib.get_close_matches(key, names, n=1, cutoff=0.0)[0]
                raise InputError(
                    f"{self.place}: unknown key {key!r}, the nearest known one is {nearest!r}: mend or remove it."
                )
        return self

    def has(self, key: str) -> bool:
        """Say whether the key is written."""
        return key in self.values

    def need(self, key: str, example: str) -> object:
        """Give the value of a key that must be there; raises InputError with the example where it is not."""
        if key not in self.values:
            raise InputError(f"{self.place}: {key} is missing: add it, such as {key} = {example}.")
        return self.values[key]

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Give a finite number within `low` and `high`, or None where the key is not written; raises InputError."""
        if key not in self.values:
            return None
        return self.as_number(key, self.values[key], low, high)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Give a whole number within `low` and `high`; raises InputError."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InputError(
                f"{self.place}: {key} is a whole number from {low} to {high}, got {_short(value)}:"
                f" mend it, such as {key} = {default}."
            )
        return value

    def as_number(self, key: str, value: object, low: float = -math.inf, high: float = math.inf) -> float:
        """Read one value of a key as a finite number within `low` and `high`; raises InputError."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise InputError(
                f"{self.place}: {key} is a number, got {_short(value)}: write it without quotes, such as 1.0."
            )
        if not low <= value <= high:
            raise InputError(f"{self.place}: {key} = {_short(value)} must lie within {low:g} and {high:g}: mend it.")
        return float(value)

    def numbers(self, key: str, default: tuple[float, ...], low: float, high: float) -> tuple[float, ...]:
        """Give a list of numbers in the order written, at least one; raises InputError."""
        if key not in self.values:
            return default
        values = self.values[key]
        if not isinstance(values, list) or not values:
            raise InputError(
                f"{self.place}: {key} is a list of numbers, got {_short(values)}: write it such as [24.0, 72.0]."
            )
        return tuple(self.as_number(key, value, low, high) for value in values)

    def word(self, key: str, words: Iterable[str], default: str) -> str:
        """Give one of `words`; raises InputError."""
        value = self.values.get(key, default)
        known = tuple(words)
        if value not in known:
            raise InputError(
                f"{self.place}: {key} is one of {', '.join(known)}, got {_short(value)}: use one of these words."
            )
        return str(value)

    def words(self, key: str, known: Iterable[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """Give a list of words, each one of `known`; raises InputError."""
        values = self.values.get(key, list(default))
        names = tuple(known)
        if not isinstance(values, list):
            raise InputError(
                f"{self.place}: {key} is a list of words, got {_short(values)}: write it such as {[names[0]]}."
            )
        for value in values:
            if value not in names:
                raise InputError(
                    f"{self.place}: {key} holds {_short(value)}, which is none of {', '.join(names)}: mend it."
                )
        return tuple(values)

    def text(self, key: str, example: str) -> str:
        """Give a text that must be there; raises InputError."""
        value = self.need(key, f"{example!r}")
        if not isinstance(value, str):
            raise InputError(
                f"{self.place}: {key} is a text, got {_short(value)}: write it in quotes, such as {example!r}."
            )
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Give true or false; raises InputError."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise InputError(f"{self.place}: {key} is true or false, got {_short(value)}: write it without quotes.")
        return value

    def table(self, key: str) -> Table:
        """Give the table of that name, empty where it is not written; raises InputError where it is something else."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise InputError(
                f"{self.place}: {key} is a table, got {_short(value)}: write it as [{key}] with its keys below."
            )
        return Table(value, f"{self.place}, [{key}]")

    def tables(self, key: str) -> tuple[Table, ...]:
        """Give the list of tables of that name, empty where none is written; raises InputError."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise InputError(f"{self.place}: {key} may come more than once: write it as [[{key}]] with two brackets.")
        return tuple(Table(value, f"{self.place}, [[{key}]] number {i}") for i, value in enumerate(values, start=1))


def read_toml(path: Path) -> Table:
    """Read a TOML file of this format.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Table
        The whole file; its place is the file's name.

    Raises
    ------
    InputError
        If it cannot be opened, is not TOML, or does not begin with ``limen = 1``.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({_reason(error)}): check the name of the file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not valid TOML, {_one_line(error)}: mend that line.") from error
    except ValueError as error:
        raise InputError(f"{path} holds a whole number of thousands of figures: shorten it.") from error
    table = Table(values, path.name)
    if values.get("limen") != FORMAT_VERSION or isinstance(values.get("limen"), bool):
        got = _short(values["limen"]) if "limen" in values else "nothing"
        raise InputError(
            f"{path.name}: the format's version is missing or unknown, got {got}: begin the file with limen = 1."
        )
    return table


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _one_line(error: Exception) -> str:
    words = " ".join(str(error).split()).rstrip(".")
    return words[:1].lower() + words[1:]


def _finite(value: float) -> bool:
    """Tell whether a number can be reckoned with; a whole number of hundreds of figures cannot."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _short(value: object) -> str:
    """Write a value in a sentence, without hundreds of figures."""
    try:
        text = f"{value:g}" if isinstance(value, float) else repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 figures
        return "a whole number of thousands of figures"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
