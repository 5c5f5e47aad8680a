"""The hidden menu without a window: a visit, real drivers on simulated devices, and a technician's hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from backend_client.client import BackendClient
from foundation.language import Language
from hardware.registry import CARD_READER, IDENTITY_CARD_READER, RECEIPT_PRINTER, Devices
from hardware.simulators import crt188_reader, identity_card_reader, receipt_printer
from hardware.simulators.crt188_reader import SimulatedCrt188Reader
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from kiosk.settings import KioskSettings
from kiosk.technician import people
from kiosk.technician.events import AskForMenu, OpenSection, Section
from kiosk.technician.menu import technicians_menu
from kiosk.technician.own_settings import Matrix, SettingsKeeper
from kiosk.technician.pages import Listing, PinEntry, TechnicianPage
from kiosk.technician.people import People
from kiosk.technician.preferences import begin
from kiosk.technician.reach import Reach
from kiosk.technician.session import Session
from kiosk.technician.version import Updates
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Page
from kiosk.visit.visit import Pace, Visit
from tests.hardware.conftest import running

PIN = "418205"
NOWHERE = "127.0.0.1:1"
"""Nobody listens there."""
Kind = TypeVar("Kind", bound=Page)


@dataclass
class Bench:
    """What there is, and hands."""

    visit: Visit
    session: Session
    reach: Reach
    reader: SimulatedIdentityCardReader
    printer: SimulatedReceiptPrinter
    slot: SimulatedCrt188Reader
    folder: Path
    matrices: list[Matrix | None]
    restarts: list[bool] = field(default_factory=list)
    lent: bool = False
    changes: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self, kind: type[Kind]) -> Kind:
        """The page that is shown, which is one of that kind."""
        page = self.visit.view.page
        assert isinstance(page, kind), page
        return page

    def do(self, *events: Event) -> None:
        """One thing after another."""
        for event in events:
            self.visit.send(event)

    async def until(self, is_so: Callable[[], bool], seconds: float = 20.0) -> None:
        """Waits until something about it is so."""
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self.changes.clear()
                    await self.changes.wait()
        except TimeoutError:
            raise AssertionError(f"did not come; shown is {self.visit.view.page}") from None

    async def when(self, kind: type[Kind], is_so: Callable[[Kind], object]) -> Kind:
        """Waits for a page of that kind about which something is so."""

        def there() -> bool:
            page = self.visit.view.page
            return isinstance(page, kind) and bool(is_so(page))

        await self.until(there)
        return self.now(kind)

    async def on(self, kind: type[Kind], *events: Event) -> Kind:
        """Does something and waits for a page of that kind."""
        self.do(*events)
        return await self.when(kind, lambda page: True)

    async def listing(self, name: str, *events: Event) -> Listing:
        """Does something and waits for that list."""
        self.do(*events)
        return await self.when(Listing, lambda page: page.name == name)

    def type_pin(self, pin: str) -> None:
        """On the pad."""
        self.do(*(did.Insert(digit) for digit in pin), did.Next())

    async def enter(self, pin: str = PIN) -> Listing:
        """The gesture, the PIN, and the menu."""
        await self.on(PinEntry, AskForMenu())
        self.type_pin(pin)
        return await self.listing("menu")

    async def section(self, section: Section) -> Listing:
        """From the menu to one of its lists."""
        return await self.listing(section.value, OpenSection(section))

    @property
    def open(self) -> bool:
        """Whether the menu, or the way to it, is shown."""
        return isinstance(self.visit.view.page, TechnicianPage)


@asynccontextmanager
async def bench(
    folder: Path,
    *,
    patience: float = 60.0,
    keep: float = 60.0,
    known: People | None = None,
    slot: bool = False,
) -> AsyncIterator[Bench]:
    """A terminal's menu. known: who is enrolled, `li` with PIN where None; keep: a visit below, seconds;
    slot: whether it reads cards in a slot without a motor, too."""
    kiosk = folder / "data" / "kiosk"
    people.save(kiosk, People().with_pin("li", PIN) if known is None else known)
    ports = folder / "ports"
    ports.mkdir(exist_ok=True)
    reader = SimulatedIdentityCardReader(ports / "reader", identity_card_reader.INSTANT)
    printer = SimulatedReceiptPrinter(
        ports / "printer", folder / "slips", "SIMULATED", receipt_printer.INSTANT
    )
    contacts = SimulatedCrt188Reader(ports / "slot", crt188_reader.INSTANT)
    contacts.entry_open = True
    by_hand = {"driver": "crt188", "port": str(contacts.line.name), "motorised": False}
    devices = Devices(
        ({"card_reader": CARD_READER.options(by_hand)} if slot else {})
        | {
            "identity_card_reader": IDENTITY_CARD_READER.options(
                {"driver": "gat467", "port": str(reader.line.name)}
            ),
            "receipt_printer": RECEIPT_PRINTER.options({"driver": "escpos", "port": str(printer.line.name)}),
        }
    )
    settings = KioskSettings.model_validate({"data": folder / "data", "technician_patience": 10})
    settings = settings.model_copy(update={"technician_patience": patience})
    async with running(reader), running(printer), running(contacts), BackendClient(NOWHERE) as client:
        await devices.open()
        visit = Visit(language=Language.ZH_CN, pace=Pace())
        here: Bench
        matrices: list[Matrix | None] = []
        reach = Reach(
            settings=settings,
            visit=visit,
            devices=devices,
            client=client,
            keeper=SettingsKeeper(kiosk),
            updates=asyncio.ensure_future(asyncio.to_thread(Updates)),
            zone=ZoneInfo("Asia/Shanghai"),
            lent=lambda: here.lent,
            log=lambda: ['{"event": "started", "level": "info", "full_name": "李试"}'],
            clock_offset=lambda: None,
            correct=matrices.append,
            restart=lambda: here.restarts.append(True),
        )
        session = technicians_menu(reach, keep=keep)
        here = Bench(visit, session, reach, reader, printer, contacts, kiosk, matrices)
        visit.changed = here.changes.set
        visit.above = session
        begin(reach)
        try:
            yield here
        finally:
            session.close("closed")
            await session.settle()
            visit.end("closed")
            await devices.close()
