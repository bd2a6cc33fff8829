"""What a recording shows: the commands of files and live streams of signals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from limen.cli.door import AsJson, answer, app, progress

if TYPE_CHECKING:
    from limen.quantities import Site

Recorded = Annotated[str | None, typer.Option(help="scalp, intracranial or source; nothing is assumed without it.")]
Channels = Annotated[str | None, typer.Option(help="Names joined by commas; all channels without it.")]
FalseOnTime = Annotated[float, typer.Option(help="Share of the time without a rhythm that may be called one.")]
Unit = Annotated[str | None, typer.Option(help="uV, mV, V, nV or counts, for a file that does not state it.")]
Rate = Annotated[float | None, typer.Option("--sample-rate-hz", help="For a file that does not state it.")]

#: Asked unless another is: one second in a hundred without a rhythm is called one (detection.md section 9).
FALSE_ON_TIME: Final = 0.01
#: The lag of live use (detection.md section 9), the longest packet taken at once, and the wait for a listener (ours).
#: What is there is taken at once, so a long packet makes nothing later; it lets a reader who is late catch up.
LAG_S: Final = 2.0
PACKET_S: Final = 1.0
WAIT_S: Final = 30.0


@app.command()
def rhythm(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A recording of any known format.")] = None,
    *,
    visibility: Annotated[str | None, typer.Option(help="Instead: what a montage shows, such as scalp-64.")] = None,
    recorded: Recorded = None,
    channels: Channels = None,
    false_on_time: FalseOnTime = FALSE_ON_TIME,
    lag_s: Annotated[float | None, typer.Option(help="Judge as the live detector does, so many seconds later.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Judge with hindsight over the whole; the default.")
    ] = False,
    sample_rate_hz: Rate = None,
    unit: Unit = None,
    stream: Annotated[str | None, typer.Option(help="Which stream of an XDF file.")] = None,
    simulated: Annotated[bool, typer.Option("--simulated", help="Nobody gave this signal.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the chance in the calibration.")] = 1,
    to: Annotated[Path | None, typer.Option(help="Folder for a BIDS table of the episodes; without it none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a recording holds a 1-4 Hz rhythm, when, and whether it could be seen here at all."""
    from limen.report.recording import rhythm_table, visibility_table
    from limen.rhythm import find_rhythm, visibility_answer
    from limen.rhythm.tables import write_events

    if visibility is not None:
        answer(visibility_answer(visibility), visibility_table, as_json=as_json)
        return
    path = named(file, lag_s, offline=offline)
    found = find_rhythm(
        path,
        recorded=site(recorded),
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
    if to is not None:
        found |= {"files_written": [str(path) for path in write_events(found, to, path.stem)]}
    answer(found, rhythm_table, as_json=as_json)


def site(word: str | None) -> Site | None:
    """Give the site that was stated, or say which there are."""
    from limen.quantities import InputError

    found: dict[str, Site] = {"scalp": "scalp", "intracranial": "intracranial", "source": "source"}
    if word is not None and word not in found:
        raise InputError(f"A recording cannot be {word!r}: --recorded is scalp, intracranial or source.")
    return None if word is None else found[word]


def named(file: Path | None, lag_s: float | None, *, offline: bool) -> Path:
    """Give the file, or say which words are missing or exclude each other."""
    from limen.quantities import InputError

    if file is None:
        raise InputError("limen rhythm got no FILE: name a recording, or --visibility scalp-64 for the atlas.")
    if offline and lag_s is not None:
        raise InputError(f"--offline and --lag-s {lag_s:g} exclude each other: leave one out.")
    return file


@app.command()
def live(
    *,
    stream: Annotated[str, typer.Option(help="Name of the LSL stream.")],
    lag_s: Annotated[float, typer.Option(help="Judge every moment so many seconds later, 0 to 30.")] = LAG_S,
    recorded: Recorded = None,
    unit: Unit = None,
    for_s: Annotated[float | None, typer.Option(help="Stop after so many seconds; else when the stream ends.")] = None,
    as_json: AsJson = False,
) -> None:
    """Watch a live stream for a 1-4 Hz rhythm; acquisition is never held up."""
    from limen.recording import listen
    from limen.report.recording import watched_table
    from limen.rhythm.monitor import watch

    found = listen(stream, unit=unit, recorded=site(recorded))
    try:
        seen = watch(
            found.packets(PACKET_S),
            found.names,
            found.sample_rate_hz,
            kinds=found.kinds,
            lag_s=lag_s,
            say=told(as_json=as_json),
            most_s=for_s,
        )
    finally:
        found.close()
    answer({"stream": found.name, **seen, "warnings": list(found.warnings)}, watched_table, as_json=as_json)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording of any known format.")],
    *,
    stream: Annotated[str, typer.Option(help="Name of the LSL stream that is sent.")] = "limen-replay",
    speedup: Annotated[float, typer.Option(help="1 to 60 times the true speed.")] = 1.0,
    wait_s: Annotated[float, typer.Option(help="Seconds to wait for somebody who listens.")] = WAIT_S,
    sample_rate_hz: Rate = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Send a recording as a live LSL stream, gaps and all, for `limen live` on the same machine."""
    from limen.recording import open_recording, replay_as_stream
    from limen.report.terminal import fields

    opened = open_recording(file, sample_rate_hz=sample_rate_hz, unit=unit)
    sent = replay_as_stream(opened, stream, speedup=speedup, wait_s=wait_s)
    answer({"stream": stream, "file": opened.file, "samples_sent": sent}, fields, as_json=as_json)


def told(*, as_json: bool) -> Callable[[str], None]:
    """Give what says a line: on standard error where standard output is for JSON."""
    return lambda text: typer.echo(text, err=as_json)
