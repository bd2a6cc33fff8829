"""Judging facts by the rules: pure, replayable, and an unknown never clears anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from limen.centre.amounts import shown
from limen.centre.safety.checks import ABOVE, ABSENT, ADVICE, BELOW, CHECKS, OUTSIDE, PRESENT, REACHES, Check
from limen.centre.safety.facts import NO, UNKNOWN, YES, Facts, flag, number
from limen.centre.safety.table import Rule, highest, rules, version
from limen.quantities import InputError

FIRED: Final = "fired"
#: What an unknown input makes of a level: a BLOCK holds the step, the rest waits in a list.
WHEN_UNKNOWN: Final[Mapping[str, str]] = {
    "INFO": "INFO",
    "REVIEW": "INFO",
    "WARN": "INFO",
    "ALERT": "REVIEW",
    "HOLD": "REVIEW",
    "BLOCK": "HOLD",
    "URGENT": "REVIEW",
    "STOP": "REVIEW",
}
#: How finely a value is said (ours).
SEEN_TO: Final = Decimal("0.01")
OLD_Y: Final = Decimal(65)  # the age of rules R5a and R5b, as their conditions say it


@dataclass(frozen=True)
class Finding:
    """A rule that fired, or could not be judged."""

    rule: str
    level: str
    state: str
    condition: str
    seen: str
    threshold: str
    unit: str
    source: str
    standing: str
    version: str
    override: bool
    advice: str

    def as_json(self) -> dict[str, Any]:
        """Give it as it is recorded and shown."""
        return asdict(self)


@dataclass(frozen=True)
class Profile:
    """What a site has signed: thresholds by rule id. A rule that is not there keeps its default."""

    thresholds: Mapping[str, str]


def judge(facts: Facts, profile: Profile, stage: str) -> tuple[Finding, ...]:
    """Give every rule of one step that fired or could not be judged, in the order of the table.

    Empty means that none of these rules applies, not that it is safe.
    """
    judged = (
        judge_one(rules()[name], check, facts, profile) for name, check in CHECKS.items() if stage in check.stages
    )
    return tuple(finding for finding in judged if finding is not None)


def level_of(findings: tuple[Finding, ...]) -> str | None:
    """Give the highest level among findings."""
    return highest([finding.level for finding in findings])


def judge_one(rule: Rule, check: Check, facts: Facts, profile: Profile) -> Finding | None:
    """Give what one rule says of the facts; None where it does not fire."""
    if not applies(check, facts):
        return None
    threshold = profile.thresholds.get(rule.id, rule.threshold)
    if rule.threshold == "plan":
        threshold = plan_interval(facts)
    seen, found = look(rule, check, facts, threshold)
    if found == NO:
        return None
    return finding(rule, seen, threshold, found)


def plan_interval(facts: Facts) -> str:
    """Give the interval of the course plan in days; empty where there is none."""
    days = number(facts, "plan_interval_d", "d")
    return "" if days is None else str(days)


def applies(check: Check, facts: Facts) -> bool:
    """Tell whether a rule is about this person; an unknown age is judged by the stricter rule."""
    age = number(facts, "age", "y")
    old = age is not None and age > OLD_Y
    drug = facts.get("drug")
    return {
        "": True,
        "age<=65": not old,
        "age>65": old,
        "esketamine": drug == "esketamine",
        "iv": drug != "esketamine",
    }[check.only]


def look(rule: Rule, check: Check, facts: Facts, threshold: str) -> tuple[str, str]:
    """Give what was seen, in words, and whether the rule fires: yes, no or unknown."""
    if check.compare in (PRESENT, ABSENT):
        seen = flag(facts, check.fact)
        wanted = YES if check.compare == PRESENT else NO
        return seen, UNKNOWN if seen == UNKNOWN else (YES if seen == wanted else NO)
    value = number(facts, check.fact, rule.unit)
    if value is None or not threshold:
        return "unknown" if value is None else f"{said(value)} {rule.unit}", UNKNOWN
    reached = beyond(value, check.compare, threshold, rule.id)
    both = with_need(reached, check, facts)
    return f"{said(value)} {rule.unit}", both


def said(value: Decimal) -> str:
    """Say a value as it is looked at: no more than two decimals, though all of them are judged."""
    return shown(value if value == value.quantize(SEEN_TO) else value.quantize(SEEN_TO))


def with_need(reached: bool, check: Check, facts: Facts) -> str:  # noqa: FBT001 - a comparison's own answer
    """Give yes, no or unknown once the flag that a rule needs beside its number is looked at."""
    if not reached:
        return NO
    return flag(facts, check.needs) if check.needs else YES


def beyond(value: Decimal, compare: str, threshold: str, rule: str) -> bool:
    """Tell whether a value lies beyond a threshold."""
    if compare == OUTSIDE:
        low, _, high = threshold.partition("-")
        return not Decimal(low) <= value <= Decimal(high)
    limit = Decimal(threshold)
    found = {ABOVE: value > limit, REACHES: value >= limit, BELOW: value < limit}
    if compare not in found:
        raise InputError(f"Rule {rule} compares by {compare!r}: it is one of {', '.join(found)}.")
    return found[compare]


def finding(rule: Rule, seen: str, threshold: str, found: str) -> Finding:
    """Give a finding with everything that has to be shown beside it."""
    level = rule.level if found == YES else WHEN_UNKNOWN[rule.level]
    return Finding(
        rule=rule.id,
        level=level,
        state=FIRED if found == YES else UNKNOWN,
        condition=rule.condition,
        seen=seen,
        threshold=threshold or "not set by the site",
        unit=rule.unit,
        source=rule.source,
        standing=rule.standing,
        version=version(),
        override=rule.override and found == YES,
        advice=ADVICE.get(rule.id, ""),
    )


def loosens(rule: str, before: str, after: str) -> bool:
    """Tell whether a new threshold lets more through than the one before."""
    compare = CHECKS[rule].compare
    if not before or compare in (PRESENT, ABSENT):
        return False
    if compare == OUTSIDE:
        (low, high), (new_low, new_high) = (tuple(map(Decimal, text.split("-"))) for text in (before, after))
        return new_low < low or new_high > high
    return Decimal(after) < Decimal(before) if compare == BELOW else Decimal(after) > Decimal(before)
