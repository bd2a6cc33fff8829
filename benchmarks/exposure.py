"""Exposure of 10,000 people over a day, minute by minute, on one core: Limen beside its peers, in one run.

Run it by `make bench`. It prints a table of seconds and ratios, the cost from a thousand to a million people, and
which of the stated aims were met.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import platform  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from datetime import UTC, datetime  # noqa: E402

import numpy as np  # noqa: E402
from exposure_peers import PEERS, stated_version  # noqa: E402
from exposure_work import DOSE_MG, UNTIL_MIN, five_states  # noqa: E402

from limen.chain.exposure_reduced import BlockReadings  # noqa: E402
from limen.kinetics import Concentrations, Reading, Reductions, reduce_concentrations  # noqa: E402
from limen.quantities import Floats  # noqa: E402
from limen.receptor import draw_potency  # noqa: E402
from limen.regimen import Patient, Regimen, read_visit  # noqa: E402

PEOPLE = 10_000
REPEATS = 7
PERSON = Patient(weight_kg=70.0)
COURSE = Regimen((read_visit(f"{DOSE_MG:g} mg over 40 min", drug="esketamine", route="iv", patient=PERSON),))
PARENTS = ("ketamine", "norketamine", "hydroxynorketamine")
BYTES_PER_MAXRSS = 1024
AIM_FIVE_S, AIM_ELEVEN_S, AIM_MEMORY_GB = 0.25, 1.2, 1.0
AIM_SLOPE = (0.95, 1.05)
AIM_RATIOS = ((40, "diffrax"), (400, "LSODA"))
SLOPE_PEOPLE = (1_000, 10_000, 100_000, 1_000_000)


class Only:
    """Some of the readings of another reader."""

    def __init__(self, reader: Callable[..., tuple[Reading, ...]], *names: str) -> None:
        self._reader, self._names = reader, names

    def __call__(self, analytes: tuple[str, ...], rows: slice) -> tuple[Reading, ...]:
        """Give those that are named."""
        return tuple(one for one in self._reader(analytes, rows) if one.name in self._names)


def two_analytes(people: int, engine: str) -> Reductions:
    """Run the five-state system: S-ketamine and S-norketamine."""
    return reduce_concentrations(
        PERSON, COURSE, until_min=UNTIL_MIN, draws=people, model="otto_fanta", rng=np.random.default_rng(1),
        read=Only(Concentrations(), "S-ketamine", "S-norketamine"), engine=engine,
    )  # fmt: skip


def three_analytes_and_occupancy(people: int, engine: str) -> Reductions:
    """Run the eleven-state system with two chains of equal rate, and read occupancy beside its three analytes."""
    potency = draw_potency(people, "in_vivo", np.random.default_rng(2))
    names = ("S-ketamine", "S-norketamine", "S-hydroxynorketamine", "occupancy")
    return reduce_concentrations(
        PERSON, COURSE, until_min=UNTIL_MIN, draws=people, model="simons_2022", sampled="arterial", parents=PARENTS,
        rng=np.random.default_rng(1), read=Only(BlockReadings(potency), *names), engine=engine,
    )  # fmt: skip


def timed(run: Callable[[int, str], Reductions], people: int, engine: str, repeats: int) -> float:
    """Give the median seconds of some runs; numba has compiled before."""
    run(64, engine)
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        run(people, engine)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


def kept(found: Reductions) -> Floats:
    """Give peak and area, shape ``(people, outputs, 2)``."""
    readings = [found.reading(name) for name in ("S-ketamine", "S-norketamine")]
    return np.stack([np.stack([one.peak, one.area], axis=1) for one in readings], axis=1)


def cost_by_people() -> tuple[float, float]:
    """Print the seconds from a thousand to a million people; give the slope and the memory in GB."""
    seconds = [timed(two_analytes, people, "numba", 15 if people < PEOPLE else 3) for people in SLOPE_PEOPLE]
    slope = float(np.polyfit(np.log(SLOPE_PEOPLE), np.log(seconds), 1)[0])
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_MAXRSS / 1e9
    print("\n| people | seconds |\n|---|---|")
    for people, took in zip(SLOPE_PEOPLE, seconds, strict=True):
        print(f"| {people:,} | {took:.3f} |")
    print(f"\nSlope of log seconds over log people {slope:.3f}; most memory held {memory_gb:.2f} GB.")
    return slope, memory_gb


def beside_peers() -> dict[str, float]:
    """Print the five-state work by every engine; give the seconds by name."""
    truth = kept(two_analytes(PEOPLE, "numpy"))
    found = {"Limen, numba": timed(two_analytes, PEOPLE, "numba", REPEATS)}
    found["Limen, NumPy"] = timed(two_analytes, PEOPLE, "numpy", 3)
    error = {"Limen, numba": worst(kept(two_analytes(PEOPLE, "numba")), truth), "Limen, NumPy": 0.0}
    work = five_states(PEOPLE)
    for name, package, run, sample in PEERS:
        if stated_version(package) == "not installed":
            print(f"{name}: {package} is not installed here")
            continue
        numbers, seconds = run(work.first(sample))
        found[name] = seconds * PEOPLE / sample
        error[name] = worst(numbers, truth[:sample])
    print("\n| engine | seconds | ratio | largest relative difference of peak and area |\n|---|---|---|---|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.3f} | {seconds / found['Limen, numba']:.1f} | {error[name]:.0e} |")
    return found


def worst(found: Floats, truth: Floats) -> float:
    """Give the largest relative difference."""
    return float(np.max(np.abs(found / truth - 1.0)))


def main() -> None:
    """Print everything."""
    packages = ("numpy", "scipy", "numba", "jax", "diffrax", "libroadrunner")
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}, one core;", end=" ")
    print(", ".join(f"{name} {stated_version(name)}" for name in packages))
    slope, memory_gb = cost_by_people()
    found = beside_peers()
    eleven = timed(three_analytes_and_occupancy, PEOPLE, "numba", REPEATS)
    plain = timed(three_analytes_and_occupancy, PEOPLE, "numpy", 1)
    print(f"\nEleven states and occupancy: numba {eleven:.3f} s, NumPy {plain:.3f} s.")
    ours = found["Limen, numba"]
    low, high = AIM_SLOPE
    aims = (
        (f"five states in at most {AIM_FIVE_S} s", ours <= AIM_FIVE_S, f"{ours:.3f} s"),
        (f"eleven states and occupancy in at most {AIM_ELEVEN_S} s", eleven <= AIM_ELEVEN_S, f"{eleven:.3f} s"),
        (f"cost linear, slope {low} to {high}", low <= slope <= high, f"{slope:.3f}"),
        (f"a million people in under {AIM_MEMORY_GB} GB", memory_gb < AIM_MEMORY_GB, f"{memory_gb:.2f} GB"),
        *(
            (f"at least {least} times {name}", seconds / ours >= least, f"{seconds / ours:.0f}")
            for least, word in AIM_RATIOS
            for name, seconds in found.items()
            if word in name
        ),
    )
    print("\n| aim | found | |\n|---|---|---|")
    for aim, met, number in aims:
        print(f"| {aim} | {number} | {'met' if met else 'missed'} |")


if __name__ == "__main__":
    main()
