"""How long belief and options take, in seconds of one processor, beside the plain path that does the same.

The peer of the options is the plain path: every option's whole regimen from its beginning, for the same draws.
The peer of the most probable person is the same climb for one person alone. Run it with the package installed::

    OMP_NUM_THREADS=1 python benchmarks/belief.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from limen.inference.laplace import most_probable
from limen.inference.live import begin, unseen
from limen.inference.person import evidence_in
from limen.inference.prediction import predict
from limen.options import options_answer
from limen.options.candidates import candidates
from limen.regimen import Case, Sample, read_case

CASE: Final = Path(__file__).parents[1] / "examples" / "participant.toml"
TYPICAL: Final = CASE.with_name("typical_adult.toml")
INFUSIONS_D: Final = (0, 3, 7, 10, 14, 17)
AMOUNTS: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
DRAWS: Final = 4000
PEOPLE: Final = 400
REPEATS: Final = 3


def seconds(work: Callable[[], Any]) -> float:
    """Give the least processor time of some runs."""
    found = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def sixty(case: Case) -> Case:
    """Give the case with sixty options."""
    doses = tuple(f"ketamine iv {amount:g} mg/kg over {minutes} min" for amount in AMOUNTS for minutes in (40, 60, 90))
    nasal = tuple(f"ketamine intranasal {amount} mg" for amount in (25, 50, 75))
    return replace(case, options=replace(case.options, next_visit_h=700.0, doses=(*doses, *nasal)))


def plainly(case: Case) -> None:
    """Carry the whole regimen of three options from its beginning, for the same number of draws."""
    for option in list(candidates(case))[3:6]:
        after = option.after(case)
        evidence = evidence_in(replace(after, times_h=(724.0, 868.0, 1204.0)), prior=True)
        particles = evidence.model.draw(DRAWS, np.random.default_rng(1))
        evidence.model.course(particles, np.linspace(0.0, 1204.0 * 60.0, 90))


def course(folder: Path) -> Path:
    """Write the case of six infusions in three weeks with a score on each of 90 days; gives the file."""
    head, dose = TYPICAL.read_text(encoding="utf-8").split("[[dose]]")
    days = ", ".join(f"{24.0 * day}" for day in range(1, 91))
    head = re.sub(r"times_h = .*", f"times_h = [{days}]\ndraws = {DRAWS}", head)
    doses = [f"[[dose]]{dose.replace('start_h = 0.0', f'start_h = {24.0 * day}')}\n" for day in INFUSIONS_D]
    file = folder / "course.toml"
    file.write_text(head + "".join(doses), encoding="utf-8")
    return file


def cold(command: str, case: Path) -> float:
    """Give the processor time of a command in a process of its own."""
    code = f"import time; import limen; limen.{command}(limen.read_case({str(case)!r})); print(time.process_time())"
    found = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)  # noqa: S603 - our own interpreter
        for _ in range(REPEATS)
    ]
    return min(found)


def main() -> None:
    """Print the table."""
    case = read_case(CASE)
    many = sixty(case)
    options = len(list(candidates(many)))
    warm, plain = seconds(lambda: options_answer(many)), seconds(lambda: plainly(many)) / 3.0 * options
    print(
        f"options, {options} x {DRAWS} draws, all joints, warm: {warm:.2f} s; plain path, default joints: {plain:.1f} s"
    )
    print(f"ratio: {plain / warm:.1f}")
    print(f"options of the example, cold: {cold('options', CASE):.2f} s")
    with TemporaryDirectory() as folder:
        six = course(Path(folder))
        six_warm = seconds(partial(predict, read_case(six)))
        print(f"predict, six infusions, 90 days: {cold('predict', six):.2f} s cold, {six_warm:.2f} s warm")
    live = begin(unseen(case))
    print(f"live update by a score: {1000.0 * seconds(lambda: live.see(case.scores[1]).believed):.1f} ms")
    sample = Sample("ketamine", 41.0, 180.0)
    print(f"live update by a sample: {1000.0 * seconds(lambda: live.see(sample).believed):.1f} ms")
    evidence = evidence_in(case)
    guesses = evidence.model.draw(PEOPLE, np.random.default_rng(1))
    seen = np.stack([np.clip(np.round(one.location), 0.0, 60.0) for _, one in evidence.read(guesses)], axis=1)
    batch = seconds(lambda: most_probable(evidence, seen, np.random.default_rng(2))) / PEOPLE
    alone = seconds(lambda: most_probable(evidence, seen[:1], np.random.default_rng(2)))
    print(f"most probable person: {1000.0 * batch:.2f} ms each of {PEOPLE}, {1000.0 * alone:.0f} ms alone")


if __name__ == "__main__":
    main()
