"""From the first question to the call: nothing is kept before consent, and after it nobody is lost."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from centre.small_centre import MONDAY, SmallCentre, fresh
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from limen.centre.care.duty import sweep
from limen.centre.centre import make_centre
from limen.centre.clock import SetClock
from limen.centre.intake.form import DO_NOT_KNOW, facts_of, questions
from limen.centre.records.tables import person_index, record_event
from limen.centre.refusals import Refused
from limen.centre.web import article_figures
from limen.centre.web.app import make_app
from limen.evidence import claims

ANSWERS = {"flag": "no", "number": "40", "choice": None, "item": None}


def answer_of(question):
    given = {"weight": "70", "height": "170", "age": "40", "benzodiazepine_mg_d": "0"}
    if question["kind"] == "number":
        return given[question["id"]]
    return "no" if question["kind"] == "flag" else question["choices"][1]


def fill_in(caller, *, answer=answer_of):
    """Answer every question; gives the last page's data."""
    data = caller.done("/intake", {})
    seen = []
    while "question" in data:
        seen.append(data["question"]["id"])
        data = caller.done(
            "/intake",
            {
                "token": data["token"],
                "question": data["question"]["id"],
                "answer": answer(data["question"]),
                "go": "next",
            },
        )
    return data, seen


def send(caller, token, **more):
    form = {
        "token": token,
        "name": "Ben Test",
        "phone": "555 0199",
        "clinic": "north",
        "keep": "yes",
        "contact": "yes",
        **more,
    }
    return caller.post("/intake/consent", form)


def kept(small):
    with small.centre.database.reading() as connection:
        events = connection.execute(select(func.count()).select_from(record_event)).scalar()
        return events, connection.execute(select(func.count()).select_from(person_index)).scalar()


def test_every_question_is_a_screen_and_takes_i_do_not_know(small):
    caller = small.caller()
    data, seen = fill_in(caller, answer=lambda question: DO_NOT_KNOW)
    assert seen == [one.id for one in questions()]
    assert "token" in data
    assert "phq9_9" not in seen, "item 9 is not asked without a name"


def test_nothing_is_kept_before_consent_nor_without_it(small):
    before = kept(small)
    caller = small.caller()
    data, _ = fill_in(caller)
    assert kept(small) == before
    answer = send(caller, data["token"], keep="")
    assert answer.json()["kept"] is False
    assert kept(small) == before


def test_with_consent_there_is_a_person_a_call_back_and_a_link_and_a_second_click_adds_none(small):
    caller = small.caller()
    data, _ = fill_in(caller)
    key = fresh()
    first = send(caller, data["token"], idem_key=key)
    again = send(caller, data["token"], idem_key=key)
    assert first.json()["location"] == again.json()["location"]
    assert len(small.centre.states("person")) == 1
    tasks = [one for _, one in small.centre.states("task")]
    assert [one["kind"] for one in tasks] == ["call back"]
    assert tasks[0]["owner"] == "front desk"


def at_item9(small):
    caller = small.caller()
    data, _ = fill_in(caller)
    return caller, send(caller, data["token"]).json()["location"]


@pytest.mark.parametrize(("hours", "staffed"), [(0, True), (12, False)])
def test_item_9_shows_hours_and_contacts_before_and_a_positive_one_opens_an_owned_task_at_once(small, hours, staffed):
    small.go(hours=hours)
    caller, page = at_item9(small)
    before = caller.get(page).text
    assert "Answers are read" in before
    assert "112" in before
    assert ("Call the line." in before) is not staffed
    after = caller.get(caller.done(page, {"answer": "2"})["location"]).text
    assert "112" in after
    assert "A clinician will speak with you" in after
    task = next(one for _, one in small.centre.states("task") if one["kind"] == "suicide item")
    assert (task["owner"], task["status"]) == ("nina", "open")
    assert task["due"] > small.clock.now().wall_utc
    assert task["due"][:10] == ("2026-11-30" if staffed else "2026-12-01")


def test_a_task_that_nobody_takes_on_goes_to_the_next_person_and_then_to_the_director(small):
    caller, page = at_item9(small)
    caller.done(page, {"answer": "1"})
    owners = []
    for _ in range(5):
        small.go(minutes=61)
        sweep(small.centre)
        sweep(small.centre)
        owners.append(next(one["owner"] for _, one in small.centre.states("task") if one["kind"] == "suicide item"))
    assert owners == ["phil", "medical director", "medical director", "medical director", "medical director"]
    listed = small.caller("maud").data("/tasks")["tasks"][0]
    assert (listed["kind"], listed["overdue"], listed["mine"]) == ("suicide item", True, True)


def test_the_patient_reads_no_score_no_rank_and_no_dose(small):
    caller, page = at_item9(small)
    end = caller.get(caller.done(page, {"answer": "0"})["location"]).text
    assert "We will call you" in end
    assert not re.search(r"mg/kg|moderate|severe depression|recommended|score of", end)


def test_every_claim_but_the_live_one_has_its_figure_in_the_article(small):
    page = small.caller().get("/article").text
    bare = [one.id for one in claims() if "<svg" not in page.split(f'id="{one.id}"')[1].split("</section>")[0]]
    assert bare == ["C14"]


def test_an_article_whose_figures_cannot_be_drawn_keeps_its_words(small, monkeypatch):
    def too_late(words, what):
        raise Refused(f"The {what} took too long.")

    monkeypatch.setattr(article_figures, "_drawn", {})
    monkeypatch.setattr(article_figures, "answered", too_late)
    page = small.caller().get("/article").text
    assert page.count("The figures of the article took too long.") == len(claims()) - 1
    assert "<svg" not in page


def test_nobody_waits_for_figures_that_another_asked_for(small, monkeypatch):
    monkeypatch.setattr(article_figures, "_drawn", {})
    with article_figures._drawing:
        page = small.caller().get("/article").text
    assert page.count("Its figure is being drawn: open this page again in some seconds.") == len(claims()) - 1


def test_an_unknown_is_never_a_no():
    facts = facts_of({})
    assert set(facts.values()) <= {"unknown", None}
    assert facts_of({"bipolar": "yes"})["bipolar_without_stabiliser"] == "unknown"


def test_a_token_that_was_changed_is_refused(small):
    caller = small.caller()
    data = caller.done("/intake", {})
    assert (
        caller.post("/intake", {"token": data["token"][:-4] + "AAAA", "question": "goal", "answer": "Mood"}).status_code
        == 422
    )


def test_a_link_of_somebody_is_of_nobody_else_and_ends(small):
    caller, page = at_item9(small)
    token = page.split("/")[2]
    assert caller.get(f"/p/{token}").status_code == 200
    assert caller.get(f"/p/{'0' * 32}.{token.partition('.')[2]}").status_code == 403
    small.go(days=15)
    assert caller.get(f"/p/{token}").status_code == 403


def test_a_booking_takes_a_slot_once(small):
    dora = small.caller("dora")
    dora.done("/slots", {"clinic": "north", "first_day": "2026-12-01", "days": "1", "minutes": "30"})
    caller = small.caller()
    slot = caller.data("/consult?clinic=north")["times"][0]["id"]
    form = {"slot": slot, "name": "Ada", "phone": "1", "contact_consent": "yes"}
    assert caller.post("/consult", {**form, "contact_consent": ""}).status_code == 422
    key = fresh()
    assert caller.post("/consult", {**form, "idem_key": key}).status_code == 200
    assert caller.post("/consult", {**form, "idem_key": key}).status_code == 200
    assert caller.post("/consult", form).status_code == 409
    assert slot not in [one["id"] for one in caller.data("/consult?clinic=north")["times"]]
    assert [one["kind"] for _, one in small.centre.states("task")] == ["call back"]


class NobodyIsLost(RuleBasedStateMachine):
    """People come, leave, return and answer, out of hours too, and the server restarts: each is in a task or closed."""

    folder = None

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)  # noqa: S108
        clock = SetClock(MONDAY)
        self.small = SmallCentre(make_centre(Path(self.folder.name) / "c", clock=clock), clock)
        self.pages, self.positive, self.consented = [], 0, 0

    def teardown(self):
        if self.folder:
            self.small.centre.close()
            self.folder.cleanup()

    @rule(keep=st.booleans())
    def somebody_fills_in_the_form(self, keep):
        caller = self.small.caller()
        token = caller.done(
            "/intake", {"token": "", "question": questions()[-2].id, "answer": "Up to an hour", "go": "next"}
        )["token"]
        answer = send(caller, token, keep="yes" if keep else "")
        if keep:
            self.consented += 1
            self.pages.append(answer.json()["location"])

    @rule(k=st.integers(0, 99), value=st.sampled_from(["0", "1", "3", "no answer"]))
    def somebody_answers_item_9(self, k, value):
        if self.pages:
            page = self.pages[k % len(self.pages)]
            answer = self.small.caller().post(page, {"answer": value})
            self.positive += answer.status_code == 200 and value in ("1", "3")

    @rule(minutes=st.integers(1, 4000))
    def time_passes(self, minutes):
        self.small.go(minutes=minutes)

    @rule()
    def the_server_restarts(self):
        self.small.app = make_app(self.small.centre, hosts=("testserver",))

    @rule(k=st.integers(0, 99))
    def somebody_closes_a_task(self, k):
        live = self.small.caller("nina").data("/tasks")["tasks"]
        if live:
            self.small.caller("nina").done(
                f"/tasks/{live[k % len(live)]['id']}", {"action": "close", "done": "spoke with them"}
            )

    @invariant()
    def each_is_in_a_task_with_an_owner_and_a_time_or_closed_by_name(self):
        tasks = [one for _, one in self.small.centre.states("task")]
        assert sum(one["kind"] == "call back" for one in tasks) == self.consented
        assert sum(one["kind"] == "suicide item" for one in tasks) == self.positive
        for one in tasks:
            assert one["owner"]
            assert one["due"]
            assert one["status"] != "closed" or one["closed"]["by"]
        late = [one for one in tasks if one["status"] != "closed" and one["due"] < self.small.clock.now().wall_utc]
        listed = self.small.caller("maud").data("/tasks")["tasks"]
        assert sum(one["overdue"] for one in listed) <= len(late)
        assert len(listed) == sum(one["status"] != "closed" for one in tasks)


#: `make verify-centre` walks for two thousand steps.
WALKS = int(os.environ.get("LIMEN_WALKS", "6"))
TestNobodyIsLost = NobodyIsLost.TestCase
TestNobodyIsLost.settings = settings(
    max_examples=WALKS, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_last_item_that_is_sent_again_makes_no_second_score_and_item_9_needs_a_phq_9(small):
    person, nina, caller = small.accepted(), small.caller("nina"), small.caller()
    for scales in ("PHQ-9", "GAD-7"):
        nina.done(f"/patients/{person.partition('/')[2]}/links", {"scales": scales, "days": "7"})
    tokens = {one["scales"][0]: one["address"].rpartition("/")[2] for one in nina.data("/outbox")["waiting"]}
    for k in range(1, 9):
        caller.done(f"/p/{tokens['PHQ-9']}/q/phq9/{k}", {"answer": "3"})
    for _ in range(3):
        caller.done(f"/p/{tokens['PHQ-9']}/q/phq9/9", {"answer": "0"}, key="last")
    assert [one["value"] for one in small.state(person)["scores"]] == [18, 24]
    assert caller.get(f"/p/{tokens['GAD-7']}/item9").status_code == 404
    assert caller.post(f"/p/{tokens['GAD-7']}/item9", {"answer": "2"}).status_code == 404
    assert len(small.state(person)["scores"]) == 2


def test_a_visitor_takes_no_key_of_the_system(small):
    caller, key = small.caller(), "slot/north-2026-12-01T08:00:00.000+00:00/opened"
    assert send(caller, fill_in(caller)[0]["token"], idem_key=key).status_code == 200
    small.caller("dora").done("/slots", {"clinic": "north", "first_day": "2026-12-01", "days": "1", "minutes": "30"})
    assert small.centre.states("slot", due_to="2026-12-01T08:01:00")
