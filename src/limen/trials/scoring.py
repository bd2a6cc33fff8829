"""Forecasts against results: CRPS, beside what trials of that kind reported before, and whether the seals hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.inference.ladder import crps
from limen.quantities import InputError
from limen.regimen.toml_table import Table, read_toml
from limen.trials.forecast_form import MEASURES, SEAL, forecast_by
from limen.trials.ledger import Forecast, forecasts_in, seal

#: Folder of results beside the forecasts, one file a trial.
RESULTS: Final = "results"
#: The middle 80 in 100.
ENDS: Final = (0.1, 0.5, 0.9)
DECIMALS: Final = 4
MOST_POINTS: Final = 60.0

Results = dict[tuple[str, float, str], float]
Answer = dict[str, Any]


def score_answer(place: Path) -> Answer:
    """Score every forecast of a folder whose trial has results.

    Parameters
    ----------
    place : Path
        A folder of forecasts, or one of them; results stand in the folder ``results`` beside them.

    Returns
    -------
    dict
        ``forecasts``, each with its seal, what was seen and its scores; ``models``, over all that could be scored;
        ``broken``, the files whose seal does not hold.

    Raises
    ------
    InputError
        Where a forecast or a result cannot be read.
    """
    folder = place if place.is_dir() else place.parent
    rows = [_one(folder, file, forecast) for file, forecast in forecasts_in(place)]
    return {
        "forecasts": rows,
        "models": list(_models(rows)),
        "broken": [row["file"] for row in rows if not row["seal_holds"]],
    }


def _one(folder: Path, file: Path, forecast: Forecast) -> Answer:
    trial, model = forecast["trial"], forecast["model"]
    head = {
        "file": file.name,
        "trial": trial["id"],
        "status": trial["status"],
        "model": _named(model),
        "sealed_on": forecast["sealed_on"],
        "seal_holds": seal(forecast) == forecast[SEAL],
    }
    results = folder / RESULTS / f"{trial['id']}.toml"
    if not head["seal_holds"]:
        return head | {"scores": [], "unknown_because": "its seal does not hold, so it is not scored"}
    if not results.exists():
        return head | {"scores": [], "unknown_because": f"no results are entered in {RESULTS}/{trial['id']}.toml"}
    return head | {"scores": list(_scores(forecast, read_results(results, trial["id"]), file))}


def _named(model: Mapping[str, Any]) -> str:
    """Name a model; two posteriors of Limen are two models."""
    return " ".join(str(model[key]) for key in ("name", "posterior") if model.get(key))


def read_results(file: Path, trial: str) -> Results:
    """Read the results of a trial.

    Parameters
    ----------
    file : Path
        TOML with [results] and one [[arm]] for each arm and day.
    trial : str
        The trial that they have to be of.

    Returns
    -------
    dict
        By arm, day and measure.

    Raises
    ------
    InputError
        Where it cannot be read or is of another trial.
    """
    top = read_toml(file).only(("limen", "results", "arm"))
    about = top.table("results").only(("trial", "source", "entered_on"))
    if about.text("trial", trial) != trial:
        raise InputError(
            f"{about.place}: these results are of {about.values['trial']!r}, not of {trial!r}: mend the name."
        )
    about.text("source", "the DOI of the report")
    found = dict(one for table in top.tables("arm") for one in _result(table))
    if not found:
        raise InputError(f"{file.name} holds no result: add [[arm]] with name, day and mean_change.")
    return found


def _result(table: Table) -> Iterator[tuple[tuple[str, float, str], float]]:
    table.only(("name", "day", *MEASURES))
    name, day = table.text("name", "ketamine"), table.as_number("day", table.need("day", "1"), 0.0)
    limits = {"mean_change": (-MOST_POINTS, MOST_POINTS), "response_fraction": (0.0, 1.0)}
    for measure, (low, high) in limits.items():
        value = table.number(measure, low, high)
        if value is not None:
            yield (name, day, measure), value


def _scores(forecast: Forecast, results: Results, file: Path) -> Iterator[Answer]:
    left = dict(results)
    for arm in forecast["arms"]:
        for one in arm["forecasts"]:
            key = (arm["name"], float(one["day"]), one["measure"])
            if key in left:
                yield _score(key, one, left.pop(key))
    of = forecast_by(forecast)
    strange = [key for key in left if key[:2] not in of]
    if strange:
        name, day, measure = strange[0]
        raise InputError(f"{file.name} forecasts no {measure} of {name!r} on day {day:g}: take that result out.")


def _score(key: tuple[str, float, str], one: Mapping[str, Any], seen: float) -> Answer:
    values, before = np.array(one["values"]), np.array(one["seen_before"])
    low, middle, high = (float(np.quantile(values, end)) for end in ENDS)
    found: Answer = {"arm": key[0], "day": key[1], "measure": key[2], "seen": seen}
    found |= {"p10": low, "p50": middle, "p90": high, "inside_80": low <= seen <= high}
    found["crps"] = round(crps(values, seen), DECIMALS)
    if len(before) == 0:
        return found | {"crps_climatology": None, "unknown_because": "no arm of this kind is on file on this scale"}
    return found | {"crps_climatology": round(crps(before, seen), DECIMALS)}


def _models(rows: list[Answer]) -> Iterator[Answer]:
    """Give each model over all that it forecast: skill is 1 - CRPS over that of climatology, for each measure."""
    for name in sorted({row["model"] for row in rows}):
        for measure in MEASURES:
            scores = [one for row in rows if row["model"] == name for one in row["scores"] if one["measure"] == measure]
            if scores:
                yield {"model": name, "measure": measure, **_skill(scores)}


def _skill(scores: list[Answer]) -> Answer:
    both = [one for one in scores if one["crps_climatology"] is not None]
    beside = sum(one["crps_climatology"] for one in both)
    found: Answer = {
        "scored": len(scores),
        "crps": round(float(np.mean([one["crps"] for one in scores])), DECIMALS),
        "inside_80": round(float(np.mean([one["inside_80"] for one in scores])), DECIMALS),
    }
    if not beside:
        return found | {"skill": None, "unknown_because": "nothing like these arms was seen before"}
    return found | {"skill": round(1.0 - sum(one["crps"] for one in both) / beside, DECIMALS)}
