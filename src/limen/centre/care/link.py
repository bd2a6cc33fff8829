"""Links for people: no password, one person each, with an end; made into the outbox and handed over by staff."""

from __future__ import annotations

from typing import Final

from limen.centre.care.person import stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.refusals import Conflict, Denied, Refused

WAITING: Final = "waiting"
HANDED: Final = "handed over"
REVOKED: Final = "revoked"
VISIT: Final = "next visit"
QUESTIONS: Final = "questionnaires"
PURPOSES: Final = (VISIT, QUESTIONS)


def make(state: State, event: Event) -> State:
    """Put a link into the outbox."""
    del state
    return {**event.body, "status": WAITING, "made": stamp(event), "answers": {}, "answered": []}


def check_make(state: State, body: Body, moment: Moment) -> None:
    """Refuse a link without a person, a purpose or an end."""
    del moment
    if state:
        raise Conflict("This link is made already: look into the outbox.")
    if body.get("purpose") not in PURPOSES:
        raise Refused(f"purpose is {body.get('purpose')!r}: use one of {', '.join(PURPOSES)}.", field="purpose")
    for name in ("person", "clinic", "expires", "token"):
        if not body.get(name):
            raise Refused(f"A link needs {name}, got {body.get(name)!r}.", field=name)


def check_live(state: State, body: Body, moment: Moment) -> None:
    """Refuse a link that has ended."""
    del body
    if not state:
        raise Denied("This link is not known: please call the centre for a new one.")
    if state["status"] == REVOKED or state["expires"] <= moment.wall_utc:
        raise Denied("This link has ended: please call the centre for a new one.")


def hand_over(state: State, event: Event) -> State:
    """Keep that a link was handed over, how and by whom."""
    return {**state, "status": HANDED, "handed": {"how": event.body["how"], **stamp(event)}}


def answer(state: State, event: Event) -> State:
    """Keep one answer of a questionnaire that is being filled in."""
    body = event.body
    scale = {**state["answers"].get(body["scale"], {}), str(body["item"]): body["value"]}
    return {**state, "answers": {**state["answers"], body["scale"]: scale}}


def finish(state: State, event: Event) -> State:
    """Keep that a questionnaire was sent."""
    return {**state, "answered": [*state["answered"], {"scale": event.body["scale"], **stamp(event)}]}


def revoke(state: State, event: Event) -> State:
    """End a link before its time."""
    return {**state, "status": REVOKED, "revoked": stamp(event)}


def columns(state: State) -> dict[str, str]:
    """Give the columns by which a link is found."""
    return {
        "clinic": state["clinic"],
        "person": state["person"],
        "status": state["status"],
        "due_at": state["expires"],
    }


LINK: Final = register(
    RecordKind(
        "link",
        {
            "made": Kind(make, check_make, ("address",)),
            "handed_over": Kind(hand_over, check_live),
            "answered": Kind(answer, check_live),
            "finished": Kind(finish, check_live),
            "revoked": Kind(revoke),
        },
        columns=columns,
    )
)
