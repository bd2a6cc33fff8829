"""What is believed of the running infusion, ahead in time: one child process that is asked in lines of JSON.

Each set of vitals, score or sample steps the belief; a change of dose makes the course anew under the same belief. It
shows a person what a change would be predicted to do, and drives nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from limen.chain import Course
from limen.inference.live import Live, begin
from limen.inference.person import Believed, evidence_in
from limen.inference.weighing import carry
from limen.quantities import Floats, InputError
from limen.regimen import Bolus, Case, Infusion, Patient, Regimen, Sample, Score, Visit

#: Draws of one belief (ours: an answer then takes some seconds of one core).
DRAWS: Final = 2500
#: Minutes between two points, and how far ahead of now is looked (centre.md section 5).
EVERY_MIN: Final = 5.0
AHEAD_MIN: Final = 120.0
LONGEST_MIN: Final = 600.0
HOUR_MIN: Final = 60.0
BANDS: Final = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
PRESSURE: Final = "systolic_mmhg"
#: Of the errors of instruments that are drawn (ours).
SEED: Final = 1
#: Below this worth in draws, draws of the prior are led to what was seen: weighed ones gave bands a quarter too wide,
#: or far too narrow (docs/claims/live.md).
LED_DRAWS: Final = 100
#: Below this worth the bands are marked as rough (ours).
ROUGH_DRAWS: Final = 50
Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One question: the case as it stands, what was seen, and other courses from now on."""

    case: Case
    seen: tuple[Score | Sample, ...]
    others: tuple[tuple[str, Case], ...]
    analyte: str


def asked_of(words: Mapping[str, Any]) -> Asked:
    """Read a question.

    Parameters
    ----------
    words : mapping
        ``drug``, ``patient``, ``now_min``, ``segments`` and ``boluses`` that were given, ``rate_mg_per_h``,
        ``until_min`` of the plan, ``seen``, and ``others``: a name with another rate from now on.
    """
    now = float(words["now_min"])
    if not 0.0 <= now <= LONGEST_MIN:
        raise InputError(f"now_min is {now:g}: an infusion is followed from 0 to {LONGEST_MIN:g} min.")
    last = np.ceil((max(now, 0.0) + AHEAD_MIN) / EVERY_MIN) * EVERY_MIN
    times_h = tuple((np.arange(0.0, last + EVERY_MIN / 2, EVERY_MIN) / HOUR_MIN).tolist())
    patient = Patient(**words["patient"])

    def case(rate_mg_per_h: float) -> Case:
        doses = doses_of(words, now, rate_mg_per_h)
        visit = Visit(0.0, words["drug"], "iv", "as given", doses)
        return Case(patient, Regimen((visit,)), times_h=times_h, draws=DRAWS)

    others = tuple((str(one["name"]), case(float(one["rate_mg_per_h"]))) for one in words.get("others", []))
    seen = tuple(sorted((observation(one) for one in words.get("seen", [])), key=at_min_of))
    analyte = "ketamine" if words["drug"] == "ketamine" else "S-ketamine"
    return Asked(case(float(words["rate_mg_per_h"])), seen, others, analyte)


def doses_of(words: Mapping[str, Any], now_min: float, rate_mg_per_h: float) -> tuple[Infusion | Bolus, ...]:
    """Give what was given, and the rate that goes on until the plan ends."""
    drug = words["drug"]
    pieces = [
        (float(one["begin_min"]), float(one["end_min"]), float(one["rate_mg_per_h"])) for one in words["segments"]
    ]
    until = float(words["until_min"])
    if until > now_min:
        pieces.append((now_min, until, rate_mg_per_h))
    found: list[Infusion | Bolus] = [
        Infusion(drug, "iv", rate * (end - first) / HOUR_MIN, end - first, first)
        for first, end, rate in pieces
        if end > first and rate > 0
    ]
    found += [Bolus(drug, "iv", float(one["mg"]), float(one["at_min"])) for one in words.get("boluses", [])]
    found.sort(key=lambda one: one.start_min)
    return tuple(found) or (Infusion(drug, "iv", 0.0, 1.0, 0.0),)


def observation(one: Mapping[str, Any]) -> Score | Sample:
    """Read what was seen."""
    at_min, value = float(one["at_min"]), float(one["value"])
    if one["what"] == "sample":
        return Sample(analyte="ketamine", at_min=at_min, value_ng_per_ml=value)
    return Score(str(one["what"]), at_min / HOUR_MIN, value)


def answer(words: Mapping[str, Any]) -> Json:
    """Give the course ahead, with its bands, its models, and the other courses beside it."""
    asked = asked_of(words)
    live, foretold = begin(asked.case, draws=DRAWS), []
    start = shown(live.believed.course, live.believed.weights, asked.case, asked.analyte)
    for one in asked.seen:
        foretold.append(foretelling(live, one))
        live = live.see(one)
    believed = live.believed
    if believed.effective_draws < LED_DRAWS:
        believed = live.settled()
    drawn, weights = believed.course, believed.weights
    return {
        **shown(drawn, weights, asked.case, asked.analyte),
        "before": start["widths"],
        "start": start,
        "foretold": foretold,
        "how": believed.how,
        "models": model_lines(drawn, weights, asked.case, asked.analyte),
        "others": [{"name": name, **other(believed, case, asked.analyte)} for name, case in asked.others],
        "observations": len(live.evidence.found.used),
        "effective_draws": round(believed.effective_draws, 1),
        "rough": believed.effective_draws < ROUGH_DRAWS,
        "warnings": [*asked.case.warnings, *drawn.concentrations.warnings],
    }


def foretelling(live: Live, observation: Score | Sample) -> Json:
    """Say what an observation was foretold to be before it came: at the start, and as learnt from those before it."""
    found: Json = {"what": what_of(observation), "at_min": at_min_of(observation), "value": value_of(observation)}
    reading = live.foretold(observation)
    if reading is None:
        return {**found, "start": None, "learnt": None}
    values = reading.recorded(np.random.default_rng(SEED))[:, None]
    even = np.full(len(values), 1 / len(values))
    for name, weights in (("start", even), ("learnt", live.believed.weights)):
        found[name] = dict(zip(BANDS, bands(values, weights)[:, 0].tolist(), strict=True))
    return found


def what_of(observation: Score | Sample) -> str:
    """Name what was observed."""
    return observation.scale if isinstance(observation, Score) else observation.analyte


def at_min_of(observation: Score | Sample) -> float:
    """Give the minute of an observation."""
    return observation.at_h * HOUR_MIN if isinstance(observation, Score) else observation.at_min


def value_of(observation: Score | Sample) -> float | None:
    """Give what was observed."""
    return observation.value if isinstance(observation, Score) else observation.value_ng_per_ml


def other(believed: Believed, case: Case, analyte: str) -> Json:
    """Give another course of the same people under what is believed of them now."""
    evidence = evidence_in(replace(case, scores=(), samples=()))
    course = carry(evidence, believed.particles).course
    return shown(course, believed.weights, case, analyte)


def shown(course: Course, weights: Floats, case: Case, analyte: str) -> Json:
    """Give one course as the screen shows it: bands over draws at each asked time."""
    minutes = np.array(case.times_h) * HOUR_MIN
    columns = course.columns(minutes)
    plasma, rows = rows_of(course, analyte)
    quantities = {
        "concentration": (plasma[:, columns], weights[rows]),
        "occupancy": (course.brain.block[:, columns], weights),
        "cadss": (np.clip(course.cadss[:, columns], 0.0, None), weights),
    }
    resting = case.patient.baseline.get(PRESSURE)
    if resting is not None:
        quantities[PRESSURE] = (course.systolic_rise_mmhg[:, columns] + resting, weights)
    found: Json = {"time_min": minutes.tolist()}
    for name, (values, of_rows) in quantities.items():
        found[name] = {word: row.tolist() for word, row in zip(BANDS, bands(values, of_rows), strict=True)}
    found["widths"] = {
        name: round(float(np.mean(np.array(found[name]["p95"]) - np.array(found[name]["p05"]))), 4)
        for name in quantities
    }
    return found


def rows_of(course: Course, analyte: str) -> tuple[Floats, np.ndarray[Any, np.dtype[np.int64]]]:
    """Give the draws of the models that have an analyte, shape ``(rows, times)``, and which rows of the course."""
    values, rows, at = [], [], 0
    for member in course.concentrations.members:
        size = len(next(iter(member.analytes.values())))
        if analyte in member.analytes:
            values.append(member.analytes[analyte])
            rows.append(np.arange(at, at + size))
        at += size
    if not values:
        raise InputError(f"No model of this course gives {analyte!r}: ask for ketamine.")
    return np.concatenate(values), np.concatenate(rows)


def bands(values: Floats, weights: Floats) -> Floats:
    """Give weighed quantiles over draws, shape ``(bands, times)``, of values of shape ``(draws, times)``."""
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    heap = np.cumsum(weights[order], axis=0)
    heap /= heap[-1]
    places = [np.argmax(heap >= share, axis=0) for share in BANDS.values()]
    columns = np.arange(values.shape[1])
    return np.round(np.stack([ordered[place, columns] for place in places]), 4)


def model_lines(course: Course, weights: Floats, case: Case, analyte: str) -> Json:
    """Give the middle of each model by itself, so that how far models differ is seen."""
    columns = course.columns(np.array(case.times_h) * HOUR_MIN)
    found, at = {}, 0
    for member in course.concentrations.members:
        size = len(next(iter(member.analytes.values())))
        own = weights[at : at + size]
        if analyte in member.analytes and own.sum() > 0:
            found[member.id] = bands(member.analytes[analyte][:, columns], own)[list(BANDS).index("p50")].tolist()
        at += size
    return found


def main(lines: Sequence[str] | Any = sys.stdin) -> None:
    """Answer each line; what cannot be answered is answered with the reason."""
    for line in lines:
        try:
            found = answer(json.loads(line))
        except InputError as error:
            found = {"error": str(error)}
        try:
            sys.stdout.write(f"{json.dumps(found)}\n")
            sys.stdout.flush()
        except BrokenPipeError:  # nobody asks any more
            return


if __name__ == "__main__":
    main()
