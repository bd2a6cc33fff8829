"""The course: the clinician's own expectation first, then options to review, a signed plan, sessions, reviews."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import CHART, SIGN
from limen.centre.amounts import read_within, shown
from limen.centre.care import forecasts, known
from limen.centre.care.duty import plain_task
from limen.centre.care.library import DRUGS, in_force, plan_limits
from limen.centre.care.person import consent_holds
from limen.centre.care.site import RELAPSE_WEEKS
from limen.centre.care.task import FOLLOW_UP
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.refusals import Refused
from limen.centre.safety.checks import PLAN
from limen.centre.safety.facts import Amount
from limen.centre.safety.table import rank
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest
from limen.centre.web.pages_chart import chart, header
from limen.centre.web.score_parts import missing, score_figure, score_rows
from limen.centre.web.session_parts import birth_date, one_of

doors: Final = Doors()
#: Ranges of entry for a plan, with units (ours: beyond them lies a slip of the keyboard).
PLAN_NUMBERS: Final = {
    "mg_per_kg": ("0.05", "10", "mg/kg"),
    "minutes": ("5", "480", "min"),
    "weight_kg": ("20", "350", "kg"),
    "mg": ("1", "1000", "mg"),
    "mg_per_ml": ("0.1", "100", "mg/mL"),
    "infusions": ("1", "30", ""),
    "interval_d": ("1", "90", "d"),
}
REVIEWS: Final = ("continue", "stop", "extend", "maintain", "refer")
WEEK_D: Final = 7
REVIEW_AT: Final = (3, 6)  # safety.md section 3


def sessions_of(call: Call, record: str) -> list[tuple[str, State]]:
    """Give a person's sessions."""
    return call.centre.states("session", person=record)


@doors.get("/patients/{id}/plan", may=CHART)
def plan(call: Call) -> Response:
    """Show the plan; the options only once an own expectation, or that it was skipped, is stored."""
    record, state, identity = chart(call)
    sessions = sessions_of(call, record)
    facts = known.person_facts(state, call.now, birth_date(identity))
    expected = waiting_expectation(state, sessions)
    findings = known.judged(facts, call.site, PLAN)
    return call.page(
        "plan.html.j2",
        person=header(call, record, state, identity),
        plan=call.opened(record, state.get("plan")),
        sessions=[
            {
                "id": name.partition("/")[2],
                "status": one["status"],
                "planned": one.get("planned_at", ""),
                "dose": one["plan"]["words"],
            }
            for name, one in sessions
        ],
        expectation=expected,
        options=newest_options(call, state) if expected else None,
        findings=sorted(
            (one.as_json() for one in findings if one.state == "fired"), key=lambda one: -rank(one["level"])
        ),
        weight=suggested_weight(state, [one for _, one in sessions]),
        horizons=forecasts.HORIZONS_H,
        drugs=DRUGS,
        regimens=list(in_force(call.site, call.today).values()),
        services=[{"id": name, "name": one["name"]} for name, one in call.site.get("services", {}).items()],
        reviews=REVIEWS,
        review_due=review_due(state, sessions),
        may_sign=call.may(SIGN),
        ready=why_not_ready(state),
    )


def waiting_expectation(state: State, sessions: list[tuple[str, State]]) -> State | None:
    """Give the newest expectation if no infusion has begun since; None where one has to be written first."""
    newest = state.get("expectations", [])[-1:]
    return newest[0] if newest and newest[0]["at"] > last_start(sessions) else None


def last_start(sessions: list[tuple[str, State]]) -> str:
    """Give when the newest infusion began; empty before the first."""
    return max((str(one["started"]["at"]) for _, one in sessions if one.get("started")), default="")


def why_not_ready(state: State) -> list[str]:
    """Say what is missing before a plan can be signed."""
    found = []
    if state.get("intake_review", {}).get("decision") != "go on":
        found.append("a signed review that says 'go on'")
    if not consent_holds(state, "treatment"):
        found.append("consent to treatment")
    return found


def suggested_weight(state: State, sessions: list[State]) -> str:
    """Give the newest weight that is on file; empty where there is none."""
    try:
        return forecasts.weight_of(state, [one for one in sessions if one.get("started")])
    except Refused:
        return ""


def newest_options(call: Call, state: State) -> dict[str, Any] | None:
    """Give the options that were computed last; None where none were."""
    shown_before = state.get("forecasts", [])
    return forecasts.kept_document(call.centre, shown_before[-1]["document"]) if shown_before else None


def review_due(state: State, sessions: list[tuple[str, State]]) -> bool:
    """Tell whether a review is due: at infusions 3 and 6 (safety.md section 3); a later one counts for both."""
    given = len([one for _, one in sessions if one.get("started")])
    reviewed = max((int(one["after"]) for one in state.get("reviews", [])), default=0)
    return any(given >= number > reviewed for number in REVIEW_AT)


@doors.post("/patients/{id}/expectation", may=SIGN, fields=("horizon_h", "low", "high", "skip", "idem_key"))
def expect(call: Call) -> Response:
    """Store the clinician's own expectation, or that it was skipped; skipping is never punished."""
    record, state = call.person(call.path["id"])
    horizon = call.whole("horizon_h") if call.text("horizon_h") else forecasts.HORIZONS_H[0]
    if horizon not in forecasts.HORIZONS_H:
        raise Refused(f"horizon_h is {horizon}: use one of {forecasts.HORIZONS_H}.", field="horizon_h")
    body: dict[str, Any] = {"scale": forecasts.MADRS, "horizon_h": horizon}
    since = last_start(sessions_of(call, record))
    body["saw_model_first"] = "yes" if any(one["at"] > since for one in state.get("forecasts", [])) else "no"
    if call.text("skip") == "yes":
        body["skipped"] = "yes"
    else:
        low, high = (read_within(call.text(name), "0", "60", name, "points") for name in ("low", "high"))
        if Decimal(low) > Decimal(high):
            raise Refused(f"low is {low} and high {high}: write the lower one first.", field="low")
        body |= {"low": low, "high": high}
    call.record(record, "expectation", body)
    return call.go(f"/patients/{call.path['id']}/plan")


@doors.post("/patients/{id}/options", may=SIGN, fields=("idem_key",))
def look(call: Call) -> Response:
    """Compute the options to review; they wait for the own expectation."""
    record, state = call.person(call.path["id"])
    if not waiting_expectation(state, sessions_of(call, record)):
        raise Refused("The options wait for your own expectation: write it, or skip it.", field="expectation")
    identity = call.opened(record, state["identity"])
    age = known.person_facts(state, call.now, birth_date(identity)).get("age")
    years = float(age.value) if isinstance(age, Amount) else None
    given, now = [one for _, one in sessions_of(call, record)], call.centre.clock.now()
    case = forecasts.case_text(state, given, years, call.site, now)
    answer = forecasts.run_options(case)
    name = forecasts.keep_document(call.centre, "options", json.dumps(answer, sort_keys=True))
    body = {"document": name, "summary": forecasts.summary_of(answer), "statement": answer["statement"]}
    call.record(record, "forecast_shown", body)
    return call.go(f"/patients/{call.path['id']}/plan")


@doors.post("/patients/{id}/plan", may=SIGN, fields=("drug", "regimen", *PLAN_NUMBERS, "service", "reason", "idem_key"))
def sign(call: Call) -> Response:
    """Sign a course plan; the rules judge it first."""
    record, state = call.person(call.path["id"])
    body = plan_body(call)
    facts = known.person_facts(state, call.now, birth_date(call.opened(record, state["identity"])))
    given = len([one for _, one in sessions_of(call, record) if one.get("started")])
    findings = known.judged({**facts, **known.plan_facts(body, given)}, call.site, PLAN)
    refuse_blocked([one.as_json() for one in findings])
    call.record(record, "plan_signed", body)
    return call.go(f"/patients/{call.path['id']}/plan")


def refuse_blocked(findings: list[dict[str, Any]]) -> None:
    """Refuse a plan that a BLOCK stands against; one that may be overridden waits for each session's pre-check."""
    held = [one for one in findings if one["level"] == "BLOCK" and not one["override"]]
    if held:
        one = held[0]
        raise Refused(
            f"{one['rule']} blocks this plan: {one['condition']}; seen {one['seen']}, threshold {one['threshold']}"
            f" {one['unit']} ({one['source']}).",
            field=one["rule"],
            limit=one["threshold"],
        )


def plan_body(call: Call) -> dict[str, Any]:
    """Read a plan; the amount in mg is entered and has to agree with mg/kg and weight."""
    drug = call.text("drug", needed=True)
    if drug not in DRUGS:
        raise Refused(f"drug is {drug!r}: use one of {', '.join(DRUGS)}.", field="drug")
    numbers = {
        name: read_within(call.text(name), low, high, name, unit) for name, (low, high, unit) in PLAN_NUMBERS.items()
    }
    limits = plan_limits(call.site, call.text("regimen"), {"drug": drug, **numbers}, call.today)
    words = f"{shown(Decimal(numbers['mg_per_kg']))} mg/kg over {shown(Decimal(numbers['minutes']))} min"
    service = one_of(call.text("service"), ("", *call.site.get("services", {})), "service")
    rest = {"service": service, "reason": call.text("reason", needed=True), **limits}
    return {"drug": drug, "route": "iv", **numbers, "words": words, **rest}


@doors.post("/patients/{id}/sessions", may=CHART, fields=("planned_at", "idem_key"))
def plan_session(call: Call) -> Response:
    """Plan one infusion of the course."""
    record, state = call.person(call.path["id"])
    if not state.get("plan"):
        raise Refused("There is no signed plan: sign it first.", field="plan")
    kept = {name: value for name, value in state["plan"].items() if name not in ("reason", "by", "at", "seq")}
    kept["predicted"] = predicted(call, kept)
    body = {
        "person": record,
        "clinic": state["clinic"],
        "plan": kept,
        "planned_at": call.text("planned_at") or call.today,
    }
    session = f"session/{digest(f'{record}|{call.key}')}"
    call.record(session, "opened", body, person=record)
    return call.go(f"/{session.replace('session/', 'sessions/')}/pre")


def predicted(call: Call, plan: State) -> str:
    """Compute the concentration of the plan ahead and keep it; empty where it cannot be computed."""
    try:
        answer = forecasts.run_concentration(plan)
    except Refused:
        return ""
    return forecasts.keep_document(call.centre, "concentration", json.dumps(answer, sort_keys=True))


@doors.post("/patients/{id}/reviews", may=SIGN, fields=("decision", "reason", "idem_key"))
def review(call: Call) -> Response:
    """Sign what comes next: continue, stop, extend, maintain or refer."""
    record, state = call.person(call.path["id"])
    decision = call.text("decision", needed=True)
    if decision not in REVIEWS:
        raise Refused(f"decision is {decision!r}: use one of {', '.join(REVIEWS)}.", field="decision")
    given = len([one for _, one in sessions_of(call, record) if one.get("started")])
    after = max((number for number in REVIEW_AT if given >= number), default=0)
    body = {"decision": decision, "reason": call.text("reason", needed=True), "after": after}
    commands = [Command(record, "review", body, call.key, call.who)]
    if decision in ("stop", "maintain", "refer"):
        commands += end_of_course(call, record, state, decision)
    call.record_all(*commands)
    return call.go(f"/patients/{call.path['id']}/plan")


def end_of_course(call: Call, record: str, state: State, how: str) -> list[Command]:
    """Give the end of a course with its watch over relapse: one task for each week at which relapse is looked for."""
    key = call.key
    commands = [Command(record, "course_ended", {"how": how, "reason": call.text("reason")}, f"{key}/end", call.who)]
    for week in RELAPSE_WEEKS:
        due = utc_text(call.now + timedelta(days=WEEK_D * week))
        why = f"{week} weeks after the course: send a PHQ-9 by link and ask how it goes"
        name = digest(f"{key}|{week}")
        commands.append(
            plain_task(FOLLOW_UP, record, state["clinic"], owner="nurse", due=due, why=why, key=name, who=call.who)
        )
    return commands


@doors.get("/patients/{id}/outcomes", may=CHART)
def outcomes(call: Call) -> Response:
    """Show one person's scores over time, what is missing of them, and how well both forecasts did."""
    record, state, identity = chart(call)
    sessions = sessions_of(call, record)
    rows = score_rows(state)
    return call.page(
        "outcomes_one.html.j2",
        person=header(call, record, state, identity),
        scores=rows,
        missing=missing(state, sessions),
        pairs=forecasts.pairs(state, [one for _, one in sessions]),
        adverse=call.opened(record, state.get("adverse_events", [])),
        figure=score_figure(rows),
    )
