"""`limen serve` with a signal: everything is checked and made first, then the children are started and kept alive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from limen.centre import serving
from limen.centre.care.infusion import RUNNING, minutes_since_start
from limen.centre.centre import Centre
from limen.centre.live.place import FOLDER, attached, is_research
from limen.centre.live.supervising import Supervisor, can_listen, children_of, environment_of
from limen.centre.records.kinds import State
from limen.centre.records.store import Command

DEMO_STREAM: Final = "limen-demo"
WITHOUT: Final = (
    'Without the packages for signals the demo shows no live infusion: pip install "limen[signals]" brings them.'
)


def serve_with_signal(
    data: Path, *, stream: str | None, demo: bool, tell: Callable[[str], None], **served: Any
) -> None:
    """Serve a centre with its recorders, and in a demo with a simulated patient, until ended.

    Parameters
    ----------
    data : Path
        Folder of the centre.
    stream : str or None
        LSL stream that is recorded; None in a demo means that of the simulated patient.
    demo : bool
        As `limen.centre.serving.serve`.
    tell : callable
        Says what there is to say before the children speak.
    **served
        The other words of `limen.centre.serving.serve`.
    """
    if not can_listen():
        tell(WITHOUT)
        serving.serve(data, demo=demo, tell=tell, **served)
        return
    serving.check_address(served["host"], tls=served["certificate"] is not None, forced=served["insecure"], demo=demo)
    serving.check_port(served["host"], served["port"])
    centre = serving.centre_to_serve(data, url=served["url"], demo=demo)
    patient = demo_patient(centre) if demo and stream is None else ()
    centre.close()
    words = {**plain(served), "data": str(data), "demo": demo}
    folder = data / FOLDER
    alone = demo and stream is None
    children = children_of(data, stream or DEMO_STREAM, words, patient)
    Supervisor(children, environment_of(folder, alone=alone)).run()


def plain(served: Mapping[str, Any]) -> dict[str, Any]:
    """Give the words as JSON has them."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in served.items()}


def demo_patient(centre: Centre) -> tuple[str, ...]:
    """Let the signal belong to the infusion of the demo that runs, and say what its patient gets."""
    running = centre.states("session", statuses=(RUNNING,))
    if not running or not is_research(centre.site()):
        return ()
    record, state = running[-1]
    if not attached(state):
        centre.store.record(Command(record, "signal", {"recorder": "simulated"}, f"{record}/signal", "system"))
    return patient_of(centre, state)


def patient_of(centre: Centre, state: State) -> tuple[str, ...]:
    """Give the words of the simulated patient: dose, weight, minutes since the start."""
    minutes = minutes_since_start(state, centre.clock.now())
    return str(state["plan"]["words"]), str(state["plan"]["weight_kg"]), f"{float(minutes or 0):.3f}"
