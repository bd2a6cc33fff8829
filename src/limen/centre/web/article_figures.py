"""The figures of the living article, drawn from the same numbers as those of the story page.

They need rooms of the science, which neither a start after a crash nor a page should wait for: run as
``python -m limen.centre.web.article_figures`` it prints them as JSON, and `article_figures` runs it so, once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from threading import Lock
from typing import Any, Final

from markupsafe import Markup

from limen.centre.care.forecasts import answered
from limen.centre.refusals import Refused
from limen.centre.web.dot_rows import Mark, Row, dot_rows
from limen.centre.web.figures import chart
from limen.evidence import joints

DAY_H: Final = 24
#: The infusion of the figures that follow one: mg/kg and minutes.
INFUSION: Final = (0.5, 40)

_drawn: dict[str, Markup] = {}
_drawing: Final = Lock()


def article_figures() -> tuple[Mapping[str, Markup], str]:
    """Give each figure that a claim may name, drawn once, when somebody first opens the article.

    Where they cannot be drawn there are none, and a sentence why: the article's words hold without them. Nobody waits
    for what another asked for, so that a crowd cannot hold up the rest of the centre.
    """
    if _drawn:
        return _drawn, ""
    if not _drawing.acquire(blocking=False):
        return {}, "Its figure is being drawn: open this page again in some seconds."
    try:
        found = answered([sys.executable, "-m", "limen.centre.web.article_figures"], "figures of the article")
        _drawn.update({name: Markup(svg) for name, svg in found.items()})  # noqa: S704 - drawn and escaped below
    except Refused as refusal:
        # What a child said of its failure comes after a colon, and is not for a public page.
        return {}, f"{str(refusal).partition(':')[0].rstrip('.')}."
    finally:
        _drawing.release()
    return _drawn, ""


def draw() -> dict[str, Markup]:
    """Draw every figure."""
    told, mood = import_module("limen.report.story_figures"), import_module("limen.report.story_mood")
    data = import_module("limen.report.story_data")
    drawn = mood.draw()
    numbers = told.figures(drawn.chances["in_vivo"], data.slow_course(drawn))
    sides, days = data.cell(drawn, *INFUSION)[0]["mood"], mood.MOOD_TIME_H / DAY_H
    made = {name: picture(numbers[name]) for name, picture in PICTURES.items()}
    return made | {
        "joints": switches(sides),
        "delay": switched(days, sides, "J5=cut", ("with the slow branch", "without it")),
        "mood_drivers": switched(days, sides, "J4=glutamate", ("driven by the block", "driven by glutamate")),
    }


def switches(sides: Mapping[str, Any]) -> Markup:
    """Draw the benefit one day later as the joints stand and under each switch of one."""
    told = {f"{joint.id}={word}": f"{joint.id}: {joint.verdicts[word]}" for joint in joints() for word in joint.words}
    gaps = {told.get(side, "every joint as it stands"): found["difference"] for side, found in sides.items()}
    rows = [Row(words, (Mark(gap["mean"][0], gap["p10"][0], gap["p90"][0]),)) for words, gap in gaps.items()]
    return dot_rows(rows, axis="MADRS points better than the same visit without drug, a day later; 80 of 100 people")


def switched(days: Sequence[float], sides: Mapping[str, Any], side: str, names: tuple[str, str]) -> Markup:
    """Draw the benefit over two weeks as the joints stand and under one switch."""
    courses = dict(zip(names, (benefit(sides["default"]), benefit(sides[side])), strict=True))
    series = [
        {"name": name, "points": list(zip(days, course, strict=True)), "bare": True} for name, course in courses.items()
    ]
    at_end = " and ".join(f"{course[-1]:.1f} {name}" for name, course in courses.items())
    says = f"MADRS points better with the drug over {days[-1]:g} days: at the end {at_end}"
    return chart(series, says=says, x_label="days", y_label="points better with the drug", bottom=0.0)


def benefit(found: Mapping[str, Any]) -> list[float]:
    """Give how much lower the middle score is than after the same visit without drug."""
    pairs = zip(found["same_visit"]["p50"], found["drug"]["p50"], strict=True)
    return [without - with_drug for without, with_drug in pairs]


def control_types(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw the change with drug and with control, trial by trial."""
    drawn = [
        Row(
            f"{row['study']}, against {row['setting']}, {row['h']:g} h",
            tuple(Mark(row[arm], hollow=arm == "control") for arm in ("control", "drug") if row[arm] is not None),
        )
        for row in rows
    ]
    return dot_rows(
        drawn, axis="change of MADRS in points: left is better; filled with the drug, hollow with the control"
    )


def speed(found: Mapping[str, Any]) -> Markup:
    """Draw how much of the full effect is there when."""
    labels = found["labels"]
    days = {"ketamine": 1 / DAY_H, "conventional": 1}
    series = [
        {"name": labels[name], "points": [(time * factor, share) for time, share in found[name]]}
        for name, factor in days.items()
    ]
    says = f"Share of the full effect by day: {labels['ketamine']} within a day, {labels['conventional']} over weeks"
    return chart(series, says=says, x_label="days", y_label="share of the full effect", bottom=0.0)


def slow(found: Mapping[str, Any]) -> Markup:
    """Draw the slow branch that the model predicts, with 80 of 100 draws round it."""
    middle = found["lines"][0]
    days = [hours / DAY_H for hours in found["x"]]
    band = list(zip(days, middle["low"], middle["high"], strict=True))
    series = [{"name": "predicted, middle", "points": list(zip(days, middle["y"], strict=True)), "bare": True}]
    says = f"Predicted synaptic gain over two weeks, a reference dose = 1: at most {max(middle['y']):.2f} in the middle"
    return chart(series, says=says, x_label="days", y_label=found["above"], band=band, bottom=0.0)


def inverted(found: Mapping[str, Any]) -> Markup:
    """Draw the glutamate signal against block: the default with its doubt, and what both circuits make of it."""
    block = [100 * share for share in found["block"]]
    band = list(zip(block, found["p10"], found["p90"], strict=True))
    lines = {"default, middle": found["p50"], **{f"circuit {one['label']}": one["y"] for one in found["circuit"]}}
    series = [{"name": name, "points": list(zip(block, y, strict=True)), "bare": True} for name, y in lines.items()]
    says = (
        "Glutamate signal against the share of receptors blocked, the reference infusion's own = 1, in three versions"
    )
    return chart(series, says=says, x_label="% of receptors blocked", y_label="glutamate signal", band=band)


def rhythm(found: Mapping[str, Any]) -> Markup:
    """Draw how strong the rhythm of both simulated circuits is against block."""
    block = [100 * share for share in found["x"]]
    lines = {one["label"]: one["y"] for one in found["lines"]}
    series = [{"name": name, "points": list(zip(block, y, strict=True)), "bare": True} for name, y in lines.items()]
    says = "Strength of the slow rhythm against the share of receptors blocked, from 0 to 1, in two simulated circuits"
    return chart(series, says=says, x_label="% of receptors blocked", y_label="strength of the rhythm", bottom=0.0)


def links(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw the published sizes of the link, one figure for each unit."""
    units = dict.fromkeys(row["unit"] for row in rows)
    return Markup("").join(link_of(unit, [row for row in rows if row["unit"] == unit]) for unit in units)


def link_of(unit: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw the sizes that are given in one unit."""
    drawn = [
        Row(f"{row['study']} (n {row['n']})" if row["n"] else row["study"], (marked(row),))
        for row in rows
        if row["value"] is not None
    ]
    words = "correlation (r)" if unit == "r" else unit
    return dot_rows(drawn, axis=f"{words}: left of 0, dissociation goes with benefit")


def dots(found: Mapping[str, Any]) -> Markup:
    """Draw rows of numbers with their ranges."""
    return dot_rows([Row(row["label"], (marked(row),)) for row in found["rows"]], axis=found["axis"])


def marked(row: Mapping[str, Any]) -> Mark:
    """Give the mark of a row with its range."""
    return Mark(row["value"], row["low"], row["high"])


#: How the figures that the story page has are drawn here.
PICTURES: Final[Mapping[str, Callable[[Any], Markup]]] = {
    "control_types": control_types,
    "speed": speed,
    "synapse": slow,
    "inverted_u": inverted,
    "link": links,
    "chain": dots,
    "rhythm": rhythm,
    "stimulation": dots,
    "false_positives": dots,
    "worth": dots,
}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(draw()))
