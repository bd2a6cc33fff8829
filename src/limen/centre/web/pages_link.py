"""A person's own pages, reached by a link: no password, no script needed, and each says when answers are read."""

from __future__ import annotations

import hmac
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import LINK
from limen.centre.amounts import is_count
from limen.centre.care import link, slot
from limen.centre.care.duty import plain_task, suicide_task
from limen.centre.care.hours import due_in_hours, in_words, is_staffed, next_staffed
from limen.centre.care.scales import ITEM9, PHQ9, Scale, scale_named, total
from limen.centre.care.task import WORSENING
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Command
from limen.centre.refusals import Denied, NotFound, Refused
from limen.centre.safety.table import rules
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import SLUGS, digest
from limen.centre.web.pages_public import contacts

doors: Final = Doors()
NO_ANSWER: Final = "no answer"
#: Staffed minutes in which a worsening is looked at (ours).
WORSENING_MIN: Final = 8 * 60


def live(call: Call) -> tuple[str, State]:
    """Give the link that a token opens; raises Denied for one that is forged, ended or revoked."""
    token = call.path["token"]
    name, _, signed = token.partition(".")
    if not hmac.compare_digest(signed.encode(), call.centre.ring.signature(name).encode()):
        raise Denied("This link is not known: please call the centre for a new one.")
    try:
        state = call.centre.store.state(f"link/{digest(token)}")
    except NotFound:
        raise Denied("This link is not known: please call the centre for a new one.") from None
    link.check_live(state, {}, call.centre.clock.now())
    person = call.centre.store.state(state["person"])
    if person["status"] == "deleted":
        raise Denied("This link has ended: please call the centre for a new one.")
    return f"link/{digest(token)}", state


def around(call: Call, state: State) -> dict[str, Any]:
    """Give what stands on every page of a person: when answers are read, and whom to call before."""
    clinic = call.site["clinics"][state["clinic"]]
    return {
        "token": call.path["token"],
        "clinic": {"name": clinic["name"], "phone": clinic["phone"], "zone": clinic.get("zone", "UTC")},
        "hours": in_words(clinic),
        "staffed": is_staffed(clinic, call.now),
        "next_read": utc_text(next_staffed(clinic, call.now)),
        "out_of_hours": call.site.get("contacts", {}).get("out_of_hours", ""),
        "crisis": contacts(call.site),
    }


@doors.get("/p/{token}", may=LINK)
def own_page(call: Call) -> Response:
    """Show the next visit, what to bring, what is to be answered, and the own scores."""
    _, state = live(call)
    person = call.centre.store.state(state["person"])
    visits = call.centre.states("slot", person=state["person"], statuses=(slot.BOOKED,), due_from=call.now_text)
    done = {one["scale"] for one in state["answered"]}
    waiting = [{"slug": slug_of(name), "scale": name} for name in state.get("scales", []) if name not in done]
    scores = [{"scale": one["scale"], "value": one["value"], "at": one["at"]} for one in person.get("scores", [])]
    name = call.opened(state["person"], person["identity"])["name"]
    return call.page(
        "own.html.j2",
        **around(call, state),
        name=name,
        visit=visits[0][1]["start"] if visits else None,
        waiting=waiting,
        scores=[one for one in scores if one["value"] is not None],
    )


def slug_of(scale: str) -> str:
    """Give the part of the address that names a scale."""
    return next(slug for slug, name in SLUGS.items() if name == scale)


def scale_of(call: Call, state: State) -> Scale:
    """Give the scale of the address, if the link holds it."""
    return held(SLUGS.get(call.path["slug"], call.path["slug"]), state)


def held(name: str, state: State) -> Scale:
    """Give a scale that a link holds; raises NotFound for another."""
    if name not in state.get("scales", []):
        raise NotFound(f"This link holds no questionnaire {name!r}: go back to its first page.")
    return scale_named(name)


@doors.get("/p/{token}/q/{slug}/{n}", may=LINK)
def question(call: Call) -> Response:
    """Show one item."""
    _, state = live(call)
    scale = scale_of(call, state)
    n = item_number(call, scale)
    return call.page(
        "own_question.html.j2", **around(call, state), **item(scale, n, state), slug=call.path["slug"], error=""
    )


def item_number(call: Call, scale: Scale) -> int:
    """Give which item the address asks for."""
    words = call.path["n"]
    if not is_count(words) or not 1 <= int(words) <= len(scale.items):
        raise NotFound(f"{scale.name} has items 1 to {len(scale.items)}, and {words!r} is none: go back.")
    return int(words)


def item(scale: Scale, n: int, state: State) -> dict[str, Any]:
    """Give one item as it is shown."""
    given = state["answers"].get(scale.name, {}).get(str(n))
    answers = list(scale.answers) or [str(k) for k in range(scale.item_high + 1)]
    is_item9 = scale.name == PHQ9 and n == ITEM9 + 1
    return {
        "scale": scale.name, "n": n, "count": len(scale.items), "text": scale.items[n - 1], "stem": scale.stem,
        "answers": answers, "given": given, "notice": scale.notice, "is_item9": is_item9,
    }  # fmt: skip


@doors.post("/p/{token}/q/{slug}/{n}", may=LINK, fields=("answer", "idem_key"))
def answer(call: Call) -> Response:
    """Keep one answer; the last one sends the questionnaire."""
    record, state = live(call)
    scale = scale_of(call, state)
    n = item_number(call, scale)
    value = answer_value(call, scale, n)
    commands = [Command(record, "answered", {"scale": scale.name, "item": n, "value": value}, call.key, "patient")]
    if scale.name == PHQ9 and n == ITEM9 + 1 and value:
        commands.append(positive(call, state, value))
    ack = call.record_all(*commands)[0]
    if n < len(scale.items):
        return call.go(f"/p/{call.path['token']}/q/{call.path['slug']}/{n + 1}")
    send(call, record, ack.state, scale)
    return call.go(f"/p/{call.path['token']}/sent")


def answer_value(call: Call, scale: Scale, n: int) -> int | None:
    """Give the answer as a number; None for one that is not given."""
    words = call.text("answer")
    if words == NO_ANSWER:
        return None
    if not is_count(words) or int(words) > scale.item_high:
        raise Refused(f"No answer to item {n} is chosen: choose one; 'I do not know' is an answer too.", field="answer")
    return int(words)


def positive(call: Call, state: State, value: int) -> Command:
    """Give the task that a positive ninth item opens at once, whatever happens to the rest of the questionnaire."""
    rule = rules()["R11a"]
    why = f"PHQ-9 item 9 is {value} ({rule.id}, threshold {rule.threshold}): a clinician speaks with the person"
    name = digest(f"{state['token']}|item9|{call.key}")
    return suicide_task(call.site, state["person"], state["clinic"], now=call.now, why=why, key=name, who="patient")


def send(call: Call, record: str, state: State, scale: Scale) -> None:
    """Keep the questionnaire as a score of the person, once."""
    given = state["answers"].get(scale.name, {})
    items = [given.get(str(k)) for k in range(1, len(scale.items) + 1)]
    value = total(items)
    key = f"{state['token']}/{scale.name}/{digest(call.key)}"
    commands = [Command(record, "finished", {"scale": scale.name}, f"{key}/finished", "patient")]
    body = {"scale": scale.name, "items": items, "value": value, "source": "link"}
    commands.insert(0, Command(state["person"], "score", body, f"{key}/score", "patient"))
    commands += worsening(call, state, scale.name, value, key)
    call.record_all(*commands)


def worsening(call: Call, state: State, scale: str, value: int | None, key: str) -> list[Command]:
    """Give the task that a score opens which is higher than the first one by what rule R18 says."""
    before = [
        one["value"] for one in call.centre.store.state(state["person"]).get("scores", []) if one["scale"] == scale
    ]
    known = [one for one in before if one is not None]
    rule = rules()["R18"]
    if scale != PHQ9 or value is None or not known or value - known[0] < int(rule.threshold):
        return []
    why = f"{scale} is {value}, first {known[0]} ({rule.id}, threshold {rule.threshold} {rule.unit})"
    due = due_in_hours(call.site["clinics"][state["clinic"]], call.now, WORSENING_MIN)
    name = digest(f"{key}|worsening")
    return [
        plain_task(
            WORSENING, state["person"], state["clinic"], owner="physician", due=due, why=why, key=name, who="patient"
        )
    ]


@doors.get("/p/{token}/sent", may=LINK)
def sent(call: Call) -> Response:
    """Say thank you, when it is read, and whom to call before."""
    _, state = live(call)
    given = state["answers"].get(PHQ9, {}).get(str(ITEM9 + 1))
    return call.page("own_sent.html.j2", **around(call, state), positive=bool(given))


@doors.get("/p/{token}/item9", may=LINK)
def item9(call: Call) -> Response:
    """Ask the last question of the intake, now that contact and hours are known."""
    _, state = live(call)
    n = ITEM9 + 1
    shown = item(held(PHQ9, state), n, state)
    return call.page("own_question.html.j2", **around(call, state), **shown, slug="", error="")


@doors.post("/p/{token}/item9", may=LINK, fields=("answer", "idem_key"))
def answer_item9(call: Call) -> Response:
    """Keep the ninth item beside the first eight, and open a task at once if it is positive."""
    record, state = live(call)
    scale, n = held(PHQ9, state), ITEM9 + 1
    value = answer_value(call, scale, n)
    commands = [Command(record, "answered", {"scale": PHQ9, "item": n, "value": value}, call.key, "patient")]
    commands.append(whole_score(call, state, value))
    if value:
        commands.append(positive(call, state, value))
    commands.append(Command(record, "finished", {"scale": PHQ9}, f"{call.key}/finished", "patient"))
    call.record_all(*commands)
    return call.go(f"/p/{call.path['token']}/thanks")


def whole_score(call: Call, state: State, value: int | None) -> Command:
    """Give the PHQ-9 with the ninth item beside what the intake form held."""
    scores = [one for one in call.centre.store.state(state["person"]).get("scores", []) if one["scale"] == PHQ9]
    first = scores[-1]["items"][:ITEM9] if scores and scores[-1].get("items") else [None] * ITEM9
    items = [*first, value]
    body = {"scale": PHQ9, "items": items, "value": total(items), "source": "intake"}
    return Command(state["person"], "score", body, f"{call.key}/score", "patient")


@doors.get("/p/{token}/thanks", may=LINK)
def thanks(call: Call) -> Response:
    """End the intake: we will call you."""
    _, state = live(call)
    given = state["answers"].get(PHQ9, {}).get(str(ITEM9 + 1))
    if given:
        return call.page("own_sent.html.j2", **around(call, state), positive=True)
    clinic = call.site["clinics"][state["clinic"]]
    return call.page("intake_end.html.j2", kept=True, crisis=contacts(call.site), clinics=[], hours=in_words(clinic))
