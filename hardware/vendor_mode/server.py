"""The terminal's end of the socket: answers, lends the devices to one at a time, and takes them back."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import struct
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from foundation.log import logger, trace
from foundation.unix_socket import listen
from hardware.vendor_mode.lines import MAX_LINE, Ended, Refusal, Refused, State, encode, receive
from hardware.vendor_mode.places import place_of

log = logger(__name__)

MAX_CONNECTIONS = 8
TELL_SECONDS = 1.0
"""While devices are waited for, the asker is told so often that the terminal is alive."""
ANNOUNCE_SECONDS = 120.0
"""So long before devices that nobody works on are taken back it is announced,"""
ANNOUNCE_EVERY = 30.0
"""so often,"""
LEAVE_SECONDS = 2.0
"""and so long does the borrower have then to close them."""
SEND_SECONDS = 5.0
"""Whoever does not take an answer for so long is taken for gone."""


class Lender(ABC):
    """A terminal that has devices and can lend them. One borrower at a time: the server sees to it."""

    name: str

    @abstractmethod
    def devices(self) -> list[dict[str, Any]]:
        """What it knows of its devices, without asking them."""

    @property
    @abstractmethod
    def state(self) -> State:
        """How far it is."""

    @property
    @abstractmethod
    def seconds_left(self) -> float:
        """For which a visit may still go on, while it waits for one; else 0."""

    @abstractmethod
    async def lend(self) -> None:
        """Shows that it is out of service, and gives its ports free; they are when it returns.

        A visit under way may come to its end first. Once it was begun, whether or not it was cancelled,
        `take_back` follows.
        """

    @abstractmethod
    def hurry(self) -> None:
        """A visit under way is waited for no longer."""

    @abstractmethod
    async def take_back(self) -> None:
        """Takes its ports again and serves. Never raises; may be repeated."""


class VendorModeServer:
    """Serves on a socket from `open` to `close`."""

    def __init__(self, lender: Lender, folder: Path, *, longest: float) -> None:
        """folder: of the sockets of all terminals of this machine; longest: seconds for which a borrower may
        do nothing."""
        self._lender = lender
        self._longest = longest
        self._folder = folder
        self._socket: Path | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._borrower: _Connection | None = None
        self._ending = False

    async def open(self) -> None:
        """Begins to serve. Where that cannot be, the log says so, and the terminal does without."""
        path = place_of(self._folder, os.getpid())
        try:
            server = listen(path)
        except OSError as error:
            log.warning("vendor_mode_unavailable", folder=str(self._folder), reason=error.strerror)
            return
        self._socket = path
        self._server = await asyncio.start_unix_server(self._serve, sock=server, limit=MAX_LINE)

    async def close(self) -> None:
        """Serves no more. The devices of a borrower are taken back by whoever owns them."""
        self._ending = True
        if self._server is None or self._socket is None:
            return
        self._server.close()
        self._socket.unlink(missing_ok=True)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = _Connection(reader, writer)
        try:
            if len(self._connections) >= MAX_CONNECTIONS:
                await connection.refuse(Refused(Refusal.TOO_MANY))
                return
            self._connections.add(task)
            await self._converse(connection)
        except (Ended, TimeoutError):
            pass
        finally:
            try:
                await self._finish(connection)
            finally:
                self._connections.discard(task)
                writer.close()

    async def _converse(self, connection: _Connection) -> None:
        while True:
            try:
                request = await receive(connection.reader)
                await self._answer(connection, request)
            except Refused as refused:
                await connection.refuse(refused)
                if connection.reader.at_eof() or refused.refusal is Refusal.NOT_A_REQUEST:
                    return  # what follows a line that is too long is no beginning of one

    async def _answer(self, connection: _Connection, request: dict[str, Any]) -> None:
        lender = self._lender
        match request:
            case {"do": "hello"}:
                await connection.send(terminal=lender.name, process=os.getpid(), state=lender.state.value)
            case {"do": "devices"}:
                await connection.send(devices=lender.devices())
            case {"do": "vendor_mode", "now": bool(now)}:
                self._begin(connection)
                if now:
                    lender.hurry()
            case {"do": "extend"} if connection.limit is not None:
                connection.extend(self._longest)
                await connection.send(state=lender.state.value)
            case {"do": "serve"}:
                await self._finish(connection)
                await connection.send(state=lender.state.value)
            case _:
                raise Refused(Refusal.NOT_A_REQUEST)

    def _begin(self, connection: _Connection) -> None:
        if self._ending:
            raise Refused(Refusal.ENDING)
        if self._borrower is connection:
            return
        if self._borrower is not None:
            raise Refused(Refusal.BUSY, self._borrower.process)
        self._borrower = connection
        log.info("vendor_mode_asked", process=connection.process)
        connection.lending = asyncio.create_task(self._lend(connection))

    async def _lend(self, connection: _Connection) -> None:
        lender = self._lender
        began = time.monotonic()
        lending = asyncio.create_task(lender.lend())
        try:
            while True:
                await asyncio.wait({lending}, timeout=TELL_SECONDS)
                if lending.done():
                    break
                await connection.send(state=lender.state.value, left=round(lender.seconds_left))
            lending.result()
            log.info("vendor_mode_entered", seconds=round(time.monotonic() - began, 1))
            connection.extend(self._longest)
            connection.limit = asyncio.create_task(self._limit(connection))
            await connection.send(state=lender.state.value)
        except (Ended, TimeoutError):
            pass  # whoever reads from the connection finds out, too
        except Exception as error:
            log.error("lending_failed", trace=trace(error))
            connection.hang_up()  # which gives back what was lent
        finally:
            lending.cancel()
            await asyncio.gather(lending, return_exceptions=True)

    async def _limit(self, connection: _Connection) -> None:
        """Takes the devices back from who has forgotten them, and says so beforehand."""
        soon = min(ANNOUNCE_SECONDS, self._longest / 2)
        try:
            while (left := connection.until - time.monotonic()) > 0:
                if left <= soon:
                    await connection.send(state=State.LENT.value, left=math.ceil(left))
                    await asyncio.sleep(min(left, ANNOUNCE_EVERY))
                else:
                    await asyncio.sleep(left - soon)
            log.warning("vendor_mode_forgotten", process=connection.process, seconds=self._longest)
            await connection.send(state=State.SERVING.value, left=0)
            await asyncio.sleep(LEAVE_SECONDS)
        except (Ended, TimeoutError):
            pass  # it does not even listen
        connection.limit = None
        await self._finish(connection)

    async def _finish(self, connection: _Connection) -> None:
        """Takes back what the connection borrowed, whoever is cancelled meanwhile."""
        if self._borrower is not connection:
            return
        taking = asyncio.ensure_future(self._take_back(connection))
        cancelled = False
        while not taking.done():
            try:
                await asyncio.shield(taking)
            except asyncio.CancelledError:
                cancelled = True
        taking.result()
        if cancelled:
            raise asyncio.CancelledError

    async def _take_back(self, connection: _Connection) -> None:
        if connection.lending is not None:
            connection.lending.cancel()
            await asyncio.gather(connection.lending, return_exceptions=True)
            connection.lending = None
        if connection.limit is not None:
            connection.limit.cancel()
            connection.limit = None
        try:
            if not self._ending:
                await self._lender.take_back()
        finally:
            self._borrower = None
            log.info("vendor_mode_left", process=connection.process)


class _Connection:
    """A program that is connected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self.process = _peer(writer.get_extra_info("socket"))
        self.lending: asyncio.Task[None] | None = None
        self.limit: asyncio.Task[None] | None = None
        self.until = 0.0
        """On the monotonic clock: until then it may do nothing."""

    def extend(self, seconds: float) -> None:
        """Somebody works on."""
        self.until = time.monotonic() + seconds

    async def send(self, **answer: Any) -> None:
        """An answer. Raises Ended, and TimeoutError where it is not taken."""
        await self._send({"ok": True, **answer})

    async def refuse(self, refused: Refused) -> None:
        """The other kind."""
        more = {"process": refused.process} if refused.process else {}
        await self._send({"ok": False, "error": refused.refusal.value, **more})

    def hang_up(self) -> None:
        """Ends the connection."""
        self._writer.close()

    async def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(encode(message))
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._writer.drain()
        except OSError:
            raise Ended from None


def _peer(connected: socket.socket) -> int:
    """Process at the other end (unix(7), SO_PEERCRED: pid, uid, gid)."""
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, _, _ = struct.unpack("3i", credentials)
    return int(process)
