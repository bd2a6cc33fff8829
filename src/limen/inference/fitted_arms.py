"""Which rows of the fitting tables the response is fitted to, and how each was read.

A row holds a mean change, a between-person SD, a response rate or a contrast. What a paper leaves out (arm size, day,
baseline) is filled in here, once, as an assumption of ours. Rows that pool other rows, whose rule or scale is not
known, or whose trial is held out are not fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from limen.evidence import OutcomeRow, baselines, outcomes
from limen.response.mood import Circumstances
from limen.response.parameters import REFERENCE_BASELINE

Kind = Literal["mean", "contrast", "sd", "response"]

#: Between-person SD of a change where a paper gives no spread (ours: between 9.5 and 11.6 where it is given).
USUAL_SD_POINTS: Final = 10.0
#: Baseline where an abstract gives none (ours: that to which the effects refer).
USUAL_BASELINE: Final = REFERENCE_BASELINE
#: Arm size where an abstract gives none (ours).
USUAL_ARM: Final = 20.0
TWICE_A_WEEK: Final = (0.0, 3.0, 7.0, 10.0)
THRICE_A_WEEK: Final = (0.0, 2.0, 4.0, 7.0, 9.0, 11.0)
FOUR_WEEKS_TWICE: Final = (0.0, 3.0, 7.0, 10.0, 14.0, 17.0, 21.0)


@dataclass(frozen=True)
class Plan:
    """How one study of outcomes.csv is read.

    Parameters
    ----------
    study : str
        As in the table.
    days : tuple of float
        Dosing days.
    schedule : str
        Only rows whose schedule holds this text.
    arms : tuple of str
        Only rows of these arms; empty is all.
    contrasts : bool
        Read the contrasts, and of the arms the response rates alone.
    at_h : float or None
        Time of rows that give none.
    times_h : tuple of float
        Only rows at these times; empty is all.
    baseline, n : float
        Where the table gives none.
    background, design : str
        Circumstances.
    setting : str or None
        Where it is not that of the row's comparator.
    """

    study: str
    days: tuple[float, ...] = (0.0,)
    schedule: str = ""
    arms: tuple[str, ...] = ()
    contrasts: bool = False
    at_h: float | None = None
    times_h: tuple[float, ...] = ()
    baseline: float = USUAL_BASELINE
    n: float = USUAL_ARM
    background: str = "none"
    design: str = "parallel"
    setting: str | None = None


PLANS: Final = (
    Plan("Murrough 2013", arms=("ketamine", "control")),
    Plan("Murrough 2013b", times_h=(2.0,)),
    Plan("Su 2017", at_h=72.0),
    Plan("Singh 2016", TWICE_A_WEEK, "2 per week", ("ketamine", "control"), n=17.0),
    Plan("Singh 2016", THRICE_A_WEEK, "3 per week", ("ketamine", "control"), n=17.0),
    Plan("Phillips 2019", THRICE_A_WEEK, at_h=288.0, n=40.0),
    Plan("Lapidus 2014", contrasts=True, design="crossover"),
    Plan("Daly 2018", (0.0, 3.0), "period 1)", ("esketamine", "control")),
    Plan("Canuso 2018", arms=("esketamine", "control"), baseline=38.6, n=34.0, background="usual inpatient care"),
    Plan(
        "Canuso 2018",
        FOUR_WEEKS_TWICE,
        times_h=(4.0, 576.0),
        contrasts=True,
        baseline=38.6,
        background="usual inpatient care",
    ),
    Plan("ASPIRE I (Fu 2020)", arms=("esketamine", "control"), baseline=41.2, background="usual inpatient care"),
    Plan("ASPIRE II (Ionescu 2021)", arms=("esketamine", "control"), baseline=39.7, background="usual inpatient care"),
    Plan(
        "ASPIRE I+II (pooled, Canuso 2021)",
        FOUR_WEEKS_TWICE,
        contrasts=True,
        baseline=40.4,
        background="usual inpatient care",
    ),
    Plan("Hu 2016"),
    Plan("Talati 2019"),
    Plan("Janik 2025", FOUR_WEEKS_TWICE, contrasts=True, n=63.0),
    Plan("Fava 2024 (esmethadone)", arms=("control",)),
    Plan("Inpatients after a suicide attempt (PMC9656070)", background="usual inpatient care", times_h=(24.0,)),
    Plan("Mathew 2010", arms=("ketamine open label",)),
    Plan("Su 2023", at_h=60.0, baseline=37.0),
    Plan("Zheng 2019 (major depression only)", times_h=(4.0,), background="continued antidepressant"),
    Plan("Corya 2006", schedule="time from randomisation", baseline=29.6, n=50.0),
    Plan("Shelton 2005", baseline=28.5, n=80.0),
    Plan("Thase 2007 (two studies pooled)", n=150.0),
    Plan("Marcus 2008", arms=("control",)),
)
#: Oral arms that start a new antidepressant, and those that go on with the old one; other oral arms are not fitted.
NEW_ORAL: Final = ("fluoxetine (new",)
KEPT_ORAL: Final = ("(continued", "placebo + continued")


@dataclass(frozen=True)
class Observation:
    """One number to fit.

    Parameters
    ----------
    study, kind : str
        Where it stands, and what it is.
    drug, route, dose : str
        As a dose text; drug is empty for an arm without ketamine or esketamine.
    days : tuple of float
        Dosing days.
    circumstances : Circumstances
        Around it.
    time_h, baseline, n : float
        When, and of whom.
    value, error : float
        Points and their SE; a log SD and its SE; or a fraction and the weight of its likelihood.
    """

    study: str
    kind: Kind
    drug: str
    route: str
    dose: str
    days: tuple[float, ...]
    circumstances: Circumstances
    time_h: float
    baseline: float
    n: float
    value: float
    error: float

    @property
    def course(self) -> tuple[str, str, str, tuple[float, ...]]:
        """What is given, as a key."""
        return self.drug, self.route, self.dose, self.days


@dataclass(frozen=True)
class _Reading:
    """One row under its plan."""

    row: OutcomeRow
    plan: Plan
    circumstances: Circumstances = field(init=False)

    def __post_init__(self) -> None:
        setting = self.plan.setting or _setting(self.row)
        object.__setattr__(self, "circumstances", Circumstances(setting, self.plan.background, self.plan.design))

    @property
    def time_h(self) -> float:
        return float(self.row.time_h if self.row.time_h is not None else self.plan.at_h or np.nan)

    @property
    def baseline(self) -> float:
        """The arm's own where baselines.csv has it."""
        row, words = self.row, (f"{self.row.arm} {self.row.dose_low or 0.0:g} mg", self.row.arm)
        for word in words:
            for one in baselines():
                own = one.study == row.study and one.scale == "MADRS" and one.arm in {word, f"{word} (period 1)"}
                if own and one.baseline_mean is not None:
                    return one.baseline_mean
        return self.plan.baseline

    @property
    def n(self) -> float:
        return self.row.n if self.row.n is not None else self.plan.n

    @property
    def error(self) -> float:
        spread = self.row.sd_or_se
        if spread is None:
            return float(USUAL_SD_POINTS / np.sqrt(self.n))
        return spread if self.row.spread_kind.startswith("SE") else float(spread / np.sqrt(self.n))

    def observation(self, kind: Kind, value: float, error: float) -> Observation:
        active = self.row.drug.startswith(("ketamine", "esketamine"))
        return Observation(
            study=self.row.study,
            kind=kind,
            drug=self.row.drug if active else "",
            route=self.row.route.lower() if active else "",
            dose=_dose_text(self.row) if active else "",
            days=self.plan.days,
            circumstances=self.circumstances,
            time_h=self.time_h,
            baseline=self.baseline,
            n=self.n,
            value=value,
            error=error,
        )


def _setting(row: OutcomeRow) -> str:
    """Read an oral arm that goes on as before as masked care without a new drug."""
    if any(text in row.drug for text in KEPT_ORAL):
        return "saline"
    return row.setting or "saline"


def _dose_text(row: OutcomeRow) -> str:
    amount = f"{row.dose_low:g} {row.dose_unit}"
    return amount if row.route == "intranasal" else f"{amount} over {row.duration_min or 40.0:g} min"


def _wanted(row: OutcomeRow, plan: Plan) -> bool:
    oral_control = row.route == "oral" and not any(text in row.drug for text in (*NEW_ORAL, *KEPT_ORAL))
    return (
        row.study == plan.study
        and not row.is_statistic
        and not oral_control
        and plan.schedule in row.schedule
        and (not plan.arms or row.arm in plan.arms)
        and (not plan.times_h or row.time_h in plan.times_h)
        and row.is_contrast <= plan.contrasts
    )


def _numbers(reading: _Reading) -> Iterator[Observation]:
    row, has_mean = reading.row, reading.row.mean_change is not None
    if row.is_contrast and row.mean_change is not None:
        yield reading.observation("contrast", row.mean_change, reading.error)
        return
    if row.mean_change is not None and not reading.plan.contrasts:
        yield reading.observation("mean", row.mean_change, reading.error)
    if row.spread_kind in {"SD", "SE_from_t"} and has_mean and not reading.plan.contrasts:
        log_sd = float(np.log(reading.error * np.sqrt(reading.n)))
        yield reading.observation("sd", log_sd, float(np.sqrt(0.5 / (reading.n - 1.0) + SD_MISFIT**2)))
    if row.response_fraction is not None and row.response_rule:
        weight = MEAN_TOO if has_mean else 1.0
        yield reading.observation("response", row.response_fraction, weight / times_of_arm(row, reading.plan))


def times_of_arm(row: OutcomeRow, plan: Plan) -> int:
    """Count the times at which the response of one arm is fitted: they share its people, and so one arm's weight."""
    same = [
        other
        for other in outcomes()
        if _wanted(other, plan)
        and (other.arm, other.dose_low) == (row.arm, row.dose_low)
        and other.response_fraction is not None
    ]
    return max(1, len(same))


#: Misfit allowed in a between-person SD, on the log scale (ours).
SD_MISFIT: Final = 0.15
#: Weight of a response rate whose arm's mean is fitted too: both come from the same people (ours).
MEAN_TOO: Final = 0.5


def observations() -> tuple[Observation, ...]:
    """Give every number the response is fitted to, in the order of `PLANS`."""
    return tuple(
        number for plan in PLANS for row in outcomes() if _wanted(row, plan) for number in _numbers(_Reading(row, plan))
    )
