"""Readers through which a card is swiped, and which then send track 2 on a serial port, unasked."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Literal

from hardware.drivers.serial_device import SerialDevice, SerialOptions
from hardware.interfaces.card_reader import (
    CardData,
    CardReader,
    CardReaderCapabilities,
    CardReaderError,
    CardReaderStatus,
    ChipPower,
    RetainBin,
    Shutter,
)
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceOptions, DeviceStatus
from hardware.interfaces.media import Media
from hardware.protocols.track2 import Broken, Fault, SwipeReader, Track2

SILENCE_SECONDS = 0.1
"""A line that falls silent for so long has sent the whole swipe: its bytes come without a pause."""
SWIPE_SECONDS = 2.0
"""Longest time that a swipe is waited for once it has begun, on a line that never falls silent."""

_CARD_ERRORS = {
    Fault.LAYOUT: (CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    Fault.EXPIRY: (CompletionCode.INVALID_DATA, CardReaderError.INVALID_CONTENT),
    Fault.CHECK_DIGIT: (CompletionCode.INVALID_DATA, CardReaderError.INVALID_CONTENT),
}
_READ_FAILED = (CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED)
"""Every other fault: the card is swiped once more, evenly and the right way round."""


class SwipeOptions(SerialOptions):
    """baud: as set at the reader."""

    baud: Literal[9600, 19200, 38400, 57600, 115200] = 9600


class TrackSwipeReader(CardReader, SerialDevice):
    """Waits for what the reader sends. A swipe while nobody waits for a card is forgotten.

    Such a reader takes no questions: that its port is there is all that can be known of it.
    """

    driver = "track2"
    Options: ClassVar[type[DeviceOptions]] = SwipeOptions

    def __init__(self, options: SwipeOptions) -> None:
        super().__init__(options)
        self._swipes = SwipeReader()

    async def _ask_capabilities(self) -> CardReaderCapabilities:
        return CardReaderCapabilities(stripe=True, chip=False)

    async def _ask_status(self) -> CardReaderStatus:
        await self._port.discard_input()
        return CardReaderStatus(
            device=DeviceStatus.ONLINE,
            media=Media.NOT_SUPPORTED,
            shutter=Shutter.NOT_SUPPORTED,
            retain_bin=RetainBin.NOT_SUPPORTED,
            chip=ChipPower.NOT_SUPPORTED,
        )

    async def _read_card(self) -> CardData:
        await self._port.discard_input()
        self._swipes.clear()
        found = await self._swipe()
        if isinstance(found, Broken):
            raise swipe_error(found.fault)
        return card_data(found)

    async def _swipe(self) -> Track2 | Broken:
        """The first whole track of a swipe; where it has none, the first thing that was wrong with it."""
        broken: Broken | None = None
        deadline = float("inf")
        loop = asyncio.get_running_loop()
        while True:
            waiting = not self._swipes.begun and broken is None
            data = await self._port.read(60.0 if waiting else SILENCE_SECONDS)
            over = not data or loop.time() >= deadline
            for found in self._swipes.feed(data) + (self._swipes.give_up() if over else []):
                if isinstance(found, Track2):
                    return found
                broken = broken or found
            if broken and over:
                return broken
            if waiting and (self._swipes.begun or broken):
                deadline = loop.time() + SWIPE_SECONDS
                self._grant(SWIPE_SECONDS)


def card_data(track: Track2) -> CardData:
    """What a track says, in the terms of the class."""
    return CardData(number=track.pan, expires=track.expiry, track2=track.encode())


def swipe_error(fault: Fault) -> DeviceError:
    """What is wrong with a track, in the terms of the class."""
    completion, code = _CARD_ERRORS.get(fault, _READ_FAILED)
    return DeviceError(completion, code, fault.value)
