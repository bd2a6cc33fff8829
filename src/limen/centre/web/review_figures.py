"""Figures of a session's report: predicted beside observed, and what the signal said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from limen.centre.live.features import CALLED, DEEP
from limen.centre.web import figures

X_LABEL: Final = "min since the start"
#: What is drawn: its name in the answers, the words over it, and the axis.
QUANTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "concentration": ("Ketamine in venous plasma", "ng/mL"),
    "occupancy": ("NMDA receptors occupied", "share"),
    "cadss": ("Dissociation, CADSS", "points"),
    "systolic_mmhg": ("Systolic pressure", "mmHg"),
}
OBSERVED: Final = {"concentration": "sample", "cadss": "CADSS", "systolic_mmhg": "systolic_mmhg"}
#: Points of a line of the rhythm (ours).
MOST_POINTS: Final = 400
HUNDRED: Final = 100.0

Pair = tuple[float, float]


def all_of(
    timeline: Mapping[str, Any], course: Mapping[str, Any] | None, signal: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Give every figure of a report with its heading."""
    found = [{"name": "Rate of the pump", "figure": rate_figure(timeline)}]
    if course is not None:
        found += [
            {"name": words, "figure": course_figure(name, unit, timeline, course)}
            for name, (words, unit) in QUANTITIES.items()
            if name in course
        ]
    if signal["at_min"]:
        found.append({"name": "Rhythm of 1 to 4 Hz, as it was read while it ran", "figure": rhythm_figure(signal)})
    return found


def rate_figure(timeline: Mapping[str, Any]) -> Markup:
    """Draw the rate as steps."""
    points: list[Pair] = []
    for one in timeline["rates"]:
        rate = float(one["rate_mg_per_h"])
        points += [(one["begin_min"], rate), (one["end_min"], rate)]
    given = timeline["given_mg"][-1][1] if timeline["given_mg"] else 0.0
    says = f"Rate of the pump over {timeline['end_min']:.0f} min; {given:.4g} mg in all"
    return figures.chart([{"name": "", "points": points, "bare": True}], says=says, x_label=X_LABEL, y_label="mg/h",
                         bottom=0.0)  # fmt: skip


def course_figure(name: str, unit: str, timeline: Mapping[str, Any], course: Mapping[str, Any]) -> Markup:
    """Draw one quantity: as learnt with its band, as predicted at the start, and what was observed."""
    times, learnt, start = course["time_min"], course[name], course["start"][name]
    seen = [(float(one["at_min"]), float(one["value"])) for one in timeline["observed"]
            if one["what"] == OBSERVED.get(name)]  # fmt: skip
    series: list[dict[str, Any]] = [
        {"name": "as learnt", "points": list(zip(times, learnt["p50"], strict=True)), "bare": True},
        {"name": "observed", "points": seen, "dots": True},
    ]
    edges = [list(zip(times, start[edge], strict=True)) for edge in ("p05", "p95")]
    return figures.chart(
        series, says=f"{QUANTITIES[name][0]}: predicted band as learnt, thin lines as predicted at the start, and"
        f" {len(seen)} observations", x_label=X_LABEL, y_label=unit, behind=edges,
        band=list(zip(times, learnt["p05"], learnt["p95"], strict=True)), bottom=None if unit == "mmHg" else 0.0,
    )  # fmt: skip


def rhythm_figure(signal: Mapping[str, Any]) -> Markup:
    """Draw the probability of a rhythm in the deep contacts, or in the channel that showed most."""
    series = [
        {"name": signal["names"][place], "points": thinned(signal["at_min"], column(signal, place)), "bare": True}
        for place in shown_places(signal)
    ]
    return figures.chart(
        series, says=said_of_rhythm(signal), x_label=X_LABEL, y_label="probability", bottom=0.0, top=1.0
    )


def shown_places(signal: Mapping[str, Any]) -> list[int]:
    """Give the channels that are drawn: deep contacts, at most three, or the one that showed most."""
    deep = [place for place, kind in enumerate(signal["kinds"]) if kind in DEEP]
    if deep:
        return deep[:3]
    shares = [float(np.nanmean(column(signal, place) >= CALLED)) for place in range(len(signal["names"]))]
    return [int(np.argmax(shares))] if shares else []


def column(signal: Mapping[str, Any], place: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give the probability of one channel over time, NaN where it was unknown, shape ``(seconds,)``."""
    rows = [row[place] if row is not None and place < len(row) else None for row in signal["p"]]
    return np.array([np.nan if one is None else one / HUNDRED for one in rows], dtype=np.float64)


def thinned(at_min: list[float], values: np.ndarray[Any, np.dtype[np.float64]]) -> list[Pair]:
    """Give fewer points of a line, each the middle of those it stands for."""
    size = max(1, -(-len(values) // MOST_POINTS))
    found = []
    for begin in range(0, len(values), size):
        piece = values[begin : begin + size]
        if not np.isnan(piece).all():
            found.append((float(np.mean(at_min[begin : begin + size])), float(np.nanmedian(piece))))
    return found


def said_of_rhythm(signal: Mapping[str, Any]) -> str:
    """Say how long a rhythm was called in the channels that are drawn."""
    if not signal["at_min"]:
        return "No signal was read in this session."
    parts = []
    for place in shown_places(signal):
        values = column(signal, place)
        known = int((~np.isnan(values)).sum())
        called = int((values >= CALLED).sum())
        parts.append(f"{signal['names'][place]}: called a rhythm in {called} of {known} judged seconds")
    return "; ".join(parts) + f" (probability from {CALLED:g} on, as on the live screen)."
