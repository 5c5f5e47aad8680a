"""Reading an identity card, for those pages that ask for one and only while they are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from backend_client.forms.card import CardAnswers
from foundation.log import logger
from hardware.interfaces.device import DeviceError
from hardware.interfaces.identity_card_reader import IdentityCardReader, IdentityCardRecord, Sex
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import CardUse, CardWanted, Page
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

SEXES: dict[Sex, Literal["male", "female"]] = {Sex.MALE: "male", Sex.FEMALE: "female"}

CardRead = Callable[[CardAnswers], None]


def card_answers(record: IdentityCardRecord) -> CardAnswers:
    """What of a card forms are filled in with."""
    return CardAnswers(
        full_name=record.full_name,
        sex=SEXES.get(record.sex),
        birth_date=record.birth_date,
        address=record.address,
        identity_number=record.identity_number,
    )


class Cards(Chapter):
    """Owns the reading, and the card that was read in this visit."""

    def __init__(self, visit: Visit, reader: IdentityCardReader | None) -> None:
        self._visit = visit
        self._reader = reader
        self._known: CardAnswers | None = None
        self._reading: asyncio.Task[None] | None = None
        self._uses: dict[CardUse, CardRead] = {}

    @property
    def there(self) -> bool:
        """Whether there is a reader."""
        return self._reader is not None

    def serve(self, use: CardUse, read: CardRead) -> None:
        """Says, once, what to do with a card that was read for a use."""
        self._uses[use] = read

    def want(self, use: CardUse) -> None:
        """Opens the page that asks for a card."""
        self._visit.open(CardWanted(use, known=self._known is not None))
        self._read(use)

    def take(self, page: Page, event: Event) -> bool:
        """Knows the page that asks for a card; doing without it is for those who asked."""
        match page, event:
            case CardWanted(use=use, fault=DeviceError()), did.ReadCard():
                self._visit.show(CardWanted(use, known=self._known is not None))
                self._read(use)
            case CardWanted(use=use), did.UseKnownCard() if self._known:
                self._stop()
                self._uses[use](self._known)
            case _:
                return False
        return True

    def page_changed(self, page: Page) -> None:
        """Reads no more once the page has gone."""
        if not isinstance(page, CardWanted):
            self._stop()

    def holds(self) -> bool:
        """Whether a card was read."""
        return self._known is not None

    def wipe(self) -> None:
        """Forgets the card."""
        self._stop()
        self._known = None

    def _stop(self) -> None:
        if self._reading and self._reading is not asyncio.current_task():
            self._reading.cancel()
        self._reading = None

    def _read(self, use: CardUse) -> None:
        self._stop()
        self._reading = asyncio.get_running_loop().create_task(self._wait_for_card(use))

    async def _wait_for_card(self, use: CardUse) -> None:
        reader = self._reader
        assert reader
        try:
            record = await self._visit.turns.trying(lambda: reader.read_card(timeout=self._visit.pace.card))
        except DeviceError as error:
            log.info("card_not_read", completion=error.completion.value, code=error.code and error.code.value)
            page = self._visit.page
            if isinstance(page, CardWanted):
                self._visit.show(replace(page, fault=error))
            return
        self._visit.touched()
        self._known = card_answers(record)
        self._uses[use](self._known)
