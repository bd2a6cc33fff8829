"""The live infusion: the screen of one session, what lies ahead, and what is entered beside the signal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from limen.centre.accounts.roles import CHART, EXCHANGE, INFUSE
from limen.centre.amounts import read_amount, read_within, recorded, shown
from limen.centre.care.corrections import HIGHEST_MG_PER_H
from limen.centre.care.infusion import CHECKED, PAUSED, RUNNING, STOPPED
from limen.centre.clock import utc_text
from limen.centre.live.asking import model_of
from limen.centre.live.clocked import question
from limen.centre.live.export import Cut, cut_out, edf_bytes, events_tsv, parquet_bytes
from limen.centre.live.place import OVER, SIGNAL_FOLDER, attached, folder_of, is_research, recorder_of
from limen.centre.live.review import span_s
from limen.centre.records.kinds import Event, State
from limen.centre.refusals import Conflict, Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.session_parts import head_of, minutes_ago, session_of
from limen.quantities import InputError

doors: Final = Doors()
#: Events that one key enters, with the words that are kept (ours).
MARKS: Final = (
    ("1", "Eyes closed"), ("2", "Eyes open"), ("3", "Speaks"), ("4", "Moves"), ("5", "Says the experience begins"),
    ("6", "Says it ends"),
)  # fmt: skip
#: After so long a signal that was given to a session is free for another, if that one does not run (ours).
SIGNAL_KEPT: Final = timedelta(days=1)
#: Share of receptors that the demo's dose blocks at the peak by the assay of its patient (a test holds it).
SIMULATED_PEAK: Final = "0.46"
#: What is told of each kind of event; words that somebody wrote are sealed and are not among them.
EVENT_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("rate_mg_per_h",), "rate": ("rate_mg_per_h",), "pause": (), "resume": (), "stop": (), "bolus": ("mg",),
    "vitals": ("systolic", "diastolic", "heart_rate", "spo2"), "score": ("scale", "value"),
    "sample": ("value_ng_per_ml",), "alarm_raised": ("rule", "priority"), "clock_jump": ("seconds",),
    "signal_lost": ("priority", "seconds"), "signal_back": ("seconds",),
    "annotation": ("begin_min", "end_min"),
}  # fmt: skip


def research_only(call: Call) -> None:
    """Refuse everything of the signal in clinic mode."""
    if not is_research(call.site):
        raise Refused("The live screen is for research mode and is off in clinic mode: use the sheet.", field="mode")


@doors.get("/sessions/{id}/live", may=CHART)
def screen(call: Call) -> Response:
    """Show the live screen of a session."""
    research_only(call)
    record, state = session_of(call)
    call.note("read", f"{record}/live", patient=state["person"])
    return call.page(
        "live.html.j2",
        session=head_of(call, record, state),
        attached=attached(state),
        recorder=recorder_of(call.centre),
        marks=[list(one) for one in MARKS],
        simulated=SIMULATED_PEAK if is_simulated(state) else "",
        may_export=call.may(EXCHANGE),
    )


def is_simulated(state: State) -> bool:
    """Tell whether the signal of a session comes from the simulated patient of the demo."""
    return any(one.get("recorder") == "simulated" for one in state.get("signals", []))


@doors.post("/sessions/{id}/live", may=INFUSE, fields=("idem_key",))
def attach(call: Call) -> Response:
    """Let the signal belong to this session, and to no other that still goes on."""
    research_only(call)
    record, state = session_of(call)
    if state["status"] in OVER:
        raise Conflict(f"The session is {state['status']}: a signal belongs to one that goes on.", field="status")
    if any(other != record and holds_signal(call, one) for other, one in call.centre.states("session")):
        raise Conflict("The signal belongs to another session that goes on: end that one first.", field="signal")
    if not attached(state):
        call.record(record, "signal", {"recorder": recorder_of(call.centre)})
    return call.go(f"/sessions/{call.path['id']}/live")


def holds_signal(call: Call, state: State) -> bool:
    """Tell whether the signal is a session's while it runs, and within a day before its start and after its stop."""
    if not attached(state) or state["status"] in (RUNNING, PAUSED):
        return attached(state)
    return state["status"] in (CHECKED, STOPPED) and state["signals"][-1]["at"] > utc_text(call.now - SIGNAL_KEPT)


@doors.post("/sessions/{id}/sample", may=INFUSE, fields=("value_ng_per_ml", "minutes_ago", "idem_key"))
def sample(call: Call) -> Response:
    """Enter a plasma sample of ketamine."""
    record, _ = session_of(call)
    value = recorded(read_amount(call.text("value_ng_per_ml", needed=True), "value_ng_per_ml"))
    body = {"value_ng_per_ml": value, "measured_at": minutes_ago(call)}
    call.record(record, "sample", body)
    return call.go(f"/sessions/{call.path['id']}/live")


@doors.get("/sessions/{id}/ahead", may=CHART, fields=("rate_mg_per_h",))
def ahead(call: Call) -> Response:
    """Give what is predicted from now on, and beside it the courses of a stop and of another rate."""
    research_only(call)
    record, state = session_of(call)
    asked = question(state, call.centre.clock.now(), others(call, state))
    if asked is None:
        return JSONResponse({"unknown": "Nothing is predicted before the start, or for a drug without a model."})
    found = model_of(call.centre.data).ask(asked)
    head = max([event.seq for event in call.centre.store.events(record)], default=0)
    return JSONResponse({"seq": head, "now_min": asked["now_min"], "until_min": asked["until_min"], **found})


def others(call: Call, state: State) -> list[dict[str, Any]]:
    """Give the other courses that are asked for; a stop is always one of them while the pump runs."""
    found: list[dict[str, Any]] = []
    if state["status"] in ("running", "paused"):
        found.append({"name": "stop now", "rate_mg_per_h": "0"})
    if call.text("rate_mg_per_h"):
        rate = read_within(call.text("rate_mg_per_h"), "0", HIGHEST_MG_PER_H, "rate_mg_per_h", "mg/h")
        found.append({"name": f"{shown(rate)} mg/h", "rate_mg_per_h": rate})
    return found


def cut_of(call: Call) -> tuple[str, State, Cut]:
    """Give what was recorded of a session, from a minute before its start to a minute after its end."""
    research_only(call)
    record, state = session_of(call)
    if not state.get("started"):
        raise Refused("This session has not started: there is nothing of it in the recording.", field="status")
    call.note("exported", f"{record}/signal", patient=state["person"])
    return record, state, cut_out(folder_of(call.centre) / SIGNAL_FOLDER, *span_s(state, call.centre.clock.now()))


@doors.get("/sessions/{id}/signal.edf", may=EXCHANGE)
def as_edf(call: Call) -> Response:
    """Give the signal of a session as EDF+, without a name."""
    _, _, cut = cut_of(call)
    return Response(edf_bytes(cut), media_type="application/octet-stream")


@doors.get("/sessions/{id}/signal.parquet", may=EXCHANGE)
def as_parquet(call: Call) -> Response:
    """Give the signal of a session as Parquet, without a name; says which package is missing where one is."""
    _, _, cut = cut_of(call)
    try:
        found = parquet_bytes(cut)
    except InputError as error:
        raise Refused(str(error), field="pyarrow") from None
    return Response(found, media_type="application/vnd.apache.parquet")


@doors.get("/sessions/{id}/signal_events.tsv", may=EXCHANGE)
def as_events(call: Call) -> Response:
    """Give the events of a session beside its signal, as BIDS has them; free words stay in the centre."""
    record, state, cut = cut_of(call)
    told = [event for event in call.centre.store.events(record) if event.kind in EVENT_WORDS]
    timed = sorted((happened_s(event, state), event.seq, event) for event in told)
    found = [(at_s, one.kind, event_value(one.kind, one.body)) for at_s, _, one in timed if at_s >= cut.begin_s]
    return Response(events_tsv(cut, found), media_type="text/tab-separated-values; charset=utf-8")


def happened_s(event: Event, state: State) -> float:
    """Give when something happened, in seconds since 1970: as it was measured or annotated, else as it was entered."""
    if event.body.get("measured_at"):
        return datetime.fromisoformat(event.body["measured_at"]).timestamp()
    if event.kind == "annotation":
        begin = datetime.fromisoformat(state["started"]["at"])
        return (begin + timedelta(minutes=float(event.body["begin_min"]))).timestamp()
    return event.moment.wall.timestamp()


def event_value(kind: str, body: Mapping[str, Any]) -> str:
    """Say an event in one cell."""
    return ", ".join(f"{name} {body[name]}" for name in EVENT_WORDS[kind] if body.get(name) not in (None, ""))
