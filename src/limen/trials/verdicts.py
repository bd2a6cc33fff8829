"""What the design of a trial came to: its power, where it stops, how large it has to be, with Monte Carlo errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.special import ndtri

from limen.quantities import Booleans, Floats
from limen.trials.answer import DECIMALS, QUANTILES
from limen.trials.boundaries import boundaries
from limen.trials.designs import Adaptive, Endpoint, Question, SampleSize, Stopping
from limen.trials.judging import sizes_read
from limen.trials.runs import Run, side_name
from limen.trials.spec import TrialSpec
from limen.trials.tally import Counted
from limen.trials.telling import FALSE_ALARMS, LEAST_TRIALS, told_apart

#: Half-width of an interval of 95 in 100, in Monte Carlo standard errors.
ENDS: Final = 1.96
TOO_FEW: Final = "a test needs two people or more in each arm, and people who differ"
TOO_FEW_TRACES: Final = (
    f"the sides of a joint are told apart by {LEAST_TRIALS} trials or more in which somebody of every arm is seen at"
    " every time"
)

Answer = dict[str, Any]


def verdicts(spec: TrialSpec, runs: Sequence[Run], counted: Sequence[Counted]) -> Answer:
    """Give what the design came to.

    Parameters
    ----------
    spec : TrialSpec
        As the file has it.
    runs : sequence of Run
        The trial itself, its scenarios, the sides of its question.
    counted : sequence of Counted
        What was counted of each.

    Returns
    -------
    dict
        Keys are there where the file asks for them: ``endpoint``, ``operating_characteristics``, ``stopping``,
        ``adaptive``, ``sample_size``, ``question``, ``missing``, ``doses_given``.
    """
    judged, found = counted[0].judged, dict[str, Any]()
    if spec.plan.missing is not None:
        found["missing"] = _missing(spec, counted[0])
    found |= _doses(spec, judged)
    endpoint = spec.plan.endpoint
    if endpoint is not None:
        found |= _endpoint(spec, endpoint, runs, counted)
    if spec.plan.question is not None:
        found["question"] = _question(spec.plan.question, runs, counted)
    return found


def share(hits: Booleans, name: str) -> Answer:
    """Give a share of trials with its Monte Carlo standard error."""
    value = float(hits.mean())
    error = float(np.sqrt(value * (1.0 - value) / len(hits)))
    return {name: round(value, DECIMALS), f"{name}_mc_error": round(error, DECIMALS)}


def summary(values: Floats) -> Answer:
    """Give mean and quantiles over trials, shape ``(trials,)``."""
    found = {"mean": float(values.mean())}
    found |= {word: float(np.quantile(values, at)) for word, at in QUANTILES.items()}
    return {word: round(value, DECIMALS) + 0.0 for word, value in found.items()}


def _edge(endpoint: Endpoint) -> float:
    return float(ndtri(1.0 - endpoint.level / 2.0))


def _endpoint(spec: TrialSpec, endpoint: Endpoint, runs: Sequence[Run], counted: Sequence[Counted]) -> Answer:
    estimate, error, z = counted[0].judged["endpoint"].T
    told = np.isfinite(error)
    head: Answer = {
        "measure": endpoint.measure,
        "at_day": endpoint.at_day,
        "arms": list(endpoint.arms),
        "analysis": endpoint.analysis,
        "level": endpoint.level,
    }
    head["unit"] = {"mediation": "points per CADSS point", "change": "points"}.get(endpoint.measure, "fraction")
    if told.any():
        head["estimate"] = summary(estimate[told])
        head |= share(np.abs(z) >= _edge(endpoint), "power")
    else:
        head |= {"estimate": None, "power": None, "power_mc_error": None, "unknown_because": TOO_FEW}
    found: Answer = {"endpoint": head}
    places = range(1 + len(spec.plan.scenarios))
    rows = [_characteristics(spec, endpoint, runs[place].name or "as written", counted[place]) for place in places]
    found["operating_characteristics"] = rows
    found |= _tables(spec, endpoint, counted[0])
    return found


def _tables(spec: TrialSpec, endpoint: Endpoint, counted: Counted) -> Answer:
    found, plan = dict[str, Any](), spec.plan
    if plan.stopping is not None:
        found["stopping"] = _stopping(plan.stopping, endpoint, counted.judged, _people(spec, endpoint))
    if plan.size is not None:
        found["sample_size"] = _size(plan.size, endpoint, counted.judged["size_z"])
    if plan.adaptive is not None:
        found["adaptive"] = _adaptive(spec, plan.adaptive, endpoint, counted.judged)
    return found


def _people(spec: TrialSpec, endpoint: Endpoint) -> int:
    return sum(arm.n for arm in spec.arms if arm.name in endpoint.arms)


def _characteristics(spec: TrialSpec, endpoint: Endpoint, name: str, counted: Counted) -> Answer:
    """Give one line: how often something is found, in favour of which arm, and with how many people."""
    estimate, error, z = counted.judged["endpoint"].T
    found, in_favour = np.abs(z) >= _edge(endpoint), z >= _edge(endpoint)
    people = np.full(len(z), float(_people(spec, endpoint)))
    if spec.plan.stopping is not None:
        stops = Stops(spec.plan.stopping, endpoint, counted.judged)
        found, in_favour, estimate = stops.found, stops.in_favour, stops.estimate
        people = people * np.array(spec.plan.stopping.looks)[stops.at]
    if spec.plan.adaptive is not None:
        found = in_favour = counted.judged["adapted"][:, 0] > 0.0
        people = counted.judged["adapted"][:, 1]
    told = np.isfinite(error)
    row: Answer = {"scenario": name, "draws": len(z), **share(found, "found_fraction")}
    row |= share(in_favour, "in_favour_fraction")
    row["mean_estimate"] = round(float(estimate[told].mean()), DECIMALS) if told.any() else None
    row["mean_estimate_mc_error"] = (
        round(float(estimate[told].std() / np.sqrt(told.sum())), DECIMALS) if told.any() else None
    )
    return row | {"mean_people": round(float(people.mean()), 2)}


class Stops:
    """Where each trial stops.

    Parameters
    ----------
    stopping, endpoint : Stopping, Endpoint
        The design.
    judged : Mapping[str, Floats]
        z and estimate at each look.
    """

    def __init__(self, stopping: Stopping, endpoint: Endpoint, judged: Mapping[str, Floats]) -> None:
        z, last = judged["look_z"], len(stopping.looks) - 1
        self.edges = boundaries(np.array(stopping.looks), endpoint.level, stopping.spending)
        crosses = np.abs(z) >= self.edges
        gives_up = np.zeros_like(crosses)
        if stopping.futility_z is not None:
            gives_up[:, :last] = (z[:, :last] < stopping.futility_z) & ~crosses[:, :last]
        ends = crosses | gives_up
        self.at = np.where(ends.any(axis=1), ends.argmax(axis=1), last)
        row = np.arange(len(z))
        self.found = crosses[row, self.at]
        self.in_favour = self.found & (z[row, self.at] > 0.0)
        self.gave_up = gives_up[row, self.at]
        self.estimate = judged["look_estimate"][row, self.at]


def _stopping(stopping: Stopping, endpoint: Endpoint, judged: Mapping[str, Floats], people: int) -> Answer:
    stops = Stops(stopping, endpoint, judged)
    looks = []
    for place, fraction in enumerate(stopping.looks):
        here = stops.at == place
        row: Answer = {
            "fraction": fraction,
            "people": round(fraction * people),
            "boundary_z": round(float(stops.edges[place]), DECIMALS),
        }
        row |= share(here & stops.found, "stopped_for_effect") | share(here & stops.gave_up, "stopped_for_futility")
        looks.append(row)
    sizes = np.array(stopping.looks)[stops.at] * people
    fixed = judged["endpoint"][:, 0]
    return {
        "spending": stopping.spending,
        "futility_z": stopping.futility_z,
        "looks": looks,
        **share(stops.found, "power"),
        "people": summary(sizes),
        "estimate_at_the_stop": summary(stops.estimate),
        "estimate_of_all": summary(fixed),
        "note": "an estimate of trials that stop early is too large on average; compare it with that of all the people",
    }


def _size(size: SampleSize, endpoint: Endpoint, z: Floats) -> Answer:
    """Give power by size, and the smallest size that reaches the wanted power, with its Monte Carlo ends."""
    sizes = sizes_read(size)
    hits = np.abs(z) >= _edge(endpoint)
    power = hits.mean(axis=0)
    error = np.sqrt(power * (1.0 - power) / len(z))
    curve = [
        {"n": n, "power": round(float(p), DECIMALS), "power_mc_error": round(float(e), DECIMALS)}
        for n, p, e in zip(sizes, power, error, strict=True)
    ]
    found: Answer = {
        "wanted_power": size.power,
        "n": _reached(sizes, power, size.power),
        "n_low": _reached(sizes, power + ENDS * error, size.power),
        "n_high": _reached(sizes, power - ENDS * error, size.power),
        "curve": curve,
    }
    if found["n"] is None:
        found["unknown_because"] = (
            f"{max(sizes)} people in the larger arm reach a power of {power[-1]:.2f} only; where power no longer rises,"
            " trials differ from one another by more than their size can mend"
        )
    return found


def _reached(sizes: Sequence[int], power: Floats, wanted: float) -> int | None:
    """Give the size, between two that were read by a straight line, from which on power is as wanted."""
    below = np.flatnonzero(power < wanted)
    if len(below) == 0:
        return sizes[0]
    last = int(below[-1])
    if last == len(sizes) - 1:
        return None
    way = (wanted - power[last]) / (power[last + 1] - power[last])
    return int(np.ceil(sizes[last] + way * (sizes[last + 1] - sizes[last])))


def _adaptive(spec: TrialSpec, adaptive: Adaptive, endpoint: Endpoint, judged: Mapping[str, Floats]) -> Answer:
    hit, people = judged["adapted"].T
    found: Answer = {"kind": adaptive.kind, **share(hit > 0.0, "power"), "people": summary(people)}
    if adaptive.kind == "drop arms":
        arms = [arm.name for arm in spec.arms if arm.name != endpoint.arms[1]]
        found["arms"] = [
            {
                "arm": name,
                **share(judged["kept"][:, k] > 0.0, "kept"),
                **share(judged["arm_found"][:, k] > 0.0, "found"),
            }
            for k, name in enumerate(arms)
        ]
        return found
    planned = max(arm.n for arm in spec.arms if arm.name in endpoint.arms)
    size = judged["size"][:, 0]
    return found | {"planned_n": planned, "n": summary(size), **share(size > planned, "grew")}


def _missing(spec: TrialSpec, counted: Counted) -> list[Answer]:
    return [
        {
            "arm": arm.name,
            "handled": spec.plan.missing.handled if spec.plan.missing is not None else None,
            "seen_fraction": [round(float(v), DECIMALS) for v in tally.seen.mean(axis=0) / _in_arm(spec, arm.n)],
            "analysed_fraction": [
                round(float(v), DECIMALS) for v in tally.analysed.mean(axis=0) / _in_arm(spec, arm.n)
            ],
        }
        for arm, tally in zip(spec.arms, counted.arms, strict=True)
    ]


def _in_arm(spec: TrialSpec, n: int) -> int:
    return n if spec.plan.crossover is None else 2 * n


def _doses(spec: TrialSpec, judged: Mapping[str, Floats]) -> Answer:
    rows = list(_guided_arms(spec, judged))
    return {"doses_given": rows} if rows else {}


def _guided_arms(spec: TrialSpec, judged: Mapping[str, Floats]) -> Iterator[Answer]:
    for place, arm in enumerate(spec.arms):
        if not arm.varies:
            continue
        days = arm.visit_days(max(spec.times_days))
        shares = judged[f"doses_{place}"].mean(axis=0).reshape(len(days), len(arm.doses))
        visits = [
            {
                "day": day,
                "share": {dose: round(value, DECIMALS) for dose, value in _by_dose(arm.doses, row).items()},
                "nothing": round(float(1.0 - row.sum()), DECIMALS) + 0.0,
            }
            for day, row in zip(days, shares, strict=True)
        ]
        yield {"arm": arm.name, "doses": list(dict.fromkeys(arm.doses)), "visits": visits}


def _by_dose(doses: Sequence[str], shares: Floats) -> dict[str, float]:
    """Add up what steps of the same dose were given, from one share a step, shape ``(steps,)``."""
    found = dict.fromkeys(doses, 0.0)
    for dose, value in zip(doses, shares, strict=True):
        found[dose] += float(value)
    return found


def _question(question: Question, runs: Sequence[Run], counted: Sequence[Counted]) -> Answer:
    by_name = {run.name: one for run, one in zip(runs, counted, strict=True)}
    controls = [name.removeprefix("own side, ") for name in by_name if name.startswith("own side, ")]
    return {
        "joint": question.joint,
        "against": question.against,
        "wanted_power": question.power,
        "level": FALSE_ALARMS,
        "controls": [_one_control(question, control, by_name) for control in controls],
        "note": (
            "power: share of trials of the trial's own side whose likelihood ratio lies above that of 95 in 100 trials"
            " of the other; area: 0.5 is guessing"
        ),
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _one_control(question: Question, control: str, by_name: Mapping[str, Counted]) -> Answer:
    own, other = (by_name[side_name(control, against=against)].judged for against in (False, True))
    told = [told_apart(own[f"trace_{n}"], other[f"trace_{n}"]) for n in question.people]
    rows = [
        {"n": n, "power": _short(one.power), "power_mc_error": _short(one.mc_error), "area": _short(one.area)}
        for n, one in zip(question.people, told, strict=True)
    ]
    found: Answer = {"control": control, "sizes": rows}
    if any(one.power is None for one in told):
        return found | {"n": None, "unknown_because": TOO_FEW_TRACES}
    power = np.array([one.power for one in told])
    found["n"] = _reached(question.people, power, question.power)
    if found["n"] is None:
        found["unknown_because"] = (
            f"{question.people[-1]} people in an arm tell the sides apart in {power[-1]:.2f} of trials only"
        )
    return found
