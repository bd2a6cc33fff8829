"""`limen predict`: the scores that would be recorded for this person, as the contract's JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from limen.chain import drug_visits
from limen.inference.person import Believed, Progress, believe
from limen.inference.seen import MOOD_DIAGNOSES, RISES, View, before_mmhg
from limen.quantities import Floats, Integers
from limen.regimen import SCALES, Case, Regimen
from limen.response.conversion import CROSSWALKS

QUANTILES: Final = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}
#: Amounts whose outcomes the response was fitted to: mg/kg into a vein, else mg.
FITTED_AMOUNTS: Final = {
    ("ketamine", "iv"): (0.2, 0.5),
    ("ketamine", "intranasal"): (50.0, 50.0),
    ("esketamine", "intranasal"): (28.0, 84.0),
}
#: Amounts that dissociation and pressure were set to; no table gives them by intravenous dose.
SESSION_AMOUNTS: Final = {("ketamine", "iv"): (0.5, 0.5), ("esketamine", "intranasal"): (56.0, 84.0)}
#: An amount this near the end of a range lies in it (ours: rounding of mg).
SLACK: Final = 0.02
#: Most visits with a drug in a fitted arm.
MOST_FITTED_VISITS: Final = 7
#: Ages of the people in the trials that were fitted (ours: the usual limits of entry).
FITTED_AGES_Y: Final = (18.0, 65.0)
#: A scale that no table sets: 46 beats more at an anaesthetic dose, words alone at smaller ones.
HEART_RATE: Final = "heart_rate_per_min"
NO_HEART_RATE: Final = "no study on file gives the rise of heart rate at the doses used in depression"
#: What else of a session is not foretold.
NOT_FORETOLD: Final = (
    "Sedation and the parts of the CADSS are not foretold: of sedation a single rate is on file (0.3 % lose"
    " consciousness after nasal esketamine), of the parts nothing."
)
#: Decimals of a printed score.
DECIMALS: Final = 3

Answer = dict[str, Any]


def predict(case: Case, *, prior: bool = False, tell: Progress | None = None) -> Answer:
    """Predict what would be recorded for the person of a case.

    Parameters
    ----------
    case : Case
        The person, the doses, the times; scores and samples that were seen.
    prior : bool
        True ignores what was seen.
    tell : callable, optional
        Called now and then with the step and the steps in all, where it takes long.

    Returns
    -------
    dict
        As contract section 2 has it: every score's mean and quantiles at each time asked for.

    Raises
    ------
    InputError
        Where the case cannot be computed.
    """
    return prediction(believe(case, prior=prior, tell=tell))


def prediction(believed: Believed) -> Answer:
    """Give the contract's JSON of a belief."""
    case = believed.case
    return {
        "time_h": list(case.times_h),
        "scores": scores(believed),
        "given_observations": believed.observed,
        "effective_draws": round(believed.effective_draws, 1),
        "posterior_by": believed.how,
        "model_weights": {name: round(share, DECIMALS) for name, share in believed.model_weights().items()},
        "warnings": [*case.warnings, *believed.course.concentrations.warnings, *believed.warnings, *notes(case)],
    }


def scores(believed: Believed) -> Mapping[str, Answer]:
    """Give every score by name; MADRS and CADSS are always there."""
    case = believed.case
    rng = np.random.default_rng([case.seed, 1])
    view = view_of(believed, believed.rows(case.draws, rng))
    found = {"MADRS": mood_score(case, "MADRS", view, rng)}
    found["CADSS"] = summary(view.reading("CADSS").recorded(rng), case, "CADSS", session_basis(case))
    found |= {name: pressure(case, name, view, rng) for name in RISES}
    found[HEART_RATE] = unknown(HEART_RATE, case, NO_HEART_RATE)
    return found | {name: mood_score(case, name, view, rng) for name in CROSSWALKS}


def view_of(believed: Believed, rows: Integers) -> View:
    """Look at some draws at the times asked for."""
    case, course = believed.case, believed.course
    place = np.ix_(rows, course.columns(np.array(case.times_h) * 60.0))
    return View(
        case=case,
        madrs=course.madrs[place],
        cadss=course.cadss[place],
        systolic_rise_mmhg=course.systolic_rise_mmhg[place],
        diastolic_rise_mmhg=course.diastolic_rise_mmhg[place],
        rating_sd=course.people.rating_sd[rows],
        conversion={scale: values[rows] for scale, values in believed.conversion.items()},
    )


def mood_score(case: Case, name: str, view: View, rng: np.random.Generator) -> Answer:
    """Give a mood scale, or null where the person's illness has no mood evidence on file."""
    if case.patient.diagnosis not in MOOD_DIAGNOSES:
        why = f"no mood outcome is on file for the diagnosis {case.patient.diagnosis}"
        return unknown(name, case, why)
    return summary(view.reading(name).recorded(rng), case, name, mood_basis(case))


def pressure(case: Case, name: str, view: View, rng: np.random.Generator) -> Answer:
    """Give a pressure, or null where it was not measured before the first dose."""
    if before_mmhg(case, name) is None:
        return unknown(name, case, f"{name} before the first dose is not given: state it in baseline")
    return summary(view.reading(name).recorded(rng), case, name, session_basis(case))


def within(regimen: Regimen, weight_kg: float, ranges: Mapping[tuple[str, str], tuple[float, float]]) -> bool:
    """Tell whether every visit with a drug lies within these amounts: mg/kg into a vein, else mg."""
    for visit in drug_visits(regimen):
        low, high = ranges.get((visit.drug, visit.route), (math.inf, -math.inf))
        amount = visit.dose_mg / weight_kg if visit.route == "iv" else visit.dose_mg
        if not low * (1.0 - SLACK) <= amount <= high * (1.0 + SLACK):
            return False
    return True


def was_fitted(regimen: Regimen, weight_kg: float) -> bool:
    """Tell whether arms like this course were fitted: its drugs, routes and amounts, and as many visits at most."""
    return within(regimen, weight_kg, FITTED_AMOUNTS) and len(drug_visits(regimen)) <= MOST_FITTED_VISITS


def mood_basis(case: Case) -> str:
    """Say whether the response was fitted to results like these, by amount, visits, setting and illness."""
    fitted = was_fitted(case.regimen, case.patient.weight_kg) and case.setting != "anaesthesia"
    return "data" if fitted and case.patient.diagnosis == "MDD" else "prior only"


def session_basis(case: Case) -> str:
    """Say whether dissociation and pressure were set to results like these."""
    return "data" if within(case.regimen, case.patient.weight_kg, SESSION_AMOUNTS) else "prior only"


def summary(values: Floats, case: Case, name: str, basis: str) -> Answer:
    """Give mean and quantiles over draws, shape ``(draws, times)``, with the flag of the look-back window."""
    answer: Answer = {"unit": SCALES[name].unit, "basis": basis, "mean": rounded(values.mean(axis=0))}
    for word, row in zip(QUANTILES, np.quantile(values, list(QUANTILES.values()), axis=0), strict=True):
        answer[word] = rounded(row)
    return answer | {"overlapping_window": overlapping(case, name)}


def unknown(name: str, case: Case, why: str) -> Answer:
    """Give a score that is not known, with the reason."""
    answer: Answer = {"unit": SCALES[name].unit, "basis": "prior only", "mean": None}
    answer |= dict.fromkeys(QUANTILES)
    return answer | {"overlapping_window": overlapping(case, name), "unknown_because": why}


def overlapping(case: Case, name: str) -> list[bool]:
    """Tell for each time asked for whether the scale still looks back before the first dose."""
    return [SCALES[name].overlaps(time_h) for time_h in case.times_h]


def rounded(values: Floats) -> Sequence[float]:
    """Round for print."""
    return [round(float(value), DECIMALS) for value in values]


def notes(case: Case) -> list[str]:
    """Say what was assumed because the case does not tell."""
    found = []
    if case.patient.diagnosis in MOOD_DIAGNOSES and "MADRS" not in case.patient.baseline:
        found.append(
            "The MADRS before the first dose is not given: it was drawn from the baselines of the trials on file."
        )
    if case.regimen.active:
        found.append("CADSS and pressure are coarsely calibrated, to three and four sources that disagree.")
        found.append(NOT_FORETOLD)
    if case.patient.age_y is not None and not FITTED_AGES_Y[0] <= case.patient.age_y <= FITTED_AGES_Y[1]:
        found.append(
            f"The age of {case.patient.age_y:g} y lies outside that of the trials fitted, and changes nothing here."
        )
    if case.recording is not None:
        found.append(
            f"The recording {case.recording.file.name} is not used: nothing that is predicted here depends on one."
        )
    return found
