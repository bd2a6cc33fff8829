"""A network of Limen's circuit in Brian2's C++ standalone mode: the same equations, wires, delays and background."""

from __future__ import annotations

import resource
import tempfile
import time

import brian2 as b2
import numpy as np

from limen.circuit.cells import BURSTING, POPULATIONS, Cell
from limen.circuit.network import KINDS, Network, wire
from limen.circuit.packing import (
    AMPA_MS,
    GABA_MS,
    GABAB_MS,
    GABAB_RISE_MS,
    NMDA_MS,
    NOISE_EVERY_MS,
    NOISE_MS,
    SLOW_GABA_MS,
    start,
)  # fmt: skip

PLAIN = """
dv/dt = (noise + bias - leak*(v - leak_mv) - (ampa + (tonic + nmda)*free/(1 + 0.28*exp(-0.062*v)))*v
         - (gaba + slow_gaba)*(v - gaba_mv){more})/ms : 1 (unless refractory)
dampa/dt = -ampa/(AMPA*ms) : 1
dnmda/dt = -nmda/(NMDA*ms) : 1
dgaba/dt = -gaba/(GABA*ms) : 1
dslow_gaba/dt = -slow_gaba/(SLOW*ms) : 1
noise : 1
bias : 1
"""
MORE = (
    " - ih_ms*q*(v + 35) - calcium_ms*(1/(1 + exp(-(v + 58)/5)))**2*h*(v - 120)"
    " - (potassium_ms*a + gabab_ms*gabab**2/(1 + gabab**2))*(v + 95)"
)
GATES = """
dq/dt = (1/(1 + exp((v + 82)/8)) - q)/(ih_tau*ms) : 1
dh/dt = (1/(1 + exp((v - half)/4)) - h)/((100 - 80*int(v > half + 8))*ms) : 1
da/dt = -a/(potassium_tau*ms) : 1
dgabab_rise/dt = -gabab_rise/(RISE*ms) : 1
dgabab/dt = (gabab_rise - gabab)/(GABAB*ms) : 1
"""


def names_of(cell: Cell, block: float) -> dict[str, float]:
    """Give the values of a population under the names of its equations."""
    return {
        "leak": cell.leak_ms_cm2, "leak_mv": cell.leak_mv, "tonic": cell.nmda_ms_cm2, "gaba_mv": cell.gaba_mv,
        "free": 1.0 - min(1.0, cell.nmda_factor * block), "threshold": cell.threshold_mv, "reset_mv": cell.reset_mv,
        "ih_ms": cell.ih_ms_cm2, "ih_tau": cell.ih_tau_ms, "calcium_ms": cell.calcium_ms_cm2,
        "half": cell.calcium_half_mv, "potassium_ms": cell.potassium_ms_cm2, "potassium_tau": cell.potassium_tau_ms,
        "gabab_ms": cell.gabab_ms_cm2, "AMPA": AMPA_MS, "NMDA": NMDA_MS, "GABA": GABA_MS, "SLOW": SLOW_GABA_MS,
        "RISE": GABAB_RISE_MS, "GABAB": GABAB_MS,
    }  # fmt: skip


def group(name: str, cell: Cell, block: float) -> b2.NeuronGroup:
    """Make one population."""
    bursts = name in BURSTING
    made = b2.NeuronGroup(
        int(cell.size),
        PLAIN.format(more=MORE if bursts else "") + (GATES if bursts else ""),
        threshold="v > threshold",
        reset="v = reset_mv" + ("\na += 0.12*(1 - a)" if bursts else ""),
        refractory=cell.refractory_ms * b2.ms,
        method="euler",
        namespace=names_of(cell, block),
        name=f"cells_{name}",
    )
    kept = float(np.exp(-NOISE_EVERY_MS / NOISE_MS))
    size = np.sqrt(1.0 - kept**2) * np.sqrt(12.0) * cell.noise_ua_cm2
    made.run_regularly(f"noise = {kept!r}*noise + {float(size)!r}*(rand() - 0.5)", dt=NOISE_EVERY_MS * b2.ms)
    return made


def connected(network: Network, groups: dict[str, b2.NeuronGroup], seed: int) -> list[b2.Synapses]:
    """Give the groups the start and the wires that Limen draws for this seed."""
    wiring = wire(network, 0.1, np.random.default_rng([seed, 0]))
    state = start(network, wiring, np.random.default_rng([seed, 1])).cells
    bounds, parts = network.bounds, []
    for k, name in enumerate(POPULATIONS):
        own = slice(int(bounds[k]), int(bounds[k + 1]))
        groups[name].v, groups[name].bias = state[0, own], state[6, own]
        if name in BURSTING:
            groups[name].q, groups[name].h = state[1, own], state[2, own]
    for row, one in enumerate(network.projections):
        low, high, _, delay = wiring.about[row]
        first = wiring.first[row]
        sources = np.repeat(np.arange(low, high), np.diff(first)[low:high])
        targets = wiring.target[first[low] : first[high]] - bounds[POPULATIONS.index(one.target)]
        row_name = (*KINDS[:4], "gabab_rise")[KINDS.index(one.kind)]
        synapses = b2.Synapses(
            groups[one.source],
            groups[one.target],
            on_pre=f"{row_name}_post += {float(wiring.gain[row])!r}",
            delay=(delay - 1) * 0.1 * b2.ms,
        )
        synapses.connect(i=sources - low, j=targets)
        parts.append(synapses)
    return parts


def standalone(network: Network, block: float, seed: int, seconds: float) -> dict[str, float]:
    """Build and run; gives CPU seconds of build and of run, and the mean rate of each population, Hz."""
    with tempfile.TemporaryDirectory() as folder:
        b2.device.reinit()
        b2.device.activate(build_on_run=False, directory=folder)
        b2.set_device("cpp_standalone", build_on_run=False, directory=folder)
        b2.defaultclock.dt = 0.1 * b2.ms
        b2.seed(seed)
        groups = {name: group(name, network.cells[name], block) for name in POPULATIONS}
        parts = connected(network, groups, seed)
        monitors = {name: b2.SpikeMonitor(one, record=False) for name, one in groups.items()}
        whole = b2.Network(*groups.values(), *parts, *monitors.values())
        whole.run(seconds * b2.second)
        before = time.perf_counter()
        b2.device.build(directory=folder, compile=True, run=False)
        built_s = time.perf_counter() - before
        used = _cpu_of(folder)
        rates = {name: float(np.sum(one.count[:])) / one.source.N / seconds for name, one in monitors.items()}
    return {"built_s": built_s, "cpu_s": used, **rates}


def _cpu_of(folder: str) -> float:
    """Run the program and give the CPU seconds that it used, its start and the wiring included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    b2.device.run(folder, with_output=False, run_args=[])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
