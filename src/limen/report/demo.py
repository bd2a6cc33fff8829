"""`limen demo`: one infusion in twelve lines of plain words, and the story page."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from limen.report.story import write_story
from limen.report.story_data import START, story_data

FILE: Final = "story.html"
#: A score that rounds to nothing.
LEAST_FELT: Final = 0.5


def tell(folder: Path, *, show: bool) -> Iterator[str]:
    """Write the story page and give the lines that tell it.

    Parameters
    ----------
    folder : Path
        Where the page goes.
    show : bool
        Open it, where there is a screen.

    Yields
    ------
    str
        Twelve numbered lines, then where the page is.

    Raises
    ------
    InputError
        If a file that is not a story page stands in the way.
    """
    data = story_data()
    lines = twelve_lines(data)
    page = write_story(data | {"terminal": lines}, folder / FILE)
    yield from lines
    yield ""
    yield f"The same as a page, to move and to cut: {page}"
    if show and screen():
        webbrowser.open(page.resolve().as_uri())


def screen() -> bool:
    """Tell whether a browser could be shown: somebody looks at the terminal, and there is a display."""
    shown = sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return shown and sys.stdout.isatty()


def twelve_lines(data: Mapping[str, Any]) -> list[str]:
    """Tell the infusion at which the page opens; what is computed comes from the data of the page."""
    numbered = enumerate(sentences(data), start=1)
    return [f"{k:2d}. {text} [{mark}]" for k, (text, mark) in numbered]


def sentences(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each sentence with what it rests on: measured, open or assumed."""
    cell = data["cells"][f"{START['dose']},{START['minutes']}"]
    yield from exposure_sentences(data, cell)
    yield from mood_sentences(data, cell)


def at(values: list[float], axis: list[float], wanted: float) -> float:
    """Give the value at a time of the grid."""
    return values[axis.index(wanted)]


def exposure_sentences(data: Mapping[str, Any], cell: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield from the pump to what is felt."""
    pump, blood, times = cell["pump"], cell["concentration"], data["exposure_time_min"]
    end, late = float(pump["minutes"]), 120.0
    assays = cell["occupancy"]
    peaks = {name: 100.0 * max(rows["typical"]) for name, rows in assays.items()}
    seen = next(one for one in data["published"]["concentration"] if one["value"] is not None)
    felt = [at(cell["cadss"][name], times, end) for name in ("p10", "p50", "p90")]
    yield (
        f"An adult of {data['patient']['weight_kg']:g} kg with depression (score {data['patient']['baseline_madrs']:g} "
        f"of 60) gets {pump['mg']:g} mg of ketamine over {pump['minutes']:g} min.",
        "assumed",
    )
    yield (
        f"When the pump stops, blood from a vein holds about {at(blood['typical'], times, end):.0f} ng/mL; in 90 of "
        f"100 people {at(blood['p05'], times, end):.0f} to {at(blood['p95'], times, end):.0f}.",
        "measured",
    )
    yield f"A trial of this dose saw a mean peak of {seen['value']:g} ng/mL.", "measured"
    yield f"At two hours about {at(blood['typical'], times, late):.0f} ng/mL are left.", "measured"
    yield (
        f"It sits in NMDA receptors: {peaks['in_vivo']:.0f} % of them by one assay, {peaks['ebert']:.0f} % and "
        f"{peaks['salat']:.0f} % by two others.",
        "open",
    )
    yield "Block should let glutamate rise for an hour or two, and fall again at much higher doses.", "open"
    yield (
        f"The person may feel detached: a score of {felt[1]:.0f} of 92 in the middle, {felt[0]:.0f} to {felt[2]:.0f} "
        f"in 80 of 100; {gone(cell['cadss'], times)}.",
        "open",
    )


def gone(felt: Mapping[str, Any], time_min: list[float]) -> str:
    """Say when the middle person feels nothing any more."""
    over = [time for time, score in zip(time_min, felt["p50"], strict=True) if score < LEAST_FELT]
    after = [time for time in over if time > time_min[felt["p50"].index(max(felt["p50"]))]]
    return f"over for the middle person after {after[0]:.0f} minutes" if after else "not over within four hours"


def mood_sentences(data: Mapping[str, Any], cell: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield from the next day to what nobody knows."""
    mood, times = cell["mood"]["default"], data["mood_time_h"]
    gain = mood["difference"]
    day, week = (at(mood["drug"]["p50"], times, hour) for hour in gain["h"])
    same = at(mood["same_visit"]["p50"], times, gain["h"][0])
    trial = {one["arm"]: one["change"] for one in data["published"]["mood"]}
    others = {name: rows["difference"]["mean"][0] for name, rows in cell["mood"].items() if name != "default"}
    most = max(others, key=lambda name: abs(others[name] - gain["mean"][0]))
    yield (
        f"Next day the score is {day:.0f}; after the same visit without the drug it would be {same:.0f}: "
        f"{gain['mean'][0]:.1f} points better ({gain['p10'][0]:.1f} to {gain['p90'][0]:.1f}).",
        "open",
    )
    yield (
        f"The trial beside it saw falls of {-trial['ketamine']:g} with ketamine and {-trial['midazolam']:g} with "
        "midazolam.",
        "measured",
    )
    yield (
        f"A week later the score is {week:.0f}, and the drug's part of the fall {gain['mean'][1]:.1f} points.",
        "open",
    )
    yield (
        f"What moves this most is joint {most.replace('=', ' set to ')}: the next day's {gain['mean'][0]:.1f} points "
        f"become {others[most]:.1f}.",
        "open",
    )
    yield "Whether feeling detached does any good, nobody knows; the default is no effect either way.", "open"
