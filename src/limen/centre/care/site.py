"""The site's own settings: clinics, hours, contacts, signed thresholds, services, consent forms, drug limits."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from limen.centre.care.library import REGIMEN
from limen.centre.care.person import stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, RecordKind, State, register
from limen.centre.refusals import Refused
from limen.centre.safety.checks import ABSENT, CHECKS, NEVER_OFF, OUTSIDE, OWNED, PRESENT
from limen.centre.safety.judging import Profile, loosens
from limen.centre.safety.table import rules

SITE_RECORD: Final = "site/main"
RESEARCH: Final = "research"
CLINIC: Final = "clinic"
#: Minutes after the start at which vitals are due (Szarmach 2020, as safety.md section 3 gives it).
VITALS_GRID_MIN: Final = (0, 15, 30, 45, 60, 90)
#: Weeks after a course at which the site asks how it goes (safety.md section 3).
RELAPSE_WEEKS: Final = (4, 8, 12)
CONFIRMED: Final = "confirmed"


def keyed(name: str) -> Kind:
    """Give the kind of event that keeps one entry of a table by its id."""

    def apply(state: State, event: Event) -> State:
        entry = {**event.body, **stamp(event)}
        return {**state, name: {**state.get(name, {}), event.body["id"]: entry}}

    def check(state: State, body: Body, moment: Moment) -> None:
        del state, moment
        if not body.get("id"):
            raise Refused(f"An entry of {name} needs an id, got {body.get('id')!r}.", field="id")

    return Kind(apply, check)


def single(name: str) -> Kind:
    """Give the kind of event that keeps one setting."""
    return Kind(lambda state, event: {**state, name: {**event.body, **stamp(event)}})


def sign_threshold(state: State, event: Event) -> State:
    """Keep a threshold that was signed, with who signed it."""
    entry = {**event.body, **stamp(event)}
    thresholds = {**state.get("thresholds", {}), event.body["rule"]: entry}
    return {**state, "thresholds": thresholds, "profile_version": state.get("profile_version", 0) + 1}


def check_threshold(state: State, body: Body, moment: Moment) -> None:
    """Refuse a threshold that no rule has, that is no number, or that is looser without a reason."""
    del moment
    rule = str(body.get("rule"))
    if rule not in OWNED:
        fixed = " It cannot be changed by a site." if rule in NEVER_OFF else ""
        raise Refused(
            f"rule is {rule!r}, which a site does not own.{fixed} Use one of {', '.join(OWNED)}.", field="rule"
        )
    value = str(body.get("value", ""))
    check_threshold_value(rule, value)
    default = rules()[rule].threshold
    signed = state.get("thresholds", {}).get(rule, {}).get("value")
    before = default if signed in (None, "", CONFIRMED) else signed
    if before != "plan" and loosens(rule, before, value) and not str(body.get("reason", "")).strip():
        raise Refused(f"{rule} goes from {before} to {value}, which is looser: give a reason.", field="reason")


def check_threshold_value(rule: str, value: str) -> None:
    """Refuse a value that the rule cannot compare with."""
    compare = CHECKS[rule].compare
    if compare in (PRESENT, ABSENT) or rules()[rule].threshold == "plan":
        if value not in (CONFIRMED, rules()[rule].threshold):
            raise Refused(f"{rule} is {value!r}: it is confirmed, not changed; send {CONFIRMED!r}.", field="value")
        return
    try:
        numbers = [Decimal(part) for part in (value.split("-") if compare == OUTSIDE else [value])]
    except InvalidOperation:
        raise Refused(f"{rule} is {value!r}: write a number, or LOW-HIGH for a range.", field="value") from None
    if len(numbers) != (2 if compare == OUTSIDE else 1) or any(not one.is_finite() or one < 0 for one in numbers):
        raise Refused(f"{rule} is {value!r}: write a number from 0, or LOW-HIGH for a range.", field="value")
    if numbers[0] > numbers[-1]:
        raise Refused(f"{rule} is {value!r}, and nothing lies in it: write the lower end first.", field="value")


def profile(site: State) -> Profile:
    """Give the thresholds that were signed; what is confirmed keeps its default."""
    signed = site.get("thresholds", {})
    return Profile({rule: one["value"] for rule, one in signed.items() if one["value"] not in (CONFIRMED, "plan")})


def unsigned(site: State) -> list[str]:
    """Give the rules whose threshold the site owns and nobody has signed."""
    return [rule for rule in OWNED if rule not in site.get("thresholds", {})]


def may_start(site: State) -> str:
    """Give why no infusion may start here; empty where one may."""
    missing = unsigned(site)
    if site.get("mode", {}).get("mode", RESEARCH) == CLINIC and missing:
        return f"In clinic mode no infusion starts while {', '.join(missing)} are not signed by the medical director."
    return ""


def check_mode(state: State, body: Body, moment: Moment) -> None:
    """Refuse a mode that is none."""
    del state, moment
    if body.get("mode") not in (RESEARCH, CLINIC):
        raise Refused(f"mode is {body.get('mode')!r}: it is {RESEARCH} or {CLINIC}.", field="mode")


def vitals_grid(site: State) -> list[int]:
    """Give the minutes at which vitals are due."""
    return list(site.get("grid", {}).get("minutes", VITALS_GRID_MIN))


def columns(state: State) -> dict[str, str]:
    """Give no columns: there is one site."""
    del state
    return {}


def clinic_of(site: State, clinic: str) -> dict[str, Any]:
    """Give one clinic; raises Refused for an id that is none."""
    clinics = site.get("clinics", {})
    if clinic not in clinics:
        raise Refused(f"clinic is {clinic!r}: use one of {', '.join(clinics) or '(none yet)'}.", field="clinic")
    return dict(clinics[clinic])


SITE: Final = register(
    RecordKind(
        "site",
        {
            "clinic": keyed("clinics"),
            "service": keyed("services"),
            "consent_form": keyed("consent_forms"),
            "regimen": REGIMEN,
            "contacts": single("contacts"),
            "grid": single("grid"),
            "mode": Kind(single("mode").apply, check_mode),
            "threshold": Kind(sign_threshold, check_threshold),
        },
        columns=columns,
    )
)
