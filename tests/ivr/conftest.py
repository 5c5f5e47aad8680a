"""Fixtures of the calls."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backend_client.alerts import Alerts
from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from backend_client.door import Door
from backend_client.queue.outbox import Bounds, Outbox
from foundation.keys import KEY_BYTES, KeyRing
from foundation.language import Language
from ivr.answering import Answering
from ivr.console import ConsoleLine, step
from ivr.settings import IvrSettings
from tests.ivr.cable import Cable
from tests.ivr.calling import FAST, Heard, hum, transcript
from tests.ivr.county import SHIPPED, County


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """A backend with the content of these tests. Nobody stops it."""
    yield from _running(County(tmp_path_factory.mktemp("county")))


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """A backend with the content that Huimin comes with."""
    yield from _running(County(tmp_path_factory.mktemp("shipped"), SHIPPED))


def _running(county: County) -> Iterator[County]:
    county.start()
    try:
        yield county
    finally:
        county.stop()


class Live:
    """A call that is going on."""

    def __init__(self, held: ConsoleLine) -> None:
        self.line = held
        self._read = 0
        self.heard = Heard("", {})

    def does(self, script: str) -> None:
        """What the caller does next, one thing a line."""
        self.line.add(*(found for text in script.splitlines() if (found := step(text))))

    async def until(self, name: str) -> None:
        """Waits until a prompt is said that was not said before the block, or the last call of this."""
        async with asyncio.timeout(20):
            while f"[{name}]" not in transcript(self.line)[self._read :]:  # noqa: ASYNC110 (a text file)
                await asyncio.sleep(0.01)
        self._read = len(transcript(self.line))


class Phone:
    """Calls to one county."""

    def __init__(self, county: County, folder: Path, address: str = "") -> None:
        """address: of the backend, where it is not reached directly."""
        self.county = county
        self.settings = IvrSettings(backend=address or county.address, data=folder, timing=FAST)
        self._stack = AsyncExitStack()
        self.door: Door
        self.now = lambda: datetime.now(UTC)

    @property
    def client(self) -> BackendClient:
        """Asks the backend over the same way."""
        return self.door.client

    async def open(self, *, bounds: Bounds | None = None, cache: ReadCache | None = None) -> None:
        """Opens its way to the backend, with references to give out. cache: what is told without one."""
        client = await self._stack.enter_async_context(BackendClient(self.settings.backend, cache=cache))
        keys = KeyRing([bytes(KEY_BYTES)])
        outbox = await Outbox.open(
            self.settings.queue_folder, keys, client, bounds=bounds or Bounds(low=2, wanted=4)
        )
        self._stack.push_async_callback(outbox.close)
        alerts = Alerts(client, self.settings.line)
        self.door = Door(client, outbox, alerts, keys)
        await self.until(lambda: outbox.references > 0)

    async def delivered(self) -> None:
        """Waits until the backend has everything."""
        await self.until(lambda: self.door.outbox.waiting == 0)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Waits for something that no call tells."""
        for _ in range(1500):
            if is_so():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("did not come")

    async def close(self) -> None:
        """Closes it."""
        await self._stack.aclose()

    def set(self, **settings: Any) -> None:
        """Changes settings for the calls that follow."""
        self.settings = self.settings.model_copy(update=settings)

    async def call(self, script: str, language: Language = Language.ZH_CN, **options: Any) -> Heard:
        """Holds a whole call."""
        async with self.calling(language, **options) as live:
            live.does(script)
        return live.heard

    @asynccontextmanager
    async def calling(self, language: Language = Language.ZH_CN, **options: Any) -> AsyncIterator[Live]:
        """Holds a call whose caller acts inside the block; it ends by hanging up, unless it has ended."""
        live = Live(ConsoleLine(hum, output=io.StringIO(), **options))
        answering = Answering(self.door, self.settings, language=language, now=self.now)
        holding = asyncio.create_task(answering(live.line))
        yield live
        live.does("!")
        await holding
        live.heard = self._heard(live.line)

    def _heard(self, held: ConsoleLine) -> Heard:
        # Other calls' records may be half written: the last line counts once its end is there.
        lines = self.settings.records_file.read_bytes().rpartition(b"\n")[0].splitlines()
        record = next(record for record in map(json.loads, lines) if record["call_id"] == held.call_id)
        return Heard(transcript(held), record)


@pytest_asyncio.fixture
async def phone(county: County, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line of the county of these tests."""
    made = Phone(county, tmp_path / "phone")
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def cable(county: County) -> AsyncIterator[Cable]:
    """A way to the backend that a test may cut."""
    made = Cable(county.address)
    await made.plug_in()
    yield made
    await made.pull_out()


@pytest_asyncio.fixture
async def weak_phone(county: County, cable: Cable, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line over that way."""
    made = Phone(county, tmp_path / "phone", cable.address)
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def shipped_phone(shipped: County, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line with the content that Huimin comes with."""
    made = Phone(shipped, tmp_path / "phone")
    await made.open()
    yield made
    await made.close()
