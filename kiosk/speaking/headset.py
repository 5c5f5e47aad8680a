"""Whether a headset is plugged in: the switch of a jack, as Linux tells it.

A sound card's jack, or a keypad with one, is an input device under /dev/input. It sends
``struct input_event`` (linux/input.h), on 64-bit machines::

    seconds i64 | microseconds i64 | type u16 | code u16 | value i32

and a switch that changed as type 5 (EV_SW), code 2 (SW_HEADPHONE_INSERT), value 1 or 0, native byte order.
How it stands at the beginning is asked with the ioctl EVIOCGSW.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from foundation.log import logger

log = logger(__name__)

EVENT = struct.Struct("@qqHHi")
EV_SW, SW_HEADPHONE_INSERT = 5, 2
AGAIN = 2.0
"""Seconds until a device that has gone is looked for again."""
_SWITCHES = 8
"""Bytes that are asked for; SW_MAX is 16."""
_EVIOCGSW = (2 << 30) | (_SWITCHES << 16) | (ord("E") << 8) | 0x1B


def plugged_in(events: bytes) -> bool | None:
    """What the last of these whole events says of the jack; None where none is about it."""
    found = None
    for _, _, kind, code, value in EVENT.iter_unpack(events[: len(events) // EVENT.size * EVENT.size]):
        if (kind, code) == (EV_SW, SW_HEADPHONE_INSERT):
            found = bool(value)
    return found


class Jack:
    """Watches one device for as long as it is open; one that goes away counts as unplugged."""

    def __init__(self, path: Path, changed: Callable[[bool], None]) -> None:
        """changed: is told whether a headset is in, each time that changes; out at the beginning."""
        self._path = path
        self._changed = changed
        self._in = False
        self._watching: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begins to watch."""
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def close(self) -> None:
        """Ends it."""
        if self._watching:
            self._watching.cancel()
            self._watching = None

    async def _watch(self) -> None:
        told = False
        while True:
            try:
                device = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            except OSError as error:
                if not told:
                    log.warning("no_headset_jack", device=str(self._path), reason=error.strerror)
                    told = True
            else:
                told = False
                try:
                    self._tell(_stands(device))
                    await self._follow(device)
                except OSError as error:
                    log.warning("headset_jack_lost", device=str(self._path), reason=error.strerror)
                finally:
                    os.close(device)
                    self._tell(False)
            await asyncio.sleep(AGAIN)

    async def _follow(self, device: int) -> None:
        """Until the device has gone."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(device, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                with suppress(BlockingIOError):
                    if not (events := os.read(device, 64 * EVENT.size)):
                        return
                    if (now := plugged_in(events)) is not None:
                        self._tell(now)
        finally:
            loop.remove_reader(device)

    def _tell(self, now: bool) -> None:
        if now is not self._in:
            self._in = now
            log.info("headset", plugged_in=now)
            self._changed(now)


def _stands(device: int) -> bool:
    """How the switch stands now; out where the device does not say."""
    held = bytearray(_SWITCHES)
    try:
        fcntl.ioctl(device, _EVIOCGSW, held)
    except OSError:
        return False
    return bool(held[SW_HEADPHONE_INSERT // 8] >> (SW_HEADPHONE_INSERT % 8) & 1)
