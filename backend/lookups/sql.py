"""Records in a database: one statement, which only reads, with a parameter for each answer.

A parameter is written ``:name`` and is never put into the text of the statement. SQLite is opened read-only;
a transaction of PostgreSQL is READ ONLY and has a statement timeout; other databases that SQLAlchemy knows
are asked in a transaction that is always rolled back, by a user who should have no more rights than to read.

Statements run in threads of their own, which a source that is slow shares with nobody.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from backend.lookups.provider import Failure, Given, Misconfigured, ProviderFailed, Question, Row

STATEMENT_SECONDS = 15
"""So long a statement runs at the most, whatever the source's own time is."""
_CONNECTIONS = 4
_STEPS = 20_000
"""Instructions of SQLite between two looks at the clock, about a millisecond."""

T = TypeVar("T")


class SqlSettings(BaseModel):
    """database: URL of SQLAlchemy, without a password; password_file: where it lies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str
    password_file: Path | None = None


class Sql:
    """A source in a database of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="lookup")

    @classmethod
    def configured(cls, name: str, settings: Mapping[str, Any]) -> Self:
        """See `Provider`."""
        try:
            made = SqlSettings.model_validate(settings)
            url = make_url(made.database)
            if made.password_file:
                url = url.set(password=made.password_file.read_text("utf-8").strip())
            return cls(_engine(url))
        except ValidationError as error:
            raise Misconfigured(f"{name}: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}") from None
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise Misconfigured(f"{name}: database: {type(error).__name__}") from None
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(f"{name}: password_file: cannot be read") from None

    async def check_config(self) -> None:
        """See `Provider`."""
        await _in(self._threads, lambda: self._run("SELECT 1", {}, 1))

    async def rows(self, question: Question) -> Sequence[Row]:
        """See `Provider`."""
        return await _in(self._threads, lambda: self._run(question.query, question.given, question.most + 1))

    async def close(self) -> None:
        """See `Provider`."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    def _run(self, query: str, given: Mapping[str, Given], most: int) -> list[Row]:
        statement = text(query)
        needed = statement.compile().params
        if unknown := sorted(needed.keys() - given.keys()):
            raise ProviderFailed(Failure.UNKNOWN, f"the query names {', '.join(unknown)}")
        with self._engine.connect() as connection, connection.begin() as transaction:
            raw: Any = connection.connection.dbapi_connection
            if isinstance(raw, sqlite3.Connection):
                raw.set_progress_handler(_until(time.monotonic() + STATEMENT_SECONDS), _STEPS)
            elif self._engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                connection.exec_driver_sql(f"SET LOCAL statement_timeout = {STATEMENT_SECONDS * 1000}")
            found = connection.execute(statement, {name: given[name] for name in needed})
            rows: list[Row] = [dict(row) for row in found.mappings().fetchmany(most)]
            transaction.rollback()
        return rows


class ContentTables:
    """The source ``content``: the tables of the content that is in force, as they are today."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="lookup")
        self._made: tuple[object, object, sqlite3.Connection] | None = None

    @classmethod
    def configured(cls, name: str, settings: Mapping[str, Any]) -> Self:
        """See `Provider`."""
        if settings:
            raise Misconfigured(f"{name}: {next(iter(settings))}: there is nothing to set")
        return cls()

    async def check_config(self) -> None:
        """See `Provider`. The content was checked before it was published."""

    async def rows(self, question: Question) -> Sequence[Row]:
        """See `Provider`."""
        return await _in(self._threads, lambda: self._run(question))

    async def close(self) -> None:
        """See `Provider`."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, question: Question) -> list[Row]:
        connection = self._database(question)
        connection.set_progress_handler(_until(time.monotonic() + STATEMENT_SECONDS), _STEPS)
        found = connection.execute(question.query, dict(question.given))
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchmany(question.most + 1)]

    def _database(self, question: Question) -> sqlite3.Connection:
        made = self._made
        if made is None or made[0] is not question.tables or made[1] != question.today:
            if made is not None:
                made[2].close()
            self._made = made = (question.tables, question.today, question.tables.database(question.today))
        return made[2]


async def _in(threads: Executor, work: Callable[[], T]) -> T:
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, work)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise ProviderFailed(Failure.DOWN, type(error).__name__) from None


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "").absolute()
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False),
            poolclass=QueuePool,
            pool_size=_CONNECTIONS,
            max_overflow=0,
        )
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(url, pool_size=_CONNECTIONS, max_overflow=0, pool_pre_ping=True)


def _until(end: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > end)
