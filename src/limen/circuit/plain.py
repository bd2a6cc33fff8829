"""The plain engine, NumPy alone and slow: the same steps as `limen.circuit.compiled`, which it checks."""

from __future__ import annotations

import numpy as np

from limen.circuit.arithmetic import (
    CALCIUM_MV,
    IH_MV,
    POTASSIUM_MV,
    calcium_open,
    calcium_ready,
    ih_open,
    open_to_magnesium,
    uniform,
)  # fmt: skip
from limen.circuit.cells import BURSTING, POPULATIONS
from limen.circuit.network import Wiring
from limen.circuit.packing import (
    AMPA,
    BIAS,
    CALCIUM,
    CURRENT,
    GABA,
    GABAB,
    GABAB_RISE,
    IH,
    LAST_SPIKE,
    NMDA,
    NOISE,
    POTASSIUM,
    POTASSIUM_STEP,
    RECOVERY_MS,
    REFRACTORY,
    RELEASED,
    SLOW_GABA,
    VESICLES,
    VOLTAGE,
    Kept,
    Packed,
)  # fmt: skip
from limen.quantities import Floats, Integers


def advance(  # noqa: PLR0917 - the call of the compiled engine
    cells: Floats, fired: Integers, count: Integers, step: int, steps: int, one: Packed, wiring: Wiring, kept: Kept
) -> None:
    """Carry every cell through `steps` steps from step number `step` on, and keep what happened."""
    for now in range(step, step + steps):
        place = (now - step) // int(one.clock[1])
        if now % one.clock[0] == 0:
            background(cells, one, now // int(one.clock[0]))
        deliver(cells, wiring, fired, count, now)
        found = []
        for population, name in enumerate(POPULATIONS):
            move(cells, one, population, now * one.step_ms)
            spiking = spikes(cells, one, population)
            released = release(cells, spiking, now * one.step_ms)
            if name in {"H", "N"}:
                kept.released[place] += released.sum()
            kept.counts[population, place] += len(spiking)
            found.append(spiking)
        note(kept, np.concatenate(found), place)
        count[now % len(count)] = sum(map(len, found))
        fired[now % len(count), : count[now % len(count)]] = np.concatenate(found)
        fade(cells, one)
        if now % one.clock[1] == 0:
            kept.field[:, place] = [field(cells, one, population) for population in (0, 1)]


def background(cells: Floats, one: Packed, tick: int) -> None:
    """Move the coloured noise of every cell."""
    total = cells.shape[1]
    sd = np.repeat(one.rows[:, 5], np.diff(one.bounds))
    ticks = np.arange(tick * total, (tick + 1) * total, dtype=np.uint64)
    cells[NOISE] = one.noise[0] * cells[NOISE] + one.noise[1] * sd * uniform(one.key, ticks)


def deliver(cells: Floats, wiring: Wiring, fired: Integers, count: Integers, step: int) -> None:
    """Hand spikes on to the targets whose delay has passed."""
    for row, (first, end, kind, delay) in enumerate(wiring.about):
        slot = (step - delay) % len(count)
        for source in fired[slot, : count[slot]]:
            if first <= source < end:
                targets = wiring.target[wiring.first[row, source] : wiring.first[row, source + 1]]
                cells[AMPA + kind, targets] += wiring.gain[row]


def push_ua_cm2(one: Packed, now_ms: float) -> float:
    """Give the stimulating current at `now_ms`."""
    period_ms, width_ms, amplitude, from_ms = one.pulse
    if period_ms == 0.0 or now_ms < from_ms:
        return 0.0
    return float(amplitude) if (now_ms - from_ms) % period_ms < width_ms - 1e-9 else 0.0


def move(cells: Floats, one: Packed, population: int, now_ms: float) -> None:
    """Move voltage and gates of one population by a step."""
    own, row = cells[:, one.bounds[population] : one.bounds[population + 1]], one.rows[population]
    v = own[VOLTAGE].copy()
    own[CURRENT] = 0.0
    if POPULATIONS[population] in BURSTING:
        own[CURRENT] = bursting_ua_cm2(own, row)
        move_gates(own, row, one.step_ms)
    own[CURRENT] += own[NOISE] + own[BIAS] + one.drive[population] + push_ua_cm2(one, now_ms) * row[11]
    own[CURRENT] -= row[1] * (v - row[2])
    own[CURRENT] -= (own[AMPA] + (row[9] + own[NMDA]) * one.free[population] * open_to_magnesium(v)) * v
    own[CURRENT] -= (own[GABA] + own[SLOW_GABA]) * (v - row[12])
    own[VOLTAGE] += np.where(own[REFRACTORY] <= 0.0, one.step_ms * own[CURRENT], 0.0)
    own[REFRACTORY] = np.where(own[REFRACTORY] > 0.0, own[REFRACTORY] - one.step_ms, 0.0)


def bursting_ua_cm2(own: Floats, row: Floats) -> Floats:
    """Give the currents that only bursting cells have, shape ``(cells,)``."""
    v, m, square = own[VOLTAGE], calcium_open(own[VOLTAGE]), own[GABAB] ** 2
    potassium = row[17] * own[POTASSIUM] + row[19] * square / (1.0 + square)
    calcium = row[15] * m * m * own[CALCIUM] * (v - CALCIUM_MV)
    return np.asarray(-row[13] * own[IH] * (v - IH_MV) - calcium - potassium * (v - POTASSIUM_MV))


def move_gates(own: Floats, row: Floats, step_ms: float) -> None:
    """Move the gates of bursting cells by a step."""
    v = own[VOLTAGE]
    own[IH] += step_ms / row[14] * (ih_open(v) - own[IH])
    pace = np.where(v > row[16] + 8.0, step_ms / 20.0, step_ms / 100.0)
    own[CALCIUM] += pace * (calcium_ready(v, float(row[16])) - own[CALCIUM])
    own[POTASSIUM] *= 1.0 - step_ms / row[18]


def spikes(cells: Floats, one: Packed, population: int) -> Integers:
    """Find who fired and reset them; gives their places in the common count, shape ``(fired,)``."""
    row, first = one.rows[population], one.bounds[population]
    found = first + np.flatnonzero(cells[VOLTAGE, first : one.bounds[population + 1]] > row[6])
    cells[VOLTAGE, found] = row[7]
    cells[REFRACTORY, found] = row[8]
    cells[POTASSIUM, found] += POTASSIUM_STEP * (1.0 - cells[POTASSIUM, found])
    return np.asarray(found)


def release(cells: Floats, spiking: Integers, now_ms: float) -> Floats:
    """Give what each spike releases, shape ``(fired,)``; vesicles come back with time."""
    past = np.exp((cells[LAST_SPIKE, spiking] - now_ms) / RECOVERY_MS)
    vesicles = 1.0 - (1.0 - cells[VESICLES, spiking]) * past
    cells[VESICLES, spiking] = vesicles * (1.0 - RELEASED)
    cells[LAST_SPIKE, spiking] = now_ms
    return np.asarray(RELEASED * vesicles)


def note(kept: Kept, spiking: Integers, place: int) -> None:
    """Count spikes by cell, and note the first ones one by one."""
    kept.by_cell[spiking] += 1
    free = spiking[: len(kept.raster) - int(kept.noted[0])]
    rows = slice(int(kept.noted[0]), int(kept.noted[0]) + len(free))
    kept.raster[rows, 0], kept.raster[rows, 1] = place, free
    kept.noted[0] += len(free)


def fade(cells: Floats, one: Packed) -> None:
    """Let every conductance fade."""
    cells[AMPA : SLOW_GABA + 1] = cells[AMPA : SLOW_GABA + 1] * one.keep[:4, None] + 1e-30
    own = cells[:, : one.bounds[1]]
    own[GABAB] = own[GABAB] * one.keep[5] + own[GABAB_RISE] * (1.0 - one.keep[5]) + 1e-30
    own[GABAB_RISE] = own[GABAB_RISE] * one.keep[4] + 1e-30


def field(cells: Floats, one: Packed, population: int) -> float:
    """Give the mean size of AMPA and GABA-A current in a population, uA/cm2."""
    own = cells[:, one.bounds[population] : one.bounds[population + 1]]
    inhibition = (own[GABA] + own[SLOW_GABA]) * (own[VOLTAGE] - one.rows[population, 12])
    return float(np.mean(np.abs(own[AMPA] * own[VOLTAGE]) + np.abs(inhibition)))
