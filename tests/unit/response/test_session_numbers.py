"""The constants of the session are those of the tables."""

import numpy as np
import pytest
from scipy.stats import norm

from limen.evidence import finding, session_and_link
from limen.response.session import (
    NEVER_SCORES,
    PERSON_CADSS_LOG_SD,
    PERSON_DIASTOLIC_SD_MMHG,
    PERSON_SYSTOLIC_SD_MMHG,
    STUDY_DIASTOLIC_RISES_MMHG,
    STUDY_PEAK_CADSS,
    STUDY_SYSTOLIC_RISES_MMHG,
    THRESHOLD_RANGE,
    dissociation,
    draw_sensitivity,
    felt_share,
)


def rows(text):
    return [row for row in session_and_link() if row.topic == "session" and text in row.quantity and row.value]


# Beside the reference peak, typical venous peaks of nasal esketamine (0.83, by unbound block) and of 1 mg/kg under the
# skin (336 against 185 ng/mL); thresholds are uniform.
THRESHOLDS = np.linspace(*THRESHOLD_RANGE, 601)
NASAL, UNDER_THE_SKIN = 0.83, 336.0 / 185.0


def test_the_person_spread_of_cadss_is_that_of_the_published_mean_and_sd():
    mean, sd = finding("cadss_after_infusion_mean").number(), finding("cadss_after_infusion_sd").number()
    scorers = (1.0 + (sd / mean) ** 2) * (1.0 - NEVER_SCORES) - 1.0
    assert np.sqrt(np.log1p(scorers)) == pytest.approx(PERSON_CADSS_LOG_SD)


def test_the_three_means_of_cadss_are_read_back_from_their_sources():
    stated, under_the_skin, nasal = STUDY_PEAK_CADSS
    assert stated == finding("cadss_after_infusion_mean").number()
    glue = next(row.value for row in rows("mean CADSS after dosing at week 1"))
    felt = np.mean((UNDER_THE_SKIN - THRESHOLDS) / (1.0 - THRESHOLDS))
    assert glue / felt == pytest.approx(under_the_skin, rel=0.02)
    label = next(row for row in session_and_link() if row.quantity == "share with CADSS above 4")
    assert share_above_four(nasal) == pytest.approx(0.5 * (label.low + label.high), abs=0.01)


def share_above_four(mean):
    """People of a study whose mean at the reference peak is `mean`, at nasal exposure; 4.5 rounds to 5."""
    median = mean / (1.0 - NEVER_SCORES) * np.exp(-0.5 * PERSON_CADSS_LOG_SD**2)
    felt = (NASAL - THRESHOLDS) / (1.0 - THRESHOLDS)
    return (1.0 - NEVER_SCORES) * np.mean(norm.sf(np.log(4.5 / (median * felt)) / PERSON_CADSS_LOG_SD))


@pytest.mark.parametrize(
    ("kind", "rises", "sd"),
    [
        ("systolic", STUDY_SYSTOLIC_RISES_MMHG, PERSON_SYSTOLIC_SD_MMHG),
        ("diastolic", STUDY_DIASTOLIC_RISES_MMHG, PERSON_DIASTOLIC_SD_MMHG),
    ],
)
def test_the_pressure_rises_stand_in_the_table(kind, rises, sd):
    means = {row.value for row in session_and_link() if "mean rise of " + kind in row.quantity and row.value}
    spans = [
        0.5 * (row.low + row.high)
        for row in session_and_link()
        if row.quantity == f"rise of {kind} pressure during 0.5 mg/kg over 40 min" and row.low and row.high
    ]
    assert set(rises) <= means | set(spans)
    assert sd in {row.value for row in session_and_link() if row.quantity.startswith(f"SD of the rise of {kind}")}


def test_the_share_above_four_falls_short_of_the_label_as_the_known_misses_say():
    # The label: 61 to 75 % above 4 after 56 or 84 mg; those peaks are at about 0.8 of the reference exposure.
    feels = draw_sensitivity(20_000, np.random.default_rng(1))
    score = np.round(dissociation(felt_share(np.full((20_000, 1), NASAL), np.zeros(1), feels), feels))
    assert np.mean(score > 4.0) == pytest.approx(0.56, abs=0.02)
