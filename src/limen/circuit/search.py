"""The search for a mechanism's values: evolution with an adapted covariance, one file of all that was tried.

Each generation draws points around a mean; the better half moves mean, step and covariance (Hansen's CMA-ES with his
usual constants). Every point that was tried stands in one line of ``tried.jsonl``; a search that is started again with
the same folder reads them, comes to the same place, and goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.circuit.mechanisms import Mechanism, mechanism, written
from limen.circuit.objective import screen, terms
from limen.quantities import Floats, InputError

#: Width of the first generation, in parts of a range (ours).
FIRST_STEP: Final = 0.12
POINTS: Final = 14
SCREEN_SEEDS: Final = 2


@dataclass
class Evolution:
    """Mean, step and covariance of the next generation, in units of the ranges.

    Parameters
    ----------
    mean : Floats
        Shape ``(ranges,)``.
    step : float
        Width.
    """

    mean: Floats
    step: float = FIRST_STEP
    covariance: Floats = field(init=False)
    path: Floats = field(init=False)
    step_path: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.covariance = np.eye(len(self.mean))
        self.path, self.step_path = np.zeros(len(self.mean)), np.zeros(len(self.mean))

    def draw(self, rng: np.random.Generator, points: int = POINTS) -> Floats:
        """Draw a generation, shape ``(points, ranges)``, each value from 0 to 1."""
        spread, axes = np.linalg.eigh(self.covariance)
        steps = rng.standard_normal((points, len(self.mean))) * np.sqrt(np.maximum(spread, 1e-12))
        return np.clip(self.mean + self.step * steps @ axes.T, 0.0, 1.0)

    def learn(self, points: Floats, scores: Floats) -> None:
        """Move towards the better half of a generation."""
        n, order = len(self.mean), np.argsort(scores, kind="stable")
        half = len(points) // 2
        weights = np.log(half + 0.5) - np.log(np.arange(1, half + 1))
        weights /= weights.sum()
        few = 1.0 / np.sum(weights**2)
        best = (points[order[:half]] - self.mean) / self.step
        move = weights @ best
        self._paths(move, n, few)
        one, rank = 2.0 / ((n + 1.3) ** 2 + few), 2.0 * (few - 2.0 + 1.0 / few) / ((n + 2.0) ** 2 + few)
        learnt = one * np.outer(self.path, self.path) + rank * (best.T * weights) @ best
        self.covariance = (1.0 - one - rank) * self.covariance + learnt
        self.mean = np.clip(self.mean + self.step * move, 0.0, 1.0)

    def _paths(self, move: Floats, n: int, few: float) -> None:
        slow, fast = (few + 2.0) / (n + few + 5.0), (4.0 + few / n) / (n + 4.0 + 2.0 * few / n)
        spread, axes = np.linalg.eigh(self.covariance)
        whitened = axes @ ((axes.T @ move) / np.sqrt(np.maximum(spread, 1e-12)))
        self.step_path = (1.0 - slow) * self.step_path + np.sqrt(slow * (2.0 - slow) * few) * whitened
        self.path = (1.0 - fast) * self.path + np.sqrt(fast * (2.0 - fast) * few) * move
        usual = np.sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n))
        pace = slow / (1.0 + slow)
        self.step = float(np.clip(self.step * np.exp(pace * (np.linalg.norm(self.step_path) / usual - 1.0)), 0.01, 0.3))


@dataclass(frozen=True)
class Tried:
    """One point: where, its objective, and the terms of it."""

    units: tuple[float, ...]
    score: float
    terms: dict[str, float]


def try_point(one: Mechanism, units: Floats, seeds: int) -> Tried:
    """Run the screen at a point; the objective is the mean over seeds."""
    network = one.at(units)
    found = [terms(screen(network, seed)) for seed in range(1, seeds + 1)]
    mean = {name: float(np.mean([each[name] for each in found])) for name in found[0]}
    return Tried(tuple(float(f"{u:.6f}") for u in units), round(sum(mean.values()), 4), mean)


def read_tried(path: Path) -> list[Tried]:
    """Read what was tried before; a last line that is cut short is left out."""
    if not path.exists():
        return []
    lines: list[Any] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return [Tried(tuple(each["units"]), each["score"], each["terms"]) for each in lines]


def evolve(
    one: Mechanism, folder: Path, *, seed: int, budget: int, seeds: int, tell: Callable[[int, int], None]
) -> Tried:
    """Search until `budget` points are tried, those of earlier runs counted; gives the best."""
    folder.mkdir(parents=True, exist_ok=True)
    path, known = folder / "tried.jsonl", read_tried(folder / "tried.jsonl")
    path.write_text("".join(_line(each) for each in known), encoding="utf-8")
    state, done = Evolution(one.units), []
    while len(done) < budget:
        points = state.draw(np.random.default_rng([seed, len(done) // POINTS]))
        if not done:
            points[0] = np.clip(one.units, 0.0, 1.0)
        generation = []
        for units in points:
            place = len(done) + len(generation)
            generation.append(known[place] if place < len(known) else _add(path, try_point(one, units, seeds)))
            tell(min(place + 1, budget), budget)
        state.learn(np.array([each.units for each in generation]), np.array([each.score for each in generation]))
        done += generation
    return min(done, key=lambda each: each.score)


def _line(tried: Tried) -> str:
    return json.dumps({"units": tried.units, "score": tried.score, "terms": tried.terms}) + "\n"


def _add(path: Path, tried: Tried) -> Tried:
    with path.open("a", encoding="utf-8") as file:
        file.write(_line(tried))
    return tried


def search_answer(
    name: str,
    folder: Path,
    *,
    seed: int,
    budget: int,
    seeds: int = SCREEN_SEEDS,
    tell: Callable[[int, int], None] = lambda _step, _steps: None,
) -> dict[str, Any]:
    """Search a mechanism's values from where they stand, and write the best beside all that was tried.

    Parameters
    ----------
    name : str
        ``"hcn1"`` or ``"rival"``.
    folder : Path
        Holds ``tried.jsonl`` and the best as a mechanism's file; a search goes on from what is there.
    seed : int
        Of the draws; the same seed and budget give the same points.
    budget : int
        Points in all, earlier ones counted.
    seeds : int
        Of the network, over which a point's objective is averaged.
    tell : callable
        Told how far it is.

    Returns
    -------
    dict
        The best point and its terms.

    Raises
    ------
    InputError
        If budget or seeds are below 1, or the folder holds the search of another mechanism.
    """
    if budget < 1 or seeds < 1:
        raise InputError(f"A search needs at least 1 point and 1 seed, got {budget} and {seeds}: try 140 and 2.")
    one = mechanism(name)
    earlier = read_tried(folder / "tried.jsonl")
    if earlier and len(earlier[0].units) != len(one.ranges):
        raise InputError(f"The folder {folder} holds the search of another mechanism: give another with --to.")
    best = evolve(one, folder, seed=seed, budget=budget, seeds=seeds, tell=tell)
    said = f"limen circuit-search --mechanism {name} --seed {seed} --budget {budget}, objective {best.score:g}"
    made = replace(one, network=one.at(np.array(best.units)), found_by=said)
    (folder / f"{name}.json").write_text(written(made), encoding="utf-8")
    return {
        "mechanism": name,
        "tried": budget,
        "objective": best.score,
        "terms": best.terms,
        "values": {each.name: each.natural(u) for each, u in zip(one.ranges, best.units, strict=True)},
        "files": [str(folder / "tried.jsonl"), str(folder / f"{name}.json")],
    }
