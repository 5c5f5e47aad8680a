"""What SQLite and PostgreSQL do not have in common: connections, how a transaction begins, what errors mean.

SQLite runs in WAL mode: readers never wait for the writer. It has one writing connection; its transactions
begin IMMEDIATE, so that none fails half-way, and a commit is on the disk (synchronous=FULL) before it
returns. Another process, such as ``case set``, waits its turn by busy_timeout.

PostgreSQL has one pool for reading and writing. Reads are REPEATABLE READ, so that all of a function's
statements see one state; writes are READ COMMITTED. A transaction begins with one round trip, which also sets
how long a statement may take. A connection that was lost while it lay in the pool is found by that, and the
transaction begins on another.

Nothing outside this file knows which database it is, but for what only one of them can do (`alone`, backup).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import psycopg
from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from backend.storage.vault import Vault, put_vault

BUSY_SECONDS = 10
"""So long a connection to SQLite waits for another process, and one to PostgreSQL for its server."""
_SQLITE_READERS = 4
_CONNECTIONS = 8
"""To PostgreSQL, of one backend."""
_STEPS = 20_000
"""Instructions of SQLite between two looks at the clock, about a millisecond."""
_SESSION = "-c idle_in_transaction_session_timeout=60000 -c client_encoding=utf8"
"""A backend that was stopped within a transaction keeps its locks no longer than a minute."""
_LINE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A server that is gone without a word is noticed within 15 seconds (libpq, 34.1.2)."""
_CONFLICTS = ("40001", "40P01", "23505")
"""serialization_failure, deadlock_detected, unique_violation: the last where two looked for the same name,
and neither found it. The row is seen when the function is run again (PostgreSQL, 13.5)."""


class Kind(Protocol):
    """One of the two."""

    readers: int
    """So many functions may read at a time."""
    writers: int
    """So many functions may write at a time."""

    def transaction(self, writing: bool, answer_by: float | None) -> AbstractContextManager[Connection]:
        """Around one transaction on a connection of its own, committed at the end.

        answer_by: moment of time.monotonic() after which statements are broken off. A commit never is torn.
        """
        ...

    def migration(self) -> AbstractContextManager[Connection]:
        """Around a transaction that changes tables, while no other process does."""
        ...

    def tidy(self) -> None:
        """Makes what was deleted disappear from the disk, as far as the database can."""
        ...

    def conflicts(self, error: DBAPIError) -> bool:
        """Whether the transaction failed only because of another one, and may be run again."""
        ...

    def close(self) -> None:
        """Closes all connections."""
        ...


def kind(url: URL, vault: Vault) -> Kind:
    """The one of a URL. The vault is put into every connection."""
    return Sqlite(url, vault) if url.get_backend_name() == "sqlite" else PostgreSql(url, vault)


def alone(connection: Connection, what: str) -> None:
    """Waits until no other transaction that named the same is under way; the others wait for the end of this.

    On SQLite a writer is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def continue_sequences(connection: Connection, tables: MetaData) -> None:
    """After rows were put in with their numbers: the next come after them. SQLite sees to that by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.sorted_tables:
        for column in table.primary_key:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            highest = select(func.max(column)).scalar_subquery()
            if connection.execute(select(sequence)).scalar() is not None:
                connection.execute(select(func.setval(sequence, func.coalesce(highest, 0) + 1, False)))


class Sqlite:
    """A file."""

    readers = _SQLITE_READERS
    writers = 1

    def __init__(self, url: URL, vault: Vault) -> None:
        self._writer = _sqlite(url, vault, 1, ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"))
        self._reader = _sqlite(url, vault, _SQLITE_READERS, ("query_only=ON",))

    @contextmanager
    def transaction(self, writing: bool, answer_by: float | None) -> Iterator[Connection]:
        """See `Kind`."""
        with (self._writer if writing else self._reader).connect() as connection:
            driver: sqlite3.Connection = _driver(connection)
            if answer_by is not None:
                driver.set_progress_handler(lambda: time.monotonic() > answer_by, _STEPS)
            try:
                with connection.begin():
                    yield connection
                    driver.set_progress_handler(None, 0)
            finally:
                driver.set_progress_handler(None, 0)

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """See `Kind`. A table that is made anew would take the rows with it that refer to it (SQLite, "Making
        Other Kinds Of Table Schema Changes"), so references are looked at once, before the commit.
        """
        with self._writer.connect() as connection:
            driver: sqlite3.Connection = _driver(connection)
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    broken = driver.execute("PRAGMA foreign_key_check").fetchone()
                    if broken is not None:
                        raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to nothing in {broken[2]}")
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def tidy(self) -> None:
        """See `Kind`. Deleted bytes are overwritten in the file (secure_delete), but the log has old pages.

        Somebody who reads keeps the log from being emptied; the next time does it.
        """
        with self._writer.connect() as connection:
            _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def conflicts(self, error: DBAPIError) -> bool:
        """Only where a name is taken, such as a reference that was drawn twice: the writer is alone."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)

    def close(self) -> None:
        """Closes all connections."""
        self._writer.dispose()
        self._reader.dispose()


class PostgreSql:
    """A server."""

    readers = writers = _CONNECTIONS

    def __init__(self, url: URL, vault: Vault) -> None:
        self._engine = create_engine(
            url,
            hide_parameters=True,  # no error carries what a resident entered
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_reset_on_return=None,  # each transaction has been ended
            # The driver sends no BEGIN of its own: `_begin` does.
            connect_args={"autocommit": True, "connect_timeout": BUSY_SECONDS, "options": _SESSION, **_LINE},
        )

        @event.listens_for(self._engine, "connect")
        def connected(connection: object, record: ConnectionPoolEntry) -> None:
            put_vault(record.info, vault)

    @contextmanager
    def transaction(self, writing: bool, answer_by: float | None) -> Iterator[Connection]:
        """See `Kind`."""
        begin = "BEGIN ISOLATION LEVEL " + ("READ COMMITTED" if writing else "REPEATABLE READ READ ONLY")
        if answer_by is not None:
            milliseconds = max(1, int((answer_by - time.monotonic()) * 1000))
            begin += f"; SET LOCAL statement_timeout = {milliseconds}"
        with self._begun(begin) as connection, connection.begin():
            yield connection

    def _begun(self, begin: str) -> Connection:
        """A connection on which a transaction has begun. One that was lost makes room for a new one."""
        for attempts_left in reversed(range(_CONNECTIONS + 1)):
            connection = self._engine.connect()
            try:
                driver: psycopg.Connection[Any] = _driver(connection)
                driver.execute(begin.encode(), prepare=False)  # two statements cannot be prepared
            except psycopg.Error as error:
                connection.invalidate()
                connection.close()
                if not attempts_left:
                    raise OperationalError("BEGIN", None, error) from None
            else:
                return connection
        raise AssertionError("unreachable")

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """See `Kind`."""
        with self.transaction(writing=True, answer_by=None) as connection:
            alone(connection, "migration")
            yield connection

    def tidy(self) -> None:
        """See `Kind`. PostgreSQL makes room of what was deleted by itself, and writes over it later."""

    def conflicts(self, error: DBAPIError) -> bool:
        """See `_CONFLICTS`."""
        return getattr(error.orig, "sqlstate", None) in _CONFLICTS

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def is_busy(error: DBAPIError) -> bool:
    """Whether SQLite refused at once because another process had the file for itself."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _sqlite(url: URL, vault: Vault, connections: int, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # no error carries what a resident entered
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return=None,  # each transaction has been ended
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: ConnectionPoolEntry) -> None:
        put_vault(record.info, vault)
        connection.isolation_level = None  # transactions begin where `began` says, not where sqlite3 guesses
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connections == 1 else "BEGIN")

    return engine
