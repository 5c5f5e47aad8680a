"""What is asked of SQLite and PostgreSQL alike: connections, how a transaction begins, what errors mean.

Nothing outside `sqlite` and `postgresql` knows which database it is, but for what only one of them can do
(`alone`, backup).
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import URL, Connection, MetaData, func, select
from sqlalchemy.exc import DBAPIError

from backend.storage.vault import Vault

BUSY_SECONDS = 10
"""So long a connection to SQLite waits for another process, and one to PostgreSQL for its server."""


class InUse(Exception):
    """Another process is connected to the database, such as a backend that serves."""


class Kind(Protocol):
    """One of the two."""

    remote: bool
    """Whether a statement goes to a server."""
    readers: int
    """So many functions may read at a time."""
    writers: int
    """So many functions may write at a time."""

    def transaction(self, writing: bool, answer_by: float | None) -> AbstractContextManager[Connection]:
        """Around one transaction on a connection of its own, committed at the end.

        answer_by: moment of time.monotonic() after which statements are broken off. A commit never is torn.
        """
        ...

    def glance(self) -> AbstractContextManager[Connection]:
        """Around one statement that reads and is broken off where it takes too long."""
        ...

    def migration(self) -> AbstractContextManager[Connection]:
        """Around a transaction that changes tables, while no other process does."""
        ...

    def replacement(self) -> AbstractContextManager[Connection]:
        """As `migration`, where no other process is connected, not even idle. Raises InUse."""
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
    """The one of a URL, loaded only then: drivers are large. The vault is put into every connection."""
    if url.get_backend_name() == "sqlite":
        from backend.storage.sqlite import Sqlite  # noqa: PLC0415

        return Sqlite(url, vault)
    from backend.storage.postgresql import PostgreSql  # noqa: PLC0415

    return PostgreSql(url, vault)


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


def is_busy(error: DBAPIError) -> bool:
    """Whether SQLite refused at once because another process had the file for itself."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def driver(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection
