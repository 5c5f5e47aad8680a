"""A table of the tests' own, for what the storage promises of any."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, insert, select

from backend.storage.database import Database, database_url, open_database
from tests.keys import VAULT

MARKS = Table("marks", MetaData(), Column("name", String, primary_key=True), Column("count", Integer))


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Database]:
    """A database with that table, too."""
    database = await open_database(database_url(url, folder), VAULT)
    try:
        await database.migrate(MARKS.create, checkfirst=True)
        yield database
    finally:
        await database.close()


def mark(connection: Connection, name: str) -> None:
    """Adds a row; a name may be there once."""
    connection.execute(insert(MARKS).values(name=name, count=1))


def marks(connection: Connection) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(MARKS)).scalar_one()
