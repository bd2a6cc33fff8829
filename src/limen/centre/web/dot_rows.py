"""Rows of marks over one axis: a label in words, its marks with their ranges as SVG below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from limen.centre.web.figures import WIDTH, round_ticks

ROW: Final = 26
EDGE: Final = 26


@dataclass(frozen=True)
class Mark:
    """One value with its range, where one is known."""

    value: float
    low: float | None = None
    high: float | None = None
    hollow: bool = False


@dataclass(frozen=True)
class Row:
    """A label and the marks that belong to it."""

    label: str
    marks: tuple[Mark, ...]


def dot_rows(rows: Sequence[Row], *, axis: str) -> Markup:
    """Draw rows of marks under their labels; a reader who does not see them gets every value in words."""
    if not any(row.marks for row in rows):
        return Markup('<p class="soft">Nothing to draw yet.</p>')
    ends = [end for row in rows for mark in row.marks for end in (mark.value, mark.low, mark.high) if end is not None]
    ticks = round_ticks(min(*ends, 0.0), max(*ends, 0.0))
    drawn = Markup("").join(one_row(row, ticks) for row in rows)
    return Markup('<figure class="rows">{}{}<figcaption>{}</figcaption></figure>').format(drawn, numbers(ticks), axis)


def one_row(row: Row, ticks: Sequence[float]) -> Markup:
    """Draw one row: its label in words that wrap, its marks below."""
    says = ", ".join(said(mark) for mark in row.marks)
    marks = "".join(drawn(mark, ticks) for mark in row.marks)
    picture = f'<svg viewBox="0 0 {WIDTH} {ROW}" role="img" aria-label="{says}">{ruled(ticks)}{marks}</svg>'
    return Markup("<div><p>{}</p>{}</div>").format(row.label, Markup(picture))  # noqa: S704 - numbers of ours alone


def said(mark: Mark) -> str:
    """Say a value with its range."""
    known = mark.low is not None and mark.high is not None
    return f"{mark.value:.3g}" + (f" ({mark.low:.3g} to {mark.high:.3g})" if known else "")


def across(value: float, ticks: Sequence[float]) -> float:
    """Give where a value stands."""
    return EDGE + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (WIDTH - 2 * EDGE)


def ruled(ticks: Sequence[float]) -> str:
    """Draw the lines of the axis behind a row."""
    found = [(across(tick, ticks), "mark" if tick == 0 else "ruled") for tick in ticks]
    return "".join(f'<line class="{look}" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{ROW}"/>' for x, look in found)


def numbers(ticks: Sequence[float]) -> Markup:
    """Write the numbers of the axis."""
    words = "".join(
        f'<text x="{across(tick, ticks):.1f}" y="22" text-anchor="middle">{tick:g}</text>' for tick in ticks
    )
    return Markup(f'<svg viewBox="0 0 {WIDTH} {ROW}" aria-hidden="true">{words}</svg>')  # noqa: S704 - numbers of ours


def drawn(mark: Mark, ticks: Sequence[float]) -> str:
    """Draw one mark with its range."""
    look = "hollow" if mark.hollow else "d0"
    circle = f'<circle class="{look}" cx="{across(mark.value, ticks):.1f}" cy="{ROW / 2}" r="7"/>'
    if mark.low is None or mark.high is None:
        return circle
    x1, x2 = across(mark.low, ticks), across(mark.high, ticks)
    return f'<line class="range" x1="{x1:.1f}" x2="{x2:.1f}" y1="{ROW / 2}" y2="{ROW / 2}"/>{circle}'
