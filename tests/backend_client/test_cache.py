"""What is known of the backend while it is away: how old it is, how much of it, and what survives what."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from backend_client.cache import LONGEST_AGE, Bounds, ReadCache
from backend_client.catalog import Service
from backend_client.client import BackendClient
from backend_client.errors import NotFound, Unreachable
from backend_client.forms.form import Form
from backend_client.notice import Notice
from backend_client.page import Page
from backend_client.policy import Policy
from foundation.language import Language
from tests.backend_client.county import Cable, County, answer, refuse, start

PATH = "/huimin.v1.PolicyService/GetPolicy"
SOME = 1000.0


class Clocks:
    """A wall clock that is set, and one that is not."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 5, 1, 10, tzinfo=UTC)
        self.since_start = SOME

    def pass_by(self, period: timedelta) -> None:
        self.wall += period
        self.since_start += period.total_seconds()

    def reboot(self) -> None:
        self.since_start = 1.0

    def cache(self, file: Path | None = None, bounds: Bounds | None = None) -> ReadCache:
        return ReadCache(file, bounds=bounds, now=lambda: self.wall, clock=lambda: self.since_start)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def request(number: int) -> bytes:
    return b"request %d" % number


def age(cache: ReadCache, clocks: Clocks, number: int = 0) -> timedelta:
    known = cache.get(PATH, request(number))
    assert known is not None
    return clocks.wall - cache.as_of(known)


async def test_an_answer_has_its_age_also_after_a_restart(tmp_path: Path, clocks: Clocks) -> None:
    cache = clocks.cache(tmp_path / "cache.db")
    await cache.load()
    cache.put(PATH, request(0), b"answer", None)
    clocks.pass_by(timedelta(minutes=10))
    assert age(cache, clocks) == timedelta(minutes=10)
    await cache.close()
    clocks.pass_by(timedelta(hours=1))
    clocks.reboot()
    again = clocks.cache(tmp_path / "cache.db")
    await again.load()
    assert abs(age(again, clocks) - timedelta(minutes=70)) < timedelta(seconds=1)
    known = again.get(PATH, request(0))
    assert known is not None
    assert known.answer == b"answer"
    await again.close()


async def test_an_answer_that_comes_again_is_new(clocks: Clocks) -> None:
    cache = clocks.cache()
    cache.put(PATH, request(0), b"answer", None)
    clocks.pass_by(timedelta(hours=1))
    known = cache.get(PATH, request(0))
    assert known is not None
    cache.confirm(PATH, request(0), known)
    assert age(cache, clocks) == timedelta(0)


async def test_a_clock_that_is_set_changes_no_age_and_none_is_negative(
    tmp_path: Path, clocks: Clocks
) -> None:
    cache = clocks.cache(tmp_path / "cache.db")
    await cache.load()
    cache.put(PATH, request(0), b"answer", None)
    clocks.pass_by(timedelta(minutes=5))
    clocks.wall -= timedelta(days=400)
    assert age(cache, clocks) == timedelta(minutes=5)
    clocks.wall += timedelta(days=800)
    assert age(cache, clocks) == timedelta(minutes=5)
    await cache.close()
    clocks.wall -= timedelta(days=800)
    again = clocks.cache(tmp_path / "cache.db")
    await again.load()
    assert age(again, clocks) == timedelta(0)
    await again.close()


async def test_what_is_older_than_a_month_is_not_given(clocks: Clocks) -> None:
    cache = clocks.cache()
    cache.put(PATH, request(0), b"answer", None)
    clocks.pass_by(LONGEST_AGE - timedelta(seconds=1))
    assert cache.get(PATH, request(0))
    clocks.pass_by(timedelta(seconds=2))
    assert cache.get(PATH, request(0)) is None
    assert len(cache) == 0


async def test_the_least_recently_used_goes_first(tmp_path: Path, clocks: Clocks) -> None:
    cache = clocks.cache(tmp_path / "cache.db", Bounds(answers=3, bytes=100))
    await cache.load()
    for number in range(3):
        cache.put(PATH, request(number), bytes(10), None)
    assert cache.get(PATH, request(0))
    cache.put(PATH, request(3), bytes(10), None)
    assert [bool(cache.get(PATH, request(number))) for number in range(4)] == [True, False, True, True]
    cache.put(PATH, request(4), bytes(85), None)
    assert [bool(cache.get(PATH, request(number))) for number in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    cache.put(PATH, request(5), bytes(101), None)
    assert cache.get(PATH, request(5)) is None
    await cache.close()
    again = clocks.cache(tmp_path / "cache.db")
    await again.load()
    assert len(again) == 2
    await again.close()


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all" * 100, b"SQLite format 3\x00" + bytes(5000)]
)
async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, clocks: Clocks, content: bytes
) -> None:
    file = tmp_path / "cache.db"
    file.write_bytes(content)
    for _ in range(2):
        cache = clocks.cache(file)
        await cache.load()
        cache.put(PATH, request(0), b"answer", None)
        await cache.close()
    again = clocks.cache(file)
    await again.load()
    assert again.get(PATH, request(0))
    await again.close()
    assert not content or (tmp_path / "cache.db.damaged").read_bytes() == content


async def test_a_file_damaged_while_it_is_used_loses_nothing(tmp_path: Path, clocks: Clocks) -> None:
    file = tmp_path / "cache.db"
    cache = clocks.cache(file)
    await cache.load()
    cache.put(PATH, request(0), b"answer", None)
    await cache._write(file)
    file.write_bytes(b"overwritten by something else" * 200)
    cache.put(PATH, request(1), b"other", None)
    await cache._write(file)
    await cache.close()
    again = clocks.cache(file)
    await again.load()
    assert len(again) == 2
    await again.close()


async def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, clocks: Clocks) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = clocks.cache(tmp_path / "file" / "cache.db")
    await cache.load()
    cache.put(PATH, request(0), b"answer", None)
    await cache.close()
    assert cache.get(PATH, request(0))


async def test_nothing_of_what_was_asked_for_can_be_read_in_the_file(tmp_path: Path, clocks: Clocks) -> None:
    file = tmp_path / "cache.db"
    cache = clocks.cache(file)
    await cache.load()
    cache.put(PATH, "我叫示例·甲".encode(), b"answer", None)
    await cache.close()
    assert "示例·甲".encode() not in file.read_bytes()
    assert not file.stat().st_mode & 0o077
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM answers").fetchone() == (1,)


# With the client


@pytest.fixture
async def line() -> AsyncIterator[tuple[County, Cable]]:
    """A county behind a line that can be cut."""
    county = County()
    server, port = await start(county)
    cable = Cable(port)
    await cable.mend()
    try:
        yield county, cable
    finally:
        await cable.cut()
        await server.stop(None)


async def everything(client: BackendClient) -> list[Page[Any] | Policy | Service | Form | Notice]:
    return [
        await client.list_topics(),
        await client.list_policies("topics/farming"),
        await client.get_policy("policies/one"),
        await client.list_services(),
        await client.get_service("services/permit"),
        await client.get_form("forms/sample"),
        await client.list_notices(),
        await client.get_notice("notices/cut"),
        await client.search_policies("补贴", Language.ZH_CN),
    ]


async def test_reads_go_on_when_the_line_is_cut_and_say_how_old_they_are(
    line: tuple[County, Cable], tmp_path: Path
) -> None:
    _, cable = line
    cache = await ReadCache.open(tmp_path / "cache.db")
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=cache) as client:
        fresh = await everything(client)
        assert all(one.as_of is None for one in fresh)
    await cache.close()
    await cable.cut()
    cache = await ReadCache.open(tmp_path / "cache.db")
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=cache) as client:
        await client.list_topics()
        began = time.monotonic()
        known = await everything(client)
        assert time.monotonic() - began < 0.2, "nobody waits while the backend is known to be away"
        assert known == fresh
        for one in known:
            assert one.as_of is not None
            assert timedelta(0) <= datetime.now(UTC) - one.as_of < timedelta(seconds=30)
        with pytest.raises(Unreachable):
            await client.get_policy("policies/never-read")
    await cache.close()


async def test_what_was_read_a_moment_ago_is_not_asked_for_again(line: tuple[County, Cable]) -> None:
    county, cable = line
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=ReadCache(), fresh=0.3) as client:
        first = await client.list_topics()
        assert await client.list_topics() == first
        assert county.calls["ListTopics"] == 1
        await asyncio.sleep(0.35)
        assert (await client.list_topics()).as_of is None
        assert county.calls["ListTopics"] == 2


async def test_a_backend_that_is_back_is_found_and_answers_fresh(line: tuple[County, Cable]) -> None:
    county, cable = line
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=ReadCache()) as client:
        await client.list_topics()
        await cable.cut()
        assert (await client.list_topics()).as_of is not None
        assert client.health == {f"127.0.0.1:{cable.port}": False}
        await cable.mend()
        for _ in range(100):
            await asyncio.sleep(0.05 if client.away else 0)
        before = county.calls["ListTopics"]
        assert (await client.list_topics()).as_of is None
        assert county.calls["ListTopics"] == before + 1


async def test_a_silent_line_is_waited_for_once_and_shortly(line: tuple[County, Cable]) -> None:
    _, cable = line
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=ReadCache()) as client:
        await client.get_policy("policies/one")
        cable.silent = True
        began = time.monotonic()
        assert (await client.get_policy("policies/one")).as_of is not None
        assert time.monotonic() - began < 3
        began = time.monotonic()
        assert (await client.get_policy("policies/one")).as_of is not None
        assert time.monotonic() - began < 0.1
        with pytest.raises(Unreachable):
            await client.get_policy("policies/never-read")
        assert time.monotonic() - began < 3


async def test_a_backend_that_answers_is_believed(line: tuple[County, Cable]) -> None:
    county, cable = line
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=ReadCache()) as client:
        await client.get_policy("policies/one")
        county.misdeeds = [refuse(grpc.StatusCode.NOT_FOUND)]
        with pytest.raises(NotFound):
            await client.get_policy("policies/one")
        county.misdeeds = [answer(b"\xff no message"), refuse(grpc.StatusCode.INTERNAL)]
        assert (await client.get_policy("policies/one")).as_of is not None
        assert (await client.get_policy("policies/one")).as_of is not None
        assert (await client.get_policy("policies/one")).as_of is None


async def test_what_another_release_wrote_is_forgotten(line: tuple[County, Cable]) -> None:
    _, cable = line
    cache = ReadCache()
    async with BackendClient(f"127.0.0.1:{cable.port}", cache=cache) as client:
        await client.get_policy("policies/one")
        (known,) = cache._known.values()
        known.answer, known.value = b"\xff", None
        await cable.cut()
        with pytest.raises(Unreachable):
            await client.get_policy("policies/one")
        assert len(cache) == 0
