"""Where the recorder of a centre lies, and whether it lives."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from limen.centre.care.site import RESEARCH
from limen.centre.centre import Centre
from limen.centre.live.wire import connect
from limen.centre.records.kinds import State

FOLDER: Final = "live"
#: The segments of the recording, inside of it.
SIGNAL_FOLDER: Final = "signal"
NOT_CONFIGURED: Final = "not configured"
#: Steps of a session in which a signal can belong to it.
OVER: Final = ("discharged", "not given")


def folder_of(centre: Centre) -> Path:
    """Give the folder of the recorder."""
    return centre.data / FOLDER


def recorder_of(centre: Centre) -> str:
    """Say whether the recorder lives: ok, not running, or not configured."""
    if not folder_of(centre).is_dir():
        return NOT_CONFIGURED
    try:
        connect(folder_of(centre)).close()
    except OSError:
        return "not running"
    return "ok"


def is_research(site: State) -> bool:
    """Tell whether the site is in research mode; in clinic mode nothing of the signal is shown."""
    return str(site.get("mode", {}).get("mode", RESEARCH)) == RESEARCH


def attached(state: State) -> bool:
    """Tell whether the signal belongs to a session."""
    return bool(state.get("signals")) and state["status"] not in OVER
