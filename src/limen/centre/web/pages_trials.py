"""Virtual trials: ask for one, watch it, compare what they answered. Nobody's record is in them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import TRIALS
from limen.centre.care import trial_run
from limen.centre.care.forecasts import kept_document
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.refusals import Conflict
from limen.centre.trial_desk import arm_rows, start, take_in
from limen.centre.web import figures
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest

doors: Final = Doors()
DAY_H: Final = 24


@doors.get("/trials", may=TRIALS)
def trials(call: Call) -> Response:
    """Show every trial, and what those that are done say, side by side."""
    take_in(call.centre)
    runs = call.centre.states("trial")
    example = files("limen.centre").joinpath("trial_example.toml").read_text(encoding="utf-8")
    rows = [run_row(call, record, state) for record, state in reversed(runs)]
    going = any(one["status"] == trial_run.RUNNING for one in rows)
    return call.page("trials.html.j2", runs=rows, going=going, example=example)


def run_row(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give a trial as the list shows it."""
    answer = kept_document(call.centre, state["document"]) if state["status"] == trial_run.DONE else {}
    return {
        "id": record.partition("/")[2],
        "name": state["name"],
        "status": state["status"],
        "by": state["asked"]["by"],
        "at": state["asked"]["at"],
        "because": state.get("because", ""),
        "arms": arm_rows(answer) if answer else [],
    }


@doors.post("/trials", may=TRIALS, fields=("name", "spec", "idem_key"))
def ask(call: Call) -> Response:
    """Ask for a trial."""
    take_in(call.centre)
    record = f"trial/{digest(call.key)}"
    body = {"name": call.text("name", needed=True), "spec": call.text("spec", needed=True)}
    going = [name for name, _ in call.centre.states("trial", statuses=(trial_run.RUNNING,)) if name != record]
    if going:
        raise Conflict("A trial runs already: wait for it, or ask for this one afterwards.")
    if not call.record_all(Command(record, "asked", body, call.key, call.who))[0].replayed:
        start(call.centre, record, body["spec"])
    return call.go("/trials")


@doors.get("/trials/{id}", may=TRIALS)
def one(call: Call) -> Response:
    """Show one trial: its specification, and its answer over time."""
    take_in(call.centre)
    record = f"trial/{call.path['id']}"
    state = call.centre.store.state(record)
    answer = kept_document(call.centre, state.get("document", "none"))
    return call.page(
        "trial.html.j2",
        run=run_row(call, record, state),
        spec=state["spec"],
        warnings=answer.get("warnings", []),
        figure=change_figure(answer) if answer else "",
        contrasts=[contrast_row(row) for row in answer.get("contrasts", [])],
    )


def change_figure(answer: dict[str, Any]) -> Any:
    """Draw the mean change of each arm over days; the wash holds 90 of 100 trials of the first arm."""
    arms = [arm for arm in answer["arms"] if None not in arm["mean_change"]]
    series = [
        {
            "name": arm["name"],
            "points": [
                (hours / DAY_H, change) for hours, change in zip(arm["times_h"], arm["mean_change"], strict=True)
            ],
        }
        for arm in arms
    ]
    band: list[tuple[float, float, float]] = []
    if arms:
        days = [hours / DAY_H for hours in arms[0]["times_h"]]
        band = list(zip(days, arms[0]["mean_change_p05"], arms[0]["mean_change_p95"], strict=True))
    says = "; ".join(f"{row['name']}: {row['change']} points on day {row['day']}" for row in arm_rows(answer))
    return figures.chart(series, says=says, x_label="days", y_label="mean change, points: lower is better", band=band)


def contrast_row(row: dict[str, Any]) -> dict[str, str]:
    """Give one contrast at the last time in words."""
    difference = row.get("mean_difference") or {}
    ends = [(difference.get(name) or [None])[-1] for name in ("p50", "p05", "p95")]
    said = "not known" if None in ends else f"{ends[0]:.1f} ({ends[1]:.1f} to {ends[2]:.1f})"
    return {"arms": " against ".join(row["arms"]), "difference": said}
