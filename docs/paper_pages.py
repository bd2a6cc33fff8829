"""One page for each source of the package: what it found, its standing, what we take, and which test holds it.

Everything is read from the package and from the tests, so a page cannot say what they do not. Whether a test passed
stands in `claims/held.json`, which `make claims` writes.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from limen.evidence import (
    Finding,
    OutcomeRow,
    Reference,
    SessionRow,
    baselines,
    claims,
    findings,
    joints,
    outcomes,
    references,
    session_and_link,
)

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGES = DOCS / "papers"
HELD = DOCS / "claims" / "held.json"
LIBRARY = ROOT / "src" / "limen" / "kinetics" / "library"
#: A name shorter than this would be found in words that mean something else.
SHORTEST = 6
#: Rows of a table that a page shows; the command gives all.
MOST_ROWS = 12
#: Cells of a row of the fitted numbers.
CELLS = 7
#: Hold the numbers that were fitted: the posterior is of the tables and of the model as they stand.
FITTED_BY = (
    "tests/unit/inference/test_fitting.py::test_the_shipped_posterior_is_of_the_model_as_it_stands",
    "tests/unit/inference/test_fitting.py::test_every_observation_is_finite_and_drawn_from_a_named_study",
)
FITTED = "Numbers that the response was fitted to, beside what a new trial would show"


@dataclass
class Paper:
    """All that the package takes from one source.

    Parameters
    ----------
    reference : Reference
        The source.
    names : set of str
        Every way in which code, tables and tests may name it or what was taken from it.
    taken : dict
        Lines of the page under each heading.
    """

    reference: Reference
    names: set[str]
    taken: dict[str, list[str]] = field(default_factory=dict)

    def take(self, heading: str, line: str, name: str = "") -> None:
        """Add a line, and a name under which a test may hold it."""
        self.taken.setdefault(heading, []).append(line)
        if len(name) >= SHORTEST:
            self.names.add(name)


class Shelf:
    """Every source with what is taken from it."""

    def __init__(self) -> None:
        self.papers = {key: Paper(one, {key, *one.names}) for key, one in references().items()}
        self.by_place = {name.casefold(): paper for paper in self.papers.values() for name in paper.reference.names}
        for take in (self.numbers, self.outcomes, self.baselines, self.sessions, self.fitted, self.models, self.claims):
            take()

    def of(self, place: str, study: str = "") -> Iterator[Paper]:
        """Give the source that a table points to by DOI, or else by the name of the study; nothing where none is."""
        words = re.findall(r"\w+", study.partition("(")[0].casefold())
        found = self.by_place.get(place.casefold()) or self.papers.get("_".join(words))
        if found is not None:
            yield found

    def numbers(self) -> None:
        """Take the findings."""
        for one in findings():
            for paper in self.of(one.doi):
                said = f"`{one.id}`: {number(one)} ({one.population}; {one.standing}). {one.says}"
                paper.take("Numbers", said, one.id)

    def outcomes(self) -> None:
        """Take the rows of outcomes.csv."""
        for row in outcomes():
            for paper in self.of(row.doi, row.study):
                paper.take("Rows of the fitting table", outcome_line(row), row.study)

    def baselines(self) -> None:
        """Take the rows of baselines.csv."""
        for row in baselines():
            spread = "" if row.baseline_sd is None else f" (SD {row.baseline_sd:g})"
            for paper in self.of(row.doi, row.study):
                said = f"{row.arm}: {row.scale} {shown(row.baseline_mean)}{spread}, {row.standing}"
                paper.take("Baselines", said, row.study)

    def sessions(self) -> None:
        """Take the rows of session_and_link.csv."""
        for row in session_and_link():
            for paper in self.of(row.doi, row.study):
                said = f"{row.quantity}: {number(row)} ({row.setting}; {row.standing})"
                paper.take("Sessions, link and glutamate", said, row.study)

    def fitted(self) -> None:
        """Take the numbers that were fitted, beside what the posterior foresees."""
        for study, said in fitted_lines():
            for paper in self.papers.values():
                if study in paper.names:
                    paper.take(FITTED, said)

    def models(self) -> None:
        """Take the models of the library."""
        for file in sorted(LIBRARY.glob("*.toml")):
            model = tomllib.loads(file.read_text(encoding="utf-8"))
            for paper in self.of(str(model.get("doi", ""))):
                said = f"`{model['id']}`: {model['display_name']} ({model['standing']})"
                paper.take("Models", said, str(model["id"]))

    def claims(self) -> None:
        """Take the claims and the joints that name the source."""
        for claim in claims():
            for key in claim.sources:
                self.papers[key].take("Claims that rest on it", f"{claim.id}, {claim.verdict}: {claim.claim}")
        for joint in joints():
            for key in joint.sources:
                self.papers[key].take("Joints that rest on it", f"{joint.id}, {joint.arrow}: {joint.question}")


def papers() -> list[Paper]:
    """Give every source with what is taken from it."""
    return list(Shelf().papers.values())


def fitted_lines() -> Iterator[tuple[str, str]]:
    """Give the study and the line of every number that the response was fitted to."""
    rows = (DOCS / "claims" / "response-fitted.md").read_text(encoding="utf-8").splitlines()
    for row in rows:
        cells = [cell.strip() for cell in row.strip("| ").split("|")]
        if len(cells) == CELLS and "to" in cells[-2]:
            study, what, when, seen, foreseen, interval, place = cells
            yield study, f"{what} at {when}: seen {seen}, foreseen {foreseen} ({interval}), {place}"


def shown(value: float | None) -> str:
    """Write a number, or that it is not known."""
    return "not known" if value is None else f"{value:g}"


def number(one: Finding | SessionRow) -> str:
    """Write a value with its unit and its interval, or that only a direction is known."""
    if one.unit == "direction":
        return "a direction"
    ends = "" if one.low is None and one.high is None else f" ({shown(one.low)} to {shown(one.high)})"
    return f"{'range' if one.value is None else shown(one.value)} {one.unit}{ends}"


def outcome_line(row: OutcomeRow) -> str:
    """Write one row of outcomes.csv."""
    when = "" if row.time_h is None else f" at {row.time_h:g} h"
    word = "value" if row.spread_kind == "statistic" else "change"
    said = [f"{word} {row.mean_change:g}"] if row.mean_change is not None else []
    said += [f"response {100 * row.response_fraction:.0f} %"] if row.response_fraction is not None else []
    return f"{row.arm}, {row.scale}{when}: {', '.join(said) or 'no number'} ({row.standing})"


@cache
def test_texts() -> tuple[tuple[str, str], ...]:
    """Give the id and the text of every test function, with the constants of its file that it uses.

    Tests of the house are left out: they hold the code and these pages, not what a paper says.
    """
    files = sorted(file for file in (ROOT / "tests").rglob("test_*.py") if file.parent.name != "house")
    return tuple(one for file in files for one in of_file(file))


def of_file(file: Path) -> Iterator[tuple[str, str]]:
    """Give the tests of one file."""
    text = file.read_text(encoding="utf-8")
    tree, where, lines = ast.parse(text), file.relative_to(ROOT), text.splitlines()
    named = {
        target.id: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & named.keys()
            own = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
            yield f"{where}::{node.name}", "\n".join([own, marks, *(named[name] for name in sorted(used))])


def holding(paper: Paper) -> list[str]:
    """Give the tests that name the source or what was taken from it, and those of its claims."""
    names = sorted(filter(None, paper.names))
    whole = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
    # Most texts hold none of the names, which is found sooner than that they hold no whole word of them.
    named = [test for test, text in test_texts() if any(name in text for name in names) and whole.search(text)]
    of_claims = [one.test for one in claims() if paper.reference.key in one.sources and one.test]
    of_fit = FITTED_BY if FITTED in paper.taken else ()
    return sorted(dict.fromkeys([*named, *of_claims, *of_fit]))


def verdict(test: str) -> str:
    """Say whether a test passed when `make claims` ran it last."""
    return str(results().get("tests", {}).get(test, "not run"))


@cache
def results() -> dict[str, Any]:
    """Read what `make claims` wrote."""
    found: dict[str, Any] = json.loads(HELD.read_text(encoding="utf-8")) if HELD.exists() else {}
    return found


def name_of(one: Reference) -> str:
    """Write who and when, or the key where neither is known."""
    return f"{one.author or one.key} {one.year}".strip()


def page(paper: Paper) -> str:
    """Write one page."""
    one = paper.reference
    lines = [f"# {name_of(one)}", "", one.citation, ""]
    lines += [one.note.rstrip(".") + ".", ""] if one.note else []
    if not paper.taken:
        lines += ["Nothing is taken from it as a number: it stands behind words, or a method.", ""]
    for heading, taken in paper.taken.items():
        lines += [f"## {heading}", "", *(f"- {line}" for line in taken[:MOST_ROWS])]
        left = len(taken) - MOST_ROWS
        lines += [f"- and {left} more: `limen evidence` gives all"] if left > 0 else []
        lines.append("")
    tests = holding(paper)
    lines += ["## Held by", ""]
    lines += ["| test | when last run |", "|---|---|"] if tests else ["No test names it."]
    lines += [f"| `{test}` | {verdict(test)} |" for test in tests]
    return "\n".join(lines) + "\n"


def index(every: Sequence[Paper]) -> str:
    """Write the page that lists all."""
    lines = [
        "# The papers",
        "",
        "One page for each source: what it found, its standing, what is taken from it, and which tests hold it. The",
        "pages are made from the package and its tests, so they say no more than those do.",
        "",
        "| source | what it found | taken | tests |",
        "|---|---|---|---|",
    ]
    for paper in sorted(every, key=lambda one: one.reference.key):
        one, taken = paper.reference, sum(len(rows) for rows in paper.taken.values())
        lines.append(f"| [{name_of(one)}]({one.key}.md) | {one.note} | {taken} | {len(holding(paper))} |")
    lines += ["", "```{toctree}", ":hidden:", "", *sorted(paper.reference.key for paper in every), "```"]
    return "\n".join(lines) + "\n"


def write_paper_pages() -> None:
    """Write the pages that changed, and take away those of sources that are gone."""
    PAGES.mkdir(exist_ok=True)
    every = papers()
    pages = {paper.reference.key: page(paper) for paper in every} | {"index": index(every)}
    for stale in {file.stem for file in PAGES.glob("*.md")} - pages.keys():
        (PAGES / f"{stale}.md").unlink()
    for name, text in pages.items():
        write_page(PAGES / f"{name}.md", text)


def write_page(file: Path, text: str) -> None:
    """Write a page where it changed, so that only what changed is built anew."""
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
