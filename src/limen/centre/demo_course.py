"""The courses of the demo: plans, infusions and the scores that follow them. All of it is made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from limen.centre.amounts import recorded
from limen.centre.care.duty import plain_task
from limen.centre.care.forecasts import keep_within, run_concentration
from limen.centre.care.scales import GAD7, PHQ9
from limen.centre.care.task import FOLLOW_UP
from limen.centre.centre import Centre
from limen.centre.clock import SetClock, utc_text
from limen.centre.records.store import Command
from limen.centre.web.links import digest, new_token

HIGHEST_ITEM: Final = 3
DIASTOLIC_SHARE: Final = 0.64
DOSE: Final = {"mg_per_kg": "0.5", "minutes": "40", "mg_per_ml": "1", "infusions": "6", "interval_d": "2"}
RUNNING_MIN: Final = 22
#: How often the made-up people do what is asked of them.
OFTEN, HALF, SELDOM = 0.85, 0.5, 0.2


@dataclass
class Making:
    """A demo that is being made: its centre, its open transaction, the time that is told, and the chance."""

    centre: Centre
    connection: Connection
    clock: SetClock
    rng: np.random.Generator
    now: datetime
    counted: int = field(default=0)

    def record(
        self, record: str, kind: str, body: Mapping[str, Any], who: str, *, person: str = "", at: datetime | None = None
    ) -> Any:
        """Record one event at a time of the past."""
        if at is not None:
            self.tell(at)
        self.counted += 1
        command = Command(record, kind, body, f"demo-{self.counted}", who, person=person)
        return self.centre.store.record_within(self.connection, command)[0]

    def tell(self, at: datetime) -> None:
        """Let it be another time on both clocks, since what flowed in is counted by the boot clock."""
        self.clock.go(seconds=(at - self.clock.wall).total_seconds())

    def take(self, command: Command) -> None:
        """Record a command as it is."""
        self.centre.store.record_within(self.connection, command)


def split(total: int, items: int, rng: np.random.Generator) -> list[int]:
    """Make items from 0 to 3 that sum to a total."""
    made = [0] * items
    while sum(made) < total:
        k = int(rng.integers(items))
        made[k] += made[k] < HIGHEST_ITEM
    return made


def score(making: Making, person: str, scale: str, items: list[int], source: str = "intake") -> None:
    """Record a questionnaire."""
    making.record(person, "score", {"scale": scale, "items": items, "value": sum(items), "source": source}, "patient")


def course(making: Making, k: int, person: str, clinic: str, *, status: str, infusions: int, baseline: int) -> None:
    """Make a plan and its infusions up to now; the first person's last one is running."""
    kg = Decimal(58 + 3 * (k % 11))
    expectation = {"scale": "MADRS", "horizon_h": 24, "saw_model_first": "no", "low": "4", "high": "14"}
    making.record(person, "expectation", expectation, "petra")
    plan = {
        "drug": "ketamine",
        "route": "iv",
        **DOSE,
        "weight_kg": str(kg),
        "mg": recorded(kg * Decimal(DOSE["mg_per_kg"])),
    }
    plan |= {"words": "0.5 mg/kg over 40 min", "hard_mg_per_kg_h": "1.5", "service": "iv-ketamine"}
    making.record(person, "plan_signed", {**plan, "reason": "As agreed in the consultation."}, "petra")
    last = making.now - (timedelta(days=30) if status == "after course" else timedelta(days=3))
    starts = [last - timedelta(days=2.5 * (infusions - 1 - j)) for j in range(infusions)]
    for j, at in enumerate(starts):
        running = k == 0 and j == infusions - 1
        infusion(
            making,
            person,
            clinic,
            plan,
            making.now - timedelta(minutes=RUNNING_MIN) if running else at,
            running=running,
        )
        if not running:
            after_scores(making, person, baseline, j, at)
    end(making, person, clinic, status, last)


def after_scores(making: Making, person: str, baseline: int, j: int, at: datetime) -> None:
    """Make the scores that follow an infusion; some people leave them out."""
    making.tell(at + timedelta(hours=24))
    if making.rng.random() < OFTEN:
        value = max(1, min(24, round(baseline * (0.75 - 0.07 * j) + making.rng.normal(0, 2))))
        score(making, person, PHQ9, [*split(value, 8, making.rng), 0], "link")
    if making.rng.random() < HALF:
        rated = max(3, round(28 - 3 * j + making.rng.normal(0, 3)))
        making.record(
            person, "score", {"scale": "MADRS", "value": rated, "items": None, "source": "clinician"}, "petra"
        )
    if making.rng.random() < SELDOM:
        making.record(
            person,
            "adverse_event",
            {"words": "Nausea in the evening, gone by the morning.", "severity": "mild", "related": "yes"},
            "nils",
        )


def end(making: Making, person: str, clinic: str, status: str, last: datetime) -> None:
    """End a course, with the watch over relapse; or leave the next questions in the outbox."""
    if status == "after course":
        making.tell(last + timedelta(days=2))
        making.record(person, "course_ended", {"how": "stop", "reason": "Six infusions as planned."}, "petra")
        due = utc_text(making.now + timedelta(days=2))
        why = "4 weeks after the course: send a PHQ-9 by link and ask how it goes"
        making.take(
            plain_task(
                FOLLOW_UP, person, clinic, owner="nurse", due=due, why=why, key=digest(f"{person}|4"), who="petra"
            )
        )
        return
    making.tell(making.now - timedelta(hours=3))
    token = new_token(making.centre.ring, f"demo|{person}")
    body = {"person": person, "clinic": clinic, "scales": [PHQ9, GAD7], "token": digest(token), "address": token}
    body |= {"purpose": "questionnaires", "expires": utc_text(making.now + timedelta(days=11))}
    making.record(f"link/{digest(token)}", "made", body, "nils", person=person)


def infusion(making: Making, person: str, clinic: str, plan: dict[str, Any], at: datetime, *, running: bool) -> None:
    """Make one infusion with its vitals, whole or as far as it has come."""
    record = f"session/{digest(f'{person}|{at}')}"
    nurse = "nils" if clinic == "harbour" else "noor"
    making.record(
        record,
        "opened",
        {
            "person": person,
            "clinic": clinic,
            "plan": plan | ahead(making, plan, running=running),
            "planned_at": utc_text(at)[:10],
        },
        nurse,
        person=person,
        at=at - timedelta(minutes=15),
    )
    systolic = int(making.rng.integers(112, 136))
    vitals(making, record, nurse, systolic, at - timedelta(minutes=10))
    ticks = dict.fromkeys(("identity", "fasting", "escort", "no_driving", "equipment", "second_person"), "yes")
    making.record(
        record,
        "checked",
        {**ticks, "weight_kg": plan["weight_kg"], "findings": [], "decisions": []},
        nurse,
        at=at - timedelta(minutes=5),
    )
    rate = Decimal(plan["mg"]) * 60 / Decimal(plan["minutes"])
    making.record(record, "start", {"rate_mg_per_h": f"{rate:f}"}, nurse, at=at)
    for minute in (minute for minute in (1, 15, 30) if not running or minute < RUNNING_MIN):
        vitals(making, record, nurse, systolic + int(making.rng.integers(5, 24)), at + timedelta(minutes=minute))
    if not running:
        finish(making, record, nurse, systolic, at)


def ahead(making: Making, plan: dict[str, Any], *, running: bool) -> dict[str, str]:
    """Compute the concentration of the infusion that runs, as planning a session does."""
    if not running:
        return {}
    content = json.dumps(run_concentration(plan), sort_keys=True)
    return {"predicted": keep_within(making.connection, "concentration", content)}


def vitals(making: Making, record: str, nurse: str, systolic: int, at: datetime) -> None:
    """Make one set of vitals."""
    body = {
        "systolic": str(systolic),
        "diastolic": str(round(systolic * DIASTOLIC_SHARE)),
        "heart_rate": str(int(making.rng.integers(62, 92))),
    }
    making.record(
        record, "vitals", {**body, "spo2": str(int(making.rng.integers(95, 100))), "symptoms": "no"}, nurse, at=at
    )


def finish(making: Making, record: str, nurse: str, systolic: int, at: datetime) -> None:
    """Make the end of an infusion, its scores and the discharge."""
    making.record(record, "stop", {"reason": "as planned"}, nurse, at=at + timedelta(minutes=40))
    making.record(
        record,
        "score",
        {"scale": "CADSS", "value": int(making.rng.integers(2, 34))},
        nurse,
        at=at + timedelta(minutes=41),
    )
    for minute in (45, 60, 90):
        vitals(making, record, nurse, systolic + int(making.rng.integers(-4, 6)), at + timedelta(minutes=minute))
    ticks = dict.fromkeys(("oriented", "vitals_near_baseline", "escort", "no_driving_acknowledged", "sign_off"), "yes")
    making.record(record, "discharged", {**ticks, "findings": []}, nurse, at=at + timedelta(minutes=105))
