"""One person as many guesses: each a draw of the population, a kinetic model and a row of standard normals.

A guess is carried through the chain as it stands, so the same guess under another regimen, joint or time is the same
person. Its prior is plain: rows of the population's posterior alike, models by their weight, normals standard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import Final

import numpy as np

from limen.chain import Chances, Course, Joints, Scene, draw_chances, respond
from limen.inference.retold import Retold, columns_needed
from limen.kinetics import (
    ConcentrationDraws,
    MemberDraws,
    added_up,
    draw_concentrations,
    draw_each_visit,
    members,
)
from limen.kinetics.courses import courses, shares
from limen.quantities import Floats, Integers
from limen.regimen import Case, Regimen, Visit, read_visit
from limen.response.conversion import CROSSWALKS
from limen.response.mood import Circumstances
from limen.response.parameters import Population

Way = tuple[str, str]

#: Rows of a rehearsal: one a guess is enough.
REHEARSED: Final = 2


def order_of(member: Integers) -> Integers:
    """Give the rows that put guesses of the same models together, from ``(draws, ways)``, which may have no way in."""
    return np.lexsort(member.T[::-1]) if member.shape[1] else np.arange(len(member))


@dataclass(frozen=True)
class Particles:
    """Guesses of who this person is.

    Parameters
    ----------
    population_row : Integers
        Of the population's posterior, shape ``(draws,)``.
    member : Integers
        The kinetic model by each drug and route, shape ``(draws, ways)``; guesses of the same models stand together.
    normals : Floats
        Standard normal before anything is seen, shape ``(draws, columns)``.
    """

    population_row: Integers
    member: Integers
    normals: Floats

    def __len__(self) -> int:
        return len(self.population_row)

    def take(self, rows: Integers) -> Particles:
        """Give some of the guesses, those of the same models together, shape ``(rows,)``."""
        member = self.member[rows]
        order = order_of(member)
        kept = rows[order]
        return Particles(self.population_row[kept], self.member[kept], self.normals[kept])


@dataclass(frozen=True)
class KineticWay:
    """One drug by one route: the models that answer for it, and where their chance stands.

    Parameters
    ----------
    way : tuple of str
        Drug and route.
    ids : tuple of str
        Models.
    weights : tuple of float
        Their weights, which add to 1.
    columns : slice
        Of the normals.
    """

    way: Way
    ids: tuple[str, ...]
    weights: tuple[float, ...]
    columns: slice


@dataclass(frozen=True)
class PersonModel:
    """What turns guesses into courses.

    Parameters
    ----------
    case : Case
        The person and what is given.
    posterior : Population
        What is believed of the population.
    joints : Joints
        Sides taken.
    more_ways : tuple of (drug, route)
        Ways in that are looked at beside those of the case.
    """

    case: Case
    posterior: Population
    joints: Joints
    more_ways: tuple[Way, ...] = ()

    @property
    def ways_given(self) -> tuple[Way, ...]:
        """Drugs and routes of the case, as first given."""
        return tuple(way for way, _ in courses(self.case.regimen))

    @cached_property
    def chance_columns(self) -> int:
        """Columns that the person takes, kinetics apart."""
        few = self.posterior.take(np.zeros(REHEARSED, dtype=np.int64))
        return columns_needed(lambda rng: draw_chances(self.case.patient, few, self.joints, rng), REHEARSED)

    @cached_property
    def ways(self) -> tuple[KineticWay, ...]:
        """Every way in, those of the case first."""
        found, first = [], self.first_kinetic
        for way in dict.fromkeys((*self.ways_given, *self.more_ways)):
            answering = members(*way, "venous")
            ids = tuple(one.model.id for one in answering)
            width = max(self._width(way, name) for name in ids)
            found.append(KineticWay(way, ids, tuple(one.weight for one in answering), slice(first, first + width)))
            first += width
        return tuple(found)

    @property
    def first_kinetic(self) -> int:
        """Where the chance of the kinetics begins: after the person and the conversion of each scale."""
        return self.chance_columns + len(CROSSWALKS)

    def conversion(self, particles: Particles, scale: str) -> Floats:
        """Give the standard normal of a person's lasting error on another scale, shape ``(draws,)``."""
        return particles.normals[:, self.chance_columns + list(CROSSWALKS).index(scale)]

    @property
    def columns(self) -> int:
        """Normals of one guess."""
        return self.ways[-1].columns.stop if self.ways else self.first_kinetic

    def _width(self, way: Way, model: str) -> int:
        regimen = self.given_by(way) if way in self.ways_given else one_milligram(self.case, way)

        def rehearse(rng: np.random.Generator) -> object:
            patient = self.case.patient
            return draw_concentrations(patient, regimen, np.array([0.0, 1.0]), draws=REHEARSED, model=model, rng=rng)

        return columns_needed(rehearse, REHEARSED)

    def given_by(self, way: Way) -> Regimen:
        """Give the visits of the case by one drug and route."""
        return Regimen(tuple(visit for visit in self.case.regimen.visits if (visit.drug, visit.route) == way))

    def draw(self, draws: int, rng: np.random.Generator) -> Particles:
        """Draw guesses before anything is seen; models in exact proportion to their weights."""
        given = len(self.ways_given)
        member = np.empty((draws, len(self.ways)), dtype=np.int64)
        combinations = list(product(*(range(len(one.ids)) for one in self.ways[:given])))
        weights = tuple(prod(way.weights[k] for way, k in zip(self.ways, one, strict=False)) for one in combinations)
        member[:, :given] = np.repeat(
            np.array(combinations, dtype=np.int64).reshape(len(combinations), given), shares(weights, draws), axis=0
        )
        for k, way in enumerate(self.ways[given:], start=given):
            member[:, k] = rng.permutation(np.repeat(np.arange(len(way.ids)), shares(way.weights, draws)))
        rows = rng.integers(0, len(self.posterior), draws)
        guesses = Particles(rows, member, rng.standard_normal((draws, self.columns)))
        return guesses.take(np.arange(draws))

    def chances(self, particles: Particles) -> Chances:
        """Say who the guesses are."""
        population = self.posterior.take(particles.population_row)
        retold = Retold(particles.normals[:, : self.chance_columns])
        return draw_chances(self.case.patient, population, self.joints, retold)

    def concentrations(self, particles: Particles, time_min: Floats) -> ConcentrationDraws:
        """Give the plasma of the guesses under what the case gives, shape ``(draws, times)``."""
        if not self.ways_given:
            return draw_concentrations(
                self.case.patient, Regimen(()), time_min, draws=len(particles), rng=np.random.default_rng(0)
            )
        found = [self.of_way(k, self.given_by(way), particles, time_min) for k, way in enumerate(self.ways_given)]
        return together(found, particles.member[:, : len(found)])

    def of_way(self, k: int, regimen: Regimen, particles: Particles, time_min: Floats) -> list[WayDraws]:
        """Give the plasma of the guesses by the models of one way in, for visits by that way."""
        way, found = self.ways[k], []
        for m, name in enumerate(way.ids):
            rows = np.flatnonzero(particles.member[:, k] == m)
            if not len(rows):
                continue
            bodies, place = alike(particles.normals[rows, way.columns])
            drawn = draw_concentrations(
                self.case.patient, regimen, time_min, draws=len(bodies), model=name, rng=Retold(bodies)
            )
            member = replace(drawn.members[0], weight=way.weights[m])
            found.append(WayDraws(rows, member if len(bodies) == len(rows) else at_places(member, place), drawn))
        return found

    def of_visits(self, k: int, visits: Sequence[tuple[Visit, Floats]], particles: Particles) -> list[list[ModelDraws]]:
        """Give the plasma of the guesses under each of some visits by one way in, each visit alone with its times."""
        way = self.ways[k]
        found: list[list[ModelDraws]] = [[] for _ in visits]
        for m, name in enumerate(way.ids):
            rows = np.flatnonzero(particles.member[:, k] == m)
            if not len(rows):
                continue
            bodies, place = alike(particles.normals[rows, way.columns])
            drawn = draw_each_visit(self.case.patient, visits, draws=len(bodies), model=name, rng=Retold(bodies))
            for mine, member in zip(found, drawn, strict=True):
                mine.append(ModelDraws(rows, member if len(bodies) == len(rows) else at_places(member, place)))
        return found

    def respond(self, concentrations: ConcentrationDraws, chances: Chances) -> Course:
        """Carry the guesses from plasma to scores."""
        case = self.case
        circumstances = Circumstances(case.setting, case.background, case.design, expects=self.joints["J8"] == "on")
        return respond(Scene(case.patient, case.regimen, circumstances, self.joints), concentrations, chances)

    def course(self, particles: Particles, time_min: Floats) -> Course:
        """Carry the guesses through the whole chain."""
        return self.respond(self.concentrations(particles, time_min), self.chances(particles))


@dataclass(frozen=True)
class ModelDraws:
    """What one model says of some guesses: which rows, and what."""

    rows: Integers
    member: MemberDraws


@dataclass(frozen=True)
class WayDraws:
    """What one model says of some guesses for one way in: which rows, what, and the answer it is from."""

    rows: Integers
    member: MemberDraws
    answer: ConcentrationDraws


def one_milligram(case: Case, way: Way) -> Regimen:
    """Give the smallest visit by a way in that the case does not use, to learn what chance its models take."""
    text = "28 mg" if way == ("esketamine", "intranasal") else "1 mg over 1 min" if way[1] == "iv" else "1 mg"
    return Regimen((read_visit(text, drug=way[0], route=way[1], patient=case.patient, start_min=0.0),))


def together(found: list[list[WayDraws]], member: Integers) -> ConcentrationDraws:
    """Add up the ways in of the same guesses; an analyte is told where all models of a combination give it."""
    warnings = dict.fromkeys(text for way in found for one in way for text in one.answer.warnings)
    first = found[0][0].answer
    return ConcentrationDraws(
        first.time_min,
        first.sampled,
        tuple(combinations(found, member)),
        tuple(warnings),
        any(one.answer.prior_only for way in found for one in way),
    )


def combinations(found: list[list[WayDraws]], member: Integers) -> Iterator[MemberDraws]:
    """Yield the guesses of each combination of models, in the order in which they stand."""
    changes = np.flatnonzero(np.any(np.diff(member, axis=0) != 0, axis=1)) + 1
    for rows in np.split(np.arange(len(member)), changes):
        parts = [rows_of(way, rows) for way in found]
        analytes, ways_in = added_up([part.analytes for part in parts])
        yield MemberDraws(
            " + ".join(part.id for part in parts),
            " + ".join(dict.fromkeys(part.site for part in parts)),
            prod(part.weight for part in parts),
            len(rows),
            analytes,
            any(part.linked for part in parts),
            ways_in,
        )


def alike(normals: Floats) -> tuple[Floats, Integers]:
    """Give each different row of normals once, and the place of every row among those.

    Rows are told apart by one weighted sum: normals that differ have the same one by rounding only.
    """
    key = np.sum(normals * np.sqrt(np.arange(2.0, normals.shape[1] + 2.0)), axis=1)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    if len(first) == len(normals):
        return normals, np.arange(len(normals))
    return normals[first], place


def at_places(member: MemberDraws, places: Integers) -> MemberDraws:
    """Give the rows of a model at some places, shape ``(rows,)``."""
    return member.each(lambda values: values[places])


def rows_of(way: list[WayDraws], rows: Integers) -> MemberDraws:
    """Give what the one model of these guesses says of them."""
    one = next(one for one in way if rows[0] in one.rows)
    return at_places(one.member, np.searchsorted(one.rows, rows))
