"""The joints: the places where published science disagrees or is silent, with the words of each side."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from limen.evidence.files import read_data_toml
from limen.quantities import InputError


@dataclass(frozen=True)
class Joint:
    """One joint of the chain.

    Parameters
    ----------
    id, arrow : str
        Such as ``"J3"`` and ``"block -> glutamate at the cleft"``.
    question : str
        What is open, in one sentence.
    words : tuple of str
        What it can be set to, the default first.
    verdicts : Mapping[str, str]
        What each word stands for, in a few words.
    evidence : str
        What is known, in our own words.
    sources : tuple of str
        Keys of references.bib.
    """

    id: str
    arrow: str
    question: str
    words: tuple[str, ...]
    verdicts: Mapping[str, str]
    evidence: str
    sources: tuple[str, ...]

    @property
    def default(self) -> str:
        """The weaker assumption, used where nothing else is said."""
        return self.words[0]

    @property
    def rivals(self) -> tuple[str, ...]:
        """The other sides, without the cut."""
        return tuple(word for word in self.words[1:] if word != "cut")

    @property
    def can_be_cut(self) -> bool:
        """True where the arrow can be removed."""
        return "cut" in self.words


@cache
def joints() -> tuple[Joint, ...]:
    """Give the eight joints, in the order of the chain."""
    rows: Any = read_data_toml("joints.toml")["joint"]
    return tuple(_read(row) for row in rows)


def joint(id: str) -> Joint:  # noqa: A002 - the word of the interface
    """Give the joint of that id, such as ``"J3"``; raises InputError naming the nearest where there is none."""
    known = {one.id: one for one in joints()}
    if id not in known:
        nearest = difflib.get_close_matches(id, known, n=1, cutoff=0.0)[0]
        raise InputError(f"There is no joint {id!r}, the nearest is {nearest!r}: use one of {', '.join(known)}.")
    return known[id]


def _read(row: dict[str, Any]) -> Joint:
    return Joint(
        id=row["id"],
        arrow=row["arrow"],
        question=row["question"],
        words=tuple(row["words"]),
        verdicts=MappingProxyType(dict(row["verdicts"])),
        evidence=row["evidence"],
        sources=tuple(row["sources"]),
    )


def check_joint(id: str, word: str) -> None:  # noqa: A002 - the word of the interface
    """Refuse a joint or a word that there is not.

    Parameters
    ----------
    id : str
        ``"J1"`` to ``"J8"``.
    word : str
        One of its words.

    Raises
    ------
    InputError
        Naming the nearest joint, or the words of this one.
    """
    words = joint(id).words
    if word not in words:
        raise InputError(f"The joint {id} cannot be {word!r}: use one of {', '.join(words)}, the first is the default.")
