"""The page of one person's case: what was expected before and after seeing the scores, and what they taught."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from limen.report.checks import check_case
from limen.report.files import write_whole
from limen.report.page import page

OPTIONAL: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "exposure": None,
        "taught": [],
        "warnings": [],
        "basis": None,
        "joints": [],
        "unknown_because": None,
        "sources": [],
        "made_from": None,
        "version": None,
        "seed": None,
        "scale": "MADRS",
        "marks": {},
        "samples": 0,
        "foreseen": [],
        "options": None,
    }
)
VISIT_OPTIONAL: Final[Mapping[str, Any]] = MappingProxyType({"drug": None, "assumed": []})
OBSERVED_OPTIONAL: Final[Mapping[str, Any]] = MappingProxyType({"scale": "MADRS", "used": True})


def write_case_report(data: Mapping[str, Any], path: str | Path) -> Path:
    """Write the page of one case as one self-contained HTML file.

    Parameters
    ----------
    data : Mapping
        The case, JSON-ready: ``title``, ``disclaimer``, ``person``, ``visits``, ``time_h``, the bands ``before`` and
        ``after`` seeing the scores (points; null where not known, with ``unknown_because``), ``observed`` and, if
        there, ``exposure`` with its ``time_min``, ``taught``, ``warnings``, ``basis``, ``joints``, ``sources``.
    path : str or Path
        The file to write. An existing file is replaced only whole and only if it is the page of a case.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If something is missing from the data, a curve does not fit its times, or another file stands in the way.
    """
    check_case(data)
    text = page("case.html.j2", "case.js", "case", _complete(data))
    return write_whole(text, Path(path), "case")


def _complete(data: Mapping[str, Any]) -> dict[str, Any]:
    """Add what may be left out, so that template and script need not ask."""
    return {
        **OPTIONAL,
        **data,
        "person": {"assumed": [], **data["person"]},
        "visits": [{**VISIT_OPTIONAL, **visit} for visit in data["visits"]],
        "observed": [{**OBSERVED_OPTIONAL, **score} for score in data["observed"]],
    }
