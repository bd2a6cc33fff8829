"""The interface as it is described: every route in it, every page with a JSON twin, no case of it an error of ours."""

import os

import pytest
import schemathesis
from centre.small_centre import MONDAY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limen.centre.accounts.roles import LINK, MACHINE
from limen.centre.web.app import all_doors
from limen.centre.web.doors import PART

#: `make verify-centre` asks for many more.
CASES = int(os.environ.get("LIMEN_CASES", "60"))
ROLES = ("phil", "maud", "ada", "dora", "adam", None)
#: What ends a session of the test itself, or writes a whole backup for each case.
LEFT_OUT = (
    "/logout",
    "/account/role",
    "/account/sessions",
    "/admin/backup",
    "/admin/restore-test",
    "/login",
    "/unlock",
)
#: Answers that are files and not pages.
FILES = ("/assets/{name}", "/favicon.ico", "/metrics", "/patients/{id}/csv", "/bookings/{id}/visit.ics")
MACHINE_TYPES = ("application/json", "application/fhir+json")


def described(app):
    return app.app.state.described()


@pytest.fixture
def lived_in(small):
    """A running session and callers of several roles; gives them and the parts of addresses that are there."""
    person, session, _ = small.running()
    slot = f"slot/north-{MONDAY.isoformat()}"
    start = {"clinic": "north", "start": "2026-11-30T12:00:00.000+00:00", "minutes": 60, "what": "infusion"}
    small.record(slot, "opened", start)
    small.record(slot, "booked", {"person": person, "what": "infusion"}, person=person)
    task = {"kind": "call back", "person": person, "clinic": "north", "owner": "nurse", "why": "call"}
    small.record("task/one", "opened", {**task, "due": "2026-11-30T12:00:00.000+00:00"}, person=person)
    ids = {
        "patients": person.partition("/")[2],
        "sessions": session,
        "bookings": slot.partition("/")[2],
        "tasks": "one",
    }
    callers = {name: small.caller(name) for name in ROLES}
    token = callers["ada"].done("/admin/tokens", {"name": "registry", "scope": "system/*.rs"})["token"]
    callers[None].headers["authorization"] = f"Bearer {token}"
    return small, callers, ids


def real(path, ids):
    """An address with the parts that are there."""
    return PART.sub(lambda _: ids.get(path.split("/")[1], "none"), path)


def test_every_route_is_described_with_its_parts_and_its_words(small):
    paths = described(small.app)["paths"]
    for door in all_doors():
        found = paths[door.path.replace(":path", "")][door.method.lower()]
        parts = {one["name"] for one in found.get("parameters", []) if one["in"] == "path"}
        assert parts == set(PART.findall(door.path)), door.path
        if not door.safe:
            content = found["requestBody"]["content"]
            words = next(iter(content.values()))["schema"]["properties"]
            assert set(words) == set(door.fields), door.path


def test_every_page_has_a_json_twin_with_the_same_status(lived_in):
    small, callers, ids = lived_in
    for door in all_doors():
        if not door.safe or door.path in FILES or door.may in (LINK, MACHINE):
            continue
        path = real(door.path, ids)
        for name in ("maud", "adam", "ada"):
            page, twin = callers[name].get(path), callers[name].get(path, json=True)
            assert page.status_code in (twin.status_code, 303), (path, name)
            if twin.status_code != 303:
                assert twin.headers["content-type"].partition(";")[0] in MACHINE_TYPES, (path, name)
                assert isinstance(twin.json(), dict), (path, name)
    assert small


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_case_that_the_description_allows_makes_an_error_of_ours(lived_in, data):
    small, callers, ids = lived_in
    operation = data.draw(st.sampled_from(operations(small)))
    caller = callers[data.draw(st.sampled_from(ROLES))]
    case = data.draw(operation.as_strategy())
    asked = case.as_transport_kwargs(base_url="https://testserver")
    if data.draw(st.booleans()):
        asked["url"] = f"https://testserver{real(operation.path, ids)}"
    asked.pop("cookies", None)
    asked["headers"] = {
        **asked["headers"],
        **caller.headers,
        "x-csrf-token": caller.csrf,
        "accept": data.draw(st.sampled_from(ACCEPT)),
    }
    answer = caller.client.request(**asked)
    assert answer.status_code < 500, (asked, answer.text)
    assert "default-src 'self'" in answer.headers["content-security-policy"], asked


ACCEPT = ("text/html", "application/json")
_operations = []


def operations(small):
    """The described operations, read once."""
    if not _operations:
        schema = schemathesis.openapi.from_dict(described(small.app))
        found = (one.ok() for one in schema.get_all_operations())
        _operations.extend(one for one in found if not one.path.startswith(LEFT_OUT))
    return _operations
