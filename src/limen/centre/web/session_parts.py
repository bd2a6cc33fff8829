"""What the pages of a session share: the session of an address, its head, its figures, and who confirms what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from limen.centre.accounts import backoff, passwords, users
from limen.centre.accounts.roles import INFUSE, may
from limen.centre.amounts import DAY, FIRST_YEAR, LAST_YEAR, read_whole, read_within
from limen.centre.care import corrections, forecasts, infusion, sitting
from limen.centre.care.scales import SESSION_LOG
from limen.centre.clock import utc_text
from limen.centre.records.kinds import State
from limen.centre.records.store import Ack, Command
from limen.centre.refusals import Denied, Refused
from limen.centre.web import figures
from limen.centre.web.call import Call

SYMPTOMS: Final = ("no", "yes", "unknown")
SEVERITIES: Final = ("mild", "moderate", "severe")
#: Scales of a session itself; a MADRS or a questionnaire is a score of the person, and is entered there.
SESSION_SCALES: Final = (SESSION_LOG, "CADSS")
#: Ours: what was measured more than a day ago belongs to no session that still goes on.
MOST_MIN_AGO: Final = "1440"
#: Minutes ahead that a predicted curve covers.
CURVE_MIN: Final = 120


def session_of(call: Call) -> tuple[str, State]:
    """Give the session of the address, if its person is one of this user's."""
    record = f"session/{call.path['id']}"
    state = call.centre.store.state(record)
    call.person(state["person"].partition("/")[2])
    return record, state


def head_of(call: Call, record: str, state: State) -> dict[str, Any]:
    """Give what stands on top of every page of a session."""
    person = call.centre.store.state(state["person"])
    identity = call.opened(state["person"], person["identity"])
    now = call.centre.clock.now()
    minutes = infusion.minutes_since_start(state, now)
    mg = infusion.delivered_mg(state, now) if state.get("segments") else 0
    return {
        "id": call.path["id"],
        "record": record,
        "name": identity["name"],
        "birth_date": identity["birth_date"],
        "person": state["person"].partition("/")[2],
        "status": state["status"],
        "plan": {name: value for name, value in state["plan"].items() if name != "predicted"},
        "elapsed_s": 0 if minutes is None else int(minutes * 60),
        "running": state["status"] in (infusion.RUNNING, infusion.PAUSED),
        "delivered_mg": f"{float(mg):.2f}".rstrip("0").rstrip("."),
        "zone": call.site["clinics"][state["clinic"]].get("zone", "UTC"),
        "seq": call.centre.store.newest_seq(record),
    }


def steps(state: State) -> list[dict[str, str]]:
    """Give where a session stands among its steps."""
    names = ("checklist", "infusion", "recovery", "discharged")
    at = {infusion.PLANNED: 0, infusion.CHECKED: 1, infusion.RUNNING: 1, infusion.PAUSED: 1, infusion.STOPPED: 2}
    here = at.get(state["status"], 3)
    return [
        {"name": name, "mark": "past" if k < here else ("now" if k == here else "")} for k, name in enumerate(names)
    ]


def vitals_body(call: Call) -> dict[str, str]:
    """Read vitals from one line or from their fields, with symptoms where they were asked and when it was measured."""
    body = sitting.read_vitals(call.text("vitals")) if call.text("vitals") else {}
    body |= {name: call.text(name) for name in (*corrections.VITALS, "symptoms") if call.text(name)}
    body = checked_vitals(body)
    if call.text("minutes_ago"):
        body["minutes_ago"] = call.text("minutes_ago")
        body["measured_at"] = minutes_ago(call)
    return body


def checked_vitals(body: dict[str, str]) -> dict[str, str]:
    """Give vitals as they are recorded; raises Refused outside their ranges, and for symptoms that are no answer."""
    read = {name: read_within(body[name], *limits(name)) for name in corrections.VITALS if body.get(name)}
    if "symptoms" in body:
        read["symptoms"] = one_of(body["symptoms"], SYMPTOMS, "symptoms")
    return {**body, **read}


def limits(vital: str) -> tuple[str, str, str, str]:
    """Give the range of entry of a vital with its name and unit."""
    low, high, unit = corrections.VITALS[vital]
    return low, high, vital, unit


def birth_date(identity: Mapping[str, str]) -> str:
    """Give the day of birth that is on file; empty where it is not known, or was deleted."""
    return identity["birth_date"] if DAY.fullmatch(identity["birth_date"]) else ""


def one_of(words: str, choices: Sequence[str], field: str) -> str:
    """Give a word that is one of some; raises Refused for another."""
    if words not in choices:
        raise Refused(f"{field} is {words!r}: use one of {', '.join(choices)}.", field=field)
    return words


def minutes_ago(call: Call) -> str:
    """Give the time that lies as many minutes ago as the form says."""
    ago = read_within(call.text("minutes_ago") or "0", "0", MOST_MIN_AGO, "minutes_ago", "min")
    return utc_text(call.now - timedelta(minutes=float(ago)))


def read_time(words: str, field: str) -> str:
    """Read a time with its zone and write it as records do."""
    try:
        read = datetime.fromisoformat(words)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not FIRST_YEAR < read.year < LAST_YEAR:
        raise Refused(f"{field} is {words!r}: write it as 2026-12-31T10:00:00+00:00.", field=field)
    return utc_text(read)


def corrected_value(name: str, words: str) -> str | int:
    """Read what a word of an event should have been: a time with its zone, a whole score, else text."""
    if name == "measured_at":
        return read_time(words, name)
    return read_whole(words, name) if name == "value" else words


def confirm(call: Call, name: str, password: str) -> dict[str, Any]:
    """Give the user whose password this is; raises Denied otherwise."""
    with call.centre.database.writing() as connection:
        attempt = backoff.begin(connection, f"again:{name}", call.address, call.now)
        row = users.find(connection, name=name)
    right, _ = passwords.matches(password, row["password"] if row and row["state"] == users.ACTIVE else None)
    with call.centre.database.writing() as connection:
        backoff.settle(connection, attempt, backoff.PASSED if right else backoff.FAILED)
    if not right or row is None:
        raise Denied("Name or password are not right: nothing was done.")
    return row


def second_person(call: Call, name: str, password: str) -> str:
    """Give the name of a second person who confirms; never the same one, and one who may infuse."""
    if name == call.who:
        raise Denied("The second person has to be somebody else.")
    row = confirm(call, name, password)
    with call.centre.database.reading() as connection:
        grants = users.grants_of(connection, row["id"])
    if not any(may(role, INFUSE) for role, _ in grants):
        raise Denied(f"{name} may not confirm a dose.")
    return name


def pressure_figure(state: State) -> Any:
    """Draw the vitals over minutes since the start."""
    rows = [one for one in sitting.vitals_rows(state) if one["minute"] is not None]
    names = {"systolic": "systolic", "diastolic": "diastolic", "heart_rate": "pulse", "spo2": "SpO2"}
    series = [
        {"name": words, "points": [(float(one["minute"]), float(one[name])) for one in rows if one.get(name)]}
        for name, words in names.items()
    ]
    last = rows[-1] if rows else {}
    says = ", ".join(f"{words} {last[name]}" for name, words in names.items() if last.get(name)) or "no vitals yet"
    return figures.chart(
        series, says=f"Vitals, the last: {says}", x_label="min since the start", y_label="mmHg, /min, %"
    )


def curve_figure(call: Call, state: State) -> Any:
    """Draw the concentration that the plan was predicted to give, every model's own curve in it, and where now is."""
    found = forecasts.kept_document(call.centre, state["plan"].get("predicted") or "none")
    if not found:
        return ""
    minutes = infusion.minutes_since_start(state, call.centre.clock.now())
    band = list(zip(found["time_min"], found["p05"], found["p95"], strict=True))
    middle = {
        "name": "typical, predicted",
        "points": list(zip(found["time_min"], found["typical"], strict=True)),
        "bare": True,
    }
    inside = None if minutes is None or minutes > CURVE_MIN else float(minutes)
    says = f"Predicted concentration of the signed plan: peak about {max(found['typical']):.0f} ng/mL"
    return figures.chart(
        [middle], says=says, x_label="min since the start", y_label="ng/mL", band=band, mark=inside, bottom=0.0,
        behind=[list(zip(found["time_min"], curve, strict=True)) for curve in found.get("models", {}).values()],
    )  # fmt: skip


def again(call: Call) -> None:
    """Ask for the own password once more, counted like signing in."""
    confirm(call, call.who, str(call.sent.get("password", "")))


def take(call: Call, command: Command) -> Ack:
    """Record a command with what belongs to it, and give the answer to the command itself."""
    commands = sitting.commands_for(call.centre, command)
    acks = call.record_all(*commands)
    return next((ack for ack, one in zip(acks, commands, strict=False) if one is command), acks[0])
