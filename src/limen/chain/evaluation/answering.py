"""Which models can answer for which samples, and why another cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from limen.chain.evaluation.event_table import EventTable
from limen.chain.evaluation.events import Sample
from limen.chain.evaluation.expansion import Course
from limen.kinetics import ENSEMBLE, load_model, members, model_ids
from limen.kinetics.courses import named, parent_of, wanted_of
from limen.kinetics.ensemble import Member
from limen.quantities import Floats, InputError


@dataclass(frozen=True)
class Stratum:
    """Samples that the same models can answer: one drug by the same ways, one site, one analyte.

    Parameters
    ----------
    drugs, routes : tuple of str
        What was given; a course of two drugs has no model.
    sampled, analyte : str
        What was measured, and where.
    """

    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    sampled: str
    analyte: str

    @property
    def site(self) -> str:
        """The site that models are asked for: where it is unknown, the vein."""
        return "venous" if self.sampled == "unknown" else self.sampled

    @property
    def title(self) -> str:
        """In words."""
        given = f"{' and '.join(self.routes)} {' and '.join(self.drugs)}"
        return f"{self.analyte} after {given}, {self.sampled} samples"


@dataclass(frozen=True)
class Seen:
    """One counted sample with its place.

    Parameters
    ----------
    person, part : int
        Number of the person in the table, and of the course of that person.
    course : Course
        What it belongs to.
    sample : Sample
        What was measured.
    read_at_min : float
        When a model is read for it.
    stratum : Stratum
        Which models can answer.
    """

    person: int
    part: int
    course: Course
    sample: Sample
    read_at_min: float
    stratum: Stratum

    @property
    def since_min(self) -> float:
        """Minutes since the first dose of its course."""
        return self.sample.time_min - self.course.first_dose_min


def seen_samples(table: EventTable, *, drop_below: bool) -> tuple[Seen, ...]:
    """Give the samples that count: measured, and after a dose was begun.

    Parameters
    ----------
    table : EventTable
        What was read.
    drop_below : bool
        Whether those below the limit are left out (M1).

    Returns
    -------
    tuple of Seen
        In the order of the file.

    Raises
    ------
    InputError
        If a counted concentration is 0, or nothing is left.
    """
    found = []
    for number, person in enumerate(table.people):
        for part, course in enumerate(person.courses):
            for one, read_at_min in zip(course.samples, course.read_at_min, strict=True):
                if one.measured and not (drop_below and one.below) and not course.is_before_doses(one):
                    _check_above_zero(table.file, one)
                    found.append(Seen(number, part, course, one, read_at_min, _stratum(course, one)))
    if not found:
        raise InputError(f"{table.file} holds no measured sample after a dose: give DV on lines with EVID 0.")
    return tuple(found)


def _check_above_zero(file: str, one: Sample) -> None:
    if one.value_ng_per_ml == 0.0:
        raise InputError(
            f"Line {one.line} of {file}, column DV, holds 0 after a dose, which no assay measures: set BLQ = 1 and give"
            " LLOQ, or write . where it is missing."
        )


def _stratum(course: Course, one: Sample) -> Stratum:
    drugs = tuple(sorted({dose.drug for dose in course.doses}))
    routes = tuple(sorted({dose.route for dose in course.doses}))
    return Stratum(drugs, routes, one.sampled, one.analyte)


def answering_model(model_id: str, stratum: Stratum, *, by_name: bool) -> Member:
    """Give a model ready to answer for a stratum.

    Parameters
    ----------
    model_id : str
        A word of `model_ids`.
    stratum : Stratum
        What is asked.
    by_name : bool
        Whether the user named this model; else one of S alone is not compared with a racemate.

    Returns
    -------
    Member

    Raises
    ------
    InputError
        One sentence on why it cannot.
    """
    if len(stratum.drugs) > 1:
        raise InputError(f"No model on file takes {' and '.join(stratum.drugs)} in one course: evaluate them apart.")
    drug = stratum.drugs[0]
    if drug == "ketamine" and load_model(model_id).is_s_only and not by_name:
        raise InputError(
            f"The model {model_id!r} describes S-ketamine alone and the dose was racemic: name it by --model {model_id}"
            " to compare its S half."
        )
    found = [members(drug, route, stratum.site, model_id)[0] for route in stratum.routes]
    chosen = _for_all_routes(found)
    given = analytes_of(chosen)
    if stratum.analyte not in given:
        raise InputError(f"The model {model_id!r} does not give {stratum.analyte}, only {', '.join(given)}.")
    return chosen


def _for_all_routes(found: list[Member]) -> Member:
    """Choose the form of the model that has every way in."""
    added = [one for one in found if one.prior is not None]
    if len(added) > 1:
        raise InputError(
            f"The model {found[0].model.id!r} can be given one way in with a prior, not {len(added)}: evaluate the"
            " courses apart."
        )
    return (added or found)[0]


def analytes_of(member: Member) -> tuple[str, ...]:
    """Name every analyte that a member gives, sums included."""
    parents = ("ketamine", "norketamine", "hydroxynorketamine")
    names = [named(name, copy) for copy in member.model.copies for name in wanted_of(member, parents)]
    both = [parent_of(name) for name in names if member.drug == "esketamine" or name.startswith("R-")]
    return tuple(dict.fromkeys((*names, *both)))


@dataclass(frozen=True)
class Answers:
    """Who answers for one stratum, and who does not.

    Parameters
    ----------
    stratum : Stratum
        What was asked.
    members : Mapping[str, Member]
        By model.
    weights : Mapping[str, float]
        Of those that are in the ensemble and give this analyte; they add to 1, or there are none.
    refused : Mapping[str, str]
        One sentence a model.
    """

    stratum: Stratum
    members: Mapping[str, Member]
    weights: Mapping[str, float]
    refused: Mapping[str, str]

    def ensemble(self, values: Mapping[str, Floats]) -> Floats:
        """Give the weighted geometric mean of the members' values, in their shape."""
        logs = [weight * np.log(values[name]) for name, weight in self.weights.items()]
        return np.asarray(np.exp(np.sum(logs, axis=0)))


def answers_for(stratum: Stratum, chosen: tuple[str, ...]) -> Answers:
    """Ask every model, or the ones that were named, whether it can answer for a stratum.

    Parameters
    ----------
    stratum : Stratum
        What is asked.
    chosen : tuple of str
        Model ids, and perhaps ``"ensemble"``; none asks all.

    Returns
    -------
    Answers

    Raises
    ------
    InputError
        If there is no model of such a name.
    """
    given: dict[str, Member] = {}
    refused: dict[str, str] = {}
    named_ids = tuple(load_model(name).id for name in chosen if name != ENSEMBLE)
    for name in model_ids() if not named_ids or ENSEMBLE in chosen else named_ids:
        try:
            given[name] = answering_model(name, stratum, by_name=name in named_ids)
        except InputError as reason:
            refused[name] = str(reason)
    weights: dict[str, float] = {}
    if not named_ids or ENSEMBLE in chosen:
        try:
            weights = _weights(stratum, given)
        except InputError as reason:
            refused[ENSEMBLE] = str(reason)
    return Answers(stratum, given, weights, refused)


def _weights(stratum: Stratum, given: Mapping[str, Member]) -> dict[str, float]:
    if len(stratum.drugs) > 1:
        raise InputError(f"No ensemble takes {' and '.join(stratum.drugs)} in one course: evaluate them apart.")
    found: dict[str, float] = {}
    for route in stratum.routes:
        weights = {one.model.id: one.weight for one in members(stratum.drugs[0], route, stratum.site)}
        found = {name: weights[name] * found.get(name, 1.0) for name in weights if not found or name in found}
    kept = {name: weight for name, weight in found.items() if name in given}
    if not kept:
        raise InputError(f"No member of the ensemble gives {stratum.analyte} here: ask for ketamine.")
    total = sum(kept.values())
    return {name: weight / total for name, weight in kept.items()}
