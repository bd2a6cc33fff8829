"""Who computes a trial, and what stopped it, changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from trial_specs import KETAMINE, SALINE, SIX, certain, trial

from limen.quantities import InputError
from limen.trials import execution, kept, run_trial
from limen.trials.execution import Work, completed
from limen.trials.kept import Folder
from limen.trials.running import parts_of

LARGE = trial(replace(KETAMINE, schedule=SIX, n=40), replace(SALINE, schedule=SIX, n=40), draws=300)
LONG = replace(LARGE, draws=2000)
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
if __name__ == "__main__":
    from unit.trials.test_trial_runs import LONG
    from limen.trials import run_trial
    run_trial(LONG, workers=2, to=Path(sys.argv[2]))
"""


def as_bytes(answer):
    return json.dumps(answer).encode()


def test_one_two_and_four_workers_give_the_same_bytes():
    answers = {workers: as_bytes(run_trial(LARGE, workers=workers)) for workers in (1, 2, 4)}
    assert answers[1] == answers[2] == answers[4]


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_bytes():
    distributed = pytest.importorskip("distributed", reason="Dask is in the extra limen[trials]")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as here:
        assert as_bytes(run_trial(LARGE, scheduler=here.scheduler_address)) == as_bytes(run_trial(LARGE))


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(execution, "SCHEDULER_WAIT_S", 1)
    with pytest.raises(InputError, match=r"use --workers\.$"):
        run_trial(trial(), scheduler="tcp://127.0.0.1:9")


def test_no_worker_at_all_is_refused():
    with pytest.raises(InputError, match="at least one worker, got 0"):
        list(completed(Work((), certain()), {}, workers=0))


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    whole = run_trial(LARGE, to=tmp_path / "whole")
    stopped = tmp_path / "stopped"
    keep = Folder.keep

    def keep_two(folder, number, tallies):
        if number == 2:
            raise KeyboardInterrupt
        keep(folder, number, tallies)

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "keep", keep_two)
        with pytest.raises(KeyboardInterrupt):
            run_trial(LARGE, to=stopped)
    assert not (stopped / kept.RESULT).exists()
    assert run_trial(LARGE, to=stopped) == whole
    assert (stopped / kept.RESULT).read_bytes() == (tmp_path / "whole" / kept.RESULT).read_bytes()


def test_a_part_that_is_cut_short_is_computed_again(tmp_path):
    whole = run_trial(LARGE, to=tmp_path)
    part = Folder(tmp_path).part(1)
    part.write_bytes(part.read_bytes()[:100])
    Folder(tmp_path).part(0).write_bytes(b"")
    assert run_trial(LARGE, to=tmp_path) == whole


def test_a_folder_of_another_trial_is_left_alone(tmp_path):
    run_trial(trial(), to=tmp_path)
    before = Folder(tmp_path).part(0).read_bytes()
    with pytest.raises(InputError, match="another trial"):
        run_trial(trial(seed=2), to=tmp_path)
    assert Folder(tmp_path).part(0).read_bytes() == before


def test_a_disk_that_fills_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept.os, "fsync", full)
    with pytest.raises(InputError, match="no space left on device"):
        run_trial(trial(), to=tmp_path / "here")
    assert not list((tmp_path / "here").iterdir())


def test_parts_depend_on_the_trial_alone_and_hold_every_draw_once():
    parts = parts_of(LARGE)
    assert [number for trials in parts.values() for number in trials] == list(range(LARGE.draws))


def started(folder):
    """The run in processes of its own, once it has kept at least one part."""
    command = [sys.executable, "-c", RUN, str(Path(__file__).parents[2]), str(folder)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    running = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)  # noqa: S603
    while running.poll() is None and not list(folder.glob("part-*.npz")):
        time.sleep(0.02)
    return running


@pytest.mark.slow
def test_a_run_that_is_killed_ends_with_the_same_bytes_when_run_again(tmp_path):
    with started(tmp_path / "killed") as running:
        os.killpg(running.pid, signal.SIGKILL)
    assert not (tmp_path / "killed" / kept.RESULT).exists()
    assert as_bytes(run_trial(LONG, to=tmp_path / "killed")) == as_bytes(run_trial(LONG))


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    with started(tmp_path / "killed") as running:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        if not children.exists():
            os.killpg(running.pid, signal.SIGKILL)
            pytest.skip("this system does not list the children of a process")
        os.kill(int(children.read_text().split()[-1]), signal.SIGKILL)
        assert running.wait(timeout=60) == 0
    assert (tmp_path / "killed" / kept.RESULT).exists()
    assert as_bytes(run_trial(LONG, to=tmp_path / "killed")) == as_bytes(run_trial(LONG))
