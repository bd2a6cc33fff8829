"""The course: the own expectation first, options that never rank, a plan that the rules judge, outcomes."""

import json
from datetime import datetime

import numpy as np
import pytest
from centre.small_centre import DOSE, FACTS, PLAN, TICKS, VITALS, fresh
from scipy.stats import norm

from limen.centre.care import forecasts
from limen.centre.refusals import Refused
from limen.centre.web.pages_course import review_due

ANSWER = {
    "statement": "The data do not separate these.",
    "separable": False,
    "horizons_h": [24.0, 168.0],
    "options": [
        {
            "kind": "dose", "drug": "ketamine", "route": "iv", "dose": "0.5 mg/kg over 40 min", "duration_min": 40.0,
            "benefit": [{"mean": 12.0, "p10": 4.0, "p90": 20.0}, {"mean": None, "p10": None, "p90": None}],
            "response_probability": [0.4, None], "dissociation_above_limit_probability": 0.04,
            "pressure_above_limit_probability": None, "peak_ng_per_ml": {"p05": 120.0, "p50": 185.0, "p95": 267.0},
            "occupancy_peak": {"p05": 0.1, "p50": 0.2, "p95": 0.3}, "extrapolates": [], "reasons": [],
            "under_joints": {"J7=cut": {"benefit": [{"mean": 11.5}, {"mean": None}]}},
        }
    ],
    "basis": "prior only",
    "unknown": ["Whether there are urinary symptoms is not known."],
    "disclaimer": "For research and education.",
}  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """Options without the wait of their child process."""
    asked = []
    monkeypatch.setattr(forecasts, "run_options", lambda case: asked.append(case) or json.loads(json.dumps(ANSWER)))
    monkeypatch.setattr(
        forecasts,
        "run_concentration",
        lambda plan: {"time_min": [1], "typical": [1.0], "p05": [0.5], "p95": [2.0], "models": {}},
    )
    return asked


def number(person):
    return person.partition("/")[2]


def test_the_forecast_is_in_no_page_and_no_json_before_the_own_expectation(small, quick):
    person = number(small.accepted())
    phil = small.caller("phil")
    assert phil.post(f"/patients/{person}/options").status_code == 422
    assert not quick
    before = phil.get(f"/patients/{person}/plan").text + json.dumps(phil.data(f"/patients/{person}/plan"))
    assert "0.5 mg/kg over 40 min" not in before
    phil.done(f"/patients/{person}/expectation", {"horizon_h": "24", "low": "4", "high": "12"})
    assert phil.data(f"/patients/{person}/plan")["options"] is None
    phil.done(f"/patients/{person}/options")
    after = phil.get(f"/patients/{person}/plan").text
    assert "0.5 mg/kg over 40 min" in after
    assert "In order of dose, not of rank" in after
    assert "Beyond the data" not in after


@pytest.mark.parametrize(("low", "high"), [("12", "4"), ("", "4"), ("4", "99"), ("a", "4")])
def test_an_expectation_that_cannot_be_is_refused(small, low, high):
    person = number(small.accepted())
    assert (
        small.caller("phil")
        .post(f"/patients/{person}/expectation", {"horizon_h": "24", "low": low, "high": high})
        .status_code
        == 422
    )


def test_skipping_is_recorded_and_opens_the_options(small, quick):
    person = small.accepted()
    phil = small.caller("phil")
    phil.done(f"/patients/{number(person)}/expectation", {"skip": "yes"})
    phil.done(f"/patients/{number(person)}/options")
    assert small.state(person)["expectations"][0]["skipped"] == "yes"


def test_the_case_that_is_computed_holds_no_name(small, quick):
    person = small.accepted(name="Ilse Brandt")
    phil = small.caller("phil")
    phil.done(f"/patients/{number(person)}/expectation", {"skip": "yes"})
    phil.done(f"/patients/{number(person)}/options")
    assert "weight_kg = 70" in quick[0]
    assert "Brandt" not in quick[0]


def test_the_case_says_what_flowed_and_in_how_many_minutes(small):
    person, session, _ = small.running()
    small.go(minutes=18)

    def doses():
        states = [state for _, state in small.centre.states("session", person=person)]
        case = forecasts.case_text(small.state(person), states, 40.0, {}, small.clock.now())
        return [line for line in case.splitlines() if line.startswith("dose = ")]

    assert doses() == ['dose = "15.75 mg over 18 min"']
    assert small.caller("nina").event(session, "pause").status_code == 201
    small.go(minutes=10)
    assert small.caller("nina").event(session, "stop").status_code == 201
    small.go(minutes=30)
    assert doses() == ['dose = "15.75 mg over 28 min"']


def test_a_forecast_counts_where_it_was_made_before_the_visit_and_a_fall_from_one_baseline():
    def at(day):
        return f"2026-01-{day:02d}T00:00:00+00:00"

    rated = [(1, 34), (2, 28), (4, 18), (6, 20)]
    state = {"scores": [{"scale": "MADRS", "value": value, "at": at(day)} for day, value in rated]}
    state["expectations"] = [{"at": at(3), "by": "petra", "horizon_h": 24, "low": "4", "high": "14"}]
    shown = {"at": at(5), "summary": {"words": {"24": ["9", "11"]}}}
    sessions = [{"started": {"at": "2026-01-03T12:00:00+00:00"}, "plan": {"words": "words"}}]
    late = forecasts.pairs({**state, "forecasts": [shown]}, sessions)[0]
    assert (late["model"], late["model_score"], late["came"]) == (None, None, 10)
    early = forecasts.pairs({**state, "forecasts": [{**shown, "at": at(3)}]}, sessions)[0]
    assert early["model"] == (9.0, 11.0)
    first = datetime.fromisoformat("2026-01-03T12:00:00+00:00")
    assert forecasts.baseline_of(state, sessions, first) == '"MADRS" = 28'


def test_the_real_command_answers_the_case_of_a_person(small):
    person = small.accepted()
    state = small.state(person)
    case = forecasts.case_text(state, [], 40.0, small.centre.site(), small.clock.now()).replace(
        "draws = 1000", "draws = 200"
    )
    found = forecasts.run_options(case)
    assert {"dose", "wait"} <= {one["kind"] for one in found["options"]}
    assert forecasts.summary_of(found)


def ready(small):
    person = small.accepted()
    small.caller("phil").done(f"/patients/{number(person)}/expectation", {"skip": "yes"})
    return person


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mg_per_kg": "1.2", "mg": "84"}, "R20a"),
        ({"mg": "36"}, "R20c"),
        ({"weight_kg": "251", "mg": "125.5"}, "R20b"),
        ({"mg_per_kg": "5"}, "R20a"),
        ({"mg_per_kg": "0,5"}, "mg_per_kg"),
        ({"minutes": "1"}, "minutes"),
        ({"drug": "morphine"}, "drug"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_rule_or_the_field(small, change, field):
    person = ready(small)
    answer = small.caller("phil").post(f"/patients/{number(person)}/plan", {**DOSE, "reason": "as agreed", **change})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert "plan" not in small.state(person)


def test_a_plan_needs_review_consent_and_an_expectation_in_that_order(small):
    person = small.person()
    small.record(person, "facts_entered", {"values": FACTS})
    phil = small.caller("phil")
    form = {**DOSE, "reason": "as agreed"}
    wanted = []
    for step in (
        lambda: phil.done(f"/patients/{number(person)}/intake", {"decision": "go on", "reason": "fits"}),
        lambda: phil.done(
            f"/patients/{number(person)}/consents", {"purpose": "treatment", "given": "yes", "form": "treatment"}
        ),
        lambda: phil.done(f"/patients/{number(person)}/expectation", {"skip": "yes"}),
    ):
        wanted.append(phil.post(f"/patients/{number(person)}/plan", form).json()["field"])
        step()
    assert wanted == ["intake_review", "consent", "expectation"]
    phil.done(f"/patients/{number(person)}/plan", form)
    assert small.state(person)["plan"]["by"] == "phil"


def test_a_review_that_goes_on_is_refused_while_a_block_stands(small):
    person = small.person()
    small.record(person, "facts_entered", {"values": {**FACTS, "aneurysm": "yes"}})
    answer = small.caller("phil").post(f"/patients/{number(person)}/intake", {"decision": "go on", "reason": "fits"})
    assert answer.status_code == 422
    assert "R1a" in answer.json()["error"]
    small.caller("phil").done(
        f"/patients/{number(person)}/intake", {"decision": "not suitable here", "reason": "aneurysm"}
    )


def test_a_session_is_planned_with_the_curve_computed_ahead(small, quick):
    person = ready(small)
    phil = small.caller("phil")
    phil.done(f"/patients/{number(person)}/plan", {**DOSE, "reason": "as agreed"})
    page = phil.done(f"/patients/{number(person)}/sessions", {"planned_at": "2026-12-01"})["location"]
    assert phil.get(page).status_code == 200
    assert "Predicted concentration" in phil.get(page.removesuffix("/pre")).text


def scored(small, person, value, scale="PHQ-9"):
    small.record(person, "score", {"scale": scale, "value": value, "items": None, "source": "clinician"})


def treated(small, before, after):
    person, _, _ = small.running(name=f"Person {fresh()[:6]}")
    small.go(hours=1)
    scored(small, person, after)
    assert before == 18
    return person


def test_pooled_outcomes_hide_small_cells_and_their_complements(small):
    for after in (6, 7, 8, 8):
        treated(small, 18, after)
    rosa = small.caller("rosa")
    found = next(row for row in rosa.data("/outcomes")["rows"] if row["scale"] == "PHQ-9")
    assert (found["n"], found["response"]) == ("fewer than 5", "small cell")
    for after in (6, 15):
        treated(small, 18, after)
    rosa = small.caller("rosa")
    found = next(row for row in rosa.data("/outcomes")["rows"] if row["scale"] == "PHQ-9")
    assert found["n"] == "6"
    assert found["response"] == "small cell", "5 of 6 would tell that one person did not respond"
    for after in (15, 16, 17, 16):
        treated(small, 18, after)
    rosa = small.caller("rosa")
    found = next(row for row in rosa.data("/outcomes")["rows"] if row["scale"] == "PHQ-9")
    assert found["response"] == "5 of 10 (50 %)"


def test_the_researcher_sees_no_name_anywhere(small):
    treated(small, 18, 6)
    rosa = small.caller("rosa")
    assert "Person" not in rosa.get("/outcomes").text.replace("people", "")
    assert rosa.get("/patients", json=True).status_code == 403


def test_both_forecasts_are_scored_by_the_same_rule():
    assert forecasts.scored(4, 12, 8)["inside"] is True
    assert forecasts.scored(4, 12, 20)["inside"] is False
    assert forecasts.scored(7, 9, 8)["crps"] < forecasts.scored(0, 16, 8)["crps"] < forecasts.scored(7, 9, 20)["crps"]


def test_the_score_of_a_normal_forecast_is_its_integral():
    """CRPS by its closed form is the integral of (F - step)^2, summed slowly."""

    grid = np.linspace(-60, 80, 400_001)
    for mean, sd, value in ((8, 3, 8), (8, 3, 15), (2, 0.5, -1)):
        slow = np.trapezoid((norm.cdf(grid, mean, sd) - (grid >= value)) ** 2, grid)
        assert abs(forecasts.crps_normal(mean, sd, value) - slow) < 1e-3


def test_an_expectation_is_compared_with_what_came(small, quick):
    person = ready(small)
    phil = small.caller("phil")
    scored(small, person, 30, "MADRS")
    phil.done(f"/patients/{number(person)}/expectation", {"horizon_h": "24", "low": "4", "high": "12"})
    phil.done(f"/patients/{number(person)}/options")
    phil.done(f"/patients/{number(person)}/plan", {**DOSE, "reason": "as agreed"})
    session = phil.done(f"/patients/{number(person)}/sessions", {})["location"].split("/")[2]
    nina = small.caller("nina")
    small.go(minutes=1)
    nina.done(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "70", **TICKS})
    assert nina.event(session, "start", {"rate_mg_per_h": "52.5"}).status_code == 201
    small.go(hours=24)
    scored(small, person, 20, "MADRS")
    pair = small.caller("phil").data(f"/patients/{number(person)}/outcomes")["pairs"][-1]
    assert (pair["came"], pair["clinician"], pair["model"]) == (10, [4.0, 12.0], [4.0, 20.0])
    assert pair["clinician_score"]["inside"]
    assert pair["model_score"]["inside"]


def test_a_course_without_outcomes_says_so(small):
    person, _, nurse = small.running()
    page = nurse.data(f"/patients/{number(person)}/outcomes")
    assert any("since the last infusion" in words for words in page["missing"])


def test_the_end_of_a_course_watches_over_relapse(small):
    person = ready(small)
    phil = small.caller("phil")
    phil.done(f"/patients/{number(person)}/reviews", {"decision": "stop", "reason": "six given"})
    tasks = [one for _, one in small.centre.states("task", person=person)]
    assert [one["kind"] for one in tasks] == ["follow-up"] * 3
    assert small.state(person)["reviews"][-1]["after"] == 0, "a review before the third infusion is not the one at it"


def test_a_worse_questionnaire_opens_a_task(small):
    person = small.accepted()
    nina = small.caller("nina")
    nina.done(f"/patients/{number(person)}/links", {"scales": "PHQ-9", "days": "7"})
    token = nina.data("/outbox")["waiting"][0]["address"].rpartition("/")[2]
    caller = small.caller()
    for k in range(1, 10):
        caller.done(f"/p/{token}/q/phq9/{k}", {"answer": "3" if k < 9 else "0"})
    tasks = [one for _, one in small.centre.states("task", person=person)]
    assert [one["kind"] for one in tasks] == ["worsening"]
    assert small.state(person)["scores"][-1]["value"] == 24


def test_an_item_that_is_not_answered_leaves_the_total_missing(small):
    person = small.accepted()
    nina = small.caller("nina")
    nina.done(f"/patients/{number(person)}/links", {"scales": "PHQ-9", "days": "7"})
    token = nina.data("/outbox")["waiting"][0]["address"].rpartition("/")[2]
    caller = small.caller()
    for k in range(1, 10):
        caller.done(f"/p/{token}/q/phq9/{k}", {"answer": "no answer" if k == 3 else "1"})
    last = small.state(person)["scores"][-1]
    assert last["value"] is None
    assert last["items"][8] == 1
    assert {one["kind"] for _, one in small.centre.states("task", person=person)} == {"suicide item"}, (
        "item 9 acts without a total"
    )


def test_an_answer_that_takes_too_long_is_ended_and_said_in_words(small, monkeypatch):
    monkeypatch.setattr(forecasts, "LIMIT_S", 0.01)
    with pytest.raises(Refused, match=r"took longer than 0\.01 s"):
        forecasts.run_concentration(PLAN)
    person = small.accepted()
    small.record(person, "expectation", {"scale": "MADRS", "horizon_h": 24, "skipped": "yes", "saw_model_first": "no"})
    answer = small.caller("phil").post(f"/patients/{number(person)}/options")
    assert (answer.status_code, "ask again" in answer.json()["error"]) == (422, True)


def begun(*minutes):
    return [("session/x", {"started": {"at": f"2026-11-30T10:{at:02d}:00+00:00"}}) for at in minutes]


def test_a_later_review_answers_for_one_that_was_missed():
    six = begun(1, 2, 3, 4, 5, 6)
    assert review_due({}, six[:3])
    assert not review_due({"reviews": [{"after": 3}]}, six[:5])
    assert review_due({"reviews": [{"after": 3}]}, six)
    assert not review_due({"reviews": [{"after": 6}]}, six)


def test_after_an_infusion_the_options_wait_for_a_new_expectation(small, quick):
    person = ready(small)
    phil, path = small.caller("phil"), f"/patients/{number(person)}"
    phil.done(f"{path}/options")
    small.go(minutes=1)
    phil.done(f"{path}/expectation", {"skip": "yes"})
    small.record("session/s1", "opened", {"person": person, "clinic": "north", "plan": PLAN}, person=person)
    small.record("session/s1", "checked", {**TICKS, "weight_kg": "70", "findings": [], "decisions": []})
    small.go(minutes=1)
    small.record("session/s1", "start", {"rate_mg_per_h": "52.5"})
    small.go(minutes=1)
    assert phil.data(f"{path}/plan")["options"] is None
    assert phil.post(f"{path}/options").status_code == 422
    phil.done(f"{path}/expectation", {"skip": "yes"})
    phil.done(f"{path}/options")
    assert phil.data(f"{path}/plan")["options"] is not None
    assert [one["saw_model_first"] for one in small.state(person)["expectations"]] == ["no", "yes", "no"]


def test_only_a_new_word_about_suicide_opens_a_task_and_a_level_is_whole(small):
    person = small.accepted()
    phil, path = small.caller("phil"), f"/patients/{number(person)}/facts"
    assert phil.post(path, {"cssrs_level": "4.5"}).json()["field"] == "cssrs_level"
    for words in ({"cssrs_level": "4", "weight": "70"}, {"cssrs_level": "4", "weight": "71"}, {"weight": "72"}):
        phil.done(path, words)
    assert len(small.centre.states("task", person=person)) == 1
    phil.done(path, {"cssrs_behaviour": "yes"})
    assert len(small.centre.states("task", person=person)) == 2
