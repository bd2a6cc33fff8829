"""From a person and a course to a few numbers of each drawn person, without ever holding people times minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite, prod
from typing import Final

import numpy as np

from limen.kinetics import fast
from limen.kinetics.courses import PARENTS, courses, covariates_of, occasions_of, shares, wanted_of
from limen.kinetics.drifting import drifting_walk
from limen.kinetics.engine import BATCH
from limen.kinetics.ensemble import ENSEMBLE, Member, members
from limen.kinetics.joined import Part, joined, with_sums
from limen.kinetics.layout import UnevenMinutesError
from limen.kinetics.linear_system import Given, LinearSystem, inputs_of
from limen.kinetics.readings import NEVER, Concentrations, Reader, Reading, Reduced, Tally, saturated
from limen.kinetics.remarks import remarks
from limen.kinetics.streaming import kept, reduced
from limen.kinetics.variability import EVERYTHING, Spread, draw_occasions
from limen.quantities import Floats, InputError
from limen.regimen import Patient, Regimen

STEP_MIN: Final = 1.0  # ours: a trapezium of one minute is then within a thousandth of the area of an infusion
MOST_STEPS: Final = 200_000  # ours: a grid beyond this is a slip of a unit
USUAL_STATES: Final = 32  # ours: up to as many, a block of people keeps its usual size
EVERY_ANALYTE: Final = Concentrations()


@dataclass(frozen=True)
class MemberReduced:
    """What is kept of one combination of models.

    Parameters
    ----------
    id, site : str
        The models and where they were sampled.
    share : float
        Of the ensemble.
    draws : int
        How many people.
    readings : Mapping[str, Reduced]
        By name; only what these models give.
    linked : bool
        Whether one was sampled in an artery and is read in a vein.
    """

    id: str
    site: str
    share: float
    draws: int
    readings: Mapping[str, Reduced]
    linked: bool = False


@dataclass(frozen=True)
class Reductions:
    """What is kept of all models; people of a member are in proportion to its share.

    Parameters
    ----------
    until_min, step_min : float
        To which minute, and how far apart the minutes looked at are.
    sampled : str
        ``"venous"`` or ``"arterial"``.
    engine : str
        What computed it: ``"numpy"`` or ``"numba"``.
    members : tuple of MemberReduced
        One a model, or a combination of them.
    warnings : tuple of str
        What a reader must know beside the numbers.
    prior_only : bool
        Whether a way in has a prior instead of a fit.
    """

    until_min: float
    step_min: float
    sampled: str
    engine: str
    members: tuple[MemberReduced, ...]
    warnings: tuple[str, ...] = ()
    prior_only: bool = False

    def reading(self, name: str) -> Reduced:
        """Give the numbers of one reading for all people of the members that have it.

        Raises
        ------
        InputError
            If no member has it.
        """
        given = [member.readings[name] for member in self.members if name in member.readings]
        if not given:
            known = ", ".join(dict.fromkeys(one for member in self.members for one in member.readings))
            raise InputError(f"No model of this answer gives {name!r}: ask for one of {known}.")
        return _concatenated(given)


@dataclass(frozen=True)
class _Request:
    """What every combination is asked."""

    patient: Patient
    spread: Spread
    rng: np.random.Generator
    parents: tuple[str, ...]
    time_min: Floats
    read: Reader
    engine: str
    workers: int


def reduce_concentrations(
    patient: Patient,
    regimen: Regimen,
    *,
    until_min: float,
    step_min: float = STEP_MIN,
    draws: int,
    sampled: str = "venous",
    model: str = ENSEMBLE,
    rng: np.random.Generator,
    spread: Spread = EVERYTHING,
    parents: tuple[str, ...] = PARENTS,
    read: Reader = EVERY_ANALYTE,
    engine: str = "auto",
    workers: int = 1,
) -> Reductions:
    """Draw people and keep the peak, its time, the area and the time above a limit of each.

    The people are those of `draw_concentrations` with the same arguments. They are carried through time in blocks and
    read as they go by, so that a million of them fit into memory.

    Parameters
    ----------
    patient, regimen, draws, sampled, model, rng, spread, parents
        As for `draw_concentrations`.
    until_min : float
        The last minute, after the first dose.
    step_min : float
        Minutes between the minutes looked at; starts and ends of doses come in addition.
    read : Reader
        Which readings are taken; every analyte where it is not given.
    engine : str
        ``"auto"``, ``"numpy"`` or ``"numba"``; both give the same to 1e-10.
    workers : int
        Threads that numba may use.

    Returns
    -------
    Reductions

    Raises
    ------
    InputError
        If no model answers, or the minutes or the engine cannot be used.
    """
    time_min = _grid(until_min, step_min)
    asked = courses(regimen)
    used_engine = fast.chosen(engine, draws * len(time_min))
    request = _Request(patient, spread, rng, parents, time_min, read, used_engine, workers)
    if not asked:
        return Reductions(until_min, step_min, sampled, used_engine, (_nothing(sampled, draws, request),))
    combinations = tuple(product(*(members(drug, route, sampled, model) for (drug, route), _ in asked)))
    counts = shares(tuple(prod(one.weight for one in combination) for combination in combinations), draws)
    firsts = [0, *np.cumsum(counts).tolist()]

    def people(request: _Request) -> tuple[MemberReduced, ...]:
        return tuple(
            _combined(combination, tuple(doses for _, doses in asked), slice(first, first + count), request)
            for combination, count, first in zip(combinations, counts, firsts, strict=False)
            if count
        )

    used_engine, found = _by_what_can(people, request, may_choose=engine == "auto")
    used = tuple(one for combination in combinations for one in combination)
    notes = remarks(used, patient.weight_kg, parents)
    prior_only = any(one.prior is not None for one in used)
    return Reductions(until_min, step_min, sampled, used_engine, found, notes, prior_only)


def _by_what_can(
    people: Callable[[_Request], tuple[MemberReduced, ...]], request: _Request, *, may_choose: bool
) -> tuple[str, tuple[MemberReduced, ...]]:
    """Reduce by the engine of the request, or by NumPy where the minutes are too uneven and nobody chose numba."""
    chance = request.rng.bit_generator.state
    try:
        return request.engine, people(request)
    except UnevenMinutesError:
        if not may_choose:
            raise
    request.rng.bit_generator.state = chance
    return "numpy", people(replace(request, engine="numpy"))


def _grid(until_min: float, step_min: float) -> Floats:
    if not (isfinite(until_min) and isfinite(step_min) and 0.0 < step_min <= until_min):
        raise InputError(
            f"A course is looked at every so many minutes up to a last one, got a step of {step_min:g} min up to"
            f" {until_min:g} min: use until_min=1440 and step_min=1, for example."
        )
    if until_min / step_min > MOST_STEPS:
        raise InputError(
            f"A step of {step_min:g} min up to {until_min:g} min makes more than {MOST_STEPS} steps: use a longer step."
        )
    return np.unique(np.append(np.arange(0.0, until_min, step_min), until_min))


def _combined(
    combination: tuple[Member, ...], doses: tuple[tuple[Given, ...], ...], rows: slice, request: _Request
) -> MemberReduced:
    people = rows.stop - rows.start
    parts = tuple(
        part
        for member, given in zip(combination, doses, strict=True)
        for part in _parts(member, given, people, request)
    )
    return MemberReduced(
        " + ".join(member.model.id for member in combination),
        " + ".join(dict.fromkeys(member.model.site for member in combination)),
        prod(member.weight for member in combination),
        rows.stop - rows.start,
        _readings(parts, rows, request),
        any(member.linked for member in combination),
    )


def _parts(member: Member, doses: tuple[Given, ...], people: int, request: _Request) -> tuple[Part, ...]:
    """Give one part an occasion, or one in all."""
    given = tuple(replace(dose, dose_mg=dose.dose_mg * member.dose_share) for dose in doses)
    parted = occasions_of(member.model, given)
    drawn = draw_occasions(member.model, people, request.spread, request.rng, len(parted))
    covariates, wanted = covariates_of(request.patient), wanted_of(member, request.parents)
    return tuple(
        Part(member, here, parameters, covariates, wanted) for parameters, here in zip(drawn, parted, strict=True)
    )


def _readings(parts: tuple[Part, ...], rows: slice, request: _Request) -> Mapping[str, Reduced]:
    """Take the readings of all people, block by block."""
    size = _together_at_most(parts, fast.BLOCK if request.engine == "numba" else BATCH)
    people = rows.stop - rows.start
    blocks = [slice(first, min(first + size, people)) for first in range(0, people, size)]

    def one(block: slice) -> Mapping[str, Reduced]:
        return _block(parts, block, slice(rows.start + block.start, rows.start + block.stop), request)

    found = _mapped(one, blocks, request.workers)
    return {name: _concatenated([part[name] for part in found]) for name in found[0]}


def _together_at_most(parts: tuple[Part, ...], usual: int) -> int:
    """Give how many people are laid out at once: fewer where many occasions make their matrices wide."""
    states = sum(len(part.member.model.copies) * len(part.member.model.compartments) for part in parts)
    return max(1, min(usual, int(usual * (USUAL_STATES / states) ** 2)))


def _mapped(
    one: Callable[[slice], Mapping[str, Reduced]], blocks: list[slice], workers: int
) -> list[Mapping[str, Reduced]]:
    """Do the blocks in turn, or on threads: the compiled path lets go of the interpreter while it runs."""
    if workers <= 1 or len(blocks) <= 1:
        return [one(block) for block in blocks]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, blocks))


def _block(parts: tuple[Part, ...], block: slice, rows: slice, request: _Request) -> Mapping[str, Reduced]:
    if any(part.member.model.changes_with_time for part in parts):
        return _drifting(_alone(parts), block, rows, request)
    system, inputs = joined(parts, block)
    readings = request.read(tuple(system.outputs), rows)
    run = fast.reduced if request.engine == "numba" else reduced
    return _by_name(readings, run(system, inputs, request.time_min, readings))


def _alone(parts: tuple[Part, ...]) -> Part:
    if len(parts) > 1:
        (name,) = {part.member.model.id for part in parts if part.member.model.changes_with_time}
        raise InputError(
            f"The model {name!r} changes with time and is reduced for one drug by one route, got {len(parts)} of them:"
            " use draw_concentrations, or another model."
        )
    return parts[0]


def _drifting(part: Part, block: slice, rows: slice, request: _Request) -> Mapping[str, Reduced]:
    """Read the one kind of model that has no exact step; such a model answers alone, for one route."""
    copy = part.member.model.copies[0]

    def at(minute: float) -> LinearSystem:
        system = part.system(part.body(copy, block, minute / 60.0))
        return LinearSystem(system.states, system.rates, with_sums(dict(system.outputs), part.member))

    start = at(0.0)
    inputs = inputs_of(part.body(copy, block), start, part.doses)
    readings = request.read(tuple(start.outputs), rows)
    tallies = [Tally(start.people, one.above) for one in readings]
    for now_min, system, before, after in drifting_walk(at, inputs, request.time_min):
        for reading, tally in zip(readings, tallies, strict=True):
            tally.see(now_min, _value(reading, system, before), _value(reading, system, after))
    found = tuple(kept(reading, tally, None) for reading, tally in zip(readings, tallies, strict=True))
    return _by_name(readings, found)


def _value(reading: Reading, system: LinearSystem, amount_mg: Floats) -> Floats:
    value = np.einsum("ps,ps->p", reading.weights(system), amount_mg)
    return saturated(value) if reading.saturating else value


def _by_name(readings: Sequence[Reading], found: tuple[Reduced, ...]) -> Mapping[str, Reduced]:
    return {reading.name: one for reading, one in zip(readings, found, strict=True)}


def _concatenated(parts: Sequence[Reduced]) -> Reduced:
    """Put people behind one another; what one part lacks is not known of all."""
    return Reduced(
        parts[0].unit,
        np.concatenate([part.peak for part in parts]),
        np.concatenate([part.peak_at_min for part in parts]),
        np.concatenate([part.area for part in parts]),
        _all_or_none([part.exact_area for part in parts]),
        _all_or_none([part.above_min for part in parts]),
    )


def _all_or_none(parts: Sequence[Floats | None]) -> Floats | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _nothing(sampled: str, draws: int, request: _Request) -> MemberReduced:
    """No active dose: nothing in the blood, which needs no model."""
    zeros = np.zeros(draws)
    readings = {
        one.name: Reduced(
            one.unit, zeros, zeros, zeros, None if one.saturating else zeros, zeros if one.above < NEVER else None
        )
        for one in request.read(request.parents, slice(0, draws))
    }
    return MemberReduced("no active dose", sampled, 1.0, draws, readings)
