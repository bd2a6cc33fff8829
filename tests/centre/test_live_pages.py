"""The live screen: who may look, where it is off, and that nothing of it is told to anybody else."""

import asyncio
import contextlib
import json
import struct
import time
import warnings
from concurrent.futures import CancelledError, ThreadPoolExecutor

import numpy as np
import pytest
from centre.small_centre import PLAN, STAFF, TICKS
from starlette.websockets import WebSocketDisconnect

from limen.centre.accounts import sessions, users
from limen.centre.accounts.roles import CHART, may
from limen.centre.live import asking
from limen.centre.live.clocked import question
from limen.centre.live.door import LiveDoor
from limen.centre.live.hub import MOST_FRAMES, Hub, Viewer
from limen.centre.live.numbers import sheet
from limen.centre.live.place import SIGNAL_FOLDER, folder_of, recorder_of
from limen.centre.live.segments import Block, Log
from limen.centre.live.simulated import ASSAY
from limen.centre.live.telling import SIGNAL, SIGNAL_HEAD, WORDS, Teller, cut, message, signal_body
from limen.centre.live.wire import connect
from limen.centre.refusals import NoRoom
from limen.centre.web.pages_live import SIMULATED_PEAK
from limen.chain.exposure import occupancy_answer

with warnings.catch_warnings():
    # It asks for another client than the one that is installed; sockets need no more than this one has.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ORIGIN = {"origin": "https://testserver", "host": "testserver"}


@pytest.fixture
def live(small):
    _, session, nurse = small.running()
    assert nurse.post(f"/sessions/{session}/live").status_code == 200
    small.app.live = LiveDoor(small.centre)
    return session


def opened(small, caller, session, **headers):
    client = TestClient(small.app, base_url="https://testserver")
    cookie = {"cookie": "; ".join(f"{one.name}={one.value}" for one in caller.client.cookies.jar)}
    return client.websocket_connect(
        f"wss://testserver/sessions/{session}/live", headers={**ORIGIN, **cookie, **headers}
    )


@pytest.mark.parametrize("name", STAFF)
def test_only_who_may_read_charts_of_the_clinic_may_look(small, live, name):
    role, clinic = STAFF[name]
    caller = small.caller(name)
    if may(role, CHART) and clinic in ("north", "*"):
        seen = []
        # The client ends the application's task when it leaves, and says that it was ended.
        with contextlib.suppress(CancelledError), opened(small, caller, live) as door:
            seen.append(door.receive_json()["type"])
        assert seen == ["state"]
    else:
        with pytest.raises(WebSocketDisconnect), opened(small, caller, live) as door:
            door.receive_json()


@pytest.mark.parametrize("origin", ["https://elsewhere.example", ""])
def test_a_socket_from_another_page_is_refused(small, live, origin):
    with pytest.raises(WebSocketDisconnect), opened(small, small.caller("nina"), live, origin=origin) as door:
        door.receive_json()


def test_nobody_looks_without_signing_in(small, live):
    with pytest.raises(WebSocketDisconnect), opened(small, small.caller(), live) as door:
        door.receive_json()


def test_in_clinic_mode_there_is_no_live_screen(small, live):
    nurse = small.caller("nina")
    small.centre.site = lambda: {"mode": {"mode": "clinic"}, "clinics": {"north": {}}}
    with pytest.raises(WebSocketDisconnect), opened(small, nurse, live) as door:
        door.receive_json()
    answer = nurse.get(f"/sessions/{live}/live", json=True)
    assert answer.status_code == 422
    assert "off in clinic mode" in answer.text


def test_one_signal_belongs_to_one_session_whichever_clinic_and_step_it_is_at(small, live):
    plan = {"clinic": "south", "plan": PLAN}
    for name in ("s1", "s2"):
        person = small.person(name=f"Person {name}", clinic="south")
        small.record(f"session/{name}", "opened", {**plan, "person": person}, person=person)
        small.record(f"session/{name}", "checked", {**TICKS, "weight_kg": "70", "findings": [], "decisions": []})
    sam = small.caller("sam")
    assert sam.post("/sessions/s1/live").status_code == 409
    small.caller("nina").event(live, "stop")
    assert sam.post("/sessions/s1/live").status_code == 409
    small.go(days=1, minutes=1)
    sam = small.caller("sam")
    assert sam.post("/sessions/s1/live").status_code == 200
    assert sam.post("/sessions/s2/live").status_code == 409


def test_a_session_without_a_signal_shows_none(small):
    _, session, nurse = small.running()
    small.app.live = LiveDoor(small.centre)
    assert "No signal belongs to this session" in nurse.get(f"/sessions/{session}/live").text
    with pytest.raises(WebSocketDisconnect), opened(small, nurse, session) as door:
        door.receive_json()


def test_the_page_carries_the_disclaimer_and_says_predicted(small, live):
    text = small.caller("nina").get(f"/sessions/{live}/live").text
    assert "Alarms here do not replace a monitor or a clinician." in text
    assert "Predicted" in text


def test_a_simulated_patient_is_called_one_with_the_side_of_the_joint(small):
    _, session, nurse = small.running()
    small.record(f"session/{session}", "signal", {"recorder": "simulated"})
    text = nurse.get(f"/sessions/{session}/live").text
    assert "simulated patient" in text
    assert f"assay {ASSAY}" in text
    found = occupancy_answer(PLAN["words"], weight_kg=70.0, at_min=[40.0], assay=ASSAY)["occupancy"]["typical"]
    assert f"{found[0]:.2f}" == SIMULATED_PEAK


def test_the_numbers_are_those_of_the_record(small, live):
    small.go(minutes=10)
    found = sheet(small.centre, f"session/{live}")
    assert found["elapsed_s"] == pytest.approx(600)
    assert found["rates"] == {"mg_per_h": "52.5", "mg_per_kg_h": "0.75", "ml_per_h": "52.5"}
    assert found["total_mg"] == "8.75"


def test_what_lies_ahead_is_asked_of_the_model_with_what_was_seen(small, live, monkeypatch):
    asked = []
    model = asking.Model()
    monkeypatch.setattr(model, "ask", lambda words: (asked.append(words), {"concentration": {}})[1])
    monkeypatch.setitem(asking._MODELS, small.centre.data, model)
    nurse = small.caller("nina")
    small.go(minutes=12)
    assert nurse.event(live, "score", {"scale": "CADSS", "value": 18}).status_code == 201
    nurse.done(f"/sessions/{live}/sample", {"value_ng_per_ml": "88.5"})
    nurse.data(f"/sessions/{live}/ahead?rate_mg_per_h=20")
    (words,) = asked
    assert [one["name"] for one in words["others"]] == ["stop now", "20 mg/h"]
    assert {(one["what"], str(one["value"])) for one in words["seen"]} == {("CADSS", "18"), ("sample", "88.5")}
    assert words["now_min"] == pytest.approx(12)
    assert nurse.get(f"/sessions/{live}/ahead?rate_mg_per_h=abc", json=True).status_code == 422


def test_a_gap_of_the_signal_stands_in_the_record_once(small, live):
    door = small.app.live
    now_s = small.clock.wall.timestamp()
    gap = {"what": "gap", "begin_s": now_s, "end_s": now_s + 1.5, "seconds": 1.5, "begin_sample": 10, "end_sample": 385}
    door.record_note(gap)
    door.record_note(gap)
    door.record_note({**gap, "begin_s": now_s - 60, "end_s": now_s - 59, "seconds": 1.0})  # of another session
    events = [one for one in small.centre.store.events(f"session/{live}") if one.kind == "gap"]
    assert [one.body["seconds"] for one in events] == ["1.5"]


def test_the_loss_of_the_signal_its_medium_alarm_and_its_return_stand_in_the_record(small, live):
    door = small.app.live
    now_s = small.clock.wall.timestamp()
    low = {"what": "lost", "since_s": now_s, "seconds": 2.0, "priority": "low"}
    for note in (
        {**low, "since_s": now_s - 60},
        low,
        low,
        {**low, "seconds": 5.0, "priority": "medium"},
        {"what": "back", "since_s": now_s, "seconds": 9.0},
    ):
        door.record_note(note)
    events = [one for one in small.centre.store.events(f"session/{live}") if one.kind.startswith("signal_")]
    assert [(one.kind, one.body.get("priority")) for one in events] == [
        ("signal_lost", "low"),
        ("signal_lost", "medium"),
        ("signal_back", None),
    ]


def test_what_the_recorder_said_while_nobody_listened_is_heard_later_and_once(tmp_path):
    heard = []

    async def hear(note):
        heard.append(note)

    hub = Hub(tmp_path, hear)
    gap, low = {"what": "gap", "begin_s": 3.0}, {"what": "lost", "since_s": 1.0, "priority": "low"}
    told = [{"type": "note", **low}, {"type": "signal", "notes": [low, gap]}, {"type": "signal", "notes": [low, gap]}]

    async def tell():
        for words in told:
            await hub._hand_on(WORDS, json.dumps(words).encode())

    # In a thread of its own: the browser of another test may keep a loop running in this one.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, tell()).result()
    assert [note["what"] for note in heard] == ["lost", "gap"]


def test_a_note_that_cannot_be_kept_is_tried_again_and_the_screens_go_on(tmp_path, caplog):
    asked = []

    async def full(note):
        asked.append(note)
        if len(asked) < 3:
            raise NoRoom("The disk is full.")

    hub, viewer = Hub(tmp_path, full), Viewer()
    hub.viewers.add(viewer)
    low = {"what": "lost", "since_s": 1.0, "priority": "low"}

    async def tell():
        for _ in range(5):
            await hub._hand_on(WORDS, json.dumps({"type": "signal", "notes": [low]}).encode())

    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, tell()).result()
    assert (len(asked), len(viewer.waiting)) == (3, 5)
    assert caplog.text.count("NoRoom") == 1


def test_a_note_that_contradicts_the_record_of_one_session_is_kept_in_the_others(small, live, caplog):
    _, other, _ = small.running(name="Other Person")
    small.record(f"session/{other}", "signal", {"recorder": "test"})
    back = {"what": "back", "since_s": small.clock.wall.timestamp(), "seconds": 9.0}
    key = f"session/{live}/signal_back/{back['since_s']}/"
    small.record(f"session/{live}", "signal_back", {"since_s": "1", "seconds": "2"}, key=key)
    small.app.live.record_note(back)
    assert [one["seconds"] for one in small.state(f"session/{other}")["signal_returns"]] == ["9.0"]
    assert "contradicts" in caplog.text


def test_an_open_screen_keeps_no_session_awake(small, live):
    with small.centre.database.writing() as connection:
        row = users.find(connection, name="nina")
        secret = sessions.begin(connection, row["id"], "nurse", sessions.IN, small.clock.wall)
    headers = [(b"cookie", f"__Host-limen={secret}".encode())]
    scope = {"type": "websocket", "path": f"/sessions/{live}/live", "headers": headers, "query_string": b""}
    door = small.app.live
    for _ in range(8):
        small.go(minutes=2)
        assert door._may(door._call(scope, live)), "an infusion runs: the screen stays in view"
    with small.centre.database.reading() as connection:
        found, _ = sessions.find(connection, secret, small.clock.wall)
    assert found.step == sessions.LOCKED


def test_the_planned_end_moves_with_the_pauses(small, live):
    nurse, record = small.caller("nina"), f"session/{live}"
    small.go(minutes=10)
    assert nurse.event(live, "pause").status_code == 201
    small.go(minutes=5)
    assert sheet(small.centre, record)["until_min"] == 45
    assert nurse.event(live, "resume").status_code == 201
    small.go(minutes=5)
    assert sheet(small.centre, record)["until_min"] == 45
    assert question(small.state(record), small.clock.now())["until_min"] == 45
    assert nurse.event(live, "stop").status_code == 201
    small.go(minutes=5)
    assert sheet(small.centre, record)["until_min"] == 45


def test_the_signal_of_a_session_is_given_to_physicians_without_a_name(small, live):
    log = Log(folder_of(small.centre) / SIGNAL_FOLDER, {"names": ["Cz"], "kinds": ["eeg"], "sample_rate_hz": 250.0})
    log.samples(Block(0, 0.0, np.ones((1, 250), dtype=np.float32)), small.clock.wall.timestamp(), 0.0)
    log.close()
    small.go(minutes=1)
    physician = small.caller("phil")
    edf = physician.get(f"/sessions/{live}/signal.edf")
    assert edf.status_code == 200
    assert edf.content.startswith(b"0       X X X X")
    assert physician.get(f"/sessions/{live}/signal_events.tsv").text.startswith("onset\tduration\ttrial_type\tvalue\n")
    assert small.caller("nina").get(f"/sessions/{live}/signal.edf").status_code == 403


def test_a_slow_listener_is_not_waited_for(tmp_path):
    teller = Teller(tmp_path)
    slow, quick = connect(tmp_path), connect(tmp_path)
    teller.welcome()
    begin = time.perf_counter()
    for _ in range(3000):
        teller.send(message(SIGNAL, bytes(2000)))
        quick.settimeout(0)
        try:
            while quick.recv(1 << 20):
                pass
        except BlockingIOError:
            pass
    assert time.perf_counter() - begin < 20
    assert max(len(one.waiting) for one in teller._listeners) < 1_100_000
    assert max(one.dropped for one in teller._listeners) > 0
    slow.close()
    quick.close()
    teller.close()


def test_a_message_comes_whole_however_it_is_cut():
    data = message(WORDS, b'{"a":1}') + message(SIGNAL, bytes(30)) + message(WORDS, b"{}")
    for size in (1, 3, 7, 100):
        buffer, found = bytearray(), []
        for at in range(0, len(data), size):
            buffer += data[at : at + size]
            found += list(cut(buffer))
        assert [letter for letter, _ in found] == [WORDS, SIGNAL, WORDS]


def test_a_viewer_that_is_slow_misses_the_oldest_and_no_words():
    viewer = Viewer()
    for k in range(20):
        viewer.put(struct.pack("<I", k))
        viewer.put(f"words {k}")
    frames = [one for one in viewer.waiting if isinstance(one, bytes)]
    assert len(frames) == MOST_FRAMES
    assert struct.unpack("<I", frames[-1]) == (19,)
    assert sum(isinstance(one, str) for one in viewer.waiting) == 20
    assert viewer.dropped == 12


def test_a_frame_says_its_place_and_what_is_missing():
    body = signal_body(7, 75, 2.5, np.array([[1.0, np.nan], [-0.15, 9e9]], dtype=np.float32))
    assert SIGNAL_HEAD.unpack_from(body) == (7, 75, 2.5)
    np.testing.assert_array_equal(np.frombuffer(body, "<i2", offset=16), [10, -32768, -2, 32767])


def test_health_says_what_is_with_the_recorder(small):
    assert recorder_of(small.centre) == "not configured"
    folder_of(small.centre).mkdir()
    assert recorder_of(small.centre) == "not running"
    teller = Teller(folder_of(small.centre))
    assert recorder_of(small.centre) == "ok"
    teller.close()
