"""The session: checklist, sheet, recovery, review; and the same for machines as events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from limen.centre.accounts import backoff, passwords, users
from limen.centre.accounts.roles import CHART, INFUSE, OVERRIDE, SIGN, may
from limen.centre.amounts import read_amount, recorded
from limen.centre.care import forecasts, infusion, known, sitting
from limen.centre.care.duty import plain_task
from limen.centre.care.person import consent_holds
from limen.centre.care.scales import SESSION_LOG
from limen.centre.care.site import may_start
from limen.centre.care.task import FOLLOW_UP
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Ack, Command
from limen.centre.refusals import Denied, Refused
from limen.centre.safety.checks import BEFORE, DISCHARGE, DURING
from limen.centre.safety.judging import FIRED, Finding
from limen.centre.web import figures
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest, link_made
from limen.centre.web.templates import amount

doors: Final = Doors()
#: What a machine or a form may send of its own; every other event belongs to a step with its own page.
OPEN_KINDS: Final = (
    "start", "rate", "pause", "resume", "bolus", "stop", "vitals", "score", "note", "adverse_event", "alarm_ack",
    "sign", "correct", "lock",
)  # fmt: skip
SYMPTOMS: Final = ("no", "yes", "unknown")
TICKS: Final[Mapping[str, str]] = {
    "identity": "Name and birth date agree with the record",
    "fasting": "Fasting as agreed",
    "escort": "Somebody takes the person home",
    "no_driving": "No driving until the next day, after sleep: the person said so",
    "equipment": "Oximeter on, emergency kit at hand, sound of the monitor on",
    "second_person": "A second person checked drug, concentration and pump",
}
DISCHARGE_TICKS: Final[Mapping[str, str]] = {
    "oriented": "Oriented: knows person, place, time",
    "vitals_near_baseline": "Vitals near those before the infusion",
    "escort": "The escort is here",
    "no_driving_acknowledged": "No driving until the next day, after sleep: said again and understood",
}


def session_of(call: Call) -> tuple[str, State]:
    """Give the session of the address, if its person is one of this user's."""
    record = f"session/{call.path['id']}"
    state = call.centre.store.state(record)
    call.person(state["person"].partition("/")[2])
    return record, state


def head_of(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give what stands on top of every page of a session."""
    person = call.centre.store.state(state["person"])
    identity = call.opened(state["person"], person["identity"])
    now = call.centre.clock.now()
    minutes = infusion.minutes_since_start(state, now)
    mg = infusion.delivered_mg(state, now) if state.get("segments") else 0
    return {
        "id": call.path["id"],
        "record": record,
        "name": identity["name"],
        "birth_date": identity["birth_date"],
        "person": state["person"].partition("/")[2],
        "status": state["status"],
        "plan": {name: value for name, value in state["plan"].items() if name != "predicted"},
        "elapsed_s": 0 if minutes is None else int(minutes * 60),
        "running": state["status"] in (infusion.RUNNING, infusion.PAUSED),
        "delivered_mg": f"{float(mg):.2f}".rstrip("0").rstrip("."),
        "zone": call.site["clinics"][state["clinic"]].get("zone", "UTC"),
        "seq": max([event.seq for event in call.centre.store.events(record)], default=0),
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
    facts = known.person_facts(person, call.now, identity["birth_date"])
    facts |= known.before_facts(state, weight or state["plan"]["weight_kg"], given, days)
    return known.judged(facts, call.site, BEFORE)


@doors.post("/sessions/{id}/pre", may=INFUSE, fields=("vitals", "weight_kg", *TICKS, "idem_key"))
def pass_checklist(call: Call) -> Response:
    """Pass the checklist: vitals, weight and ticks; the rules judge it, and what they hold has to be decided by name."""
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
        state = {**state, "vitals": [*state.get("vitals", []), {**body, "measured_at": call.now_text, "phase": "before"}]}
    weight = recorded(read_amount(call.text("weight_kg"), "weight_kg"))
    findings = [one.as_json() for one in findings_before(call, state, weight)]
    decisions = decided(call, findings)
    ticks = {name: call.text(name) for name in TICKS}
    body = {**ticks, "weight_kg": weight, "findings": findings, "decisions": decisions}
    commands.append(Command(record, "checked", body, call.key, call.who))
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


def again(call: Call) -> None:
    """Ask for the own password once more, counted like signing in."""
    confirm(call, call.who, str(call.sent.get("password", "")))


def overridden(call: Call, record: str, decision: Mapping[str, Any]) -> Command:
    """Give the event of an override: who, why, which rule, this session only."""
    body = {"rule": decision["rule"], "reason": decision["reason"]}
    return Command(record, "override", body, f"{call.key}/{decision['rule']}", call.who)


def confirm(call: Call, name: str, password: str) -> dict[str, Any]:
    """Give the user whose password this is; raises Denied otherwise."""
    with call.centre.database.writing() as connection:
        backoff.refuse_if_guessing(connection, f"again:{name}", call.address, call.now)
        backoff.note(connection, f"again:{name}", call.address, call.now, backoff.FAILED)
        row = users.find(connection, name=name)
    right, _ = passwords.matches(password, row["password"] if row and row["state"] == users.ACTIVE else None)
    if not right or row is None:
        raise Denied("Name or password are not right: nothing was done.")
    with call.centre.database.writing() as connection:
        backoff.note(connection, f"again:{name}", call.address, call.now, backoff.PASSED)
    return row


def second_person(call: Call, name: str, password: str) -> str:
    """Give the name of a second person who confirms; never the same one, and one who may infuse."""
    if name == call.who:
        raise Denied("The second person has to be somebody else.")
    row = confirm(call, name, password)
    with call.centre.database.reading() as connection:
        grants = users.grants_of(connection, row["id"])
    if not any(may(role, INFUSE) for role, _ in grants):
        raise Denied(f"{name} may not confirm a dose.")
    return name


def vitals_body(call: Call) -> dict[str, str]:
    """Read vitals from one line or from their fields, with symptoms and the time they were measured."""
    body = sitting.read_vitals(call.text("vitals")) if call.text("vitals") else {}
    body |= {name: call.text(name) for name in infusion.VITALS if call.text(name)}
    symptoms = call.text("symptoms") or "no"
    if symptoms not in SYMPTOMS:
        raise Refused(f"symptoms is {symptoms!r}: it is one of {', '.join(SYMPTOMS)}.", field="symptoms")
    body["symptoms"] = symptoms
    if call.text("minutes_ago"):
        ago = float(read_amount(call.text("minutes_ago"), "minutes_ago"))
        body["minutes_ago"] = call.text("minutes_ago")
        body["measured_at"] = utc_text(call.now - timedelta(minutes=ago))
    return body


def steps(state: State) -> list[dict[str, str]]:
    """Give where a session stands among its steps."""
    names = ("checklist", "infusion", "recovery", "discharged")
    at = {infusion.PLANNED: 0, infusion.CHECKED: 1, infusion.RUNNING: 1, infusion.PAUSED: 1, infusion.STOPPED: 2}
    here = at.get(state["status"], 3)
    return [{"name": name, "mark": "past" if k < here else ("now" if k == here else "")} for k, name in enumerate(names)]


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
        past_alarms=call.opened(state["person"], [one for one in state.get("alarms", {}).values() if one["acknowledged"]]),
        findings=[one.as_json() for one in findings if one.state == FIRED],
        scores=state.get("scores", []),
        lines=call.opened(state["person"], [*state.get("notes", []), *state.get("adverse_events", [])]),
        corrections=state.get("corrections", []),
        overrides=call.opened(state["person"], state.get("overrides", [])),
        jumps=state.get("clock_jumps", []),
        scales=[SESSION_LOG, "CADSS", "MADRS"],
        planned_end=planned_end(state),
        figure=pressure_figure(state),
        curve=curve_figure(call, state),
    )


def planned_end(state: State) -> str:
    """Give when the pump is planned to end; empty before the start."""
    if not state.get("started"):
        return ""
    begin = datetime.fromisoformat(state["started"]["at"])
    return utc_text(begin + timedelta(minutes=float(state["plan"]["minutes"])))


def pressure_figure(state: State) -> Any:
    """Draw the vitals over minutes since the start."""
    rows = [one for one in sitting.vitals_rows(state) if one["minute"] is not None]
    names = {"systolic": "systolic", "diastolic": "diastolic", "heart_rate": "pulse", "spo2": "SpO2"}
    series = [
        {"name": words, "points": [(float(one["minute"]), float(one[name])) for one in rows if one.get(name)]}
        for name, words in names.items()
    ]
    last = rows[-1] if rows else {}
    says = ", ".join(f"{words} {last[name]}" for name, words in names.items() if last.get(name)) or "no vitals yet"
    return figures.chart(series, says=f"Vitals, the last: {says}", x_label="min since the start", y_label="mmHg, /min, %")


def curve_figure(call: Call, state: State) -> Any:
    """Draw the concentration that the plan was predicted to give, every model's own curve in it, and where now is."""
    found = forecasts.kept_document(call.centre, state["plan"].get("predicted") or "none")
    if not found:
        return figures.chart([], says="", x_label="", y_label="")
    minutes = infusion.minutes_since_start(state, call.centre.clock.now())
    band = list(zip(found["time_min"], found["p05"], found["p95"], strict=True))
    middle = {"name": "typical, predicted", "points": list(zip(found["time_min"], found["typical"], strict=True)), "bare": True}
    inside = None if minutes is None or minutes > 120 else float(minutes)
    says = f"Predicted concentration of the signed plan: peak about {max(found['typical']):.0f} ng/mL"
    return figures.chart([middle], says=says, x_label="min since the start", y_label="ng/mL", band=band, mark=inside, bottom=0.0)


@doors.post(
    "/sessions/{id}/do",
    may=INFUSE,
    fields=("kind", "rate_mg_per_h", "mg", "vitals", "scale", "value", "words", "id", "reason", "seen_seq", "idem_key"),
)
def do(call: Call) -> Response:
    """Take one action of the sheet."""
    record, state = session_of(call)
    kind = call.text("kind", needed=True)
    body = form_body(call, kind, state)
    seen = call.whole("seen_seq") if call.text("seen_seq") else None
    take(call, Command(record, kind, body, call.key, call.who, seen_seq=seen))
    after = "recovery" if kind == "stop" else ""
    return call.go(f"/sessions/{call.path['id']}/{after}".rstrip("/"))


def form_body(call: Call, kind: str, state: State) -> dict[str, Any]:
    """Read the fields of one action."""
    readers = {
        "start": lambda: rate_body(call),
        "rate": lambda: rate_body(call),
        "pause": dict,
        "resume": dict,
        "stop": lambda: {"reason": call.text("reason")},
        "bolus": lambda: {"mg": call.text("mg", needed=True)},
        "vitals": lambda: vitals_body(call),
        "score": lambda: {"scale": call.text("scale", needed=True), "value": call.whole("value")},
        "note": lambda: {"words": call.text("words", needed=True)},
        "adverse_event": lambda: {"words": call.text("words", needed=True), "severity": call.text("severity") or "mild"},
        "alarm_ack": lambda: {"id": call.text("id", needed=True), "words": call.text("words", needed=True)},
        "correct": lambda: correct_body(call, state),
        "sign": lambda: {"words": call.text("words")},
    }
    if kind not in readers:
        raise Refused(f"kind is {kind!r}: use one of {', '.join(readers)}.", field="kind")
    return readers[kind]()


def rate_body(call: Call) -> dict[str, Any]:
    """Read a rate, with the second person who confirms one above the hard limit."""
    body: dict[str, Any] = {"rate_mg_per_h": recorded(read_amount(call.text("rate_mg_per_h"), "rate_mg_per_h"))}
    if call.text("second_name"):
        body["second_person"] = second_person(call, call.text("second_name"), str(call.sent.get("second_password", "")))
    return body


def correct_body(call: Call, state: State) -> dict[str, Any]:
    """Read a correction: which event, which of its words, what they should be, and why."""
    seq, name = call.whole("at_seq"), call.text("name", needed=True)
    value: Any = call.text("new_value", needed=True)
    if infusion.place_of(state, seq) == "scores":
        value = call.whole("new_value")
    return {"at_seq": seq, "values": {name: value}, "reason": call.text("reason", needed=True)}


def take(call: Call, command: Command) -> Ack:
    """Record a command with what belongs to it, and give the answer to the command itself."""
    commands = sitting.commands_for(call.centre, command)
    acks = call.record_all(*commands)
    return next((ack for ack, one in zip(acks, commands, strict=False) if one is command), acks[0])


@doors.post("/sessions/{id}/events", may=INFUSE, fields=("idem_key", "kind", "body", "seen_seq"))
def take_event(call: Call) -> Response:
    """Take one event from a machine: 201 for a new one, 200 for one that is there."""
    record, _ = session_of(call)
    kind, body, seen = call.sent.get("kind"), call.sent.get("body"), call.sent.get("seen_seq")
    if kind not in OPEN_KINDS:
        raise Refused(f"kind is {kind!r}: use one of {', '.join(OPEN_KINDS)}.", field="kind")
    if not isinstance(body, dict) or not isinstance(call.sent.get("idem_key"), str):
        raise Refused("idem_key has to be text and body an object: send both.", field="body")
    if seen is not None and not (isinstance(seen, int) and not isinstance(seen, bool)):
        raise Refused(f"seen_seq is {seen!r}: send the number of the newest event that was seen.", field="seen_seq")
    ack = take(call, Command(record, str(kind), machine_body(call, body), call.sent["idem_key"], call.who, seen_seq=seen))
    found = {"seq": ack.seq, "hash": ack.hash, "state": ack.state}
    return JSONResponse(found, 200 if ack.replayed else 201)


#: The words that each event may carry, and which of them are text; anything else is refused.
MACHINE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("rate_mg_per_h", "second_person", "second_password"),
    "rate": ("rate_mg_per_h", "second_person", "second_password"),
    "pause": (), "resume": (), "stop": ("reason",), "bolus": ("mg",), "lock": (), "sign": ("words",), "note": ("words",),
    "vitals": (*infusion.VITALS, "symptoms", "measured_at"), "score": ("scale", "value"),
    "adverse_event": ("words", "severity"), "alarm_ack": ("id", "words"), "correct": ("at_seq", "values", "reason"),
}  # fmt: skip
WHOLE_WORDS: Final = ("value", "at_seq")


def machine_body(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the body of a machine's event: known words alone, numbers as text, the second person's password checked."""
    kind = str(call.sent["kind"])
    unknown = [name for name in body if name not in MACHINE_WORDS[kind]]
    if unknown:
        raise Refused(f"{unknown[0]!r} is no word of {kind}: use {', '.join(MACHINE_WORDS[kind]) or 'none'}.", field="body")
    found = {name: machine_value(name, value) for name, value in body.items()}
    if "measured_at" in found:
        found["measured_at"] = machine_time(found["measured_at"])
    if "second_person" in found:
        found["second_person"] = second_person(call, found["second_person"], found.pop("second_password", ""))
    return found


def machine_value(name: str, value: Any) -> Any:
    """Read one word: whole numbers where they are counts, an object for corrected values, else text."""
    if name in WHOLE_WORDS and isinstance(value, int) and not isinstance(value, bool):
        return value
    if name == "values" and isinstance(value, dict):
        return {str(key): item if isinstance(item, int) and not isinstance(item, bool) else str(item) for key, item in value.items()}
    if name in (*WHOLE_WORDS, "values") or isinstance(value, dict | list | bool) or value is None:
        raise Refused(f"{name} is {value!r}: send what the reference says.", field=name)
    return str(value)


def machine_time(words: str) -> str:
    """Read a time with its zone and write it as records do."""
    try:
        read = datetime.fromisoformat(words)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise Refused(f"measured_at is {words!r}: write it as 2026-12-31T10:00:00+00:00.", field="measured_at")
    return utc_text(read)


@doors.get("/sessions/{id}/events", may=CHART, fields=("after",))
def events(call: Call) -> Response:
    """Give the events after one that was seen."""
    record, state = session_of(call)
    words = call.text("after") or "0"
    if not words.isdigit() or len(words) > 9:
        raise Refused(f"after is {words!r}: write the number of an event.", field="after")
    call.note("read", f"{record}/events", patient=state["person"])
    found = [
        {"seq": one.seq, "kind": one.kind, "body": call.opened(state["person"], one.body), "user": one.user,
         "wall_utc": one.moment.wall_utc, "mono_s": one.moment.mono_s, "boot_id": one.moment.boot_id, "hash": one.hash}
        for one in call.centre.store.events(record, int(words))
    ]  # fmt: skip
    return JSONResponse({"session": record, "events": found})


@doors.get("/sessions/{id}/recovery", may=CHART)
def recovery(call: Call) -> Response:
    """Show the criteria of discharge, and what still holds it."""
    record, state = session_of(call)
    call.note("read", record, patient=state["person"])
    all_ticked = dict.fromkeys((*DISCHARGE_TICKS, "sign_off"), "yes")
    facts = known.discharge_facts(state, call.centre.clock.now(), all_ticked)
    return call.page(
        "recovery.html.j2",
        session=head_of(call, record, state),
        steps=steps(state),
        ticks=dict(DISCHARGE_TICKS),
        findings=[one.as_json() for one in known.judged(facts, call.site, DISCHARGE)],
        vitals=sitting.vitals_rows(state),
        figure=pressure_figure(state),
    )


@doors.post("/sessions/{id}/recovery", may=INFUSE, fields=(*DISCHARGE_TICKS, "idem_key"))
def discharge(call: Call) -> Response:
    """Let the person go, signed; the rules judge it first."""
    record, state = session_of(call)
    ticked = {name: call.text(name) for name in DISCHARGE_TICKS} | {"sign_off": "yes"}
    facts = known.discharge_facts(state, call.centre.clock.now(), ticked)
    findings = [one.as_json() for one in known.judged(facts, call.site, DISCHARGE)]
    commands = [Command(record, "discharged", {**ticked, "findings": findings}, call.key, call.who)]
    commands += after_discharge(call, state)
    call.record_all(*commands)
    return call.go(f"/sessions/{call.path['id']}/review")


def after_discharge(call: Call, state: State) -> list[Command]:
    """Give what follows a discharge: a call after a day, and a link for the questionnaires of the week."""
    person, clinic, key = state["person"], state["clinic"], call.key
    due = utc_text(call.now + timedelta(hours=24))
    why = "24 h after the infusion: ask for well-being, suicidal thoughts and adverse events"
    call_task = plain_task(FOLLOW_UP, person, clinic, "nurse", due, why, digest(f"{key}|24h"), call.who)
    return [call_task, link_made(call, person, clinic, "PHQ-9, GAD-7", 14, f"{key}/week")]


@doors.get("/sessions/{id}/review", may=CHART)
def review(call: Call) -> Response:
    """Show what happened in a session, event by event, with the head of its chain."""
    record, state = session_of(call)
    call.note("read", record, patient=state["person"])
    found = call.centre.store.events(record)
    lines = [
        {"seq": one.seq, "at": one.moment.wall_utc, "kind": one.kind, "by": one.user, "body": shown_body(call.opened(state["person"], one.body))}
        for one in found
    ]
    return call.page(
        "session_review.html.j2",
        session=head_of(call, record, state),
        steps=steps(state),
        events=lines,
        head=found[-1].hash if found else "",
        figure=pressure_figure(state),
        curve=curve_figure(call, state),
        discharge=state.get("discharge"),
    )


def shown_body(body: Mapping[str, Any]) -> str:
    """Say the words of an event on one line; findings by their ids."""
    said = {name: value for name, value in body.items() if value not in ("", None) and name not in ("findings", "plan", "source", "condition")}
    if "findings" in body:
        said["rules"] = " ".join(one["rule"] for one in body["findings"] if one["state"] == FIRED) or "none fired"
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())
