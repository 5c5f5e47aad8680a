"""The terminal put together: one loop for the window, the backend and the devices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.core.window import Window

from backend_client.door import Door
from backend_client.warming import Sizes
from foundation.life import say_ready, stop_requested
from foundation.log import logger
from hardware.interfaces.auxiliaries import Light
from hardware.registry import (
    AUXILIARIES,
    CARD_READER,
    CODE_READER,
    DOCUMENT_PRINTER,
    IDENTITY_CARD_READER,
    PIN_PAD,
    POWER_SUPPLY,
    RECEIPT_PRINTER,
    DeviceClass,
    Devices,
)
from hardware.vendor_mode.lines import State
from hardware.vendor_mode.server import VendorModeServer
from hardware.vendor_mode.settings import VendorModeSettings
from kiosk.calling.baresip import Baresip, BaresipMissing
from kiosk.display_server import DisplayServer
from kiosk.drafts.shelf import Shelf
from kiosk.drafts.tries import CodeTries
from kiosk.figures import observed_terminal
from kiosk.fonts import covers, register_fonts
from kiosk.heartbeat import Heartbeat
from kiosk.input.methods import InputMethods
from kiosk.inspect import Inspector
from kiosk.power import PowerWatch
from kiosk.presence import Presence
from kiosk.reporting.reporter import Reporter
from kiosk.reporting.survey import Survey
from kiosk.reporting.tally import Tally
from kiosk.resting import Resting
from kiosk.screens.screen import Surroundings
from kiosk.screens.stage import Stage
from kiosk.settings import KioskSettings
from kiosk.slip import SlipWriter
from kiosk.speaking.speaking import Speaking
from kiosk.speaking.tone import Tone
from kiosk.technician.log_tail import log_tail
from kiosk.technician.menu import technicians_menu
from kiosk.technician.own_settings import SettingsKeeper
from kiosk.technician.preferences import begin as begin_as_set
from kiosk.technician.reach import Reach
from kiosk.technician.touch import correct_touches, correction
from kiosk.technician.version import Updates
from kiosk.theme import theme
from kiosk.tidying import Tidying
from kiosk.vendor_mode import LendingTerminal
from kiosk.visit import home, notices, policies
from kiosk.visit.application import Applications
from kiosk.visit.appointment import Appointments
from kiosk.visit.card_slots import CardSlots
from kiosk.visit.cards import Cards
from kiosk.visit.codes import Codes
from kiosk.visit.drafts import Drafts
from kiosk.visit.guidance import Guidance
from kiosk.visit.helping import Helping
from kiosk.visit.home import Catalogue
from kiosk.visit.keypad import Keypad
from kiosk.visit.lookups import Lookups
from kiosk.visit.notices import Notices
from kiosk.visit.pages import CardKind
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
from kiosk.visit.visit import CLOSED, Chapter, Pace, Visit
from kiosk.widgets.pictures import unmix_plain_colour
from kiosk.window import ScreenLost

log = logger(__name__)

SIZES = Sizes(services=home.AT_ONCE, policies=policies.AT_ONCE, notices=notices.AT_ONCE)
"""What this door asks for at once, for reading ahead."""
AT_FIRST = 0.5
"""Seconds for which the first picture waits for what is on it."""
LIGHTS: dict[Light, DeviceClass[Any]] = {
    Light.IDENTITY_CARD_READER: IDENTITY_CARD_READER,
    Light.CARD_READER: CARD_READER,
    Light.CODE_READER: CODE_READER,
    Light.RECEIPT_PRINTER: RECEIPT_PRINTER,
    Light.DOCUMENT_PRINTER: DOCUMENT_PRINTER,
}
"""At which devices they are."""


class TerminalApp(App):
    """Kivy's application: a stage, and no settings panel behind F1."""

    title = "Huimin"
    use_kivy_settings = False

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def build(self) -> Stage:
        """The stage is the whole window."""
        return self._stage

    def open_settings(self, *_: object) -> bool:
        """Nothing."""
        return False


class Typing(Chapter):
    """What a resident typed and how is forgotten."""

    def __init__(self, methods: InputMethods) -> None:
        self._methods = methods

    def wipe(self) -> None:
        """At the end of each visit."""
        self._methods.forget()


@dataclass(frozen=True, slots=True)
class _Chapters:
    """Those of the visit's chapters that others work with."""

    tally: Tally
    catalogue: Catalogue
    cards: Cards
    keypad: Keypad
    drafts: Drafts


async def run(
    settings: KioskSettings,
    door: Door,
    devices: Devices,
    *,
    opened: Awaitable[object],
    lending: VendorModeSettings,
    typing: InputMethods,
    inspect: Path | None,
) -> bool:
    """Shows the terminal until SIGTERM, SIGINT or the window's end; whether it is to be started anew. Raises
    ScreenLost.

    opened: is done once the devices are; typing: is opened here. Raises InputMethodError where that fails.
    """
    stop = stop_requested()
    anew = asyncio.Event()

    def restart() -> None:
        anew.set()
        stop.set()

    register_fonts()
    unmix_plain_colour()
    correct_touches()
    theme.mount(settings.panel_width_mm, settings.panel_bottom_mm)
    with closing(typing), log_tail() as tail:
        async with AsyncExitStack() as closings:
            zone = settings.zone
            visit = Visit(
                language=settings.language,
                pace=Pace(
                    patience=settings.patience, countdown=settings.countdown, card=settings.card_patience
                ),
            )
            slips = SlipWriter(
                settings.office.name,
                settings.terminal,
                zone,
                qr_prefix=settings.qr_prefix,
                demonstration=settings.demonstration,
                reading_prefix=settings.reading_prefix,
            )
            chapters = await _make_chapters(
                visit, closings, settings=settings, door=door, devices=devices, slips=slips, typing=typing
            )
            stage = Stage(visit, _surroundings(settings, devices, slips, typing))
            lender = LendingTerminal(settings.terminal, visit, devices, lending, opened)
            await _open_beside(
                visit,
                closings,
                settings=settings,
                door=door,
                devices=devices,
                chapters=chapters,
                lender=lender,
                lending=lending,
            )
            speaking = Speaking(visit, stage, chapters.keypad, settings.sound, keep=inspect is not None)
            closings.push_async_callback(speaking.close)
            reporter = Reporter(
                Survey(settings.terminal, visit, devices, door, chapters.tally), settings.data
            )
            reach = Reach(
                settings=settings,
                visit=visit,
                devices=devices,
                client=door.client,
                keeper=SettingsKeeper(settings.data / settings.room),
                updates=asyncio.create_task(asyncio.to_thread(Updates)),
                zone=zone,
                lent=lambda: lender.state in (State.RELEASING, State.LENT),
                log=lambda: tail.lines,
                clock_offset=lambda: reporter.clock_offset,
                correct=correction.use,
                restart=restart,
            )
            begin_as_set(reach)
            await chapters.drafts.open()
            visit.above = menu = technicians_menu(reach, keep=lending.keep)
            closings.push_async_callback(menu.settle)
            closings.callback(menu.close, "closed")
            await chapters.catalogue.looked(AT_FIRST)
            with observed_terminal(visit, lender.reports, settings.data / settings.room):
                async with reporter.running():
                    await _show(stage, settings, stop, inspect, typing=typing, speaking=speaking)
    return anew.is_set()


async def _make_chapters(
    visit: Visit,
    closings: AsyncExitStack,
    *,
    settings: KioskSettings,
    door: Door,
    devices: Devices,
    slips: SlipWriter,
    typing: InputMethods,
) -> _Chapters:
    """Makes the chapters and gives them to the visit. It ends before they do."""
    client = door.client
    zone = settings.zone
    folder = settings.data / settings.room

    def today() -> date:
        return datetime.now(zone).date()

    printer, documents = devices.of(RECEIPT_PRINTER), devices.of(DOCUMENT_PRINTER)
    identity_cards = devices.of(IDENTITY_CARD_READER)
    tally = Tally()
    used = Used(folder, today=today)
    catalogue = Catalogue(visit, client, used)
    slots = CardSlots(visit, {CardKind.IDENTITY: identity_cards, CardKind.SERVICE: devices.of(CARD_READER)})
    cards = Cards(visit, identity_cards, slots)
    progress = Progress(visit, client, cards)
    payments = Payments(visit, client, printer, slips)
    applications = Applications(
        visit,
        client,
        cards,
        printer,
        slips,
        outbox=door.outbox,
        origin=settings.terminal,
        today=today,
    )
    shelf = Shelf(folder / "drafts", door.keys)
    drafts = Drafts(
        visit,
        shelf,
        await asyncio.to_thread(CodeTries, folder / "drafts"),
        client=client,
        applications=applications,
        cards=cards,
        printer=printer,
        slips=slips,
        origin=settings.terminal,
        today=today,
    )
    catalogue.kept = lambda: shelf.any_left
    shelf.changed = catalogue.look
    lookups = Lookups(visit, client, applications, progress, printer=printer, slips=slips)
    papers = Papers(visit, client, cards, applications, documents, today=today)
    guidance = Guidance(
        visit,
        devices.of(AUXILIARIES),
        frozenset(light for light, kind in LIGHTS.items() if kind.name in devices.all),
    )
    ratings = Ratings(visit, door.outbox)
    keypad = Keypad(visit, devices.of(PIN_PAD))
    appointments = Appointments(visit, client, progress, printer, slips)
    taking = TakingAlong(visit, client, printer, documents, slips)
    telephone = _telephone(settings)
    if telephone:
        closings.push_async_callback(telephone.close)
    helping = Helping(visit, telephone)
    visit.begin(
        (
            tally,
            used,
            catalogue,
            Slots(visit, client),
            appointments,
            Policies(visit, client, lambda: typing.words),
            ratings,
            Services(visit, client),
            papers,
            Reopenings(visit, client, progress),
            PublicCases(visit, client),
            applications,
            lookups,
            payments,
            progress,
            Notices(visit, client),
            cards,
            slots,
            drafts,
            keypad,
            Codes(visit, devices.of(CODE_READER), settings.qr_prefix),
            guidance,
            helping,
            taking,
            Typing(typing),
        )
    )
    for settle in (
        used.settle,
        taking.settle,
        helping.settle,
        guidance.settle,
        ratings.settle,
        progress.settle,
        lookups.settle,
        appointments.settle,
        papers.settle,
        payments.settle,
        applications.settle,
    ):  # the last one first
        closings.push_async_callback(settle)
    closings.callback(catalogue.close)
    closings.push_async_callback(slots.settle)
    closings.push_async_callback(cards.settle)
    closings.push_async_callback(drafts.close)
    closings.callback(visit.end, CLOSED)
    return _Chapters(tally, catalogue, cards, keypad, drafts)


def _surroundings(
    settings: KioskSettings, devices: Devices, slips: SlipWriter, typing: InputMethods
) -> Surroundings:
    """What the screens are told of the terminal."""
    return Surroundings(
        office=settings.office.name,
        help_phone=settings.help_phone,
        zone=settings.zone,
        demonstration=settings.demonstration,
        simulated=tuple(name for name, device in devices.all.items() if device.info.simulated),
        qr_text=slips.qr_text,
        typing=typing,
        code_reader=devices.of(CODE_READER) is not None,
        reading_prefix=settings.reading_prefix,
    )


async def _open_beside(
    visit: Visit,
    closings: AsyncExitStack,
    *,
    settings: KioskSettings,
    door: Door,
    devices: Devices,
    chapters: _Chapters,
    lender: LendingTerminal,
    lending: VendorModeSettings,
) -> None:
    """Opens what goes on whether or not somebody is there."""
    asking = asyncio.create_task(chapters.cards.ask_for_chips(devices.of(CARD_READER)))
    closings.callback(asking.cancel)
    chapters.catalogue.fetch()
    visit.acknowledge = door.alerts.acknowledge
    closings.callback(door.alerts.listen(lambda: visit.warn(door.alerts.in_force)))
    visit.warn(door.alerts.in_force)
    technician = VendorModeServer(lender, lending.folder, longest=lending.longest)
    closings.push_async_callback(technician.close)
    await technician.open()
    power = PowerWatch(visit, devices.of(POWER_SUPPLY), keep=lending.keep, finish=settings.battery_patience)
    power.open()
    closings.callback(power.close)
    presence = Presence(visit, devices.of(AUXILIARIES), after=settings.dark_after)
    presence.open()
    closings.callback(presence.close)
    resting = Resting(visit)
    resting.begin()
    closings.callback(resting.end)
    tone = Tone(visit, settings.sound)
    visit.signal = tone.signal
    closings.push_async_callback(tone.close)


def _telephone(settings: KioskSettings) -> Baresip | None:
    """The line to a person, being opened; None where there is none, which the log explains."""
    if not settings.help_call.address:
        return None
    try:
        telephone = Baresip(settings.help_call, settings.terminal)
    except BaresipMissing as error:
        log.warning("help_call_missing", reason=str(error))
        return None
    telephone.open()
    return telephone


async def _show(
    stage: Stage,
    settings: KioskSettings,
    stop: asyncio.Event,
    inspect: Path | None,
    *,
    typing: InputMethods,
    speaking: Speaking,
) -> None:
    """Runs the window; says that it is ready once the first frame is drawn. Raises ScreenLost,
    InputMethodError."""
    app = TerminalApp(stage)
    inspector = Inspector(stage, inspect, speaking.spoken) if inspect else None
    tidying = Tidying(stage)
    display = DisplayServer()
    heartbeat = Heartbeat(display)
    lost = asyncio.Event()
    begun = asyncio.Event()
    display.when_lost(lost.set)
    if inspector:
        await inspector.open()

    def drawn(*_: object) -> None:
        if stage.screen:
            Window.unbind(on_flip=drawn)
            tidying.begin()
            heartbeat.begin()
            begun.set()
            say_ready("huimin-kiosk", str(settings.size))

    Window.bind(on_flip=drawn)
    shown = asyncio.create_task(app.async_run(async_lib="asyncio"))
    rest = asyncio.create_task(_open_the_rest(begun, typing, speaking))
    ends = {shown, rest, asyncio.create_task(stop.wait()), asyncio.create_task(lost.wait())}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    failed = rest.exception() if rest.done() else None
    for end in ends - {shown}:
        end.cancel()
    heartbeat.end()
    tidying.end()
    if inspector:
        await inspector.close()
    if lost.is_set():
        raise ScreenLost
    app.stop()
    await shown
    if failed:
        raise failed


async def _open_the_rest(begun: asyncio.Event, typing: InputMethods, speaking: Speaking) -> None:
    """What the first picture can be without, once it is there. Ends only where something is missing."""
    await begun.wait()
    await asyncio.to_thread(typing.open)
    speaking.open()
    await asyncio.get_running_loop().create_future()


def shows(text: str) -> bool:
    """Whether the type has every character of a text."""
    return not covers(text)
