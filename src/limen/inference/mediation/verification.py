"""How often the analysis finds a link in invented trials, and how well it finds a true slope: table of docs/claims.

Run it with ``python -m limen.inference.mediation.verification PAGE.md``; it writes the table between two marks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from limen.inference.mediation.analysis import Analysis, analyse, interval, leaves_out_zero
from limen.inference.mediation.simulation import (
    COMMON_CAUSE_ONLY,
    NO_LINK,
    REPEATED,
    SLOPE,
    TRIALS,
    TRUE_SLOPE,
    TRUTHS,
    Trial,
    invented,
)
from limen.inference.mediation.verdict import COMMON_CAUSE, cautions, reasons
from limen.quantities import Floats, InputError

SIMULATIONS: Final = 600
SEED: Final = 1
WORKERS: Final = 2
BEGIN: Final = "<!-- table: begin -->"
END: Final = "<!-- table: end -->"
#: Bounds that null trials, pooled null trials and the recovered slope are held to.
NULL_SHARE: Final = (0.02, 0.08)
POOLED_SHARE: Final = 0.30
SLOPE_SHARE: Final = 0.10
COLUMNS: Final = (
    "trial",
    "truth",
    "exposure column",
    "pooled",
    "dose groups",
    "exposure adjusted",
    "within persons",
    "mean slope (MCSE)",
    "printed interval covers",
    "says the word",
    "warned",
    "verdict",
)


@dataclass(frozen=True)
class Condition:
    """One row of the table.

    Parameters
    ----------
    trial : Trial
        Which kind of trial.
    truth : str
        What is true in it.
    error_log_sd, stated_cv : float
        Error of the exposure column, and what the analysis is told of it.
    measured : bool
        Whether there is an exposure column.
    """

    trial: Trial
    truth: str
    error_log_sd: float
    stated_cv: float
    measured: bool

    @property
    def column(self) -> str:
        """The exposure column in words."""
        if not self.measured:
            return "none, from the dose"
        return f"error {100.0 * self.error_log_sd:.0f} %, told {100.0 * self.stated_cv:.0f} %"

    @property
    def slope(self) -> float:
        """The true slope."""
        return SLOPE if self.truth == TRUE_SLOPE else 0.0


@dataclass(frozen=True)
class Measured:
    """What many trials of one condition gave.

    Parameters
    ----------
    condition : Condition
        Which.
    outcomes : Floats
        Shape ``(simulations, 7)``: found pooled, by dose groups, exposure adjusted and within persons (NaN without
        repeats), slope, interval covers, says the word.
    warned : bool
        Whether every answer carried the warning of a common cause.
    """

    condition: Condition
    outcomes: Floats
    warned: bool

    @property
    def shares(self) -> Floats:
        """Means over trials, shape ``(7,)``."""
        return np.asarray(self.outcomes.mean(axis=0))

    @property
    def reached(self) -> str:
        """What is asked of this condition, and whether it holds; of a common cause alone nothing but the warning is."""
        shares, kind = self.shares, self.condition
        if not self.warned:
            return "missed"
        if kind.truth == COMMON_CAUSE_ONLY:
            return "not measured"
        if kind.truth == TRUE_SLOPE:
            return "met" if abs(shares[4] / SLOPE - 1.0) <= SLOPE_SHARE else "missed"
        pooled = shares[0] > POOLED_SHARE or len(kind.trial.doses_mg_per_kg) == 1
        return "met" if NULL_SHARE[0] <= shares[2] <= NULL_SHARE[1] and pooled else "missed"

    def row(self) -> str:
        """Write one row of the table."""
        shares, kind = self.shares, self.condition
        error = self.outcomes[:, 4].std(ddof=1) / np.sqrt(len(self.outcomes))
        found = [f"{share:.3f}" if np.isfinite(share) else "-" for share in shares[:4]]
        cells = (
            *(kind.trial.name, kind.truth, kind.column),
            *found,
            f"{shares[4]:.3f} ({error:.3f})",
            *(f"{share:.3f}" for share in shares[5:]),
            "always" if self.warned else "not always",
            self.reached,
        )
        return f"| {' | '.join(cells)} |"


def conditions() -> Iterator[Condition]:
    """Give every row of the table: exact exposures, exposures with error, none, and repeated visits."""
    for trial, truth in product((*TRIALS, REPEATED), TRUTHS):
        yield Condition(trial, truth, error_log_sd=0.0, stated_cv=0.15, measured=True)
    for truth in TRUTHS:
        yield Condition(TRIALS[1], truth, error_log_sd=0.3, stated_cv=0.3, measured=True)
        yield Condition(TRIALS[1], truth, error_log_sd=0.3, stated_cv=0.0, measured=True)
    for truth in (NO_LINK, TRUE_SLOPE):
        yield Condition(TRIALS[1], truth, error_log_sd=0.0, stated_cv=0.15, measured=False)


def one_trial(condition: Condition, seed: tuple[int, ...]) -> tuple[Floats, bool]:
    """Draw and analyse one trial: the numbers of `Measured`, shape ``(7,)``, and whether it was warned."""
    design = invented(
        condition.trial,
        condition.truth,
        np.random.default_rng(seed),
        error_log_sd=condition.error_log_sd,
        stated_cv=condition.stated_cv,
        measured=condition.measured,
    )
    found = analyse(design, seed=seed[-1])
    return numbers_of_trial(found, condition.slope), COMMON_CAUSE in tuple(cautions(found))


def numbers_of_trial(found: Analysis, slope: float) -> Floats:
    """Give the numbers of `Measured`, shape ``(7,)``."""
    low, high = interval(found.effects.slope)
    return np.array(
        [
            leaves_out_zero(found.plain[:, 0]),
            leaves_out_zero(found.plain[:, 1]),
            leaves_out_zero(found.effects.indirect),
            np.nan if found.split is None else leaves_out_zero(found.split[:, 1]),
            found.effects.slope.mean(),
            low <= slope <= high,
            not list(reasons(found)),
        ],
        dtype=np.float64,
    )


def measure(condition: Condition, *, simulations: int, seed: int = SEED) -> Measured:
    """Analyse many trials of one condition.

    Parameters
    ----------
    condition : Condition
        Which.
    simulations : int
        How many.
    seed : int
        Trial k is drawn from it and k.

    Returns
    -------
    Measured
    """
    found = [one_trial(condition, (seed, k)) for k in range(simulations)]
    return Measured(condition, np.array([numbers for numbers, _ in found]), all(warned for _, warned in found))


def installed() -> str:
    """Give the version of the package that is installed."""
    try:
        return version("limen")
    except PackageNotFoundError:
        return "of this folder"


def table(measured: Sequence[Measured]) -> str:
    """Write the table as Markdown, with seed, version and date below it."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS), *(one.row() for one in measured)]
    many = len(measured[0].outcomes)
    made = f"{many} trials a row, seed {SEED}, version {installed()}, {datetime.now(tz=UTC):%Y-%m-%d}."
    return "\n".join((*lines, "", f"{made} Monte Carlo error of a share of 0.05: {np.sqrt(0.05 * 0.95 / many):.3f}."))


def written_between(text: str, found: str) -> str:
    """Put the table between the two marks of a page."""
    if BEGIN not in text or END not in text:
        raise InputError(f"The page holds no line {BEGIN} above a line {END}: add them where the table belongs.")
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n\n{found}\n\n{END}{rest.split(END, 1)[1]}"


def verify(page: Path, *, simulations: int = SIMULATIONS) -> bool:
    """Measure every condition and write the table into a page; True where all that is asked for holds."""
    text = page.read_text(encoding="utf-8")
    written_between(text, "")
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        measured = list(pool.map(partial(measure, simulations=simulations), conditions()))
    page.write_text(written_between(text, table(measured)), encoding="utf-8")
    return all(one.reached != "missed" for one in measured)


if __name__ == "__main__":
    verify(Path(sys.argv[1]))
