"""One person as FHIR R4 resources: under the pseudonym, unless the scope allows the name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from limen.centre.care import infusion
from limen.centre.clock import utc_text
from limen.centre.exchange.codes import (
    HEART_RATE_TEXT,
    ITEMS,
    NOTICE,
    OWN,
    PRESSURE,
    SHOWN,
    TOTALS,
    VITALS,
    loinc,
    own,
    quantity,
)
from limen.centre.exchange.reading import read_patient
from limen.centre.records.kinds import State
from limen.evidence import DISCLAIMER

Resource = dict[str, Any]
ID_LETTERS: Final = 40
SEVERITY: Final = "http://terminology.hl7.org/CodeSystem/adverse-event-severity"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_CATEGORY: Final = loinc("59284-0", text="Consent")
TREATMENT: Final = {
    "treatment": "treatment",
    "research": "research",
    "data": "patient-privacy",
    "contact": "patient-privacy",
}
VITAL_SIGNS: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]
}
SURVEY: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}


@dataclass(frozen=True)
class Record:
    """Everything of one person that goes out."""

    person: str
    state: State
    sessions: Sequence[tuple[str, State]]
    slots: Sequence[tuple[str, State]]
    identity: Mapping[str, str] | None
    #: Resources that came from elsewhere; they may name the person, so they go out with the identity alone.
    imported: Sequence[Resource] = ()

    @property
    def patient_id(self) -> str:
        """The id under which the person goes out: the one they came with, or one of ours."""
        return str(self.came_as["id"]) if self.came_as else short(self.person)

    @property
    def came_as(self) -> Resource | None:
        """The person as the other system wrote them; None for one who did not come from elsewhere."""
        if self.identity is None:
            return None
        return next((one for one in self.imported if one["resourceType"] == "Patient"), None)


def short(words: str) -> str:
    """Give an id that a name always makes."""
    return hashlib.sha256(words.encode()).hexdigest()[:ID_LETTERS]


def bundle(record: Record) -> Resource:
    """Give the whole record of one person as a Bundle, in a fixed order."""
    entries = [
        {"fullUrl": f"urn:limen:{one['resourceType']}:{one['id']}", "resource": one} for one in resources(record)
    ]
    meta = {
        "tag": [
            {"system": OWN, "code": "research", "display": DISCLAIMER},
            {"system": OWN, "code": "loinc", "display": NOTICE},
        ]
    }
    return {"resourceType": "Bundle", "type": "collection", "meta": meta, "entry": entries}


def resources(record: Record) -> list[Resource]:
    """Give every resource of one person, sorted by type and id."""
    made = [patient(record), *responses(record), *scores(record), *consents(record), *harms(record)]
    made += [*plans(record), *appointments(record), *infusions(record)]
    if record.identity is not None:
        made += [one for one in record.imported if one["resourceType"] != "Patient"]
    return sorted(made, key=lambda one: (one["resourceType"], one["id"]))


def subject(record: Record) -> dict[str, str]:
    """Give the reference to the person."""
    return {"reference": f"Patient/{record.patient_id}"}


def patient(record: Record) -> Resource:
    """Give the person: a pseudonym, and the name where the scope allows it; as they came, where nothing was changed."""
    if record.came_as and record.identity and unchanged(record.came_as, record.identity):
        return record.came_as
    made: Resource = {
        "resourceType": "Patient",
        "id": record.patient_id,
        "active": record.state["status"] != "deleted",
    }
    made["identifier"] = [{"system": "urn:limen:pseudonym", "value": record.state["pseudonym"]}]
    if record.identity is None:
        return made
    made["name"] = [{"text": record.identity["name"]}]
    telecom = [(kind, record.identity[name]) for kind, name in (("phone", "phone"), ("email", "email"))]
    if record.identity["birth_date"]:
        made["birthDate"] = record.identity["birth_date"]
    numbers = [{"system": kind, "value": value} for kind, value in telecom if value]
    return made | ({"telecom": numbers} if numbers else {})


def unchanged(came_as: Resource, identity: Mapping[str, str]) -> bool:
    """Tell whether a person who came from elsewhere has the name and numbers that they came with."""
    read = read_patient(came_as, "")
    return all(read.get(name, "") == identity.get(name, "") for name in ("name", "birth_date", "phone", "email"))


def responses(record: Record) -> Iterator[Resource]:
    """Give the intake form as it was answered; free words stay here."""
    intake = record.state.get("intake")
    if intake:
        items = [
            {"linkId": name, "answer": [{"valueString": words}]} for name, words in sorted(intake["answers"].items())
        ]
        made: Resource = {
            "resourceType": "QuestionnaireResponse",
            "id": short(f"{record.person}|intake|{intake['seq']}"),
            "status": "completed",
        }
        yield made | {
            "subject": subject(record),
            "authored": intake["at"],
            "questionnaire": "urn:limen:intake|1",
            "item": items,
        }


def scores(record: Record) -> Iterator[Resource]:
    """Give every score, those of infusions too; a missing total has a reason instead of a number."""
    rated = [(record.person, one) for one in record.state.get("scores", [])]
    rated += [(name, one) for name, state in record.sessions for one in state.get("scores", [])]
    for name, one in rated:
        made: Resource = {
            "resourceType": "Observation",
            "id": short(f"{name}|score|{one['seq']}"),
            "status": "final",
        }
        made |= {
            "category": [SURVEY],
            "code": score_code(one["scale"]),
            "subject": subject(record),
            "effectiveDateTime": one["at"],
        }
        if one.get("value") is None:
            made["dataAbsentReason"] = {"text": "an item was not answered, so there is no total"}
        else:
            made["valueInteger"] = one["value"]
        items = item_components(one["scale"], one.get("items") or [])
        yield made | ({"component": items} if items else {})


def score_code(scale: str) -> dict[str, Any]:
    """Give the code of a scale's total; our own where there is none."""
    return loinc(TOTALS[scale], text=f"{scale} total") if scale in TOTALS else own(scale)


def item_components(scale: str, items: Sequence[int | None]) -> list[Resource]:
    """Give the answered items with their codes; the ninth of the PHQ-9 is the one that rule R11a reads."""
    codes = ITEMS.get(scale, ())
    return [
        {"code": loinc(code, text=f"{scale} item {k}"), "valueInteger": value}
        for k, (code, value) in enumerate(zip(codes, items, strict=False), start=1)
        if value is not None
    ]


def consents(record: Record) -> Iterator[Resource]:
    """Give every consent that was given or taken back."""
    for one in record.state.get("consents", []):
        scope = {"coding": [{"system": CONSENT_SCOPE, "code": TREATMENT[one["purpose"]]}]}
        made: Resource = {
            "resourceType": "Consent",
            "id": short(f"{record.person}|consent|{one['seq']}"),
            "scope": scope,
        }
        made |= {"status": "active" if one["given"] == "yes" else "rejected", "category": [CONSENT_CATEGORY]}
        made |= {
            "patient": subject(record),
            "dateTime": one["at"],
            "policyRule": {"text": f"{one['form']} version {one['version']}"},
        }
        yield made


def harms(record: Record) -> Iterator[Resource]:
    """Give every adverse event without its free words."""
    events = [(record.person, one) for one in record.state.get("adverse_events", [])]
    events += [(name, one) for name, state in record.sessions for one in state.get("adverse_events", [])]
    for name, one in events:
        made: Resource = {
            "resourceType": "AdverseEvent",
            "id": short(f"{name}|harm|{one['seq']}"),
            "actuality": "actual",
        }
        severity = {"coding": [{"system": SEVERITY, "code": one["severity"]}]}
        yield made | {"subject": subject(record), "date": one["at"], "severity": severity}


def plans(record: Record) -> Iterator[Resource]:
    """Give every signed plan with its request."""
    for one in record.state.get("plans", []):
        key = f"{record.person}|plan|{one['seq']}"
        request: Resource = {
            "resourceType": "MedicationRequest",
            "id": short(f"{key}|request"),
            "status": "active",
            "intent": "plan",
        }
        request |= {
            "medicationCodeableConcept": {"text": one["drug"]},
            "subject": subject(record),
            "authoredOn": one["at"],
        }
        request["dosageInstruction"] = [{"text": one["words"], "route": {"text": "intravenous"}}]
        yield request
        made: Resource = {
            "resourceType": "CarePlan",
            "id": short(key),
            "status": "active",
            "intent": "plan",
            "subject": subject(record),
        }
        reference = {"reference": f"MedicationRequest/{request['id']}"}
        yield made | {"created": one["at"], "activity": [{"reference": reference}]}


def appointments(record: Record) -> Iterator[Resource]:
    """Give every booking."""
    status = {"booked": "booked", "arrived": "arrived", "done": "fulfilled", "missed": "noshow"}
    for name, one in record.slots:
        if one["status"] in status:
            who = [{"actor": subject(record), "status": "accepted"}]
            made: Resource = {
                "resourceType": "Appointment",
                "id": short(name),
                "status": status[one["status"]],
                "participant": who,
            }
            yield made | {"start": one["start"], "end": end_of(one), "description": one.get("what", "visit")}


def end_of(slot: State) -> str:
    """Give when a slot ends."""
    return utc_text(datetime.fromisoformat(slot["start"]) + timedelta(minutes=int(slot["minutes"])))


def infusions(record: Record) -> Iterator[Resource]:
    """Give each infusion: one administration, one more for each interval of constant rate, and its vitals."""
    for name, state in record.sessions:
        if state.get("started") and state.get("ended"):
            yield whole_infusion(record, name, state)
            yield from intervals(record, name, state)
        for one in state.get("vitals", []):
            yield from vitals(record, name, one)


def administration(record: Record, state: State, key: str) -> Resource:
    """Give what every administration of an infusion says."""
    made: Resource = {"resourceType": "MedicationAdministration", "id": short(key), "status": "completed"}
    return made | {"medicationCodeableConcept": {"text": state["plan"]["drug"]}, "subject": subject(record)}


def whole_infusion(record: Record, name: str, state: State) -> Resource:
    """Give the whole infusion with the amount that flowed."""
    made = administration(record, state, f"{name}|whole")
    made["effectivePeriod"] = {"start": state["started"]["at"], "end": state["ended"]["at"]}
    mg = round(float(infusion.given_mg(state)), 3)
    return made | {
        "dosage": {
            "text": state["plan"]["words"],
            "route": {"text": "intravenous"},
            "dose": quantity(str(mg), "mg", "mg"),
        }
    }


def intervals(record: Record, name: str, state: State) -> Iterator[Resource]:
    """Give each interval of constant rate as a part of the whole."""
    segments = state["segments"]
    for one, after in pairwise(segments):
        if one["rate"] == "0":
            continue
        made = administration(record, state, f"{name}|rate|{one['seq']}")
        made["partOf"] = [{"reference": f"MedicationAdministration/{short(f'{name}|whole')}"}]
        made["effectivePeriod"] = {"start": one["moment"][0], "end": after["moment"][0]}
        yield made | {
            "dosage": {"route": {"text": "intravenous"}, "rateQuantity": quantity(one["rate"], "mg/h", "mg/h")}
        }


def vitals(record: Record, name: str, one: State) -> Iterator[Resource]:
    """Give vitals: the pressure as one observation with two components, the others each by itself."""
    base = {
        "status": "final",
        "category": [VITAL_SIGNS],
        "subject": subject(record),
        "effectiveDateTime": one["measured_at"],
    }
    panel, parts = PRESSURE
    given = {part: code for part, code in parts.items() if one.get(part)}
    if given:
        components = [
            {"code": loinc(code, text=part), "valueQuantity": quantity(one[part], "mmHg", "mm[Hg]")}
            for part, code in given.items()
        ]
        made: Resource = {"resourceType": "Observation", "id": short(f"{name}|bp|{one['seq']}"), **base}
        yield made | {"code": loinc(panel, text="Blood pressure"), "component": components}
    for part, (codes, unit) in VITALS.items():
        if one.get(part):
            made = {"resourceType": "Observation", "id": short(f"{name}|{part}|{one['seq']}"), **base}
            yield made | {"code": loinc(*codes, text=SHOWN[part]), "valueQuantity": quantity(one[part], unit, unit)}
    if one.get("heart_rate"):
        made = {"resourceType": "Observation", "id": short(f"{name}|pulse|{one['seq']}"), **base}
        yield made | {"code": {"text": HEART_RATE_TEXT}, "valueQuantity": quantity(one["heart_rate"], "/min", "/min")}
