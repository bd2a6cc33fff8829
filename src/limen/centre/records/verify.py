"""Verifying the chains: every hash computed again, every number in its place, every end where it was last seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, select

from limen.centre.records.canonical import FIRST_HASH, link_hash
from limen.centre.records.kinds import chain_column
from limen.centre.records.store import event_of, fold, state_row
from limen.centre.records.tables import CHAINED, audit_event, chain_head, record_state
from limen.centre.records.trail import CHAIN

#: A row as the database gives it.
Row = Any
HASHES = ("prev_hash", "hash")


@dataclass(frozen=True)
class Fault:
    """The first place where a chain does not hold."""

    chain: str
    seq: int
    because: str

    def sentence(self) -> str:
        """Say it in one sentence."""
        return f"The chain {self.chain} does not hold at {self.seq}: {self.because}."


def faults(connection: Connection, saved: Mapping[str, tuple[int, str]]) -> Iterator[Fault]:
    """Give the first fault of every chain that has one.

    Parameters
    ----------
    connection : Connection
        Sees the whole database.
    saved : mapping of str to (int, str)
        Ends of chains that were written down elsewhere: sequence number and hash.
    """
    heads = {row.chain: (row.seq, row.hash) for row in connection.execute(select(chain_head))}
    found: dict[str, Fault] = {}
    seen = set()
    for chain, rows in chains(connection):
        seen.add(chain)
        found |= {one.chain: one for one in first(chain_faults(chain, list(rows), heads.get(chain), saved.get(chain)))}
    for chain, (seq, _) in {**heads, **saved}.items():
        if chain not in seen and seq:
            found[chain] = Fault(chain, 1, f"{seq} events were there and none is")
    yield from found.values()
    yield from (fault for fault in state_faults(connection) if fault.chain not in found)


def first(found: Iterable[Fault]) -> list[Fault]:
    """Give the fault with the lowest number alone."""
    return sorted(found, key=lambda fault: fault.seq)[:1]


def chains(connection: Connection) -> Iterator[tuple[str, Iterator[Row]]]:
    """Give every chain with its rows in order."""
    yield CHAIN, iter(connection.execute(select(audit_event).order_by(audit_event.c.seq)).mappings().all())
    for table in CHAINED:
        yield from table_chains(connection, table)


def table_chains(connection: Connection, table: Table) -> Iterator[tuple[str, Iterator[Row]]]:
    """Give every chain of one table with its rows in order."""
    column = chain_column(table)
    rows = connection.execute(select(table).order_by(column, table.c.seq)).mappings()
    yield from groupby(rows, key=lambda row: str(row[column.name]))


def chain_faults(
    chain: str, rows: list[Row], head: tuple[int, str] | None, saved: tuple[int, str] | None
) -> Iterator[Fault]:
    """Give what does not hold in one chain."""
    previous = FIRST_HASH
    for number, row in enumerate(rows, start=1):
        fault = row_fault(chain, number, row, previous)
        if fault:
            yield fault
            return
        previous = row["hash"]
    yield from end_faults(chain, rows, head, "the head of the chain")
    yield from end_faults(chain, rows, saved, "the head that was written down", may_go_on=True)


def row_fault(chain: str, number: int, row: Row, previous: str) -> Fault | None:
    """Give what does not hold at one row."""
    if row["seq"] != number:
        return Fault(chain, number, f"number {row['seq']} stands where {number} should")
    if row["prev_hash"] != previous:
        return Fault(chain, number, "it does not follow the one before it")
    if link_hash(previous, [value for name, value in row.items() if name not in HASHES]) != row["hash"]:
        return Fault(chain, number, "its words are not the ones that were recorded")
    return None


def end_faults(
    chain: str, rows: list[Row], end: tuple[int, str] | None, whose: str, *, may_go_on: bool = False
) -> Iterator[Fault]:
    """Give a fault if the chain does not reach an end that is known."""
    if end is None:
        return
    seq, found = end
    if len(rows) < seq:
        yield Fault(chain, len(rows) + 1, f"it ends at {len(rows)}, and {whose} stands at {seq}")
    elif seq and rows[seq - 1]["hash"] != found:
        yield Fault(chain, seq, f"{whose} has another hash")
    elif len(rows) > seq and not may_go_on:
        yield Fault(chain, seq + 1, f"it goes on after {whose}")


def state_faults(connection: Connection) -> Iterator[Fault]:
    """Give every record whose kept state is not what its events make."""
    kept = {row["record"]: dict(row) for row in connection.execute(select(record_state)).mappings()}
    for table in CHAINED:
        for record, rows in table_chains(connection, table):
            yield from state_fault(record, list(rows), kept.pop(record, None))
    for record in kept:
        yield Fault(record, 1, "a state is kept and no event makes it")


def state_fault(record: str, rows: list[Row], kept: Mapping[str, Any] | None) -> Iterator[Fault]:
    """Give a fault if a kept state is not what its events make."""
    try:
        made = state_row(record, len(rows), fold(record, [event_of(row) for row in rows]))
    except (KeyError, ValueError, TypeError) as error:
        yield Fault(record, len(rows), f"its events make no state ({type(error).__name__})")
        return
    if kept != {"record": record, **made}:
        yield Fault(record, len(rows), "the kept state is not what its events make")
