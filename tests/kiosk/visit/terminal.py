"""A terminal without a window: the visit with its chapters, wired as the application wires them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch
from zoneinfo import ZoneInfo

from huimin.v1 import form_pb2
from sqlalchemy import select

import backend_client.client
from backend.storage.database import Database
from backend.storage.submissions import opened
from backend.storage.tables import CaseRow, SubmissionRow
from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from backend_client.errors import BackendError
from backend_client.queue.outbox import Bounds, Outbox
from backend_client.submission import Accepted
from foundation.keys import KEY_BYTES, KeyRing
from foundation.language import Language, LocalizedText
from hardware.interfaces.document_printer import DocumentPrinter
from hardware.registry import CARD_READER, IDENTITY_CARD_READER, RECEIPT_PRINTER, Devices
from hardware.simulators import cards as card_files
from hardware.simulators import identity_card_reader, receipt_printer
from hardware.simulators.cards import CardFile
from hardware.simulators.crt188_reader import INSTANT, SimulatedCrt188Reader
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from kiosk.calling.telephone import Telephone
from kiosk.drafts.shelf import KEPT_SECONDS, Shelf
from kiosk.drafts.tries import CodeTries
from kiosk.input.methods import open_words
from kiosk.reporting.tally import Tally
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.application import Applications
from kiosk.visit.appointment import Appointments
from kiosk.visit.card_slots import CardSlots, SlotPace
from kiosk.visit.cards import Cards
from kiosk.visit.drafts import Drafts
from kiosk.visit.events import Event
from kiosk.visit.helping import Helping
from kiosk.visit.home import Catalogue
from kiosk.visit.lookups import Lookups
from kiosk.visit.notices import Notices
from kiosk.visit.pages import (
    CardKind,
    CardTaken,
    CardWanted,
    Confirmation,
    Declaration,
    Door,
    Introduction,
    Page,
    Question,
    Review,
    ServiceGuide,
    ServiceList,
)
from kiosk.visit.papers import Papers
from kiosk.visit.payment import Payments
from kiosk.visit.policies import Policies
from kiosk.visit.progress import Progress
from kiosk.visit.public_cases import PublicCases
from kiosk.visit.rating import Ratings
from kiosk.visit.reopening import Reopenings
from kiosk.visit.services import Services
from kiosk.visit.slots import Slots
from kiosk.visit.taking_along import TakingAlong
from kiosk.visit.used import Used
from kiosk.visit.visit import CLOSED, Pace, Visit
from tests.hardware.conftest import running
from tests.kiosk.visit.cable import Cable

COUNTY = ZoneInfo("Asia/Shanghai")
PACE = Pace(waiting_mark=0.1, card=5.0, home_again=0.2, home_anew=0.5)
MOTOR = "motor"
SLOT_PACE = SlotPace(look=0.05, left=1.0, again=0.3, told=0.3)
KEYS = KeyRing([bytes(range(KEY_BYTES))])
BOUNDS = Bounds(low=5, wanted=10)
PERMIT, LETTER = "services/permit", "services/letter"
"""Matters of the content: a form with a field of every type, and a short one that no card fills in."""
CARD = card_files.load("default")
SUFFIX = CARD.identity_number[-6:]
BY_HAND = {
    "full_name": "李试填",
    "sex": "male",
    "identity_number": CARD.identity_number,
    "phone": "13800000000",
    "licence": "1234567",
    "start": "2026-12-01",
    "born": "1990-03-07",
    "amount": "12.50",
    "goods": "fruit,tools",
    "neighbours_agree": "yes",
    "remarks": "门口有两级台阶。",
}
"""An entry for every question of the form with a field of every type."""

Kind = TypeVar("Kind", bound=Page)


@dataclass
class Terminal:
    """The visit, what it is connected to, and a resident's hands."""

    visit: Visit
    client: BackendClient
    outbox: Outbox
    cable: Cable
    reader: SimulatedIdentityCardReader
    printer: SimulatedReceiptPrinter
    applications: Applications
    progress: Progress
    changes: asyncio.Event
    devices: Devices
    tally: Tally
    contacts: SimulatedCrt188Reader
    cards: Cards
    shelf: Shelf
    slots: CardSlots

    def do(self, *events: Event) -> Page:
        """Does one thing after another, without waiting; the page shown then."""
        for event in events:
            self.visit.send(event)
        return self.visit.page

    async def until(self, is_so: Callable[[], bool], seconds: float = 10.0) -> None:
        """Waits until something about the visit is so."""
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self.changes.clear()
                    await self.changes.wait()
        except TimeoutError:
            raise AssertionError(f"did not come; shown is {self.visit.view}") from None

    async def page(self, kind: type[Kind], *events: Event) -> Kind:
        """Does something and waits for a page of that kind."""
        self.do(*events)
        await self.until(lambda: isinstance(self.visit.page, kind))
        assert isinstance(self.visit.page, kind)
        assert self.visit.view.trouble is None
        return self.visit.page

    async def trouble(self, *events: Event) -> BackendError:
        """Does something and waits until it has failed; at the first try where the cable is out."""
        client = backend_client.client
        once = {name: replace(getattr(client, name), tries=1) for name in ("READ", "SUBMIT")}
        with nullcontext() if self.cable.plugged_in else patch.multiple(client, **once):
            self.do(*events)
            await self.until(lambda: self.visit.view.trouble is not None)
        assert self.visit.view.trouble
        return self.visit.view.trouble

    async def idle(self) -> None:
        """Waits until the home page of the next resident stands."""
        await self.until(lambda: bool(self.visit.home.doors))

    # On the way through a form.

    async def guide(self, service: str) -> ServiceGuide:
        """From the home page to a matter's guide."""
        listed = await self.page(ServiceList, did.OpenDoor(Door.SERVICES))
        one = next(s for s in listed.services if s.name == service)
        return await self.page(ServiceGuide, did.OpenService(one))

    async def introduction(self, service: str = PERMIT) -> Introduction:
        """From the home page to the introduction of a matter's form."""
        await self.guide(service)
        return await self.page(Introduction, did.Apply())

    async def first_question(self, service: str = PERMIT) -> Question:
        """From the home page to a form's first question, without a card."""
        await self.introduction(service)
        page = self.do(did.Next())
        return self.question if isinstance(page, Question) else await self.page(Question, did.Skip())

    async def card_taken(self, card: CardFile = CARD, fault: Enum | None = None) -> CardTaken:
        """From the home page to what a card filled in."""
        await self.introduction()
        await self.page(CardWanted, did.Next())
        self.lay(card, fault)
        return await self.page(CardTaken)

    def lay(self, card: CardFile = CARD, fault: Enum | None = None) -> None:
        """Lays a card on the reader."""
        self.reader.present(card.content(), fault)

    @property
    def question(self) -> Question:
        """The question shown."""
        assert isinstance(self.visit.page, Question), self.visit.page
        return self.visit.page

    def answer(self, text: str) -> Page:
        """Answers the question shown."""
        return self.do(did.Enter(text), did.Next())

    def answer_to(self, field: str) -> Page:
        """Answers questions until one stands there, or none any more."""
        while isinstance(self.visit.page, Question) and self.question.field.id != field:
            self.answer(BY_HAND[self.question.field.id])
        return self.visit.page

    async def review(self) -> Review:
        """From the home page to the review of a whole form filled in by hand."""
        await self.first_question()
        page = self.answer_to("")
        assert isinstance(page, Review)
        return page

    async def declaration(self) -> Declaration:
        """From the home page to the declaration of a form filled in by hand."""
        await self.review()
        return await self.page(Declaration, did.Next())

    async def accepted(self) -> Accepted:
        """From the home page to the confirmation."""
        await self.declaration()
        return (await self.page(Confirmation, did.Send())).accepted


@asynccontextmanager
async def open_outbox(folder: Path, client: BackendClient, bounds: Bounds = BOUNDS) -> AsyncIterator[Outbox]:
    """A queue of its own."""
    outbox = await Outbox.open(folder, KEYS, client, bounds=bounds)
    try:
        yield outbox
    finally:
        await outbox.close()


@asynccontextmanager
async def terminal(
    address: str,
    folder: Path,
    pace: Pace = PACE,
    cache: ReadCache | None = None,
    *,
    bounds: Bounds = BOUNDS,
    documents: DocumentPrinter | None = None,
    slots: SlotPace = SLOT_PACE,
    chips: str = "",
    kept_seconds: float = KEPT_SECONDS,
    telephone: Telephone | None = None,
    out_of_service: bool = False,
) -> AsyncIterator[Terminal]:
    """A terminal of its own, with its devices, at a backend.

    chips: a contact reader: MOTOR for one with a motor on a pty, else its name in PC/SC; slots: its
    reminder's times;
    kept_seconds: for which drafts are kept; cache: for what is shown without one; bounds: of the queue;
    documents: a printer of A4; telephone: a line to a person; both are their maker's to close;
    out_of_service: from its start.
    """
    reader = SimulatedIdentityCardReader(folder / "reader", identity_card_reader.INSTANT)
    printer = SimulatedReceiptPrinter(
        folder / "printer", folder / "slips", "SIMULATED", receipt_printer.INSTANT
    )
    contacts = SimulatedCrt188Reader(folder / "contacts", INSTANT)
    named = (
        {"driver": "crt188", "port": str(contacts.line.name)}
        if chips == MOTOR
        else {"driver": "pcsc", "port": chips}
    )
    contact_reader = {"card_reader": CARD_READER.options(named)} if chips else {}
    gat467 = {"driver": "gat467", "port": str(reader.line.name)}
    escpos = {"driver": "escpos", "port": str(printer.line.name)}
    devices = Devices(
        {
            "identity_card_reader": IDENTITY_CARD_READER.options(gat467),
            "receipt_printer": RECEIPT_PRINTER.options(escpos),
            **contact_reader,
        }
    )
    slip_printer = devices.of(RECEIPT_PRINTER)
    cable = Cable(address)
    await cable.plug_in()
    async with (
        running(reader),
        running(printer),
        running(contacts),
        BackendClient(cable.address, cache=cache) as client,
        open_outbox(folder / "queue", client, bounds) as outbox,
    ):
        await devices.open()
        visit = Visit(language=Language.ZH_CN, pace=pace)
        if out_of_service:
            visit.interrupt(0)
        office = LocalizedText("惠民县政务服务", "Huimin County Government Services")
        slips = SlipWriter(office, "terminal-1", COUNTY, qr_prefix="", demonstration=True)
        used = Used(folder, today=lambda: datetime.now(COUNTY).date())
        catalogue = Catalogue(visit, client, used)
        card_slots = CardSlots(
            visit,
            {
                CardKind.IDENTITY: devices.of(IDENTITY_CARD_READER),
                CardKind.SERVICE: devices.of(CARD_READER),
            },
            slots,
        )
        cards = Cards(visit, devices.of(IDENTITY_CARD_READER), card_slots)
        progress = Progress(visit, client, cards)
        applications = Applications(
            visit,
            client,
            cards,
            slip_printer,
            slips,
            outbox=outbox,
            origin="terminal-1",
            today=lambda: datetime.now(COUNTY).date(),
        )
        ratings = Ratings(visit, outbox)
        replies = ratings, Reopenings(visit, client, progress), PublicCases(visit, client)
        reading = Policies(visit, client, open_words), Services(visit, client), Notices(visit, client)
        payments = Payments(visit, client, slip_printer, slips)
        shelf = Shelf(folder / "drafts", KEYS, seconds=kept_seconds, sweep=0.1)
        drafts = Drafts(
            visit,
            shelf,
            CodeTries(folder / "drafts"),
            client=client,
            applications=applications,
            cards=cards,
            printer=slip_printer,
            slips=slips,
            origin="terminal-1",
            today=lambda: datetime.now(COUNTY).date(),
        )
        catalogue.kept = lambda: shelf.any_left
        shelf.changed = catalogue.look
        lookups = Lookups(visit, client, applications, progress, printer=slip_printer, slips=slips)
        papers = Papers(
            visit, client, cards, applications, documents, today=lambda: datetime.now(COUNTY).date()
        )
        appointments = Appointments(visit, client, progress, slip_printer, slips)
        booking = Slots(visit, client, fresh_seconds=0.3), appointments
        helping = Helping(visit, telephone)
        taking = TakingAlong(visit, client, slip_printer, documents, slips)
        tally = Tally()
        visit.begin(
            (
                tally,
                used,
                catalogue,
                *booking,
                *replies,
                *reading,
                papers,
                applications,
                lookups,
                payments,
                progress,
                helping,
                taking,
                cards,
                card_slots,
                drafts,
            )
        )
        changes = asyncio.Event()
        visit.changed = changes.set
        await drafts.open()
        asking = asyncio.create_task(cards.ask_for_chips(devices.of(CARD_READER)))
        catalogue.fetch()
        here = Terminal(
            visit,
            client,
            outbox,
            cable,
            reader,
            printer,
            applications,
            progress,
            changes,
            devices,
            tally,
            contacts,
            cards,
            shelf,
            card_slots,
        )
        try:
            await here.until(lambda: bool(visit.home.doors))
            if chips:
                await eventually(lambda: CardKind.SERVICE in cards.kinds)
            await eventually(lambda: outbox.references > 0)
            yield here
        finally:
            asking.cancel()
            visit.end(CLOSED)
            await drafts.close()
            await cards.settle()
            await card_slots.settle()
            catalogue.close()
            cable.answers.set()
            await applications.settle()
            await payments.settle()
            await papers.settle()
            await appointments.settle()
            await lookups.settle()
            await progress.settle()
            await ratings.settle()
            await helping.settle()
            await taking.settle()
            await used.settle()
            await devices.close()
            await cable.pull_out()


async def eventually(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for what the visit does not tell."""
    for _ in range(round(seconds / 0.02)):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("did not come")


async def kept(database: Database, reference: str) -> form_pb2.Submission:
    """What the backend keeps of the submission behind a reference."""
    asked = select(CaseRow.submission).where(CaseRow.reference == reference)
    message, _ = await database.read(
        lambda connection: opened(connection, connection.execute(asked).scalar_one())
    )
    return message


async def submissions(database: Database) -> set[str]:
    """Names of all submissions that the backend keeps."""
    return await database.read(
        lambda connection: set(connection.execute(select(SubmissionRow.name)).scalars())
    )
