"""What the story page shows, computed: every dose of a small grid, under every side of every joint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from limen.chain import Course, Scene, course_times, respond
from limen.evidence import (
    DISCLAIMER,
    cite,
    cite_answer,
    claims,
    finding,
    joints,
    outcomes,
    references,
)
from limen.evidence.claims import Claim
from limen.evidence.joints import Joint
from limen.kinetics import ConcentrationDraws, draw_concentrations, typical_concentrations
from limen.quantities import Floats
from limen.receptor import ASSAYS, draw_potency, occupancy
from limen.report.story_figures import figures
from limen.report.story_mood import (
    ADULT,
    CIRCUMSTANCES,
    DEFAULT,
    DOSES_MG_PER_KG,
    DRAWS,
    MINUTES,
    MOOD_TIME_H,
    SEED,
    Drawn,
    Moods,
    bands,
    between,
    draw,
    given,
    moods,
    shown_sides,
)
from limen.response.parameters import posterior_hash

Json = dict[str, Any]

START: Final = {"dose": 4, "minutes": 1}
EXPOSURE_TIME_MIN: Final = np.arange(0.0, 241.0, 5.0)


def story_data() -> Json:
    """Compute the data of the story page.

    Returns
    -------
    dict
        As `write_story` takes it.
    """
    drawn = draw()
    cells = {f"{d},{m}": cell(drawn, DOSES_MG_PER_KG[d], MINUTES[m]) for d, m in grid_places()}
    return {
        "version": version("limen"),
        "seed": SEED,
        "disclaimer": DISCLAIMER,
        "made_from": f"posterior {posterior_hash()}",
        "patient": {
            "weight_kg": ADULT.weight_kg,
            "diagnosis": ADULT.diagnosis,
            "baseline_madrs": ADULT.baseline["MADRS"],
            "assumed": ["weight", "score before"],
        },
        "grid": {"dose_mg_per_kg": list(DOSES_MG_PER_KG), "minutes": list(MINUTES), "start": START},
        "exposure_time_min": EXPOSURE_TIME_MIN.tolist(),
        "mood_time_h": MOOD_TIME_H.tolist(),
        "cells": {place: shown for place, (shown, _) in cells.items()},
        "between": between({place: found for place, (_, found) in cells.items()}),
        "published": published(),
        "joints": [joint_row(joint) for joint in joints()],
        "claims": [claim_row(claim) for claim in claims()],
        "figures": figures(drawn.chances["in_vivo"], slow_course(drawn)),
        "marks": {"mood": "open"},
        "notes": {
            "cadss": "Coarsely calibrated: three sources, which disagree: two means and one rate after a nasal spray.",
            "difference": "Brackets hold 80 of 100 new people in new trials, with what is not known of the effect.",
        },
        "limits": list(LIMITS),
        "python": PYTHON,
        "cite": cite_answer()["limen"],
    }


def grid_places() -> Iterator[tuple[int, int]]:
    """Yield every place of the grid."""
    yield from ((d, m) for d in range(len(DOSES_MG_PER_KG)) for m in range(len(MINUTES)))


def cell(drawn: Drawn, dose_mg_per_kg: float, minutes: int) -> tuple[Json, Moods]:
    """Compute one place of the grid: what the page shows of it, and the moods of its people."""
    regimen = given(dose_mg_per_kg, minutes)
    asked_min = np.concatenate([EXPOSURE_TIME_MIN, MOOD_TIME_H * 60.0])
    time_min = course_times(regimen, asked_min)
    plasma = draw_concentrations(ADULT, regimen, time_min, draws=DRAWS, rng=np.random.default_rng([SEED, 3]))
    typical = typical_concentrations(ADULT, regimen, EXPOSURE_TIME_MIN)
    course = respond(Scene(ADULT, regimen, CIRCUMSTANCES, DEFAULT), plasma, drawn.chances["in_vivo"])
    dose_mg = regimen.visits[0].dose_mg
    found = moods(drawn, plasma, regimen)
    shown = {
        "pump": {"mg": dose_mg, "mg_per_h": 60.0 * dose_mg / minutes, "minutes": minutes},
        "concentration": concentration_bands(course, typical),
        "occupancy": {assay: occupancy_band(course, typical, assay) for assay in ASSAYS},
        "cadss": cadss_band(course),
        "mood": shown_sides(found),
    }
    return shown, found


def geometric_mean(curves: Sequence[Floats], weights: Sequence[float]) -> list[float]:
    """Give the weighted geometric mean of positive curves of shape ``(times,)``; 0 where all are 0."""
    share = np.array(weights) / np.sum(weights)
    logs = np.log(np.maximum(np.stack(curves), np.finfo(np.float64).tiny))
    return [float(value) for value in np.where(np.stack(curves).min(axis=0) > 0.0, np.exp(share @ logs), 0.0)]


def concentration_bands(course: Course, typical: ConcentrationDraws) -> Json:
    """Give ketamine in venous plasma, ng/mL."""
    columns = course.columns(EXPOSURE_TIME_MIN)
    curves = [member.analytes["ketamine"][0] for member in typical.members]
    middle = geometric_mean(curves, [member.weight for member in typical.members])
    return {"typical": middle} | bands(course.concentrations.analyte("ketamine")[:, columns], (5, 25, 50, 75, 95))


def occupancy_band(course: Course, typical: ConcentrationDraws, assay: str) -> Json:
    """Give the share of receptors held, by one assay, with the doubt of its potency and of unbound plasma."""
    potency = draw_potency(DRAWS, assay, np.random.default_rng([SEED, 2]))
    columns, rows, first = course.columns(EXPOSURE_TIME_MIN), [], 0
    for member in course.concentrations.members:
        own = potency.rows(slice(first, first + member.draws))
        rows.append(
            occupancy({name: values[:, columns] for name, values in member.analytes.items()}, assay=assay, potency=own)
        )
        first += member.draws
    curves = [occupancy(member.analytes, assay=assay)[0] for member in typical.members]
    middle = geometric_mean(curves, [member.weight for member in typical.members])
    return {"typical": middle} | bands(np.concatenate(rows), (5, 95))


def cadss_band(course: Course) -> Json:
    """Give the dissociation score as felt."""
    columns = course.columns(EXPOSURE_TIME_MIN)
    return {"time_min": EXPOSURE_TIME_MIN.tolist()} | bands(course.cadss[:, columns], (10, 50, 90))


def published() -> Json:
    """Give the published numbers that stand beside the bands."""
    peak, span = finding("peak_0_5_mg_per_kg_40_min"), finding("range_0_5_mg_per_kg_dissociation")
    trial = [
        row
        for row in outcomes()
        if row.study == "Murrough 2013" and row.mean_change is not None and not row.is_contrast
    ]
    return {
        "concentration": [
            {
                "min": 40,
                "value": peak.value,
                "low": None,
                "high": None,
                "label": "mean peak (Zarate 2006)",
                "standing": peak.standing,
                "doi": peak.doi or None,
            },
            {
                "min": 40,
                "value": None,
                "low": span.low,
                "high": span.high,
                "label": "range with dissociation (Krystal 1994)",
                "standing": span.standing,
                "doi": span.doi or None,
            },
        ],
        "mood": [
            {
                "h": row.time_h,
                "arm": "ketamine" if row.arm == "ketamine" else "midazolam",
                "change": row.mean_change,
                "low": round(row.mean_change - 1.96 * (row.sd_or_se or 0.0), 1),
                "high": round(row.mean_change + 1.96 * (row.sd_or_se or 0.0), 1),
                "n": int(row.n or 0),
                "label": row.study,
                "doi": row.doi,
            }
            for row in trial
            if row.mean_change is not None
        ],
    }


def sources(keys: Sequence[str]) -> list[Json]:
    """Give what a joint or claim stands on."""
    known = references()
    return [
        {"text": text, "doi": known[key].doi or None, "standing": None}
        for key, text in zip(keys, cite(keys), strict=True)
    ]


def joint_row(joint: Joint) -> Json:
    """Give one joint as the page shows it."""
    return {
        "id": joint.id,
        "arrow": joint.arrow.replace("->", "→"),
        "question": joint.question,
        "default": joint.default,
        "words": list(joint.words),
        "means": dict(joint.verdicts),
        "evidence": joint.evidence,
        "sources": sources(joint.sources),
        "standing": "open",
    }


def claim_row(claim: Claim) -> Json:
    """Give one claim as the page shows it."""
    return {
        "id": claim.id,
        "claim": claim.claim,
        "verdict": claim.verdict,
        "scope": claim.scope,
        "verdict_text": claim.because,
        "number": claim.number,
        "figure": None if claim.figure == "none" else claim.figure,
        "sources": sources(claim.sources),
        "test": claim.test,
        "mark": "open" if claim.verdict == "unknown" or claim.figure == "joints" else None,
    }


def slow_course(drawn: Drawn) -> Json:
    """Give the slow branch after one reference infusion, as this model predicts it; nothing human was fitted to it."""
    regimen = given(0.5, 40)
    time_min = course_times(regimen, MOOD_TIME_H * 60.0)
    plasma = draw_concentrations(ADULT, regimen, time_min, draws=DRAWS, rng=np.random.default_rng([SEED, 3]))
    scene = Scene(ADULT, regimen, CIRCUMSTANCES, DEFAULT.switched("J4", "cut").switched("J7", "cut"))
    course = respond(scene, plasma, drawn.under(scene.joints))
    slow = course.drug_fall[:, course.columns(MOOD_TIME_H * 60.0)] / drawn.population["slow_points"][:, None]
    low, middle, high = np.percentile(slow, (10, 50, 90), axis=0)
    return {
        "kind": "curves",
        "x": MOOD_TIME_H.tolist(),
        "days": True,
        "above": "synaptic gain (predicted), a reference dose = 1",
        "lines": [
            {
                "label": "slow branch: middle and 80 of 100",
                "y": middle.tolist(),
                "low": low.tolist(),
                "high": high.tolist(),
                "tone": "block",
            }
        ],
    }


LIMITS: Final = (
    "Mood was fitted to group results and the means of one small crossover; nobody's answer to two doses is on file.",
    "Much of the early fall is expectancy in this fit: control arms and drug arms share it.",
    "Dissociation and blood pressure are coarsely calibrated.",
    "The circuit is a hypothesis, two rivals in one frame, fitted to no recording: by default it moves nothing.",
    "Which share of the benefit is expectancy is known only from trials with different controls.",
)
PYTHON: Final = """import limen

answer = limen.concentration(
    "0.5 mg/kg over 40 min",
    weight_kg=70,
    at_min=range(0, 241, 5),
)
ketamine = answer["analytes"]["ketamine"]
for minute, typical in zip(answer["time_min"], ketamine["typical"]):
    print(f"{minute:3.0f} min {typical:6.1f} ng/mL", "#" * round(typical / 5))"""
