"""Sees to it that there are references to give out, also when the connection is lost the next moment."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from backend_client.client import BackendClient
from backend_client.errors import BackendError
from backend_client.queue.delivery import back_off
from backend_client.queue.disk import Disk
from backend_client.queue.store import Bounds
from foundation.log import logger

_log = logger(__name__)


class Stock:
    """Leases references from the backend. `keep` runs for as long as the queue is open."""

    def __init__(self, disk: Disk, client: BackendClient, bounds: Bounds) -> None:
        self._disk = disk
        self._client = client
        self._bounds = bounds
        self._short = asyncio.Event()
        self._came = asyncio.Condition()

    def look(self) -> None:
        """Some were given out, or are wanted."""
        if self._disk.references < self._bounds.low:
            self._short.set()

    async def wait(self, seconds: float) -> bool:
        """Waits for one to be there; whether there is."""
        self.look()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._came:
                await self._came.wait_for(lambda: self._disk.references > 0)
        return self._disk.references > 0

    async def keep(self) -> None:
        """Has those that are held checked at the start, and gets new ones where there are few."""
        failures = 0
        checked = False
        while True:
            self._short.clear()
            try:
                if not checked or self._disk.references < self._bounds.low:
                    await self._lease()
                    checked = True
                failures = 0
            except BackendError as error:
                failures += 1
                _log.info("no_references_leased", reason=error.reason, held=self._disk.references)
            with suppress(TimeoutError):
                async with asyncio.timeout(back_off(failures, random.random()) if failures else None):  # noqa: S311
                    await self._short.wait()

    async def _lease(self) -> None:
        request_id, held = await self._disk.run(lambda store: store.begin_lease())
        wanted = max(self._bounds.wanted - len(held), 0)
        leased = await self._client.lease_references(held, wanted, request_id)
        await self._disk.run(lambda store: store.end_lease(held, leased))
        async with self._came:
            self._came.notify_all()
