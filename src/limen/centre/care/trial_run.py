"""Virtual trials of the centre: asked for, done or failed, each with its specification as it was sent."""

from __future__ import annotations

from typing import Any, Final

from limen.centre.care.person import stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.refusals import Conflict, Refused

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
#: Ours: the longest specification that a form takes.
LONGEST_SPEC: Final = 20_000


def ask(state: State, event: Event) -> State:
    """Begin a run."""
    del state
    return {**event.body, "status": RUNNING, "asked": stamp(event)}


def check_ask(state: State, body: Body, moment: Moment) -> None:
    """Refuse a run that is there, or a specification that is empty or too long."""
    del moment
    if state:
        raise Conflict("This trial was asked for already: look at the list.")
    words = str(body.get("spec", ""))
    if not 0 < len(words.strip()) <= LONGEST_SPEC:
        raise Refused(f"spec has {len(words)} letters: write 1 to {LONGEST_SPEC}.", field="spec")


def ended(status: str) -> Any:
    """Give what ends a run."""
    return lambda state, event: {**state, **event.body, "status": status, "ended": stamp(event)}


def check_running(state: State, body: Body, moment: Moment) -> None:
    """Refuse the end of a run that does not run."""
    del body, moment
    if not state or state["status"] != RUNNING:
        raise Conflict("This trial does not run: look at the list.")


def columns(state: State) -> dict[str, str]:
    """Give the columns by which a run is found."""
    return {"status": state["status"], "due_at": state["asked"]["at"]}


TRIAL: Final = register(
    RecordKind(
        "trial",
        {
            "asked": Kind(ask, check_ask),
            "done": Kind(ended(DONE), check_running),
            "failed": Kind(ended(FAILED), check_running),
        },
        columns=columns,
    )
)
