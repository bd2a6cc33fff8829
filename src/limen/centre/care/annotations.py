"""Annotations: words that somebody adds to a stretch of a session afterwards; corrected by new events alone."""

from __future__ import annotations

from typing import Any, Final

from limen.centre.amounts import read_within
from limen.centre.care.person import add, stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, State
from limen.centre.refusals import Conflict, Refused

#: Ours: no session that is annotated lasts longer.
LONGEST_MIN: Final = "1440"
EARLIEST_MIN: Final = "0"
MOST_LETTERS: Final = 2000


def check_annotation(state: State, body: Body, moment: Moment) -> None:
    """Refuse an annotation without words, or of a stretch that is none."""
    del moment
    if not state.get("started"):
        raise Conflict("This session has not started: there is nothing to annotate yet.", field="status")
    check_words(body)
    begin = read_within(str(body.get("begin_min", "")), EARLIEST_MIN, LONGEST_MIN, "begin_min", "min")
    end = read_within(str(body.get("end_min", "")), EARLIEST_MIN, LONGEST_MIN, "end_min", "min")
    if float(end) < float(begin):
        raise Refused(f"end_min is {end}, before begin_min, {begin}: exchange them.", field="end_min")


def check_words(body: Body) -> None:
    """Refuse words that are none, or too many."""
    words = str(body.get("words", "")).strip()
    if not words:
        raise Refused("words is empty: say what is seen there.", field="words")
    if len(words) > MOST_LETTERS:
        raise Refused(f"words has {len(words)} letters: at most {MOST_LETTERS} are kept.", field="words")


def check_annotation_corrected(state: State, body: Body, moment: Moment) -> None:
    """Refuse a correction that points at no annotation, or changes nothing that can be changed."""
    if not any(one["seq"] == body.get("at_seq") for one in state.get("annotations", [])):
        raise Refused(f"at_seq is {body.get('at_seq')}, which is no annotation of this session.", field="at_seq")
    check_annotation(state, body, moment)


def correct_annotation(state: State, event: Event) -> State:
    """Put a correction in place; the words of before stay beside it."""
    items = [
        corrected(one, event) if one["seq"] == event.body["at_seq"] else one for one in state.get("annotations", [])
    ]
    return {**add(state, event, "annotation_corrections"), "annotations": items}


def corrected(item: dict[str, Any], event: Event) -> dict[str, Any]:
    """Give one annotation with the correction in it and what it was before."""
    names = ("words", "begin_min", "end_min")
    before = {name: item[name] for name in (*names, "by", "at")}
    values = {name: event.body[name] for name in names}
    return {**item, **values, "corrected": stamp(event), "was": [*item.get("was", []), before]}
