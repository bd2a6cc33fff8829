"""One face for computing the parts of a trial: here, in processes, or on a Dask cluster; the same bytes from each.

A part depends on the specification, the posterior and its own number alone, and its place in the answer is its number:
so it does not matter who computes it, when, or how often. A worker that dies has its part computed again.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

from limen.quantities import InputError
from limen.response.parameters import Population
from limen.trials.crew import Crew
from limen.trials.observed import Course
from limen.trials.runs import Part, Run
from limen.trials.tally import Counted, run_trials

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


def _in_processes(work: Work, parts: Parts, workers: int) -> Done:
    """Compute in processes; what a worker that dies had is given to the next one."""
    left = dict(parts)
    with TemporaryDirectory(prefix="limen-") as folder, _one_thread_each():
        # New processes take the work from a file: a pipe would block for good where one is killed while it starts.
        file = Path(folder) / "work"
        file.write_bytes(pickle.dumps(work, protocol=pickle.HIGHEST_PROTOCOL))
        for number, counted in Crew(file, left, min(workers, len(parts))).results():
            del left[number]
            yield number, counted
    yield from _here(work, left)


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
    """Compute on a cluster; the work is a task too, for data that are scattered die with the worker that holds them."""
    with _client(scheduler) as (distributed, client):
        ours = uuid4().hex
        written = pickle.dumps(work, protocol=pickle.HIGHEST_PROTOCOL)
        shared = client.submit(pickle.loads, written, key=f"limen-{ours}-work", pure=False, retries=RETRIES)
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
