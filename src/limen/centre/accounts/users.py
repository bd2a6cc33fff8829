"""Users: invited, never with a password that somebody else chose, and with a second factor."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import pyotp
from sqlalchemy import Connection, Select, bindparam, select, update

from limen.centre.accounts.passwords import check_password, hashed
from limen.centre.accounts.roles import ROLES
from limen.centre.accounts.sessions import digest_of, end_all
from limen.centre.clock import utc_text
from limen.centre.keys import KeyRing, open_bytes, seal_bytes
from limen.centre.records.tables import app_user, role_grant
from limen.centre.refusals import Conflict, NotFound, Refused

NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,39}")
SETUP_LASTS: Final = timedelta(days=7)
SECRET_BYTES: Final = 24
RECOVERY_CODES: Final = 8
RECOVERY_BYTES: Final = 5
TOTP_STEP_S: Final = 30
#: Every clinic, for roles that belong to none.
EVERYWHERE: Final = "*"
ACTIVE: Final = "active"
INVITED: Final = "invited"
LOCKED: Final = "locked"
GRANTS_OF: Final = select(role_grant.c.role, role_grant.c.clinic).where(role_grant.c.user == bindparam("who"))


def invite(
    connection: Connection, name: str, shown_name: str, grants: Sequence[tuple[str, str]], now: datetime
) -> tuple[str, str]:
    """Invite a user; gives the user's id and the one-time secret that sets the password.

    Parameters
    ----------
    connection : Connection
        Writes.
    name, shown_name : str
        For signing in, and for showing.
    grants : sequence of (str, str)
        Roles, each with the clinic it is for, or `EVERYWHERE`.
    now : datetime
        When.
    """
    if not NAME.fullmatch(name):
        raise Refused(
            f"The name {name!r} cannot be used: 2 to 40 of a-z, 0-9, point and dash, a letter first.", field="name"
        )
    if connection.execute(select(app_user.c.id).where(app_user.c.name == name)).first():
        raise Conflict(f"There is a user {name} already: use another name.", field="name")
    user = f"user/{secrets.token_hex(8)}"
    row = {"id": user, "name": name, "shown_name": shown_name or name, "state": INVITED, "password": None, "totp": None}
    rest = {
        "totp_last_step": 0,
        "recovery": "[]",
        "setup_digest": None,
        "setup_expires": None,
        "created": utc_text(now),
    }
    connection.execute(app_user.insert().values({**row, **rest}))
    set_grants(connection, user, grants)
    return user, new_setup(connection, user, now)


def set_grants(connection: Connection, user: str, grants: Sequence[tuple[str, str]]) -> None:
    """Give a user these roles and no others."""
    wrong = [role for role, _ in grants if role not in ROLES]
    if wrong or not grants:
        raise Refused(f"role is {wrong[0] if wrong else 'missing'}: use one of {', '.join(ROLES)}.", field="role")
    connection.execute(role_grant.delete().where(role_grant.c.user == user))
    for role, clinic in dict.fromkeys(grants):
        connection.execute(role_grant.insert().values(user=user, role=role, clinic=clinic))


def new_setup(connection: Connection, user: str, now: datetime) -> str:
    """Give a new one-time secret; the one before it no longer works."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    kept = {"setup_digest": digest_of(secret), "setup_expires": utc_text(now + SETUP_LASTS)}
    connection.execute(update(app_user).where(app_user.c.id == user).values(kept))
    return secret


def set_up(connection: Connection, secret: str, password: str, now: datetime) -> dict[str, Any]:
    """Set the password with a one-time secret, which is then used up."""
    row = find(connection, setup_digest=digest_of(secret))
    if row is None or row["setup_expires"] <= utc_text(now):
        raise NotFound("This set-up link was used or has ended: ask the administrator for a new one.")
    set_password(connection, row, password, now)
    return row


def set_password(connection: Connection, row: dict[str, Any], password: str, now: datetime) -> None:
    """Set a password, use up the set-up secret and end every session of before."""
    check_password(password, row["name"])
    kept = {"password": hashed(password), "state": ACTIVE, "setup_digest": None, "setup_expires": None}
    connection.execute(update(app_user).where(app_user.c.id == row["id"]).values(kept))
    end_all(connection, row["id"], now)


def find(connection: Connection, **where: str) -> dict[str, Any] | None:
    """Give one user by a column."""
    row = connection.execute(by_columns(tuple(where)), where).mappings().first()
    return dict(row) if row else None


@cache
def by_columns(names: tuple[str, ...]) -> Select[Any]:
    """Give the question for a user by some columns; asked with every page, so written once."""
    return select(app_user).where(*(app_user.columns[name] == bindparam(name) for name in names))


def grants_of(connection: Connection, user: str) -> list[tuple[str, str]]:
    """Give a user's roles, each with its clinic."""
    found = {(row.role, row.clinic) for row in connection.execute(GRANTS_OF, {"who": user})}
    return sorted(found, key=lambda grant: (ROLES.index(grant[0]), grant[1]))


def users(connection: Connection) -> list[dict[str, Any]]:
    """Give every user with their roles, and no secret."""
    rows = connection.execute(select(app_user).order_by(app_user.c.name)).mappings().all()
    shown = ("id", "name", "shown_name", "state", "created")
    return [
        {
            **{name: row[name] for name in shown},
            "second_factor": row["totp"] is not None,
            "grants": grants_of(connection, row["id"]),
        }
        for row in rows
    ]


def enrol(connection: Connection, ring: KeyRing, user: str, *, secret: str, code: str, now: datetime) -> list[str]:
    """Keep a second factor once its first code is right; gives the one-time recovery codes."""
    step = right_step(secret, code, now)
    if step is None:
        raise Refused("The code is not the one that the app shows now: check the clock of the phone.", field="code")
    codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    kept = {
        "totp": seal_bytes(ring.keys[ring.newest], secret.encode(), f"app_user|{user}|totp|{ring.newest}"),
        "totp_last_step": step,
        "recovery": json.dumps([ring.newest, *(digest_of(one) for one in codes)]),
    }
    connection.execute(update(app_user).where(app_user.c.id == user).values(kept))
    return codes


def right_step(secret: str, code: str, now: datetime) -> int | None:
    """Give the time step of a right code, one step of drift allowed; None for a wrong one."""
    totp = pyotp.TOTP(secret)
    here = int(now.timestamp()) // TOTP_STEP_S
    return next((step for step in (here, here - 1, here + 1) if totp.at(step * TOTP_STEP_S) == code), None)


def pass_second_factor(connection: Connection, ring: KeyRing, row: dict[str, Any], code: str, now: datetime) -> bool:
    """Take a code that was not used before, or a recovery code, which is then used up."""
    ring_key, *recovery = json.loads(row["recovery"])
    words = code.strip().replace(" ", "")
    if digest_of(words) in recovery:
        left = [ring_key, *(one for one in recovery if one != digest_of(words))]
        connection.execute(update(app_user).where(app_user.c.id == row["id"]).values(recovery=json.dumps(left)))
        return True
    secret = open_bytes(ring.keys[ring_key], row["totp"], f"app_user|{row['id']}|totp|{ring_key}").decode()
    step = right_step(secret, words, now)
    if step is None or step <= row["totp_last_step"]:
        return False
    connection.execute(update(app_user).where(app_user.c.id == row["id"]).values(totp_last_step=step))
    return True


def drop_second_factor(connection: Connection, user: str, now: datetime) -> None:
    """Take a lost second factor away; the next sign-in sets a new one."""
    kept = {"totp": None, "totp_last_step": 0, "recovery": "[]"}
    connection.execute(update(app_user).where(app_user.c.id == user).values(kept))
    end_all(connection, user, now)


def lock(connection: Connection, user: str, now: datetime) -> None:
    """Keep a user out, also one who has a set-up link of before."""
    kept = {"state": LOCKED, "setup_digest": None, "setup_expires": None}
    connection.execute(update(app_user).where(app_user.c.id == user).values(kept))
    end_all(connection, user, now)
