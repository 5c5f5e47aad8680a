"""Reading a card, for those pages that ask for one and only while they are shown.

An identity card laid on its reader, or a service card put into the contact reader: whichever comes first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from backend_client.forms.card import CardAnswers
from foundation.log import logger
from hardware.interfaces.card_reader import CardData, CardReader, CardReaderError
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.identity_card_reader import (
    CardError,
    IdentityCardReader,
    IdentityCardRecord,
    Sex,
)
from hardware.protocols import identity_card
from hardware.service_card import read_service_card, reads_service_cards
from kiosk.visit import events as did
from kiosk.visit.card_slots import CardSlots
from kiosk.visit.events import Event
from kiosk.visit.pages import CardKind, CardUse, CardWanted, Page
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

AGAIN_SECONDS = 5.0
"""After a contact reader did not answer, until it is asked again what it can."""
SEXES: dict[Sex, Literal["male", "female"]] = {Sex.MALE: "male", Sex.FEMALE: "female"}


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card that was read, and of which kind it is."""

    kind: CardKind
    answers: CardAnswers = field(repr=False)


CardTaker = Callable[[CardRead], None]


def card_answers(record: IdentityCardRecord) -> CardAnswers:
    """What of an identity card forms are filled in with."""
    return CardAnswers(
        full_name=record.full_name,
        sex=SEXES.get(record.sex),
        birth_date=record.birth_date,
        address=record.address,
        identity_number=record.identity_number,
    )


def service_card_answers(data: CardData) -> CardAnswers:
    """The same of a service card, which has no address. DeviceError where its number is nobody's."""
    try:
        number = identity_card.check_number(data.identity_number)
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise DeviceError(
            CompletionCode.INVALID_DATA, CardReaderError.INVALID_CONTENT, type(error).__name__
        ) from None
    told = data.details.get("sex", "")
    return CardAnswers(
        full_name=data.holder,
        sex={"1": SEXES[Sex.MALE], "2": SEXES[Sex.FEMALE]}.get(told),
        birth_date=born,
        address="",
        identity_number=number,
    )


class Cards(Chapter):
    """Owns the reading, and the card that was read in this visit."""

    def __init__(
        self,
        visit: Visit,
        reader: IdentityCardReader | None,
        slots: CardSlots,
    ) -> None:
        """slots: is told where a card may have come in."""
        self._visit = visit
        self._reader = reader
        self._service: CardReader | None = None
        self._slots = slots
        self._known: CardRead | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._uses: dict[CardUse, CardTaker] = {}

    @property
    def there(self) -> bool:
        """Whether there is a reader."""
        return bool(self.kinds)

    @property
    def kinds(self) -> tuple[CardKind, ...]:
        """Which cards are read here."""
        identity = (CardKind.IDENTITY,) if self._reader is not None else ()
        return (*identity, CardKind.SERVICE) if self._service is not None else identity

    @property
    def holder(self) -> str:
        """The identity number of the card that was read in this visit; empty where none was."""
        return self._known.answers.identity_number if self._known else ""

    async def ask_for_chips(self, reader: CardReader | None) -> None:
        """Takes a reader for service cards, too, once it has said that it speaks to chips."""
        while reader is not None and self._service is None:
            try:
                if not await reads_service_cards(reader):
                    return
                self._service = reader
            except DeviceError:
                await asyncio.sleep(AGAIN_SECONDS)

    def serve(self, use: CardUse, read: CardTaker) -> None:
        """Says, once, what to do with a card that was read for a use."""
        self._uses[use] = read

    def want(self, use: CardUse) -> None:
        """Opens the page that asks for a card."""
        self._visit.open(self._page(use))
        self._read(use)

    def take(self, page: Page, event: Event) -> bool:
        """Knows the page that asks for a card; doing without it is for those who asked."""
        match page, event:
            case CardWanted(use=use, fault=DeviceError()), did.ReadCard():
                self._visit.show(self._page(use))
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

    async def settle(self) -> None:
        """Waits until the readers are in order, and every card on its way out is given back."""
        while self._ending:
            await asyncio.wait(self._ending)

    def _page(self, use: CardUse) -> CardWanted:
        return CardWanted(use, known=self._known is not None, kinds=self.kinds)

    def _stop(self) -> None:
        if self._reading and self._reading is not asyncio.current_task():
            self._reading.cancel()
            self._wait_for(self._reading)
        self._reading = None

    def _wait_for(self, task: asyncio.Task[None]) -> None:
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _read(self, use: CardUse) -> None:
        self._stop()
        self._reading = asyncio.get_running_loop().create_task(self._wait_for_card(use))

    async def _wait_for_card(self, use: CardUse) -> None:
        await self.settle()  # the card before may still be on its way out
        try:
            read = await self._first()
        except DeviceError as error:
            log.info("card_not_read", completion=error.completion.value, code=error.code and error.code.value)
            page = self._visit.page
            if isinstance(page, CardWanted):
                self._visit.show(replace(page, fault=error))
            return
        self._visit.touched()
        self._known = read
        self._uses[use](read)

    async def _first(self) -> CardRead:
        """The card that comes first, of either kind. DeviceError where what came was not read, or nothing
        came; a reader that is out of order does not count while the other one waits."""
        kinds: dict[asyncio.Task[CardRead], CardKind] = {}
        if self._reader is not None:
            kinds[asyncio.create_task(self._identity_card(self._reader))] = CardKind.IDENTITY
        if self._service is not None:
            kinds[asyncio.create_task(self._service_card(self._service))] = CardKind.SERVICE
        waiting = set(kinds)
        faults: list[DeviceError] = []
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    try:
                        return one.result()
                    except DeviceError as error:
                        faults.append(error)
                if any(_is_the_cards(fault) for fault in faults):
                    break
                if waiting and faults:
                    self._tell_broken(tuple(kinds[one] for one in waiting))
        finally:
            for one in waiting:
                one.cancel()
            if waiting:
                await asyncio.wait(waiting)
        raise next((fault for fault in faults if _is_the_cards(fault)), _worst(faults))

    def _tell_broken(self, left: tuple[CardKind, ...]) -> None:
        """Says on the page which cards can still be read."""
        page = self._visit.page
        if isinstance(page, CardWanted):
            self._visit.show(replace(page, kinds=left, broken=True))

    async def _identity_card(self, reader: IdentityCardReader) -> CardRead:
        with self._slots.reading(CardKind.IDENTITY):
            record = await self._visit.turns.trying(lambda: reader.read_card(timeout=self._visit.pace.card))
        return CardRead(CardKind.IDENTITY, card_answers(record))

    async def _service_card(self, reader: CardReader) -> CardRead:
        """A card that somebody left in there is not read: its owner is gone."""
        try:
            async with asyncio.timeout(self._visit.pace.card):
                await self._slots.empty(CardKind.SERVICE)
        except TimeoutError:
            raise DeviceError(CompletionCode.TIME_OUT, CardReaderError.NO_MEDIA) from None
        with self._slots.reading(CardKind.SERVICE):
            data = await self._visit.turns.trying(lambda: self._read_and_given_back(reader))
        return CardRead(CardKind.SERVICE, service_card_answers(data))

    async def _read_and_given_back(self, reader: CardReader) -> CardData:
        """A reader with a motor gives the card back, because nothing else is wanted of it: also where it was
        not read, or whoever put it in goes on without it or away."""
        try:
            return await read_service_card(
                reader, timeout=self._visit.pace.card, came=lambda: self._slots.came(CardKind.SERVICE)
            )
        finally:
            giving = asyncio.get_running_loop().create_task(_give_back(reader))
            self._wait_for(giving)
            await asyncio.shield(giving)


async def _give_back(reader: CardReader) -> None:
    with suppress(DeviceError):  # there is none, or it cannot be moved: the reminder at the end finds it
        if (await reader.capabilities()).ejects:
            await reader.eject_card()


def _is_the_cards(fault: DeviceError) -> bool:
    """Whether a card came, and something was wrong with it."""
    return (
        isinstance(fault.code, CardError | CardReaderError)
        and fault.completion is not CompletionCode.TIME_OUT
        and fault.completion is not CompletionCode.HARDWARE_ERROR
    )


def _worst(faults: list[DeviceError]) -> DeviceError:
    """What to say where no card came: that a reader does not work, if one did not."""
    return next((fault for fault in faults if fault.completion is not CompletionCode.TIME_OUT), faults[0])
