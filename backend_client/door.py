"""A door's way to the backend, opened and closed as a whole: the client, its cache, the queue on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from backend_client.alerts import Alerts
from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from backend_client.credentials import DoorCredentials
from backend_client.errors import QueueUnusable
from backend_client.metrics import watching
from backend_client.queue.outbox import Outbox
from backend_client.warming import Sizes, Warming
from foundation.config import ConfigError, data_folder
from foundation.keys import KeyRing, KeysUnusable
from foundation.observing import ObservedSettings


class DoorSettings(ObservedSettings):
    """What is set at every door about where it keeps things."""

    data: Path = Field(default_factory=data_folder)
    """Folder of what the door keeps."""
    queue: Path | None = None
    """Folder of what waits for the backend; DATA/ROOM/queue where not given."""
    queue_key: Path | None = None
    """Key file of the queue; see docs/references-and-queue.md for where a key is looked for without it."""

    @property
    def queue_folder(self) -> Path:
        """Where submissions wait for the backend."""
        return self.queue or self.data / self.room / "queue"

    @property
    def answers_file(self) -> Path:
        """Where answers of the backend are kept for the time when it is away."""
        return self.data / self.room / "answers.sqlite3"


@dataclass(frozen=True, slots=True)
class Door:
    """The way to the backend."""

    client: BackendClient
    outbox: Outbox
    alerts: Alerts
    keys: KeyRing
    """Of what the door keeps on its disk."""


@asynccontextmanager
async def open_door(
    settings: DoorSettings,
    target: str,
    credentials: DoorCredentials | None,
    sizes: Sizes,
    *,
    origin: str,
    queue: Path | None = None,
    fresh: float = 0.0,
) -> AsyncIterator[Door]:
    """The way to the backend while the block runs.

    sizes: how many entries this door asks for at once; origin: the terminal's or line's name; queue: another
    folder than the settings'; fresh: see `BackendClient`. Raises ConfigError where the queue
    or its keys cannot be used.
    """
    folder = queue or settings.queue_folder
    try:
        keys = await asyncio.to_thread(KeyRing.find, settings.room, file=settings.queue_key, folder=folder)
    except KeysUnusable as error:
        raise ConfigError(f"{settings.room}.queue_key: {error}") from None
    cache = await ReadCache.open(settings.answers_file)
    try:
        async with BackendClient(target, credentials=credentials, cache=cache, fresh=fresh) as client:
            try:
                outbox = await Outbox.open(folder, keys, client)
            except QueueUnusable as error:
                raise ConfigError(f"{settings.room}.queue: {folder}: {error}") from None
            warming = asyncio.create_task(Warming(client, sizes).keep())
            try:
                alerts = Alerts(client, origin)
                async with alerts.running():
                    with watching(outbox):
                        yield Door(client, outbox, alerts, keys)
            finally:
                warming.cancel()
                await asyncio.gather(warming, return_exceptions=True)
                await outbox.close()
    finally:
        await cache.close()
