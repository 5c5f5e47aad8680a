"""The database: opening, bringing up to date, reading, writing.

What is read and written are plain functions over a connection; `Database.read` and `Database.write` run one
in a thread, as one transaction. So a call of the contract leaves the loop once, however many statements it
needs, and two functions become one transaction by calling both from a third.

SQLite runs in WAL mode: readers never wait for the writer. There is one writer, a thread of one connection,
which is a queue in which everybody gets a turn; its transactions begin IMMEDIATE, so that none fails
half-way, and a commit is on the disk (synchronous=FULL) before it returns. Another process, such as
``case set``, waits its turn by busy_timeout. PostgreSQL has one pool for both.

Nothing outside this file knows which database it is.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from foundation.tracing import span

FILE_NAME = "huimin.sqlite3"
BUSY_SECONDS = 10
READERS = 4
POOL = 8
"""Connections to PostgreSQL."""
_PAUSE = 0.05
"""Seconds before a database that another process makes is opened again."""
_MIGRATIONS = Path(__file__).parent / "migrations"

P = ParamSpec("P")
T = TypeVar("T")
Function = Callable[Concatenate[Connection, P], T]
"""What is run as one transaction."""


class DatabaseUnusable(Exception):
    """The database cannot be opened; `reason` says why, `place` which it is, without a password."""

    def __init__(self, place: str, reason: str, *, newer: bool = False) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason
        self.newer = newer


class Database:
    """One database. Open it with `open_database`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        if url.get_backend_name() == "sqlite":
            self._writer = _sqlite(url, connections=1, pragmas=("journal_mode=WAL", "synchronous=FULL"))
            self._reader = _sqlite(url, connections=READERS, pragmas=("query_only=ON",))
            self._writing = ThreadPoolExecutor(1, "database-writer")
            self._reading = ThreadPoolExecutor(READERS, "database-reader")
        else:
            self._writer = self._reader = _postgresql(url)
            self._writing = self._reading = ThreadPoolExecutor(POOL, "database")

    @property
    def place(self) -> str:
        """Which it is, for people; without a password."""
        return (
            self.url.database or ""
            if self.url.get_backend_name() == "sqlite"
            else self.url.render_as_string(hide_password=True)
        )

    async def read(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that sees one state of the database and changes nothing."""
        with span("database.read", function=function.__name__):
            return await asyncio.get_running_loop().run_in_executor(
                self._reading, lambda: _transaction(self._reader, function, *args, **kwargs)
            )

    async def write(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function whose changes are on the disk afterwards, and undone where it raises.

        Once it has begun it ends, also where the caller is cancelled meanwhile.
        """
        with span("database.write", function=function.__name__):
            return await asyncio.get_running_loop().run_in_executor(
                self._writing, lambda: _transaction(self._writer, function, *args, **kwargs)
            )

    async def close(self) -> None:
        """Ends what is under way and closes all connections."""
        for executor in {self._reading, self._writing}:
            await asyncio.to_thread(executor.shutdown, wait=True)
        for engine in {self._reader, self._writer}:
            engine.dispose()


def database_url(given: str, data: Path) -> URL:
    """Where the database is: a URL of SQLAlchemy, or the file in the data folder where none is given.

    ``postgresql://…`` is taken with the driver psycopg. Raises ValueError.
    """
    if not given:
        return URL.create("sqlite", database=str(data / FILE_NAME))
    try:
        url = make_url(given)
    except ArgumentError:
        raise ValueError("is no URL of a database, such as postgresql://huimin@localhost/huimin") from None
    match url.get_backend_name():
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case "sqlite":
            return url
    raise ValueError("is neither a postgresql:// nor a sqlite:// URL")


async def open_database(url: URL) -> Database:
    """Opens a database, made where there is none, with its tables up to date. Raises DatabaseUnusable."""
    database = Database(url)
    try:
        await _bring_up_to_date(database)
    except CommandError as error:
        await database.close()
        raise DatabaseUnusable(database.place, str(error), newer=True) from None
    except (DBAPIError, OSError) as error:
        await database.close()
        raise DatabaseUnusable(database.place, str(getattr(error, "orig", error)).strip()) from None
    return database


async def _bring_up_to_date(database: Database) -> None:
    """Makes the tables what this release needs.

    While another process turns a new file to WAL, SQLite refuses at once, without regard to busy_timeout.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            await database.write(_migrate)
        except OperationalError as error:
            busy = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= end:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            return


def _transaction(engine: Engine, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    with engine.begin() as connection:
        return function(connection, *args, **kwargs)


def _sqlite(url: URL, connections: int, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # no error carries what a resident entered
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions begin where `began` says, not where sqlite3 guesses
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connections == 1 else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=POOL,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"connect_timeout": BUSY_SECONDS},
    )


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
