"""Reading the package's own text, for the rules that hold it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "limen"
NOT_OURS = {
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    ".venv-centre",
    ".venv-lock",
    ".venv-test",
    "__pycache__",
    "_build",
    "gallery_pages",
    "papers",
}

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """One function of the package, and where it stands."""

    path: Path
    qualified: str
    node: Definition
    public: bool

    @property
    def where(self) -> str:
        return f"{shown(self.path)}:{self.node.lineno} {self.qualified}"

    @property
    def body_lines(self) -> int:
        """Lines from the first statement to the last, the docstring not counted."""
        body = self.node.body[1:] if ast.get_docstring(self.node) is not None else self.node.body
        return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0

    @property
    def parameters(self) -> Iterator[tuple[ast.arg, ast.expr | None]]:
        """Each parameter with its default, None where it has none."""
        given = self.node.args
        positional = [*given.posonlyargs, *given.args]
        missing = [None] * (len(positional) - len(given.defaults))
        yield from zip(positional, [*missing, *given.defaults], strict=True)
        yield from zip(given.kwonlyargs, given.kw_defaults, strict=True)


def shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else path.name


@cache
def python_files(folder: Path = SOURCE) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.rglob("*.py") if not NOT_OURS & set(path.parts)))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_in(path: Path) -> Iterator[Function]:
    """Every function of one file, with the ones inside classes and inside other functions."""
    public_file = not any(part.startswith("_") and part != "__init__.py" for part in path.parts[-2:])
    yield from _functions(path, parsed(path), "", public=public_file)


def _functions(path: Path, node: ast.AST, prefix: str, *, public: bool) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            seen = public and not child.name.startswith("_")
            yield Function(path, prefix + child.name, child, seen)
            yield from _functions(path, child, f"{prefix}{child.name}.", public=False)
        elif isinstance(child, ast.ClassDef):
            yield from _functions(
                path, child, f"{prefix}{child.name}.", public=public and not child.name.startswith("_")
            )
        else:
            yield from _functions(path, child, prefix, public=public)


def all_functions() -> tuple[Function, ...]:
    return tuple(function for path in python_files() for function in functions_in(path))


def fields_in(path: Path) -> Iterator[tuple[str, ast.AnnAssign]]:
    """Every annotated field of every class of one file, as ``Class.field``."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    yield f"{node.name}.{item.target.id}", item


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that belongs to the repository: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if listed.returncode:  # an unpacked archive has no git
        found = (path for path in REPOSITORY.rglob("*") if not NOT_OURS & set(path.parts))
    else:
        found = (REPOSITORY / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in found if path.is_file()))


def kept_texts() -> Iterator[tuple[Path, str]]:
    """Every file of the repository that is text."""
    for path in kept_files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
