"""Forecasts sealed before the outcome is known, and scored after: the commands of a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limen.cli.door import AsJson, CasePath, answer, app

forecasts = typer.Typer(
    name="forecast", help="Seal what is foretold of a person, and score it later.", no_args_is_help=True
)
app.add_typer(forecasts)

LedgerPath = Annotated[Path, typer.Argument(metavar="LEDGER", help="A ledger of forecasts.")]


@forecasts.command()
def seal(
    case: CasePath,
    *,
    date: Annotated[str, typer.Option("--date", help="Date of the sealing, YYYY-MM-DD.")],
    ledger: Annotated[Path, typer.Option("--to", help="The ledger; made where it is not there.")],
    guess: Annotated[list[str] | None, typer.Option(help="Somebody's own guess, 'MADRS 24 = 15'.")] = None,
    as_json: AsJson = False,
) -> None:
    """Seal the forecasts of a case file into a ledger: date, version and hash, and nobody's name."""
    from limen.inference.ledger import read_guess
    from limen.inference.ledger import seal as seal_case
    from limen.regimen import read_case
    from limen.report.terminal import fields

    guesses = [read_guess(text) for text in guess or []]
    answer(seal_case(read_case(case), ledger, on=date, guesses=guesses), fields, as_json=as_json)


@forecasts.command()
def score(
    ledger: LedgerPath,
    case: CasePath,
    *,
    line: Annotated[int | None, typer.Option(min=1, help="Line of the ledger. Default: the last.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score what was sealed by the scores of a later case file, beside climatology and the guess."""
    from limen.inference.scoring import score_ledger
    from limen.regimen import read_case
    from limen.report.terminal import forecast_table

    answer(score_ledger(ledger, read_case(case), line), forecast_table, as_json=as_json)


@forecasts.command()
def check(ledger: LedgerPath, *, as_json: AsJson = False) -> None:
    """Hold a ledger to its own hashes; exit code 3 and the first line that was changed if it does not fit."""
    from limen.inference.ledger import first_fault, lines_of
    from limen.report.terminal import fields

    fault = first_fault(ledger)
    answer({"lines": len(lines_of(ledger)), "first_fault": fault, "whole": fault is None}, fields, as_json=as_json)
    if fault is not None:
        raise typer.Exit(3)
