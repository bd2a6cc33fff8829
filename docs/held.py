"""Run every test that a paper's page or a claim rests on, and gather every verdict of the claims pages in one table.

`make claims` runs it: it writes `claims/held.json` (which test passed, when, in which version; `earlier` holds day and
version of tests that were carried over) and `claims/everything.md`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

from paper_pages import DOCS, HELD, ROOT, holding, papers, results

import limen

EVERYTHING = DOCS / "claims" / "everything.md"
#: What may stand first in a column that is headed `verdict`, and as what it counts; more may follow.
VERDICTS = {
    "met": "met",
    "holds": "met",
    "inside": "met",
    "missed": "missed",
    "failed": "missed",
    "outside": "missed",
    "in part": "missed",
    "holds in part": "missed",
    "met in part": "missed",
    "not measured": "open",
}
#: What may stand there where nothing was asked.
NO_VERDICT = ("-", "shown", "not asserted", "known mismatch")
#: Pages that hold no verdict on a prediction or a target of ours.
NOT_JUDGED = ("everything", "index", "the-code", "tables")
#: Words of a missed line that the table shows.
SHOWN = 160


def tests_that_hold() -> list[str]:
    """Give every test that some page rests on."""
    return sorted({test for paper in papers() for test in holding(paper)})


def run(tests: list[str]) -> dict[str, str]:
    """Run tests and give the outcome of each; a test with several cases passes when all do."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
        subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - our own tests
        cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - written by the line above
    found: dict[str, set[str]] = {test: set() for test in tests}
    for case in cases:
        file = case.attrib["classname"].replace(".", "/") + ".py"
        test = f"{file}::{case.attrib['name'].split('[')[0]}"
        kinds = {child.tag for child in case}
        failed = kinds & {"failure", "error"}
        found.setdefault(test, set()).add("failed" if failed else "skipped" if "skipped" in kinds else "passed")
    return {test: worst(outcomes) for test, outcomes in found.items()}


def worst(outcomes: set[str]) -> str:
    """Give the outcome of a test from those of its cases."""
    return next((word for word in ("failed", "skipped", "passed") if word in outcomes), "not run")


def verdicts(file: Path) -> Iterator[tuple[str, str]]:
    """Give the verdict and the row of every line of the tables of a page that have a column of verdicts.

    A line with several of them, one for each rival, counts as its worst.
    """
    columns: list[int] | None = None
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            columns = None
            continue
        cells = [cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|")]
        if columns is None:
            columns = [place for place, cell in enumerate(cells) if cell.startswith("verdict")]
        elif not set(line) <= set("|- :"):
            words = {as_verdict(cells[place], file) for place in columns} - {""}
            if words:
                yield next(word for word in ("missed", "open", "met") if word in words), ": ".join(cells)


def as_verdict(cell: str, file: Path) -> str:
    """Read a cell of a column of verdicts; empty where nothing was asked."""
    said = cell.lower()
    if said.startswith(NO_VERDICT) or not said:
        return ""
    found = [word for word in VERDICTS if re.match(rf"{word}\b", said)]
    if not found:
        raise ValueError(f"{file.name} has the verdict {cell!r}: begin it with one of {', '.join(VERDICTS)}.")
    return VERDICTS[max(found, key=len)]


def page_of(file: Path) -> str:
    """Give the page on which a table is read: its own, or the one that takes it in."""
    taken = f"{{include}} {file.name}"
    takes = [page.name for page in sorted(file.parent.glob("*.md")) if taken in page.read_text(encoding="utf-8")]
    return takes[0] if takes else file.name


def everything() -> str:
    """Write the table of all predictions and targets: how many were met, and each that was missed."""
    lines = [
        "# Every prediction and target",
        "",
        "One line for each page of claims: how many of the lines of its tables were met, against published results,",
        "peers and baselines, and how many were missed; then each that was missed. `make claims` writes it from them.",
        "",
        "| page | met | missed | not measured |",
        "|---|---|---|---|",
    ]
    missed = []
    for file in sorted((DOCS / "claims").glob("*.md")):
        if file.stem not in NOT_JUDGED:
            found = list(verdicts(file))
            counts = [sum(word == kind for word, _ in found) for kind in ("met", "missed", "open")]
            if any(counts):
                lines.append(f"| [{file.stem}]({page_of(file)}) | {' | '.join(map(str, counts))} |")
                missed += [(file, row) for word, row in found if word == "missed"]
    lines += ["", "## Missed", ""]
    lines += [
        f"- [{file.stem}]({page_of(file)}): {row[:SHOWN]}{'…' if len(row) > SHOWN else ''}" for file, row in missed
    ]
    return "\n".join(lines) + "\n"


def known(tests: list[str], before: dict[str, Any]) -> dict[str, Any]:
    """Give what is kept of an earlier run: the tests that ran, and the day and version of each."""
    here = {"limen": before.get("limen"), "on": before.get("on")}
    earlier: dict[str, dict[str, str]] = before.get("earlier", {})
    had = {test: said for test, said in before.get("tests", {}).items() if test in tests and said != "not run"}
    return {"tests": had, "earlier": {test: earlier.get(test, here) for test in had}}


def main() -> None:
    """Run the tests, all or with ``--new`` those that were not run yet, and write both files."""
    tests = tests_that_hold()
    kept = known(tests, results() if "--new" in sys.argv else {})
    left = [test for test in tests if test not in kept["tests"]]
    today = {"limen": limen.__version__, "on": datetime.now(UTC).date().isoformat()}
    earlier = {test: when for test, when in kept["earlier"].items() if when != today}
    held = today | {"tests": kept["tests"] | (run(left) if left else {})} | ({"earlier": earlier} if earlier else {})
    HELD.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    EVERYTHING.write_text(everything(), encoding="utf-8")


if __name__ == "__main__":
    main()
