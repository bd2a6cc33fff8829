"""One infusion as its events tell it: checklist, start, rates, vitals, scores, stop, recovery, discharge."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from limen.centre.amounts import HOUR_S, read_day, read_within, shown
from limen.centre.care.annotations import check_annotation, check_annotation_corrected, correct_annotation
from limen.centre.care.corrections import (
    HIGHEST_BOLUS_MG,
    HIGHEST_MG_PER_H,
    VITALS,
    check_correct,
    check_measured,
    correct,
)
from limen.centre.care.library import refuse_above_soft
from limen.centre.care.person import add, adding, stamp
from limen.centre.care.scales import check_value, scale_named
from limen.centre.clock import Moment, seconds_between
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.records.tables import session_event
from limen.centre.refusals import Conflict, Refused
from limen.centre.safety.facts import ANSWERS, UNKNOWN

PLANNED: Final = "planned"
CHECKED: Final = "checked"
RUNNING: Final = "running"
PAUSED: Final = "paused"
STOPPED: Final = "stopped"
DISCHARGED: Final = "discharged"
ABANDONED: Final = "not given"
COMPLETE: Final = ("systolic", "diastolic", "heart_rate", "spo2")
#: Ours: a weight that differs more from the one in the plan blocks the start (centre.md section 6.2).
WEIGHT_CHANGE_PERCENT: Final = 10
CHECKLIST: Final = ("identity", "fasting", "escort", "no_driving", "equipment", "second_person")
#: Ours: more than anaesthesia gives.
HIGHEST_NG_PER_ML: Final = "20000"
#: Ours: pumps take no finer rate.
RATE_PLACES: Final = Decimal("0.001")
#: Levels of a rule that hold a step until it was decided on.
STOPS_HOLD: Final = ("BLOCK", "HOLD", "URGENT", "STOP")


def as_pair(moment: Moment) -> list[str]:
    """Give a moment as it is kept in a state."""
    return [moment.wall_utc, moment.mono_s, moment.boot_id]


def open_session(state: State, event: Event) -> State:
    """Plan an infusion."""
    del state
    return {**event.body, "status": PLANNED, "opened": stamp(event), "segments": [], "boluses": []}


def check_open(state: State, body: Body, moment: Moment) -> None:
    """Refuse a session that is there, or one without a plan."""
    del moment
    if state:
        raise Conflict("This session is there already: open it from the list of today.")
    for name in ("person", "clinic", "plan"):
        if not body.get(name):
            raise Refused(f"A session needs {name}, got {body.get(name)!r}.", field=name)
    if body.get("planned_at"):
        read_day(str(body["planned_at"]), "planned_at")


def in_status(*wanted: str) -> Any:
    """Give a check that the session stands at one of some steps."""

    def check(state: State, body: Body, moment: Moment) -> None:
        del body, moment
        if not state:
            raise Refused("This session is not there: open it from the list of today.")
        if state["status"] not in wanted:
            raise Conflict(
                f"The session is {state['status']}, and this needs it {' or '.join(wanted)}: look at it again.",
                field="status",
            )

    return check


def pass_check(state: State, event: Event) -> State:
    """Keep a pre-session checklist that was passed, and the weight of the day."""
    return {
        **state,
        "status": CHECKED,
        "checklist": {**event.body, **stamp(event)},
        "weight_kg": event.body["weight_kg"],
    }


def check_checklist(state: State, body: Body, moment: Moment) -> None:
    """Refuse a checklist that is not whole, a weight that moved too far, or a rule that holds the step."""
    in_status(PLANNED)(state, body, moment)
    missing = [name for name in CHECKLIST if body.get(name) != "yes"]
    if missing:
        raise Refused(f"{missing[0]} is not ticked: settle it before the infusion.", field=missing[0])
    planned, weighed = Decimal(state["plan"]["weight_kg"]), Decimal(str(body.get("weight_kg") or 0))
    if abs(weighed - planned) * 100 > planned * WEIGHT_CHANGE_PERCENT:
        raise Refused(
            f"weight_kg is {shown(weighed)}, more than {WEIGHT_CHANGE_PERCENT} % from the plan's {shown(planned)}:"
            " weigh again, or have the plan signed anew.",
            field="weight_kg",
        )
    refuse_held(body)


def refuse_held(body: Body) -> None:
    """Refuse a step that a rule holds, unless it was decided on or overridden by name."""
    decided = {one["rule"] for one in body.get("decisions", [])}
    held = [one for one in body.get("findings", []) if one["level"] in STOPS_HOLD and one["rule"] not in decided]
    if held:
        one = held[0]
        raise Refused(
            f"{one['rule']} ({one['level']}, {one['state']}): {one['condition']}; seen {one['seen']}, threshold"
            f" {one['threshold']} ({one['source']}).",
            field=one["rule"],
            limit=one["threshold"],
        )


def start(state: State, event: Event) -> State:
    """Begin to infuse."""
    moved = set_rate(state, event, event.body["rate_mg_per_h"])
    return {**moved, "status": RUNNING, "started": {**stamp(event), "moment": as_pair(event.moment)}}


def check_rate(*wanted: str) -> Any:
    """Give a check of a rate at some steps."""

    def check(state: State, body: Body, moment: Moment) -> None:
        in_status(*wanted)(state, body, moment)
        words = str(body.get("rate_mg_per_h", ""))
        rate = Decimal(read_within(words, "0", HIGHEST_MG_PER_H, "rate_mg_per_h", "mg/h"))
        refuse_above_hard(state, body, rate)
        refuse_above_soft(state["plan"], state["weight_kg"], rate, str(body.get("reason", "")))

    return check


def refuse_above_hard(state: State, body: Body, rate: Decimal) -> None:
    """Refuse a rate above the hard limit of the session's drug library without a second person."""
    hard = Decimal(state["plan"]["hard_mg_per_kg_h"]) * Decimal(state["weight_kg"])
    if rate > hard and not body.get("second_person"):
        raise Refused(
            f"rate_mg_per_h is {shown(rate)}, above the hard limit of {shown(hard)} mg/h: let a second person confirm.",
            field="rate_mg_per_h",
            limit=shown(hard),
        )


def set_rate(state: State, event: Event, rate: str) -> State:
    """Let another rate begin."""
    segment = {"moment": as_pair(event.moment), "rate": rate, "seq": event.seq}
    return {**state, "segments": [*state["segments"], segment]}


def change_rate(state: State, event: Event) -> State:
    """Change the rate; a paused pump stays paused at the new rate."""
    if state["status"] == PAUSED:
        return {**state, "resume_rate": event.body["rate_mg_per_h"]}
    return set_rate(state, event, event.body["rate_mg_per_h"])


def pause(state: State, event: Event) -> State:
    """Pause, and remember the rate."""
    return {**set_rate(state, event, "0"), "status": PAUSED, "resume_rate": state["segments"][-1]["rate"]}


def resume(state: State, event: Event) -> State:
    """Go on at the rate of before."""
    return {**set_rate(state, event, state["resume_rate"]), "status": RUNNING}


def correct_entry(state: State, event: Event) -> State:
    """Put a correction in place; a pump that was paused at the rate that is corrected goes on at the right one."""
    after = correct(state, event)
    if state["status"] != PAUSED:
        return after
    was, ran = state["segments"][-2], after["segments"][-2]  # the last one is the pause
    return {**after, "resume_rate": ran["rate"]} if was["rate"] == state["resume_rate"] else after


def stop(state: State, event: Event) -> State:
    """End the infusion."""
    ended = {"reason": event.body.get("reason", ""), "moment": as_pair(event.moment), **stamp(event)}
    return {**set_rate(state, event, "0"), "status": STOPPED, "ended": ended}


def bolus(state: State, event: Event) -> State:
    """Give an amount at once."""
    given = {"mg": event.body["mg"], "seq": event.seq, "moment": as_pair(event.moment)}
    return {**state, "boluses": [*state["boluses"], given]}


def check_bolus(state: State, body: Body, moment: Moment) -> None:
    """Refuse a bolus that is no amount."""
    in_status(RUNNING, PAUSED)(state, body, moment)
    read_within(str(body.get("mg", "")), "0", HIGHEST_BOLUS_MG, "mg", "mg")


def check_vitals(state: State, body: Body, moment: Moment) -> None:
    """Refuse vitals outside their range, none at all, or a time that has not come."""
    in_status(PLANNED, CHECKED, RUNNING, PAUSED, STOPPED)(state, body, moment)
    given = [name for name in VITALS if body.get(name)]
    if not given:
        raise Refused(f"No vital is given: enter one of {', '.join(VITALS)}.", field="systolic")
    for name in given:
        low, high, unit = VITALS[name]
        read_within(str(body[name]), low, high, name, unit)
    symptoms = body.get("symptoms") or UNKNOWN
    if symptoms not in ANSWERS:
        raise Refused(f"symptoms is {symptoms!r}: it is one of {', '.join(ANSWERS)}.", field="symptoms")
    if body.get("measured_at"):
        check_measured(body["measured_at"], moment)


def add_vitals(state: State, event: Event) -> State:
    """Keep vitals with both times: when they were measured, and when they were entered."""
    measured = event.body.get("measured_at") or event.moment.wall_utc
    phase = "before" if not state.get("started") or measured < state["started"]["at"] else "after start"
    taken = {**event.body, "measured_at": measured, "phase": phase, **stamp(event)}
    return {**state, "vitals": [*state.get("vitals", []), taken]}


def check_sample(state: State, body: Body, moment: Moment) -> None:
    """Refuse a plasma sample that is no concentration, or one from before the start or from the future."""
    in_status(RUNNING, PAUSED, STOPPED)(state, body, moment)
    read_within(str(body.get("value_ng_per_ml", "")), "0", HIGHEST_NG_PER_ML, "value_ng_per_ml", "ng/mL")
    at = str(body.get("measured_at") or "")
    if not state["started"]["at"] <= at <= moment.wall_utc:
        raise Refused(f"measured_at is {at!r}: a sample is taken after the start and before now.", field="measured_at")


def check_score(state: State, body: Body, moment: Moment) -> None:
    """Refuse a score that its scale does not have."""
    in_status(CHECKED, RUNNING, PAUSED, STOPPED)(state, body, moment)
    scale = scale_named(str(body.get("scale")))
    if body.get("value") is None:
        raise Refused(f"{scale.name} has no value: enter one from {scale.low} to {scale.high}.", field="value")
    check_value(scale, int(body["value"]))


def raise_alarm(state: State, event: Event) -> State:
    """Keep an alarm as raised."""
    alarm = {**event.body, "raised": stamp(event), "acknowledged": None}
    return {**state, "alarms": {**state.get("alarms", {}), event.body["id"]: alarm}}


def acknowledge_alarm(state: State, event: Event) -> State:
    """Keep who acknowledged an alarm."""
    alarm = {**state["alarms"][event.body["id"]], "acknowledged": {**event.body, **stamp(event)}}
    return {**state, "alarms": {**state["alarms"], event.body["id"]: alarm}}


def check_acknowledge(state: State, body: Body, moment: Moment) -> None:
    """Refuse to acknowledge an alarm that is not there."""
    del moment
    if body.get("id") not in state.get("alarms", {}):
        raise Refused(f"There is no alarm {body.get('id')!r} in this session: look at it again.", field="id")


def discharge(state: State, event: Event) -> State:
    """Let the person go."""
    return {**state, "status": DISCHARGED, "discharge": {**event.body, **stamp(event)}}


def check_discharge(state: State, body: Body, moment: Moment) -> None:
    """Refuse a discharge that a rule holds."""
    in_status(STOPPED)(state, body, moment)
    for name in ("oriented", "vitals_near_baseline"):
        if body.get(name) != "yes":
            raise Refused(f"{name} is not ticked: the person stays until it is.", field=name)
    refuse_held(body)


def delivered_mg(state: State, now: Moment) -> Fraction:
    """Give what has flowed so far: the exact integral of the rates, and the boluses.

    Parameters
    ----------
    state : dict
        The folded state of a session.
    now : Moment
        Until when.

    Returns
    -------
    Fraction
        Amount in mg.
    """
    edges = [Moment(*one["moment"]) for one in state.get("segments", [])] + [now]
    rates = [Fraction(one["rate"]) for one in state.get("segments", [])]
    flowed = sum((rate * span_s(edges, k) for k, rate in enumerate(rates)), Fraction(0))
    return flowed / HOUR_S + sum((Fraction(one["mg"]) for one in state.get("boluses", [])), Fraction(0))


def span_s(edges: Sequence[Moment], k: int) -> Fraction:
    """Give how long one rate ran, in seconds, never less than nothing."""
    return Fraction(max(seconds_between(edges[k], edges[k + 1]), Decimal(0)))


def rate_now(state: State) -> Decimal:
    """Give the rate in mg/h that runs now."""
    return Decimal(state["segments"][-1]["rate"]) if state.get("segments") else Decimal(0)


def minutes_since_start(state: State, now: Moment) -> Decimal | None:
    """Give the minutes since the start; None before it."""
    return minutes_since(state.get("started"), now)


def minutes_since(stamped: dict[str, Any] | None, now: Moment) -> Decimal | None:
    """Give the minutes since something that carries its moment; None where it has not happened."""
    return None if stamped is None else seconds_between(Moment(*stamped["moment"]), now) / 60


def columns(state: State) -> dict[str, str]:
    """Give the columns by which a session is found."""
    return {
        "clinic": state["clinic"],
        "person": state["person"],
        "status": state["status"],
        "due_at": state.get("planned_at", ""),
    }


def abandon(state: State, event: Event) -> State:
    """Keep that an infusion was not given."""
    return {**state, "status": ABANDONED, "abandoned": {**event.body, **stamp(event)}}


def jump(state: State, event: Event) -> State:
    """Keep that somebody moved the wall clock."""
    return add(state, event, "clock_jumps")


ANY: Final = (PLANNED, CHECKED, RUNNING, PAUSED, STOPPED, DISCHARGED)
SESSION: Final = register(
    RecordKind(
        "session",
        {
            "opened": Kind(open_session, check_open),
            "checked": Kind(pass_check, check_checklist),
            "start": Kind(start, check_rate(CHECKED), ("reason",)),
            "rate": Kind(change_rate, check_rate(RUNNING, PAUSED), ("reason",)),
            "pause": Kind(pause, in_status(RUNNING)),
            "resume": Kind(resume, in_status(PAUSED)),
            "bolus": Kind(bolus, check_bolus),
            "stop": Kind(stop, in_status(RUNNING, PAUSED)),
            "vitals": Kind(add_vitals, check_vitals, ("words",)),
            "score": Kind(adding("scores"), check_score),
            "note": Kind(adding("notes"), in_status(*ANY), ("words",)),
            "annotation": Kind(adding("annotations"), check_annotation, ("words",)),
            "annotation_corrected": Kind(correct_annotation, check_annotation_corrected, ("words",)),
            "adverse_event": Kind(adding("adverse_events"), in_status(*ANY), ("words",)),
            "alarm_raised": Kind(raise_alarm, in_status(*ANY)),
            "alarm_ack": Kind(acknowledge_alarm, check_acknowledge, ("words",)),
            "gap": Kind(adding("gaps"), in_status(*ANY)),
            "signal": Kind(adding("signals"), in_status(*ANY)),
            "signal_lost": Kind(adding("signal_losses"), in_status(*ANY)),
            "signal_back": Kind(adding("signal_returns"), in_status(*ANY)),
            "sample": Kind(adding("samples"), check_sample),
            "clock_jump": Kind(jump, in_status(*ANY)),
            "lock": Kind(adding("locks"), in_status(*ANY)),
            "override": Kind(adding("overrides"), in_status(*ANY), ("reason",)),
            "sign": Kind(adding("signatures"), in_status(*ANY), ("words",)),
            "correct": Kind(correct_entry, check_correct),
            "discharged": Kind(discharge, check_discharge),
            "abandoned": Kind(abandon, in_status(PLANNED, CHECKED), ("reason",)),
        },
        table=session_event,
        columns=columns,
    )
)


def given_mg(state: State) -> Fraction:
    """Give what flowed in all until the infusion ended, or until its newest event."""
    last = state["ended"]["moment"] if state.get("ended") else state["segments"][-1]["moment"]
    return delivered_mg(state, Moment(*last))
