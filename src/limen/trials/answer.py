"""The tallies of a trial as the contract's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from limen.inference.prediction import mood_basis
from limen.quantities import Booleans, Floats
from limen.regimen import SCALES, Case, Patient
from limen.response.mood import HOURS_PER_DAY
from limen.response.parameters import Population, population_hash, posterior_hash
from limen.trials.designs import LEVEL
from limen.trials.observed import Course, banks_of
from limen.trials.power import two_sided_p
from limen.trials.spec import Arm, TrialSpec
from limen.trials.tally import ArmTally, Tallies

QUANTILES: Final = {"p05": 0.05, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p95": 0.95}
#: Decimals of points and of fractions.
DECIMALS: Final = 4
NO_CROSSWALK: Final = "no published crosswalk from MADRS to HAMD-6 is on file"
LOOKS_BACK: Final = "at a flagged time the scale still looks back before the first dose, so nothing is called a {what}"
IMPUTED: Final = "what is not seen is imputed, so people analysed are not people seen: see endpoint"
NOBODY: Final = "in none of the trials was anybody of the arm seen at a time of null"
SAME_PEOPLE: Final = "the same people are in both arms, so their pairs are compared: see endpoint"
CLINIC: Final = (
    "care = clinic is a prior of ours without data: people go on with an antidepressant, beside which the drug does"
    " less; all else is as in a trial."
)

Answer = dict[str, Any]
Numbers = list[float | None]


def trial_answer(
    spec: TrialSpec, courses: Sequence[Course], tallies: Tallies, posterior: Population | None = None
) -> Answer:
    """Give the contract's JSON of a trial.

    Parameters
    ----------
    spec : TrialSpec
        What was asked.
    courses : sequence of ArmCourse or Planned
        The arms, with the warnings of their kinetics.
    tallies : tuple of ArmTally
        What was counted.
    posterior : Population, optional
        That it was counted with, where it is not the shipped one.

    Returns
    -------
    dict
        Arms in the order of the file, and the contrast of every pair.
    """
    arms = list(zip(spec.arms, tallies, strict=True))
    return {
        **_head(spec, posterior),
        "arms": [_arm(spec, arm, tally) for arm, tally in arms],
        "contrasts": [_contrast(spec, *pair) for pair in combinations(arms, 2)],
        "warnings": _warnings(spec, courses),
    }


def unknown_answer(spec: TrialSpec) -> Answer:
    """Give the answer for a scale that nothing here leads to."""
    names = ("mean_change", "response", "remission", "worsened")
    nothing = {key: None for name in names for key in _keys(name).values()}
    why = {"unknown_because": NO_CROSSWALK}
    arms = [_opening(spec, arm) | nothing | why | {"basis": "prior only"} for arm in spec.arms]
    contrasts = [
        {"arms": [a.name, b.name], "mean_difference": None, "response_difference": None, **why}
        for a, b in combinations(spec.arms, 2)
    ]
    return {**_head(spec), "arms": arms, "contrasts": contrasts, "warnings": []}


def _head(spec: TrialSpec, posterior: Population | None = None) -> Answer:
    return {
        "name": spec.name,
        "scale": spec.scale,
        "setting": spec.setting,
        "background": spec.background,
        "care": spec.care,
        "draws": spec.draws,
        "seed": spec.seed,
        "rules": {
            "response": str(spec.response_rule),
            "remission": str(spec.remission_rule),
            "worsened": str(spec.worsened_rule),
        },
        "posterior": posterior_hash() if posterior is None else population_hash(posterior),
    }


def _opening(spec: TrialSpec, arm: Arm) -> Answer:
    times_h = [HOURS_PER_DAY * day for day in spec.times_days]
    return {"name": arm.name, "n": arm.n, "times_h": times_h, "overlapping_window": _overlapping(spec).tolist()}


def _overlapping(spec: TrialSpec) -> Booleans:
    scale = SCALES[spec.scale]
    return np.array([scale.overlaps(HOURS_PER_DAY * day) for day in spec.times_days])


def basis(spec: TrialSpec, arm: Arm) -> str:
    """Say whether the response was fitted to results like these, as one person of the mean weight is told."""
    weight_kg = spec.weight_kg_mean
    case = Case(Patient(weight_kg=weight_kg), arm.regimen(weight_kg), setting=spec.setting)
    return mood_basis(case) if spec.care == "trial" else "prior only"


def _keys(name: str) -> Mapping[str, str]:
    """Give the key of the mean over draws and of each quantile."""
    mean = name if name == "mean_change" else f"{name}_fraction"
    return {"mean": mean} | {word: f"{name}_{word}" for word in QUANTILES}


def _arm(spec: TrialSpec, arm: Arm, tally: ArmTally) -> Answer:
    found, hidden = _opening(spec, arm), _overlapping(spec)
    never = np.zeros_like(hidden)
    for name, values, hide in (
        ("mean_change", tally.mean_change, never),
        ("response", tally.response, hidden),
        ("remission", tally.remission, hidden),
        ("worsened", tally.worsened, never),
    ):
        summary, keys = _summary(values, hide), _keys(name)
        found |= {keys[word]: row for word, row in summary.items()}
    never_seen = bool(np.isnan(tally.mean_change).all(axis=0).any())
    return found | {"basis": basis(spec, arm)} | _why(hidden, "response or remission", never_seen=never_seen)


def _why(hidden: Booleans, what: str, *, never_seen: bool) -> Answer:
    """Say why some numbers of an arm or a contrast are null; empty where none is."""
    reasons = [LOOKS_BACK.format(what=what)] if hidden.any() else []
    reasons += [NOBODY] if never_seen else []
    return {"unknown_because": "; ".join(reasons)} if reasons else {}


def _summary(values: Floats, hidden: Booleans) -> dict[str, Numbers]:
    """Give mean and quantiles over the draws that know it, from ``(draws, times)``; null where hidden or not known."""
    unknown = np.isnan(values).all(axis=0)
    known = np.where(unknown, 0.0, values)
    rows = {"mean": np.nanmean(known, axis=0)}
    rows |= dict(zip(QUANTILES, np.nanquantile(known, list(QUANTILES.values()), axis=0), strict=True))
    return {word: _shown(row, hidden | unknown) for word, row in rows.items()}


def _shown(row: Floats, hidden: Booleans) -> Numbers:
    return [None if hide else round(float(value), DECIMALS) + 0.0 for value, hide in zip(row, hidden, strict=True)]


def _contrast(spec: TrialSpec, first: tuple[Arm, ArmTally], second: tuple[Arm, ArmTally]) -> Answer:
    (a, counted), (b, beside) = first, second
    hidden = _overlapping(spec)
    never, difference = np.zeros_like(hidden), counted.mean_change - beside.mean_change
    found = {
        "arms": [a.name, b.name],
        "times_h": [HOURS_PER_DAY * day for day in spec.times_days],
        "mean_difference": _summary(difference, never),
        "response_difference": _summary(counted.response - beside.response, hidden),
        "level": LEVEL,
    }
    untested = _untested(spec, a, b)
    if untested is not None:
        return found | {"significant_fraction": None, "unknown_because": untested}
    p = two_sided_p(difference, counted.sd_change, beside.sd_change, counted.analysed, beside.analysed)
    why = _why(hidden, "response", never_seen=bool(np.isnan(difference).all(axis=0).any()))
    return found | {"significant_fraction": _shown((p < LEVEL).mean(axis=0), never)} | why


def _untested(spec: TrialSpec, a: Arm, b: Arm) -> str | None:
    """Say why the means of two arms are not tested here; None where they are."""
    if spec.plan.crossover is not None:
        return SAME_PEOPLE
    if min(a.n, b.n) < 2:  # noqa: PLR2004 - a spread needs two people
        return "a test of means needs two people in each arm"
    missing = spec.plan.missing
    return IMPUTED if missing is not None and missing.handled == "multiple imputation" else None


def _warnings(spec: TrialSpec, courses: Sequence[Course]) -> list[str]:
    kinetics = [text for course in courses for bank in banks_of(course) for text in bank.warnings]
    clinic = [CLINIC] if spec.care == "clinic" else []
    return list(dict.fromkeys([*spec.warnings, *clinic, *kinetics]))
