"""A thousand neurons with a hundred synapses each: Limen's circuit beside Brian2's C++ standalone, in one run.

Run it by `make bench-circuit`. Times are CPU seconds of one core, so that other work on the machine counts less; it
prints seconds per second of model time, the ratio, the rates of both, the share of the machine's peak, and how the cost
grows with neurons and synapses.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import platform  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from dataclasses import replace  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from importlib.metadata import version  # noqa: E402

import numpy as np  # noqa: E402
from circuit_brian import standalone  # noqa: E402

from limen.circuit import Condition, Run, mechanism, simulate  # noqa: E402
from limen.circuit.cells import BURSTING, POPULATIONS  # noqa: E402
from limen.circuit.network import Network  # noqa: E402
from limen.circuit.running import windows  # noqa: E402

CELLS, SYNAPSES, BLOCK, SEED = 1000, 100, 0.3, 1
SECONDS, REPEATS = 20.0, 3
AIM_RATIO, AIM_RATES = 7.0, 0.02
#: Floating-point operations of one cell and step, counted in the source: an exponential is 29, a division 1.
FLOPS_BURSTING, FLOPS_PLAIN = 4 * 31 + 52, 31 + 38


def sized(cells: int, synapses: int) -> Network:
    """Give mechanism A with about so many cells, and so many synapses onto each, shared out over its projections."""
    network = mechanism("hcn1").network
    network = network.scaled(cells / float(network.bounds[-1]))
    onto = Counter(one.target for one in network.projections)
    shared = tuple(replace(one, inputs=max(1, round(synapses / onto[one.target]))) for one in network.projections)
    return Network(network.name, network.cells, shared)


def cpu_s(network: Network, seconds: float) -> float:
    """Give the CPU seconds of one run without settling."""
    before = time.process_time()
    simulate(Run(network, Condition(block=BLOCK), seconds, SEED, settling_s=0.0), "numba")
    return time.process_time() - before


def per_second(network: Network) -> float:
    """Give CPU seconds per second of model time: the best of some runs, start and wiring included."""
    return min(cpu_s(network, SECONDS) for _ in range(REPEATS)) / SECONDS


def rates_hz(network: Network) -> dict[str, float]:
    """Give the mean rate of each population, with the wires and the start that Brian2 gets."""
    found = simulate(Run(network, Condition(block=BLOCK), SECONDS, SEED, settling_s=0.0), "numba")
    return {name: float(found.rate_hz(name).mean()) for name in POPULATIONS}


def peak_gflops() -> float:
    """Give what a product of matrices reaches on one core."""
    a = np.random.default_rng(0).standard_normal((1500, 1500))
    best = np.inf
    for _ in range(5):
        before = time.process_time()
        a @ a
        best = min(best, time.process_time() - before)
    return 2.0 * 1500.0**3 / best / 1e9


def main() -> None:
    """Print the tables."""
    first = time.perf_counter()
    simulate(Run(mechanism("hcn1").network, Condition(), 0.01, settling_s=0.0), "numba")
    print(f"{datetime.now(UTC):%Y-%m-%d} {platform.processor() or platform.machine()}, Python {sys.version.split()[0]},"
          f" numba {version('numba')}, Brian2 {version('brian2')}; CPU seconds of one core")  # fmt: skip
    print(f"first call of the compiled engine, loading or compiling: {time.perf_counter() - first:.1f} s")
    network = sized(CELLS, SYNAPSES)
    ours = per_second(network)
    brian = standalone(network, BLOCK, SEED, SECONDS)
    peer = brian["cpu_s"] / SECONDS
    print(f"Brian2 C++ standalone, generating and compiling: {brian['built_s']:.1f} s")
    print(f"\n| {int(network.bounds[-1])} cells x {SYNAPSES} synapses | CPU s per model s | ratio |")
    print("|---|---|---|")
    print(f"| Limen, numba, f64 | {ours:.4f} | 1 |")
    met = "met" if peer / ours >= AIM_RATIO else "missed"
    print(f"| Brian2 C++ standalone, f64 | {peer:.4f} | {peer / ours:.1f} (aim {AIM_RATIO:g}: {met}) |")
    print("\n| population | Limen Hz | Brian2 Hz | apart |\n|---|---|---|---|")
    own = rates_hz(network)
    for name in POPULATIONS:
        apart = 100.0 * abs(own[name] / max(brian[name], 1e-9) - 1.0)
        print(f"| {name} | {own[name]:.3f} | {brian[name]:.3f} | {apart:.1f} % |")
    spent(network, ours)
    grows()
    hours(network)


def spent(network: Network, ours: float) -> None:
    """Print the share of the machine's peak."""
    sizes = dict(zip(POPULATIONS, np.diff(network.bounds), strict=True))
    operations = sum(size * (FLOPS_BURSTING if name in BURSTING else FLOPS_PLAIN) for name, size in sizes.items())
    reached, peak = operations * 1e4 / ours / 1e9, peak_gflops()
    print(f"\n{reached:.1f} of {peak:.1f} GFLOP/s (matrix product, one core): {100.0 * reached / peak:.0f} %")


def grows() -> None:
    """Print how the cost grows."""
    print("\n| cells | synapses each | CPU s per model s | per cell, us |\n|---|---|---|---|")
    for cells, synapses in ((500, 100), (1000, 100), (2000, 100), (4000, 100), (2000, 50), (2000, 200), (2000, 400)):
        network = sized(cells, synapses)
        used = per_second(network)
        print(f"| {int(network.bounds[-1])} | {synapses} | {used:.4f} | {1e6 * used / float(network.bounds[-1]):.2f} |")


def hours(network: Network) -> None:
    """Print that memory stays bounded while model time goes on."""
    stream, sizes = windows(Run(network, Condition(block=BLOCK), 1.0, SEED), 20.0, "numba"), []
    for _ in range(15):
        next(stream)
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
    print(f"\nFive minutes of model time by 20 s: memory grew by {sizes[-1] - sizes[2]:.1f} MB after the third")


if __name__ == "__main__":
    main()
