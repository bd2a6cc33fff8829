"""Virtual trials on a page: asked for, run beside the centre, compared; a page never waits for one."""

import os
import signal
import time

import pytest

from limen.centre import trial_desk

SPEC = """limen = 1
[trial]
name = "small"
scale = "MADRS"
baseline_mean = 32.0
baseline_sd = 5.0
seed = 1
draws = 20
times_days = [1, 7]
response_rule = "fall >= 50 %"
remission_rule = "score <= 10"
[[arm]]
name = "ketamine"
drug = "ketamine"
route = "iv"
dose = "0.5 mg/kg over 40 min"
schedule = "once"
comparator = "midazolam"
n = 10
[[arm]]
name = "midazolam"
drug = "midazolam"
route = "iv"
dose = "0.045 mg/kg over 40 min"
schedule = "once"
comparator = "midazolam"
n = 10
"""
LIMIT_S = 120


def asked(small, spec, name="one"):
    return small.caller("rosa").done("/trials", {"name": name, "spec": spec}, key=f"key-{name}")


def ended(small):
    """Look until the newest trial is at its end."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        run = small.caller("rosa").data("/trials")["runs"][0]
        if run["status"] != "running":
            return run
        time.sleep(0.2)
    raise TimeoutError("the trial did not end")


def test_a_trial_is_asked_for_watched_and_compared_and_one_runs_at_a_time(small):
    asked(small, SPEC)
    asked(small, SPEC)
    busy = small.caller("rosa").post("/trials", {"name": "two", "spec": SPEC})
    assert busy.status_code == 409
    run = ended(small)
    assert run["status"] == "done", run
    assert [(arm["name"], arm["n"], arm["day"]) for arm in run["arms"]] == [
        ("ketamine", 10, "7"),
        ("midazolam", 10, "7"),
    ]
    assert len(small.caller("rosa").data("/trials")["runs"]) == 1
    page = small.caller("maud").get(f"/trials/{run['id']}").text
    assert "<svg" in page
    assert "ketamine against midazolam: difference of the means" in page.replace("\n", " ")
    assert "0.5 mg/kg over 40 min" in page
    assert small.caller("nina").get("/trials").status_code == 403


def test_a_specification_that_cannot_be_used_fails_with_one_sentence(small):
    asked(small, SPEC.replace('scale = "MADRS"', 'scale = "NOSUCH"'))
    run = ended(small)
    assert run["status"] == "failed"
    assert "NOSUCH" in run["because"]
    assert str(small.centre.data) not in run["because"]


@pytest.mark.parametrize("spec", ["", "x" * 30_000])
def test_no_specification_and_a_whole_book_are_refused(small, spec):
    assert small.caller("rosa").post("/trials", {"name": "a", "spec": spec}).status_code == 422


def test_a_trial_whose_process_was_killed_is_said_to_have_failed(small):
    asked(small, SPEC)
    record, _ = small.centre.states("trial")[0]
    os.kill(trial_desk.number_in(trial_desk.folder_of(small.centre, record)), signal.SIGKILL)
    time.sleep(0.2)
    assert small.caller("rosa").data("/trials")["runs"][0]["status"] == "running"
    small.go(minutes=1)
    run = ended(small)
    assert (run["status"], run["because"]) == ("failed", trial_desk.STOPPED)
