"""The loops that numba compiles: one step of every cell, and what is kept of it.

Each short loop writes one slice of a row and counts from nothing, so that the compiler sees that cells do not touch
each other and that no place is negative, and moves several with one instruction. The arithmetic is that of
`limen.circuit.plain`, cell by cell.
"""

# ruff: noqa: PLR0917 -- numba takes arguments by place only, and bare arrays fastest
from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numba.extending import overload

from limen.circuit import arithmetic
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

Function = TypeVar("Function", bound=Callable[..., Any])


def may_be_called(formula: Function) -> None:
    """Let compiled functions call a formula that is written in plain Python."""
    overload(formula, strict=False)(lambda *_given: unwrap(formula))


def compiled(function: Function) -> Function:
    """Compile a function of this file."""
    made = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz", "arcp"})(unwrap(function))
    return cast("Function", made)


for each in (arithmetic.exponential, calcium_open, calcium_ready, ih_open, open_to_magnesium, uniform):
    may_be_called(each)


def _background(cells: Floats, one: Packed, tick: int) -> None:
    """Move the coloured noise of every cell."""
    kept, size, total = one.noise[0], one.noise[1], np.uint64(cells.shape[1])
    for population in range(len(one.rows)):
        low, high, sd = one.bounds[population], one.bounds[population + 1], size * one.rows[population, 5]
        noise, first = cells[NOISE, low:high], np.uint64(tick) * total + np.uint64(low)
        for k in range(noise.size):
            noise[k] = kept * noise[k] + sd * uniform(one.key, first + np.uint64(k))


background = compiled(_background)


def _gates(cells: Floats, row: Floats, low: int, high: int, step_ms: float) -> None:
    """Move the gates of bursting cells: Ih, inactivation of calcium, potassium."""
    v, ih = cells[VOLTAGE, low:high], cells[IH, low:high]
    calcium, potassium = cells[CALCIUM, low:high], cells[POTASSIUM, low:high]
    quick, half_mv, kept = step_ms / row[14], row[16], 1.0 - step_ms / row[18]
    slow_side, fast_side, turn_mv = step_ms / 100.0, step_ms / 20.0, row[16] + 8.0
    for k in range(v.size):
        ih[k] += quick * (ih_open(v[k]) - ih[k])
    for k in range(v.size):
        pace = fast_side if v[k] > turn_mv else slow_side
        calcium[k] += pace * (calcium_ready(v[k], half_mv) - calcium[k])
    for k in range(v.size):
        potassium[k] *= kept


gates = compiled(_gates)


def _bursting(cells: Floats, row: Floats, low: int, high: int) -> None:
    """Put the currents that only bursting cells have into the row of currents."""
    v, current, ih = cells[VOLTAGE, low:high], cells[CURRENT, low:high], cells[IH, low:high]
    calcium, potassium, gabab = cells[CALCIUM, low:high], cells[POTASSIUM, low:high], cells[GABAB, low:high]
    ih_ms, calcium_ms, potassium_ms, gabab_ms = row[13], row[15], row[17], row[19]
    for k in range(v.size):
        m = calcium_open(v[k])
        current[k] = -ih_ms * ih[k] * (v[k] - IH_MV) - calcium_ms * m * m * calcium[k] * (v[k] - CALCIUM_MV)
    for k in range(v.size):
        square = gabab[k] * gabab[k]
        opened = potassium_ms * potassium[k] + gabab_ms * square / (1.0 + square)
        current[k] -= opened * (v[k] - POTASSIUM_MV)


bursting = compiled(_bursting)


def _shared(cells: Floats, row: Floats, low: int, high: int, free: float, push_ua_cm2: float) -> None:
    """Add the currents that every cell has."""
    v, current = cells[VOLTAGE, low:high], cells[CURRENT, low:high]
    noise, bias = cells[NOISE, low:high], cells[BIAS, low:high]
    ampa, nmda = cells[AMPA, low:high], cells[NMDA, low:high]
    gaba, slow = cells[GABA, low:high], cells[SLOW_GABA, low:high]
    leak, leak_mv, tonic, gaba_mv = row[1], row[2], row[9], row[12]
    for k in range(v.size):
        current[k] += noise[k] + bias[k] + push_ua_cm2 - leak * (v[k] - leak_mv)
    for k in range(v.size):
        current[k] -= (ampa[k] + (tonic + nmda[k]) * free * open_to_magnesium(v[k])) * v[k]
    for k in range(v.size):
        current[k] -= (gaba[k] + slow[k]) * (v[k] - gaba_mv)


shared = compiled(_shared)


def _integrate(cells: Floats, low: int, high: int, step_ms: float) -> None:
    """Move the voltage of cells that are not refractory."""
    v, current, refractory = cells[VOLTAGE, low:high], cells[CURRENT, low:high], cells[REFRACTORY, low:high]
    for k in range(v.size):
        v[k] += step_ms * current[k] if refractory[k] <= 0.0 else 0.0
    for k in range(v.size):
        refractory[k] = refractory[k] - step_ms if refractory[k] > 0.0 else 0.0


integrate = compiled(_integrate)


def _release(cells: Floats, k: int, now_ms: float) -> float:
    """Give what one spike of cell `k` releases; vesicles come back with time."""
    vesicles = 1.0 - (1.0 - cells[VESICLES, k]) * np.exp((cells[LAST_SPIKE, k] - now_ms) / RECOVERY_MS)
    cells[VESICLES, k] = vesicles * (1.0 - RELEASED)
    cells[LAST_SPIKE, k] = now_ms
    return float(RELEASED * vesicles)


release = compiled(_release)


def _spikes(
    cells: Floats, one: Packed, population: int, fired: Integers, count: int, now_ms: float
) -> tuple[int, float]:
    """Find who fired, reset them, and give how many fired so far in this step and what they released."""
    row, released, low = one.rows[population], 0.0, one.bounds[population]
    v = cells[VOLTAGE, low : one.bounds[population + 1]]
    for place in range(v.size):
        if v[place] > row[6]:
            k, v[place] = low + place, row[7]
            cells[REFRACTORY, k] = row[8]
            cells[POTASSIUM, k] += POTASSIUM_STEP * (1.0 - cells[POTASSIUM, k])
            released += release(cells, k, now_ms)
            fired[count] = k
            count += 1
    return count, released


spikes = compiled(_spikes)


def _synapses(cells: Floats, one: Packed) -> None:
    """Let every conductance fade."""
    for kind in range(4):
        row, keep = cells[AMPA + kind], one.keep[kind]
        for k in range(row.size):
            row[k] = row[k] * keep + 1e-30
    rise, gabab, up, down = cells[GABAB_RISE, : one.bounds[1]], cells[GABAB, : one.bounds[1]], one.keep[4], one.keep[5]
    for k in range(rise.size):
        gabab[k] = gabab[k] * down + rise[k] * (1.0 - down) + 1e-30
    for k in range(rise.size):
        rise[k] = rise[k] * up + 1e-30


synapses = compiled(_synapses)


def _deliver(cells: Floats, wiring: Wiring, fired: Integers, count: Integers, step: int) -> None:
    """Hand spikes on to the targets whose delay has passed."""
    slots = len(count)
    for row in range(len(wiring.gain)):
        first, end, kind, delay = wiring.about[row]
        slot = (step - delay) % slots
        conductance, gain = cells[AMPA + kind], wiring.gain[row]
        for spike in range(count[slot]):
            source = fired[slot, spike]
            if first <= source < end:
                for place in range(wiring.first[row, source], wiring.first[row, source + 1]):
                    conductance[wiring.target[place]] += gain


deliver = compiled(_deliver)


def _field(cells: Floats, one: Packed, population: int) -> float:
    """Give the mean size of AMPA and GABA-A current in a population."""
    whole, gaba_mv = 0.0, one.rows[population, 12]
    for k in range(one.bounds[population], one.bounds[population + 1]):
        v = cells[VOLTAGE, k]
        whole += abs(cells[AMPA, k] * v) + abs((cells[GABA, k] + cells[SLOW_GABA, k]) * (v - gaba_mv))
    return float(whole / (one.bounds[population + 1] - one.bounds[population]))


field = compiled(_field)


def _push(one: Packed, now_ms: float) -> float:
    """Give the stimulating current now."""
    if one.pulse[0] == 0.0 or now_ms < one.pulse[3]:
        return 0.0
    return one.pulse[2] if (now_ms - one.pulse[3]) % one.pulse[0] < one.pulse[1] - 1e-9 else 0.0


push = compiled(_push)


def _keep(kept: Kept, one: Packed, fired: Integers, first: int, count: int, place: int, population: int) -> None:
    """Count who fired, by bin and by cell, and note the first spikes one by one."""
    kept.counts[population, place] += count - first
    for spike in range(first, count):
        kept.by_cell[fired[spike]] += 1
        if kept.noted[0] < len(kept.raster):
            kept.raster[kept.noted[0], 0] = place
            kept.raster[kept.noted[0], 1] = fired[spike]
            kept.noted[0] += 1


keep = compiled(_keep)


def _advance(
    cells: Floats, fired: Integers, count: Integers, step: int, steps: int, one: Packed, wiring: Wiring, kept: Kept
) -> None:
    """Carry every cell through `steps` steps from step number `step` on, and keep what happened."""
    for now in range(step, step + steps):
        now_ms, place, slot = now * one.step_ms, (now - step) // one.clock[1], now % len(count)
        if now % one.clock[0] == 0:
            background(cells, one, now // one.clock[0])
        deliver(cells, wiring, fired, count, now)
        push_ua_cm2, found = push(one, now_ms), 0
        for population in range(5):
            low, high, row = one.bounds[population], one.bounds[population + 1], one.rows[population]
            if population in (0, 4):
                bursting(cells, row, low, high)
                gates(cells, row, low, high, one.step_ms)
            else:
                cells[CURRENT, low:high] = 0.0
            shared(cells, row, low, high, one.free[population], one.drive[population] + push_ua_cm2 * row[11])
            integrate(cells, low, high, one.step_ms)
            first = found
            found, released = spikes(cells, one, population, fired[slot], found, now_ms)
            keep(kept, one, fired[slot], first, found, place, population)
            if population in (0, 1):
                kept.released[place] += released
        count[slot] = found
        synapses(cells, one)
        if now % one.clock[1] == 0:
            kept.field[0, place], kept.field[1, place] = field(cells, one, 0), field(cells, one, 1)


advance = compiled(_advance)
