"""What anybody may see: what the centre offers, what may be claimed for it, and the free consultation."""

from __future__ import annotations

import mimetypes
import shutil
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from limen.centre.accounts.roles import PUBLIC
from limen.centre.care import slot
from limen.centre.care.duty import call_back_task
from limen.centre.care.hours import in_words, is_staffed
from limen.centre.care.registry import register_within
from limen.centre.live.place import recorder_of
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.refusals import NotFound, Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest
from limen.centre.web.pages_outcomes import SMALL
from limen.evidence import claims, references
from limen.evidence.claims import VERDICTS

doors: Final = Doors()
MOST_SLOTS: Final = 60
#: Ours: below this, a disk is called nearly full.
LEAST_FREE_BYTES: Final = 200_000_000


def shown_clinics(site: State, call: Call) -> list[dict[str, Any]]:
    """Give the clinics as the public sees them."""
    return [
        {
            "id": name,
            "name": one["name"],
            "address": one["address"],
            "phone": one["phone"],
            "hours": in_words(one),
            "zone": one.get("zone", "UTC"),
            "staffed_now": is_staffed(one, call.now),
        }
        for name, one in site.get("clinics", {}).items()
    ]


def contacts(site: State) -> list[dict[str, str]]:
    """Give whom to call in need."""
    return list(site.get("contacts", {}).get("crisis", []))


def services(site: State) -> list[dict[str, Any]]:
    """Give what the centre offers, each with what may be claimed for it and how much is on file here."""
    names = ("id", "name", "about", "claim", "evidence", "clinics")
    return [
        {key: one.get(key, "") for key in names} for one in sorted(site.get("services", {}).values(), key=by_number)
    ]


def by_number(entry: dict[str, Any]) -> int:
    """Give the order in which the site wrote its entries."""
    return int(entry["seq"])


@doors.get("/", may=PUBLIC)
def front(call: Call) -> Response:
    """Show what the centre does."""
    return call.page(
        "front.html.j2",
        clinics=shown_clinics(call.site, call),
        services=services(call.site),
        crisis=contacts(call.site),
        name=call.site.get("contacts", {}).get("centre_name", "The centre"),
    )


@doors.get("/article", may=PUBLIC, fields=("verdict",))
def article(call: Call) -> Response:
    """Show what is commonly said of ketamine, claim by claim, with its figures; the last one is live."""
    chosen = call.text("verdict")
    rows = [
        {
            "id": one.id,
            "claim": one.claim,
            "verdict": one.verdict,
            "scope": one.scope,
            "because": one.because,
            "number": one.number,
            "sources": [source_line(key) for key in one.sources],
            "figure": one.figure,
            "test": one.test,
        }
        for one in claims()
        if chosen in ("", one.verdict)
    ]
    counts = {verdict: sum(one.verdict == verdict for one in claims()) for verdict in VERDICTS}
    return call.page("article.html.j2", claims=rows, live=on_file(call), chosen=chosen, verdicts=counts)


def source_line(key: str) -> dict[str, str]:
    """Give a source as a line with its DOI."""
    source = references()[key]
    return {"key": key, "words": f"{source.author} {source.year}".strip(), "doi": source.doi}


def on_file(call: Call) -> list[dict[str, Any]]:
    """Count, for each service, the outcome scores on file here beside it; not where they are of few people."""
    scores: dict[str, list[int]] = {}
    for _, state in call.centre.states("person"):
        for name in {plan["service"] for plan in state.get("plans", []) if plan.get("service")}:
            scores.setdefault(name, []).append(len(state.get("scores", [])))
    return [{"service": one["name"], "scores": scores_said(scores.get(one["id"], []))} for one in services(call.site)]


def scores_said(each: list[int]) -> str:
    """Say how many scores there are, from the number of each person; not where few people have any."""
    people = sum(count > 0 for count in each)
    return str(sum(each)) if people == 0 or people >= SMALL else f"those of fewer than {SMALL} people"


@doors.get("/consult", may=PUBLIC, fields=("clinic",))
def consult(call: Call) -> Response:
    """Show the free times."""
    clinics = shown_clinics(call.site, call)
    chosen = call.text("clinic") or (clinics[0]["id"] if clinics else "")
    free = call.centre.states("slot", clinics=(chosen,), statuses=(slot.FREE,), due_from=call.now_text)
    times = [
        {"id": record, "start": state["start"], "minutes": state["minutes"]} for record, state in free[:MOST_SLOTS]
    ]
    zone = next((one["zone"] for one in clinics if one["id"] == chosen), "UTC")
    return call.page(
        "consult.html.j2", clinics=clinics, chosen=chosen, times=times, zone=zone, crisis=contacts(call.site)
    )


@doors.post("/consult", may=PUBLIC, fields=("slot", "name", "phone", "email", "contact_consent", "idem_key"))
def book(call: Call) -> Response:
    """Book a time; the person is called if anything changes."""
    record = call.text("slot", needed=True)
    if not record.startswith("slot/"):
        raise Refused(f"slot is {record!r}: choose one from the list.", field="slot")
    if call.text("contact_consent") != "yes":
        raise Refused(
            "Without your yes we may not keep your name and number: tick it, or call us.", field="contact_consent"
        )
    name, phone = call.text("name", needed=True), call.text("phone", needed=True)
    clinic = call.centre.store.state(record)["clinic"]
    key = call.key
    body = {"name": name, "phone": phone, "email": call.text("email"), "clinic": clinic, "source": "consultation"}
    with call.centre.database.writing() as connection:
        person, _ = register_within(call.centre, connection, body, key=key, who=call.who)
        booked = Command(
            record, "booked", {"person": person, "what": "consultation"}, f"{key}/slot", call.who, person=person
        )
        agreed = {"purpose": "contact", "given": "yes", "form": "consult", "version": "1"}
        consent = Command(person, "consent", agreed, f"{key}/consent", call.who)
        why = "booked a free consultation on the web: confirm the time"
        call_back = call_back_task(call.site, person, clinic, now=call.now, why=why, key=digest(key), who=call.who)
        acks = call.centre.store.record_within(connection, booked, consent, call_back)
        if not acks[0].replayed:
            call.centre.trail.note_within(connection, call.seen("booked", record, patient=person))
    state = acks[0].state
    return call.page(
        "booked.html.j2", start=state["start"], clinic=clinic_shown(call, clinic), crisis=contacts(call.site)
    )


def clinic_shown(call: Call, clinic: str) -> dict[str, Any]:
    """Give one clinic as the public sees it."""
    return next(one for one in shown_clinics(call.site, call) if one["id"] == clinic)


@doors.get("/healthz", may=PUBLIC)
def healthz(call: Call) -> Response:
    """Say whether the database can be written, the disk has room, and the recorder lives."""
    free = shutil.disk_usage(call.centre.data).free
    try:
        with call.centre.database.writing() as connection:
            connection.execute(text("select 1"))
        database = "writable"
    except Exception:
        database = "not writable"
    disk = "ok" if free > LEAST_FREE_BYTES else "nearly full"
    well = database == "writable"
    found = {
        "status": "ok" if well else "failing",
        "database": database,
        "disk": disk,
        "recorder": recorder_of(call.centre),
    }
    return JSONResponse(found, 200 if well else 503)


@doors.get("/assets/{name}", may=PUBLIC)
def asset(call: Call) -> Response:
    """Give a file of the package; no other name reaches a file."""
    name = call.path["name"]
    if name not in asset_names():
        raise NotFound(f"There is no file {name!r}: begin at the front page.")
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(files("limen.centre.web").joinpath("assets", name).read_bytes(), media_type=kind)


@doors.get("/favicon.ico", may=PUBLIC)
def favicon(call: Call) -> Response:
    """Give the sign of the centre to browsers that ask for it by this name."""
    del call
    return Response(
        files("limen.centre.web").joinpath("assets", "favicon.svg").read_bytes(), media_type="image/svg+xml"
    )


def asset_names() -> tuple[str, ...]:
    """Give the names of the files that pages may ask for."""
    return tuple(sorted(one.name for one in files("limen.centre.web").joinpath("assets").iterdir() if one.is_file()))
