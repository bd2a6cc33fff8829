"""The joints of one run: which side of each open question it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from limen.evidence import check_joint, joints
from limen.quantities import InputError

#: Sides that read the posteromedial circuit, which has no room in the house yet.
NEEDS_CIRCUIT: Final = frozenset({("J3", "circuit"), ("J6", "rhythm")})


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
        For a joint or word that there is not, or a side that needs the circuit.
    """

    words: Mapping[str, str]

    def __post_init__(self) -> None:
        for joint, word in self.words.items():
            check_joint(joint, word)
            if (joint, word) in NEEDS_CIRCUIT:
                raise InputError(
                    f"The joint {joint} cannot be {word!r} in this version, which has no circuit yet: "
                    f"leave it out or use {joint}=cut."
                )
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
    """Yield every side but the defaults that this version can take, in the order of the chain."""
    for joint in joints():
        for word in joint.words[1:]:
            if (joint.id, word) not in NEEDS_CIRCUIT:
                yield joint.id, word
