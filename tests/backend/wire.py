"""A client that speaks HTTP/2 frame by frame, to say what no gRPC library would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions


@dataclass
class Wire:
    """One connection, and what came over it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    http2: h2.connection.H2Connection
    trailers: dict[int, dict[str, str]] = field(default_factory=dict)
    ended_by: int | None = None
    """Error code of GOAWAY."""
    closed: bool = False

    async def flush(self) -> None:
        """Sends what is to be sent; that the other side has gone shows in `closed`."""
        if self.writer.is_closing():
            return
        with suppress(ConnectionError):
            self.writer.write(self.http2.data_to_send())
            await self.writer.drain()

    async def raw(self, data: bytes) -> None:
        """Sends bytes that are no matter of h2."""
        if self.writer.is_closing():
            return
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def call(self, method: str, *, headers: tuple[tuple[str, str], ...] = ()) -> int:
        """Begins a call and sends no message; its stream."""
        stream = self.http2.get_next_available_stream_id()
        self.http2.send_headers(
            stream,
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", method),
                (":authority", "backend"),
                ("te", "trailers"),
                ("content-type", "application/grpc"),
                *headers,
            ],
        )
        await self.flush()
        return stream

    async def data(self, stream: int, content: bytes, *, end: bool = False) -> None:
        """Sends bytes of a message."""
        self.http2.send_data(stream, content, end_stream=end)
        await self.flush()

    async def status(self, stream: int, seconds: float = 10) -> str:
        """The gRPC status with which a call ended, ``reset`` where it was reset."""
        await self.until(lambda: "grpc-status" in self.trailers.get(stream, {}), seconds)
        return self.trailers[stream]["grpc-status"]

    async def until(self, done: object, seconds: float = 10) -> None:
        """Takes in what comes until a condition holds or the connection is over. Raises TimeoutError."""
        assert callable(done)
        async with asyncio.timeout(seconds):
            while not done() and not self.closed:
                try:
                    received = await self.reader.read(65_536)
                except ConnectionError:
                    received = b""
                self.closed = not received
                try:
                    events = self.http2.receive_data(received) if received else []
                except h2.exceptions.ProtocolError:  # an answer to raw bytes, of which h2 does not know
                    continue
                for event in events:
                    self._took(event)
                await self.flush()

    async def until_closed(self, seconds: float = 10) -> None:
        """Waits until the other side has hung up. Raises TimeoutError."""
        await self.until(lambda: False, seconds)

    def _took(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                found = {_text(name): _text(value) for name, value in event.headers or ()}
                self.trailers.setdefault(event.stream_id or 0, {}).update(found)
            case h2.events.StreamReset():
                self.trailers.setdefault(event.stream_id, {}).setdefault("grpc-status", "reset")
            case h2.events.ConnectionTerminated():
                self.ended_by = int(event.error_code or 0)
            case h2.events.DataReceived():
                self.http2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)


def framed(message: bytes, *, compressed: bool = False, length: int | None = None) -> bytes:
    """A message as gRPC sends it: 1 byte compressed or not, 4 bytes length, the message."""
    size = len(message) if length is None else length
    return bytes((int(compressed),)) + size.to_bytes(4, "big") + message


@asynccontextmanager
async def connected(address: str, *, preface: bool = True) -> AsyncIterator[Wire]:
    """A connection; without a preface nothing is said on it."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    config = h2.config.H2Configuration(
        header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False
    )
    wire = Wire(reader, writer, h2.connection.H2Connection(config))
    if preface:
        wire.http2.initiate_connection()
        await wire.flush()
    try:
        yield wire
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
