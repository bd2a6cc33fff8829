"""What the page of a trial shows, computed: its arms over time, what its design came to, what each joint changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Final

from limen.chain import alternatives
from limen.evidence import DISCLAIMER, joints
from limen.response.mood import HOURS_PER_DAY
from limen.trials.courses import joints_of
from limen.trials.designs import Design, Endpoint
from limen.trials.running import run_trial
from limen.trials.spec import Arm, TrialSpec

Json = dict[str, Any]

#: Virtual trials behind the drawn curves and behind each other side of a joint (ours: enough for what a figure shows).
DRAWS_SHOWN: Final = 200
#: Days at which curves are drawn, as far as the trial goes.
DRAWN_DAYS: Final = (0.0, 0.125, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 21, 24, 28, 35, 42)
#: Steps after the last of these, days.
LATER_DAYS: Final = 14.0
TONES: Final = ("drug", "block", "felt", "other", "pinned")
BANDS: Final = ("p05", "p25", "p50", "p75", "p95")


def trial_report_data(spec: TrialSpec, answer: Mapping[str, Any]) -> Json:
    """Compute the data of one trial's page.

    Parameters
    ----------
    spec : TrialSpec
        The trial.
    answer : Mapping
        What `run_trial` found.

    Returns
    -------
    dict
        As `report.trial.write_trial_report` takes it.
    """
    known = answer["arms"][0]["mean_change"] is not None
    return {
        "title": spec.name,
        "version": version("limen"),
        "seed": spec.seed,
        "made_from": f"posterior {answer['posterior']}",
        "disclaimer": DISCLAIMER,
        "scale": spec.scale,
        "setting": spec.setting,
        "draws": spec.draws,
        "baseline": {"mean": spec.baseline_mean, "sd": spec.baseline_sd},
        "rules": answer["rules"],
        "plan": [_plan_row(spec, arm, tone) for arm, tone in zip(spec.arms, tones(spec), strict=True)],
        "found": dict(answer),
        "curves": curves(spec) if known else None,
        "unknown_because": None if known else answer["arms"][0]["unknown_because"],
        "under_joints": list(under_joints(spec)) if known else [],
        "warnings": list(answer["warnings"]),
    }


def tones(spec: TrialSpec) -> list[str]:
    """Give each arm the colour it keeps through the page; arms without ketamine have that of a control."""
    left = iter(TONES * (1 + len(spec.arms) // len(TONES)))
    return [next(left) if arm.active else "control" for arm in spec.arms]


def _plan_row(spec: TrialSpec, arm: Arm, tone: str) -> Json:
    steps = arm.doses[1:]
    return {
        "name": arm.name,
        "tone": tone,
        "drug": arm.drug,
        "dose": arm.dose,
        "steps": list(steps),
        "schedule": arm.schedule,
        "n": arm.n if spec.plan.crossover is None else 2 * arm.n,
    }


def drawn_days(spec: TrialSpec) -> tuple[float, ...]:
    """Give the days at which curves are drawn, with every day of the trial's own scores."""
    last = max(spec.times_days)
    days = {float(day) for day in DRAWN_DAYS if day <= last} | set(spec.times_days)
    later = DRAWN_DAYS[-1] + LATER_DAYS
    while later < last:
        days.add(later)
        later += LATER_DAYS
    return tuple(sorted(days))


def curves(spec: TrialSpec) -> Json:
    """Compute mean change and response over time, with their spread over trials."""
    days = drawn_days(spec)
    plain = replace(
        spec, times_days=days, draws=min(spec.draws, DRAWS_SHOWN), plan=Design(crossover=spec.plan.crossover)
    )
    found = run_trial(plain)["arms"]
    return {
        "time_h": [HOURS_PER_DAY * day for day in days],
        "arms": [
            {
                "change": {word: arm[f"mean_change_{word}"] for word in BANDS},
                "response": {word: arm[f"response_{word}"] for word in BANDS},
            }
            for arm in found
        ],
    }


def under_joints(spec: TrialSpec) -> Iterator[Json]:
    """Yield what the trial comes to as written, and under every other side of every joint."""
    bare = replace(spec, draws=min(spec.draws, DRAWS_SHOWN), plan=_judged_plan(spec))
    own, says = joints_of(spec), {joint.id: joint.question for joint in joints()}
    yield {"joint": "", "side": "as written", "says": "", **_conclusion(bare)}
    for joint, word in alternatives():
        if own[joint] != word:
            yield {"joint": joint, "side": word.replace("_", " "), "says": says[joint]} | _conclusion(
                bare.under({joint: word})
            )


def _judged_plan(spec: TrialSpec) -> Design:
    endpoint = spec.plan.endpoint
    if endpoint is None and len(spec.arms) > 1:
        endpoint = Endpoint("change", max(spec.times_days), (spec.arms[0].name, spec.arms[1].name))
    return Design(endpoint=endpoint, crossover=spec.plan.crossover, missing=spec.plan.missing)


def _conclusion(spec: TrialSpec) -> Json:
    found = run_trial(spec)
    endpoint = found.get("endpoint")
    if endpoint is not None and endpoint["estimate"] is not None:
        estimate = endpoint["estimate"]
        shown = {"value": estimate["mean"], "low": estimate["p05"], "high": estimate["p95"]}
        return shown | {"power": endpoint["power"], "power_mc_error": endpoint["power_mc_error"]}
    arm, last = found["arms"][0], spec.times_days.index(max(spec.times_days))
    shown = {"value": "mean_change", "low": "mean_change_p05", "high": "mean_change_p95"}
    return {name: arm[key][last] for name, key in shown.items()} | {"power": None, "power_mc_error": None}
