"""A session for machines: its events, one by one, with the answer that each command gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from limen.centre.accounts.roles import CHART, INFUSE
from limen.centre.amounts import is_count
from limen.centre.care import corrections
from limen.centre.records.store import Command
from limen.centre.refusals import Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.session_parts import (
    SESSION_SCALES,
    SEVERITIES,
    checked_vitals,
    corrected_value,
    one_of,
    read_time,
    second_person,
    session_of,
    take,
)

doors: Final = Doors()
#: What a machine or a form may send of its own; every other event belongs to a step with its own page.
OPEN_KINDS: Final = (
    "start", "rate", "pause", "resume", "bolus", "stop", "vitals", "score", "note", "adverse_event", "alarm_ack",
    "sign", "correct", "lock",
)  # fmt: skip


EVENT: Final[Mapping[str, Any]] = {
    "kind": {"type": "string", "enum": list(OPEN_KINDS)},
    "body": {"type": "object"},
    "seen_seq": {"type": "integer"},
}


@doors.post("/sessions/{id}/events", may=INFUSE, fields=("idem_key", "kind", "body", "seen_seq"), schema=EVENT)
def take_event(call: Call) -> Response:
    """Take one event from a machine: 201 for a new one, 200 for one that is there."""
    record, _ = session_of(call)
    kind, body, seen = call.sent.get("kind"), call.sent.get("body"), call.sent.get("seen_seq")
    if kind not in OPEN_KINDS:
        raise Refused(f"kind is {kind!r}: use one of {', '.join(OPEN_KINDS)}.", field="kind")
    if not isinstance(body, dict) or not isinstance(call.sent.get("idem_key"), str) or not call.text("idem_key"):
        raise Refused("idem_key has to be text and body an object: send both.", field="body")
    if seen is not None and (not isinstance(seen, int) or not is_count(str(seen))):
        raise Refused(f"seen_seq is {seen!r}: send the number of the newest event that was seen.", field="seen_seq")
    ack = take(call, Command(record, str(kind), machine_body(call, body), call.key, call.who, seen_seq=seen))
    found = {"seq": ack.seq, "hash": ack.hash, "state": ack.state}
    return JSONResponse(found, 200 if ack.replayed else 201)


#: The words that each event may carry, and which of them are text; anything else is refused.
MACHINE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("rate_mg_per_h", "second_person", "second_password", "reason"),
    "rate": ("rate_mg_per_h", "second_person", "second_password", "reason"),
    "pause": (), "resume": (), "stop": ("reason",), "bolus": ("mg",), "lock": (), "sign": ("words",),
    "note": ("words",),
    "vitals": (*corrections.VITALS, "symptoms", "measured_at"), "score": ("scale", "value"),
    "adverse_event": ("words", "severity"), "alarm_ack": ("id", "words"), "correct": ("at_seq", "values", "reason"),
}  # fmt: skip
#: The words without which an event says nothing.
NEEDED_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("rate_mg_per_h",), "rate": ("rate_mg_per_h",), "bolus": ("mg",), "note": ("words",),
    "score": ("scale", "value"), "adverse_event": ("words", "severity"), "alarm_ack": ("id", "words"),
    "correct": ("at_seq", "values", "reason"),
}  # fmt: skip
WHOLE_WORDS: Final = ("value", "at_seq")


def machine_body(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the body of a machine's event: known words, none missing, numbers as text, the second person confirmed."""
    kind = str(call.sent["kind"])
    unknown = [name for name in body if name not in MACHINE_WORDS[kind]]
    if unknown:
        raise Refused(
            f"{unknown[0]!r} is no word of {kind}: use {', '.join(MACHINE_WORDS[kind]) or 'none'}.", field="body"
        )
    found = {name: machine_value(name, value) for name, value in body.items()}
    missing = [name for name in NEEDED_WORDS.get(kind, ()) if not str(found.get(name, "")).strip()]
    if missing:
        raise Refused(f"{kind} comes without {missing[0]}: send it.", field=missing[0])
    if "measured_at" in found:
        found["measured_at"] = read_time(found["measured_at"], "measured_at")
    if kind == "score":
        one_of(found["scale"], SESSION_SCALES, "scale")
    if "severity" in found:
        one_of(found["severity"], SEVERITIES, "severity")
    password = found.pop("second_password", "")
    if "second_person" in found:
        found["second_person"] = second_person(call, found["second_person"], password)
    return checked_vitals(found) if kind == "vitals" else found


def machine_value(name: str, value: Any) -> Any:
    """Read one word: whole numbers where they are counts, an object for corrected values, else text."""
    if name in WHOLE_WORDS and isinstance(value, int) and not isinstance(value, bool):
        return value
    if name == "values" and isinstance(value, dict):
        return {str(key): corrected_value(key, str(item)) for key, item in value.items()}
    if name in (*WHOLE_WORDS, "values") or isinstance(value, dict | list | bool) or value is None:
        raise Refused(f"{name} is {value!r}: send what the reference says.", field=name)
    return str(value)


@doors.get("/sessions/{id}/events", may=CHART, fields=("after",))
def events(call: Call) -> Response:
    """Give the events after one that was seen."""
    record, state = session_of(call)
    words = call.text("after") or "0"
    if not is_count(words):
        raise Refused(f"after is {words!r}: write the number of an event.", field="after")
    call.note("read", f"{record}/events", patient=state["person"])
    found = [
        {"seq": one.seq, "kind": one.kind, "body": call.opened(state["person"], one.body), "user": one.user,
         "wall_utc": one.moment.wall_utc, "mono_s": one.moment.mono_s, "boot_id": one.moment.boot_id, "hash": one.hash}
        for one in call.centre.store.events(record, int(words))
    ]  # fmt: skip
    return JSONResponse({"session": record, "events": found})
