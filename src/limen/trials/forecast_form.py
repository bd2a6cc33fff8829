"""The form of a forecast, checked once where a file is read: anybody's model may have written it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from limen.quantities import InputError
from limen.regimen.toml_table import Table

#: Version of the form.
FORM: Final = 1
SEAL: Final = "sha256"
#: Measures that are forecast, and what the fitting tables call them.
MEASURES: Final[Mapping[str, Literal["mean", "response"]]] = {"mean_change": "mean", "response_fraction": "response"}
#: No value that is forecast lies beyond these (ours).
LIMITS: Final = (-1e6, 1e6)
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{2,60}")


def checked(file: Path, found: object) -> dict[str, Any]:
    """Check what a file of forecasts holds.

    Parameters
    ----------
    file : Path
        Where it stood.
    found : object
        Its JSON.

    Returns
    -------
    dict
        The same, with everything that a score reads; whether the seal holds is not asked here.

    Raises
    ------
    InputError
        One sentence that names what is not of the form.
    """
    if not isinstance(found, dict) or found.get("limen_forecast") != FORM:
        raise InputError(f"{file} is no forecast of form {FORM}: it needs limen_forecast = {FORM}.")
    missing = [key for key in ("trial", "sealed_on", "model", "arms", SEAL) if key not in found]
    if missing:
        raise InputError(f"{file} lacks {', '.join(missing)}: a forecast names trial, date, model, arms and seal.")
    top = Table(found, str(file))
    top.text("sealed_on", "2026-11-28")
    top.table("model").text("name", "mine")
    trial = top.table("trial")
    trial.text("status", "registered, not reported")
    check_name(trial, "id")
    for arm in top.tables("arms"):
        arm.text("name", "ketamine")
        for one in arm.tables("forecasts"):
            _check_one(one)
    return found


def check_name(table: Table, key: str) -> str:
    """Give the name of a trial, which is that of files too; raises InputError where it cannot be."""
    name = table.text(key, "own-two-doses")
    if not NAME.fullmatch(name):
        raise InputError(
            f"{table.place}: {key} is written in small letters, figures and dashes, got {name!r}: mend it."
        )
    return name


def _check_one(table: Table) -> None:
    table.as_number("day", table.need("day", "1"), 0.0)
    table.need("measure", "'mean_change'")
    table.word("measure", MEASURES, "mean_change")
    table.need("values", "[-12.0]")
    table.numbers("values", (), *LIMITS)
    if table.need("seen_before", "[]") != []:
        table.numbers("seen_before", (), *LIMITS)


def no_constant(word: str) -> float:
    """Refuse NaN and Infinity, which JSON does not know."""
    raise InputError(f"{word} is no number of JSON: write null, or leave it out.")


def forecast_by(rows: Mapping[str, Any]) -> set[tuple[str, float]]:
    """Give the arms and days that a forecast is of."""
    return {(arm["name"], float(one["day"])) for arm in rows["arms"] for one in arm["forecasts"]}
