"""What was entered outlives a crash, and is taken up again within the hour: with the card, or with a code.

Every entry goes to the shelf at once. When the terminal was killed with somebody before it, it asks after its
restart whether they are still there, and shows nothing of theirs until they say so. What a visit left behind
that nobody ended on purpose, or whose resident wanted it kept, waits behind a door of the home page.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from backend_client.client import BackendClient
from backend_client.forms.filling import Filling
from foundation.log import logger
from hardware.interfaces.receipt_printer import ReceiptPrinter
from kiosk.drafts.lifetime import moment
from kiosk.drafts.record import CODE_LENGTH, KeptVisit
from kiosk.drafts.shelf import KEPT_SECONDS, Shelf
from kiosk.drafts.tries import CodeTries
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.application import Applications, Draft
from kiosk.visit.cards import CardRead, Cards
from kiosk.visit.events import Event
from kiosk.visit.kept_forms import kept_form, place_of, taken_up
from kiosk.visit.pages import (
    CardUse,
    CardWanted,
    Door,
    EntryFault,
    Home,
    Keeping,
    KeptForLater,
    NothingKept,
    Page,
    Slip,
    StillThere,
    TakeUpCode,
)
from kiosk.visit.slips import SlipPrinting
from kiosk.visit.visit import CLOSED, KEPT, LEFT, Chapter, Visit

log = logger(__name__)

STANDING_SECONDS = 120.0
"""After the last entry, for which whoever stood there when the terminal died is asked for."""


class Drafts(Chapter):
    """Owns what the shelf holds of the visit under way, and the ways back to what others left there."""

    def __init__(
        self,
        visit: Visit,
        shelf: Shelf,
        tries: CodeTries,
        *,
        client: BackendClient,
        applications: Applications,
        cards: Cards,
        printer: ReceiptPrinter | None,
        slips: SlipWriter,
        origin: str,
        today: Callable[[], date],
    ) -> None:
        """origin: the terminal's name, for the office; today: the local date of the county."""
        self._visit = visit
        self._client = client
        self._applications = applications
        self._cards = cards
        self._shelf = shelf
        self._tries = tries
        self._printing = SlipPrinting(visit, printer)
        self._slips = slips
        self._origin = origin
        self._today = today
        self._name = ""
        self._code = ""
        self._kept: KeptVisit | None = None
        self._written: tuple[object, ...] = ()
        self._taking_up = ""
        """The draft that somebody is asked about after a restart."""
        self._leaving: asyncio.Task[None] | None = None
        visit.keeping = self._keeping
        applications.before_sending = self._on_disk
        cards.serve(CardUse.TAKE_UP, self._card_read)

    # What is brought to the disk.

    def page_changed(self, page: Page) -> None:
        """Every entry shows a page anew: it is kept as it is now. What cannot be kept stops nobody: it is not
        promised."""
        if self._taking_up:
            if isinstance(page, StillThere):
                return
            asked_about, self._taking_up = self._taking_up, ""
            self._leave_again(asked_about)
        begun = self._applications.begun
        if not begun:
            self._forget(wipe=True)
            return
        try:
            kept = self._snapshot(begun, page)
        except ValueError as error:  # its text may quote what was entered
            log.error("draft_not_kept", reason=type(error).__name__)
            self._forget(wipe=True)
            return
        now = (kept.forms, kept.at, kept.language, kept.persons)
        if now != self._written:
            self._written = now
            self._kept = kept
            self._shelf.put(self._name, kept)

    def _snapshot(self, drafts: Mapping[str, Draft], page: Page) -> KeptVisit:
        if not self._name:
            self._name = self._shelf.new_name()
        self._code = self._code or "".join(secrets.choice("0123456789") for _ in range(CODE_LENGTH))
        form = self._applications.open_form
        persons = {
            str(draft.filling.answers[draft.form.applicant_field])
            for draft in drafts.values()
            if draft.form.applicant_field in draft.filling.answers
        }
        if self._cards.holder:
            persons.add(self._cards.holder)
        return KeptVisit(
            kept_at=moment(),
            under_way=True,
            language=self._visit.language,
            code=self._code,
            persons=tuple(sorted(persons)),
            forms=tuple(kept_form(draft) for draft in drafts.values()),
            at=place_of(form, page) if form in drafts else None,
        )

    async def _on_disk(self) -> None:
        """What is about to be sent is on the disk under its name: after a crash it is sent once more, and
        taken once."""
        self.page_changed(self._visit.page)
        await self._shelf.settle()

    def _keeping(self) -> Keeping | None:
        """By what the visit could be taken up again; None where there is nothing to keep, or nowhere."""
        if self._kept is None or self._shelf.failing:
            return None
        return Keeping(self._code, by_card=bool(self._kept.persons) and self._cards.there)

    # The end of a visit.

    def ending(self, reason: str) -> None:
        """On purpose: nothing is kept. Else it is, for whoever has the card or the code."""
        asked_about, self._taking_up = self._taking_up, ""
        if asked_about:
            if reason != CLOSED:
                self._leave_again(asked_about)
        elif reason == LEFT:
            self._forget(wipe=True)
        elif self._kept is not None:
            if reason != CLOSED:  # a terminal that is started anew may find its resident still there
                left = {"kept_at": moment(), "under_way": False}  # the hour that was promised begins
                self._shelf.put(self._name, self._kept.model_copy(update=left))
            log.info("draft_left", reason=reason)
            self._forget(wipe=False)

    def wipe(self) -> None:
        """The code and the name are forgotten; what lies on the disk was settled by `ending`."""
        self._forget(wipe=False)

    def _forget(self, *, wipe: bool) -> None:
        if wipe and self._name:
            self._shelf.remove(self._name)
        self._name = self._code = ""
        self._kept = None
        self._written = ()

    # What a resident does.

    def take(self, page: Page, event: Event) -> bool:
        """Knows the pages on which something is kept, and taken up again."""
        match page, event:
            case _, did.KeepForLater():
                self._keep_for_later()
            case KeptForLater(slip=Slip.OFFERED | Slip.FAILED), did.PrintSlip():
                self._printing.print(page, self._slips.kept(page.keeping, page.until, self._visit.language))
            case KeptForLater() | NothingKept(), did.Next():
                self._visit.end("done")
            case StillThere(), did.TakeUp():
                self._visit.do(lambda: self._take_up(self._taking_up))
            case StillThere(), did.StartAnew():
                self._visit.end("started anew")
            case Home(), did.OpenDoor(Door.CONTINUE):
                if self._cards.there:
                    self._cards.want(CardUse.TAKE_UP)
                else:
                    self._visit.open(TakeUpCode())
            case CardWanted(use=CardUse.TAKE_UP), did.Skip():
                self._visit.show(TakeUpCode())
            case TakeUpCode(), did.Insert(text):
                self._visit.show(replace(page, entered=(page.entered + text)[:CODE_LENGTH], fault=None))
            case TakeUpCode(), did.Erase():
                self._visit.show(replace(page, entered=page.entered[:-1], fault=None))
            case TakeUpCode(), did.Next():
                self._take_code(page)
            case _:
                return False
        return True

    def _keep_for_later(self) -> None:
        keeping = self._keeping()
        if keeping is None:
            return
        until = datetime.now(UTC) + timedelta(seconds=KEPT_SECONDS)
        self._visit.end(KEPT, KeptForLater(keeping, until, self._printing.offered))

    # After a restart.

    async def open(self) -> None:
        """Reads the shelf. Where the terminal died with somebody before it a moment ago, they are asked
        whether they are still there, in their language."""
        await self._shelf.open(STANDING_SECONDS)
        name = self._shelf.broken_off
        kept = None if name is None else await self._shelf.take(name)
        if name is None or kept is None:
            return
        log.info("draft_found")
        if self._visit.out_of_service:  # nobody can be asked, and whoever comes later may be somebody else
            self._leave_again(name)
            return
        self._taking_up = name
        self._visit.language = kept.language
        self._visit.open(StillThere())
        self._visit.touched()

    def _leave_again(self, name: str) -> None:
        """Nobody went on with it. A card may still open it; a code was never told to anybody."""

        async def leave() -> None:
            kept = await self._shelf.take(name)
            if kept is None:
                return
            if kept.persons:
                self._shelf.put(name, kept.model_copy(update={"under_way": False}))
            else:
                self._shelf.remove(name)
            self._shelf.changed()

        self._leaving = asyncio.get_running_loop().create_task(leave())

    async def close(self) -> None:
        """Waits until the slip is printed and the disk is as it should be."""
        if self._leaving is not None:
            await self._leaving
        await self._printing.settle()
        await self._shelf.close()

    # Taking up again.

    def _card_read(self, card: CardRead) -> None:
        name = self._shelf.of_person(card.answers.identity_number)
        self._visit.close_page()
        if name is None:
            self._visit.open(NothingKept())
        else:
            self._visit.do(lambda: self._take_up(name))

    def _take_code(self, page: TakeUpCode) -> None:
        if len(page.entered) < CODE_LENGTH:
            fault = EntryFault.EMPTY if not page.entered else EntryFault.CODE_TOO_SHORT
            self._visit.show(replace(page, fault=fault))
        else:
            self._visit.do(lambda: self._try_code(page))

    async def _try_code(self, page: TakeUpCode) -> None:
        if closed := self._tries.closed_for:
            minutes = max(1, round(closed / 60 + 0.5))
            self._visit.show(replace(page, entered="", fault=EntryFault.CODE_CLOSED, minutes=minutes))
            return
        await asyncio.to_thread(self._tries.begin)
        name = self._shelf.by_code(page.entered)
        if name is None:
            log.info("draft_code_wrong")
            self._visit.show(replace(page, fault=EntryFault.CODE_WRONG))
            return
        await asyncio.to_thread(self._tries.right)
        await self._take_up(name)

    async def _take_up(self, name: str) -> None:
        """Fills the forms of today with what was kept, and shows the page that was shown. Where one of them
        was begun anew in this visit, it is asked first whether that is to be kept or wiped."""
        kept = await self._shelf.take(name)
        if kept is None:
            self._taking_up = ""
            self._visit.unwind(Home)
            self._visit.open(NothingKept())
            return
        if any(one.form in self._applications.begun for one in kept.forms):
            log.info("draft_begun_anew")  # it replaces nothing unasked: what was entered just now goes first
            self._visit.send(did.Leave())
            return
        drafts = {}
        for one in kept.forms:
            form = await self._client.get_form(one.form)
            drafts[one.form] = taken_up(one, Filling(form, self._today), self._origin)
        log.info("draft_taken_up", forms=len(drafts))
        before, self._name, self._code, self._taking_up = self._name, name, kept.code, ""
        self._written = ()
        self._visit.language = kept.language
        self._applications.take_up(drafts, kept.at)
        if before and before != name:  # what was begun in this visit went on with it, and lies there too
            self._shelf.remove(before)
