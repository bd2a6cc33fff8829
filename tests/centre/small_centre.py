"""A small centre to test with: one or two clinics, staff of every role, and people as far along as a test needs."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import httpx
import pyotp
from centre.inside import client_of
from sqlalchemy import update

from limen.centre.accounts import sessions, users
from limen.centre.care import site as settings
from limen.centre.care.registry import register_within
from limen.centre.centre import Centre
from limen.centre.clock import SetClock
from limen.centre.records.store import Command
from limen.centre.records.tables import app_user
from limen.centre.safety.checks import OWNED
from limen.centre.safety.table import rules
from limen.centre.web.app import make_app

MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("08:00", "18:00"))
STAFF = {
    "dora": ("front desk", "north"),
    "nina": ("nurse", "north"),
    "phil": ("physician", "north"),
    "maud": ("medical director", "*"),
    "rosa": ("researcher", "*"),
    "adam": ("auditor", "*"),
    "ada": ("admin", "*"),
    "sam": ("nurse", "south"),
}
PASSWORD = "seven green horses swim"  # noqa: S105
DOSE = {
    "drug": "ketamine", "mg_per_kg": "0.5", "minutes": "40", "weight_kg": "70", "mg": "35", "mg_per_ml": "1",
    "infusions": "6", "interval_d": "2",
}  # fmt: skip
PLAN = {
    **DOSE,
    "route": "iv",
    "words": "0.5 mg/kg over 40 min",
    "hard_mg_per_kg_h": "1.5",
    "service": "",
    "predicted": "",
}
NO_RISK = dict.fromkeys(
    (
        "aneurysm", "arteriovenous_malformation", "intracerebral_haemorrhage", "hypersensitivity", "pregnant",
        "breastfeeding", "psychosis_now", "cardiovascular_uncontrolled", "hepatic_severe", "raised_pressure",
        "lamotrigine", "naltrexone", "cyp_strong", "cns_or_maoi", "substance_misuse", "bipolar_without_stabiliser",
        "mania_now", "urinary_symptoms", "cssrs_behaviour",
    ),
    "no",
)  # fmt: skip
FACTS = {
    **NO_RISK,
    "age": ["40", "y"],
    "weight": ["70", "kg"],
    "benzodiazepine_mg_d": ["0", "mg/d"],
    "cssrs_level": ["0", "item"],
}
TICKS = dict.fromkeys(("identity", "fasting", "escort", "no_driving", "equipment", "second_person"), "yes")
DISCHARGE = dict.fromkeys(("oriented", "vitals_near_baseline", "escort", "no_driving_acknowledged"), "yes")
VITALS = "124/78 72 98"


def fresh() -> str:
    """A key that was never used."""
    return str(uuid.uuid4())


@dataclass
class Caller:
    """Somebody with a browser: the cookie is kept, and every form carries its token."""

    client: httpx.Client
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path, *, json=False, **more):
        accept = "application/json" if json else "text/html"
        return self.client.get(path, headers={"accept": accept, **self.headers}, follow_redirects=False, **more)

    def data(self, path):
        answer = self.get(path, json=True)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, data=None, *, key=None, **more):
        form = {"idem_key": key or fresh(), "csrf": self.csrf, **(data or {})}
        return self.client.post(
            path, data=form, headers={"accept": "application/json", **self.headers}, follow_redirects=False, **more
        )

    def done(self, path, data=None, **more):
        answer = self.post(path, data, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def event(self, session, kind, body=None, *, key=None, **more):
        """Send one event as a machine does."""
        words = {"idem_key": key or fresh(), "kind": kind, "body": body or {}, **more}
        headers = {"x-csrf-token": self.csrf, "accept": "application/json"}
        return self.client.post(f"/sessions/{session}/events", json=words, headers=headers)


def site_commands():
    """Everything that a site signs."""
    made = []
    for clinic in ("north", "south"):
        body = {"id": clinic, "name": clinic.title(), "address": "1 Street", "phone": "555", "zone": "UTC"}
        more = {"hours": {day: list(hours) for day, hours in HOURS.items()}, "escalation": ["nina", "phil"]}
        made.append(("clinic", {**body, **more}))
    crisis = [{"name": "Line", "phone": "112", "words": ""}]
    contacts = {"centre_name": "Small centre", "crisis": crisis, "out_of_hours": "Call the line.", "act_min": 60}
    made.append(("contacts", contacts))
    made.append(("consent_form", {"id": "treatment", "title": "Treatment", "version": "1", "words": "..."}))
    for rule in OWNED:
        value = {"R9b": "60"}.get(rule) or rules()[rule].threshold
        plain = value not in ("present", "absent", "plan")
        made.append(("threshold", {"rule": rule, "value": value if plain else settings.CONFIRMED, "reason": ""}))
    return [Command(settings.SITE_RECORD, kind, body, fresh(), "maud") for kind, body in made]


@dataclass
class SmallCentre:
    """A centre with its application, its clock, and ways to go on from there."""

    centre: Centre
    clock: SetClock
    fresh: bool = True

    def __post_init__(self):
        if self.fresh:
            self.set_up()

    @cached_property
    def app(self):
        return make_app(self.centre, hosts=("testserver",))

    def set_up(self):
        with self.centre.database.writing() as connection:
            for name, (role, clinic) in STAFF.items():
                user, _ = users.invite(connection, name, name.title(), [(role, clinic)], self.clock.wall)
                connection.execute(update(app_user).where(app_user.c.id == user).values(state=users.ACTIVE))
        with self.centre.database.writing() as connection:
            self.centre.store.record_within(connection, *site_commands())

    def record(self, record, kind, body, *, person="", key=None, who="maud"):
        return self.centre.store.record(Command(record, kind, body, key or fresh(), who, person=person))[0]

    def caller(self, name=None, *, role=None):
        """Somebody who signed in; without a name, somebody from outside."""
        client = client_of(self.app)
        if name is None:
            return Caller(client)
        with self.centre.database.writing() as connection:
            row = users.find(connection, name=name)
            secret = sessions.begin(connection, row["id"], role or STAFF[name][0], sessions.IN, self.clock.wall)
        client.cookies.set("__Host-limen", secret, domain="testserver.local", path="/")
        session = sessions.Session(sessions.digest_of(secret), row["id"], "", "")
        return Caller(client, session.csrf(self.centre.ring.signing))

    def with_password(self, name, *, factor=True):
        """Give somebody a password and, if wanted, a second factor; gives its secret."""
        secret = pyotp.random_base32()
        with self.centre.database.writing() as connection:
            row = users.find(connection, name=name)
            users.set_password(connection, row, PASSWORD, self.clock.wall)
            if factor:
                code = pyotp.TOTP(secret).at(self.clock.wall)
                users.enrol(connection, self.centre.ring, row["id"], secret=secret, code=code, now=self.clock.wall)
        return secret

    def person(self, name="Ilse Brandt", *, clinic="north", **more):
        """Register somebody; gives the record."""
        body = {
            "name": name,
            "birth_date": "1986-01-01",
            "phone": "555 0100",
            "clinic": clinic,
            "source": "desk",
            **more,
        }
        with self.centre.database.writing() as connection:
            return register_within(self.centre, connection, body, key=fresh(), who="dora")[0]

    def accepted(self, **more):
        """Somebody whose review is signed and who consented."""
        person = self.person(**more)
        self.record(person, "facts_entered", {"values": FACTS})
        self.record(person, "score", {"scale": "PHQ-9", "value": 18, "items": None, "source": "clinician"})
        self.record(person, "intake_reviewed", {"decision": "go on", "reason": "fits", "findings": []})
        self.record(person, "consent", {"purpose": "treatment", "given": "yes", "form": "treatment", "version": "1"})
        self.go(minutes=1)
        return person

    def planned(self, **more):
        """A session of somebody with a signed plan; gives person and session id."""
        person = self.accepted(**more)
        self.record(
            person, "expectation", {"scale": "MADRS", "horizon_h": 24, "skipped": "yes", "saw_model_first": "no"}
        )
        self.record(person, "plan_signed", {**PLAN, "reason": "as agreed"})
        session = uuid.uuid4().hex[:24]
        body = {"person": person, "clinic": more.get("clinic", "north"), "plan": PLAN, "planned_at": "2026-11-30"}
        self.record(f"session/{session}", "opened", body, person=person)
        return person, session

    def running(self, **more):
        """A session that runs."""
        person, session = self.planned(**more)
        nurse = self.caller("nina")
        nurse.done(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "70", **TICKS})
        assert nurse.event(session, "start", {"rate_mg_per_h": "52.5"}).status_code == 201
        return person, session, nurse

    def go(self, **time):
        self.clock.go(seconds=timedelta(**time).total_seconds())

    def state(self, record):
        return self.centre.store.state(record)


def keys_in(page: str) -> list[str]:
    """The keys that the forms of a page carry."""
    return re.findall(r'name="idem_key" value="([^"]+)"', page)
