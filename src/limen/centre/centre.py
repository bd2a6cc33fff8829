"""One centre: its folder, its keys, its database, its records and its trail, opened together."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from limen.centre.care import (
    infusion,
    link,
    person,
    site,
    slot,
    task,
    trial_run,
)  # the kinds of records make themselves known
from limen.centre.clock import Clock, SystemClock
from limen.centre.keys import FILE as RING_FILE
from limen.centre.keys import FOLDER, KeyRing, Vault
from limen.centre.migrations import check_empty, check_schema, make_schema
from limen.centre.records.database import FILE, Database, check_pragmas, open_engine
from limen.centre.records.kinds import State
from limen.centre.records.store import Store, state_within
from limen.centre.records.tables import chain_head, record_state, setting
from limen.centre.records.trail import Trail
from limen.quantities import InputError

KINDS: Final = (infusion.SESSION, link.LINK, person.PERSON, site.SITE, slot.SLOT, task.TASK, trial_run.TRIAL)
HEADS: Final = "heads.jsonl"
RESERVE: Final = "reserve"
RESERVE_BYTES: Final = 4_000_000  # ours: enough to close the sessions of a day
ADDRESS: Final = "database.json"


class Centre:
    """Everything that the pages and commands of one centre stand on."""

    def __init__(self, data: Path, database: Database, ring: KeyRing, clock: Clock) -> None:
        self.data, self.database, self.ring, self.clock = data, database, ring, clock
        self.vault = Vault(ring)
        self.store = Store(database, self.vault, clock)
        self.trail = Trail(database, clock)

    def site(self) -> State:
        """Give the site's own settings; empty before anybody has set one."""
        with self.database.reading() as connection:
            return state_within(connection, site.SITE_RECORD)

    def states(self, kind: str, **where: Any) -> list[tuple[str, State]]:
        """Give the states of one kind of record, by clinic, person, status or the time they are due."""
        with self.database.reading() as connection:
            return states_within(connection, kind, **where)

    def setting(self, name: str) -> str:
        """Give a setting of the installation; empty where it is not set."""
        with self.database.reading() as connection:
            return setting_within(connection, name)

    def keep_heads(self) -> Mapping[str, tuple[int, str]]:
        """Write the ends of all chains to a second place, and give them."""
        with self.database.reading() as connection:
            heads = {row.chain: (row.seq, row.hash) for row in connection.execute(select(chain_head))}
        line = json.dumps({"at": self.clock.now().wall_utc, "heads": heads}, sort_keys=True)
        file = self.data / HEADS
        torn = file.exists() and not file.read_bytes().endswith(b"\n")
        with file.open("a", encoding="utf-8") as out:
            out.write(f"\n{line}\n" if torn else f"{line}\n")
            out.flush()
            os.fsync(out.fileno())
        return heads

    def saved_heads(self) -> dict[str, tuple[int, str]]:
        """Give the ends of chains that were written down last, the furthest of each; a line that was torn says none."""
        found: dict[str, tuple[int, str]] = {}
        file = self.data / HEADS
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        for line in lines:
            try:
                heads = json.loads(line)["heads"]
            except json.JSONDecodeError:  # the power went while it was written
                continue
            found.update(
                {chain: (seq, end) for chain, (seq, end) in heads.items() if seq >= found.get(chain, (0, ""))[0]}
            )
        return found

    def close(self) -> None:
        """Give back the connections."""
        self.database.engine.dispose()


def states_within(
    connection: Connection,
    kind: str,
    *,
    clinics: tuple[str, ...] | None = None,
    person: str | None = None,
    statuses: tuple[str, ...] | None = None,
    due_from: str | None = None,
    due_to: str | None = None,
) -> list[tuple[str, State]]:
    """Give the states of one kind of record in the order they are due."""
    table = record_state.c
    asked = select(table.record, table.state).where(table.kind == kind).order_by(table.due_at, table.record)
    conditions = {
        "clinics": clinics is not None and table.clinic.in_(clinics),
        "person": person is not None and table.person == person,
        "statuses": statuses is not None and table.status.in_(statuses),
        "from": due_from is not None and table.due_at >= due_from,
        "to": due_to is not None and table.due_at < due_to,
    }
    for condition in conditions.values():
        if condition is not False:
            asked = asked.where(condition)
    return [(row.record, json.loads(row.state)) for row in connection.execute(asked)]


def setting_within(connection: Connection, name: str) -> str:
    """Give a setting of the installation; empty where it is not set."""
    return connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar() or ""


def set_within(connection: Connection, name: str, value: str) -> None:
    """Keep a setting of the installation."""
    connection.execute(setting.delete().where(setting.c.name == name))
    connection.execute(setting.insert().values(name=name, value=value))


def is_centre(data: Path) -> bool:
    """Tell whether a folder holds a centre."""
    return (data / FILE).exists() or (data / ADDRESS).exists()


def make_centre(
    data: Path, *, url: str | None = None, clock: Clock | None = None, ring: KeyRing | None = None
) -> Centre:
    """Make a new centre in a folder: keys, schema, a reserve for the day the disk is full.

    Parameters
    ----------
    data : Path
        Holds no centre, and no keys unless they are given.
    url : str, optional
        The address of an empty PostgreSQL database, where the records do not go into the folder.
    clock : Clock, optional
        That of the machine without it.
    ring : KeyRing, optional
        The keys that lie in the folder already; new ones are made without it.

    Raises
    ------
    InputError
        If the folder or the database holds a centre already, or the folder keys that nobody named.
    """
    if is_centre(data):
        raise InputError(f"{data} holds a centre already: name another folder, or serve this one.")
    there = data / FOLDER / RING_FILE
    if ring is None and there.exists():
        raise InputError(f"{there} holds the keys of a centre already: restore its backup, or name another folder.")
    engine = open_engine(data, url)
    check_empty(engine)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    ring = ring or KeyRing.make(data)
    check_pragmas(engine)
    make_schema(engine)
    if url is not None:
        (data / ADDRESS).write_text(json.dumps({"kind": engine.dialect.name}), encoding="utf-8")
    (data / RESERVE).write_bytes(bytes(RESERVE_BYTES))
    return Centre(data, Database(engine), ring, clock or SystemClock())


def open_centre(data: Path, *, url: str | None = None, clock: Clock | None = None) -> Centre:
    """Open the centre of a folder.

    Raises
    ------
    InputError
        If there is none, if its keys are missing, or if its schema is of another version.
    """
    if not is_centre(data):
        raise InputError(f"{data} holds no centre: make one with limen centre init --data {data} --admin NAME.")
    if url is None and (data / ADDRESS).exists():
        raise InputError(f"The centre of {data} keeps its records in PostgreSQL: name it with --database.")
    ring = KeyRing.read(data)
    engine = open_engine(data, url)
    check_pragmas(engine)
    check_schema(engine)
    return Centre(data, Database(engine), ring, clock or SystemClock())
