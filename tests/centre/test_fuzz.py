"""Whatever is sent to whatever form, the answer is never an error of ours."""

import pytest
from centre.small_centre import fresh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limen.centre.web.app import all_doors
from limen.centre.web.doors import PART

FORMS = [
    door for door in all_doors() if not door.safe and door.path not in ("/logout", "/account/role", "/admin/backup")
]
PAGES = [door for door in all_doors() if door.safe and door.fields]
WORDS = st.one_of(
    st.sampled_from(
        ["", "0", "-1", "1", "1e9", "NaN", "1..2", "999999999999999999", "yes", "no", "person/x", "slot/x", "R5a"]
    ),
    st.text(max_size=30),
)


@pytest.fixture
def made(small):
    """Somebody with a running session, callers of the roles that may do most, and the parts of addresses."""
    person, session, _ = small.running()
    small.caller("phil").done(f"/patients/{person.partition('/')[2]}/adverse", {"words": "a", "severity": "mild"})
    ids = {"patients": person.partition("/")[2], "sessions": session}
    return small, {name: small.caller(name) for name in ("phil", "maud", "ada", "dora")}, ids


def address(door, ids, real):
    """An address with something that is there, or nothing that is."""
    kind = door.path.split("/")[1]
    return PART.sub(lambda _: ids.get(kind, "x") if real else "none", door.path)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_form_and_no_query_makes_an_error_of_ours(made, data):
    small, callers, ids = made
    door = data.draw(st.sampled_from(FORMS + PAGES))
    caller = callers[data.draw(st.sampled_from(sorted(callers)))]
    sent = {name: data.draw(WORDS) for name in door.fields if name != "idem_key" and data.draw(st.booleans())}
    path = address(door, ids, data.draw(st.booleans()))
    if door.safe:
        answer = caller.get(path, json=data.draw(st.booleans()), params=sent)
    else:
        answer = caller.post(path, sent, key=fresh())
    assert answer.status_code < 500, (door.method, path, sent, answer.text)
    assert small


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.text(max_size=12) | st.sampled_from(["start", "rate", "vitals", "score", "correct", "note", "alarm_ack"]),
    body=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "rate_mg_per_h",
                        "systolic",
                        "value",
                        "scale",
                        "at_seq",
                        "values",
                        "reason",
                        "measured_at",
                        "words",
                        "id",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
)
def test_no_event_of_a_machine_makes_an_error_of_ours(made, kind, body):
    _, callers, ids = made
    answer = callers["phil"].client.post(
        f"/sessions/{ids['sessions']}/events",
        json={"idem_key": fresh(), "kind": kind, "body": body},
        headers={"x-csrf-token": callers["phil"].csrf},
    )
    assert answer.status_code < 500, (kind, body, answer.text)


NO_DAYS = ("tomorrow", "2026-02-30", "0001-01-01", "9999-12-31", "2026-W01-1", "²", "2026-12-01T10:00")
NO_NUMBERS = ("²", "9" * 5000, "1_0", "-")


def test_a_day_or_a_number_that_is_none_is_refused_in_words_and_no_page_stumbles_over_it(made):
    small, callers, ids = made
    person, phil = f"/patients/{ids['patients']}", callers["phil"]
    for word in NO_DAYS:
        offered = {"clinic": "north", "first_day": word, "days": "1", "minutes": "30"}
        for path, sent in ((f"{person}/sessions", {"planned_at": word}), ("/slots", offered)):
            answer = phil.post(path, sent, key=fresh())
            assert (answer.status_code, "as 2026-12-31" in answer.json()["error"]) == (422, True), (path, word)
        assert phil.get("/slots", params={"day": word}).status_code == 422, word
        assert callers["dora"].post(f"{person}/identity", {"birth_date": word}, key=fresh()).status_code == 422, word
    for word in ("0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "2026-12-01", "now"):
        late = {"systolic": "120", "diastolic": "80", "measured_at": word}
        assert phil.event(ids["sessions"], "vitals", late).status_code == 422, word
    for word in NO_NUMBERS:
        scored = phil.post(f"{person}/scores", {"scale": "PHQ-9", "value": word}, key=fresh())
        assert scored.status_code == 422, word
        assert phil.get(f"/sessions/{ids['sessions']}/events", params={"after": word}).status_code == 422, word
        assert callers["maud"].post("/site/grid", {"minutes": word}, key=fresh()).status_code == 422, word
    assert phil.get(person).status_code == 200
    assert small
