"""Findings: single numbers that people published, each with its unit, spread, population, source and standing."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from limen.evidence.files import read_data_toml
from limen.evidence.standing import check_standing
from limen.quantities import InputError

OPTIONAL: Final = ("value", "low", "high")


@dataclass(frozen=True)
class Finding:
    """One published number, or a direction where no number was printed.

    Parameters
    ----------
    id : str
        The name it is asked by.
    value, low, high : float or None
        In `unit`; `low` and `high` are the interval or range that `says` names.
    unit : str
        ``"direction"`` where only a direction is known.
    population : str
        In whom.
    doi : str
        DOI, PMCID or PMID; empty where the source has none, or for `ours`.
    found_in : str
        Where it was seen: abstract, table, label, text of another source.
    standing : str
        ``read``, ``second-hand``, ``measured`` or ``ours``.
    says : str
        What it says, in our own words.

    Raises
    ------
    InputError
        If its standing does not allow its use.
    """

    id: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    population: str
    doi: str
    found_in: str
    standing: str
    says: str

    def __post_init__(self) -> None:
        check_standing(self.standing, f"The finding {self.id!r}")

    def number(self) -> float:
        """Give the value; raises InputError where only a range or a direction is known."""
        if self.value is None:
            raise InputError(f"The finding {self.id!r} has no single value: read its low and high, or what it says.")
        return self.value

    def interval(self) -> tuple[float, float]:
        """Give low and high; raises InputError where no interval was published."""
        if self.low is None or self.high is None:
            raise InputError(f"The finding {self.id!r} has no interval: a spread must come from elsewhere.")
        return self.low, self.high


@cache
def findings() -> tuple[Finding, ...]:
    """Give every finding of the package, in the order of the file."""
    rows: Any = read_data_toml("findings.toml")["finding"]
    return tuple(_read(row) for row in rows)


@cache
def _by_id() -> dict[str, Finding]:
    return {one.id: one for one in findings()}


def finding(id: str) -> Finding:  # noqa: A002 - the word of the interface
    """Give the finding of that name.

    Parameters
    ----------
    id : str
        Such as ``"ketamine_ic50_in_vivo"``.

    Returns
    -------
    Finding

    Raises
    ------
    InputError
        If there is none, naming the nearest.
    """
    known = _by_id()
    if id not in known:
        nearest = difflib.get_close_matches(id, known, n=1, cutoff=0.0)[0]
        raise InputError(f"There is no finding {id!r}, the nearest is {nearest!r}: see limen evidence for all of them.")
    return known[id]


def _read(row: dict[str, Any]) -> Finding:
    numbers = {name: None if row.get(name) is None else float(row[name]) for name in OPTIONAL}
    return Finding(
        id=row["id"],
        value=numbers["value"],
        unit=row["unit"],
        low=numbers["low"],
        high=numbers["high"],
        population=row["population"],
        doi=row.get("doi", ""),
        found_in=row["found_in"],
        standing=row["standing"],
        says=row["says"],
    )
