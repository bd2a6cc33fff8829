"""What many people show: the commands of trials, tables and the population."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from limen.cli.door import AsJson, To, answer, app, folder

#: Steps of each chain after which all agreed (ours: R-hat below 1.01, no divergence).
FIT_STEPS: Final = 1000


@app.command()
def trial(
    spec: Annotated[Path | None, typer.Argument(metavar="[SPEC.toml]", help="A trial specification.")] = None,
    *,
    workers: Annotated[int, typer.Option(min=1, help="Processes; any number gives the same bytes.")] = 1,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://..., instead.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder that keeps every part, to go on from.")] = None,
    people: Annotated[bool, typer.Option("--people", help="Keep every person in that folder too.")] = False,
    seal: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write a sealed forecast instead.")] = None,
    sealed_on: Annotated[str | None, typer.Option(metavar="DATE", help="The day of the seal, 2026-11-28.")] = None,
    score: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Score sealed forecasts by results.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a virtual trial: what its arms would show, over many trials of the same design."""
    from limen.quantities import InputError

    running = {"--workers": workers != 1, "--scheduler": scheduler, "--to": to, "--people": people}
    asked = [name for name, value in (running | {"--seal": seal, "--sealed-on": sealed_on}).items() if value]
    if score is not None:
        if spec is not None or asked:
            raise InputError(f"--score {score} runs no trial: leave {spec or asked[0]} out.")
        scored(score, as_json=as_json)
        return
    from limen.report.terminal_trial import trial_table
    from limen.trials import read_spec, run_trial

    if spec is None:
        raise InputError("limen trial needs a specification, got none: name a file, or --score a folder of forecasts.")
    if seal is not None or sealed_on is not None:
        if asked[0] in running:
            raise InputError(f"A forecast is computed here and keeps no part, got {asked[0]}: leave it out.")
        forecast(spec, seal, sealed_on, as_json=as_json)
        return
    found = run_trial(read_spec(spec), workers=workers, scheduler=scheduler, to=to, people=people)
    answer(found, trial_table, as_json=as_json)


def is_trial(file: Path) -> bool:
    """Tell whether a file is a trial specification."""
    from limen.regimen.toml_table import read_toml

    return file.suffix == ".toml" and read_toml(file).has("trial")


def trial_report(file: Path, to: Path | None, *, as_json: bool) -> None:
    """Write the page of a trial."""
    from limen.report.terminal import written_line
    from limen.report.trial import write_trial_report
    from limen.trials import read_spec, run_trial
    from limen.trials.report_data import trial_report_data

    spec = read_spec(file)
    data = trial_report_data(spec, run_trial(spec))
    written = write_trial_report(data, folder(to, "report") / f"{file.stem}.html")
    answer({"file": str(written)}, written_line, as_json=as_json)


def forecast(spec: Path, file: Path | None, sealed_on: str | None, *, as_json: bool) -> None:
    """Write the sealed forecast of a trial."""
    from limen.quantities import InputError
    from limen.report.terminal import written_line
    from limen.trials.ledger import make_forecast, write_forecast

    if file is None or sealed_on is None:
        raise InputError(
            f"A seal needs a file and a day, got --seal {file} and --sealed-on {sealed_on}: write both, such as"
            " --seal forecasts/mine.json --sealed-on 2026-11-28."
        )
    written = write_forecast(make_forecast(spec, sealed_on), file)
    answer({"file": str(written)}, written_line, as_json=as_json)


def scored(place: Path, *, as_json: bool) -> None:
    """Score the forecasts of a folder; a broken seal ends with 3."""
    from limen.report.terminal_trial import score_table
    from limen.trials.scoring import score_answer

    found = score_answer(place)
    answer(found, score_table, as_json=as_json)
    if found["broken"]:
        typer.echo(
            f"The seal of {', '.join(found['broken'])} does not hold: restore it from where it was kept.", err=True
        )
        raise typer.Exit(3)


@app.command()
def fit(
    *,
    population: Annotated[bool, typer.Option("--population", help="Fit the population's response.")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder of individual scores; without it the tables alone.")] = None,
    steps: Annotated[int, typer.Option(min=100, help="Steps of each chain; as many warm up.")] = FIT_STEPS,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the chance.")] = 1,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Make the population posterior of the response anew; it takes some minutes."""
    from limen.inference.fitting import fit_answer
    from limen.quantities import InputError
    from limen.report.terminal import fields

    if not population:
        raise InputError("limen fit does not know what to fit: add --population.")
    answer(fit_answer(data, seed=seed, steps=steps, to=folder(to, "fit")), fields, as_json=as_json)


@app.command()
def mediation(
    data: Annotated[Path, typer.Argument(metavar="DATA.csv", help="A table, one line a scored visit.")],
    *,
    exposure_error_cv: Annotated[
        float | None, typer.Option(help="Relative error of measured exposures. Default: 0.15.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the chance.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Ask how much of a benefit goes with dissociation, and what unmeasured cause would undo that reading."""
    from limen.inference.mediation import EXPOSURE_ERROR_CV, mediation_answer
    from limen.report.terminal import mediation_table

    cv = EXPOSURE_ERROR_CV if exposure_error_cv is None else exposure_error_cv
    answer(mediation_answer(data, seed=seed, exposure_error_cv=cv), mediation_table, as_json=as_json)
