"""Running an infusion: what each command brings with it, from a moved clock to an alarm."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from limen.centre.care import infusion, known
from limen.centre.care.site import vitals_grid
from limen.centre.centre import Centre
from limen.centre.clock import JUMP_S, Moment, utc_text, wall_jump_s
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.refusals import Refused
from limen.centre.safety.checks import DURING
from limen.centre.safety.judging import FIRED, Finding

#: What a level becomes on the session sheet (centre.md section 10.3).
PRIORITY: Final[Mapping[str, str]] = {"STOP": "high", "URGENT": "high", "ALERT": "medium", "HOLD": "medium"}
#: Minutes after its due time at which vitals are called late (ours: half of the slack of rule R8).
LATE_MIN: Final = 3
#: Minutes between measuring and entering from which on vitals are marked as entered late (ours).
ENTERED_LATE_MIN: Final = 2
FEWEST_VITALS: Final = 3
SYSTEM: Final = "system"
log: Final = logging.getLogger("limen.centre")


def commands_for(centre: Centre, command: Command) -> list[Command]:
    """Give a command with what has to be recorded beside it: a moved clock before it, alarms after it."""
    last = centre.store.events(command.record, centre.store.newest_seq(command.record) - 1)
    now = centre.clock.now()
    before = jump_command(command, last[-1].moment, now) if last else []
    after = alarms_of(centre, command, centre.store.state(command.record), now) if command.kind == "vitals" else []
    return [*before, command, *after]


def jump_command(command: Command, last: Moment, now: Moment) -> list[Command]:
    """Give a note that the wall clock was moved, if it was."""
    jump = wall_jump_s(last, now)
    if abs(jump) <= JUMP_S:
        return []
    body = {"seconds": f"{jump:.3f}", "before": last.wall_utc, "after": now.wall_utc}
    return [Command(command.record, "clock_jump", body, f"{command.key}/jump", SYSTEM)]


def alarms_of(centre: Centre, command: Command, state: State, now: Moment) -> list[Command]:
    """Give the alarms that vitals raise, judged as if they stood in the record already."""
    if state["status"] not in (infusion.RUNNING, infusion.PAUSED):
        return []
    taken = {**command.body, "phase": "after start", "measured_at": command.body.get("measured_at") or now.wall_utc}
    after = {**state, "vitals": [*state.get("vitals", []), taken]}
    findings = known.judged(known.during_facts(after, now), centre.site(), DURING)
    raised = [one for one in findings if one.state == FIRED and one.level in PRIORITY]
    act_min = known.minutes_to_act(centre.site())
    return [alarm(command.record, one, command.key, now, act_min) for one in raised]


def alarm(record: str, finding: Finding, key: str, now: Moment, act_min: float) -> Command:
    """Give one alarm with the time by which somebody has to act."""
    due = utc_text(now.wall + timedelta(minutes=act_min))
    body = {"id": f"{finding.rule}-{key[:40]}", "priority": PRIORITY[finding.level], "due": due, **finding.as_json()}
    return Command(record, "alarm_raised", body, f"{key}/{finding.rule}", SYSTEM)


def watch(centre: Centre) -> int:
    """Raise an alarm for every running infusion whose vitals are overdue; once for each set of vitals."""
    raised = 0
    for record, state in centre.states("session", statuses=(infusion.RUNNING, infusion.PAUSED)):
        try:
            raised += watch_one(centre, record, state)
        except Exception as error:  # one record that cannot be read must not end the watch over the others
            log.error("%s while watching %s; the others are watched", type(error).__name__, record)  # noqa: TRY400 - a traceback may hold a person's data
    return raised


def watch_one(centre: Centre, record: str, state: State) -> int:
    """Raise what is overdue in one infusion."""
    now = centre.clock.now()
    last = len(state.get("vitals", []))
    site = centre.site()
    findings = known.judged(known.during_facts(state, now), site, DURING)
    late = [one for one in findings if one.rule in ("R8", "R6c") and one.state == FIRED]
    act_min = known.minutes_to_act(site)
    alarms = [alarm(record, one, f"{record}/{last}", now, act_min) for one in late]
    # What a later look would say of the same vitals differs by its minutes: the alarm that stands is not raised anew.
    new = [one for one in alarms if one.body["id"] not in state.get("alarms", {})]
    acks = [centre.store.record(one) for one in new]
    return sum(not ack.replayed for each in acks for ack in each)


def read_vitals(words: str) -> dict[str, str]:
    """Read vitals on one line, such as ``128/82 76 98``: pressure, heart rate, oxygen saturation, breaths."""
    parts = words.replace("/", " ").split()
    names = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate")
    if "/" not in words or not FEWEST_VITALS <= len(parts) <= len(names):
        raise Refused(f"vitals is {words!r}: write them as 128/82 76 98, pressure, pulse, saturation.", field="vitals")
    return dict(zip(names, parts, strict=False))


def grid_rows(state: State, site: State, now: Moment) -> list[dict[str, Any]]:
    """Give the times at which vitals are due, each with its mark: taken, due, late or to come."""
    started = state.get("started")
    if started is None:
        return [{"minute": minute, "mark": "to come", "at": ""} for minute in vitals_grid(site)]
    begin = datetime.fromisoformat(started["at"])
    taken = sorted(str(one["measured_at"]) for one in state.get("vitals", []))
    rows = []
    for minute in vitals_grid(site):
        due = begin + timedelta(minutes=minute)
        rows.append({"minute": minute, "at": utc_text(due), "mark": mark_of(due, taken, now, minute)})
    return rows


def mark_of(due: datetime, taken: list[str], now: Moment, minute: int) -> str:
    """Give the mark of one time of the grid."""
    early, late = utc_text(due - timedelta(minutes=15 if minute == 0 else 7)), utc_text(due + timedelta(minutes=7))
    if any(early <= at <= late for at in taken):
        return "taken"
    if now.wall < due:
        return "to come"
    return "due" if now.wall <= due + timedelta(minutes=LATE_MIN) else "late"


def vitals_rows(state: State) -> list[dict[str, Any]]:
    """Give the vitals by the time they were measured, late entries with both times."""
    started = state.get("started")
    begin = datetime.fromisoformat(started["at"]) if started else None
    rows = []
    for one in sorted(state.get("vitals", []), key=lambda each: str(each["measured_at"])):
        measured, entered = datetime.fromisoformat(one["measured_at"]), datetime.fromisoformat(one["at"])
        minute = None if begin is None else round((measured - begin).total_seconds() / 60)
        late = entered - measured > timedelta(minutes=ENTERED_LATE_MIN)
        rows.append({**one, "minute": minute, "entered_late": late})
    return rows


def rates(state: State, weight: Decimal) -> dict[str, str]:
    """Give the rate that runs, in the forms of the bedside."""
    rate = infusion.rate_now(state)
    per_ml = Decimal(state["plan"]["mg_per_ml"])
    return {
        "mg_per_h": f"{rate:f}",
        "mg_per_kg_h": f"{rate / weight:.3f}",
        "ml_per_h": f"{rate / per_ml:.2f}",
    }


def start_rate(state: State) -> str:
    """Give the rate of the plan in mg/h, as a pump takes it: by the weight of the day."""
    plan = state["plan"]
    mg = Decimal(plan["mg_per_kg"]) * Decimal(state.get("weight_kg") or plan["weight_kg"])
    return f"{(mg * 60 / Decimal(plan['minutes'])).quantize(infusion.RATE_PLACES):f}"
