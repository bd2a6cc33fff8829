"""Any simulation as an event table, in the columns that `limen evaluate` reads."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from limen.kinetics import ConcentrationDraws
from limen.quantities import InputError
from limen.regimen import ACTIVE_DRUGS, Dose, Infusion, Patient, Regimen, Spray, Visit

COLUMNS: Final = (
    *("ID", "TIME", "EVID", "AMT", "DUR", "CMT", "II", "ADDL", "SS", "OCC", "DV", "DVID", "BLQ", "LLOQ"),
    *("drug", "route", "DEVICE", "enantiomer", "sampled", "basis", "WT", "AGE", "SEX"),
)
MARKER: Final = "# Limen event table"
DRUG_SIDES: Final = MappingProxyType({"ketamine": "sum", "esketamine": "S"})

Line = Mapping[str, str]


def event_table(
    patient: Patient,
    regimen: Regimen,
    draws: ConcentrationDraws,
    *,
    analytes: Sequence[str] = ("ketamine",),
    lloq_ng_per_ml: float = 0.0,
    first_id: int = 1,
) -> tuple[Line, ...]:
    """Give a simulation as lines of doses and samples; TIME is in minutes, DV in ng/mL.

    Parameters
    ----------
    patient : Patient
        Who it was simulated for.
    regimen : Regimen
        What was given; inert doses are left out.
    draws : ConcentrationDraws
        What was simulated: each row becomes one ID. A time at which a dose is given at once is read before it.
    analytes : sequence of str
        Which analytes; a member that lacks one leaves it out.
    lloq_ng_per_ml : float
        Concentrations below it are written as below the limit; 0 writes all.
    first_id : int
        Of the first row.

    Returns
    -------
    tuple of Mapping
        One a line, by the names of `COLUMNS`; a cell that says nothing is ``"."``.

    Raises
    ------
    InputError
        If no member has one of the analytes.
    """
    for name in analytes:
        draws.analyte(name)
    doses = [cells for occasion, visit in enumerate(regimen.visits, start=1) for cells in _visit_cells(visit, occasion)]
    person = {"WT": repr(patient.weight_kg), "AGE": _text(patient.age_y), "SEX": patient.sex or "."}
    lines: list[Line] = []
    number = first_id
    for member in draws.members:
        for row in range(member.draws):
            seen = [
                _sample_cells(
                    float(minute), name, float(member.analytes[name][row, place]), draws.sampled, lloq_ng_per_ml
                )
                for place, minute in enumerate(draws.time_min)
                for name in analytes
                if name in member.analytes
            ]
            of_person = sorted([*seen, *doses], key=lambda cells: (float(cells["TIME"]), int(cells["EVID"])))
            lines += [{**dict.fromkeys(COLUMNS, "."), **cells, **person, "ID": str(number)} for cells in of_person]
            number += 1
    return tuple(lines)


def _visit_cells(visit: Visit, occasion: int) -> Iterator[dict[str, str]]:
    """Give the lines of a visit; where several sprays follow one another, a line for each device."""
    active = [dose for dose in visit.doses if dose.drug in ACTIVE_DRUGS and dose.dose_mg > 0.0]
    counted = sum(isinstance(dose, Spray) for dose in active) > 1
    device = 0
    for dose in active:
        parts = dose.devices if counted and isinstance(dose, Spray) else 1
        for _ in range(parts):
            device += 1
            cells = _dose_cells(dose, dose.dose_mg / parts)
            yield {**cells, "OCC": str(occasion), "DEVICE": str(device) if counted else "."}


def _dose_cells(dose: Dose, dose_mg: float) -> dict[str, str]:
    lasting = dose.duration_min if isinstance(dose, Infusion) else 0.0
    return {
        "TIME": repr(dose.start_min),
        "EVID": "1",
        "AMT": repr(dose_mg),
        "DUR": repr(lasting) if lasting else ".",
        "drug": dose.drug,
        "route": dose.route,
        "enantiomer": DRUG_SIDES[dose.drug],
        "basis": "base",
    }


def _sample_cells(minute: float, analyte: str, value: float, sampled: str, lloq_ng_per_ml: float) -> dict[str, str]:
    below = value < lloq_ng_per_ml
    return {
        "TIME": repr(minute),
        "EVID": "0",
        "DV": "." if below else repr(value),
        "DVID": analyte,
        "BLQ": "1" if below else "0",
        "LLOQ": repr(lloq_ng_per_ml) if lloq_ng_per_ml else ".",
        "sampled": sampled,
    }


def _text(value: float | None) -> str:
    return "." if value is None else repr(value)


def write_event_table(lines: Iterable[Line], path: str | Path, *, remark: str = "simulated") -> Path:
    """Write lines of `event_table` as one file that `limen evaluate FILE --time-unit min` reads.

    Parameters
    ----------
    lines : iterable of Mapping
        As `event_table` gives them; tables of several people may be joined.
    path : str or Path
        An existing file is replaced only whole, and only if it is such a table.
    remark : str
        Said in the first line.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If another file stands in the way.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target} is a folder: name a file in it, such as {target / 'simulated.csv'}.")
    if target.exists() and not target.read_bytes().startswith(MARKER.encode()):
        raise InputError(f"{target} exists and is not an event table of Limen: move it away or name another file.")
    text = io.StringIO()
    text.write(f"{MARKER}, {' '.join(remark.split())}; TIME in min, AMT in mg, DV in ng/mL\n")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return _whole(text.getvalue(), target)


def _whole(text: str, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target
