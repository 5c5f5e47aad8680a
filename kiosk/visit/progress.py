"""How far an application has come: by card, or by its reference."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from backend_client.case import Session
from backend_client.client import BackendClient
from backend_client.errors import BackendError, Denied
from backend_client.forms.reference import ReferenceError_, ReferenceProblem, check_reference
from foundation.log import logger
from kiosk.visit import events as did
from kiosk.visit.cards import CardRead, Cards
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    CardKind,
    CardUse,
    CardWanted,
    CaseHistory,
    CaseList,
    Door,
    EntryFault,
    Home,
    OfficeCode,
    Page,
    ProgressWays,
    ReferenceEntry,
    SuffixEntry,
)
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

SignedIn = Callable[[Session], Awaitable[None]]
"""What follows once a resident is known."""

AT_ONCE = 20
"""Entries that are fetched at once."""
REFERENCE_LENGTH = 12
SUFFIX = re.compile(r"[0-9]{5}[0-9X]")
SUFFIX_LENGTH = 6
OFFICE_CODE_LENGTH = 8
LENGTHS: dict[type[Page], int] = {SuffixEntry: SUFFIX_LENGTH, OfficeCode: OFFICE_CODE_LENGTH}
FAULTS = {
    ReferenceProblem.EMPTY: EntryFault.EMPTY,
    ReferenceProblem.NOT_DIGITS: EntryFault.TOO_SHORT,
    ReferenceProblem.TOO_SHORT: EntryFault.TOO_SHORT,
    ReferenceProblem.TOO_LONG: EntryFault.TOO_LONG,
    ReferenceProblem.WRONG_CHECK_DIGIT: EntryFault.WRONG_CHECK_DIGIT,
}


class Progress(Chapter):
    """Looking at cases. It owns the session that opens them."""

    def __init__(self, visit: Visit, client: BackendClient, cards: Cards) -> None:
        self._visit = visit
        self._client = client
        self._cards = cards
        self._session: Session | None = None
        self._then: SignedIn | None = None
        self._signing_out: set[asyncio.Task[None]] = set()
        cards.serve(CardUse.SIGN_IN, self._card_read)
        cards.serve(CardUse.LOOK_UP, self._known_by_card)
        cards.serve(CardUse.LOOK_UP_ONLY, self._known_by_card)

    def sign_in(self, then: SignedIn, *, by_reference: bool) -> bool:
        """Lets residents show who they are, for another chapter; False where they cannot at this terminal.

        by_reference: a reference will do as well as a card.
        """
        if not (self._cards.there or by_reference):
            return False
        self._then = then
        if self._cards.there:
            self._cards.want(CardUse.LOOK_UP if by_reference else CardUse.LOOK_UP_ONLY)
        else:
            self._visit.open(ReferenceEntry())
        return True

    def take(self, page: Page, event: Event) -> bool:
        """Knows the ways to a case, the entries for it, the list and the history."""
        match page, event:
            case Home(), did.OpenDoor(Door.PROGRESS):
                self._then = None
                self._visit.open(ProgressWays() if self._cards.there else ReferenceEntry())
            case ProgressWays(), did.ByCard():
                self._cards.want(CardUse.SIGN_IN)
            case ((ProgressWays() | CaseList()), did.ByReference()):
                self._visit.open(ReferenceEntry())
            case CardWanted(use=CardUse.SIGN_IN | CardUse.LOOK_UP), did.Skip():
                self._visit.show(ReferenceEntry())
            case CardWanted(use=CardUse.LOOK_UP_ONLY), did.Skip():
                self._visit.close_page()
            case ((ReferenceEntry() | SuffixEntry() | OfficeCode()), did.Insert(text)):
                most = LENGTHS.get(type(page), REFERENCE_LENGTH)
                self._visit.show(replace(page, entered=(page.entered + text)[:most], fault=None))
            case ((ReferenceEntry() | SuffixEntry() | OfficeCode()), did.Erase()):
                self._visit.show(replace(page, entered=page.entered[:-1], fault=None))
            case ReferenceEntry(entered=entered), did.Next():
                self._take_reference(entered)
            case SuffixEntry(), did.Next():
                self._take_suffix(page)
            case SuffixEntry(reference=reference), did.ByOfficeCode():
                self._visit.open(OfficeCode(reference))
            case OfficeCode(), did.Next():
                self._take_office_code(page)
            case CaseList(), did.ShowMore():
                self._visit.do(lambda: self._more_cases(page))
            case CaseList(), did.OpenCase(reference):
                self._visit.do(lambda: self._open_case(reference))
            case _:
                return False
        return True

    @property
    def session(self) -> Session | None:
        """What opens the cases shown."""
        return self._session

    def holds(self) -> bool:
        """Whether cases are open."""
        return self._session is not None

    def wipe(self) -> None:
        """Forgets the session, and has the backend forget it."""
        self._then = None
        self.end_session()

    def end_session(self) -> None:
        """Has the backend forget the session, where there is one."""
        session, self._session = self._session, None
        if session:
            task = asyncio.get_running_loop().create_task(self._sign_out(session))
            self._signing_out.add(task)
            task.add_done_callback(self._signing_out.discard)

    async def settle(self) -> None:
        """Waits until the backend has been told of every end."""
        if self._signing_out:
            await asyncio.wait(self._signing_out)

    def _card_read(self, card: CardRead) -> None:
        self._visit.close_page()
        self._visit.do(lambda: self._open_cases(card))

    def _known_by_card(self, card: CardRead) -> None:
        self._visit.close_page()
        self._visit.do(lambda: self._go_on(card))

    async def _by_card(self, card: CardRead) -> Session:
        """What a card opens, the backend says by its kind."""
        number, name = card.answers.identity_number, card.answers.full_name
        if card.kind is CardKind.SERVICE:
            return await self._client.sign_in_with_service_card(number, name)
        return await self._client.sign_in_with_card(number, name)

    async def _go_on(self, card: CardRead) -> None:
        """Where another chapter wanted to know who the resident is."""
        self._keep(await self._by_card(card))
        assert self._session and self._then
        await self._then(self._session)

    async def _open_cases(self, card: CardRead) -> None:
        self._keep(await self._by_card(card))
        assert self._session
        part = await self._client.list_cases(self._session, page_size=AT_ONCE)
        self._visit.open(CaseList(part.items, part.next_page_token))

    async def _more_cases(self, page: CaseList) -> None:
        assert self._session
        part = await self._client.list_cases(
            self._session, page_size=AT_ONCE, page_token=page.next_page_token
        )
        self._visit.show(
            CaseList(page.cases + part.items, part.next_page_token, place=float(len(page.cases)))
        )

    async def _open_case(self, reference: str) -> None:
        assert self._session
        self._visit.open(CaseHistory(await self._client.get_case(self._session, reference)))

    def _take_reference(self, entered: str) -> None:
        try:
            reference = check_reference(entered)
        except ReferenceError_ as error:
            self._visit.show(ReferenceEntry(entered, FAULTS[error.problem]))
        else:
            self._visit.open(SuffixEntry(reference))

    def _take_suffix(self, page: SuffixEntry) -> None:
        if SUFFIX.fullmatch(page.entered):
            self._visit.do(lambda: self._sign_in(page))
        else:
            fault = EntryFault.SUFFIX_WRONG if page.entered else EntryFault.EMPTY
            self._visit.show(SuffixEntry(page.reference, page.entered, fault))

    def _take_office_code(self, page: OfficeCode) -> None:
        if len(page.entered) == OFFICE_CODE_LENGTH:
            self._visit.do(lambda: self._sign_in(page))
        else:
            fault = EntryFault.CODE_TOO_SHORT if page.entered else EntryFault.EMPTY
            self._visit.show(replace(page, fault=fault))

    async def _sign_in(self, page: SuffixEntry | OfficeCode) -> None:
        by_code = isinstance(page, OfficeCode)
        sign_in = self._client.sign_in_with_code if by_code else self._client.sign_in_with_reference
        try:
            self._keep(await sign_in(page.reference, page.entered))
        except Denied:
            fault = EntryFault.OFFICE_CODE_WRONG if by_code else EntryFault.OPENS_NOTHING
            self._visit.show(replace(page, fault=fault))
            return
        assert self._session
        if self._then is not None:
            await self._then(self._session)
            return
        case = await self._client.get_case(self._session, page.reference)
        self._visit.unwind(ProgressWays if self._cards.there else Home)
        self._visit.open(CaseHistory(case))

    def _keep(self, session: Session) -> None:
        """One session at a time: the one before is ended."""
        self.end_session()
        self._session = session

    async def _sign_out(self, session: Session) -> None:
        try:
            await self._client.sign_out(session)
        except BackendError as error:
            log.warning("sign_out_failed", reason=error.reason)
