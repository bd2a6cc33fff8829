"""Passwords: long enough, none of the common ones, kept as Argon2id; at most two are hashed at once."""

from __future__ import annotations

from importlib.resources import files
from threading import BoundedSemaphore
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from limen.centre.keys import normal
from limen.centre.refusals import Refused

SHORTEST: Final = 12
LONGEST: Final = 200
#: The set of OWASP (centre.md section 7): 19 MiB, two passes, one lane.
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
AT_ONCE: Final = 2

_hasher: Final = PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES),))
_turn: Final = BoundedSemaphore(AT_ONCE)
#: Checked where there is no such user, so that both take as long; a hash of random words that were thrown away.
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$zsoClLCnWZxazKXc1XsFtw$dbxEjZx9tbKMThS6MdzXInCN9EkqQc3OhSWrr8Iu8v0"


def check_password(password: str, name: str) -> None:
    """Refuse a password that is short, common, or little more than the user's own name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"The password has {len(password)} letters: use {SHORTEST} to {LONGEST}.", field="password")
    plain, own = normal(password), normal(name)
    # A name of two letters lies in many words by chance: what stands beside it has to be long enough by itself.
    named = own in plain and len(plain.replace(own, "")) < SHORTEST
    if plain in common() or named:
        raise Refused(
            "The password is one that is tried first: use several words that do not belong together.", field="password"
        )


def common() -> frozenset[str]:
    """Give passwords that are tried first."""
    return frozenset(files("limen.centre.accounts").joinpath("tried_first.txt").read_text(encoding="utf-8").split())


def hashed(password: str) -> str:
    """Give a password as it is kept."""
    with _turn:
        return _hasher.hash(password)


def matches(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Tell whether a password is the one that is kept, with a new hash where the old one is out of date."""
    with _turn:
        found, fresh = _hasher.verify_and_update(password[:LONGEST], kept or _NOBODY)
    return found and kept is not None, fresh if kept else None
