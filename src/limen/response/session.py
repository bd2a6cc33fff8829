"""The session itself: dissociation and blood pressure, as far as the tables calibrate them.

Both follow brain exposure e: sum of unbound concentration over IC50, beside its peak in the reference infusion.

    felt(t)  = max(0, e - threshold) / (1 - threshold) * attenuation(session)    (1 at the peak of a first reference)
    CADSS(t) = s * felt(t)                          (0 to 92; a whole number where it is recorded)
    rise(t)  = r * e / (1 + 0.5 max(0, e - 1))                         (pressure levels off)

Sizes and spreads are coarse: three sources of CADSS (an infusion whose dose and time are not stated, one dose under the
skin, a share above 4 after nasal esketamine) and four studies of pressure, all of which disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats

CADSS_MOST: Final = 92.0
#: Share of people who never score (ours: zero inflation is certain, its size is not on file).
NEVER_SCORES: Final = 0.08
#: Spread of persons who score, on the log scale: SD 9.2 over mean 7.7 (van_schalkwyk_2018) with those who never do.
PERSON_CADSS_LOG_SD: Final = float(np.sqrt(np.log((1.0 + (9.2 / 7.7) ** 2) * (1.0 - NEVER_SCORES))))
#: Mean CADSS at the reference peak by the three sources, read back from their own exposure: van_schalkwyk_2018
#: (time and dose not stated, taken as the reference), glue_2018 (1 mg/kg under the skin), and the share of 61 to 75 %
#: above 4 after nasal esketamine (label).
STUDY_PEAK_CADSS: Final = (7.7, 9.7, 14.3)
PEAK_CADSS_LOG_SD: Final = float(np.std(np.log(STUDY_PEAK_CADSS), ddof=1))
#: Peak score of the median person who scores, in the middle study.
PEAK_CADSS_MEDIAN: Final = float(
    np.exp(np.mean(np.log(STUDY_PEAK_CADSS)) - 0.5 * PERSON_CADSS_LOG_SD**2) / (1.0 - NEVER_SCORES)
)
#: Mean over people and studies of the CADSS at the peak of a first reference infusion: of a lognormal with its zeros.
MEAN_PEAK_CADSS: Final = float(
    (1.0 - NEVER_SCORES) * PEAK_CADSS_MEDIAN * np.exp(0.5 * (PEAK_CADSS_LOG_SD**2 + PERSON_CADSS_LOG_SD**2))
)
#: Exposure below which nothing is felt (ours: bowdle_1998 is linear from 50 ng/mL; scores are gone by 90-120 min).
THRESHOLD_RANGE: Final = (0.10, 0.40)
#: Share left after the first sessions (ours: a fall, then a plateau; 20 to 8.8 over 14 weeks in glue_2018).
ATTENUATION_RANGE: Final = (0.45, 0.90)
#: Mean systolic rise at the reference peak over studies: log mean and log SD of 25, 16, 7.4 and 3.28 mmHg.
STUDY_SYSTOLIC_RISES_MMHG: Final = (25.0, 16.0, 7.4, 3.28)
#: Mean diastolic rise in the same studies.
STUDY_DIASTOLIC_RISES_MMHG: Final = (13.0, 11.0, 6.0, 3.17)
#: Between-person SD of the rise (yale_2024, n = 138), systolic and diastolic.
PERSON_SYSTOLIC_SD_MMHG: Final = 11.2
PERSON_DIASTOLIC_SD_MMHG: Final = 8.45
#: SD of one cuff reading (ours).
CUFF_SD_MMHG: Final = 4.0


@dataclass(frozen=True)
class Sensitivity:
    """How strongly each drawn person feels a session; every array has shape ``(draws,)``.

    Parameters
    ----------
    cadss_peak : Floats
        CADSS at the peak of a first reference infusion, before rounding.
    threshold : Floats
        Exposure below which nothing is felt, reference peak = 1.
    attenuated : Floats
        Share of the first session's score that later sessions keep.
    systolic_mmhg, diastolic_mmhg : Floats
        Rise at the reference peak.
    """

    cadss_peak: Floats
    threshold: Floats
    attenuated: Floats
    systolic_mmhg: Floats
    diastolic_mmhg: Floats


def draw_rise(studies_mmhg: tuple[float, ...], person_sd_mmhg: float, draws: int, rng: np.random.Generator) -> Floats:
    """Draw a rise at the reference peak, shape ``(draws,)``: lognormal between studies, normal between people."""
    logs = np.log(studies_mmhg)
    study = np.exp(logs.mean() + logs.std(ddof=1) * rng.standard_normal(draws))
    return np.asarray(study + person_sd_mmhg * rng.standard_normal(draws))


def draw_sensitivity(draws: int, rng: np.random.Generator) -> Sensitivity:
    """Draw `draws` new people of a new study."""
    typical = np.log(PEAK_CADSS_MEDIAN) + PEAK_CADSS_LOG_SD * rng.standard_normal(draws)
    scores = rng.random(draws) >= NEVER_SCORES
    return Sensitivity(
        cadss_peak=scores * np.exp(typical + PERSON_CADSS_LOG_SD * rng.standard_normal(draws)),
        threshold=rng.uniform(*THRESHOLD_RANGE, draws),
        attenuated=rng.uniform(*ATTENUATION_RANGE, draws),
        systolic_mmhg=draw_rise(STUDY_SYSTOLIC_RISES_MMHG, PERSON_SYSTOLIC_SD_MMHG, draws, rng),
        diastolic_mmhg=draw_rise(STUDY_DIASTOLIC_RISES_MMHG, PERSON_DIASTOLIC_SD_MMHG, draws, rng),
    )


def sessions_before(time_min: Floats, starts_min: tuple[float, ...]) -> Floats:
    """Count the drug sessions that began before the running one, at each of `time_min`, shape ``(times,)``."""
    begun = np.sum(np.asarray(starts_min)[None, :] <= time_min[:, None], axis=1)
    return np.asarray(np.maximum(begun - 1.0, 0.0))


def felt_share(exposure: Floats, sessions: Floats, sensitivity: Sensitivity) -> Floats:
    """Give how strongly the session is felt at each time, the peak of a first reference infusion = 1.

    Parameters
    ----------
    exposure : Floats
        Brain exposure over its peak in the reference infusion, shape ``(draws, times)``.
    sessions : Floats
        Drug sessions before the running one, shape ``(times,)``.
    sensitivity : Sensitivity
        The people.

    Returns
    -------
    Floats
        Never negative, shape ``(draws, times)``.
    """
    threshold = sensitivity.threshold[:, None]
    felt = np.maximum(exposure - threshold, 0.0) / (1.0 - threshold)
    return felt * attenuated(sessions, sensitivity)


def felt_by_rhythm(strength: Floats, sessions: Floats, sensitivity: Sensitivity) -> Floats:
    """Give how strongly the session is felt where that follows a rhythm (joint J6).

    Parameters
    ----------
    strength : Floats
        Of the rhythm, 0 to 1, shape ``(draws, times)``; at 1 a person feels what a first reference infusion gives.
    sessions : Floats
        Drug sessions before the running one, shape ``(times,)``.
    sensitivity : Sensitivity
        The people.

    Returns
    -------
    Floats
        0 to 1, shape ``(draws, times)``.
    """
    return strength * attenuated(sessions, sensitivity)


def attenuated(sessions: Floats, sensitivity: Sensitivity) -> Floats:
    """Give the share of the first session's score that is left after some, shape ``(draws, times)``."""
    kept = sensitivity.attenuated[:, None]
    return np.asarray(kept + (1.0 - kept) * np.exp(-sessions)[None, :])


def dissociation(felt: Floats, sensitivity: Sensitivity) -> Floats:
    """Give the CADSS total, 0 to 92, before rounding, of what is felt, both of shape ``(draws, times)``."""
    return np.clip(sensitivity.cadss_peak[:, None] * felt, 0.0, CADSS_MOST)


def pressure_rise_mmhg(exposure: Floats, at_reference_mmhg: Floats) -> Floats:
    """Give the rise of pressure at each time, mmHg, shape ``(draws, times)``; it levels off above the reference."""
    return at_reference_mmhg[:, None] * exposure / (1.0 + 0.5 * np.maximum(exposure - 1.0, 0.0))
