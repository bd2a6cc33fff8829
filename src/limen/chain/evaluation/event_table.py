"""An event table, NONMEM style: lines of doses and samples -> people, each with runs of doses and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from limen.chain.evaluation.cells import Row, read_rows
from limen.chain.evaluation.events import (
    DOSE,
    OBSERVATION,
    RESET,
    RESET_AND_DOSE,
    SITE_WORDS,
    DoseEvent,
    Reading,
    Sample,
    covariates,
    dose_event,
    dv_factor,
    event_code,
    sample,
    says_analyte,
    says_drug,
)
from limen.chain.evaluation.expansion import TYPICAL_COVARIATES, Course, Entry, courses_of
from limen.quantities import InputError, unit_factor
from limen.regimen.dose_text import HIGHEST_MG_PER_KG, ROUNDING
from limen.regimen.doses import ACTIVE_DRUGS

HOURS: Final = "h"
NG_PER_ML: Final = "ng/mL"
TIES: Final = "at equal times: reset, end of a dose, observation, start of a dose"
FILE_ORDER: Final = "at equal times: the order of the lines in the file"


@dataclass(frozen=True)
class Person:
    """Everything of one ID.

    Parameters
    ----------
    id : str
        As in the file.
    courses : tuple of Course
        One, and one more after each reset.
    """

    id: str
    courses: tuple[Course, ...]


@dataclass(frozen=True)
class EventTable:
    """A file that was read.

    Parameters
    ----------
    file : str
        Its name.
    people : tuple of Person
        In the order of the file.
    warnings : tuple of str
        What was assumed, or looks odd.
    ignored : tuple of str
        Columns that nothing here reads.
    ties : str
        Which line comes first at equal times.
    remarks : tuple of str
        Lines of the file that begin with #.
    """

    file: str
    people: tuple[Person, ...]
    warnings: tuple[str, ...]
    ignored: tuple[str, ...]
    ties: str
    remarks: tuple[str, ...] = ()

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Every observation, in the order of the file."""
        return tuple(one for person in self.people for course in person.courses for one in course.samples)


def read_event_table(
    path: str | Path,
    *,
    time_unit: str = HOURS,
    dv_unit: str = NG_PER_ML,
    sampled: str | None = None,
    drug: str | None = None,
    row_order: bool = False,
) -> EventTable:
    """Read an event table.

    Parameters
    ----------
    path : str or Path
        Comma-separated text: ID TIME AMT RATE DUR EVID CMT II ADDL SS OCC DV DVID MDV BLQ LLOQ, and sampled,
        enantiomer, basis, device, route, drug, WT, AGE, SEX, ASIAN, JAPANESE.
    time_unit : str
        Of TIME, DUR, II and of time in RATE: h, min or d.
    dv_unit : str
        Of DV and LLOQ.
    sampled, drug : str or None
        Where samples came from and what was given, for lines that do not say it.
    row_order : bool
        Whether lines at one time keep the order of the file.

    Returns
    -------
    EventTable

    Raises
    ------
    InputError
        One sentence that names line and column.
    """
    _check_words(time_unit, dv_unit, sampled, drug)
    reading = Reading(time_unit, dv_unit, sampled, drug, row_order)
    sheet = read_rows(Path(path))
    people = tuple(_person(lines, reading) for lines in _by_person(sheet.rows))
    warnings = (*_assumed(sheet.rows, reading), *_early(people))
    ties = FILE_ORDER if row_order else TIES
    return EventTable(Path(path).name, people, warnings, sheet.ignored, ties, sheet.remarks)


def _check_words(time_unit: str, dv_unit: str, sampled: str | None, drug: str | None) -> None:
    try:
        unit_factor(time_unit, "min")
    except InputError as error:
        raise InputError(f"The unit of time {time_unit!r} is not known here: use --time-unit h, min or d.") from error
    dv_factor(dv_unit, "ketamine")
    if sampled is not None and sampled not in SITE_WORDS:
        raise InputError(f"The sampling site {sampled!r} is not known: use --sampled {', '.join(SITE_WORDS)}.")
    if drug is not None and drug not in ACTIVE_DRUGS:
        raise InputError(f"The drug {drug!r} is not known here: use --drug {' or '.join(ACTIVE_DRUGS)}.")


def _by_person(rows: tuple[Row, ...]) -> Iterator[tuple[Row, ...]]:
    seen: dict[str, list[Row]] = {}
    last = None
    for row in rows:
        name = row.cells.get("ID")
        if name is None:
            raise row.fault("ID", "say whose line it is")
        if name in seen and name != last:
            raise row.fault("ID", "this person was left above and begins again: put all lines of a person together")
        seen.setdefault(name, []).append(row)
        last = name
    yield from (tuple(lines) for lines in seen.values())


def _person(rows: tuple[Row, ...], reading: Reading) -> Person:
    entries: list[Entry] = []
    known: Mapping[str, float] = {}
    for row in rows:
        known = MappingProxyType({**known, **covariates(row)})
        entries.append(_entry(row, known, entries[-1].time_min if entries else None, reading))
    return Person(rows[0].cells["ID"], courses_of(_filled_back(entries), row_order=reading.row_order))


def _filled_back(entries: list[Entry]) -> tuple[Entry, ...]:
    """Give lines above the first known value of a covariate that value."""
    first: dict[str, float] = {}
    for entry in entries:
        first = {**entry.covariates, **first}
    known = {**TYPICAL_COVARIATES, **first}
    return tuple(
        Entry(entry.time_min, {**known, **entry.covariates}, entry.resets, entry.dose, entry.sample)
        for entry in entries
    )


def _entry(row: Row, known: Mapping[str, float], previous_min: float | None, reading: Reading) -> Entry:
    code = event_code(row)
    time_min = _time_min(row, reading)
    resets = code in (RESET, RESET_AND_DOSE)
    if previous_min is not None and time_min < previous_min and not resets:
        before = previous_min / reading.minutes
        raise row.fault("TIME", f"the line above is at {before:g}: sort the lines of a person, or reset with EVID 3")
    dose = dose_event(row, time_min, reading) if code in (DOSE, RESET_AND_DOSE) else None
    if dose is not None:
        _check_size(row, dose, known)
    seen = sample(row, time_min, reading) if code == OBSERVATION else None
    return Entry(time_min, known, resets, dose, seen)


def _time_min(row: Row, reading: Reading) -> float:
    time = row.number("TIME")
    if time is None:
        raise row.fault("TIME", f"give the time in {reading.time_unit}")
    return time * reading.minutes


def _check_size(row: Row, dose: DoseEvent, known: Mapping[str, float]) -> None:
    weight_kg = known.get("WT", TYPICAL_COVARIATES["WT"])
    if dose.dose_mg > HIGHEST_MG_PER_KG * weight_kg * (1.0 + ROUNDING):
        raise row.fault(
            "AMT",
            f"{dose.dose_mg / weight_kg:.4g} mg/kg at {weight_kg:g} kg lies above {HIGHEST_MG_PER_KG:g} mg/kg, so"
            " check that AMT is in mg and WT in kg",
        )


def _assumed(rows: tuple[Row, ...], reading: Reading) -> Iterator[str]:
    doses = [row for row in rows if event_code(row) in (DOSE, RESET_AND_DOSE)]
    samples = [row for row in rows if event_code(row) == OBSERVATION]
    if reading.drug is None and not all(map(says_drug, doses)):
        yield "Doses that do not say what was given are taken as racemic ketamine: name it by drug or enantiomer."
    if not all(map(says_analyte, samples)):
        yield "Samples that do not say what was measured are taken as ketamine: name it by DVID."
    if reading.sampled is None and not all("SAMPLED" in row.cells for row in samples):
        yield "Samples that do not say where they came from are compared as venous: name the site by sampled."
    if not any("WT" in row.cells for row in rows):
        yield f"Nobody's weight is given: {TYPICAL_COVARIATES['WT']:g} kg is assumed, so name it by WT."


def _early(people: tuple[Person, ...]) -> Iterator[str]:
    odd = [
        str(one.line)
        for person in people
        for course in person.courses
        for one in course.samples
        if course.is_before_doses(one) and (one.value_ng_per_ml or 0.0) > 0.0
    ]
    if odd:
        yield (
            "Before the first dose nothing is in the blood, and samples there are left out; a concentration above 0"
            f" stands there in line {', '.join(odd)}: check the times, or add the earlier doses."
        )
