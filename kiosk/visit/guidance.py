"""The light at the device that the resident needs now flashes, and no other."""

from __future__ import annotations

import asyncio

from foundation.log import logger
from hardware.interfaces.auxiliaries import Auxiliaries, Light, LightState
from hardware.interfaces.device import DeviceError
from kiosk.visit.pages import (
    CardKind,
    CardLeft,
    CardWanted,
    Confirmation,
    KeptForLater,
    LookupRecord,
    Page,
    Paper,
    PaperState,
    PaymentKept,
    ReferenceEntry,
    Slip,
    TakeAlong,
    TicketIssued,
)
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

SETTLE_SECONDS = 3.0
"""At the end a board that does not answer is waited for no longer."""
_PRINTED = (Slip.PRINTING, Slip.PRINTED)


def light_at(page: Page) -> Light | None:
    """The light that belongs to what a page asks for; None where the screen is all that is needed."""
    match page:
        case CardWanted(kinds=(CardKind.SERVICE,)) | CardLeft(kind=CardKind.SERVICE):
            return Light.CARD_READER
        case CardWanted() | CardLeft():
            return Light.IDENTITY_CARD_READER
        case ReferenceEntry():
            return Light.CODE_READER
        case Paper(state=PaperState.PRINTING | PaperState.PRINTED):
            return Light.DOCUMENT_PRINTER
        case TakeAlong() if page.sheets in _PRINTED:
            return Light.DOCUMENT_PRINTER
        case TakeAlong() if page.slip in _PRINTED:
            return Light.RECEIPT_PRINTER
        case Confirmation() | PaymentKept() | TicketIssued() | LookupRecord() | KeptForLater() if (
            page.slip in _PRINTED
        ):
            return Light.RECEIPT_PRINTER
        case _:
            return None


class Guidance(Chapter):
    """Owns the lights. They follow the pages as fast as the board can, and nobody waits for them.

    there: the lights of devices that this terminal has.
    """

    def __init__(self, visit: Visit, board: Auxiliaries | None, there: frozenset[Light]) -> None:
        self._visit = visit
        self._board = board
        self._there = there if board else frozenset()
        self._wanted: Light | None = None
        self._lit: Light | None = None
        self._following: asyncio.Task[None] | None = None

    def page_changed(self, page: Page) -> None:
        """Another page may need another device."""
        light = light_at(page)
        self._wanted = light if light in self._there else None
        if self._board is not None and self._wanted is not self._lit and self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow(self._board))

    async def settle(self) -> None:
        """Waits until the lights are as they should be."""
        if self._following is not None:
            await asyncio.wait({self._following}, timeout=SETTLE_SECONDS)

    async def _follow(self, board: Auxiliaries) -> None:
        try:
            while self._lit is not self._wanted:
                before, self._lit = self._lit, self._wanted
                if before is not None:
                    await self._switch(board, before, LightState.OFF)
                if self._lit is not None:
                    await self._switch(board, self._lit, LightState.SLOW)
        finally:
            self._following = None

    async def _switch(self, board: Auxiliaries, light: Light, state: LightState) -> None:
        try:
            async with self._visit.turns.using():
                await board.set_light(light, state)
        except DeviceError as error:
            log.info("light_not_switched", light=light.value, completion=error.completion.value)
