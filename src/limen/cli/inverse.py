"""From a wanted exposure back to what would be given: the commands of inverse use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from limen.cli.door import AsJson, answer, app
from limen.cli.infusion import Drug, Model, Route, Sampled, Weight

REACH_MIN: Final = 10.0  # ours: as soon as a pump and a vein allow without a bolus
HOLD_MIN: Final = 40.0  # the length of the infusion of most trials
CHANGE_MIN: Final = 5.0  # ours: as often as a rate is changed by hand

Wanted = Annotated[float, typer.Argument(metavar="LEVEL", help="ng/mL, or a fraction of receptors for occupancy.")]
Peak = Annotated[float, typer.Argument(metavar="PEAK", help="Of ketamine, ng/mL.")]
MostMg = Annotated[float, typer.Option("--most-mg", help="The most that may be given in all, mg.")]


@app.command(name="infusion-for")
def infusion_for(
    level: Wanted,
    *,
    weight_kg: Weight,
    most_mg_per_min: Annotated[float, typer.Option("--most-mg-per-min", help="The highest rate of the pump.")],
    most_mg: MostMg,
    of: Annotated[str, typer.Option("--of", help="ketamine, S-ketamine, norketamine, ... or occupancy.")] = "ketamine",
    reach_min: Annotated[float, typer.Option("--reach-min", help="Minutes until the level is reached.")] = REACH_MIN,
    hold_min: Annotated[float, typer.Option("--hold-min", help="Minutes for which it is then held.")] = HOLD_MIN,
    drug: Drug = "ketamine",
    model: Model = "ensemble",
    sampled: Sampled = "venous",
    assay: Annotated[str, typer.Option(help="Of occupancy: in_vivo, ebert or salat.")] = "in_vivo",
    step_min: Annotated[float, typer.Option("--step-min", help="Minutes between changes of the rate.")] = CHANGE_MIN,
    to: Annotated[Path | None, typer.Option(help="Folder for a page that draws it; without it no page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the infusion that reaches and holds a concentration or an occupancy, as an option to review."""
    from limen.chain.inverse_answer import infusion_answer
    from limen.report.inverse_tables import infusion_table

    found = infusion_answer(
        level,
        reading=of,
        reach_min=reach_min,
        hold_min=hold_min,
        most_mg_per_min=most_mg_per_min,
        most_mg=most_mg,
        weight_kg=weight_kg,
        drug=drug,
        sampled=sampled,
        model=model,
        step_min=step_min,
        assay=assay,
    )
    if to is not None:
        from limen.report.exposure import page_name, write_exposure_page
        from limen.report.exposure_data import exposure_data

        data = exposure_data(found["dose"], weight_kg=weight_kg, drug=drug, route="iv", model=model, sampled=sampled)
        found |= {"file_written": str(write_exposure_page(data, to / page_name(data)))}
    answer(found, infusion_table, as_json=as_json)


@app.command(name="dose-for")
def dose_for(
    peak: Peak,
    *,
    weight_kg: Weight,
    probability: Annotated[float, typer.Option(help="Least share of people like this one who reach it.")],
    most_mg: MostMg,
    over_min: Annotated[float | None, typer.Option("--over-min", help="Of an infusion. Without it: at once.")] = None,
    drug: Drug = "ketamine",
    route: Route = "iv",
    model: Model = "ensemble",
    sampled: Sampled = "venous",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the chance.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Find the smallest dose whose peak reaches a concentration with a probability, as an option to review."""
    from limen.chain.inverse_answer import dose_answer
    from limen.report.inverse_tables import dose_table

    found = dose_answer(
        peak,
        probability=probability,
        most_mg=most_mg,
        weight_kg=weight_kg,
        over_min=over_min,
        drug=drug,
        route=route,
        model=model,
        sampled=sampled,
        seed=seed,
    )
    answer(found, dose_table, as_json=as_json)
