"""The clinician's expectation and the model's forecast, scored by one rule once the score is there."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from limen.centre.care import infusion, known
from limen.centre.care.scales import PHQ9
from limen.centre.centre import Centre
from limen.centre.clock import Moment
from limen.centre.records.kinds import State
from limen.centre.records.tables import document
from limen.centre.refusals import Refused

MADRS: Final = "MADRS"
HORIZONS_H: Final = (24, 168)
#: Ours: hours by which a score may lie from the horizon that was forecast.
NEAR_H: Final = {24: 24, 168: 72}
#: Standard deviations between the 10th and the 90th percentile of a normal distribution.
SPREAD_SD: Final = 2.5631
LEAST_SD: Final = 0.1
#: Ours: enough draws for a page, few enough for its wait.
DRAWS: Final = 1000
LIMIT_S: Final = 120
SCALES: Final = (MADRS, PHQ9)
#: Minutes at which a curve is computed ahead (two hours, centre.md section 5).
CURVE_MIN: Final = (1, *range(5, 125, 5))


def case_text(state: State, sessions: Sequence[State], age_y: float | None, site: State, now: Moment) -> str:
    """Write a person as a case file: baseline, doses, scores; no name and no date in it.

    Parameters
    ----------
    state : dict
        The person.
    sessions : sequence of dict
        Their infusions, any order.
    age_y : float or None
        Age in years.
    site : dict
        The site's limits.
    now : Moment
        Until when an infusion that runs has flowed.
    """
    given = started(sessions)
    first = datetime.fromisoformat(given[0]["started"]["at"]) if given else None
    lines = ["limen = 1", "[patient]", f"weight_kg = {weight_of(state, given)}", 'diagnosis = "MDD"']
    lines += [f"age_y = {age_y:.0f}"] if age_y is not None else []
    lines += [f"baseline = {{ {baseline_of(state, given, first)} }}", "[predict]", "seed = 1", f"draws = {DRAWS}"]
    lines += ["[options]", f"horizons_h = {list(HORIZONS_H)}", f"next_visit_h = {next_visit(given, first)}"]
    lines += limits_of(state, site)
    lines += [line for one in given for line in dose_lines(one, first, now)]
    lines += [line for one in state.get("scores", []) for line in score_lines(one, first)]
    return "\n".join(lines) + "\n"


def weight_of(state: State, given: Sequence[State]) -> str:
    """Give the newest weight; raises Refused where none is known."""
    facts = state.get("facts", {}).get("values", {})
    answers = state.get("intake", {}).get("answers", {})
    found = (
        (given[-1].get("weight_kg") if given else None) or (facts.get("weight") or [None])[0] or answers.get("weight")
    )
    if not found or not str(found).replace(".", "", 1).isdigit():
        raise Refused("The weight is not known: enter it under intake and rules.", field="weight")
    return str(found)


def baseline_of(state: State, given: Sequence[State], first: datetime | None) -> str:
    """Give the scores and pressure from before the first dose."""
    scores = {scale: score_before(state, scale, first) for scale in SCALES}
    found: dict[str, Any] = {scale: value for scale, value in scores.items() if value is not None}
    before = known.baseline_vitals(given[0]) if given else {}
    if before.get("systolic"):
        found["systolic_mmhg"] = before["systolic"]
    return ", ".join(f'"{name}" = {value}' for name, value in found.items())


def score_before(state: State, scale: str, first: datetime | None) -> int | None:
    """Give the newest total of a scale from before the first dose; None where nobody rated it."""
    rated = [one for one in state.get("scores", []) if one["scale"] == scale and one.get("value") is not None]
    before = [one["value"] for one in rated if first is None or datetime.fromisoformat(one["at"]) < first]
    return before[-1] if before else None


def next_visit(given: Sequence[State], first: datetime | None) -> float:
    """Give the hours from the first dose to the next visit: the plan's interval after the last one."""
    if not given or first is None:
        return 0.0
    last = datetime.fromisoformat(given[-1]["started"]["at"])
    return round((last - first).total_seconds() / 3600 + 24 * float(given[-1]["plan"]["interval_d"]), 2)


def limits_of(state: State, site: State) -> list[str]:
    """Give the limits of person and site."""
    answers = state.get("intake", {}).get("answers", {})
    facts = state.get("facts", {}).get("values", {})
    urinary = facts.get("urinary_symptoms") or answers.get("urinary_symptoms")
    lines = [
        f'urinary_symptoms = "{urinary if urinary in ("yes", "no") else "unknown"}"',
        "dissociation_limit_cadss = 30",
    ]
    systolic = site.get("thresholds", {}).get("R7a", {}).get("value")
    return (
        [*lines, f"systolic_limit_mmhg = {systolic}"] if systolic and systolic.replace(".", "", 1).isdigit() else lines
    )


def dose_lines(session: State, first: datetime | None, now: Moment) -> list[str]:
    """Give one infusion as it was given until it ended or until now, as a dose of the case; none where none flowed."""
    begin = datetime.fromisoformat(session["started"]["at"])
    start_h = 0.0 if first is None else (begin - first).total_seconds() / 3600
    until = Moment(*session["ended"]["moment"]) if session.get("ended") else now
    mg, minutes = float(infusion.delivered_mg(session, until)), float(infusion.minutes_since_start(session, until) or 0)
    if mg <= 0 or minutes <= 0:
        return []
    dose = f"{mg:.4g} mg over {minutes:.4g} min"
    return [
        "[[dose]]",
        f"start_h = {start_h:.3f}",
        f'drug = "{session["plan"]["drug"]}"',
        'route = "iv"',
        f'dose = "{dose}"',
    ]


def score_lines(score: Mapping[str, Any], first: datetime | None) -> list[str]:
    """Give one score after the first dose, as the case has it."""
    if first is None or score.get("value") is None or score["scale"] not in SCALES:
        return []
    at_h = (datetime.fromisoformat(score["at"]) - first).total_seconds() / 3600
    return (
        ["[[score]]", f'scale = "{score["scale"]}"', f"at_h = {at_h:.3f}", f"value = {score['value']}"]
        if at_h > 0
        else []
    )


def run_options(case: str) -> dict[str, Any]:
    """Run ``limen options`` on a case in a child process, so that a page never waits for the science.

    Raises
    ------
    Refused
        With the sentence of the command, where the case cannot be computed.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.toml"
        file.write_text(case, encoding="utf-8")
        words = [sys.executable, "-m", "limen", "options", str(file), "--json"]
        return answered(words, "options", str(file))


def answered(words: list[str], what: str, file: str = "") -> dict[str, Any]:
    """Run a command of ours in a child process and give its JSON; raises Refused where it fails or takes too long."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LIMIT_S)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise Refused(
            f"The {what} took longer than {LIMIT_S} s and the computation was ended: ask again when this machine has"
            " less to do."
        ) from None
    if done.returncode:
        said = done.stderr.strip()[:300]
        raise Refused(f"The {what} cannot be computed: {said.replace(file, 'the case') if file else said}")
    return dict(json.loads(done.stdout))


def run_concentration(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Run ``limen concentration`` for the dose of a plan, two hours ahead, in a child process."""
    drug, at = str(plan["drug"]), ",".join(str(minute) for minute in CURVE_MIN)
    words = [sys.executable, "-m", "limen", "concentration", str(plan["words"]), "--weight-kg", str(plan["weight_kg"])]
    words += ["--drug", drug, "--at-min", at, "--json"]
    found = answered(words, "concentration")
    name = "ketamine" if drug == "ketamine" else "S-ketamine"
    curve = found["analytes"][name]
    models = {one: member["typical"] for one, member in curve.get("models", {}).items()}
    return {"time_min": found["time_min"], **{key: curve[key] for key in ("typical", "p05", "p95")}, "models": models}


def keep_document(centre: Centre, kind: str, content: str) -> str:
    """Keep a long text under its hash; gives the hash."""
    with centre.database.writing() as connection:
        return keep_within(connection, kind, content)


def keep_within(connection: Connection, kind: str, content: str) -> str:
    """Keep a long text in a transaction that is open; gives its hash."""
    name = hashlib.sha256(content.encode()).hexdigest()
    if connection.execute(document.select().where(document.c.sha256 == name)).first() is None:
        connection.execute(document.insert().values(sha256=name, kind=kind, content=content))
    return name


def kept_document(centre: Centre, name: str) -> dict[str, Any]:
    """Give a long text that was kept as JSON."""
    with centre.database.reading() as connection:
        row = connection.execute(document.select().where(document.c.sha256 == name)).first()
    return dict(json.loads(row.content)) if row is not None else {}


def crps_normal(mean: float, sd: float, value: float) -> float:
    """Give the continuous ranked probability score of a normal forecast; lower is better.

    ``sd (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi))`` with ``z = (value - mean) / sd``.
    """
    z = (value - mean) / sd
    below = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return sd * (z * (2 * below - 1) + 2 * density - 1 / math.sqrt(math.pi))


def scored(low: float, high: float, value: float) -> dict[str, Any]:
    """Score an 80 % interval, read as a normal distribution, against what came."""
    sd = max((high - low) / SPREAD_SD, LEAST_SD)
    return {"crps": round(crps_normal((low + high) / 2, sd, value), 3), "inside": low <= value <= high}


def pairs(state: State, sessions: Sequence[State]) -> list[dict[str, Any]]:
    """Give each expectation beside the forecast that was made before the same visit and what came, where it came."""
    given, found = started(sessions), []
    for expectation in state.get("expectations", []):
        horizon = int(expectation["horizon_h"])
        visit = next((one for one in given if one["started"]["at"] >= expectation["at"]), None)
        begun = visit["started"]["at"] if visit is not None else None
        shown = [one for one in state.get("forecasts", []) if one["at"] >= expectation["at"]]
        model = next((one for one in shown if begun is None or one["at"] <= begun), None)
        came = observed_fall(state, given, visit, horizon)
        found.append(pair(expectation, model, visit, came, horizon))
    return found


def started(sessions: Sequence[State]) -> list[State]:
    """Give the infusions that began, in order."""
    return sorted((one for one in sessions if one.get("started")), key=lambda one: str(one["started"]["at"]))


def observed_fall(state: State, given: Sequence[State], visit: State | None, horizon: int) -> int | None:
    """Give the fall of the MADRS from its baseline near a horizon after a visit; None where nobody rated it."""
    if visit is None:
        return None
    rated = [one for one in state.get("scores", []) if one["scale"] == MADRS and one.get("value") is not None]
    baseline = score_before(state, MADRS, datetime.fromisoformat(given[0]["started"]["at"]))
    begin = datetime.fromisoformat(visit["started"]["at"])
    hours = [((datetime.fromisoformat(one["at"]) - begin).total_seconds() / 3600, one["value"]) for one in rated]
    near = [(abs(at - horizon), value) for at, value in hours if at > 0 and abs(at - horizon) <= NEAR_H[horizon]]
    return baseline - min(near)[1] if baseline is not None and near else None


def pair(
    expectation: State, model: State | None, visit: State | None, came: int | None, horizon: int
) -> dict[str, Any]:
    """Give one comparison; what is missing in it stays missing."""
    guess = None
    if expectation.get("skipped") != "yes" and expectation.get("low"):
        guess = (float(expectation["low"]), float(expectation["high"]))
    forecast = model_interval(model, visit, horizon)
    return {
        "by": expectation["by"],
        "at": expectation["at"],
        "horizon_h": horizon,
        "saw_model_first": expectation.get("saw_model_first", "no"),
        "clinician": guess,
        "model": forecast,
        "came": came,
        "clinician_score": scored(*guess, came) if guess and came is not None else None,
        "model_score": scored(*forecast, came) if forecast and came is not None else None,
    }


def model_interval(model: State | None, visit: State | None, horizon: int) -> tuple[float, float] | None:
    """Give the model's 80 % interval for the dose that was given; None where it did not look at that dose."""
    if model is None or visit is None:
        return None
    row = model["summary"].get(visit["plan"]["words"]) or {}
    known = row.get(str(horizon))
    return (float(known[0]), float(known[1])) if known else None


def summary_of(answer: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Give the 80 % interval of each option by its words and horizon, as decimal text for the record."""
    found: dict[str, dict[str, list[str]]] = {}
    for option in answer["options"]:
        rows = {
            str(int(hours)): [f"{row['p10']:.3f}", f"{row['p90']:.3f}"]
            for hours, row in zip(answer["horizons_h"], option["benefit"], strict=True)
            if row["mean"] is not None
        }
        found[option["dose"] or option["kind"]] = rows
    return found
