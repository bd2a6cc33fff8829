"""The facts that the response was fitted to, met or missed by virtual trials of the papers' size and setting.

Facts and tolerances are those of the outcome tables; tolerances are ours. None is loosened: what is missed says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError
from limen.response.parameters import REFERENCE_BASELINE, posterior_hash, shipped_posterior
from limen.trials.courses import arm_courses
from limen.trials.facts_of_courses import change_under_weekly_visits, straightness
from limen.trials.rules import dosing_days, read_rule
from limen.trials.running import tally
from limen.trials.runs import parts_of
from limen.trials.spec import Arm, TrialSpec
from limen.trials.tally import ArmTally, scored

#: Trials of each fact (ours: the mean then errs by 0.2 points).
DRAWS: Final = 1000
#: Baseline of trials whose table gives none, and a usual spread (ours: that to which the effects refer).
BASELINE: Final = (REFERENCE_BASELINE, 5.0)
#: HAMD-17 where MADRS is 33 by the crosswalk, and a usual spread (ours).
HAMD_BASELINE: Final = (25.0, 4.0)
USUAL_DOSE: Final = "0.5 mg/kg over 40 min"
MIDAZOLAM_DOSE: Final = "0.045 mg/kg over 40 min"
TWICE: Final = "2 per week for 2 weeks"
THRICE: Final = "3 per week for 2 weeks"
PER_CENT: Final = 100.0
BEGIN: Final = "<!-- facts: written by make verify-trials -->"
END: Final = "<!-- end of facts -->"
#: Arms of Daly 2018, period 1 (10.1001/jamapsychiatry.2017.3739): baseline mean and SD, people, change at 24 h.
DALY: Final = {
    "placebo": (35.0, 5.18, 33, -5.7),
    "28 mg": (31.3, 3.80, 11, -14.8),
    "56 mg": (33.2, 6.26, 11, -15.7),
    "84 mg": (35.0, 4.22, 12, -16.4),
}
#: Arms of Su 2017 (10.1038/npp.2017.94): people and percentage of responders by its rule.
SU: Final = {"0 mg/kg over 40 min": (24, 12.5), "0.2 mg/kg over 40 min": (23, 39.1), USUAL_DOSE: (24, 45.8)}
#: Days of Su's rule, and on how many of them it has to hold.
SU_DAYS: Final = (2.0, 3.0, 4.0, 5.0)
SU_AT_LEAST: Final = 2
#: Pooled response at days 1, 3 and 7, per cent (Han 2016).
POOLED: Final = {1.0: 52.2, 3.0: 47.9, 7.0: 39.8}


@dataclass(frozen=True)
class Fact:
    """One fact beside what was found.

    Parameters
    ----------
    id, says : str
        Its name in the outcome tables, and what it is.
    low, high : float
        What is allowed.
    found : float
        Mean over virtual trials.
    """

    id: str
    says: str
    low: float
    high: float
    found: float

    @property
    def met(self) -> bool:
        """Whether it lies within what is allowed."""
        return self.low <= self.found <= self.high


def around(id: str, says: str, value: float, allowed: float, found: float) -> Fact:  # noqa: A002 - its name in the tables
    """Give a fact that is a published value with a tolerance to both sides."""
    return Fact(id, f"{says}: {value:g}", value - allowed, value + allowed, found)


def trial(
    arms: tuple[Arm, ...], times_days: tuple[float, ...], baseline: tuple[float, float], scale: str = "MADRS"
) -> TrialSpec:
    """Give a trial as the papers ran it; response is a fall of half the baseline."""
    return TrialSpec(
        arms=arms,
        scale=scale,
        baseline_mean=baseline[0],
        baseline_sd=baseline[1],
        times_days=times_days,
        response_rule=read_rule("fall >= 50 %", "fall"),
        remission_rule=read_rule("score <= 10", "score"),
        draws=DRAWS,
    )


def ketamine(setting: str, n: int, schedule: str = "once", dose: str = USUAL_DOSE) -> Arm:
    """Give an arm of ketamine into a vein."""
    return Arm("ketamine", "ketamine", "iv", dose, schedule, setting, n)


def control(drug: str, setting: str, n: int, schedule: str = "once") -> Arm:
    """Give its control."""
    return Arm("control", drug, "iv", MIDAZOLAM_DOSE if drug == "midazolam" else "0 mg", schedule, setting, n)


def counted(spec: TrialSpec) -> tuple[ArmTally, ...]:
    """Count a trial."""
    return tally(arm_courses(spec))


def everybody(spec: TrialSpec) -> tuple[Floats, Floats]:
    """Give baselines and scores of everybody in a trial of one arm, ``(people,)`` and ``(people, times)``."""
    courses, posterior = arm_courses(spec), shipped_posterior()
    drawn = [one for numbers in parts_of(spec).values() for one in scored(courses, posterior, numbers)]
    return np.concatenate([one.baseline for one, _ in drawn]), np.concatenate([scores for _, scores in drawn])


def murrough() -> Iterator[Fact]:
    """One infusion beside midazolam (10.1176/appi.ajp.2013.13030392)."""
    arms = (ketamine("midazolam", 47), control("midazolam", "midazolam", 25))
    drug, without = counted(trial(arms, (1.0,), BASELINE))
    change, beside = float(drug.mean_change.mean()), float(without.mean_change.mean())
    yield around("A1", "ketamine, change at 24 h", -16.5, 2.5, change)
    yield around("A1", "midazolam, change at 24 h", -8.8, 2.5, beside)
    yield around("A2", "ketamine, response at 24 h, %", 64.0, 10.0, PER_CENT * float(drug.response.mean()))
    yield around("A2", "midazolam, response at 24 h, %", 28.0, 10.0, PER_CENT * float(without.response.mean()))
    yield Fact("A3", "difference at 24 h: 7.95", 3.2, 12.7, beside - change)


def su() -> Iterator[Fact]:
    """Two doses beside saline, by the rule of that paper."""
    rule, found = read_rule("fall > 50 %", "fall"), []
    for dose, (n, published) in SU.items():
        spec = trial((ketamine("saline", n, dose=dose),), SU_DAYS, HAMD_BASELINE, "HAMD-17")
        baseline, scores = everybody(spec)
        found.append(PER_CENT * float((rule.holds(scores, baseline).sum(axis=1) >= SU_AT_LEAST).mean()))
        yield around("A4", f"{dose.split(' over')[0]}, response by that rule, %", published, 12.0, found[-1])
    yield Fact("A4", "smallest step from dose to dose, above 0, %", 0.0, PER_CENT, float(np.diff(found).min()))


def daly() -> Iterator[Fact]:
    """Nasal esketamine by dose."""
    found: dict[str, Floats] = {}
    for dose, (mean, sd, n, published) in DALY.items():
        drug, given = ("placebo", "0 mg") if dose == "placebo" else ("esketamine", dose)
        arm = Arm(dose, drug, "intranasal", given, "once", "saline", n)
        found[dose] = counted(trial((arm,), (2.0 / 24.0, 1.0), (mean, sd)))[0].mean_change.mean(axis=0)
        yield around("A5", f"esketamine {dose}, change at 24 h", published, 5.0, float(found[dose][1]))
    yield Fact("A5", "84 beside 28 mg, points", -4.0, 4.0, float(found["28 mg"][1] - found["84 mg"][1]))
    for dose in ("28 mg", "56 mg", "84 mg"):
        yield Fact("A6", f"{dose}, change at 2 h beside 24 h, %", 70.0, np.inf, PER_CENT * _ratio(found[dose]))


def _ratio(pair: Floats) -> float:
    return float(pair[0] / pair[1])


def singh() -> Iterator[Fact]:
    """Two and three infusions a week beside saline (10.1176/appi.ajp.2016.16010037)."""
    beside = {}
    for schedule, published, without in ((TWICE, -18.4, -5.7), (THRICE, -17.7, -3.1)):
        arms = (ketamine("saline", 17, schedule), control("placebo", "saline", 17, schedule))
        drug, inert = (float(one.mean_change.mean()) for one in counted(trial(arms, (14.0,), BASELINE)))
        beside[schedule] = drug - inert
        words = schedule.split(" for ")[0]
        yield around("A7", f"ketamine {words}, change at day 14", published, 4.0, drug)
        yield around("A8", f"saline {words}, change at day 14", without, 3.0, inert)
    yield Fact("A7", "three beside two a week, corrected by saline", 0.8, 1.35, beside[THRICE] / beside[TWICE])


def pooled() -> Iterator[Fact]:
    """Response after one infusion, as nine trials together had it."""
    days = tuple(POOLED)
    rates = [
        counted(trial((ketamine(setting, 20),), days, BASELINE))[0].response.mean(axis=0)
        for setting in ("saline", "midazolam")
    ]
    found = PER_CENT * np.mean(rates, axis=0)
    for day, published, rate in zip(days, POOLED.values(), found, strict=True):
        yield around("A9", f"response at day {day:g}, %", published, 8.0, float(rate))
    yield Fact("A9", "largest step from day to day, below 0, %", -PER_CENT, 0.0, float(np.diff(found).max()))


def six_infusions() -> Iterator[Fact]:
    """Six open infusions in two weeks (10.1176/appi.ajp.2018.18070834, and a second-hand 71 %)."""
    days = (*(float(day) for day in dosing_days(THRICE)[1:]), 12.0)
    baseline, scores = everybody(trial((ketamine("open", 24, THRICE),), days, BASELINE))
    responds = read_rule("fall >= 50 %", "fall").holds(scores, baseline)
    first = responds.argmax(axis=1)[responds.any(axis=1)] + 1
    yield Fact("A10", "response after six: 59 to 71 %", 59.0, 71.0, PER_CENT * float(responds[:, -1].mean()))
    yield Fact("A10", "infusions to response, median of those who respond: 3", 2.0, 4.0, float(np.median(first)))


def beyond_trials() -> Iterator[Fact]:
    """Weekly visits after a course, and perception by level (10.1097/00000542-199801000-00015)."""
    change = change_under_weekly_visits()
    yield around("A11", "weekly for four weeks after six, change in those who responded", 0.0, 3.0, change)
    yield Fact("A12", "perception by level in blood, correlation: 0.93 to 0.99", 0.93, 1.0, straightness())


def measured_facts() -> tuple[Fact, ...]:
    """Measure every fact, in the order of their names."""
    found = [fact for study in (murrough, su, daly, singh, pooled, six_infusions, beyond_trials) for fact in study()]
    return tuple(sorted(found, key=lambda fact: int(fact.id[1:])))


def facts_table(facts: tuple[Fact, ...]) -> str:
    """Write facts as a Markdown table."""
    lines = ["| fact | published | allowed | found | verdict |", "|---|---|---|---|---|"]
    for one in facts:
        allowed = f"{one.low:.4g} to {one.high:.4g}" if np.isfinite(one.high) else f"at least {one.low:.4g}"
        lines.append(f"| {one.id} | {one.says} | {allowed} | {one.found:.3g} | {'met' if one.met else '**missed**'} |")
    met = sum(one.met for one in facts)
    return "\n".join([*lines, "", f"{met} of {len(facts)} are met, with the posterior `{posterior_hash()}`."])


def write_facts(page: Path) -> tuple[Fact, ...]:
    """Measure every fact and write the table into its place in a page.

    Parameters
    ----------
    page : Path
        Holds the two marks between which the table stands.

    Returns
    -------
    tuple of Fact

    Raises
    ------
    InputError
        Where the page lacks a mark.
    """
    text = page.read_text(encoding="utf-8")
    before, begins, rest = text.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (begins and ends):
        raise InputError(f"{page} lacks the marks of the table: write {BEGIN} and {END} where it belongs.")
    facts = measured_facts()
    page.write_text(f"{before}{BEGIN}\n\n{facts_table(facts)}\n\n{END}{after}", encoding="utf-8")
    return facts
