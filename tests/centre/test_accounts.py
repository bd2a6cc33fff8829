"""Accounts: passwords, second factor, sessions, back-off; nothing has a default."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pyotp
import pytest
from centre.small_centre import PASSWORD
from sqlalchemy import select

from limen.centre.accounts import backoff, passwords, sessions, users
from limen.centre.records.tables import app_user, web_session
from limen.centre.refusals import Refused, TooMany


def row(small, name="nina"):
    with small.centre.database.reading() as connection:
        return users.find(connection, name=name)


def signed_in(small, secret, name="nina"):
    caller = small.caller()
    caller.done("/login", {"name": name, "password": PASSWORD})
    return caller, caller.post("/mfa", {"code": pyotp.TOTP(secret).at(small.clock.wall)})


def test_a_password_is_kept_as_argon2id(small, real_hashes):
    small.with_password("nina")
    assert row(small)["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords._NOBODY.startswith("$argon2id$v=19$m=19456,t=2,p=1$"), "a wrong name would be told by its time"
    assert real_hashes is None


def test_a_short_name_may_lie_in_a_password_by_chance():
    for name in ("al", "a_"):
        passwords.check_password("seven equal bottles walk", name)


def test_half_a_sign_in_ends_when_it_is_idle(small):
    with small.centre.database.writing() as connection:
        user = users.find(connection, name="nina")["id"]
        half = sessions.begin(connection, user, "nurse", sessions.SECOND_FACTOR, small.clock.wall)
        assert sessions.find(connection, half, small.clock.wall) is not None
        small.go(minutes=16)
        assert sessions.find(connection, half, small.clock.wall) is None


@pytest.mark.parametrize("bad", ["short", "passwordpassword", "nina nina nina nina"])
def test_a_weak_password_is_refused(bad):
    with pytest.raises(Refused):
        passwords.check_password(bad, "nina")


def test_a_password_alone_opens_nothing(small):
    small.with_password("nina")
    caller = small.caller()
    caller.done("/login", {"name": "nina", "password": PASSWORD})
    assert caller.get("/today", json=True).status_code == 401


def test_password_and_code_open_the_door_and_the_session_has_a_new_id(small):
    secret = small.with_password("nina")
    small.go(seconds=60)
    caller = small.caller()
    caller.done("/login", {"name": "nina", "password": PASSWORD})
    half = caller.client.cookies.get("__Host-limen")
    assert caller.post("/mfa", {"code": pyotp.TOTP(secret).at(small.clock.wall)}).status_code == 200
    assert caller.client.cookies.get("__Host-limen") != half
    assert caller.get("/today").status_code == 200
    caller.client.cookies.set("__Host-limen", half, domain="testserver.local", path="/")
    assert caller.get("/today", json=True).status_code == 401


def test_a_code_is_taken_once(small):
    secret = small.with_password("nina")
    small.go(seconds=60)
    _, first = signed_in(small, secret)
    _, again = signed_in(small, secret)
    assert (first.status_code, again.status_code) == (200, 401)


def test_a_recovery_code_is_taken_once(small):
    small.with_password("nina", factor=False)
    with small.centre.database.writing() as connection:
        secret = pyotp.random_base32()
        code = pyotp.TOTP(secret).at(small.clock.wall)
        codes = users.enrol(
            connection, small.centre.ring, row(small)["id"], secret=secret, code=code, now=small.clock.wall
        )
    answers = []
    for _ in range(2):
        caller = small.caller()
        caller.done("/login", {"name": "nina", "password": PASSWORD})
        answers.append(caller.post("/mfa", {"code": codes[0]}).status_code)
    assert answers == [200, 401]


def test_a_second_factor_is_set_up_on_the_first_way_in(small):
    small.with_password("nina", factor=False)
    caller = small.caller()
    assert caller.done("/login", {"name": "nina", "password": PASSWORD})["location"] == "/mfa/new"
    secret = caller.data("/mfa/new")["secret"]
    assert caller.post("/mfa/new", {"code": "000000"}).status_code == 422
    answer = caller.post("/mfa/new", {"code": pyotp.TOTP(secret).at(small.clock.wall)})
    assert len(answer.json()["codes"]) == 8
    assert caller.get("/today").status_code == 200


def test_a_thousand_guesses_hash_at_most_twenty_and_the_refusal_never_says_what_was_wrong(small, monkeypatch):
    small.with_password("nina")
    hashed = []
    verify = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *words: hashed.append(1) or verify(*words))
    caller, answers = small.caller(), []
    for k in range(1000):
        answers.append(caller.post("/login", {"name": "nina" if k % 2 else "nobody", "password": f"guess {k}"}))
        small.go(seconds=0.06)
    assert len(hashed) <= 20
    wrong = {answer.json()["error"] for answer in answers if answer.status_code == 401}
    assert len(wrong) == 1
    assert {answer.status_code for answer in answers} == {401, 429}
    small.go(minutes=20)
    assert caller.post("/login", {"name": "nina", "password": PASSWORD}).status_code == 200


def test_twenty_people_behind_one_address_sign_in_at_once_and_twenty_guesses_stop_there(small):
    def begun(count, name):
        with small.centre.database.writing() as connection:
            return [backoff.begin(connection, f"{name}{k}", "10.0.0.1", small.clock.wall) for k in range(count)]

    def settled(attempts, outcome):
        with small.centre.database.writing() as connection:
            for one in attempts:
                backoff.settle(connection, one, outcome)

    staff = begun(20, "staff")
    with pytest.raises(TooMany):
        begun(1, "late")
    settled(staff, backoff.HALF)
    guesses = begun(20, "guess")
    settled(guesses, backoff.FAILED)
    with pytest.raises(TooMany, match="wait 901 s"):
        begun(1, "again")


def test_guessing_codes_is_slowed_down_too(small):
    small.with_password("nina")
    caller = small.caller()
    caller.done("/login", {"name": "nina", "password": PASSWORD})
    answers = [caller.post("/mfa", {"code": f"{k:06d}"}).status_code for k in range(30)]
    assert 429 in answers


@pytest.mark.parametrize(("minutes", "open_"), [(14, True), (16, False)])
def test_an_idle_session_ends(small, minutes, open_):
    caller = small.caller("nina")
    small.go(minutes=minutes)
    assert (caller.get("/today", json=True).status_code == 200) is open_


def test_a_session_ends_after_half_a_day_whatever_is_done(small):
    caller = small.caller("nina")
    for _ in range(72):
        small.go(minutes=10)
        last = caller.get("/tasks", json=True).status_code
    assert last == 401


def test_signing_out_ends_the_session_on_the_server(small):
    caller = small.caller("nina")
    cookie = caller.client.cookies.get("__Host-limen")
    caller.done("/logout")
    caller.client.cookies.set("__Host-limen", cookie, domain="testserver.local", path="/")
    assert caller.get("/today", json=True).status_code == 401


def test_one_of_the_own_sessions_can_be_ended_from_another(small):
    here, there = small.caller("nina"), small.caller("nina")
    rows = here.data("/account")["sessions"]
    other = next(one["id"] for one in rows if not one["here"])
    here.done("/account/end", {"session": other})
    assert there.get("/today", json=True).status_code == 401
    assert here.get("/today").status_code == 200


def test_switching_the_role_gives_a_new_id_and_only_own_roles(small):
    with small.centre.database.writing() as connection:
        users.set_grants(connection, row(small)["id"], [("nurse", "north"), ("auditor", "*")])
    caller = small.caller("nina")
    before = caller.client.cookies.get("__Host-limen")
    assert caller.post("/account/role", {"role": "admin"}).status_code == 403
    caller.done("/account/role", {"role": "auditor"})
    assert caller.client.cookies.get("__Host-limen") != before
    assert caller.get("/audit").status_code == 200
    assert caller.get("/today", json=True).status_code == 403


def test_the_setup_link_works_once_and_has_an_end(small):
    with small.centre.database.writing() as connection:
        _, secret = users.invite(connection, "newby", "Newby", [("nurse", "north")], small.clock.wall)
        _, late = users.invite(connection, "later", "Later", [("nurse", "north")], small.clock.wall)
    form = {"password": PASSWORD, "again": PASSWORD}
    assert small.caller().get(f"/setup/{secret}").status_code == 200
    small.caller().done(f"/setup/{secret}", form)
    assert small.caller().post(f"/setup/{secret}", form).status_code == 404
    small.go(days=8)
    assert small.caller().post(f"/setup/{late}", form).status_code == 404


def test_a_set_up_link_of_before_opens_nothing_to_somebody_who_is_locked_out(small):
    with small.centre.database.writing() as connection:
        user, secret = users.invite(connection, "newby", "Newby", [("nurse", "north")], small.clock.wall)
        users.lock(connection, user, small.clock.wall)
    assert small.caller().post(f"/setup/{secret}", {"password": PASSWORD, "again": PASSWORD}).status_code == 404
    assert row(small, "newby")["state"] == users.LOCKED


def test_no_secret_lies_in_the_database_as_it_is_used(small):
    secret = small.with_password("nina")
    caller = small.caller("nina")
    cookie = caller.client.cookies.get("__Host-limen")
    with small.centre.database.reading() as connection:
        kept = [
            *map(str, connection.execute(select(app_user)).all()),
            *map(str, connection.execute(select(web_session)).all()),
        ]
    assert not any(word in line for line in kept for word in (secret, cookie, PASSWORD))


def test_a_second_factor_that_was_lost_is_taken_away_by_another_administrator_with_a_reason(small):
    small.with_password("nina")
    ada = small.caller("ada")
    assert ada.post("/admin/users/nina", {"action": "factor"}).status_code == 422
    ada.done("/admin/users/nina", {"action": "factor", "reason": "lost her phone"})
    assert row(small)["totp"] is None
    assert ada.post("/admin/users/ada", {"action": "factor", "reason": "mine"}).status_code == 422


class Counting:
    """A hasher that is slow and counts how many are at it."""

    def __init__(self):
        self.at_it, self.most, self.lock = 0, 0, Lock()

    def verify_and_update(self, *_):
        with self.lock:
            self.at_it += 1
            self.most = max(self.most, self.at_it)
        time.sleep(0.01)
        with self.lock:
            self.at_it -= 1
        return False, None

    def hash(self, _):
        return f"{self.verify_and_update()}"


def test_at_most_two_passwords_are_hashed_at_once(monkeypatch):
    hasher = Counting()
    monkeypatch.setattr(passwords, "_hasher", hasher)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda k: passwords.matches(PASSWORD, "x") if k % 2 else passwords.hashed(PASSWORD), range(20)))
    assert hasher.most == 2
    assert issubclass(TooMany, Refused)
    assert sessions.ID_BYTES == 32


def test_a_code_that_another_sign_in_used_a_moment_ago_is_refused(small, monkeypatch):
    secret = small.with_password("nina")
    small.go(seconds=60)
    caller = small.caller()
    caller.done("/login", {"name": "nina", "password": PASSWORD})

    def used_meanwhile(connection, *_):
        connection.execute(app_user.update().values(totp_last_step=2**31))

    monkeypatch.setattr(backoff, "refuse_if_guessing", used_meanwhile)
    assert caller.post("/mfa", {"code": pyotp.TOTP(secret).at(small.clock.wall)}).status_code == 401


def test_half_a_day_is_counted_from_signing_in_and_not_from_the_last_switch_of_role(small):
    caller = small.caller("nina")
    for _ in range(70):
        small.go(minutes=10)
        assert caller.get("/account").status_code == 200
    caller.done("/account/role", {"role": "nurse"})
    small.go(minutes=14)
    assert caller.get("/account").status_code == 200
    small.go(minutes=10)
    assert caller.get("/account").status_code == 303


def test_a_token_is_revoked_with_a_reason_and_the_trail_says_so(small):
    ada, outside = small.caller("ada"), small.caller()
    headers = {"authorization": f"Bearer {ada.done('/admin/tokens', {'name': 'lab', 'scope': 'system/*.rs'})['token']}"}
    assert outside.client.get("/fhir/R4/Patient", headers=headers).status_code == 200
    name = ada.data("/admin")["tokens"][0]["id"]
    assert ada.post(f"/admin/tokens/{name}").status_code == 422
    ada.done(f"/admin/tokens/{name}", {"reason": "the machine was sold"})
    assert outside.client.get("/fhir/R4/Patient", headers=headers).status_code == 401
    assert ada.post(f"/admin/tokens/{name}", {"reason": "again"}).status_code == 404
    line = next(one for one in small.centre.trail.lines(limit=5) if one["action"] == "token revoked")
    assert (line["object"], line["reason"]) == ("lab", "the machine was sold")
