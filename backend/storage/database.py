"""The database: opening, bringing up to date, reading, writing.

SQLite in WAL mode: readers never wait for the writer. There is one writer, a pool of one connection, which is
a queue in which everybody gets a turn; its transactions begin IMMEDIATE, so that none fails half-way, and a
commit is on the disk (synchronous=FULL) before it returns. Another process, such as ``case set``, waits its
turn by busy_timeout.

Nothing outside this file and `search.index` knows which database it is: on another one the two engines are
one with a pool of its own.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

logging.getLogger("aiosqlite").setLevel(logging.INFO)  # its debug records hold what residents entered

FILE_NAME = "huimin.sqlite3"
BUSY_SECONDS = 10
READERS = 4
_PAUSE = 0.05
"""Seconds before a database that another process makes is opened again."""
_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseUnusable(Exception):
    """The database cannot be opened; `reason` says why."""

    def __init__(self, file: Path, reason: str, *, newer: bool = False) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason
        self.newer = newer


class Database:
    """One database file. Open it with `open_database`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._writer = _engine(file, connections=1, pragmas=("journal_mode=WAL", "synchronous=FULL"))
        self._reader = _engine(file, connections=READERS, pragmas=("query_only=ON",))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database."""
        async with self._reader.begin() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is on the disk when the block ends, and undone where it raises."""
        async with self._writer.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Closes all connections."""
        await self._reader.dispose()
        await self._writer.dispose()


async def open_database(file: Path) -> Database:
    """Opens a database, made where there is none, with its tables up to date. Raises DatabaseUnusable."""
    database = Database(file)
    try:
        await _bring_up_to_date(database)
    except CommandError as error:
        await database.close()
        raise DatabaseUnusable(file, str(error), newer=True) from None
    except (DBAPIError, OSError) as error:
        await database.close()
        raise DatabaseUnusable(file, str(getattr(error, "orig", error))) from None
    return database


async def _bring_up_to_date(database: Database) -> None:
    """Makes the tables what this release needs.

    While another process turns a new file to WAL, SQLite refuses at once, without regard to busy_timeout.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            async with database.writing() as connection:
                await connection.run_sync(_migrate)
        except OperationalError as error:
            busy = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= end:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            return


def _engine(file: Path, connections: int, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        hide_parameters=True,  # no error carries what a resident entered
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS * 2,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions begin where `began` says, not where sqlite3 guesses
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connections == 1 else "BEGIN")

    return engine


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
