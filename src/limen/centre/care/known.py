"""What is known of a person at each step, as the rules read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from limen.centre.care import infusion
from limen.centre.care import site as settings
from limen.centre.care.library import DOSE_WINDOW_MIN
from limen.centre.care.scales import ITEM9, PHQ9
from limen.centre.clock import Moment, seconds_between
from limen.centre.intake.form import facts_of
from limen.centre.records.kinds import State
from limen.centre.safety.facts import NO, UNKNOWN, Amount, Fact
from limen.centre.safety.judging import Finding, judge
from limen.centre.safety.table import rules

DAY_S: Final = 86_400
YEAR_DAYS: Final = Decimal("365.25")
PRESSURE_ALERTS: Final = ("R6a", "R6b")
ITEM9_PHQ: Final = "phq9_item9"


def person_facts(state: State, now: datetime, birth_date: str = "") -> dict[str, Fact]:
    """Give what the intake, the consultation and the scores make known; later words stand before earlier ones."""
    facts: dict[str, Fact] = facts_of(state.get("intake", {}).get("answers", {})) if state.get("intake") else {}
    facts.update({name: as_fact(value) for name, value in state.get("facts", {}).get("values", {}).items()})
    facts.update(score_facts(state))
    if birth_date:
        days = Decimal((now.date() - date.fromisoformat(birth_date)).days)
        facts["age"] = Amount(days / YEAR_DAYS, "y")
    return facts


def as_fact(value: Any) -> Fact:
    """Give a recorded fact: a flag, or an amount as ``[value, unit]``."""
    if isinstance(value, list):
        return Amount(Decimal(value[0]), value[1])
    return str(value)


def score_facts(state: State) -> dict[str, Fact]:
    """Give what the scores make known: the newest ninth item, and the rise over the first total."""
    scores = [one for one in state.get("scores", []) if one["scale"] == PHQ9]
    found: dict[str, Fact] = {}
    items = [one["items"][ITEM9] for one in scores if one.get("items") and one["items"][ITEM9] is not None]
    if items:
        found[ITEM9_PHQ] = Amount(Decimal(items[-1]), "points")
    totals = [one["value"] for one in scores if one.get("value") is not None]
    if len(totals) > 1:
        found["phq9_rise"] = Amount(Decimal(totals[-1] - totals[0]), "points")
    return found


def plan_facts(plan: Mapping[str, Any], given: int) -> dict[str, Fact]:
    """Give what a course plan makes known."""
    dose, minutes, kg = (Decimal(plan[name]) for name in ("mg_per_kg", "minutes", "weight_kg"))
    per_window = dose if minutes <= DOSE_WINDOW_MIN else dose * DOSE_WINDOW_MIN / minutes
    asked = dose * kg
    differs = abs(Decimal(plan["mg"]) - asked) / asked * 100 if asked else Decimal(0)
    return {
        "mg_per_kg_per_40_min": Amount(per_window, "mg/kg"),
        "mg_differs_percent": Amount(differs, "%"),
        "weight": Amount(kg, "kg"),
        "plan_interval_d": Amount(Decimal(plan["interval_d"]), "d"),
        "infusions_given": Amount(Decimal(given), "infusions"),
        "drug": plan["drug"],
    }


def before_facts(session: State, weight: str, given: int, days_since: Decimal | None) -> dict[str, Fact]:
    """Give what is known before an infusion, on the day."""
    plan = {**session["plan"], "weight_kg": weight}
    last = newest_vitals(session)
    facts = {
        **plan_facts(plan, given),
        # Whether the plan says one dose; the rate goes by the weight of the day, whose change has a limit of its own.
        "mg_differs_percent": plan_facts(session["plan"], given)["mg_differs_percent"],
        "systolic_before": mmhg(last, "systolic"),
        "diastolic_before": mmhg(last, "diastolic"),
    }
    never = Amount(Decimal(plan["interval_d"]), "d") if given == 0 else None
    facts["days_since_infusion"] = never if days_since is None else Amount(days_since, "d")
    return facts


def newest_vitals(session: State) -> Mapping[str, Any]:
    """Give the vitals that were measured last."""
    taken = sorted(session.get("vitals", []), key=lambda one: str(one["measured_at"]))
    return taken[-1] if taken else {}


def mmhg(vitals: Mapping[str, Any], name: str) -> Amount | None:
    """Give a pressure; None where it was not measured."""
    return Amount(Decimal(vitals[name]), "mmHg") if vitals.get(name) else None


def baseline_vitals(session: State) -> Mapping[str, Any]:
    """Give the last vitals from before the start."""
    taken = [one for one in session.get("vitals", []) if one["phase"] == "before"]
    return max(taken, key=lambda one: str(one["measured_at"]), default={})


def during_facts(session: State, now: Moment) -> dict[str, Fact]:
    """Give what is known while it runs, from the newest vitals; judged on the time they were measured."""
    last, before = newest_vitals(session), baseline_vitals(session)
    facts: dict[str, Fact] = {"systolic": mmhg(last, "systolic"), "diastolic": mmhg(last, "diastolic")}
    facts |= {"systolic_rise": rise(last, before, "systolic"), "diastolic_rise": rise(last, before, "diastolic")}
    facts["symptoms"] = last.get("symptoms") or UNKNOWN
    facts["spo2"] = Amount(Decimal(last["spo2"]), "%") if last.get("spo2") else None
    facts["minutes_since_vitals"] = minutes_since_complete(session, now)
    facts["minutes_since_alert"] = minutes_since_alert(session, now)
    return facts


def rise(last: Mapping[str, Any], before: Mapping[str, Any], name: str) -> Amount | None:
    """Give the rise of a pressure over the one before the start."""
    if not last.get(name) or not before.get(name):
        return None
    return Amount(max(Decimal(last[name]) - Decimal(before[name]), Decimal(0)), "mmHg")


def minutes_since_complete(session: State, now: Moment) -> Amount | None:
    """Give the minutes since the last complete vitals, or since the start where there are none."""
    since = infusion.minutes_since_start(session, now)
    if since is None or session["status"] not in (infusion.RUNNING, infusion.PAUSED):
        return Amount(Decimal(0), "min")
    whole = [one["measured_at"] for one in session.get("vitals", []) if is_complete(one)]
    after_start = [at for at in whole if at >= session["started"]["at"]]
    return minutes_since(max(after_start), now) if after_start else Amount(since, "min")


def is_complete(vitals: Mapping[str, Any]) -> bool:
    """Tell whether everything that is due was measured."""
    return all(vitals.get(name) for name in infusion.COMPLETE)


def minutes_since(at: str, now: Moment) -> Amount:
    """Give the minutes that passed since a time, by the wall clock."""
    passed = now.wall - datetime.fromisoformat(at)
    return Amount(Decimal(str(round(passed.total_seconds() / 60, 2))), "min")


def minutes_since_alert(session: State, now: Moment) -> Amount:
    """Give the minutes since the oldest alarm of a high pressure that no complete vitals have followed."""
    alarms = [one["raised"] for one in session.get("alarms", {}).values() if one["rule"] in PRESSURE_ALERTS]
    waiting = [one["at"] for one in alarms if not was_repeated(session, one["seq"])]
    if not waiting or session["status"] not in (infusion.RUNNING, infusion.PAUSED):
        return Amount(Decimal(0), "min")
    return minutes_since(min(waiting), now)


def was_repeated(session: State, alarm_seq: int) -> bool:
    """Tell whether complete vitals were measured after those that raised an alarm."""
    taken = session.get("vitals", [])
    raised_by = max((str(one["measured_at"]) for one in taken if one.get("seq", alarm_seq) < alarm_seq), default="")
    later = [one for one in taken if one.get("seq", alarm_seq + 1) > alarm_seq]
    return any(is_complete(one) and str(one["measured_at"]) > raised_by for one in later)


def minutes_to_act(site: State) -> float:
    """Give the minutes that the site has set for acting on an alarm: those of rule R6c."""
    return float(settings.profile(site).thresholds.get("R6c") or rules()["R6c"].threshold)


def discharge_facts(session: State, now: Moment, ticked: Mapping[str, str]) -> dict[str, Fact]:
    """Give what is known at discharge."""
    ended = session.get("ended")
    minutes = infusion.minutes_since(ended, now)
    started = infusion.minutes_since(session.get("started"), now)
    flags = {name: ticked.get(name) or NO for name in ("escort", "no_driving_acknowledged", "sign_off")}
    return {
        **flags,
        "drug": session["plan"]["drug"],
        "minutes_since_end": None if minutes is None else Amount(minutes, "min"),
        "hours_since_dose": None if started is None else Amount(started / 60, "h"),
    }


def judged(facts: Mapping[str, Fact], site: State, stage: str) -> tuple[Finding, ...]:
    """Judge facts by the rules with the thresholds that the site has signed."""
    return judge(facts, settings.profile(site), stage)


def days_since_last(sessions: list[State], now: Moment) -> tuple[int, Decimal | None]:
    """Give how many infusions a person had, and the days since the last; None where there was none."""
    starts = [Moment(*one["started"]["moment"]) for one in sessions if one.get("started")]
    if not starts:
        return 0, None
    last = max(starts, key=lambda moment: moment.wall_utc)
    return len(starts), seconds_between(last, now) / DAY_S
