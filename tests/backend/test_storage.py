"""The database: its tables, what it promises, and what it refuses."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Row, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from backend.clock import now
from backend.storage.database import Database, DatabaseUnusable, database_url, open_database
from backend.storage.tables import CaseEventRow, SessionRow
from tests.keys import VAULT


async def opened(folder: Path, url: str = "") -> Database:
    return await open_database(database_url(url, folder), VAULT)


def tokens(connection: Connection) -> list[bytes]:
    return list(connection.execute(select(SessionRow.token_hash)).scalars())


def add_token(connection: Connection, token: bytes) -> None:
    connection.execute(insert(SessionRow).values(token_hash=token, expire_time=now()))


async def test_a_commit_is_on_the_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    database = await opened(tmp_path)

    def pragma(connection: Connection, name: str) -> object:
        return connection.execute(text(f"PRAGMA {name}")).scalar()

    assert await database.write(pragma, "journal_mode") == "wal"
    assert await database.write(pragma, "synchronous") == 2  # FULL
    assert await database.write(pragma, "foreign_keys") == 1
    assert await database.write(pragma, "busy_timeout") == 10_000
    assert await database.read(pragma, "query_only") == 1
    written, finish = threading.Event(), threading.Event()

    def slowly(connection: Connection) -> None:
        add_token(connection, b"1")
        written.set()
        assert finish.wait(10)

    writing = asyncio.create_task(database.write(slowly))
    assert await asyncio.to_thread(written.wait, 10)
    assert await asyncio.wait_for(database.read(tokens), 5) == []
    finish.set()
    await writing
    assert await database.read(tokens) == [b"1"]
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(add_token, b"2")
    await database.close()


async def test_an_event_needs_its_case_and_a_failed_transaction_leaves_nothing(
    tmp_path: Path, empty_database: str
) -> None:
    database = await opened(tmp_path, empty_database)

    def fail(connection: Connection) -> None:
        add_token(connection, b"1")
        connection.execute(insert(CaseEventRow).values(reference="1", state=1, event_time=now()))

    with pytest.raises(IntegrityError):
        await database.write(fail)
    assert await database.read(tokens) == []
    await database.close()


async def test_moments_come_back_as_they_went_in(tmp_path: Path, empty_database: str) -> None:
    database = await opened(tmp_path, empty_database)
    moment = now()

    def there_and_back(connection: Connection) -> Row[datetime]:
        connection.execute(insert(SessionRow).values(token_hash=b"1", expire_time=moment))
        return connection.execute(select(SessionRow.expire_time)).one()

    assert (await database.write(there_and_back))[0] == moment
    await database.close()


async def test_several_openings_at_once_make_the_tables_once(tmp_path: Path) -> None:
    for number in range(5):  # who comes while another turns the new file to WAL, comes so by chance
        folder = tmp_path / str(number)
        folder.mkdir()
        databases = await asyncio.gather(*(opened(folder) for _ in range(6)))
        for database in databases:
            await database.close()


async def test_the_database_of_a_newer_release_is_refused(tmp_path: Path, empty_database: str) -> None:
    database = await opened(tmp_path, empty_database)
    later = text("UPDATE alembic_version SET version_num = '9999'")
    await database.write(lambda connection: connection.execute(later))
    await database.close()
    with pytest.raises(DatabaseUnusable) as caught:
        await opened(tmp_path, empty_database)
    assert caught.value.newer
