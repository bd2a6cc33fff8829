"""Write a page whole, and only over a page that the same command wrote."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from limen.quantities import InputError

# Ours: the marker stands in the first lines of a page, so its beginning is enough to know who wrote it.
HEAD_BYTES: Final = 4096


def marker(kind: str) -> str:
    """Give the line by which a page says which of our commands wrote it."""
    return f'<meta name="generator" content="limen {kind}">'


def write_whole(text: str, path: Path, kind: str) -> Path:
    """Write a page in one step: all of it or nothing.

    Parameters
    ----------
    text : str
        The page; must hold the marker of its kind.
    path : Path
        Where it goes. Missing folders are made. An existing file is replaced only if it is a page of the same kind.
    kind : str
        A word such as ``"story"`` or ``"circuit"``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If another file, or a folder, stands in the way.
    """
    _refuse_foreign(path, kind)
    _make_folder(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(_ordinary_mode())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _refuse_foreign(path: Path, kind: str) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file in it, such as {path / (kind + '.html')}.")
    if path.exists() and marker(kind) not in _beginning(path):
        raise InputError(f"{path} exists and is not a {kind} page of Limen: move it away or name another file.")


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise InputError(f"The folder {path.parent} cannot be made ({fault.strerror}): name another place.") from fault


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES).decode("utf-8", errors="replace")


def _ordinary_mode() -> int:
    """Give the mode a plainly opened file would have had: a temporary one is readable by its owner only."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
