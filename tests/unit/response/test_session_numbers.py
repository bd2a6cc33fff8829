"""The constants of the session are those of the tables."""

import numpy as np
import pytest

from limen.evidence import finding, session_and_link
from limen.response.session import (
    PERSON_CADSS_LOG_SD,
    PERSON_DIASTOLIC_SD_MMHG,
    PERSON_SYSTOLIC_SD_MMHG,
    STUDY_DIASTOLIC_RISES_MMHG,
    STUDY_SYSTOLIC_RISES_MMHG,
    dissociation,
    draw_sensitivity,
    felt_share,
)


def rows(text):
    return [row for row in session_and_link() if row.topic == "session" and text in row.quantity and row.value]


def test_the_person_spread_of_cadss_is_that_of_the_published_mean_and_sd():
    mean, sd = finding("cadss_after_infusion_mean").number(), finding("cadss_after_infusion_sd").number()
    assert np.sqrt(np.log1p((sd / mean) ** 2)) == pytest.approx(PERSON_CADSS_LOG_SD)


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
    share = np.mean(dissociation(felt_share(np.full((20_000, 1), 0.83), np.zeros(1), feels), feels) > 4.0)
    assert share == pytest.approx(0.51, abs=0.02)
    assert share < 0.61
