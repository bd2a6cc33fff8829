"""`limen options`: the contract's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from limen.chain import Joints
from limen.evidence import DISCLAIMER, joints
from limen.inference.person import Believed, Progress
from limen.inference.prediction import mood_basis, notes
from limen.inference.seen import before_mmhg
from limen.options.candidates import (
    Candidate,
    candidates,
    cumulative_mg_per_kg,
    extrapolates,
    not_offered,
    reasons,
    visits_so_far,
)
from limen.options.doubt import Sides, differences, pooled, predictors, shares
from limen.options.frontier import frontier
from limen.options.looking import JOINT_DRAWS, Look, look
from limen.options.next_observation import next_observations
from limen.options.outcome import (
    Outcome,
    all_benefit_rows,
    benefit_rows,
    dissociation_chance,
    fifty,
    outcomes,
    peaks,
    pressure_chance,
    response_chances,
    why_null,
)
from limen.options.rhythm import RHYTHM, rhythm_worth
from limen.quantities import InputError
from limen.regimen import Case
from limen.response.parameters import Population

Json = dict[str, Any]

NOT_SEPARATED: Final = "the data do not separate these"
DIGITS: Final = 4


def options_answer(case: Case, *, population: Population | None = None, tell: Progress | None = None) -> Json:
    """Give the options to review at the next visit of one person.

    Parameters
    ----------
    case : Case
        What was given and seen, and the limits of person and centre.
    population : Population, optional
        Instead of the posterior that ships with the package.
    tell : callable, optional
        Called now and then with the step and the steps in all, where it takes long.

    Returns
    -------
    dict
        As contract section 3 has it; the doses are in order of dose, and no rank is given.

    Raises
    ------
    InputError
        Where the case cannot be computed.
    """
    options = tuple(candidates(case))
    looked, believed = look(case, options, population=population, tell=tell)
    sides = all_sides(looked, believed, options)
    benefit = pooled(sides, np.random.default_rng([case.seed, 7]))
    compared = differences(sides, benefit)
    apart = separable(options, compared)
    return {
        "statement": statement(sides, compared, apart=apart),
        "separable": apart,
        "horizons_h": list(case.options.horizons_h),
        "options": rows(case, looked, sides),
        "differences": compared,
        "frontier": frontier(case, sides.default, [given_mg_per_kg(case, one) for one in options]),
        "next_observation": next_observations(sides, np.random.default_rng([case.seed, 8])),
        "not_offered": not_offered(case),
        "basis": mood_basis(case),
        "posterior_by": believed.how,
        "effective_draws": round(believed.effective_draws, 1),
        "model_weights": {name: round(share, DIGITS) for name, share in believed.model_weights().items()},
        "unknown": unknown(case, believed),
        "rhythm": RHYTHM | rhythm_worth(sides, benefit),
        "disclaimer": DISCLAIMER,
    }


def given_mg_per_kg(case: Case, option: Candidate) -> float:
    """Give what an option would give, mg/kg of actual weight."""
    return option.dose.dose_mg / case.patient.weight_kg if option.dose is not None else 0.0


def all_sides(looked: Look, believed: Believed, options: tuple[Candidate, ...]) -> Sides:
    """Carry everybody on under every option, and some of them under every other side of every joint."""
    default = outcomes(looked, options)
    rng = np.random.default_rng([believed.case.seed, 6])
    some = looked.some(np.sort(believed.rows(min(JOINT_DRAWS, len(looked.weights)), rng)))
    same = outcomes(some, options)
    others = {}
    for joint, word in other_sides(looked.model.joints):
        read = not unread(looked.model.joints, joint)
        others[f"{joint}={word}"] = outcomes(some.under(joint, word, believed.evidence), options) if read else same
    return Sides(default, same, others)


def unread(taken: Joints, joint: str) -> bool:
    """Tell whether nothing that an option shows reads a joint: glutamate, where no branch of mood is driven by it."""
    return joint == "J3" and "glutamate" not in (taken["J4"], taken["J5"])


def other_sides(taken: Joints) -> list[tuple[str, str]]:
    """Give every side of every joint but the one that is taken, as far as this version can take it."""
    return [
        (joint.id, word)
        for joint in joints()
        for word in joint.words
        if word != taken[joint.id] and possible(taken, joint.id, word)
    ]


def possible(taken: Joints, joint: str, word: str) -> bool:
    """Tell whether this version can take a side."""
    try:
        taken.switched(joint, word)
    except InputError:
        return False
    return True


def rows(case: Case, looked: Look, sides: Sides) -> list[Json]:
    """Give one line an option."""
    shared, found = predictors(looked), []
    beside = {name: all_benefit_rows(others) for name, others in sides.others.items()}
    before = all_benefit_rows(sides.same)
    for k, one in enumerate(sides.default):
        doubt, benefit = shares(sides, k, shared) if one.known else None, benefit_rows(one)
        after = {name: others[k] for name, others in beside.items()}
        found.append(
            row(case, one, benefit) | {"doubt": doubt, "under_joints": under_joints(benefit, before[k], after)}
        )
    return found


def under_joints(benefit: list[Json], before: list[Json], after: dict[str, list[Json]]) -> Json:
    """Give the benefit of an option under every other side: that of all draws, shifted as it shifts in some of them."""
    return {
        name: {"benefit": [shifted(*at_horizon) for at_horizon in zip(benefit, before, side, strict=True)]}
        for name, side in after.items()
    }


def shifted(whole: Json, before: Json, after: Json) -> Json:
    """Shift mean and ends of a benefit; what is not known stays so."""
    if after["mean"] is None:
        return after
    return {end: round(whole[end] + after[end] - before[end], DIGITS) for end in ("mean", "p10", "p90")}


def row(case: Case, one: Outcome, benefit: list[Json]) -> Json:
    """Give one option, without what its doubt is made of."""
    candidate, visit = one.candidate, one.candidate.dose
    return {
        "kind": candidate.kind,
        "drug": visit.drug if visit else None,
        "route": visit.route if visit else None,
        "dose": visit.text if visit else None,
        "duration_min": visit.duration_min if visit else None,
        "later_h": candidate.later_h,
        "benefit": benefit,
        "fifty": fifty(one),
        "response_probability": response_chances(one),
        "dissociation_above_limit_probability": dissociation_chance(one),
        "pressure_above_limit_probability": pressure_chance(one),
        **peaks(one),
        "cumulative_mg_per_kg_90d": round(cumulative_mg_per_kg(case, candidate), DIGITS),
        "infusions_so_far": visits_so_far(case),
        "urinary_symptoms": case.options.urinary_symptoms,
        "reasons": reasons(case, candidate),
        "extrapolates": extrapolates(case, candidate),
        "basis": mood_basis(candidate.after(case)),
        "unknown_because": why_null(one),
    }


def separable(options: Sequence[Candidate], compared: Sequence[Json]) -> bool:
    """Tell whether any two doses differ by more than the doubt at some horizon."""
    return any(
        all(options[k].is_dose for k in pair["options"]) and any(one["separated"] for one in pair["difference"])
        for pair in compared
    )


def statement(sides: Sides, compared: Sequence[Json], *, apart: bool) -> str:
    """Give the first line."""
    doses = [one for one in sides.default if one.candidate.is_dose]
    if not doses or not doses[0].known:
        return "The benefit of these options is not known."
    first = (
        "Some of these doses differ by more than the doubt"
        if apart
        else f"{NOT_SEPARATED[0].upper()}{NOT_SEPARATED[1:]}"
    )
    return f"{first}: {against_no_drug(sides, compared)}."


def against_no_drug(sides: Sides, compared: Sequence[Json]) -> str:
    """Say at which horizons some dose differs from the same visit without drug by more than the doubt."""
    kinds = [one.candidate.kind for one in sides.default]
    horizons_h = sides.default[0].case.options.horizons_h
    told = [
        h
        for h in range(len(horizons_h))
        if any(
            pair["difference"][h]["separated"]
            for pair in compared
            if {kinds[k] for k in pair["options"]} == {"dose", "same visit without drug"}
        )
    ]
    if not told:
        return "no dose differs from the same visit without drug by more than the doubt"
    hours = ", ".join(f"{horizons_h[h]:g} h" for h in told)
    return f"a dose differs from the same visit without drug by more than the doubt at {hours}"


def unknown(case: Case, believed: Believed) -> list[str]:
    """Say what is not known and would change what is shown."""
    found = [*believed.warnings, *notes(case)]
    if case.options.dissociation_limit_cadss is None:
        found.append("No limit of dissociation is stated: its chance is null.")
    if case.options.systolic_limit_mmhg is None:
        found.append("No limit of pressure is stated: its chance is null.")
    elif before_mmhg(case, "systolic_mmhg") is None:
        found.append("The pressure before the first dose is not given: its chance is null.")
    if case.options.urinary_symptoms == "unknown":
        found.append("Whether there are urinary symptoms is not known.")
    return found
