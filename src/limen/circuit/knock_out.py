"""Fact T8: without HCN1 there is no rhythm, at any block, at four rests; and where the cells are alive, too.

A test at one dose is worthless: without Ih the cells rest lower, so that the drive at which they would oscillate moves.
The knock-out is judged after the search, which never saw it. The rival has no Ih: there it must change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.circuit.conditions import Condition
from limen.circuit.facts import GRID, Bench, Fact, deep_db
from limen.circuit.readings import LEAST_PEAK_DB, SILENT_HZ, Reading
from limen.circuit.running import Run

RESTS_MV: Final = (0.0, 4.0, 8.0)
SEEDS: Final = (1, 2, 3)
POWER_SHARE: Final = 0.05
FIRES_HZ: Final = 1.0
ALIVE_HZ: Final = (1.0, 20.0)
LIVE_REST_HZ: Final = (1.0, 15.0)
LIVE_BLOCKS: Final = 3
BISECTIONS: Final = 8
SHORT_S: Final = 6.0
#: How far the matched rest is looked for, mV (ours: well beyond what removing Ih moved in the prototype).
FARTHEST_MV: Final = 24.0
#: Drug-free rates at which the knock-out is also judged, Hz (ours: the middle of the 1 to 15 that is asked).
LIVE_TARGETS_HZ: Final = (8.0,)


@dataclass(frozen=True)
class RestResult:
    """The knock-out at one rest.

    Parameters
    ----------
    rest_mv : float
        Shift of the leak reversal.
    free_hz : float
        Rate of H without drug.
    power_share : float
        Largest 1-3.3 Hz power over blocks and seeds, share of the wild type's largest.
    height_db : float
        Largest height where H fires 1 Hz or more.
    at_block : float
        Where that height stands.
    live : int
        Blocks at which H fires 1 to 20 Hz in every seed.
    """

    rest_mv: float
    free_hz: float
    power_share: float
    height_db: float
    at_block: float
    live: int

    @property
    def passes(self) -> bool:
        """True where both conditions hold."""
        return self.power_share <= POWER_SHARE and self.height_db < LEAST_PEAK_DB


def rest_for(bench: Bench, target_hz: float) -> float:
    """Find the shift at which the knock-out fires at `target_hz` without drug, by bisection, mV."""
    low, high = -FARTHEST_MV / 2.0, FARTHEST_MV
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        run = Run(bench.network, Condition(hcn1=0.0, rest_mv=middle), SHORT_S, 1)
        low, high = (middle, high) if bench.ledger.reading(run).rate_hz("H") < target_hz else (low, middle)
    return round(0.5 * (low + high), 2)


def cell_of(bench: Bench, block: float, rest_mv: float) -> list[Reading]:
    """Give what every seed shows at one block and rest: 30 s, or 6 s where the deep cells are silent anyway."""
    condition, found = Condition(block=block, hcn1=0.0, rest_mv=rest_mv), []
    for seed in bench.seeds:
        probe = bench.ledger.reading(Run(bench.network, condition, SHORT_S, seed))
        alive = probe.rate_hz("H") >= SILENT_HZ
        found.append(bench.ledger.reading(Run(bench.network, condition, bench.seconds, seed)) if alive else probe)
    return found


def at_rest(bench: Bench, rest_mv: float, wild_hz2: float) -> RestResult:
    """Judge the knock-out at one rest."""
    found = {block: cell_of(bench, block, rest_mv) for block in bench.grid}
    heights = {block: max((_height(one) for one in seen), default=0.0) for block, seen in found.items()}
    worst = max(heights, key=lambda block: heights[block])
    power = max(one.slow_hz2 for seen in found.values() for one in seen)
    return RestResult(
        rest_mv=rest_mv,
        free_hz=float(np.mean([one.rate_hz("H") for one in found[0.0]])),
        power_share=power / wild_hz2,
        height_db=heights[worst],
        at_block=worst,
        live=sum(all(ALIVE_HZ[0] <= one.rate_hz("H") <= ALIVE_HZ[1] for one in seen) for seen in found.values()),
    )


def _height(one: Reading) -> float:
    return deep_db(one) if one.rate_hz("H") >= FIRES_HZ else 0.0


def knock_out(bench: Bench) -> list[RestResult]:
    """Judge the knock-out at the stated rests, at the matched one, and at rests that keep its cells alive."""
    own = Bench(bench.network, bench.ledger, SEEDS, grid=GRID)
    wild_hz2 = max(one.slow_hz2 for block in bench.grid for one in bench.at(block))
    wild_hz = float(np.mean([one.rate_hz("H") for one in bench.at(0.0)]))
    matched = rest_for(own, wild_hz)
    live = [rest_for(own, target) for target in LIVE_TARGETS_HZ]
    rests = sorted({*RESTS_MV, matched, *live})
    return [at_rest(own, rest, wild_hz2) for rest in rests]


def t8(results: list[RestResult]) -> Fact:
    """Judge T8: pass, fail, or not tested where no rest kept the cells alive."""
    alive = [one for one in results if LIVE_REST_HZ[0] <= one.free_hz <= LIVE_REST_HZ[1] and one.live >= LIVE_BLOCKS]
    worst = max(results, key=lambda one: one.height_db)
    failed = [f"{one.rest_mv:+g} mV" for one in results if not one.passes]
    found = (
        f"largest height {worst.height_db:.1f} dB at {worst.rest_mv:+g} mV, block {worst.at_block:g}; fails at"
        f" {', '.join(failed) or 'no rest'}; alive at {len(alive)} rests"
    )
    holds = False if failed else (True if alive else None)
    return Fact("T8", "without HCN1: power 5 % or less, height below 6 dB, every block, every rest", found, holds)


def t8_of_rival(bench: Bench) -> Fact:
    """Judge T8 on a mechanism without Ih: the knock-out changes no reading of one seed."""
    own = Bench(bench.network, bench.ledger, SEEDS[:1], grid=bench.grid)
    same = all(own.at(block) == own.seen(Condition(block=block, hcn1=0.0)) for block in bench.grid)
    return Fact(
        "T8",
        "without HCN1 nothing changes (there is no Ih to remove)",
        "the same readings" if same else "differs",
        same,
    )
