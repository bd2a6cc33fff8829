"""The drug library: versions, days, caps, presets, a soft limit that asks, a hard one that a second person confirms."""

from decimal import Decimal

import pytest
from centre.small_centre import DOSE, FACTS, PASSWORD, TICKS, VITALS
from hypothesis import given
from hypothesis import strategies as st

from limen.centre.care import library
from limen.centre.care.site import SITE_RECORD
from limen.centre.refusals import Refused

ENTRY = {
    "id": "iv-half", "name": "Half a milligram", "drug": "ketamine", "cap_mg": "60", "soft_mg_per_kg_h": "0.8",
    "hard_mg_per_kg_h": "1.2", "presets": "0.5, 1", "effective_from": "2026-11-30", "reason": "as discussed",
}  # fmt: skip


def signed(small, **change):
    return small.caller("maud").post("/site/library", {**ENTRY, **change})


@pytest.fixture
def ready(small):
    """Somebody with a review, consent and an expectation; gives the person's number."""
    person = small.accepted()
    small.record(person, "facts_entered", {"values": FACTS})
    skipped = {"scale": "MADRS", "horizon_h": 24, "skipped": "yes", "saw_model_first": "no"}
    small.record(person, "expectation", skipped)
    return person.partition("/")[2]


def plan(small, number, **change):
    return small.caller("phil").post(
        f"/patients/{number}/plan", {**DOSE, "regimen": "iv-half", "reason": "x", **change}
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hard_mg_per_kg_h": "1.6"}, "hard_mg_per_kg_h"),
        ({"soft_mg_per_kg_h": "1.3"}, "hard_mg_per_kg_h"),
        ({"cap_mg": "0"}, "cap_mg"),
        ({"cap_mg": "1,5"}, "cap_mg"),
        ({"drug": "midazolam"}, "drug"),
        ({"presets": ""}, "presets"),
        ({"effective_from": "soon"}, "effective_from"),
        ({"reason": ""}, "reason"),
        ({"id": "No Id"}, "id"),
    ],
)
def test_an_entry_that_contradicts_itself_or_the_rule_table_is_refused_with_its_field(small, change, field):
    answer = signed(small, **change)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert not small.state(SITE_RECORD).get("regimens")


def test_a_version_that_begins_later_waits_and_the_one_before_it_stays_in_the_record(small):
    for day, cap in (("2026-11-30", "60"), ("2026-12-05", "50")):
        assert signed(small, effective_from=day, cap_mg=cap).status_code == 200
    rows = small.caller("maud").data("/site/library")["rows"]
    assert [(one["version"], one["mark"]) for one in rows] == [(2, "to come"), (1, "in force")]
    small.go(days=6)
    rows = small.caller("maud").data("/site/library")["rows"]
    assert [(one["version"], one["mark"]) for one in rows] == [(2, "in force"), (1, "replaced")]
    assert small.caller("phil").post("/site/library", ENTRY).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mg_per_kg": "0.9", "mg": "63", "minutes": "60"}, "mg"),
        ({"mg_per_ml": "2"}, "mg_per_ml"),
        ({"drug": "esketamine"}, "drug"),
        ({"mg_per_kg": "0.85", "mg": "59.5"}, "mg_per_kg"),
        ({"regimen": "other"}, "regimen"),
    ],
)
def test_a_plan_that_does_not_fit_its_regimen_is_refused(small, ready, change, field):
    assert signed(small).status_code == 200
    answer = plan(small, ready, **change)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert plan(small, ready).status_code == 200


def test_a_running_session_keeps_the_version_it_was_planned_with_and_asks_by_it(small, ready):
    signed(small)
    assert plan(small, ready).status_code == 200
    small.with_password("sam")
    session = small.caller("phil").done(f"/patients/{ready}/sessions", {})["location"].split("/")[2]
    signed(small, soft_mg_per_kg_h="0.1", hard_mg_per_kg_h="0.2")
    nurse = small.caller("nina")
    nurse.done(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "70", **TICKS})
    assert nurse.event(session, "start", {"rate_mg_per_h": "52.5"}).status_code == 201
    asked = nurse.event(session, "rate", {"rate_mg_per_h": "70"})
    assert (asked.status_code, asked.json()["field"], asked.json()["limit"]) == (422, "reason", "56")
    assert nurse.event(session, "rate", {"rate_mg_per_h": "70", "reason": "pain returned"}).status_code == 201
    above = {"rate_mg_per_h": "90", "reason": "pain returned"}
    assert nurse.event(session, "rate", above).json()["field"] == "rate_mg_per_h"
    second = {"second_person": "sam", "second_password": PASSWORD}
    assert nurse.event(session, "rate", {**above, **second}).status_code == 201
    assert small.state(f"session/{session}")["plan"]["library"] == "Half a milligram, version 1"


amounts = st.decimals(Decimal("0.01"), Decimal(2), places=2)


@given(amounts, amounts, st.decimals(Decimal("0.05"), Decimal(1), places=2), st.integers(20, 90))
def test_no_plan_that_is_let_through_is_above_a_limit(soft, hard, mg_per_kg, minutes):
    site = {"regimens": {"a": [{**ENTRY, "presets": ["1"], "version": 1, "soft_mg_per_kg_h": str(soft)}]}}
    site["regimens"]["a"][0]["hard_mg_per_kg_h"] = str(hard)
    asked = {"drug": "ketamine", "mg": "50", "mg_per_ml": "1", "mg_per_kg": str(mg_per_kg), "minutes": str(minutes)}
    over = mg_per_kg * 60 > hard * minutes
    try:
        found = library.plan_limits(site, "a", asked, "2026-12-01")
    except Refused:
        assert over
    else:
        assert not over
        assert found["hard_mg_per_kg_h"] == str(hard)
