"""The technician's own card: laid down once, it opens the menu as the PIN does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from foundation.language import LocalizedText
from foundation.log import logger
from hardware.registry import CARD_READER, IDENTITY_CARD_READER
from kiosk.technician import people
from kiosk.technician.entrance import card_laid_down
from kiosk.technician.events import Again, ForgetCard, OpenSection, Section
from kiosk.technician.pages import Deed, Entry, Listing, Tone
from kiosk.technician.people import People, PeopleUnusable, PinRefused
from kiosk.technician.reach import Reach
from kiosk.technician.session import Part, Session
from kiosk.technician.wording import written
from kiosk.visit.events import Event
from kiosk.visit.pages import Page

log = logger(__name__)


class OwnCardPart(Part):
    """Waits for a card only after it was asked to."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def take(self, page: Page, event: Event) -> bool:
        """Knows the page of the card."""
        match page, event:
            case _, OpenSection(Section.CARD):
                self._session.open(self._page())
            case Listing(name=Section.CARD.value), Again():
                self._session.show(self._page(waiting=True))
                self._session.do(self._enrol())
            case Listing(name=Section.CARD.value), ForgetCard():
                self._session.do(self._forget())
            case _:
                return False
        return True

    def _page(
        self, told: LocalizedText | None = None, tone: Tone = Tone.FINE, *, waiting: bool = False
    ) -> Listing:
        devices = self._reach.devices
        readers = devices.of(IDENTITY_CARD_READER) is not None or devices.of(CARD_READER) is not None
        try:
            known = people.load(self._reach.folder)
        except PeopleUnusable as error:
            log.error("technicians_unusable", reason=str(error))
            known = People()
        has = any(one.name == self._session.who and one.card for one in known.technicians)
        entry = Entry(
            "card.state",
            written("card.state"),
            mark=written("card.known" if has else "card.unknown"),
            tone=Tone.FINE if has else Tone.PLAIN,
        )
        deeds = []
        if has:
            deeds.append(Deed("card.forget", written("card.forget"), ForgetCard()))
        if readers and not waiting:
            deeds.append(Deed("card.enrol", written("card.enrol"), Again(), "card"))
        name = "card.wait" if waiting else ("card.text" if readers else "card.no_reader")
        title = written("menu.card")
        return Listing(Section.CARD.value, title, (entry,), written(name), told, tone, tuple(deeds))

    async def _enrol(self) -> None:
        who = self._session.who
        async with self._reach.visit.turns.alone():
            card = await card_laid_down(self._reach.devices)

        def keep() -> None:
            people.save(self._reach.folder, people.load(self._reach.folder).with_card(who, card))

        await self._change(keep, "card.enrolled")

    async def _forget(self) -> None:
        who = self._session.who

        def keep() -> None:
            people.save(self._reach.folder, people.load(self._reach.folder).without_card(who))

        await self._change(keep, "card.forgotten")

    async def _change(self, keep: Callable[[], None], done: str) -> None:
        try:
            await asyncio.to_thread(keep)
        except PinRefused as refused:
            told, tone = written(refused.problem), Tone.WRONG
        except PeopleUnusable as error:
            log.error("technicians_unusable", reason=str(error))
            told, tone = written("refused.unusable"), Tone.WRONG
        else:
            log.warning("technician_card_changed", who=self._session.who)
            told, tone = written(done), Tone.FINE
        page = self._session.page
        if isinstance(page, Listing) and page.name == Section.CARD.value:
            self._session.show(self._page(told, tone))
