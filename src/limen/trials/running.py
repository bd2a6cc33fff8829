"""`limen trial`: many virtual trials of one specification, in parts that do not depend on who computes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from limen.quantities import InputError
from limen.response.parameters import Population, shipped_posterior
from limen.trials.answer import trial_answer, unknown_answer
from limen.trials.courses import ArmCourse
from limen.trials.designs import Design
from limen.trials.execution import Done, Work, completed
from limen.trials.kept import Folder, claimed, part_file
from limen.trials.runs import Part, Run, all_parts, prepared_runs, runs_of
from limen.trials.spec import TrialSpec
from limen.trials.tally import Counted, Tallies, joined
from limen.trials.verdicts import verdicts

#: Told of every part that was computed: its number, and how many there are.
Progress = Callable[[int, int], None]


def run_trial(
    spec: TrialSpec,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    to: Path | None = None,
    people: bool = False,
    posterior: Population | None = None,
    tell: Progress | None = None,
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
    tell : callable, optional
        Called after each part that was computed with its number and how many there are.

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
        if to is not None:
            raise InputError(f"Nothing leads to HAMD-6, so {to} would hold no part: leave --to out.")
        return unknown_answer(spec)
    population = shipped_posterior() if posterior is None else posterior
    runs = runs_of(spec)
    work = Work(runs, tuple(prepared_runs(runs)), population, people)
    parts = all_parts(runs)
    folder = None if to is None else claimed(to, spec, population, len(parts), people=people)
    done = partial(completed, work, workers=workers, scheduler=scheduler)
    counted = _counted(work.runs, parts, folder, done, tell)
    answer = trial_answer(spec, work.courses[0], counted[0].arms, posterior) | verdicts(spec, runs, counted)
    if folder is not None:
        folder.finish(answer)
    return answer


def _counted(
    runs: Sequence[Run],
    parts: Mapping[int, Part],
    folder: Folder | None,
    done: Callable[[Mapping[int, Part]], Done],
    tell: Progress | None = None,
) -> list[Counted]:
    """Count every run, from what a folder holds and from what is computed now."""
    found = {} if folder is None else _kept(folder, runs, parts)
    left = {number: part for number, part in parts.items() if number not in found}
    with _progress(len(parts), len(found)) as advance:
        for number, counted in done(left):
            if folder is not None:
                folder.keep(number, part_file(folder, runs, parts[number]), counted)
            found[number] = replace(counted, people={})
            advance()
            if tell is not None:
                tell(number, len(parts))
    return [joined(found[number] for number, part in parts.items() if part.run == place) for place in range(len(runs))]


def _kept(folder: Folder, runs: Sequence[Run], parts: Mapping[int, Part]) -> dict[int, Counted]:
    """Read what an earlier run of the same trial left in a folder."""
    read = {number: folder.read(number, part_file(folder, runs, part)) for number, part in parts.items()}
    return {number: counted for number, counted in read.items() if counted is not None}


def counted_arms(spec: TrialSpec) -> Tallies:
    """Count every arm of a trial, without what its design asks."""
    if spec.scale == "HAMD-6":
        raise InputError("HAMD-6 cannot be forecast, no crosswalk leads to it: choose MADRS or HAMD-17 as scale.")
    plan = Design(crossover=spec.plan.crossover, missing=spec.plan.missing)
    runs = (Run("", replace(spec, plan=plan)),)
    work = Work(runs, tuple(prepared_runs(runs)), shipped_posterior())
    return _counted(runs, all_parts(runs), None, partial(completed, work))[0].arms


def tally(courses: tuple[ArmCourse, ...], posterior: Population | None = None) -> Tallies:
    """Count every virtual trial of prepared plain arms, a row a draw."""
    population = shipped_posterior() if posterior is None else posterior
    runs = (Run("", courses[0].spec),)
    return _counted(runs, all_parts(runs), None, partial(completed, Work(runs, (courses,), population)))[0].arms


@contextmanager
def _progress(parts: int, done: int) -> Iterator[Any]:
    """Show how far it is on standard error, where somebody looks at it."""
    console = Console(file=sys.stderr)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), "parts", TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Virtual trials", total=parts, completed=done)
        yield lambda: bar.advance(task)
