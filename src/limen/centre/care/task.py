"""Tasks: something that a named person has to do by a time; it ends with words, or it is overdue on screen."""

from __future__ import annotations

from typing import Any, Final

from limen.centre.care.person import add, stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.refusals import Conflict, Refused

SUICIDE_ITEM: Final = "suicide item"
CALL_BACK: Final = "call back"
CONSULTATION: Final = "consultation"
WORSENING: Final = "worsening"
FOLLOW_UP: Final = "follow-up"
HOLD: Final = "decision"
OPEN: Final = "open"
ACKNOWLEDGED: Final = "acknowledged"
CLOSED: Final = "closed"


def open_task(state: State, event: Event) -> State:
    """Begin a task."""
    del state
    return {**event.body, "status": OPEN, "opened": stamp(event), "passed_on": []}


def check_open(state: State, body: Body, moment: Moment) -> None:
    """Refuse a task without an owner or a time."""
    del moment
    if state:
        raise Conflict("This task is open already: look at the list of tasks.")
    for name in ("kind", "owner", "due", "clinic", "why"):
        if not body.get(name):
            raise Refused(
                f"A task needs {name}, got {body.get(name)!r}: every task has an owner and a time.", field=name
            )


def check_not_closed(state: State, body: Body, moment: Moment) -> None:
    """Refuse anything about a task that is not there or was closed."""
    del body, moment
    if not state:
        raise Refused("This task is not there: look at the list of tasks.")
    if state["status"] == CLOSED:
        raise Conflict(f"This task was closed by {state['closed']['by']}: open another one if more is to be done.")


def acknowledge(state: State, event: Event) -> State:
    """Take a task on; whoever does so owns it."""
    return {**state, "status": ACKNOWLEDGED, "owner": event.user, "acknowledged": stamp(event)}


def escalate(state: State, event: Event) -> State:
    """Pass a task to the next named person, with a new time."""
    passed = {"from": state["owner"], "to": event.body["to"], "why": event.body["why"], **stamp(event)}
    after = {"owner": event.body["to"], "due": event.body["due"], "passed_on": [*state["passed_on"], passed]}
    return {**state, **after, "status": OPEN}


def close(state: State, event: Event) -> State:
    """End a task with what was done."""
    return {**state, "status": CLOSED, "closed": {"done": event.body["done"], **stamp(event)}}


def check_close(state: State, body: Body, moment: Moment) -> None:
    """Refuse to close a task without words."""
    check_not_closed(state, body, moment)
    if not str(body.get("done", "")).strip():
        raise Refused("done is empty: say what was done.", field="done")


def columns(state: State) -> dict[str, str]:
    """Give the columns by which a task is found."""
    return {
        "clinic": state["clinic"],
        "person": state.get("person", ""),
        "status": state["status"],
        "due_at": state["due"],
    }


TASK: Final = register(
    RecordKind(
        "task",
        {
            "opened": Kind(open_task, check_open),
            "acknowledged": Kind(acknowledge, check_not_closed),
            "escalated": Kind(escalate, check_not_closed),
            "note": Kind(lambda state, event: add(state, event, "notes"), check_not_closed, ("words",)),
            "closed": Kind(close, check_close, ("done",)),
        },
        columns=columns,
    )
)


def shown_task(record: str, state: State, now: str) -> dict[str, Any]:
    """Give a task as it is listed."""
    return {**state, "id": record.partition("/")[2], "overdue": state["status"] != CLOSED and state["due"] < now}
