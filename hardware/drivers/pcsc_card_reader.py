"""Readers of contact chip cards that PC/SC knows (CCID and others), with the service card's application."""

from __future__ import annotations

import asyncio
import time
from typing import NoReturn

from foundation.log import logger
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
from hardware.interfaces.device import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    CompletionCode,
    DeviceError,
    DeviceOptions,
    DeviceStatus,
    PortProblem,
)
from hardware.interfaces.media import Media
from hardware.protocols import service_card
from hardware.protocols.apdu import ApduError, Response
from hardware.protocols.service_card import Reason, ServiceCard, ServiceCardError
from hardware.service_card import card_data, card_error
from hardware.transport.smart_card_port import LET_GO_SECONDS, NOTICE_SECONDS, SmartCardPort

log = logger(__name__)

READ_SECONDS = 8.0
"""Longest time for a whole card: twenty exchanges, which take a real card a second or two in all."""
COME_BACK_SECONDS = 5.0
"""For which a reader or pcscd may be away while a card is waited for."""
VIRTUAL = "Virtual PCD"
"""How pcscd names the readers of vsmartcard's vpcd, which has programs for cards."""


class PcscCardReader(CardReader):
    """Waits for a card, reads its application, and powers it off. The card stays where its owner put it.

    The port is a part of the reader's name, see `SmartCardPort`.
    """

    driver = "pcsc"
    shared = True

    def __init__(self, options: DeviceOptions) -> None:
        super().__init__(options)
        self._port = SmartCardPort(options.port)

    @property
    def _simulated(self) -> bool:
        return self._port.reader.startswith(VIRTUAL)

    async def _open(self) -> None:
        await self._port.open()
        self._details["reader"] = self._port.reader

    async def _close(self) -> None:
        await self._port.close()

    async def _ask_capabilities(self) -> CardReaderCapabilities:
        return CardReaderCapabilities(stripe=False, chip=True, transmits=True)

    async def _ask_status(self) -> CardReaderStatus:
        slot = await self._port.slot()
        ours = self._port.connected
        if slot.exclusive and not ours:
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, PortProblem.IN_USE, self._port.reader)
        if not slot.present:
            chip = ChipPower.NO_CARD
        elif slot.mute:
            chip = ChipPower.HARDWARE_ERROR
        else:
            chip = ChipPower.ONLINE if ours else ChipPower.POWERED_OFF
        return CardReaderStatus(
            device=DeviceStatus.ONLINE,
            media=Media.PRESENT if slot.present else Media.NOT_PRESENT,
            shutter=Shutter.NOT_SUPPORTED,
            retain_bin=RetainBin.NOT_SUPPORTED,
            chip=chip,
        )

    async def _read_card(self) -> CardData:
        await self._card_inserted()
        self._grant(READ_SECONDS + LET_GO_SECONDS + NOTICE_SECONDS + LET_GO_SECONDS)
        try:
            async with asyncio.timeout(READ_SECONDS):
                card = await self._read_application()
                await self._port.disconnect()
        except TimeoutError:
            await self._too_slow()
        except ServiceCardError as error:
            await self._port.disconnect()
            raise card_error(error) from None
        except DeviceError as error:
            await self._explain(error)
        return card_data(card)

    async def _transmit(self, command: bytes) -> bytes:
        try:
            if not self._port.connected:
                if not (await self._port.slot()).present:
                    raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.NO_MEDIA)
                await self._port.connect()
            return await self._port.transmit(command)
        except DeviceError as error:
            await self._explain(error)

    async def _card_inserted(self) -> None:
        """Waits for a card. A reader that is unplugged meanwhile, or a pcscd that is started anew, is waited
        for as well, for COME_BACK_SECONDS."""
        away_since: float | None = None
        pause = FIRST_PAUSE
        while True:
            try:
                await self._port.open()
                await self._port.slot()  # a reader without its plug can be listed still
                away_since = None
                await self._port.card_inserted()
                return
            except DeviceError as error:
                if not isinstance(error.code, PortProblem):
                    raise
                now = time.monotonic()
                if away_since is None:
                    away_since, pause = now, FIRST_PAUSE
                    log.warning("reader_away", port=self._port.pattern, problem=error.code.value)
                if now - away_since + pause > COME_BACK_SECONDS:
                    raise DeviceError(CompletionCode.CONNECTION_LOST, error.code, error.detail) from None
            await self._port.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _read_application(self) -> ServiceCard:
        await self._port.connect()
        dialogue = service_card.read()
        command = next(dialogue)
        while True:
            answer = await self._port.transmit(command.encode())
            try:
                command = dialogue.send(Response.decode(answer))
            except StopIteration as done:
                card: ServiceCard = done.value
                return card
            except ApduError as error:
                raise ServiceCardError(Reason.BROKEN, str(error)) from None

    async def _explain(self, error: DeviceError) -> NoReturn:
        """Raises what an exchange that failed means: mostly, that the card was taken out."""
        if error.code in (CardReaderError.READ_FAILED, CardReaderError.CHIP_NOT_SUPPORTED):
            gone = await self._port.card_gone()
            await self._port.disconnect()
            if gone:
                raise DeviceError(
                    CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED, error.detail
                ) from None
        elif error.code is CardReaderError.MEDIA_REMOVED:
            await self._port.disconnect()
        raise error

    async def _too_slow(self) -> NoReturn:
        """Raises that a card does not come to an end. Where not even the exchange under way ended, the reader
        hangs with it, and is opened anew."""
        hangs: DeviceError | None = None
        if self._port.is_open:
            await self._port.disconnect()
        else:
            hangs = DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.BLOCKED, self._port.pattern)
        slow = f"not read within {READ_SECONDS} s"
        raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, slow) from hangs
