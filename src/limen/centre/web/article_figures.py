"""The figures of the living article, drawn from the same published numbers as those of the story page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

from markupsafe import Markup

from limen.centre.web.dot_rows import Mark, Row, dot_rows
from limen.centre.web.figures import chart

DAY_H: Final = 24


@cache
def article_figures() -> Mapping[str, Markup]:
    """Give each figure that a claim may name; computed once, when somebody first opens the article."""
    # The figures need rooms of the science, which a start after a crash should not wait for.
    told = import_module("limen.report.story_figures")
    drawn = import_module("limen.report.story_mood").draw()
    slow_course = import_module("limen.report.story_data").slow_course
    draw: Mapping[str, Callable[[], Markup]] = {
        "control_types": lambda: control_types(told.control_types()),
        "speed": lambda: speed(told.speed()),
        "synapse": lambda: slow(slow_course(drawn)),
        "inverted_u": lambda: inverted(told.glutamate_curve(drawn.chances["in_vivo"])),
        "link": lambda: links(told.links()),
        "chain": lambda: dots(told.glutamate_in_people()),
        "rhythm": lambda: rhythm(told.simulated_rhythm()),
        "stimulation": lambda: dots(told.stimulation()),
        "false_positives": lambda: dots(told.false_links()),
    }
    return {name: one() for name, one in draw.items()}


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
