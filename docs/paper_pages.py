"""One page for each source of the package: what it found, its standing, what we take, and which test holds it.

Everything is read from the package and from the tests, so a page cannot say what they do not. Whether a test passed stands
in `claims/held.json`, which `make claims` writes.
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

from limen.evidence import Reference, baselines, claims, findings, joints, outcomes, references, session_and_link

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGES = DOCS / "papers"
HELD = DOCS / "claims" / "held.json"
LIBRARY = ROOT / "src" / "limen" / "kinetics" / "library"
#: A name shorter than this would be found in words that mean something else.
SHORTEST = 6
#: Rows of a table that a page shows; the command gives all.
MOST_ROWS = 12


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


def papers() -> list[Paper]:
    """Give every source with what is taken from it."""
    found = {key: Paper(one, {key, *one.names}) for key, one in references().items()}
    by_place = {name.casefold(): paper for paper in found.values() for name in paper.reference.names}

    def of(place: str) -> Paper | None:
        return by_place.get(place.casefold()) if place else None

    for one in findings():
        if paper := of(one.doi):
            paper.take("Numbers", f"`{one.id}`: {number(one)} ({one.population}; {one.standing}). {one.says}", one.id)
    for row in outcomes():
        if paper := of(row.doi):
            paper.take("Rows of the fitting table", outcome_line(row), row.study)
    for start in baselines():
        if paper := of(start.doi):
            spread = "" if start.baseline_sd is None else f" (SD {start.baseline_sd:g})"
            said = f"{start.arm}: {start.scale} {shown(start.baseline_mean)}{spread}, {start.standing}"
            paper.take("Baselines", said, start.study)
    for seen in session_and_link():
        if paper := of(seen.doi):
            said = f"{seen.quantity}: {number(seen)} ({seen.setting}; {seen.standing})"
            paper.take("Sessions, link and glutamate", said, seen.study)
    for file in sorted(LIBRARY.glob("*.toml")):
        model = tomllib.loads(file.read_text(encoding="utf-8"))
        if paper := of(str(model.get("doi", ""))):
            paper.take("Models", f"`{model['id']}`: {model['display_name']} ({model['standing']})", str(model["id"]))
    for claim in claims():
        for key in claim.sources:
            found[key].take("Claims that rest on it", f"{claim.id}, {claim.verdict}: {claim.claim}")
    for joint in joints():
        for key in joint.sources:
            found[key].take("Joints that rest on it", f"{joint.id}, {joint.arrow}: {joint.question}")
    return list(found.values())


def shown(value: float | None) -> str:
    """Write a number, or that it is not known."""
    return "not known" if value is None else f"{value:g}"


def number(one: object) -> str:
    """Write a value with its unit and its interval, or that only a direction is known."""
    value, unit, low, high = (getattr(one, name) for name in ("value", "unit", "low", "high"))
    if unit == "direction":
        return "a direction"
    ends = "" if low is None and high is None else f" ({shown(low)} to {shown(high)})"
    return f"{'range' if value is None else shown(value)} {unit}{ends}"


def outcome_line(row: object) -> str:
    """Write one row of outcomes.csv."""
    arm, scale, time_h, change = (getattr(row, name) for name in ("arm", "scale", "time_h", "mean_change"))
    response, standing = row.response_fraction, row.standing  # type: ignore[attr-defined]  # a row of outcomes()
    when = "" if time_h is None else f" at {time_h:g} h"
    said = [f"change {change:g}"] if change is not None else []
    said += [f"response {100 * response:.0f} %"] if response is not None else []
    return f"{arm}, {scale}{when}: {', '.join(said) or 'no number'} ({standing})"


@cache
def test_texts() -> tuple[tuple[str, str], ...]:
    """Give the id and the text of every test function, with the constants of its file that it uses."""
    return tuple(one for file in sorted((ROOT / "tests").rglob("test_*.py")) for one in of_file(file))


def of_file(file: Path) -> Iterator[tuple[str, str]]:
    """Give the tests of one file."""
    text = file.read_text(encoding="utf-8")
    tree, where = ast.parse(text), file.relative_to(ROOT)
    named = {
        target.id: ast.get_source_segment(text, node) or ""
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & named.keys()
            own = ast.get_source_segment(text, node) or ""
            marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
            yield f"{where}::{node.name}", "\n".join([own, marks, *(named[name] for name in sorted(used))])


def holding(paper: Paper) -> list[str]:
    """Give the tests that name the source or what was taken from it, and those of its claims."""
    word = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(paper.names) if name))
    named = [test for test, text in test_texts() if word.search(text)]
    of_claims = [one.test for one in claims() if paper.reference.key in one.sources and one.test]
    return sorted(dict.fromkeys([*named, *of_claims]))


def verdict(test: str) -> str:
    """Say whether a test passed when `make claims` ran it last."""
    return str(results().get("tests", {}).get(test, "not run"))


@cache
def results() -> dict[str, dict[str, str]]:
    """Read what `make claims` wrote."""
    found: dict[str, dict[str, str]] = json.loads(HELD.read_text(encoding="utf-8")) if HELD.exists() else {}
    return found


def page(paper: Paper) -> str:
    """Write one page."""
    one = paper.reference
    lines = [f"# {one.author or one.key} {one.year}".rstrip(), "", one.citation, ""]
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
        "One page for each source: what it found, its standing, what is taken from it, and which tests hold it. The pages are",
        "made from the package and its tests, so they say no more than those do.",
        "",
        "| source | what it found | taken | tests |",
        "|---|---|---|---|",
    ]
    for paper in sorted(every, key=lambda one: one.reference.key):
        one, taken = paper.reference, sum(len(rows) for rows in paper.taken.values())
        lines.append(
            f"| [{one.author or one.key} {one.year}]({one.key}.md) | {one.note} | {taken} | {len(holding(paper))} |"
        )
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
        file = PAGES / f"{name}.md"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
