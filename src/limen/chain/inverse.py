"""From a wanted exposure to infusions to review: by superposition and linear programming, and by scaling draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.chain.unit_responses import OCCUPANCY, Question, UnitResponses, unit_responses
from limen.kinetics import ENSEMBLE
from limen.quantities import Booleans, Floats, InputError
from limen.regimen import Infusion, Patient, Regimen, Visit, dose_warnings, read_visit
from limen.regimen.dose_text import SHORTEST_STEP_MIN

CLOSE: Final = 0.02  # ours: a relative distance from the wanted value that counts as reached
AT_LIMIT: Final = 1e-3  # ours: a rate or a total this near its limit, relatively, is at it
ROUNDS: Final = 60  # ours: of linearisation, which has settled after a few where there is more than one model
SETTLED: Final = 1e-9
ROUNDING: Final = 1e-12
TIES: Final = 0.01  # ours: among equally large distances the smaller mean is taken
NOTHING: Final = 1e-6  # ours: of the highest rate; below this the pump stands still
SAME: Final = 1e-6  # ours: rates this near each other, relatively, are one
DIGITS: Final = 4  # of the amounts that are written
LONGEST_MIN: Final = 2880.0  # as far as concentrations are answered
MOST_STEPS: Final = 400  # ours: more steps than any pump is told
STEP_MIN: Final = 5.0  # ours: as often as a rate is changed by hand
ASSAY: Final = "in_vivo"


@dataclass(frozen=True)
class Goal:
    """What is wanted of the typical person, and when.

    Parameters
    ----------
    reading : str
        An analyte such as ``"ketamine"``, in ng/mL, or ``"occupancy"``, a fraction.
    wanted : float
        Of it.
    reach_min : float
        Minutes after the start by which it is reached.
    hold_min : float
        Minutes for which it is then held.

    Raises
    ------
    InputError
        If a number cannot be.
    """

    reading: str
    wanted: float
    reach_min: float
    hold_min: float

    def __post_init__(self) -> None:
        most = 1.0 if self.reading == OCCUPANCY else math.inf
        if not 0.0 < self.wanted < most:
            raise InputError(
                f"A wanted {self.reading} lies above 0{' and below 1' if most == 1.0 else ' ng/mL'},"
                f" got {self.wanted:g}: give {'0.2' if most == 1.0 else '100'}, for example."
            )
        if not (self.reach_min > 0.0 and self.hold_min >= 0.0 and SHORTEST_STEP_MIN < self.end_min <= LONGEST_MIN):
            raise InputError(
                f"A goal is reached after more than 0 min and held for 0 min or more, above {SHORTEST_STEP_MIN:g} and"
                f" within {LONGEST_MIN:g} min in all, got {self.reach_min:g} and {self.hold_min:g} min:"
                " use 10 and 40, for example."
            )

    @property
    def end_min(self) -> float:
        """The last minute that matters."""
        return self.reach_min + self.hold_min

    @property
    def unit(self) -> str:
        """Of what is wanted."""
        return "fraction" if self.reading == OCCUPANCY else "ng/mL"


@dataclass(frozen=True)
class Limits:
    """What a pump and a person are given at most.

    Parameters
    ----------
    rate_mg_per_min, total_mg : float
        At any moment, and in all.

    Raises
    ------
    InputError
        If one is not above 0.
    """

    rate_mg_per_min: float
    total_mg: float

    def __post_init__(self) -> None:
        if not (0.0 < self.rate_mg_per_min < math.inf and 0.0 < self.total_mg < math.inf):
            raise InputError(
                f"Limits lie above 0, got {self.rate_mg_per_min:g} mg/min and {self.total_mg:g} mg in all:"
                " nothing can be given within them."
            )


@dataclass(frozen=True)
class InfusionOption:
    """An infusion to review, and what the typical person reaches by it; computed from its own text.

    Parameters
    ----------
    text : str
        Its steps as a dose text.
    total_mg, highest_rate_mg_per_min : float
        Of the text.
    time_min : Floats
        Shape ``(times,)``: the minutes looked at.
    reached : Floats
        Shape ``(times,)``: the typical course of the reading at them.
    lowest_held, highest_held : float
        Of the course while it is to be held.
    meets_goal : bool
        Whether it stays within 2 % of what is wanted.
    limited_by : tuple of str
        What keeps it from the goal; empty where it is met.
    says : str
        All this in one sentence.
    warnings : tuple of str
        What a reader must know beside it.
    """

    text: str
    total_mg: float
    highest_rate_mg_per_min: float
    time_min: Floats
    reached: Floats
    lowest_held: float
    highest_held: float
    meets_goal: bool
    limited_by: tuple[str, ...]
    says: str
    warnings: tuple[str, ...]


def infusion_for(
    goal: Goal,
    limits: Limits,
    patient: Patient,
    *,
    drug: str = "ketamine",
    sampled: str = "venous",
    model: str = ENSEMBLE,
    step_min: float = STEP_MIN,
    assay: str = ASSAY,
) -> InfusionOption:
    """Find the steps of an infusion by which the typical person reaches and holds a concentration or an occupancy.

    The course of a linear model is the sum of its answers to each step, so the rates that keep it nearest to the
    goal (the smallest largest relative distance while it is held, and never further above it before) are those of a
    linear program. The typical course of several models is their weighted geometric mean, which is linearised anew
    until the rates settle.

    Parameters
    ----------
    goal, limits : Goal, Limits
        What is wanted, and what may be given.
    patient : Patient
        Whose weight and age count.
    drug : str
        ``"ketamine"`` or ``"esketamine"``, into a vein.
    sampled, model : str
        Words of the contract.
    step_min : float
        Minutes between changes of the rate.
    assay : str
        Of occupancy.

    Returns
    -------
    InfusionOption
        The nearest within the limits; where that is not the goal it says which limit is in the way.

    Raises
    ------
    InputError
        If the goal, the steps or the model cannot be used.
    """
    asked = Question(goal.reading, patient, drug, sampled, model, assay)
    starts_min = _starts(goal, step_min)
    time_min = np.append(np.arange(0.5 * step_min, goal.end_min * (1.0 - ROUNDING), 0.5 * step_min), goal.end_min)
    time_min = np.unique(np.append(time_min, goal.reach_min))
    responses = unit_responses(asked, time_min, starts_min, step_min)
    durations_min = np.diff(np.append(starts_min, goal.end_min))
    rates = _settled(responses, durations_min, goal, limits)
    visit = read_visit(_text(rates, durations_min), drug=drug, route="iv", patient=patient)
    return _option(visit, asked, time_min, goal, limits)


def _starts(goal: Goal, step_min: float) -> Floats:
    """Give when each step starts, shape ``(steps,)``, minutes."""
    if not (0.0 < step_min <= goal.end_min and goal.end_min / step_min <= MOST_STEPS):
        raise InputError(
            f"Steps of {step_min:g} min do not fit into {goal.end_min:g} min, or make more than {MOST_STEPS} of them:"
            f" use {STEP_MIN:g} min, for example."
        )
    # A last step too short for a dose text goes to the step before it.
    return np.arange(0.0, goal.end_min - SHORTEST_STEP_MIN, step_min)


def _settled(responses: UnitResponses, durations_min: Floats, goal: Goal, limits: Limits) -> Floats:
    """Solve the linear program, and again where the course bends, until the rates settle; give the best seen."""
    rates = _first_guess(responses, durations_min, goal, limits)
    best, nearest = rates, math.inf
    for _ in range(ROUNDS):
        following = _linear_program(responses, rates, durations_min, goal, limits)
        far = float(np.max(_distance(responses.course(following), responses.time_min, goal)))
        if far < nearest:
            best, nearest = following, far
        if np.max(np.abs(following - rates)) <= SETTLED * np.max(following):
            break
        rates = 0.5 * (rates + following) if far > nearest else following
    return best


def _first_guess(responses: UnitResponses, durations_min: Floats, goal: Goal, limits: Limits) -> Floats:
    """Give a constant rate that comes near at the end and keeps the limits."""
    one = np.ones(len(durations_min))
    at_one, wanted = float(responses.course(one)[-1]), goal.wanted
    if goal.reading == OCCUPANCY:
        at_one, wanted = at_one / (1.0 - at_one), wanted / (1.0 - wanted)
    most = min(limits.rate_mg_per_min, limits.total_mg / float(durations_min.sum()))
    return one * min(wanted / at_one, most)


def _distance(course: Floats, time_min: Floats, goal: Goal) -> Floats:
    """Give the relative distance from what is wanted: both ways while it is held, above only before."""
    relative = course / goal.wanted - 1.0
    return np.where(_held(time_min, goal), np.abs(relative), np.maximum(relative, 0.0))


def _held(time_min: Floats, goal: Goal) -> Booleans:
    return time_min >= goal.reach_min * (1.0 - ROUNDING)


def _linear_program(
    responses: UnitResponses, rates: Floats, durations_min: Floats, goal: Goal, limits: Limits
) -> Floats:
    """Find the rates nearest to the goal by the course linearised at `rates`.

    Unknown are the rates, the largest distance, and the distance at each minute held, whose mean settles ties.
    """
    # SciPy's optimisers take a while to import, and only this answer needs them.
    from scipy.optimize import linprog  # noqa: PLC0415

    slopes = responses.slopes(rates) / goal.wanted
    offset = 1.0 + slopes @ rates - responses.course(rates) / goal.wanted
    held = _held(responses.time_min, goal)
    steps, looks = len(rates), int(held.sum())
    largest, each = -np.ones((len(slopes), 1)), np.zeros((len(slopes), looks))
    above = np.hstack([slopes, largest, each])
    below = np.hstack([-slopes[held], largest[held], each[held]])
    each_above = np.hstack([slopes[held], 0.0 * largest[held], -np.eye(looks)])
    each_below = np.hstack([-slopes[held], 0.0 * largest[held], -np.eye(looks)])
    total = np.concatenate([durations_min, np.zeros(1 + looks)])[None, :]
    solved = linprog(
        np.concatenate([np.zeros(steps), [1.0], np.full(looks, TIES / looks)]),
        A_ub=np.vstack([above, below, each_above, each_below, total]),
        b_ub=np.concatenate([offset, -offset[held], offset[held], -offset[held], [limits.total_mg]]),
        bounds=[(0.0, limits.rate_mg_per_min)] * steps + [(0.0, None)] * (1 + looks),
        method="highs",
    )
    if solved.x is None:
        raise InputError(
            f"No infusion towards {goal.wanted:g} {goal.unit} of {goal.reading} could be computed: use longer steps,"
            " or limits nearer to it."
        )
    return np.clip(np.asarray(solved.x[:steps], dtype=np.float64), 0.0, limits.rate_mg_per_min)


def _text(rates: Floats, durations_min: Floats) -> str:
    """Write the steps; equal rates in a row become one, and amounts are rounded down so that the limits hold."""
    nothing = NOTHING * float(np.max(rates))
    steps: list[tuple[float, float]] = []
    for rate, duration in zip(rates.tolist(), durations_min.tolist(), strict=True):
        kept = rate if rate > nothing else 0.0
        if steps and math.isclose(steps[-1][0], kept, rel_tol=SAME):
            steps[-1] = (steps[-1][0], steps[-1][1] + duration)
        else:
            steps.append((kept, duration))
    while len(steps) > 1 and steps[-1][0] == 0.0:
        steps.pop()
    return ", then ".join(f"{_rounded_down(rate * minutes)} mg over {plain(minutes)} min" for rate, minutes in steps)


def _rounded_down(value: float) -> str:
    if value <= 0.0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
    return plain(math.floor(value / unit * (1.0 + ROUNDING)) * unit)


def plain(value: float) -> str:
    """Write a number without an exponent, as a dose text has it."""
    return np.format_float_positional(float(f"{value:.10g}"), trim="-")


def _option(visit: Visit, asked: Question, time_min: Floats, goal: Goal, limits: Limits) -> InfusionOption:
    """Compute what the text itself reaches, by its own doses and not by the sum of the steps."""
    weights, linear, drawn = asked.linear(Regimen((visit,)), time_min)
    reached = asked.typical(weights, linear)
    held = reached[_held(time_min, goal)]
    highest_rate = max(dose.dose_mg / dose.duration_min for dose in visit.doses if isinstance(dose, Infusion))
    meets = bool(np.max(_distance(reached, time_min, goal)) <= CLOSE)
    limited_by = () if meets else _limited_by(visit.dose_mg, highest_rate, limits)
    return InfusionOption(
        visit.text,
        visit.dose_mg,
        highest_rate,
        time_min,
        reached,
        float(held.min()),
        float(held.max()),
        meets,
        limited_by,
        _says(visit, goal, held, limited_by),
        (*dose_warnings(visit, asked.patient), *drawn.warnings),
    )


def _limited_by(total_mg: float, highest_rate_mg_per_min: float, limits: Limits) -> tuple[str, ...]:
    found = []
    if highest_rate_mg_per_min >= limits.rate_mg_per_min * (1.0 - AT_LIMIT):
        found.append(f"the limit of {limits.rate_mg_per_min:g} mg/min")
    if total_mg >= limits.total_mg * (1.0 - AT_LIMIT):
        found.append(f"the limit of {limits.total_mg:g} mg in all")
    return tuple(found) or ("the length of the steps and how fast the body clears it",)


def _says(visit: Visit, goal: Goal, held: Floats, limited_by: tuple[str, ...]) -> str:
    unit = "" if goal.reading == OCCUPANCY else f" {goal.unit}"
    until = f"from {goal.reach_min:g} to {goal.end_min:g} min" if goal.hold_min > 0.0 else f"at {goal.reach_min:g} min"
    why = f", kept from it by {' and '.join(limited_by)}" if limited_by else ""
    return (
        f"Among the options to review: {visit.text} ({visit.dose_mg:.4g} mg in all) brings the typical person to"
        f" {goal.reading} {held.min():.3g} to {held.max():.3g}{unit} {until}, where {goal.wanted:g}{unit} was"
        f" wanted{why}."
    )
