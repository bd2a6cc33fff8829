"""What is given, and how much of it is where: the commands of one infusion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limen.cli.door import AsJson, To, answer, app, folder, minutes

Weight = Annotated[float, typer.Option("--weight-kg", help="Weight, 2 to 350 kg.")]
Drug = Annotated[str, typer.Option(help="ketamine or esketamine.")]
Route = Annotated[str, typer.Option(help="iv, im, sc, intranasal, oral or sublingual.")]
AtMin = Annotated[str, typer.Option("--at-min", help="Minutes since the start, rising, joined by commas.")]
Model = Annotated[str, typer.Option(help="ensemble, or the id of one model of `limen models`.")]
Sampled = Annotated[str, typer.Option(help="venous or arterial.")]


@app.command()
def demo(
    to: To = None, *, open_page: Annotated[bool, typer.Option("--open/--no-open", help="Show it.")] = True
) -> None:
    """Tell one infusion in twelve lines, and write the story page."""
    from limen.report.demo import tell

    typer.echo("Computing one infusion under every side of every joint; some seconds ...", err=True)
    for line in tell(folder(to, "demo"), show=open_page):
        typer.echo(line)


@app.command()
def concentration(
    dose: Annotated[str, typer.Argument(metavar="DOSE", help='Such as "0.5 mg/kg over 40 min".')],
    *,
    weight_kg: Weight,
    at_min: AtMin = "10,20,40,60,80,120,240",
    drug: Drug = "ketamine",
    route: Route = "iv",
    model: Model = "ensemble",
    sampled: Sampled = "venous",
    to: Annotated[Path | None, typer.Option(help="Folder for a page that draws it; without it no page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give total drug in plasma over time, with its spread over people and models."""
    from limen.chain.exposure import concentration_answer
    from limen.report.terminal import concentration_table

    found = concentration_answer(
        dose, weight_kg=weight_kg, at_min=minutes(at_min), drug=drug, route=route, model=model, sampled=sampled
    )
    if to is not None:
        from limen.report.exposure import page_name, write_exposure_page
        from limen.report.exposure_data import exposure_data

        data = exposure_data(dose, weight_kg=weight_kg, drug=drug, route=route, model=model, sampled=sampled)
        found |= {"file_written": str(write_exposure_page(data, to / page_name(data)))}
    answer(found, concentration_table, as_json=as_json)


@app.command()
def occupancy(
    dose: Annotated[str, typer.Argument(metavar="DOSE", help='Such as "0.5 mg/kg over 40 min".')],
    *,
    weight_kg: Weight,
    at_min: AtMin = "10,20,40,60,80,120,240",
    drug: Drug = "ketamine",
    route: Route = "iv",
    model: Model = "ensemble",
    sampled: Sampled = "venous",
    assay: Annotated[str, typer.Option(help="in_vivo, ebert or salat.")] = "in_vivo",
    fu: Annotated[float | None, typer.Option("--fu", help="Unbound fraction. Default: 0.53, with its range.")] = None,
    voltage_mv: Annotated[float | None, typer.Option(help="Of the functional block, mV. Default: -66.")] = None,
    mg_mm: Annotated[float | None, typer.Option(help="Magnesium for the functional block, mM. Default: 1.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give the share of NMDA receptors that hold the drug over time, by a named assay."""
    from limen.chain.exposure import occupancy_answer
    from limen.receptor import MAGNESIUM_MM, VOLTAGE_MV
    from limen.report.terminal import occupancy_table

    found = occupancy_answer(
        dose,
        weight_kg=weight_kg,
        at_min=minutes(at_min),
        drug=drug,
        route=route,
        model=model,
        sampled=sampled,
        assay=assay,
        fu_unbound=fu,
        voltage_mv=VOLTAGE_MV if voltage_mv is None else voltage_mv,
        mg_mm=MAGNESIUM_MM if mg_mm is None else mg_mm,
    )
    answer(found, occupancy_table, as_json=as_json)


@app.command()
def models(
    model_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One model.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the library of kinetic models: where each comes from and what it lacks."""
    from limen.chain.exposure_models import models_answer
    from limen.report.terminal import model_text, models_table

    answer(models_answer(model_id), models_table if model_id is None else model_text, as_json=as_json)


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET.csv", help="Doses and samples, NONMEM-style columns.")],
    *,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be given more than once.")] = None,
    time_unit: Annotated[str, typer.Option(help="Of TIME, DUR, II and RATE: h, min or d.")] = "h",
    dv_unit: Annotated[str, typer.Option(help="Of DV and LLOQ: ng/mL, ug/mL, mg/L, nmol/mL or umol/L.")] = "ng/mL",
    sampled: Annotated[str | None, typer.Option(help="venous or arterial, for samples that do not say it.")] = None,
    drug: Annotated[str | None, typer.Option(help="ketamine or esketamine, for doses that do not say it.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Simulated copies of the table a model. Default: 500.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the chance.")] = 1,
    blq: Annotated[str, typer.Option(help="Samples below the limit: M3 (censored) or M1 (dropped).")] = "M3",
    row_order: Annotated[bool, typer.Option("--row-order", help="Keep the order of lines at equal times.")] = False,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Compare measured concentrations with every model of the library, and write one page about it."""
    from limen.chain.evaluation import evaluation_answer
    from limen.chain.evaluation.answer import REPLICATES
    from limen.report.evaluation import evaluation_table, write_evaluation_report

    found = evaluation_answer(
        dataset,
        models=model or (),
        time_unit=time_unit,
        dv_unit=dv_unit,
        sampled=sampled,
        drug=drug,
        replicates=REPLICATES if replicates is None else replicates,
        seed=seed,
        blq=blq,
        row_order=row_order,
    )
    written = write_evaluation_report(found, folder(to, "evaluate") / f"{dataset.stem}.html")
    answer({**found, "file_written": str(written)}, evaluation_table, as_json=as_json)
