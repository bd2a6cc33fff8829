"""What a record is made of: its kinds of events, what each refuses, and how each changes the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Table

from limen.centre.clock import Moment
from limen.centre.records.tables import record_event
from limen.centre.refusals import Refused

State = dict[str, Any]
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """One event as it stands in its chain."""

    record: str
    seq: int
    key: str
    kind: str
    body: dict[str, Any]
    user: str
    moment: Moment
    hash: str


Check = Callable[[State, Body, Moment], None]
Apply = Callable[[State, Event], State]


def nothing_to_check(state: State, body: Body, moment: Moment) -> None:
    """Take whatever comes."""
    del state, body, moment


@dataclass(frozen=True)
class Kind:
    """One kind of event: how it changes the state, what it refuses, which of its fields are sealed."""

    apply: Apply
    check: Check = nothing_to_check
    sealed: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordKind:
    """One kind of record: its kinds of events, and the columns by which its states are found."""

    name: str
    kinds: Mapping[str, Kind]
    table: Table = record_event
    columns: Callable[[State], dict[str, str]] = field(default=lambda state: {})

    def kind(self, name: str) -> Kind:
        """Give one kind of event; raises Refused for a name that is none."""
        if name not in self.kinds:
            raise Refused(f"{name!r} is no event of a {self.name}: use one of {', '.join(self.kinds)}.", field="kind")
        return self.kinds[name]


_KINDS: Final[dict[str, RecordKind]] = {}


def register(kind: RecordKind) -> RecordKind:
    """Make a kind of record known by its name."""
    _KINDS[kind.name] = kind
    return kind


def kind_of(record: str) -> RecordKind:
    """Give the kind of a record by its name, such as ``person/…``."""
    name = record.partition("/")[0]
    if name not in _KINDS:
        raise Refused(f"{record!r} names no record: it begins with one of {', '.join(sorted(_KINDS))}.")
    return _KINDS[name]


def chain_column(table: Table) -> Any:
    """Give the column that names the chain."""
    return table.columns.values()[0]
