"""Virtual trials: six infusions and scores to day 90, from ten thousand people to a million, beside a plain SciPy loop.

Run it by `make bench`. Seconds are of the processor, so that another load on the machine counts little; the efficiency
of two workers is given by the clock too, which a busy machine spoils. `--quick` leaves out the million.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import platform  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from itertools import pairwise  # noqa: E402

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from exposure_work import five_states  # noqa: E402

from limen.quantities import Floats  # noqa: E402
from limen.trials import Arm, TrialSpec, run_trial  # noqa: E402
from limen.trials.courses import ArmCourse  # noqa: E402
from limen.trials.exposures import _filled  # noqa: E402
from limen.trials.rules import dosing_days, read_rule  # noqa: E402

SCHEDULE = "3 per week for 2 weeks"
TIMES_DAYS = (1.0, 7.0, 14.0, 30.0, 60.0, 90.0)
IN_ARM = 50
PEER_PEOPLE = 40
BYTES_PER_MAXRSS = 1024
AIM_MINUTES, AIM_OVERHEAD_US, AIM_EFFICIENCY, AIM_MEMORY_GB = 10.0, 20.0, 0.85, 2.0
AIM_SLOPE = (0.95, 1.05)
SIZES = (10_000, 100_000, 1_000_000)
#: Of one person's course in the plain loop: fades of both branches, delay, half block (toy values; only time counts).
FADE_MIN, SLOW_FADE_MIN, DELAY_MIN, IC50_NG_PER_ML = 1440.0, 10_080.0, 720.0, 150.0


def spec(people: int) -> TrialSpec:
    """Give a trial of that many people in all its draws."""
    drug = Arm("ketamine", "ketamine", "iv", "0.5 mg/kg over 40 min", SCHEDULE, "saline", IN_ARM)
    other = Arm("saline", "placebo", "iv", "0 mg", SCHEDULE, "saline", IN_ARM)
    return TrialSpec(
        arms=(drug, other), scale="MADRS", baseline_mean=33.0, baseline_sd=5.0, times_days=TIMES_DAYS,
        response_rule=read_rule("fall >= 50 %", "fall"), remission_rule=read_rule("score <= 10", "score"),
        draws=people // (2 * IN_ARM),
    )  # fmt: skip


def seconds(people: int, workers: int = 1) -> tuple[float, float]:
    """Give seconds of the processor, workers too, and of the clock."""
    _filled.cache_clear()
    before, began = _used(), time.perf_counter()
    run_trial(spec(people), workers=workers)
    return _used() - before, time.perf_counter() - began


def _used() -> float:
    kinds = (resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in kinds)


@contextmanager
def clocked(found: list[float]) -> Iterator[None]:
    """Add up the seconds that the model itself takes: from what people are like to their scores."""
    plain = ArmCourse.scores

    def scores(self, trials, enrolled):
        began = time.process_time()
        answer = plain(self, trials, enrolled)
        found.append(time.process_time() - began)
        return answer

    ArmCourse.scores = scores
    try:
        yield
    finally:
        ArmCourse.scores = plain


def overhead_us(people: int) -> float:
    """Give microseconds a person beside the model: chance, enrolment, counting, results."""
    run_trial(spec(people))
    found: list[float] = []
    with clocked(found):
        began = time.process_time()
        run_trial(spec(people))
    return 1e6 * (time.process_time() - began - sum(found)) / people


def _change(x: Floats, k: list[float], rate: float, weight: float) -> list[float]:
    k13, k31, k14, k41, k12, k25, k52, gone = k
    block = weight * x[0] / (IC50_NG_PER_ML + weight * x[0])
    return [
        rate - (k13 + k14 + k12) * x[0] + k31 * x[1] + k41 * x[2],
        k13 * x[0] - k31 * x[1],
        k14 * x[0] - k41 * x[2],
        k12 * x[0] - (k25 + gone) * x[3] + k52 * x[4],
        k25 * x[3] - k52 * x[4],
        block - x[5] / FADE_MIN,
        block - x[6] / DELAY_MIN,
        x[6] / DELAY_MIN * (1.0 - x[7] / 1e3) - x[7] / SLOW_FADE_MIN,
    ]


def plain_loop_s(people: int) -> float:
    """Give seconds a person of a loop over SciPy's LSODA: one kinetic model and both branches of mood, to day 90."""
    from scipy.integrate import solve_ivp

    work, starts = five_states(people), [1440.0 * day for day in dosing_days(SCHEDULE)]
    edges = sorted({0.0, *starts, *(start + 40.0 for start in starts), 1440.0 * TIMES_DAYS[-1]})
    began = time.process_time()
    for k, weight in zip(work.rates.tolist(), work.weights[:, 0].tolist(), strict=True):
        state = np.zeros(8)
        for low, high in pairwise(edges):
            rate = 35.0 / 40.0 if low in starts else 0.0
            solved = solve_ivp(
                lambda _, x, k=k, rate=rate, weight=weight: _change(x, k, rate, weight),
                (low, high), state, method="LSODA", rtol=1e-6, atol=1e-9,
            )  # fmt: skip
            state = solved.y[:, -1]
    return (time.process_time() - began) / people


def verdict(says: str, value: float, aim: str, *, met: bool) -> str:
    """Give one line of the table of aims."""
    return f"| {says} | {value:.3g} | {aim} | {'met' if met else '**missed**'} |"


def slope_of_what_is_added(one: dict[int, tuple[float, float]]) -> float:
    """Give the slope on log scales of the seconds that more people add; what every run pays once is left out."""
    sizes = list(one)
    if len(sizes) <= 2:  # noqa: PLR2004 - two differences are needed
        return float("nan")
    added = [one[high][0] - one[low][0] for low, high in pairwise(sizes)]
    people = [high - low for low, high in pairwise(sizes)]
    return float(np.log(added[-1] / added[0]) / np.log(people[-1] / people[0]))


def measured_sizes(sizes: tuple[int, ...]) -> dict[int, tuple[float, float]]:
    """Measure one worker at each size, and print it."""
    print("| people | processor, s | clock, s | µs a person |\n|---|---|---|---|")
    one = {}
    for people in sizes:
        used, clock = one[people] = seconds(people)
        print(f"| {people:,} | {used:.2f} | {clock:.2f} | {1e6 * used / people:.1f} |", flush=True)
    return one


def main() -> None:
    """Print what was measured."""
    sizes = SIZES[:-1] if "--quick" in sys.argv else SIZES
    stamp = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, NumPy {np.__version__}"
    print(f"Virtual trials, six infusions, six scores to day 90, {2 * IN_ARM} people a trial.")
    print(f"{stamp}, SciPy {scipy.__version__}, load {os.getloadavg()[0]:.1f}\n")
    one, most = measured_sizes(sizes), sizes[-1]
    used, clock = one[most]
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_MAXRSS / 1e9
    two_used, two_clock = seconds(most, workers=2)
    child_gb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * BYTES_PER_MAXRSS / 1e9
    extra, peer, slope = overhead_us(20_000), plain_loop_s(PEER_PEOPLE), slope_of_what_is_added(one)
    print(f"\nTwo workers, {most:,} people: processor {two_used:.2f} s, clock {two_clock:.2f} s.")
    print(f"Plain SciPy loop (LSODA, one kinetic model, drug arm only): {1e3 * peer:.1f} ms a person on {PEER_PEOPLE},")
    print(f"{peer * most / used:,.0f} times ours.\n\n| aim | measured | wanted | |\n|---|---|---|---|")
    lines = (
        (f"{most:,} people on two workers, min", two_clock / 60.0, (0.0, AIM_MINUTES)),
        ("memory of the process, GB", memory_gb, (0.0, AIM_MEMORY_GB)),
        ("memory of a worker, GB", child_gb, (0.0, AIM_MEMORY_GB)),
        ("beside the model, µs a person", extra, (0.0, AIM_OVERHEAD_US)),
        ("efficiency of two workers by the processor", used / two_used, (AIM_EFFICIENCY, np.inf)),
        ("efficiency of two workers by the clock", clock / (2.0 * two_clock), (AIM_EFFICIENCY, np.inf)),
        ("slope of what people add", slope, AIM_SLOPE),
    )
    for says, value, (low, high) in lines:
        wanted = (
            f"at most {high:g}" if low == 0.0 else f"at least {low:g}" if high == np.inf else f"{low:g} to {high:g}"
        )
        print(verdict(says, value, wanted, met=low <= value <= high))


if __name__ == "__main__":
    main()
