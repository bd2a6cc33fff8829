"""Who may come in: every route of the application with every role, and what every answer carries."""

import re
from importlib.resources import files

import pytest
from centre.small_centre import PASSWORD, STAFF, fresh

from limen.centre.accounts.roles import GRANTS, LINK, MACHINE, PUBLIC, may
from limen.centre.web.app import all_doors
from limen.centre.web.doors import PART
from limen.centre.web.security import HEADERS
from limen.evidence import DISCLAIMER

DOORS = all_doors()
OPEN = (PUBLIC, LINK, MACHINE)
NAMES = [f"{door.method} {door.path}" for door in DOORS]
NOT_THERE = "0" * 32
#: Ends the session or gives it a new id, so that it would spoil the round for the others.
LEAVES = ("/logout", "/account/role")


def address(door, **parts):
    """A path with something in every part that is not there."""
    return PART.sub(lambda found: parts.get(found.group(1), NOT_THERE), door.path)


def test_every_route_is_declared_with_a_permission_and_once(small):
    routes = {(method, route.path) for route in small.app.app.routes for method in route.methods if method != "HEAD"}
    assert routes == {(door.method, door.path) for door in DOORS}
    assert len(routes) == len(DOORS)


def test_role_by_route_has_no_unexpected_success(small):
    wrong = []
    for name, (role, _) in STAFF.items():
        caller = small.caller(name)
        for door in DOORS:
            if door.may in OPEN or door.path in LEAVES:
                continue
            answer = caller.get(address(door), json=True) if door.safe else caller.post(address(door))
            if not may(role, door.may) and answer.status_code != 403:
                wrong.append((role, door.method, door.path, answer.status_code))
            if answer.status_code >= 500 or answer.status_code == 401:
                wrong.append((role, door.method, door.path, answer.status_code))
    assert not wrong


def test_nobody_gets_past_a_door_without_signing_in(small):
    outside = small.caller()
    for door in DOORS:
        if door.may not in OPEN:
            answer = outside.get(address(door), json=True) if door.safe else outside.post(address(door))
            assert answer.status_code == 401, (door.path, answer.status_code)


def test_every_role_is_one_of_the_staff_here():
    assert {role for role, _ in STAFF.values()} == set(GRANTS)


def test_every_unsafe_route_refuses_a_foreign_page(small):
    caller = small.caller("maud")
    for door in DOORS:
        if door.safe:
            continue
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
            caller.headers = headers
            answer = caller.post(address(door))
            assert answer.status_code == 403, (door.path, headers, answer.status_code)
            assert "another page" in answer.json()["error"]


def test_every_form_of_staff_needs_the_token_of_its_session(small):
    caller = small.caller("maud")
    caller.csrf = "guessed"
    for door in DOORS:
        if not door.safe and door.may not in OPEN and may("medical director", door.may):
            assert caller.post(address(door)).status_code == 403, door.path


def test_a_name_that_is_not_ours_is_refused(small):
    caller = small.caller()
    caller.headers = {"host": "rebound.example"}
    assert caller.get("/").status_code == 403


def test_every_answer_carries_the_headers(small):
    outside, maud = small.caller(), small.caller("maud")
    answers = [outside.get(address(door)) for door in DOORS if door.safe]
    answers += [maud.get(address(door)) for door in DOORS if door.safe]
    answers += [outside.get("/nowhere"), outside.post("/healthz"), outside.post("/intake", {"question": "?"})]
    assert {404, 405, 422} <= {answer.status_code for answer in answers}
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.url, name)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "no-store" in answer.headers["cache-control"] or "/assets/" in str(answer.url)
        assert answer.headers["strict-transport-security"]


def test_the_cookie_is_as_strict_as_cookies_get(small):
    small.with_password("nina")
    answer = small.caller().post("/login", {"name": "nina", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-limen=")
    for flag in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie


def test_an_error_of_ours_is_said_in_words_and_logged_without_any(small, monkeypatch, caplog):
    secret = "Ilse Brandt"  # noqa: S105

    def broken(self, *args, **more):
        raise KeyError(secret)

    monkeypatch.setattr(type(small.centre), "states", broken)
    answer = small.caller("dora").get("/today")
    assert answer.status_code == 500
    assert "nothing was kept" in answer.text
    assert "Traceback" not in answer.text
    assert secret not in answer.text + caplog.text
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    "words", ["your dose", "recommended dose", "optimal dose", "best treatment", "research use only"]
)
def test_no_template_says_what_must_not_be_said(words):
    for template in files("limen.centre.web").joinpath("templates").iterdir():
        assert words not in template.read_text(encoding="utf-8").casefold(), template.name


def test_no_template_has_an_inline_style_or_script():
    for template in files("limen.centre.web").joinpath("templates").iterdir():
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?! type=\"module\" src=)", text), template.name


def test_the_disclaimer_stands_on_every_page_word_for_word(small):
    for path in ("/", "/intake", "/consult", "/article", "/login"):
        assert DISCLAIMER in small.caller().get(path).text


def test_a_person_of_another_clinic_is_closed_until_the_glass_is_broken(small):
    person = small.person(clinic="south")
    number = person.partition("/")[2]
    nina = small.caller("nina")
    for path in ("", "/intake", "/plan", "/outcomes"):
        assert nina.get(f"/patients/{number}{path}", json=True).status_code == 403
    assert nina.post("/break-glass", {"person": person, "reason": ""}).status_code == 422
    nina.done("/break-glass", {"person": person, "reason": "emergency"})
    assert nina.get(f"/patients/{number}").status_code == 200
    assert "breaking the glass" in nina.get(f"/patients/{number}").text
    assert any(
        line["action"] == "break glass" and line["reason"] == "emergency" for line in small.centre.trail.lines(limit=50)
    )
    small.go(minutes=61)
    assert small.caller("nina").get(f"/patients/{number}").status_code == 403


def test_every_reading_of_a_chart_is_in_the_trail(small):
    person, session, _ = small.running()
    number = person.partition("/")[2]
    phil = small.caller("phil")
    for path in (
        f"/patients/{number}",
        f"/patients/{number}/intake",
        f"/patients/{number}/plan",
        f"/patients/{number}/outcomes",
        f"/sessions/{session}",
        f"/sessions/{session}/pre",
        f"/sessions/{session}/recovery",
        f"/sessions/{session}/review",
        f"/sessions/{session}/events",
    ):
        before = len(small.centre.trail.lines(patient=person, limit=500))
        assert phil.get(path).status_code == 200, path
        assert len(small.centre.trail.lines(patient=person, limit=500)) == before + 1, path


def test_the_front_desk_sees_no_score_and_no_chart(small):
    person = small.accepted(name="Ilse Brandt")
    number = person.partition("/")[2]
    page = small.caller("dora").get(f"/patients/{number}")
    assert page.status_code == 200
    assert "Ilse Brandt" in page.text
    assert "PHQ-9" not in page.text
    assert small.caller("dora").get(f"/patients/{number}/outcomes").status_code == 403


def test_the_interface_description_is_for_staff_alone(small):
    assert small.caller().get("/openapi.json", json=True).status_code == 401
    described = small.caller("nina").data("/openapi.json")["paths"]
    assert set(described) == {door.path for door in DOORS}
    assert fresh()
