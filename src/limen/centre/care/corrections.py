"""Corrections: a new event that points at an old one; the words of before stay beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from limen.centre.amounts import read_within
from limen.centre.care.person import add, stamp
from limen.centre.care.scales import check_value, scale_named
from limen.centre.clock import Moment, utc_text
from limen.centre.records.kinds import Body, Event, State
from limen.centre.refusals import Refused

#: Each vital with its range of entry (ours: outside it is a slip of the keyboard) and unit.
VITALS: Final = {
    "systolic": ("40", "300", "mmHg"),
    "diastolic": ("20", "200", "mmHg"),
    "heart_rate": ("20", "250", "/min"),
    "spo2": ("50", "100", "%"),
    "respiratory_rate": ("2", "80", "/min"),
}
#: Ours: no pump in a centre is set higher, whatever the weight.
HIGHEST_MG_PER_H: Final = "1000"
HIGHEST_BOLUS_MG: Final = "500"

#: Where a correction may reach, and the words that it may change there.
CORRECTABLE: Final = {
    "segments": ("rate",),
    "boluses": ("mg",),
    "vitals": (*VITALS, "measured_at"),
    "scores": ("value",),
}


def check_correct(state: State, body: Body, moment: Moment) -> None:
    """Refuse a correction that points at nothing, or has no reason."""
    if not state:
        raise Refused("This session is not there: open it from the list of today.")
    if not str(body.get("reason", "")).strip():
        raise Refused("reason is empty: say why it is corrected.", field="reason")
    seq = int(body.get("at_seq", 0))
    where = place_of(state, seq)
    wrong = [name for name in body.get("values", {}) if name not in CORRECTABLE[where]]
    if wrong or not body.get("values"):
        raise Refused(
            f"{', '.join(wrong) or 'nothing'} cannot be corrected there: give one of {', '.join(CORRECTABLE[where])}.",
            field="values",
        )
    item = next(one for one in state[where] if one["seq"] == seq)
    for name, value in body["values"].items():
        check_corrected(item, name, value, moment)


def check_corrected(item: State, name: str, value: Any, moment: Moment) -> None:
    """Refuse a corrected value that could not have been entered."""
    ranges = {"rate": ("0", HIGHEST_MG_PER_H, "mg/h"), "mg": ("0", HIGHEST_BOLUS_MG, "mg"), **VITALS}
    if name in ranges:
        low, high, unit = ranges[name]
        read_within(str(value), low, high, name, unit)
    elif name == "measured_at":
        check_measured(value, moment)
    elif not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"{name} is {value!r}: send a whole number.", field=name)
    else:
        check_value(scale_named(item["scale"]), value)


def check_measured(words: Any, moment: Moment) -> None:
    """Refuse a time that is not written as records write it, since times are compared as text, or has not come."""
    try:
        read = datetime.fromisoformat(str(words))
    except ValueError:
        read = None
    plain = "2026-12-31T10:00:00.000+00:00" if read is None or read.tzinfo is None else utc_text(read)
    if plain != words:
        raise Refused(f"measured_at is {words!r}: write it in UTC with its zone, as {plain}.", field="measured_at")
    if plain > moment.wall_utc:
        raise Refused(f"measured_at is {words}, which has not come: check it.", field="measured_at")


def place_of(state: State, seq: int) -> str:
    """Give the list in which the words of one event stand."""
    for name in CORRECTABLE:
        if any(item["seq"] == seq for item in state.get(name, [])):
            return name
    raise Refused(f"at_seq is {seq}, which is no dose, vitals or score of this session.", field="at_seq")


def correct(state: State, event: Event) -> State:
    """Put a correction in place; the words of before stay beside it."""
    seq = int(event.body["at_seq"])
    name = place_of(state, seq)
    items = [corrected(item, event) if item["seq"] == seq else item for item in state[name]]
    return {**add(state, event, "corrections"), name: items}


def corrected(item: dict[str, Any], event: Event) -> dict[str, Any]:
    """Give one item with the correction in it and what it was before."""
    values = event.body["values"]
    before = {key: item.get(key) for key in values}
    return {**item, **values, "was": [*item.get("was", []), {**before, **stamp(event)}]}
