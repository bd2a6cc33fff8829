"""The site's own settings, each signed and with a version: thresholds, contacts, clinics, services, consent forms."""

from __future__ import annotations

import re
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from starlette.responses import Response

from limen.centre.accounts.roles import SITE
from limen.centre.amounts import is_count
from limen.centre.care import site as settings
from limen.centre.care.hours import DAYS, in_words
from limen.centre.refusals import Refused
from limen.centre.safety.checks import CHECKS, NEVER_OFF, OWNED
from limen.centre.safety.table import MEANING, rules, version
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors

doors: Final = Doors()
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HOURS: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
#: What may be claimed for a service without a source of its own (safety.md section 5).
NO_EVIDENCE: Final = "No antidepressant evidence on file."
MOST_MINUTES: Final = 480
FEWEST_MINUTES: Final = 5


@doors.get("/site", may=SITE)
def site(call: Call) -> Response:
    """Show every setting, signed or not."""
    state = call.site
    thresholds = state.get("thresholds", {})
    rows = [
        {
            "rule": one.id, "level": one.level, "condition": one.condition, "default": one.threshold, "unit": one.unit,
            "source": one.source, "standing": one.standing, "owned": one.id in OWNED, "fixed": one.id in NEVER_OFF,
            "signed": thresholds.get(one.id), "compare": CHECKS[one.id].compare,
        }
        for one in rules().values()
    ]  # fmt: skip
    return call.page(
        "site.html.j2",
        rows=rows,
        version=version(),
        meaning=dict(MEANING),
        unsigned=settings.unsigned(state),
        mode=state.get("mode", {}).get("mode", settings.RESEARCH),
        contacts=state.get("contacts", {}),
        clinics={name: {**one, "hours_words": in_words(one)} for name, one in state.get("clinics", {}).items()},
        services=state.get("services", {}),
        forms=state.get("consent_forms", {}),
        grid=settings.vitals_grid(state),
        profile_version=state.get("profile_version", 0),
        overrides=overrides(call),
        days=DAYS,
        no_evidence=NO_EVIDENCE,
    )


def overrides(call: Call) -> list[dict[str, Any]]:
    """Give every override of a BLOCK, for review."""
    found = []
    for record, state in call.centre.states("session", clinics=call.clinics):
        opened = call.opened(state["person"], state.get("overrides", []))
        found += [{**one, "session": record.partition("/")[2]} for one in opened]
    return found


def keep(call: Call, kind: str, body: dict[str, Any]) -> Response:
    """Keep one setting and go back to the list."""
    call.record(settings.SITE_RECORD, kind, body)
    return call.go("/site")


@doors.post("/site/thresholds", may=SITE, fields=("rule", "value", "reason", "idem_key"))
def sign_threshold(call: Call) -> Response:
    """Sign one threshold, or confirm its default."""
    rule = call.text("rule", needed=True)
    value = call.text("value") or settings.CONFIRMED
    if (
        value == settings.CONFIRMED
        and rule in rules()
        and rules()[rule].threshold not in ("present", "absent", "plan", "")
    ):
        value = rules()[rule].threshold
    return keep(call, "threshold", {"rule": rule, "value": value, "reason": call.text("reason")})


@doors.post("/site/mode", may=SITE, fields=("mode", "idem_key"))
def set_mode(call: Call) -> Response:
    """Choose research or clinic mode."""
    return keep(call, "mode", {"mode": call.text("mode", needed=True)})


@doors.post("/site/contacts", may=SITE, fields=("centre_name", "crisis", "out_of_hours", "act_min", "idem_key"))
def set_contacts(call: Call) -> Response:
    """Keep whom to call in need, and what is said out of hours."""
    crisis = [contact(line) for line in call.text("crisis", needed=True).splitlines() if line.strip()]
    act = call.whole("act_min")
    if not FEWEST_MINUTES <= act <= MOST_MINUTES:
        raise Refused(f"act_min is {act}: {FEWEST_MINUTES} to {MOST_MINUTES} minutes.", field="act_min")
    body = {"centre_name": call.text("centre_name", needed=True), "crisis": crisis, "act_min": act}
    return keep(call, "contacts", body | {"out_of_hours": call.text("out_of_hours", needed=True)})


def contact(line: str) -> dict[str, str]:
    """Read one contact: name, number and a few words, with bars between."""
    name, phone, said = ([part.strip() for part in line.split("|")] + ["", ""])[:3]
    if not name or not phone:
        raise Refused(f"crisis holds {line!r}: write name | number | words, one on each line.", field="crisis")
    return {"name": name, "phone": phone, "words": said}


@doors.post(
    "/site/clinics",
    may=SITE,
    fields=("id", "name", "address", "phone", "zone", "escalation", *(f"hours_{day}" for day in DAYS), "idem_key"),
)
def set_clinic(call: Call) -> Response:
    """Keep one clinic: address, staffed hours, and who answers for urgent tasks."""
    name = identifier(call)
    zone = call.text("zone") or "UTC"
    if zone not in available_timezones():
        raise Refused(f"zone is {zone!r}: write one such as Europe/Vienna.", field="zone")
    hours = {day: read_hours(call, day) for day in DAYS if call.text(f"hours_{day}")}
    line = [one.strip() for one in call.text("escalation").split(",") if one.strip()]
    body = {"id": name, "hours": hours, "escalation": line, "zone": str(ZoneInfo(zone))}
    return keep(call, "clinic", body | {field: call.text(field, needed=True) for field in ("name", "address", "phone")})


def identifier(call: Call) -> str:
    """Read the id of an entry."""
    name = call.text("id", needed=True)
    if not NAME.fullmatch(name):
        raise Refused(f"id is {name!r}: use small letters, digits and dashes.", field="id")
    return name


def read_hours(call: Call, day: str) -> list[str]:
    """Read the hours of a day, such as 09:00-17:00."""
    words = call.text(f"hours_{day}").replace(" ", "")
    if not HOURS.fullmatch(words) or words[:5] >= words[6:]:
        raise Refused(f"hours_{day} is {words!r}: write them as 09:00-17:00.", field=f"hours_{day}")
    return words.split("-")


@doors.post("/site/services", may=SITE, fields=("id", "name", "about", "claim", "evidence", "idem_key"))
def set_service(call: Call) -> Response:
    """Keep one service with what may be claimed for it; without evidence it says so."""
    body = {field: call.text(field, needed=True) for field in ("name", "about")}
    claim = call.text("claim") if call.text("evidence") else NO_EVIDENCE
    return keep(call, "service", {"id": identifier(call), **body, "claim": claim, "evidence": call.text("evidence")})


@doors.post("/site/forms", may=SITE, fields=("id", "title", "version", "words", "idem_key"))
def publish_form(call: Call) -> Response:
    """Publish a version of a consent form."""
    name = identifier(call)
    body = {field: call.text(field, needed=True) for field in ("title", "version", "words")}
    before = call.site.get("consent_forms", {}).get(name)
    if before and before["version"] == body["version"]:
        raise Refused(
            f"version is {body['version']!r}, which is published: give the new words a new version.", field="version"
        )
    return keep(call, "consent_form", {"id": name, **body})


@doors.post("/site/grid", may=SITE, fields=("minutes", "idem_key"))
def set_grid(call: Call) -> Response:
    """Keep the minutes at which vitals are due."""
    words = [part.strip() for part in call.text("minutes", needed=True).split(",")]
    if not all(is_count(part) and int(part) <= MOST_MINUTES for part in words) or sorted(map(int, words)) != list(
        map(int, words)
    ):
        raise Refused(f"minutes is {', '.join(words)!r}: write rising minutes, such as 0, 15, 30.", field="minutes")
    return keep(call, "grid", {"minutes": [int(part) for part in words]})
