"""`limen trial`: many virtual trials of one specification, in parts that do not depend on who computes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from limen.quantities import InputError
from limen.response.parameters import Population, shipped_posterior
from limen.trials.answer import trial_answer, unknown_answer
from limen.trials.courses import ArmCourse
from limen.trials.execution import Work, completed
from limen.trials.kept import Folder, claimed, part_file
from limen.trials.runs import Part, Run, all_parts, prepared_runs, runs_of
from limen.trials.spec import TrialSpec
from limen.trials.tally import Counted, Tallies, joined
from limen.trials.verdicts import verdicts


def run_trial(
    spec: TrialSpec,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    to: Path | None = None,
    people: bool = False,
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
    people : bool
        Keep every person in that folder too.
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
    if people and to is None:
        raise InputError("To keep every person needs a folder, got none: add --to DIR.")
    if spec.scale == "HAMD-6":
        return unknown_answer(spec)
    population = shipped_posterior() if posterior is None else posterior
    runs = runs_of(spec)
    work = Work(runs, tuple(prepared_runs(runs)), population, people)
    parts = all_parts(runs)
    folder = None if to is None else claimed(to, spec, population, len(parts), people=people)
    counted = _counted(work, parts, folder, workers=workers, scheduler=scheduler)
    answer = trial_answer(spec, work.courses[0], counted[0].arms) | verdicts(spec, runs, counted)
    if folder is not None:
        folder.finish(answer)
    return answer


def _counted(
    work: Work, parts: Mapping[int, Part], folder: Folder | None, *, workers: int, scheduler: str | None
) -> list[Counted]:
    """Count every run, from what a folder holds and from what is computed now."""
    found = {} if folder is None else _kept(folder, work.runs, parts)
    left = {number: part for number, part in parts.items() if number not in found}
    with _progress(len(parts), len(found)) as advance:
        for number, counted in completed(work, left, workers=workers, scheduler=scheduler):
            if folder is not None:
                folder.keep(number, part_file(folder, work.runs, parts[number]), counted)
            found[number] = replace(counted, people={})
            advance()
    return [
        joined(found[number] for number, part in parts.items() if part.run == place) for place in range(len(work.runs))
    ]


def _kept(folder: Folder, runs: Sequence[Run], parts: Mapping[int, Part]) -> dict[int, Counted]:
    """Read what an earlier run of the same trial left in a folder."""
    read = {number: folder.read(number, part_file(folder, runs, part)) for number, part in parts.items()}
    return {number: counted for number, counted in read.items() if counted is not None}


def tally(courses: tuple[ArmCourse, ...], posterior: Population | None = None) -> Tallies:
    """Count every virtual trial of prepared plain arms, a row a draw."""
    population = shipped_posterior() if posterior is None else posterior
    runs = (Run("", courses[0].spec),)
    return _counted(Work(runs, (courses,), population), all_parts(runs), None, workers=1, scheduler=None)[0].arms


@contextmanager
def _progress(parts: int, done: int) -> Iterator[Any]:
    """Show how far it is on standard error, where somebody looks at it."""
    console = Console(file=sys.stderr)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), "parts", TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Virtual trials", total=parts, completed=done)
        yield lambda: bar.advance(task)
