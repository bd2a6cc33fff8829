"""The drug library: regimens with their limits, each version signed and in force from a day; sessions keep theirs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from limen.centre.amounts import read_amount, read_day, read_within, shown
from limen.centre.care.person import stamp
from limen.centre.clock import Moment
from limen.centre.records.kinds import Body, Event, Kind, State
from limen.centre.refusals import Refused
from limen.centre.safety.table import rules

DRUGS: Final = ("ketamine", "esketamine")
HOUR_MIN: Final = 60
#: The time that rule R20a counts a dose over.
DOSE_WINDOW_MIN: Final = 40
#: Ranges of an entry, with units (ours: beyond them lies a slip of the keyboard).
NUMBERS: Final[Mapping[str, tuple[str, str, str]]] = {
    "cap_mg": ("1", "1000", "mg"),
    "soft_mg_per_kg_h": ("0.01", "10", "mg/kg/h"),
    "hard_mg_per_kg_h": ("0.01", "10", "mg/kg/h"),
}


def highest_rate() -> Decimal:
    """Give the rate of the largest dose of the rule table, in mg/kg/h; no entry may go above it."""
    return Decimal(rules()["R20a"].threshold) * HOUR_MIN / DOSE_WINDOW_MIN


def check_regimen(state: State, body: Body, moment: Moment) -> None:
    """Refuse an entry whose limits contradict each other or the rule table."""
    del state, moment
    for name in ("id", "name", "reason"):
        if not str(body.get(name, "")).strip():
            raise Refused(f"{name} is empty: fill it in.", field=name)
    if body.get("drug") not in DRUGS:
        raise Refused(f"drug is {body.get('drug')!r}: use one of {', '.join(DRUGS)}.", field="drug")
    numbers = {
        name: Decimal(read_within(str(body.get(name, "")), low, high, name, unit))
        for name, (low, high, unit) in NUMBERS.items()
    }
    soft, hard = numbers["soft_mg_per_kg_h"], numbers["hard_mg_per_kg_h"]
    if not soft <= hard <= highest_rate():
        raise Refused(
            f"soft {shown(soft)}, hard {shown(hard)}: soft is at most hard, and hard at most {shown(highest_rate())}"
            " mg/kg/h (R20a).",
            field="hard_mg_per_kg_h",
            limit=shown(highest_rate()),
        )
    if not body.get("presets"):
        raise Refused(
            "presets is empty: write the concentrations in mg/mL that the pump is filled with.", field="presets"
        )
    read_day(str(body.get("effective_from", "")), "effective_from")


def keep_regimen(state: State, event: Event) -> State:
    """Keep a version beside those before it."""
    before = state.get("regimens", {})
    versions = before.get(event.body["id"], [])
    entry = {**event.body, "version": len(versions) + 1, **stamp(event)}
    return {**state, "regimens": {**before, event.body["id"]: [*versions, entry]}}


REGIMEN: Final = Kind(keep_regimen, check_regimen)


def read_presets(words: str) -> list[str]:
    """Read the concentrations of a pump, with commas between."""
    return [str(read_amount(part, "presets")) for part in words.split(",") if part.strip()]


def in_force(site: State, day: str) -> dict[str, dict[str, Any]]:
    """Give, for each entry of the library, the version that is in force on a day; none that begins later."""
    found = {}
    for name, versions in site.get("regimens", {}).items():
        begun = [one for one in versions if one["effective_from"] <= day]
        if begun:
            found[name] = max(begun, key=lambda one: (one["effective_from"], one["version"]))
    return found


def plan_limits(site: State, name: str, plan: Mapping[str, str], day: str) -> dict[str, str]:
    """Give the limits that a plan takes from the library; without an entry, those of the rule table.

    Raises
    ------
    Refused
        Where the plan does not fit the entry.
    """
    if not name:
        return {"library": "", "soft_mg_per_kg_h": "", "hard_mg_per_kg_h": str(highest_rate())}
    entries = in_force(site, day)
    if name not in entries:
        raise Refused(f"regimen is {name!r}: use one of {', '.join(entries) or '(none in force)'}.", field="regimen")
    entry = entries[name]
    fits(entry, plan)
    kept = {limit: entry[limit] for limit in ("soft_mg_per_kg_h", "hard_mg_per_kg_h")}
    return {"library": f"{entry['name']}, version {entry['version']}", **kept}


def fits(entry: Mapping[str, Any], plan: Mapping[str, str]) -> None:
    """Refuse a plan that is of another drug, above the cap, of a strange concentration, or above the hard limit."""
    if plan["drug"] != entry["drug"]:
        raise Refused(f"drug is {plan['drug']!r}, and the regimen is of {entry['drug']}.", field="drug")
    if Decimal(plan["mg"]) > Decimal(entry["cap_mg"]):
        raise Refused(f"mg is {shown(plan['mg'])}, above the cap of {shown(entry['cap_mg'])} mg.", field="mg")
    if Decimal(plan["mg_per_ml"]) not in [Decimal(one) for one in entry["presets"]]:
        known = ", ".join(shown(one) for one in entry["presets"])
        raise Refused(f"mg_per_ml is {shown(plan['mg_per_ml'])}: the library has {known}.", field="mg_per_ml")
    rate = Decimal(plan["mg_per_kg"]) * HOUR_MIN / Decimal(plan["minutes"])
    if rate > Decimal(entry["hard_mg_per_kg_h"]):
        raise Refused(
            f"{shown(rate)} mg/kg/h is above the hard limit of {shown(entry['hard_mg_per_kg_h'])} mg/kg/h.",
            field="mg_per_kg",
            limit=entry["hard_mg_per_kg_h"],
        )


def refuse_above_soft(plan: Mapping[str, Any], weight_kg: str, rate_mg_per_h: Decimal, reason: str) -> None:
    """Ask for a reason where a rate is above the soft limit that the session carries."""
    if not plan.get("soft_mg_per_kg_h") or reason.strip():
        return
    soft = Decimal(plan["soft_mg_per_kg_h"]) * Decimal(weight_kg)
    if rate_mg_per_h > soft:
        raise Refused(
            f"rate_mg_per_h is {shown(rate_mg_per_h)}, above the soft limit of {shown(soft)} mg/h: write the reason.",
            field="reason",
            limit=shown(soft),
        )
