"""A session afterwards: a replay holds what record and recorder hold, and words are corrected by new events."""

import io
import sys

import numpy as np
import pytest

from limen.centre.live import asking, review
from limen.centre.live.place import SIGNAL_FOLDER, folder_of
from limen.centre.live.segments import Block, Log
from limen.evidence import DISCLAIMER

BAND = {
    "p05": [1.0, 2.0, 3.0],
    "p25": [2.0, 3.0, 4.0],
    "p50": [3.0, 4.0, 5.0],
    "p75": [4.0, 5.0, 6.0],
    "p95": [5.0, 6.0, 7.0],
}
CURVES = dict.fromkeys(("concentration", "occupancy", "cadss", "systolic_mmhg"), BAND)


@pytest.fixture
def closed(small, monkeypatch):
    """A session of twelve minutes that is over, with a signal of its own, and a model that answers at once."""
    _, session, nurse = small.running()
    nurse.done(f"/sessions/{session}/live")
    log = Log(
        folder_of(small.centre) / SIGNAL_FOLDER,
        {"names": ["PMC1", "Cz"], "kinds": ["seeg", "eeg"], "sample_rate_hz": 250.0},
    )
    begin_s = small.clock.wall.timestamp()
    for k in range(720):
        if not 300 <= k < 310:
            samples = np.full((2, 250), k, dtype=np.float32)
            log.samples(Block(250 * k, float(k), samples), begin_s + k + 1, float(k))
            log.note({"what": "read", "judged_s": k, "p": [95, None], "hz": [2.5, None]}, begin_s + k + 1, float(k))
    log.close()
    small.go(minutes=5)
    assert nurse.event(session, "score", {"scale": "CADSS", "value": 4}).status_code == 201
    assert nurse.event(session, "bolus", {"mg": "2"}).status_code == 201
    small.go(minutes=5)
    assert nurse.event(session, "vitals", {"systolic": "150", "diastolic": "90", "symptoms": "no"}).status_code == 201
    small.go(minutes=2)
    assert nurse.event(session, "stop", {"reason": "test"}).status_code == 201
    asked = []
    model = asking.Model()

    def answer(words):
        asked.append(words)
        band = {"start": {"p05": 1, "p50": 3, "p95": 5}, "learnt": None}
        seen = [
            {"what": one["what"], "at_min": one["at_min"], "value": float(one["value"]), **band}
            for one in words["seen"]
        ]
        about = {"observations": len(seen), "rough": False, "effective_draws": 200}
        return {"time_min": [0.0, 5.0, 10.0], **CURVES, "start": CURVES, "foretold": seen, **about}

    monkeypatch.setattr(model, "ask", answer)
    monkeypatch.setitem(asking._MODELS, small.centre.data, model)
    return session, asked


def test_a_replay_holds_what_was_given_seen_and_read(small, closed):
    session, _ = closed
    found = small.caller("phil").data(f"/sessions/{session}/replay")
    assert found["end_min"] == pytest.approx(12)
    assert [float(one["rate_mg_per_h"]) for one in found["rates"]] == [52.5]
    assert found["given_mg"][-1] == [pytest.approx(12), pytest.approx(52.5 * 12 / 60 + 2)]
    assert [(one["what"], float(one["value"])) for one in found["observed"]] == [
        ("CADSS", 4.0),
        ("systolic_mmhg", 150.0),
        ("diastolic_mmhg", 90.0),
    ]
    assert found["signal"]["names"] == ["PMC1", "Cz"]
    assert len(found["signal"]["at_min"]) == 710
    assert found["signal"]["p"][0] == [95, None]


def test_a_stretch_of_the_replay_is_what_was_recorded_with_its_gap(small, closed):
    session, _ = closed
    physician = small.caller("phil")
    found = physician.data(f"/sessions/{session}/stretch?at_min=4.9")
    rows = found["rows"][0]
    assert found["sample_rate_hz"] == 250
    assert rows[0] == 10 * 293  # the block that ends at minute 4.9 belongs to it
    assert rows[-1] == 10 * 299
    across = physician.data(f"/sessions/{session}/stretch?at_min=5.1")["rows"][0]
    assert across[0] == 10 * 310
    assert "Nothing was recorded" in physician.data(f"/sessions/{session}/stretch?at_min=900")["unknown"]


def test_the_model_is_asked_once_about_the_whole_session_and_nothing_after_the_pump_stopped(small, closed):
    session, asked = closed
    physician = small.caller("phil")
    first = physician.data(f"/sessions/{session}/predicted")
    assert physician.data(f"/sessions/{session}/predicted") == first
    (words,) = asked
    assert words["now_min"] == pytest.approx(12)
    assert words["until_min"] <= words["now_min"]
    assert [one["what"] for one in words["seen"]] == ["CADSS", "systolic_mmhg", "diastolic_mmhg"]
    assert [one["start_inside"] for one in first["compared"]] == [True, False, False]
    assert first["compared"][0]["learnt_inside"] is None


def test_an_annotation_is_an_event_and_so_is_its_correction(small, closed):
    session, _ = closed
    physician = small.caller("phil")
    physician.done(f"/sessions/{session}/annotations", {"words": "Eyes were shut", "begin_min": "3", "end_min": "4.5"})
    record = f"session/{session}"
    (kept,) = small.centre.store.state(record)["annotations"]
    assert "Eyes" not in str(small.centre.store.events(record)[-1].body)
    change = {"words": "Eyes were open", "begin_min": "3", "at_seq": kept["seq"]}
    physician.done(f"/sessions/{session}/annotations", change)
    events = small.centre.store.events(record)
    assert [one.kind for one in events[-2:]] == ["annotation", "annotation_corrected"]
    text = physician.get(f"/sessions/{session}/review").text
    assert "Eyes were open" in text
    assert "<del>Eyes were shut</del>" in text
    assert "minute 3 to 4.5" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"words": "", "begin_min": "1"}, "words is empty"),
        ({"words": "a", "begin_min": "5", "end_min": "4"}, "before begin_min"),
        ({"words": "a", "begin_min": "1e9"}, "begin_min"),
        ({"words": "a", "begin_min": "1", "at_seq": "1"}, "no annotation"),
        ({"words": "a" * 2001, "begin_min": "1"}, "2001 letters"),
    ],
)
def test_an_annotation_that_says_nothing_or_points_nowhere_is_refused(small, closed, words, says):
    answer = small.caller("phil").post(f"/sessions/{closed[0]}/annotations", words)
    assert answer.status_code == 422
    assert says in answer.text


def test_the_report_is_one_page_with_the_disclaimer_and_can_be_kept(small, closed):
    session, _ = closed
    physician = small.caller("phil")
    shown = physician.get(f"/sessions/{session}/report").text
    assert DISCLAIMER in shown
    assert "For research. Signal and model are not for care." in shown
    assert "<style>" not in shown
    kept = physician.get(f"/sessions/{session}/report?file=yes")
    assert "attachment" in kept.headers["content-disposition"]
    assert "<style>" in kept.text
    assert "/assets/" not in kept.text
    assert "http" not in kept.text.replace("http://www.w3.org", "")
    assert "PMC1: called a rhythm in 710 of 710 judged seconds" in kept.text
    assert "your dose" not in kept.text
    assert small.caller("nina").get(f"/sessions/{session}/report").status_code == 200
    assert small.caller("nina").get(f"/sessions/{session}/report?file=yes").status_code == 403


def test_in_clinic_mode_nothing_of_the_signal_or_the_model_is_replayed(small, closed):
    physician = small.caller("phil")
    mode = small.centre.site()
    small.centre.site = lambda: {**mode, "mode": {"mode": "clinic"}}
    for path in ("replay", "predicted", "stretch?at_min=1", "report"):
        assert physician.get(f"/sessions/{closed[0]}/{path}", json=True).status_code == 422
    assert "Replay" not in physician.get(f"/sessions/{closed[0]}/review").text


def test_the_signal_as_parquet_is_what_was_recorded(small, closed):
    parquet = pytest.importorskip("pyarrow.parquet")
    answer = small.caller("phil").get(f"/sessions/{closed[0]}/signal.parquet")
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.column_names == ["time_s", "PMC1", "Cz"]
    times, values = table["time_s"].to_numpy(), table["PMC1"].to_numpy()
    assert len(times) == 710 * 250
    np.testing.assert_array_equal(values, np.floor(np.round(times * 250) / 250 + 1e-9))
    assert b'"sample_rate_hz": 250.0' in table.schema.metadata[b"limen"]


def test_without_the_package_for_parquet_the_page_says_which_to_install(small, closed, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = small.caller("phil").get(f"/sessions/{closed[0]}/signal.parquet", json=True)
    assert answer.status_code == 422
    assert "limen[trials]" in answer.text


def test_what_has_begun_by_a_moment_counts_until_then(small, closed):
    state = small.centre.store.state(f"session/{closed[0]}")
    now = small.centre.clock.now()
    given = review.timeline(state, now)["given_mg"]
    assert [mg for _, mg in given] == sorted(mg for _, mg in given)
