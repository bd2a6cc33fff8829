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
