"""A TCP line between doors and the backend that can be cut, slowed down, stalled and laid again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

SLICE = 4096
"""Bytes that a slow line carries at a time."""


class Line:
    """Listens on a port of its own and carries bytes to the backend's; one for all doors."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self._bytes_a_second = 0.0
        self._cut_after: int | None = None

    async def lay(self) -> None:
        """Lays the line, on the same port as before, with nothing wrong with it."""
        self._passes.set()
        self._bytes_a_second = 0.0
        self._cut_after = None
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def take_up(self) -> None:
        """Breaks all connections and takes no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        for task in list(self._carrying):
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def cut(self) -> None:
        """Breaks all connections at once (RST); new ones are taken."""
        for writer in list(self._writers):
            writer.transport.abort()

    def cut_after(self, size: int) -> None:
        """Breaks all connections once so many bytes more have gone through, in the middle of a message."""
        self._cut_after = size

    def slow(self, bytes_a_second: float) -> None:
        """Carries no more than that, each way of each connection."""
        self._bytes_a_second = bytes_a_second

    def stall(self) -> None:
        """Holds every byte back, without breaking anything."""
        self._passes.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        ends = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            ends.append(far_writer)
            self._writers |= set(ends)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, far_writer))
                pumps.create_task(self._pump(far_reader, writer))
        except (OSError, asyncio.CancelledError, BaseExceptionGroup):
            pass
        finally:
            self._carrying.discard(task)
            for end in ends:
                self._writers.discard(end)
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(SLICE if self._bytes_a_second else 1 << 16):
            await self._passes.wait()
            if self._bytes_a_second:
                await asyncio.sleep(len(data) / self._bytes_a_second)
            if self._cut_after is not None:
                part = data[: self._cut_after]
                self._cut_after -= len(part)
                if not self._cut_after:
                    self._cut_after = None
                    writer.write(part)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.05):
                            await writer.drain()
                    self.cut()
                    return
            writer.write(data)
            await writer.drain()
        writer.transport.abort()
