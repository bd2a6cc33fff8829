"""One request as a handler sees it: who asks, what was sent, and how to answer as a page or as its JSON twin."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from limen.centre.accounts.roles import BREAK_GLASS, may
from limen.centre.accounts.sessions import Session
from limen.centre.accounts.users import EVERYWHERE
from limen.centre.amounts import read_whole
from limen.centre.centre import Centre
from limen.centre.clock import utc_text
from limen.centre.keys import opened
from limen.centre.records.kinds import State
from limen.centre.records.store import Ack, Command, state_within
from limen.centre.records.tables import break_glass
from limen.centre.records.trail import Seen
from limen.centre.refusals import Denied, NotFound, Refused
from limen.centre.web.templates import render

COOKIE: Final = "__Host-limen"
OK: Final = 200
#: Letters of a user's id before the keys of what this user sends.
WHOSE: Final = 8


@dataclass
class Call:
    """A request, with what its handler needs."""

    centre: Centre
    request: Request
    session: Session | None = None
    user: Mapping[str, Any] = field(default_factory=dict)
    grants: tuple[tuple[str, str], ...] = ()
    sent: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    demo: bool = False
    keys: dict[str, bytes | None] = field(default_factory=dict, repr=False)

    @cached_property
    def now(self) -> datetime:
        """The wall time of the request."""
        return self.centre.clock.now().wall

    @property
    def now_text(self) -> str:
        """The wall time as it is recorded."""
        return utc_text(self.now)

    @cached_property
    def site(self) -> State:
        """The site's own settings."""
        return self.centre.site()

    @property
    def path(self) -> Mapping[str, str]:
        """The parts of the address."""
        return self.request.path_params

    @property
    def role(self) -> str:
        """The active role; empty without a session."""
        return self.session.role if self.session else ""

    @property
    def who(self) -> str:
        """The name that is written beside what this user records."""
        return str(self.user.get("name", "")) or "visitor"

    @property
    def wants_json(self) -> bool:
        """Whether the JSON twin of the page is asked for."""
        return "application/json" in self.request.headers.get("accept", "")

    @cached_property
    def clinics(self) -> tuple[str, ...]:
        """The clinics of the active role."""
        mine = {clinic for role, clinic in self.grants if role == self.role}
        return tuple(self.site.get("clinics", {})) if EVERYWHERE in mine else tuple(sorted(mine))

    @cached_property
    def zone(self) -> str:
        """The zone of the first clinic: a day of the whole centre begins and ends there."""
        return str(next((one.get("zone", "UTC") for one in self.site.get("clinics", {}).values()), "UTC"))

    @property
    def today(self) -> str:
        """The day that it is at the centre."""
        return self.now.astimezone(ZoneInfo(self.zone)).date().isoformat()

    def may(self, permission: str) -> bool:
        """Tell whether the active role has a permission."""
        return may(self.role, permission)

    def text(self, name: str, *, needed: bool = False) -> str:
        """Give a field of the form; raises Refused for a needed one that is empty."""
        found = str(self.sent.get(name) or "").strip()
        if needed and not found:
            raise Refused(f"{name} is empty: fill it in.", field=name)
        return found

    def whole(self, name: str) -> int:
        """Give a field of the form as a whole number."""
        return read_whole(self.text(name, needed=True), name)

    @cached_property
    def key(self) -> str:
        """The key of this intention, made when the form was shown; nobody's keys are another's, or the system's."""
        whose = str(self.user.get("id") or "visitor")[-WHOSE:]
        return f"{whose}/{self.text('idem_key') or uuid.uuid4()}"

    @property
    def address(self) -> str:
        """The address that the request came from, as a digest."""
        host = self.request.client.host if self.request.client else ""
        return hashlib.sha256(self.centre.ring.index + host.encode()).hexdigest()[:16]

    def note(self, action: str, thing: str = "", *, patient: str = "", reason: str = "") -> None:
        """Write a line into the audit trail."""
        self.centre.trail.note(self.seen(action, thing, patient=patient, reason=reason))

    def seen(self, action: str, thing: str = "", *, patient: str = "", reason: str = "") -> Seen:
        """Give a line for the audit trail."""
        return Seen(self.who, self.role, action, thing, patient, reason, self.address)

    def record(self, record: str, kind: str, body: Mapping[str, Any], **more: Any) -> Ack:
        """Record one event under the key of the form, with its line in the trail."""
        return self.record_all(Command(record, kind, body, self.key, self.who, **more))[0]

    def record_all(self, *commands: Command) -> tuple[Ack, ...]:
        """Record events together, each with its line in the trail; a replay adds no line."""
        with self.centre.database.writing() as connection:
            acks = self.centre.store.record_within(connection, *commands)
            for command, ack in zip(commands, acks, strict=False):
                if not ack.replayed:
                    person = command.person or (command.record if command.record.startswith("person/") else "")
                    line = self.seen(command.kind, f"{command.record}#{ack.seq}", patient=person)
                    self.centre.trail.note_within(connection, line)
        return acks

    def person(self, number: str) -> tuple[str, State]:
        """Give a person's record and state if this user's clinic is theirs, or the glass was broken."""
        record = f"person/{number}"
        with self.centre.database.reading() as connection:
            state = state_within(connection, record)
            if not state:
                raise NotFound(f"There is no person {number}: look for the person by name.")
            if state["clinic"] not in self.clinics and not self._glass_broken(connection, record):
                raise OtherClinic(record, breakable=self.role in BREAK_GLASS)
        return record, state

    def _glass_broken(self, connection: Any, person: str) -> bool:
        columns = break_glass.c
        mine = (columns.user == self.user.get("id", "")) & (columns.person == person)
        return connection.execute(select(columns.id).where(mine, columns.until > self.now_text)).first() is not None

    def opened(self, person: str, value: Any) -> Any:
        """Give a value with the person's sealed words opened."""
        if person not in self.keys:
            with self.centre.database.reading() as connection:
                self.keys[person] = self.centre.vault.key_of(connection, person)
        return opened(self.keys[person], person, value)

    def page(self, template: str, status: int = OK, /, **data: Any) -> Response:
        """Answer with a page, or its JSON twin."""
        if self.wants_json:
            return JSONResponse({name: item for name, item in data.items() if not isinstance(item, Markup)}, status)
        return HTMLResponse(render(template, self, data), status)

    def go(self, address: str, **data: Any) -> Response:
        """Answer a form: look at another page; the JSON twin says which."""
        if self.wants_json:
            return JSONResponse({"done": True, "location": address, **data})
        return RedirectResponse(address, 303)


class OtherClinic(Denied):
    """A person of another clinic; some roles may break the glass."""

    def __init__(self, person: str, *, breakable: bool) -> None:
        super().__init__(f"{person} belongs to another clinic: ask a colleague there.")
        self.person, self.breakable = person, breakable
