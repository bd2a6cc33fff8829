"""After an infusion: recovery, discharge, and the review of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from limen.centre.accounts.roles import CHART, INFUSE
from limen.centre.care import known, sitting
from limen.centre.care.duty import plain_task
from limen.centre.care.task import FOLLOW_UP
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.safety.checks import DISCHARGE
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest, link_made
from limen.centre.web.session_parts import (
    head_of,
    pressure_figure,
    session_of,
    steps,
)

doors: Final = Doors()
DISCHARGE_TICKS: Final[Mapping[str, str]] = {
    "oriented": "Oriented: knows person, place, time",
    "vitals_near_baseline": "Vitals near those before the infusion",
    "escort": "The escort is here",
    "no_driving_acknowledged": "No driving until the next day, after sleep: said again and understood",
}


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
    call_task = plain_task(
        FOLLOW_UP, person, clinic, owner="nurse", due=due, why=why, key=digest(f"{key}|24h"), who=call.who
    )
    return [call_task, link_made(call, person, clinic, scales="PHQ-9, GAD-7", days=14, key=f"{key}/week")]
