"""What is entered in a session: needed words are asked for, slips are refused in words, and no password is kept."""

from centre.small_centre import NO_RISK, TICKS, VITALS

from limen.centre.clock import utc_text

SLIPS = [
    ("note", {}, "words"),
    ("note", {"words": " "}, "words"),
    ("alarm_ack", {"id": "R7a-1"}, "words"),
    ("adverse_event", {"words": "nausea"}, "severity"),
    ("adverse_event", {"words": "nausea", "severity": "awful"}, "severity"),
    ("score", {"scale": "CADSS"}, "value"),
    ("score", {"scale": "MADRS", "value": 20}, "scale"),
    ("vitals", {"systolic": "120", "symptoms": "maybe"}, "symptoms"),
    ("vitals", {"systolic": "abc"}, "systolic"),
    ("correct", {"at_seq": 3, "values": {"systolic": "120"}}, "reason"),
    ("correct", {"at_seq": 3, "values": {"measured_at": "10:05"}, "reason": "late"}, "measured_at"),
    ("correct", {"at_seq": 3, "values": {"value": "many"}, "reason": "slip"}, "value"),
]
SLIPS_OF_A_FORM = [
    ({"kind": "adverse_event", "words": "nausea"}, "severity"),
    ({"kind": "adverse_event", "words": "nausea", "severity": "awful"}, "severity"),
    ({"kind": "score", "scale": "MADRS", "value": "20"}, "scale"),
    ({"kind": "vitals", "systolic": "abc"}, "systolic"),
    ({"kind": "vitals", "vitals": "128/82 76 98%"}, "spo2"),
    ({"kind": "vitals", "vitals": VITALS, "minutes_ago": "99999999999"}, "minutes_ago"),
    (
        {"kind": "correct", "at_seq": "3", "name": "measured_at", "new_value": "10:05", "reason": "late"},
        "measured_at",
    ),
]


def refused(answer, field):
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_an_event_without_its_words_or_with_a_slip_is_refused_by_field_in_both_paths(small):
    person, session, nurse = small.running()
    before = len(small.centre.store.events(f"session/{session}"))
    for kind, body, field in SLIPS:
        refused(nurse.event(session, kind, body), field)
    for form, field in SLIPS_OF_A_FORM:
        refused(nurse.post(f"/sessions/{session}/do", form), field)
    refused(
        nurse.post(f"/sessions/{session}/sample", {"value_ng_per_ml": "90", "minutes_ago": "9999999999"}), "minutes_ago"
    )
    assert len(small.centre.store.events(f"session/{session}")) == before
    for path in (f"/sessions/{session}", f"/sessions/{session}/review"):
        assert nurse.get(path).status_code == 200
    assert small.caller("phil").get(f"/patients/{person.partition('/')[2]}/fhir").status_code == 200


def test_a_checklist_with_a_slip_in_its_vitals_is_refused(small):
    _, session = small.planned()
    form = {"vitals": "128mmHg/82 76 98", "weight_kg": "70", **TICKS}
    refused(small.caller("nina").post(f"/sessions/{session}/pre", form), "systolic")


def test_a_corrected_time_is_kept_as_records_write_it(small):
    _, session, nurse = small.running()
    seq = nurse.event(session, "vitals", {"systolic": "130", "diastolic": "80"}).json()["seq"]
    words = {"kind": "correct", "at_seq": str(seq), "name": "measured_at", "reason": "read late"}
    nurse.done(f"/sessions/{session}/do", {**words, "new_value": "2026-11-30T11:00:30+01:00"})
    taken = next(one for one in small.state(f"session/{session}")["vitals"] if one["seq"] == seq)
    assert taken["measured_at"] == utc_text(small.clock.wall.replace(hour=10, minute=0, second=30))
    assert nurse.get(f"/sessions/{session}").status_code == 200


def test_a_password_without_a_name_is_in_no_event(small):
    _, session, nurse = small.running()
    assert (
        nurse.event(session, "rate", {"rate_mg_per_h": "50", "second_password": "seven green horses"}).status_code
        == 201
    )
    assert small.centre.store.events(f"session/{session}")[-1].body == {"rate_mg_per_h": "50"}


def test_symptoms_that_nobody_asked_about_are_not_recorded_as_no(small):
    _, session, nurse = small.running()
    nurse.done(f"/sessions/{session}/do", {"kind": "vitals", "vitals": VITALS})
    assert all("symptoms" not in one for one in small.state(f"session/{session}")["vitals"])


def test_two_blocks_that_may_be_overridden_ask_for_the_password_once(small):
    person, session = small.planned()
    facts = {**NO_RISK, "psychosis_now": "yes", "cardiovascular_uncontrolled": "yes", "pregnant": "yes"}
    small.record(person, "facts_entered", {"values": {**small.state(person)["facts"]["values"], **facts}})
    page = small.caller("maud").get(f"/sessions/{session}/pre").text
    assert page.count("Override R") > 1
    assert page.count('name="password"') == 1
