"""Join the small script modules of a page into one script that can stand inside the page."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

from limen.quantities import InputError

FOLDER: Final = files("limen.report") / "story"
IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./(?P<name>[\w-]+\.js)";\n', re.MULTILINE)
EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|const|class) )", re.MULTILINE)
TOP_LEVEL: Final = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (?P<name>\w+)", re.MULTILINE)


def part(name: str) -> str:
    """Give the text of one file of the page's parts, such as ``"story.css"``."""
    return (FOLDER / name).read_text(encoding="utf-8")


def modules_in_order(entry: str) -> tuple[str, ...]:
    """List a script module and all it imports, each after what it needs.

    Parameters
    ----------
    entry : str
        File name of the module to start from, such as ``"story.js"``.

    Returns
    -------
    tuple of str
        File names; the entry is last.
    """
    order: list[str] = []
    _visit(entry, order, ())
    return tuple(order)


def _visit(name: str, order: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise InputError(f"The script modules {' > '.join((*above, name))} import each other: break the ring.")
    for needed in (match["name"] for match in IMPORT.finditer(part(name))):
        if needed not in order:
            _visit(needed, order, (*above, name))
    order.append(name)


def bundle(entry: str) -> str:
    """Give one script that does what the module `entry` and its imports do.

    Import lines and the word ``export`` are taken away and the modules are put one after another, so a name at the
    top level may be used in one module only.

    Parameters
    ----------
    entry : str
        File name of the module to start from.

    Returns
    -------
    str
        Text of one script.

    Raises
    ------
    InputError
        If two modules use the same name at their top level, or import each other in a ring.
    """
    names = modules_in_order(entry)
    _refuse_shared_names(names)
    return "\n".join(EXPORT.sub("", IMPORT.sub("", part(name))).strip() + "\n" for name in names)


def _refuse_shared_names(names: tuple[str, ...]) -> None:
    owner: dict[str, str] = {}
    for name in names:
        for word in (match["name"] for match in TOP_LEVEL.finditer(part(name))):
            if word in owner:
                raise InputError(f"The name {word} stands in {owner[word]} and in {name}: rename one of them.")
            owner[word] = name
