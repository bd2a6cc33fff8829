"""The fitting tables as they are read: typed, whole, and without what nobody confirmed."""

from collections import Counter

import pytest

from limen.evidence import baselines, outcomes, session_and_link
from limen.evidence.fitting_tables import blank_unconfirmed
from limen.evidence.standing import check_standing, read_standing
from limen.quantities import InputError


def test_the_tables_are_whole():
    assert (len(outcomes()), len(baselines()), len(session_and_link())) == (226, 43, 176)
    topics = Counter(row.topic for row in session_and_link())
    assert topics == {"link": 5, "session": 98, "glutamate": 4, "conventional": 3, "conversion": 66}


def test_a_cell_whose_column_is_unconfirmed_is_blank():
    row = {"response_rule": "half", "scale": "MADRS", "standing": "read;response_rule=unconfirmed;n=measured"}
    assert blank_unconfirmed(row) == {**row, "response_rule": ""}


def test_no_unconfirmed_cell_of_the_package_is_left():
    marked = [row for row in outcomes() if "unconfirmed" in row.exceptions.values()]
    assert marked
    for row in marked:
        for column, standing in row.exceptions.items():
            assert standing != "unconfirmed" or getattr(row, column) == ""


def test_numbers_are_numbers_and_an_empty_cell_is_not_known():
    first = outcomes()[0]
    assert (first.mean_change, first.sd_or_se, first.n, first.time_h) == (-16.5, 1.6, 47.0, 24.0)
    assert first.exceptions == {"sd_or_se": "measured"}
    assert first.remission_fraction is None


def test_a_range_of_doses_has_two_ends_and_a_single_dose_one():
    ranges = [row for row in outcomes() if row.dose_low != row.dose_high]
    assert (ranges[0].dose_low, ranges[0].dose_high) == (50.0, 200.0)
    assert outcomes()[0].dose_low == outcomes()[0].dose_high == 0.5


def test_statistics_and_contrasts_are_told_from_changes():
    for row in outcomes():
        assert row.is_contrast is row.arm.startswith("contrast:")
        if row.mean_change is not None and row.scale == "MADRS":
            assert not row.is_statistic


def test_every_row_of_a_trial_has_the_setting_of_its_comparator():
    without = {row.comparator for row in outcomes() if row.setting is None}
    assert without == {"mixed", ""}
    assert {row.setting for row in outcomes() if row.study == "Daly 2018"} == {"saline"}


def test_a_row_that_is_wholly_unconfirmed_could_not_be_read():
    word, exceptions = read_standing("unconfirmed;n=measured")
    assert exceptions == {"n": "measured"}
    with pytest.raises(InputError, match="'unconfirmed'"):
        check_standing(word, "outcomes.csv line 2")
