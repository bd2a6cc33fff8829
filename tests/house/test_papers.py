"""The page of each paper and the table of every verdict say what the package, its tests and the claims pages say."""

import json
import re
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
        ("| A1 | -14.8 | met |", "met"),
        ("| A2 | 43.6 | **missed** |", "missed"),
        ("| start | met is not what this says | missed: start 6.1 s |", "missed"),
        ("| a | missed | not measured |", "open"),
        ("| a | met | holds in part, on one of two |", "missed"),
        ("| drug | missed | - |", None),
    ],
)
def test_a_row_is_read_by_its_column_of_verdicts_alone(tmp_path, row, verdict):
    page = tmp_path / "page.md"
    page.write_text(f"| what | found | verdict |\n|---|---|---|\n{row}\n\n| what | met |\n|---|---|\n| a | missed |\n")
    assert [word for word, _ in held.verdicts(page)] == ([verdict] if verdict else [])


def test_a_line_that_judges_two_rivals_counts_as_its_worst(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("| fact | A | verdict | B | verdict |\n|---|---|---|---|---|\n| T1 | 1 | holds | 2 | failed |\n")
    assert [word for word, _ in held.verdicts(page)] == ["missed"]


def test_a_verdict_of_other_words_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("| what | verdict |\n|---|---|\n| a | rather well |\n")
    with pytest.raises(ValueError, match=r"page\.md has the verdict 'rather well'"):
        list(held.verdicts(page))


def test_every_page_that_speaks_of_a_miss_has_a_column_of_verdicts():
    for file in sorted((REPOSITORY / "docs" / "claims").glob("*.md")):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
        told = any(re.search(r"\*\*missed|(\||, ) *missed *[|:]", line.lower()) for line in lines)
        if file.stem not in held.NOT_JUDGED and told:
            assert "missed" in {word for word, _ in held.verdicts(file)}, file.name


def test_a_test_with_a_case_that_fails_has_failed():
    assert held.worst({"passed", "failed", "skipped"}) == "failed"
    assert held.worst(set()) == "not run"


def test_what_is_carried_over_keeps_its_day_and_a_test_that_was_not_run_is_run():
    before = {
        "limen": "0.0.9",
        "on": "2026-01-02",
        "tests": {"a": "passed", "b": "not run", "c": "passed", "gone": "passed"},
        "earlier": {"c": {"limen": "0.0.8", "on": "2025-12-31"}},
    }
    kept = held.known(["a", "b", "c", "d"], before)
    assert kept["tests"] == {"a": "passed", "c": "passed"}
    assert kept["earlier"] == {
        "a": {"limen": "0.0.9", "on": "2026-01-02"},
        "c": {"limen": "0.0.8", "on": "2025-12-31"},
    }
    assert held.known(["a"], {}) == {"tests": {}, "earlier": {}}
