"""People: found, registered, merged, imported, deleted; and the broken glass of another clinic's record."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import BREAK_GLASS, CHART, PEOPLE, SIGN
from limen.centre.backup import note_destroyed
from limen.centre.care import registry
from limen.centre.care.person import IDENTITY
from limen.centre.clock import utc_text
from limen.centre.exchange.people import ImportReport, import_people
from limen.centre.exchange.upload import read_upload
from limen.centre.records.store import Command
from limen.centre.records.tables import break_glass
from limen.centre.refusals import Denied, Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors

doors: Final = Doors()
MOST_SHOWN: Final = 50
GLASS: Final = timedelta(minutes=60)  # centre.md section 8


@doors.get("/patients", may=PEOPLE, fields=("find",))
def people(call: Call) -> Response:
    """Find people by name, birth date, telephone or mail; the newest without words."""
    words = call.text("find")
    with call.centre.database.reading() as connection:
        if words:
            found = registry.find_within(call.centre, connection, words)
        else:
            found = registry.people_of(connection, call.clinics, MOST_SHOWN)
        shown = [registry.shown_person(call.centre, connection, record) for record in found]
    mine = [one for one in shown if one["clinic"] in call.clinics and one["status"] != "deleted"]
    if words:
        call.note("searched", f"{len(mine)} found")
    return call.page("people.html.j2", people=mine, find=words, clinics=clinic_names(call))


def clinic_names(call: Call) -> dict[str, str]:
    """Give the names of the own clinics by their ids."""
    return {name: call.site["clinics"][name]["name"] for name in call.clinics if name in call.site.get("clinics", {})}


@doors.get("/patients/new", may=PEOPLE)
def new(call: Call) -> Response:
    """Show the form for a new person."""
    return call.page("person_new.html.j2", clinics=clinic_names(call))


@doors.post("/patients/new", may=PEOPLE, fields=(*IDENTITY, "clinic", "idem_key"))
def register(call: Call) -> Response:
    """Register a person."""
    clinic = call.text("clinic", needed=True)
    if clinic not in call.clinics:
        raise Denied(f"{clinic!r} is not a clinic of yours.")
    body = {name: call.text(name) for name in IDENTITY} | {"clinic": clinic, "source": "desk"}
    with call.centre.database.writing() as connection:
        record, ack = registry.register_within(call.centre, connection, body, key=call.key, who=call.who)
        if not ack.replayed:
            call.centre.trail.note_within(connection, call.seen("registered", record, patient=record))
    return call.go(f"/{record.replace('person/', 'patients/')}")


@doors.post("/patients/{id}/identity", may=PEOPLE, fields=(*IDENTITY, "idem_key"))
def change_identity(call: Call) -> Response:
    """Change name, numbers or address; the words before stay in the record."""
    record, state = call.person(call.path["id"])
    before = call.opened(record, state["identity"])
    body = {name: call.text(name) for name in IDENTITY if name in call.sent}
    command = Command(record, "identity_changed", body, call.key, call.who)
    with call.centre.database.writing() as connection:
        ack = call.centre.store.record_within(connection, command)[0]
        if not ack.replayed:
            words = {**before, **body, "source_id": state.get("source_id", "")}
            registry.index(call.centre, connection, record, words)
            call.centre.trail.note_within(connection, call.seen("identity_changed", record, patient=record))
    return call.go(f"/patients/{call.path['id']}")


@doors.post("/patients/{id}/merge", may=SIGN, fields=("other", "action", "idem_key"))
def merge(call: Call) -> Response:
    """Say that two records are of one person, or take that back; nothing in them is rewritten."""
    record, _ = call.person(call.path["id"])
    if call.text("action") == "undo":
        call.record(record, "unmerged", {})
    else:
        other, _ = call.person(call.text("other", needed=True))
        call.record(record, "merged", {"other": other, "this": record})
    return call.go(f"/patients/{call.path['id']}")


@doors.post("/patients/{id}/delete", may=SIGN, fields=("reason", "sure", "idem_key"))
def delete(call: Call) -> Response:
    """Delete a person: the key is destroyed, and what was sealed cannot be read again."""
    record, _ = call.person(call.path["id"])
    if call.text("sure") != "delete":
        raise Refused("Write the word delete to confirm: it cannot be undone.", field="sure")
    with call.centre.database.writing() as connection:
        registry.delete_within(call.centre, connection, record, reason=call.text("reason"), key=call.key, who=call.who)
        call.centre.trail.note_within(connection, call.seen("deleted", record, patient=record))
    note_destroyed(call.centre)
    return call.go("/patients")


@doors.post("/break-glass", may=CHART, fields=("person", "reason", "idem_key"))
def open_glass(call: Call) -> Response:
    """Open the record of another clinic's person for an hour, with a reason, seen by all."""
    if call.role not in BREAK_GLASS:
        raise Denied(f"The role {call.role!r} may not break the glass.")
    record, reason = call.text("person", needed=True), call.text("reason", needed=True)
    call.centre.store.state(record)
    until = utc_text(call.now + GLASS)
    with call.centre.database.writing() as connection:
        row = {"id": str(uuid.uuid4()), "user": call.user["id"], "person": record, "until": until, "reason": reason}
        connection.execute(break_glass.insert().values(row))
        call.centre.trail.note_within(connection, call.seen("break glass", record, patient=record, reason=reason))
    return call.go(f"/patients/{record.partition('/')[2]}")


@doors.get("/patients/import", may=PEOPLE)
def show_import(call: Call) -> Response:
    """Show how a list of people is imported."""
    return call.page("import.html.j2", report=None, clinics=clinic_names(call))


@doors.post("/patients/import", may=PEOPLE, fields=("clinic", "date_order", "sure", "idem_key"), upload=True)
def take_import(call: Call) -> Response:
    """Import a CSV list or a FHIR bundle of people: first a dry run that shows every refused line."""
    clinic = call.text("clinic", needed=True)
    if clinic not in call.clinics:
        raise Denied(f"{clinic!r} is not a clinic of yours.")
    upload = call.files.get("file")
    if upload is None:
        raise Refused("No file was chosen: choose a CSV list or a FHIR bundle.", field="file")
    found = read_upload(upload, date_order=call.text("date_order") or "year first")
    report = import_people(call.centre, found, clinic=clinic, who=call.who, dry_run=call.text("sure") != "yes")
    if not report.dry_run:
        call.note("import", f"{report.new} new, {report.known} known, {len(report.refused)} refused")
    return call.page("import.html.j2", report=shown_report(report), clinics=clinic_names(call))


def shown_report(report: ImportReport) -> dict[str, Any]:
    """Give a report as the page shows it."""
    return {
        "dry_run": report.dry_run,
        "new": report.new,
        "known": report.known,
        "refused": report.refused,
        "kept": report.kept,
        "counts": report.counts,
    }
