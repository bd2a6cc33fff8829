"""The audit trail: who saw or changed what, one chain for all."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, select

from limen.centre.clock import Clock
from limen.centre.records.canonical import link_hash
from limen.centre.records.database import Database
from limen.centre.records.store import lock_head, move_head
from limen.centre.records.tables import audit_event

CHAIN = "audit"


@dataclass(frozen=True)
class Seen:
    """One line of the trail: who, in which role, did what to which thing of which person, and why."""

    user: str
    role: str
    action: str
    object: str = ""
    patient: str = ""
    reason: str = ""
    ip_hash: str = ""


@dataclass
class Waiting:
    """A line that waits for its turn, and what became of it."""

    seen: Seen
    done: bool = False
    error: Exception | None = None


class Trail:
    """The audit trail of one centre."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self._waiting: deque[Waiting] = deque()
        self._turn = Lock()

    def note(self, seen: Seen) -> None:
        """Write one line, kept before anything is shown.

        Many read at once and a sync is slow: whoever has the turn writes the lines of all who wait, in one transaction.
        """
        mine = Waiting(seen)
        self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                self._write([self._waiting.popleft() for _ in range(len(self._waiting))])
        if mine.error is not None:
            raise mine.error

    def _write(self, lines: list[Waiting]) -> None:
        error = None
        try:
            with self.database.writing() as connection:
                for one in lines:
                    self.note_within(connection, one.seen)
        except Exception as found:  # each of those who wait is told
            error = found
        for one in lines:
            one.done, one.error = True, error

    def note_within(self, connection: Connection, seen: Seen) -> None:
        """Write one line in a transaction that is already open."""
        seq, previous = lock_head(connection, CHAIN)
        at = self.clock.now().wall_utc
        words = [seq + 1, at, seen.user, seen.role, seen.action, seen.object, seen.patient, seen.reason, seen.ip_hash]
        found = link_hash(previous, words)
        row = dict(zip(audit_event.columns.keys(), [*words, previous, found], strict=True))
        connection.execute(audit_event.insert(), row)
        move_head(connection, CHAIN, seq + 1, found)

    def lines(self, *, patient: str = "", limit: int) -> list[dict[str, Any]]:
        """Give the newest lines first, of one person or of all."""
        asked = select(audit_event).order_by(audit_event.c.seq.desc()).limit(limit)
        if patient:
            asked = asked.where(audit_event.c.patient == patient)
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(asked).mappings()]
