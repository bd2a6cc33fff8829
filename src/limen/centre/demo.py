"""A made-up centre: two clinics, their staff, people in every state, one infusion that runs. All of it is invented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, update

from limen.centre.accounts import users
from limen.centre.care import site as settings
from limen.centre.care.duty import call_back_task, plain_task, suicide_task
from limen.centre.care.registry import person_record, register_within
from limen.centre.care.scales import GAD7, PHQ9
from limen.centre.care.task import FOLLOW_UP
from limen.centre.centre import Centre
from limen.centre.clock import SetClock, utc_text
from limen.centre.intake.form import DO_NOT_KNOW, questions
from limen.centre.records.store import Command, state_within
from limen.centre.records.tables import app_user
from limen.centre.safety.checks import OWNED
from limen.centre.safety.table import rules, version
from limen.centre.web.links import digest, new_token

SEED: Final = 20
STAFF: Final = (
    ("ana", "Ana Ruiz", (("front desk", "*"),)),
    ("nils", "Nils Berg", (("nurse", "harbour"),)),
    ("noor", "Noor Haddad", (("nurse", "hill"),)),
    ("petra", "Petra Lang", (("physician", "*"),)),
    ("davide", "Davide Conti", (("medical director", "*"), ("physician", "*"))),
    ("rita", "Rita Okafor", (("researcher", "*"),)),
    ("axel", "Axel Dahl", (("auditor", "*"),)),
    ("mina", "Mina Sato", (("admin", "*"),)),
)
HOURS: Final = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ["08:00", "18:00"]) | {"sat": ["09:00", "13:00"]}
CLINICS: Final = (
    ("harbour", "Harbour clinic", "12 Quay Street", "555 0142", ["nils", "petra"]),
    ("hill", "Hill clinic", "3 Orchard Road", "555 0177", ["noor", "petra"]),
)
SERVICES: Final = (
    ("iv-ketamine", "Ketamine infusion", "Racemic ketamine by infusion over 40 to 60 minutes, watched by a nurse. Off-label for mood.",
     "In trials, more people respond within a day than with a control, by how much depends on the control; it fades over days to weeks. One infusion has the best evidence, repeats have less.", "CANMAT 2021, 10.1177/0706743720970860: single infusion level 1, repeats level 3; third line."),
    ("nasal-esketamine", "Esketamine nasal spray", "A licensed product, given on site with two hours of observation.", "Its label applies. It is not said to equal an infusion.", "Label of the product."),
    ("talk-therapy", "Talk therapy", "With a psychotherapist, alone or beside a course.", "An evidence-based treatment in itself; can go with a course. That the two together do better is not shown here.", "See claim C14 of the article."),
    ("hydration", "IV hydration", "Fluids and vitamins by drip, for wellness.", "No antidepressant evidence on file.", ""),
    ("acupuncture", "Acupuncture", "By a licensed acupuncturist.", "No antidepressant evidence on file.", ""),
)  # fmt: skip
PEOPLE: Final = (
    ("Ilse Brandt", "1984-03-12", "harbour", "in course", 5), ("Tomas Novak", "1971-11-02", "harbour", "in course", 3),
    ("Mei Tanaka", "1992-07-25", "hill", "after course", 6), ("Omar Farouk", "1966-01-30", "hill", "in course", 2),
    ("Greta Olsen", "1979-05-18", "harbour", "after course", 6), ("Luca Moretti", "1988-09-09", "hill", "after course", 6),
    ("Hanna Virtanen", "1995-12-01", "harbour", "after course", 6), ("Samuel Osei", "1974-04-22", "hill", "after course", 4),
    ("Clara Jensen", "1990-02-14", "harbour", "after course", 6), ("Viktor Petrov", "1969-08-03", "hill", "in course", 1),
    ("Ada Lindgren", "1982-10-11", "harbour", "call back", 0), ("Ben Achterberg", "1999-06-06", "hill", "call back", 0),
    ("Rosa Quintero", "1977-03-03", "harbour", "accepted", 0),
)  # fmt: skip
THRESHOLDS: Final = {"R9b": "60"}
DIASTOLIC_SHARE: Final = 0.64
DOSE: Final = {"mg_per_kg": "0.5", "minutes": "40", "mg_per_ml": "1", "infusions": "6", "interval_d": "2"}


@dataclass
class Making:
    """A demo that is being made: its centre, its open transaction, the time that is told, and the chance."""

    centre: Centre
    connection: Connection
    clock: SetClock
    rng: np.random.Generator
    now: datetime
    counted: int = field(default=0)

    def record(self, record: str, kind: str, body: Mapping[str, Any], who: str, *, person: str = "", at: datetime | None = None) -> Any:
        """Record one event at a time of the past."""
        if at is not None:
            self.clock.wall = at
        self.counted += 1
        command = Command(record, kind, body, f"demo-{self.counted}", who, person=person)
        return self.centre.store.record_within(self.connection, command)[0]

    def take(self, command: Command) -> None:
        """Record a command as it is."""
        self.centre.store.record_within(self.connection, command)


def fill(centre: Centre) -> None:
    """Fill a new centre with a made-up past."""
    real, now = centre.clock, centre.clock.now().wall
    past = SetClock(now - timedelta(days=90), boot_id="demo")
    centre.clock = centre.store.clock = centre.trail.clock = past
    try:
        with centre.database.writing() as connection:
            make(Making(centre, connection, past, np.random.default_rng(SEED), now))
    finally:
        centre.clock = centre.store.clock = centre.trail.clock = real


def make(making: Making) -> None:
    """Make site, staff, people, slots."""
    make_staff(making)
    make_site(making)
    for k, (name, birth, clinic, status, infusions) in enumerate(PEOPLE):
        make_person(making, k, {"name": name, "birth_date": birth, "clinic": clinic}, status, infusions)
    make_slots(making)


def make_staff(making: Making) -> None:
    """Make the staff; nobody has a password, and the demo lets anybody be any of them."""
    for name, shown_name, grants in STAFF:
        user, _ = users.invite(making.connection, name, shown_name, grants, making.clock.wall)
        making.connection.execute(update(app_user).where(app_user.c.id == user).values(state=users.ACTIVE, setup_digest=None))


def make_site(making: Making) -> None:
    """Sign everything that a site signs."""
    site, director = settings.SITE_RECORD, "davide"
    for name, shown_name, address, phone, line in CLINICS:
        body = {"id": name, "name": shown_name, "address": address, "phone": phone, "hours": HOURS, "zone": "UTC"}
        making.record(site, "clinic", body | {"escalation": line}, director)
    for name, shown_name, about, claim, evidence in SERVICES:
        body = {"id": name, "name": shown_name, "about": about, "claim": claim, "evidence": evidence}
        making.record(site, "service", body, director)
    crisis = [
        {"name": "Emergency", "phone": "112", "words": "ambulance and police"},
        {"name": "Crisis line of the demo", "phone": "555 0100", "words": "day and night"},
    ]
    out = "If you might hurt yourself, do not wait for us: call one of the numbers below."
    making.record(site, "contacts", {"centre_name": "The demo centre", "crisis": crisis, "out_of_hours": out, "act_min": 60}, director)
    words = "What ketamine is, that it is off-label for mood, what may happen, and that you can stop at any time."
    making.record(site, "consent_form", {"id": "treatment", "title": "Consent to treatment", "version": "2", "words": words}, director)
    for rule in OWNED:
        value = THRESHOLDS.get(rule) or rules()[rule].threshold
        making.record(site, "threshold", {"rule": rule, "value": settings.CONFIRMED if value in ("present", "absent", "plan") else value, "reason": ""}, director)


def make_person(making: Making, k: int, body: dict[str, str], status: str, infusions: int) -> None:
    """Make one person with a past of a length that the status needs."""
    back = {"call back": 0.1, "accepted": 4.0}.get(status, 2.5 * infusions + (30 if status == "after course" else 1))
    begin = making.now - timedelta(days=back + 7)
    making.clock.wall = begin if status != "call back" else making.now - timedelta(hours=2 + k % 3)
    words = body | {"phone": f"555 01{k:02d}", "email": "", "source": "intake"}
    person, _ = register_within(making.centre, making.connection, words, f"demo-person-{k}", "visitor")
    answers(making, k, person)
    baseline = int(making.rng.integers(15, 24))
    first_scores(making, person, baseline, k)
    if status == "call back":
        to_call_back(making, k, person, body["clinic"])
        return
    accepted(making, person)
    if infusions:
        course(making, k, person, body["clinic"], status, infusions, baseline)


def answers(making: Making, k: int, person: str) -> None:
    """Make the answers of an intake form; some are not known, as in life."""
    given = {one.id: answer(one, making.rng) for one in questions()}
    given |= {"age": "40", "weight": str(58 + 3 * (k % 11)), "height": "170", "benzodiazepine_mg_d": "0", "goal": "Mood"}
    if k % 5 == 1:
        given |= {"lamotrigine": "yes", "sleep_apnoea": DO_NOT_KNOW}
    if k == len(PEOPLE) - 2:
        given |= {"cardiovascular_uncontrolled": "yes", "aneurysm": DO_NOT_KNOW}
    making.record(person, "intake_answered", {"answers": given, "rules": version(), "form": "1"}, "visitor")
    for purpose in ("data", "contact"):
        making.record(person, "consent", {"purpose": purpose, "given": "yes", "form": "intake", "version": "1"}, "visitor")


def answer(question: Any, rng: np.random.Generator) -> str:
    """Make one answer: a no to every risk, something to every choice."""
    if question.kind == "flag":
        return "yes" if question.id in ("depression", "escort", "no_driving") else "no"
    return str(question.choices[int(rng.integers(len(question.choices)))]) if question.choices else "0"


def first_scores(making: Making, person: str, baseline: int, k: int) -> None:
    """Make the scores of the beginning; the ninth item of one person is positive."""
    item9 = 2 if k == len(PEOPLE) - 2 else 0
    score(making, person, PHQ9, split(baseline, 8, making.rng) + [item9])
    score(making, person, GAD7, split(int(making.rng.integers(6, 16)), 7, making.rng))


def split(total: int, items: int, rng: np.random.Generator) -> list[int]:
    """Make items from 0 to 3 that sum to a total."""
    made = [0] * items
    while sum(made) < total:
        k = int(rng.integers(items))
        made[k] += made[k] < 3
    return made


def score(making: Making, person: str, scale: str, items: list[int], source: str = "intake") -> None:
    """Record a questionnaire."""
    making.record(person, "score", {"scale": scale, "items": items, "value": sum(items), "source": source}, "patient")


def to_call_back(making: Making, k: int, person: str, clinic: str) -> None:
    """Make the tasks of somebody who wrote this morning."""
    site = state_of(making, settings.SITE_RECORD)
    making.take(call_back_task(site, person, clinic, making.now, "sent the intake form: call back", f"demo{k}", "visitor"))
    if k == len(PEOPLE) - 2:
        why = "PHQ-9 item 9 is 2 (R11a, threshold 1): a clinician speaks with the person"
        making.take(suicide_task(site, person, clinic, making.now, why, f"demo{k}s", "patient"))


def state_of(making: Making, record: str) -> Any:
    """Give a state inside the open transaction."""
    return state_within(making.connection, record)


def accepted(making: Making, person: str) -> None:
    """Make the consultation, the signed review and the consent."""
    making.clock.wall += timedelta(days=2)
    madrs = int(making.rng.integers(26, 36))
    values = {"cssrs_level": ["0", "item"], "cssrs_behaviour": "no"}
    making.record(person, "facts_entered", {"values": values}, "petra")
    making.record(person, "score", {"scale": "MADRS", "value": madrs, "items": None, "source": "clinician"}, "petra")
    body = {"decision": "go on", "reason": "Two adequate trials, no contraindication found, wishes to try.", "findings": []}
    making.record(person, "intake_reviewed", body, "petra")
    making.record(person, "consent", {"purpose": "treatment", "given": "yes", "form": "treatment", "version": "2"}, "petra")


def course(making: Making, k: int, person: str, clinic: str, status: str, infusions: int, baseline: int) -> None:
    """Make a plan and its infusions up to now; the first person's last one is running."""
    kg = Decimal(58 + 3 * (k % 11))
    expectation = {"scale": "MADRS", "horizon_h": 24, "saw_model_first": "no", "low": "4", "high": "14"}
    making.record(person, "expectation", expectation, "petra")
    plan = {"drug": "ketamine", "route": "iv", **DOSE, "weight_kg": str(kg), "mg": f"{kg * Decimal(DOSE['mg_per_kg']):f}"}
    plan |= {"words": "0.5 mg/kg over 40 min", "hard_mg_per_kg_h": "1.5", "service": "iv-ketamine"}
    making.record(person, "plan_signed", {**plan, "reason": "As agreed in the consultation."}, "petra")
    last = making.now - (timedelta(days=30) if status == "after course" else timedelta(days=1))
    starts = [last - timedelta(days=2.5 * (infusions - 1 - j)) for j in range(infusions)]
    for j, at in enumerate(starts):
        running = k == 0 and j == infusions - 1
        infusion(making, person, clinic, plan, making.now - timedelta(minutes=22) if running else at, running=running)
        if not running:
            after_scores(making, person, baseline, j, at)
    end(making, person, clinic, status, last)


def after_scores(making: Making, person: str, baseline: int, j: int, at: datetime) -> None:
    """Make the scores that follow an infusion; some people leave them out."""
    making.clock.wall = at + timedelta(hours=24)
    if making.rng.random() < 0.85:
        value = max(1, min(24, round(baseline * (0.75 - 0.07 * j) + making.rng.normal(0, 2))))
        score(making, person, PHQ9, split(value, 8, making.rng) + [0], "link")
    if making.rng.random() < 0.5:
        rated = max(3, round(28 - 3 * j + making.rng.normal(0, 3)))
        making.record(person, "score", {"scale": "MADRS", "value": rated, "items": None, "source": "clinician"}, "petra")
    if making.rng.random() < 0.2:
        making.record(person, "adverse_event", {"words": "Nausea in the evening, gone by the morning.", "severity": "mild", "related": "yes"}, "nils")


def end(making: Making, person: str, clinic: str, status: str, last: datetime) -> None:
    """End a course, with the watch over relapse; or leave the next questions in the outbox."""
    if status == "after course":
        making.clock.wall = last + timedelta(days=2)
        making.record(person, "course_ended", {"how": "stop", "reason": "Six infusions as planned."}, "petra")
        due = utc_text(making.now + timedelta(days=2))
        why = "4 weeks after the course: send a PHQ-9 by link and ask how it goes"
        making.take(plain_task(FOLLOW_UP, person, clinic, "nurse", due, why, digest(f"{person}|4"), "petra"))
        return
    making.clock.wall = making.now - timedelta(hours=3)
    token = new_token(making.centre.ring, f"demo|{person}")
    body = {"person": person, "clinic": clinic, "scales": [PHQ9, GAD7], "token": digest(token), "address": token}
    body |= {"purpose": "questionnaires", "expires": utc_text(making.now + timedelta(days=11))}
    making.record(f"link/{digest(token)}", "made", body, "nils", person=person)


def infusion(making: Making, person: str, clinic: str, plan: dict[str, Any], at: datetime, *, running: bool) -> None:
    """Make one infusion with its vitals, whole or as far as it has come."""
    record = f"session/{digest(f'{person}|{at}')}"
    nurse = "nils" if clinic == "harbour" else "noor"
    making.record(record, "opened", {"person": person, "clinic": clinic, "plan": plan, "planned_at": utc_text(at)[:10]}, nurse, person=person, at=at - timedelta(minutes=15))
    systolic = int(making.rng.integers(112, 136))
    vitals(making, record, nurse, systolic, at - timedelta(minutes=10))
    ticks = dict.fromkeys(("identity", "fasting", "escort", "no_driving", "equipment", "second_person"), "yes")
    making.record(record, "checked", {**ticks, "weight_kg": plan["weight_kg"], "findings": [], "decisions": []}, nurse, at=at - timedelta(minutes=5))
    rate = Decimal(plan["mg"]) * 60 / Decimal(plan["minutes"])
    making.record(record, "start", {"rate_mg_per_h": f"{rate:f}"}, nurse, at=at)
    for minute in (minute for minute in (1, 15, 30) if not running or minute < 22):
        vitals(making, record, nurse, systolic + int(making.rng.integers(5, 24)), at + timedelta(minutes=minute))
    if not running:
        finish(making, record, nurse, systolic, at)


def vitals(making: Making, record: str, nurse: str, systolic: int, at: datetime) -> None:
    """Make one set of vitals."""
    body = {"systolic": str(systolic), "diastolic": str(round(systolic * DIASTOLIC_SHARE)), "heart_rate": str(int(making.rng.integers(62, 92)))}
    making.record(record, "vitals", {**body, "spo2": str(int(making.rng.integers(95, 100))), "symptoms": "no"}, nurse, at=at)


def finish(making: Making, record: str, nurse: str, systolic: int, at: datetime) -> None:
    """Make the end of an infusion, its scores and the discharge."""
    making.record(record, "stop", {"reason": "as planned"}, nurse, at=at + timedelta(minutes=40))
    making.record(record, "score", {"scale": "CADSS", "value": int(making.rng.integers(2, 34))}, nurse, at=at + timedelta(minutes=41))
    for minute in (45, 60, 90):
        vitals(making, record, nurse, systolic + int(making.rng.integers(-4, 6)), at + timedelta(minutes=minute))
    ticks = dict.fromkeys(("oriented", "vitals_near_baseline", "escort", "no_driving_acknowledged", "sign_off"), "yes")
    making.record(record, "discharged", {**ticks, "findings": []}, nurse, at=at + timedelta(minutes=105))


def make_slots(making: Making) -> None:
    """Offer consultations on the coming days, and book some of today's visits."""
    making.clock.wall = making.now - timedelta(hours=4)
    for name, *_ in CLINICS:
        for start in coming(making.now):
            body = {"clinic": name, "start": utc_text(start), "minutes": 30, "what": "consultation"}
            making.record(f"slot/{name}-{utc_text(start)}", "opened", body, "ana")
    booked_today(making)


def coming(now: datetime) -> Iterator[datetime]:
    """Give the times of the coming two weeks that are offered."""
    first = now.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for day in range(14):
        for half in range(0, 12, 2):
            start = first + timedelta(days=day, minutes=30 * half)
            if start.weekday() < 6:
                yield start


def booked_today(making: Making) -> None:
    """Book visits of today for people in their course."""
    begin = making.now.replace(minute=0, second=0, microsecond=0)
    for k, clinic, hour, what in ((1, "harbour", 1, "infusion"), (3, "hill", 2, "infusion"), (12, "harbour", 3, "infusion")):
        start = begin + timedelta(hours=hour)
        record = f"slot/{clinic}-{utc_text(start)}-visit"
        person = person_of(k)
        making.record(record, "opened", {"clinic": clinic, "start": utc_text(start), "minutes": 120, "what": what}, "ana")
        making.record(record, "booked", {"person": person, "what": what}, "ana", person=person)
        plan = state_of(making, person).get("plan")
        if plan:
            kept = {name: value for name, value in plan.items() if name not in ("reason", "by", "at", "seq")}
            body = {"person": person, "clinic": clinic, "plan": kept, "planned_at": utc_text(start)[:10]}
            making.record(f"session/{digest(f'next|{person}')}", "opened", body, "ana", person=person)


def person_of(k: int) -> str:
    """Give the record of one of the made-up people."""
    return person_record(f"demo-person-{k}")
