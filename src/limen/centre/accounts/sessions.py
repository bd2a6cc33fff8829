"""Sessions of staff: an opaque id, kept as its hash, ended by the server."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from limen.centre.clock import utc_text
from limen.centre.records.tables import web_session

IDLE: Final = timedelta(minutes=15)
ABSOLUTE: Final = timedelta(hours=12)
#: The time between two touches of the row that says when somebody was last seen (ours: saves a sync on every page).
TOUCH: Final = timedelta(seconds=60)
ID_BYTES: Final = 32
#: What a session may do so far: nothing but give the second factor, or all that its role may.
SECOND_FACTOR: Final = "second factor"
ENROL: Final = "enrol"
IN: Final = "in"
#: Idle for too long: over, or view-only while an infusion of the own clinics runs (centre.md section 8).
LOCKED: Final = "locked"
BY_DIGEST: Final = select(web_session).where(web_session.c.digest == bindparam("secret"))


@dataclass(frozen=True)
class Session:
    """Somebody who signed in."""

    digest: str
    user: str
    role: str
    step: str

    def csrf(self, signing: bytes) -> str:
        """Give the token that every form of this session carries."""
        return hmac.new(signing, f"csrf|{self.digest}".encode(), hashlib.sha256).hexdigest()


def digest_of(secret: str) -> str:
    """Give a secret as it is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(connection: Connection, user: str, role: str, step: str, now: datetime) -> str:
    """Begin a session and give its id, which is kept nowhere."""
    secret = secrets.token_urlsafe(ID_BYTES)
    row = {
        "digest": digest_of(secret),
        "user": user,
        "role": role,
        "step": step,
        "created": utc_text(now),
        "seen": utc_text(now),
        "expires": utc_text(now + ABSOLUTE),
        "ended": "",
    }
    connection.execute(web_session.insert().values(row))
    return secret


def find(connection: Connection, secret: str, now: datetime) -> tuple[Session, bool] | None:
    """Give a session and whether it is time to touch it; None for one that ended or never was."""
    row = connection.execute(BY_DIGEST, {"secret": digest_of(secret)}).mappings().first()
    if row is None or row["ended"] or row["expires"] <= utc_text(now):
        return None
    idle = now - datetime.fromisoformat(row["seen"])
    if idle > IDLE:
        # Who never came in whole has nothing to look at: signing in begins anew.
        return (Session(row["digest"], row["user"], row["role"], LOCKED), False) if row["step"] == IN else None
    return Session(row["digest"], row["user"], row["role"], row["step"]), idle > TOUCH


def touch(connection: Connection, digest: str, now: datetime) -> None:
    """Keep that somebody was seen."""
    connection.execute(update(web_session).where(web_session.c.digest == digest).values(seen=utc_text(now)))


def end(connection: Connection, digest: str, now: datetime) -> None:
    """End a session."""
    connection.execute(update(web_session).where(web_session.c.digest == digest).values(ended=utc_text(now)))


def end_all(connection: Connection, user: str, now: datetime, *, but: str = "") -> None:
    """End every session of a user, but one."""
    mine = (web_session.c.user == user) & (web_session.c.ended == "") & (web_session.c.digest != but)
    connection.execute(update(web_session).where(mine).values(ended=utc_text(now)))


def live_of(connection: Connection, user: str, now: datetime) -> list[dict[str, Any]]:
    """Give the sessions of a user that are still live."""
    columns = web_session.c
    asked = select(web_session).where(columns.user == user, columns.ended == "", columns.expires > utc_text(now))
    return [dict(row) for row in connection.execute(asked.order_by(columns.created)).mappings()]
