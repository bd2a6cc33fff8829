"""Codes of the exchange, each with its standing; what is not confirmed goes out as text alone.

LOINC codes are used under the LOINC licence: this material contains content from LOINC (loinc.org), which is copyright
of Regenstrief Institute, Inc. and the LOINC Committee and is available at no cost under the licence at
loinc.org/license.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limen.centre.care.scales import GAD7, PHQ9

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
OWN: Final = "urn:limen:codes"
NOTICE: Final = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. and"
    " the LOINC Committee and is available at no cost under the license at http://loinc.org/license."
)
#: The total, and the items in their order: the ninth is 44260-8 (centre.md section 10.4, read).
TOTALS: Final[Mapping[str, str]] = {PHQ9: "44261-6", GAD7: "70274-6"}
ITEMS: Final[Mapping[str, tuple[str, ...]]] = {
    PHQ9: ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"),
    GAD7: ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"),
}
PRESSURE: Final = ("85354-9", {"systolic": "8480-6", "diastolic": "8462-4"})
#: Each with its UCUM unit; the code of the heart rate is second-hand, so it goes out as text (centre.md).
VITALS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "spo2": (("59408-5", "2708-6"), "%"),
    "respiratory_rate": (("9279-1",), "/min"),
}
HEART_RATE_TEXT: Final = "Heart rate"
SHOWN: Final[Mapping[str, str]] = {
    "spo2": "Oxygen saturation by pulse oximetry",
    "respiratory_rate": "Respiratory rate",
}


def loinc(*codes: str, text: str) -> dict[str, Any]:
    """Give a concept with LOINC codes and words."""
    return {"coding": [{"system": LOINC, "code": code} for code in codes], "text": text}


def own(code: str) -> dict[str, Any]:
    """Give a concept of our own: scales that have no code are named, never coded as something else."""
    return {"coding": [{"system": OWN, "code": code.lower().replace(" ", "-")}], "text": code}


def quantity(value: str | int, unit: str, ucum: str) -> dict[str, Any]:
    """Give a quantity with its UCUM unit; the number as it was recorded."""
    number = float(value)
    return {"value": int(number) if number.is_integer() else number, "unit": unit, "system": UCUM, "code": ucum}
