"""The joints of one run: which side of each open question it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from limen.evidence import check_joint, joints
from limen.quantities import InputError


@dataclass(frozen=True)
class Joints:
    """One word for each of the eight joints; those not named take their default.

    Parameters
    ----------
    words : Mapping[str, str]
        Such as ``{"J7": "cut"}``.

    Raises
    ------
    InputError
        For a joint or word that there is not.
    """

    words: Mapping[str, str]

    def __post_init__(self) -> None:
        for joint, word in self.words.items():
            check_joint(joint, word)
        default = {joint.id: joint.default for joint in joints()}
        object.__setattr__(self, "words", MappingProxyType(default | dict(self.words)))

    def __getitem__(self, joint: str) -> str:
        return self.words[joint]

    def switched(self, joint: str, word: str) -> Joints:
        """Give the same joints with one of them set to another word."""
        return Joints(dict(self.words) | {joint: word})


def parse_joint(text: str) -> tuple[str, str]:
    """Read ``"J7=cut"``; raises InputError where there is no ``=``."""
    joint, equals, word = text.partition("=")
    if not equals:
        raise InputError(f"A joint is set as JOINT=WORD, got {text!r}: for example --joint J7=cut.")
    return joint.strip(), word.strip()


def alternatives() -> Iterator[tuple[str, str]]:
    """Yield every side but the defaults, in the order of the chain."""
    for joint in joints():
        for word in joint.words[1:]:
            yield joint.id, word
