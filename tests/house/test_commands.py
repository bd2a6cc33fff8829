"""Every command is documented, and answers before the science is loaded."""

import importlib
import re
from collections.abc import Iterator

import typer
from house.process import run_limen, run_python
from house.source import REPOSITORY
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

REFERENCE = REPOSITORY / "docs" / "reference" / "cli.md"
HEADING = re.compile(r"^#+ .*`limen ([a-z-]+(?: [a-z-]+)*)", re.MULTILINE)


def whole() -> typer.Typer:
    """The command line as it is written."""
    return next(
        value for value in vars(importlib.import_module("limen.cli")).values() if isinstance(value, typer.Typer)
    )


def group() -> TyperGroup:
    """The command line as it is parsed."""
    return typer.main.get_command(whole())


def leaves(command: TyperGroup | TyperCommand, name: str = "") -> Iterator[tuple[str, TyperCommand]]:
    """Every command that does something, by its words after `limen`."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for word, inner in command.commands.items():
        if not inner.hidden:
            yield from leaves(inner, f"{name} {word}".strip())


def section(text: str, name: str) -> str:
    """What the reference says of one command."""
    after = re.split(rf"^#+ .*`limen {name}\b.*$", text, maxsplit=1, flags=re.MULTILINE)[1]
    return re.split(r"^#+ .*`limen ", after, maxsplit=1, flags=re.MULTILINE)[0]


def test_every_command_is_documented_and_every_documented_command_is_there():
    written = set(HEADING.findall(REFERENCE.read_text(encoding="utf-8")))
    assert written == {name for name, _ in leaves(group())}


def test_every_option_is_documented_with_its_command():
    text = REFERENCE.read_text(encoding="utf-8")
    missing = [
        f"limen {name} {option}"
        for name, command in leaves(group())
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help" and option not in section(text, name)
    ]
    assert not missing, "\n".join(missing)


def test_help_says_what_each_command_does():
    assert "Usage:" in run_limen("--help").stdout
    for name, _ in leaves(group()):
        asked = CliRunner().invoke(whole(), [*name.split(), "--help"])
        assert asked.exit_code == 0, asked.output
        assert "Usage:" in asked.output, name


def test_help_does_not_load_the_science():
    # A proxy for the half second that `limen --help` may take, which a test on a busy machine cannot time.
    for word in ("--help", "--version"):
        asked = run_python("-X", "importtime", "-m", "limen", word)
        loaded = {line.split("|")[-1].strip().split(".")[0] for line in asked.stderr.splitlines()}
        assert asked.returncode == 0, asked.stderr
        assert "limen" in loaded
        assert not loaded & {"numpy", "scipy", "jinja2"}, word
