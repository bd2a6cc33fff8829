"""Pages that must not stumble, times and counts that must be those of the centre, and cells that must stay small."""

import math
import re

import numpy as np
from centre.small_centre import DOSE, VITALS
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from limen.centre.care import site as settings
from limen.centre.live.place import SIGNAL_FOLDER, folder_of
from limen.centre.live.segments import Block, Log
from limen.centre.refusals import Refused
from limen.centre.web import article_figures, pages_course
from limen.centre.web.app import all_doors, make_app
from limen.centre.web.call import Call
from limen.centre.web.figures import chart, round_ticks
from limen.centre.web.pages_exchange import wanted
from limen.centre.web.pages_live import event_value
from limen.centre.web.pages_outcomes import pooled
from limen.centre.web.pages_public import scores_said
from limen.centre.web.score_parts import missing


def number(person):
    return person.partition("/")[2]


def in_auckland(small):
    """Let the clinic lie where a day begins half a day earlier."""
    clinic = small.centre.site()["clinics"]["north"]
    words = {name: value for name, value in clinic.items() if name not in ("by", "at", "seq", "version")}
    small.record(settings.SITE_RECORD, "clinic", {**words, "id": "north", "zone": "Pacific/Auckland"})
    small.go(hours=2)


def test_the_pages_of_somebody_who_was_deleted_open(small):
    person, _ = small.planned()
    phil = small.caller("phil")
    phil.done(f"/patients/{number(person)}/delete", {"reason": "asked for it", "sure": "delete"})
    for page in ("", "/intake", "/plan", "/outcomes"):
        assert phil.get(f"/patients/{number(person)}{page}").status_code == 200, page


def test_a_number_half_a_character_and_an_origin_that_are_none_are_refused_in_words(small):
    _, session, nurse = small.running()
    assert nurse.event(session, "rate", {"rate_mg_per_h": "40"}, seen_seq=2**70).status_code == 422
    headers = {"x-csrf-token": nurse.csrf, "accept": "application/json", "content-type": "application/json"}
    body = b'{"idem_key": "k", "kind": "note", "body": {"words": "\\ud800"}}'
    assert nurse.client.post(f"/sessions/{session}/events", content=body, headers=headers).status_code == 422
    nurse.headers = {"origin": "http://["}
    assert nurse.post(f"/sessions/{session}/do", {"kind": "pause"}).status_code == 403


@given(low=st.floats(-1e6, 1e6), span=st.floats(0, 1e6))
def test_an_axis_has_two_ends_and_holds_its_values(low, span):
    ticks = round_ticks(low, low + span)
    assert ticks[0] < ticks[-1]
    assert ticks[0] <= low + 1e-6
    assert ticks[-1] >= low + span - 1e-6


def test_values_that_hardly_differ_are_drawn():
    for values in ((0.0, 1e-14), (1.0, math.nextafter(1.0, 2.0)), (0.0, 0.0)):
        series = [{"name": "x", "points": list(enumerate(values))}]
        assert "<svg" in chart(series, says="x", x_label="x", y_label="y")


def treated(whole, half):
    """People with an infusion and a PHQ-9 before it, some of them with one after it too."""
    began, score = [{"started": {"at": "2026-11-30T10:00:00"}}], {"scale": "PHQ-9", "value": 20}
    both = [{**score, "at": "2026-11-29"}, {**score, "at": "2026-12-01", "value": 8}]
    return [({"scores": both}, began)] * whole + [({"scores": both[:1]}, began)] * half


def test_no_small_cell_is_what_is_left_of_the_treated():
    assert pooled("PHQ-9", treated(8, 2))["n"] == "small cell"
    assert pooled("PHQ-9", treated(8, 2))["response"] == "small cell"
    assert pooled("PHQ-9", treated(8, 5))["n"] == "8"
    assert pooled("PHQ-9", treated(8, 0))["response"] == "8 of 8 (100 %)"


def test_scores_of_few_people_are_not_counted_in_public_and_a_plan_names_its_service(small):
    assert scores_said([6, 0]) == "those of fewer than 5 people"
    assert (scores_said([2] * 5), scores_said([])) == ("10", "0")
    service = {"id": "series", "name": "Ketamine series", "about": "a", "claim": "c", "evidence": ""}
    small.record(settings.SITE_RECORD, "service", service)
    person, phil = small.accepted(), small.caller("phil")
    phil.done(f"/patients/{number(person)}/expectation", {"skip": "yes"})
    assert '<option value="series">Ketamine series</option>' in phil.get(f"/patients/{number(person)}/plan").text
    form = {**DOSE, "reason": "as agreed"}
    assert phil.post(f"/patients/{number(person)}/plan", {**form, "service": "hydration"}).json()["field"] == "service"
    phil.done(f"/patients/{number(person)}/plan", {**form, "service": "series"})
    with article_figures._drawing:
        assert "those of fewer than 5 people" in small.caller().get("/article?verdict=unknown").text


def test_every_field_of_the_sheet_is_declared(small):
    _, session, nurse = small.running()
    declared = next(set(door.fields) for door in all_doors() if door.path == "/sessions/{id}/do")
    page = nurse.get(f"/sessions/{session}").text
    forms = re.findall(r'<form method="post" action="/sessions/[^"]*/do">.*?</form>', page, re.DOTALL)
    assert set(re.findall(r' name="(\w+)"', "".join(forms))) - {"csrf"} <= declared
    assert len(forms) > 5


def test_an_event_of_the_export_says_nought_and_stands_where_it_was_measured(small):
    assert event_value("score", {"scale": "CADSS", "value": 0}) == "scale CADSS, value 0"
    _, session, nurse = small.running()
    log = Log(folder_of(small.centre) / SIGNAL_FOLDER, {"names": ["Cz"], "kinds": ["eeg"], "sample_rate_hz": 250.0})
    log.samples(Block(0, 0.0, np.ones((1, 250), dtype=np.float32)), small.clock.wall.timestamp() + 1, 0.0)
    log.close()
    small.go(minutes=10)
    nurse.done(f"/sessions/{session}/do", {"kind": "vitals", "vitals": VITALS, "minutes_ago": "4"})
    nurse.done(f"/sessions/{session}/sample", {"value_ng_per_ml": "90", "minutes_ago": "5"})
    nurse.done(f"/sessions/{session}/annotations", {"words": "blinks", "begin_min": "2"})
    lines = [
        line.split("\t") for line in small.caller("phil").get(f"/sessions/{session}/signal_events.tsv").text.split("\n")
    ]
    told = {line[2]: round(float(line[0])) for line in lines[1:] if len(line) > 2}
    assert (told["annotation"], told["sample"], told["vitals"]) == (120, 300, 360)


def test_a_search_finds_by_participant_and_a_coding_without_a_code_is_no_error(small):
    def asking(**words):
        return Call(small.centre, Request({"type": "http", "headers": []}), sent=words)

    visit = {"id": "a", "participant": [{"actor": {"reference": "Patient/p1"}}, {"actor": {"display": "desk"}}]}
    assert wanted(asking(patient="p1"), visit)
    assert not wanted(asking(patient="p2"), visit)
    assert not wanted(asking(code="7"), {"id": "b", "code": {"coding": [{"display": "without a code"}]}})


def test_today_and_visits_are_those_of_the_clinic(small, monkeypatch):
    monkeypatch.setattr(pages_course, "predicted", lambda *_: "")
    person, _ = small.planned()
    in_auckland(small)
    small.record("slot/one", "opened", {"clinic": "north", "start": "2026-12-01T01:00:00.000+00:00", "minutes": 60})
    small.record("slot/one", "booked", {"person": person, "what": "infusion"}, person=person)
    phil = small.caller("phil")
    assert 'value="2026-12-01"' in phil.get(f"/patients/{number(person)}/plan").text
    for name in ("phil", "dora"):
        assert "14:00 NZDT" in small.caller(name).get(f"/patients/{number(person)}").text
    page = phil.done(f"/patients/{number(person)}/sessions")["location"].split("/")[2]
    assert small.state(f"session/{page}")["planned_at"] == "2026-12-01"
    assert small.caller("maud").data("/site/library")["today"] == "2026-12-01"


def test_the_desk_counts_the_links_that_the_outbox_shows(small):
    person, nina = small.accepted(), small.caller("nina")
    for days in ("1", "14"):
        nina.done(f"/patients/{number(person)}/links", {"scales": "PHQ-9", "days": days})
    small.go(days=2)
    nina = small.caller("nina")
    assert (nina.data("/today")["outbox"], len(nina.data("/outbox")["waiting"])) == (1, 1)


def test_the_auditor_reads_who_broke_the_glass_by_name(small):
    person = small.person(clinic="south")
    small.caller("nina").done("/break-glass", {"person": person, "reason": "emergency"})
    assert [one["user"] for one in small.caller("adam").data("/audit")["glass"]] == ["nina"]


def test_the_first_infusion_is_the_one_that_began_first():
    sessions = [("", {"started": {"at": "2026-12-03"}}), ("", {"started": {"at": "2026-12-01"}})]
    scores = [{"scale": "PHQ-9", "value": 9, "at": "2026-12-02"}]
    assert missing({"scores": scores}, sessions) == [
        "There is no whole PHQ-9 from before the first infusion.",
        "There is no PHQ-9 since the last infusion.",
    ]


def test_a_server_answers_to_no_name_that_it_was_not_given(small):
    small.app = make_app(small.centre)
    assert small.caller().get("/").status_code == 403


def test_what_a_child_said_of_its_failure_is_on_no_public_page(monkeypatch):
    def failed(words, what):
        raise Refused(f"The {what} cannot be computed: Traceback, line 3 of a file")

    monkeypatch.setattr(article_figures, "_drawn", {})
    monkeypatch.setattr(article_figures, "answered", failed)
    assert article_figures.article_figures() == ({}, "The figures of the article cannot be computed.")
