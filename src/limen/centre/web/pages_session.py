"""The session: the checklist before it, and the sheet while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import CHART, INFUSE, OVERRIDE, SIGN
from limen.centre.amounts import read_amount, recorded
from limen.centre.care import corrections, infusion, known, sitting
from limen.centre.care.person import consent_holds
from limen.centre.care.site import may_start
from limen.centre.clock import Moment, utc_text
from limen.centre.live.place import is_research
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.refusals import Denied, Refused
from limen.centre.safety.checks import BEFORE, DURING
from limen.centre.safety.judging import FIRED, Finding
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.session_parts import (
    SESSION_SCALES,
    SEVERITIES,
    again,
    birth_date,
    corrected_value,
    curve_figure,
    head_of,
    one_of,
    pressure_figure,
    second_person,
    session_of,
    steps,
    take,
    vitals_body,
)
from limen.centre.web.templates import amount

doors: Final = Doors()
TICKS: Final[Mapping[str, str]] = {
    "identity": "Name and birth date agree with the record",
    "fasting": "Fasting as agreed",
    "escort": "Somebody takes the person home",
    "no_driving": "No driving until the next day, after sleep: the person said so",
    "equipment": "Oximeter on, emergency kit at hand, sound of the monitor on",
    "second_person": "A second person checked drug, concentration and pump",
}


@doors.get("/sessions/{id}/pre", may=CHART)
def before(call: Call) -> Response:
    """Show the checklist, and what the rules say today."""
    record, state = session_of(call)
    call.note("read", record, patient=state["person"])
    return call.page(
        "session_pre.html.j2",
        session=head_of(call, record, state),
        ticks=dict(TICKS),
        findings=[one.as_json() for one in findings_before(call, state, "") if one.state == FIRED],
        start_words=may_start(call.site),
        vitals=sitting.vitals_rows(state),
        may_sign=call.may(SIGN),
        may_override=call.may(OVERRIDE),
        steps=steps(state),
    )


def findings_before(call: Call, state: State, weight: str) -> tuple[Finding, ...]:
    """Judge a person before an infusion, on the day."""
    person = call.centre.store.state(state["person"])
    identity = call.opened(state["person"], person["identity"])
    sessions = [one for _, one in call.centre.states("session", person=state["person"])]
    given, days = known.days_since_last(sessions, call.centre.clock.now())
    facts = known.person_facts(person, call.now, birth_date(identity))
    facts |= known.before_facts(state, weight or state["plan"]["weight_kg"], given, days)
    return known.judged(facts, call.site, BEFORE)


@doors.post("/sessions/{id}/pre", may=INFUSE, fields=("vitals", "weight_kg", *TICKS, "idem_key"))
def pass_checklist(call: Call) -> Response:
    """Pass the checklist: vitals, weight and ticks; what the rules hold has to be decided by name."""
    record, state = session_of(call)
    stop = may_start(call.site)
    if stop:
        raise Refused(stop, field="site")
    person = call.centre.store.state(state["person"])
    if not consent_holds(person, "treatment"):
        raise Refused("There is no consent to treatment: record it first.", field="consent")
    commands = []
    if call.text("vitals"):
        body = vitals_body(call)
        commands.append(Command(record, "vitals", body, f"{call.key}/vitals", call.who))
        state = {
            **state,
            "vitals": [*state.get("vitals", []), {**body, "measured_at": call.now_text, "phase": "before"}],
        }
    weight = recorded(read_amount(call.text("weight_kg"), "weight_kg"))
    findings = [one.as_json() for one in findings_before(call, state, weight)]
    decisions = decided(call, findings)
    ticks = {name: call.text(name) for name in TICKS}
    passed: dict[str, Any] = {**ticks, "weight_kg": weight, "findings": findings, "decisions": decisions}
    commands.append(Command(record, "checked", passed, call.key, call.who))
    commands += [overridden(call, record, one) for one in decisions if one["how"] == "override"]
    call.record_all(*commands)
    return call.go(f"/sessions/{call.path['id']}")


def decided(call: Call, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the decisions of the form: a reason for each rule that holds, by whoever may decide it."""
    found = []
    for one in findings:
        reason = call.text(f"decide_{one['rule']}")
        if not reason:
            continue
        found.append({"rule": one["rule"], "reason": reason, "by": call.who, "how": how_decided(call, one)})
    return found


def how_decided(call: Call, finding: Mapping[str, Any]) -> str:
    """Tell how a finding may be decided; raises Denied or Refused where it may not be, by this user or at all."""
    if finding["level"] == "BLOCK":
        if not finding["override"]:
            raise Refused(f"{finding['rule']} is a block that nobody may override.", field=finding["rule"])
        if not call.may(OVERRIDE):
            raise Denied(f"{finding['rule']} is overridden by the medical director alone.")
        again(call)
        return "override"
    if not call.may(SIGN):
        raise Denied(f"{finding['rule']} waits for a physician's decision.")
    return "decision"


def overridden(call: Call, record: str, decision: Mapping[str, Any]) -> Command:
    """Give the event of an override: who, why, which rule, this session only."""
    body = {"rule": decision["rule"], "reason": decision["reason"]}
    return Command(record, "override", body, f"{call.key}/{decision['rule']}", call.who)


@doors.get("/sessions/{id}", may=CHART)
def sheet(call: Call) -> Response:
    """Show the sheet of a session."""
    record, state = session_of(call)
    call.note("read", record, patient=state["person"])
    now = call.centre.clock.now()
    weight = Decimal(state.get("weight_kg") or state["plan"]["weight_kg"])
    running = state["status"] in (infusion.RUNNING, infusion.PAUSED)
    findings = known.judged(known.during_facts(state, now), call.site, DURING) if running else ()
    return call.page(
        "session.html.j2",
        session=head_of(call, record, state),
        steps=steps(state),
        rates={name: amount(value) for name, value in sitting.rates(state, weight).items()},
        start_rate=sitting.start_rate(state),
        grid=sitting.grid_rows(state, call.site, now),
        vitals=sitting.vitals_rows(state),
        alarms=[one for one in state.get("alarms", {}).values() if one["acknowledged"] is None],
        past_alarms=call.opened(
            state["person"], [one for one in state.get("alarms", {}).values() if one["acknowledged"]]
        ),
        findings=[one.as_json() for one in findings if one.state == FIRED],
        scores=state.get("scores", []),
        lines=call.opened(state["person"], [*state.get("notes", []), *state.get("adverse_events", [])]),
        corrections=state.get("corrections", []),
        overrides=call.opened(state["person"], state.get("overrides", [])),
        jumps=state.get("clock_jumps", []),
        scales=list(SESSION_SCALES),
        planned_end=planned_end(state),
        beyond_plan=running and beyond_plan(state, now),
        figure=pressure_figure(state),
        research=is_research(call.site),
        curve=curve_figure(call, state),
    )


def beyond_plan(state: State, now: Moment) -> bool:
    """Tell whether more has flowed in by the record than the plan holds."""
    return infusion.delivered_mg(state, now) > Fraction(str(state["plan"]["mg"]))


def planned_end(state: State) -> str:
    """Give when the pump is planned to end; empty before the start."""
    if not state.get("started"):
        return ""
    begin = datetime.fromisoformat(state["started"]["at"])
    return utc_text(begin + timedelta(minutes=float(state["plan"]["minutes"])))


DO_FIELDS: Final = (
    "kind", "rate_mg_per_h", "second_name", "second_password", "mg", "vitals", *corrections.VITALS, "symptoms",
    "minutes_ago", "scale", "value", "words", "severity", "id", "at_seq", "name", "new_value", "reason", "seen_seq",
    "idem_key",
)  # fmt: skip


@doors.post("/sessions/{id}/do", may=INFUSE, fields=DO_FIELDS)
def do(call: Call) -> Response:
    """Take one action of the sheet."""
    record, state = session_of(call)
    kind = call.text("kind", needed=True)
    body = form_body(call, kind)
    seen = call.whole("seen_seq") if call.text("seen_seq") else None
    take(call, Command(record, kind, body, call.key, call.who, seen_seq=seen))
    recovering = kind == "stop" or (kind == "vitals" and state["status"] == infusion.STOPPED)
    after = "recovery" if recovering else ""
    return call.go(f"/sessions/{call.path['id']}/{after}".rstrip("/"))


def form_body(call: Call, kind: str) -> dict[str, Any]:
    """Read the fields of one action."""
    readers: dict[str, Callable[[], dict[str, Any]]] = {
        "start": lambda: rate_body(call),
        "rate": lambda: rate_body(call),
        "pause": dict,
        "resume": dict,
        "stop": lambda: {"reason": call.text("reason")},
        "bolus": lambda: {"mg": call.text("mg", needed=True)},
        "vitals": lambda: vitals_body(call),
        "score": lambda: {
            "scale": one_of(call.text("scale", needed=True), SESSION_SCALES, "scale"),
            "value": call.whole("value"),
        },
        "note": lambda: {"words": call.text("words", needed=True)},
        "adverse_event": lambda: {
            "words": call.text("words", needed=True),
            "severity": one_of(call.text("severity", needed=True), SEVERITIES, "severity"),
        },
        "alarm_ack": lambda: {"id": call.text("id", needed=True), "words": call.text("words", needed=True)},
        "correct": lambda: correct_body(call),
        "sign": lambda: {"words": call.text("words")},
    }
    if kind not in readers:
        raise Refused(f"kind is {kind!r}: use one of {', '.join(readers)}.", field="kind")
    return readers[kind]()


def rate_body(call: Call) -> dict[str, Any]:
    """Read a rate, with the second person who confirms one above the hard limit."""
    body: dict[str, Any] = {"rate_mg_per_h": recorded(read_amount(call.text("rate_mg_per_h"), "rate_mg_per_h"))}
    if call.text("reason"):
        body["reason"] = call.text("reason")
    if call.text("second_name"):
        body["second_person"] = second_person(call, call.text("second_name"), str(call.sent.get("second_password", "")))
    return body


def correct_body(call: Call) -> dict[str, Any]:
    """Read a correction: which event, which of its words, what they should be, and why."""
    seq, name = call.whole("at_seq"), call.text("name", needed=True)
    value = corrected_value(name, call.text("new_value", needed=True))
    return {"at_seq": seq, "values": {name: value}, "reason": call.text("reason", needed=True)}
