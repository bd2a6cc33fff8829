"""The page of a recording: what each channel shows, when, over which background, and what could not be seen."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.evidence.disclaimer import DISCLAIMER
from limen.quantities import Recording
from limen.recording import SignalFile
from limen.report.files import write_whole
from limen.report.page import static_page
from limen.report.terminal import console, number, percent, table
from limen.rhythm.tables import LINE_S, report_data

KIND: Final = "recording"
#: Size of a strip, in units of the drawing.
WIDTH: Final = 1000.0
HEIGHT: Final = 120.0
#: Courses that the page draws.
TITLES: Final = {
    "exponent": "Exponent of the background",
    "level_db": "Level of the background at 2 Hz, dB",
    "alpha_db": "Alpha, 8 to 13 Hz, dB of 1 \u00b5V\u00b2/Hz",
    "gamma_db": "Gamma, 25 to 45 Hz, dB of 1 \u00b5V\u00b2/Hz",
    "rhythm_share": "Share of the channels with a rhythm",
}
#: Over the background by so many dB the slow spectrum is drawn in full colour; nothing is drawn below it.
FULL_DB: Final = 12.0


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
        "lines": _lines(data["course"], data["duration_s"]),
        "slow": _slow(data["spectrogram"], data["duration_s"]),
        "given": _given(data["infusion"], data["duration_s"]),
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


def _lines(found: Mapping[str, Sequence[float | None]] | None, duration_s: float) -> list[dict[str, Any]]:
    """Give the course of the background as lines, in units of the drawing."""
    if found is None:
        return []
    return [
        _line(title, found[name], duration_s)
        for name, title in TITLES.items()
        if any(value is not None for value in found[name])
    ]


def _given(found: Mapping[str, Any] | None, duration_s: float) -> dict[str, Any] | None:
    """Give the place of the infusion in units of the drawing."""
    if found is None:
        return None
    scale = WIDTH / max(duration_s, 1e-9)
    begin, end = round(found["onset_s"] * scale, 2), round(found["end_s"] * scale, 2)
    return {"x": begin, "width": max(1.5, round(end - begin, 2)), "note": found["note"]}


def _slow(found: Mapping[str, Any] | None, duration_s: float) -> dict[str, Any] | None:
    """Give the slow spectrum as a picture whose opacity is the height over the background, and where it lies."""
    if found is None or not found["over_db"][0]:
        return None
    over_db = np.array([[np.nan if v is None else v for v in row] for row in found["over_db"]], dtype=np.float64)
    alpha = np.round(255 * np.clip(np.nan_to_num(over_db) / FULL_DB, 0, 1)).astype(np.uint8)
    hz, scale = found["frequency_hz"], WIDTH / max(duration_s, 1e-9)
    step_hz = hz[1] - hz[0]
    return {
        "picture": base64.b64encode(_png(alpha[::-1])).decode("ascii"),
        "x": round(found["first_s"] * scale, 2),
        "width": round(alpha.shape[1] * found["column_s"] * scale, 2),
        "marks": [
            {"hz": mark, "y": round(100 * (hz[-1] + step_hz / 2 - mark) / (hz[-1] - hz[0] + step_hz), 2)}
            for mark in (1, 2, 3, 4, 6)
        ],
    }


def _png(alpha: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """Write a picture that is nothing but opacity: shape ``(rows, columns)``."""
    rows, columns = alpha.shape
    grey = np.zeros((rows, columns, 2), dtype=np.uint8)
    grey[..., 1] = alpha
    lines = b"".join(b"\0" + row.tobytes() for row in grey)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", columns, rows, 8, 4, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def _line(title: str, values: Sequence[float | None], duration_s: float) -> dict[str, Any]:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    low, high = min(value for _, value in known), max(value for _, value in known)
    room = max(high - low, 0.5)
    step = WIDTH * LINE_S / duration_s
    points = " ".join(
        f"{min(WIDTH, step * (place + 0.5)):.1f},{HEIGHT - 8 - (HEIGHT - 16) * (value - low) / room:.1f}"
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
