"""One spelling for every record, so that its hash can be computed again anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from limen.centre.refusals import Refused

FIRST_HASH: Final = "0" * 64


def canonical(value: Any) -> str:
    """Write a value as JSON with sorted keys and no spaces; a float is refused, since it has more than one spelling."""
    refuse_floats(value, "the record")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def refuse_floats(value: Any, place: str) -> None:
    """Refuse a float anywhere inside a value; doses are decimal text."""
    if isinstance(value, str):
        return
    if isinstance(value, float):
        raise Refused(f"{place} holds the float {value!r}: write it as decimal text.", field=place)
    if isinstance(value, dict | Mapping):
        for key, item in value.items():
            refuse_floats(item, str(key))
    elif isinstance(value, list | Sequence):
        for item in value:
            refuse_floats(item, place)


def link_hash(previous: str, parts: Sequence[Any]) -> str:
    """Give the SHA-256 of the previous hash and the parts of a record, as a canonical JSON array."""
    return hashlib.sha256(canonical([previous, *parts]).encode()).hexdigest()
