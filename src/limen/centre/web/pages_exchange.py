"""Exchange: one person's record as FHIR and CSV for clinicians, and a read interface for machines with a token."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import EXCHANGE, MACHINE, PUBLIC
from limen.centre.accounts.sessions import digest_of
from limen.centre.amounts import is_count
from limen.centre.exchange import fhir
from limen.centre.exchange.people import imported_records
from limen.centre.records.kinds import State
from limen.centre.records.tables import api_token
from limen.centre.records.trail import Seen
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.evidence import DISCLAIMER

doors: Final = Doors()
MEDIA: Final = "application/fhir+json"
TYPES: Final = (
    "AdverseEvent", "Appointment", "CarePlan", "Consent", "MedicationAdministration", "MedicationRequest",
    "Observation",
    "Patient", "QuestionnaireResponse",
)  # fmt: skip
MOST: Final = 200
OK: Final = 200
FIRST: Final = 50
LONGEST_NUMBER: Final = 6
IDENTITY_SCOPE: Final = "identity"
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")


def record_of(call: Call, record: str, state: State, *, identity: bool) -> fhir.Record:
    """Gather everything of one person that goes out."""
    sessions = call.centre.states("session", person=record)
    slots = call.centre.states("slot", person=record)
    who = call.opened(record, state["identity"]) if identity and state["status"] != "deleted" else None
    came = imported_records(call.centre, record, state) if who is not None else []
    return fhir.Record(record, state, sessions, slots, who, came)


def fhir_answer(found: Mapping[str, Any], status: int = OK, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with FHIR."""
    return Response(json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True), status, headers, MEDIA)


@doors.get("/patients/{id}/fhir", may=EXCHANGE, fields=("identity",))
def one_person(call: Call) -> Response:
    """Give one person's record as a FHIR R4 bundle, under the pseudonym unless the name is asked for."""
    record, state = call.person(call.path["id"])
    named = call.text("identity") == "yes"
    call.note("export", "FHIR with identity" if named else "FHIR", patient=record)
    name = f'attachment; filename="{state["pseudonym"]}.json"'
    return fhir_answer(
        fhir.bundle(record_of(call, record, state, identity=named)), headers={"Content-Disposition": name}
    )


@doors.get("/patients/{id}/csv", may=EXCHANGE)
def one_person_csv(call: Call) -> Response:
    """Give one person's scores, vitals and rates as one table."""
    record, state = call.person(call.path["id"])
    call.note("export", "CSV", patient=record)
    out = io.StringIO()
    out.write(f"# {DISCLAIMER}\r\n")
    writer = csv.writer(out)
    writer.writerow(("pseudonym", "at", "what", "value", "unit", "by"))
    for row in table_rows(state, call.centre.states("session", person=record)):
        writer.writerow([safe_cell(cell) for cell in (state["pseudonym"], *row)])
    headers = {"Content-Disposition": f'attachment; filename="{state["pseudonym"]}.csv"'}
    return Response(out.getvalue(), 200, headers, "text/csv")


def safe_cell(cell: object) -> str:
    """Give a cell that no spreadsheet runs as a formula."""
    words = "" if cell is None else str(cell)
    return f"'{words}" if words.startswith(RISKY) else words


def table_rows(state: State, sessions: list[tuple[str, State]]) -> list[tuple[Any, ...]]:
    """Give scores, vitals and rates by time."""
    rows = [(one["at"], one["scale"], one.get("value"), "points", one["by"]) for one in state.get("scores", [])]
    units = {"systolic": "mmHg", "diastolic": "mmHg", "heart_rate": "/min", "spo2": "%", "respiratory_rate": "/min"}
    for _, session in sessions:
        for one in session.get("vitals", []):
            rows += [
                (one["measured_at"], name, one[name], unit, one["by"]) for name, unit in units.items() if one.get(name)
            ]
        rows += [(one["moment"][0], "rate", one["rate"], "mg/h", "") for one in session["segments"]]
        rows += [(one["at"], one["scale"], one["value"], "points", one["by"]) for one in session.get("scores", [])]
    return sorted(rows, key=lambda row: str(row[0]))


class Outcome(Exception):  # noqa: N818 - an answer of the interface, not an error of ours
    """A refusal as FHIR says it."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code

    def answer(self) -> Response:
        """Give it as an OperationOutcome."""
        issue = [{"severity": "error", "code": self.code, "diagnostics": str(self)}]
        return fhir_answer({"resourceType": "OperationOutcome", "issue": issue}, self.status)


def token_scope(call: Call) -> str:
    """Give the scope of a machine's token."""
    words = call.request.headers.get("authorization", "")
    digest = digest_of(words.removeprefix("Bearer "))
    with call.centre.database.reading() as connection:
        row = connection.execute(
            api_token.select().where(api_token.c.digest == digest, api_token.c.revoked == "")
        ).first()
    if not words.startswith("Bearer ") or row is None:
        raise Outcome(401, "login", "This needs a bearer token that the administrator made.")
    call.centre.trail.note(
        Seen(f"machine:{row.name}", "machine", "read", call.request.url.path, "", row.scope, call.address)
    )
    return str(row.scope)


def everything(call: Call, scope: str) -> list[fhir.Resource]:
    """Give every resource that a token may see, person by person."""
    identity = IDENTITY_SCOPE in scope
    people = call.centre.states("person")
    return [
        one for record, state in people for one in fhir.resources(record_of(call, record, state, identity=identity))
    ]


def answered(call: Call, work: Any) -> Response:
    """Answer, and say every refusal as FHIR does."""
    try:
        return fhir_answer(*work())
    except Outcome as outcome:
        return outcome.answer()


@doors.get("/fhir/R4/metadata", may=PUBLIC)
def metadata(call: Call) -> Response:
    """Say what the interface can do."""
    resources = [
        {"type": name, "interaction": [{"code": "read"}, {"code": "search-type"}], "searchParam": SEARCH}
        for name in TYPES
    ]
    rest = [{"mode": "server", "resource": resources, "documentation": DISCLAIMER}]
    found = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "rest": rest,
    }
    return fhir_answer(
        found
        | {
            "date": call.now_text,
            "format": ["json"],
            "implementation": {"description": "Limen centre"},
        }
    )


SEARCH: Final = [
    {"name": name, "type": kind} for name, kind in (("patient", "reference"), ("code", "token"), ("status", "token"))
]


@doors.get("/fhir/R4/{type}", may=MACHINE, fields=("patient", "code", "status", "_count", "_offset"))
def search(call: Call) -> Response:
    """Search one type of resource."""
    return answered(call, lambda: (searched(call), 200))


def searched(call: Call) -> Mapping[str, Any]:
    """Give a page of what was found."""
    scope, kind = token_scope(call), known_type(call)
    count, offset = number(call, "_count", FIRST), number(call, "_offset", 0)
    found = [one for one in everything(call, scope) if one["resourceType"] == kind and wanted(call, one)]
    page = found[offset : offset + min(count, MOST)]
    links = [{"relation": "self", "url": str(call.request.url)}]
    if offset + len(page) < len(found) and page:
        after = call.request.url.include_query_params(_offset=offset + len(page))
        links.append({"relation": "next", "url": str(after)})
    entries = [
        {"fullUrl": f"urn:limen:{kind}:{one['id']}", "resource": one, "search": {"mode": "match"}} for one in page
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links, "entry": entries}


def known_type(call: Call) -> str:
    """Give the type of the address."""
    kind = call.path["type"]
    if kind not in TYPES:
        raise Outcome(404, "not-supported", f"{kind!r} is not served: {', '.join(TYPES)}.")
    return kind


def number(call: Call, name: str, default: int) -> int:
    """Read a whole number of the query."""
    words = call.text(name)
    if words and (not is_count(words) or len(words) > LONGEST_NUMBER):
        raise Outcome(422, "invalid", f"{name} is {words!r}: write a whole number.")
    return int(words) if words else default


def wanted(call: Call, resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource is what the query asks for."""
    patient, code, status = (call.text(name) for name in ("patient", "code", "status"))
    whom = [
        resource.get("subject"),
        resource.get("patient"),
        *(one.get("actor") for one in resource.get("participant", [])),
    ]
    people = {one["reference"] for one in whom if one and "reference" in one}
    codes = {one.get("code") for one in resource.get("code", {}).get("coding", [])}
    fits_patient = not patient or bool(people & {patient, f"Patient/{patient}"}) or resource["id"] == patient
    fits_code = not code or code.rpartition("|")[2] in codes
    return fits_patient and fits_code and (not status or resource.get("status") == status)


@doors.get("/fhir/R4/{type}/{id}", may=MACHINE)
def read(call: Call) -> Response:
    """Read one resource."""
    return answered(call, lambda: found_one(call))


def found_one(call: Call) -> tuple[Mapping[str, Any], int]:
    """Give the resource of the address."""
    scope, kind = token_scope(call), known_type(call)
    found = [one for one in everything(call, scope) if one["resourceType"] == kind and one["id"] == call.path["id"]]
    if not found:
        raise Outcome(404, "not-found", f"There is no {kind}/{call.path['id'][:80]}.")
    return found[0], 200
