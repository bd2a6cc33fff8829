"""What the commands of inverse use print when nobody asked for JSON."""

from __future__ import annotations

from typing import Final

from limen.report.terminal import Answer, console, number, percent, table, warnings

MOST_ROWS: Final = 14


def infusion_table(found: Answer) -> None:
    """Print `limen infusion-for`."""
    console().print(found["statement"])
    steps = [
        [f"{one['start_min']:g} - {one['end_min']:g}", number(one["mg_per_min"]), number(60.0 * one["mg_per_min"])]
        for one in found["steps"]
    ]
    console().print(table("The pump", ("minutes", "mg/min", "mg/h"), steps))
    expected, show = found["expected"], percent if found["expected"]["unit"] == "fraction" else number
    every = -(-len(expected["time_min"]) // MOST_ROWS)
    rows = [
        [
            f"{minute:g}",
            show(expected["typical"][k]),
            f"{show(expected['p05'][k])} - {show(expected['p95'][k])}",
        ]
        for k, minute in enumerate(expected["time_min"])
        if k % every == 0 or k == len(expected["time_min"]) - 1
    ]
    columns = ("minute", "typical person", "90 of 100 people")
    console().print(table(f"{found['wanted']['reading']}, {expected['unit']}", columns, rows))
    closing(found)


def dose_table(found: Answer) -> None:
    """Print `limen dose-for`."""
    console().print(found["statement"])
    peak = found["peak_ng_per_ml"]
    row = [found["dose"], percent(found["probability"]), *(number(peak[name]) for name in ("p05", "p50", "p95"))]
    columns = ("dose", "share that reaches it", "peak p05", "p50", "p95 ng/mL")
    console().print(table("Peak over people, parameters and models", columns, [row]))
    closing(found)


def closing(found: Answer) -> None:
    """Print what must stand beside an option."""
    warnings(found)
    if "file_written" in found:
        console().print(f"The page: {found['file_written']}")
    console().print(f"\n{found['disclaimer']}")
