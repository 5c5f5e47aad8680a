"""Getting in: a PIN or a card, five tries, and a lock that grows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from foundation.log import logger
from hardware.interfaces.card_reader import CardReader
from hardware.interfaces.device import DeviceError
from hardware.interfaces.identity_card_reader import IdentityCardReader
from hardware.registry import CARD_READER, IDENTITY_CARD_READER, Devices
from kiosk.technician import people
from kiosk.technician.pages import PinEntry, Refused
from kiosk.technician.people import LONGEST, People, PeopleUnusable, card_secret
from kiosk.technician.session import Part, Session
from kiosk.technician.tries import Tries
from kiosk.technician.wording import as_it_is
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Page
from kiosk.visit.turns import Turns

log = logger(__name__)

CARD_SECONDS = 30.0
"""For which a card is waited for, again and again."""
AGAIN_SECONDS = 1.0


class Entrance(Part):
    """The owner of what was typed, and of the tries."""

    def __init__(
        self,
        session: Session,
        folder: Path,
        devices: Devices,
        turns: Turns,
        zone: ZoneInfo,
    ) -> None:
        """folder: of the private files."""
        self._session = session
        self._folder = folder
        self._devices = devices
        self._turns = turns
        self._zone = zone
        self._pin = ""
        self._cards: set[str] = set()
        """That were judged since it was opened. A reader without a motor gives the same card again and again:
        it counts once."""
        self._tries = Tries(folder)
        self._people = People()
        self._unusable = False
        self._begun = False

    def first(self) -> PinEntry:
        """The page on which a PIN is entered."""
        self._pin = ""
        self._tries.read_again()
        try:
            self._people = people.load(self._folder)
            self._unusable = False
        except PeopleUnusable as error:
            log.error("technicians_unusable", reason=str(error))
            self._people, self._unusable = People(), True
        self._begun = False
        return self._page()

    def take(self, page: Page, event: Event) -> bool:
        """Knows the page on which a PIN is entered."""
        if not isinstance(page, PinEntry):
            return False
        if page.checking or self._closed() is not None:
            return isinstance(event, did.Insert | did.Erase | did.Next)
        match event:
            case did.Insert(text) if text.isascii() and text.isdigit():
                self._pin = (self._pin + text)[:LONGEST]
            case did.Erase():
                self._pin = self._pin[:-1]
            case did.Next():
                if self._pin:
                    pin, self._pin = self._pin, ""
                    self._session.do(self._judge(lambda known: known.who_has_pin(pin), "pin"))
                return True
            case _:
                return False
        self._session.show(self._page(page.refused))  # how many tries are left can be read on
        return True

    def shown(self, page: Page | None) -> None:
        """What was typed is gone with its page; a card is waited for as soon as it is there."""
        if page is None:
            self._cards.clear()
        if not isinstance(page, PinEntry):
            self._pin = ""
        elif not self._begun:
            self._begun = True
            self._session.do(self._waiting())

    def _closed(self) -> Refused | None:
        """Why nobody can try at all."""
        if self._unusable:
            return Refused.UNUSABLE
        if not self._people.technicians:
            return Refused.NOBODY
        return Refused.LOCKED if self._tries.locked_until(datetime.now(UTC)) is not None else None

    def _page(self, refused: Refused | None = None, *, checking: bool = False) -> PinEntry:
        closed = self._closed()
        until = self._tries.locked_until(datetime.now(UTC))
        # To the next minute: who comes back then can try.
        told = (until + timedelta(seconds=59)).astimezone(self._zone) if until else None
        return PinEntry(
            digits=len(self._pin),
            refused=None if checking else closed or refused,
            left=self._tries.left,
            locked=as_it_is(f"{told:%H:%M}") if told else None,
            card=self._people.has_cards,
            checking=checking,
        )

    # Waiting.

    async def _waiting(self) -> None:
        while self._closed() is Refused.LOCKED:
            await asyncio.sleep(AGAIN_SECONDS)
            if self._closed() is None:
                self._session.show(self._page())
        if self._closed() is None and self._people.has_cards:
            async with self._turns.alone():
                card = await card_laid_down(self._devices, self._cards)
            self._cards.add(card)
            await self._judge(lambda known: known.who_has_card(card), "card")

    async def _judge(self, who_has: Callable[[People], str | None], by: str) -> None:
        self._tries.begin(datetime.now(UTC))
        self._session.show(self._page(checking=True))
        who = await asyncio.to_thread(who_has, self._people)
        if who is not None:
            self._tries.right()
            self._session.enter(who, by)
            return
        locked = self._tries.locked_until(datetime.now(UTC)) is not None
        log.warning("technician_refused", by=by, locked=locked)
        self._session.show(self._page(Refused.WRONG))
        await self._waiting()


async def card_laid_down(devices: Devices, but: Collection[str] = ()) -> str:
    """What the next card that is laid down or put in is known by, at whichever reader; waits for ever. but:
    cards that are passed over."""
    reads: list[Callable[[], Awaitable[str]]] = []
    if (identity := devices.of(IDENTITY_CARD_READER)) is not None:
        reads.append(partial(_read_identity, identity))
    if (reader := devices.of(CARD_READER)) is not None:
        reads.append(partial(_read_card, reader))
    waiting = [asyncio.ensure_future(_laid_down(read, but)) for read in reads]
    if not waiting:
        await asyncio.Event().wait()
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)


async def _laid_down(read: Callable[[], Awaitable[str]], but: Collection[str]) -> str:
    """The next card at one reader; one that is out of order is asked again and again."""
    while True:
        with suppress(DeviceError):
            if (card := await read()) not in but:
                return card
        await asyncio.sleep(AGAIN_SECONDS)


async def _read_identity(reader: IdentityCardReader) -> str:
    record = await reader.read_card(timeout=CARD_SECONDS)
    return card_secret(IdentityCardReader.name, record.identity_number)


async def _read_card(reader: CardReader) -> str:
    ejects = (await reader.capabilities()).ejects
    try:
        card = await reader.read_card(timeout=CARD_SECONDS)
        return card_secret(CardReader.name, card.number or card.identity_number)
    finally:
        if ejects:
            with suppress(DeviceError):  # none is in there, mostly
                await reader.eject_card()
