"""What rooms hand each other, each with its unit.

Inside a room values are plain arrays with the unit in their name. Across a door they travel as one of the small
frozen classes below, which check themselves and give bare numbers only to a reader who says the unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

UNIT_FAMILIES: Final = (
    {"ng/mL": 1.0, "ug/mL": 1000.0, "mg/L": 1000.0},
    {"fraction": 1.0, "%": 0.01},
    {"min": 1.0, "h": 60.0, "d": 1440.0},
)


class InputError(ValueError):
    """Input that cannot be used. Its text is one sentence with the value, the place and the way out."""


def unit_factor(have: str, want: str) -> float:
    """Give the number by which a value in `have` is multiplied to be in `want`.

    Parameters
    ----------
    have, want : str
        Unit names, such as ``"ng/mL"``.

    Returns
    -------
    float
        1.0 where both are the same unit.

    Raises
    ------
    InputError
        If the two units do not measure the same thing.
    """
    if have == want:
        return 1.0
    for family in UNIT_FAMILIES:
        if have in family and want in family:
            return family[have] / family[want]
    raise InputError(f"A value in {have} cannot be read in {want}: ask for it in {have}.")


@dataclass(frozen=True)
class TimeCourse:
    """One quantity over time.

    Parameters
    ----------
    values : Floats
        Shape ``(..., times)``; people or draws first, time last. Finite.
    unit : str
        The unit of ``values``.
    time_min : Floats
        Shape ``(times,)``; minutes since the start of the first dose.

    Raises
    ------
    InputError
        If shapes disagree or a value is not finite.
    """

    values: Floats
    unit: str
    time_min: Floats

    def __post_init__(self) -> None:
        if self.values.shape[-1:] != self.time_min.shape:
            raise InputError(
                f"A time course needs one value a time, got {self.values.shape[-1]} for {len(self.time_min)} times:"
                " give them the same length."
            )
        if not np.all(np.isfinite(self.values)):
            raise InputError(f"A time course in {self.unit} holds a value that is not finite: say what is not known.")

    def read_in(self, unit: str) -> Floats:
        """Give the bare numbers in `unit`, shape ``(..., times)``; raises InputError where it is another quantity."""
        return self.values * unit_factor(self.unit, unit)
