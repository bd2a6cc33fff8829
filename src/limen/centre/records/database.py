"""Opening the database: SQLite that syncs before it says yes, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock, local
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import QueuePool

from limen.centre.refusals import NoRoom
from limen.quantities import InputError

FILE: Final = "centre.db"
#: What every connection is told, and what it must answer: the copy is safe after a power cut only with FULL (2).
PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
#: Ours: requests that are worked on at once; each may hold one connection to read and one to write.
AT_ONCE: Final = 8
POOL: Final = 2 * AT_ONCE + 4  # the watch beside the requests has some of its own
FULL_WORDS: Final = ("database or disk is full", "disk I/O error", "No space left", "could not extend file")


def open_engine(data: Path, url: str | None = None) -> Engine:
    """Open the database of a data folder, or the one that an address names.

    Raises
    ------
    InputError
        If the address is none of SQLite or PostgreSQL, or its driver is not installed.
    """
    if url is None:
        return sqlite_engine(data / FILE)
    try:
        name = make_url(url).drivername
    except ArgumentError:
        raise InputError(f"--database {url!r} is no address: write postgresql+psycopg://USER@HOST/NAME.") from None
    if not name.startswith("postgresql"):
        raise InputError(f"--database names {name!r}: use postgresql+psycopg://USER@HOST/NAME, or leave it out.")
    try:
        return create_engine(url, pool_size=POOL, max_overflow=0, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise InputError(f"--database needs the package {error.name}: pip install 'limen[postgres]'.") from None


def sqlite_engine(file: Path) -> Engine:
    """Open a SQLite file so that a commit has reached the disk before it returns."""
    engine = create_engine(
        f"sqlite:///{file}",
        poolclass=QueuePool,
        pool_size=POOL,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", set_pragmas)
    return engine


def set_pragmas(connection: Any, record: object) -> None:
    """Set what SQLite forgets with each connection."""
    del record
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}").close()


def check_pragmas(engine: Engine) -> None:
    """Refuse to go on with a database that would not sync before it says yes."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        told = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS}
    wrong = {name: told[name] for name, value in PRAGMAS.items() if told[name] != value}
    if wrong:
        raise InputError(f"The database answers {wrong} where {PRAGMAS} is needed: put it on a local file system.")


class Database:
    """An engine with one writer at a time in this process, and refusals in plain words when the disk is full."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writer = Lock()
        self._held = local()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        held = getattr(self._held, "connection", None)
        if held is not None:
            yield held
            return
        with self.engine.connect() as connection:
            self._begin(connection)
            yield connection
            connection.rollback()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let all reading of this thread go through one connection until the block ends: a page asks twenty times."""
        with self.engine.connect() as connection:
            self._begin(connection)
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None
            connection.rollback()

    def _begin(self, connection: Connection) -> None:
        if self.is_sqlite:
            connection.exec_driver_sql("BEGIN")

    def _look_again(self) -> None:
        """Let a connection that is held see what this thread has written."""
        held = getattr(self._held, "connection", None)
        if held is not None:
            held.rollback()
            self._begin(held)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are all kept, synced, when the block ends; or none of them."""
        try:
            with self._writer if self.is_sqlite else nullcontext(), self.engine.begin() as connection:
                if self.is_sqlite:
                    # A transaction that reads first and writes later could fail at once, whatever the timeout.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except OperationalError as error:
            raise self.in_words(error) from error
        self._look_again()

    def in_words(self, error: OperationalError) -> Exception:
        """Give a refusal for a full disk, and the error itself for anything else."""
        if any(words in str(error.orig) for words in FULL_WORDS):
            return NoRoom("The disk is full, and nothing was kept: free some space and send it again.")
        return error
