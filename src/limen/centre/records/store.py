"""The one door through which anything is recorded: check, append, fold, commit, and only then answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from limen.centre.clock import Clock, Moment
from limen.centre.keys import Vault
from limen.centre.records.canonical import FIRST_HASH, canonical, link_hash
from limen.centre.records.database import Database
from limen.centre.records.kinds import Event, Kind, State, chain_column, kind_of
from limen.centre.records.tables import chain_head, record_state
from limen.centre.refusals import Conflict, NotFound, Refused

#: Events that change what flows into a person; whoever sends one says which event was the newest on the screen.
DOSE_KINDS = ("start", "rate", "pause", "resume", "bolus", "stop")
LONGEST_KEY = 200
#: Words of an event that are worked out at the time of asking: a retry has others and means the same.
COMPUTED = frozenset({"due", "expires", "findings", "predicted"})
# Asked many times for every page, so written once.
HEAD_OF = select(chain_head.c.seq, chain_head.c.hash).where(chain_head.c.chain == bindparam("name")).with_for_update()
MOVE_HEAD = update(chain_head).where(chain_head.c.chain == bindparam("name"))
STATE_OF = select(record_state.c.state).where(record_state.c.record == bindparam("name"))
PERSON_OF = select(record_state.c.person).where(record_state.c.record == bindparam("name"))
SEQ_OF = select(record_state.c.seq).where(record_state.c.record == bindparam("name"))


@dataclass(frozen=True)
class Command:
    """What somebody asks to be recorded, under a key that names the intention."""

    record: str
    kind: str
    body: Mapping[str, Any]
    key: str
    user: str
    person: str = ""
    seen_seq: int | None = None


@dataclass(frozen=True)
class Ack:
    """What was recorded: where in its chain, and the state after it."""

    record: str
    seq: int
    hash: str
    state: State = field(repr=False)
    replayed: bool = False


class Store:
    """The records of one centre."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self.database, self.vault, self.clock = database, vault, clock

    def record(self, *commands: Command) -> tuple[Ack, ...]:
        """Record commands together, all or none; what was recorded before under the same key is answered again."""
        try:
            with self.database.writing() as connection:
                return self.record_within(connection, *commands)
        except IntegrityError:
            # Another station wrote the same key a moment ago; it is there now, and is answered again.
            with self.database.writing() as connection:
                return self.record_within(connection, *commands)

    def record_within(self, connection: Connection, *commands: Command) -> tuple[Ack, ...]:
        """Record commands in a transaction that is already open.

        Where the first one was recorded before, so were the others, in the same transaction; its answer alone is given.
        """
        acks: list[Ack] = []
        for command in commands:
            acks.append(self._one(connection, command))
            if acks[0].replayed:
                break
        return tuple(acks)

    def _one(self, connection: Connection, command: Command) -> Ack:
        if not 0 < len(command.key) <= LONGEST_KEY:
            raise Refused(f"idem_key has {len(command.key)} letters: give 1 to {LONGEST_KEY}.", field="idem_key")
        seq, previous = lock_head(connection, command.record)
        before = self._found(connection, command)
        if before is not None:
            return before
        state = state_within(connection, command.record)
        moment = self.clock.now()
        kind = kind_of(command.record).kind(command.kind)
        refuse_unseen(connection, command)
        kind.check(state, command.body, moment)
        event = self._append(connection, command, kind, moment, seq=seq + 1, previous=previous)
        after = kind.apply(state, event)
        keep_state(connection, event, after)
        return Ack(command.record, event.seq, event.hash, after)

    def _found(self, connection: Connection, command: Command) -> Ack | None:
        table = kind_of(command.record).table
        row = connection.execute(select(table).where(table.c.idem_key == command.key)).mappings().first()
        if row is None:
            return None
        event = event_of(row)
        person = command.person or person_of(connection, command.record)
        words = self.vault.unsealed(connection, person, event.body)
        was, asked = comparable(words), comparable(command.body)
        if (event.record, event.kind, was) != (command.record, command.kind, asked):
            raise Conflict(f"The key {command.key} was used for another command: send this one with a key of its own.")
        return Ack(event.record, event.seq, event.hash, state_within(connection, event.record), replayed=True)

    def _append(
        self, connection: Connection, command: Command, kind: Kind, moment: Moment, *, seq: int, previous: str
    ) -> Event:
        body = self._sealed(connection, command, kind)
        body_text = canonical(body)
        words = [command.record, seq, command.key, command.kind, body_text, command.user]
        times = [moment.wall_utc, moment.mono_s, moment.boot_id]
        found = link_hash(previous, [*words, *times])
        table = kind_of(command.record).table
        row = [*words, *times, previous, found]
        connection.execute(table.insert().values(dict(zip(table.columns.keys(), row, strict=True))))
        move_head(connection, command.record, seq, found)
        return Event(command.record, seq, command.key, command.kind, body, command.user, moment, found)

    def _sealed(self, connection: Connection, command: Command, kind: Kind) -> dict[str, Any]:
        person = command.person or person_of(connection, command.record)
        body = dict(command.body)
        for name in kind.sealed:
            if body.get(name):
                body[name] = self.vault.seal(connection, person, command.key.replace(":", "_"), name, str(body[name]))
        return body

    def state(self, record: str) -> State:
        """Give the state of a record; raises NotFound where there is none."""
        with self.database.reading() as connection:
            found = state_within(connection, record)
        if not found:
            raise NotFound(f"{record} is not there: check the address.")
        return found

    def events(self, record: str, after: int = 0) -> list[Event]:
        """Give the events of a record after one sequence number, in order."""
        with self.database.reading() as connection:
            return events_within(connection, record, after)

    def newest_seq(self, record: str) -> int:
        """Give the sequence number of the newest event of a record; 0 where there is none."""
        with self.database.reading() as connection:
            return connection.execute(SEQ_OF, {"name": record}).scalar() or 0


def comparable(body: Mapping[str, Any]) -> str:
    """Give what somebody asked for, without what we worked out from the time of asking."""
    ours = COMPUTED | ({"measured_at"} if "minutes_ago" in body else set())
    kept = {name: value for name, value in body.items() if name not in ours}
    if isinstance(kept.get("plan"), Mapping):
        kept["plan"] = {name: value for name, value in kept["plan"].items() if name not in ours}
    return canonical(kept)


def lock_head(connection: Connection, chain: str) -> tuple[int, str]:
    """Lock the end of a chain until the transaction ends, and give its sequence number and hash."""
    found = connection.execute(HEAD_OF, {"name": chain}).first()
    if found is None:
        connection.execute(chain_head.insert().values(chain=chain, seq=0, hash=FIRST_HASH))
        return 0, FIRST_HASH
    return found.seq, found.hash


def move_head(connection: Connection, chain: str, seq: int, found: str) -> None:
    """Keep where a chain ends now."""
    connection.execute(MOVE_HEAD, {"name": chain, "seq": seq, "hash": found})


def state_within(connection: Connection, record: str) -> State:
    """Give the folded state of a record; empty where there is none."""
    found = connection.execute(STATE_OF, {"name": record}).scalar()
    return json.loads(found) if found else {}


def person_of(connection: Connection, record: str) -> str:
    """Give the person a record is about; a record of a person is its own."""
    if record.startswith("person/"):
        return record
    return connection.execute(PERSON_OF, {"name": record}).scalar() or ""


def state_row(record: str, seq: int, state: State) -> dict[str, Any]:
    """Give the row that keeps the folded state of a record, with the columns by which it is found."""
    kind = kind_of(record)
    columns = {"clinic": "", "person": "", "status": "", "due_at": "", **kind.columns(state)}
    return {**columns, "kind": kind.name, "seq": seq, "state": canonical(state)}


def keep_state(connection: Connection, event: Event, state: State) -> None:
    """Keep the folded state beside its events."""
    row = state_row(event.record, event.seq, state)
    done = connection.execute(update(record_state).where(record_state.c.record == event.record).values(row))
    if not done.rowcount:
        connection.execute(record_state.insert().values(record=event.record, **row))


def refuse_unseen(connection: Connection, command: Command) -> None:
    """Refuse a dose command of somebody whose screen did not show the newest dose event."""
    if command.kind not in DOSE_KINDS or command.seen_seq is None:
        return
    table = kind_of(command.record).table
    newer = select(table).where(
        chain_column(table) == command.record, table.c.seq > command.seen_seq, table.c.kind.in_(DOSE_KINDS)
    )
    row = connection.execute(newer.order_by(table.c.seq.desc())).mappings().first()
    if row is not None:
        raise Conflict(
            f"{row['kind']} {row['body']} was recorded as event {row['seq']} after what your screen showed, and "
            f"{command.kind} {canonical(command.body)} was not taken: look at the newer one and decide again.",
            field="seen_seq",
            limit=str(row["seq"]),
        )


def event_of(row: Any) -> Event:
    """Give the event that a row holds."""
    moment = Moment(row["wall_utc"], row["mono_s"], row["boot_id"])
    record = row["session"] if "session" in row else row["record"]
    body = json.loads(row["body"])
    return Event(record, row["seq"], row["idem_key"], row["kind"], body, row["user"], moment, row["hash"])


def events_within(connection: Connection, record: str, after: int = 0) -> list[Event]:
    """Give the events of a record after one sequence number, in order."""
    table = kind_of(record).table
    asked = select(table).where(chain_column(table) == record, table.c.seq > after).order_by(table.c.seq)
    return [event_of(row) for row in connection.execute(asked).mappings()]


def fold(record: str, events: Sequence[Event]) -> State:
    """Give the state that the events of a record make."""
    state: State = {}
    kinds = kind_of(record).kinds
    for event in events:
        state = kinds[event.kind].apply(state, event)
    return state
