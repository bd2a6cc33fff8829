"""The facts T1 to T16 on a mechanism: what is asked, what was found, and whether it holds. What fails stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from limen.circuit.conditions import Condition, Pulses
from limen.circuit.ledger import Ledger
from limen.circuit.network import Network
from limen.circuit.objective import Look, jaccard, turnover
from limen.circuit.readings import LEAST_PEAK_DB, Reading, decibels
from limen.circuit.running import Run

SEEDS: Final = (1, 2, 3, 4, 5)
#: Seconds read where nothing may stand out (chance heights fall with length: 3 dB needs 30 s), and elsewhere (ours).
SECONDS: Final = 30.0
SHORTER_S: Final = 15.0
DIGITS: Final = 2
GRID: Final = tuple(round(0.05 * k, 2) for k in range(21))
#: Most that a height may be where no rhythm is asked for, dB (circuit.md T1).
NO_RHYTHM_DB: Final = 3.0
MOUSE_HZ: Final = (1.0, 3.3)
HUMAN_HZ: Final = (2.4, 3.6)
WIDTHS: Final = (0.2, 0.6)
DEEP_SHARE: Final = 3.0
OVERLAP: Final = 0.3
#: Block of the screen at which cells and gamma are looked at (ours, set before the search).
MIDDLE: Final = 0.3
LOW_MIDDLE: Final = (0.15, 0.3)
SUBANAESTHETIC: Final = (0.15, 0.2, 0.25, 0.3)
GAMMA_DB: Final = (1.0, 6.0)
#: Propofol (ours): twice the GABA-A charge, and 70 % of HCN1 left; etomidate the same without a hold on HCN1.
PROPOFOL: Final = Condition(gaba_a=2.0, hcn1=0.7)
ETOMIDATE: Final = Condition(gaba_a=2.0)
KETAMINE_HCN1: Final = 0.95  # ours: 5 % of HCN1 held at a dissociative dose, between the two published potencies
FOLLOWED: Final = 0.5
FOLLOWED_HZ: Final = 0.1
#: Stated course of block after a mouse bolus (ours, for T6): up within two minutes, half of it gone in 20.
BOLUS_PEAK: Final = 0.6
BOLUS_RISE_MIN: Final = 1.0
BOLUS_HALF_LIFE_MIN: Final = 20.0


@dataclass(frozen=True)
class Fact:
    """One row of the table.

    Parameters
    ----------
    id, asks, found : str
        What is asked and what was found, in words.
    holds : bool or None
        None where it is printed and not judged.
    """

    id: str
    asks: str
    found: str
    holds: bool | None


@dataclass(frozen=True)
class Bench:
    """One mechanism on the bench: its sweep over block, and the block where its rhythm is highest.

    Parameters
    ----------
    network : Network
        The mechanism.
    ledger : Ledger
        Where windows are kept.
    seeds : tuple of int
        Of wires, cells and background.
    seconds : float
        Length of each window without drug.
    shorter_s : float
        Length of each window under block.
    grid : tuple of float
        Blocks of the sweep; 0 and 1 are in it.
    """

    network: Network
    ledger: Ledger
    seeds: tuple[int, ...] = SEEDS
    seconds: float = SECONDS
    shorter_s: float = SHORTER_S
    grid: tuple[float, ...] = GRID

    def looks(self, condition: Condition) -> list[Look]:
        """Give what every seed shows under a condition."""
        length = self.seconds if condition.block == 0.0 else self.shorter_s
        return [self.ledger.look(Run(self.network, condition, length, seed)) for seed in self.seeds]

    def seen(self, condition: Condition) -> list[Reading]:
        """Give the readings of every seed under a condition."""
        return [one.reading for one in self.looks(condition)]

    def at(self, block: float) -> list[Reading]:
        """Give the readings of every seed at a block."""
        return self.seen(Condition(block=block))

    @cached_property
    def window(self) -> list[float]:
        """Blocks at which both heights stand 6 dB above the background in the mean over seeds."""
        return [block for block in self.grid if self.lowest_db(block) >= LEAST_PEAK_DB]

    def lowest_db(self, block: float) -> float:
        """Give the lower of both heights at a block, mean over seeds."""
        return min(mean(self.at(block), lambda one: one.peak_db), mean(self.at(block), deep_db))

    @cached_property
    def best(self) -> float:
        """The block at which the rhythm stands highest."""
        return max(self.grid, key=self.lowest_db)


def deep_db(one: Reading) -> float:
    """Give the height in the rate of H; a silent population has none."""
    return one.deep_db if np.isfinite(one.deep_db) else 0.0


def mean(readings: Sequence[Reading], value: Callable[[Reading], float]) -> float:
    """Give the mean of a value over readings."""
    return float(np.mean([value(one) for one in readings]))


def lowest(*values: float) -> float:
    """Give the smallest of some values; not a number where one of them is none, so that it meets no limit."""
    return float(np.min(values))


def span(values: Sequence[float], digits: int = DIGITS) -> str:
    """Write the smallest and the largest of some values."""
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def within(value: float, ends: tuple[float, float]) -> bool:
    """Say whether a value lies in an interval."""
    return bool(ends[0] <= value <= ends[1])


def t1(bench: Bench) -> Fact:
    """Judge no peak without drug."""
    heights = [max(one.peak_db, deep_db(one)) for one in bench.at(0.0)]
    under = sum(height < NO_RHYTHM_DB for height in heights)
    found = f"higher of both {span(heights, 1)} dB; below 3 in {under} of {len(heights)} seeds"
    return Fact("T1", "no peak without drug: below 3 dB in field and H, every seed", found, under == len(heights))


def t2(bench: Bench) -> Fact:
    """Judge the peak of the mouse."""
    peaks = [mean(bench.at(block), lambda one: one.deep_hz) for block in bench.window]
    found = f"{span(peaks)} Hz over the window" if peaks else "no window"
    return Fact(
        "T2",
        "peak from 1.0 to 3.3 Hz all over the window",
        found,
        bool(peaks) and all(within(p, MOUSE_HZ) for p in peaks),
    )


def t3(bench: Bench) -> Fact:
    """Judge the peak of the human series."""
    peak = mean(bench.at(bench.best), lambda one: one.deep_hz)
    found = f"{peak:.2f} Hz at block {bench.best:g}"
    return Fact(
        "T3", "peak 2.4 to 3.6 Hz where the rhythm is highest", found, bool(bench.window) and within(peak, HUMAN_HZ)
    )


def t4(bench: Bench) -> Fact:
    """Judge that it is confined to H."""
    ratios = [one.modulation_deep / one.modulation_other for one in bench.at(bench.best)]
    found = f"{span(ratios, 1)} times at block {bench.best:g}"
    holds = all(ratio >= DEEP_SHARE for ratio in ratios)
    return Fact("T4", "H modulated at least 3 times as deeply as N, every seed", found, holds)


def t5(bench: Bench) -> Fact:
    """Judge which drugs evoke it."""
    ketamine = bench.seen(Condition(block=bench.best, hcn1=KETAMINE_HCN1))
    propofol = bench.seen(PROPOFOL)
    low = lowest(mean(ketamine, deep_db), mean(ketamine, lambda one: one.peak_db), bench.lowest_db(bench.best))
    high = [max(one.peak_db, deep_db(one)) for one in propofol]
    found = f"NMDA blockers {low:.1f} dB; propofol {span(high, 1)} dB"
    holds = low >= LEAST_PEAK_DB and all(height < NO_RHYTHM_DB for height in high)
    return Fact("T5", "ketamine, PCP, MK801: 6 dB or more; propofol alone: below 3, every seed", found, holds)


def t6(bench: Bench) -> Fact:
    """Show how a bolus would run."""
    if not bench.window:
        return Fact("T6", "bolus, stated course of block: printed only", "no window", None)
    minutes = np.arange(0.0, 120.0, 0.1)
    block = BOLUS_PEAK * (1.0 - np.exp(-minutes / BOLUS_RISE_MIN)) * 0.5 ** (minutes / BOLUS_HALF_LIFE_MIN)
    inside = minutes[(block >= bench.window[0]) & (block <= bench.window[-1])]
    found = f"from {inside[0]:.1f} to {inside[-1]:.0f} min" if inside.size else "never in the window"
    return Fact("T6", "bolus, stated course of block: printed only (mouse: 2 to 45 min)", found, None)


def t7(bench: Bench) -> Fact:
    """Judge that there is one window of block."""
    window = bench.window
    if not window:
        return Fact("T7", "one window, width 0.2 to 0.6, none at 0 and 1", "no window", holds=False)
    whole = [block for block in bench.grid if window[0] <= block <= window[-1]]
    width = window[-1] - window[0]
    found = f"{window[0]:g} to {window[-1]:g}, width {width:.2f}" + ("" if whole == window else ", with a gap")
    holds = whole == window and within(round(width, 6), WIDTHS) and not {0.0, 1.0} & set(window)
    return Fact("T7", "one window of block, width 0.2 to 0.6, none at 0 and at 1", found, holds)


def t9(bench: Bench) -> Fact:
    """Judge that a little HCN1 block is borne."""
    seen = bench.seen(Condition(block=bench.best, hcn1=0.85))
    low = lowest(mean(seen, deep_db), mean(seen, lambda one: one.peak_db))
    return Fact("T9", "with 15 % of HCN1 held, 6 dB or more", f"{low:.1f} dB", low >= LEAST_PEAK_DB)


def t10(bench: Bench) -> Fact:
    """Show the coupling with the relay."""
    rise = mean(bench.at(bench.best), lambda one: one.relay) - mean(bench.at(0.0), lambda one: one.relay)
    return Fact("T10", "coherence with the relay at the peak: shown, no other area is modelled", f"{rise:+.2f}", None)


def t11(bench: Bench) -> Fact:
    """Judge that pulses are followed."""
    found, holds = [], True
    for rate in (1.0, 2.0, 3.0):
        seen = bench.seen(Condition(pulses=Pulses(rate, 10.0)))
        locking, off = mean(seen, lambda one: one.locking), abs(mean(seen, lambda one: one.deep_hz) - rate)
        without = mean(bench.seen(Condition(pulses=Pulses(rate, 10.0), hcn1=0.0)), lambda one: one.locking)
        found.append(f"{rate:g} Hz {locking:.2f} (off by {off:.2f} Hz; without HCN1 {without:.2f})")
        holds = holds and locking >= FOLLOWED and off <= FOLLOWED_HZ
    return Fact("T11", "pulses of 1 to 3 Hz, no drug: locking 0.5 or more, peak within 0.1 Hz", "; ".join(found), holds)


def t12(bench: Bench) -> Fact:
    """Judge that active cells fall and silent ones rise."""
    pairs = list(zip(bench.looks(Condition()), bench.looks(Condition(block=MIDDLE)), strict=True))
    falls, rises = zip(*(turnover(free.pyramidal_hz, drug.pyramidal_hz) for free, drug in pairs), strict=True)
    overlaps = [jaccard(free.pyramidal_hz, drug.pyramidal_hz) for free, drug in pairs]
    found = f"active {span(falls, 1)} Hz, silent {span(rises, 1)} Hz, overlap {span(overlaps)}"
    holds = all(fall < 0.0 < rise for fall, rise in zip(falls, rises, strict=True))
    holds = holds and all(overlap < OVERLAP for overlap in overlaps)
    return Fact("T12", "block 0.3: active cells fall, silent rise, overlap below 0.3, every seed", found, holds)


def t13(bench: Bench) -> Fact:
    """Judge that interneurons fall."""
    shares = [
        one.rate_hz(name) / free.rate_hz(name)
        for block in LOW_MIDDLE
        for one, free in zip(bench.at(block), bench.at(0.0), strict=True)
        for name in ("PV", "SST")
    ]
    holds = all(share < 1.0 for share in shares)
    return Fact("T13", "PV and SST fall at block 0.15 and 0.3, every seed", f"{span(shares)} of rest", holds)


def t14(bench: Bench) -> Fact:
    """Judge that gamma rises."""
    free = bench.at(0.0)
    rises = [
        float(np.mean([decibels(one.gamma, rest.gamma) for one, rest in zip(bench.at(block), free, strict=True)]))
        for block in SUBANAESTHETIC
    ]
    holds = all(within(rise, GAMMA_DB) for rise in rises)
    return Fact("T14", "gamma up by 1 to 6 dB at block 0.15 to 0.3", f"{span(rises, 1)} dB", holds)


def t15(bench: Bench) -> Fact:
    """Judge that gamma is superficial."""
    pairs = list(zip(bench.at(MIDDLE), bench.at(0.0), strict=True))
    apart = [
        decibels(one.gamma_other, rest.gamma_other) - decibels(one.gamma_deep, rest.gamma_deep) for one, rest in pairs
    ]
    more = lowest(*(decibels(one.gamma_other, one.gamma_deep) for one, _ in pairs))
    found = f"rise {span(apart, 1)} dB more in N; N over H {more:.1f} dB or more"
    holds = lowest(*apart) > 0.0 < more
    return Fact("T15", "block 0.3: gamma of N above that of H, and rising more, every seed", found, holds)


def t16(bench: Bench) -> Fact:
    """Judge that glutamate is an inverted U."""
    free = mean(bench.at(0.0), lambda one: one.glutamate)
    course = [mean(bench.at(block), lambda one: one.glutamate) / free for block in bench.grid]
    low, full, top = lowest(*(course[bench.grid.index(b)] for b in LOW_MIDDLE)), course[-1], int(np.argmax(course))
    found = (
        f"{low:.2f} or more at 0.15 and 0.3, most {course[top]:.2f} at {bench.grid[top]:g}, {full:.2f} at full block"
    )
    holds = low > 1.0 > full and 0 < top < len(course) - 1
    return Fact("T16", "glutamate above rest at low block, one top, below rest at full block", found, holds)


JUDGED: Final = (t1, t2, t3, t4, t5, t6, t7, t9, t10, t11, t12, t13, t14, t15, t16)


def facts(bench: Bench) -> list[Fact]:
    """Judge all facts but the knock-out, in their order."""
    return [judge(bench) for judge in JUDGED]
