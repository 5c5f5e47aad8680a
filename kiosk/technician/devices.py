"""The devices: how each is, in words, and tests of them: those of `huimin-diagnose`, asked on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from foundation.language import Language, LocalizedText, Translate
from foundation.log import logger
from hardware.diagnosing.check import CheckResult, Level, check
from hardware.diagnosing.listing import part_sentences
from hardware.diagnosing.report import Report, code_of
from hardware.diagnosing.technician import NobodyThere, Technician
from hardware.interfaces.device import DeviceStatus
from hardware.wording import sentence_or, texts
from kiosk.figures import reports
from kiosk.technician.events import Again, Answer, OpenDevice, OpenSection, RunTest, Section
from kiosk.technician.pages import Asks, Deed, Entry, Listing, RunningTest, Tone
from kiosk.technician.reach import Reach
from kiosk.technician.session import Part, Session
from kiosk.technician.wording import as_it_is, both, of_hardware, written
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Page

log = logger(__name__)

LOOK_SECONDS = 2.0
"""From one look at the devices to the next while they are shown."""
MOST_SAID = 4
"""Of what a test says the newest sentences are shown."""
MOST_DIGITS = 8


class ScreenTechnician(Technician):
    """Is told on the page of a test, and answers there."""

    def __init__(self, session: Session, language: Language) -> None:
        self.text: Translate = texts(language)
        self._session = session
        self._answer: asyncio.Future[bool | str] | None = None

    def say(self, name: str, /, **placeholders: object) -> None:
        """Shows a sentence below the one before."""
        page = self._page
        said = of_hardware(name, **placeholders)
        self._session.show(replace(page, said=(*page.said, said)[-MOST_SAID:], asks=Asks.NOTHING))
        self._session.touched()

    async def confirms(self, name: str, /, **placeholders: object) -> bool:
        """Asks for yes or no."""
        return bool(await self._asked(name, Asks.YES_OR_NO, placeholders))

    async def enters(self, name: str, /, **placeholders: object) -> str:
        """Asks for digits."""
        return str(await self._asked(name, Asks.NUMBER, placeholders))

    def answer(self, given: bool | str) -> None:
        """What the technician said."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(given)

    async def _asked(self, name: str, asks: Asks, placeholders: dict[str, object]) -> bool | str:
        self.say(name, **placeholders)
        self._session.show(replace(self._page, asks=asks, entered=""))
        self._answer = asyncio.get_running_loop().create_future()
        try:
            return await self._answer
        finally:
            self._answer = None
            if isinstance(self._session.page, RunningTest):
                self._session.show(replace(self._page, asks=Asks.NOTHING, entered=""))

    @property
    def _page(self) -> RunningTest:
        page = self._session.page
        if not isinstance(page, RunningTest):
            raise NobodyThere
        return page


class DevicesPart(Part):
    """The owner of a test under way."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach
        self._technician: ScreenTechnician | None = None
        self._looking = False

    def take(self, page: Page, event: Event) -> bool:
        """Knows the list of devices, one device, and a test."""
        match page, event:
            case _, OpenSection(Section.DEVICES):
                self._session.open(listing(self._known()))
            case Listing(name=Section.DEVICES.value), OpenDevice(device):
                found = next((one for one in self._known() if one.device == device), None)
                if found is not None:
                    self._session.open(device_page(found))
            case Listing(), RunTest(device, level) if page.name == Section.DEVICES.value or device:
                self._test((device,) if device else tuple(self._reach.devices.all), level)
            case RunningTest(asks=Asks.YES_OR_NO), Answer(yes) if self._technician is not None:
                self._technician.answer(yes)
            case RunningTest(asks=Asks.NUMBER), did.Insert(text) if text.isascii() and text.isdigit():
                self._session.show(replace(page, entered=(page.entered + text)[:MOST_DIGITS]))
            case RunningTest(asks=Asks.NUMBER), did.Erase():
                self._session.show(replace(page, entered=page.entered[:-1]))
            case RunningTest(asks=Asks.NUMBER), did.Next() if page.entered and self._technician is not None:
                self._technician.answer(page.entered)
            case RunningTest(done=True), Again():
                self._session.close_page()
                self._test(page.devices, page.level)
            case _:
                return False
        return True

    def shown(self, page: Page | None) -> None:
        """A test that is left ends; back at the devices, they are looked at again."""
        if self._technician is not None and not isinstance(page, RunningTest):
            self._technician = None
            self._session.stop()
        if isinstance(page, Listing) and page.name == Section.DEVICES.value and not self._looking:
            self._session.do(self._look())

    # How they are.

    def _known(self) -> list[Report]:
        known = reports(self._reach.devices)
        if self._reach.lent():
            return [one.model_copy(update={"status": DeviceStatus.DEVICE_BUSY}) for one in known]
        return known

    async def _look(self) -> None:
        """Asks the devices again and again while their list is shown."""
        self._looking = True
        try:
            while True:
                if not self._reach.lent():
                    await asyncio.gather(*(one.status() for one in self._reach.devices.all.values()))
                page = self._session.page
                if not isinstance(page, Listing) or page.name != Section.DEVICES.value:
                    return
                now = replace(listing(self._known()), place=page.place)
                if now != page:
                    self._session.show(now)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._looking = False

    # Testing.

    def _test(self, devices: Sequence[str], level: Level) -> None:
        if self._reach.lent():
            page = self._session.page
            assert isinstance(page, Listing)
            self._session.show(replace(page, note=written("devices.lent"), note_tone=Tone.WRONG))
            return
        self._technician = ScreenTechnician(self._session, self._reach.visit.language)
        self._session.open(
            RunningTest(tuple(devices), level, device=next(iter(devices), ""), done=not devices)
        )
        self._session.do(self._run(self._technician, devices, level))

    async def _run(self, technician: ScreenTechnician, devices: Sequence[str], level: Level) -> None:
        async with self._reach.visit.turns.alone():
            for name in devices:
                page = self._session.page
                if not isinstance(page, RunningTest):
                    return
                self._session.show(replace(page, device=name, said=()))
                result = await check(self._reach.devices.all[name], level, technician)
                log.info(
                    "technician_tested",
                    who=self._session.who,
                    device=name,
                    kind=level.value,
                    state=result.outcome.value,
                    advice=[code_of(one) for one in result.findings],
                )
                page = self._session.page
                if not isinstance(page, RunningTest):
                    return
                self._session.show(replace(page, results=(*page.results, result)))
        page = self._session.page
        if isinstance(page, RunningTest):
            self._session.show(replace(page, device="", said=(), asks=Asks.NOTHING, done=True))


# What is said.


def listing(known: Sequence[Report]) -> Listing:
    """The devices, each with its state and what to do."""
    entries = tuple(
        Entry(
            f"device.{one.device}",
            device_name(one.device),
            lines=tuple(_advice(one.findings)),
            mark=of_hardware(f"state.{one.status.value}"),
            tone=Tone.FINE if one.fine else Tone.WRONG,
            event=OpenDevice(one.device),
        )
        for one in known
    )
    deeds = (
        Deed("test.external", written("devices.test_seen"), RunTest("", Level.EXTERNAL)),
        Deed("test.internal", written("devices.test_all"), RunTest("", Level.INTERNAL), "check"),
    )
    return Listing(
        Section.DEVICES.value,
        written("menu.devices"),
        entries,
        sub=None if known else written("devices.none"),
        deeds=deeds if known else (),
    )


def device_page(one: Report) -> Listing:
    """One device: all that is known of it, and the tests."""
    facts = [
        Entry("port", written("device.port"), (as_it_is(f"{one.port} ({one.driver})"),)),
        *(Entry(f"detail.{name}", _detail(name, value)) for name, value in sorted(one.details.items())),
    ]
    if one.parts:
        facts.insert(0, Entry("parts", written("device.parts"), (_parts(one),)))
    tests = tuple(
        Entry(
            f"test.{level.value}",
            written(f"test.{level.value}"),
            (written(f"test.{level.value}.text"),),
            event=RunTest(one.device, level),
            icon="check",
        )
        for level in Level
    )
    state = Entry(
        "state",
        written("device.state"),
        tuple(_advice(one.findings)),
        mark=of_hardware(f"state.{one.status.value}"),
        tone=Tone.FINE if one.fine else Tone.WRONG,
    )
    mark = written("device.simulated") if one.simulated else None
    return Listing(f"device.{one.device}", device_name(one.device), (state, *tests, *facts), sub=mark)


def device_name(device: str) -> LocalizedText:
    """As people call it."""
    return of_hardware(f"device.{device}")


def outcome(result: CheckResult) -> Entry:
    """What came of a test."""
    return Entry(
        f"result.{result.device}",
        device_name(result.device),
        lines=tuple(_advice(result.findings)),
        mark=of_hardware(f"check.outcome.{result.outcome.value}"),
        tone=Tone.FINE if result.fine else Tone.WRONG,
    )


def _advice(findings: Sequence[str]) -> list[LocalizedText]:
    return [
        both(lambda language, name=name: sentence_or(texts(language), name, code_of(name)))  # type: ignore[misc]
        for name in findings
    ]


def _detail(name: str, value: str) -> LocalizedText:
    def said(language: Language) -> str:
        try:
            return texts(language)(f"diagnose.detail.{name}", value=value)
        except KeyError:
            return f"{name}: {value}"

    return both(said)


def _parts(one: Report) -> LocalizedText:
    return both(
        lambda language: texts(language)("diagnose.between").join(part_sentences(one.parts, language))
    )
