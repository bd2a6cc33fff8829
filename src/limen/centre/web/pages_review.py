"""A session afterwards: replay of what was predicted and observed, annotations, and the report that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from threading import Lock
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import HTMLResponse, JSONResponse, Response

from limen.centre.accounts.roles import CHART, EXCHANGE, INFUSE
from limen.centre.amounts import read_amount
from limen.centre.live import review as looking
from limen.centre.live.asking import model_of
from limen.centre.live.place import folder_of, is_research
from limen.centre.records.kinds import State
from limen.centre.refusals import Denied, Refused
from limen.centre.safety.judging import FIRED
from limen.centre.web import review_figures
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.pages_live import research_only
from limen.centre.web.session_parts import curve_figure, head_of, pressure_figure, session_of, steps
from limen.centre.web.templates import render
from limen.quantities import InputError

doors: Final = Doors()
#: Seconds of signal that the replay shows at once (ours: as the live screen).
WINDOW_S: Final = 10.0
#: Answers of the model that are remembered, by session and newest event (ours).
MOST_ANSWERS: Final = 32
_ANSWERS: Final[dict[tuple[str, str, int], dict[str, Any]]] = {}
_REMEMBERING: Final = Lock()


@doors.get("/sessions/{id}/review", may=CHART)
def review(call: Call) -> Response:
    """Show what happened in a session: its replay, its annotations, and every event with the head of its chain."""
    record, state = session_of(call)
    call.note("read", record, patient=state["person"])
    found = call.centre.store.events(record)
    return call.page(
        "session_review.html.j2",
        session=head_of(call, record, state),
        steps=steps(state),
        events=lines_of(call, state, record),
        head=found[-1].hash if found else "",
        figure=pressure_figure(state),
        curve=curve_figure(call, state),
        discharge=state.get("discharge"),
        replayed=is_research(call.site) and bool(state.get("started")),
        signal=bool(state.get("signals")),
        annotations=call.opened(state["person"], state.get("annotations", [])),
        may_annotate=call.may(INFUSE),
        may_export=call.may(EXCHANGE),
    )


def lines_of(call: Call, state: State, record: str) -> list[dict[str, Any]]:
    """Give every event of a session on a line."""
    return [
        {
            "seq": one.seq,
            "at": one.moment.wall_utc,
            "kind": one.kind,
            "by": one.user,
            "body": shown_body(call.opened(state["person"], one.body)),
        }
        for one in call.centre.store.events(record)
    ]


def shown_body(body: Mapping[str, Any]) -> str:
    """Say the words of an event on one line; findings by their ids."""
    said = {
        name: value
        for name, value in body.items()
        if value not in ("", None) and name not in ("findings", "plan", "source", "condition")
    }
    if "findings" in body:
        said["rules"] = " ".join(one["rule"] for one in body["findings"] if one["state"] == FIRED) or "none fired"
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())


def started(call: Call) -> tuple[str, State]:
    """Give a session that has started, in research mode."""
    research_only(call)
    record, state = session_of(call)
    if not state.get("started"):
        raise Refused("This session has not started: there is nothing of it to look at.", field="status")
    return record, state


@doors.get("/sessions/{id}/replay", may=CHART)
def replay(call: Call) -> Response:
    """Give what was given, seen and read in the signal of a session, by minutes since its start."""
    record, state = started(call)
    call.note("read", f"{record}/replay", patient=state["person"])
    now = call.centre.clock.now()
    found = looking.timeline(state, now)
    found["annotations"] = call.opened(state["person"], state.get("annotations", []))
    found["signal"] = looking.read_in_signal(folder_of(call.centre), state, now)
    return JSONResponse(found)


@doors.get("/sessions/{id}/predicted", may=CHART)
def predicted(call: Call) -> Response:
    """Give what was predicted of a session at its start, and as learnt from all that was seen in it."""
    record, state = started(call)
    found = prediction(call, record, state)
    return JSONResponse(found or {"unknown": "There is no model of this drug: nothing was predicted."})


def prediction(call: Call, record: str, state: State) -> dict[str, Any] | None:
    """Ask the model about a whole session, once for each newest event; None where it has no model of the drug."""
    asked = looking.asked(state, call.centre.clock.now())
    if asked is None:
        return None
    key = (str(call.centre.data), record, call.centre.store.newest_seq(record))
    with _REMEMBERING:
        found = _ANSWERS.get(key) if state.get("ended") else None
    if found is None:
        found = model_of(call.centre.data).ask(asked)
        found["compared"] = [looking.compared(one) for one in found["foretold"]]
        with _REMEMBERING:
            while len(_ANSWERS) >= MOST_ANSWERS:
                del _ANSWERS[next(iter(_ANSWERS))]
            _ANSWERS[key] = found
    return found


@doors.get("/sessions/{id}/stretch", may=CHART, fields=("at_min",))
def stretch(call: Call) -> Response:
    """Give ten seconds of the signal from a minute on."""
    _, state = started(call)
    at_min = float(read_amount(call.text("at_min", needed=True), "at_min"))
    try:
        found = looking.stretch(folder_of(call.centre), state, call.centre.clock.now(), at_min, WINDOW_S)
    except InputError:
        return JSONResponse({"unknown": f"Nothing was recorded from minute {at_min:.1f} on."})
    return JSONResponse(found)


ANNOTATION: Final = ("words", "begin_min", "end_min")


@doors.post("/sessions/{id}/annotations", may=INFUSE, fields=(*ANNOTATION, "at_seq", "idem_key"))
def annotate(call: Call) -> Response:
    """Add words to a stretch of a session, or correct words that were added; both are new events."""
    record, _ = session_of(call)
    body: dict[str, Any] = {
        "words": call.text("words", needed=True),
        "begin_min": call.text("begin_min", needed=True),
        "end_min": call.text("end_min") or call.text("begin_min"),
    }
    if call.text("at_seq"):
        call.record(record, "annotation_corrected", {**body, "at_seq": call.whole("at_seq")})
    else:
        call.record(record, "annotation", body)
    return call.go(f"/sessions/{call.path['id']}/review")


@doors.get("/sessions/{id}/report", may=CHART, fields=("file",))
def report(call: Call) -> Response:
    """Give the report of a session as one page to print, or as a file to keep; a machine gets what stands in it."""
    record, state = started(call)
    kept = call.text("file") == "yes"
    if kept and not call.may(EXCHANGE):
        call.note("denied", f"{record}/report", patient=state["person"])
        raise Denied(f"The role {call.role!r} may read the report and not take it along: ask a physician.")
    call.note("exported" if kept else "read", f"{record}/report", patient=state["person"])
    said = reported(call, record, state, kept=kept)
    if call.wants_json:
        return JSONResponse({name: value for name, value in said.items() if name not in DRAWN})
    html = render("session_report.html.j2", call, said)
    named = {"content-disposition": 'attachment; filename="session-report.html"'} if kept else {}
    return HTMLResponse(html, headers=named)


#: What of a report is only for the eye.
DRAWN: Final = ("figures", "style")


def reported(call: Call, record: str, state: State, *, kept: bool) -> dict[str, Any]:
    """Gather what a report says."""
    now = call.centre.clock.now()
    found = looking.timeline(state, now)
    try:
        course, why_not = prediction(call, record, state), "There is no model of this drug."
    except InputError as error:
        course, why_not = None, str(error)
    signal = looking.read_in_signal(folder_of(call.centre), state, now)
    events = call.centre.store.events(record)
    return {
        "session": head_of(call, record, state),
        "timeline": found,
        "ended": bool(state.get("ended")),
        "course": course,
        "why_not": why_not,
        "figures": review_figures.all_of(found, course, signal),
        "rhythm": review_figures.said_of_rhythm(signal),
        "annotations": call.opened(state["person"], state.get("annotations", [])),
        "events": lines_of(call, state, record),
        "alarms": call.opened(state["person"], list(state.get("alarms", {}).values())),
        "head": events[-1].hash if events else "",
        "made": call.now_text,
        "version": version("limen"),
        "kept": kept,
        "style": style() if kept else "",
    }


@cache
def style() -> Markup:
    """Give the style of a report that is kept by itself; a page of the centre has its style from a file of its own."""
    own = files("limen.centre.web").joinpath("assets", "report.css").read_text(encoding="utf-8")
    return Markup(f"<style>{own}</style>")  # noqa: S704 - a file of ours alone
