"""What is counted of every virtual trial: the arm's mean, its spread, and how many people each rule holds for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from limen.quantities import Booleans, Floats
from limen.response.parameters import Population
from limen.trials.courses import ArmCourse
from limen.trials.enrolment import Enrolled, enrol, open_trials
from limen.trials.spec import TrialSpec


@dataclass(frozen=True)
class ArmTally:
    """One arm of many virtual trials. Arrays have shape ``(draws, times)``.

    Parameters
    ----------
    mean_change, sd_change : Floats
        Of score minus own baseline over the arm's people, points; the SD of one person is 0.
    response, remission, worsened : Floats
        Share of everybody in the arm.
    """

    mean_change: Floats
    sd_change: Floats
    response: Floats
    remission: Floats
    worsened: Floats


Tallies = tuple[ArmTally, ...]


def count(spec: TrialSpec, scores: Floats, enrolled: Enrolled, trials: int) -> ArmTally:
    """Count one arm of some trials; `scores` has shape ``(people, times)``."""
    baseline, split = enrolled.baseline, (trials, -1, scores.shape[1])
    change = (scores - baseline[:, None]).reshape(split)
    people = change.shape[1]

    def share(holds: Booleans) -> Floats:
        return np.asarray(holds.reshape(split).mean(axis=1))

    return ArmTally(
        mean_change=change.mean(axis=1),
        sd_change=change.std(axis=1, ddof=1) if people > 1 else np.zeros((trials, scores.shape[1])),
        response=share(spec.response_rule.holds(scores, baseline)),
        remission=share(spec.remission_rule.holds(scores, baseline)),
        worsened=share(spec.worsened_rule.holds(scores, baseline)),
    )


def scored(
    courses: Sequence[ArmCourse], posterior: Population, numbers: Sequence[int]
) -> Iterator[tuple[Enrolled, Floats]]:
    """Yield the people of every arm of some virtual trials with their scores; arguments as for `run_trials`."""
    spec, joints = courses[0].spec, courses[0].joints
    trials = open_trials(spec, posterior, numbers, assay=joints["J2"], linked=joints["J7"] == "free")
    for course in courses:
        enrolled = enrol(spec, course.arm, trials)
        yield enrolled, course.scores(trials, enrolled)


def run_trials(courses: Sequence[ArmCourse], posterior: Population, numbers: Sequence[int]) -> Tallies:
    """Run some virtual trials.

    Parameters
    ----------
    courses : sequence of ArmCourse
        Every arm of the specification.
    posterior : Population
        Draws of the response parameters.
    numbers : sequence of int
        Which trials; each has its own chance.

    Returns
    -------
    tuple of ArmTally
        One an arm, a row a trial in the order of `numbers`.
    """
    spec = courses[0].spec
    people = scored(courses, posterior, numbers)
    return tuple(count(spec, scores, enrolled, len(numbers)) for enrolled, scores in people)


def joined(parts: Iterable[Tallies]) -> Tallies:
    """Put the tallies of parts of the trials one below the other."""
    by_arm = zip(*parts, strict=True)
    names = [field.name for field in fields(ArmTally)]
    return tuple(
        ArmTally(**{name: np.concatenate([getattr(part, name) for part in arm]) for name in names}) for arm in by_arm
    )
