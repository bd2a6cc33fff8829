"""Standing: how well a number is known, and which numbers may be used at all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from limen.quantities import InputError

STANDINGS: Final = ("read", "second-hand", "measured", "ours")
UNCONFIRMED: Final = "unconfirmed"


def check_standing(standing: str, where: str) -> None:
    """Refuse a number whose standing does not allow its use; raises InputError naming it and the place."""
    if standing not in STANDINGS:
        raise InputError(
            f"{where} has the standing {standing!r}, with which no number may be used:"
            f" confirm it in its source and write one of {', '.join(STANDINGS)}."
        )


def read_standing(cell: str) -> tuple[str, Mapping[str, str]]:
    """Read a cell ``word;column=word`` into the row's word and the exceptions by column."""
    word, *exceptions = cell.split(";")
    return word, MappingProxyType(dict(part.split("=", 1) for part in exceptions))
