"""The page of `limen circuit`: what the circuit does over block, in time, over HCN1 and under stimulation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from limen.circuit.conditions import Pulses
from limen.evidence import DISCLAIMER
from limen.report.circuit_figures import Panel, panels
from limen.report.files import write_whole
from limen.report.page import page

KIND: Final = "circuit"


def write_circuit_page(
    found: Mapping[str, Any], folder: Path, *, pulses: Pulses | None = None, engine: str = "auto"
) -> Path:
    """Write the page of one answer of `limen.circuit.circuit_answer`.

    Parameters
    ----------
    found : Mapping
        The answer.
    folder : Path
        Where ``circuit.html`` is written; an existing page is replaced whole.
    pulses : Pulses, optional
        Those of the answer; spikes, field and spectrum are shown under them.
    engine : str
        Of the circuit: ``"auto"``, ``"numba"`` or ``"numpy"``.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        If another file stands in the way.
    """
    shown = {
        "title": f"The posteromedial circuit, {found['title']}",
        "lead": "A hypothesis that can be run, and fails where it fails: no model of this rhythm was public, so"
        " Limen has two rivals in one frame, and says which experiment would tell them apart.",
        "disclaimer": DISCLAIMER,
        "warnings": list(found["warnings"]),
        "made_from": found["made_from"][:12],
        "panels": [_shown(one) for one in panels(found["rows"], found["mechanism"], pulses, engine)],
    }
    return write_whole(page("circuit.html.j2", "circuit.js", KIND, shown), folder / "circuit.html", KIND)


def _shown(one: Panel) -> dict[str, Any]:
    return {"heading": one.heading, "says": one.says, "svg": Markup(one.svg), "key": one.key}  # noqa: S704 - our own
