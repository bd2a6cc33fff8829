"""Every snippet in the README and the docs runs."""

from pathlib import Path

import pytest
from house.process import run_python
from house.snippets import commands_of, pages, run_page, snippets_of
from house.source import REPOSITORY, shown

PAGE_S = 280
ALONE = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(REPOSITORY / "tests")!r})
from house.snippets import run_page
page = Path(sys.argv[1])
run_page(page, page.read_text(encoding="utf-8"), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_every_snippet_of_the_page_runs(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    if not any(snippet.runs and snippet.language == "python" for snippet in snippets_of(page, text)):
        run_page(page, text, tmp_path)
        return
    # Python runs as a reader runs it, in a process where no annotation is checked: that takes half of the time.
    asked = run_python("-W", "error", "-c", ALONE, str(page), str(tmp_path), limit_s=PAGE_S)
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_a_block_that_fails_is_seen(tmp_path):
    with pytest.raises(ZeroDivisionError):
        run_page(Path("page.md"), "```python\n1 / 0\n```\n", tmp_path / "plain")
    with pytest.raises(AssertionError, match="Expected"):
        run_page(Path("page.md"), "```python\n>>> 1 + 1\n3\n```\n", tmp_path / "doctest")


def test_a_block_stands_alone_unless_it_continues(tmp_path):
    one = "```python\nwritten = open('note', 'w').close()\n```\n"
    two = "```python\nassert written is None; open('note').close()\n```\n"
    assert run_page(Path("page.md"), f"{one}\n<!-- continues -->\n{two}", tmp_path / "a") == 2
    with pytest.raises(NameError):
        run_page(Path("page.md"), f"{one}\nNow:\n\n{two}", tmp_path / "b")


def test_a_file_that_a_page_shows_is_there_for_the_next_block(tmp_path):
    shown_file = "<!-- file: case.toml -->\n\n```toml\nlimen = 1\n```\n"
    reader = "<!-- continues -->\n\n```python\nassert open('case.toml').read() == 'limen = 1\\n'\n```\n"
    with pytest.warns(ResourceWarning):
        assert run_page(Path("page.md"), shown_file + reader, tmp_path) == 2


def test_a_block_that_is_only_shown_does_not_run(tmp_path):
    text = "<!-- not run: needs a stream -->\n\n```python\n1 / 0\n```\n"
    assert run_page(Path("page.md"), text, tmp_path) == 0


def test_a_recipe_that_is_not_in_the_makefile_is_seen(tmp_path):
    with pytest.raises(AssertionError, match="make supper"):
        run_page(Path("page.md"), "```console\n$ make supper\n```\n", tmp_path)


def test_a_terminal_is_cut_into_commands_and_what_they_print():
    text = "$ limen cite \\\n  --json\nFlint\n$ limen models\n"
    assert list(commands_of(text)) == [("limen cite    --json", "Flint\n"), ("limen models", "")]
    assert [snippet.language for snippet in snippets_of(Path("p.md"), f"```console\n{text}```\n")] == ["console"]
