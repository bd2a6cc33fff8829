"""A made-up centre: two clinics, their staff, people in every state, one infusion that runs. All of it is invented."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from sqlalchemy import update

from limen.centre.accounts import users
from limen.centre.care import site as settings
from limen.centre.care.duty import call_back_task, suicide_task
from limen.centre.care.registry import person_record, register_within
from limen.centre.care.scales import GAD7, PHQ9
from limen.centre.centre import Centre
from limen.centre.clock import SetClock, utc_text
from limen.centre.demo_course import Making, course, score, split
from limen.centre.intake.form import DO_NOT_KNOW, questions
from limen.centre.records.store import state_within
from limen.centre.records.tables import app_user
from limen.centre.safety.checks import OWNED
from limen.centre.safety.table import rules, version
from limen.centre.web.links import digest

SEED: Final = 20
SUNDAY: Final = 6
FILE: Final = "demo.toml"
THRESHOLDS: Final = {"R9b": "60"}


@cache
def told() -> Mapping[str, Any]:
    """Give what the demo is made of."""
    return tomllib.loads(files("limen.centre").joinpath(FILE).read_text(encoding="utf-8"))


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
    for k, one in enumerate(told()["person"]):
        body = {name: one[name] for name in ("name", "birth_date", "clinic")}
        make_person(making, k, body, one["status"], one["infusions"])
    make_slots(making)


def make_staff(making: Making) -> None:
    """Make the staff; nobody has a password, and the demo lets anybody be any of them."""
    for one in told()["staff"]:
        grants = [(role, clinic) for role, clinic in one["grants"]]
        user, _ = users.invite(making.connection, one["name"], one["shown_name"], grants, making.clock.wall)
        making.connection.execute(
            update(app_user).where(app_user.c.id == user).values(state=users.ACTIVE, setup_digest=None)
        )


def make_site(making: Making) -> None:
    """Sign everything that a site signs."""
    site, director = settings.SITE_RECORD, "davide"
    for one in told()["clinic"]:
        making.record(site, "clinic", one | {"hours": told()["hours"], "zone": "UTC"}, director)
    for one in told()["service"]:
        making.record(site, "service", one, director)
    crisis = [
        {"name": "Emergency", "phone": "112", "words": "ambulance and police"},
        {"name": "Crisis line of the demo", "phone": "555 0100", "words": "day and night"},
    ]
    out = "If you might hurt yourself, do not wait for us: call one of the numbers below."
    making.record(
        site,
        "contacts",
        {"centre_name": "The demo centre", "crisis": crisis, "out_of_hours": out, "act_min": 60},
        director,
    )
    words = "What ketamine is, that it is off-label for mood, what may happen, and that you can stop at any time."
    making.record(
        site,
        "consent_form",
        {"id": "treatment", "title": "Consent to treatment", "version": "2", "words": words},
        director,
    )
    for one in told()["regimen"]:
        making.record(site, "regimen", one, director)
    for rule in OWNED:
        value = THRESHOLDS.get(rule) or rules()[rule].threshold
        making.record(
            site,
            "threshold",
            {
                "rule": rule,
                "value": settings.CONFIRMED if value in ("present", "absent", "plan") else value,
                "reason": "",
            },
            director,
        )


def make_person(making: Making, k: int, body: dict[str, str], status: str, infusions: int) -> None:
    """Make one person with a past of a length that the status needs."""
    back = {"call back": 0.1, "accepted": 4.0}.get(status, 2.5 * infusions + (30 if status == "after course" else 1))
    begin = making.now - timedelta(days=back + 7)
    making.tell(begin if status != "call back" else making.now - timedelta(hours=2 + k % 3))
    words = body | {"phone": f"555 01{k:02d}", "email": "", "source": "intake"}
    person, _ = register_within(making.centre, making.connection, words, key=f"demo-person-{k}", who="visitor")
    answers(making, k, person)
    baseline = int(making.rng.integers(15, 24))
    first_scores(making, person, baseline, k)
    if status == "call back":
        to_call_back(making, k, person, body["clinic"])
        return
    accepted(making, person)
    if infusions:
        course(making, k, person, body["clinic"], status=status, infusions=infusions, baseline=baseline)


def answers(making: Making, k: int, person: str) -> None:
    """Make the answers of an intake form; some are not known, as in life."""
    given = {one.id: answer(one, making.rng) for one in questions()}
    given |= {
        "age": "40",
        "weight": str(58 + 3 * (k % 11)),
        "height": "170",
        "benzodiazepine_mg_d": "0",
        "goal": "Mood",
    }
    if k % 5 == 1:
        given |= {"lamotrigine": "yes", "sleep_apnoea": DO_NOT_KNOW}
    if k == len(told()["person"]) - 2:
        given |= {"cardiovascular_uncontrolled": "yes", "aneurysm": DO_NOT_KNOW}
    making.record(person, "intake_answered", {"answers": given, "rules": version(), "form": "1"}, "visitor")
    for purpose in ("data", "contact"):
        making.record(
            person, "consent", {"purpose": purpose, "given": "yes", "form": "intake", "version": "1"}, "visitor"
        )


def answer(question: Any, rng: np.random.Generator) -> str:
    """Make one answer: a no to every risk, something to every choice."""
    if question.kind == "flag":
        return "yes" if question.id in ("depression", "escort", "no_driving") else "no"
    return str(question.choices[int(rng.integers(len(question.choices)))]) if question.choices else "0"


def first_scores(making: Making, person: str, baseline: int, k: int) -> None:
    """Make the scores of the beginning; the ninth item of one person is positive."""
    item9 = 2 if k == len(told()["person"]) - 2 else 0
    score(making, person, PHQ9, [*split(baseline, 8, making.rng), item9])
    score(making, person, GAD7, split(int(making.rng.integers(6, 16)), 7, making.rng))


def to_call_back(making: Making, k: int, person: str, clinic: str) -> None:
    """Make the tasks of somebody who wrote this morning."""
    site = state_of(making, settings.SITE_RECORD)
    making.take(
        call_back_task(
            site, person, clinic, now=making.now, why="sent the intake form: call back", key=f"demo{k}", who="visitor"
        )
    )
    if k == len(told()["person"]) - 2:
        why = "PHQ-9 item 9 is 2 (R11a, threshold 1): a clinician speaks with the person"
        making.take(suicide_task(site, person, clinic, now=making.now, why=why, key=f"demo{k}s", who="patient"))


def state_of(making: Making, record: str) -> Any:
    """Give a state inside the open transaction."""
    return state_within(making.connection, record)


def accepted(making: Making, person: str) -> None:
    """Make the consultation, the signed review and the consent."""
    making.tell(making.clock.wall + timedelta(days=2))
    madrs = int(making.rng.integers(26, 36))
    values = {"cssrs_level": ["0", "item"], "cssrs_behaviour": "no"}
    making.record(person, "facts_entered", {"values": values}, "petra")
    making.record(person, "score", {"scale": "MADRS", "value": madrs, "items": None, "source": "clinician"}, "petra")
    body = {
        "decision": "go on",
        "reason": "Two adequate trials, no contraindication found, wishes to try.",
        "findings": [],
    }
    making.record(person, "intake_reviewed", body, "petra")
    making.record(
        person, "consent", {"purpose": "treatment", "given": "yes", "form": "treatment", "version": "2"}, "petra"
    )


def make_slots(making: Making) -> None:
    """Offer consultations on the coming days, and book some of today's visits."""
    making.tell(making.now - timedelta(hours=4))
    for name in (one["id"] for one in told()["clinic"]):
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
            if start.weekday() < SUNDAY:
                yield start


def booked_today(making: Making) -> None:
    """Book visits of today for people in their course."""
    begin = making.now.replace(minute=0, second=0, microsecond=0)
    for k, clinic, hour, what in (
        (1, "harbour", 1, "infusion"),
        (3, "hill", 2, "infusion"),
        (12, "harbour", 3, "infusion"),
    ):
        start = begin + timedelta(hours=hour)
        record = f"slot/{clinic}-{utc_text(start)}-visit"
        person = person_of(k)
        making.record(
            record, "opened", {"clinic": clinic, "start": utc_text(start), "minutes": 120, "what": what}, "ana"
        )
        making.record(record, "booked", {"person": person, "what": what}, "ana", person=person)
        plan = state_of(making, person).get("plan")
        if plan:
            kept = {name: value for name, value in plan.items() if name not in ("reason", "by", "at", "seq")}
            body = {"person": person, "clinic": clinic, "plan": kept, "planned_at": utc_text(start)[:10]}
            making.record(f"session/{digest(f'next|{person}')}", "opened", body, "ana", person=person)


def person_of(k: int) -> str:
    """Give the record of one of the made-up people."""
    return person_record(f"demo-person-{k}")
