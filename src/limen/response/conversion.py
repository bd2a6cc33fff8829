"""From MADRS to other scales, through published crosswalks.

A crosswalk joins totals that stand at the same place of two distributions. It says what one scale would show on
average where the other shows a number; one person's error is large (rank correlation 0.76 between PHQ-9 and MADRS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats


@dataclass(frozen=True)
class Crosswalk:
    """Totals of another scale beside MADRS totals.

    Parameters
    ----------
    scale : str
        The other scale.
    most : float
        Its largest total.
    madrs, other : tuple of float
        Totals that correspond, rising; straight lines between them and beyond the ends.
    error_sd : float
        SD of one person's conversion error, in points of the other scale.
    sources : tuple of str
        Of each point a key in references.bib, or ``"ours"``.
    """

    scale: str
    most: float
    madrs: tuple[float, ...]
    other: tuple[float, ...]
    error_sd: float
    sources: tuple[str, ...]

    def from_madrs(self, madrs: Floats) -> Floats:
        """Give the corresponding total, any shape; below the first point towards 0, beyond the last along its line."""
        slope = (self.other[-1] - self.other[-2]) / (self.madrs[-1] - self.madrs[-2])
        beyond = np.maximum(madrs - self.madrs[-1], 0.0) * slope
        return np.interp(madrs, (0.0, *self.madrs), (0.0, *self.other)) + beyond


_C_QIDS: Final = "c_qids"
#: The first point of QIDS-SR stands in both papers; those of c_qids are middles of its ranges, and the last is ours,
#: since its range is open. A person's error is ours: from the rank correlation of 0.76 and the SD of 6.6 of PHQ-9,
#: 6.6 * sqrt(1 - 0.76^2) = 4.3; the same share of their usual spread for the others.
CROSSWALKS: Final = {
    "PHQ-9": Crosswalk("PHQ-9", 27.0, (1.0, 24.0, 48.0), (1.0, 15.0, 27.0), 4.3, ("optimum_phq9",) * 3),
    "QIDS-SR": Crosswalk(
        "QIDS-SR",
        27.0,
        (7.5, 13.0, 21.0, 29.0, 36.0),
        (5.0, 8.0, 13.0, 18.0, 23.0),
        3.2,
        ("carmody_2006", _C_QIDS, _C_QIDS, _C_QIDS, "ours"),
    ),
    "HAMD-17": Crosswalk(
        "HAMD-17", 52.0, (13.0, 26.0, 39.0, 52.5), (10.0, 20.0, 30.0, 40.0), 3.0, ("leucht_2018",) * 4
    ),
}
