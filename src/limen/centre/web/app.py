"""The application: every route guarded, every refusal in words, every answer with its headers."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from limen.centre.accounts import sessions, users
from limen.centre.accounts.roles import LINK, MACHINE, PUBLIC
from limen.centre.care.infusion import PAUSED, RUNNING, STOPPED
from limen.centre.centre import Centre
from limen.centre.records.database import AT_ONCE
from limen.centre.refusals import Denied, Refused
from limen.centre.web import (
    pages_account,
    pages_admin,
    pages_chart,
    pages_course,
    pages_desk,
    pages_events,
    pages_exchange,
    pages_intake,
    pages_library,
    pages_link,
    pages_live,
    pages_outcomes,
    pages_people,
    pages_public,
    pages_recovery,
    pages_review,
    pages_session,
    pages_site,
    pages_tasks,
    pages_trials,
)
from limen.centre.web.call import COOKIE, Call, OtherClinic
from limen.centre.web.description import described
from limen.centre.web.doors import Door
from limen.centre.web.security import Guard
from limen.quantities import InputError

PAGES: Final = (
    pages_public,
    pages_intake,
    pages_link,
    pages_account,
    pages_desk,
    pages_tasks,
    pages_people,
    pages_chart,
    pages_course,
    pages_session,
    pages_live,
    pages_events,
    pages_recovery,
    pages_review,
    pages_outcomes,
    pages_trials,
    pages_site,
    pages_library,
    pages_admin,
    pages_exchange,
)
NOT_THAT_WAY: Final = 405
PLACES: Final = 6
#: What stays in view on an idle screen while an infusion runs.
IN_VIEW: Final = ("/sessions/{id}", "/sessions/{id}/live", "/sessions/{id}/ahead")
log: Final = logging.getLogger("limen.centre")
#: Threads that work on requests: few, since they share one interpreter and each holds connections.
THREADS: Final = CapacityLimiter(AT_ONCE)


class SignIn(Exception):  # noqa: N818 - not an error: the way to the page is by signing in
    """Nobody is signed in, or the second factor is still to come."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def all_doors() -> tuple[Door, ...]:
    """Give every route of the application."""
    return tuple(door for module in PAGES for door in module.doors.doors)


def make_app(centre: Centre, *, demo: bool = False, hosts: tuple[str, ...] = ()) -> Guard:
    """Give the application of one centre.

    Parameters
    ----------
    centre : Centre
        What it serves.
    demo : bool
        Let anybody on this machine choose a role; the data are synthetic.
    hosts : tuple of str
        Names by which the server may be called beside loopback.
    """

    async def none_of_ours(request: Request, error: Exception) -> Response:
        return await unknown(centre, request, error)

    doors = all_doors()
    routes = [Route(door.path, endpoint(door, centre, demo=demo), methods=[door.method]) for door in doors]
    app = Starlette(routes=routes, exception_handlers={HTTPException: none_of_ours})
    app.state.described = partial(described, doors)
    return Guard(app, hosts)


def endpoint(door: Door, centre: Centre, *, demo: bool) -> Callable[[Request], Awaitable[Response]]:
    """Give what answers one route."""

    async def answer(request: Request) -> Response:
        call = Call(centre, request, demo=demo)
        try:
            call.sent, call.files = await body_of(door, request)
            return await run_sync(guarded, door, call, limiter=THREADS)
        except Exception as error:
            return await run_sync(in_words, call, error, door.path, limiter=THREADS)

    return answer


async def body_of(door: Door, request: Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the body of a form or of a JSON command, and no more of it than the route takes."""
    if door.safe:
        return dict(request.query_params), {}
    body = await limited(request, door.largest)
    if request.headers.get("content-type", "").startswith("application/json"):
        return json_body(body), {}
    async with Request(request.scope, replay(body)).form(max_files=1, max_fields=200) as form:
        files = {name: await item.read() for name, item in form.items() if isinstance(item, UploadFile)}
        return {name: item for name, item in form.items() if isinstance(item, str)}, files


async def limited(request: Request, largest: int) -> bytes:
    """Read a body up to a size; raises Refused beyond it."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise Refused(f"What was sent has more than {largest} bytes: send a smaller file.", field="file")
        parts.append(part)
    return b"".join(parts)


def replay(body: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Give a receiver that hands out a body that was read already."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def json_body(body: bytes) -> dict[str, Any]:
    """Read a JSON object; a float in it becomes its decimal text."""
    try:
        found = json.loads(body, parse_float=str)
        # Half a character by its code is JSON and no text: it could be written nowhere.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("The body is no JSON: send an object.") from None
    if not isinstance(found, dict):
        raise Refused(f"The body is a {type(found).__name__}: send a JSON object.")
    return found


def guarded(door: Door, call: Call) -> Response:
    """Answer a request if whoever sent it may; a page looks at the records through one connection."""
    with call.centre.database.holding() if door.safe else nullcontext():
        identify(call)
        if door.may not in (PUBLIC, LINK, MACHINE):
            admit(door, call)
        return door.handler(call)


def admit(door: Door, call: Call) -> None:
    """Refuse whoever is not signed in, has not the permission, or sends a form that we did not make."""
    looks = call.session is not None and call.session.step == sessions.LOCKED and door.path in IN_VIEW
    if call.session is None or (call.session.step != sessions.IN and not (looks and door.safe)):
        raise SignIn(call.session.step if call.session else "")
    if not call.may(door.may):
        call.note("denied", f"{door.method} {door.path}")
        raise Denied(f"The role {call.role!r} may not use {door.path}: switch the role, or ask somebody who may.")
    if not door.safe:
        check_token(call)


def check_token(call: Call) -> None:
    """Refuse a form without the token of its session; a JSON command from our own origin needs none."""
    if call.session is None:
        return
    json_here = call.request.headers.get("content-type", "").startswith("application/json")
    if json_here and "origin" in call.request.headers:
        return
    given = call.request.headers.get("x-csrf-token") or str(call.sent.get("csrf", ""))
    if given != call.session.csrf(call.centre.ring.signing):
        raise Denied("This form was made for another session: open the page again and send it from there.")


def identify(call: Call, *, seen: bool = True) -> None:
    """Find out who asks, and note that they were `seen`; a screen that is open keeps no session awake (0011)."""
    secret = call.request.cookies.get(COOKIE)
    if not secret:
        return
    with call.centre.database.reading() as connection:
        found = sessions.find(connection, secret, call.now)
        user = users.find(connection, id=found[0].user) if found else None
        grants = tuple(users.grants_of(connection, user["id"])) if user else ()
    if found is None or user is None or user["state"] == users.LOCKED:
        return
    call.session, stale = found
    call.user, call.grants = user, grants
    if call.session.step == sessions.LOCKED and not infusion_runs(call):
        call.session = None
    if seen and stale and call.session is not None:
        with call.centre.database.writing() as connection:
            sessions.touch(connection, call.session.digest, call.now)


def infusion_runs(call: Call) -> bool:
    """Tell whether an infusion runs in one of the own clinics: then the sheet stays in view, locked."""
    return bool(call.centre.states("session", clinics=call.clinics, statuses=(RUNNING, PAUSED, STOPPED)))


def in_words(call: Call, error: Exception, path: str) -> Response:
    """Give the answer to whatever went wrong; never a traceback."""
    if isinstance(error, SignIn):
        return to_sign_in(call, error.step)
    if isinstance(error, OtherClinic):
        return call.page("other_clinic.html.j2", 403, error=str(error), person=error.person, breakable=error.breakable)
    if isinstance(error, Refused):
        return call.page("refused.html.j2", error.status, **error.answer())
    if isinstance(error, InputError):
        return call.page("refused.html.j2", 422, error=str(error), field=None, limit=None)
    if isinstance(error, HTTPException):
        return call.page(
            "refused.html.j2", error.status_code, error="The request cannot be read.", field=None, limit=None
        )
    log.error("%s while answering %s, at %s", type(error).__name__, path, places(error))
    sentence = "Something went wrong here, and nothing was kept: try again, or call whoever looks after this server."
    return call.page("refused.html.j2", 500, error=sentence, field=None, limit=None)


def places(error: Exception) -> str:
    """Say where in the code an error came from; never its words, which may hold a person's data."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


def to_sign_in(call: Call, step: str) -> Response:
    """Send a person to the page where they sign in; a machine is told."""
    if call.wants_json or call.request.method not in ("GET", "HEAD"):
        return call.page(
            "refused.html.j2",
            401,
            error="Unlock with your password first." if step == sessions.LOCKED else "Sign in first.",
            field=None,
            limit=None,
        )
    places = {sessions.SECOND_FACTOR: "/mfa", sessions.ENROL: "/mfa/new", sessions.LOCKED: "/unlock"}
    return RedirectResponse(places.get(step, "/login"), 303)


async def unknown(centre: Centre, request: Request, error: Exception) -> Response:
    """Answer a path that is none of ours."""
    call = Call(centre, request)
    status = error.status_code if isinstance(error, HTTPException) else 404
    sentence = f"There is no page {request.url.path}: begin at the front page."
    if status == NOT_THAT_WAY:
        sentence = f"{request.url.path} does not take {request.method}: begin at the front page."
    shown = partial(call.page, "refused.html.j2", status, error=sentence, field=None, limit=None)
    return await run_sync(shown, limiter=THREADS)
