"""Reading what somebody sent: a program of its own with little memory and little time, so that it may fail alone.

Run as ``python -m limen.centre.exchange.reading DATE_ORDER`` with the file on standard input; it prints JSON.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import resource
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

MEMORY_BYTES: Final = 1_000_000_000
CPU_S: Final = 20
COLUMNS: Final = ("source_id", "name", "birth_date", "phone", "email", "address")
MOST_LINES: Final = 100_000
LONGEST_FIELD: Final = 2_000
ORDERS: Final = {"year first": (0, 1, 2), "day first": (2, 1, 0), "month first": (2, 0, 1)}
YEAR_DIGITS: Final = 4
ID_LETTERS: Final = 40
KNOWN_TYPES: Final = ("Patient", "Observation")
#: Codes of the panel by which others give a blood pressure; it is found by its components (centre.md section 9.4).
COMPONENTS: Final = {"8480-6": "systolic", "8462-4": "diastolic"}


def read_any(raw: bytes, order: str) -> dict[str, Any]:
    """Read a CSV list or a FHIR bundle into people, refused lines and counts."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {"error": "The file is not text in UTF-8: save it as UTF-8 and send it again."}
    try:
        return read_bundle(text) if text.lstrip().startswith("{") else read_list(text, order)
    except csv.Error as error:
        return {"error": f"The list cannot be read ({error}): save it as CSV with commas and send it again."}


def read_list(text: str, order: str) -> dict[str, Any]:
    """Read a CSV list of people."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    names = [name.strip() for name in reader.fieldnames or []]
    missing = [name for name in ("source_id", "name") if name not in names]
    if missing:
        return {"error": f"The list has no column {missing[0]!r}: it needs source_id and name."}
    people: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for number, row in enumerate(reader, start=2):
        if number > MOST_LINES:
            return {"error": f"The list has more than {MOST_LINES} lines: send it in parts."}
        found = read_row({(key or "").strip(): value for key, value in row.items() if isinstance(value, str)}, order)
        (refused if "because" in found else people).append({"line": number, **found})
    return {"people": people, "refused": refused, "counts": {}, "kept": 0}


def read_row(row: dict[str, str], order: str) -> dict[str, str]:
    """Read one line; gives why it is refused where it is."""
    found = {name: (row.get(name) or "").strip() for name in COLUMNS}
    long = [name for name, value in found.items() if len(value) > LONGEST_FIELD]
    if long:
        return {"because": f"{long[0]} is longer than {LONGEST_FIELD} letters"}
    for name in ("source_id", "name"):
        if not found[name]:
            return {"because": f"{name} is empty"}
    if found["birth_date"]:
        read = read_date(found["birth_date"], order)
        if read is None:
            return {"because": f"birth_date is no date written {order}"}
        found["birth_date"] = read
    return found


def read_date(words: str, order: str) -> str | None:
    """Read a date in a stated order; None where it is none. Nothing is guessed."""
    parts = re.split(r"[-/.]", words)
    if len(parts) != len(ORDERS["year first"]) or not all(part.isdigit() for part in parts):
        return None
    year, month, day = (parts[place] for place in ORDERS[order])
    if len(year) != YEAR_DIGITS:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def read_bundle(text: str) -> dict[str, Any]:
    """Read a FHIR R4 bundle: people, their numbers, and counts of everything else."""
    try:
        bundle = json.loads(text)
    except (ValueError, RecursionError):
        return {"error": "The file begins like JSON and is none: export it again."}
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return {"error": "The file is no FHIR Bundle: export a Bundle of R4."}
    entries = bundle.get("entry")
    resources = (
        [(entry.get("fullUrl") or "", entry.get("resource")) for entry in entries if isinstance(entry, dict)]
        if isinstance(entries, list)
        else []
    )
    whole = [
        (str(url), one) for url, one in resources if isinstance(one, dict) and isinstance(one.get("resourceType"), str)
    ]
    counts = Counter(one["resourceType"] for _, one in whole)
    people: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for number, (url, one) in enumerate(whole, start=1):
        if one["resourceType"] == "Patient":
            found = read_patient(one, url) | {"url": address_of(url, one)}
            (refused if "because" in found else people).append({"line": number, **found})
    addressed = [(address_of(url, one), one) for url, one in whole]
    observed = observations(addressed, {str(one["url"]): one["source_id"] for one in people})
    kept = sum(count for name, count in counts.items() if name not in KNOWN_TYPES)
    owned = records_of(addressed, [str(one.pop("url")) for one in people])
    for one, records in zip(people, owned, strict=True):
        one["records"] = json.dumps(records, ensure_ascii=False, sort_keys=True)
    return {
        "people": people,
        "refused": refused,
        "counts": dict(sorted(counts.items())),
        "kept": kept,
        "observed": observed,
    }


def read_patient(resource: dict[str, Any], url: str) -> dict[str, Any]:
    """Read a Patient; gives why it is refused where it is."""
    names = listed(resource.get("name"))
    official = next((one for one in names if one.get("use") == "official"), names[0] if names else {})
    given = " ".join(str(part) for part in listed_any(official.get("given")))
    name = str(official.get("text") or f"{given} {official.get('family', '')}").strip()
    identifiers = [
        f"{one.get('system', '')}|{one.get('value')}" for one in listed(resource.get("identifier")) if one.get("value")
    ]
    source = identifiers[0] if identifiers else str(resource.get("id") or url)
    birth = str(resource.get("birthDate") or "")
    if not name or not source:
        return {"because": f"Patient {resource.get('id', url)!s:.80} has no {'name' if not name else 'identifier'}"}
    if birth and read_date(birth, "year first") is None:
        return {
            "because": f"Patient {resource.get('id', url)!s:.80} has the birthDate {birth:.20}, which is no whole date"
        }
    telecom = {str(one.get("system")): str(one.get("value", "")) for one in listed(resource.get("telecom"))}
    found = {
        "source_id": source,
        "name": name,
        "birth_date": birth,
        "phone": telecom.get("phone", ""),
        "email": telecom.get("email", ""),
    }
    return {name: value[:LONGEST_FIELD] for name, value in found.items()} | {"address": ""}


def address_of(url: str, resource: dict[str, Any]) -> str:
    """Give the address of a resource in its bundle; where the entry has none, its type and id."""
    return url or f"{resource['resourceType']}/{id_of(resource)}"


def records_of(resources: list[tuple[str, dict[str, Any]]], people: list[str]) -> list[list[dict[str, Any]]]:
    """Give, for each person, every resource that points at them, as it came; references lead inside the bundle.

    A bundle of one person is theirs altogether. One of many people leaves out what names none of them.
    """
    names = {url: f"{one['resourceType']}/{id_of(one)}" for url, one in resources}
    owned: dict[str, list[dict[str, Any]]] = {url: [] for url in people}
    for url, one in resources:
        owner = people[0] if len(people) == 1 else owner_of(url, one, owned, names)
        if owner is not None and owner in owned:
            owned[owner].append(redirected({**one, "id": id_of(one)}, names))
    return [sorted(owned[url], key=lambda one: (one["resourceType"], one["id"])) for url in people]


def id_of(resource: dict[str, Any]) -> str:
    """Give the id of a resource; one without gets one that its words always make."""
    given = resource.get("id")
    words = json.dumps(resource, sort_keys=True)
    return given if isinstance(given, str) and given else hashlib.sha256(words.encode()).hexdigest()[:ID_LETTERS]


def owner_of(url: str, resource: dict[str, Any], owned: Mapping[str, Any], names: Mapping[str, str]) -> str | None:
    """Give the person whom a resource names as its subject; its own address for a person, None for nobody's."""
    if resource["resourceType"] == "Patient":
        return url
    pointed = resource.get("subject") or resource.get("patient")
    words = str(pointed.get("reference", "")) if isinstance(pointed, dict) else ""
    return next((one for one in owned if words in (one, names.get(one))), None)


def redirected(value: Any, names: Mapping[str, str]) -> Any:
    """Give a value whose references by address have become references by type and id."""
    if isinstance(value, dict):
        return {
            key: names.get(item, item) if key == "reference" and isinstance(item, str) else redirected(item, names)
            for key, item in value.items()
        }
    return [redirected(item, names) for item in value] if isinstance(value, list) else value


def listed(value: Any) -> list[dict[str, Any]]:
    """Give the objects of a list; none for anything else."""
    return [one for one in listed_any(value) if isinstance(one, dict)]


def listed_any(value: Any) -> list[Any]:
    """Give a list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def observations(resources: list[tuple[str, dict[str, Any]]], people: dict[str, str]) -> list[dict[str, str]]:
    """Give the blood pressures of known people, found by their components whatever the panel's code."""
    found = []
    for _, one in resources:
        subject = one.get("subject")
        source = people.get(str(subject.get("reference", ""))) if isinstance(subject, dict) else None
        parts = pressure(one) if one["resourceType"] == "Observation" and source else {}
        if source and len(parts) == len(COMPONENTS):
            found.append({"source_id": source, "at": str(one.get("effectiveDateTime", "")), **parts})
    return found


def pressure(resource: dict[str, Any]) -> dict[str, str]:
    """Give the systolic and diastolic components of an observation, in mmHg only."""
    parts = {}
    for component in listed(resource.get("component")):
        code, quantity = component.get("code"), component.get("valueQuantity")
        codes = {str(one.get("code")) for one in listed(code.get("coding"))} if isinstance(code, dict) else set()
        for name in COMPONENTS.keys() & codes:
            if isinstance(quantity, dict) and quantity.get("code", quantity.get("unit")) in ("mm[Hg]", "mmHg"):
                parts[COMPONENTS[name]] = str(quantity.get("value", ""))
    return parts


def main() -> None:
    """Read standard input within limits and print what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    json.dump(read_any(sys.stdin.buffer.read(), sys.argv[1]), sys.stdout)


if __name__ == "__main__":
    main()
