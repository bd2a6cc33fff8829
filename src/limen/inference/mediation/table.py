"""A mediation table: one line a scored visit, checked cell by cell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limen.inference.mediation.cells import Line, read_lines
from limen.quantities import InputError
from limen.regimen import SCALES
from limen.regimen.dose_text import HIGHEST_MG_PER_KG

TOTAL: Final = "cadss_total"
SUBSCALES: Final = ("cadss_depersonalisation", "cadss_derealisation", "cadss_amnesia")
NEEDED: Final = ("id", "occasion", "dose_mg_per_kg", "baseline", "score", "scale", "at_h", "setting", "clinic")
OPTIONAL: Final = ("exposure", "exposure_cv", "guess", TOTAL, *SUBSCALES)
#: Fewest people for whom the two models are fitted (ours: three people a coefficient of the plain design).
FEWEST_PEOPLE: Final = 30
#: Ends of what a table may say: a score two years after the dose, the thousandth infusion (ours, to catch slips).
LATEST_H: Final = 2.0 * 365.0 * 24.0
MOST_OCCASIONS: Final = 1000.0
#: Highest stated relative error of a measured exposure (ours: beyond it a measurement says nothing).
HIGHEST_CV: Final = 2.0
HIGHEST_EXPOSURE: Final = 1e9
#: Sums of subscales may miss the total by rounding, points.
ROUNDING_POINTS: Final = 0.5
NOT_STATED: Final = "not stated"
MOOD_SCALES: Final = tuple(name for name, scale in SCALES.items() if scale.is_mood)


@dataclass(frozen=True)
class ScoredVisit:
    """One line.

    Parameters
    ----------
    line : int
        Where it stands in the file.
    id, scale, setting, clinic, guess : str
        As in the file.
    occasion : int
        Number of the infusion.
    dose_mg_per_kg, baseline, score, at_h : float
        Score before, score after, hours between dose and score.
    exposure, exposure_cv : float or None
        Measured, in any one unit, and its relative error.
    cadss : Mapping[str, float]
        Total, and subscales where they are given.
    """

    line: int
    id: str
    occasion: int
    dose_mg_per_kg: float
    exposure: float | None
    exposure_cv: float | None
    cadss: Mapping[str, float]
    baseline: float
    score: float
    scale: str
    at_h: float
    setting: str
    clinic: str
    guess: str


@dataclass(frozen=True)
class MediationTable:
    """A file that was read.

    Parameters
    ----------
    file : str
        Its name.
    visits : tuple of ScoredVisit
        In the order of the file; those without CADSS, baseline or score are left out.
    warnings : tuple of str
        What was assumed or left out.
    """

    file: str
    visits: tuple[ScoredVisit, ...]
    warnings: tuple[str, ...]

    @property
    def people(self) -> int:
        """How many people."""
        return len({visit.id for visit in self.visits})


def read_mediation_table(path: str | Path) -> MediationTable:
    """Read a mediation table.

    Parameters
    ----------
    path : str or Path
        Comma-separated text with the columns of `NEEDED`, the CADSS total or its three subscales, and perhaps those of
        `OPTIONAL`.

    Returns
    -------
    MediationTable

    Raises
    ------
    InputError
        One sentence that names line and column.
    """
    file = Path(path).name
    columns, lines, warnings = read_lines(Path(path))
    _check_columns(file, columns, len(lines))
    visits = tuple(visit for line in lines for visit in _visit(line))
    _check_once(file, visits)
    _check_one_scale(file, visits)
    return MediationTable(file, visits, (*warnings, *_remarks(columns, lines, visits)))


def _check_columns(file: str, columns: Sequence[str], lines: int) -> None:
    lacking = [name for name in NEEDED if name not in columns]
    if TOTAL not in columns and not set(SUBSCALES) <= set(columns):
        lacking.append(f"{TOTAL} (or {', '.join(SUBSCALES)})")
    if not lacking:
        return
    few = f" and only {lines} lines, too few for {FEWEST_PEOPLE} people" if lines < FEWEST_PEOPLE else ""
    raise InputError(f"The first line of {file} has no column {', '.join(lacking)}{few}: add what is missing.")


def _visit(line: Line) -> Iterator[ScoredVisit]:
    """Give the visit of a line, or nothing where CADSS, baseline or score is missing."""
    scale = _scale(line)
    ends = SCALES[scale]
    baseline, score = (line.within(column, ends.low, ends.high) for column in ("baseline", "score"))
    cadss = _cadss(line)
    dose_mg_per_kg = line.needed("dose_mg_per_kg", 0.0, HIGHEST_MG_PER_KG)
    visit = ScoredVisit(
        line=line.line,
        id=line.text("id"),
        occasion=_occasion(line),
        dose_mg_per_kg=dose_mg_per_kg,
        exposure=_exposure(line, dose_mg_per_kg),
        exposure_cv=line.within("exposure_cv", 0.0, HIGHEST_CV),
        cadss=cadss or {},
        baseline=math.nan if baseline is None else baseline,
        score=math.nan if score is None else score,
        scale=scale,
        at_h=_at_h(line),
        setting=line.cells.get("setting", NOT_STATED),
        clinic=line.cells.get("clinic", NOT_STATED),
        guess=line.cells.get("guess", NOT_STATED),
    )
    if cadss is not None and math.isfinite(visit.baseline - visit.score):
        yield visit


def _scale(line: Line) -> str:
    name = line.text("scale")
    if name not in MOOD_SCALES:
        raise line.fault("scale", f"use {', '.join(MOOD_SCALES)}")
    return name


def _occasion(line: Line) -> int:
    number = line.needed("occasion", 1.0, MOST_OCCASIONS)
    if number != int(number):
        raise line.fault("occasion", "give the number of the infusion, 1, 2, 3 ...")
    return int(number)


def _at_h(line: Line) -> float:
    at_h = line.needed("at_h", 0.0, LATEST_H)
    if at_h == 0.0:
        raise line.fault("at_h", "a score counts after the dose, so give hours above 0")
    return at_h


def _exposure(line: Line, dose_mg_per_kg: float) -> float | None:
    exposure = line.within("exposure", 0.0, HIGHEST_EXPOSURE)
    if exposure is not None and (exposure > 0.0) != (dose_mg_per_kg > 0.0):
        raise line.fault(
            "exposure",
            f"with a dose of {dose_mg_per_kg:g} mg/kg it cannot be so, so mend it, or leave the cell empty",
        )
    return exposure


def _cadss(line: Line) -> Mapping[str, float] | None:
    """Give total and subscales, None where there is no total."""
    ends = SCALES["CADSS"]
    read = {name: line.within(name, ends.low, ends.high) for name in (TOTAL, *SUBSCALES)}
    found = {name: value for name, value in read.items() if value is not None}
    parts = [found[name] for name in SUBSCALES if name in found]
    if TOTAL in found:
        if sum(parts) > found[TOTAL] + ROUNDING_POINTS:
            raise line.fault(TOTAL, f"its subscales sum to {sum(parts):g}, which is more, so mend one of them")
        return found
    if len(parts) < len(SUBSCALES):
        return None
    if sum(parts) > ends.high:
        raise line.fault(SUBSCALES[0], f"the subscales sum to {sum(parts):g}, above {ends.high:g}, so mend one of them")
    return {TOTAL: sum(parts), **found}


def _check_once(file: str, visits: Sequence[ScoredVisit]) -> None:
    seen: dict[tuple[str, int, float], int] = {}
    for visit in visits:
        key = (visit.id, visit.occasion, visit.at_h)
        if key in seen:
            raise InputError(
                f"Line {visit.line} of {file}, column id, holds {visit.id!r} with occasion {visit.occasion} and at_h"
                f" {visit.at_h:g} as line {seen[key]} does: leave one of the two out."
            )
        seen[key] = visit.line


def _check_one_scale(file: str, visits: Sequence[ScoredVisit]) -> None:
    for visit in visits:
        if visit.scale != visits[0].scale:
            raise InputError(
                f"Line {visit.line} of {file}, column scale, holds {visit.scale!r} where line {visits[0].line} holds"
                f" {visits[0].scale!r}: give each scale a file of its own."
            )


def _remarks(columns: Sequence[str], lines: Sequence[Line], visits: Sequence[ScoredVisit]) -> Iterator[str]:
    left_out = len(lines) - len(visits)
    if left_out:
        yield f"{left_out} of {len(lines)} lines lack CADSS, baseline or score and are left out."
    unread = [name for name in columns if name and name not in (*NEEDED, *OPTIONAL)]
    if unread:
        yield f"Columns that nothing here reads: {', '.join(unread)}."
    early = [visit for visit in visits if SCALES[visit.scale].overlaps(visit.at_h)]
    if early:
        yield (
            f"{len(early)} scores look back to before the dose (overlapping_window: {early[0].scale} looks back"
            f" {SCALES[early[0].scale].look_back_h:g} h)."
        )
