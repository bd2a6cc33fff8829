"""Say what is wrong with the data of a page before anything is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from limen.quantities import InputError

FORBIDDEN_PHRASES: Final = ("your dose", "recommended dose", "optimal dose for you")
EXPOSURE_CURVES: Final = {
    "concentration": ("typical", "p05", "p25", "p50", "p75", "p95"),
    "occupancy": ("typical", "p05", "p95"),
    "cadss": ("p10", "p50", "p90"),
}
MOOD_CURVES: Final = ("p10", "p50", "p90")
ARMS: Final = ("drug", "same_visit")
VERDICTS: Final = ("supported", "contested", "wrong as stated", "unknown")
# Ours: medians this far apart, in points, can no longer have a mean difference of the other sign by rounding.
SIGN_MARGIN_POINTS: Final = 2.0


def need(data: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    """Refuse data without one of `keys`, naming the key and the place."""
    for key in keys:
        if key not in data:
            raise InputError(f"The data of the page lack {where}{key}: hand it over, or null where it is not known.")


def same_length(curves: Mapping[str, Any], names: Sequence[str], times: Sequence[float], where: str) -> None:
    """Refuse a curve that is not as long as its times, naming it."""
    need(curves, names, f"{where}.")
    for name in names:
        if len(curves[name]) != len(times):
            raise InputError(
                f"The curve {where}.{name} has {len(curves[name])} values for {len(times)} times: give one a time."
            )


def plain_words(data: Mapping[str, Any]) -> None:
    """Refuse words that would turn options to review into advice."""
    text = json.dumps(data, ensure_ascii=False).lower()
    for phrase in FORBIDDEN_PHRASES:
        if phrase in text:
            raise InputError(f'The data of the page say "{phrase}": write "options to review" instead.')


def check_exposure(exposure: Mapping[str, Any], time_min: Sequence[float], where: str) -> None:
    """Check concentration and occupancy curves against their times (minutes).

    Parameters
    ----------
    exposure : Mapping
        ``concentration`` (ng/mL) and ``occupancy`` (fractions, one mapping an assay).
    time_min : sequence of float
        Minutes since the start of the first dose.
    where : str
        How the place is named in an error.

    Raises
    ------
    InputError
        If a curve is missing or of another length.
    """
    need(exposure, ("concentration", "occupancy"), f"{where}.")
    same_length(exposure["concentration"], EXPOSURE_CURVES["concentration"], time_min, f"{where}.concentration")
    need(exposure["occupancy"], ("in_vivo",), f"{where}.occupancy.")
    for assay, curves in exposure["occupancy"].items():
        same_length(curves, EXPOSURE_CURVES["occupancy"], time_min, f"{where}.occupancy.{assay}")


def check_story(data: Mapping[str, Any]) -> None:
    """Check what the story page is made from; raises InputError naming the first thing that is wrong."""
    need(
        data,
        ("disclaimer", "patient", "grid", "exposure_time_min", "mood_time_h", "cells", "joints", "claims"),
        "",
    )
    for key in _cell_keys(data["grid"]):
        need(data["cells"], (key,), "cells.")
        _check_cell(data["cells"][key], data, f"cells.{key}")
    _check_claims(data["claims"])
    plain_words(data)


def _cell_keys(grid: Mapping[str, Any]) -> Iterator[str]:
    need(grid, ("dose_mg_per_kg", "minutes", "start"), "grid.")
    for dose in range(len(grid["dose_mg_per_kg"])):
        for minutes in range(len(grid["minutes"])):
            yield f"{dose},{minutes}"


def _check_cell(cell: Mapping[str, Any], data: Mapping[str, Any], where: str) -> None:
    need(cell, ("pump", "cadss", "mood"), f"{where}.")
    check_exposure(cell, data["exposure_time_min"], where)
    same_length(cell["cadss"], EXPOSURE_CURVES["cadss"], cell["cadss"]["time_min"], f"{where}.cadss")
    need(cell["mood"], ("default",), f"{where}.mood.")
    for variant, mood in cell["mood"].items():
        _check_mood(mood, data["mood_time_h"], f"{where}.mood.{variant}")


def _check_mood(mood: Mapping[str, Any], time_h: Sequence[float], where: str) -> None:
    need(mood, (*ARMS, "separable", "difference"), f"{where}.")
    for arm in ARMS:
        same_length(mood[arm], MOOD_CURVES, time_h, f"{where}.{arm}")
    difference = mood["difference"]
    same_length(difference, ("mean", "p10", "p90"), difference["h"], f"{where}.difference")
    _check_sign(mood, time_h, where)


def _check_sign(mood: Mapping[str, Any], time_h: Sequence[float], where: str) -> None:
    """Refuse differences that count the other way round: positive means fewer symptoms with the drug."""
    for hour, mean in zip(mood["difference"]["h"], mood["difference"]["mean"], strict=True):
        if hour not in time_h:
            continue
        index = list(time_h).index(hour)
        fall = mood["same_visit"]["p50"][index] - mood["drug"]["p50"][index]
        if abs(fall) > SIGN_MARGIN_POINTS and fall * mean < 0:
            raise InputError(
                f"{where}.difference.mean is {mean:g} at {hour:g} h while the medians differ by {fall:g}: "
                "count the same visit minus the drug, so that positive is better."
            )


def _check_claims(claims: Sequence[Mapping[str, Any]]) -> None:
    for claim in claims:
        need(claim, ("id", "claim", "verdict", "verdict_text", "sources"), "claims[].")
        if claim["verdict"] not in VERDICTS:
            raise InputError(
                f"Claim {claim['id']} has the verdict {claim['verdict']!r}: use one of {', '.join(VERDICTS)}."
            )


def check_case(data: Mapping[str, Any]) -> None:
    """Check what the page of one case is made from; raises InputError naming the first thing that is wrong."""
    need(data, ("title", "disclaimer", "person", "visits", "time_h", "before", "after", "observed"), "")
    for name in ("before", "after"):
        if data[name] is not None:
            same_length(data[name], MOOD_CURVES, data["time_h"], name)
    exposure = data.get("exposure")
    if exposure is not None:
        need(exposure, ("time_min",), "exposure.")
        check_exposure(exposure, exposure["time_min"], "exposure")
    plain_words(data)
