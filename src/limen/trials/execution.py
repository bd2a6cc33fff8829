"""One face for computing the parts of a trial: here, in processes, or on a Dask cluster; the same bytes from each.

A part depends on the specification, the posterior and its own number alone, and its place in the answer is its number:
so it does not matter who computes it, when, or how often. A worker that dies has its part computed again.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

from limen.quantities import InputError
from limen.response.parameters import Population
from limen.trials.observed import Course
from limen.trials.runs import Part, Run
from limen.trials.tally import Counted, run_trials

#: Pools that may break before the rest is computed here (ours: a machine that kills workers again will go on doing so).
MOST_BROKEN_POOLS: Final = 3
#: Times that a part may be given to another Dask worker after one that died with it (ours).
RETRIES: Final = 5
#: Seconds to wait for a scheduler (ours).
SCHEDULER_WAIT_S: Final = 10
#: Each worker computes on one thread, or many workers would fight for the cores.
ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Parts = Mapping[int, Part]
Done = Iterator[tuple[int, Counted]]


@dataclass(frozen=True)
class Work:
    """What every part of a trial needs.

    Parameters
    ----------
    runs : sequence of Run
        What is run.
    courses : sequence of tuple of ArmCourse or Planned
        Every arm of each run.
    posterior : Population
        Draws of the response parameters.
    people : bool
        Keep every person of the trial itself.
    """

    runs: Sequence[Run]
    courses: Sequence[tuple[Course, ...]]
    posterior: Population
    people: bool = False

    def run(self, part: Part) -> Counted:
        """Run the virtual trials of one part."""
        people = self.people and part.run == 0
        spec = self.runs[part.run].spec
        return run_trials(spec, self.courses[part.run], self.posterior, part.numbers, people=people)


def completed(work: Work, parts: Parts, *, workers: int = 1, scheduler: str | None = None) -> Done:
    """Compute parts, yielding each as it comes.

    Parameters
    ----------
    work : Work
        What they need.
    parts : Mapping[int, Part]
        The parts that are wanted.
    workers : int
        Processes on this machine; 1 computes here.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://10.0.0.1:8786"``, instead.

    Yields
    ------
    tuple of int, Counted
        Number of the part, and what was counted; in any order.

    Raises
    ------
    InputError
        Where the workers or the scheduler cannot be used.
    """
    if workers < 1:
        raise InputError(f"A trial needs at least one worker, got {workers}: use --workers 1.")
    if scheduler is not None:
        yield from _on_cluster(work, parts, scheduler)
    elif workers == 1 or len(parts) <= 1:
        yield from _here(work, parts)
    else:
        yield from _in_processes(work, parts, workers)


def _here(work: Work, parts: Parts) -> Done:
    for number, part in parts.items():
        yield number, work.run(part)


_shared: dict[str, Work] = {}


def _take(file: Path) -> None:
    _shared["work"] = pickle.loads(file.read_bytes())  # noqa: S301 - written by the process that started this one


def _run_shared(part: Part) -> Counted:
    return _shared["work"].run(part)


def _in_processes(work: Work, parts: Parts, workers: int) -> Done:
    """Compute in processes; what a broken pool leaves is given to the next one."""
    left = dict(parts)
    for _ in range(MOST_BROKEN_POOLS):
        try:
            for number, counted in _one_pool(work, left, workers):
                del left[number]
                yield number, counted
        except BrokenProcessPool:
            continue
        return
    yield from _here(work, left)


def _one_pool(work: Work, parts: Parts, workers: int) -> Done:
    """Start processes, which take the work from a file: a pipe would block for good where a new process is killed."""
    with TemporaryDirectory(prefix="limen-") as folder, _one_thread_each():
        file = Path(folder) / "work"
        file.write_bytes(pickle.dumps(work))
        yield from _from_pool(file, parts, workers)


def _from_pool(file: Path, parts: Parts, workers: int) -> Done:
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_take, initargs=(file,)) as pool:
        futures: dict[Future[Counted], int] = {pool.submit(_run_shared, parts[number]): number for number in parts}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Hand the limit on threads to the processes that start meanwhile."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _on_cluster(work: Work, parts: Parts, scheduler: str) -> Done:
    with _client(scheduler) as (distributed, client):
        shared, ours = client.scatter(work), uuid4().hex
        futures = {
            client.submit(Work.run, shared, part, key=f"limen-{ours}-{number}", pure=False, retries=RETRIES): number
            for number, part in parts.items()
        }
        for future in distributed.as_completed(list(futures)):
            yield futures[future], future.result()


@contextmanager
def _client(scheduler: str) -> Iterator[tuple[Any, Any]]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise InputError(
            f"The scheduler {scheduler} needs Dask, which is not installed: install limen[trials], or use --workers."
        ) from error
    try:
        client = distributed.Client(scheduler, timeout=SCHEDULER_WAIT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"No Dask scheduler answers at {scheduler}: start one with dask scheduler, or use --workers."
        ) from error
    try:
        yield distributed, client
    finally:
        client.close()
