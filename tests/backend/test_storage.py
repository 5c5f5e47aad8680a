"""The database: its tables, what it promises, and what it refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from backend.clock import now
from backend.storage.database import FILE_NAME, DatabaseUnusable, open_database
from backend.storage.tables import CaseEventRow, SessionRow, Table


def differences(connection: Connection) -> list[object]:
    """Where the tables in the database and those of `tables` differ, but for the search index."""
    context = MigrationContext.configure(connection)
    return [
        difference
        for difference in compare_metadata(context, Table.metadata)
        if not (difference[0] == "remove_table" and difference[1].name.startswith("policy_search"))
    ]


async def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    database = await open_database(tmp_path / FILE_NAME)
    async with database.writing() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_commit_is_on_the_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    database = await open_database(tmp_path / FILE_NAME)

    async def pragma(name: str, *, writing: bool) -> object:
        async with database.writing() if writing else database.reading() as connection:
            return (await connection.execute(text(f"PRAGMA {name}"))).scalar()

    assert await pragma("journal_mode", writing=True) == "wal"
    assert await pragma("synchronous", writing=True) == 2  # FULL
    assert await pragma("foreign_keys", writing=True) == 1
    assert await pragma("busy_timeout", writing=True) == 10_000
    assert await pragma("query_only", writing=False) == 1
    async with database.writing() as writer:
        await writer.execute(insert(SessionRow).values(token_hash=b"1", expire_time=now()))
        async with asyncio.timeout(1), database.reading() as reader:
            assert (await reader.execute(select(SessionRow.token_hash))).all() == []
    async with database.reading() as reader:
        assert (await reader.execute(select(SessionRow.token_hash))).all() == [(b"1",)]
        with pytest.raises(OperationalError, match="readonly"):
            await reader.execute(insert(SessionRow).values(token_hash=b"2", expire_time=now()))
    await database.close()


async def test_an_event_needs_its_case_and_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    database = await open_database(tmp_path / FILE_NAME)
    with pytest.raises(IntegrityError):
        async with database.writing() as connection:
            await connection.execute(insert(SessionRow).values(token_hash=b"1", expire_time=now()))
            await connection.execute(
                insert(CaseEventRow).values(reference="1", state=1, event_time=now(), note="")
            )
    async with database.reading() as connection:
        assert (await connection.execute(select(SessionRow.token_hash))).all() == []
    await database.close()


async def test_moments_come_back_as_they_went_in(tmp_path: Path) -> None:
    database = await open_database(tmp_path / FILE_NAME)
    moment = now()
    async with database.writing() as connection:
        await connection.execute(insert(SessionRow).values(token_hash=b"1", expire_time=moment))
        assert (await connection.execute(select(SessionRow.expire_time))).scalar_one() == moment
    await database.close()


async def test_several_openings_at_once_make_the_tables_once(tmp_path: Path) -> None:
    for number in range(5):  # who comes while another turns the new file to WAL, comes so by chance
        file = tmp_path / str(number)
        databases = await asyncio.gather(*(open_database(file) for _ in range(6)))
        for database in databases:
            await database.close()


async def test_the_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    database = await open_database(tmp_path / FILE_NAME)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(DatabaseUnusable) as caught:
        await open_database(tmp_path / FILE_NAME)
    assert caught.value.newer
