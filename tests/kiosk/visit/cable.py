"""The cable between a terminal and its backend: pulled out, put back, led elsewhere, or slow to answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Cable:
    """A TCP port of its own that carries to a backend. `answers`: clear it, and what comes back waits."""

    def __init__(self, address: str) -> None:
        self.answers = asyncio.Event()
        self.answers.set()
        self._far_end = address
        self._port = 0
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where the terminal finds the backend."""
        return f"127.0.0.1:{self._port}"

    @property
    def plugged_in(self) -> bool:
        """Whether connections are taken."""
        return self._server is not None

    async def plug_in(self, address: str = "") -> None:
        """Carries from now on, to another backend where an address is given."""
        self._far_end = address or self._far_end
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def pull_out(self) -> None:
        """Breaks every connection, loses what waits, takes no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in tuple(self._carrying):
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._carrying.add(task)
        writers = [to_near]
        with suppress(OSError, asyncio.CancelledError):
            host, _, port = self._far_end.rpartition(":")
            far, to_far = await asyncio.open_connection(host, int(port))
            writers.append(to_far)
            await asyncio.gather(self._copy(near, to_far), self._copy(far, to_near, self.answers))
        for writer in writers:
            writer.transport.abort()
        self._carrying.discard(task)

    @staticmethod
    async def _copy(
        source: asyncio.StreamReader, target: asyncio.StreamWriter, gate: asyncio.Event | None = None
    ) -> None:
        while data := await source.read(1 << 16):
            if gate:
                await gate.wait()
            target.write(data)
            await target.drain()
        raise ConnectionResetError
