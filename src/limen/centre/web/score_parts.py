"""What the pages of a person share of scores: their rows, their figure, and what is missing of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from limen.centre.care import forecasts
from limen.centre.care.scales import PHQ9
from limen.centre.records.kinds import State
from limen.centre.web import figures


def missing(state: State, sessions: list[tuple[str, State]]) -> list[str]:
    """Say what is missing of the outcomes: a course without them is worth nothing to anybody."""
    scores = state.get("scores", [])
    whole = [one for one in scores if one["scale"] == PHQ9 and one.get("value") is not None]
    started = forecasts.started([one for _, one in sessions])
    found = []
    if started and not [one for one in whole if one["at"] < started[0]["started"]["at"]]:
        found.append("There is no whole PHQ-9 from before the first infusion.")
    if started and not [one for one in whole if one["at"] > started[-1]["started"]["at"]]:
        found.append("There is no PHQ-9 since the last infusion.")
    partial = [one for one in scores if one.get("value") is None]
    if partial:
        found.append(f"{len(partial)} questionnaires lack an answer, so their totals are missing.")
    return found


def score_rows(state: State) -> list[dict[str, Any]]:
    """Give the scores, newest first."""
    return [
        {
            "scale": one["scale"],
            "value": one.get("value"),
            "at": one["at"],
            "source": one.get("source", ""),
            "by": one["by"],
        }
        for one in reversed(state.get("scores", []))
    ]


def score_figure(scores: list[dict[str, Any]]) -> Any:
    """Draw the totals over days since the first."""
    known_scores = [one for one in reversed(scores) if one["value"] is not None]
    if not known_scores:
        return figures.chart([], says="", x_label="", y_label="")
    first = min(datetime.fromisoformat(one["at"]) for one in known_scores)
    names = list(dict.fromkeys(one["scale"] for one in known_scores))
    series = [
        {
            "name": name,
            "points": [
                ((datetime.fromisoformat(one["at"]) - first).total_seconds() / 86400, float(one["value"]))
                for one in known_scores
                if one["scale"] == name
            ],
        }
        for name in names
    ]
    says = "; ".join(f"{one['name']} from {one['points'][0][1]:.0f} to {one['points'][-1][1]:.0f}" for one in series)
    return figures.chart(series, says=says, x_label="days since the first score", y_label="total", bottom=0.0)
