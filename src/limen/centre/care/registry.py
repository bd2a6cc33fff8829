"""People: registered, found by keyed digests, merged without rewriting, deleted by destroying their key."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from limen.centre.care.person import IDENTITY
from limen.centre.centre import Centre
from limen.centre.records.store import Ack, Command, state_within
from limen.centre.records.tables import person_index, person_key, record_event, record_state
from limen.centre.refusals import NotFound, Refused

SPACE: Final = uuid.UUID("6f0f6d1e-6f1f-4a7e-9d5c-2b5b0d7b3c11")
INDEXED: Final = ("name", "birth_date", "phone", "email", "source_id")
MOST_FOUND: Final = 50
#: Letters of a pseudonym, after the digest of the record.
PSEUDONYM_DIGITS: Final = 8


def person_record(key: str) -> str:
    """Give the record that one registration makes; the same key always makes the same."""
    return f"person/{uuid.uuid5(SPACE, key).hex}"


def register_within(
    centre: Centre, connection: Connection, body: Mapping[str, str], *, key: str, who: str
) -> tuple[str, Ack]:
    """Register a person in a transaction that is open; the same key again changes nothing."""
    record = person_record(key)
    if not connection.execute(select(person_key.c.person).where(person_key.c.person == record)).first():
        centre.vault.open_person(connection, record)
    pseudonym = f"P-{centre.ring.digest('pseudonym', record)[:PSEUDONYM_DIGITS].upper()}"
    words = {name: str(body.get(name, "")).strip() for name in IDENTITY}
    rest = {name: str(body.get(name, "")) for name in ("clinic", "source", "source_id")}
    command = Command(record, "registered", {**words, **rest, "pseudonym": pseudonym}, key, who, person=record)
    ack = centre.store.record_within(connection, command)[0]
    if not ack.replayed:
        index(centre, connection, record, {**words, **rest})
    return record, ack


def index(centre: Centre, connection: Connection, record: str, words: Mapping[str, str]) -> None:
    """Keep the digests by which a person is found: each word of the name, and each number whole."""
    connection.execute(person_index.delete().where(person_index.c.person == record))
    digests = {
        (field, centre.ring.digest(field, part)) for field in INDEXED for part in (parts(field, words.get(field, "")))
    }
    for field, digest in digests:
        connection.execute(person_index.insert().values(person=record, field=field, digest=digest))


def parts(field: str, words: str) -> list[str]:
    """Give what is looked for: a name by each of its words, anything else whole."""
    if not words.strip():
        return []
    return [*words.split(), words] if field == "name" else [words]


def find_within(centre: Centre, connection: Connection, words: str) -> list[str]:
    """Give the records of people whose name holds every word, or whose number or birth date this is."""
    whole = [centre.ring.digest(field, words) for field in INDEXED]
    columns = person_index.c
    found = set(connection.execute(select(columns.person).where(columns.digest.in_(whole))).scalars())
    names: set[str] | None = None
    for word in words.split():
        asked = select(columns.person).where(columns.digest == centre.ring.digest("name", word))
        these = set(connection.execute(asked).scalars())
        names = these if names is None else names & these
    return sorted(found | (names or set()))[:MOST_FOUND]


def likely_same(centre: Centre, connection: Connection, record: str) -> list[str]:
    """Give other records that share a word of the name and the birth date, a phone or an address for mail."""
    columns = person_index.c
    mine = connection.execute(select(columns.field, columns.digest).where(columns.person == record)).all()
    strong = [row.digest for row in mine if row.field in ("phone", "email")]
    births = [row.digest for row in mine if row.field == "birth_date"]
    names = [row.digest for row in mine if row.field == "name"]
    asked = select(columns.person).where(columns.digest.in_(strong), columns.person != record)
    found = set(connection.execute(asked).scalars())
    same_birth = set(
        connection.execute(select(columns.person).where(columns.digest.in_(births), columns.person != record)).scalars()
    )
    same_name = set(
        connection.execute(select(columns.person).where(columns.digest.in_(names), columns.person != record)).scalars()
    )
    return sorted(found | (same_birth & same_name))


def delete_within(centre: Centre, connection: Connection, record: str, *, reason: str, key: str, who: str) -> Ack:
    """Delete a person: the event is written, then the key and the digests go."""
    state = state_within(connection, record)
    if not state:
        raise NotFound(f"{record} is not there: look for the person by name.")
    if not reason.strip():
        raise Refused("reason is empty: say why the person is deleted.", field="reason")
    ack = centre.store.record_within(
        connection, Command(record, "deleted", {"reason": reason}, key, who, person=record)
    )
    at = centre.clock.now().wall_utc
    centre.vault.destroy(connection, record, at)
    connection.execute(person_index.delete().where(person_index.c.person == record))
    return ack[0]


def by_source(connection: Connection, centre: Centre, source_id: str) -> str | None:
    """Give the person who was imported under an id of another system; a digest leaves its punctuation out."""
    digest = centre.ring.digest("source_id", source_id)
    columns = person_index.c
    asked = select(columns.person).where(columns.field == "source_id", columns.digest == digest)
    alike = connection.execute(asked.order_by(columns.person)).scalars()
    return next((one for one in alike if state_within(connection, one).get("source_id") == source_id), None)


def people_of(connection: Connection, clinics: tuple[str, ...], most: int) -> list[str]:
    """Give the people of some clinics who were registered last."""
    columns, begun = record_state.c, record_event.c
    asked = select(columns.record).where(columns.kind == "person", columns.clinic.in_(clinics))
    asked = asked.join(record_event, (begun.record == columns.record) & (begun.seq == 1))
    return list(connection.execute(asked.order_by(begun.wall_utc.desc(), columns.record).limit(most)).scalars())


def shown_person(centre: Centre, connection: Connection, record: str) -> dict[str, Any]:
    """Give a person as a list shows them."""
    state = state_within(connection, record)
    identity = centre.vault.unsealed(connection, record, state["identity"])
    return {
        "id": record.partition("/")[2],
        "record": record,
        "name": identity["name"],
        "birth_date": identity["birth_date"],
        "phone": identity["phone"],
        "clinic": state["clinic"],
        "status": state["status"],
        "pseudonym": state["pseudonym"],
    }
