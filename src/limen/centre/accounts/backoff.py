"""Slowing down whoever guesses: per account and per address, counted in the database."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from limen.centre.clock import utc_text
from limen.centre.records.tables import login_attempt
from limen.centre.refusals import TooMany

#: Ours: failures within the window that are looked at before the next one has to wait.
WINDOW: Final = timedelta(minutes=15)
FREE_PER_ACCOUNT: Final = 5
FREE_PER_ADDRESS: Final = 10
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 900
FAILED: Final = "failed"
PASSED: Final = "passed"


def refuse_if_guessing(connection: Connection, account: str, address: str, now: datetime) -> None:
    """Refuse an attempt that comes too soon after too many failures, before anything is hashed."""
    columns = login_attempt.c
    wait = max(
        wait_s(connection, columns.account == account, FREE_PER_ACCOUNT, now),
        wait_s(connection, columns.address == address, FREE_PER_ADDRESS, now),
    )
    if wait > 0:
        raise TooMany(f"Too many attempts: wait {wait} s and try again.")


def wait_s(connection: Connection, whose: object, free: int, now: datetime) -> int:
    """Give the seconds that are still to be waited."""
    columns = login_attempt.c
    since = utc_text(now - WINDOW)
    asked = select(func.count(), func.max(columns.at)).where(whose, columns.outcome == FAILED, columns.at > since)  # type: ignore[arg-type]
    failures, last = connection.execute(asked).one()
    if failures < free:
        return 0
    pause = min(FIRST_WAIT_S * 2 ** (failures - free), LONGEST_WAIT_S)
    return max(0, int((datetime.fromisoformat(last) + timedelta(seconds=pause) - now).total_seconds() + 1))


def note(connection: Connection, account: str, address: str, now: datetime, outcome: str) -> None:
    """Keep an attempt; one that passed clears the account's failures."""
    if outcome == PASSED:
        connection.execute(login_attempt.delete().where(login_attempt.c.account == account))
    row = {"id": str(uuid.uuid4()), "account": account, "address": address, "at": utc_text(now), "outcome": outcome}
    connection.execute(login_attempt.insert().values(row))
