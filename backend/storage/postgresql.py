"""PostgreSQL: a server.

One pool for reading and writing. Reads are REPEATABLE READ, so that all of a function's statements see one
state; writes are READ COMMITTED. A transaction begins with one round trip, which also sets how long a
statement may take. A connection that was lost while it lay in the pool is found by that, and the transaction
begins on another.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from backend.storage.engine import BUSY_SECONDS, InUse, alone, driver
from backend.storage.vault import Vault, put_vault

_CONNECTIONS = 8
"""To PostgreSQL, of one backend."""
_NAME = "huimin-"
"""Begins the name of the sessions of one pool; eight random characters follow."""
_LEAVING_SECONDS = 1.0
"""So long a session that was closed may still be listed."""
_SESSION = " ".join(
    f"-c {setting}"
    for setting in (
        "client_encoding=utf8",
        "idle_in_transaction_session_timeout=60000",
        f"statement_timeout={BUSY_SECONDS * 1000}",
    )
)
"""A backend that was stopped within a transaction keeps its locks no longer than a minute. The time of a
statement is that of one outside a transaction: each transaction has its own."""
_LINE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A server that is gone without a word is noticed within 15 seconds (libpq, 34.1.2)."""
_CONFLICTS = ("40001", "40P01", "23505")
"""serialization_failure, deadlock_detected, unique_violation: the last where two looked for the same name,
and neither found it. The row is seen when the function is run again (PostgreSQL, 13.5)."""


class PostgreSql:
    """A server."""

    remote = True
    readers = writers = _CONNECTIONS

    def __init__(self, url: URL, vault: Vault) -> None:
        self._name = _NAME + secrets.token_hex(4)
        self._engine = create_engine(
            url,
            hide_parameters=True,  # no error carries what a resident entered
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_reset_on_return=None,  # each transaction has been ended
            # The driver sends no BEGIN of its own: `_begin` does.
            connect_args={
                "autocommit": True,
                "connect_timeout": BUSY_SECONDS,
                "application_name": self._name,
                "options": _SESSION,
                **_LINE,
            },
        )

        @event.listens_for(self._engine, "connect")
        def connected(connection: object, record: ConnectionPoolEntry) -> None:
            put_vault(record.info, vault)

    @contextmanager
    def transaction(self, writing: bool, answer_by: float | None) -> Iterator[Connection]:
        """See `Kind`."""
        begin = "BEGIN ISOLATION LEVEL " + ("READ COMMITTED" if writing else "REPEATABLE READ READ ONLY")
        milliseconds = 0 if answer_by is None else max(1, int((answer_by - time.monotonic()) * 1000))
        begin += f"; SET LOCAL statement_timeout = {milliseconds}"
        with self._begun(begin) as connection, connection.begin():
            yield connection

    def _begun(self, begin: str) -> Connection:
        """A connection on which a transaction has begun. One that was lost makes room for a new one."""
        for attempts_left in reversed(range(_CONNECTIONS + 1)):
            connection = self._engine.connect()
            try:
                own: psycopg.Connection[Any] = driver(connection)
                own.execute(begin.encode(), prepare=False)  # two statements cannot be prepared
            except psycopg.Error as error:
                connection.invalidate()
                connection.close()
                if not attempts_left:
                    raise OperationalError("BEGIN", None, error) from None
            else:
                return connection
        raise AssertionError("unreachable")

    def glance(self) -> AbstractContextManager[Connection]:
        """See `Kind`. The driver begins nothing (see `connect_args`): a statement is a transaction."""
        return self._engine.connect()

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """See `Kind`."""
        with self.transaction(writing=True, answer_by=None) as connection:
            alone(connection, "migration")
            yield connection

    @contextmanager
    def replacement(self) -> Iterator[Connection]:
        """See `Kind`. Every pool of ours names its sessions (PostgreSQL, 27.2.3, pg_stat_activity)."""
        others = text(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND starts_with(application_name, :ours) AND application_name <> :own LIMIT 1"
        )
        with self.migration() as connection:
            end = time.monotonic() + _LEAVING_SECONDS
            while connection.execute(others, {"ours": _NAME, "own": self._name}).first():
                if time.monotonic() > end:
                    raise InUse
                time.sleep(0.1)
                connection.execute(select(func.pg_stat_clear_snapshot()))
            yield connection

    def tidy(self) -> None:
        """See `Kind`. PostgreSQL makes room of what was deleted by itself, and writes over it later."""

    def conflicts(self, error: DBAPIError) -> bool:
        """See `_CONFLICTS`."""
        return getattr(error.orig, "sqlstate", None) in _CONFLICTS

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()
