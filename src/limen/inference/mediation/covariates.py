"""From a checked table to the arrays of both models: what is held fixed, and in which columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.inference.mediation.table import ScoredVisit
from limen.quantities import Floats, Integers

#: Relative error of a measured exposure where the table does not say it (ours: assay and timing together).
EXPOSURE_ERROR_CV: Final = 0.15
#: Prior SD of the effect of a clinic, a setting, an infusion number or a guess, in SD of the residual (ours: groups
#: differ less than people do, so small ones lean on the others).
GROUP_SD: Final = 1.0
#: Infusion numbers from this one on are one group (ours: attenuation has levelled off by then).
LATE_OCCASION: Final = 8
#: What is held fixed beside exposure and baseline, group by group.
GROUPS: Final = ("occasion", "clinic", "setting", "guess")


def design_of(visits: Sequence[ScoredVisit], mediator: str, error_cv: float = EXPOSURE_ERROR_CV) -> Design:
    """Give the arrays of some visits.

    Parameters
    ----------
    visits : Sequence[ScoredVisit]
        Each holds the mediator.
    mediator : str
        A column of CADSS.
    error_cv : float
        Relative error of measured exposures where the visit does not say it.

    Returns
    -------
    Design
    """
    people = {name: k for k, name in enumerate(dict.fromkeys(visit.id for visit in visits))}
    error = _numbers([error_cv if visit.exposure_cv is None else visit.exposure_cv for visit in visits])
    numbers = [_numbers([visit.baseline for visit in visits]), np.log(_numbers([visit.at_h for visit in visits]))]
    free = [column for column in numbers if np.ptp(column) > 0.0]
    grouped = [column for name in GROUPS for column in dummies(group_of(visits, name))]
    columns = [column - column.mean() for column in (*free, *grouped)]
    return Design(
        person=np.array([people[visit.id] for visit in visits]),
        dose_mg_per_kg=_numbers([visit.dose_mg_per_kg for visit in visits]),
        exposure=_numbers([np.nan if visit.exposure is None else visit.exposure for visit in visits]),
        error_log_sd=np.sqrt(np.log1p(error**2)),
        cadss=_numbers([visit.cadss[mediator] for visit in visits]),
        improvement=_numbers([visit.baseline - visit.score for visit in visits]),
        covariates=np.stack(columns, axis=1) if columns else np.zeros((len(visits), 0)),
        prior_sd=np.array([np.inf] * len(free) + [GROUP_SD] * len(grouped)),
    )


def _numbers(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def group_of(visits: Sequence[ScoredVisit], name: str) -> Integers:
    """Give the number of each visit's group, shape ``(visits,)``."""
    if name == "occasion":
        return np.array([min(visit.occasion, LATE_OCCASION) for visit in visits])
    words = [str(getattr(visit, name)) for visit in visits]
    known = {word: k for k, word in enumerate(dict.fromkeys(words))}
    return np.array([known[word] for word in words])


def dummies(group: Integers) -> list[Floats]:
    """Give one column of 0 and 1 for each group, none where all are in one; each of shape ``(visits,)``."""
    known = np.unique(group)
    return [np.asarray(group == one, dtype=np.float64) for one in known] if len(known) > 1 else []
