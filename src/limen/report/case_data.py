"""What the page of one case shows, computed: predicted before and after seeing the scores, and what they taught."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from limen.chain import Brain
from limen.chain.course import plasma_exposure
from limen.evidence import DISCLAIMER, joints
from limen.inference.foreseen import foreseen
from limen.inference.person import Believed, believe, was_used, weighed
from limen.inference.prediction import mood_basis, notes
from limen.inference.seen import MOOD_DIAGNOSES, RISES
from limen.quantities import Floats
from limen.receptor import draw_potency
from limen.regimen import Case, Visit
from limen.report.case_options import options_data
from limen.response.parameters import posterior_hash
from limen.response.people import MADRS_MOST

Json = dict[str, Any]

EXPOSURE_TIME_MIN: Final = np.arange(0.0, 241.0, 5.0)
#: Hours after a visit at which the course is drawn.
AFTER_VISIT_H: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 36.0, 48.0, 72.0, 120.0, 168.0, 240.0, 336.0)
DAY_H: Final = 24.0
MOOD_PERCENTS: Final = (10, 50, 90)
#: Draws that each observation is foretold from, weighed by all before it (ours).
FORESEEN_DRAWS: Final = 8000
#: Ends of the little scale that a foretelling is drawn on, pixels.
SCALE_FROM_PX: Final = 4.0
SCALE_TO_PX: Final = 148.0


def case_data(case: Case) -> Json:
    """Compute the data of one case's page.

    Parameters
    ----------
    case : Case
        As read from its file.

    Returns
    -------
    dict
        As `write_case_report` takes it.

    Raises
    ------
    InputError
        Where the case cannot be computed.
    """
    time_h = drawn_times(case)
    exposure_h = tuple((EXPOSURE_TIME_MIN / 60.0).tolist())
    shown = replace(case, times_h=(*time_h, *exposure_h))
    before, after = believe(shown, prior=True), believe(shown)
    known = case.patient.diagnosis in MOOD_DIAGNOSES
    return {
        "title": title(case),
        "version": version("limen"),
        "seed": case.seed,
        "made_from": f"posterior {posterior_hash()}",
        "disclaimer": DISCLAIMER,
        "person": person(case),
        "visits": [visit_row(visit) for visit in case.regimen.visits],
        "time_h": list(time_h),
        "before": bands(before, time_h) if known else None,
        "after": bands(after, time_h) if known else None,
        "unknown_because": None if known else f"no mood outcome is on file for the diagnosis {case.patient.diagnosis}",
        "observed": [
            {
                "h": score.at_h,
                "value": int(score.value) if score.value.is_integer() else score.value,
                "scale": score.scale,
                "used": was_used(after, score),
            }
            for score in case.scores
        ],
        "exposure": exposure(after),
        "samples": len(case.samples),
        "foreseen": foreseen_rows(after),
        "options": options_data(case),
        "taught": taught(before, after, time_h) if known and case.scores else [],
        "warnings": [*case.warnings, *after.course.concentrations.warnings, *after.warnings, *notes(case)],
        "basis": mood_basis(case),
        "joints": [
            {"id": joint.id, "word": case.joints.get(joint.id, joint.default), "says": joint.question}
            for joint in joints()
        ],
    }


def foreseen_rows(after: Believed) -> list[Json]:
    """Give what was foretold of every observation before it was seen, and where that stands on a little scale."""
    prior = weighed(after.evidence, FORESEEN_DRAWS)
    rows = list(foreseen(prior, np.random.default_rng([after.case.seed, 10])))
    return [row | {"place": places(row)} for row in rows]


def places(row: Json) -> Json | None:
    """Place the ends, the middle and what came between the ends of a little scale, pixels; None where nothing was."""
    if row["p50"] is None:
        return None
    values = {name: float(row[name]) for name in ("p10", "p50", "p90", "value")}
    low, high = min(values.values()), max(values.values())
    low, high = (low - 0.25 * (high - low), high + 0.25 * (high - low)) if row["what"] in RISES else (0.0, 1.2 * high)
    return {
        name: round(SCALE_FROM_PX + (SCALE_TO_PX - SCALE_FROM_PX) * (value - low) / ((high - low) or 1.0), 1)
        for name, value in values.items()
    }


def title(case: Case) -> str:
    """Name the page after the file."""
    name = case.path.stem.replace("_", " ") if case.path else "one case"
    return f"{name[:1].upper()}{name[1:]}: what was expected, what was seen, what it taught"


def person(case: Case) -> Json:
    """Give what the file says of the person."""
    who = case.patient
    return {
        "weight_kg": round(who.weight_kg, 1),
        "diagnosis": who.diagnosis,
        "baseline": dict(who.baseline),
        "age_y": who.age_y,
        "sex": who.sex,
        "bmi": who.bmi,
        "height_cm": who.height_cm,
        "assumed": list(who.assumed),
    }


def visit_row(visit: Visit) -> Json:
    """Give one visit."""
    return {"start_h": visit.start_min / 60.0, "text": visit.text, "drug": visit.drug, "assumed": list(visit.assumed)}


def drawn_times(case: Case) -> tuple[float, ...]:
    """Give the hours that the mood curve is drawn at: around every visit, at every score, and daily to the end."""
    starts = [visit.start_min / 60.0 for visit in case.regimen.visits] or [0.0]
    last = max([*case.times_h, *(score.at_h for score in case.scores), starts[-1] + 7.0 * DAY_H])
    hours = {start + after for start in starts for after in AFTER_VISIT_H}
    hours |= set(np.arange(0.0, last + 1.0, DAY_H).tolist()) | {score.at_h for score in case.scores}
    return tuple(sorted(hour for hour in hours if hour <= last))


def bands(believed: Believed, time_h: tuple[float, ...]) -> Json:
    """Give mean and middle 80 of 100 of the MADRS with the error of one rating, not rounded to whole points."""
    case, course = believed.case, believed.course
    rng = np.random.default_rng([case.seed, 2])
    rows = believed.rows(case.draws, rng)
    scores = course.madrs[np.ix_(rows, course.columns(np.array(time_h) * 60.0))]
    rated = scores + course.people.rating_sd[rows, None] * rng.standard_normal(scores.shape)
    rated = np.clip(rated, 0.0, MADRS_MOST)
    found: Json = {"mean": np.round(rated.mean(axis=0), 2).tolist()}
    for percent, row in zip(MOOD_PERCENTS, np.percentile(rated, MOOD_PERCENTS, axis=0), strict=True):
        found[f"p{percent}"] = np.round(row, 1).tolist()
    return found


def exposure(believed: Believed) -> Json | None:
    """Give concentration and in-vivo occupancy from the first dose on, after what was seen; None without a drug."""
    course = believed.course
    if not np.any(course.plasma.exposure > 0.0):
        return None
    columns = course.columns(EXPOSURE_TIME_MIN)
    rows = believed.rows(believed.case.draws, np.random.default_rng([believed.case.seed, 4]))
    potency = draw_potency(len(believed.weights), "in_vivo", np.random.default_rng([believed.case.seed, 5]))
    block = Brain(plasma_exposure(course.concentrations, "in_vivo", potency)).block
    plasma = course.concentrations.analyte("ketamine")
    return {
        "time_min": EXPOSURE_TIME_MIN.tolist(),
        "concentration": spread(plasma[np.ix_(rows, columns)], (5, 25, 50, 75, 95)),
        "occupancy": {"in_vivo": spread(block[np.ix_(rows, columns)], (5, 95))},
    }


def spread(values: Floats, percents: tuple[int, ...]) -> Json:
    """Give the median as the typical curve, and percentiles."""
    rows = np.percentile(values, percents, axis=0)
    found = {f"p{percent:02d}": row.tolist() for percent, row in zip(percents, rows, strict=True)}
    return {"typical": np.median(values, axis=0).tolist()} | found


def taught(before: Believed, after: Believed, time_h: tuple[float, ...]) -> list[str]:
    """Say in plain words what the scores changed: the person's strengths, and the width of the band at the end."""
    sentences = []
    for name, label in (
        ("drug_strength", "this person's answer to the drug"),
        ("control_strength", "the change without drug"),
    ):
        was, now = (one.mean(getattr(one.course.people, name)) for one in (before, after))
        sentences.append(
            f"Before any score {label} was taken as {was:.2f} times the usual; after them, as {now:.2f} times."
        )
    column = after.course.columns(np.array([time_h[-1] * 60.0]))[0]
    widths = [width(one, one.course.madrs[:, column]) for one in (before, after)]
    sentences.append(
        f"At day {time_h[-1] / DAY_H:.0f} the middle 80 of 100 expected scores spanned {widths[0]:.0f} points before"
        f" and {widths[1]:.0f} after."
    )
    sentences.append(
        f"What is believed after rests on {after.effective_draws:.0f} independent draws ({after.how});"
        " where they are few, the bands are rougher than they look."
    )
    return sentences


def width(believed: Believed, values: Floats) -> float:
    """Give the span of the middle 80 of 100 by weight."""
    order = np.argsort(values)
    share = np.cumsum(believed.weights[order])
    return float(values[order][np.searchsorted(share, 0.9)] - values[order][np.searchsorted(share, 0.1)])
