"""What is counted of every virtual trial: the arm's mean, its spread, and how many people each rule holds for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from limen.quantities import Booleans, Floats
from limen.response.parameters import Population
from limen.trials.courses import ArmCourse
from limen.trials.enrolment import Enrolled, enrol, open_trials
from limen.trials.judging import judged
from limen.trials.observed import Course, SeenArm, observe
from limen.trials.rules import Rule
from limen.trials.spec import TrialSpec


@dataclass(frozen=True)
class ArmTally:
    """One arm of many virtual trials. Arrays have shape ``(draws, times)``.

    Parameters
    ----------
    mean_change, sd_change : Floats
        Of score minus own baseline over the people who are analysed, points; the SD of one person is 0. The mean is NaN
        where nobody is analysed.
    response, remission, worsened : Floats
        Share of everybody in the arm; who is not seen is not counted as one of them.
    seen : Floats
        People whose score was seen.
    analysed : Floats
        People with a score, seen or filled in.
    """

    mean_change: Floats
    sd_change: Floats
    response: Floats
    remission: Floats
    worsened: Floats
    seen: Floats
    analysed: Floats


Tallies = tuple[ArmTally, ...]


@dataclass(frozen=True)
class Counted:
    """All that is kept of some virtual trials.

    Parameters
    ----------
    arms : tuple of ArmTally
        In the order of the file.
    judged : Mapping[str, Floats]
        What the design asks, by name, the first axis the trials.
    people : Mapping[str, Floats]
        Every person, one a row, where they are kept; else empty.
    """

    arms: Tallies
    judged: Mapping[str, Floats] = field(default_factory=dict)
    people: Mapping[str, Floats] = field(default_factory=dict)


def count(spec: TrialSpec, seen: SeenArm) -> ArmTally:
    """Count one arm of some trials."""
    change = seen.filled - seen.baseline[:, :, None]
    known = ~np.isnan(change)
    analysed = known.sum(axis=2)
    total = _over(np.where(known, change, 0.0), analysed)
    mean = np.where(analysed > 0, total, np.nan)
    squares = np.where(known, change - total[:, :, None, :], 0.0) ** 2
    return ArmTally(
        mean_change=mean.mean(axis=0),
        sd_change=np.sqrt(_over(squares, analysed - 1)).mean(axis=0),
        response=_share(spec.response_rule, seen),
        remission=_share(spec.remission_rule, seen),
        worsened=_share(spec.worsened_rule, seen),
        seen=seen.seen.sum(axis=1).astype(np.float64),
        analysed=analysed.mean(axis=0),
    )


def _over(values: Floats, people: np.typing.NDArray[np.int64]) -> Floats:
    """Add up over people and divide, from ``(imputations, trials, people, times)``; 0 where there is nobody."""
    return np.asarray(values.sum(axis=2) / np.maximum(people, 1))


def holds(rule: Rule, seen: SeenArm) -> Booleans:
    """Say for whom a rule holds, shape ``(imputations, trials, people, times)``; for nobody who is not seen."""
    times = seen.filled.shape[-1]
    baseline = np.broadcast_to(seen.baseline, seen.filled.shape[:-1]).reshape(-1)
    return rule.holds(seen.filled.reshape(-1, times), baseline).reshape(seen.filled.shape)


def _share(rule: Rule, seen: SeenArm) -> Floats:
    return np.asarray(holds(rule, seen).mean(axis=(0, 2)))


def scored(
    courses: Sequence[ArmCourse], posterior: Population, numbers: Sequence[int]
) -> Iterator[tuple[Enrolled, Floats]]:
    """Yield the people of every plain arm of some virtual trials with their scores."""
    spec, joints = courses[0].spec, courses[0].joints
    trials = open_trials(spec, posterior, numbers, assay=joints["J2"], linked=joints["J7"] == "free")
    for course in courses:
        enrolled = enrol(spec, course.arm, trials)
        yield enrolled, course.scores(trials, enrolled)


def run_trials(
    spec: TrialSpec, courses: Sequence[Course], posterior: Population, numbers: Sequence[int], *, people: bool = False
) -> Counted:
    """Run some virtual trials.

    Parameters
    ----------
    spec : TrialSpec
        As the file has it.
    courses : sequence of ArmCourse or Planned
        Every arm, prepared.
    posterior : Population
        Draws of the response parameters.
    numbers : sequence of int
        Which trials; each has its own chance.
    people : bool
        Keep every person.

    Returns
    -------
    Counted
        A row a trial, in the order of `numbers`.
    """
    enrolled = tuple(observe(spec, courses, posterior, numbers))
    twice = 1 if spec.plan.crossover is None else 2
    planned = tuple(one.first(twice * one.arm.n) for one in enrolled)
    return Counted(
        arms=tuple(count(spec, one) for one in planned),
        judged=judged(spec, enrolled),
        people=everybody(planned, numbers) if people else {},
    )


def everybody(seen: Sequence[SeenArm], numbers: Sequence[int]) -> dict[str, Floats]:
    """Give every person as a row: trial, arm, person, baseline and the score at each time, NaN where not seen."""
    found: dict[str, list[Floats]] = {}
    for place, one in enumerate(seen):
        trials, people = one.baseline.shape
        columns = {
            "trial": np.repeat(np.asarray(numbers, dtype=np.float64), people),
            "arm": np.full(trials * people, float(place)),
            "person": np.tile(np.arange(people, dtype=np.float64), trials),
            "baseline": one.baseline.reshape(-1),
        }
        scores = np.where(one.seen, one.scores, np.nan).reshape(trials * people, -1)
        columns |= {f"score_{k}": scores[:, k] for k in range(scores.shape[1])}
        for name, values in columns.items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def joined(parts: Iterable[Counted]) -> Counted:
    """Put what was counted of parts of the trials one below the other."""
    every = list(parts)
    return Counted(
        arms=tuple(
            ArmTally(**{one.name: np.concatenate([getattr(arm, one.name) for arm in arms]) for one in fields(ArmTally)})
            for arms in zip(*(part.arms for part in every), strict=True)
        ),
        judged={name: np.concatenate([part.judged[name] for part in every]) for name in every[0].judged},
    )
