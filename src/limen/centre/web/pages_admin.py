"""Users, keys and backups for the administrator; the trail for the auditor."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func
from starlette.responses import JSONResponse, Response

from limen.centre import backup
from limen.centre.accounts import sessions, users
from limen.centre.accounts.roles import ADMIN, AUDIT, OWN, ROLES
from limen.centre.records.tables import api_token, break_glass
from limen.centre.records.verify import faults
from limen.centre.refusals import NotFound, Refused
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors

doors: Final = Doors()
MOST_LINES: Final = 500
SCOPES: Final = ("system/*.rs", "system/*.rs identity")
TOKEN_BYTES: Final = 32
#: Letters of a token's digest that tell it from the others.
SHORT: Final = 16


@doors.get("/admin", may=ADMIN)
def admin(call: Call) -> Response:
    """Show users, tokens and backups."""
    return show_admin(call)


def show_admin(call: Call, **more: Any) -> Response:
    """Show users, tokens and backups, with what was just made."""
    with call.centre.database.reading() as connection:
        people = users.users(connection)
        tokens = [dict(row) for row in connection.execute(api_token.select().order_by(api_token.c.created)).mappings()]
    words = ("name", "scope", "created", "revoked")
    shown = [{"id": one["digest"][:SHORT], **{name: one[name] for name in words}} for one in tokens]
    data = {"made": "", "made_for": "", "token": "", "said": "", **more}
    clinics = ["*", *call.site.get("clinics", {})]
    return call.page(
        "admin.html.j2", users=people, tokens=shown, roles=list(ROLES), clinics=clinics, scopes=SCOPES, **data
    )


def setup_address(call: Call, secret: str) -> str:
    """Give the address by which a user sets a password."""
    return f"{call.request.url.scheme}://{call.request.headers.get('host', '')}/setup/{secret}"


@doors.post("/admin/users", may=ADMIN, fields=("name", "shown_name", "role", "clinic", "idem_key"))
def invite(call: Call) -> Response:
    """Invite a user; the link to set the password is shown once."""
    name = call.text("name", needed=True)
    grants = [(call.text("role", needed=True), known_clinic(call))]
    with call.centre.database.writing() as connection:
        user, secret = users.invite(connection, name, call.text("shown_name"), grants, call.now)
        call.centre.trail.note_within(connection, call.seen("invited", user, reason=grants[0][0]))
    return show_admin(call, made=setup_address(call, secret), made_for=name)


def known_clinic(call: Call) -> str:
    """Read a clinic; a star means all."""
    clinic = call.text("clinic") or users.EVERYWHERE
    if clinic != users.EVERYWHERE and clinic not in call.site.get("clinics", {}):
        raise Refused(f"clinic is {clinic!r}: choose one of the list.", field="clinic")
    return clinic


def named_user(call: Call, connection: Any) -> dict[str, Any]:
    """Give the user of the address."""
    row = users.find(connection, name=call.path["name"])
    if row is None:
        raise Refused(f"There is no user {call.path['name']!r}: look at the list.", field="name")
    return row


@doors.post("/admin/users/{name}", may=ADMIN, fields=("action", "role", "clinic", "reason", "idem_key"))
def change_user(call: Call) -> Response:
    """Add a role, lock somebody out, give a new set-up link, or take a lost second factor away, with a reason."""
    action, reason = call.text("action", needed=True), call.text("reason", needed=True)
    actions = {"grant": grant, "lock": lock, "setup": new_setup, "factor": drop_factor}
    if action not in actions:
        raise Refused(f"action is {action!r}: use one of {', '.join(actions)}.", field="action")
    with call.centre.database.writing() as connection:
        row = named_user(call, connection)
        more = actions[action](call, connection, row)
        call.centre.trail.note_within(connection, call.seen(f"user {action}", row["id"], reason=reason))
    return show_admin(call, **more)


def grant(call: Call, connection: Any, row: dict[str, Any]) -> dict[str, str]:
    """Add a role."""
    wanted = (call.text("role", needed=True), known_clinic(call))
    users.set_grants(connection, row["id"], [*users.grants_of(connection, row["id"]), wanted])
    return {}


def lock(call: Call, connection: Any, row: dict[str, Any]) -> dict[str, str]:
    """Lock somebody out; nobody locks themselves."""
    if row["name"] == call.who:
        raise Refused("Nobody locks themselves out: ask another administrator.", field="action")
    users.lock(connection, row["id"], call.now)
    return {}


def new_setup(call: Call, connection: Any, row: dict[str, Any]) -> dict[str, str]:
    """Give a new set-up link."""
    return {"made": setup_address(call, users.new_setup(connection, row["id"], call.now)), "made_for": row["name"]}


def drop_factor(call: Call, connection: Any, row: dict[str, Any]) -> dict[str, str]:
    """Take a lost second factor away; a second administrator does it, never the same person."""
    if row["name"] == call.who:
        raise Refused("A lost second factor is taken away by another administrator.", field="action")
    users.drop_second_factor(connection, row["id"], call.now)
    return {}


@doors.post("/admin/tokens", may=ADMIN, fields=("name", "scope", "idem_key"))
def make_token(call: Call) -> Response:
    """Make a token for a machine that reads the exchange interface; it is shown once."""
    scope = call.text("scope", needed=True)
    if scope not in SCOPES:
        raise Refused(f"scope is {scope!r}: use one of {', '.join(SCOPES)}.", field="scope")
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    row = {"digest": sessions.digest_of(secret), "name": call.text("name", needed=True), "scope": scope}
    with call.centre.database.writing() as connection:
        connection.execute(api_token.insert().values(**row, created=call.now_text, revoked=""))
        call.centre.trail.note_within(connection, call.seen("token made", row["name"], reason=scope))
    return show_admin(call, token=secret)


@doors.post("/admin/tokens/{id}", may=ADMIN, fields=("reason", "idem_key"))
def revoke_token(call: Call) -> Response:
    """Revoke a machine's token, with a reason; one that was revoked stays so."""
    named, reason, columns = call.path["id"], call.text("reason", needed=True), api_token.c
    this = func.substr(columns.digest, 1, SHORT) == named
    with call.centre.database.writing() as connection:
        row = connection.execute(api_token.select().where(this, columns.revoked == "")).first()
        if row is None:
            raise NotFound(f"There is no token {named!r} in use: look at the list.")
        connection.execute(api_token.update().where(columns.digest == row.digest).values(revoked=call.now_text))
        call.centre.trail.note_within(connection, call.seen("token revoked", row.name, reason=reason))
    return show_admin(call, said=f"The token of {row.name} was revoked.")


@doors.post("/admin/backup", may=ADMIN, fields=("idem_key",))
def make_backup(call: Call) -> Response:
    """Back up now, and try that it can be restored."""
    name = f"backup-{call.now_text[:19].replace(':', '').replace('-', '')}.limen"
    file = call.centre.data / "backups" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    report = backup.write_backup(call.centre, file)
    tried = backup.try_restore(file, call.centre)
    call.note("backup", name)
    return show_admin(
        call, said=f"{Path(name).name}: {report['events']} events, restored on trial and verified: {tried}."
    )


@doors.post("/admin/keys", may=ADMIN, fields=("idem_key",))
def turn_keys(call: Call) -> Response:
    """Turn the key ring: every person's key is wrapped anew, and stays readable."""
    call.centre.ring.turn()
    with call.centre.database.writing() as connection:
        count = call.centre.vault.rewrap_all(connection)
        call.centre.trail.note_within(connection, call.seen("key ring turned", f"{count} keys"))
    return show_admin(
        call, said=f"The key ring was turned, and {count} keys were wrapped anew. Back the keys up again."
    )


@doors.get("/audit", may=AUDIT, fields=("patient", "verify"))
def audit(call: Call) -> Response:
    """Show who saw or changed what; verify the chains when asked."""
    patient = call.text("patient")
    lines = call.centre.trail.lines(
        patient=f"person/{patient}" if patient and "/" not in patient else patient, limit=MOST_LINES
    )
    found = None
    if call.text("verify"):
        with call.centre.database.reading() as connection:
            found = [fault.sentence() for fault in faults(connection, call.centre.saved_heads())]
    with call.centre.database.reading() as connection:
        names = {one["id"]: one["name"] for one in users.users(connection)}
        broken = connection.execute(break_glass.select().order_by(break_glass.c.until.desc())).mappings().all()
    glass = [{**row, "user": names.get(row["user"], row["user"])} for row in broken]
    return call.page("audit.html.j2", lines=lines, faults=found, patient=patient, glass=glass)


@doors.get("/openapi.json", may=OWN)
def description(call: Call) -> Response:
    """Describe the interface to whoever is signed in."""
    return JSONResponse(call.request.app.state.described())


@doors.get("/metrics", may=ADMIN)
def metrics(call: Call) -> Response:
    """Count records for a monitor; no name is in it."""
    counts = {kind: len(call.centre.states(kind)) for kind in ("person", "session", "task", "link", "slot")}
    lines = [f'limen_records{{kind="{kind}"}} {count}' for kind, count in counts.items()]
    return Response("\n".join([*lines, ""]), media_type="text/plain")
