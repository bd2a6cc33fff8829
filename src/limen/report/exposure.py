"""The page of one dose text: dose, concentrations with every model's own curve, and blocked receptors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zlib import crc32

from limen.report.checks import need, plain_words, same_length
from limen.report.files import write_whole
from limen.report.page import page

KIND: Final = "exposure"
NEEDED: Final = (
    "disclaimer",
    "basis",
    "sampled",
    "model",
    "draws",
    "seed",
    "dose",
    "time_min",
    "parent",
    "metabolite",
    "occupancy",
    "published",
    "warnings",
)
DOSE_NEEDED: Final = ("text", "drug", "route", "weight_kg", "mg", "end_min", "steps")
CURVES: Final = ("typical", "p05", "p25", "p75", "p95")
ANALYTES: Final = ("parent", "metabolite")
SITES: Final = MappingProxyType({"venous": "vein", "arterial": "artery"})
ROUTES: Final = MappingProxyType(
    {
        "iv": "into a vein",
        "im": "into a muscle",
        "sc": "under the skin",
        "intranasal": "into the nose",
        "oral": "by mouth",
        "sublingual": "under the tongue",
    }
)
MINUTES_PER_H: Final = 60
HALF_OF: Final = MappingProxyType({"esketamine": "S-ketamine"})
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
COARSE_FROM: Final = 100.0  # ours: from here on a level is said to the next 5
COARSE_STEP: Final = 5.0
FINE_BELOW: Final = 10.0
LONGEST_NAME: Final = 100


def write_exposure_page(data: Mapping[str, Any], path: str | Path) -> Path:
    """Write the page of one dose as one self-contained HTML file.

    Parameters
    ----------
    data : Mapping
        As `limen.report.exposure_data.exposure_data` gives it.
    path : str or Path
        The file to write. An existing file is replaced only whole and only if it is such a page.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If something is missing from the data, a curve does not fit its times, or another file stands in the way.
    """
    _check(data)
    shown = {
        "version": None,
        "occupancy_unknown_because": "",
        **data,
        "made_from": f"{data['draws']} draws",
        "title": title(data),
        "lead": lead(data),
        "end_text": clock(data["time_min"][-1]),
        "rows": [row for name in ANALYTES if data[name]["typical"] for row in _rows(data[name])],
    }
    return write_whole(page("exposure_page.html.j2", "exposure_page.js", KIND, shown), Path(path), KIND)


def page_name(data: Mapping[str, Any]) -> str:
    """Name the file after the question, such as ``"ketamine-iv-0.5-mg-kg-over-40-min-70-kg-venous.html"``."""
    dose = data["dose"]
    words = f"{dose['drug']} {dose['route']} {dose['text']} {dose['weight_kg']:g} kg {data['sampled']}"
    chosen = "" if data["model"] == "ensemble" else f" {data['model']}"
    name = re.sub(r"[^\w.]+", "-", words + chosen).strip("-")
    # A long course would make a name that no disk takes: it is cut, and told from others by a number of its words.
    return (name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}-{crc32(name.encode()):08x}") + ".html"


def title(data: Mapping[str, Any]) -> str:
    """Say the finding of the page: how high the drug rises, and how much it blocks."""
    dose, parent = data["dose"], data["parent"]
    written = re.sub(r"(?<=\d) (?=[a-z])", NO_BREAK, dose["text"])
    given = f"{dose['drug'].capitalize()} {written} {ROUTES[dose['route']]}"
    if parent["typical"] is None:
        return f"{given}: the blood level is not known"
    half = "" if parent["name"] in ("ketamine", HALF_OF.get(dose["drug"])) else f" of {parent['name']} alone"
    level = f"{given}: near {amount(parent['peak_ng_per_ml'])} ng/mL{half} at the peak"
    if not data["occupancy"]:
        return level
    peaks = [max(curves["typical"]) for curves in data["occupancy"].values()]
    low, high = (f"{100.0 * end(peaks):.0f}" for end in (min, max))
    if low == high:
        return f"{level}, and {low} % of NMDA receptors blocked"
    return f"{level}, and {low} to {high} % of NMDA receptors blocked, depending on the assay"


def lead(data: Mapping[str, Any]) -> str:
    """Say for whom the page is, what is drawn and what it stands on."""
    dose = data["dose"]
    vessel = SITES[data["sampled"]]
    answered = "all models that answer" if data["model"] == "ensemble" else f"the model {data['model']}"
    basis = " No model was fitted to this route: it is a prior." if data["basis"] == "prior only" else ""
    return (
        f"{amount(dose['mg'])} mg in all to a typical adult of {dose['weight_kg']:g} kg; total drug in plasma from"
        f" {'an' if vessel == 'artery' else 'a'} {vessel}, by {answered}.{basis}"
    )


def amount(value: float) -> str:
    """Write a level with no more digits than its doubt deserves, as the charts do."""
    if abs(value) >= COARSE_FROM:
        return f"{COARSE_STEP * math.floor(value / COARSE_STEP + 0.5):.0f}"
    return f"{math.floor(value + 0.5)}" if abs(value) >= FINE_BELOW else f"{value:.2g}"


def clock(time_min: float) -> str:
    """Write a time, such as ``"1 h 20 min"``."""
    if time_min < FINE_BELOW and time_min % 1:
        return f"{time_min:.1f} min"
    hours, minutes = divmod(math.floor(time_min + 0.5), MINUTES_PER_H)
    parts = ([f"{hours} h"] if hours else []) + ([f"{minutes} min"] if minutes or not hours else [])
    return " ".join(parts)


def _rows(analyte: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the table: the whole answer, then each model's own curve."""
    at_peak = analyte["at_peak"]
    span = f"{amount(at_peak['p05'])} to {amount(at_peak['p95'])}"
    name = f"{analyte['name'][0].upper()}{analyte['name'][1:]}"
    members = analyte["members"]
    if len(members) == 1:
        yield {**_member_row(members[0]), "name": f"{name} ({members[0]['id']})", "whole": True, "span": span}
        return
    yield {"name": name, "whole": True, "site": "", "weight": "", "span": span, **_numbers(analyte)}
    yield from map(_member_row, members)


def _member_row(member: Mapping[str, Any]) -> dict[str, Any]:
    link = ", through the arterial-venous link" if member["linked"] else ""
    return {
        "name": member["id"],
        "whole": False,
        "site": SITES.get(member["site"], member["site"]) + link,
        "weight": f"{100.0 * member['weight']:.0f} %",
        "span": "",
        **_numbers(member),
    }


def _numbers(curve: Mapping[str, Any]) -> dict[str, str]:
    return {
        "peak": amount(curve["peak_ng_per_ml"]),
        "at": clock(curve["peak_min"]),
        "area": amount(curve["area_ng_h_per_ml"]),
    }


def _check(data: Mapping[str, Any]) -> None:
    need(data, NEEDED, "")
    need(data["dose"], DOSE_NEEDED, "dose.")
    for name in ANALYTES:
        _check_analyte(data[name], data["time_min"], name)
    for assay, curves in (data["occupancy"] or {}).items():
        same_length(curves, CURVES, data["time_min"], f"occupancy.{assay}")
    plain_words(data)


def _check_analyte(analyte: Mapping[str, Any], time_min: list[float], where: str) -> None:
    need(analyte, ("name", "typical", "unknown_because"), f"{where}.")
    if analyte["typical"] is None:
        return
    same_length(analyte, CURVES, time_min, where)
    need(analyte, ("members", "at_peak", "peak_ng_per_ml", "peak_min", "area_ng_h_per_ml"), f"{where}.")
    for member in analyte["members"]:
        need(member, ("id", "weight", "site", "linked"), f"{where}.members[].")
        same_length(member, ("typical",), time_min, f"{where}.members[{member['id']}]")
