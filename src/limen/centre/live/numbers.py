"""What the screen says of the record of a session: rates, totals, vitals, scores, alarms, by one formatter."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from limen.centre.amounts import shown
from limen.centre.care import infusion, sitting
from limen.centre.centre import Centre
from limen.centre.clock import Moment
from limen.centre.live.clocked import plan_end_min
from limen.centre.records.kinds import State

KEPT: Final = 8
TWO: Final = Decimal("0.01")
VITALS: Final = ("systolic", "diastolic", "heart_rate", "spo2")


def sheet(centre: Centre, record: str) -> dict[str, Any]:
    """Give everything of a session that the screen shows beside the signal, as JSON."""
    state = centre.store.state(record)
    events = centre.store.events(record)
    now = centre.clock.now()
    minutes = infusion.minutes_since_start(state, now)
    weight = Decimal(state.get("weight_kg") or state["plan"]["weight_kg"])
    return {
        "type": "state",
        "seq": events[-1].seq if events else 0,
        "status": state["status"],
        "running": state["status"] in (infusion.RUNNING, infusion.PAUSED),
        "elapsed_s": None if minutes is None else float(minutes) * 60,
        "server_s": now.wall.timestamp(),
        "rates": {name: shown(Decimal(value)) for name, value in sitting.rates(state, weight).items()},
        "total_mg": two(infusion.delivered_mg(state, now)) if state.get("segments") else "0",
        "total_mg_per_kg": two(infusion.delivered_mg(state, now) / Fraction(weight)) if state.get("segments") else "0",
        "until_min": plan_end_min(state, now),
        "vitals": vitals(state, now),
        "scores": [score(one, now) for one in state.get("scores", [])[-KEPT:]],
        "alarms": [alarm(one) for one in state.get("alarms", {}).values() if one["acknowledged"] is None],
        "gaps": len(state.get("gaps", [])),
        "jumps": len(state.get("clock_jumps", [])),
    }


def two(amount: Fraction) -> str:
    """Write an amount to the hundredth, as the whole product writes amounts."""
    return shown((Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(TWO))


def vitals(state: State, now: Moment) -> dict[str, Any] | None:
    """Give the newest vitals with their age in seconds; None before any."""
    rows = state.get("vitals", [])
    if not rows:
        return None
    newest = max(rows, key=lambda one: str(one["measured_at"]))
    age = now.wall - Moment(newest["measured_at"], "0", "").wall
    return {"age_s": age.total_seconds(), **{name: newest.get(name, "") for name in VITALS}}


def score(one: State, now: Moment) -> dict[str, Any]:
    """Give a score with the minute it was entered at."""
    entered = Moment(one["at"], "0", "").wall
    return {"scale": one["scale"], "value": one["value"], "age_s": (now.wall - entered).total_seconds()}


def alarm(one: State) -> dict[str, Any]:
    """Give an alarm that nobody has acknowledged."""
    return {name: one.get(name, "") for name in ("id", "priority", "level", "rule", "condition", "seen", "unit", "due")}
