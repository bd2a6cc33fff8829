"""The long check of both mechanisms: every fact, the knock-out, and what separates A from B, into docs/claims.

    python -m limen.circuit.verification docs/claims/circuit.md [LEDGER.jsonl]
    python -m limen.circuit.verification --surface src/limen/circuit/data

The first takes some tens of minutes on one core. A ledger keeps every window, so that a run that is stopped goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Final

from limen.circuit.facts import Bench, Fact, facts
from limen.circuit.knock_out import RestResult, knock_out, t8, t8_of_rival
from limen.circuit.ledger import Ledger
from limen.circuit.mechanisms import TITLES, fingerprint, mechanism
from limen.circuit.separation import Prediction, larger, other_start, predictions, steps_of
from limen.circuit.surface import write_surface

BEGIN: Final = "<!-- facts: written by make verify-circuit -->"
END: Final = "<!-- end of facts -->"
#: Halving the step may move the peak by less than this share, and the height by less than this many dB (the issue's).
STEP_LIMITS: Final = (0.03, 1.0)


def order(fact: Fact) -> int:
    """Give the number of a fact's id."""
    return int("".join(letter for letter in fact.id if letter.isdigit()))


def word(holds: bool | None) -> str:  # noqa: FBT001 - the value of a row
    """Say whether a row holds."""
    return {True: "holds", False: "**failed**", None: "shown"}[holds]


def judged(name: str, ledger: Ledger) -> tuple[list[Fact], list[RestResult], Bench]:
    """Judge one mechanism: its facts in order, and the rests of its knock-out."""
    bench = Bench(mechanism(name).network, ledger)
    found = [*facts(bench), numerics(bench)]
    rests = knock_out(bench) if name == "hcn1" else []
    eighth = t8(rests) if rests else t8_of_rival(bench)
    return sorted([*found, eighth], key=order), rests, bench


def numerics(bench: Bench) -> Fact:
    """Judge the step of the integration, and show start and size."""
    share, height_db = steps_of(bench)
    peak_hz, tall_db = larger(bench)
    found = (
        f"peak by {100.0 * share:.1f} %, height by {height_db:.2f} dB; started depolarised heights move by"
        f" {other_start(bench):.1f} dB at most; four times the cells {peak_hz:.2f} Hz, {tall_db:.1f} dB"
    )
    holds = share < STEP_LIMITS[0] and height_db < STEP_LIMITS[1]
    return Fact("D99", "half the step moves the peak by less than 3 % and the height by less than 1 dB", found, holds)


def fact_table(found: dict[str, list[Fact]]) -> list[str]:
    """Write the facts of both mechanisms, side by side."""
    lines = ["| fact | asked | A | verdict | B | verdict |", "|---|---|---|---|---|---|"]
    for one, other in zip(found["hcn1"], found["rival"], strict=True):
        name, asks = ("step", one.asks) if one.id == "D99" else (one.id, one.asks)
        lines.append(f"| {name} | {asks} | {one.found} | {word(one.holds)} | {other.found} | {word(other.holds)} |")
    return lines


def rest_table(rests: Sequence[RestResult]) -> list[str]:
    """Write the knock-out of A, rest by rest."""
    lines = [
        "| rest, mV | H without drug, Hz | power, % of wild type | height, dB | at block | blocks alive | |",
        "|---|---|---|---|---|---|---|",
    ]
    return lines + [
        f"| {one.rest_mv:+g} | {one.free_hz:.1f} | {100.0 * one.power_share:.2f} | {one.height_db:.1f} |"
        f" {one.at_block:g} | {one.live} | {word(one.passes)} |"
        for one in rests
    ]


def prediction_table(one: Sequence[Prediction], other: Sequence[Prediction]) -> list[str]:
    """Write what both predict, side by side."""
    lines = [
        "| under | A: peak Hz | height dB | H Hz | B: peak Hz | height dB | H Hz |",
        "|---|---|---|---|---|---|---|",
    ]
    return lines + [f"| {a.name} | {_cells(a)} | {_cells(b)} |" for a, b in zip(one, other, strict=True)]


def _cells(one: Prediction) -> str:
    peak = "none" if one.peak_hz is None else f"{one.peak_hz:.2f}"
    return f"{peak} | {one.height_db:.1f} | {one.deep_rate_hz:.1f}"


def tables(ledger: Ledger) -> str:
    """Write all tables."""
    found = {name: judged(name, ledger) for name in TITLES}
    both = [predictions(found[name][2]) for name in ("hcn1", "rival")]
    made = ", ".join(f"{name} `{fingerprint(name)[:12]}`" for name in TITLES)
    best = ", ".join(f"{name} {found[name][2].best:g}" for name in TITLES)
    passed = {name: sum(one.holds is True for one in found[name][0]) for name in TITLES}
    asked = {name: sum(one.holds is not None for one in found[name][0]) for name in TITLES}
    parts = [
        "### Facts",
        *fact_table({name: found[name][0] for name in TITLES}),
        f"A meets {passed['hcn1']} of {asked['hcn1']} judged rows, B {passed['rival']} of {asked['rival']}."
        f" Seeds 1 to 5, 30 s without drug and 15 s under block (T8: seeds 1 to 3, 30 s; 6 s where H is silent), made"
        f" from {made}; highest rhythm at block {best}.",
        "### The knock-out of A",
        *rest_table(found["hcn1"][1]),
        "### Predictions side by side",
        *prediction_table(*both),
    ]
    return spaced(parts)


def spaced(parts: Sequence[str]) -> str:
    """Join lines, with an empty one wherever a table begins or ends."""
    lines = [parts[0]]
    for before, after in pairwise(parts):
        lines += [after] if before.startswith("|") and after.startswith("|") else ["", after]
    return "\n".join(lines)


def write(page: Path, text: str) -> None:
    """Put the tables between their marks in a page."""
    whole = page.read_text(encoding="utf-8")
    head, tail = whole.partition(BEGIN)[0], whole.partition(END)[2]
    page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Run the check, or compute the response surface, from the command line."""
    if sys.argv[1] == "--surface":
        write_surface(Path(sys.argv[2]), version=version("limen"), threads=1, tell=lambda _step, _steps: None)
        return
    page = Path(sys.argv[1])
    ledger = Ledger(Path(sys.argv[2]) if sys.argv[2:] else Path("limen-circuit") / "ledger.jsonl")
    write(page, tables(ledger))


if __name__ == "__main__":
    main()
