"""What the search is rewarded for: facts T1-T4, T7 and T12-T15, and rates that cells can have. Nothing else.

The knock-out of HCN1 (T8), partial HCN1 block (T9), anaesthetics (T5), the relay (T10), pulses (T11) and the fall of
glutamate at full block (T16) are not in here: they are judged afterwards, or their passing would say nothing.

Each term is 0 where a fact holds with room to spare, and grows by 1 for one tolerance of distance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.circuit.conditions import Condition
from limen.circuit.network import Network
from limen.circuit.readings import LEAST_PEAK_DB, Reading, decibels, read
from limen.circuit.running import Activity, Run, simulate
from limen.quantities import Floats

#: Blocks of the screen, and seconds read at each (ours: drug-free longest, because chance heights fall with length).
SCREEN: Final = ((0.0, 13.0), (0.15, 5.0), (0.3, 7.0), (0.45, 5.0), (0.7, 5.0))
#: A cell is active from this rate on, Hz (ours: calcium imaging sees little below it).
ACTIVE_HZ: Final = 1.0


@dataclass(frozen=True)
class Look:
    """One block of the screen: what was read, and the rate of each pyramidal cell."""

    reading: Reading
    pyramidal_hz: Floats


def look(window: Activity, pulses_hz: float | None = None) -> Look:
    """Read a window, with the rates of its pyramidal cells."""
    return Look(read(window, pulses_hz), np.concatenate([window.cells_hz("H"), window.cells_hz("N")]))


def screen(network: Network, seed: int, engine: str = "auto") -> dict[float, Look]:
    """Run the blocks of the screen; gives what was seen at each."""
    return {
        block: look(simulate(Run(network, Condition(block=block), seconds, seed), engine)) for block, seconds in SCREEN
    }


def above(value: float, limit: float, tolerance: float) -> float:
    """Give by how many tolerances `value` is above `limit`; 3 where it is not a number."""
    return float(np.clip((value - limit) / tolerance, 0.0, 5.0)) if np.isfinite(value) else 3.0


def below(value: float, limit: float, tolerance: float) -> float:
    """Give by how many tolerances `value` is below `limit`; 3 where it is not a number."""
    return above(-value, -limit, tolerance)


def outside(value: float, low: float, high: float, tolerance: float) -> float:
    """Give by how many tolerances `value` lies outside an interval."""
    return below(value, low, tolerance) if not value > high else above(value, high, tolerance)


def jaccard(free: Floats, drug: Floats) -> float:
    """Give the overlap of cells active without and with the drug, 0 to 1; 1 where none is active."""
    one, other = free >= ACTIVE_HZ, drug >= ACTIVE_HZ
    either = np.sum(one | other)
    return float(np.sum(one & other) / either) if either else 1.0


def turnover(free: Floats, drug: Floats) -> tuple[float, float]:
    """Give the mean change of cells active without the drug, and of those that were silent, Hz."""
    active = free >= ACTIVE_HZ
    change = drug - free
    return (
        float(change[active].mean()) if active.any() else float("nan"),
        float(change[~active].mean()) if (~active).any() else float("nan"),
    )


def terms(seen: Mapping[float, Look]) -> dict[str, float]:
    """Give every term of the objective for a screen."""
    free, mid = seen[0.0], seen[0.3]
    return {
        "T1": above(free.reading.deep_db, 2.0, 2.0) + above(free.reading.peak_db, 2.0, 2.0),
        "T2 T3": sum(outside(seen[b].reading.deep_hz, 2.5, 3.2, 0.3) for b in (0.15, 0.3, 0.45)),
        "T4": below(_ratio(mid.reading), 3.4, 0.5) + below(_ratio(seen[0.45].reading), 3.4, 0.5),
        "T7": _window(seen),
        "T12": _turnover(free, mid),
        "T13": _interneurons(seen),
        "T14": outside(_gamma(seen, 0.15), 1.0, 5.0, 1.0) + outside(_gamma(seen, 0.3), 1.5, 5.0, 1.0),
        "T15": below(_gamma_apart(seen), 1.0, 1.0),
        "rates": _physiology(seen),
    }


def score(seen: Mapping[float, Look]) -> float:
    """Give the objective: the sum of all terms, smaller is better."""
    return float(sum(terms(seen).values()))


def _ratio(reading: Reading) -> float:
    return reading.modulation_deep / reading.modulation_other if reading.modulation_other else float("nan")


def _window(seen: Mapping[float, Look]) -> float:
    """One interval of block: there from 0.15 to 0.45, gone at 0.7 and beyond."""
    present = sum(
        below(seen[b].reading.deep_db, need + 4.0, 3.0) + below(seen[b].reading.peak_db, need, 3.0)
        for b, need in ((0.15, 7.0), (0.3, 9.0), (0.45, 8.0))
    )
    gone = above(_height(seen[0.7].reading), LEAST_PEAK_DB - 1.0, 3.0)
    return present + gone


def _height(reading: Reading) -> float:
    return max(reading.peak_db, reading.deep_db if np.isfinite(reading.deep_db) else 0.0)


def _turnover(free: Look, drug: Look) -> float:
    fall, rise = turnover(free.pyramidal_hz, drug.pyramidal_hz)
    overlap = jaccard(free.pyramidal_hz, drug.pyramidal_hz)
    return above(fall, -0.8, 1.0) + below(rise, 0.8, 0.5) + above(overlap, 0.27, 0.08)


def _interneurons(seen: Mapping[float, Look]) -> float:
    return sum(
        above(seen[b].reading.rate_hz(name) / max(seen[0.0].reading.rate_hz(name), 0.1), share, 0.1)
        for name in ("PV", "SST")
        for b, share in ((0.15, 0.95), (0.3, 0.9))
    )


def _gamma(seen: Mapping[float, Look], block: float) -> float:
    return decibels(seen[block].reading.gamma, seen[0.0].reading.gamma)


def _gamma_apart(seen: Mapping[float, Look]) -> float:
    """By how much gamma rises more in the field of N than in that of H, dB."""
    one, other = seen[0.3].reading, seen[0.0].reading
    return decibels(one.gamma_other, other.gamma_other) - decibels(one.gamma_deep, other.gamma_deep)


def _physiology(seen: Mapping[float, Look]) -> float:
    """Pyramidal cells up to 12 Hz, at rest H from 2 and interneurons 4 to 40, glutamate 1.2 to 1.9 times rest."""
    fast = sum(above(one.reading.rate_hz(name), 12.0, 3.0) for one in seen.values() for name in ("H", "N"))
    free = seen[0.0].reading
    rest = below(free.rate_hz("H"), 2.0, 1.0) + sum(outside(free.rate_hz(p), 4.0, 40.0, 4.0) for p in ("PV", "SST"))
    rise = sum(outside(seen[b].reading.glutamate / max(free.glutamate, 1e-9), 1.2, 1.9, 0.2) for b in (0.15, 0.3))
    return fast + rest + rise
