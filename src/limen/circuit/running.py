"""Runs of the circuit: one window, many windows side by side, or hours as they go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, TypeVar

import numpy as np

from limen.circuit import plain
from limen.circuit.cells import POPULATIONS
from limen.circuit.conditions import Condition
from limen.circuit.network import Network
from limen.circuit.packing import BIN_MS, STEP_MS, Kept, Prepared, prepared, room_for
from limen.quantities import Floats, InputError, Integers

ENGINES: Final = ("auto", "numpy", "numba")
#: Seconds at the start that are never read: cells start together, and need that long to part (ours).
SETTLING_S: Final = 1.5
#: Clearance of glutamate from the cleft, ms (ours: the mean level does not depend on it, the course does little).
UPTAKE_MS: Final = 50.0

Engine = Callable[..., None]
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Activity:
    """What a window of the circuit did, in bins of 1 ms.

    Parameters
    ----------
    counts : Integers
        Spikes of each population, shape ``(populations, bins)``.
    sizes : Integers
        Cells of each, shape ``(populations,)``.
    field_ua_cm2 : Floats
        Synaptic current per cell in H and in N, shape ``(2, bins)``.
    glutamate : Floats
        Level at the cleft, vesicle pools per pyramidal cell, shape ``(bins,)``.
    by_cell_hz : Floats
        Rate of each cell, shape ``(cells,)``.
    raster : Integers
        Bin and cell of the first spikes, shape ``(spikes, 2)``.
    from_s : float
        Model time of the first bin.
    """

    counts: Integers
    sizes: Integers
    field_ua_cm2: Floats
    glutamate: Floats
    by_cell_hz: Floats
    raster: Integers
    from_s: float

    @property
    def seconds(self) -> float:
        """Length of the window, s."""
        return float(self.counts.shape[1] * BIN_MS / 1000.0)

    def rate_hz(self, population: str) -> Floats:
        """Give the rate of one population in each bin, shape ``(bins,)``."""
        k = POPULATIONS.index(population)
        return np.asarray(self.counts[k] * (1000.0 / BIN_MS) / self.sizes[k])

    def cells_hz(self, population: str) -> Floats:
        """Give the mean rate of each cell of one population, shape ``(cells,)``."""
        k, ends = POPULATIONS.index(population), np.cumsum(self.sizes)
        return self.by_cell_hz[ends[k] - self.sizes[k] : ends[k]]

    @property
    def lfp_ua_cm2(self) -> Floats:
        """The field of both pyramidal populations, half from each, uA/cm2, shape ``(bins,)``."""
        return np.asarray(self.field_ua_cm2.mean(axis=0))


@dataclass(frozen=True)
class Run:
    """One window that is asked for.

    Parameters
    ----------
    network, condition : Network, Condition
        What, and what is done to it.
    seconds : float
        Length of what is read, above 0; the settling comes before it.
    seed : int
        Of wires, cells and background.
    step_ms : float
        Step of the integration.
    depolarised : bool
        True to start from the other side, for a test of bistability.
    settling_s : float
        Seconds before what is read.
    """

    network: Network
    condition: Condition
    seconds: float
    seed: int = 1
    step_ms: float = STEP_MS
    depolarised: bool = False
    settling_s: float = SETTLING_S

    def __post_init__(self) -> None:
        if not (np.isfinite(self.seconds) and self.seconds > 0.0):
            raise InputError(f"A window needs a length above 0 s, got {self.seconds:g}: 10 is enough for a look.")
        if self.seed < 0:
            raise InputError(f"A seed is a whole number from 0 on, got {self.seed}: use 1.")


def compiled_there() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def engine_of(word: str) -> Engine:
    """Give the engine of a word of `ENGINES`; raises InputError for another, or where numba is not there."""
    if word not in ENGINES:
        raise InputError(f"There is no engine {word!r}: use one of {', '.join(ENGINES)}.")
    if word == "numpy" or (word == "auto" and not compiled_there()):
        return plain.advance
    if not compiled_there():
        raise InputError("The engine 'numba' needs the package numba: install limen[fast], or use engine='numpy'.")
    from limen.circuit.compiled import advance  # noqa: PLC0415 - half a second, and only this path needs it

    return advance


def stretch(ready: Prepared, bins: int, engine: Engine) -> Kept:
    """Carry a prepared run on by `bins` bins; the run remembers where it is."""
    kept = room_for(bins, ready.state.cells.shape[1])
    state, steps = ready.state, bins * int(ready.packed.clock[1])
    engine(state.cells, state.fired, state.count, state.step, steps, ready.packed, ready.wiring, kept)
    state.step += steps
    return kept


def activity(kept: Kept, ready: Prepared, level: float) -> tuple[Activity, float]:
    """Read a stretch; gives it and the level of glutamate at its end."""
    bins = kept.counts.shape[1]
    sizes = np.diff(ready.packed.bounds)
    glutamate = uptake(kept.released / sizes[:2].sum(), level)
    seconds = bins * BIN_MS / 1000.0
    end_s = ready.state.step * ready.packed.step_ms / 1000.0
    raster = kept.raster[: int(kept.noted[0])]
    found = Activity(kept.counts, sizes, kept.field, glutamate, kept.by_cell / seconds, raster, end_s - seconds)
    return found, float(glutamate[-1])


def uptake(released: Floats, level: float) -> Floats:
    """Give glutamate after release and first-order uptake, from `level` on, shape ``(bins,)``."""
    from scipy.signal import lfilter  # noqa: PLC0415 - slow to load

    kept = np.exp(-BIN_MS / UPTAKE_MS)
    found, _ = lfilter([1.0], [1.0, -kept], released, zi=[kept * level])
    return np.asarray(found)


def simulate(run: Run, engine: str = "auto") -> Activity:
    """Run one window.

    Parameters
    ----------
    run : Run
        What is asked for.
    engine : str
        ``"auto"``, ``"numba"`` or ``"numpy"``.

    Returns
    -------
    Activity
        Of the window after the settling; the same run gives the same spikes.
    """
    step = engine_of(engine)
    ready = prepared(run.network, run.condition, run.seed, run.step_ms, depolarised=run.depolarised)
    settling = round(run.settling_s * 1000.0 / BIN_MS)
    level = 0.0
    if settling:
        level = activity(stretch(ready, settling, step), ready, 0.0)[1]
    return activity(stretch(ready, round(run.seconds * 1000.0 / BIN_MS), step), ready, level)[0]


def simulate_all(runs: Sequence[Run], threads: int = 1, engine: str = "auto") -> list[Activity]:
    """Run many windows on some threads; any number of them gives the same spikes, in the order asked for."""
    return list(simulated(runs, simulate, threads, engine))


def simulated(
    runs: Iterable[Run], read: Callable[[Run, str], Found], threads: int = 1, engine: str = "auto"
) -> Iterator[Found]:
    """Yield what `read` makes of each run, in order; runs are held only while they are read."""
    if threads == 1:
        yield from (read(run, engine) for run in runs)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(lambda run: read(run, engine), runs)


def windows(run: Run, window_s: float, engine: str = "auto") -> Iterator[Activity]:
    """Yield window after window of one run without end, in bounded memory; cutting it changes nothing."""
    step = engine_of(engine)
    ready = prepared(run.network, run.condition, run.seed, run.step_ms, depolarised=run.depolarised)
    level = 0.0
    while True:
        found, level = activity(stretch(ready, round(window_s * 1000.0 / BIN_MS), step), ready, level)
        yield found
