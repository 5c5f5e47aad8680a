"""The database: opening, bringing up to date, reading, writing.

What is read and written are plain functions over a connection; `Database.read` and `Database.write` run one
in a thread, as one transaction. So a call of the contract leaves the loop once, however many statements it
needs, and two functions become one transaction by calling both from a third.

A function may be run again where another transaction was in its way, so it changes nothing but the database.

SQLite and PostgreSQL run the same functions; `engine` knows in what they differ.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from backend.storage.engine import BUSY_SECONDS, is_busy, kind
from backend.storage.first_files import attachments_beside, remove_taken_in
from backend.storage.revision import current, newest
from backend.storage.vault import Vault, WrongKeys, check_keys
from foundation.tracing import span

FILE_NAME = "huimin.sqlite3"
TURN_SECONDS = 10.0
"""So long a function waits for its turn; the storage does not answer then."""
_ATTEMPTS = 6
"""Runs of one function in whose way others are."""
_PAUSE = 0.05
"""Seconds before a database that another process makes is opened again."""

P = ParamSpec("P")
T = TypeVar("T")
Function = Callable[Concatenate[Connection, P], T]
"""What is run as one transaction."""

answer_by: ContextVar[float | None] = ContextVar("answer_by", default=None)
"""Moment of time.monotonic() when whoever asked has gone; what is read and written for it ends then too."""


class DatabaseUnusable(Exception):
    """The database cannot be opened; `reason` says why, `place` which it is, without a password."""

    def __init__(self, place: str, reason: str, *, newer: bool = False) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason
        self.newer = newer

    @classmethod
    def by(cls, database: Database, error: Exception) -> DatabaseUnusable:
        """Because of what the database or the operating system said."""
        return cls(database.place, " ".join(str(getattr(error, "orig", error)).split()))


class Database:
    """One database. Open it with `open_database`."""

    def __init__(self, url: URL, vault: Vault) -> None:
        self.url = url
        self._kind = kind(url, vault)
        if url.get_backend_name() == "sqlite":
            self._writing = _Threads(self._kind.writers, "database-writer")
            self._reading = _Threads(self._kind.readers, "database-reader")
        else:
            self._writing = self._reading = _Threads(self._kind.writers, "database")

    @property
    def place(self) -> str:
        """Which it is, for people; without a password."""
        return (
            self.url.database or ""
            if self.url.get_backend_name() == "sqlite"
            else self.url.render_as_string(hide_password=True)
        )

    def free_bytes(self) -> int | None:
        """What is free on the disk where it lies; None where that is another machine's. Blocks."""
        if self.url.get_backend_name() != "sqlite":
            return None
        return shutil.disk_usage(Path(self.url.database or ".").parent).free

    async def read(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that sees one state of the database and changes nothing.

        Raises TimeoutError where it does not get its turn in time, and what the function raises.
        """
        end = answer_by.get()

        def run(answer: Future[T]) -> None:
            with self._kind.transaction(writing=False, answer_by=end) as connection:
                given = function(connection, *args, **kwargs)
                if self._kind.remote:  # nobody waits for the end of a read, there and back
                    answer.set_result(given)
            if not self._kind.remote:
                answer.set_result(given)

        with span("database.read", function=function.__name__):
            return await self._reading.answered(run, end)

    async def glance(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that reads with one statement, without a transaction around it: on a server its
        beginning and its end are two more ways there and back. Raises as `read` does.
        """

        def run() -> T:
            try:
                with self._kind.glance() as connection:
                    return function(connection, *args, **kwargs)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            # It was lost while it lay in the pool, and with it all that lay there.
            with self._kind.glance() as connection:
                return function(connection, *args, **kwargs)

        with span("database.glance", function=function.__name__):
            return await self._reading.run(run, answer_by.get())

    async def write(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function whose changes are on the disk afterwards, and undone where it raises.

        Once it has begun it ends, also where the caller is cancelled meanwhile. Raises as `read` does. Where
        the connection is lost in the commit, OperationalError leaves open whether it was made.
        """
        end = answer_by.get()

        def run() -> T:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    with self._kind.transaction(writing=True, answer_by=end) as connection:
                        return function(connection, *args, **kwargs)
                except DBAPIError as error:
                    if attempt == _ATTEMPTS or not self._kind.conflicts(error):
                        raise
                time.sleep(random.uniform(0, 0.002 * 2**attempt))  # noqa: S311 (so that two do not meet again)
            raise AssertionError("unreachable")

        with span("database.write", function=function.__name__):
            return await self._writing.run(run, end)

    async def migrate(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that changes tables, while no other process does."""

        def run() -> T:
            with self._kind.migration() as connection:
                return function(connection, *args, **kwargs)

        return await self._writing.run(run, None)

    async def replace(self, function: Function[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that changes all there is, while no other process is connected. Raises InUse."""

        def run() -> T:
            with self._kind.replacement() as connection:
                return function(connection, *args, **kwargs)

        return await self._writing.run(run, None)

    async def tidy(self) -> None:
        """Makes what was deleted disappear from the disk, as far as the database can."""
        await self._writing.run(self._kind.tidy, None)

    async def close(self) -> None:
        """Ends what is under way and closes all connections."""
        for threads in (self._reading, self._writing):
            await threads.close()
        self._kind.close()


class _Threads:
    """Some threads in which functions get their turn in the order in which they came."""

    def __init__(self, count: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(count, name)
        self._free = asyncio.Semaphore(count)

    async def run(self, function: Callable[[], T], end: float | None) -> T:
        """Runs it. Raises TimeoutError where that cannot begin before `end`, or for too long."""
        return await self.answered(lambda answer: answer.set_result(function()), end)

    async def answered(self, function: Callable[[Future[T]], None], end: float | None) -> T:
        """Runs a function that may have more to do once it has set the answer. Raises as `run` does."""
        await self._turn(end)
        answer: Future[T] = Future()

        def run() -> None:
            if not answer.set_running_or_notify_cancel():
                return  # the caller has gone before it began
            try:
                function(answer)
            except BaseException as error:
                if not answer.done():
                    answer.set_exception(error)

        self._executor.submit(run)
        try:
            return await asyncio.wrap_future(answer)
        finally:
            if answer.done():
                self._free.release()
            else:  # the caller has gone, and the thread is not free yet
                loop = asyncio.get_running_loop()
                answer.add_done_callback(lambda _: loop.call_soon_threadsafe(self._free.release))

    async def _turn(self, end: float | None) -> None:
        longest = TURN_SECONDS if end is None else min(TURN_SECONDS, end - time.monotonic())
        if longest <= 0:
            raise TimeoutError
        if not self._free.locked():
            await self._free.acquire()  # at once
            return
        async with asyncio.timeout(longest):
            await self._free.acquire()

    async def close(self) -> None:
        """Ends what is under way."""
        await asyncio.to_thread(self._executor.shutdown, wait=True)


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


async def open_database(url: URL, vault: Vault) -> Database:
    """Opens a database, made where there is none, with its tables up to date.

    Raises DatabaseUnusable, WrongKeys.
    """
    database = Database(url, vault)
    try:
        if await _when_free(lambda: database.read(_checked_revision)) != newest():
            await _bring_up_to_date(database)
        if folder := attachments_beside(url):
            await asyncio.to_thread(remove_taken_in, folder)
    except (DatabaseUnusable, WrongKeys):
        await database.close()
        raise
    except (DBAPIError, OSError) as error:
        await database.close()
        raise DatabaseUnusable.by(database, error) from None
    return database


def _checked_revision(connection: Connection) -> str:
    """The revision of the tables, whose keys are those of the connection. Raises WrongKeys."""
    check_keys(connection)
    return current(connection)


async def _bring_up_to_date(database: Database) -> None:
    """Raises DatabaseUnusable where a newer release made the tables."""
    from alembic.util import CommandError  # noqa: PLC0415 (a fifth of a start, which seldom needs it)

    from backend.storage.migrating import upgrade  # noqa: PLC0415 (likewise)

    folder = attachments_beside(database.url)
    try:
        await _when_free(lambda: database.migrate(upgrade, "head", folder))
    except CommandError as error:
        raise DatabaseUnusable(database.place, str(error), newer=True) from None


async def _when_free(work: Callable[[], Awaitable[T]]) -> T:
    """Does it once nobody else has the file for himself.

    While another process turns a new file to WAL, SQLite refuses at once, without regard to busy_timeout.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return await work()
        except DBAPIError as error:
            if not is_busy(error) or time.monotonic() >= end:
                raise
        await asyncio.sleep(_PAUSE)
