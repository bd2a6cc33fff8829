"""The desk: today, bookings, and the outbox of links and reminders."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from limen.centre.accounts.roles import CHART, INFUSE, OUTBOX, PEOPLE
from limen.centre.amounts import read_day
from limen.centre.care import infusion, link, slot
from limen.centre.care.hours import opening
from limen.centre.care.site import clinic_of
from limen.centre.care.task import SUICIDE_ITEM
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Command, state_within
from limen.centre.refusals import Denied, Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest, link_made
from limen.centre.web.pages_tasks import tasks_for

doors: Final = Doors()
RUNNING: Final = (infusion.PLANNED, infusion.CHECKED, infusion.RUNNING, infusion.PAUSED, infusion.STOPPED)
SLOT_MINUTES: Final = ("15", "30", "45", "60", "90", "120")
MOST_DAYS: Final = 60
LONGEST_LIST: Final = 200
#: Tasks that are due later stand on the page of tasks alone (ours).
SOON: Final = timedelta(hours=36)
LINK_DAYS: Final = 14  # ours


def name_of(call: Call, person: str) -> str:
    """Give the name of a person; empty for none."""
    if not person:
        return ""
    return str(call.opened(person, call.centre.store.state(person)["identity"]["name"]))


def day_edges(call: Call, words: str = "") -> tuple[str, str]:
    """Give the begin and end of a day in the first clinic's zone, in UTC."""
    begin = datetime.combine(read_day(words or call.today, "day"), time(), ZoneInfo(call.zone))
    return utc_text(begin), utc_text(begin + timedelta(days=1))


@doors.get("/today", may=PEOPLE)
def today(call: Call) -> Response:
    """Show who comes, what runs, what is missing and what is due."""
    begin, end = day_edges(call)
    tasks, soon = tasks_for(call), utc_text(call.now + SOON)
    visits = call.centre.states("slot", clinics=call.clinics, due_from=begin, due_to=end)
    live = call.centre.states("session", clinics=call.clinics, statuses=RUNNING) if call.may(CHART) else []
    return call.page(
        "today.html.j2",
        visits=[
            visit_row(call, record, state)
            for record, state in visits
            if state["status"] not in (slot.FREE, slot.CLOSED)
        ],
        sessions=[session_row(call, record, state) for record, state in live],
        tasks=[one for one in tasks if one["due"] < soon or one["kind"] == SUICIDE_ITEM],
        later=sum(one["due"] >= soon for one in tasks),
        outbox=len(links_to_hand_over(call, link.WAITING)),
    )


def visit_row(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give a booking as the desk sees it."""
    return {
        "id": record.partition("/")[2],
        "start": state["start"],
        "zone": call.site["clinics"][state["clinic"]].get("zone", "UTC"),
        "clinic": call.site["clinics"][state["clinic"]]["name"],
        "what": state.get("what", "visit"),
        "status": state["status"],
        "name": name_of(call, state["person"]),
        "person": state["person"].partition("/")[2],
    }


def session_row(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give a session as the list of today shows it."""
    alarms = [one for one in state.get("alarms", {}).values() if one["acknowledged"] is None]
    minutes = infusion.minutes_since_start(state, call.centre.clock.now())
    return {
        "id": record.partition("/")[2],
        "status": state["status"],
        "name": name_of(call, state["person"]),
        "dose": state["plan"]["words"],
        "alarms": len(alarms),
        "minutes": None if minutes is None else int(minutes),
        "clinic": call.site["clinics"][state["clinic"]]["name"],
    }


@doors.get("/slots", may=PEOPLE, fields=("day",))
def slots(call: Call) -> Response:
    """Show the times of one day."""
    day = read_day(call.text("day") or call.today, "day")
    begin, end = day_edges(call, day.isoformat())
    rows = call.centre.states("slot", clinics=call.clinics, due_from=begin, due_to=end)
    return call.page(
        "slots.html.j2",
        day=day.isoformat(),
        before=(day - timedelta(days=1)).isoformat(),
        after=(day + timedelta(days=1)).isoformat(),
        slots=[visit_row(call, record, state) for record, state in rows],
        clinics=[{"id": name, "name": call.site["clinics"][name]["name"]} for name in call.clinics],
        minutes=SLOT_MINUTES,
    )


@doors.post("/slots", may=PEOPLE, fields=("clinic", "first_day", "days", "minutes", "what", "idem_key"))
def offer(call: Call) -> Response:
    """Offer times on the staffed hours of some days."""
    clinic = call.text("clinic", needed=True)
    if clinic not in call.clinics:
        raise Denied(f"{clinic!r} is not a clinic of yours.")
    days, minutes = call.whole("days"), call.text("minutes")
    if not 1 <= days <= MOST_DAYS or minutes not in SLOT_MINUTES:
        raise Refused(
            f"days is {days} and minutes {minutes!r}: offer 1 to {MOST_DAYS} days of listed lengths.", field="days"
        )
    made = offered(clinic_of(call.site, clinic), clinic, call.text("first_day", needed=True), days, int(minutes))
    what = call.text("what") or "consultation"
    with call.centre.database.writing() as connection:
        for start in made:
            offer_one(call, connection, clinic, start=start, minutes=int(minutes), what=what)
    call.note("slots offered", f"{clinic}:{len(made)}")
    return call.go("/slots", offered=len(made))


def offer_one(call: Call, connection: Any, clinic: str, *, start: str, minutes: int, what: str) -> None:
    """Offer one time; one that is offered already stays as it is."""
    record = f"slot/{clinic}-{start}"
    body = {"clinic": clinic, "start": start, "minutes": minutes, "what": what}
    if not state_within(connection, record):
        call.centre.store.record_within(connection, Command(record, "opened", body, f"{record}/opened", call.who))


def offered(clinic: dict[str, Any], name: str, first_day: str, days: int, minutes: int) -> list[str]:
    """Give the times that fit into the staffed hours of some days."""
    zone = ZoneInfo(clinic.get("zone", "UTC"))
    first = datetime.combine(read_day(first_day, "first_day"), time(), zone)
    found = []
    for ahead in range(days):
        hours = opening(clinic, first + timedelta(days=ahead))
        at = hours[0] if hours else None
        while hours and at and at + timedelta(minutes=minutes) <= hours[1]:
            found.append(utc_text(at))
            at += timedelta(minutes=minutes)
    return found


@doors.post("/bookings/{id}", may=PEOPLE, fields=("action", "idem_key"))
def act_on_booking(call: Call) -> Response:
    """Keep that somebody arrived, missed the visit, or gave the time back."""
    record = f"slot/{call.path['id']}"
    state = call.centre.store.state(record)
    if state["clinic"] not in call.clinics:
        raise Denied("This booking belongs to another clinic.")
    action = call.text("action", needed=True)
    if action not in ("arrived", "done", "missed", "freed", "closed"):
        raise Refused(f"action is {action!r}: use arrived, done, missed, freed or closed.", field="action")
    call.record(record, action, {}, person=state["person"])
    if action == "arrived" and waiting_session(call, state["person"]):
        return call.go(waiting_session(call, state["person"]))
    return call.go(call.text("back") if call.text("back") in ("/today", "/slots") else "/today")


def waiting_session(call: Call, person: str) -> str:
    """Give the page of the session that waits for a person who arrived; empty where none does."""
    waiting = call.centre.states("session", person=person, statuses=(infusion.PLANNED,)) if call.may(INFUSE) else []
    return f"/sessions/{waiting[0][0].partition('/')[2]}/pre" if waiting else ""


@doors.get("/outbox", may=OUTBOX)
def outbox(call: Call) -> Response:
    """Show links and reminders that wait to be handed over."""
    mine = links_to_hand_over(call, link.WAITING, link.HANDED)
    shown = [link_row(call, record, state) for record, state in mine[:LONGEST_LIST]]
    due = [one for one in shown if one["status"] == link.WAITING]
    return call.page("outbox.html.j2", waiting=due, handed=[one for one in shown if one["status"] == link.HANDED])


def links_to_hand_over(call: Call, *statuses: str) -> list[tuple[str, State]]:
    """Give the links of the own clinics that have not ended and have an address to hand over."""
    rows = call.centre.states("link", clinics=call.clinics, statuses=statuses, due_from=call.now_text)
    return [(record, state) for record, state in rows if state.get("address")]


def link_row(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give a link as the outbox shows it; its address is shown to whoever hands it over."""
    token = call.opened(state["person"], state.get("address", ""))
    base = f"{call.request.url.scheme}://{call.request.headers.get('host', '')}"
    return {
        "id": record.partition("/")[2],
        "name": name_of(call, state["person"]),
        "purpose": state["purpose"],
        "scales": state.get("scales", []),
        "expires": state["expires"],
        "status": state["status"],
        "address": f"{base}/p/{token}" if token else "",
        "handed": state.get("handed"),
        "answered": [one["scale"] for one in state["answered"]],
    }


@doors.post("/outbox/{id}", may=OUTBOX, fields=("action", "how", "idem_key"))
def hand_over(call: Call) -> Response:
    """Keep that a link was handed over, or end it."""
    record = f"link/{call.path['id']}"
    state = call.centre.store.state(record)
    if state["clinic"] not in call.clinics:
        raise Denied("This link belongs to another clinic.")
    if call.text("action") == "revoke":
        call.record(record, "revoked", {}, person=state["person"])
    else:
        call.record(record, "handed_over", {"how": call.text("how") or "in person"}, person=state["person"])
    return call.go("/outbox")


@doors.get("/bookings/{id}/visit.ics", may=PEOPLE)
def calendar(call: Call) -> Response:
    """Give a visit as a calendar file; it names the clinic and no reason."""
    state = call.centre.store.state(f"slot/{call.path['id']}")
    if state["clinic"] not in call.clinics:
        raise Denied("This booking belongs to another clinic.")
    clinic = call.site["clinics"][state["clinic"]]
    begin = datetime.fromisoformat(state["start"])
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Limen//centre//EN", "BEGIN:VEVENT",
        f"UID:{digest(call.path['id'])}@limen", f"DTSTAMP:{ics_time(call.now)}", f"DTSTART:{ics_time(begin)}",
        f"DTEND:{ics_time(begin + timedelta(minutes=int(state['minutes'])))}",
        f"SUMMARY:Visit at {ics_text(clinic['name'])}",
        f"LOCATION:{ics_text(clinic['address'])}", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return Response("\r\n".join(lines), media_type="text/calendar")


def ics_time(at: datetime) -> str:
    """Write a time as calendars do."""
    return f"{at.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"


def ics_text(words: str) -> str:
    """Write text as calendars do."""
    return words.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


@doors.post("/patients/{id}/links", may=OUTBOX, fields=("scales", "days", "idem_key"))
def make_link(call: Call) -> Response:
    """Put a link for a person into the outbox."""
    person, state = call.person(call.path["id"])
    days = call.whole("days") if call.text("days") else LINK_DAYS
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"days is {days}: a link lasts 1 to {MOST_DAYS} days.", field="days")
    command = link_made(call, person, state["clinic"], scales=call.text("scales"), days=days, key=call.key)
    call.record_all(command)
    return call.go("/outbox")
