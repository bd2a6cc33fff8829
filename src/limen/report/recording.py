"""The page of a recording: what each channel shows, when, over which background, and what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from limen.evidence.disclaimer import DISCLAIMER
from limen.quantities import Recording
from limen.recording import SignalFile
from limen.report.files import write_whole
from limen.report.page import static_page
from limen.report.terminal import console, number, percent, table
from limen.rhythm.tables import report_data

KIND: Final = "recording"
#: Size of a strip, in units of the drawing.
WIDTH: Final = 1000.0
HEIGHT: Final = 120.0


def write_recording_report(source: Recording | SignalFile, path: Path) -> Path:
    """Search a recording and write one self-contained HTML page about it.

    Parameters
    ----------
    source : Recording or SignalFile
        The recording.
    path : Path
        The file to write; an existing one is replaced only whole and only if it is such a page.

    Returns
    -------
    Path
        The file that was written.
    """
    data = report_data(source)
    shown = {
        **data,
        "version": version("limen"),
        "disclaimer": DISCLAIMER,
        "strips": [_strip(channel, data["duration_s"]) for channel in data["channels"]],
        "lines": _lines(data["course"]),
    }
    return write_whole(static_page("recording.html.j2", KIND, shown), path, KIND)


def _strip(channel: Mapping[str, Any], duration_s: float) -> dict[str, Any]:
    """Give the bars of one channel: episodes and what is unknown, in units of the drawing."""
    scale = WIDTH / max(duration_s, 1e-9)
    bars = [
        {
            "x": round(one["onset_s"] * scale, 2),
            "width": round(max(1.5, one["duration_s"] * scale), 2),
            "kind": "rhythm" if one["kind"] == "rhythm" else "other",
            "opacity": round(max(0.2, one["probability"]), 2),
            "says": f"{one['kind']} {one['onset_s']:.1f} s, {one['duration_s']:.1f} s, {one['frequency_hz']:.2f} Hz,"
            f" probability {one['probability']:.2f}",
        }
        for one in channel["episodes"]
    ]
    holes = [
        {"x": round(one["onset_s"] * scale, 2), "width": round(one["duration_s"] * scale, 2)}
        for one in channel["unknown"]
    ]
    return {"name": channel["name"], "verdict": channel["verdict"], "bars": bars, "holes": holes}


def _lines(found: Mapping[str, Sequence[float | None]] | None) -> list[dict[str, Any]]:
    """Give the course of the background as lines, in units of the drawing."""
    if found is None:
        return []
    titles = {"exponent": "Exponent of the background", "level_db": "Level of the background at 2 Hz, dB"}
    return [_line(title, found[name]) for name, title in titles.items()]


def _line(title: str, values: Sequence[float | None]) -> dict[str, Any]:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    low, high = min(value for _, value in known), max(value for _, value in known)
    room = max(high - low, 0.5)
    points = " ".join(
        f"{WIDTH * (place + 0.5) / len(values):.1f},{HEIGHT - 8 - (HEIGHT - 16) * (value - low) / room:.1f}"
        for place, value in known
    )
    return {"title": title, "points": points, "low": f"{low:.2f}", "high": f"{low + room:.2f}"}


def rhythm_table(found: Mapping[str, Any]) -> None:
    """Print `limen rhythm` in words: one sentence, a line a channel, and what contacts share."""
    console().print(found["statement"])
    columns = ("channel", "verdict", "time with a rhythm", "episodes", "found from, dB", "source from, nAm")
    console().print(table("", columns, [_row(channel) for channel in found["channels"]]))
    pooled = found["pooled"]
    if pooled["channels"]:
        console().print(f"Shared by {', '.join(pooled['channels'])}: {len(pooled['episodes'])} episodes.")
    for says in found["warnings"]:
        console().print(f"- {says}")


def _row(channel: Mapping[str, Any]) -> list[str]:
    kinds = [one["kind"] for one in channel["episodes"]]
    shown = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none"
    return [
        channel["name"], channel["verdict"], percent(channel["on_fraction"]), shown,
        number(channel["smallest_detectable_snr_db"]), number(channel["smallest_visible_source_nam"]),
    ]  # fmt: skip


def watched_table(found: Mapping[str, Any]) -> None:
    """Print what `limen live` came to, a line a channel."""
    rows = [[one["name"], number(one["judged_s"]), percent(one["on_fraction"])] for one in found["channels"]]
    console().print(table(found["stream"], ("channel", "judged, s", "time with a rhythm"), rows))
    for says in found["warnings"]:
        console().print(f"- {says}")


def visibility_table(found: Mapping[str, Any]) -> None:
    """Print `limen rhythm --visibility` in words."""
    rows = [
        [
            one["region"],
            number(one["gain_uv_per_nam"]),
            number(one["background_uv"]),
            number(one["smallest_source_nam"]),
        ]
        for one in found["regions"]
    ]
    console().print(found["statement"])
    console().print(table(found["montage"], ("region", "uV for 1 nAm", "background uV", "smallest nAm"), rows))
