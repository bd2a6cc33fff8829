"""The infusion as the model is asked about it: what flowed, in minutes since the start, by the clock of the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from limen.centre.care import infusion, known
from limen.centre.clock import Moment, seconds_between
from limen.centre.records.kinds import State

MINUTE_S: Final = 60
PRESSURES: Final = {"systolic": "systolic_mmhg", "diastolic": "diastolic_mmhg"}
SAMPLE: Final = "plasma"


def plan_end_min(state: State, now: Moment) -> float:
    """Give the minute at which the pump is planned to end, counted from the start and moved by its pauses until now."""
    ran = state.get("segments", [])
    if state["status"] != infusion.PAUSED:
        ran = ran[:-1]  # the last rate runs, or is the zero of the stop
    edges = [one["moment"] for one in state.get("segments", [])] + [infusion.as_pair(now)]
    stood = [minute_of(state, edges[k + 1]) - minute_of(state, edges[k]) for k, one in enumerate(ran) if is_still(one)]
    return float(state["plan"]["minutes"]) + round(max(sum(stood), 0.0), 3)


def is_still(segment: dict[str, Any]) -> bool:
    """Tell whether the pump stood still during a part of an infusion."""
    return Decimal(segment["rate"]) == 0


def minute_of(state: State, moment: Sequence[str]) -> float:
    """Give the minute of something since the start, by the boot clock where it is the same boot."""
    return float(seconds_between(Moment(*state["started"]["moment"]), Moment(*moment))) / MINUTE_S


def question(state: State, now: Moment, others: Sequence[dict[str, Any]] = ()) -> dict[str, Any] | None:
    """Give what the model is asked about a session; None before its start, or for a drug that it has no model of."""
    if not state.get("started") or state["plan"]["drug"] not in ("ketamine", "esketamine"):
        return None
    # After a new boot the wall clock counts, and somebody may have set it back to before the start.
    now_min = max(0.0, round(minute_of(state, infusion.as_pair(now)), 3))
    return {
        "drug": state["plan"]["drug"],
        "patient": patient(state),
        "now_min": now_min,
        "segments": segments(state, now_min),
        "boluses": [{"mg": one["mg"], "at_min": max(0.0, minute_of(state, one["moment"]))} for one in state["boluses"]],
        "rate_mg_per_h": str(infusion.rate_now(state)),
        "until_min": plan_end_min(state, now),
        "seen": seen(state, now_min),
        "others": list(others),
    }


def segments(state: State, now_min: float) -> list[dict[str, Any]]:
    """Give the rates that ran, each with its begin and its end."""
    begins = [minute_of(state, one["moment"]) for one in state["segments"]]
    ends = [*begins[1:], now_min]
    return [
        {"begin_min": begin, "end_min": end, "rate_mg_per_h": one["rate"]}
        for begin, end, one in zip(begins, ends, state["segments"], strict=True)
        if end > begin
    ]


def patient(state: State) -> dict[str, Any]:
    """Give the person as the model needs them: weight, and the last pressure before the start."""
    before = known.baseline_vitals(state)
    baseline = {name: float(before[word]) for word, name in PRESSURES.items() if before.get(word)}
    weight = state.get("weight_kg") or state["plan"]["weight_kg"]
    return {"weight_kg": float(weight), "diagnosis": "MDD", "baseline": baseline}


def seen(state: State, now_min: float) -> list[dict[str, Any]]:
    """Give what was measured since the start and the model can use: pressures, CADSS, plasma."""
    begin = datetime.fromisoformat(state["started"]["at"])
    found = []
    for one in state.get("vitals", []):
        at_min = (datetime.fromisoformat(one["measured_at"]) - begin).total_seconds() / MINUTE_S
        if one["phase"] == "after start" and 0 <= at_min <= now_min:
            found += [
                {"what": name, "at_min": at_min, "value": one[word]}
                for word, name in PRESSURES.items()
                if one.get(word)
            ]
    for one in state.get("scores", []):
        at_min = (datetime.fromisoformat(one["at"]) - begin).total_seconds() / MINUTE_S
        if one["scale"] == "CADSS" and 0 <= at_min <= now_min:
            found.append({"what": "CADSS", "at_min": at_min, "value": one["value"]})
    for one in state.get("samples", []):
        at_min = (datetime.fromisoformat(one["measured_at"]) - begin).total_seconds() / MINUTE_S
        if 0 <= at_min <= now_min:
            found.append({"what": "sample", "at_min": at_min, "value": one["value_ng_per_ml"]})
    return found
