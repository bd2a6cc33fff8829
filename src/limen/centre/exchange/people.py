"""Importing people: idempotent by the id of the other system, a dry run first, nothing guessed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from limen.centre.care.person import check_birth_date
from limen.centre.care.registry import by_source, register_within
from limen.centre.centre import Centre
from limen.centre.records.store import LONGEST_KEY, Command, state_within
from limen.centre.refusals import Refused


@dataclass
class ImportReport:
    """What an import did, or would do."""

    dry_run: bool
    new: int = 0
    known: int = 0
    kept: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    #: Whom this file would make new so far, so that a dry run counts one who stands in it twice as keeping does.
    met: set[str] = field(default_factory=set)


def import_people(centre: Centre, found: Mapping[str, Any], *, clinic: str, who: str, dry_run: bool) -> ImportReport:
    """Import people that were read from a list or a bundle; all of them or, where something breaks, none."""
    report = ImportReport(dry_run, kept=found.get("kept", 0), refused=list(found["refused"]), counts=found["counts"])
    with centre.database.writing() as connection:
        for row in found["people"]:
            take(centre, connection, row, report, clinic=clinic, who=who)
    return report


def take(
    centre: Centre, connection: Connection, row: Mapping[str, Any], report: ImportReport, *, clinic: str, who: str
) -> None:
    """Register one person who is not known yet."""
    known = by_source(connection, centre, row["source_id"])
    if known is not None or row["source_id"] in report.met:
        report.known += 1
        keep_records(centre, connection, known or "", row, report, who=who)
        return
    try:
        check_birth_date(row["birth_date"])
    except Refused as refused:
        report.refused.append({"line": row["line"], "because": str(refused)})
        return
    report.new += 1
    report.met.add(row["source_id"])
    if not report.dry_run:
        body = {name: str(value) for name, value in row.items() if name not in ("line", "records")} | {
            "clinic": clinic,
            "source": "import",
        }
        person, _ = register_within(centre, connection, body, key=key_of(clinic, row["source_id"]), who=who)
        keep_records(centre, connection, person, row, report, who=who)


def key_of(clinic: str, source_id: str) -> str:
    """Give the key under which one is registered; a number that a key has no room for stands in it as its hash."""
    key = f"import|{clinic}|{source_id}"
    return key if len(key) <= LONGEST_KEY else f"import|{hashlib.sha256(key.encode()).hexdigest()}"


def keep_records(
    centre: Centre, connection: Connection, person: str, row: Mapping[str, Any], report: ImportReport, *, who: str
) -> None:
    """Keep the resources of a person as they came, sealed; the same ones again change nothing."""
    words = str(row.get("records", "[]"))
    if report.dry_run or words == "[]":
        return
    state = state_within(connection, person)
    if state.get("status") == "deleted":
        return
    name = hashlib.sha256(words.encode()).hexdigest()
    if state.get("imported", {}).get("sha256") != name:
        body = {"records": words, "sha256": name}
        key = f"records|{person}|{state.get('imported', {}).get('seq', 0)}|{name}"
        centre.store.record_within(connection, Command(person, "records_imported", body, key, who))


def imported_records(centre: Centre, person: str, state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the resources of a person that came from elsewhere; none where none did, or where the key is gone."""
    seq = state.get("imported", {}).get("seq")
    if seq is None or state["status"] == "deleted":
        return []
    event = centre.store.events(person, seq - 1)[0]
    with centre.database.reading() as connection:
        return list(json.loads(centre.vault.unsealed(connection, person, event.body["records"])))
