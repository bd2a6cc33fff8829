"""Amounts and days as people write and read them: one reader and one writer for every dose, rate, weight and day."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from limen.centre.refusals import Refused

PLAIN: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
WHOLE: Final = re.compile(r"-?[0-9]+")
COUNT: Final = re.compile(r"[0-9]{1,12}")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Ours: nobody in the care of a centre was born before, and nothing is planned after.
FIRST_YEAR: Final = 1880
LAST_YEAR: Final = 2200
#: Ours: no amount in the centre has more digits, and a longer one is a slip of the keyboard.
LONGEST: Final = 12
SHOWN_DIGITS: Final = 4
THOUSAND: Final = 1000
HOUR_S: Final = 3600


def read_amount(words: str, field: str) -> Decimal:
    """Read an amount strictly: digits, at most one point with digits on both sides, nothing else.

    Raises
    ------
    Refused
        With a hint at what was meant.
    """
    said = str(words).strip()
    if PLAIN.fullmatch(said) and len(said) <= LONGEST:
        return Decimal(said)
    if not said:
        raise Refused(f"{field} is empty: write a number, such as 0.5.", field=field)
    if "," in said:
        raise Refused(f"{field} is {said!r}: write the decimal with a point, such as 0.5, and no comma.", field=field)
    if said.startswith("."):
        raise Refused(f"{field} is {said!r}: write a zero before the point, such as 0.5.", field=field)
    raise Refused(f"{field} is {said!r}, which is no plain number of at most {LONGEST} signs: write 0.5.", field=field)


def read_whole(words: str, field: str) -> int:
    """Read a whole number strictly; raises Refused for anything else."""
    said = str(words).strip()
    if not WHOLE.fullmatch(said) or len(said) > LONGEST:
        raise Refused(f"{field} is {said!r}: write a whole number.", field=field)
    return int(said)


def is_count(words: str) -> bool:
    """Tell whether words are a whole number from 0, in plain digits and not too many of them."""
    return COUNT.fullmatch(words) is not None


def read_day(words: str, field: str) -> date:
    """Read a day such as 2026-12-31; raises Refused for anything else, and for a year that cannot be meant."""
    said = str(words).strip()
    try:
        found = date.fromisoformat(said) if DAY.fullmatch(said) else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Refused(f"{field} is {said!r}: write a day of {FIRST_YEAR} to {LAST_YEAR} as 2026-12-31.", field=field)
    return found


def within(value: Decimal, low: str, high: str, field: str, unit: str) -> Decimal:
    """Refuse a value outside its range, and never clip it."""
    if not Decimal(low) <= value <= Decimal(high):
        limit = f"{shown(Decimal(low))} to {shown(Decimal(high))} {unit}"
        raise Refused(f"{field} is {shown(value)} {unit}, outside {limit}: check it.", field=field, limit=limit)
    return value


def read_within(words: str, low: str, high: str, field: str, unit: str) -> str:
    """Read an amount, refuse it outside its range, and give it as it is recorded."""
    return recorded(within(read_amount(words, field), low, high, field, unit))


def recorded(value: Decimal) -> str:
    """Write an amount for a record: exact decimal text without zeros at the end."""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def shown(value: Decimal | Fraction | str | int) -> str:
    """Write an amount for people: a zero before the point, none at the end, commas in thousands."""
    exact = value if isinstance(value, Decimal) else to_decimal(value)
    whole, _, part = recorded(exact).partition(".")
    grouped = f"{int(whole):,}"
    sign = "-" if whole.startswith("-") and grouped == "0" else ""
    return f"{sign}{grouped}.{part}" if part else f"{sign}{grouped}"


def to_decimal(value: Fraction | str | int) -> Decimal:
    """Give a decimal: exact for text and whole numbers, four digits for a fraction without an end."""
    if isinstance(value, Fraction):
        return exact_or_rounded(value)
    return Decimal(value)


def exact_or_rounded(value: Fraction) -> Decimal:
    """Give a fraction as a decimal, rounded to `SHOWN_DIGITS` where it has no end."""
    quotient = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(quotient) == value:
        return quotient
    return Decimal(f"{quotient:.{SHOWN_DIGITS}g}")


def mg_per_h(mg_per_kg_h: Fraction, weight_kg: Fraction) -> Fraction:
    """Give a rate in mg/h from one in mg/kg/h, exactly."""
    return mg_per_kg_h * weight_kg


def mg_per_kg_h(rate_mg_per_h: Fraction, weight_kg: Fraction) -> Fraction:
    """Give a rate in mg/kg/h from one in mg/h, exactly."""
    return rate_mg_per_h / weight_kg


def ml_per_h(rate_mg_per_h: Fraction, mg_per_ml: Fraction) -> Fraction:
    """Give a rate in mL/h from one in mg/h, exactly."""
    return rate_mg_per_h / mg_per_ml
