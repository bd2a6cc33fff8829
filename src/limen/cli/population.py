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
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml", help="A trial specification.")],
    *,
    workers: Annotated[int, typer.Option(min=1, help="Processes; any number gives the same bytes.")] = 1,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://..., instead.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder that keeps every part, to go on from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a virtual trial: what its arms would show, over many trials of the same design."""
    from limen.report.terminal import trial_table
    from limen.trials import read_spec, run_trial

    found = run_trial(read_spec(spec), workers=workers, scheduler=scheduler, to=to)
    answer(found, trial_table, as_json=as_json)


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
