"""How often what is believed of people holds the truth, and whether the ways of believing agree: table of docs/claims.

Run it with ``python -m limen.inference.verification PAGE.md``; it writes its tables between two marks. People are drawn
from the model itself, so the first table says whether the reckoning is right, and nothing of real people.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from limen.inference.particles import Particles
from limen.inference.person import (
    Believed,
    believe_quickly,
    by_weight,
    evidence_in,
    first_particles,
    led_to,
    settled,
    weighed,
)
from limen.inference.prediction import view_of
from limen.inference.problems import PROBLEMS, problem
from limen.inference.readings import Assay
from limen.inference.seen import RISES, before_mmhg
from limen.inference.tempering import cloud_of, parted, sweep
from limen.inference.weighing import Carried, Evidence, carry
from limen.quantities import Floats, InputError
from limen.regimen import Case, Sample, Score
from limen.response.parameters import posterior_hash

PEOPLE: Final = 400
SEED: Final = 1
BEGIN: Final = "<!-- table: begin -->"
END: Final = "<!-- table: end -->"
#: Share of truths that 90 % intervals are held to.
HELD: Final = (0.85, 0.95)
#: Distance of two means that ways of believing are held to, posterior SDs.
NEAR: Final = 0.1
LOW, HIGH = 0.05, 0.95
#: Draws of the prior that all people of one design are weighed on.
SHARED_DRAWS: Final = 20_000
#: Effective draws at which the end of a 90 % interval is known well enough to count with (ours: fewer are led).
ENOUGH_EFFECTIVE: Final = 100.0
#: Draws and sweeps of the agreement (ours: each mean is then known to a thirtieth of a posterior SD or better).
MANY_DRAWS: Final = 60_000
LED: Final = 6000
QUICK: Final = 40_000
MANY_LOOKS: Final = 1000
WALKERS: Final = 600
BURNT, SWEPT = 60, 240
MIN_PER_H: Final = 60.0
BELOW_NG_PER_ML: Final = 5.0


def quantities(believed: Believed) -> dict[str, Floats]:
    """Give what is reported of a person, by draw, shape ``(draws,)`` each."""
    case, course = believed.case, believed.course
    last = case.times_h[-1]
    found = {}
    for at_h in case.times_h:
        column = int(course.columns(np.array([at_h * MIN_PER_H]))[0])
        found[f"MADRS expected at {at_h:g} h"] = course.madrs[:, column]
    first = int(course.columns(np.array([case.times_h[0] * MIN_PER_H]))[0])
    found["CADSS at the first time"] = course.cadss[:, first]
    found["systolic rise at the first time"] = course.systolic_rise_mmhg[:, first]
    found["ketamine at the first time"] = np.log(course.concentrations.analyte("ketamine")[:, first] + 1e-3)
    found["answer to the drug"] = np.log(course.people.drug_strength)
    found["change without drug"] = np.log(course.people.control_strength)
    found[f"fall by the drug at {last:g} h"] = course.drug_fall[:, -1]
    return found


@dataclass(frozen=True)
class Truth:
    """One simulated person: what is true, what would be recorded later, and what was seen."""

    case: Case
    expected: dict[str, float]
    recorded: dict[str, float]


def simulated(name: str, number: int) -> Truth:
    """Draw a person of the model and what would be seen of them under the design of a problem."""
    rng = np.random.default_rng([SEED, PROBLEMS.index(name), number])
    design = problem(name)
    evidence = evidence_in(design)
    one = evidence.model.draw(len(FEW), rng).take(rng.integers(0, len(FEW), 1))
    carried = carry(evidence, one)
    person = Believed(design, evidence, carried, np.ones(1), 1.0, "truth", ())
    case = seen_by(design, evidence, one, rng)
    view = view_of(person, np.zeros(1, dtype=np.int64))
    recorded = {
        f"{scale} recorded at {at_h:g} h": float(view.reading(scale).recorded(rng)[0, k])
        for scale in ("MADRS", "CADSS", *(rise for rise in RISES if before_mmhg(design, rise) is not None))
        for k, at_h in enumerate(design.times_h)
    }
    return Truth(case, {name_: float(value[0]) for name_, value in quantities(person).items()}, recorded)


#: Places for the few draws that one person is taken from, so that every model can be that person's.
FEW: Final = range(200)


def seen_by(design: Case, evidence: Evidence, one: Particles, rng: np.random.Generator) -> Case:
    """Replace what a design observed by what would be seen of one person."""
    scores, samples, baseline = [], [], dict(design.patient.baseline)
    for seen, reading in evidence.read(one):
        value = float(reading.recorded(rng)[0])
        if isinstance(reading, Assay):
            limit = BELOW_NG_PER_ML
            below = value < limit
            samples.append(Sample(seen.what, seen.at_min, None if below else value, limit if below else None))
        elif seen.at_min <= 0.0:
            baseline[seen.what] = value
        else:
            scores.append(Score(seen.what, seen.at_min / MIN_PER_H, max(value, 41.0) if seen.what in RISES else value))
    patient = replace(design.patient, baseline=baseline)
    return replace(design, patient=patient, scores=tuple(scores), samples=tuple(samples), path=None)


@lru_cache(maxsize=1)
def prior_of(name: str) -> Carried:
    """Carry the draws of the prior through a design once: it is the same for everybody observed by it."""
    evidence = evidence_in(problem(name))
    return carry(evidence, first_particles(evidence, SHARED_DRAWS))


def believed_of(name: str, truth: Truth) -> Believed:
    """Believe one person: the shared draws weighed, and led on by tempering where too few carry weight."""
    evidence, carried = evidence_in(truth.case), prior_of(name)
    found = by_weight(evidence, carried, evidence.each(carried.particles, carried.course, carried.samples))
    return found if found.effective_draws >= ENOUGH_EFFECTIVE else settled(found)


def held(believed: Believed, truth: Truth) -> dict[str, tuple[bool, bool]]:
    """Tell of every quantity whether the 90 % interval holds the truth, and whether it has any width."""
    found = {}
    for name, values in quantities(believed).items():
        low, high = ends(values, believed.weights)
        found[name] = (bool(low - 1e-9 <= truth.expected[name] <= high + 1e-9), bool(high > low))
    rng = np.random.default_rng([SEED, 2])
    view = view_of(believed, believed.rows(4000, rng))
    for name, value in truth.recorded.items():
        scale, _, at_h = name.removesuffix(" h").partition(" recorded at ")
        drawn = view.reading(scale).recorded(rng)[:, truth.case.times_h.index(float(at_h))]
        low, high = np.quantile(drawn, [LOW, HIGH])
        found[name] = (bool(low <= value <= high), bool(high > low))
    return found


def ends(values: Floats, weights: Floats) -> tuple[float, float]:
    """Give the ends of the 90 % interval by weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    rows = np.minimum(np.searchsorted(reached, np.array([LOW, HIGH]) * reached[-1]), len(values) - 1)
    low, high = values[order][rows]
    return float(low), float(high)


def kind(name: str) -> str:
    """Group quantities that are the same at other times."""
    return name.partition(" at ")[0]


@dataclass(frozen=True)
class Counted:
    """What was counted over some people: whether each interval held the truth, and how they were believed."""

    held: dict[str, list[bool]]
    hows: dict[str, int]


def counted_of(name: str) -> Counted:
    """Draw the people of one design, believe each, and count."""
    held_: dict[str, list[bool]] = {}
    hows: dict[str, int] = {}
    for number in range(PEOPLE // len(PROBLEMS)):
        truth = simulated(name, number)
        believed = believed_of(name, truth)
        hows[believed.how] = hows.get(believed.how, 0) + 1
        for quantity, (inside, wide) in held(believed, truth).items():
            if wide:
                held_.setdefault(kind(quantity), []).append(inside)
    sys.stderr.write(f"{name}: {hows}\n")
    return Counted(held_, hows)


def coverage(counted: Sequence[Counted]) -> Iterator[str]:
    """Yield the lines of the first table: share of truths within the 90 % interval, by quantity."""
    together: dict[str, list[bool]] = {}
    hows: dict[str, int] = {}
    for one in counted:
        for quantity, inside in one.held.items():
            together.setdefault(quantity, []).extend(inside)
        for how, people in one.hows.items():
            hows[how] = hows.get(how, 0) + people
    yield "| quantity | intervals | hold the truth | verdict (85 to 95 %) |"
    yield "|---|---|---|---|"
    for quantity, found in together.items():
        share = float(np.mean(found))
        reached = HELD[0] <= share <= HELD[1] or (quantity.endswith("recorded") and share > HELD[1])
        yield f"| {quantity} | {len(found)} | {100.0 * share:.1f} % | {'met' if reached else 'missed'} |"
    yield ""
    yield f"Believed by: {', '.join(f'{how}, {people} people' for how, people in hows.items())}."


def long_chains(case: Case) -> Believed:
    """Believe by Markov chains alone, from draws of the prior, without any tempering."""
    evidence = evidence_in(case)
    rng = np.random.default_rng([case.seed, 77])
    cloud = cloud_of(evidence, evidence.model.draw(WALKERS, rng))
    visited = []
    for k in range(BURNT + SWEPT):
        cloud = sweep(evidence, cloud, 1.0, rng)
        if k >= BURNT and k % 6 == 0:
            visited.append(cloud.particles)
    together = Particles(
        np.concatenate([one.population_row for one in visited]),
        np.concatenate([one.member for one in visited]),
        np.concatenate([one.normals for one in visited]),
    )
    carried = carry(evidence, together.take(np.arange(len(together))))
    weights = np.full(len(together), 1.0 / len(together))
    return Believed(case, evidence, carried, weights, parted(cloud), "Markov chains from the prior", ())


def ways(case: Case) -> dict[str, Believed]:
    """Believe one case in every way."""
    evidence = evidence_in(case)
    return {
        "weighed": weighed(evidence, MANY_DRAWS),
        "particles": led_to(evidence, LED),
        "Laplace": believe_quickly(case, draws=QUICK, looks=MANY_LOOKS),
        "MCMC": long_chains(case),
    }


def moments(believed: Believed, values: Floats) -> tuple[float, float]:
    """Give weighted mean and SD."""
    mean = believed.mean(values)
    return mean, float(np.sqrt(believed.mean((values - mean) ** 2)))


def agreement_row(name: str) -> str:
    """Believe one problem in every way, and write how far any two means lie apart, in posterior SDs."""
    found = ways(problem(name))
    worst, where = farthest(found)
    worths = " | ".join(f"{one.effective_draws:.0f}" for one in found.values())
    sys.stderr.write(f"{name}: {worst:.3f} at {where}\n")
    return f"| {name} | {worths} | {worst:.3f} SD | {where} | {'met' if worst <= NEAR else 'missed'} |"


def tables(counted: Sequence[Counted], rows: Sequence[str]) -> str:
    """Write both tables."""
    made = (
        f"Version {version('limen')}, posterior {posterior_hash()}, seed {SEED}, "
        f"{datetime.now(tz=UTC).date().isoformat()}, {PEOPLE} people."
    )
    heads = (
        "| problem | draws weighed are worth | particles | Laplace | MCMC | farthest means | quantity | verdict |",
        "|---|---|---|---|---|---|---|---|",
    )
    return "\n".join([made, "", *coverage(counted), "", *heads, *rows])


def written(page: Path, found: str) -> None:
    """Put the tables between the marks of a page; raises InputError where it has none."""
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise InputError(f"{page} has no marks {BEGIN} and {END}: put them where the tables belong.")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{after}", encoding="utf-8")


def farthest(found: dict[str, Believed]) -> tuple[float, str]:
    """Give the largest distance of particles, Laplace and MCMC over all quantities, posterior SDs, and where it is."""
    compared = [one for way, one in found.items() if way != "weighed"]
    values = [quantities(one) for one in compared]
    worst, where = 0.0, ""
    for name in values[0]:
        told = [moments(one, of_one[name]) for one, of_one in zip(compared, values, strict=True)]
        sd = told[-1][1]
        if sd <= 0.0:
            continue
        apart = (max(mean for mean, _ in told) - min(mean for mean, _ in told)) / sd
        if apart > worst:
            worst, where = apart, name
    return worst, where


def main(arguments: Sequence[str]) -> None:
    """Count, compare, and write the tables into a page."""
    counted = [counted_of(name) for name in PROBLEMS]
    written(Path(arguments[0]), tables(counted, [agreement_row(name) for name in PROBLEMS]))


if __name__ == "__main__":
    main(sys.argv[1:])
