"""The safety rules, as they are judged. This file is the specification, and the manual shows it.

Each property of the rules is a test here: what must never happen, over all answers that a person can give.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.centre.care.site import check_threshold
from limen.centre.clock import Moment
from limen.centre.refusals import Refused
from limen.centre.safety.checks import ABOVE, ABSENT, CHECKS, NEVER_OFF, OUTSIDE, PRESENT, REACHES, STAGES
from limen.centre.safety.facts import Amount
from limen.centre.safety.judging import Profile, judge, judge_one, level_of, loosens
from limen.centre.safety.table import rank, rules
from limen.quantities import InputError

DEFAULTS = Profile({})
SITE = Profile({"R9b": "60"})
FLAGS = sorted({check.fact for check in CHECKS.values() if check.compare in (PRESENT, ABSENT)})
NUMBERS = {check.fact: rules()[name].unit for name, check in CHECKS.items() if check.compare not in (PRESENT, ABSENT)}
#: Facts for which `yes` is the safe answer.
SAFE_WHEN_YES = {check.fact for check in CHECKS.values() if check.compare == ABSENT}
NOW = Moment("2026-11-30T10:00:00.000+00:00", "0.000", "a")
STEP = Decimal("0.01")

flags = st.sampled_from(["yes", "no", "unknown"])
amounts = st.decimals(0, 400, places=1)
some_facts = st.fixed_dictionaries(
    dict.fromkeys(FLAGS, flags)
    | {
        name: st.one_of(st.none(), amounts.map(lambda value, unit=unit: Amount(value, unit)))
        for name, unit in NUMBERS.items()
    }
)
stages = st.sampled_from(STAGES)


def test_every_row_of_the_table_is_judged_and_nothing_else():
    assert set(CHECKS) == set(rules())


@given(some_facts, stages)
def test_an_unknown_input_never_clears_a_block(facts, stage):
    for name, check in CHECKS.items():
        if stage in check.stages and rules()[name].level == "BLOCK" and not check.only:
            blank = {key: value for key, value in facts.items() if key != check.fact}
            found = judge_one(rules()[name], check, blank, SITE)
            assert found is not None
            assert rank(found.level) >= rank("HOLD")
            assert found.state == "unknown"


@given(some_facts, st.sampled_from(FLAGS), stages)
def test_adding_a_risk_never_lowers_the_highest_level_and_answering_an_unknown_may(facts, name, stage):
    safe, risky = ("yes", "no") if name in SAFE_WHEN_YES else ("no", "yes")
    levels = [level_of(judge({**facts, name: value}, SITE, stage)) for value in (safe, "unknown", risky)]
    ranks = [-1 if level is None else rank(level) for level in levels]
    assert ranks == sorted(ranks)


@given(some_facts, stages)
def test_every_finding_says_its_source_standing_threshold_and_version(facts, stage):
    for found in judge(facts, SITE, stage):
        assert found.source
        assert found.standing in ("read", "ours")
        assert len(found.version) == 12
        assert found.seen
        assert found.threshold


@given(some_facts, stages, st.randoms())
def test_the_same_facts_in_any_order_give_the_same_findings(facts, stage, chance):
    names = list(facts)
    chance.shuffle(names)
    assert judge({name: facts[name] for name in names}, SITE, stage) == judge(facts, SITE, stage)


def boundary(name):
    """A value just under, at, and just over a threshold."""
    threshold = rules()[name].threshold
    limits = (
        threshold.split("-") if CHECKS[name].compare == OUTSIDE else [{"plan": "2", "": "60"}.get(threshold, threshold)]
    )
    return [Decimal(limit) + step for limit in limits for step in (-STEP, Decimal(0), STEP)]


def expected(name, value):
    """What the comparator of the rule says, written out."""
    compare, threshold = (
        CHECKS[name].compare,
        {"plan": "2", "": "60"}.get(rules()[name].threshold, rules()[name].threshold),
    )
    if compare == OUTSIDE:
        low, high = map(Decimal, threshold.split("-"))
        return value < low or value > high
    limit = Decimal(threshold)
    return {ABOVE: value > limit, REACHES: value >= limit}.get(compare, value < limit)


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if check.compare not in (PRESENT, ABSENT)])
def test_just_under_at_and_just_over_every_threshold(name):
    check, rule = CHECKS[name], rules()[name]
    ages = {"age<=65": "40", "age>65": "70"}
    for value in boundary(name):
        facts = {
            "age": Amount(Decimal(ages.get(check.only, "40")), "y"),
            "symptoms": "yes",
            "plan_interval_d": Amount(Decimal(2), "d"),
        }
        facts |= {
            "drug": "esketamine" if check.only == "esketamine" else "ketamine",
            check.fact: Amount(value, rule.unit),
        }
        found = judge_one(rule, check, facts, SITE)
        assert (found is not None) == expected(name, value), (name, value)
        assert found is None or found.level == rule.level


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if check.compare in (PRESENT, ABSENT)])
def test_present_absent_and_unknown_of_every_flag(name):
    check, rule = CHECKS[name], rules()[name]
    risky = "yes" if check.compare == PRESENT else "no"
    found = {value: judge_one(rule, check, {check.fact: value}, DEFAULTS) for value in ("yes", "no", "unknown")}
    assert found[risky].level == rule.level
    assert found[{"yes": "no", "no": "yes"}[risky]] is None
    assert found["unknown"].state == "unknown"


@pytest.mark.parametrize("unit", ["kPa", "lb", ""])
def test_another_unit_is_an_error_and_never_converted_by_guess(unit):
    with pytest.raises(InputError, match="mmHg"):
        judge({"systolic": Amount(Decimal(20), unit)}, SITE, "infusion")


def test_an_age_that_is_not_known_is_judged_by_the_stricter_rule():
    found = {
        one.rule
        for one in judge({"systolic_before": Amount(Decimal(145), "mmHg")}, SITE, "pre-check")
        if one.state == "fired"
    }
    assert "R5a" in found


def test_a_threshold_that_the_site_has_not_set_holds_the_discharge():
    facts = {"minutes_since_end": Amount(Decimal(600), "min"), "drug": "ketamine"}
    found = judge_one(rules()["R9b"], CHECKS["R9b"], facts, DEFAULTS)
    assert (found.level, found.threshold) == ("HOLD", "not set by the site")


@pytest.mark.parametrize("name", NEVER_OFF)
def test_no_site_switches_these_rules_off(name):
    with pytest.raises(Refused, match="cannot be changed"):
        check_threshold({}, {"rule": name, "value": "absent", "reason": "please"}, NOW)


@pytest.mark.parametrize(
    ("rule", "tight", "loose"),
    [("R5a", "130", "160"), ("R10a", "95", "90"), ("R20b", "40-200", "20-300"), ("R8", "15", "30")],
)
def test_a_site_tightens_freely_and_loosens_with_a_reason(rule, tight, loose):
    check_threshold({}, {"rule": rule, "value": tight, "reason": ""}, NOW)
    with pytest.raises(Refused, match="looser"):
        check_threshold({}, {"rule": rule, "value": loose, "reason": ""}, NOW)
    check_threshold({}, {"rule": rule, "value": loose, "reason": "our equipment"}, NOW)
    assert loosens(rule, rules()[rule].threshold, loose)


def test_what_was_confirmed_is_confirmed_again_and_a_range_has_its_lower_end_first():
    for rule in ("R15b", "R20b"):
        signed = {"thresholds": {rule: {"value": "confirmed"}}}
        check_threshold(signed, {"rule": rule, "value": {"R20b": "30-250"}.get(rule, "confirmed"), "reason": ""}, NOW)
    with pytest.raises(Refused, match="lower end first"):
        check_threshold({}, {"rule": "R20b", "value": "250-30", "reason": "as agreed"}, NOW)


def test_what_was_overridden_keeps_its_level():
    found = judge({"psychosis_now": "yes"}, SITE, "pre-check")
    block = next(one for one in found if one.rule == "R4a")
    assert (block.level, block.override) == ("BLOCK", True)
    assert not next(one for one in judge({"aneurysm": "yes"}, SITE, "pre-check") if one.rule == "R1a").override


def test_no_word_of_a_model_is_among_the_facts_of_any_rule():
    """No posterior, rhythm or option can lower a level: the rules cannot even see one."""
    words = ("posterior", "rhythm", "option", "predicted", "forecast", "benefit")
    assert not [check.fact for check in CHECKS.values() if any(word in check.fact for word in words)]


def test_prompts_to_stop_need_nothing_but_what_a_person_entered():
    facts = {"systolic": Amount(Decimal(185), "mmHg"), "symptoms": "no"}
    assert level_of(judge(facts, DEFAULTS, "infusion")) == "STOP"


def test_the_words_that_must_stand_beside_a_benzodiazepine():
    found = judge_one(rules()["R12"], CHECKS["R12"], {"benzodiazepine_mg_d": Amount(Decimal(10), "mg/d")}, DEFAULTS)
    assert "not stop" in found.advice
