"""`limen predict`: the scores that would be recorded for this person, as the contract's JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from limen.chain import drug_visits
from limen.inference.person import CADSS_SD_POINTS, Believed, believe
from limen.quantities import Floats
from limen.regimen import SCALES, Case, Regimen
from limen.response.conversion import CROSSWALKS
from limen.response.people import recorded
from limen.response.session import CADSS_MOST, CUFF_SD_MMHG

QUANTILES: Final = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}
#: Diagnoses whose mood the tables hold.
MOOD_DIAGNOSES: Final = ("MDD", "bipolar")
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
#: What is felt below this is not scored.
LEAST_FELT: Final = 0.5
#: Decimals of a printed score.
DECIMALS: Final = 3

Answer = dict[str, Any]


def predict(case: Case, *, prior: bool = False) -> Answer:
    """Predict what would be recorded for the person of a case.

    Parameters
    ----------
    case : Case
        The person, the doses, the times; scores and samples that were seen.
    prior : bool
        True ignores what was seen.

    Returns
    -------
    dict
        As contract section 2 has it: every score's mean and quantiles at each time asked for.

    Raises
    ------
    InputError
        Where the case cannot be computed.
    """
    return prediction(believe(case, prior=prior))


def prediction(believed: Believed) -> Answer:
    """Give the contract's JSON of a belief."""
    case = believed.case
    observed = bool(np.ptp(believed.weights) > 0.0)
    return {
        "time_h": list(case.times_h),
        "scores": scores(believed),
        "given_observations": observed,
        "effective_draws": round(believed.effective_draws, 1),
        "warnings": [*case.warnings, *believed.course.concentrations.warnings, *believed.warnings, *notes(case)],
    }


def scores(believed: Believed) -> Mapping[str, Answer]:
    """Give every score by name; MADRS and CADSS are always there."""
    case, course = believed.case, believed.course
    rng = np.random.default_rng([case.seed, 1])
    rows = believed.rows(case.draws, rng)
    columns = course.columns(np.array(case.times_h) * 60.0)
    found = {
        "MADRS": mood_score(case, "MADRS", course.madrs[np.ix_(rows, columns)], course.people.rating_sd[rows], rng)
    }
    found["CADSS"] = summary(cadss_scores(course.cadss[np.ix_(rows, columns)], rng), case, "CADSS", session_basis(case))
    for name, rise in (("systolic_mmhg", course.systolic_rise_mmhg), ("diastolic_mmhg", course.diastolic_rise_mmhg)):
        found[name] = pressure(case, name, rise[np.ix_(rows, columns)], rng)
    for name, walk in CROSSWALKS.items():
        other = walk.from_madrs(np.clip(course.madrs[np.ix_(rows, columns)], 0.0, None))
        found[name] = mood_score(case, name, other, np.full(len(rows), walk.error_sd), rng)
    return found


def cadss_scores(felt: Floats, rng: np.random.Generator) -> Floats:
    """Give CADSS totals as recorded, shape ``(draws, times)``; whoever feels nothing scores nothing."""
    scores = recorded(felt, np.full(len(felt), CADSS_SD_POINTS), CADSS_MOST, rng)
    return np.where(felt > LEAST_FELT, scores, 0.0)


def mood_score(case: Case, name: str, expected: Floats, sd: Floats, rng: np.random.Generator) -> Answer:
    """Give a mood scale, or null where the person's illness has no mood evidence on file."""
    if case.patient.diagnosis not in MOOD_DIAGNOSES:
        why = f"no mood outcome is on file for the diagnosis {case.patient.diagnosis}"
        return unknown(name, case, why)
    return summary(recorded(expected, sd, SCALES[name].high, rng), case, name, mood_basis(case))


def pressure(case: Case, name: str, rise_mmhg: Floats, rng: np.random.Generator) -> Answer:
    """Give a pressure, or null where it was not measured before the first dose."""
    before = case.patient.baseline.get(name)
    if before is None:
        return unknown(name, case, f"{name} before the first dose is not given: state it in baseline")
    reading = before + rise_mmhg + CUFF_SD_MMHG * rng.standard_normal(rise_mmhg.shape)
    return summary(reading, case, name, session_basis(case))


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
        found.append(
            "CADSS and pressure are coarsely calibrated: one published mean, one rate, four studies that disagree."
        )
    if case.patient.age_y is not None and not FITTED_AGES_Y[0] <= case.patient.age_y <= FITTED_AGES_Y[1]:
        found.append(
            f"The age of {case.patient.age_y:g} y lies outside that of the trials fitted, and changes nothing here."
        )
    if case.recording is not None:
        found.append(
            f"The recording {case.recording.file.name} is not used: this version has no room for recordings yet."
        )
    return found
