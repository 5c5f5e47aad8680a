"""The database under strain: lost connections, a server that stops, slow statements, others in the way."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from backend.clock import now
from backend.storage import database as module
from backend.storage.database import answer_by
from tests.backend.marks import MARKS, mark, marks, opened
from tests.postgres import Cluster, cluster


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Cluster]:
    """A server that may be stopped, and killed."""
    with cluster() as started:
        yield started


async def test_what_was_acknowledged_outlives_a_crash_of_the_server(
    own_postgres: Cluster, tmp_path: Path
) -> None:
    async with opened(own_postgres.database(), tmp_path) as database:
        acknowledged, well_under_way = 0, threading.Event()

        def crash() -> None:
            assert well_under_way.wait(30)
            own_postgres.end(signal.SIGQUIT)

        crashed = asyncio.create_task(asyncio.to_thread(crash))
        with pytest.raises(OperationalError):
            for number in range(100_000):
                await database.write(mark, str(number))
                acknowledged += 1
                if acknowledged == 50:
                    well_under_way.set()
        await crashed
        began = time.monotonic()
        for look in (database.read, database.glance):
            with pytest.raises(OperationalError):
                await look(marks)
        assert time.monotonic() - began < 3
        own_postgres.start()
        assert await database.read(marks) in (
            acknowledged,
            acknowledged + 1,
        )  # the last may have come through
        await database.write(mark, "after")


async def test_lost_connections_are_replaced_without_anybody_noticing(
    own_postgres: Cluster, tmp_path: Path
) -> None:
    url = own_postgres.database()
    async with opened(url, tmp_path) as database:
        for round_ in range(3):
            await asyncio.gather(*(database.read(marks) for _ in range(30)))
            assert own_postgres.disconnect(url) > 1
            await asyncio.gather(*(database.write(mark, f"{round_} {i}") for i in range(30)))
            assert own_postgres.disconnect(url) > 1
            assert set(await asyncio.gather(*(database.glance(marks) for _ in range(30)))) == {
                30 * round_ + 30
            }
        assert await database.read(marks) == 90


async def test_a_connection_that_is_lost_half_way_leaves_nothing(
    own_postgres: Cluster, tmp_path: Path
) -> None:
    url = own_postgres.database()
    async with opened(url, tmp_path) as database:

        def fail(connection: Connection) -> None:
            mark(connection, "1")
            own_postgres.disconnect(url)
            mark(connection, "2")

        with pytest.raises(OperationalError):
            await database.write(fail)
        assert await database.read(marks) == 0


SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000)"
    " SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(30)",
}


async def test_what_takes_longer_than_the_caller_waits_is_broken_off(
    tmp_path: Path, empty_database: str
) -> None:
    async with opened(empty_database, tmp_path) as database:

        def slowly(connection: Connection, name: str) -> None:
            if name:
                mark(connection, name)
            connection.execute(text(SLOW[connection.dialect.name])).all()

        began = time.monotonic()
        answer_by.set(began + 0.3)
        with pytest.raises(OperationalError):
            await database.read(slowly, "")
        with pytest.raises((OperationalError, TimeoutError)):
            await database.write(slowly, "1")
        with pytest.raises(TimeoutError):
            await database.write(mark, "2")
        assert time.monotonic() - began < 3
        answer_by.set(None)
        assert await database.read(marks) == 0
        await database.write(mark, "3")
        assert await database.read(marks) == 1


async def test_a_caller_who_goes_away_leaves_his_turn_to_others(tmp_path: Path, empty_database: str) -> None:
    async with opened(empty_database, tmp_path) as database:
        for look in (database.read, database.glance):
            for _ in range(40):
                going = asyncio.create_task(look(marks))
                await asyncio.sleep(0)
                going.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await going
            assert await asyncio.gather(*(look(marks) for _ in range(20))) == [0] * 20


async def test_nobody_waits_for_a_turn_for_ever(
    tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TURN_SECONDS", 0.3)
    async with opened(empty_database, tmp_path) as database:
        go_on = threading.Event()
        holding = [
            asyncio.create_task(database.write(lambda _: go_on.wait(20)))
            for _ in range(8 if empty_database else 1)
        ]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await database.write(mark, "1")
        assert time.monotonic() - began < 2
        go_on.set()
        await asyncio.gather(*holding)
        await database.write(mark, "2")
        assert await database.read(marks) == 1


async def test_a_read_sees_one_state_and_changes_nothing(tmp_path: Path, empty_database: str) -> None:
    async with opened(empty_database, tmp_path) as database:
        counted, added = threading.Event(), threading.Event()

        def twice(connection: Connection) -> tuple[int, int]:
            first = marks(connection)
            counted.set()
            assert added.wait(10)
            return first, marks(connection)

        reading = asyncio.create_task(database.read(twice))
        assert await asyncio.to_thread(counted.wait, 10)
        await database.write(mark, "1")
        added.set()
        assert await reading == (0, 0)
        with pytest.raises(DBAPIError):
            await database.read(mark, "2")
        assert await database.read(marks) == 1


def tried(name: str) -> dict[str, Any]:
    """A row that is counted in."""
    return {
        "scope": name,
        "subject": b"",
        "count": 1,
        "since_time": now(),
        "last_time": now(),
        "closures": 0,
    }


async def test_two_backends_that_look_for_the_same_row_make_it_once(
    tmp_path: Path, empty_database: str
) -> None:
    """A function that looks first and inserts after is right from any number of backends."""

    def count(connection: Connection, name: str) -> int:
        row = MARKS.c.name == name
        held = connection.execute(select(MARKS.c["count"]).where(row).with_for_update()).scalar()
        if held is None:
            mark(connection, name)
            return 1
        connection.execute(update(MARKS).where(row).values(count=held + 1))
        return int(held) + 1

    async with opened(empty_database, tmp_path) as one, opened(empty_database, tmp_path) as other:
        for number in range(5):
            counts = await asyncio.gather(
                *(backend.write(count, str(number)) for _ in range(5) for backend in (one, other))
            )
            assert sorted(counts) == list(range(1, 11))


async def test_a_deadlock_is_tried_again(postgres: Cluster, tmp_path: Path) -> None:
    both = threading.Barrier(2)
    first_time = {"a": True, "b": True}

    def change(connection: Connection, mine: str, others: str) -> None:
        connection.execute(update(MARKS).where(MARKS.c.name == mine).values(count=2))
        if first_time[mine]:
            first_time[mine] = False
            both.wait(10)
        connection.execute(update(MARKS).where(MARKS.c.name == others).values(count=3))

    def counts(connection: Connection) -> list[int]:
        return sorted(connection.execute(select(MARKS.c["count"])).scalars())

    async with opened(postgres.database(), tmp_path) as database:
        for name in first_time:
            await database.write(mark, name)
        await asyncio.gather(database.write(change, "a", "b"), database.write(change, "b", "a"))
        assert await database.read(counts) == [2, 3]
