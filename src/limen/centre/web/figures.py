"""Figures as SVG text: no script, no inline style, and a sentence for whoever does not see them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

WIDTH: Final = 720
HEIGHT: Final = 280
LEFT: Final = 52
RIGHT: Final = 14
TOP: Final = 30
#: What a name needs in height where letters are largest, on a phone.
NAME_HEIGHT: Final = 23
BOTTOM: Final = 38
TICKS: Final = 5
COLOURS: Final = 4
DOTS: Final = 50
#: Values that differ by less than this share of themselves are one value to an axis.
FLAT: Final = 1e-9
#: Less is no width at all, whatever lies there.
LEAST_SPAN: Final = 1e-99
LEAST_PLACES: Final = 10
#: What a round number of an axis may begin with.
STEPS: Final = (1, 2, 5, 10)

Point = tuple[float, float]


def chart(
    series: Sequence[Mapping[str, Any]],
    *,
    says: str,
    x_label: str,
    y_label: str,
    band: Sequence[tuple[float, float, float]] = (),
    mark: float | None = None,
    bottom: float | None = None,
    top: float | None = None,
    behind: Sequence[Sequence[Point]] = (),
) -> Markup:
    """Draw lines with their points.

    Parameters
    ----------
    series : sequence of mapping
        Each with ``name`` and ``points``, pairs of x and y; ``bare`` draws no points and ``dots`` no line.
    says : str
        The same in a sentence.
    x_label, y_label : str
        What the axes are, with units.
    band : sequence of (float, float, float)
        x, low and high of a wash.
    mark : float, optional
        x of a dashed line.
    bottom, top : float, optional
        What the y axis holds in any case.
    behind : sequence of sequence of (float, float)
        Thin lines behind the others, without names.
    """
    points = [point for one in series for point in one["points"]] + [point for one in behind for point in one]
    edges = [(x, y) for x, low, high in band for y in (low, high)]
    if not points and not edges:
        return Markup('<p class="soft">Nothing to draw yet.</p>')
    at = (points + edges)[0][0]
    scale = Scale([*points, *edges, *((at, y) for y in (bottom, top) if y is not None)], mark)
    parts = [scale.frame(x_label, y_label), scale.wash(band), scale.marked(mark)]
    parts += [scale.thin(one) for one in behind]
    names_px = scale.name_heights_px(series)
    parts += [scale.line(one, k, names_px.get(k, 0.0)) for k, one in enumerate(series)]
    return Markup(  # noqa: S704 - every word in it is escaped, and the rest are numbers of ours
        f'<svg class="figure" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(says)}">'
        f"{''.join(parts)}</svg>"
    )


class Scale:
    """Where a value stands in the figure."""

    def __init__(self, points: Sequence[Point], mark: float | None) -> None:
        xs = [x for x, _ in points] + ([] if mark is None else [mark])
        ys = [y for _, y in points]
        self.across, self.up = round_ticks(min(xs), max(xs)), round_ticks(min(ys), max(ys))
        self.x0, self.x1 = self.across[0], self.across[-1]
        self.y0, self.y1 = self.up[0], self.up[-1]

    def x(self, value: float) -> float:
        """Give a place across."""
        return LEFT + (value - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Give a place down."""
        return HEIGHT - BOTTOM - (value - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)

    def frame(self, x_label: str, y_label: str) -> str:
        """Draw the axes with their numbers."""
        ruled = "".join(
            f'<line class="ruled" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(v):.1f}" y2="{self.y(v):.1f}"/>'
            f'<text x="{LEFT - 7}" y="{self.y(v) + 4:.1f}" text-anchor="end">{v:g}</text>'
            for v in self.up
        )
        under = "".join(
            f'<text x="{self.x(v):.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{v:g}</text>'
            for v in self.across
        )
        labels = (
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{escape(x_label)}</text>'
            f'<text x="4" y="11">{escape(y_label)}</text>'
        )
        return ruled + under + labels

    def wash(self, band: Sequence[tuple[float, float, float]]) -> str:
        """Draw a wash between low and high."""
        if not band:
            return ""
        up = [f"{self.x(x):.1f},{self.y(high):.1f}" for x, _, high in band]
        down = [f"{self.x(x):.1f},{self.y(low):.1f}" for x, low, _ in reversed(band)]
        return f'<polygon class="wash" points="{" ".join(up + down)}"/>'

    def marked(self, mark: float | None) -> str:
        """Draw a dashed line."""
        if mark is None:
            return ""
        return f'<line class="mark" x1="{self.x(mark):.1f}" x2="{self.x(mark):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'

    def thin(self, points: Sequence[Point]) -> str:
        """Draw a thin line."""
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        return f'<polyline class="thin" points="{path}"/>'

    def name_heights_px(self, series: Sequence[Mapping[str, Any]]) -> dict[int, float]:
        """Give how far down the name of each series stands: over its end, and over the name below it."""
        ends = {k: max(self.y(one["points"][-1][1]) - 9, TOP) for k, one in enumerate(series) if one["points"]}
        below = math.inf
        for k in sorted(ends, key=lambda k: ends[k], reverse=True):
            below = ends[k] = min(ends[k], below - NAME_HEIGHT)
        return ends

    def line(self, one: Mapping[str, Any], k: int, name_px: float) -> str:
        """Draw one series: its line, its points, its name at the end."""
        places = [(self.x(x), self.y(y)) for x, y in one["points"]]
        if not places:
            return ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dots = (
            ""
            if one.get("bare")
            else "".join(f'<circle class="d{k % COLOURS}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places)
        )
        x, _ = places[-1]
        anchor = "start" if x < WIDTH / 3 else "end"
        place = f'x="{min(x, WIDTH - RIGHT):.1f}" y="{name_px:.1f}" text-anchor="{anchor}"'
        name = f'<text class="label d{k % COLOURS}" {place}>{escape(one["name"])}</text>'
        line = "" if one.get("dots") else f'<polyline class="line l{k % COLOURS}" points="{path}"/>'
        return f"{line}{dots}{name}"


def round_ticks(low: float, high: float) -> list[float]:
    """Give the round numbers of an axis that holds two values; some width even where they are the same."""
    flat = high - low <= max(FLAT * max(abs(low), abs(high)), LEAST_SPAN)
    span = 1.0 if flat else high - low
    raw = span / TICKS
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * k for k in STEPS if size * k >= raw)
    first, last = math.floor(low / step), math.ceil((low + span if flat else high) / step)
    places = max(LEAST_PLACES, 1 - math.floor(math.log10(step)))
    return [round(k * step, places) for k in range(first, last + 1)]


def dots(share: float | None, says: str) -> Markup:
    """Draw fifty dots, as many of them in the other colour as the share says; a sentence where it is not known."""
    if share is None:
        return Markup('<span class="soft">not known</span>')
    filled = round(share * DOTS)
    circles = "".join(
        f'<circle class="dot{" worse" * (k < filled)}" cx="{7 + 12 * (k % 10)}" cy="{7 + 12 * (k // 10)}" r="4.4"/>'
        for k in range(DOTS)
    )
    return Markup(  # noqa: S704 - the words are escaped
        f'<svg viewBox="0 0 122 62" width="122" height="62" role="img" aria-label="{escape(says)}">{circles}</svg>'
    )
