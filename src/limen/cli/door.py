"""What every command shares: the program itself, common options, and how an answer is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="limen",
    help="One ketamine infusion, from the pump to the options to review, with how sure each step is.",
    epilog="For research and education. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
To = Annotated[Path | None, typer.Option("--to", help="Folder for the files. Default: ./limen-NAME.")]
Joint = Annotated[list[str] | None, typer.Option(help="Take a side of a joint, such as J7=cut.")]
CasePath = Annotated[Path, typer.Argument(metavar="CASE.toml", help="A case file.")]


def version(asked: bool) -> None:  # noqa: FBT001 - the callback of a flag is given a flag
    """Print the version and end."""
    if asked:
        from limen import __version__

        typer.echo(f"limen {__version__}")
        raise typer.Exit


@app.callback()
def start(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Keep the options that hold for every command."""


def progress(step: int, steps: int) -> None:
    """Say on standard error how far a long work is."""
    typer.echo(f"step {step} of {steps}", err=True)


def minutes(text: str) -> list[float]:
    """Read minutes joined by commas."""
    from limen.quantities import InputError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"--at-min needs numbers joined by commas, got {text!r}: write 10,40,80 for example."
        ) from None


def folder(to: Path | None, name: str) -> Path:
    """Give the folder that a command writes to."""
    return to if to is not None else Path(f"limen-{name}")


def answer(found: Mapping[str, Any], words: Any, *, as_json: bool) -> None:
    """Print an answer, in words or as JSON."""
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        words(found)
