"""Trial files: who takes part, what each arm is given, and what is counted."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from limen.chain import Joints
from limen.options import Policy
from limen.quantities import InputError
from limen.regimen import SCALES, Patient, Regimen, Visit, dose_warnings, read_visit
from limen.regimen.case import BACKGROUNDS, DESIGNS, MOST_DRAWS, MOST_SEED, SETTINGS
from limen.regimen.doses import ACTIVE_DRUGS
from limen.regimen.people import HIGHEST_WEIGHT_KG, LOWEST_WEIGHT_KG
from limen.regimen.toml_table import Table, read_toml
from limen.trials.design_tables import DESIGN_TABLES, read_design, read_guided, value_or
from limen.trials.designs import MOST_IN_ARM, Design, Guided
from limen.trials.policy_table import read_policy
from limen.trials.rules import EXAMPLES, Rule, dosing_days, read_rule

TRIAL_SCALES: Final = ("MADRS", "QIDS-SR", "PHQ-9", "HAMD-17", "HAMD-6")
CARES: Final = ("trial", "clinic")
DEFAULT_SEED: Final = 1
DEFAULT_DRAWS: Final = 500
#: Any score above the own baseline counts as worsened (ours: the plain meaning of the word).
DEFAULT_WORSENED_RULE: Final = "rise > 0 %"
#: Weight of people in trials of depression (contract's example).
DEFAULT_WEIGHT_KG_MEAN: Final = 80.0
DEFAULT_WEIGHT_KG_SD: Final = 17.0
#: Most people in all trials together (ours: above it a day would not be enough).
MOST_PEOPLE: Final = 500_000_000
LATEST_DAY: Final = 730.0
MINUTES_A_DAY: Final = 1440.0
HOURS_A_DAY: Final = 24.0
#: A patient of the clinic goes on with an antidepressant, unless the file says otherwise.
CLINIC_BACKGROUND: Final = "continued antidepressant"

_TOP: Final = ("limen", "trial", "population", "arm", "joints", "forecast", *DESIGN_TABLES)
_TRIAL: Final = (
    "name",
    "scale",
    "baseline_mean",
    "baseline_sd",
    "seed",
    "draws",
    "times_days",
    "care",
    "background",
    "design",
    "response_rule",
    "remission_rule",
    "worsened_rule",
)
_POPULATION: Final = ("weight_kg_mean", "weight_kg_sd")
_ARM: Final = (
    *("name", "drug", "route", "dose", "schedule", "comparator", "n"),
    *("escalate_to", "escalate_until", "stop_when", "policy"),
)
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Arm:
    """One arm.

    Parameters
    ----------
    name, drug, route, dose, schedule, comparator : str
        As written.
    n : int
        New people in each virtual trial.
    guided : Guided or None
        Steps of a dose that goes up while somebody does not respond.
    policy : Policy or None
        What says for each person what comes next.
    """

    name: str
    drug: str
    route: str
    dose: str
    schedule: str
    comparator: str
    n: int
    guided: Guided | None = None
    policy: Policy | None = None

    @property
    def days(self) -> tuple[int, ...]:
        """Dosing days, day 0 the first."""
        return dosing_days(self.schedule)

    @property
    def doses(self) -> tuple[str, ...]:
        """Every dose that may be given, the arm's own first."""
        if self.policy is not None:
            return tuple(text.split(maxsplit=2)[2] for text in self.policy.doses)
        return (self.dose, *(self.guided.steps if self.guided is not None else ()))

    @property
    def varies(self) -> bool:
        """Whether people of the arm may be given different doses."""
        return self.guided is not None or self.policy is not None

    def visit_days(self, until_day: float) -> tuple[float, ...]:
        """Give the days on which somebody of the arm may be given something."""
        return self.days if self.policy is None else self.policy.possible_days(until_day)

    @property
    def given(self) -> tuple[str, str, str]:
        """What is given at each visit, as a key: drug, route and dose."""
        return self.drug, self.route, self.dose

    def visit(self, weight_kg: float, *, day: int = 0) -> Visit:
        """Read the dose for somebody of a weight; raises InputError where it cannot be given."""
        patient = Patient(weight_kg=weight_kg)
        return read_visit(self.dose, drug=self.drug, route=self.route, patient=patient, start_min=day * MINUTES_A_DAY)

    @property
    def active(self) -> bool:
        """Whether it holds ketamine or esketamine."""
        return self.drug in ACTIVE_DRUGS and self.visit(DEFAULT_WEIGHT_KG_MEAN).dose_mg > 0.0

    def regimen(self, weight_kg: float) -> Regimen:
        """Give the whole course of somebody of a weight."""
        return Regimen(tuple(self.visit(weight_kg, day=day) for day in self.days))


@dataclass(frozen=True)
class TrialSpec:
    """All that a trial file says.

    Parameters
    ----------
    arms : tuple of Arm
        In the order of the file; at least one.
    name, scale : str
        What it is called, and a word of `TRIAL_SCALES`.
    baseline_mean, baseline_sd : float
        Of the people, points of `scale`.
    times_days : tuple of float
        Days since the first dose, in the order asked for.
    response_rule, remission_rule, worsened_rule : Rule
        What is counted.
    seed, draws : int
        Of the chance, and how many virtual trials.
    care : str
        ``"trial"``, or ``"clinic"``, where people go on with an antidepressant.
    background, design : str
        As in a case file.
    weight_kg_mean, weight_kg_sd : float
        Of the people.
    joints : Mapping[str, str]
        Sides taken.
    plan : Design
        What it is judged by, who is missed, when it stops, how large it is.
    believed : Mapping[str, str] or None
        Sides that the policies of its arms believe in, where others hold; None where they are those taken.

    Raises
    ------
    InputError
        Where two arms share a name or differ in the comparator, or more people are asked for than can be.
    """

    arms: tuple[Arm, ...]
    scale: str
    baseline_mean: float
    baseline_sd: float
    times_days: tuple[float, ...]
    response_rule: Rule
    remission_rule: Rule
    worsened_rule: Rule = field(default_factory=lambda: read_rule(DEFAULT_WORSENED_RULE, "rise"))
    name: str = "trial"
    seed: int = DEFAULT_SEED
    draws: int = DEFAULT_DRAWS
    care: str = "trial"
    background: str = "none"
    design: str = "parallel"
    weight_kg_mean: float = DEFAULT_WEIGHT_KG_MEAN
    weight_kg_sd: float = DEFAULT_WEIGHT_KG_SD
    joints: Mapping[str, str] = field(default_factory=dict)
    plan: Design = field(default_factory=Design)
    believed: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        _check_arms(self.arms)
        _check_plan(self)
        people = self.draws * sum(arm.n for arm in self.arms)
        if people > MOST_PEOPLE:
            raise InputError(
                f"{self.draws} draws of {people // self.draws} people are {people} in all, above {MOST_PEOPLE}:"
                " ask for fewer draws or smaller arms."
            )

    @property
    def setting(self) -> str:
        """The comparator of every arm."""
        return self.arms[0].comparator

    def under(self, joints: Mapping[str, str]) -> TrialSpec:
        """Give the trial where other sides hold; its policies go on believing those of the file."""
        believed = self.joints if self.believed is None else self.believed
        return replace(self, joints=dict(self.joints) | dict(joints), believed=believed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unusual about the doses at the mean weight, each sentence once."""
        patient = Patient(weight_kg=self.weight_kg_mean)
        found = [text for arm in self.arms for text in dose_warnings(arm.visit(self.weight_kg_mean), patient)]
        return tuple(dict.fromkeys(found))


def _check_arms(arms: tuple[Arm, ...]) -> None:
    if not arms:
        raise InputError("A trial needs at least one arm, got none: add [[arm]] with its keys below.")
    seen: dict[str, Arm] = {}
    for arm in arms:
        if arm.name in seen:
            raise InputError(f"Two arms are called {arm.name!r}: give each a name of its own.")
        if arm.comparator != arms[0].comparator:
            raise InputError(
                f"The comparator of the arm {arm.name!r} is {arm.comparator!r} and that of {arms[0].name!r} is"
                f" {arms[0].comparator!r}: it is the setting of the trial, so write the same one in every arm."
            )
        seen[arm.name] = arm


def _check_plan(spec: TrialSpec) -> None:
    """Refuse a design that these arms, this scale or these times cannot have."""
    endpoint, crossover = spec.plan.endpoint, spec.plan.crossover
    for arm in spec.arms:
        _check_policy(spec, arm)
    if crossover is not None:
        _check_crossover(spec)
    if endpoint is None:
        return
    if endpoint.measure in {"response", "remission"} and SCALES[spec.scale].overlaps(HOURS_A_DAY * endpoint.at_day):
        raise InputError(
            f"[endpoint]: on day {endpoint.at_day:g} the scale {spec.scale} still looks back before the first dose, so"
            f" nothing is called a {endpoint.measure}: use measure = 'change', or a later at_day."
        )
    paired = crossover is not None or spec.plan.adaptive is not None
    if endpoint.measure == "mediation" and paired:
        raise InputError(
            f"[endpoint]: a slope within arms ({endpoint.measure}) goes with neither [crossover] nor [adaptive]: leave"
            " that table out, or use measure = 'change'."
        )


def _check_policy(spec: TrialSpec, arm: Arm) -> None:
    """Refuse a policy that this arm or this trial cannot follow."""
    if arm.policy is None:
        return
    if spec.scale != "MADRS":
        raise InputError(f"The arm {arm.name!r} follows a policy, which reads MADRS, not {spec.scale}: use that scale.")
    if not arm.active or arm.guided is not None or spec.plan.crossover is not None:
        raise InputError(
            f"The arm {arm.name!r} follows a policy, which goes with neither an inert dose nor escalate_to, stop_when"
            " or [crossover]: leave one of them out."
        )


def _check_crossover(spec: TrialSpec) -> None:
    sizes = {arm.n for arm in spec.arms}
    if len(sizes) > 1:
        raise InputError(
            f"[crossover]: as many people start with one arm as with the other, got n = {sorted(sizes)}: write the same"
            " n."
        )
    guided = next((arm.name for arm in spec.arms if arm.guided is not None), None)
    if guided is not None:
        raise InputError(
            f"[crossover]: the dose of {guided!r} follows the response, which would carry over: leave escalate_to and"
            " stop_when out."
        )


def read_spec(path: str | Path) -> TrialSpec:
    """Read a trial file.

    Parameters
    ----------
    path : str or Path
        A TOML file of contract section 4.

    Returns
    -------
    TrialSpec

    Raises
    ------
    InputError
        One sentence that names the value, its place in the file and the way out.
    """
    file = Path(path)
    top = read_toml(file)
    top.only(_TOP).need("trial", "{ ... }, or the table [trial]")
    trial = top.table("trial").only(_TRIAL)
    scale = _scale(trial)
    care = trial.word("care", CARES, "trial")
    people = top.table("population").only(_POPULATION)
    arms = tuple(_arm(table.only(_ARM)) for table in top.tables("arm"))
    times_days = _times(trial)
    plan = read_design(top, tuple(arm.name for arm in arms), times_days)
    return _at(
        top.place,
        lambda: TrialSpec(
            arms=arms,
            name=trial.text("name", "example") if trial.has("name") else file.stem,
            scale=scale,
            baseline_mean=_needed(trial, "baseline_mean", "32.0", 0.0, SCALES[scale].high),
            baseline_sd=_needed(trial, "baseline_sd", "5.0", 0.0, SCALES[scale].high),
            times_days=times_days,
            response_rule=_rule(trial, "response_rule", "fall"),
            remission_rule=_rule(trial, "remission_rule", "score"),
            worsened_rule=_rule(trial, "worsened_rule", "rise", DEFAULT_WORSENED_RULE),
            seed=trial.whole("seed", DEFAULT_SEED, 0, MOST_SEED),
            draws=trial.whole("draws", DEFAULT_DRAWS, 1, MOST_DRAWS),
            care=care,
            background=trial.word("background", BACKGROUNDS, CLINIC_BACKGROUND if care == "clinic" else "none"),
            design=trial.word("design", DESIGNS, "parallel" if plan.crossover is None else "crossover"),
            weight_kg_mean=value_or(
                people.number("weight_kg_mean", LOWEST_WEIGHT_KG, HIGHEST_WEIGHT_KG), DEFAULT_WEIGHT_KG_MEAN
            ),
            weight_kg_sd=value_or(people.number("weight_kg_sd", 0.0, HIGHEST_WEIGHT_KG), DEFAULT_WEIGHT_KG_SD),
            joints=_joints(top.table("joints")),
            plan=plan,
        ),
    )


def _at(place: str, read: Callable[[], _Read]) -> _Read:
    """Put the place in the file before a sentence that does not name it yet."""
    try:
        return read()
    except InputError as error:
        if str(error).startswith(place):
            raise
        raise InputError(f"{place}: {error}") from error


def _scale(trial: Table) -> str:
    scale = trial.text("scale", "MADRS")
    if scale not in TRIAL_SCALES:
        nearest = difflib.get_close_matches(scale, TRIAL_SCALES, n=1, cutoff=0.0)[0]
        raise InputError(
            f"{trial.place}: there is no scale {scale!r}, the nearest is {nearest!r}:"
            f" use one of {', '.join(TRIAL_SCALES)}."
        )
    return scale


def _needed(table: Table, key: str, example: str, low: float, high: float) -> float:
    return table.as_number(key, table.need(key, example), low, high)


def _times(trial: Table) -> tuple[float, ...]:
    trial.need("times_days", "[1, 3, 7, 14]")
    return trial.numbers("times_days", (), 0.0, LATEST_DAY)


def _rule(trial: Table, key: str, kind: str, default: str | None = None) -> Rule:
    text = default if default is not None and not trial.has(key) else trial.text(key, EXAMPLES[kind])
    return _at(f"{trial.place}: {key}", lambda: read_rule(text, kind))


def _arm(table: Table) -> Arm:
    table.need("n", "40")
    table.need("comparator", "'midazolam'")
    arm = Arm(
        name=table.text("name", "ketamine"),
        drug=table.text("drug", "ketamine"),
        route=table.text("route", "iv"),
        dose=table.text("dose", "0.5 mg/kg over 40 min"),
        schedule=table.text("schedule", "once"),
        comparator=table.word("comparator", SETTINGS, "open"),
        n=table.whole("n", 40, 1, MOST_IN_ARM),
        guided=read_guided(table),
    )
    _at(table.place, lambda: arm.days)
    if table.has("policy"):
        given = f"{arm.drug} {arm.route}", arm.dose, tuple(float(day) for day in arm.days)
        arm = replace(arm, policy=read_policy(table.table("policy"), *given))
    for step in arm.doses:
        _at(table.place, partial(replace(arm, dose=step).visit, DEFAULT_WEIGHT_KG_MEAN))
    return arm


def _joints(table: Table) -> Mapping[str, str]:
    words = {joint: str(word) for joint, word in table.values.items()}
    _at(table.place, lambda: Joints(words))
    return words
