"""The page of each paper and the table of every verdict say what the package, its tests and the claims pages say."""

import json
import sys

import pytest
from house.source import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "docs"))

import held
import paper_pages

from limen.evidence import references


def test_every_source_has_a_page_and_each_says_where_it_stands():
    found = {paper.reference.key: paper for paper in paper_pages.papers()}
    assert found.keys() == references().keys()
    for paper in found.values():
        page = paper_pages.page(paper)
        assert paper.reference.citation in page
        assert "## Held by" in page


def test_what_is_taken_from_a_paper_is_on_its_page():
    murrough = next(paper for paper in paper_pages.papers() if paper.reference.key == "murrough_2013")
    page = paper_pages.page(murrough)
    for said in ("`madrs_difference_24_h_midazolam`: 7.95 points (3.2 to 12.71)", "change -16.5", "C1, supported"):
        assert said in page


def test_every_test_that_a_page_names_was_run_and_passed():
    said = json.loads(paper_pages.HELD.read_text(encoding="utf-8"))["tests"]
    named = held.tests_that_hold()
    assert not [test for test in named if test not in said], "Run make claims."
    assert not [test for test, outcome in said.items() if outcome in {"failed", "not run"}]


def test_a_test_that_is_named_exists():
    there = {test for test, _ in paper_pages.test_texts()}
    assert not [test for test in held.tests_that_hold() if test not in there]


def test_the_table_of_every_verdict_is_that_of_the_pages():
    assert held.EVERYTHING.read_text(encoding="utf-8") == held.everything(), "Run make claims."


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ("| A1 | -16.5 | -19 to -14 | -14.8 | met |", "met"),
        ("| A2 | 64 | 54 to 74 | 43.6 | **missed** |", "missed"),
        ("| start | 6.1 s (target 5) | met, start missed |", "missed"),
        ("| T1 | both | holds | one | **failed** |", "missed"),
        ("| a | 0.2 | not measured |", "open"),
        ("| drug | dose | at |", None),
    ],
)
def test_a_row_is_read_as_its_words_say(tmp_path, row, verdict):
    page = tmp_path / "page.md"
    page.write_text(f"| what | |\n|---|---|\n{row}\n", encoding="utf-8")
    assert [word for word, _ in held.verdicts(page)] == ([verdict] if verdict else [])


def test_a_test_with_a_case_that_fails_has_failed():
    assert held.worst({"passed", "failed", "skipped"}) == "failed"
    assert held.worst(set()) == "not run"
