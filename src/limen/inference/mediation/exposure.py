"""What each person really had in the blood, given what was measured or only the dose.

    log X ~ Normal(a + b log dose, s^2)       log W ~ Normal(log X, e^2)       W measured, X true

so that log X given W is normal with mean m and variance v, and without W it is what the dose says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from limen.inference.mediation.design import Design
from limen.kinetics import PEOPLE, draw_concentrations
from limen.quantities import Floats
from limen.regimen import Patient, Regimen, read_visit

#: Fewest measured exposures from which their spread about the dose is taken (ours).
FEWEST_SEEN: Final = 10
#: Fewest people in whom they were measured (ours: leaving one out leaves some).
FEWEST_SEEN_PEOPLE: Final = 3
#: Share of the seen variance about the dose that is believed to be real when the stated error would explain it all.
LEAST_REAL_SHARE: Final = 0.2
#: The infusion, the person and the time at which the kinetic layer is asked how far people differ: the trials' own
#: dose, at the end of the infusion, where CADSS peaks.
ASKED_DOSE: Final = "0.5 mg/kg over 40 min"
ASKED_WEIGHT_KG: Final = 70.0
ASKED_MIN: Final = 40.0
ASKED_PEOPLE: Final = 500
ASKED_SEED: Final = 1


@dataclass(frozen=True)
class TrueExposure:
    """What is known of the true exposure of each visit before anything was felt.

    Parameters
    ----------
    mean_log, variance_log : Floats
        Of its logarithm, shape ``(visits,)``; 0 and 0 without drug.
    log_line : tuple of float
        The expected logarithm is the first plus the second times the logarithm of the dose.
    people_log_sd : float
        How far people on one dose differ.
    """

    mean_log: Floats
    variance_log: Floats
    log_line: tuple[float, float]
    people_log_sd: float

    def typical(self, dose_mg_per_kg: float) -> float:
        """Give the exposure of the typical person on that dose."""
        if dose_mg_per_kg <= 0.0:
            return 0.0
        return float(np.exp(self.log_line[0] + self.log_line[1] * np.log(dose_mg_per_kg)))


@cache
def people_log_sd() -> float:
    """Ask the kinetic layer how far people on one dose per kilogram differ: SD of log ketamine in venous plasma."""
    patient = Patient(weight_kg=ASKED_WEIGHT_KG)
    visit = read_visit(ASKED_DOSE, drug="ketamine", route="iv", patient=patient)
    drawn = draw_concentrations(
        patient,
        Regimen((visit,)),
        np.array([0.0, ASKED_MIN]),
        draws=ASKED_PEOPLE,
        rng=np.random.default_rng(ASKED_SEED),
        spread=PEOPLE,
    )
    return float(np.std(np.log(drawn.analyte("ketamine")[:, 1])))


def is_measured(design: Design) -> bool:
    """Say whether enough exposures were measured to be used; where not, all are taken from the dose, in its unit."""
    seen = design.dosed & np.isfinite(design.exposure)
    return bool(seen.sum() >= FEWEST_SEEN and len(np.unique(design.person[seen])) >= FEWEST_SEEN_PEOPLE)


def true_exposure(design: Design, *, measured: bool | None = None) -> TrueExposure:
    """Say what is known of each visit's true exposure from dose and measurement.

    Parameters
    ----------
    design : Design
        The visits.
    measured : bool, optional
        What `is_measured` said of all visits, where these are some of them: so that the unit is the same.

    Returns
    -------
    TrueExposure
        Where nothing was measured, exposure is the dose times a person's factor from the kinetic layer.
    """
    seen = design.dosed & np.isfinite(design.exposure)
    if not (is_measured(design) if measured is None else measured and seen.any()):
        return _from_dose(design, (0.0, 1.0), people_log_sd())
    log_dose, log_seen = np.log(design.dose_mg_per_kg[seen]), np.log(design.exposure[seen])
    slope = float(np.polyfit(log_dose, log_seen, 1)[0]) if np.ptp(log_dose) > 0.0 else 1.0
    start = float(np.mean(log_seen - slope * log_dose))
    variance = float(np.var(log_seen - start - slope * log_dose))
    error = design.error_log_sd[seen] ** 2
    real = max(variance - float(error.mean()), LEAST_REAL_SHARE * variance)
    found = _from_dose(design, (start, slope), np.sqrt(real))
    trust = real / np.maximum(real + error, np.finfo(float).tiny)
    found.mean_log[seen] += trust * (log_seen - found.mean_log[seen])
    found.variance_log[seen] = trust * error
    return found


def _from_dose(design: Design, log_line: tuple[float, float], log_sd: float) -> TrueExposure:
    log_dose = np.log(np.where(design.dosed, design.dose_mg_per_kg, 1.0))
    return TrueExposure(
        mean_log=np.where(design.dosed, log_line[0] + log_line[1] * log_dose, 0.0),
        variance_log=np.where(design.dosed, log_sd**2, 0.0),
        log_line=log_line,
        people_log_sd=float(log_sd),
    )
