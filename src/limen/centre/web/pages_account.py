"""Signing in and out: password, second factor, roles, own sessions; and the one-click door of the demo."""

from __future__ import annotations

import base64
from typing import Any, Final

import pyotp
from sqlalchemy import Connection, select
from starlette.responses import Response

from limen.centre.accounts import backoff, passwords, sessions, users
from limen.centre.accounts.roles import OWN, PUBLIC, ROLES
from limen.centre.records.tables import app_user, web_session
from limen.centre.refusals import Denied, NotFound, Refused
from limen.centre.web.call import COOKIE, Call
from limen.centre.web.doors import Doors
from limen.centre.web.session_parts import confirm

doors: Final = Doors()
#: One sentence for every way of failing, so that none of them tells which part was wrong.
WRONG: Final = "Name, password or code are not right: check them and try again."
TOTP_BYTES: Final = 20
HOME: Final = {"researcher": "/outcomes", "auditor": "/audit", "admin": "/admin"}
COOKIE_FLAGS: Final[dict[str, Any]] = {"secure": True, "httponly": True, "samesite": "lax", "path": "/"}


def home_of(role: str) -> str:
    """Give the page where a role begins."""
    return HOME.get(role, "/today")


@doors.get("/login", may=PUBLIC)
def login(call: Call) -> Response:
    """Show the form for signing in; in the demo, the roles."""
    people = demo_people(call) if call.demo else []
    return call.page("login.html.j2", error="", people=people)


def demo_people(call: Call) -> list[dict[str, Any]]:
    """Give the made-up staff of the demo."""
    with call.centre.database.reading() as connection:
        return [one for one in users.users(connection) if one["state"] == users.ACTIVE]


@doors.post("/login", may=PUBLIC, fields=("name", "password"))
def check_login(call: Call) -> Response:
    """Check a password; the second factor comes next."""
    name, now = call.text("name"), call.now
    with call.centre.database.writing() as connection:
        # Counted before the hash is made: whoever guesses in parallel meets the count, not the hash.
        attempt = backoff.begin(connection, name, call.address, now)
        row = users.find(connection, name=name)
    kept = row["password"] if row and row["state"] == users.ACTIVE else None
    right, fresh = passwords.matches(str(call.sent.get("password", "")), kept)
    with call.centre.database.writing() as connection:
        backoff.settle(connection, attempt, backoff.HALF if right else backoff.FAILED)
    if not right or row is None:
        call.note("login refused", f"account:{call.centre.ring.digest('account', name)[:12]}")
        return call.page("login.html.j2", 401, error=WRONG, people=[])
    with call.centre.database.writing() as connection:
        if fresh:
            connection.execute(app_user.update().where(app_user.c.id == row["id"]).values(password=fresh))
        step = sessions.SECOND_FACTOR if row["totp"] else sessions.ENROL
        secret = sessions.begin(connection, row["id"], "", step, now)
    return with_cookie(call.go("/mfa" if row["totp"] else "/mfa/new"), secret)


def with_cookie(answer: Response, secret: str) -> Response:
    """Put the id of a session into an answer."""
    answer.set_cookie(COOKIE, secret, **COOKIE_FLAGS)
    return answer


def half_way(call: Call, step: str) -> None:
    """Refuse a step of signing in that is not the next one."""
    if call.session is None or call.session.step != step:
        raise Denied("Sign in with name and password first.")


def enter(call: Call, *, role: str = "") -> Response:
    """Begin the real session with a new id, and end the half one."""
    roles = [name for name, _ in call.grants]
    chosen = role or (roles[0] if roles else "")
    with call.centre.database.writing() as connection:
        if call.session:
            sessions.end(connection, call.session.digest, call.now)
        backoff.note(connection, call.user["name"], call.address, call.now, backoff.PASSED)
        secret = sessions.begin(connection, call.user["id"], chosen, sessions.IN, call.now)
        if (
            call.session
            and call.session.user == call.user["id"]
            and call.session.step in (sessions.IN, sessions.LOCKED)
        ):
            hand_on_end(connection, call.session.digest, sessions.digest_of(secret))
    call.centre.trail.note(call.seen("login", chosen))
    return with_cookie(call.go(home_of(chosen)), secret)


def hand_on_end(connection: Connection, old: str, new: str) -> None:
    """Let a session that goes on from another one end when that one would have."""
    columns = web_session.c
    end = connection.execute(select(columns.expires).where(columns.digest == old)).scalar_one()
    connection.execute(web_session.update().where(columns.digest == new).values(expires=end))


@doors.get("/mfa", may=PUBLIC)
def second_factor(call: Call) -> Response:
    """Ask for the code."""
    half_way(call, sessions.SECOND_FACTOR)
    return call.page("mfa.html.j2", error="")


@doors.post("/mfa", may=PUBLIC, fields=("code",))
def check_second_factor(call: Call) -> Response:
    """Check the code, counted against guessing like the password."""
    half_way(call, sessions.SECOND_FACTOR)
    name, now = call.user["name"], call.now
    with call.centre.database.writing() as connection:
        backoff.refuse_if_guessing(connection, f"code:{name}", call.address, now)
        row = locked_row(connection, call.user["id"])
        passed = users.pass_second_factor(connection, call.centre.ring, row, call.text("code"), now)
        backoff.note(connection, f"code:{name}", call.address, now, backoff.PASSED if passed else backoff.FAILED)
    return enter(call) if passed else call.page("mfa.html.j2", 401, error=WRONG)


def locked_row(connection: Connection, user: str) -> dict[str, Any]:
    """Give a user as they stand now; whoever asks for the same one meanwhile waits, so that one code passes once."""
    return dict(connection.execute(app_user.select().where(app_user.c.id == user).with_for_update()).mappings().one())


@doors.get("/mfa/new", may=PUBLIC)
def new_second_factor(call: Call) -> Response:
    """Show the secret of a new second factor."""
    half_way(call, sessions.ENROL)
    secret = enrolment_secret(call)
    return call.page("mfa_new.html.j2", secret=secret, address=totp_address(call, secret), error="")


def enrolment_secret(call: Call) -> str:
    """Give the secret of this half session; made of it, so that nothing is stored before the code is right."""
    digest = call.session.digest if call.session else ""
    seed = bytes.fromhex(call.centre.ring.signature(f"totp|{digest}") + call.centre.ring.signature(f"totp2|{digest}"))
    return base64.b32encode(seed[:TOTP_BYTES]).decode()


def totp_address(call: Call, secret: str) -> str:
    """Give the address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=call.user["name"], issuer_name="Limen centre")


@doors.post("/mfa/new", may=PUBLIC, fields=("code",))
def keep_second_factor(call: Call) -> Response:
    """Keep the second factor once its first code is right, and show the recovery codes once."""
    half_way(call, sessions.ENROL)
    secret, ring = enrolment_secret(call), call.centre.ring
    with call.centre.database.writing() as connection:
        backoff.refuse_if_guessing(connection, f"code:{call.user['name']}", call.address, call.now)
        try:
            codes = users.enrol(connection, ring, call.user["id"], secret=secret, code=call.text("code"), now=call.now)
        except Refused as refused:
            codes, error = [], str(refused)
    if not codes:
        with call.centre.database.writing() as connection:
            backoff.note(connection, f"code:{call.user['name']}", call.address, call.now, backoff.FAILED)
        return call.page("mfa_new.html.j2", 422, secret=secret, address=totp_address(call, secret), error=error)
    entered = enter(call)
    page = call.page("recovery_codes.html.j2", codes=codes, home=home_of(next((role for role, _ in call.grants), "")))
    page.headers.append("set-cookie", entered.headers["set-cookie"])
    return page


@doors.get("/unlock", may=PUBLIC)
def unlock(call: Call) -> Response:
    """Ask for the password of a session that was idle while an infusion runs."""
    half_way(call, sessions.LOCKED)
    return call.page("unlock.html.j2", name=call.who)


@doors.post("/unlock", may=PUBLIC, fields=("password",))
def check_unlock(call: Call) -> Response:
    """Go on with the password, in a session with a new id and the same role."""
    half_way(call, sessions.LOCKED)
    confirm(call, call.who, str(call.sent.get("password", "")))
    return enter(call, role=call.role)


@doors.get("/setup/{secret}", may=PUBLIC)
def setup(call: Call) -> Response:
    """Show the form that sets a first password."""
    with call.centre.database.reading() as connection:
        row = users.find(connection, setup_digest=sessions.digest_of(call.path["secret"]))
    if row is None or row["setup_expires"] <= call.now_text:
        raise NotFound("This set-up link was used or has ended: ask the administrator for a new one.")
    return call.page("setup.html.j2", name=row["name"], error="", shortest=passwords.SHORTEST)


@doors.post("/setup/{secret}", may=PUBLIC, fields=("password", "again"))
def keep_password(call: Call) -> Response:
    """Set a first password; signing in comes next."""
    password = str(call.sent.get("password", ""))
    if password != str(call.sent.get("again", "")):
        return call.page(
            "setup.html.j2",
            422,
            name="",
            error="The two passwords differ: type them again.",
            shortest=passwords.SHORTEST,
        )
    try:
        with call.centre.database.writing() as connection:
            users.set_up(connection, call.path["secret"], password, call.now)
    except NotFound:
        raise
    except Refused as refused:
        return call.page("setup.html.j2", 422, name="", error=str(refused), shortest=passwords.SHORTEST)
    return call.go("/login")


@doors.get("/account", may=OWN)
def account(call: Call) -> Response:
    """Show the own roles and sessions."""
    with call.centre.database.reading() as connection:
        live = sessions.live_of(connection, call.user["id"], call.now)
    mine = call.session.digest if call.session else ""
    shown = [
        {"id": one["digest"][:16], "created": one["created"], "seen": one["seen"], "here": one["digest"] == mine}
        for one in live
    ]
    return call.page(
        "account.html.j2",
        roles=roles_of(call),
        active=call.role,
        sessions=shown,
        name=call.user["shown_name"] or call.who,
    )


def roles_of(call: Call) -> list[str]:
    """Give the own roles in their order."""
    mine = {role for role, _ in call.grants}
    return [role for role in ROLES if role in mine]


@doors.post("/account/role", may=OWN, fields=("role",))
def switch(call: Call) -> Response:
    """Switch the role: the session gets a new id."""
    role = call.text("role", needed=True)
    if role not in roles_of(call):
        raise Denied(f"The role {role!r} is not one of yours: {', '.join(roles_of(call))}.")
    return enter(call, role=role)


@doors.post("/account/end", may=OWN, fields=("session",))
def end_one(call: Call) -> Response:
    """End one of the own sessions."""
    named = call.text("session", needed=True)
    with call.centre.database.writing() as connection:
        for one in sessions.live_of(connection, call.user["id"], call.now):
            if one["digest"].startswith(named):
                sessions.end(connection, one["digest"], call.now)
    call.note("session ended", named)
    return call.go("/account")


@doors.post("/logout", may=OWN)
def logout(call: Call) -> Response:
    """End the session on the server."""
    if call.session:
        with call.centre.database.writing() as connection:
            sessions.end(connection, call.session.digest, call.now)
    call.note("logout")
    answer = call.go("/")
    answer.delete_cookie(COOKIE, **COOKIE_FLAGS)
    return answer


@doors.post("/demo/enter", may=PUBLIC, fields=("user",))
def enter_demo(call: Call) -> Response:
    """Let anybody be one of the made-up staff; only where the data are made up and the server is for this machine."""
    if not call.demo:
        raise NotFound("There is no page /demo/enter: begin at the front page.")
    with call.centre.database.reading() as connection:
        row = users.find(connection, name=call.text("user", needed=True))
        if row is None:
            raise NotFound(f"{call.text('user')!r} is nobody of the demo: choose from the list.")
        call.user, call.grants = row, tuple(users.grants_of(connection, row["id"]))
    return enter(call)
