"""The story page: one infusion carried all the way, with sliders, joints to cut, and the living article."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from limen.report.checks import check_story
from limen.report.files import write_whole
from limen.report.page import page

# What a story may leave out; the page then leaves that part out too.
OPTIONAL: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "version": None,
        "seed": None,
        "made_from": None,
        "between": {},
        "figures": {},
        "notes": {},
        "marks": {},
        "limits": [],
        "python": "",
        "cite": "",
        "terminal": [],
    }
)
CLAIM_OPTIONAL: Final[Mapping[str, Any]] = MappingProxyType(
    {"scope": "", "number": None, "figure": None, "test": None, "mark": None}
)
JOINT_OPTIONAL: Final[Mapping[str, Any]] = MappingProxyType(
    {"means": {}, "changes": {}, "unavailable": {}, "sources": [], "standing": None, "question": "", "evidence": ""}
)


def write_story(data: Mapping[str, Any], path: str | Path) -> Path:
    """Write the story page as one self-contained HTML file.

    Parameters
    ----------
    data : Mapping
        The story, JSON-ready: ``disclaimer``, ``patient``, ``grid`` (dose in mg/kg, time in min), ``cells`` with their
        curves (ng/mL, fractions, points) at ``exposure_time_min`` and ``mood_time_h``, ``joints``, ``claims`` and, if
        there, ``published``, ``figures``, ``between``, ``notes``, ``marks``, ``limits``, ``python``, ``cite``.
    path : str or Path
        The file to write. An existing file is replaced only whole and only if it is a story page.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If something is missing from the data, a curve does not fit its times, or another file stands in the way.
    """
    check_story(data)
    text = page("story.html.j2", "story.js", "story", _complete(data))
    return write_whole(text, Path(path), "story")


def _complete(data: Mapping[str, Any]) -> dict[str, Any]:
    """Add what may be left out, so that template and script need not ask."""
    return {
        **OPTIONAL,
        **data,
        "published": {"concentration": [], "mood": [], **data.get("published", {})},
        "claims": [{**CLAIM_OPTIONAL, **claim} for claim in data["claims"]],
        "joints": [_complete_joint(joint) for joint in data["joints"]],
    }


def _complete_joint(joint: Mapping[str, Any]) -> dict[str, Any]:
    return {**JOINT_OPTIONAL, **joint, "arrow": joint["arrow"].replace("->", "→")}
