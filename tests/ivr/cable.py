"""The cable between the phone line and its backend, which can be pulled out and put back."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Cable:
    """A TCP port of its own that leads to a backend."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._far_end = (host, int(port))
        self._port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        """Where the line finds the backend."""
        return f"127.0.0.1:{self._port}"

    async def plug_in(self) -> None:
        """From now on connections are carried."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def pull_out(self) -> None:
        """Breaks every connection and refuses new ones. May be repeated."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._far_end)
        with suppress(asyncio.CancelledError):  # the test's loop ends
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        self._writers.add(target)
        with suppress(OSError):
            while data := await source.read(1 << 16):
                target.write(data)
                await target.drain()
        self._writers.discard(target)
        target.close()
