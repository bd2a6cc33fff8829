"""From blocked receptors to what drives mood: block beside that of the reference infusion, and glutamate.

The reference infusion is 0.5 mg/kg over 40 min in a typical adult, the dose most trials gave. Block is read beside
its peak there, under the same assay, so that the choice of assay (joint J2) moves the shape of the dose curve and
not the size of the effect that trials measured.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.quantities import Floats, array_namespace

#: Zero crossing of the glutamate curve beyond the reference block, lognormal (ours: the signs are from rats, where
#: 10-30 mg/kg raise glutamate, 50 does not and 200 lowers it; moghaddam_1997).
GLUTAMATE_CROSSING_MEDIAN: Final = 1.5
GLUTAMATE_CROSSING_LOG_SD: Final = 0.6


def saturating(block_ratio: Floats, half: Floats) -> Floats:
    """Give the drive of a block, 1 at the reference and never falling.

    Parameters
    ----------
    block_ratio : Floats
        Block over that of the reference infusion, shape ``(draws, times)``.
    half : Floats
        Ratio at which the drive is half of its most, shape ``(draws,)``.

    Returns
    -------
    Floats
        ``o (1 + h) / (o + h)``, shape ``(draws, times)``.
    """
    shift = half[:, None]
    return block_ratio * (1.0 + shift) / (block_ratio + shift)


def glutamate_surge(block_ratio: Floats, crossing: Floats) -> Floats:
    """Give glutamate over rest beside that of the reference infusion: an inverted U in block (default side of J3).

    Parameters
    ----------
    block_ratio : Floats
        Block over that of the reference infusion, shape ``(draws, times)``.
    crossing : Floats
        Ratio at which the surge is gone, above 1, shape ``(draws,)``.

    Returns
    -------
    Floats
        ``o (z - o) / (z - 1)``, shape ``(draws, times)``; 1 at the reference, 0 at rest, negative above `crossing`.
    """
    zero = crossing[:, None]
    return block_ratio * (zero - block_ratio) / (zero - 1.0)


def draw_crossing(draws: int, rng: np.random.Generator) -> Floats:
    """Draw the block ratio at which glutamate no longer rises, shape ``(draws,)``."""
    return 1.0 + GLUTAMATE_CROSSING_MEDIAN * np.exp(GLUTAMATE_CROSSING_LOG_SD * rng.standard_normal(draws))


def area(drive: Floats, time_h: Floats) -> Floats:
    """Integrate a drive of shape ``(draws, times)`` over `time_h` by the trapezium, in hours, shape ``(draws,)``."""
    whole: Floats = 0.5 * array_namespace(drive).sum((drive[:, 1:] + drive[:, :-1]) * np.diff(time_h), axis=1)
    return whole
