"""What the posteromedial circuit does: the commands of network, search and stimulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from limen.cli.door import AsJson, To, answer, app, folder, progress

MechanismWord = Annotated[str, typer.Option(help="hcn1 or rival.")]
#: Points of a search that took the shipped mechanisms to where they are.
SEARCH_POINTS: Final = 168
SEARCH_SEEDS: Final = 2
CIRCUIT_SEEDS: Final = 3
WINDOW_S: Final = 15.0


@app.command()
def circuit(
    *,
    block: Annotated[str, typer.Option(help="Shares of NMDA receptors that hold drug: 0:1:0.05, or 0,0.35.")],
    hcn1: Annotated[float, typer.Option(help="Share of HCN1 that is left: 1 wild type, 0 knock-out.")] = 1.0,
    mechanism: MechanismWord = "hcn1",
    pulses: Annotated[
        str | None, typer.Option(help="Current pulses into the deep cells, such as '2 Hz 10 ms'.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many seeds, from 1 on.")] = CIRCUIT_SEEDS,
    seconds: Annotated[float, typer.Option(help="Model seconds read at each block.")] = WINDOW_S,
    threads: Annotated[int, typer.Option(min=1, help="Side by side; any number gives the same answer.")] = 1,
    engine: Annotated[str, typer.Option(help="auto, numba or numpy.")] = "auto",
    to: Annotated[Path | None, typer.Option("--to", help="Also draw a page into this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the posteromedial circuit, a hypothesis, over shares of blocked receptors."""
    from limen.circuit import Sweep, circuit_answer, read_blocks, read_pulses
    from limen.report.terminal import circuit_table

    stimulus = None if pulses is None else read_pulses(pulses)
    sweep = Sweep(read_blocks(block), hcn1, mechanism, stimulus, seeds, seconds)
    found = circuit_answer(sweep, threads=threads, engine=engine, tell=progress)
    if to is not None:
        from limen.report.circuit import write_circuit_page

        typer.echo(f"Wrote {write_circuit_page(found, to, pulses=stimulus, engine=engine)}.", err=True)
    answer(found, circuit_table, as_json=as_json)


@app.command(name="circuit-search")
def circuit_search(
    *,
    mechanism: MechanismWord = "hcn1",
    budget: Annotated[int, typer.Option(help="Points tried in all; those in the folder count.")] = SEARCH_POINTS,
    seeds: Annotated[int, typer.Option(help="Seeds of the network at each point.")] = SEARCH_SEEDS,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 1,
    hand: Annotated[bool, typer.Option("--hand", help="Begin from the values set by hand.")] = False,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Search a mechanism's values anew, from where they stand; with the same folder it goes on where it stopped."""
    from limen.circuit.search import search_answer
    from limen.report.terminal import fields

    place = folder(to, "circuit-search")
    answer(
        search_answer(mechanism, place, seed=seed, budget=budget, seeds=seeds, hand=hand, tell=progress),
        fields,
        as_json=as_json,
    )


@app.command()
def stimulate(
    *,
    target: Annotated[
        str, typer.Option(help="anterior precuneus, oscillating contact, posteromedial elsewhere, sham.")
    ],
    current_ma: Annotated[float, typer.Option(help="Current, mA.")],
    frequency_hz: Annotated[float, typer.Option(help="Pulses a second.")],
    as_json: AsJson = False,
) -> None:
    """Say how often such a stimulation was reported to dissociate, and what the circuit does under it."""
    from limen.circuit.stimulation import stimulate_answer
    from limen.report.terminal import stimulation_table

    answer(stimulate_answer(target, current_ma, frequency_hz), stimulation_table, as_json=as_json)
