"""What a recording shows: the commands of files and live streams of signals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limen.cli.door import AsJson, To, answer, app, folder, progress

Recorded = Annotated[str | None, typer.Option(help="scalp, intracranial or source; nothing is assumed without it.")]
Channels = Annotated[str | None, typer.Option(help="Names joined by commas; all channels without it.")]
FalseOnTime = Annotated[float, typer.Option(help="Share of the time without a rhythm that may be called one.")]
Unit = Annotated[str | None, typer.Option(help="uV, mV, V, nV or counts, for a file that does not state it.")]
Rate = Annotated[float | None, typer.Option("--sample-rate-hz", help="For a file that does not state it.")]
FALSE_ON_TIME = 0.01


@app.command()
def rhythm(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording of any known format.")],
    *,
    recorded: Recorded = None,
    channels: Channels = None,
    false_on_time: FalseOnTime = FALSE_ON_TIME,
    lag_s: Annotated[float | None, typer.Option(help="Judge as the live detector does, so many seconds later.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Judge with hindsight over the whole; the default.")] = False,
    sample_rate_hz: Rate = None,
    unit: Unit = None,
    stream: Annotated[str | None, typer.Option(help="Which stream of an XDF file.")] = None,
    simulated: Annotated[bool, typer.Option("--simulated", help="Nobody gave this signal.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the chance in the calibration.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Say whether a recording holds a 1-4 Hz rhythm, when, and whether it could be seen here at all."""
    from limen.rhythm import find_rhythm
    from limen.report.terminal import fields

    found = find_rhythm(
        file,
        recorded=recorded,  # type: ignore[arg-type] - refused by its value, with a sentence
        channels=None if channels is None else [name.strip() for name in channels.split(",")],
        false_on_time=false_on_time,
        lag_s=lag_s,
        sample_rate_hz=sample_rate_hz,
        unit=unit,
        simulated=simulated,
        stream=stream,
        seed=seed,
        tell=progress,
    )
    answer(found, fields, as_json=as_json)
