"""The dose whose peak reaches a wanted concentration with a wanted probability: exact over draws, by scaling each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.chain.inverse import LONGEST_MIN, plain
from limen.kinetics import ENSEMBLE, reduce_concentrations
from limen.quantities import InputError
from limen.regimen import (
    ACTIVE_DRUGS,
    ROUTES,
    Bolus,
    Dose,
    Infusion,
    Patient,
    Regimen,
    Visit,
    dose_warnings,
    read_visit,
)

DRAWS: Final = 2000  # ours: as for the answers of concentration
SEED: Final = 1
AFTER_MIN: Final = 720.0  # ours: no way in on file peaks later than that after its end
UNIT_MG: Final = 1.0
DIGITS: Final = 4
PERCENTILES: Final = (5, 50, 95)
ROUNDING: Final = 1e-9
PARENT: Final = "ketamine"


@dataclass(frozen=True)
class PeakOption:
    """A dose to review, and the peaks that people like this one reach by it; computed for its own text.

    Parameters
    ----------
    text : str
        As a dose text.
    dose_mg : float
        Of the text.
    probability : float
        Share of the draws whose peak reaches what is wanted.
    peak_p05_ng_per_ml, peak_p50_ng_per_ml, peak_p95_ng_per_ml : float
        Over people, parameters and models.
    meets_goal : bool
        Whether the probability is the wanted one or higher.
    limited_by : str or None
        What keeps it from the goal.
    draws, seed : int
        Of the run.
    prior_only : bool
        Whether the way in has a prior instead of a fit.
    says : str
        All this in one sentence.
    warnings : tuple of str
        What a reader must know beside it.
    """

    text: str
    dose_mg: float
    probability: float
    peak_p05_ng_per_ml: float
    peak_p50_ng_per_ml: float
    peak_p95_ng_per_ml: float
    meets_goal: bool
    limited_by: str | None
    draws: int
    seed: int
    prior_only: bool
    says: str
    warnings: tuple[str, ...]


def dose_for_peak(
    wanted_ng_per_ml: float,
    probability: float,
    patient: Patient,
    *,
    most_mg: float,
    duration_min: float | None = None,
    drug: str = "ketamine",
    route: str = "iv",
    sampled: str = "venous",
    model: str = ENSEMBLE,
    draws: int = DRAWS,
    seed: int = SEED,
) -> PeakOption:
    """Find the smallest dose by which the peak of ketamine reaches a concentration with a probability.

    The peak of each drawn person is in proportion to the dose, so the dose that this person needs is the wanted
    concentration over the peak of 1 mg, and the answer is a quantile of these doses: no search, and exact for the
    draws.

    Parameters
    ----------
    wanted_ng_per_ml, probability : float
        The peak, and the least share of people like this one who reach it.
    patient : Patient
        Whose weight and age count.
    most_mg : float
        The most that may be given.
    duration_min : float or None
        Of an infusion; None is at once, by another way than into a vein.
    drug, route, sampled, model : str
        Words of the contract.
    draws, seed : int
        How many people are drawn, and from which seed.

    Returns
    -------
    PeakOption
        At `most_mg` where the goal would need more.

    Raises
    ------
    InputError
        If a number cannot be, or the peak by this route is not in proportion to the dose.
    """
    _check_numbers(wanted_ng_per_ml, probability, most_mg)
    _check_way(drug, route, duration_min)
    found = reduce_concentrations(
        patient,
        _one_mg(duration_min, drug, route),
        until_min=(duration_min or 0.0) + AFTER_MIN,
        draws=draws,
        sampled=sampled,
        model=model,
        rng=np.random.default_rng(seed),
        parents=(PARENT,),
    )
    peaks = found.reading(PARENT).peak
    needed_mg = float(np.sort(wanted_ng_per_ml / peaks)[max(math.ceil(probability * draws - ROUNDING), 1) - 1])
    dose_mg = _rounded(min(needed_mg, most_mg), up=needed_mg <= most_mg)
    over = "" if duration_min is None else f" over {plain(duration_min)} min"
    visit = read_visit(f"{plain(dose_mg)} mg{over}", drug=drug, route=route, patient=patient)
    reached = float(np.mean(peaks * visit.dose_mg >= wanted_ng_per_ml))
    low, middle, high = (float(value) for value in np.percentile(peaks, PERCENTILES) * visit.dose_mg)
    limited_by = None if reached >= probability else f"the limit of {most_mg:g} mg"
    why = f", kept from {probability:.0%} by {limited_by}" if limited_by else ""
    says = (
        f"Among the options to review: by {visit.text} of {route} {drug} a peak of {wanted_ng_per_ml:g} ng/mL is"
        f" reached by {reached:.1%} of people like this one (peak {low:.3g} to {high:.3g} ng/mL in nine of ten){why}."
    )
    warnings = (*dose_warnings(visit, patient), *found.warnings)
    return PeakOption(
        visit.text, visit.dose_mg, reached, low, middle, high, limited_by is None, limited_by, draws, seed,
        found.prior_only, says, warnings,
    )  # fmt: skip


def _check_numbers(wanted_ng_per_ml: float, probability: float, most_mg: float) -> None:
    if not (0.0 < wanted_ng_per_ml < math.inf and 0.0 < most_mg < math.inf):
        raise InputError(
            f"A wanted peak and a limit lie above 0, got {wanted_ng_per_ml:g} ng/mL and {most_mg:g} mg:"
            " use 150 and 70, for example."
        )
    if not 0.0 < probability < 1.0:
        raise InputError(f"A probability lies between 0 and 1, got {probability:g}: use 0.9, for example.")


def _check_way(drug: str, route: str, duration_min: float | None) -> None:
    if route == "iv" and duration_min is None:
        raise InputError(
            f"The peak of {drug} given into a vein at once lies at its first instant, before it has mixed, which no"
            " model on file describes: give it over some minutes, 2 for example."
        )
    if drug not in ACTIVE_DRUGS or route not in ROUTES:
        raise InputError(
            f"There is no peak of {drug!r} by the route {route!r}: use {' or '.join(ACTIVE_DRUGS)} by"
            f" {', '.join(ROUTES)}."
        )
    if duration_min is not None and not 0.0 < duration_min <= LONGEST_MIN:
        raise InputError(f"An infusion lasts above 0 and up to {LONGEST_MIN:g} min, got {duration_min:g}: use 40.")
    if (drug, route) == ("esketamine", "intranasal"):
        raise InputError(
            "The share absorbed of intranasal esketamine falls with each device of 28 mg, so no peak is in proportion"
            " to the dose: compare 28, 56 and 84 mg by themselves."
        )


def _one_mg(duration_min: float | None, drug: str, route: str) -> Regimen:
    one: Dose = Bolus(drug, route, UNIT_MG) if duration_min is None else Infusion(drug, route, UNIT_MG, duration_min)
    return Regimen((Visit(0.0, drug, route, "1 mg", (one,)),))


def _rounded(value: float, *, up: bool) -> float:
    """Round to a few digits, up so that the goal still holds, or down so that the limit does."""
    unit = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
    steps = value / unit
    return (math.ceil(steps * (1.0 - ROUNDING)) if up else math.floor(steps * (1.0 + ROUNDING))) * unit
