"""SQLite: a file.

It runs in WAL mode: readers never wait for the writer. It has one writing connection; its transactions begin
IMMEDIATE, so that none fails half-way, and a commit is on the disk (synchronous=FULL) before it returns.
Another process, such as ``case set``, waits its turn by busy_timeout.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from backend.storage.engine import BUSY_SECONDS, InUse, driver
from backend.storage.vault import Vault, put_vault

_READERS = 4
_STEPS = 20_000
"""Instructions of SQLite between two looks at the clock, about a millisecond."""


class Sqlite:
    """A file."""

    remote = False
    readers = _READERS
    writers = 1

    def __init__(self, url: URL, vault: Vault) -> None:
        self._writer = _engine(url, vault, 1, ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"))
        self._reader = _engine(url, vault, _READERS, ("query_only=ON",))

    @contextmanager
    def transaction(self, writing: bool, answer_by: float | None) -> Iterator[Connection]:
        """See `Kind`."""
        with (self._writer if writing else self._reader).connect() as connection:
            own: sqlite3.Connection = driver(connection)
            if answer_by is not None:
                own.set_progress_handler(lambda: time.monotonic() > answer_by, _STEPS)
            try:
                with connection.begin():
                    yield connection
                    own.set_progress_handler(None, 0)
            finally:
                own.set_progress_handler(None, 0)

    def glance(self) -> AbstractContextManager[Connection]:
        """See `Kind`. Here a transaction costs next to nothing."""
        return self.transaction(writing=False, answer_by=time.monotonic() + BUSY_SECONDS)

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """See `Kind`. A table that is made anew would take the rows with it that refer to it (SQLite, "Making
        Other Kinds Of Table Schema Changes"), so references are looked at once, before the commit.
        """
        with self._writer.connect() as connection:
            own: sqlite3.Connection = driver(connection)
            own.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    broken = own.execute("PRAGMA foreign_key_check").fetchone()
                    if broken is not None:
                        raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to nothing in {broken[2]}")
            finally:
                own.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def replacement(self) -> Iterator[Connection]:
        """See `Kind`. A file leaves WAL mode only while nobody else has it open, and says so at once (SQLite,
        "Write-Ahead Logging").
        """
        self._reader.dispose()
        with self._writer.connect() as connection:
            own: sqlite3.Connection = driver(connection)
            try:
                own.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                raise InUse from None
            own.execute("PRAGMA journal_mode=WAL")
        with self.migration() as connection:
            yield connection

    def tidy(self) -> None:
        """See `Kind`. Deleted bytes are overwritten in the file (secure_delete), but the log has old pages.

        Somebody who reads keeps the log from being emptied; the next time does it.
        """
        with self._writer.connect() as connection:
            driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def conflicts(self, error: DBAPIError) -> bool:
        """Only where a name is taken, such as a reference that was drawn twice: the writer is alone."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)

    def close(self) -> None:
        """Closes all connections."""
        self._writer.dispose()
        self._reader.dispose()


def _engine(url: URL, vault: Vault, connections: int, pragmas: tuple[str, ...]) -> Engine:
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
