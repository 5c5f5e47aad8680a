"""What nobody should send to a line, sent: mutations of valid messages, half connections, garbage for sound.

    python -m tests.ivr_sip.bombard --minutes 10 --seed 1

opens a line, makes a call with sound, bombards the line, and ends with 1 where the call was disturbed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from ivr.line import Line
from ivr.sip.carrier.networks import network
from ivr.sip.carrier.trunk import Trunk
from ivr.sip.endpoint import SipEndpoint
from ivr.sip.library import RtpPorts
from ivr.speech.speech import Speech
from tests.ivr_sip import torture
from tests.ivr_sip.raw_caller import RawCaller, calling
from tests.ivr_sip.wire import offer, request, wire

METHODS: tuple[str, ...] = (
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "REGISTER",
    "INFO",
    "MESSAGE",
    "SUBSCRIBE",
    "NOTIFY",
)
METHODS += ("REFER", "UPDATE", "PRACK", "PUBLISH")
NASTY: tuple[bytes, ...] = (
    b"\x00",
    b"\r\n",
    b"\r\n\r\n",
    b"%",
    b"%00",
    b"%n%s%x",
    b"\xff\xfe",
    b"4294967296",
    b"-1",
    b"9" * 20,
)
NASTY += (
    b'"',
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"[::1",
    b"[",
    b"]",
    b" ",
    b"\t",
    b"A" * 300,
    b"sip:",
    b"tag=",
)
NASTY += (b"\xe5\xa4\xa7" * 50, b"SIP/2.0", b";branch=", b"v=0\r\n", b"m=audio 0 RTP/AVP\r\n", b"a=fmtp:\r\n")
NASTY += (b"c=IN IP6 ::\r\n", b"a=crypto:1 x inline:\r\n")
LONGEST_DATAGRAM = 60_000
STRANGER = "127.0.0.2"
LINE: dict[str, Any] = {"trunk": Trunk(allow=(network("127.0.0.1"),)), "max_calls": 4}
"""The settings of a line that can be bombarded: strangers are strangers."""


class Mutator:
    """Makes wrong messages out of right ones; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def message(self, line: str, peer: str) -> bytes:
        """One message, wrong in up to four places."""
        method = self.random.choice(METHODS)
        body = offer(self.random.randrange(1, 65_536)) if self.random.random() < 0.5 else ""
        data = request(method, line, sent_by=peer, cseq=self.random.randrange(1 << 32), body=body)
        for _ in range(self.random.randint(1, 4)):
            data = self._change(data)
        return data[:LONGEST_DATAGRAM]

    def _change(self, data: bytes) -> bytes:
        at = self.random.randrange(len(data) + 1)
        end = min(len(data), at + self.random.randrange(1, 60))
        match self.random.randrange(8):
            case 0:
                return data[:at] + self.random.choice(NASTY) + data[at:]
            case 1:
                return data[:at] + data[end:]
            case 2:
                return data[:at] + data[at:end] * self.random.randrange(2, 40) + data[end:]
            case 3:
                return data[:at] + self.random.randbytes(end - at) + data[end:]
            case 4:
                return data[:at]
            case 5:
                lines = data.split(b"\r\n")
                lines.insert(self.random.randrange(len(lines)), self.random.choice(lines))
                return b"\r\n".join(lines)
            case 6:
                lines = data.split(b"\r\n")
                del lines[self.random.randrange(len(lines))]
                return b"\r\n".join(lines)
            case _:
                return data.replace(b": ", self.random.choice((b":", b" :", b":\r\n ", b"\t:\t")), 1)

    def packet(self) -> bytes:
        """One packet for a port of sound: RTP or RTCP with wrong numbers, or nothing of the kind."""
        rnd = self.random
        match rnd.randrange(4):
            case 0:
                return rnd.randbytes(rnd.randrange(1400))
            case 1:  # RTP: version, padding, extension and sources of any kind, a length that does not fit
                flags, kind, number = 0x80 | rnd.randrange(64), rnd.randrange(256), rnd.randrange(1 << 16)
                head = struct.pack("!BBHII", flags, kind, number, rnd.getrandbits(32), rnd.getrandbits(32))
                return head + rnd.randbytes(rnd.randrange(200))
            case 2:  # RTCP: any type, any length
                head = struct.pack(
                    "!BBH", 0x80 | rnd.randrange(32), 200 + rnd.randrange(8), rnd.randrange(1 << 16)
                )
                return head + rnd.randbytes(rnd.randrange(200))
            case _:  # a key that nobody pressed, of another source
                return struct.pack("!BBHIIBBH", 0x80, 101, rnd.randrange(1 << 16), rnd.getrandbits(32),
                                   rnd.getrandbits(32), rnd.randrange(256), 10, 800)  # fmt: skip


async def mutations(address: str, mutator: Mutator, until: float) -> None:
    """Wrong messages over UDP, some hundreds a second."""
    async with wire() as sender:
        while time.monotonic() < until:
            for _ in range(4):
                sender.send(mutator.message(address, sender.address), address)
            sender.received.clear()
            await asyncio.sleep(0.01)


async def tortures(address: str, mutator: Mutator, until: float) -> None:
    """RFC 4475, over and over."""
    async with wire() as sender:
        while time.monotonic() < until:
            for _, data in torture.messages(address.removeprefix("sip:"), sender.address):
                sender.send(data, address)
                await asyncio.sleep(0.01)


async def connections(address: str, mutator: Mutator, until: float) -> None:
    """TCP: half messages, lengths beyond all bounds, bytes one by one, many connections that say nothing."""
    host, _, port = address.removeprefix("sip:").rpartition(":")
    idle: list[asyncio.StreamWriter] = []
    try:
        while time.monotonic() < until:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    _, writer = await asyncio.open_connection(host, int(port))
                idle.append(writer)
                data = mutator.message(address, f"{host}:5099").replace(b"/UDP", b"/TCP")
                match mutator.random.randrange(4):
                    case 0:
                        writer.write(data[: mutator.random.randrange(len(data) + 1)])
                    case 1:
                        huge = mutator.random.choice((b"4294967295", b"99999999999", b"2147483647", b"-5"))
                        writer.write(
                            request("INVITE", address, transport="TCP").replace(b"th: 0", b"th: " + huge)
                        )
                        writer.write(b"x" * 3000)
                    case 2:
                        for byte in data[:30]:
                            writer.write(bytes([byte]))
                            await asyncio.sleep(0.002)
                    case _:
                        writer.write(mutator.random.randbytes(5000))
                await asyncio.sleep(0.01)
            if len(idle) > 12:
                idle.pop(0).transport.abort()
    finally:
        for writer in idle:
            writer.transport.abort()


async def noise(host: str, sound: tuple[str, int], mutator: Mutator, until: float) -> None:
    """Garbage from an address to a call's ports for sound and its reports."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((host, 0))
        while time.monotonic() < until:
            for port in (sound[1], sound[1] + 1):
                with contextlib.suppress(OSError):
                    sender.sendto(mutator.packet(), (sound[0], port))
            await asyncio.sleep(0.01)


async def undisturbed(caller: RawCaller, pressed: list[str], until: float) -> None:
    """A call that goes on all the time: a key a second, each of which arrives, and sound without a gap.

    Raises AssertionError where it is disturbed.
    """
    keys = "147*2580369#"
    sent = ""
    while time.monotonic() < until:
        key = keys[len(sent) % len(keys)]
        sent += key
        await caller.say_in_time([*(caller.rtp.sound() for _ in range(20)), *caller.rtp.key(key)])
        await caller.say_in_time(caller.rtp.sound() for _ in range(15))
        assert not caller.ended.is_set(), "the line ended the call"
        assert "".join(pressed) == sent, f"pressed {sent}, arrived {pressed}"
    times = [at for at, _ in caller.ear.packets]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps, "no sound at all"
    assert max(gaps) < 1.0, f"no sound for {max(gaps):.2f} s"


async def bombard(endpoint: SipEndpoint, pressed: list[str], seconds: float, seed: int) -> None:
    """A call during all the attacks; who sends noise to its ports is a stranger. The carrier itself sends
    noise to another call, which may suffer from it. Raises AssertionError."""
    async with calling(endpoint.address) as caller, calling(endpoint.address) as victim:
        await victim.invite()
        await caller.invite()
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for attack in (tortures, mutations, connections):
                group.create_task(attack(endpoint.address, Mutator(seed), until))
            group.create_task(noise(STRANGER, caller.sound_address, Mutator(seed), until))
            group.create_task(noise("127.0.0.1", victim.sound_address, Mutator(seed), until))
            group.create_task(undisturbed(caller, pressed, until))


def listening_to(pressed: list[str]) -> Callable[[Line], Awaitable[None]]:
    """A dialogue that never ends, and notes the keys of the second call: the first is the victim's."""
    calls: list[Line] = []

    async def on_call(line: Line) -> None:
        calls.append(line)
        while True:
            key = await line.next_key()
            if line is calls[1]:
                pressed.append(key)

    return on_call


async def fuzz(minutes: float, seed: int) -> None:
    """A line of its own, bombarded."""
    pressed: list[str] = []
    ports = RtpPorts(random.randrange(20_000, 60_000, 2), 2_000)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Speech(Path(folder)) as speech,
            SipEndpoint(
                "127.0.0.1:0", speech, listening_to(pressed), rtp_ports=ports, max_calls=4
            ) as endpoint,
        ):
            await bombard(endpoint, pressed, 60 * minutes, seed)
    print(f"fuzz-sip: {len(pressed)} keys arrived, nothing was disturbed")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"fuzz-sip: {options.minutes:g} minutes, seed {options.seed}")
    try:
        asyncio.run(fuzz(options.minutes, options.seed))
    except* AssertionError as group:
        sys.exit(f"fuzz-sip: disturbed: {group.exceptions[0]}")


if __name__ == "__main__":
    main()
