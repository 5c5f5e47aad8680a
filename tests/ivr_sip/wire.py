"""SIP by hand: what is sent is bytes, so that it may also be wrong."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator

TELEPHONE_EVENT = 96


def request(
    method: str,
    address: str,
    *,
    frm: str = "5550123",
    call_id: str = "",
    cseq: int = 1,
    to_tag: str = "",
    sent_by: str = "127.0.0.1:5099",
    headers: str = "",
    body: str = "",
    transport: str = "UDP",
) -> bytes:
    """A valid request to ``sip:HOST:PORT``."""
    token = f"{random.getrandbits(64):016x}"
    target = address.removeprefix("sip:")
    kind = "Content-Type: application/sdp\r\n" if body.startswith("v=") else ""
    return (
        f"{method} sip:line@{target} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} {sent_by};branch=z9hG4bK{token};rport\r\n"
        f"From: <sip:{frm}@127.0.0.1>;tag={call_id or token}\r\n"
        f"To: <sip:line@{target}>{';tag=' + to_tag if to_tag else ''}\r\n"
        f"Call-ID: {call_id or token}\r\n"
        f"CSeq: {cseq} {method}\r\n"
        f"Contact: <sip:{frm}@{sent_by}>\r\n"
        f"Max-Forwards: 70\r\n{headers}{kind}Content-Length: {len(body.encode())}\r\n\r\n{body}"
    ).encode()


def offer(port: int, profile: str = "RTP/AVP", more: str = "") -> str:
    """A session that takes A-law and telephone events on a port of this machine."""
    return (
        "v=0\r\no=caller 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} {profile} 8 {TELEPHONE_EVENT}\r\na=rtpmap:8 PCMA/8000\r\n"
        f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/8000\r\na=fmtp:{TELEPHONE_EVENT} 0-15\r\n{more}"
    )


class Wire(asyncio.DatagramProtocol):
    """A UDP socket and all that came to it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.news = asyncio.Event()
        self.transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, address: object) -> None:
        self.received.append(data)
        self.news.set()

    def send(self, data: bytes, address: str) -> None:
        """To ``sip:HOST:PORT`` or ``HOST:PORT``."""
        assert self.transport
        host, _, port = address.removeprefix("sip:").rpartition(":")
        self.transport.sendto(data, (host, int(port)))

    @property
    def address(self) -> str:
        assert self.transport
        host, port = self.transport.get_extra_info("sockname")
        return f"{host}:{port}"

    async def status(self, *wanted: int, patience: float = 10.0) -> str:
        """The first response with one of these codes (any final one without), waited for."""
        async with asyncio.timeout(patience):
            while True:
                self.news.clear()
                for data in self.received:
                    if data.startswith(b"SIP/2.0 "):
                        code = int(data[8:11])
                        if code in wanted or (not wanted and code >= 200):
                            return data.decode("utf-8", "replace")
                await self.news.wait()


@contextlib.asynccontextmanager
async def wire(host: str = "127.0.0.1") -> AsyncIterator[Wire]:
    """A socket on an address of this machine."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        Wire, local_addr=(host, 0), family=socket.AF_INET
    )
    protocol.transport = transport
    try:
        yield protocol
    finally:
        transport.close()


def header(message: str, name: str) -> str:
    """The value of the first header of that name, empty without one."""
    for line in message.split("\r\n\r\n", 1)[0].split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name.lower():
            return value.strip()
    return ""
