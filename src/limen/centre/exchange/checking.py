"""Checking what goes out: the bindings and the rule that FHIR libraries let pass (centre.md section 9.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

#: Required value sets of R4 for what we send.
STATUS: Final[Mapping[str, frozenset[str]]] = {
    "Observation": frozenset(
        {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}
    ),
    "MedicationAdministration": frozenset(
        {"in-progress", "not-done", "on-hold", "completed", "entered-in-error", "stopped", "unknown"}
    ),
    "MedicationRequest": frozenset(
        {"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"}
    ),
    "CarePlan": frozenset({"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}),
    "Consent": frozenset({"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}),
    "QuestionnaireResponse": frozenset({"in-progress", "completed", "amended", "entered-in-error", "stopped"}),
    "Appointment": frozenset(
        {
            "proposed",
            "pending",
            "booked",
            "arrived",
            "fulfilled",
            "cancelled",
            "noshow",
            "entered-in-error",
            "checked-in",
            "waitlist",
        }
    ),
}
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "Observation": ("code", "status", "subject"),
    "MedicationAdministration": ("status", "medicationCodeableConcept", "subject", "effectivePeriod"),
    "AdverseEvent": ("actuality", "subject"),
    "Consent": ("status", "scope", "category"),
    "CarePlan": ("status", "intent", "subject"),
    "MedicationRequest": ("status", "intent", "medicationCodeableConcept", "subject"),
    "Appointment": ("status", "participant"),
    "QuestionnaireResponse": ("status",),
    "Patient": ("identifier",),
}


def faults_in(bundle: Mapping[str, Any]) -> list[str]:
    """Give what is wrong with a Bundle; empty where nothing is."""
    resources = [entry["resource"] for entry in bundle.get("entry", [])]
    known = {f"{one['resourceType']}/{one['id']}" for one in resources}
    return [fault for one in resources for fault in resource_faults(one, known)]


def resource_faults(resource: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """Give what is wrong with one resource: status, needed parts, mad-1, and references that lead nowhere."""
    kind, where = resource["resourceType"], f"{resource['resourceType']}/{resource['id']}"
    if kind in STATUS and resource.get("status") not in STATUS[kind]:
        yield f"{where} has the status {resource.get('status')!r}"
    for name in NEEDED.get(kind, ()):
        if name not in resource:
            yield f"{where} has no {name}"
    dosage = resource.get("dosage")
    if (
        kind == "MedicationAdministration"
        and isinstance(dosage, Mapping)
        and not dosage.keys() & {"dose", "rateQuantity", "rateRatio"}
    ):
        yield f"{where} has a dosage with neither dose nor rate (mad-1)"
    for reference in references(resource):
        if reference not in known:
            yield f"{where} points at {reference}, which is not in the bundle"


def references(value: Any) -> Iterator[str]:
    """Give every reference inside a resource."""
    if isinstance(value, Mapping):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
