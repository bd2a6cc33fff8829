"""What may be said of an analysis, and why a stronger word is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from limen.inference.mediation.analysis import Analysis, interval, leaves_out_zero
from limen.inference.mediation.exposure import FEWEST_SEEN, FEWEST_SEEN_PEOPLE
from limen.inference.mediation.sensitivity import FEWEST_FREE

COMMON_CAUSE: Final = (
    "An unmeasured common cause of dissociation and benefit (sensitivity, expectancy, a guess of the arm) can produce"
    " the whole association, and more people do not help: only a design that moves one of them without the other does."
)
#: Correlation of errors below which the strong word is refused (ours: a common cause as strong as the one of our
#: simulation, which is not odd, gives 0.25).
LEAST_RHO: Final = 0.3
FEW_MEASURED: Final = f" (or in fewer than {FEWEST_SEEN} visits of {FEWEST_SEEN_PEOPLE} people, too few to be used)"
FEW_FREE: Final = (
    f"how errors correlate cannot be told, since fewer than {FEWEST_FREE} visits are left beyond what is held fixed"
)
UNTOLD_EXPOSURE: Final = (
    "everybody had one dose and no exposure was measured, so that exposure, felt and benefit cannot be told apart"
)


def reasons(found: Analysis) -> Iterator[str]:
    """Say why the strong word is refused; nothing where it is not.

    Parameters
    ----------
    found : Analysis
        What was fitted.

    Yields
    ------
    str
    """
    if found.sensitivity is None:
        yield f"there is no sensitivity result, because {UNTOLD_EXPOSURE}"
        return
    if not leaves_out_zero(found.effects.indirect):
        low, high = interval(found.effects.indirect)
        yield f"the interval of the indirect effect, {low:.2g} to {high:.2g}, includes 0"
    if found.sensitivity.rho_at_zero is None:
        yield FEW_FREE
    elif abs(found.sensitivity.rho_at_zero) < LEAST_RHO:
        yield (
            f"errors that correlate by {found.sensitivity.rho_at_zero:.2g} would leave nothing of it, and the least"
            f" that is asked for is {LEAST_RHO:g}"
        )
    if found.split is not None and not leaves_out_zero(found.split[:, 1]):
        yield "it does not show within persons, so that a lasting difference between people explains it"


def statement(found: Analysis, refused: list[str]) -> str:
    """Say in one sentence what the data allow.

    Parameters
    ----------
    found : Analysis
        What was fitted.
    refused : list of str
        Reasons, if any.

    Returns
    -------
    str
    """
    if refused:
        return f"These data do not show that benefit comes by way of dissociation: {'; '.join(refused)}."
    total, indirect = (float(np.mean(draws)) for draws in (found.effects.total, found.effects.indirect))
    rho = (found.sensitivity and found.sensitivity.rho_at_zero) or 0.0
    return (
        f"If no unmeasured cause is as strong as a correlation of errors of {rho:.2g}, dissociation mediates"
        f" {indirect:.2g} of {total:.2g} points of improvement."
    )


def cautions(found: Analysis) -> Iterator[str]:
    """Say what a reader must know of how it was done.

    Parameters
    ----------
    found : Analysis
        What was fitted.

    Yields
    ------
    str
    """
    yield COMMON_CAUSE
    design = found.design
    measured = design.dosed & np.isfinite(design.exposure) & found.plan.measured
    unmeasured = design.dosed & ~measured
    if unmeasured.any():
        few = "" if found.plan.measured or not np.isfinite(design.exposure[design.dosed]).any() else FEW_MEASURED
        yield (
            f"Exposure of {int(unmeasured.sum())} of {int(design.dosed.sum())} visits with drug is not measured{few}"
            " and is taken from the dose, with people as unlike as the kinetic layer has them"
            f" (SD {found.people_log_sd:.2g} of the logarithm): what dose does not tell stays in the slope."
        )
    if not found.adjusted:
        yield f"Exposure could not be held fixed: {UNTOLD_EXPOSURE}."
    if found.split is None:
        yield "Nearly everybody was seen once, so that between people and within a person cannot be told apart."
    elif leaves_out_zero(found.split[:, 0]) != leaves_out_zero(found.split[:, 1]):
        yield "The slope between people and the slope within a person do not agree."
