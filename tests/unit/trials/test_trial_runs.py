"""Who computes a trial, and what stopped it, changes nothing."""

import errno
import hashlib
import json
import os
import signal
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pyarrow.parquet
import pytest
from trial_kills import LONG, PARTS, as_bytes, killed_whole, killed_worker
from trial_specs import KETAMINE, SALINE, SIX, certain, trial

from limen.quantities import InputError
from limen.trials import execution, kept, parts, run_trial
from limen.trials.designs import Design, Endpoint, Missing, Scenario, Stopping
from limen.trials.execution import Work, completed
from limen.trials.kept import Folder
from limen.trials.runs import parts_of

LARGE = trial(replace(KETAMINE, schedule=SIX, n=40), replace(SALINE, schedule=SIX, n=40), draws=300)
DESIGNED = replace(
    LARGE,
    draws=100,
    plan=Design(
        endpoint=Endpoint("change", 7.0, ("ketamine", "saline")),
        missing=Missing(0.1),
        stopping=Stopping((0.5, 1.0)),
        scenarios=(Scenario("inert", inert=True),),
    ),
)


@pytest.fixture(params=[parts.PARQUET, parts.NUMPY])
def kind(request, monkeypatch):
    """Both ways in which a part is written."""
    monkeypatch.setattr(kept, "parquet_here", lambda: request.param == parts.PARQUET)
    return request.param


def part_zero(folder, kind, number=0):
    return folder / "arms" / f"part-{number:05d}.{kind}"


def test_one_two_and_four_workers_give_the_same_bytes():
    answers = {workers: as_bytes(run_trial(LARGE, workers=workers)) for workers in (1, 2, 4)}
    assert answers[1] == answers[2] == answers[4]


@pytest.fixture(scope="module")
def cluster():
    """Two Dask workers in processes of their own."""
    distributed = pytest.importorskip("distributed", reason="Dask is in the extra limen[trials]")
    here = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    yield here
    here.close()


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_bytes(cluster, tmp_path):
    by_dask = run_trial(DESIGNED, scheduler=cluster.scheduler_address, to=tmp_path / "dask")
    assert as_bytes(by_dask) == as_bytes(run_trial(DESIGNED, to=tmp_path / "here"))
    of_dask, of_here = (json.loads((tmp_path / one / kept.INDEX).read_text()) for one in ("dask", "here"))
    assert of_dask == of_here


@pytest.mark.slow
@pytest.mark.parametrize("killed", [1, 2])
def test_dask_workers_that_are_killed_lose_nothing(cluster, killed):
    seen = []

    def first_part_then_kill(number, of):
        if not seen:
            for worker in list(cluster.workers.values())[:killed]:
                os.kill(worker.process.pid, signal.SIGKILL)
        seen.append(number)

    answer = run_trial(LONG, scheduler=cluster.scheduler_address, tell=first_part_then_kill)
    assert len(seen) == PARTS
    assert as_bytes(answer) == as_bytes(run_trial(LONG))


@pytest.mark.slow
def test_a_client_of_a_cluster_that_is_killed_goes_on_where_it_was(cluster, tmp_path):
    had = killed_whole(tmp_path / "killed", 2, cluster.scheduler_address)
    assert 2 <= had < PARTS
    again = run_trial(LONG, scheduler=cluster.scheduler_address, to=tmp_path / "killed")
    assert as_bytes(again) == as_bytes(run_trial(LONG))


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(execution, "SCHEDULER_WAIT_S", 1)
    with pytest.raises(InputError, match=r"use --workers\.$"):
        run_trial(trial(), scheduler="tcp://127.0.0.1:9")


def test_no_worker_at_all_is_refused():
    with pytest.raises(InputError, match="at least one worker, got 0"):
        list(completed(Work((), (), certain()), {}, workers=0))


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch, kind):
    whole = run_trial(DESIGNED, to=tmp_path / "whole")
    stopped = tmp_path / "stopped"
    keep, computed = Folder.keep, []

    def keep_two(folder, number, written, counted):
        if number == 2:
            raise KeyboardInterrupt
        keep(folder, number, written, counted)

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "keep", keep_two)
        with pytest.raises(KeyboardInterrupt):
            run_trial(DESIGNED, to=stopped)
    assert not (stopped / kept.RESULT).exists()
    assert run_trial(DESIGNED, to=stopped, tell=lambda number, _of: computed.append(number)) == whole
    assert min(computed) == 2
    for name in (kept.RESULT, kept.INDEX, kept.MANIFEST):
        assert (stopped / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_part_that_is_cut_short_is_computed_again(tmp_path, kind):
    whole = run_trial(DESIGNED, to=tmp_path)
    part = part_zero(tmp_path, kind, 1)
    part.write_bytes(part.read_bytes()[:100])
    part_zero(tmp_path, kind).write_bytes(b"")
    assert run_trial(DESIGNED, to=tmp_path) == whole
    assert len(part.read_bytes()) > 100


def test_a_part_without_what_was_judged_is_computed_again(tmp_path):
    whole = run_trial(DESIGNED, to=tmp_path)
    (tmp_path / "judged" / "part-00000.parquet").unlink()
    assert run_trial(DESIGNED, to=tmp_path) == whole


def test_a_folder_of_another_trial_is_left_alone(tmp_path, kind):
    run_trial(trial(), to=tmp_path)
    before = part_zero(tmp_path, kind).read_bytes()
    with pytest.raises(InputError, match=r"another trial .* the file of the trial or the posterior has changed"):
        run_trial(trial(seed=2), to=tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"version": "{version("limen")}"', '"version": "0.0.1"'))
    with pytest.raises(InputError, match=r"made by version 0\.0\.1 of Limen"):
        run_trial(trial(), to=tmp_path)
    assert part_zero(tmp_path, kind).read_bytes() == before


def test_a_folder_without_its_manifest_and_a_file_are_refused(tmp_path):
    run_trial(trial(), to=tmp_path)
    (tmp_path / kept.MANIFEST).unlink()
    with pytest.raises(InputError, match=r"without their manifest\.json"):
        run_trial(trial(), to=tmp_path)
    with pytest.raises(InputError, match="is a file"):
        run_trial(trial(), to=part_zero(tmp_path, parts.PARQUET))


def test_the_index_names_every_file_as_it_is(tmp_path):
    run_trial(DESIGNED, to=tmp_path)
    files = json.loads((tmp_path / kept.INDEX).read_text())["files"]
    assert set(files) == {str(one.relative_to(tmp_path)) for one in tmp_path.glob("*/*")}
    for name, said in files.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == said["sha256"]


def test_every_person_is_kept_where_that_is_asked_for(tmp_path):
    answer = run_trial(DESIGNED, to=tmp_path, people=True)
    people = pyarrow.parquet.read_table(tmp_path / "people")
    assert people.num_rows == DESIGNED.draws * 80
    assert people.column_names == ["trial", "arm", "person", "baseline", "day_1", "day_7"]
    rows = people.to_pydict()
    change = np.array(
        [
            np.nan if score is None else score - before
            for arm, score, before in zip(rows["arm"], rows["day_7"], rows["baseline"], strict=True)
            if arm == "ketamine"
        ]
    ).reshape(DESIGNED.draws, -1)
    assert np.nanmean(change, axis=1).mean() == pytest.approx(answer["arms"][0]["mean_change"][1], abs=1e-3)
    assert np.isfinite(change).mean() == pytest.approx(answer["missing"][0]["seen_fraction"][1], abs=1e-4)


def test_people_need_a_folder():
    with pytest.raises(InputError, match="add --to DIR"):
        run_trial(trial(), people=True)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_disk_that_fills_leaves_nothing_half_written(tmp_path, monkeypatch, after):
    """It fills at the manifest, at the first part, and half way: the same command then goes on from what is whole."""
    sync, synced = os.fsync, []

    def full(descriptor):
        if len(synced) >= after:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced.append(sync(descriptor))

    with monkeypatch.context() as patched:
        patched.setattr(kept.os, "fsync", full)
        with pytest.raises(InputError, match="no space left on device"):
            run_trial(DESIGNED, to=tmp_path / "here")
    files = [one for one in (tmp_path / "here").rglob("*") if one.is_file()]
    assert len(files) == after
    assert not any(one.name.startswith(".") for one in files)
    assert not (tmp_path / "here" / kept.RESULT).exists()
    assert run_trial(DESIGNED, to=tmp_path / "here") == run_trial(DESIGNED)


def test_parts_depend_on_the_trial_alone_and_hold_every_draw_once():
    parts = parts_of(LARGE)
    assert [number for trials in parts.values() for number in trials] == list(range(LARGE.draws))


@pytest.mark.slow
def test_a_run_that_is_killed_on_the_way_ends_with_the_same_bytes_when_run_again(tmp_path):
    had = killed_whole(tmp_path / "killed", 3)
    assert 3 <= had < PARTS
    computed = []
    again = run_trial(LONG, to=tmp_path / "killed", tell=lambda number, _of: computed.append(number))
    assert len(computed) == PARTS - had
    assert as_bytes(again) == as_bytes(run_trial(LONG))


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    had = killed_worker(tmp_path / "killed", 3)
    assert 3 <= had < PARTS
    assert (tmp_path / "killed" / kept.RESULT).exists()
    assert as_bytes(run_trial(LONG, to=tmp_path / "killed")) == as_bytes(run_trial(LONG))
