"""From a person and a course of doses to concentrations over time, by every model that may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import numpy as np

from limen.kinetics.courses import PARENTS, courses, covariates_of, named, occasions_of, shares, wanted_of
from limen.kinetics.drifting import drifting_concentrations
from limen.kinetics.engine import concentrations_of_each
from limen.kinetics.ensemble import ENSEMBLE, Member, members
from limen.kinetics.joined import with_sums
from limen.kinetics.linear_system import Body, Given, LinearSystem, body, inputs_of, linear_system
from limen.kinetics.model import Copy, Model
from limen.kinetics.remarks import remarks
from limen.kinetics.variability import EVERYTHING, TYPICAL, Spread, draw_occasions
from limen.quantities import Floats, InputError
from limen.regimen import Patient, Regimen, Visit

Analytes = dict[str, Floats]


@dataclass(frozen=True)
class MemberDraws:
    """What one model says.

    Parameters
    ----------
    id, site : str
        The model and where it was sampled.
    weight : float
        Of this member.
    draws : int
        How many rows.
    analytes : Mapping[str, Floats]
        Shape ``(draws, times)``, total drug in plasma, ng/mL; only what this model really gives.
    linked : bool
        Whether it was sampled in an artery and is read in a vein through the link.
    ways : tuple of Mapping
        The same by each drug and route, where one gives more than another, so that receptors miss nothing; else empty.
    """

    id: str
    site: str
    weight: float
    draws: int
    analytes: Mapping[str, Floats]
    linked: bool = False
    ways: tuple[Mapping[str, Floats], ...] = ()

    @property
    def by_way(self) -> tuple[Mapping[str, Floats], ...]:
        """All that the model gives, in parts that add up."""
        return self.ways or (self.analytes,)

    def each(self, change: Callable[[Floats], Floats]) -> MemberDraws:
        """Change every array alike: some draws, or some times."""
        analytes, *ways = ({name: change(one) for name, one in way.items()} for way in (self.analytes, *self.ways))
        return replace(self, draws=len(next(iter(analytes.values()))), analytes=analytes, ways=tuple(ways))


def added_up(parts: Sequence[Mapping[str, Floats]]) -> tuple[dict[str, Floats], tuple[Mapping[str, Floats], ...]]:
    """Add up what several ways in give: analytes that all of them give, and the ways where some give more."""
    names = [name for name in parts[0] if all(name in part for part in parts)]
    analytes = {name: np.sum([part[name] for part in parts], axis=0) for name in names}
    return analytes, () if all(len(part) == len(names) for part in parts) else tuple(parts)


@dataclass(frozen=True)
class ConcentrationDraws:
    """What all models say; the rows of a member are in proportion to its weight.

    Parameters
    ----------
    time_min : Floats
        Shape ``(times,)``, minutes since the first dose.
    sampled : str
        ``"venous"`` or ``"arterial"``.
    members : tuple of MemberDraws
        One a model; for a course of several drugs or routes one a combination of models.
    warnings : tuple of str
        What a reader must know beside the numbers.
    prior_only : bool
        Whether a way in has a prior instead of a fit.
    """

    time_min: Floats
    sampled: str
    members: tuple[MemberDraws, ...]
    warnings: tuple[str, ...] = ()
    prior_only: bool = False

    def analyte(self, name: str) -> Floats:
        """Give all draws of the members that have this analyte.

        Returns
        -------
        Floats
            Shape ``(draws, times)``, ng/mL.

        Raises
        ------
        InputError
            If no member has it.
        """
        given = [member.analytes[name] for member in self.members if name in member.analytes]
        if not given:
            ids = ", ".join(member.id for member in self.members)
            raise InputError(f"No model of this answer ({ids}) gives {name!r}: ask for 'ketamine'.")
        return np.concatenate(given)


@dataclass(frozen=True)
class _Request:
    """What every model of an answer is asked."""

    patient: Patient
    time_min: Floats
    spread: Spread
    rng: np.random.Generator
    parents: tuple[str, ...]


Course = tuple[tuple[Given, ...], Floats]


def draw_concentrations(
    patient: Patient,
    regimen: Regimen,
    time_min: Floats,
    *,
    draws: int,
    sampled: str = "venous",
    model: str = ENSEMBLE,
    rng: np.random.Generator,
    spread: Spread = EVERYTHING,
    parents: tuple[str, ...] = PARENTS,
) -> ConcentrationDraws:
    """Draw concentrations of people like this one: over people, parameters and models; without assay noise.

    A row is one person for the whole course; each visit is an occasion of its own. Where a course has several drugs or
    routes, the effects of one person on them are drawn independently.

    Parameters
    ----------
    patient : Patient
        Actual weight and age are used; an age not known is that of the typical person.
    regimen : Regimen
        Inert doses are left out.
    time_min : Floats
        Shape ``(times,)``, increasing, minutes since the first dose.
    draws : int
        Rows in all.
    sampled : str
        ``"venous"`` or ``"arterial"``.
    model : str
        ``"ensemble"`` or the id of one model.
    rng : numpy.random.Generator
        The source of chance.
    spread : Spread
        What varies.
    parents : tuple of str
        Drug and metabolites wanted, with their enantiomers where a model tells them.

    Returns
    -------
    ConcentrationDraws

    Raises
    ------
    InputError
        If no model answers for a drug and route of the course, or the chosen one cannot.
    """
    asked = courses(regimen)
    if not asked:
        return _nothing(time_min, sampled, draws, parents)
    combinations = tuple(product(*(members(drug, route, sampled, model) for (drug, route), _ in asked)))
    rows = shares(tuple(prod(one.weight for one in combination) for combination in combinations), draws)
    given = tuple(doses for _, doses in asked)
    request = _Request(patient, time_min, spread, rng, parents)
    found = tuple(
        _combined(combination, given, count, request)
        for combination, count in zip(combinations, rows, strict=True)
        if count
    )
    used = tuple(one for combination in combinations for one in combination)
    return ConcentrationDraws(
        time_min, sampled, found, remarks(used, patient.weight_kg, parents), any(one.prior is not None for one in used)
    )


def typical_concentrations(
    patient: Patient,
    regimen: Regimen,
    time_min: Floats,
    *,
    sampled: str = "venous",
    model: str = ENSEMBLE,
    parents: tuple[str, ...] = PARENTS,
) -> ConcentrationDraws:
    """Give the typical person of this weight and age: one row a member; parameters as in `draw_concentrations`."""
    combinations = prod(len(members(drug, route, sampled, model)) for (drug, route), _ in courses(regimen))
    return draw_concentrations(
        patient,
        regimen,
        time_min,
        draws=combinations,
        sampled=sampled,
        model=model,
        rng=np.random.default_rng(0),
        spread=TYPICAL,
        parents=parents,
    )


def _nothing(time_min: Floats, sampled: str, draws: int, parents: tuple[str, ...]) -> ConcentrationDraws:
    """No active dose: nothing in the blood, which needs no model."""
    zeros = {name: np.zeros((draws, len(time_min))) for name in parents}
    return ConcentrationDraws(time_min, sampled, (MemberDraws("no active dose", sampled, 1.0, draws, zeros),))


def _combined(
    combination: tuple[Member, ...], doses: tuple[tuple[Given, ...], ...], rows: int, request: _Request
) -> MemberDraws:
    parts = [_one_member(member, given, rows, request) for member, given in zip(combination, doses, strict=True)]
    analytes, ways = added_up(parts)
    sites = dict.fromkeys(member.model.site for member in combination)
    return MemberDraws(
        " + ".join(member.model.id for member in combination),
        " + ".join(sites),
        prod(member.weight for member in combination),
        rows,
        analytes,
        any(member.linked for member in combination),
        ways,
    )


def _one_member(member: Member, doses: tuple[Given, ...], rows: int, request: _Request) -> Analytes:
    given = tuple(replace(dose, dose_mg=dose.dose_mg * member.dose_share) for dose in doses)
    parted = occasions_of(member.model, given)
    drawn = draw_occasions(member.model, rows, request.spread, request.rng, len(parted))
    covariates, wanted = covariates_of(request.patient), wanted_of(member, request.parents)
    found: Analytes = {}
    for parameters, doses_here in zip(drawn, parted, strict=True):
        for copy in member.model.copies:
            one = run(member.model, copy, parameters, covariates, doses_here, time_min=request.time_min, wanted=wanted)
            _add(found, one, copy)
    return with_sums(found, member)


def _add(found: Analytes, one: Mapping[str, Floats], copy: Copy) -> None:
    """Add what one copy of a model gives to what was found."""
    for name, values in one.items():
        found[named(name, copy)] = found.get(named(name, copy), 0.0) + values


def draw_each_visit(
    patient: Patient,
    visits: Sequence[tuple[Visit, Floats]],
    *,
    draws: int,
    model: str,
    rng: np.random.Generator,
    sampled: str = "venous",
    parents: tuple[str, ...] = PARENTS,
) -> tuple[MemberDraws, ...]:
    """Draw the same people by one model under several visits, each alone: what they share is worked out once.

    Parameters
    ----------
    patient, draws, model, rng, sampled, parents
        As for `draw_concentrations`, which gives the same for each visit with the same chance.
    visits : Sequence of (Visit, Floats)
        Of one drug and route, each with its times, shape ``(times,)``, minutes.

    Returns
    -------
    tuple of MemberDraws
        One a visit.

    Raises
    ------
    InputError
        If the model does not answer for this drug and route.
    """
    asked = [(courses(Regimen((visit,)))[0], time_min) for visit, time_min in visits]
    member = members(*asked[0][0][0], sampled, model)[0]
    given = [
        (tuple(replace(one, dose_mg=one.dose_mg * member.dose_share) for one in doses), time_min)
        for (_, doses), time_min in asked
    ]
    (parameters,) = draw_occasions(member.model, draws, EVERYTHING, rng, 1)
    covariates, wanted = covariates_of(patient), wanted_of(member, parents)
    found: list[Analytes] = [{} for _ in visits]
    for copy in member.model.copies:
        each = run_each(member.model, copy, parameters, covariates, given, wanted=wanted)
        for mine, one in zip(found, each, strict=True):
            _add(mine, one, copy)
    told, model_id = (with_sums(mine, member) for mine in found), member.model.id
    return tuple(MemberDraws(model_id, member.model.site, member.weight, draws, one, member.linked) for one in told)


def run(
    model: Model,
    copy: Copy,
    parameters: Mapping[str, Floats],
    covariates: Mapping[str, float],
    doses: tuple[Given, ...],
    *,
    time_min: Floats,
    wanted: tuple[str, ...],
) -> Mapping[str, Floats]:
    """Run one copy of one model.

    Parameters
    ----------
    model, copy : Model, Copy
        What is run.
    parameters : Mapping[str, Floats]
        Shape ``(people,)`` each, as `draw_parameters` gives them.
    covariates : Mapping[str, float]
        ``WT`` kg, ``AGE`` y, ``ASIAN`` and ``JAPANESE`` 0 or 1, ``NDEV`` devices.
    doses : tuple of Given
        The full doses.
    time_min : Floats
        Shape ``(times,)``, increasing.
    wanted : tuple of str
        Analytes by the names of the model file.

    Returns
    -------
    Mapping of str to Floats
        Shape ``(people, times)``, ng/mL.
    """
    return run_each(model, copy, parameters, covariates, [(doses, time_min)], wanted=wanted)[0]


def run_each(
    model: Model,
    copy: Copy,
    parameters: Mapping[str, Floats],
    covariates: Mapping[str, float],
    asked: Sequence[Course],
    *,
    wanted: tuple[str, ...],
) -> tuple[Mapping[str, Floats], ...]:
    """Run one copy of one model under several courses by the same routes, each alone; else as `run`."""
    routes = frozenset(dose.route for doses, _ in asked for dose in doses)

    def at(minute: float) -> tuple[Body, LinearSystem]:
        living = body(model, copy, parameters, covariates, minute / 60.0)
        return living, linear_system(living, wanted, routes)

    living, system = at(0.0)
    entering = [(inputs_of(living, system, doses), time_min) for doses, time_min in asked]
    if model.changes_with_time:
        return tuple(drifting_concentrations(lambda minute: at(minute)[1], *one) for one in entering)
    return concentrations_of_each(system, entering)
