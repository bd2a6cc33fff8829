"""Small still figures as inline SVG, in the colours of the page; each is told in words by its title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

import numpy as np

from limen.quantities import Floats

#: Width and margins in the units of the drawing (ours: they leave room for four-digit labels).
WIDE: Final = 560.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 12.0, 40.0
LABELS_AT_MOST: Final = 6
TALL: Final = 230.0
DOT: Final = 3.0


@dataclass
class Figure:
    """A figure in the making.

    Parameters
    ----------
    title : str
        What it shows, for those who do not see it.
    x_ends, y_ends : tuple of float
        Ends of the axes.
    x_label, y_label : str
        Words beside the axes, with units.
    tall : float
        Height in units of the drawing; it is 560 wide.
    log : bool
        True for two logarithmic axes.
    numbered : str
        Which axes bear numbers: ``"xy"``, ``"x"`` or ``"y"``.
    """

    title: str
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]
    x_label: str
    y_label: str
    tall: float = TALL
    log: bool = False
    numbered: str = "xy"
    parts: list[str] = field(default_factory=list)

    def x(self, value: float | Floats) -> Floats:
        """Bring values to the drawing, left to right."""
        return np.asarray(LEFT + self._share(value, self.x_ends) * (WIDE - LEFT - RIGHT))

    def y(self, value: float | Floats) -> Floats:
        """Bring values to the drawing, bottom to top."""
        return np.asarray(self.tall - BOTTOM - self._share(value, self.y_ends) * (self.tall - TOP - BOTTOM))

    def _share(self, value: float | Floats, ends: tuple[float, float]) -> Floats:
        low, high, here = (np.log(np.asarray(one)) if self.log else np.asarray(one) for one in (*ends, value))
        return np.asarray(np.clip(np.asarray((here - low) / (high - low), dtype=np.float64), 0.0, 1.0))

    def line(self, x: Floats, y: Floats, tone: str, *, dashed: bool = False, name: str = "") -> None:
        """Draw a line; a value that is not finite breaks it."""
        style = ' stroke-dasharray="5 4"' if dashed else ""
        good = np.isfinite(x) & np.isfinite(y)
        for run in _runs(good):
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(self.x(x[run]), self.y(y[run]), strict=True))
            self.parts.append(
                f'<polyline points="{points}" fill="none" stroke="var(--{tone})" stroke-width="1.8"{style}>'
                f"<title>{escape(name)}</title></polyline>"
            )

    def dots(self, x: Floats, y: Floats, tone: str, *, radius: float = DOT) -> None:
        """Draw points; those that are not finite are left out."""
        good = np.isfinite(x) & np.isfinite(y)
        for a, b in zip(self.x(x[good]), self.y(y[good]), strict=True):
            self.parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{radius:g}" fill="var(--{tone})" opacity="0.75"/>')

    def ticks(self, x: Floats, y: Floats, tone: str) -> None:
        """Draw many short strokes, as of spikes."""
        path = "".join(f"M{a:.1f} {b:.1f}v2" for a, b in zip(self.x(x), self.y(y), strict=True))
        self.parts.append(f'<path d="{path}" stroke="var(--{tone})" stroke-width="1.1"/>')

    def strip(self, low: float, high: float, tone: str, words: str) -> None:
        """Shade a stretch of the x axis from top to bottom."""
        a, b = float(self.x(low)), float(self.x(high))
        self.parts.insert(
            0,
            f'<rect x="{a:.1f}" y="{TOP}" width="{max(b - a, 1.5):.1f}" height="{self.tall - TOP - BOTTOM:.1f}"'
            f' fill="var(--{tone})" opacity="0.16"><title>{escape(words)}</title></rect>',
        )

    def tile(self, x: tuple[float, float], y: tuple[float, float], share: float, words: str) -> None:
        """Draw a filled tile, darker for a larger share."""
        a, b, c, d = float(self.x(x[0])), float(self.x(x[1])), float(self.y(y[1])), float(self.y(y[0]))
        self.parts.append(
            f'<rect x="{a:.1f}" y="{c:.1f}" width="{b - a:.1f}" height="{d - c:.1f}" stroke="var(--rule)"'
            f' fill="var(--drug)" fill-opacity="{0.05 + 0.9 * share:.2f}"><title>{escape(words)}</title></rect>'
        )

    def words(self, x: float, y: float, text: str, *, tone: str = "soft", anchor: str = "start") -> None:
        """Write into the figure."""
        self.parts.append(
            f'<text x="{float(self.x(x)):.1f}" y="{float(self.y(y)):.1f}" text-anchor="{anchor}"'
            f' fill="var(--{tone})">{escape(text)}</text>'
        )

    def svg(self) -> str:
        """Give the figure."""
        return (
            f'<svg class="still" viewBox="0 0 {WIDE:g} {self.tall:g}" role="img" aria-label="{escape(self.title)}">'
            f"{self._axes()}{''.join(self.parts)}</svg>"
        )

    def _axes(self) -> str:
        bottom, right = self.tall - BOTTOM, WIDE - RIGHT
        marks = [
            f'<text x="{float(self.x(at)):.1f}" y="{bottom + 16:.1f}" text-anchor="middle">{at:g}</text>'
            for at in steps(self.x_ends, log=self.log)
            if "x" in self.numbered
        ] + [
            f'<text x="{LEFT - 7}" y="{float(self.y(at)) + 4:.1f}" text-anchor="end">{at:g}</text>'
            f'<path d="M{LEFT} {float(self.y(at)):.1f}H{right}" stroke="var(--rule)" stroke-width="0.7"/>'
            for at in steps(self.y_ends, log=self.log)
            if "y" in self.numbered
        ]
        return (
            f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="var(--edge)"/>{"".join(marks)}'
            f'<text x="{(LEFT + right) / 2:.0f}" y="{self.tall - 6:.0f}" text-anchor="middle">'
            f"{escape(self.x_label)}</text>"
            f'<text transform="translate(12 {(TOP + bottom) / 2:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y_label)}</text>"
        )


def steps(ends: tuple[float, float], *, log: bool) -> list[float]:
    """Give round numbers along an axis, at most six."""
    low, high = ends
    if log:
        powers = range(int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9)) + 1)
        return [10.0**power for power in powers]
    raw = (high - low) / (LABELS_AT_MOST - 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(size * power for size in (1.0, 2.0, 2.5, 5.0, 10.0) if size * power >= raw - 1e-12)
    first = np.ceil(low / step - 1e-9) * step
    return [float(round(at, 10)) + 0.0 for at in np.arange(first, high + 1e-9 * step, step)]


def _runs(good: np.typing.NDArray[np.bool_]) -> Sequence[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
