"""Sees to it that there are references to give out, also when the connection is lost the next moment."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from backend_client.client import BackendClient
from backend_client.errors import BackendError
from backend_client.queue.delivery import LONGEST_WAIT_OF_ONE, back_off
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
        self.none_leased = False
        """Whether the backend leases no references: a county's own, which draws one for each submission."""

    def look(self) -> None:
        """Some were given out, or are wanted."""
        if self._disk.references < self._bounds.low and not self.none_leased:
            self._short.set()

    async def wait(self, seconds: float) -> bool:
        """Waits for one to be there, or for the backend to say that it leases none; whether there is one."""
        self.look()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._came:
                await self._came.wait_for(lambda: self._disk.references > 0 or self.none_leased)
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
                self.none_leased = error.reason == "UNIMPLEMENTED"
                _log.info("no_references_leased", reason=error.reason, held=self._disk.references)
                await self._tell()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait(failures)):
                    await self._short.wait()

    async def _lease(self) -> None:
        request_id, held = await self._disk.run(lambda store: store.begin_lease())
        wanted = max(self._bounds.wanted - len(held), 0)
        leased = await self._client.lease_references(held, wanted, request_id)
        await self._disk.run(lambda store: store.end_lease(held, leased))
        self.none_leased = False
        await self._tell()

    async def _tell(self) -> None:
        async with self._came:
            self._came.notify_all()

    def _wait(self, failures: int) -> float | None:
        """Seconds before references are asked for again; None until some are given out."""
        if self.none_leased:
            return LONGEST_WAIT_OF_ONE
        return back_off(failures, random.random()) if failures else None  # noqa: S311 (keeps no secret)
