"""The flat arrays that both engines read and write: the state of every cell, and what drives it."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from limen.circuit.cells import POPULATIONS
from limen.circuit.conditions import Condition
from limen.circuit.network import Network, Wiring, wire
from limen.quantities import Floats, InputError, Integers

#: Rows of the state; synapses stand in the order of `limen.circuit.network.KINDS`.
ROWS: Final = (
    "voltage", "ih", "calcium", "potassium", "noise", "refractory", "bias", "current",
    "ampa", "nmda", "gaba", "slow_gaba", "gabab_rise", "gabab", "vesicles", "last_spike",
)  # fmt: skip
(
    VOLTAGE, IH, CALCIUM, POTASSIUM, NOISE, REFRACTORY, BIAS, CURRENT,
    AMPA, NMDA, GABA, SLOW_GABA, GABAB_RISE, GABAB, VESICLES, LAST_SPIKE,
) = range(16)  # fmt: skip

#: Decay of each kind of conductance, ms (ours, usual values: AMPA 3, NMDA 80, GABA-A of PV 8, of SST 30, GABA-B 40
#: up and 120 down).
AMPA_MS: Final = 3.0
NMDA_MS: Final = 80.0
GABA_MS: Final = 8.0
SLOW_GABA_MS: Final = 30.0
GABAB_RISE_MS: Final = 40.0
GABAB_MS: Final = 120.0
NOISE_MS: Final = 5.0
#: The background current changes every so many ms, whatever the step, so that a finer step sees the same background.
NOISE_EVERY_MS: Final = 0.5
#: What one spike adds to the potassium gate, of what is still closed (ours, from the prototype).
POTASSIUM_STEP: Final = 0.12
#: Share of the vesicles that a spike releases, and how fast they come back (ours): release saturates in a burst.
RELEASED: Final = 0.3
RECOVERY_MS: Final = 300.0
#: Spikes that are noted one by one in each call, for a raster.
NOTED: Final = 40_000
#: Bins of what is kept, ms.
BIN_MS: Final = 1.0
STEP_MS: Final = 0.1
STEPS_MS: Final = (0.025, 0.05, 0.1)


@dataclass
class State:
    """Everything that changes.

    Attributes
    ----------
    cells : Floats
        Shape ``(rows, cells)``.
    fired : Integers
        Who fired in the last steps, a ring of shape ``(slots, cells)``.
    count : Integers
        How many, shape ``(slots,)``.
    step : int
        Steps done.
    """

    cells: Floats
    fired: Integers
    count: Integers
    step: int = 0


class Packed(NamedTuple):
    """Everything that a run reads and does not write; what is live changes block and pulse between windows.

    Attributes
    ----------
    bounds : Integers
        First cell of each population, and the end, shape ``(populations + 1,)``.
    rows : Floats
        One population's values a row, in the order of `limen.circuit.cells.Cell`.
    free : Floats
        Share of NMDA receptors that is free in each population, shape ``(populations,)``.
    drive : Floats
        Constant current into each population, shape ``(populations,)``.
    keep : Floats
        What is left of each of the six synaptic rows after one step, shape ``(6,)``.
    pulse : Floats
        Period, width, amplitude and first time of pulses, ms and uA/cm2; a period of 0 is none; shape ``(4,)``.
    noise : Floats
        What is left of the noise at each change, and the size of the change, shape ``(2,)``.
    clock : Integers
        Steps a noise change, and steps a bin, shape ``(2,)``.
    step_ms : float
        Length of a step.
    key : np.uint64
        Of the background's chance.
    """

    bounds: Integers
    rows: Floats
    free: Floats
    drive: Floats
    keep: Floats
    pulse: Floats
    noise: Floats
    clock: Integers
    step_ms: float
    key: np.uint64


class Kept(NamedTuple):
    """What a stretch of a run leaves behind; bins of `BIN_MS`.

    Attributes
    ----------
    counts : Integers
        Spikes of each population, shape ``(populations, bins)``.
    field : Floats
        Synaptic current per cell in H and in N, uA/cm2, shape ``(2, bins)``.
    released : Floats
        Glutamate released by all pyramidal cells, vesicle pools, shape ``(bins,)``.
    by_cell : Integers
        Spikes of each cell, shape ``(cells,)``.
    raster : Integers
        Bin and cell of the first `NOTED` spikes, shape ``(NOTED, 2)``.
    noted : Integers
        How many are noted, shape ``(1,)``.
    """

    counts: Integers
    field: Floats
    released: Floats
    by_cell: Integers
    raster: Integers
    noted: Integers


def room_for(bins: int, cells: int) -> Kept:
    """Give empty arrays for a stretch of `bins` bins and `cells` cells."""
    return Kept(
        counts=np.zeros((len(POPULATIONS), bins), dtype=np.int64),
        field=np.zeros((2, bins)),
        released=np.zeros(bins),
        by_cell=np.zeros(cells, dtype=np.int64),
        raster=np.zeros((NOTED, 2), dtype=np.int64),
        noted=np.zeros(1, dtype=np.int64),
    )


def packed(network: Network, condition: Condition, step_ms: float, rng: np.random.Generator) -> Packed:
    """Bring a network under a condition into arrays.

    Parameters
    ----------
    network, condition : Network, Condition
        What, and what is done to it.
    step_ms : float
        One of `STEPS_MS`.
    rng : numpy.random.Generator
        Gives the key of the background.

    Returns
    -------
    Packed

    Raises
    ------
    InputError
        If the step is none of those, or a pulse is shorter than it.
    """
    _check_step(step_ms, condition)
    cells = [network.cells[name] for name in POPULATIONS]
    rows = np.array([cell.row() for cell in cells])
    rows[0, _IH] *= condition.hcn1
    rows[0, _LEAK_MV] += condition.rest_mv
    rows[:, _GABAB] *= condition.gabab
    free = np.array([1.0 - min(1.0, cell.nmda_factor * condition.block) for cell in cells])
    longer = condition.gaba_a
    decay_ms = (AMPA_MS, NMDA_MS, GABA_MS * longer, SLOW_GABA_MS * longer, GABAB_RISE_MS, GABAB_MS)
    kept = float(np.exp(-NOISE_EVERY_MS / NOISE_MS))
    return Packed(
        bounds=network.bounds,
        rows=rows,
        free=free,
        drive=np.array([condition.drive_ua_cm2, 0.0, 0.0, 0.0, 0.0]),
        keep=np.exp(-step_ms / np.array(decay_ms)),
        pulse=_pulse(condition),
        noise=np.array([kept, np.sqrt(1.0 - kept * kept)]),
        clock=np.array([round(NOISE_EVERY_MS / step_ms), round(BIN_MS / step_ms)]),
        step_ms=step_ms,
        key=rng.integers(0, 2**63, dtype=np.uint64),
    )


_LEAK_MV, _IH, _GABAB = 2, 13, 19


def _check_step(step_ms: float, condition: Condition) -> None:
    if step_ms not in STEPS_MS:
        raise InputError(f"The circuit steps by 0.025, 0.05 or 0.1 ms, got {step_ms:g}: use one of them.")
    if condition.pulses and condition.pulses.width_ms < step_ms:
        raise InputError(
            f"A pulse of {condition.pulses.width_ms:g} ms is shorter than the step of {step_ms:g} ms: make it longer."
        )


def _pulse(condition: Condition) -> Floats:
    one = condition.pulses
    if one is None:
        return np.zeros(4)
    return np.array([1000.0 / one.frequency_hz, one.width_ms, one.amplitude_ua_cm2, one.from_ms])


def silenced(wiring: Wiring, network: Network, relay: float) -> Wiring:
    """Give the same wires with the relay's return weakened to the share `relay`."""
    share = [relay if one.source == "TH" else 1.0 for one in network.projections]
    return wiring._replace(gain=wiring.gain * np.array(share))


def start(network: Network, wiring: Wiring, rng: np.random.Generator, *, depolarised: bool = False) -> State:
    """Give a state to start from, cells apart from each other, or `depolarised` with their calcium inactivated."""
    bounds = network.bounds
    total = int(bounds[-1])
    cells = np.zeros((len(ROWS), total))
    for k, name in enumerate(POPULATIONS):
        cell, own = network.cells[name], slice(int(bounds[k]), int(bounds[k + 1]))
        size = own.stop - own.start
        cells[VOLTAGE, own] = (-55.0 if depolarised else -68.0) + 5.0 * rng.standard_normal(size)
        cells[BIAS, own] = cell.bias_ua_cm2 + cell.spread_ua_cm2 * rng.standard_normal(size)
    cells[IH], cells[CALCIUM] = (0.05, 0.0) if depolarised else (0.2 * rng.random(total), 0.4 * rng.random(total))
    cells[VESICLES] = 1.0
    slots = int(wiring.about[:, 3].max()) + 1
    return State(cells, np.zeros((slots, total), dtype=np.int64), np.zeros(slots, dtype=np.int64))


@dataclass(frozen=True)
class Prepared:
    """A run that can begin: what changes, what does not, and the wires."""

    state: State
    packed: Packed
    wiring: Wiring


def prepared(
    network: Network, condition: Condition, seed: int, step_ms: float = STEP_MS, *, depolarised: bool = False
) -> Prepared:
    """Draw wires, cells and the background's key of a seed; the condition changes none of what is drawn."""
    wires, cells, key = (np.random.default_rng([seed, k]) for k in range(3))
    wiring = silenced(wire(network, step_ms, wires), network, condition.relay)
    return Prepared(
        start(network, wiring, cells, depolarised=depolarised), packed(network, condition, step_ms, key), wiring
    )
