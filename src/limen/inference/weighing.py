"""How probable everything that was seen is under guesses of who the person is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from limen.chain import Chances, Course, course_times
from limen.inference.particles import Particles, PersonModel
from limen.inference.readings import Reading
from limen.inference.seen import Gathered, Seen, readings
from limen.kinetics import ConcentrationDraws
from limen.quantities import Floats
from limen.regimen import Case
from limen.response.conversion import CROSSWALKS

MIN_PER_H: Final = 60.0
#: Hours after a visit at which a course is watched, beside those around a dose; weekly from then on (ours).
WATCHED_H: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0, 96.0, 120.0, 168.0, 216.0, 264.0, 336.0)
WEEK_H: Final = 168.0


def watched_min(case: Case, until_min: float) -> Floats:
    """Give the minutes at which a course is watched, to the first that is not before `until_min`.

    They hang on the visits alone: more observations make the list longer and never finer, so that what one of them
    says does not change when another comes.
    """
    starts = [visit.start_min for visit in case.regimen.visits] or [0.0]
    found: list[float] = []
    for start, stop in zip(starts, [*starts[1:], np.inf], strict=True):
        weeks = np.arange(WATCHED_H[-1] + WEEK_H, max(until_min - start, 0.0) / MIN_PER_H + 2.0 * WEEK_H, WEEK_H)
        hours = np.concatenate([WATCHED_H, weeks if np.isinf(stop) else weeks[:0]])
        found.extend((start + MIN_PER_H * hours)[start + MIN_PER_H * hours < stop])
    grid = np.unique(found)
    return grid[: int(np.searchsorted(grid, until_min)) + 1]


def grid_min(case: Case, used: tuple[Seen, ...]) -> Floats:
    """Give the minutes of a case's course: what is asked, and what is watched up to the last score."""
    asked = np.array(case.times_h) * MIN_PER_H
    last = max([0.0, *asked.tolist(), *(one.at_min for one in used if not one.is_sample)])
    return course_times(case.regimen, np.concatenate([asked, watched_min(case, last)]))


def score_grid_min(case: Case, used: tuple[Seen, ...]) -> Floats:
    """Give the part of the grid that ends with the last score; empty where no score is used."""
    times = [one.at_min for one in used if not one.is_sample]
    if not times:
        return np.array([])
    whole = grid_min(case, used)
    return whole[: min(int(np.searchsorted(whole, max(times))) + 1, len(whole))]


def at_columns(drawn: ConcentrationDraws, time_min: Floats) -> ConcentrationDraws:
    """Give drawn concentrations at some of their times, shape ``(times,)``."""
    if len(time_min) == len(drawn.time_min):
        return drawn
    columns = np.searchsorted(drawn.time_min, time_min)
    kept = tuple(member.each(lambda values: values[:, columns]) for member in drawn.members)
    return replace(drawn, time_min=time_min, members=kept)


@dataclass(frozen=True)
class Evidence:
    """The observations of a case beside a model of the person.

    Parameters
    ----------
    model : PersonModel
        Turns guesses into courses.
    found : Gathered
        What is used, and what is not.
    """

    model: PersonModel
    found: Gathered

    @property
    def case(self) -> Case:
        """Whose."""
        return self.model.case

    @cached_property
    def score_min(self) -> Floats:
        """Grid to the last score, shape ``(times,)``."""
        return score_grid_min(self.case, self.found.used)

    @cached_property
    def sample_min(self) -> Floats:
        """Minutes of the samples, shape ``(samples,)``."""
        return np.unique([one.at_min for one in self.found.used if one.is_sample])

    def plasma(self, particles: Particles) -> ConcentrationDraws:
        """Give the plasma that the likelihood needs."""
        return self.model.concentrations(particles, np.union1d(self.score_min, self.sample_min))

    def log_likelihood(self, particles: Particles, plasma: ConcentrationDraws | None = None) -> Floats:
        """Give the log likelihood of every guess, shape ``(draws,)``; guesses of the same models stand together."""
        if not self.found.used:
            return np.zeros(len(particles))
        chances = [one.log_chance(reading) for one, reading in self.read(particles, plasma)]
        return np.asarray(np.sum(chances, axis=0))

    def each(
        self, particles: Particles, course: Course | None, samples: ConcentrationDraws | None
    ) -> list[tuple[Seen, Floats]]:
        """Give every observation with its log chance, in the order of time."""
        return [(one, one.log_chance(reading)) for one, reading in self.readings(particles, course, samples)]

    def readings(
        self, particles: Particles, course: Course | None, samples: ConcentrationDraws | None
    ) -> Iterator[tuple[Seen, Reading]]:
        """Yield every observation with what every guess would have shown, in the order of time."""
        return readings(self.found.used, self.case, course, conversions(self.model, particles), samples)

    def read(self, particles: Particles, plasma: ConcentrationDraws | None = None) -> list[tuple[Seen, Reading]]:
        """Give what guesses would have shown, carried no further than the last observation."""
        drawn = self.plasma(particles) if plasma is None else plasma
        course = None
        if len(self.score_min):
            course = self.model.respond(at_columns(drawn, self.score_min), self.model.chances(particles))
        samples = at_columns(drawn, self.sample_min) if len(self.sample_min) else None
        return list(self.readings(particles, course, samples))


def conversions(model: PersonModel, particles: Particles) -> Mapping[str, Floats]:
    """Give the lasting error of every guess on each other scale, standard normal, shape ``(draws,)``."""
    return {scale: model.conversion(particles, scale) for scale in CROSSWALKS}


@dataclass(frozen=True)
class Carried:
    """Guesses with their whole course.

    Parameters
    ----------
    particles : Particles
        Who.
    chances : Chances
        The same, as the chain reads them.
    course : Course
        What happens to them.
    samples : ConcentrationDraws or None
        Plasma at the minutes of the samples.
    """

    particles: Particles
    chances: Chances
    course: Course
    samples: ConcentrationDraws | None


def carry(evidence: Evidence, particles: Particles) -> Carried:
    """Carry guesses through what the case asks and what was seen of it."""
    model, whole = evidence.model, grid_min(evidence.case, evidence.found.used)
    drawn = model.concentrations(particles, np.union1d(whole, evidence.sample_min))
    chances = model.chances(particles)
    samples = at_columns(drawn, evidence.sample_min) if len(evidence.sample_min) else None
    return Carried(particles, chances, model.respond(at_columns(drawn, whole), chances), samples)
