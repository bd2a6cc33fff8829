"""The questions, the token that carries the answers until consent, and what the answers make known."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

from limen.centre.amounts import read_within
from limen.centre.care.scales import GAD7, ITEM9, PHQ9, scale_named
from limen.centre.keys import KeyRing, open_bytes, seal_bytes
from limen.centre.refusals import Refused
from limen.centre.safety.facts import NO, UNKNOWN, YES, Amount, Fact

DO_NOT_KNOW: Final = "I do not know"
#: What an answer of a scale's item is called in the form, such as ``phq9_3``.
ITEM_NAMES: Final = {PHQ9: "phq9", GAD7: "gad7"}
PLACE: Final = "intake token"


@dataclass(frozen=True)
class Question:
    """One screen of the form."""

    id: str
    block: str
    kind: str
    text: str
    choices: tuple[str, ...] = ()
    help: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    fact: str = ""


@cache
def questions() -> tuple[Question, ...]:
    """Give every question before contact and consent; the ninth item of the PHQ-9 is not among them."""
    text = files("limen.centre.intake").joinpath("questions.toml").read_text(encoding="utf-8")
    asked = [Question(**{**row, "choices": tuple(row.get("choices", ()))}) for row in tomllib.loads(text)["question"]]
    return (asked[0], *item_questions(PHQ9, ITEM9), *item_questions(GAD7, len(scale_named(GAD7).items)), *asked[1:])


def item_questions(name: str, count: int) -> tuple[Question, ...]:
    """Give the first items of a scale as questions."""
    scale = scale_named(name)
    return tuple(
        Question(f"{ITEM_NAMES[name]}_{k}", "The last two weeks", "item", text, scale.answers, help=scale.stem)
        for k, text in enumerate(scale.items[:count], start=1)
    )


def read_answer(question: Question, words: str) -> str:
    """Read one answer; raises Refused for one that the question does not take."""
    if words == DO_NOT_KNOW:
        return DO_NOT_KNOW
    if question.kind == "number":
        return read_within(words, question.low, question.high, question.id, question.unit)
    allowed = ("yes", "no") if question.kind == "flag" else question.choices
    if words not in allowed:
        raise Refused("No answer is chosen: choose one; 'I do not know' is an answer too.", field=question.id)
    return words


def carried(ring: KeyRing, answers: Mapping[str, str]) -> str:
    """Give the answers as a token that only this centre can open; nothing is kept here."""
    sealed = seal_bytes(ring.keys[ring.newest], json.dumps(answers).encode(), PLACE)
    return f"{ring.newest}.{base64.urlsafe_b64encode(sealed).decode()}"


def brought(ring: KeyRing, token: str) -> dict[str, str]:
    """Open a token; an empty one holds no answers."""
    if not token:
        return {}
    name, _, sealed = token.partition(".")
    try:
        found = open_bytes(ring.keys[name], base64.urlsafe_b64decode(sealed), PLACE)
    except (KeyError, ValueError):
        raise Refused("The form was changed on its way: begin again.", field="token") from None
    return dict(json.loads(found))


def facts_of(answers: Mapping[str, str]) -> dict[str, Fact]:
    """Give what the answers make known to the rules; what was not asked is not there, and so is unknown."""
    known: dict[str, Fact] = {question.fact: as_fact(question, answers) for question in questions() if question.fact}
    bipolar, stabiliser = (as_flag(answers.get(name)) for name in ("bipolar", "mood_stabiliser"))
    return {**known, "bipolar_without_stabiliser": both(bipolar, opposite(stabiliser))}


def as_fact(question: Question, answers: Mapping[str, str]) -> Fact:
    """Give one answer as a fact."""
    words = answers.get(question.id)
    if question.kind != "number":
        return as_flag(words)
    return None if words in (None, DO_NOT_KNOW) else Amount(Decimal(str(words)), question.unit)


def as_flag(words: str | None) -> str:
    """Give yes, no or unknown."""
    return words if words in (YES, NO) else UNKNOWN


def opposite(one: str) -> str:
    """Give the opposite of a flag; of an unknown, unknown."""
    return {YES: NO, NO: YES}.get(one, UNKNOWN)


def both(one: str, other: str) -> str:
    """Give whether two flags hold together."""
    if NO in (one, other):
        return NO
    return UNKNOWN if UNKNOWN in (one, other) else YES


def items_of(answers: Mapping[str, str], name: str) -> list[int | None]:
    """Give the items of a scale that were answered; None for each that was not."""
    scale = scale_named(name)
    said = [answers.get(f"{ITEM_NAMES[name]}_{k}") for k in range(1, len(scale.items) + 1)]
    return [scale.answers.index(words) if words in scale.answers else None for words in said]


def unknowns(answers: Mapping[str, str]) -> list[str]:
    """Give the questions whose answer is not known."""
    return [one.text for one in questions() if answers.get(one.id, DO_NOT_KNOW) == DO_NOT_KNOW]


def said(answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give every question with its answer, block by block, as the review shows them."""
    return [
        {
            "block": one.block,
            "id": one.id,
            "question": one.text,
            "answer": answers.get(one.id, "not asked"),
            "unit": one.unit,
        }
        for one in questions()
    ]
