"""Slowing down whoever guesses: per account and per address, counted in the database."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from limen.centre.clock import utc_text
from limen.centre.records.tables import login_attempt
from limen.centre.refusals import TooMany

#: Ours: failures within the window that are looked at before the next one has to wait.
WINDOW: Final = timedelta(minutes=15)
FREE_PER_ACCOUNT: Final = 5
FREE_PER_ADDRESS: Final = 10
#: Attempts of one address, failed or not decided yet, that may wait for their hash: a shift that begins together.
AT_ONCE_PER_ADDRESS: Final = 20
#: After so long an attempt that was never decided (the server ended) counts no more.
DECIDED_WITHIN: Final = timedelta(minutes=1)
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 900
#: Not decided yet; a right password whose second factor is still to come; wrong; and signed in.
PENDING: Final = "pending"
HALF: Final = "half"
FAILED: Final = "failed"
PASSED: Final = "passed"

Which = tuple[ColumnElement[bool], ...]


def refuse_if_guessing(connection: Connection, account: str, address: str, now: datetime) -> None:
    """Refuse an attempt that comes too soon after too many failures, before anything is hashed.

    An account counts whatever has not passed; an address counts what failed, so that many people behind one address
    can sign in at once, and beside it how many attempts wait to be decided, so that guesses in parallel meet the count.
    """
    columns = login_attempt.c
    of_account = columns.account == account, columns.outcome != PASSED
    failed = columns.address == address, columns.outcome == FAILED
    waiting = columns.address == address, columns.outcome == PENDING, columns.at > utc_text(now - DECIDED_WITHIN)
    at_once = counted(connection, failed, now)[0] + counted(connection, waiting, now)[0]
    wait = max(
        wait_s(connection, of_account, FREE_PER_ACCOUNT, now),
        wait_s(connection, failed, FREE_PER_ADDRESS, now),
        int(at_once >= AT_ONCE_PER_ADDRESS),
    )
    if wait > 0:
        raise TooMany(f"Too many attempts: wait {wait} s and try again.")


def counted(connection: Connection, which: Which, now: datetime) -> tuple[int, str | None]:
    """Give how many attempts of the window there are, and when the last was."""
    columns = login_attempt.c
    asked = select(func.count(), func.max(columns.at)).where(*which, columns.at > utc_text(now - WINDOW))
    count, last = connection.execute(asked).one()
    return count, last


def wait_s(connection: Connection, which: Which, free: int, now: datetime) -> int:
    """Give the seconds that are still to be waited."""
    failures, last = counted(connection, which, now)
    if last is None or failures < free:
        return 0
    pause = min(FIRST_WAIT_S * 2 ** (failures - free), LONGEST_WAIT_S)
    return max(0, int((datetime.fromisoformat(last) + timedelta(seconds=pause) - now).total_seconds() + 1))


def begin(connection: Connection, account: str, address: str, now: datetime) -> str:
    """Refuse whoever guesses, and keep an attempt before its hash is made; gives its id for `settle`."""
    refuse_if_guessing(connection, account, address, now)
    return _kept(connection, account, address, now)


def settle(connection: Connection, attempt: str, outcome: str) -> None:
    """Say what became of an attempt; one that passed clears the account's failures."""
    columns = login_attempt.c
    if outcome == PASSED:
        account = select(columns.account).where(columns.id == attempt).scalar_subquery()
        connection.execute(login_attempt.delete().where(columns.account == account, columns.id != attempt))
    connection.execute(login_attempt.update().where(columns.id == attempt).values(outcome=outcome))


def note(connection: Connection, account: str, address: str, now: datetime, outcome: str) -> None:
    """Keep an attempt whose outcome is known already."""
    settle(connection, _kept(connection, account, address, now), outcome)


def _kept(connection: Connection, account: str, address: str, now: datetime) -> str:
    row = {"id": str(uuid.uuid4()), "account": account, "address": address, "at": utc_text(now), "outcome": PENDING}
    connection.execute(login_attempt.insert().values(row))
    return row["id"]
