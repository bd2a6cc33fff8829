"""A person's record: identity sealed under their own key, and everything that was asked, signed and scored."""

from __future__ import annotations

from typing import Any, Final

from limen.centre.amounts import read_day
from limen.centre.care.scales import check_items, check_value, scale_named, total
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.refusals import Conflict, Refused

IDENTITY: Final = ("name", "birth_date", "phone", "email", "address")
DECISIONS: Final = ("go on", "wait", "not suitable here", "refer")
SETTINGS: Final = ("clinic", "home", "phone")


def stamp(event: Event) -> dict[str, Any]:
    """Give who wrote an event, when, and where it stands."""
    return {"by": event.user, "at": event.moment.wall_utc, "seq": event.seq}


def put(state: State, event: Event, name: str) -> State:
    """Keep an event's words under one name, the newest alone."""
    return {**state, name: {**event.body, **stamp(event)}}


def add(state: State, event: Event, name: str) -> State:
    """Keep an event's words at the end of a list."""
    return {**state, name: [*state.get(name, []), {**event.body, **stamp(event)}]}


def putting(name: str) -> Any:
    """Give what keeps the newest under one name."""
    return lambda state, event: put(state, event, name)


def adding(name: str) -> Any:
    """Give what keeps every one in a list."""
    return lambda state, event: add(state, event, name)


def register_person(state: State, event: Event) -> State:
    """Begin a record."""
    del state
    identity = {name: event.body.get(name, "") for name in IDENTITY}
    return {
        "identity": identity,
        "clinic": event.body["clinic"],
        "pseudonym": event.body["pseudonym"],
        "source": event.body["source"],
        "source_id": event.body.get("source_id", ""),
        "status": "enquiry",
        "registered": stamp(event),
    }


def check_new(state: State, body: Body, moment: Moment) -> None:
    """Refuse a record that is there, or a person without a name."""
    del moment
    if state:
        raise Conflict("This person is recorded already: open the record instead.")
    check_name(str(body.get("name", "")))
    check_birth_date(str(body.get("birth_date", "")))


def check_name(words: str) -> None:
    """Refuse an empty name."""
    if not words.strip():
        raise Refused("name is empty: write the person's name.", field="name")


def check_birth_date(words: str) -> None:
    """Refuse a birth date that is no date; an empty one is not known."""
    if words:
        read_day(words, "birth_date")


def check_there(state: State, body: Body, moment: Moment) -> None:
    """Refuse anything about a person who is not there or was deleted."""
    del body, moment
    if not state:
        raise Refused("This person is not recorded: register the person first.")
    if state["status"] == "deleted":
        raise Refused("This person's record was deleted: nothing can be added to it.")


def check_changed(state: State, body: Body, moment: Moment) -> None:
    """Refuse a new identity of somebody who is not there, and one that could not have been registered."""
    check_there(state, body, moment)
    if "name" in body:
        check_name(str(body["name"]))
    check_birth_date(str(body.get("birth_date", "")))


def change_identity(state: State, event: Event) -> State:
    """Keep the newest name, numbers and address."""
    return {**state, "identity": {**state["identity"], **event.body}}


def answer_intake(state: State, event: Event) -> State:
    """Keep the answers of an intake form."""
    after = put(state, event, "intake")
    return {**after, "status": "call back" if state["status"] == "enquiry" else state["status"]}


def check_score(state: State, body: Body, moment: Moment) -> None:
    """Refuse a score that its scale does not have."""
    check_there(state, body, moment)
    scale = scale_named(str(body.get("scale")))
    items = body.get("items")
    if items is not None:
        check_items(scale, items)
    if body.get("value") is not None:
        check_value(scale, int(body["value"]))
        if items is not None and total(items) != body["value"]:
            raise Refused(f"{scale.name} is {body['value']}, and its items make {total(items)}.", field="value")
    elif items is None:
        raise Refused(f"{scale.name} has neither a value nor items: give one of them.", field="value")


def review_intake(state: State, event: Event) -> State:
    """Keep a signed decision about an intake."""
    after = put(state, event, "intake_review")
    status = {"go on": "accepted", "refer": "referred", "not suitable here": "closed"}
    return {**after, "status": status.get(event.body["decision"], state["status"])}


def check_review(state: State, body: Body, moment: Moment) -> None:
    """Refuse a decision without words, or one that a BLOCK does not allow."""
    check_there(state, body, moment)
    if body.get("decision") not in DECISIONS:
        raise Refused(f"decision is {body.get('decision')!r}: use one of {', '.join(DECISIONS)}.", field="decision")
    if not str(body.get("reason", "")).strip():
        raise Refused("reason is empty: say why.", field="reason")
    blocks = [one["rule"] for one in body.get("findings", []) if one["level"] in ("BLOCK", "URGENT")]
    if body["decision"] == "go on" and blocks:
        raise Refused(
            f"decision is 'go on' while {', '.join(blocks)} stand: settle them, or decide otherwise.",
            field="decision",
            limit=blocks[0],
        )


def sign_plan(state: State, event: Event) -> State:
    """Keep a signed course plan; the ones before it stay."""
    after = add(put(state, event, "plan"), event, "plans")
    return {**after, "status": "in course"}


def check_plan(state: State, body: Body, moment: Moment) -> None:
    """Refuse a plan before the review is signed and consent given, or before the own expectation is stored."""
    check_there(state, body, moment)
    review = state.get("intake_review")
    if not review or review["decision"] != "go on":
        raise Refused("The intake has no signed review that says 'go on': sign it first.", field="intake_review")
    if not consent_holds(state, "treatment"):
        raise Refused("There is no consent to treatment: record it first.", field="consent")
    if not state.get("expectations"):
        raise Refused("Your own expectation is not stored: write it, or skip it, before you sign.", field="expectation")


def consent_holds(state: State, purpose: str) -> bool:
    """Tell whether the newest word about a consent is yes."""
    given = [one for one in state.get("consents", []) if one["purpose"] == purpose]
    return bool(given) and given[-1]["given"] == "yes"


def merge_into(state: State, event: Event) -> State:
    """Point to the record that this one is a duplicate of; nothing else is changed."""
    return {**state, "same_as": event.body["other"]}


def check_merge(state: State, body: Body, moment: Moment) -> None:
    """Refuse a record merged into itself."""
    check_there(state, body, moment)
    if body.get("other") == body.get("this"):
        raise Refused(f"{body.get('other')} is this very record: name the other one.", field="other")


def unmerge(state: State, event: Event) -> State:
    """Undo a merge."""
    del event
    return {**state, "same_as": ""}


def delete(state: State, event: Event) -> State:
    """Keep that the person was deleted; what was sealed can no longer be opened."""
    return {**state, "status": "deleted", "deleted": {"reason": event.body["reason"], **stamp(event)}}


def keep_import(state: State, event: Event) -> State:
    """Keep which event holds the resources that came from elsewhere; they themselves stay out of the state."""
    return {**state, "imported": {"sha256": event.body["sha256"], **stamp(event)}}


def close_course(state: State, event: Event) -> State:
    """Keep how a course ended."""
    return {**add(state, event, "course_ends"), "status": "after course"}


def show_forecast(state: State, event: Event) -> State:
    """Keep that the model's forecast was shown, and to whom."""
    return add(state, event, "forecasts")


def check_forecast(state: State, body: Body, moment: Moment) -> None:
    """Refuse to show a forecast before the clinician's own expectation, or that it was skipped, is stored."""
    check_there(state, body, moment)
    if not state.get("expectations"):
        raise Refused("The options wait for your own expectation: write it, or skip it.", field="expectation")


def columns(state: State) -> dict[str, str]:
    """Give the columns by which a person is found."""
    return {"clinic": state["clinic"], "status": state["status"], "due_at": "", "person": ""}


PERSON: Final = register(
    RecordKind(
        "person",
        {
            "registered": Kind(register_person, check_new, IDENTITY),
            "identity_changed": Kind(change_identity, check_changed, IDENTITY),
            "intake_answered": Kind(answer_intake, check_there, ("words",)),
            "intake_reviewed": Kind(review_intake, check_review, ("reason",)),
            "records_imported": Kind(keep_import, check_there, ("records",)),
            "facts_entered": Kind(putting("facts"), check_there),
            "consent": Kind(adding("consents"), check_there),
            "expectation": Kind(adding("expectations"), check_there, ("words",)),
            "forecast_shown": Kind(show_forecast, check_forecast),
            "plan_signed": Kind(sign_plan, check_plan, ("reason",)),
            "score": Kind(adding("scores"), check_score),
            "adverse_event": Kind(adding("adverse_events"), check_there, ("words",)),
            "note": Kind(adding("notes"), check_there, ("words",)),
            "review": Kind(adding("reviews"), check_there, ("reason",)),
            "finding_answered": Kind(adding("answered"), check_there, ("reason",)),
            "course_ended": Kind(close_course, check_there, ("reason",)),
            "merged": Kind(merge_into, check_merge),
            "unmerged": Kind(unmerge, check_there),
            "deleted": Kind(delete, check_there),
        },
        columns=columns,
    )
)
