"""kill -9 at any moment loses nothing that was acknowledged and records nothing twice; each yes comes after a sync."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from centre.faults import Nursery, Served, Toll, may_trace, one_kill
from centre.throwaway_postgres import Cluster, programs

KILLS = 5
KILLS_OF_POSTGRES = 2
SYNCS = 100


def test_killing_the_server_loses_no_acknowledged_event_and_doubles_none(tmp_path):
    seed = int(np.random.default_rng().integers(1 << 32))
    rng = np.random.default_rng(seed)
    served, toll, nursery = Served(tmp_path / "centre"), Toll(), Nursery()
    served.make()
    try:
        served.start()
        for k in range(KILLS):
            # The first start after a kill is a process of its own, the others copies of one that has all loaded.
            served.nursery = nursery if k else None
            one_kill(served, toll, float(rng.uniform(0.02, 0.4)), served.kill, served.start)
    finally:
        served.end()
        nursery.end()
    assert (toll.lost, toll.twice, toll.broken) == (0, 0, 0), (seed, toll)
    assert toll.kills == KILLS
    assert toll.acknowledged >= KILLS


def test_a_start_loads_no_room_of_the_science():
    """Every room that is loaded is waited for after a kill."""
    told = "import sys, limen.centre.serving; print(*sorted(name for name in sys.modules if name.startswith('limen.')))"
    words = [sys.executable, "-c", told]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603 - our own
    assert {name.split(".")[1] for name in loaded} == {"centre", "evidence", "quantities"}


def test_killing_postgresql_loses_no_acknowledged_event_and_doubles_none(tmp_path):
    found = programs()
    if found is None:
        pytest.fail("This test needs PostgreSQL. Run: sudo apt-get install postgresql")
    cluster, toll = Cluster(found, syncs=True), Toll()
    rng = np.random.default_rng(7)
    served = None
    try:
        cluster.make()
        cluster.start()
        served = Served(tmp_path / "centre", url=cluster.database("kills"))
        served.make()
        served.start()
        for _ in range(KILLS_OF_POSTGRES):
            one_kill(served, toll, float(rng.uniform(0.05, 0.4)), cluster.kill, lambda: cluster.start() or 0.0)
    finally:
        if served:
            served.end()
        cluster.end()
    assert (toll.lost, toll.twice, toll.broken) == (0, 0, 0), toll


TRACED = """
import sys
from pathlib import Path
from limen.centre.centre import open_centre
from limen.centre.records import database
from limen.centre.records.store import Command
if sys.argv[3] == "NORMAL":
    database.PRAGMAS = {**database.PRAGMAS, "synchronous": 1}
centre = open_centre(Path(sys.argv[1]))
for k in range(int(sys.argv[4])):
    centre.store.record(Command(f"session/{sys.argv[2]}", "note", {"words": "a"}, f"traced-{k}", "nina"))
    print("acknowledged", flush=True)
"""


def synced(folder, session, level, log):
    """How many acknowledgements had a sync between them and the one before."""
    words = ["strace", "-f", "-o", str(log), "-e", "trace=fsync,fdatasync,write", sys.executable, "-c", TRACED]
    subprocess.run([*words, str(folder), session, level, str(SYNCS)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    seen, count = False, 0
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if re.search(r"\b(fsync|fdatasync)\(", line):
            seen = True
        elif 'write(1, "acknowledged' in line:
            count += seen
            seen = False
    return count


def test_every_acknowledgement_comes_after_a_sync_and_a_database_without_full_fails_this_test(tmp_path):
    if not may_trace():
        pytest.skip("strace is not allowed here, so nobody can count syncs")
    served = Served(tmp_path / "centre")
    served.make()
    assert synced(served.folder, served.session, "FULL", tmp_path / "full.log") == SYNCS
    assert synced(served.folder, served.session, "NORMAL", tmp_path / "normal.log") < SYNCS / 2


#: Debian's package faketime.
FAKE_TIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@pytest.mark.skipif(not FAKE_TIME.exists(), reason="needs faketime: apt-get install faketime")
def test_an_hour_on_the_wall_to_and_fro_changes_nothing_of_what_flowed_in(tmp_path):
    """The machine's own clocks, its wall moved under the running process; the injected clock has its own test."""
    shift = tmp_path / "shift"
    shift.write_text("+0")
    faked = {
        "LD_PRELOAD": str(FAKE_TIME), "FAKETIME_TIMESTAMP_FILE": str(shift), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "PYTHONPATH": str(Path(__file__).parents[1]),
    }  # fmt: skip
    words = [sys.executable, "-m", "centre.moved_clock", str(tmp_path / "centre"), str(shift)]
    done = subprocess.run(words, env={**os.environ, **faked}, capture_output=True, text=True, check=True)  # noqa: S603
    found = json.loads(done.stdout)
    assert found["faked"]
    assert [round(float(one)) for one in found["jumps"]] == [3600, -7200, 3600]
    assert abs(found["mg"] - found["expected_mg"]) < found["slack_mg"]
