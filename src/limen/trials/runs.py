"""The runs that one trial file asks for: the trial itself, other truths, and both sides of a joint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from limen.trials.courses import Visits, joints_of
from limen.trials.designs import Scenario
from limen.trials.observed import Course, enlarged, prepared
from limen.trials.spec import Arm, TrialSpec
from limen.trials.telling import sides

#: People of one part (ours: large enough to hide the price of a task, small enough to show progress).
PEOPLE_A_PART: Final = 4000


@dataclass(frozen=True)
class Run:
    """One of the runs.

    Parameters
    ----------
    name : str
        Empty for the trial itself; else that of a scenario, or of a control and a side.
    spec : TrialSpec
        What is run.
    """

    name: str
    spec: TrialSpec


@dataclass(frozen=True)
class Part:
    """Some virtual trials of one run.

    Parameters
    ----------
    run : int
        Which.
    numbers : range
        The trials.
    """

    run: int
    numbers: range


def runs_of(spec: TrialSpec) -> tuple[Run, ...]:
    """Give every run of a file, the trial itself first."""
    alone = replace(spec, plan=replace(spec.plan, scenarios=(), question=None))
    found = [Run("", alone)]
    found += [Run(one.name, under(alone, one)) for one in spec.plan.scenarios]
    if spec.plan.question is not None:
        own = joints_of(spec)[spec.plan.question.joint]
        found += [
            Run(side_name(one.control, against=one.against), one.spec) for one in sides(spec, spec.plan.question, own)
        ]
    return tuple(found)


def side_name(control: str, *, against: bool) -> str:
    """Name the run of one side beside one control."""
    return f"{'other' if against else 'own'} side, {control}"


def under(spec: TrialSpec, scenario: Scenario) -> TrialSpec:
    """Give the trial under another truth."""
    arms = spec.arms
    if scenario.inert:
        control = _control(spec)
        arms = tuple(replace(control, name=arm.name, n=arm.n, guided=None, policy=None) for arm in arms)
    return replace(spec, arms=arms).under(scenario.joints)


def _control(spec: TrialSpec) -> Arm:
    endpoint = spec.plan.endpoint
    name = endpoint.arms[-1] if endpoint is not None else spec.arms[-1].name
    return next(arm for arm in spec.arms if arm.name == name)


def parts_of(spec: TrialSpec) -> dict[int, range]:
    """Cut the virtual trials of one run into numbered parts; they depend on the specification alone."""
    trials = max(1, PEOPLE_A_PART // sum(arm.n for arm in enlarged(spec).arms))
    firsts = range(0, spec.draws, trials)
    return {number: range(first, min(first + trials, spec.draws)) for number, first in enumerate(firsts)}


def all_parts(runs: Sequence[Run]) -> dict[int, Part]:
    """Give the parts of all runs by number, one run after the other."""
    parts = (Part(run, numbers) for run, one in enumerate(runs) for numbers in parts_of(one.spec).values())
    return dict(enumerate(parts))


def prepared_runs(runs: Sequence[Run]) -> Iterator[tuple[Course, ...]]:
    """Prepare every run; runs that give the same on the same days share what they have in common."""
    shared: Visits = {}
    for run in runs:
        yield prepared(run.spec, shared)
