"""Posteromedial regions from MNI coordinates, coarsely, and where no region may be named at all."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import numpy as np

from limen.quantities import Floats, InputError, Recording
from limen.recording.signal_file import SignalFile

Region = Literal["isthmus cingulate", "posterior cingulate", "precuneus"]

#: The centres are ours: about one per cubic centimetre, moved until the nearest centre names the Desikan-Killiany label
#: of cortex voxels in MNI space. On the voxels that were not used for that, 94 in 100 within 14 mm of the three regions
#: are named as the atlas names them. The atlas itself is not part of this package.
CENTRES: Final = "posteromedial_centres.csv"
#: Ours: 99 in 100 of those voxels lie nearer to a centre; what lies farther is not named.
FARTHEST_MM: Final = 8.0
#: Fewer scalp electrodes than those of the 10-20 system do not separate sources (detection.md section 8).
FEWEST_ELECTRODES: Final = 19


def regions(positions_mm: Floats) -> tuple[Region | None, ...]:
    """Name the posteromedial region of each position, None where it lies in none of the three.

    Parameters
    ----------
    positions_mm : Floats
        Shape ``(channels, 3)``; millimetres in MNI space, NaN where unknown.

    Returns
    -------
    tuple
        One name or None a channel. The retrosplenial cortex has no label of its own here: it lies in and behind the
        isthmus.
    """
    names, centres_mm = _centres()
    folded = np.array(positions_mm, dtype=np.float64)
    folded[:, 0] = np.abs(folded[:, 0])
    apart_mm = np.linalg.norm(folded[:, np.newaxis] - centres_mm, axis=2)
    apart_mm[np.isnan(apart_mm)] = np.inf
    nearest = apart_mm.argmin(axis=1)
    return tuple(
        names[centre] if apart_mm[row, centre] <= FARTHEST_MM else None for row, centre in enumerate(nearest.tolist())
    )


def check_source_region(source: Recording | SignalFile) -> None:
    """Refuse to name the source region of a scalp recording with too few electrodes.

    Raises
    ------
    InputError
        If there are fewer than 19 scalp electrodes.
    """
    electrodes = sum(kind == "eeg" for kind in source.kinds)
    if electrodes < FEWEST_ELECTRODES:
        raise InputError(
            f"{electrodes} scalp electrodes cannot tell a posteromedial source from its neighbours:"
            f" a region is named from {FEWEST_ELECTRODES} electrodes on."
        )


def region_centres() -> dict[str, Floats]:
    """Give the places of each named region in the right half of the brain, shape ``(places, 3)``; MNI millimetres."""
    names, centres_mm = _centres()
    known = sorted({name for name in names if name is not None})
    return {region: centres_mm[[name == region for name in names]] for region in known}


@cache
def _centres() -> tuple[tuple[Region | None, ...], Floats]:
    text = files("limen.recording").joinpath("data", CENTRES).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    places = [[float(row[axis]) for axis in ("lateral_mm", "anterior_mm", "superior_mm")] for row in rows]
    return tuple(_region(row["region"]) for row in rows), np.array(places)


def _region(name: str) -> Region | None:
    known: dict[str, Region] = {
        "isthmus cingulate": "isthmus cingulate",
        "posterior cingulate": "posterior cingulate",
        "precuneus": "precuneus",
    }
    return known.get(name)
