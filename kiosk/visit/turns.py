"""Whose turn it is with the devices: the visit's, or a technician's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """The chapters of a visit use devices as they like; a technician has all of them, alone.

    Whoever wants a device meanwhile waits until the technician is done.
    """

    def __init__(self) -> None:
        self._ours = asyncio.Event()
        self._ours.set()
        self._wanted = asyncio.Event()
        self._lent = 0
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @asynccontextmanager
    async def using(self) -> AsyncIterator[None]:
        """A device is used while the block runs, to its end: a technician waits for it."""
        await self._ours.wait()
        self._users += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0:
                self._unused.set()

    async def trying(self, work: Callable[[], Awaitable[T]]) -> T:
        """The same for what can be broken off: it is begun anew once a technician who wants it is done."""
        while True:
            async with self.using():
                trying = asyncio.ensure_future(work())
                wanted = asyncio.ensure_future(self._wanted.wait())
                try:
                    await asyncio.wait({trying, wanted}, return_when=asyncio.FIRST_COMPLETED)
                    if trying.done():
                        return trying.result()
                finally:
                    for task in (trying, wanted):
                        task.cancel()
                    await asyncio.wait({trying, wanted})

    async def lend(self) -> None:
        """From now on nobody begins to use a device; returns once nobody does. `take_back` ends it."""
        self._lent += 1
        self._ours.clear()
        self._wanted.set()
        await self._unused.wait()

    def take_back(self) -> None:
        """Whoever waits goes on, unless somebody else has the devices, too."""
        self._lent -= 1
        if self._lent == 0:
            self._wanted.clear()
            self._ours.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """A technician at the screen has the devices while the block runs; one with a program of their own
        waits for its end."""
        await self._lending()
        self._users += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0:
                self._unused.set()
            self.take_back()

    async def _lending(self) -> None:
        try:
            await self.lend()
        except asyncio.CancelledError:
            self.take_back()
            raise
