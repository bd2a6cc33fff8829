"""The answers of the commands infusion-for and dose-for: an option to review, with its spread over people."""

from __future__ import annotations

from typing import Final

from limen.chain.exposure import concentration_answer, occupancy_answer
from limen.chain.exposure_summary import Json
from limen.chain.inverse import ASSAY, STEP_MIN, Goal, InfusionOption, Limits, infusion_for
from limen.chain.inverse_peak import SEED, PeakOption, dose_for_peak
from limen.chain.unit_responses import OCCUPANCY, Question
from limen.evidence import DISCLAIMER
from limen.kinetics import ENSEMBLE
from limen.regimen import Infusion, Patient, read_visit

SHOWN: Final = ("typical", "p05", "p25", "p50", "p75", "p95")


def infusion_answer(
    wanted: float,
    *,
    reading: str = "ketamine",
    reach_min: float,
    hold_min: float,
    most_mg_per_min: float,
    most_mg: float,
    weight_kg: float,
    drug: str = "ketamine",
    sampled: str = "venous",
    model: str = ENSEMBLE,
    step_min: float = STEP_MIN,
    assay: str = ASSAY,
) -> Json:
    """Give the answer of `limen infusion-for`: the infusion that brings the typical person to a level and holds it.

    Parameters
    ----------
    wanted : float
        ng/mL, or a fraction where the reading is ``"occupancy"``.
    reading : str
        An analyte, or ``"occupancy"``.
    reach_min, hold_min : float
        Minutes until it is reached, and for which it is then held.
    most_mg_per_min, most_mg : float
        The limits of the pump and of the dose.
    weight_kg : float
        Of the typical adult it is for.
    drug, sampled, model, step_min, assay
        As for `limen.chain.inverse.infusion_for`.

    Returns
    -------
    dict
        Ready for JSON; ``expected`` is the reading over people, parameters and models.

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    goal, limits = Goal(reading, wanted, reach_min, hold_min), Limits(most_mg_per_min, most_mg)
    person = Patient(weight_kg=weight_kg)
    found = infusion_for(goal, limits, person, drug=drug, sampled=sampled, model=model, step_min=step_min, assay=assay)
    asked = Question(reading, person, drug, sampled, model, assay)
    return {
        "statement": found.says,
        "wanted": {
            "reading": reading,
            "value": wanted,
            "unit": goal.unit,
            "reach_min": reach_min,
            "hold_min": hold_min,
        },
        "limits": {"mg_per_min": most_mg_per_min, "mg": most_mg},
        "drug": drug,
        "sampled": sampled,
        "model": model,
        "route": "iv",
        "assay": assay if reading == OCCUPANCY else None,
        **_option(found),
        "steps": _steps(found.text, drug, person),
        "expected": {"unit": goal.unit, **_expected(found, asked)},
        "warnings": list(found.warnings),
        "disclaimer": DISCLAIMER,
    }


def _option(found: InfusionOption) -> Json:
    return {
        "dose": found.text,
        "total_mg": found.total_mg,
        "highest_rate_mg_per_min": found.highest_rate_mg_per_min,
        "lowest_held": found.lowest_held,
        "highest_held": found.highest_held,
        "meets_goal": found.meets_goal,
        "limited_by": list(found.limited_by),
    }


def _steps(text: str, drug: str, person: Patient) -> list[Json]:
    visit = read_visit(text, drug=drug, route="iv", patient=person)
    return [
        {"start_min": dose.start_min, "end_min": dose.end_min, "mg_per_min": dose.dose_mg / dose.duration_min}
        for dose in visit.doses
        if isinstance(dose, Infusion)
    ]


def _expected(found: InfusionOption, asked: Question) -> Json:
    """Give what people like this one are expected to reach by the text, at the minutes looked at."""
    at_min = [0.0, *found.time_min.tolist()]
    weight_kg, drug, model, sampled = asked.patient.weight_kg, asked.drug, asked.model, asked.sampled
    if asked.reading == OCCUPANCY:
        curves = occupancy_answer(
            found.text, weight_kg=weight_kg, at_min=at_min, drug=drug, model=model, sampled=sampled, assay=asked.assay
        )[OCCUPANCY]
    else:
        curves = concentration_answer(
            found.text, weight_kg=weight_kg, at_min=at_min, drug=drug, model=model, sampled=sampled
        )["analytes"][asked.reading]
    return {"time_min": at_min, **{name: curves[name] for name in SHOWN}}


def dose_answer(
    wanted_ng_per_ml: float,
    *,
    probability: float,
    most_mg: float,
    weight_kg: float,
    over_min: float | None = None,
    drug: str = "ketamine",
    route: str = "iv",
    sampled: str = "venous",
    model: str = ENSEMBLE,
    seed: int = SEED,
) -> Json:
    """Give the answer of `limen dose-for`: the smallest dose whose peak reaches a concentration in enough people.

    Parameters
    ----------
    wanted_ng_per_ml, probability, most_mg
        As for `limen.chain.inverse_peak.dose_for_peak`.
    weight_kg : float
        Of the person.
    over_min : float or None
        Of an infusion; None is at once.
    drug, route, sampled, model, seed
        Likewise.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    found = dose_for_peak(
        wanted_ng_per_ml, probability, Patient(weight_kg=weight_kg), most_mg=most_mg, duration_min=over_min, drug=drug,
        route=route, sampled=sampled, model=model, seed=seed,
    )  # fmt: skip
    return {
        "statement": found.says,
        "wanted": {"peak_ng_per_ml": wanted_ng_per_ml, "probability": probability, "most_mg": most_mg},
        **_peak(found),
        "basis": "prior only" if found.prior_only else "data",
        "warnings": list(found.warnings),
        "disclaimer": DISCLAIMER,
    }


def _peak(found: PeakOption) -> Json:
    peaks = {"p05": found.peak_p05_ng_per_ml, "p50": found.peak_p50_ng_per_ml, "p95": found.peak_p95_ng_per_ml}
    return {
        "dose": found.text,
        "dose_mg": found.dose_mg,
        "probability": found.probability,
        "peak_ng_per_ml": peaks,
        "meets_goal": found.meets_goal,
        "limited_by": found.limited_by,
        "draws": found.draws,
        "seed": found.seed,
    }
