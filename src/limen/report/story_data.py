"""What the story page shows, computed: every dose of a small grid, under every side of every joint.

One infusion is given to new people of a new masked trial against midazolam, the setting of the trial whose points
stand beside the bands. Drug and same visit without drug are the same people, so their difference holds the doubt of
parameters and of what a new trial would be like, not the luck of who was in which arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from limen.chain import Chances, Course, Joints, Scene, alternatives, course_times, draw_chances, respond
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
from limen.regimen import Patient, Regimen, read_visit
from limen.report.story_figures import figures
from limen.response.mood import Circumstances
from limen.response.parameters import Population, posterior_hash, shipped_posterior
from limen.response.people import MADRS_MOST

Json = dict[str, Any]

SEED: Final = 1
DRAWS: Final = 600
ADULT: Final = Patient(weight_kg=70.0, baseline={"MADRS": 32.0}, assumed=("weight_kg", "baseline"))
DOSES_MG_PER_KG: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0)
MINUTES: Final = (20, 40, 60, 100)
START: Final = {"dose": 4, "minutes": 1}
EXPOSURE_TIME_MIN: Final = np.arange(0.0, 241.0, 5.0)
MOOD_TIME_H: Final = np.array(
    [0, 1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 192, 216, 240, 264, 288, 312, 336.0]
)
COMPARED_H: Final = (24.0, 168.0)
CIRCUMSTANCES: Final = Circumstances("midazolam")
DEFAULT: Final = Joints({})


@dataclass(frozen=True)
class Drawn:
    """The people of the story, drawn once and given every dose.

    Parameters
    ----------
    population : Population
        Response parameters.
    chances : Mapping[str, Chances]
        For each assay of joint J2, all else equal.
    """

    population: Population
    chances: Mapping[str, Chances]


def story_data() -> Json:
    """Compute the data of the story page.

    Returns
    -------
    dict
        As `write_story` takes it.
    """
    drawn = draw()
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
        "cells": {f"{d},{m}": cell(drawn, DOSES_MG_PER_KG[d], MINUTES[m]) for d, m in grid_places()},
        "published": published(),
        "joints": [joint_row(joint) for joint in joints()],
        "claims": [claim_row(claim) for claim in claims()],
        "figures": figures(drawn.chances["in_vivo"], slow_course(drawn)),
        "marks": {"mood": "open"},
        "notes": {
            "cadss": "Coarsely calibrated: one published mean without dose or time, and one rate after a nasal spray.",
            "difference": "Brackets hold 80 of 100 new people in new trials, with what is not known of the effect.",
        },
        "limits": list(LIMITS),
        "python": PYTHON,
        "cite": cite_answer()["limen"],
    }


def grid_places() -> Iterator[tuple[int, int]]:
    """Yield every place of the grid."""
    yield from ((d, m) for d in range(len(DOSES_MG_PER_KG)) for m in range(len(MINUTES)))


def draw() -> Drawn:
    """Draw the people; the same ones get every dose and every side of every joint."""
    posterior = shipped_posterior()
    population = posterior.take(np.random.default_rng(SEED).integers(0, len(posterior), DRAWS))
    whole = draw_chances(ADULT, population, DEFAULT, np.random.default_rng([SEED, 1]))
    chances = {
        assay: replace(whole, potency=draw_potency(DRAWS, assay, np.random.default_rng([SEED, 2]))) for assay in ASSAYS
    }
    return Drawn(population, chances)


def given(dose_mg_per_kg: float, minutes: int) -> Regimen:
    """Give one infusion; 0 mg is the same visit without drug."""
    drug = "ketamine" if dose_mg_per_kg > 0.0 else "placebo"
    text = f"{dose_mg_per_kg:g} mg/kg over {minutes} min"
    return Regimen((read_visit(text, drug=drug, route="iv", patient=ADULT),))


def cell(drawn: Drawn, dose_mg_per_kg: float, minutes: int) -> Json:
    """Compute one place of the grid."""
    regimen = given(dose_mg_per_kg, minutes)
    asked_min = np.concatenate([EXPOSURE_TIME_MIN, MOOD_TIME_H * 60.0])
    time_min = course_times(regimen, asked_min)
    plasma = draw_concentrations(ADULT, regimen, time_min, draws=DRAWS, rng=np.random.default_rng([SEED, 3]))
    typical = typical_concentrations(ADULT, regimen, EXPOSURE_TIME_MIN)
    course = respond(Scene(ADULT, regimen, CIRCUMSTANCES, DEFAULT), plasma, drawn.chances["in_vivo"])
    dose_mg = regimen.visits[0].dose_mg
    return {
        "pump": {"mg": dose_mg, "mg_per_h": 60.0 * dose_mg / minutes, "minutes": minutes},
        "concentration": concentration_bands(course, typical),
        "occupancy": {assay: occupancy_band(course, typical, assay) for assay in ASSAYS},
        "cadss": cadss_band(course),
        "mood": moods(drawn, plasma, regimen),
    }


def bands(values: Floats, percents: Sequence[int]) -> Json:
    """Give percentiles over draws, ``(draws, times)`` to one list each."""
    rows = np.percentile(values, percents, axis=0)
    return {f"p{percent:02d}": row.tolist() for percent, row in zip(percents, rows, strict=True)}


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


def moods(drawn: Drawn, plasma: ConcentrationDraws, regimen: Regimen) -> Json:
    """Give the mood bands as the joints stand and under each other side; a side that changes nothing is left out."""
    found = {"default": mood(drawn, plasma, regimen, DEFAULT)}
    for joint, word in alternatives():
        other = mood(drawn, plasma, regimen, DEFAULT.switched(joint, word))
        if other != found["default"]:
            found[f"{joint}={word}"] = other
    return found


def mood(drawn: Drawn, plasma: ConcentrationDraws, regimen: Regimen, joints: Joints) -> Json:
    """Give the bands of the recorded score with the drug and after the same visit without it, and their difference."""
    circumstances = replace(CIRCUMSTANCES, expects=joints["J8"] == "on")
    chances = drawn.chances[joints["J2"]]
    if joints["J7"] == "cut":
        chances = without_link(chances)
    without = given(0.0, int(regimen.visits[0].duration_min))
    nothing = draw_concentrations(ADULT, without, plasma.time_min, draws=DRAWS, rng=np.random.default_rng([SEED, 3]))
    with_drug = respond(Scene(ADULT, regimen, circumstances, joints), plasma, chances)
    same_visit = respond(Scene(ADULT, without, circumstances, joints), nothing, chances)
    advantage = average_advantage(with_drug, same_visit)
    return {
        "drug": score_bands(with_drug),
        "same_visit": score_bands(same_visit),
        "separable": min(advantage["p10"]) > 0.0,
        "difference": {"h": list(COMPARED_H), **advantage},
    }


def without_link(chances: Chances) -> Chances:
    """Give the same people with joint J7 cut."""
    return replace(chances, people=replace(chances.people, link=np.zeros(DRAWS)))


def score_bands(course: Course) -> Json:
    """Give the MADRS of 80 of 100 people with the error of one rating, before it is rounded to whole points."""
    scores = course.madrs[:, course.columns(MOOD_TIME_H * 60.0)]
    rated = scores + rating_error(course.people.rating_sd, scores.shape[1])
    rated[:, 0] = course.people.baseline
    return {
        name: np.round(row, 1).tolist() for name, row in bands(np.clip(rated, 0.0, MADRS_MOST), (10, 50, 90)).items()
    }


def rating_error(sd: Floats, times: int) -> Floats:
    """Draw one rating error a time, shape ``(draws, times)``."""
    return sd[:, None] * np.random.default_rng([SEED, 4]).standard_normal((len(sd), times))


def average_advantage(with_drug: Course, same_visit: Course) -> Json:
    """Give how many points lower the score is with the drug, over people of new trials."""
    columns = with_drug.columns(np.array(COMPARED_H) * 60.0)
    gain = same_visit.madrs[:, columns] - with_drug.madrs[:, columns]
    return {
        "mean": np.round(gain.mean(axis=0), 2).tolist(),
        "p10": np.round(np.percentile(gain, 10, axis=0), 2).tolist(),
        "p90": np.round(np.percentile(gain, 90, axis=0), 2).tolist(),
        "probability_better": np.round((gain > 0.0).mean(axis=0), 3).tolist(),
    }


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
    can = {word for name, word in alternatives() if name == joint.id} | {joint.default}
    missing = {word: "Not in this version." for word in joint.words if word not in can}
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
        "unavailable": missing,
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
    course = respond(scene, plasma, without_link(drawn.chances["in_vivo"]))
    slow = course.drug_fall[:, course.columns(MOOD_TIME_H * 60.0)] / drawn.population["slow_points"][:, None]
    low, middle, high = np.percentile(slow, (10, 50, 90), axis=0)
    return {
        "kind": "curves",
        "x": MOOD_TIME_H.tolist(),
        "days": True,
        "above": "synaptic gain, one whole reference dose = 1 (prediction)",
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
