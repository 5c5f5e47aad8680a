"""A caller made of two UDP ports: it sends what it is told to, right or wrong, byte by byte.

It dials, acknowledges, answers what comes in the call, and sends RTP (RFC 3550) of any kind, so that tests
can lose, repeat and reorder packets as networks do, and be as wrong as gateways are.
"""

from __future__ import annotations

import asyncio
import io
import random
import re
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import soundfile

from tests.end_to_end.rtp import Ear

EVENTS = "0123456789*#ABCD"
"""RFC 4733 clause 3.2: the event's number is the place in here."""
PACKET = 160
"""Samples of 20 ms."""
EVENT_TYPE = 101
ALLOW = "INVITE, ACK, BYE, CANCEL, INFO"


@dataclass
class Rtp:
    """The numbers of a stream of RTP. Each method gives the packets of one thing, not sent yet."""

    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    time: int = field(default_factory=lambda: random.getrandbits(32))

    def key(self, key: str, packets: int = 5, *, ends: int = 3, moving_time: bool = False) -> list[bytes]:
        """`packets` of 20 ms, the last of them `ends` times; moving_time: as some gateways send it, with each
        packet's own time in place of the key's."""
        begin = self.time
        made: list[bytes] = []
        for number in [*range(1, packets), *([packets] * ends)]:
            ended = number == packets
            duration = min(number * PACKET, 0xFFFF)
            payload = struct.pack("!BBH", EVENTS.index(key), (0x80 if ended else 0) | 10, duration)
            at = begin + len(made) * PACKET if moving_time else begin
            made.append(self.packet(EVENT_TYPE, payload, marker=not made, time=at))
        self.pause(packets * PACKET)
        return made

    def sound(self, payload: bytes = b"\xd5" * PACKET) -> bytes:
        """20 ms of A-law."""
        made = self.packet(8, payload)
        self.pause(PACKET)
        return made

    def pause(self, samples: int) -> None:
        """Nothing is sent for so long."""
        self.time = (self.time + samples) & 0xFFFFFFFF

    def packet(self, kind: int, payload: bytes, *, marker: bool = False, time: int | None = None) -> bytes:
        """One packet, with the next number."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        at = (self.time if time is None else time) & 0xFFFFFFFF
        return struct.pack("!BBHII", 0x80, (marker << 7) | kind, self.sequence, at, self.ssrc) + payload


class RawCaller(asyncio.DatagramProtocol):
    """One call. Messages of the other side are answered with 200 as they come."""

    def __init__(self, address: str, *, events: bool, allow: str) -> None:
        host, _, port = address.removeprefix("sip:").rpartition(":")
        self._peer = (host, int(port))
        self._events = events
        self._allow = allow
        self._call_id = f"{random.getrandbits(64):x}"
        self._cseq = self._invited = 0
        self._tag = ""
        self._port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: dict[int, asyncio.Future[str]] = {}
        self.requests: asyncio.Queue[str] = asyncio.Queue()
        """What the other side has asked in the call."""
        self.texts: list[str] = []
        """What came by MESSAGE."""
        self.answer_texts_with: int | None = 200
        """Status for a MESSAGE; None: none at all."""
        self.ended = asyncio.Event()
        self.ear = Ear()
        self._sound: asyncio.DatagramTransport | None = None
        self._sound_port = 0
        self._their_sound = ("", 0)
        self.rtp = Rtp()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: object) -> None:
        text = data.decode("utf-8", "replace")
        sequence = re.search(r"^CSeq:\s*(\d+)\s+(\S+)", text, re.MULTILINE)
        if sequence is None:
            return
        if text.startswith("SIP/2.0"):
            waiting = self._answers.get(int(sequence[1]))
            if waiting is not None and not waiting.done() and not text.startswith("SIP/2.0 1"):
                waiting.set_result(text)
            return
        method = sequence[2]
        if method == "MESSAGE":
            if self.answer_texts_with is None:
                return
            body = text.partition("\r\n\r\n")[2]
            self.texts.append(body)
        if method != "ACK":
            status = self.answer_texts_with if method == "MESSAGE" else 200
            kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*$", text.replace("\r", ""), re.MULTILINE)
            self._send("\r\n".join([f"SIP/2.0 {status} Answer", *kept, "Content-Length: 0", "", ""]))
        self.requests.put_nowait(text)
        if method == "BYE":
            self.ended.set()

    async def open(self) -> None:
        """Takes the two ports."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._sound, _ = await loop.create_datagram_endpoint(lambda: self.ear, local_addr=("127.0.0.1", 0))
        self._sound_port = self._sound.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Gives them back."""
        for transport in (self._transport, self._sound):
            if transport is not None:
                transport.close()

    async def invite(
        self, direction: str = "sendrecv", *, acknowledge: bool = True, picture: bool = False
    ) -> str:
        """Dials, or in the call offers the sound anew. picture: offers one before it. Returns the answer."""
        kinds = f"8 {EVENT_TYPE}" if self._events else "8"
        lines = [
            *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
            *(["m=video 9 RTP/AVP 96", "a=rtpmap:96 H264/90000"] if picture else []),
            *(f"m=audio {self._sound_port} RTP/AVP {kinds}", "a=rtpmap:8 PCMA/8000", f"a={direction}"),
            *([f"a=rtpmap:{EVENT_TYPE} telephone-event/8000"] if self._events else []),
        ]
        answer = await self.request("INVITE", "application/sdp", "\r\n".join([*lines, ""]))
        assert answer.startswith("SIP/2.0 200"), answer
        self._invited = self._cseq
        self._tag = ";tag=" + answer.partition("To:")[2].partition("tag=")[2].split()[0].partition(";")[0]
        port = re.search(r"^m=audio (\d+)", answer, re.MULTILINE)
        assert port is not None
        self._their_sound = (self._peer[0], int(port[1]))
        if acknowledge:
            self.acknowledge()
        return answer

    def acknowledge(self) -> None:
        """ACK for the last INVITE."""
        self._send(self._request("ACK", self._invited, "", ""))

    async def info(self, content_type: str, body: str) -> str:
        """INFO in the call. Returns the answer."""
        return await self.request("INFO", content_type, body)

    @property
    def sound_address(self) -> tuple[str, int]:
        """Where the line takes this call's sound; the reports go to the port above."""
        return self._their_sound

    async def hang_up(self) -> None:
        """Ends the call."""
        if not self.ended.is_set():
            await self.request("BYE")
            self.ended.set()

    async def request(self, method: str, content_type: str = "", body: str = "") -> str:
        """Sends a request, again after half a second as RFC 3261 clause 17.1.2.2 says. Returns its answer."""
        self._cseq += 1
        number, text = self._cseq, self._request(method, self._cseq, content_type, body)
        self._answers[number] = waiting = asyncio.get_running_loop().create_future()
        for _ in range(16):
            self._send(text)
            done, _pending = await asyncio.wait({waiting}, timeout=0.5)
            if done:
                return waiting.result()
        raise AssertionError(f"no answer to {method}")

    def say(self, *packets: bytes) -> None:
        """Sends packets of RTP at once."""
        assert self._sound is not None
        for packet in packets:
            self._sound.sendto(packet, self._their_sound)

    async def say_in_time(self, packets: Iterable[bytes]) -> None:
        """Sends packets 20 ms apart."""
        clock = asyncio.get_running_loop().time
        at = clock()
        for packet in packets:
            self.say(packet)
            at += 0.02
            await asyncio.sleep(max(0.0, at - clock()))

    def _send(self, text: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(text.encode(), self._peer)

    def _request(self, method: str, number: int, content_type: str, body: str) -> str:
        here, there = f"127.0.0.1:{self._port}", f"{self._peer[0]}:{self._peer[1]}"
        lines = [
            f"{method} sip:line@{there} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{random.getrandbits(64):x};rport",
            *(
                "Max-Forwards: 70",
                f"From: <sip:13800001111@{here}>;tag=raw",
                f"To: <sip:line@{there}>{self._tag}",
            ),
            *(f"Call-ID: {self._call_id}", f"CSeq: {number} {method}", f"Contact: <sip:caller@{here}>"),
            f"Allow: {self._allow}",
            *([f"Content-Type: {content_type}"] if content_type else []),
            f"Content-Length: {len(body.encode())}",
        ]
        return "\r\n".join([*lines, "", body])


@asynccontextmanager
async def calling(address: str, *, events: bool = True, allow: str = ALLOW) -> AsyncIterator[RawCaller]:
    """A caller who has not dialled yet; hangs up at the end. events: whether it offers telephone-event."""
    caller = RawCaller(address, events=events, allow=allow)
    await caller.open()
    try:
        yield caller
        await caller.hang_up()
    finally:
        caller.close()


def encoded(samples: npt.NDArray[np.float64]) -> bytes:
    """Sound, full scale 1.0, as A-law (ITU-T G.711)."""
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1.0, 1.0), 8000, format="RAW", subtype="ALAW")
    return file.getvalue()
