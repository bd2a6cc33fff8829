"""The page of a virtual trial: its arms over time, what its design came to, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from limen.report.checks import need, plain_words, same_length
from limen.report.files import write_whole
from limen.report.page import page

KIND: Final = "trial"
NEEDED: Final = (
    *("title", "disclaimer", "scale", "setting", "draws", "baseline", "rules", "plan", "found", "curves"),
    *("under_joints", "warnings"),
)
#: What an answer holds where the trial's file asks for it.
DESIGNED: Final = (
    *("endpoint", "operating_characteristics", "stopping", "adaptive", "sample_size", "question", "missing"),
    "doses_given",
)
BANDS: Final = ("p05", "p25", "p50", "p75", "p95")


def write_trial_report(data: Mapping[str, Any], path: str | Path) -> Path:
    """Write the page of one trial as one self-contained HTML file.

    Parameters
    ----------
    data : Mapping
        As `limen.trials.report_data.trial_report_data` gives it.
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
    shown = {"made_from": None, "version": None, "seed": None, "unknown_because": None, **data}
    shown["found"] = dict.fromkeys(DESIGNED) | dict(data["found"])
    return write_whole(page("trial.html.j2", "trial.js", KIND, shown), Path(path), KIND)


def _check(data: Mapping[str, Any]) -> None:
    need(data, NEEDED, "")
    need(data["found"], ("arms", "contrasts"), "found.")
    if data["curves"] is not None:
        times = data["curves"]["time_h"]
        for place, arm in enumerate(data["curves"]["arms"]):
            for name in ("change", "response"):
                same_length(arm[name], BANDS, times, f"curves.arms[{place}].{name}")
    plain_words(data)
