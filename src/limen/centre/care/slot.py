"""Slots: the times at which a consultation or a session can be had, each taken by one person at most."""

from __future__ import annotations

from typing import Final

from limen.centre.care.person import stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.refusals import Conflict, Refused

FREE: Final = "free"
BOOKED: Final = "booked"
ARRIVED: Final = "arrived"
DONE: Final = "done"
MISSED: Final = "missed"
CLOSED: Final = "closed"


def open_slot(state: State, event: Event) -> State:
    """Offer a time."""
    del state
    return {**event.body, "status": FREE, "person": "", "history": [{"what": "opened", **stamp(event)}]}


def check_open(state: State, body: Body, moment: Moment) -> None:
    """Refuse a slot that is there."""
    del moment
    if state:
        raise Conflict(f"The slot {body.get('start')} is there already: use another time.", field="start")


def moved(status: str) -> Kind:
    """Give the kind of event that sets a slot's status."""

    def apply(state: State, event: Event) -> State:
        person = event.body.get("person", state["person"]) if status != FREE else ""
        line = {"what": event.kind, "person": person or state["person"], **stamp(event)}
        return {**state, "status": status, "person": person, "history": [*state["history"], line]}

    def check(state: State, body: Body, moment: Moment) -> None:
        if not state:
            raise Refused("This slot is not offered: choose one from the list.", field="slot")
        if status == BOOKED:
            check_free(state, body, moment)

    return Kind(apply, check)


def check_free(state: State, body: Body, moment: Moment) -> None:
    """Refuse a slot that is taken or past."""
    if state["status"] != FREE:
        raise Conflict(f"The slot {state['start']} was taken a moment ago: choose another one.", field="slot")
    if state["start"] <= moment.wall_utc:
        raise Refused(f"The slot {state['start']} is past: choose a later one.", field="slot")
    if not body.get("person"):
        raise Refused("A booking needs a person, got none: leave a name and a number.", field="person")


def columns(state: State) -> dict[str, str]:
    """Give the columns by which a slot is found."""
    return {"clinic": state["clinic"], "person": state["person"], "status": state["status"], "due_at": state["start"]}


SLOT: Final = register(
    RecordKind(
        "slot",
        {
            "opened": Kind(open_slot, check_open),
            "booked": moved(BOOKED),
            "freed": moved(FREE),
            "arrived": moved(ARRIVED),
            "done": moved(DONE),
            "missed": moved(MISSED),
            "closed": moved(CLOSED),
        },
        columns=columns,
    )
)
