"""The scales a person is scored on: their ends, and how far back each one looks."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from limen.quantities import InputError

DAY_H: Final = 24.0


@dataclass(frozen=True)
class Scale:
    """One scale or vital sign.

    Parameters
    ----------
    name : str
        The word used at every door.
    low, high : float
        The ends of the scale, in `unit`; for vital signs the ends of what a monitor can show.
    look_back_h : float
        How far back one rating looks, hours; 0 for the present moment.
    unit : str
        ``"points"``, ``"mmHg"`` or ``"1/min"``.
    says : str
        Where the ends and the window come from.
    """

    name: str
    low: float
    high: float
    look_back_h: float
    unit: str
    says: str

    @property
    def is_mood(self) -> bool:
        """True where the scale rates depression, and lower is better."""
        return self.unit == "points" and self.name != "CADSS"

    def overlaps(self, time_h: float) -> bool:
        """Say whether a rating at `time_h` (hours since the first dose) still looks back before that dose."""
        return 0.0 <= time_h < self.look_back_h


_LISTED: Final = (
    Scale("MADRS", 0.0, 60.0, DAY_H, "points", "ten items of 0 to 6; the 24-h variant used in trials of one infusion"),
    Scale("CADSS", 0.0, 92.0, 0.0, "points", "23 subjective items of 0 to 4, the present moment"),
    Scale("PHQ-9", 0.0, 27.0, 14 * DAY_H, "points", "nine items of 0 to 3; looks back two weeks"),
    Scale("QIDS-SR", 0.0, 27.0, 7 * DAY_H, "points", "looks back seven days"),
    Scale("HAMD-17", 0.0, 52.0, DAY_H, "points", "range by scoring; window as MADRS (ours)"),
    Scale("HAMD-6", 0.0, 22.0, DAY_H, "points", "five items of 0 to 4 and one of 0 to 2; window as MADRS (ours)"),
    Scale("systolic_mmhg", 40.0, 320.0, 0.0, "mmHg", "what a monitor can show (ours)"),
    Scale("diastolic_mmhg", 20.0, 220.0, 0.0, "mmHg", "what a monitor can show (ours)"),
    Scale("heart_rate_per_min", 15.0, 300.0, 0.0, "1/min", "what a monitor can show (ours)"),
)
SCALES: Final[Mapping[str, Scale]] = MappingProxyType({scale.name: scale for scale in _LISTED})


def scale_named(name: str) -> Scale:
    """Give the scale of that name.

    Parameters
    ----------
    name : str
        One of `SCALES`.

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        If there is none, naming the nearest.
    """
    if name not in SCALES:
        nearest = difflib.get_close_matches(name, SCALES, n=1, cutoff=0.0)[0]
        raise InputError(f"There is no scale {name!r}, the nearest is {nearest!r}: use one of {', '.join(SCALES)}.")
    return SCALES[name]


def check_score(scale: str, value: float) -> None:
    """Refuse a score that its scale cannot give.

    Parameters
    ----------
    scale : str
        One of `SCALES`.
    value : float
        In the scale's own unit.

    Raises
    ------
    InputError
        If the scale is unknown or the value lies outside it.
    """
    known = scale_named(scale)
    if not (math.isfinite(value) and known.low <= value <= known.high):
        raise InputError(
            f"{scale} runs from {known.low:g} to {known.high:g} {known.unit}, got {value:g}:"
            " check the value and the name of the scale."
        )
