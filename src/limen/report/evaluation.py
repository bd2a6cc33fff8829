"""The page of an evaluation: measured concentrations against every model that can answer for them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from limen.quantities import InputError
from limen.report.checks import need, plain_words
from limen.report.files import write_whole
from limen.report.page import page
from limen.report.terminal import console, number, percent, table, warnings

KIND: Final = "evaluation"
ENSEMBLE: Final = "ensemble"
SMALLEST_SHOWN: Final = 0.001  # ours: a smaller p says no more
NEEDED: Final = ("file", "people", "samples", "replicates", "seed", "blq", "strata", "warnings", "disclaimer")
STRATUM_NEEDED: Final = ("title", "observed", "models", "refused")
MODEL_NEEDED: Final = ("errors", "log_score", "npde", "vpc", "pcvpc")
OBSERVED: Final = ("value_ng_per_ml", "below_ng_per_ml")


def write_evaluation_report(data: Mapping[str, Any], path: str | Path) -> Path:
    """Write the answer of `limen evaluate` as one self-contained HTML file.

    Parameters
    ----------
    data : Mapping
        As `limen.chain.evaluation.evaluation_answer` gives it.
    path : str or Path
        The file to write. An existing file is replaced only whole and only if it is such a page.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If something is missing from the data, or another file stands in the way.
    """
    _check(data)
    strata = [{**stratum, "models": _best_first(stratum["models"])} for stratum in data["strata"]]
    shown = {"version": version("limen"), "made_from": data["file"], "remarks": [], **data, "strata": strata}
    return write_whole(page("evaluation.html.j2", "evaluation.js", KIND, shown), Path(path), KIND)


def evaluation_table(found: Mapping[str, Any]) -> None:
    """Print `limen evaluate` in words: one table for each kind of samples, who cannot answer, and the file."""
    columns = ("model", "log score", "median error", "median size", "within 2x", "NPDE mean", "variance", "p")
    for stratum in found["strata"]:
        rows = [_words(name, model) for name, model in _best_first(stratum["models"]).items()]
        title = f"{stratum['title']} ({len(stratum['observed']['time_min'])} samples)"
        console().print(table(title, columns, rows))
        for reason in dict.fromkeys(stratum["refused"].values()):
            console().print(f"- {reason}")
    warnings(found)
    if "file_written" in found:
        console().print(f"The page: {found['file_written']}")


def _words(name: str, model: Mapping[str, Any]) -> list[str]:
    errors, npde = model["errors"], model["npde"]
    shares = (errors["median_pe"], errors["median_absolute_pe"], errors["within_2_fold"])
    plain = ["-" if value is None else f"{value:.2f}" for value in (model["log_score"], npde["mean"], npde["variance"])]
    return [name, plain[0], *map(percent, shares), *plain[1:], _chance(npde["p_all"])]


def _chance(value: float | None) -> str:
    return "< 0.001" if value is not None and value < SMALLEST_SHOWN else number(value, 2)


def _check(data: Mapping[str, Any]) -> None:
    need(data, NEEDED, "")
    for index, stratum in enumerate(data["strata"]):
        where = f"strata[{index}]"
        need(stratum, STRATUM_NEEDED, f"{where}.")
        times = stratum["observed"]["time_min"]
        for name in OBSERVED:
            if len(stratum["observed"][name]) != len(times):
                raise InputError(f"{where}.observed.{name} has not {len(times)} values: give one a time, or null.")
        for name, model in stratum["models"].items():
            need(model, MODEL_NEEDED, f"{where}.models.{name}.")
    plain_words(data)


def _best_first(models: Mapping[str, Any]) -> dict[str, Any]:
    """Put the ensemble first, then the models by how probable they make the observations."""

    def place(item: tuple[str, Any]) -> tuple[bool, float]:
        score = item[1]["log_score"]
        return item[0] != ENSEMBLE, float("inf") if score is None else -score

    return dict(sorted(models.items(), key=place))
