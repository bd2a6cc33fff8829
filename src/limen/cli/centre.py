"""The infusion centre: the commands that make, serve, check and keep it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from limen.cli.door import AsJson, answer, app

centre_app = typer.Typer(
    help="Make, check, back up and restore the records of an infusion centre.", no_args_is_help=True
)
app.add_typer(centre_app, name="centre")

#: What `limen serve` listens on where nothing is said (contract section 8).
PORT: Final = 8000
HOST: Final = "127.0.0.1"
FOUND_WRONG: Final = 3
LARGEST_PORT: Final = 65_535

Data = Annotated[Path, typer.Option("--data", help="Folder of the centre.")]
Url = Annotated[str | None, typer.Option("--database", help="postgresql+psycopg://USER@HOST/NAME instead of SQLite.")]


@app.command()
def serve(
    *,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the centre; made on the first start.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Made-up people; anybody on this machine may choose a role.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=LARGEST_PORT, help="Where to listen.")] = PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine only with TLS.")] = HOST,
    database: Url = None,
    certificate: Annotated[Path | None, typer.Option(help="Certificate for TLS, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another name of this server, as a proxy calls it.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Listen for others without TLS.")] = False,
    stream: Annotated[
        str | None,
        typer.Option(help="Record this LSL stream and show it live, in research mode; needs limen[signals]."),
    ] = None,
    signal: Annotated[
        bool, typer.Option("--signal/--no-signal", help="Whether the demo runs a simulated patient who sends a signal.")
    ] = True,
) -> None:
    """Serve the web app of an infusion centre until it is ended with Ctrl-C."""
    serving = need("serving")
    from limen.quantities import InputError

    if data is None and not demo:
        raise InputError("limen serve needs --data DIR for the records of a centre, or --demo for a made-up one.")
    if (certificate is None) != (key is None):
        raise InputError("--certificate and --key belong together: name both, or neither.")
    folder = data or serving.default_demo_folder()
    with_signal = stream is not None or (demo and signal)
    run = partial(need("live.serving").serve_with_signal, stream=stream) if with_signal else serving.serve
    run(
        folder,
        host=host,
        port=port,
        url=database,
        demo=demo,
        certificate=certificate,
        key=key,
        insecure=insecure,
        names=tuple(allow_host or ()),
        tell=typer.echo,
    )


@centre_app.command()
def init(
    *,
    data: Data,
    admin: Annotated[str, typer.Option(help="Name of the first administrator, for signing in.")],
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a centre: schema, keys, and a first administrator without a default password."""
    commands = need("commands")
    password = None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    answer(commands.init(data, admin, password or None, url=database), commands.init_words, as_json=as_json)


@centre_app.command()
def audit(*, data: Data, database: Url = None, as_json: AsJson = False) -> None:
    """Verify every chain of the records; exit code 3 and the first bad place where one does not hold."""
    commands = need("commands")
    found = commands.audit(data, url=database)
    answer(found, commands.audit_words, as_json=as_json)
    if not found["holds"]:
        raise typer.Exit(FOUND_WRONG)


@centre_app.command()
def backup(
    *,
    data: Data,
    to: Annotated[Path, typer.Option("--to", help="File of the backup.")],
    keys: Annotated[bool, typer.Option("--keys/--no-keys", help="Also write FILE.keys, to be kept apart.")] = True,
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write an encrypted backup while the centre goes on working; the keys go into a file of their own."""
    commands = need("commands")
    answer(commands.backup(data, to, with_keys=keys, url=database), commands.backup_words, as_json=as_json)


@centre_app.command()
def restore(
    *,
    source: Annotated[Path, typer.Option("--from", help="File of the backup.")],
    data: Data,
    keys: Annotated[Path | None, typer.Option(help="Its keys: FILE.keys, or the folder keys of the centre.")] = None,
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty folder and verify every chain."""
    commands = need("commands")
    answer(commands.restore(source, data, keys, url=database), commands.restore_words, as_json=as_json)


@centre_app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV list of people or a FHIR R4 bundle.")],
    *,
    data: Data,
    clinic: Annotated[str | None, typer.Option(help="The clinic that they belong to. Default: the only one.")] = None,
    date_order: Annotated[
        str, typer.Option(help="year first, day first or month first, in a CSV list.")
    ] = "year first",
    keep: Annotated[bool, typer.Option("--keep", help="Keep what is not refused; without it a dry run.")] = False,
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Import people from a CSV list or a FHIR R4 bundle: a dry run first, every refused line with its reason."""
    commands = need("commands")
    found = commands.import_file(data, file, clinic=clinic, date_order=date_order, keep=keep, url=database)
    answer(found, commands.import_words, as_json=as_json)


@centre_app.command()
def export(
    *,
    data: Data,
    to: Annotated[Path, typer.Option("--to", help="Folder for one FHIR R4 bundle a person.")],
    identity: Annotated[bool, typer.Option("--identity", help="With names; without it under pseudonyms.")] = False,
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Export every person as a FHIR R4 bundle."""
    commands = need("commands")
    answer(commands.export(data, to, identity=identity, url=database), commands.export_words, as_json=as_json)


def need(name: str) -> Any:
    """Give a part of the centre, or say how to install what it needs."""
    from importlib import import_module

    from limen.quantities import InputError

    try:
        return import_module(f"limen.centre.{name}")
    except ModuleNotFoundError as error:
        raise InputError(f"The centre needs the package {error.name}: pip install 'limen[centre]'.") from None
