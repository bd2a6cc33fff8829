"""The search for a mechanism's values: one point at a time, moved in a few coordinates, kept where it is no worse.

Evolution of the plainest kind, (1+1): each point moves one to four coordinates of the best so far by a normal step,
whose width grows by half on a success and shrinks a little on a failure. In thirty dimensions and some hundred points
it went further than an adapted covariance, which needs thousands. Every point that was tried stands in one line of
``tried.jsonl``, below a line that says of which search; the same search started again with the same folder reads them,
comes to the same place, and goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.circuit.mechanisms import Mechanism, by_hand, mechanism, written
from limen.circuit.objective import screen, terms
from limen.quantities import Floats, InputError

#: Width of the first step and its limits, in parts of a range (ours), and what a success and a failure make of it.
FIRST_STEP: Final = 0.08
STEPS: Final = (0.02, 0.2)
ON_SUCCESS: Final = 1.5
ON_FAILURE: Final = 0.97
MOST_MOVED: Final = 4
SCREEN_SEEDS: Final = 2
#: Score of a point that was given up before all its seeds were run, because it could no longer be kept.
GIVEN_UP: Final = 1e6


def moved(best: Floats, width: float, rng: np.random.Generator) -> Floats:
    """Give a point with one to four coordinates moved, each from 0 to 1, shape ``(ranges,)``."""
    point, few = best.copy(), rng.choice(len(best), size=int(rng.integers(1, MOST_MOVED + 1)), replace=False)
    point[few] = np.clip(point[few] + width * rng.standard_normal(len(few)), 0.0, 1.0)
    return np.round(point, 6)


@dataclass(frozen=True)
class Tried:
    """One point: where, its objective, and the terms of it."""

    units: tuple[float, ...]
    score: float
    terms: dict[str, float]


def try_point(one: Mechanism, units: Floats, seeds: int, best: float) -> Tried:
    """Run the screen at a point; the objective is the mean over seeds, given up once it must be above `best`."""
    network, found = one.at(units), []
    for seed in range(1, seeds + 1):
        found.append(terms(screen(network, seed)))
        if sum(sum(each.values()) for each in found) / seeds > best:
            break
    mean = {name: float(np.mean([each[name] for each in found])) for name in found[0]}
    whole = round(sum(mean.values()), 4) if len(found) == seeds else GIVEN_UP
    return Tried(tuple(units.tolist()), whole, mean)


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
    return [Tried(tuple(each["units"]), each["score"], each["terms"]) for each in lines if "units" in each]


def begun(path: Path) -> dict[str, Any]:
    """Read of which search a file of points is; empty where it does not say."""
    first = path.read_text(encoding="utf-8").partition("\n")[0] if path.exists() else ""
    try:
        found = json.loads(first)
    except json.JSONDecodeError:
        return {}
    return dict(found["search"]) if "search" in found else {}


def check_same(path: Path, asked: dict[str, Any]) -> None:
    """Refuse a file with points of another search."""
    said = begun(path)
    for name, value in asked.items():
        if read_tried(path) and said.get(name) != value:
            raise InputError(
                f"{path} holds a search with the {name} {said.get(name, 'not stated')}, and {value} was asked:"
                " give another folder with --to."
            )


def evolve(
    one: Mechanism, folder: Path, *, seed: int, budget: int, seeds: int, tell: Callable[[int, int], None]
) -> Tried:
    """Search until `budget` points are tried, those of earlier runs counted; gives the best."""
    folder.mkdir(parents=True, exist_ok=True)
    path, known = folder / "tried.jsonl", read_tried(folder / "tried.jsonl")
    best = Tried(tuple(np.clip(np.round(one.units, 6), 0.0, 1.0).tolist()), np.inf, {})
    asked = {"seed": seed, "seeds of the network": seeds, "start": list(best.units)}
    check_same(path, asked)
    path.write_text(json.dumps({"search": asked}) + "\n" + "".join(map(_line, known)), encoding="utf-8")
    width = FIRST_STEP
    for place in range(budget):
        point = np.array(best.units)
        if place:
            point = moved(point, width, np.random.default_rng([seed, place]))
        tried = known[place] if place < len(known) else _add(path, try_point(one, point, seeds, best.score))
        kept = tried.score <= best.score
        width = float(np.clip(width * (ON_SUCCESS if kept else ON_FAILURE), *STEPS))
        best = tried if kept else best
        tell(place + 1, budget)
    return best


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
    hand: bool = False,
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
    hand : bool
        True to begin from the values set by hand, and not from the shipped ones.
    tell : callable
        Told how far it is.

    Returns
    -------
    dict
        The best point and its terms.

    Raises
    ------
    InputError
        If budget or seeds are below 1, or the folder holds another search.
    """
    if budget < 1 or seeds < 1:
        raise InputError(f"A search needs at least 1 point and 1 seed, got {budget} and {seeds}: try 140 and 2.")
    one = by_hand(name) if hand else mechanism(name)
    earlier = read_tried(folder / "tried.jsonl")
    if earlier and len(earlier[0].units) != len(one.ranges):
        raise InputError(f"The folder {folder} holds the search of another mechanism: give another with --to.")
    best = evolve(one, folder, seed=seed, budget=budget, seeds=seeds, tell=tell)
    said = f"limen circuit-search --mechanism {name} --seed {seed} --budget {budget}, from: {one.found_by}"
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
