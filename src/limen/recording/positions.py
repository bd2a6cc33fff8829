"""Electrode positions from the tables of a BIDS data set, taken only where they are in MNI space."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import Floats, InputError
from limen.recording.channels import bare

MILLIMETRES: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
SYSTEM_KEYS: Final = ("iEEGCoordinateSystem", "EEGCoordinateSystem")
UNIT_KEYS: Final = ("iEEGCoordinateUnits", "EEGCoordinateUnits")
AXES: Final = ("x", "y", "z")


def electrode_positions(electrodes: Path, coordinates: Path, names: Sequence[str]) -> Floats:
    """Read where the named channels are.

    Parameters
    ----------
    electrodes : Path
        ``*_electrodes.tsv`` with columns name, x, y, z.
    coordinates : Path
        ``*_coordsystem.json``, which states the space and the unit.
    names : sequence of str
        Channel names.

    Returns
    -------
    Floats
        Shape ``(channels, 3)``; millimetres in MNI space, NaN for a channel that the table does not have.

    Raises
    ------
    InputError
        If the space is not an MNI one, the unit is not stated, or the table has no such columns.
    """
    factor = _millimetres(coordinates)
    with electrodes.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, delimiter="\t")
        missing = {"name", *AXES} - set(table.fieldnames or ())
        if missing:
            raise InputError(
                f"{electrodes.name} has no column {', '.join(sorted(missing))}: it needs name, x, y and z."
            )
        found = {bare(row["name"]): [_number(row, axis, electrodes.name) for axis in AXES] for row in table}
    return np.array([found.get(bare(name), [np.nan] * len(AXES)) for name in names]) * factor


def _millimetres(coordinates: Path) -> float:
    """Give the millimetres in one unit of a coordinate system in MNI space."""
    try:
        held: dict[str, Any] = json.loads(coordinates.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError):
        raise InputError(f"{coordinates.name} cannot be read as JSON: ask for a sound copy.") from None
    space = next((str(held[key]) for key in SYSTEM_KEYS if key in held), "not stated")
    unit = next((str(held[key]) for key in UNIT_KEYS if key in held), "not stated")
    if "MNI" not in space.upper():
        raise InputError(f"The coordinates of {coordinates.name} are in the space {space}: regions need MNI space.")
    if unit not in MILLIMETRES:
        raise InputError(f"The coordinates of {coordinates.name} are in the unit {unit}: state mm, cm or m.")
    return MILLIMETRES[unit]


def _number(row: dict[str, str], axis: str, file: str) -> float:
    text = (row[axis] or "").strip()
    try:
        return float("nan") if text.lower() in {"", "n/a"} else float(text)
    except ValueError:
        raise InputError(f"{file} has {text!r} as {axis} of {row['name']}, which is no number: write n/a.") from None
