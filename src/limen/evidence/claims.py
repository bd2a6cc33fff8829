"""What is commonly said about how ketamine works, claim by claim, with a verdict for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from limen.evidence.files import read_data_toml

VERDICTS: Final = ("supported", "contested", "wrong as stated", "unknown")


@dataclass(frozen=True)
class Claim:
    """One claim of the popular account, in our own words.

    Parameters
    ----------
    id : str
        ``"C1"`` to ``"C14"``.
    claim : str
        What is said.
    verdict : str
        One of `VERDICTS`.
    scope : str
        For whom or where the verdict holds, to be shown beside it; empty where it holds as it stands.
    because : str
        The verdict in a sentence or two.
    number : str
        The number behind it, with its unit and where it comes from.
    findings : tuple of str
        Ids of the findings that hold the number.
    sources : tuple of str
        Keys of references.bib.
    joints : tuple of str
        The joints that it hangs on.
    figure : str
        Which figure of the story page shows it; ``"none"`` where there is none yet.
    test : str
        ``path::name`` of the test that holds it.
    """

    id: str
    claim: str
    verdict: str
    scope: str
    because: str
    number: str
    findings: tuple[str, ...]
    sources: tuple[str, ...]
    joints: tuple[str, ...]
    figure: str
    test: str


@cache
def claims() -> tuple[Claim, ...]:
    """Give the fourteen claims, C1 to C14."""
    rows: Any = read_data_toml("claims.toml")["claim"]
    return tuple(_read(row) for row in rows)


def _read(row: dict[str, Any]) -> Claim:
    return Claim(
        id=row["id"],
        claim=row["claim"],
        verdict=row["verdict"],
        scope=row["scope"],
        because=row["because"],
        number=row["number"],
        findings=tuple(row["findings"]),
        sources=tuple(row["sources"]),
        joints=tuple(row["joints"]),
        figure=row["figure"],
        test=row["test"],
    )
