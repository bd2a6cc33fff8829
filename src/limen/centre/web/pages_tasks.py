"""Tasks: who does what until when, passed on when nobody answers, closed with words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import CHART, TASKS
from limen.centre.care import task
from limen.centre.care.duty import NEXT_MIN, is_mine, line_of, sweep
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.refusals import Denied, Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors

doors: Final = Doors()
#: What the front desk may see of tasks: no word about a score.
DESK_KINDS: Final = (task.CALL_BACK, task.CONSULTATION)
LIVE: Final = (task.OPEN, task.ACKNOWLEDGED)


def tasks_for(call: Call) -> list[dict[str, Any]]:
    """Give the live tasks of the own clinics, urgent and overdue ones first; late urgent ones are passed on."""
    sweep(call.centre)
    rows = call.centre.states("task", clinics=call.clinics, statuses=LIVE)
    seen = [(record, state) for record, state in rows if call.may(CHART) or state["kind"] in DESK_KINDS]
    shown = [with_name(call, record, state) for record, state in seen]
    return sorted(shown, key=lambda one: (one["kind"] != task.SUICIDE_ITEM, not one["overdue"], one["due"]))


def with_name(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give a task with the name of the person it is about."""
    found = task.shown_task(record, state, call.now_text)
    person = state.get("person", "")
    name = ""
    if person:
        identity = call.centre.store.state(person)["identity"]
        name = call.opened(person, identity["name"])
    return {**found, "name": name, "person_id": person.partition("/")[2], "mine": is_mine(state, call.who, call.role)}


@doors.get("/tasks", may=TASKS)
def tasks(call: Call) -> Response:
    """List the tasks."""
    return call.page("tasks.html.j2", tasks=tasks_for(call))


def one_task(call: Call) -> tuple[str, State]:
    """Give the task of the address, if it is one of the own clinics'."""
    record = f"task/{call.path['id']}"
    state = call.centre.store.state(record)
    if state["clinic"] not in call.clinics or not (call.may(CHART) or state["kind"] in DESK_KINDS):
        raise Denied("This task belongs to somebody else: ask a colleague there.")
    return record, state


@doors.get("/tasks/{id}", may=TASKS)
def show_task(call: Call) -> Response:
    """Show one task."""
    record, state = one_task(call)
    call.note("read", record, patient=state.get("person", ""))
    return call.page("task.html.j2", task=with_name(call, record, state), line=line_of(call.site, state["clinic"]))


@doors.post("/tasks/{id}", may=TASKS, fields=("action", "done", "to", "why", "idem_key"))
def act(call: Call) -> Response:
    """Take on, pass on, or close a task."""
    record, state = one_task(call)
    actions = {"acknowledge": acknowledge, "escalate": escalate, "close": close}
    name = call.text("action", needed=True)
    if name not in actions:
        raise Refused(f"action is {name!r}: use one of {', '.join(actions)}.", field="action")
    actions[name](call, record, state)
    return call.go("/tasks" if name == "close" else f"/tasks/{call.path['id']}")


def acknowledge(call: Call, record: str, state: State) -> None:
    """Take a task on."""
    del state
    call.record(record, "acknowledged", {})


def escalate(call: Call, record: str, state: State) -> None:
    """Pass a task on."""
    to, why = call.text("to", needed=True), call.text("why", needed=True)
    if to not in line_of(call.site, state["clinic"]):
        raise Refused(f"to is {to!r}: choose one of the list.", field="to")
    call.record(record, "escalated", {"to": to, "why": why, "due": utc_text(call.now + timedelta(minutes=NEXT_MIN))})


def close(call: Call, record: str, state: State) -> None:
    """Close a task with what was done; one about a score is seen, and so closed, by clinicians alone."""
    del state
    call.record(record, "closed", {"done": call.text("done", needed=True)})
