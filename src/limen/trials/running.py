"""`limen trial`: many virtual trials of one specification, in parts that do not depend on who computes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from limen.response.parameters import Population, shipped_posterior
from limen.trials.answer import trial_answer, unknown_answer
from limen.trials.courses import ArmCourse, arm_courses
from limen.trials.execution import Work, completed
from limen.trials.kept import Folder
from limen.trials.spec import TrialSpec
from limen.trials.tally import Tallies, joined

#: People of one part (ours: large enough to hide the price of a task, small enough to show progress).
PEOPLE_A_PART: Final = 4000


def parts_of(spec: TrialSpec) -> dict[int, range]:
    """Cut the virtual trials into numbered parts; they depend on the specification alone."""
    trials = max(1, PEOPLE_A_PART // sum(arm.n for arm in spec.arms))
    firsts = range(0, spec.draws, trials)
    return {number: range(first, min(first + trials, spec.draws)) for number, first in enumerate(firsts)}


def run_trial(
    spec: TrialSpec,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    to: Path | None = None,
    posterior: Population | None = None,
) -> dict[str, Any]:
    """Run every virtual trial of a specification.

    Parameters
    ----------
    spec : TrialSpec
        What is asked.
    workers : int
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, instead of processes.
    to : Path, optional
        Folder that keeps every part as it comes; the same call goes on from what it holds.
    posterior : Population, optional
        Instead of the one that ships with the package.

    Returns
    -------
    dict
        As contract section 4 has it; the same whoever computed it.

    Raises
    ------
    InputError
        Where the workers, the scheduler or the folder cannot be used.
    """
    if spec.scale == "HAMD-6":
        return unknown_answer(spec)
    courses = arm_courses(spec)
    tallies = tally(courses, posterior, workers=workers, scheduler=scheduler, to=to)
    answer = trial_answer(spec, courses, tallies)
    if to is not None:
        Folder(to).finish(answer)
    return answer


def tally(
    courses: tuple[ArmCourse, ...],
    posterior: Population | None = None,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    to: Path | None = None,
) -> Tallies:
    """Count every virtual trial of prepared arms, a row a draw; arguments as for `run_trial`."""
    spec = courses[0].spec
    population = shipped_posterior() if posterior is None else posterior
    parts = parts_of(spec)
    found = {} if to is None else _kept(Folder(to), spec, population, parts)
    left = {number: trials for number, trials in parts.items() if number not in found}
    with _progress(len(parts), len(found)) as advance:
        for number, tallies in completed(Work(courses, population), left, workers=workers, scheduler=scheduler):
            if to is not None:
                Folder(to).keep(number, tallies)
            found[number] = tallies
            advance()
    return joined(found[number] for number in parts)


def _kept(folder: Folder, spec: TrialSpec, population: Population, parts: Mapping[int, range]) -> dict[int, Tallies]:
    """Claim a folder, and read what an earlier run of the same trial left in it."""
    folder.claim(spec, population, len(parts))
    read = {number: folder.read(number, len(trials)) for number, trials in parts.items()}
    return {number: tallies for number, tallies in read.items() if tallies is not None}


@contextmanager
def _progress(parts: int, done: int) -> Iterator[Any]:
    """Show how far it is on standard error, where somebody looks at it."""
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Virtual trials", total=parts, completed=done)
        yield lambda: bar.advance(task)
