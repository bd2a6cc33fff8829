"""The formulas of the cells, written once: the NumPy path calls them with arrays, the compiled one with numbers.

The exponential is a polynomial of x/64 raised to the 64th power, because a loop over plain products runs four or
eight cells at once while a call to the C library runs one. Below |x| = 20 it is right to 3 parts in 10 million.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from limen.quantities import Floats

Number = TypeVar("Number", float, Floats)
Counter = TypeVar("Counter", np.uint64, npt.NDArray[np.uint64])

#: Voltages at which a current turns round, mV (ours, usual textbook values).
IH_MV: Final = -35.0
CALCIUM_MV: Final = 120.0
POTASSIUM_MV: Final = -95.0


def exponential(x: Number) -> Number:
    """Give e to the power x, for -20 <= x <= 20."""
    y = x * (1.0 / 64.0)
    p = 1.0 + y * (1.0 + y * (0.5 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720 + y * (1 / 5040)))))))
    p2 = p * p
    p4 = p2 * p2
    p8 = p4 * p4
    p16 = p8 * p8
    p32 = p16 * p16
    return p32 * p32


def open_to_magnesium(v: Number) -> Number:
    """Give the share of NMDA current that 1 mM magnesium lets through at `v` mV."""
    return 1.0 / (1.0 + 0.28 * exponential(-0.062 * v))


def ih_open(v: Number) -> Number:
    """Give the share of HCN1 channels that are open in the long run at `v` mV."""
    return 1.0 / (1.0 + exponential((v + 82.0) * 0.125))


def calcium_ready(v: Number, half_mv: float) -> Number:
    """Give the share of T-type channels that are not inactivated in the long run at `v` mV."""
    return 1.0 / (1.0 + exponential((v - half_mv) * 0.25))


def calcium_open(v: Number) -> Number:
    """Give the share of T-type channels that are activated at `v` mV, at once."""
    return 1.0 / (1.0 + exponential((v + 58.0) * -0.2))


def uniform(key: np.uint64, ticks: Counter) -> Any:
    """Give numbers of SD 1 and mean 0, even between their ends, from a key and counters, by mixing their bits."""
    z = key + ticks * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)) * (1.0 / 9007199254740992.0) - 0.5) * 3.4641016151377544
