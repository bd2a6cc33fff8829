"""The fitting tables: published outcomes, baselines, and what is known of sessions and of the link to benefit.

Loader rule: cells of a column whose standing is `unconfirmed` are blank.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from limen.evidence.files import data_file
from limen.evidence.standing import UNCONFIRMED, check_standing, read_standing
from limen.quantities import InputError

SETTING_OF_COMPARATOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "open",
        "saline": "saline",
        "placebo_spray": "saline",
        "oral_placebo": "saline",
        "midazolam": "midazolam",
        "anaesthesia": "anaesthesia",
        "placebo_spray+AD": "oral antidepressant + nasal placebo",
        "saline+AD": "oral antidepressant + nasal placebo",
        "oral_active": "oral antidepressant + nasal placebo",
    }
)
STATISTIC: Final = "statistic"
CONTRAST: Final = "contrast:"


@dataclass(frozen=True)
class OutcomeRow:
    """One row of outcomes.csv: one arm, or one contrast, at one time.

    Parameters
    ----------
    study, doi, arm, drug, route, dose_unit, schedule, comparator, scale : str
        As printed; empty where not known. `doi` may be a PMCID, a PMID or a journal reference.
    spread_kind, response_rule, remission_rule : str
        What `sd_or_se` is, and the rule of each rate.
    dose_low, dose_high : float or None
        In `dose_unit`; equal where the dose is one number.
    duration_min, time_h, n, mean_change, sd_or_se, response_fraction, remission_fraction : float or None
        `time_h` from the start of the first dose unless `schedule` names another zero. `mean_change` is score minus
        baseline, negative is better, or the statistic that `scale` names where `spread_kind` is ``"statistic"``.
    standing : str
        Of the row.
    exceptions : Mapping[str, str]
        Standing of single columns that differ.
    """

    study: str
    doi: str
    arm: str
    drug: str
    route: str
    dose_low: float | None
    dose_high: float | None
    dose_unit: str
    duration_min: float | None
    schedule: str
    comparator: str
    scale: str
    time_h: float | None
    n: float | None
    mean_change: float | None
    sd_or_se: float | None
    spread_kind: str
    response_fraction: float | None
    response_rule: str
    remission_fraction: float | None
    remission_rule: str
    standing: str
    exceptions: Mapping[str, str]

    @property
    def is_contrast(self) -> bool:
        """True for a difference between arms; not to be used together with its two arms."""
        return self.arm.startswith(CONTRAST)

    @property
    def is_statistic(self) -> bool:
        """True where `mean_change` holds the statistic that `scale` names."""
        return self.spread_kind == STATISTIC

    @property
    def setting(self) -> str | None:
        """The word of case and spec files for this comparator; None for pooled analyses and scale facts."""
        return SETTING_OF_COMPARATOR.get(self.comparator)


@dataclass(frozen=True)
class BaselineRow:
    """One row of baselines.csv: mean and SD of a scale before treatment in one arm; None where not known."""

    study: str
    doi: str
    arm: str
    scale: str
    baseline_mean: float | None
    baseline_sd: float | None
    n: float | None
    standing: str
    exceptions: Mapping[str, str]


@dataclass(frozen=True)
class SessionRow:
    """One row of session_and_link.csv; `topic` is link, session, glutamate, conventional or conversion.

    `value` is in `unit`, `low` and `high` are its range or interval; None where only a direction is known.
    """

    topic: str
    study: str
    doi: str
    quantity: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    n: float | None
    setting: str
    standing: str
    exceptions: Mapping[str, str]


@cache
def outcomes() -> tuple[OutcomeRow, ...]:
    """Give the published outcomes, 226 rows, in the order of the file."""
    return tuple(_outcome(row, i) for i, row in enumerate(read_table("outcomes.csv"), start=2))


@cache
def baselines() -> tuple[BaselineRow, ...]:
    """Give the baselines by arm, 44 rows, in the order of the file."""
    return tuple(_baseline(row, i) for i, row in enumerate(read_table("baselines.csv"), start=2))


@cache
def session_and_link() -> tuple[SessionRow, ...]:
    """Give what is known of sessions, the link to benefit, glutamate and conversions, in the order of the file."""
    return tuple(_session(row, i) for i, row in enumerate(read_table("session_and_link.csv"), start=2))


def read_table(name: str) -> tuple[dict[str, str], ...]:
    """Read a CSV of the package, with the cells of unconfirmed columns blank.

    Parameters
    ----------
    name : str
        Such as ``"outcomes.csv"``.

    Returns
    -------
    tuple of dict
        One a row, by column.

    Raises
    ------
    InputError
        If there is no such file.
    """
    lines = data_file(name).read_text(encoding="utf-8").splitlines()
    return tuple(blank_unconfirmed(row) for row in csv.DictReader(lines))


def blank_unconfirmed(row: dict[str, str]) -> dict[str, str]:
    """Give the row with the cells of columns marked unconfirmed in its `standing` blank."""
    _, exceptions = read_standing(row["standing"])
    return {column: "" if exceptions.get(column) == UNCONFIRMED else cell for column, cell in row.items()}


def _number(row: Mapping[str, str], column: str, where: str) -> float | None:
    cell = row[column].strip()
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError as error:
        raise InputError(f"{where}: {column} is {cell!r}, which is not a number: mend the table.") from error
    if not math.isfinite(value):
        raise InputError(f"{where}: {column} is {cell!r}: leave the cell empty where the number is not known.")
    return value


def _range(row: Mapping[str, str], column: str, where: str) -> tuple[float | None, float | None]:
    low, dash, high = row[column].partition("-")
    ends = {"low": low, "high": high if dash else low}
    return _number(ends, "low", where), _number(ends, "high", where)


def _standing(row: Mapping[str, str], where: str) -> tuple[str, Mapping[str, str]]:
    standing, exceptions = read_standing(row["standing"])
    check_standing(standing, where)
    return standing, exceptions


def _outcome(row: Mapping[str, str], line: int) -> OutcomeRow:
    where = f"outcomes.csv line {line}"
    standing, exceptions = _standing(row, where)
    dose_low, dose_high = _range(row, "dose", where)
    return OutcomeRow(
        study=row["study"],
        doi=row["doi"],
        arm=row["arm"],
        drug=row["drug"],
        route=row["route"],
        dose_low=dose_low,
        dose_high=dose_high,
        dose_unit=row["dose_unit"],
        duration_min=_number(row, "duration_min", where),
        schedule=row["schedule"],
        comparator=row["comparator"],
        scale=row["scale"],
        time_h=_number(row, "time_h", where),
        n=_number(row, "n", where),
        mean_change=_number(row, "mean_change", where),
        sd_or_se=_number(row, "sd_or_se", where),
        spread_kind=row["spread_kind"],
        response_fraction=_number(row, "response_fraction", where),
        response_rule=row["response_rule"],
        remission_fraction=_number(row, "remission_fraction", where),
        remission_rule=row["remission_rule"],
        standing=standing,
        exceptions=exceptions,
    )


def _baseline(row: Mapping[str, str], line: int) -> BaselineRow:
    where = f"baselines.csv line {line}"
    standing, exceptions = _standing(row, where)
    return BaselineRow(
        study=row["study"],
        doi=row["doi"],
        arm=row["arm"],
        scale=row["scale"],
        baseline_mean=_number(row, "baseline_mean", where),
        baseline_sd=_number(row, "baseline_sd", where),
        n=_number(row, "n", where),
        standing=standing,
        exceptions=exceptions,
    )


def _session(row: Mapping[str, str], line: int) -> SessionRow:
    where = f"session_and_link.csv line {line}"
    standing, exceptions = _standing(row, where)
    return SessionRow(
        topic=row["topic"],
        study=row["study"],
        doi=row["doi"],
        quantity=row["quantity"],
        value=_number(row, "value", where),
        low=_number(row, "low", where),
        high=_number(row, "high", where),
        unit=row["unit"],
        n=_number(row, "n", where),
        setting=row["setting"],
        standing=standing,
        exceptions=exceptions,
    )
