"""The page that `limen demo` really writes, and the page of the real participant, in a real browser."""

import json
import re

import pytest
from house.process import run_limen
from house.source import REPOSITORY

MEGABYTE = 1_000_000
LINE = re.compile(r"^ ?\d+\. .+ \[(measured|open|assumed)\]$")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    told = run_limen("demo", "--no-open", "--to", "page", folder=folder)
    assert told.returncode == 0, told.stderr
    return told.stdout, folder / "page" / "story.html"


@pytest.fixture(scope="module")
def participant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    case = REPOSITORY / "examples" / "participant.toml"
    written = run_limen("report", str(case), "--json", folder=folder)
    assert written.returncode == 0, written.stderr
    return folder / json.loads(written.stdout)["file"]


def test_twelve_lines_tell_the_infusion_each_with_what_it_rests_on(demo):
    lines = demo[0].splitlines()[:12]
    assert len(lines) == 12
    assert all(LINE.match(line) for line in lines), "\n".join(lines)


def test_the_demo_page_is_small_silent_and_without_complaint(demo, open_page):
    assert demo[1].stat().st_size < 2 * MEGABYTE
    visited = open_page(demo[1])
    assert visited.network_requests == []
    assert visited.complaints == []


def test_every_claim_and_joint_of_the_evidence_stands_on_the_page(demo, open_page):
    text = open_page(demo[1]).page.inner_text("body")
    for k in range(1, 15):
        assert re.search(rf"\bC{k}\b", text)
    for k in range(1, 9):
        assert re.search(rf"\bJ{k}\b", text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_demo_page_fits_a_phone(demo, open_page, scheme):
    page = open_page(demo[1], width=390, height=844, color_scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_participants_page_shows_what_was_seen_and_what_was_assumed(participant, open_page):
    visited = open_page(participant)
    text = visited.page.inner_text("body")
    assert visited.complaints == visited.network_requests == []
    for seen in ("21", "32", "31", "30", "assumed"):
        assert seen in text
