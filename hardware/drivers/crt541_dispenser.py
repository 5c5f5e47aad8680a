"""Creator CRT-541: hands cards out of a stacker. It reads none, takes none back and keeps none."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar, Literal

from pydantic import Field

from foundation.log import logger
from hardware.drivers.creator_line import CreatorLine
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
from hardware.protocols import crt541
from hardware.protocols.crt541 import (
    Acknowledged,
    Broken,
    Command,
    Found,
    Frame,
    FrameReader,
    NotAcknowledged,
    State,
    Working,
)

log = logger(__name__)

POLL_SECONDS = 0.25
"""Time from one enquiry to the next; the unit is asked no faster than every 0.2 s."""
ANSWER_SECONDS = 0.5
"""Longest wait for 06, 15 or the state. At 9600 baud they come within 20 ms."""
ATTEMPTS = 3
"""So often a command is said that is not understood, and so often the state is asked for."""
DISPENSE_SECONDS = 10.0
"""Longest time for a card to come out."""

_MEDIA = {
    Working.READY: Media.NOT_PRESENT,
    Working.DISPENSED: Media.NOT_PRESENT,
    Working.DISPENSING: Media.ENTERING,
    Working.PREPARING: Media.PRESENT,
    Working.ERROR: Media.JAMMED,
}


class Crt541Options(SerialOptions):
    """address: as set at the unit."""

    baud: Literal[9600, 19200, 38400] = 9600
    address: int = Field(default=0, ge=0, le=15)


class Crt541Dispenser(CardReader, SerialDevice):
    """A card reader in XFS4IoT's classes, whose only use is `dispense_card`."""

    driver = "crt541"
    Options: ClassVar[type[DeviceOptions]] = Crt541Options

    def __init__(self, options: Crt541Options) -> None:
        super().__init__(options)
        self._address = options.address
        self._line: CreatorLine[Found] = CreatorLine(self._port, FrameReader())
        self._next_poll = 0.0

    async def dispense_card(self) -> None:
        """Hands out one card and returns once it is out.

        DEVICE_NOT_READY where the unit hands none out: its stacker is empty, or a card waits to be taken;
        HARDWARE_ERROR with MEDIA_JAM where the card did not come out.
        """
        await self._command(
            "dispense_card",
            self._dispense_card,
            timeout=DISPENSE_SECONDS,
            late=CardReaderError.MEDIA_JAM,
            counts=lambda _: {"cards_dispensed": 1},
        )

    async def _ask_capabilities(self) -> CardReaderCapabilities:
        return CardReaderCapabilities(stripe=False, chip=False)

    async def _ask_status(self) -> CardReaderStatus:
        state = await self._state()
        broken = state.working is Working.ERROR
        working = state.working if isinstance(state.working, Working) else None
        return CardReaderStatus(
            device=DeviceStatus.HARDWARE_ERROR if broken else DeviceStatus.ONLINE,
            media=_MEDIA.get(working, Media.UNKNOWN) if working else Media.UNKNOWN,
            shutter=Shutter.NOT_SUPPORTED,
            retain_bin=RetainBin.NOT_SUPPORTED,
            chip=ChipPower.NOT_SUPPORTED,
            advice=() if state.enough else ("advice.card_reader.stacker",),
        )

    async def _read_card(self) -> CardData:
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND, detail="the unit has no head")

    async def _dispense_card(self) -> None:
        before = await self._state()
        if before.working is Working.ERROR:
            raise DeviceError(CompletionCode.HARDWARE_ERROR, CardReaderError.MEDIA_JAM)
        if not await self._say(Command.DISPENSE):
            log.warning("dispense_not_acknowledged")  # what the unit is doing tells whether it heard
        while True:
            state = await self._state()
            match state.working:
                case Working.DISPENSED:
                    return
                case Working.DISPENSING | Working.PREPARING:
                    continue
                case Working.REFUSED:
                    raise DeviceError(CompletionCode.DEVICE_NOT_READY, detail="the unit hands out no card")
                case Working.ERROR:
                    raise DeviceError(CompletionCode.HARDWARE_ERROR, CardReaderError.MEDIA_JAM)
                case Working.READY:
                    # It says once that the card went out; that answer may have come to harm on the line.
                    raise DeviceError(CompletionCode.INVALID_DATA, detail="not told whether a card went out")
                case unknown:
                    raise DeviceError(CompletionCode.INVALID_DATA, detail=f"state {unknown:02X}")

    # The line.

    async def _state(self) -> State:
        """Asks for the state."""
        for _ in range(ATTEMPTS):
            if await self._say(Command.ENQUIRE) and (state := await self._told()):
                return state
        raise DeviceError(CompletionCode.CONNECTION_LOST, detail="the unit tells no state")

    async def _say(self, command: Command) -> bool:
        """Says a command, again where the unit did not understand it; an enquiry no sooner than POLL_SECONDS
        after the last. Whether it was acknowledged: where nothing comes it is not said again, for it may have
        been carried out all the same.

        DeviceError where it is never understood.
        """
        for _ in range(ATTEMPTS):
            if command is Command.ENQUIRE:
                await asyncio.sleep(max(0.0, self._next_poll - time.monotonic()))
            try:
                await self._line.ask(crt541.frame(self._address, command.value))
            finally:
                self._next_poll = time.monotonic() + POLL_SECONDS
            acknowledged = await self._acknowledgement()
            if acknowledged is None:
                return False
            if not (acknowledged and command is Command.ENQUIRE):
                self._line.answered()
            if acknowledged:
                return True
        every_unit_knows_it = command is Command.ENQUIRE  # so its bytes do not arrive as they were said
        completion = (
            CompletionCode.CONNECTION_LOST if every_unit_knows_it else CompletionCode.UNSUPPORTED_COMMAND
        )
        raise DeviceError(completion, detail=f"{command.name}: not understood")

    async def _acknowledgement(self) -> bool | None:
        """Whether the command was understood; None where nobody says so."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while (found := await self._line.hear(deadline)) is not None:
            if found == Acknowledged(self._address):
                return True
            if found == NotAcknowledged(self._address):
                return False
        return None

    async def _told(self) -> State | None:
        """The state that an enquiry is answered with; None where it came damaged or not at all."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while (found := await self._line.hear(deadline)) is not None:
            if isinstance(found, Broken):
                return None
            if isinstance(found, Frame) and found.address == self._address:
                self._line.answered()
                return State.decode(found.body)
        return None
