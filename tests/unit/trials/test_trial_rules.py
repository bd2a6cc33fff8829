import numpy as np
import pytest

from limen.quantities import InputError
from limen.trials.rules import dosing_days, read_rule


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("fall >= 50 %", [True, True, False]),
        ("fall > 50 %", [True, False, False]),
        ("fall >= 15", [True, True, False]),
        ("score <= 15", [True, True, False]),
        ("score < 15", [True, False, False]),
    ],
)
def test_a_rule_is_read_as_it_is_written(text, holds):
    rule = read_rule(text, "fall", "score")
    assert rule.holds(np.array([[14.0, 15.0, 16.0]]), np.array([30.0])).tolist() == [holds]
    assert str(rule) == text


def test_half_of_an_odd_baseline_is_not_rounded():
    holds = read_rule("fall >= 50 %", "fall").holds(np.array([[15.0, 16.0]]), np.array([31.0]))
    assert holds.tolist() == [[True, False]]


def test_nobody_falls_in_per_cent_from_a_baseline_of_nothing():
    assert not read_rule("fall >= 50 %", "fall").holds(np.array([[0.0]]), np.array([0.0])).any()


@pytest.mark.parametrize("text", ["", "score", "fall >= fifty %", "fall <= 50 %", "score >= 10", "fall >= 50 % "[1:]])
def test_a_rule_that_cannot_be_read_is_refused_with_an_example(text):
    with pytest.raises(InputError, match=r"could not be read: write it such as"):
        read_rule(text, "fall", "score")


def test_a_rule_about_something_else_is_refused():
    with pytest.raises(InputError, match="fall >= 50 %"):
        read_rule("score <= 10", "fall")


def test_dosing_days_are_those_of_the_contract():
    assert dosing_days("once") == (0,)
    assert dosing_days("1 per week for 3 weeks") == (0, 7, 14)
    assert dosing_days("2 per week for 2 weeks") == (0, 3, 7, 10)
    assert dosing_days("3 per week for 2 weeks") == (0, 2, 4, 7, 9, 11)
    assert dosing_days("3 per week for 1 week") == (0, 2, 4)


@pytest.mark.parametrize("text", ["daily", "4 per week for 2 weeks", "2 per week", "1 per week for 0 weeks", ""])
def test_a_schedule_that_there_is_not_is_refused(text):
    with pytest.raises(InputError, match="3 per week for 2 weeks"):
        dosing_days(text)
