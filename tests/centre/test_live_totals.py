"""What has flowed: the integral of the rate, whatever happens to the session, the process or the wall clock."""

import os
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from centre.small_centre import MONDAY, PLAN, fresh
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from limen.centre.care import infusion
from limen.centre.care.sitting import commands_for
from limen.centre.centre import make_centre, open_centre
from limen.centre.clock import SetClock
from limen.centre.live.clocked import question
from limen.centre.live.numbers import sheet, two
from limen.centre.records.store import Command, fold

RATES = st.decimals("0.1", "100", places=3)
STEPS = 50


class Session(RuleBasedStateMachine):
    """A session beside a slow plain oracle that adds up rate times seconds, second by second where they passed."""

    centre, clock, folder, made, steps = None, None, None, 0, 0

    def __init__(self):
        super().__init__()
        if Session.centre is None:
            memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
            Session.folder = tempfile.TemporaryDirectory(dir=memory)
            Session.clock = SetClock(MONDAY)
            Session.centre = make_centre(Path(Session.folder.name) / "centre", clock=Session.clock)
        Session.made += 1
        Session.steps -= 1  # what holds is looked at once before the first step
        self.record = f"session/s{Session.made}"
        self.last = None
        self.rate, self.resumed, self.mg, self.segments = Fraction(0), Fraction(0), Fraction(0), []
        self.status = "planned"
        self.do("opened", {"person": "person/p", "clinic": "north", "plan": PLAN, "planned_at": "2026-11-30"})
        ticks = dict.fromkeys(infusion.CHECKLIST, "yes")
        self.do("checked", {**ticks, "weight_kg": "70", "findings": [], "decisions": []})
        self.status = "checked"

    def do(self, kind, body):
        self.last = Command(self.record, kind, body, fresh(), "nina", person="person/p")
        first = self.centre.store.events(self.record)
        commands = commands_for(self.centre, self.last) if first else [self.last]
        self.acks = self.centre.store.record(*commands)

    def pass_time(self, seconds):
        self.clock.go(seconds=seconds)
        self.mg += self.rate * Fraction(str(seconds)) / 3600
        self.segments.append((self.rate, Fraction(str(seconds))))

    @rule(seconds=st.integers(1, 4000).map(lambda ms: ms / 4))
    def wait(self, seconds):
        self.pass_time(seconds)

    @precondition(lambda self: self.status == "checked")
    @rule(rate=RATES)
    def start(self, rate):
        self.do("start", {"rate_mg_per_h": f"{rate}"})
        self.status, self.rate = "running", Fraction(rate)

    @precondition(lambda self: self.status in ("running", "paused"))
    @rule(rate=RATES)
    def change(self, rate):
        self.do("rate", {"rate_mg_per_h": f"{rate}"})
        if self.status == "running":
            self.rate = Fraction(rate)
        else:
            self.resumed = Fraction(rate)

    @precondition(lambda self: self.status == "running")
    @rule()
    def pause(self):
        self.do("pause", {})
        self.status, self.resumed, self.rate = "paused", self.rate, Fraction(0)

    @precondition(lambda self: self.status == "paused")
    @rule()
    def go_on(self):
        self.do("resume", {})
        self.status, self.rate = "running", self.resumed

    @precondition(lambda self: self.status in ("running", "paused"))
    @rule(mg=st.decimals("0.1", "20", places=2))
    def bolus(self, mg):
        self.do("bolus", {"mg": f"{mg}"})
        self.mg += Fraction(mg)
        self.boluses = [*getattr(self, "boluses", []), (self.acks[-1].seq, Fraction(mg))]

    @precondition(lambda self: bool(getattr(self, "boluses", [])))
    @rule(mg=st.decimals("0.1", "20", places=2))
    def correct(self, mg):
        seq, before = self.boluses[-1]
        self.do("correct", {"at_seq": seq, "values": {"mg": f"{mg}"}, "reason": "misread"})
        self.boluses[-1] = (seq, Fraction(mg))
        self.mg += Fraction(mg) - before

    @precondition(lambda self: self.status in ("running", "paused") and len(self.segments) > 12)
    @rule()
    def stop(self):
        self.do("stop", {"reason": "test"})
        self.status, self.rate = "stopped", Fraction(0)

    @rule()
    def retry(self):
        before = self.centre.store.events(self.record)
        assert self.centre.store.record(self.last)[0].replayed
        assert self.centre.store.events(self.record) == before

    @rule()
    def crash(self):
        before = self.centre.store.state(self.record)
        self.centre.database.engine.dispose()
        Session.centre = open_centre(self.centre.data, clock=self.clock)
        assert self.centre.store.state(self.record) == before

    @rule(hours=st.sampled_from([-1, 1]))
    def move_the_wall_clock(self, hours):
        self.clock.jump_wall(seconds=3600 * hours)

    @invariant()
    def every_step_counts(self):
        Session.steps += 1

    @invariant()
    def the_total_is_the_integral_of_the_rate(self):
        state, now = self.centre.store.state(self.record), self.clock.now()
        if state.get("segments"):
            found = infusion.delivered_mg(state, now)
            assert abs(found - self.mg) <= Fraction(1, 10**9)

    @invariant()
    def the_state_is_what_its_events_fold_to(self):
        assert fold(self.record, self.centre.store.events(self.record)) == self.centre.store.state(self.record)

    @invariant()
    def the_model_is_asked_about_the_same_amount(self):
        state, now = self.centre.store.state(self.record), self.clock.now()
        asked = question(state, now)
        if asked is not None:
            mg = sum(
                float(one["rate_mg_per_h"]) * (one["end_min"] - one["begin_min"]) / 60 for one in asked["segments"]
            )
            mg += sum(float(one["mg"]) for one in asked["boluses"])
            assert mg == pytest.approx(float(self.mg), abs=0.02)

    def teardown(self):
        assert (
            sheet(self.centre, self.record)["total_mg"]
            == two(infusion.delivered_mg(self.centre.store.state(self.record), self.clock.now()))
            or not self.segments
        )


def test_whatever_happens_the_total_is_the_integral_of_the_rate():
    """Two thousand steps in all with LIMEN_STEPS=2000, as `make verify-live` asks; fewer in a quick run."""
    asked = int(os.environ.get("LIMEN_STEPS", "300"))
    runs, Session.steps = asked * 5 // (4 * STEPS), 0  # some sessions end before their last step
    some = settings(
        max_examples=runs, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
    )
    try:
        run_state_machine_as_test(Session, settings=some)
        assert Session.steps >= asked
    finally:
        Session.centre.close()
        Session.folder.cleanup()
        Session.centre = None


def test_amounts_are_written_by_the_one_formatter():
    assert two(Fraction(1, 3)) == "0.33"
    assert two(Fraction(20)) == "20"
