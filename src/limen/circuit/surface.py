"""The response surface: block, HCN1 and stimulation to rhythm, glutamate and gamma, computed once, shipped as a table.

The drug changes slowly beside the circuit, so that the chain reads this table and needs NumPy alone. Its rows are
windows of the network for three seeds of both mechanisms; ``surface.json`` says what made it, and its hash.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.circuit.conditions import Condition, Pulses
from limen.circuit.mechanisms import MECHANISMS, fingerprint, mechanism
from limen.circuit.readings import LEAST_PEAK_DB, Reading, decibels, read
from limen.circuit.running import Run, simulate, simulated
from limen.quantities import Floats, InputError

BLOCKS: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
HCN1: Final = (1.0, 0.85, 0.5, 0.0)
#: Rates of stimulation, Hz, 0 for none, and how long each pulse is, ms (ours: 10 ms as in the prototype; a pulse of
#: 50 Hz cannot be longer than the 20 ms from one to the next).
STIMULI_MS: Final = {0.0: 0.0, 2.0: 10.0, 3.0: 10.0, 10.0: 10.0, 50.0: 1.0}
SEEDS: Final = (1, 2, 3)
#: Shares of HCN1 and rates of stimulation, each with each.
COMBINATIONS: Final = tuple(product(HCN1, STIMULI_MS))
#: Seconds read at each point, without and with stimulation (ours: in 12 s chance seldom lifts a height to 6 dB).
WINDOW_S: Final = 12.0
STIMULATED_S: Final = 4.0
#: Height at which the rhythm counts as full, dB (ours: between the edge at 6 and the middle of the window near 20).
FULL_DB: Final = 18.0
#: Least rise of glutamate by which another is divided (ours: a circuit without a rise then drives nothing).
LEAST_RISE: Final = 1e-3
COLUMNS: Final = (
    "mechanism", "hcn1", "stimulus_hz", "seed", "block", "deep_hz", "deep_db", "field_db", "gamma_db",
    "glutamate_fraction", "deep_rate_hz", "other_rate_hz", "phase_locking",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Surface:
    """The table, as read.

    Parameters
    ----------
    values : Mapping
        Columns of shape ``(mechanisms, combinations, seeds, blocks)``, by name.
    made : Mapping
        What ``surface.json`` says.
    """

    values: dict[str, Floats]
    made: dict[str, Any]

    def curves(self, column: str, *, hcn1: float = 1.0, stimulus_hz: float = 0.0) -> Floats:
        """Give one column over block: mechanisms and seeds one below the other, shape ``(curves, blocks)``.

        Raises
        ------
        InputError
            If the table has no such column, share or rate.
        """
        if column not in self.values or (hcn1, stimulus_hz) not in COMBINATIONS:
            raise InputError(
                f"The response surface has no {column!r} at hcn1 {hcn1:g} and {stimulus_hz:g} Hz: it holds"
                f" {', '.join(self.values)} at each of {HCN1} with each of {tuple(STIMULI_MS)} Hz."
            )
        found = self.values[column][:, COMBINATIONS.index((hcn1, stimulus_hz))]
        return found.reshape(-1, len(BLOCKS))

    def rhythm(self, *, hcn1: float = 1.0, stimulus_hz: float = 0.0) -> Floats:
        """Give the strength of the rhythm over block, 0 to 1, shape ``(curves, blocks)``."""
        return strength(self.curves("deep_db", hcn1=hcn1, stimulus_hz=stimulus_hz))


def strength(height_db: Floats) -> Floats:
    """Bring a height over the background to 0 at 6 dB and 1 at 18 dB; a silent population has none."""
    kept = np.nan_to_num(height_db, nan=0.0, neginf=0.0)
    return np.asarray(np.clip((kept - LEAST_PEAK_DB) / (FULL_DB - LEAST_PEAK_DB), 0.0, 1.0))


def shipped(name: str) -> str:
    """Give the text of a shipped file."""
    return resources.files("limen.circuit").joinpath("data").joinpath(name).read_text(encoding="utf-8")


@cache
def surface() -> Surface:
    """Give the shipped response surface; raises InputError where its table is not the one that was hashed."""
    text, made = shipped("surface.csv"), json.loads(shipped("surface.json"))
    if hashlib.sha256(text.encode()).hexdigest() != made["sha256"]:
        raise InputError(f"The response surface is not the one of hash {made['sha256'][:12]}: run make verify-surface.")
    return Surface(read_table(text), made)


def read_table(text: str) -> dict[str, Floats]:
    """Read the rows of the table into columns of shape ``(mechanisms, combinations, seeds, blocks)``."""
    rows = list(csv.DictReader(io.StringIO(text)))
    shape = (len(MECHANISMS), len(COMBINATIONS), len(SEEDS), len(BLOCKS))
    return {
        name: np.array([float(row[name]) if row[name] else np.nan for row in rows]).reshape(shape)
        for name in COLUMNS[5:]
    }


@dataclass(frozen=True, eq=False)
class Cortex:
    """The circuit as each draw believes it: one mechanism and one seed.

    Parameters
    ----------
    rhythm_over_block, glutamate_over_block : Floats
        Strength of the rhythm, and glutamate over that without drug less 1, shape ``(draws, blocks)``.
    """

    rhythm_over_block: Floats
    glutamate_over_block: Floats

    @property
    def most_glutamate(self) -> Floats:
        """The greatest rise over all blocks, shape ``(draws, 1)``; at least one part in a thousand."""
        return np.asarray(np.maximum(self.glutamate_over_block.max(axis=1, keepdims=True), LEAST_RISE))

    def rhythm(self, block: Floats) -> Floats:
        """Give the strength of the rhythm, 0 to 1, at blocks of shape ``(draws, times)``."""
        return interpolated(self.rhythm_over_block, block)

    def glutamate(self, block: Floats) -> Floats:
        """Give the rise of glutamate, share of the level without drug, at blocks of shape ``(draws, times)``."""
        return interpolated(self.glutamate_over_block, block)


def interpolated(curves: Floats, block: Floats) -> Floats:
    """Read each draw's own curve at its blocks; both have shape ``(draws, ...)``, or one of them one row."""
    grid, rows = np.array(BLOCKS), max(len(curves), len(block))
    curves, block = (np.broadcast_to(one, (rows, one.shape[1])) for one in (curves, block))
    at = np.clip(np.searchsorted(grid, block, side="right") - 1, 0, len(grid) - 2)
    share = np.clip((block - grid[at]) / (grid[at + 1] - grid[at]), 0.0, 1.0)
    low, high = np.take_along_axis(curves, at, axis=1), np.take_along_axis(curves, at + 1, axis=1)
    return np.asarray(low + share * (high - low))


def cortex_of(chance: Floats) -> Cortex:
    """Give the circuit that each draw believes.

    Parameters
    ----------
    chance : Floats
        From 0 to 1, shape ``(draws,)``: which mechanism and seed. A and B are as likely, for nothing on file tells
        them apart.

    Returns
    -------
    Cortex
    """
    table = surface()
    rhythm, rise = table.rhythm(), table.curves("glutamate_fraction") - 1.0
    which = np.minimum((chance * len(rhythm)).astype(np.int64), len(rhythm) - 1)
    return Cortex(rhythm[which], rise[which])


def typical_cortex() -> Cortex:
    """Give one row: the mean over mechanisms and seeds."""
    table = surface()
    rise = table.curves("glutamate_fraction") - 1.0
    return Cortex(table.rhythm().mean(axis=0, keepdims=True), rise.mean(axis=0, keepdims=True))


def runs_of(name: str, hcn1: float, stimulus_hz: float, seed: int) -> list[Run]:
    """Give the windows of one curve: without drug and stimulation first, then every block."""
    network = mechanism(name).network
    pulses = Pulses(stimulus_hz, STIMULI_MS[stimulus_hz]) if stimulus_hz else None
    own = [Condition(block=block, hcn1=hcn1, pulses=pulses) for block in BLOCKS]
    seconds = STIMULATED_S if stimulus_hz else WINDOW_S
    return [Run(network, condition, seconds, seed) for condition in (Condition(), *own)]


def rows_of(name: str, hcn1: float, stimulus_hz: float, seed: int, threads: int) -> list[list[str]]:
    """Give the rows of one curve, as written."""
    rate = stimulus_hz or None
    runs = runs_of(name, hcn1, stimulus_hz, seed)
    free, *found = simulated(runs, lambda run, word: read(simulate(run, word), rate), threads)
    lead = [name, f"{hcn1:g}", f"{stimulus_hz:g}", str(seed)]
    return [[*lead, f"{block:g}", *_numbers(one, free)] for block, one in zip(BLOCKS, found, strict=True)]


def _numbers(one: Reading, free: Reading) -> list[str]:
    values = (
        one.deep_hz, one.deep_db, one.peak_db, decibels(one.gamma, free.gamma), one.glutamate / free.glutamate,
        one.rate_hz("H"), one.rate_hz("N"), one.locking,
    )  # fmt: skip
    return [f"{value:.4g}" if np.isfinite(value) else "" for value in values]


def write_surface(folder: Path, *, version: str, threads: int, tell: Callable[[int, int], None]) -> None:
    """Compute the surface anew and write ``surface.csv`` and ``surface.json``."""
    curves = [(name, *both, seed) for name in MECHANISMS for both in COMBINATIONS for seed in SEEDS]
    rows = []
    for done, curve in enumerate(curves, 1):
        rows += rows_of(*curve, threads)
        tell(done, len(curves))
    lines = "".join(",".join(row) + "\n" for row in (COLUMNS, *rows))
    made = {
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "made_from": {name: fingerprint(name) for name in MECHANISMS},
        "version": version,
        "seconds": [WINDOW_S, STIMULATED_S],
        "seeds": SEEDS,
    }
    (folder / "surface.csv").write_text(lines, encoding="utf-8")
    (folder / "surface.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
