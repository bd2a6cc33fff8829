"""`limen options`: the contract's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from limen.evidence import DISCLAIMER
from limen.inference.prediction import mood_basis, notes
from limen.options.candidates import (
    candidates,
    cumulative_mg_per_kg,
    extrapolates,
    reasons,
    visits_so_far,
)
from limen.options.outcome import (
    Outcome,
    benefit_rows,
    consider,
    dissociation_chance,
    peaks,
    pressure_chance,
    response_chances,
    under_joints,
)
from limen.regimen import Case
from limen.response.parameters import shipped_posterior

Json = dict[str, Any]

NOT_SEPARATED: Final = "the data do not separate these"
DIGITS: Final = 4


def options_answer(case: Case) -> Json:
    """Give the options to review at the next visit of one person.

    Parameters
    ----------
    case : Case
        What was given and seen, and the limits of person and centre.

    Returns
    -------
    dict
        As contract section 3 has it; the doses are in order of dose, and no rank is given.

    Raises
    ------
    InputError
        Where the case cannot be computed.
    """
    posterior = shipped_posterior()
    rows = [row(case, consider(case, candidate, posterior)) for candidate in candidates(case)]
    doses = [one for one in rows if one["kind"] == "dose"]
    apart = separable(doses)
    return {
        "statement": statement(doses, apart=apart),
        "separable": apart,
        "horizons_h": list(case.options.horizons_h),
        "options": rows,
        "basis": mood_basis(case),
        "unknown": unknown(case),
        "rhythm": RHYTHM,
        "disclaimer": DISCLAIMER,
    }


#: What the rhythm is worth here: no data tie it to sensitivity or benefit.
RHYTHM: Final = {
    "likelihood_ratio": 1.0,
    "because": "no data on file tie the 1-4 Hz rhythm to sensitivity or benefit, so seeing it changes no option",
}


def row(case: Case, outcome: Outcome) -> Json:
    """Give one option."""
    candidate = outcome.candidate
    visit = candidate.visit if candidate.is_dose else None
    plasma, block = peaks(case, outcome)
    return {
        "kind": candidate.kind,
        "drug": visit.drug if visit else None,
        "route": visit.route if visit else None,
        "dose": visit.text if visit else None,
        "duration_min": visit.duration_min if visit else None,
        "benefit": benefit_rows(case, outcome),
        "response_probability": response_chances(case, outcome),
        "dissociation_above_limit_probability": dissociation_chance(case, outcome),
        "pressure_above_limit_probability": pressure_chance(case, outcome),
        "peak_ng_per_ml": plasma,
        "occupancy_peak": block,
        "cumulative_mg_per_kg_90d": round(cumulative_mg_per_kg(case, candidate), DIGITS),
        "infusions_so_far": visits_so_far(case),
        "urinary_symptoms": case.options.urinary_symptoms,
        "reasons": reasons(case, candidate),
        "extrapolates": extrapolates(case, candidate),
        "under_joints": dict(under_joints(case, outcome)),
    }


def separable(doses: Sequence[Json]) -> bool:
    """Tell whether any two doses differ by more than the doubt: neither mean within the other's middle 80 of 100."""
    return any(
        differ(one["benefit"][k], other["benefit"][k])
        for i, one in enumerate(doses)
        for other in doses[i + 1 :]
        for k in range(len(one["benefit"]))
    )


def differ(one: Json, other: Json) -> bool:
    """Tell whether two benefits lie apart; what is not known lies apart from nothing."""
    if one["mean"] is None or other["mean"] is None:
        return False
    within = other["p10"] <= one["mean"] <= other["p90"] or one["p10"] <= other["mean"] <= one["p90"]
    return not within


def statement(doses: Sequence[Json], *, apart: bool) -> str:
    """Give the first line."""
    if not doses or doses[0]["benefit"][0]["mean"] is None:
        return "The benefit of these options is not known."
    return (
        "Some of these options differ by more than the doubt."
        if apart
        else f"{NOT_SEPARATED[0].upper()}{NOT_SEPARATED[1:]}."
    )


def unknown(case: Case) -> list[str]:
    """Say what is not known and would change what is shown."""
    found = list(notes(case))
    if case.options.dissociation_limit_cadss is None:
        found.append("No limit of dissociation is stated: its chance is null.")
    if case.options.systolic_limit_mmhg is None:
        found.append("No limit of pressure is stated: its chance is null.")
    elif "systolic_mmhg" not in case.patient.baseline:
        found.append("The pressure before the first dose is not given: its chance is null.")
    if case.options.urinary_symptoms == "unknown":
        found.append("Whether there are urinary symptoms is not known.")
    return found
