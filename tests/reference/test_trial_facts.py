"""The acceptance facts of the outcome tables: the page shows what the posterior that ships gives, met or missed."""

import re

import numpy as np
import pytest

from limen.response.parameters import posterior_hash
from limen.trials.facts import measured_facts
from limen.trials.facts_of_courses import change_under_weekly_visits, scores_at_levels, straightness

ROW = re.compile(r"^\| (A\d+) \| ([^|]+) \|[^|]+\|[^|]+\| (met|\*\*missed\*\*) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "claims" / "trials.md").read_text(encoding="utf-8")


def test_the_page_is_of_the_posterior_that_ships(page):
    assert f"`{posterior_hash()}`" in page, "Run make verify-trials: the posterior is a new one."


@pytest.mark.slow
def test_every_fact_is_met_or_missed_as_the_page_says(page):
    said = {(fact, words): verdict == "met" for fact, words, verdict in ROW.findall(page)}
    found = {(fact.id, fact.says): fact.met for fact in measured_facts()}
    assert said == found


def test_weekly_visits_after_a_course_change_little():
    assert abs(change_under_weekly_visits()) <= 3.0


def test_what_is_felt_is_straight_in_the_level_in_blood():
    assert np.all(np.diff(scores_at_levels()) > 0.0)
    assert straightness() >= 0.93
