"""What is installed is pinned, light, freely licensed, and all that the package imports."""

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions

import pytest
from house.source import REPOSITORY, parsed, python_files, shown

LOCKS = tuple(sorted((REPOSITORY / "requirements").glob("*.txt")))
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==\S+", re.MULTILINE)
FREE = re.compile(r"BSD|MIT|Apache|MPL|Mozilla|PSF|Python Software Foundation|ISC|0BSD|Zlib", re.IGNORECASE)


def pinned(name: str) -> set[str]:
    return set(PINNED.findall((REPOSITORY / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_pinned_package_has_a_hash(lock):
    entries = re.split(r"^(?=[a-z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    unhashed = [entry.splitlines()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]
    assert not unhashed


def test_the_tests_run_on_the_very_versions_a_user_gets():
    core = set(re.findall(r"^\S+==\S+.*$", (REPOSITORY / "requirements" / "core.txt").read_text("utf-8"), re.MULTILINE))
    test = set(re.findall(r"^\S+==\S+.*$", (REPOSITORY / "requirements" / "test.txt").read_text("utf-8"), re.MULTILINE))
    assert core <= test, core - test


def test_what_the_package_says_it_needs_is_what_is_pinned():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=~ \[]", line)[0] for line in project["dependencies"]}
    assert needed <= pinned("core")


@pytest.mark.parametrize("name", sorted(pinned("core") - {"colorama"}))
def test_the_core_is_freely_licensed(name):
    about = distribution(name).metadata
    named = [about.get(name) or "" for name in ("License-Expression", "License")]
    stated = " ".join([*named, *about.get_all("Classifier", [])])
    assert FREE.search(stated), f"{name} states {stated!r}"


#: Rooms that are loaded by their own commands alone, each with the extra that holds what they import.
ROOMS_OF_EXTRAS = {"centre": "centre"}


def owned_by_an_extra(name: str, where: str) -> bool:
    """True for a package that the extra of its room names, or that such a package brings along."""
    room = next((room for room in ROOMS_OF_EXTRAS if where.startswith(f"src/limen/{room}/")), "")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["optional-dependencies"].get(ROOMS_OF_EXTRAS.get(room, ""), [])
    return name in {re.split(r"[<>=~ \[]", line)[0].replace("-", "_") for line in named} | BROUGHT_ALONG.get(
        room, set()
    )


#: starlette comes with fastapi, anyio with starlette, and markupsafe with Jinja2.
BROUGHT_ALONG = {"centre": {"starlette", "anyio", "markupsafe"}}


def imported_at_the_top() -> dict[str, str]:
    """Every foreign package that a file of ours imports when it is loaded, with one place where."""
    found: dict[str, str] = {}
    for path in python_files():
        for node in parsed(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found.update({name.split(".")[0]: shown(path) for name in names if name.split(".")[0] not in found})
    return {name: where for name, where in found.items() if name not in sys.stdlib_module_names | {"limen"}}


def test_the_package_loads_with_the_core_alone():
    owners = packages_distributions()
    core = pinned("core")
    foreign = {
        name: where
        for name, where in imported_at_the_top().items()
        if not {owner.lower().replace("_", "-") for owner in owners.get(name, [name])} & core
        and not owned_by_an_extra(name, where)
    }
    assert not foreign, foreign
