"""What would tell A from B: the same interventions on both, side by side.

The measurement that decides (ours): graded, local, selective HCN block under partial NMDA block, with the rate of the
deep cells held, because removing Ih moves their rest. A then predicts that the peak slows and dies, B that nothing
happens. The converse is a GABA-B antagonist, or a silenced relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.circuit.conditions import Condition, Pulses
from limen.circuit.facts import ETOMIDATE, PROPOFOL, Bench, deep_db, mean
from limen.circuit.readings import LEAST_PEAK_DB, Reading
from limen.circuit.running import Run

HCN1_LEFT: Final = (1.0, 0.75, 0.5, 0.25, 0.0)
BISECTIONS: Final = 6
#: Seeds of an intervention (ours: three show the spread).
FEW: Final = 3
SHORT_S: Final = 5.0
FARTHEST_UA_CM2: Final = 3.0  # ours: more than all of Ih carries near rest
FREQUENCY_BLOCKS: Final = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


@dataclass(frozen=True)
class Prediction:
    """One intervention: the peak and its height in H, and the rate of H, means over seeds; None where none stands."""

    name: str
    peak_hz: float | None
    height_db: float
    deep_rate_hz: float
    relay: float


def prediction(name: str, seen: Sequence[Reading]) -> Prediction:
    """Sum up what every seed shows."""
    height = mean(seen, deep_db)
    stands = height >= LEAST_PEAK_DB
    return Prediction(
        name,
        mean(seen, lambda one: one.deep_hz) if stands else None,
        height,
        mean(seen, lambda one: one.rate_hz("H")),
        mean(seen, lambda one: one.relay) if stands else float("nan"),
    )


def held(bench: Bench, condition: Condition, target_hz: float) -> Condition:
    """Give a condition with the current at which H fires at `target_hz`, by bisection over one seed."""
    low, high = -FARTHEST_UA_CM2, FARTHEST_UA_CM2
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        run = Run(bench.network, replace(condition, drive_ua_cm2=middle), SHORT_S, 1)
        low, high = (middle, high) if bench.ledger.reading(run).rate_hz("H") < target_hz else (low, middle)
    return replace(condition, drive_ua_cm2=round(0.5 * (low + high), 4))


def few(bench: Bench, condition: Condition) -> list[Reading]:
    """Give what the first three seeds show."""
    return replace(bench, seeds=bench.seeds[:FEW]).seen(condition)


def frequency_curve(bench: Bench) -> list[Prediction]:
    """Give the peak over block."""
    return [prediction(f"block {block:g}", bench.at(block)) for block in FREQUENCY_BLOCKS]


def held_curve(bench: Bench) -> list[Prediction]:
    """Give the peak over graded HCN1 block at the best block, the rate of H held."""
    target_hz = mean(bench.at(bench.best), lambda one: one.rate_hz("H"))
    conditions = [held(bench, Condition(block=bench.best, hcn1=left), target_hz) for left in HCN1_LEFT]
    return [
        prediction(f"HCN1 left {left:g}, rate held", few(bench, condition))
        for left, condition in zip(HCN1_LEFT, conditions, strict=True)
    ]


def converse(bench: Bench) -> list[Prediction]:
    """Give GABA-B antagonist and silenced relay at the best block, the rate of H held, and shifts of rest."""
    target_hz = mean(bench.at(bench.best), lambda one: one.rate_hz("H"))
    best = Condition(block=bench.best)
    rows = [
        ("GABA-B antagonist, rate held", held(bench, replace(best, gabab=0.0), target_hz)),
        ("relay silenced, rate held", held(bench, replace(best, relay=0.0), target_hz)),
        ("rest +2 mV", replace(best, rest_mv=2.0)),
        ("rest +4 mV", replace(best, rest_mv=4.0)),
        ("propofol added", replace(PROPOFOL, block=bench.best)),
        ("etomidate added", replace(ETOMIDATE, block=bench.best)),
    ]
    return [prediction(name, few(bench, condition)) for name, condition in rows]


def pulse_rows(bench: Bench) -> list[Prediction]:
    """Give pulses of 1 to 10 Hz at the best block: the height at which H beats, whoever sets its pace."""
    return [
        prediction(
            f"pulses of {rate:g} Hz at block", few(bench, Condition(block=bench.best, pulses=Pulses(rate, 10.0)))
        )
        for rate in (1.0, 2.0, 4.0)
    ]


def predictions(bench: Bench) -> list[Prediction]:
    """Give all of them, in the order of the page."""
    return [*frequency_curve(bench), *held_curve(bench), *converse(bench), *pulse_rows(bench)]


def steps_of(bench: Bench) -> tuple[float, float]:
    """Give what halving the step changes at the best block: the peak, share of it, and the height, dB."""
    coarse, fine = (
        [
            bench.ledger.reading(Run(bench.network, Condition(block=bench.best), bench.seconds, seed, step_ms))
            for seed in bench.seeds
        ]
        for step_ms in (0.1, 0.05)
    )
    one, other = (mean(seen, lambda each: each.deep_hz) for seen in (coarse, fine))
    return abs(other / one - 1.0), abs(mean(fine, deep_db) - mean(coarse, deep_db))


def other_start(bench: Bench) -> float:
    """Give the largest change of height over blocks when cells start depolarised, dB: a test of bistability."""
    changes = []
    for block in bench.grid[::2]:
        found = [
            bench.ledger.reading(
                Run(bench.network, Condition(block=block), _length(bench, block), seed, depolarised=True)
            )
            for seed in bench.seeds[:2]
        ]
        changes.append(abs(mean(found, deep_db) - mean(bench.at(block)[:2], deep_db)))
    return float(np.max(changes))


def _length(bench: Bench, block: float) -> float:
    return bench.seconds if block == 0.0 else bench.shorter_s


def larger(bench: Bench) -> tuple[float, float]:
    """Give peak and height at the best block with four times the cells, two seeds."""
    network = bench.network.scaled(4.0)
    found = [
        bench.ledger.reading(Run(network, Condition(block=bench.best), bench.shorter_s, seed))
        for seed in bench.seeds[:2]
    ]
    return mean(found, lambda one: one.deep_hz), mean(found, deep_db)
