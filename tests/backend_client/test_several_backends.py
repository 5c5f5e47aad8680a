"""A client of three backends, run as operators run them: killed, frozen, started again, while it reads."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from backend_client.client import BackendClient
from deploy.parts import Part
from tests.backend_client.sample import NUMBER
from tests.ports import free_port

CONTENT = Path(__file__).parent.parent / "backend" / "content"
EVERY = 0.02
"""Seconds between the beginnings of two reads."""


@dataclass
class Reads:
    """What came of reads that were begun every 20 ms, also while others were under way."""

    failed: list[Exception] = field(default_factory=list)
    slowest: float = 0.0
    done: list[float] = field(default_factory=list)

    @property
    def longest_gap(self) -> float:
        """Seconds between two reads that were answered one after the other."""
        ends = sorted(self.done)
        return max(later - earlier for earlier, later in pairwise(ends))


@asynccontextmanager
async def reading(client: BackendClient) -> AsyncIterator[Reads]:
    """Reads while the block runs."""
    reads = Reads()

    async def one() -> None:
        began = time.monotonic()
        try:
            await client.list_services()
        except Exception as error:
            reads.failed.append(error)
        reads.done.append(time.monotonic())
        reads.slowest = max(reads.slowest, time.monotonic() - began)

    async def on_and_on() -> None:
        async with asyncio.TaskGroup() as group:
            while not over.is_set():
                group.create_task(one())
                await asyncio.sleep(EVERY)

    over = asyncio.Event()
    task = asyncio.create_task(on_and_on())
    try:
        yield reads
    finally:
        over.set()
        await task


def backend(folder: Path, name: str) -> Part:
    return Part(
        name,
        [
            Part.command("huimin-backend"),
            *("--listen", f"127.0.0.1:{free_port()}"),
            *("--data", folder / name),
            *("--content", CONTENT),
        ],
        log=folder / f"{name}.log",
        environment={"PYTHONUNBUFFERED": "1"},
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backends(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Part]]:
    """Three of them; each is started again at the address that it had."""
    made = [backend(tmp_path_factory.mktemp("backends"), f"backend-{index}") for index in range(3)]
    try:
        await asyncio.gather(*(one.start("huimin-backend") for one in made))
        yield made
    finally:
        for one in made:
            one.kill()
            await one.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def client(backends: list[Part]) -> AsyncIterator[BackendClient]:
    async with BackendClient(",".join(one.ready["huimin-backend"] for one in backends)) as client:
        await asyncio.gather(*(client.list_services() for _ in range(12)))
        yield client


async def until(client: BackendClient, well: int) -> None:
    """Waits until so many backends are well, and no others."""
    for _ in range(500):
        if sum(client.health.values()) == well:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(client.health)


def all_answered(reads: Reads) -> bool:
    return not reads.failed and len(reads.done) > 20 and reads.longest_gap < 1 and reads.slowest < 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_killed_backend_is_left_at_once_and_comes_back(
    backends: list[Part], client: BackendClient
) -> None:
    async with reading(client) as reads:
        await asyncio.sleep(0.3)
        backends[0].kill()
        await until(client, well=2)
        await backends[0].ended()
        await backends[0].start("huimin-backend")
        await until(client, well=3)
    assert all_answered(reads), reads


@pytest.mark.asyncio(loop_scope="module")
async def test_a_frozen_backend_is_left_within_a_second_and_comes_back(
    backends: list[Part], client: BackendClient
) -> None:
    async with reading(client) as reads:
        await asyncio.sleep(0.3)
        frozen = time.monotonic()
        backends[1].send_signal(signal.SIGSTOP)
        try:
            await until(client, well=2)
            assert time.monotonic() - frozen < 1
            await asyncio.sleep(1)
            assert sum(client.health.values()) == 2
        finally:
            backends[1].send_signal(signal.SIGCONT)
        await until(client, well=3)
    assert all_answered(reads), reads


@pytest.mark.asyncio(loop_scope="module")
async def test_signing_in_goes_to_another_backend_where_one_refuses_the_connection(
    backends: list[Part],
) -> None:
    dead = f"127.0.0.1:{free_port()}"
    async with BackendClient(f"{dead},{backends[1].ready['huimin-backend']}") as client:
        for _ in range(4):
            session = await client.sign_in_with_card(NUMBER, "示例·甲")
            await client.sign_out(session)


@pytest.mark.asyncio(loop_scope="module")
async def test_one_backend_serves_while_another_is_frozen_and_the_third_told_to_stop(
    backends: list[Part], client: BackendClient
) -> None:
    async with reading(client) as reads:
        await asyncio.sleep(0.2)
        backends[0].send_signal(signal.SIGSTOP)
        backends[2].send_signal(signal.SIGTERM)
        try:
            await until(client, well=1)
            await asyncio.sleep(0.5)
        finally:
            backends[0].send_signal(signal.SIGCONT)
        await until(client, well=2)
    assert all_answered(reads), reads
