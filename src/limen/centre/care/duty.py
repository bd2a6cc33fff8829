"""Duty: which task somebody gets, until when, and who is next when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from limen.centre.care import task
from limen.centre.care.hours import ACT_MIN, CALL_BACK_H, due_in_hours
from limen.centre.centre import Centre
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Command

#: Ours: minutes that each next person has before the task goes on.
NEXT_MIN: Final = 30
SYSTEM: Final = "system"
DIRECTOR: Final = "medical director"
DESK: Final = "front desk"


def line_of(site: State, clinic: str) -> list[str]:
    """Give who answers for a clinic's urgent tasks, one after the other; the director is last."""
    named = site.get("clinics", {}).get(clinic, {}).get("escalation", [])
    return [*named, DIRECTOR] if DIRECTOR not in named else list(named)


def minutes_to_act(site: State) -> int:
    """Give the minutes that a site has set for acting on a positive suicide item."""
    return int(site.get("contacts", {}).get("act_min", ACT_MIN))


def suicide_task(site: State, person: str, clinic: str, *, now: datetime, why: str, key: str, who: str) -> Command:
    """Give the task that a positive suicide item opens."""
    due = due_in_hours(site["clinics"][clinic], now, minutes_to_act(site))
    body = {"kind": task.SUICIDE_ITEM, "person": person, "clinic": clinic, "owner": line_of(site, clinic)[0]}
    return Command(f"task/{key}", "opened", {**body, "due": due, "why": why}, f"{key}/task", who, person=person)


def call_back_task(site: State, person: str, clinic: str, *, now: datetime, why: str, key: str, who: str) -> Command:
    """Give the task to call somebody back."""
    due = due_in_hours(site["clinics"][clinic], now, CALL_BACK_H * 60)
    body = {"kind": task.CALL_BACK, "person": person, "clinic": clinic, "owner": DESK, "due": due, "why": why}
    return Command(f"task/{key}-call", "opened", body, f"{key}/call", who, person=person)


def plain_task(kind: str, person: str, clinic: str, *, owner: str, due: str, why: str, key: str, who: str) -> Command:
    """Give any other task."""
    body = {"kind": kind, "person": person, "clinic": clinic, "owner": owner, "due": due, "why": why}
    return Command(f"task/{key}", "opened", body, f"{key}/task", who, person=person)


def sweep(centre: Centre) -> int:
    """Pass on every urgent task that nobody acknowledged in time; gives how many.

    Doing so twice passes a task on once, since the key names the step.
    """
    site, now = centre.site(), centre.clock.now().wall
    late = centre.states("task", statuses=(task.OPEN,), due_to=utc_text(now))
    passed = [command for command in (next_step(site, record, state, now) for record, state in late) if command]
    for command in passed:
        centre.store.record(command)
    return len(passed)


def next_step(site: State, record: str, state: Mapping[str, Any], now: datetime) -> Command | None:
    """Give the command that passes a late task to the next person; None where nobody is left, and it stays overdue."""
    if state["kind"] not in (task.SUICIDE_ITEM, task.WORSENING):
        return None
    line = line_of(site, state["clinic"])
    place = line.index(state["owner"]) + 1 if state["owner"] in line else len(line) - 1
    if place >= len(line):
        return None
    why = f"not acknowledged by {state['owner']} until {state['due']}"
    body = {"to": line[place], "why": why, "due": utc_text(now + timedelta(minutes=NEXT_MIN))}
    return Command(record, "escalated", body, f"{record}/pass/{len(state['passed_on']) + 1}", SYSTEM)


def is_mine(state: Mapping[str, Any], name: str, role: str) -> bool:
    """Tell whether a task is somebody's: by name, or by role."""
    return state["owner"] in (name, role)
