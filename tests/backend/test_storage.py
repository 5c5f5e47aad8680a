"""The database: what it promises, and what it refuses."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from backend.clock import now
from backend.storage.database import DatabaseUnusable, database_url, open_database
from backend.storage.tables import CaseEventRow, Moment
from tests.backend.marks import mark, marks, opened
from tests.keys import VAULT


async def test_a_commit_is_on_the_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:

        def pragma(connection: Connection, name: str) -> object:
            return connection.execute(text(f"PRAGMA {name}")).scalar()

        assert await database.write(pragma, "journal_mode") == "wal"
        assert await database.write(pragma, "synchronous") == 2  # FULL
        assert await database.write(pragma, "foreign_keys") == 1
        assert await database.write(pragma, "busy_timeout") == 10_000
        assert await database.read(pragma, "query_only") == 1
        written, finish = threading.Event(), threading.Event()

        def slowly(connection: Connection) -> None:
            mark(connection, "1")
            written.set()
            assert finish.wait(10)

        writing = asyncio.create_task(database.write(slowly))
        assert await asyncio.to_thread(written.wait, 10)
        assert await asyncio.wait_for(database.read(marks), 5) == 0
        finish.set()
        await writing
        assert await database.read(marks) == 1
        with pytest.raises(OperationalError, match="readonly"):
            await database.read(mark, "2")


async def test_an_event_needs_its_case_and_a_failed_transaction_leaves_nothing(
    tmp_path: Path, empty_database: str
) -> None:
    async with opened(empty_database, tmp_path) as database:

        def fail(connection: Connection) -> None:
            mark(connection, "1")
            connection.execute(insert(CaseEventRow).values(reference="1", state=1, event_time=now()))

        with pytest.raises(IntegrityError):
            await database.write(fail)
        assert await database.read(marks) == 0


async def test_moments_come_back_as_they_went_in(tmp_path: Path, empty_database: str) -> None:
    moments = Table("moments", MetaData(), Column("moment", Moment, primary_key=True))
    moment = now()

    def there_and_back(connection: Connection) -> object:
        connection.execute(insert(moments).values(moment=moment))
        return connection.execute(select(moments.c.moment)).scalar_one()

    async with opened(empty_database, tmp_path) as database:
        await database.migrate(moments.create)
        assert await database.write(there_and_back) == moment


async def test_several_openings_at_once_make_the_tables_once(tmp_path: Path, empty_database: str) -> None:
    for number in range(1 if empty_database else 5):  # who meets a file on its way to WAL, does so by chance
        url = database_url(empty_database, tmp_path / str(number))
        (tmp_path / str(number)).mkdir()
        for database in await asyncio.gather(*(open_database(url, VAULT) for _ in range(6))):
            await database.close()


async def test_the_database_of_a_newer_release_is_refused(tmp_path: Path, empty_database: str) -> None:
    async with opened(empty_database, tmp_path) as database:
        later = text("UPDATE alembic_version SET version_num = '9999'")
        await database.write(lambda connection: connection.execute(later))
    with pytest.raises(DatabaseUnusable) as caught:
        await open_database(database_url(empty_database, tmp_path), VAULT)
    assert caught.value.newer
