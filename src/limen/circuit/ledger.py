"""A file of windows that were run and read, so that a long check that is stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from limen.circuit.objective import Look, look
from limen.circuit.readings import Reading
from limen.circuit.running import Run, simulate


def name_of(run: Run) -> str:
    """Give a name that any change of the run changes."""
    cells = {name: asdict(cell) for name, cell in run.network.cells.items()}
    wires = [asdict(one) for one in run.network.projections]
    rest = [asdict(run.condition), run.seconds, run.seed, run.step_ms, run.depolarised, run.settling_s]
    return hashlib.sha256(json.dumps([cells, wires, rest]).encode()).hexdigest()[:24]


@dataclass
class Ledger:
    """Windows by name; what is not there is run, and written at once.

    Parameters
    ----------
    path : Path
        One line a window.
    """

    path: Path
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                one = json.loads(line)
            except json.JSONDecodeError:
                continue
            self.kept[one["name"]] = one

    def look(self, run: Run) -> Look:
        """Give what a window shows, and the rate of each of its pyramidal cells."""
        name = name_of(run)
        if name not in self.kept:
            self._write(name, look(simulate(run), run.condition.pulses.frequency_hz if run.condition.pulses else None))
        one = self.kept[name]
        numbers: dict[str, Any] = {key: np.nan if value is None else value for key, value in one["reading"].items()}
        numbers["rates_hz"] = tuple(one["reading"]["rates_hz"])
        return Look(Reading(**numbers), np.array(one["cells"]))

    def reading(self, run: Run) -> Reading:
        """Give what a window shows."""
        return self.look(run).reading

    def _write(self, name: str, seen: Look) -> None:
        numbers = {
            key: value if isinstance(value, tuple) or np.isfinite(value) else None
            for key, value in asdict(seen.reading).items()
        }
        one = {"name": name, "reading": numbers, "cells": np.round(seen.pyramidal_hz, 3).tolist()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(one) + "\n")
        self.kept[name] = json.loads(json.dumps(one))
