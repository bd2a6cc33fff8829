"""What a model predicts for each counted sample: the typical person, and replicates of the whole table."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from limen.chain.evaluation.answering import Seen
from limen.chain.evaluation.expansion import Course
from limen.chain.evaluation.piecewise import changing_concentrations
from limen.chain.evaluation.residual import residual_of
from limen.kinetics import PEOPLE, TYPICAL
from limen.kinetics.concentrations import run
from limen.kinetics.courses import named, parent_of, wanted_of
from limen.kinetics.ensemble import FILE_ROUTES, Member
from limen.kinetics.linear_system import Given
from limen.kinetics.variability import draw_occasions
from limen.quantities import Floats

Parameters = Mapping[str, Floats]


@dataclass(frozen=True)
class Replicates:
    """What one model says about the samples of one stratum.

    Parameters
    ----------
    typical : Floats
        Shape ``(samples,)``: the typical person with these covariates, ng/mL.
    people : Floats
        Shape ``(replicates, samples)``: new people, without assay error.
    measured : Floats
        Shape ``(replicates, samples)``: with it.
    log_score : Floats
        Shape ``(samples,)``: logarithm of the predictive density of each observation.
    """

    typical: Floats
    people: Floats
    measured: Floats
    log_score: Floats


def replicates(member: Member, seen: tuple[Seen, ...], count: int, seed: int) -> Replicates:
    """Simulate the samples of one stratum by one model, as often as asked for.

    A replicate has a new person for every person of the table: between-person variability and residual error, at the
    typical values of the model.

    Parameters
    ----------
    member : Member
        Ready for this stratum.
    seen : tuple of Seen
        Its samples, in the order of the file.
    count : int
        How many replicates.
    seed : int
        The same table, model and seed give the same replicates.

    Returns
    -------
    Replicates
    """
    analyte = seen[0].stratum.analyte
    found = np.zeros((count + 1, len(seen)))
    for indices in _grouped(list(range(len(seen))), [one.person for one in seen]):
        rng = _rng(seed, member.model.id, "people", seen[indices[0]].person)
        parameters = _typical_and_drawn(member, [seen[index].course for index in indices], count, rng)
        for chosen in _grouped(indices, [one.part for one in seen]):
            times = np.array([seen[index].read_at_min for index in chosen])
            found[:, chosen] = by_occasion(member, parameters, seen[chosen[0]].course, times, analyte)
    residual = residual_of(member.model.id, analyte)
    measured = residual.measured(found[1:], _rng(seed, member.model.id, analyte, 0))
    return Replicates(found[0], found[1:], measured, log_scores(member.model.id, seen, found[1:]))


def _grouped(indices: list[int], keys: list[int]) -> list[list[int]]:
    """Put indices with the same key together, in the order in which keys come."""
    found: dict[int, list[int]] = {}
    for index in indices:
        found.setdefault(keys[index], []).append(index)
    return list(found.values())


def _rng(seed: int, *words: str | int) -> np.random.Generator:
    """Give a stream of its own to each model and person, so that one left out changes no other."""
    return np.random.default_rng([seed, *(zlib.crc32(str(word).encode()) for word in words)])


def _typical_and_drawn(
    member: Member, courses: list[Course], count: int, rng: np.random.Generator
) -> Mapping[str, Parameters]:
    """Give the typical person and drawn ones, on each occasion of the courses of one person."""
    names = tuple(dict.fromkeys(dose.occasion for course in courses for dose in course.doses))
    typical = draw_occasions(member.model, 1, TYPICAL, rng, len(names))
    drawn = draw_occasions(member.model, count, PEOPLE, rng, len(names))
    return {
        name: {key: np.concatenate((usual[key], other[key])) for key in usual}
        for name, usual, other in zip(names, typical, drawn, strict=True)
    }


def by_occasion(
    member: Member, parameters: Mapping[str, Parameters], course: Course, time_min: Floats, analyte: str
) -> Floats:
    """Run one course, what was given on each occasion with the parameters of that occasion.

    Parameters
    ----------
    member, course, time_min, analyte
        As for `course_concentrations`.
    parameters : Mapping[str, Mapping[str, Floats]]
        For each occasion of the course.

    Returns
    -------
    Floats
        Shape ``(people, times)``, ng/mL.
    """
    names = dict.fromkeys(dose.occasion for dose in course.doses)
    if not member.model.differs_by_occasion:
        return course_concentrations(member, parameters[next(iter(names))], course, time_min, analyte)
    parts = []
    for name in names:
        here = replace(course, doses=tuple(dose for dose in course.doses if dose.occasion == name))
        parts.append(course_concentrations(member, parameters[name], here, time_min, analyte))
    return np.asarray(np.sum(parts, axis=0))


def course_concentrations(
    member: Member, parameters: Parameters, course: Course, time_min: Floats, analyte: str
) -> Floats:
    """Run one course.

    Parameters
    ----------
    member : Member
        Ready for this drug, these routes and this site.
    parameters : Mapping[str, Floats]
        Shape ``(people,)`` each.
    course : Course
        With at least one dose.
    time_min : Floats
        Shape ``(times,)``, by the clock of the table, in any order.
    analyte : str
        One that the member gives.

    Returns
    -------
    Floats
        Shape ``(people, times)``, ng/mL.
    """
    started_min = course.doses[0].start_min
    asked, places = np.unique(time_min, return_inverse=True)
    doses = tuple(
        Given(
            FILE_ROUTES.get(dose.route, dose.route),
            dose.dose_mg * member.dose_share,
            dose.start_min - started_min,
            dose.duration_min,
            dose.devices,
            dose.devices_before,
        )
        for dose in course.doses
    )
    changes = tuple((minute - started_min, {**known, "NDEV": 1.0}) for minute, known in course.changes)
    found: dict[str, Floats] = {}
    wanted = wanted_of(member, (parent_of(analyte),))
    for copy in member.model.copies:
        if len(changes) == 1:
            one = run(member.model, copy, parameters, changes[0][1], doses, time_min=asked - started_min, wanted=wanted)
        else:
            one = changing_concentrations(
                member.model, copy, parameters, changes, doses, time_min=asked - started_min, wanted=wanted
            )
        found |= {named(name, copy): values for name, values in one.items()}
    return np.asarray(_analyte(found, analyte, member)[:, places])


def _analyte(found: Mapping[str, Floats], analyte: str, member: Member) -> Floats:
    """Give the analyte, or the sum of its enantiomers; esketamine holds no R."""
    if analyte in found:
        return found[analyte]
    if member.drug == "esketamine":
        return found[f"S-{analyte}"]
    return found[f"S-{analyte}"] + found[f"R-{analyte}"]


def log_scores(model_id: str, seen: tuple[Seen, ...], people: Floats) -> Floats:
    """Give the logarithm of the predictive density of each observation, per ng/mL; below the limit the chance of that.

    Parameters
    ----------
    model_id : str
        Whose residual error counts.
    seen : tuple of Seen
        The observations.
    people : Floats
        Shape ``(replicates, samples)``, without assay error.

    Returns
    -------
    Floats
        Shape ``(samples,)``.
    """
    residual = residual_of(model_id, seen[0].stratum.analyte)
    below = np.array([one.sample.below for one in seen])
    limit = np.array([one.sample.lloq_ng_per_ml or 1.0 for one in seen])
    value = np.array([one.sample.value_ng_per_ml or 1.0 for one in seen])
    each = np.where(below, residual.log_below(limit, people), residual.log_density(value, people))
    highest = np.max(each, axis=0)
    highest = np.where(np.isfinite(highest), highest, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(highest + np.log(np.mean(np.exp(each - highest), axis=0)))
