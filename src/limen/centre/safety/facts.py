"""What is known of a person, each thing with its unit; what is missing is unknown, never normal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from limen.quantities import InputError

YES: Final = "yes"
NO: Final = "no"
UNKNOWN: Final = "unknown"
ANSWERS: Final = (YES, NO, UNKNOWN)


@dataclass(frozen=True)
class Amount:
    """A number with its unit."""

    value: Decimal
    unit: str


#: A flag is yes, no or unknown; a number is an amount, or None where it is not known.
Fact = str | Amount | None
Facts = Mapping[str, Fact]


def flag(facts: Facts, name: str) -> str:
    """Give yes, no or unknown; raises InputError for anything else."""
    found = facts.get(name)
    if found is None:
        return UNKNOWN
    if found not in ANSWERS:
        raise InputError(f"{name} is {found!r}: it is one of {', '.join(ANSWERS)}.")
    return str(found)


def number(facts: Facts, name: str, unit: str) -> Decimal | None:
    """Give a number in the unit asked for, None where it is unknown; another unit is refused, never converted."""
    found = facts.get(name)
    if found is None or found == UNKNOWN:
        return None
    if not isinstance(found, Amount):
        raise InputError(f"{name} is {found!r}: it is a number in {unit}, or unknown.")
    if found.unit != unit:
        raise InputError(f"{name} is given in {found.unit}, and the rule is in {unit}: measure it in {unit}.")
    return found.value
