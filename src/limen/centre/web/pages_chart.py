"""A person's record: who, what happened when, the intake with its rules, scores, consent, harms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import CHART, PEOPLE, SIGN
from limen.centre.amounts import is_count, read_within
from limen.centre.care import known, registry, slot, task
from limen.centre.care.duty import suicide_task
from limen.centre.care.person import DECISIONS
from limen.centre.care.scales import ITEM9, PHQ9, scale_named, scales, total
from limen.centre.intake.form import said, unknowns
from limen.centre.keys import opened
from limen.centre.records.kinds import Event, State
from limen.centre.records.store import Command
from limen.centre.refusals import Refused
from limen.centre.safety.checks import CONSULT
from limen.centre.safety.facts import ANSWERS
from limen.centre.safety.table import rank, rules
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest
from limen.centre.web.score_parts import missing, score_rows
from limen.centre.web.session_parts import SEVERITIES, birth_date, one_of

doors: Final = Doors()
#: What a consultation settles, each as the rules read it, with its range and unit where it is a number.
CONSULT_FLAGS: Final = (
    "aneurysm", "arteriovenous_malformation", "intracerebral_haemorrhage", "hypersensitivity", "pregnant",
    "breastfeeding",
    "psychosis_now", "cardiovascular_uncontrolled", "hepatic_severe", "raised_pressure", "lamotrigine", "naltrexone",
    "cyp_strong", "cns_or_maoi", "substance_misuse", "bipolar_without_stabiliser", "mania_now", "urinary_symptoms",
    "cssrs_behaviour",
)  # fmt: skip
CONSULT_NUMBERS: Final = {
    "age": ("1", "120", "y"),
    "weight": ("20", "350", "kg"),
    "benzodiazepine_mg_d": ("0", "200", "mg/d"),
    "cssrs_level": ("0", "5", "item"),
}
CSSRS: Final = ("cssrs_level", "cssrs_behaviour")
CONSENTS: Final = ("treatment", "data", "contact", "research")
#: What each kind of event is called on the timeline, and how it is marked.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "registered": ("Registered", ""),
    "identity_changed": ("Name or numbers changed", ""),
    "intake_answered": ("Intake form", ""),
    "intake_reviewed": ("Intake reviewed", "sign"),
    "facts_entered": ("Consultation", ""),
    "consent": ("Consent", "sign"),
    "expectation": ("Clinician's own expectation", ""),
    "forecast_shown": ("Options looked at", ""),
    "plan_signed": ("Course plan signed", "sign"),
    "score": ("Score", "score"),
    "adverse_event": ("Adverse event", "harm"),
    "note": ("Note", ""),
    "review": ("Review", "sign"),
    "finding_answered": ("Finding answered", "sign"),
    "course_ended": ("Course ended", "sign"),
    "merged": ("Same person as another record", ""),
    "unmerged": ("No longer the same as another record", ""),
}


def chart(call: Call) -> tuple[str, State, dict[str, str]]:
    """Give a record, its state and identity, once the reading is in the audit trail."""
    record, state = call.person(call.path["id"])
    call.note("read", record, patient=record)
    return record, state, call.opened(record, state["identity"])


def header(call: Call, record: str, state: State, identity: Mapping[str, str]) -> dict[str, Any]:
    """Give what stands on top of every page of a person."""
    return {
        "id": call.path["id"],
        "identity": dict(identity),
        "pseudonym": state["pseudonym"],
        "status": state["status"],
        "clinic": call.site["clinics"][state["clinic"]]["name"],
        "zone": call.site["clinics"][state["clinic"]].get("zone", "UTC"),
        "same_as": state.get("same_as", "").partition("/")[2],
        "other_clinic": state["clinic"] not in call.clinics,
        "record": record,
    }


@doors.get("/patients/{id}", may=PEOPLE)
def overview(call: Call) -> Response:
    """Show one person: to the desk identity, bookings and links; to clinicians the whole timeline."""
    record, state, identity = chart(call)
    head = header(call, record, state, identity)
    visits = call.centre.states("slot", person=record, statuses=(slot.BOOKED, slot.ARRIVED))
    shown = [{"start": one["start"], "what": one.get("what", "visit"), "status": one["status"]} for _, one in visits]
    if not call.may(CHART):
        return call.page("person_desk.html.j2", person=head, visits=shown)
    sessions = call.centre.states("session", person=record)
    with call.centre.database.reading() as connection:
        same = [
            registry.shown_person(call.centre, connection, one)
            for one in registry.likely_same(call.centre, connection, record)
        ]
    tasks = call.centre.states("task", person=record, statuses=(task.OPEN, task.ACKNOWLEDGED))
    return call.page(
        "person.html.j2",
        person=head,
        visits=shown,
        timeline=timeline(call, record, sessions),
        sessions=[session_line(name, one) for name, one in sessions],
        tasks=[task.shown_task(name, one, call.now_text) for name, one in tasks],
        duplicates=[one for one in same if one["clinic"] in call.clinics and one["status"] != "deleted"],
        consents=state.get("consents", []),
        consent_forms=[
            {"id": name, "title": one["title"], "version": one["version"]}
            for name, one in call.site.get("consent_forms", {}).items()
        ],
        missing=missing(state, sessions),
        scores=score_rows(state),
        scale_names=list(scales()),
        severities=SEVERITIES,
        consent_kinds=CONSENTS,
    )


def session_line(name: str, state: State) -> dict[str, Any]:
    """Give a session as a person's page lists it."""
    started = state["started"]["at"] if state.get("started") else None
    return {
        "id": name.partition("/")[2],
        "status": state["status"],
        "dose": state["plan"]["words"],
        "started": started,
        "planned": state.get("planned_at", ""),
    }


def timeline(call: Call, record: str, sessions: list[tuple[str, State]]) -> list[dict[str, Any]]:
    """Give everything that happened to a person, newest first."""
    with call.centre.database.reading() as connection:
        key = call.centre.vault.key_of(connection, record)
    lines = [event_line(record, key, event) for event in call.centre.store.events(record)]
    for name, state in sessions:
        if state.get("started"):
            words = f"{state['plan']['words']}, {state['status']}"
            lines.append(
                {
                    "at": state["started"]["at"],
                    "by": state["started"]["by"],
                    "what": "Infusion",
                    "words": words,
                    "mark": "dose",
                    "link": f"/sessions/{name.partition('/')[2]}/review",
                }
            )
    return sorted(lines, key=lambda line: str(line["at"]), reverse=True)


def event_line(record: str, key: bytes | None, event: Event) -> dict[str, Any]:
    """Give one event as a line."""
    what, mark = WORDS.get(event.kind, (event.kind, ""))
    body = opened(key, record, event.body)
    return {
        "at": event.moment.wall_utc,
        "by": event.user,
        "what": what,
        "words": in_words(event.kind, body),
        "mark": mark,
        "link": "",
    }


def in_words(kind: str, body: Mapping[str, Any]) -> str:
    """Say what an event holds."""
    said_of = {
        "registered": lambda: f"from {body['source']}",
        "intake_reviewed": lambda: f"{body['decision']}: {body['reason']}",
        "consent": lambda: f"{body['purpose']}: {body['given']} (form {body['form']}, version {body['version']})",
        "score": lambda: f"{body['scale']} {'total missing' if body.get('value') is None else body['value']}",
        "plan_signed": lambda: f"{body['words']}, {body['infusions']} infusions",
        "adverse_event": lambda: f"{body['severity']}: {body['words']}",
        "expectation": lambda: (
            "skipped"
            if body.get("skipped") == "yes"
            else f"{body['scale']} {body.get('low')} to {body.get('high')} after {body['horizon_h']} h"
        ),
        "course_ended": lambda: f"{body['how']}: {body['reason']}",
        "review": lambda: f"{body['decision']}: {body['reason']}",
        "finding_answered": lambda: f"{body['rule']}: {body['reason']}",
        "note": lambda: str(body["words"]),
    }
    return said_of.get(kind, lambda: "")()


@doors.get("/patients/{id}/intake", may=CHART)
def intake(call: Call) -> Response:
    """Show the answers, what the rules say of them, and what is not known."""
    record, state, identity = chart(call)
    facts = known.person_facts(state, call.now, birth_date(identity))
    findings = known.judged(facts, call.site, CONSULT)
    answers = state.get("intake", {}).get("answers", {})
    review = call.opened(record, state.get("intake_review"))
    return call.page(
        "intake_review.html.j2",
        person=header(call, record, state, identity),
        answers=said(answers),
        answered_at=state.get("intake", {}).get("at"),
        unknown=unknowns(answers) if answers else [],
        findings=sorted((one.as_json() for one in findings), key=lambda one: -rank(one["level"])),
        review=review,
        decisions=DECISIONS,
        facts=state.get("facts", {}).get("values", {}),
        flags=CONSULT_FLAGS,
        numbers={name: unit for name, (_, _, unit) in CONSULT_NUMBERS.items()},
        may_sign=call.may(SIGN),
    )


@doors.post("/patients/{id}/facts", may=CHART, fields=(*CONSULT_FLAGS, *CONSULT_NUMBERS, "idem_key"))
def enter_facts(call: Call) -> Response:
    """Keep what the consultation settled; what is left alone stays as it was."""
    record, state = call.person(call.path["id"])
    before = state.get("facts", {}).get("values", {})
    values = dict(before)
    for name in CONSULT_FLAGS:
        words = call.text(name)
        if words and words not in ANSWERS:
            raise Refused(f"{name} is {words!r}: it is one of {', '.join(ANSWERS)}.", field=name)
        if words:
            values[name] = words
    for name, (low, high, unit) in CONSULT_NUMBERS.items():
        if call.text(name):
            values[name] = [read_within(call.text(name), low, high, name, unit), unit]
    if call.text("cssrs_level"):
        call.whole("cssrs_level")
    commands = [Command(record, "facts_entered", {"values": values}, call.key, call.who)]
    if is_emergency(values) and any(values.get(name) != before.get(name) for name in CSSRS):
        why = "C-SSRS: ideation 4 or 5, or recent behaviour (R11b, R11c): emergency path"
        commands.append(
            suicide_task(
                call.site, record, state["clinic"], now=call.now, why=why, key=digest(f"{call.key}|cssrs"), who=call.who
            )
        )
    call.record_all(*commands)
    return call.go(f"/patients/{call.path['id']}/intake")


def is_emergency(values: Mapping[str, Any]) -> bool:
    """Tell whether the C-SSRS says ideation 4 or 5, or recent behaviour."""
    level = Decimal(values.get("cssrs_level", ("0",))[0])
    return values.get("cssrs_behaviour") == "yes" or level >= int(rules()["R11b"].threshold)


@doors.post("/patients/{id}/intake", may=SIGN, fields=("decision", "reason", "idem_key"))
def review(call: Call) -> Response:
    """Sign a decision about an intake, with the findings as they stand."""
    record, state = call.person(call.path["id"])
    identity = call.opened(record, state["identity"])
    facts = known.person_facts(state, call.now, birth_date(identity))
    findings = [one.as_json() for one in known.judged(facts, call.site, CONSULT)]
    settled = settle(call, record, findings)
    body = {
        "decision": call.text("decision", needed=True),
        "reason": call.text("reason", needed=True),
        "findings": settled,
    }
    call.record(record, "intake_reviewed", body)
    return call.go(
        f"/patients/{call.path['id']}/plan" if body["decision"] == "go on" else f"/patients/{call.path['id']}"
    )


def settle(call: Call, record: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the findings without the urgent ones whose task is closed: somebody spoke with the person."""
    closed = {one["kind"] for _, one in call.centre.states("task", person=record, statuses=(task.CLOSED,))}
    still = call.centre.states("task", person=record, statuses=(task.OPEN, task.ACKNOWLEDGED))
    open_kinds = {one["kind"] for _, one in still}
    done = task.SUICIDE_ITEM in closed and task.SUICIDE_ITEM not in open_kinds
    return [one for one in findings if not (done and one["rule"] == "R11a")]


@doors.post("/patients/{id}/consents", may=CHART, fields=("purpose", "given", "form", "idem_key"))
def consent(call: Call) -> Response:
    """Keep a consent given or taken back, with the form and its version."""
    record, _ = call.person(call.path["id"])
    purpose, given = call.text("purpose", needed=True), call.text("given", needed=True)
    if purpose not in CONSENTS or given not in ("yes", "no"):
        raise Refused(
            f"purpose is {purpose!r} and given {given!r}: use {', '.join(CONSENTS)} with yes or no.", field="purpose"
        )
    form = call.text("form", needed=True)
    if form not in call.site.get("consent_forms", {}):
        raise Refused(f"form is {form!r}: use one that the site has published.", field="form")
    version = call.site["consent_forms"][form]["version"]
    call.record(record, "consent", {"purpose": purpose, "given": given, "form": form, "version": version})
    return call.go(f"/patients/{call.path['id']}")


@doors.post("/patients/{id}/scores", may=CHART, fields=("scale", "value", "idem_key"))
def enter_score(call: Call) -> Response:
    """Keep a total that a clinician rated; a PHQ-9 that is entered by item opens a task where it must."""
    record, state = call.person(call.path["id"])
    scale = scale_named(call.text("scale", needed=True))
    items = entered_items(call, len(scale.items))
    value = total(items) if items else call.whole("value")
    body = {"scale": scale.name, "value": value, "items": items, "source": "clinician"}
    commands = [Command(record, "score", body, call.key, call.who)]
    if scale.name == PHQ9 and items and items[ITEM9]:
        why = f"PHQ-9 item 9 is {items[ITEM9]} (R11a), entered by {call.who}"
        commands.append(
            suicide_task(
                call.site, record, state["clinic"], now=call.now, why=why, key=digest(f"{call.key}|item9"), who=call.who
            )
        )
    call.record_all(*commands)
    return call.go(f"/patients/{call.path['id']}")


def entered_items(call: Call, count: int) -> list[int | None] | None:
    """Give the items of a form in which they were entered one by one; None where none was."""
    words = [call.text(f"item_{k}") for k in range(1, count + 1)]
    if not any(words):
        return None
    wrong = [one for one in words if one and not is_count(one)]
    if wrong:
        raise Refused(f"An item is {wrong[0]!r}: write a whole number.", field="item")
    return [int(one) if one else None for one in words]


@doors.post("/patients/{id}/adverse", may=CHART, fields=("words", "severity", "related", "idem_key"))
def adverse(call: Call) -> Response:
    """Keep an adverse event."""
    record, _ = call.person(call.path["id"])
    severity = one_of(call.text("severity", needed=True), SEVERITIES, "severity")
    related = call.text("related") or "unknown"
    call.record(
        record, "adverse_event", {"words": call.text("words", needed=True), "severity": severity, "related": related}
    )
    return call.go(f"/patients/{call.path['id']}")


@doors.post("/patients/{id}/notes", may=CHART, fields=("words", "idem_key"))
def note(call: Call) -> Response:
    """Keep a note."""
    record, _ = call.person(call.path["id"])
    call.record(record, "note", {"words": call.text("words", needed=True)})
    return call.go(f"/patients/{call.path['id']}")
