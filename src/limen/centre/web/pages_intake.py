"""The intake form: one question per screen; until consent the answers travel in the form and are kept nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import PUBLIC
from limen.centre.care import link
from limen.centre.care.duty import call_back_task
from limen.centre.care.registry import register_within
from limen.centre.care.scales import GAD7, PHQ9, total
from limen.centre.clock import utc_text
from limen.centre.intake.form import DO_NOT_KNOW, brought, carried, items_of, questions, read_answer
from limen.centre.records.store import Command
from limen.centre.refusals import Refused
from limen.centre.safety.table import version
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.links import digest, new_token
from limen.centre.web.pages_public import contacts, shown_clinics

doors: Final = Doors()
LINK_DAYS: Final = 14  # ours
CONTACT: Final = ("name", "birth_date", "phone", "email")


@doors.get("/intake", may=PUBLIC)
def begin(call: Call) -> Response:
    """Say what the form is and is not."""
    clinics = shown_clinics(call.site, call)
    return call.page("intake_begin.html.j2", crisis=contacts(call.site), clinics=clinics, count=len(questions()))


@doors.post("/intake", may=PUBLIC, fields=("token", "question", "answer", "go"))
def next_question(call: Call) -> Response:
    """Take one answer and ask the next question."""
    answers = brought(call.centre.ring, call.text("token"))
    at = place_of(call.text("question"))
    if call.text("go") == "back":
        return ask(call, answers, max(at - 1, 0))
    if at >= 0:
        one = questions()[at]
        words = DO_NOT_KNOW if call.text("go") == "unknown" else call.text("answer")
        try:
            answers[one.id] = read_answer(one, words)
        except Refused as refused:
            return ask(call, answers, at, error=str(refused))
    return ask(call, answers, at + 1) if at + 1 < len(questions()) else ask_consent(call, answers)


def place_of(name: str) -> int:
    """Give the place of a question; -1 before the first."""
    if not name:
        return -1
    ids = [one.id for one in questions()]
    if name not in ids:
        raise Refused(f"question is {name!r}, which is none of the form: begin again.", field="question")
    return ids.index(name)


def ask(call: Call, answers: dict[str, str], at: int, *, error: str = "") -> Response:
    """Show one question."""
    one = questions()[at]
    return call.page(
        "intake_question.html.j2",
        422 if error else 200,
        question={name: getattr(one, name) for name in ("id", "block", "kind", "text", "choices", "help", "unit")},
        at=at + 1,
        count=len(questions()),
        answer=answers.get(one.id, ""),
        token=carried(call.centre.ring, answers),
        error=error,
        crisis=contacts(call.site),
    )


def ask_consent(
    call: Call, answers: dict[str, str], *, error: str = "", typed: dict[str, str] | None = None
) -> Response:
    """Ask who it is, and whether anything may be kept."""
    return call.page(
        "intake_consent.html.j2",
        422 if error else 200,
        token=carried(call.centre.ring, answers),
        clinics=shown_clinics(call.site, call),
        error=error,
        typed=typed or {},
        crisis=contacts(call.site),
    )


@doors.post(
    "/intake/consent",
    may=PUBLIC,
    fields=("token", "name", "birth_date", "phone", "email", "clinic", "keep", "contact", "idem_key"),
)
def consent(call: Call) -> Response:
    """Keep the answers of a person who says so; of one who does not, nothing."""
    answers = brought(call.centre.ring, call.text("token"))
    if call.text("keep") != "yes" or call.text("contact") != "yes":
        return call.page(
            "intake_end.html.j2", kept=False, crisis=contacts(call.site), clinics=shown_clinics(call.site, call)
        )
    typed = {name: call.text(name) for name in CONTACT}
    if not typed["name"] or not typed["phone"]:
        return ask_consent(call, answers, error="We need a name and a telephone number to call you.", typed=typed)
    clinic = call.text("clinic") or next(iter(call.site["clinics"]))
    if clinic not in call.site["clinics"]:
        raise Refused(f"clinic is {clinic!r}: choose one of the list.", field="clinic")
    token = keep(call, answers, {**typed, "clinic": clinic, "source": "intake"})
    return call.go(f"/p/{token}/item9")


def keep(call: Call, answers: dict[str, str], body: dict[str, str]) -> str:
    """Keep the answers, the consent, a task to call back and a link, all together; gives the link's token."""
    key, who = call.key, "visitor"
    with call.centre.database.writing() as connection:
        person, ack = register_within(call.centre, connection, body, key=key, who=who)
        token = new_token(call.centre.ring, key)
        intake = {"answers": answers, "rules": version(), "form": "1"}
        commands = [Command(person, "intake_answered", intake, f"{key}/answers", who)]
        commands += [consent_command(person, purpose, key) for purpose in ("data", "contact")]
        commands += score_commands(person, answers, key)
        commands.append(link_command(call, person, body["clinic"], token, key))
        why = "sent the intake form: call back; if the suicide item is not answered yet, ask it"
        commands.append(
            call_back_task(call.site, person, body["clinic"], now=call.now, why=why, key=digest(key), who=who)
        )
        if not ack.replayed:
            call.centre.store.record_within(connection, *commands)
            call.centre.trail.note_within(connection, call.seen("intake", person, patient=person))
    return token


def consent_command(person: str, purpose: str, key: str) -> Command:
    """Give a consent that was ticked on the form."""
    body = {"purpose": purpose, "given": "yes", "form": "intake", "version": "1"}
    return Command(person, "consent", body, f"{key}/{purpose}", "visitor")


def score_commands(person: str, answers: dict[str, str], key: str) -> list[Command]:
    """Give the scores of the form; the PHQ-9 lacks its ninth item, so its total is missing."""
    made = []
    for name in (PHQ9, GAD7):
        items = items_of(answers, name)
        if any(item is not None for item in items):
            body: dict[str, Any] = {"scale": name, "items": items, "value": total(items), "source": "intake"}
            made.append(Command(person, "score", body, f"{key}/{name}", "visitor"))
    return made


def link_command(call: Call, person: str, clinic: str, token: str, key: str) -> Command:
    """Give the link by which the person answers the last question."""
    expires = utc_text(call.now + timedelta(days=LINK_DAYS))
    body = {"person": person, "clinic": clinic, "purpose": link.QUESTIONS, "expires": expires, "token": digest(token)}
    return Command(f"link/{digest(token)}", "made", {**body, "scales": [PHQ9]}, f"{key}/link", "visitor", person=person)
