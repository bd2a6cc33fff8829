"""The answer of `limen circuit`: block by block and seed by seed, what the circuit does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.circuit.conditions import Condition, Pulses
from limen.circuit.mechanisms import TITLES, fingerprint, mechanism
from limen.circuit.readings import LEAST_PEAK_DB, Reading, decibels, read
from limen.circuit.running import Run, compiled_there, simulate, simulated
from limen.quantities import InputError

WINDOW_S: Final = 15.0
WINDOWS_S: Final = (3.0, 3600.0)  # one segment of the spectrum, and an hour
SEEDS: Final = 3
MOST_SEEDS: Final = 1000  # ours: beyond it a row is a slip of the finger
MOST_BLOCKS: Final = 1001
#: Model seconds that the plain engine does in about a minute (ours); longer without numba is refused.
BEARABLE_S: Final = 20.0
HYPOTHESIS: Final = (
    "The circuit is a hypothesis of ours: two rival mechanisms, found by a search and fitted to no recording; where the"
    " dose window falls in mg/kg depends on the assay of occupancy and is not predicted."
)
NO_PEAK: Final = "no peak stands 6 dB above the background of the field"
NO_GLUTAMATE: Final = "no glutamate is released without drug, so that there is nothing to take a share of"
SILENT: Final = "the deep cells are silent"


@dataclass(frozen=True)
class Sweep:
    """What is asked of the circuit.

    Parameters
    ----------
    blocks : tuple of float
        Shares of NMDA receptors that hold drug, 0 to 1.
    hcn1 : float
        Share of HCN1 that is left.
    mechanism : str
        ``"hcn1"`` or ``"rival"``.
    pulses : Pulses, optional
        Stimulation of the deep cells.
    seeds : int
        How many, from 1 on.
    seconds : float
        Length of each window.
    """

    blocks: tuple[float, ...]
    hcn1: float = 1.0
    mechanism: str = "hcn1"
    pulses: Pulses | None = None
    seeds: int = SEEDS
    seconds: float = WINDOW_S

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise InputError(f"The circuit runs 1 to {MOST_SEEDS} seeds, got {self.seeds}: 3 show the spread.")
        least_s, most_s = WINDOWS_S
        if not least_s <= self.seconds <= most_s:
            raise InputError(
                f"A window is read over {least_s:g} to {most_s:g} s, got {self.seconds:g}: {WINDOW_S:g} is usual."
            )

    def runs(self, seed: int) -> list[Run]:
        """Give the windows of one seed: the drug-free reference first, then every block."""
        network = mechanism(self.mechanism).network
        own = [Condition(block=block, hcn1=self.hcn1, pulses=self.pulses) for block in self.blocks]
        free = Condition(hcn1=self.hcn1, pulses=self.pulses)
        return [Run(network, condition, self.seconds, seed) for condition in (free, *own)]


def read_blocks(text: str) -> tuple[float, ...]:
    """Read ``"0:1:0.05"``, ``"0,0.2,0.5"`` or ``"0.35"``; raises InputError for anything else, or outside 0 to 1."""
    way = "write 0:1:0.05, or numbers joined by commas"
    try:
        numbers = [float(part) for part in text.replace(":", ",").split(",")]
    except ValueError:
        raise InputError(f"--block needs numbers from 0 to 1, got {text!r}: {way}.") from None
    for number in numbers:
        if not 0.0 <= number <= 1.0:
            raise InputError(f"A block is a share from 0 to 1, got {number:g} in --block {text}: {way}.")
    return tuple(_steps(numbers, text, way) if ":" in text else numbers)


def _steps(numbers: Sequence[float], text: str, way: str) -> list[float]:
    if len(numbers) != 3 or not (numbers[2] > 0.0 and numbers[1] >= numbers[0]):  # noqa: PLR2004 - from, to, step
        raise InputError(f"--block from:to:step needs a rising range and a step above 0, got {text!r}: {way}.")
    count = np.floor((numbers[1] - numbers[0]) / numbers[2] + 1e-9) + 1
    if count > MOST_BLOCKS:
        raise InputError(f"--block {text} asks for {count:g} blocks, more than {MOST_BLOCKS}: take a longer step.")
    return [float(round(numbers[0] + k * numbers[2], 9)) for k in range(int(count))]


def row(block: float, sweep: Sweep, seed: int, own: Reading, free: Reading) -> dict[str, Any]:
    """Give one row of the contract; what has no meaning is null, with its reason."""
    seen = own.peak_db >= LEAST_PEAK_DB
    locking = own.locking if np.isfinite(own.locking) and (sweep.pulses is not None or seen) else None
    why = {} if seen else {"peak_hz": NO_PEAK}
    if free.glutamate <= 0.0:
        why["glutamate_fraction"] = NO_GLUTAMATE
    if locking is None:
        why["phase_locking"] = SILENT if not np.isfinite(own.locking) else NO_PEAK
    return {
        "block": block,
        "hcn1": sweep.hcn1,
        "seed": seed,
        "peak_hz": round(own.peak_hz, 3) if seen else None,
        "peak_db": round(own.peak_db, 3),
        "gamma_db": round(decibels(own.gamma, free.gamma), 3),
        "glutamate_fraction": round(own.glutamate / free.glutamate, 4) if free.glutamate > 0.0 else None,
        "rate_hz": {name: round(own.rate_hz(name), 3) for name in ("H", "N", "PV", "SST", "TH")},
        "phase_locking": None if locking is None else round(locking, 4),
        **({"unknown_because": why} if why else {}),
    }


def circuit_answer(
    sweep: Sweep,
    *,
    threads: int = 1,
    engine: str = "auto",
    tell: Callable[[int, int], None] = lambda _step, _steps: None,
) -> dict[str, Any]:
    """Run the circuit over blocks and seeds.

    Parameters
    ----------
    sweep : Sweep
        What is asked.
    threads : int
        Side by side; any number gives the same answer.
    engine : str
        ``"auto"``, ``"numba"`` or ``"numpy"``.
    tell : callable
        Told how many windows of how many are done.

    Returns
    -------
    dict
        As contract section 6 says.

    Raises
    ------
    InputError
        Without numba, for more than the plain engine can do in about a minute.
    """
    _check_engine(sweep, engine)
    rate = sweep.pulses.frequency_hz if sweep.pulses else None
    runs = [run for seed in range(1, sweep.seeds + 1) for run in sweep.runs(seed)]
    readings = []
    for done in simulated(runs, lambda run, word: read(simulate(run, word), rate), threads, engine):
        readings.append(done)
        tell(len(readings), len(runs))
    rows, each = [], len(sweep.blocks) + 1
    for k in range(sweep.seeds):
        free, *own = readings[k * each : (k + 1) * each]
        rows += [row(block, sweep, k + 1, one, free) for block, one in zip(sweep.blocks, own, strict=True)]
    return {
        "mechanism": sweep.mechanism,
        "title": TITLES[sweep.mechanism],
        "made_from": fingerprint(sweep.mechanism),
        "seconds": sweep.seconds,
        "rows": rows,
        "warnings": [HYPOTHESIS],
    }


def _check_engine(sweep: Sweep, engine: str) -> None:
    whole_s = sweep.seeds * (len(sweep.blocks) + 1) * sweep.seconds
    if engine == "auto" and whole_s > BEARABLE_S and not compiled_there():
        raise InputError(
            f"The circuit needs the package numba for {whole_s:g} s of model time: install limen[fast], or wait for"
            " --engine numpy, which takes about 3 s for each."
        )
