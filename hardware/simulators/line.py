"""The simulated end of a serial line: a pseudo-terminal that bytes cross at the speed of the wire."""

from __future__ import annotations

import asyncio
import os
import secrets
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BITS_A_BYTE = 10
"""8N1: one start bit, eight data bits, one stop bit."""
STEP_SECONDS = 0.01
"""The wire's bytes arrive in portions of this time."""
READ_BYTES = 4096


class Line:
    """A pseudo-terminal under a fixed name. The program under test opens the name; the device is this end.

    name: a link to the terminal, made when it is plugged in and taken away when it is unplugged;
    baud: speed of the wire towards the host, or 0 for no delay.
    """

    def __init__(self, name: Path, received: Callable[[bytes], None], baud: int = 115200) -> None:
        self.name = name
        self._received = received
        self._baud = baud
        self._ends: tuple[int, int] | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether the name leads to this line now."""
        return self._ends is not None

    def plug_in(self) -> None:
        """Makes the terminal and puts the link in its place, replacing a stale one in one step."""
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

    async def send(self, data: bytes) -> None:
        """Sends bytes to the host at the speed of the wire. What nobody takes is lost, as on a real one."""
        portion = max(1, int(self._baud / BITS_A_BYTE * STEP_SECONDS)) if self._baud else READ_BYTES
        for start in range(0, len(data), portion):
            piece = data[start : start + portion]
            if self._baud:
                await asyncio.sleep(len(piece) * BITS_A_BYTE / self._baud)
            if self._ends is None:
                return
            with suppress(BlockingIOError):  # nobody reads: a wire does not wait
                os.write(self._ends[0], piece)

    def _readable(self, device_end: int) -> None:
        try:
            data = os.read(device_end, READ_BYTES)
        except BlockingIOError:
            return
        self._received(data)
