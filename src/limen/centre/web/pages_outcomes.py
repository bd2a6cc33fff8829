"""Outcomes of all people together: response by scale, completeness, forecasts side by side; small cells not shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import OUTCOMES
from limen.centre.care import forecasts
from limen.centre.care.scales import REMISSION_WORDS, RESPONSE_WORDS, is_remission, is_response
from limen.centre.records.kinds import State
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors

doors: Final = Doors()
POOLED: Final = ("PHQ-9", "MADRS", "QIDS-SR")
#: Cells below this are not shown (centre.md section 6.2).
SMALL: Final = 5


@doors.get("/outcomes", may=OUTCOMES, fields=("clinic",))
def outcomes(call: Call) -> Response:
    """Show what came of the courses of all people, without anybody's name."""
    asked = call.text("clinic")
    clinics = (asked,) if asked in call.clinics else call.clinics
    call.note("read", "outcomes")
    people = [
        (record, state)
        for record, state in call.centre.states("person", clinics=clinics)
        if state["status"] != "deleted"
    ]
    sessions: dict[str, list[State]] = {}
    for _, one in call.centre.states("session", clinics=clinics):
        sessions.setdefault(one["person"], []).append(one)
    treated = [(state, forecasts.started(sessions.get(record, []))) for record, state in people]
    treated = [(state, given) for state, given in treated if given]
    return call.page(
        "outcomes.html.j2",
        rows=[pooled(name, treated) for name in POOLED],
        treated=hidden_count(len(treated)),
        complete=completeness(treated),
        forecasts=side_by_side(treated),
        clinics=[{"id": name, "name": call.site["clinics"][name]["name"]} for name in call.clinics],
        chosen=asked,
        response_rule=RESPONSE_WORDS,
        smallest=SMALL,
    )


def hidden_count(count: int) -> str:
    """Give a count as text; a small one is not said."""
    return str(count) if count == 0 or count >= SMALL else f"fewer than {SMALL}"


def before_and_last(state: State, given: Sequence[State], scale: str) -> tuple[int, int] | None:
    """Give the last total before the first infusion and the newest one after it; None where one is missing."""
    begin = given[0]["started"]["at"]
    totals = [
        (one["at"], one["value"])
        for one in state.get("scores", [])
        if one["scale"] == scale and one.get("value") is not None
    ]
    before = [value for at, value in totals if at < begin]
    after = [value for at, value in totals if at > begin]
    return (before[-1], after[-1]) if before and after else None


def pooled(scale: str, treated: Sequence[tuple[State, Sequence[State]]]) -> dict[str, Any]:
    """Give the response of one scale; where a cell is small, nothing but that it is small.

    A count close to all or none tells as much as a small one, so both sides of a share have to be large or empty, and
    so do those with both scores and those without, whose number is that of the treated less the other.
    """
    pairs = [pair for state, given in treated if (pair := before_and_last(state, given, scale)) is not None]
    responded = sum(is_response(before, after) for before, after in pairs)
    remitted = sum(bool(is_remission(scale, after)) for _, after in pairs)
    worse = sum(after > before for before, after in pairs)
    told = not 0 < len(treated) - len(pairs) < SMALL
    n = hidden_count(len(pairs)) if told else "small cell"
    found = {"scale": scale, "n": n, "remission_rule": REMISSION_WORDS.get(scale, "not defined")}
    shares = {"response": responded, "remission": remitted, "worse": worse}
    return found | {name: share(count, len(pairs)) if told else "small cell" for name, count in shares.items()}


def share(count: int, of: int) -> str:
    """Give a share as text, or that it rests on a small cell."""
    if of < SMALL or 0 < count < SMALL or 0 < of - count < SMALL:
        return "small cell"
    return f"{count} of {of} ({100 * count / of:.0f} %)"


def completeness(treated: Sequence[tuple[State, Sequence[State]]]) -> str:
    """Say how many of those treated have a PHQ-9 before and after: without it the rest says little."""
    whole = sum(before_and_last(state, given, "PHQ-9") is not None for state, given in treated)
    return share(whole, len(treated))


def side_by_side(treated: Sequence[tuple[State, Sequence[State]]]) -> dict[str, Any]:
    """Score the clinicians' and the model's forecasts of the same visits by the same rule."""
    pairs = [
        pair
        for state, given in treated
        for pair in forecasts.pairs(state, given)
        if pair["clinician_score"] and pair["model_score"] and pair["saw_model_first"] != "yes"
    ]
    if len(pairs) < SMALL:
        return {"n": hidden_count(len(pairs)), "clinician": None, "model": None}
    return {"n": str(len(pairs)), "clinician": mean_score(pairs, "clinician"), "model": mean_score(pairs, "model")}


def mean_score(pairs: Sequence[dict[str, Any]], who: str) -> dict[str, str]:
    """Give the mean CRPS and the share of outcomes inside the 80 % range."""
    scores = [pair[f"{who}_score"] for pair in pairs]
    crps = sum(one["crps"] for one in scores) / len(scores)
    return {"crps": f"{crps:.2f}", "inside": share(sum(one["inside"] for one in scores), len(scores))}
