"""The command line: a thin layer over the functions of `import limen`.

Every command answers in words, or with `--json` in one JSON object. Input that cannot be used ends with exit code 2
and one sentence on standard error. Rooms are imported when a command needs them, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from typing import Final

import typer
from typer.exceptions import TyperException

from limen.cli import centre, cortex, forecast, infusion, inverse, person, population, signals, sources
from limen.cli.door import app

__all__ = [
    "app",
    "centre",
    "cortex",
    "forecast",
    "infusion",
    "inverse",
    "main",
    "person",
    "population",
    "signals",
    "sources",
]

#: Exit code after Ctrl-C, as shells have it.
INTERRUPTED: Final = 130
STOPPED: Final = (
    "Stopped before it was done; what limen trial --to has kept so far is whole, and it goes on from there."
)


def usage_sentence(message: str, words: list[str]) -> str:
    """Say what was wrong with the words of a command, with the value that was typed."""
    options = [word for word in words[:-1] if word.startswith("--") and f"'{word}'" in message]
    typed = f", got {words[words.index(options[0]) + 1]!r}" if options else ""
    return f"{message.rstrip('.')}{typed}: see limen --help, or limen COMMAND --help."


def refuse(sentence: str) -> None:
    """End with one sentence on standard error and exit code 2."""
    typer.echo(sentence, err=True)
    sys.exit(2)


def end(code: int, words: list[str]) -> None:
    """End with a code, and say so where Ctrl-C stopped the work; a server is ended in no other way."""
    if code == INTERRUPTED and "serve" not in words:
        typer.echo(STOPPED, err=True)
    sys.exit(code)


def main() -> None:
    """Run the command line; input that cannot be used never ends in a traceback."""
    try:
        code = app(standalone_mode=False)
    except ValueError as error:
        from limen.quantities import InputError  # here, since it brings NumPy, which no help needs

        if not isinstance(error, InputError):
            raise
        refuse(str(error))
    except TyperException as error:
        message = " ".join(error.format_message().split())
        if not message:  # no words were given, and the help has been printed
            sys.exit(2)
        refuse(usage_sentence(message, sys.argv))
    except typer.Abort:
        refuse(STOPPED)
    except OSError as error:
        refuse(
            f"{error.filename or 'A file'} cannot be used: {error.strerror or error}. Check that it is there and may be"
            " used."
        )
    else:
        end(code or 0, sys.argv)
