"""The key `policy` of an arm: which object of `limen.options` says what each person is given next."""

from __future__ import annotations

from typing import Final

from limen.options import FixedCourse, Policy, ResponseGuided
from limen.options.policies import MOST_VISITS
from limen.options.research import ProbabilityMatched, RandomisedDose
from limen.quantities import InputError
from limen.regimen.toml_table import Table

KINDS: Final = ("fixed course", "response guided", "randomised dose", "probability matched")
#: Keys of each kind beside `kind`.
KEYS: Final = {
    "fixed course": (),
    "response guided": ("interval_days", "longer_days", "most"),
    "randomised dose": ("doses", "anew"),
    "probability matched": ("doses", "at_h", "draws"),
}
#: Shortest and longest interval, days (ours: a day is the shortest step at which mood is rated).
INTERVAL_DAYS: Final = (1.0, 90.0)
#: Draws of what is believed of one person (ours; where something was seen the belief takes at least 4000).
DRAWS: Final = 1000
LONGEST_H: Final = 2160.0


def read_policy(table: Table, way: str, dose: str, days: tuple[float, ...]) -> Policy:
    """Read the policy of an arm.

    Parameters
    ----------
    table : Table
        The value of the key.
    way : str
        Drug and route of the arm, such as ``"ketamine iv"``.
    dose : str
        Its dose.
    days : tuple of float
        Its dosing days.

    Returns
    -------
    Policy

    Raises
    ------
    InputError
        Where a key is missing, not known or out of range.
    """
    table.need("kind", "'response guided'")
    kind = table.word("kind", KINDS, "fixed course")
    table.only(("kind", *KEYS[kind]))
    if kind == "fixed course":
        return FixedCourse(f"{way} {dose}", days)
    if kind == "response guided":
        return _response_guided(table, f"{way} {dose}", days)
    doses = tuple(f"{way} {text}" for text in (dose, *_doses(table)))
    if kind == "randomised dose":
        return RandomisedDose(doses, days, anew=table.flag("anew", default=False))
    at_h = table.as_number("at_h", table.need("at_h", "24"), 1.0, LONGEST_H)
    return ProbabilityMatched(doses, days, at_h=at_h, draws=table.whole("draws", DRAWS, 100, 10_000))


def _response_guided(table: Table, dose: str, days: tuple[float, ...]) -> ResponseGuided:
    if len(days) > 1:
        raise InputError(
            f"{table.place}: the days of a response-guided course follow from what is seen, got a schedule of"
            f" {len(days)} visits: write schedule = 'once'."
        )
    return ResponseGuided(
        dose,
        interval_days=table.as_number("interval_days", table.need("interval_days", "3"), *INTERVAL_DAYS),
        longer_days=table.as_number("longer_days", table.need("longer_days", "7"), *INTERVAL_DAYS),
        most=table.whole("most", MOST_VISITS, 1, 60),
    )


def _doses(table: Table) -> tuple[str, ...]:
    found = table.need("doses", "['1.0 mg/kg over 40 min']")
    if not isinstance(found, list) or not found or not all(isinstance(text, str) for text in found):
        raise InputError(
            f"{table.place}: doses is a list of doses beside the arm's own, got {found!r}: write"
            " ['1.0 mg/kg over 40 min']."
        )
    return tuple(found)
