"""The store in a thread of its own, so that a slow disk holds up nothing but what waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from backend_client.errors import QueueUnusable
from backend_client.queue.file import DAMAGED_REASON
from backend_client.queue.store import Bounds, Store
from foundation.keys import KeyRing

T = TypeVar("T")


class Disk:
    """Owns the thread and, once `open` was successful, the store. What it is given is done in order."""

    def __init__(self, folder: Path, keys: KeyRing, bounds: Bounds) -> None:
        self._opening = (folder, keys, bounds)
        self._thread = ThreadPoolExecutor(1, "queue")
        self._store: Store | None = None
        self._closed = False
        self.damaged = False
        """Whether SQLite has found the file damaged; opening it again begins a new one."""

    @property
    def is_open(self) -> bool:
        """Whether there is a store to work with."""
        return self._store is not None

    @property
    def references(self) -> int:
        """References that may be given out."""
        return 0 if self._store is None else self._store.references

    async def open(self) -> None:
        """Opens the store, closing it first where it is open. Raises QueueUnusable."""
        before, self._store = self._store, None
        if before is not None:
            with suppress(QueueUnusable):
                await self._in_thread(before.close)
        self.damaged = False
        self._store = await self._in_thread(lambda: Store(*self._opening))

    async def run(self, work: Callable[[Store], T]) -> T:
        """What `work` makes of the store. It runs to its end, also where the caller is cancelled.

        Raises QueueUnusable.
        """
        store = self._store
        if self._closed:
            raise QueueUnusable("QUEUE_CLOSED")
        if store is None:
            raise QueueUnusable("QUEUE_DISK_FAILED", "not open")
        try:
            result = await self._in_thread(lambda: work(store))
        except QueueUnusable as error:
            self.damaged |= error.reason == DAMAGED_REASON
            raise
        if store is not self._store and not self._closed:
            raise QueueUnusable(DAMAGED_REASON)  # what was done lies in the file that was moved aside
        return result

    async def close(self) -> None:
        """Closes the store once what was given before is done."""
        self._closed = True
        store, self._store = self._store, None
        if store is not None:
            with suppress(QueueUnusable):
                await self._in_thread(store.close)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
