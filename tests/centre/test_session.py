"""A session: the checklist, rules that hold it, totals that are exact, two nurses, a moved clock, discharge."""

from datetime import timedelta
from fractions import Fraction

import pytest
from centre.small_centre import DISCHARGE, MONDAY, PLAN, TICKS, VITALS, fresh
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from limen.centre.care import infusion, known
from limen.centre.care.sitting import start_rate, watch
from limen.centre.clock import Moment, SetClock, seconds_between, utc_text
from limen.centre.records.canonical import canonical
from limen.centre.records.kinds import Event
from limen.centre.records.store import fold
from limen.centre.refusals import Refused
from limen.centre.safety.checks import BEFORE


def vitals(caller, session, systolic="120", diastolic="75", **more):
    body = {"systolic": systolic, "diastolic": diastolic, "heart_rate": "70", "spo2": "98", "symptoms": "no", **more}
    return caller.event(session, "vitals", body)


def test_a_whole_session_goes_from_the_checklist_to_the_discharge(either):
    person, session, nurse = either.running()
    for minutes in (12, 12, 12):
        either.go(minutes=minutes)
        assert vitals(nurse, session).status_code == 201
    either.go(minutes=4)
    nurse.done(f"/sessions/{session}/do", {"kind": "stop"})
    nurse.done(f"/sessions/{session}/do", {"kind": "score", "scale": "session log", "value": "21"})
    assert nurse.post(f"/sessions/{session}/recovery", DISCHARGE).status_code == 422  # R9b: too early
    either.go(minutes=61)
    either.caller("nina").done(f"/sessions/{session}/recovery", DISCHARGE)
    state = either.state(f"session/{session}")
    assert state["status"] == "discharged"
    assert infusion.given_mg(state) == 35
    kinds = {one["kind"] for _, one in either.centre.states("task", person=person)}
    assert "follow-up" in kinds
    assert either.centre.states("link", person=person)


def test_a_retried_event_is_answered_200_with_the_same_number(small):
    _, session, nurse = small.running()
    first = nurse.event(session, "note", {"words": "calm"}, key="k")
    again = nurse.event(session, "note", {"words": "calm"}, key="k")
    other = nurse.event(session, "note", {"words": "restless"}, key="k")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["seq"] == again.json()["seq"]
    assert {"seq", "hash", "state"} <= first.json().keys()


def test_vitals_that_are_retried_raise_their_alarm_once(small):
    _, session, nurse = small.running()
    for _ in range(2):
        body = {"systolic": "190", "diastolic": "80", "heart_rate": "70", "spo2": "98"}
        assert nurse.event(session, "vitals", body, key="same").status_code in (200, 201)
        small.go(seconds=3)
    alarms = [one for one in small.state(f"session/{session}")["alarms"].values() if one["rule"] == "R7a"]
    assert len(alarms) == 1


def test_a_dose_command_of_a_screen_that_is_behind_is_refused_with_both_values(small):
    _, session, nurse = small.running()
    seen = len(small.centre.store.events(f"session/{session}"))
    assert nurse.event(session, "rate", {"rate_mg_per_h": "40"}, seen_seq=seen).status_code == 201
    late = nurse.event(session, "rate", {"rate_mg_per_h": "30"}, seen_seq=seen)
    assert late.status_code == 409
    assert "40" in late.json()["error"]
    assert "30" in late.json()["error"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("525", 422),
        ("105", 201),
        ("105.01", 422),
        ("1,5", 422),
        (".5", 422),
        ("1..5", 422),
        ("1e2", 422),
        ("", 422),
        ("-1", 422),
    ],
)
def test_a_rate_above_the_hard_limit_or_badly_written_is_refused(small, words, status):
    _, session, nurse = small.running()
    assert nurse.event(session, "rate", {"rate_mg_per_h": words}).status_code == status


def test_a_rate_above_the_hard_limit_needs_a_second_person_with_their_password(small):
    small.with_password("phil")
    _, session, nurse = small.running()
    form = {"kind": "rate", "rate_mg_per_h": "120", "second_name": "phil"}
    assert nurse.post(f"/sessions/{session}/do", {**form, "second_password": "wrong wrong wrong"}).status_code == 403
    assert nurse.post(f"/sessions/{session}/do", {**form, "second_name": "nina"}).status_code == 403
    nurse.done(f"/sessions/{session}/do", {**form, "second_password": "seven green horses swim"})
    event = small.centre.store.events(f"session/{session}")[-1]
    assert event.body == {"rate_mg_per_h": "120", "second_person": "phil"}


@pytest.mark.parametrize("missing", sorted(TICKS))
def test_a_checklist_that_is_not_whole_is_refused(small, missing):
    _, session = small.planned()
    form = {"vitals": VITALS, "weight_kg": "70", **{name: value for name, value in TICKS.items() if name != missing}}
    answer = small.caller("nina").post(f"/sessions/{session}/pre", form)
    assert (answer.status_code, answer.json()["field"]) == (422, missing)


def test_a_weight_that_moved_by_more_than_a_tenth_is_refused(small):
    _, session = small.planned()
    answer = small.caller("nina").post(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "78", **TICKS})
    assert (answer.status_code, answer.json()["field"]) == (422, "weight_kg")


def test_a_weight_that_moved_by_less_goes_on_by_the_rate_of_the_day(small):
    _, session = small.planned()
    small.caller("nina").done(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "75", **TICKS})
    assert start_rate(small.state(f"session/{session}")) == "56.250"


def test_a_plan_that_says_two_doses_is_held_on_the_day_as_well():
    state = {"plan": PLAN | {"mg": "36"}}
    found = known.judged(known.before_facts(state, "72", 0, None), {}, BEFORE)
    assert "R20c" in {one.rule for one in found if one.state == "fired"}


def test_a_pressure_above_the_threshold_waits_for_a_physician_with_a_reason(small):
    _, session = small.planned()
    form = {"vitals": "150/80 72 98", "weight_kg": "70", **TICKS}
    answer = small.caller("nina").post(f"/sessions/{session}/pre", form)
    assert (answer.status_code, answer.json()["field"]) == (422, "R5a")
    assert (
        small.caller("nina").post(f"/sessions/{session}/pre", {**form, "decide_R5a": "white coat"}).status_code == 403
    )
    small.caller("phil").done(f"/sessions/{session}/pre", {**form, "decide_R5a": "white coat, 128/80 at home"})
    decision = small.state(f"session/{session}")["checklist"]["decisions"][0]
    assert (decision["rule"], decision["by"]) == ("R5a", "phil")


def test_a_block_is_overridden_by_the_director_alone_with_password_and_reason_for_one_session(small):
    small.with_password("maud")
    person, session = small.planned()
    facts = {**small.state(person)["facts"]["values"], "psychosis_now": "yes"}
    small.record(person, "facts_entered", {"values": facts})
    form = {"vitals": VITALS, "weight_kg": "70", **TICKS, "decide_R4a": "remitted since the consultation"}
    for name in ("nina", "phil"):
        assert small.caller(name).post(f"/sessions/{session}/pre", form).status_code == 403
    assert small.caller("maud").post(f"/sessions/{session}/pre", form).status_code == 403
    small.caller("maud").done(f"/sessions/{session}/pre", {**form, "password": "seven green horses swim"})
    override = small.state(f"session/{session}")["overrides"][0]
    assert (override["rule"], override["by"]) == ("R4a", "maud")
    assert any(
        one["rule"] == "R4a" and one["level"] == "BLOCK"
        for one in small.state(f"session/{session}")["checklist"]["findings"]
    )
    other = fresh().replace("-", "")[:24]
    small.record(
        f"session/{other}",
        "opened",
        {"person": person, "clinic": "north", "plan": PLAN, "planned_at": ""},
        person=person,
    )
    again = {name: value for name, value in form.items() if name != "decide_R4a"}
    assert small.caller("maud").post(f"/sessions/{other}/pre", again).status_code == 422


def test_a_block_without_override_stays_closed_to_everybody(small):
    small.with_password("maud")
    person, session = small.planned()
    facts = {**small.state(person)["facts"]["values"], "aneurysm": "yes"}
    small.record(person, "facts_entered", {"values": facts})
    form = {"vitals": VITALS, "weight_kg": "70", **TICKS, "decide_R1a": "please", "password": "seven green horses swim"}
    assert small.caller("maud").post(f"/sessions/{session}/pre", form).status_code == 422


def test_an_unknown_answer_to_a_block_holds_the_session(small):
    person, session = small.planned()
    facts = {**small.state(person)["facts"]["values"], "pregnant": "unknown"}
    small.record(person, "facts_entered", {"values": facts})
    answer = small.caller("nina").post(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "70", **TICKS})
    assert (answer.status_code, answer.json()["field"]) == (422, "R3a")
    assert "unknown" in answer.json()["error"]


def test_high_pressure_raises_an_alarm_that_a_person_acknowledges_with_words(small):
    _, session, nurse = small.running()
    assert vitals(nurse, session, "185", "112").status_code == 201
    alarms = small.state(f"session/{session}")["alarms"]
    assert {one["rule"] for one in alarms.values()} >= {"R6a", "R6b", "R7a", "R7b"}
    assert {one["priority"] for one in alarms.values() if one["rule"].startswith("R7")} == {"high"}
    name = next(iter(alarms))
    assert nurse.post(f"/sessions/{session}/do", {"kind": "alarm_ack", "id": name}).status_code == 422
    nurse.done(f"/sessions/{session}/do", {"kind": "alarm_ack", "id": name, "words": "pump stopped, physician called"})
    assert small.state(f"session/{session}")["status"] == "running", "the software stops no pump"


def test_vitals_that_are_overdue_are_called_late_and_raise_one_alarm(small):
    _, session, nurse = small.running()
    small.go(minutes=21)
    nurse = small.caller("nina")
    assert "late" in {one["mark"] for one in nurse.data(f"/sessions/{session}")["grid"]}
    assert watch(small.centre) == 1
    assert watch(small.centre) == 0
    small.go(seconds=15)
    assert watch(small.centre) == 0, "a later look says other minutes, and is the same alarm"
    assert {one["rule"] for one in small.state(f"session/{session}")["alarms"].values()} == {"R8"}


def test_a_high_pressure_that_is_not_measured_again_in_time_raises_its_own_alarm(small):
    small.record("site/main", "threshold", {"rule": "R6c", "value": "4", "reason": "as agreed"})
    _, session, nurse = small.running()
    small.go(minutes=5)
    assert vitals(nurse, session, "170").status_code == 201
    raised = next(one for one in small.state(f"session/{session}")["alarms"].values() if one["rule"] == "R6a")
    assert raised["due"] == utc_text(small.clock.wall + timedelta(minutes=4))
    small.go(minutes=3)
    assert watch(small.centre) == 0
    assert nurse.event(session, "vitals", {"systolic": "150", "diastolic": "80"}).status_code == 201
    small.go(minutes=1)
    assert watch(small.centre) == 1, "vitals that are not whole repeat nothing"
    alarms = small.state(f"session/{session}")["alarms"].values()
    assert [one["seen"] for one in alarms if one["rule"] == "R6c"] == ["4 min"]
    assert vitals(nurse, session, "150").status_code == 201
    small.go(minutes=6)
    assert watch(small.centre) == 0
    assert "R6c" not in {one["rule"] for one in small.caller("nina").data(f"/sessions/{session}")["findings"]}


def test_vitals_entered_late_keep_both_times_and_are_judged_by_when_they_were_measured(small):
    _, session, nurse = small.running()
    small.go(minutes=18)
    nurse = small.caller("nina")
    nurse.done(f"/sessions/{session}/do", {"kind": "vitals", "vitals": VITALS, "minutes_ago": "10"})
    last = nurse.data(f"/sessions/{session}")["vitals"][-1]
    assert last["entered_late"]
    assert last["measured_at"] < last["at"]
    small.go(minutes=11)
    assert "R8" in {one["rule"] for one in nurse.data(f"/sessions/{session}")["findings"]}


def test_a_correction_is_a_new_event_and_the_words_of_before_stay(small):
    _, session, nurse = small.running()
    seq = vitals(nurse, session, "210").json()["seq"]
    assert (
        nurse.event(session, "correct", {"at_seq": seq, "values": {"systolic": "120"}, "reason": ""}).status_code == 422
    )
    assert (
        nurse.event(session, "correct", {"at_seq": seq, "values": {"name": "x"}, "reason": "slip"}).status_code == 422
    )
    assert (
        nurse.event(
            session, "correct", {"at_seq": seq, "values": {"systolic": "120"}, "reason": "slip of the key"}
        ).status_code
        == 201
    )
    taken = next(one for one in small.state(f"session/{session}")["vitals"] if one["seq"] == seq)
    assert (taken["systolic"], taken["was"][0]["systolic"]) == ("120", "210")


def test_a_correction_is_refused_where_its_words_could_not_have_been_entered(small):
    _, session, nurse = small.running()
    small.go(minutes=10)
    taken = vitals(nurse, session).json()["seq"]
    scored = nurse.event(session, "score", {"scale": "CADSS", "value": 10}).json()["seq"]
    wrong = [(scored, "value", value) for value in (999, "abc", "10", True)]
    wrong += [
        (taken, "measured_at", words)
        for words in ("2026-11-30T10:05", "2026-11-30T10:05:00", "2026-11-30T11:05:00.000+01:00", "ten", "2026-12-01")
    ]
    for seq, name, value in wrong:
        with pytest.raises(Refused, match="whole number" if value == "10" else name if name == "measured_at" else "."):
            correct(small, session, seq, name, value)
    with pytest.raises(Refused, match=r"as 2026-11-30T10:05:00\.000\+00:00"):
        correct(small, session, taken, "measured_at", "2026-11-30T11:05+01:00")
    correct(small, session, scored, "value", 12)
    correct(small, session, taken, "measured_at", "2026-11-30T10:05:00.000+00:00")
    with pytest.raises(Refused, match="symptoms is 'none'"):
        small.record(f"session/{session}", "vitals", {"systolic": "120", "symptoms": "none"})


def correct(small, session, seq, name, value):
    return small.record(f"session/{session}", "correct", {"at_seq": seq, "values": {name: value}, "reason": "slip"})


def test_one_record_that_cannot_be_read_does_not_end_the_watch_over_the_others(small, monkeypatch, caplog):
    one, other = (small.running(name=name)[1] for name in ("One", "Other"))
    words = {"measured_at": "ten", "phase": "after start", "words": "Quartzberg"}
    broken = small.state(f"session/{one}") | {"vitals": [words | dict.fromkeys(infusion.COMPLETE, "90")]}
    running = [(f"session/{one}", broken), (f"session/{other}", small.state(f"session/{other}"))]
    monkeypatch.setattr(small.centre, "states", lambda *_, **__: running)
    small.go(minutes=21)
    assert watch(small.centre) == 1
    assert one in caplog.text
    assert "Quartzberg" not in caplog.text


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_moved_wall_clock_changes_no_total_and_is_recorded(small, seconds):
    _, session, _ = small.running()
    small.go(minutes=20)
    small.clock.jump_wall(seconds=seconds)
    small.go(minutes=20)
    assert small.caller("nina").event(session, "stop").status_code == 201
    state = small.state(f"session/{session}")
    assert infusion.given_mg(state) == 35
    assert [one["seconds"] for one in state["clock_jumps"]] == [f"{seconds:.3f}"]


def test_clinic_mode_starts_nothing_while_a_threshold_is_not_signed(small):
    _, session = small.planned()
    small.record("site/main", "mode", {"mode": "clinic"})
    form = {"vitals": VITALS, "weight_kg": "70", **TICKS}
    assert small.caller("nina").post(f"/sessions/{session}/pre", form).status_code == 200


def test_an_idle_sheet_of_a_running_infusion_is_locked_to_viewing_and_opens_with_the_password(small):
    small.with_password("nina")
    _, session, _ = small.running()
    nurse = small.caller("nina")
    small.go(minutes=16)
    assert "Locked" in nurse.get(f"/sessions/{session}").text
    assert nurse.get("/today", json=True).status_code == 401
    assert nurse.event(session, "stop").status_code == 401
    assert nurse.post("/unlock", {"password": "wrong wrong wrong"}).status_code == 403
    nurse.done("/unlock", {"password": "seven green horses swim"})
    assert nurse.get("/today").status_code == 200


def test_a_locked_screen_shows_the_sheet_and_nothing_else_of_a_session(small):
    _, session, _ = small.running()
    nurse = small.caller("nina")
    small.go(minutes=16)
    paths = ("", "/live", "/ahead", "/review", "/events", "/replay", "/report", "/recovery", "/pre")
    codes = {path: nurse.get(f"/sessions/{session}{path}", json=True).status_code for path in paths}
    assert [path for path, code in codes.items() if code != 401] == ["", "/live", "/ahead"]


class Infusing(RuleBasedStateMachine):
    """Start, rate, pause, bolus, stop and correct in any order: the total is the integral of the rate."""

    @initialize()
    def begin(self):
        self.clock = SetClock(MONDAY)
        self.events, self.state, self.segments, self.boluses = [], {}, [], Fraction(0)
        self.send("opened", {"person": "person/x", "clinic": "north", "plan": PLAN})
        self.send("checked", {**TICKS, "weight_kg": "70", "findings": [], "decisions": []})
        self.send("start", {"rate_mg_per_h": "52.5"})
        self.rate(Fraction("52.5"))

    def rate(self, value):
        self.segments.append((self.clock.mono_s, value))

    def send(self, kind, body):
        found = infusion.SESSION.kind(kind)
        found.check(self.state, body, self.clock.now())
        event = Event("session/x", len(self.events) + 1, fresh(), kind, body, "nina", self.clock.now(), "")
        self.events.append(event)
        self.state = found.apply(self.state, event)

    @rule(seconds=st.integers(0, 4000))
    def wait(self, seconds):
        self.clock.go(seconds=seconds)

    @rule(seconds=st.integers(-4000, 4000))
    def somebody_moves_the_wall_clock(self, seconds):
        self.clock.jump_wall(seconds=seconds)

    @precondition(lambda self: self.state["status"] == "running")
    @rule(milli=st.integers(0, 105_000))
    def change(self, milli):
        self.send("rate", {"rate_mg_per_h": f"{milli / 1000:.3f}"})
        self.rate(Fraction(milli, 1000))

    @precondition(lambda self: self.state["status"] == "running")
    @rule()
    def pause(self):
        self.send("pause", {})
        self.before = self.segments[-1][1]
        self.rate(Fraction(0))

    @precondition(lambda self: self.state["status"] == "paused")
    @rule()
    def resume(self):
        self.send("resume", {})
        self.rate(self.before)

    @precondition(lambda self: self.state["status"] in ("running", "paused"))
    @rule(mg=st.integers(0, 50))
    def bolus(self, mg):
        self.send("bolus", {"mg": str(mg)})
        self.boluses += mg

    @precondition(lambda self: self.state["status"] in ("running", "paused"))
    @rule(milli=st.integers(0, 105_000))
    def correct(self, milli):
        place = -1 if self.state["status"] == "running" else -2
        seq = self.state["segments"][place]["seq"]
        self.send("correct", {"at_seq": seq, "values": {"rate": f"{milli / 1000:.3f}"}, "reason": "slip"})
        self.segments[place] = (self.segments[place][0], Fraction(milli, 1000))
        self.before = Fraction(milli, 1000)

    @precondition(lambda self: self.state["status"] == "paused")
    @rule()
    def stop(self):
        self.send("stop", {})
        self.rate(Fraction(0))

    @invariant()
    def the_total_is_the_integral_of_the_rate(self):
        edges = [*(at for at, _ in self.segments), self.clock.mono_s]
        area = (
            sum((rate * Fraction(edges[k + 1] - edges[k]) for k, (_, rate) in enumerate(self.segments)), Fraction(0))
            / 3600
        )
        assert infusion.delivered_mg(self.state, self.clock.now()) == area + self.boluses

    @invariant()
    def a_replay_gives_the_state(self):
        assert canonical(fold("session/x", self.events)) == canonical(self.state)


TestInfusing = Infusing.TestCase
TestInfusing.settings = settings(
    max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_across_a_restart_of_the_machine_durations_are_those_of_the_wall():
    first = Moment(utc_text(MONDAY), "100.000", "one")
    last = Moment(utc_text(MONDAY + timedelta(minutes=3)), "5.000", "two")
    assert seconds_between(first, last) == 180


def test_the_sheet_says_when_more_flowed_in_than_the_plan_holds_and_nobody_stopped(small):
    _, session, nurse = small.running()
    small.go(minutes=40)
    assert nurse.data(f"/sessions/{session}")["beyond_plan"] is False
    small.go(minutes=1)
    assert nurse.data(f"/sessions/{session}")["beyond_plan"] is True
    assert "no stop is recorded" in nurse.get(f"/sessions/{session}").text
    assert small.caller("nina").event(session, "stop").status_code == 201
    assert nurse.data(f"/sessions/{session}")["beyond_plan"] is False
