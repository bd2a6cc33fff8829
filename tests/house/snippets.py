"""Finding the snippets of a page and running them as a reader would.

- A ``python`` block runs in an empty folder. One that begins with ``>>>`` is a doctest.
- A ``console`` block is a terminal: its lines that begin with ``$ limen`` run, and what stands below one is what it
  prints, with ``...`` for anything. ``$ make NAME`` has to name a recipe. Other commands are for the reader.
- A comment just above a block says more: ``<!-- continues -->`` goes on where the last block of the page stopped, with
  its names and its folder; ``<!-- not run: WHY -->`` shows a block without running it; ``<!-- exits 2 -->`` goes on too
  and expects that code; ``<!-- file: NAME -->`` above any block writes it as a file into a new folder.
"""

import doctest
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from house.process import run_limen
from house.source import REPOSITORY, kept_files
from markdown_it import MarkdownIt

REMARK = re.compile(r"<!--\s*(continues|not run: .+|exits \d+|file: [\w.-]+)\s*-->\s*$")
RECIPE = re.compile(r"^([a-z-]+):", re.MULTILINE)
LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Snippet:
    """One block of a page."""

    page: Path
    line: int
    language: str
    text: str
    remark: str

    @property
    def continues(self) -> bool:
        return self.remark == "continues" or self.remark.startswith("exits")

    @property
    def runs(self) -> bool:
        return bool(self.file_name) or (
            self.language in ("python", "console") and not self.remark.startswith("not run")
        )

    @property
    def file_name(self) -> str:
        return self.remark.removeprefix("file: ") if self.remark.startswith("file: ") else ""

    @property
    def exit_code(self) -> int:
        return int(self.remark.split()[1]) if self.remark.startswith("exits") else 0

    @property
    def where(self) -> str:
        return f"{self.page.name}:{self.line}"


def snippets_of(page: Path, text: str) -> Iterator[Snippet]:
    """Every fenced block of a page, with the remark that stands just above it."""
    remark = ""
    for token in MarkdownIt().parse(text):
        if token.type == "fence":
            yield Snippet(page, (token.map or [0])[0] + 1, token.info.split(" ")[0], token.content, remark)
        found = REMARK.search(token.content) if token.type == "html_block" else None
        remark = found.group(1) if found else ""


def pages() -> list[Path]:
    return [path for path in kept_files() if path.suffix == ".md" and "tests" not in path.parts]


def run_page(page: Path, text: str, home: Path) -> int:
    """Run the snippets of one page in order, in folders below `home`; gives how many ran."""
    names: dict[str, object] = {}
    folder, ran = home, 0
    for ran, snippet in enumerate(filter(lambda one: one.runs, snippets_of(page, text)), 1):
        if not snippet.continues:
            names = {"__name__": "__main__"}
            folder = fresh_folder(home, ran)
        run_snippet(snippet, names, folder)
    return ran


def fresh_folder(home: Path, number: int) -> Path:
    """An empty folder, with the examples in it as in a clone."""
    folder = home / f"snippet-{number}"
    folder.mkdir(parents=True)
    if (REPOSITORY / "examples").is_dir():
        shutil.copytree(REPOSITORY / "examples", folder / "examples")
    return folder


def run_snippet(snippet: Snippet, names: dict[str, object], folder: Path) -> None:
    before = Path.cwd()
    os.chdir(folder)
    try:
        if snippet.file_name:
            (folder / snippet.file_name).write_text(snippet.text, encoding="utf-8")
        elif snippet.language == "console":
            run_console(snippet, folder)
        elif snippet.text.lstrip().startswith(">>>"):
            run_doctest(snippet, names)
        else:
            exec(compile(snippet.text, snippet.where, "exec"), names)  # noqa: S102 - running our own pages is the test
    finally:
        os.chdir(before)


def run_doctest(snippet: Snippet, names: dict[str, object]) -> None:
    example = doctest.DocTestParser().get_doctest(snippet.text, names, snippet.where, str(snippet.page), snippet.line)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=LENIENT).run(example, out=report.append, clear_globs=False)
    names.update(example.globs)
    assert not report, "".join(report)


def run_console(snippet: Snippet, folder: Path) -> None:
    for command, printed in commands_of(snippet.text):
        words = shlex.split(command)
        if words[0] == "make":
            known = set(RECIPE.findall((REPOSITORY / "Makefile").read_text(encoding="utf-8")))
            assert {word for word in words[1:] if "=" not in word} <= known, f"{snippet.where}: {command}"
        if words[0] == "limen":
            check_command(snippet, command, printed, folder)


def commands_of(text: str) -> Iterator[tuple[str, str]]:
    """Each command after a ``$``, continued lines joined, with the text below it."""
    for piece in re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, _, printed = piece.partition("\n")
        yield command, printed


def check_command(snippet: Snippet, command: str, printed: str, folder: Path) -> None:
    asked = run_limen(*shlex.split(command)[1:], folder=folder)
    said = f"{snippet.where}: {command}\n{asked.stdout}{asked.stderr}"
    assert asked.returncode == snippet.exit_code, said
    if printed.strip():
        assert doctest.OutputChecker().check_output(printed, asked.stdout + asked.stderr, LENIENT), said
