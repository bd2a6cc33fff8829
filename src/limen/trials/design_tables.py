"""The tables of a trial file that say how it is designed, and what is refused in them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from limen.chain import Joints
from limen.evidence import check_joint
from limen.quantities import InputError
from limen.regimen.case import SETTINGS
from limen.regimen.toml_table import Table
from limen.trials.designs import (
    ADAPTATIONS,
    ANALYSES,
    HALF_WAY,
    HANDLINGS,
    LEVEL,
    MEASURES,
    MOST_IN_ARM,
    MOST_TRIED,
    SPENDINGS,
    WANTED,
    Adaptive,
    Crossover,
    Design,
    Endpoint,
    Guided,
    Missing,
    Question,
    SampleSize,
    Scenario,
    Stopping,
)
from limen.trials.rules import EXAMPLES, Rule, read_rule

#: Tables of a file beside [trial], [population], [[arm]] and [joints].
DESIGN_TABLES: Final = (
    "endpoint",
    "crossover",
    "missing",
    "stopping",
    "adaptive",
    "sample_size",
    "scenario",
    "question",
)
LONGEST_WASHOUT_DAYS: Final = 365.0
#: Sizes of an arm at which a joint is asked for, unless a file says others (ours: doublings of a small trial).
SIZES_ASKED: Final = (20, 40, 80, 160, 320)


def read_design(top: Table, arms: Sequence[str], times_days: Sequence[float]) -> Design:
    """Read every table of the design.

    Parameters
    ----------
    top : Table
        The whole file.
    arms : sequence of str
        Names of the arms, in order.
    times_days : sequence of float
        Days of the trial's scores.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        One sentence that names the value, its place and the way out.
    """
    found = Design(
        endpoint=_endpoint(top, arms, times_days),
        crossover=_crossover(top, arms),
        missing=_missing(top),
        stopping=_stopping(top),
        adaptive=_adaptive(top, arms),
        size=_size(top),
        scenarios=tuple(_scenario(table) for table in top.tables("scenario")),
        question=_question(top),
    )
    _together(top, found)
    return found


def _together(top: Table, design: Design) -> None:
    """Refuse tables that do not go together."""
    parts = [name for name in ("stopping", "adaptive", "sample_size") if top.has(name)]
    if len(parts) > 1:
        raise InputError(f"{top.place}: [{parts[0]}] and [{parts[1]}] answer one question each: ask them in two files.")
    handled = "observed" if design.missing is None else design.missing.handled
    if design.crossover is not None and (handled != "observed" or parts or design.question is not None):
        raise InputError(
            f"{top.place}: a crossover is analysed by its complete pairs at its end, got handled = {handled!r} and"
            f" {parts or 'no further table'}: leave out the other tables and write handled = 'observed'."
        )
    looks = [*parts, *(["question"] if design.question is not None else [])]
    if handled == "multiple imputation" and looks:
        raise InputError(
            f"{top.place}: multiple imputation would let a look see later people, and [{looks[0]}] looks: write handled"
            " = 'last' or 'observed'."
        )
    judged = [f"[{name}]" for name in parts] + (["[[scenario]]"] if design.scenarios else [])
    if judged and design.endpoint is None:
        raise InputError(f"{top.place}: {judged[0]} compares two arms, got {len(top.tables('arm'))}: add an [[arm]].")


def _endpoint(top: Table, arms: Sequence[str], times_days: Sequence[float]) -> Endpoint | None:
    if not top.has("endpoint"):
        needed = next((name for name in DESIGN_TABLES if top.has(name) and name != "missing"), None)
        return None if needed is None or len(arms) < 2 else Endpoint("change", max(times_days), tuple(arms[:2]))  # noqa: PLR2004
    table = top.table("endpoint").only(("measure", "at_day", "arms", "analysis", "level"))
    measure = table.word("measure", MEASURES, "change")
    at_day = table.number("at_day")
    day = max(times_days) if at_day is None else at_day
    if day not in times_days:
        raise InputError(f"{table.place}: at_day = {day:g} is none of times_days: add it there, or use one of them.")
    named = table.words("arms", arms, tuple(arms[:2]))
    least = 1 if measure == "mediation" else 2
    if not least <= len(named) <= 2 or len(set(named)) < len(named):  # noqa: PLR2004
        raise InputError(
            f"{table.place}: a trial is judged by the first of two arms beside the second, got {list(named)}:"
            " name two of the arms."
        )
    level = table.number("level", 1e-6, 0.5)
    return Endpoint(measure, day, named, table.word("analysis", ANALYSES, "t test"), LEVEL if level is None else level)


def _crossover(top: Table, arms: Sequence[str]) -> Crossover | None:
    if not top.has("crossover"):
        return None
    table = top.table("crossover").only(("washout_days",))
    if len(arms) != 2:  # noqa: PLR2004
        raise InputError(f"{table.place}: a crossover has two arms, got {len(arms)}: write two [[arm]] tables.")
    washout = table.as_number("washout_days", table.need("washout_days", "14"), 0.0, LONGEST_WASHOUT_DAYS)
    return Crossover(washout)


def _missing(top: Table) -> Missing | None:
    if not top.has("missing"):
        return None
    table = top.table("missing").only(
        ("dropout_per_week", "per_point_seen", "per_point_unseen", "missed_visit_fraction", "handled")
    )
    return Missing(
        dropout_per_week=table.as_number("dropout_per_week", table.need("dropout_per_week", "0.02"), 0.0, 10.0),
        per_point_seen=table.number("per_point_seen", -1.0, 1.0) or 0.0,
        per_point_unseen=table.number("per_point_unseen", -1.0, 1.0) or 0.0,
        missed_visit_fraction=table.number("missed_visit_fraction", 0.0, 0.99) or 0.0,
        handled=table.word("handled", HANDLINGS, "observed"),
    )


def _stopping(top: Table) -> Stopping | None:
    if not top.has("stopping"):
        return None
    table = top.table("stopping").only(("looks", "spending", "futility_z"))
    table.need("looks", "[0.5, 1.0]")
    looks = table.numbers("looks", (), 0.05, 1.0)
    if looks[-1] != 1.0 or any(b <= a for a, b in pairwise(looks)):
        raise InputError(
            f"{table.place}: looks are shares of the people that rise to 1, got {list(looks)}: write [0.5, 1.0]."
        )
    return Stopping(looks, table.word("spending", SPENDINGS, "obrien-fleming"), table.number("futility_z", -5.0, 5.0))


def _adaptive(top: Table, arms: Sequence[str]) -> Adaptive | None:
    if not top.has("adaptive"):
        return None
    table = top.table("adaptive").only(("kind", "at_fraction", "keep", "most_n", "power", "difference"))
    table.need("kind", "'drop arms'")
    kind = table.word("kind", ADAPTATIONS, "drop arms")
    grows = kind != "drop arms"
    if grows:
        table.need("most_n", "120")
    if kind == "blinded sample size":
        table.need("difference", "4.0")
    if not grows and len(arms) < 3:  # noqa: PLR2004
        raise InputError(f"{table.place}: dropping arms needs three arms or more, got {len(arms)}: add an [[arm]].")
    return Adaptive(
        kind=kind,
        at_fraction=value_or(table.number("at_fraction", 0.1, 0.9), HALF_WAY),
        keep=table.whole("keep", 1, 1, max(1, len(arms) - 1)),
        most_n=table.whole("most_n", 120, 4, MOST_IN_ARM) if grows else 0,
        power=value_or(table.number("power", 0.1, 0.999), WANTED),
        difference=table.number("difference", 0.1, 60.0),
    )


def _size(top: Table) -> SampleSize | None:
    if not top.has("sample_size"):
        return None
    table = top.table("sample_size").only(("power", "most_in_arm"))
    power = value_or(table.number("power", 0.1, 0.999), WANTED)
    return SampleSize(power, table.whole("most_in_arm", MOST_TRIED, 4, MOST_IN_ARM))


def _scenario(table: Table) -> Scenario:
    table.only(("name", "joints", "inert"))
    words = {joint: str(word) for joint, word in table.table("joints").values.items()}
    _at(table, words)
    return Scenario(table.text("name", "no effect"), words, table.flag("inert", default=False))


def _at(table: Table, words: dict[str, str]) -> None:
    try:
        Joints(words)
    except InputError as error:
        raise InputError(f"{table.place}: {error}") from error


def _question(top: Table) -> Question | None:
    if not top.has("question"):
        return None
    table = top.table("question").only(("joint", "against", "controls", "people", "power"))
    joint, against = table.text("joint", "J7"), table.text("against", "cut")
    try:
        check_joint(joint, against)
    except InputError as error:
        raise InputError(f"{table.place}: {error}") from error
    _at(table, {joint: against})
    people = tuple(sorted({int(n) for n in table.numbers("people", SIZES_ASKED, 2.0, MOST_IN_ARM)}))
    return Question(
        joint=joint,
        against=against,
        controls=table.words("controls", SETTINGS, ()),
        people=people,
        power=value_or(table.number("power", 0.1, 0.999), WANTED),
    )


def read_guided(table: Table) -> Guided | None:
    """Read the steps of a response-guided arm; None where it has none.

    Parameters
    ----------
    table : Table
        The arm.

    Returns
    -------
    Guided or None

    Raises
    ------
    InputError
        Where a step or a rule cannot be read.
    """
    keys = ("escalate_to", "escalate_until", "stop_when")
    if not any(table.has(key) for key in keys):
        return None
    steps = table.values.get("escalate_to", [])
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise InputError(
            f"{table.place}: escalate_to is a list of doses, got {steps!r}: write it such as"
            " ['0.75 mg/kg over 40 min', '1.0 mg/kg over 40 min']."
        )
    if steps:
        table.need("escalate_until", "'fall >= 50 %'")
    until = _rule(table, "escalate_until") if table.has("escalate_until") else read_rule(EXAMPLES["fall"], "fall")
    return Guided(tuple(steps), until, _rule(table, "stop_when") if table.has("stop_when") else None)


def value_or(value: float | None, default: float) -> float:
    """Give a value where it is written, else the default."""
    return default if value is None else value


def _rule(table: Table, key: str) -> Rule:
    try:
        return read_rule(table.text(key, EXAMPLES["fall"]), "fall", "score")
    except InputError as error:
        raise InputError(f"{table.place}: {key}: {error}") from error
