"""The simulated end of a serial line: a pseudo-terminal that bytes cross at the speed of the wire.

A line does what every line may do to any device's answers; see `LineFault`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tty
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path

BITS_A_BYTE = 10
"""8N1: one start bit, eight data bits, one stop bit."""
STEP_SECONDS = 0.01
"""The wire's bytes arrive in portions of this time."""
READ_BYTES = 4096
BYTE_SECONDS = 0.001
"""Pause between two bytes that come one at a time, at the least."""
LATE_SECONDS = 6.0
"""A late answer comes after so long: no driver waits as long for one."""
GONE_SECONDS = 3.0
"""A port that vanishes comes back after so long."""
NOISE = bytes.fromhex("00 FF AA AA 96 55 AA AA AA 96 00 83 AA AA AA 96 69")
"""What a bad contact may send: pieces of the preamble of GA/T 467, and a whole one with nothing behind it."""


class LineFault(Enum):
    """What goes wrong between any device and the host; the values are the command line's."""

    NONE = "none"
    WRONG_CHECKSUM = "wrong-checksum"
    """The check at the end of an answer does not fit the rest."""
    BYTE_BY_BYTE = "byte-by-byte"
    """An answer comes one byte at a time. Nothing is wrong with it."""
    NOISE_BEFORE = "noise-before"
    """Other bytes come before an answer."""
    NOISE_INSIDE = "noise-inside"
    """Other bytes come in the middle of an answer."""
    LAST_REPLY = "last-reply"
    """The answer to the last command comes again, in place of this one's."""
    SILENCE = "silence"
    """The device does as it is told, and no answer arrives."""
    LATE = "late"
    """An answer comes when nobody waits for it any more."""
    CUT_SHORT = "cut-short"
    """An answer stops half-way."""
    VANISH = "vanish"
    """The port is gone for a while, and comes back."""


def last_byte_wrong(answer: bytes) -> bytes:
    """An answer whose check, its last byte, is wrong."""
    return answer[:-1] + bytes((answer[-1] ^ 0x01,))


class Line:
    """A pseudo-terminal under a fixed name. The program under test opens the name; the device is this end.

    name: a link to the terminal, made when it is plugged in and taken away when it is unplugged;
    baud: speed of the wire towards the host, or 0 for no delay;
    spoil: makes the check of an answer wrong; it knows where the check is, and how it is computed;
    noise: what the worst contact might send to this device's driver;
    late: after how many seconds a late answer comes.
    """

    def __init__(
        self,
        name: Path,
        received: Callable[[bytes], None],
        baud: int = 115200,
        *,
        spoil: Callable[[bytes], bytes] = last_byte_wrong,
        noise: bytes = NOISE,
    ) -> None:
        self.name = name
        self.late = LATE_SECONDS
        self._received = received
        self._baud = baud
        self._spoil = spoil
        self._noise = noise
        self._ends: tuple[int, int] | None = None
        self._fault = LineFault.NONE
        self._lasts = False
        self._previous = b""
        self._return: asyncio.TimerHandle | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether the name leads to this line now."""
        return self._ends is not None

    @property
    def fault(self) -> LineFault:
        """What will happen to the next answer."""
        return self._fault

    def break_down(self, fault: LineFault, *, lasts: bool = False) -> None:
        """From now on the line does this: to one answer, or to every one where it lasts.

        SILENCE always lasts. The port that is to VANISH does so with the next answer.
        """
        self._fault, self._lasts = fault, lasts or fault is LineFault.SILENCE

    def plug_in(self) -> None:
        """Makes the terminal and puts the link in its place, replacing a stale one in one step."""
        self._forget_return()
        if self._ends is not None:
            return
        # Our copy of the host's end stays open: the line outlives a host that closes it and comes back.
        device_end, host_end = os.openpty()
        tty.setraw(host_end)
        os.set_blocking(device_end, False)
        self._ends = (device_end, host_end)
        beside = self.name.with_name(f".{self.name.name}.{secrets.token_hex(4)}")
        beside.symlink_to(os.ttyname(host_end))
        beside.replace(self.name)
        asyncio.get_running_loop().add_reader(device_end, self._readable, device_end)

    def unplug(self) -> None:
        """Takes the terminal away: a host that has it open loses it, as with a USB plug that is pulled."""
        self._forget_return()
        if self._ends is None:
            return
        device_end, host_end = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(device_end)
        with suppress(OSError):
            if self.name.readlink() == Path(os.ttyname(host_end)):
                self.name.unlink()
        os.close(device_end)
        os.close(host_end)

    def vanish(self, seconds: float = GONE_SECONDS) -> None:
        """Unplugs the line now, and plugs it in again by itself."""
        self.unplug()
        self._return = asyncio.get_running_loop().call_later(seconds, self.plug_in)

    async def send(self, answer: bytes) -> None:
        """Sends one whole answer to the host, with whatever the line does to it now."""
        fault, previous = self._fault, self._previous
        self._previous = answer
        if not self._lasts:
            self._fault = LineFault.NONE
        middle = len(answer) // 2
        match fault:
            case LineFault.WRONG_CHECKSUM:
                await self.put(self._spoil(answer))
            case LineFault.BYTE_BY_BYTE:
                for at in range(len(answer)):
                    await asyncio.sleep(BYTE_SECONDS)
                    await self.put(answer[at : at + 1])
            case LineFault.NOISE_BEFORE:
                await self.put(self._noise + answer)
            case LineFault.NOISE_INSIDE:
                await self.put(answer[:middle] + self._noise + answer[middle:])
            case LineFault.LAST_REPLY:
                await self.put(previous)
            case LineFault.SILENCE:
                pass
            case LineFault.LATE:
                await asyncio.sleep(self.late)
                await self.put(answer)
            case LineFault.CUT_SHORT:
                await self.put(answer[:middle])
            case LineFault.VANISH:
                await self.put(answer[:middle])
                self.vanish()
            case LineFault.NONE:
                await self.put(answer)

    async def put(self, data: bytes) -> None:
        """Puts bytes on the wire as they are, at its speed. What nobody takes is lost, as on a real one."""
        portion = max(1, int(self._baud / BITS_A_BYTE * STEP_SECONDS)) if self._baud else READ_BYTES
        for start in range(0, len(data), portion):
            piece = data[start : start + portion]
            if self._baud:
                await asyncio.sleep(len(piece) * BITS_A_BYTE / self._baud)
            if self._ends is None:
                return
            with suppress(BlockingIOError):  # nobody reads: a wire does not wait
                os.write(self._ends[0], piece)

    def _forget_return(self) -> None:
        if self._return is not None:
            self._return.cancel()
            self._return = None

    def _readable(self, device_end: int) -> None:
        try:
            data = os.read(device_end, READ_BYTES)
        except BlockingIOError:
            return
        self._received(data)
