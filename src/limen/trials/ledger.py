"""Forecasts of trials that have not reported: dated and sealed when they are made, scored when results are entered.

A forecast is one JSON file that holds the trial, the model that made it and, for each arm and day, equally likely
values of what the trial will report, beside what trials of that kind reported before. Its seal is the SHA-256 of all
that, so a forecast that was changed afterwards is seen. Anybody's model takes part by one file of this form.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.inference.fitted_arms import Observation, observations
from limen.inference.ladder import climatology
from limen.quantities import Floats, InputError
from limen.regimen.toml_table import Table, read_toml
from limen.response.mood import HOURS_PER_DAY, Circumstances
from limen.response.parameters import posterior_hash
from limen.trials.forecast_form import FORM, MEASURES, SEAL, check_name, checked, no_constant
from limen.trials.kept import write_whole
from limen.trials.running import counted_arms
from limen.trials.spec import Arm, TrialSpec, read_spec
from limen.trials.tally import ArmTally

#: Equally likely values of each forecast (ours: the score then errs by less than a hundredth of itself).
VALUES: Final = 40
DECIMALS: Final = 4
STATUSES: Final = ("example design of our own", "registered, not reported")
REGISTRATION: Final = re.compile(r"NCT\d{8}|ISRCTN\d{8}|EUCTR[\d-]+|[A-Z]{3,10}\d{6,}")
#: Scale on which arms were seen before.
SEEN_ON: Final = "MADRS"

Forecast = dict[str, Any]


def seal(forecast: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a forecast: its JSON without the seal, keys sorted, without blanks, as UTF-8."""
    said = {key: value for key, value in forecast.items() if key != SEAL}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(forecast: Mapping[str, Any]) -> Forecast:
    """Give a forecast with its seal."""
    return dict(forecast) | {SEAL: seal(forecast)}


def make_forecast(spec_file: Path, sealed_on: str) -> Forecast:
    """Forecast the trial of a file.

    Parameters
    ----------
    spec_file : Path
        A trial file with the table [forecast].
    sealed_on : str
        Today, as ``"2026-11-28"``.

    Returns
    -------
    dict
        The forecast with its seal.

    Raises
    ------
    InputError
        Where the table is missing, the date cannot be, or nothing is known of the scale.
    """
    spec = read_spec(spec_file)
    trial, day = _trial(spec_file, spec), _day(sealed_on)
    arms = counted_arms(spec)
    return sealed(
        {
            "limen_forecast": FORM,
            "trial": trial,
            "sealed_on": day,
            "model": {
                "name": "limen",
                "version": version("limen"),
                "posterior": posterior_hash(),
                "draws": spec.draws,
                "seed": spec.seed,
            },
            "design": spec_file.read_text(encoding="utf-8"),
            "arms": [_arm(spec, arm, tally) for arm, tally in zip(spec.arms, arms, strict=True)],
        }
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"--sealed-on needs a date, got {text!r}: write it such as 2026-11-28.") from None


def _trial(file: Path, spec: TrialSpec) -> dict[str, Any]:
    table = read_toml(file).table("forecast").only(("id", "status", "registration", "reports_from"))
    name = check_name(table, "id")
    table.need("status", repr(STATUSES[0]))
    status = table.word("status", STATUSES, STATUSES[0])
    registration = _registration(table, status)
    return {"id": name, "name": spec.name, "status": status, "registration": registration, "scale": spec.scale}


def _registration(table: Table, status: str) -> str | None:
    if status == STATUSES[0]:
        return None
    text = table.text("registration", "NCT00000000")
    if not REGISTRATION.fullmatch(text):
        raise InputError(f"{table.place}: registration is the number in a registry, got {text!r}: such as NCT00000000.")
    return text


def _arm(spec: TrialSpec, arm: Arm, tally: ArmTally) -> dict[str, Any]:
    found = []
    for column, day in enumerate(spec.times_days):
        for measure, values in (("mean_change", tally.mean_change), ("response_fraction", tally.response)):
            before = seen_before(spec, arm, measure, day) if spec.scale == SEEN_ON else np.zeros(0)
            found.append(
                {"day": day, "measure": measure, "values": likely(values[:, column]), "seen_before": _short(before)}
            )
    return {"name": arm.name, "n": arm.n, "forecasts": found}


def likely(draws: Floats) -> list[float]:
    """Give equally likely values of draws, shape ``(draws,)``, rising: the middles of parts that hold equally many.

    Trials in which nobody of the arm was seen report nothing; raises InputError where that is all of them.
    """
    told = draws[~np.isnan(draws)]
    if not len(told):
        raise InputError(
            f"At a time of times_days nobody of an arm is seen in any of {len(draws)} trials: take that time out, or"
            " lower dropout_per_week in [missing]."
        )
    return _short(np.quantile(told, (np.arange(VALUES) + 0.5) / VALUES))


def _short(values: Floats) -> list[float]:
    return [round(float(value), DECIMALS) + 0.0 for value in values]


def seen_before(spec: TrialSpec, arm: Arm, measure: str, day: float) -> Floats:
    """Give what arms of this kind reported before, from the tables that the response was fitted to."""
    drug = arm.drug if arm.active else ""
    around = Circumstances(spec.setting, spec.background, spec.design)
    mine = Observation(
        study="",
        kind=MEASURES[measure],
        drug=drug,
        route=arm.route,
        dose=arm.dose,
        days=tuple(float(one) for one in arm.days),
        circumstances=around,
        time_h=HOURS_PER_DAY * day,
        baseline=spec.baseline_mean,
        n=float(arm.n),
        value=0.0,
        error=1.0,
    )
    return climatology(mine, observations())


def write_forecast(forecast: Mapping[str, Any], file: Path) -> Path:
    """Write a forecast; a sealed one is never written over."""
    if file.exists():
        raise InputError(f"{file} is sealed already: give the new forecast another name.")
    write_whole(file, (json.dumps(forecast, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
    return file


def read_forecast(file: Path) -> Forecast:
    """Read a forecast.

    Parameters
    ----------
    file : Path
        JSON.

    Returns
    -------
    dict
        With or without a right seal.

    Raises
    ------
    InputError
        Where it is no forecast.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"), parse_constant=no_constant)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as JSON: take it out of the folder of forecasts.") from error
    return checked(file, found)


def forecasts_in(place: Path) -> Iterator[tuple[Path, Forecast]]:
    """Yield every forecast of a folder with its file, by name; raises InputError where there is none."""
    files: Sequence[Path] = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not files or not place.exists():
        raise InputError(f"{place} holds no forecast: name a forecast, or the folder that holds them as .json files.")
    for file in files:
        yield file, read_forecast(file)
