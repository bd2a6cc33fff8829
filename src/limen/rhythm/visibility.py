"""Where a posteromedial rhythm could be seen: the smallest source that an electrode or a contact would show.

The table comes with the package; `make verify-rhythm` makes it anew from the head of spheres in `limen.recording.head`.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from limen.quantities import Floats, InputError, Recording
from limen.recording import SignalFile
from limen.rhythm.background import spectrum
from limen.rhythm.clock import clock
from limen.rhythm.states import HIGHEST_HZ, LOWEST_HZ

TABLE: Final = "visibility.csv"
#: Ours, and an assumption that nobody has measured: a posteromedial rhythm of interest has at least this dipole moment
#: after the folding of the medial wall has cancelled most of it.
LOOKED_FOR_NAM: Final = 50.0
#: Ours: a contact this far from the source, where the recording does not say where it is.
USUAL_DISTANCE_MM: Final = 10
#: Below this many electrodes no source is named (detection.md section 8).
FEWEST_ELECTRODES: Final = 19
NO_SIZE: Final = "No size of rhythm that was tried would have been found half of the time."

Visible = tuple[float | None, str | None]


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Give the rows of the table as they stand."""
    text = files("limen.rhythm").joinpath("data", TABLE).read_text(encoding="utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def montages() -> tuple[str, ...]:
    """Give the names of the montages in the table."""
    return tuple(dict.fromkeys(row["montage"] for row in rows()))


def visibility_answer(montage: str) -> dict[str, Any]:
    """Say how small a posteromedial source a montage shows.

    Parameters
    ----------
    montage : str
        ``scalp-19``, ``scalp-64``, ``scalp-128``, or ``depth-10`` and its like for a contact at a distance in mm.

    Returns
    -------
    dict
        By region: what 1 nAm gives, the usual background, and the smallest source found half of the time.

    Raises
    ------
    InputError
        If the table has no such montage.
    """
    found = [row for row in rows() if row["montage"] == montage]
    if not found:
        raise InputError(f"There is no montage {montage!r} in the atlas: choose one of {', '.join(montages())}.")
    return {
        "montage": montage,
        "statement": "Of sources of this size half would be found by this detector, in a head of spheres; folding"
        " cancels more, so this is the best case.",
        "regions": [
            {
                "region": row["region"],
                "gain_uv_per_nam": float(row["gain_uv_per_nam"]),
                "background_uv": float(row["background_uv"]),
                "smallest_snr_db": float(row["smallest_snr_db"]),
                "smallest_source_nam": float(row["smallest_source_nam"]),
            }
            for row in found
        ],
    }


def smallest_visible(source: Recording | SignalFile, shape: Floats, smallest_db: float | None) -> Visible:
    """Give the smallest source (nAm, root mean square) that a channel would show, or why that is not known.

    Parameters
    ----------
    source : Recording or SignalFile
        The recording.
    shape : Floats
        Shape ``(3,)``; the usual background of the channel.
    smallest_db : float or None
        The SNR at which half would have been found; None where no size tried was.
    """
    if source.recorded is None:
        return None, "The site was not stated, so nothing is known of what lies between a source and the channel."
    if not source.calibrated:
        return None, "The unit of the recording is not known."
    if source.recorded == "source":
        return None, "A reconstructed source has no fixed relation to microvolts at an electrode."
    montage = _montage(source)
    if montage is None:
        return None, f"Fewer than {FEWEST_ELECTRODES} scalp electrodes: no source can be told from its neighbours."
    if smallest_db is None:
        return None, NO_SIZE
    gain = min(float(row["gain_uv_per_nam"]) for row in rows() if row["montage"] == montage)
    size_uv = float(band_uv(shape, source.sample_rate_hz)) * 10 ** (smallest_db / 20)
    return size_uv / gain, None


def visible_now_nam(shapes: Floats, sample_rate_hz: float, montage: str) -> Floats:
    """Give the smallest posteromedial source that each channel shows over its background as followed live.

    As `smallest_visible`, with the size of rhythm that the atlas says is found half of the time, since live there is
    no whole recording yet to try it on; the worst region of the montage counts.

    Parameters
    ----------
    shapes : Floats
        Shape ``(channels, 3)``; NaN where a background is not known, and NaN is then the answer.
    sample_rate_hz : float
        Of the recording.
    montage : str
        As `visibility_answer`.

    Returns
    -------
    Floats
        Shape ``(channels,)``; nAm.
    """
    return band_uv(shapes, sample_rate_hz) * _worst_nam_per_uv(montage)


@cache
def _worst_nam_per_uv(montage: str) -> float:
    """Give the nAm for each microvolt of background in the worst region of a montage."""
    return max(
        10 ** (float(row["smallest_snr_db"]) / 20) / float(row["gain_uv_per_nam"])
        for row in rows()
        if row["montage"] == montage
    )


def montage_of(electrodes: int, *, deep: bool) -> str | None:
    """Give the montage of the atlas for a contact, or for so many scalp electrodes; None below the fewest."""
    if deep:
        return f"depth-{USUAL_DISTANCE_MM}"
    sizes = [int(name.removeprefix("scalp-")) for name in montages() if name.startswith("scalp-")]
    fitting = [size for size in sizes if size <= electrodes]
    return f"scalp-{max(fitting)}" if fitting else None


def band_uv(shape: Floats, sample_rate_hz: float) -> Floats:
    """Give the root mean square of backgrounds between 1 and 4 Hz, uV, shape ``(..., 3)`` to ``(...)``."""
    fine_hz = np.arange(LOWEST_HZ, HIGHEST_HZ, 0.01)
    density = 2 * spectrum(shape, fine_hz) / clock(sample_rate_hz).inside_hz
    return np.asarray(np.sqrt(density.mean(axis=-1) * (HIGHEST_HZ - LOWEST_HZ)), dtype=np.float64)


def _montage(source: Recording | SignalFile) -> str | None:
    """Give the montage of the atlas that a recording comes nearest to."""
    electrodes = sum(kind == "eeg" for kind in source.kinds)
    return montage_of(electrodes, deep=source.recorded == "intracranial")


def hidden_because(source: Recording | SignalFile, visible: Visible) -> str | None:
    """Say why a posteromedial rhythm could be hidden from a scalp electrode; None where it could not."""
    if source.recorded != "scalp":
        return None
    nam, why_not = visible
    if nam is None:
        return f"A deep posteromedial rhythm could be hidden here. {why_not}"
    if nam > LOOKED_FOR_NAM:
        return (
            f"A posteromedial source below {nam:.0f} nAm would be missed by these electrodes, and"
            f" {LOOKED_FOR_NAM:g} nAm is looked for; no rhythm is seen at the electrode itself."
        )
    return None
