"""The QR code of a slip answers the question for its number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from backend_client.forms.reference import new_reference
from foundation.language import Language, translator
from hardware.drivers.serial_code_reader import CodeReaderOptions, SerialCodeReader
from hardware.simulators.code_reader import INSTANT, CodeFault, SimulatedCodeReader
from hardware.simulators.line import LineFault
from kiosk.slip import LOCALE
from kiosk.visit import codes as chapter
from kiosk.visit import events as did
from kiosk.visit.codes import Codes
from kiosk.visit.pages import (
    CaseHistory,
    Door,
    EntryFault,
    OrderEntry,
    OutOfService,
    Page,
    ProgressWays,
    ReferenceEntry,
    ServiceList,
    SuffixEntry,
)
from tests.hardware.conftest import running
from tests.kiosk.alert_samples import alert
from tests.kiosk.visit.terminal import SUFFIX, Terminal, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

PREFIX = "https://example.invalid/"


@dataclass
class Slips:
    """A hand with a slip before the code reader."""

    at: Terminal
    simulated: SimulatedCodeReader
    reader: SerialCodeReader

    async def hold(self, text: str) -> None:
        """Holds a code there once one is waited for."""
        await eventually(lambda: self.reader.busy)
        await asyncio.sleep(0.12)  # what came before was let pass
        self.simulated.hold(text)

    async def shows(self, kind: type[Page], text: str) -> Page:
        """Holds a code there, and waits for a page."""
        await self.hold(text)
        return await self.at.page(kind)

    async def faulty(self, text: str) -> EntryFault:
        """Holds a code there, and waits for what is wrong with it."""
        await self.hold(text)
        await self.at.until(lambda: getattr(self.at.visit.page, "fault", None) is not None)
        page = self.at.visit.page
        assert isinstance(page, ReferenceEntry) and page.fault
        return page.fault


@pytest_asyncio.fixture(loop_scope="module")
async def slips(at: Terminal, tmp_path: Path) -> AsyncIterator[Slips]:
    """A code reader at the terminal."""
    simulated = SimulatedCodeReader(tmp_path / "codes", INSTANT)
    async with running(simulated):
        reader = SerialCodeReader(CodeReaderOptions(port=str(tmp_path / "codes")))
        await reader.open()
        codes = Codes(at.visit, reader, PREFIX)
        at.visit.begin((*at.visit._chapters, codes))
        yield Slips(at, simulated, reader)
        codes.wipe()
        await reader.close()


async def ways(at: Terminal) -> ProgressWays:
    at.do(did.GoHome())
    return await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))


async def entry(at: Terminal) -> ReferenceEntry:
    await ways(at)
    return await at.page(ReferenceEntry, did.ByReference())


async def test_a_slips_code_leads_to_its_case(slips: Slips) -> None:
    at = slips.at
    accepted = await at.accepted()
    await entry(at)
    page = await slips.shows(SuffixEntry, PREFIX + accepted.reference)
    assert page == SuffixEntry(accepted.reference)
    shown = await at.page(CaseHistory, did.Insert(SUFFIX), did.Next())
    assert shown.case.reference == accepted.reference


async def test_a_code_says_which_way_is_taken(slips: Slips) -> None:
    reference = new_reference()
    await ways(slips.at)
    assert await slips.shows(SuffixEntry, PREFIX + reference) == SuffixEntry(reference)
    assert slips.at.do(did.Back()) == ReferenceEntry(reference)
    assert isinstance(slips.at.do(did.Back()), ProgressWays)


async def test_a_code_takes_the_place_of_what_was_keyed_in(slips: Slips) -> None:
    reference = new_reference()
    await entry(slips.at)
    slips.at.do(did.Insert("98765"), did.Next())
    assert await slips.shows(SuffixEntry, reference) == SuffixEntry(reference)  # without the prefix as well


async def test_the_code_of_an_order_finds_what_is_to_be_paid(slips: Slips) -> None:
    at = slips.at
    at.do(did.GoHome())
    await at.page(ServiceList, did.OpenDoor(Door.PAYMENTS))
    await at.page(OrderEntry, did.ByReference())
    reference = new_reference()
    await slips.hold(PREFIX + reference)
    await at.until(lambda: at.visit.view.trouble is not None)  # the backend was asked for it
    assert at.visit.page == OrderEntry(reference)


@pytest.mark.parametrize(
    "text",
    ["https://example.com/410725260019", "1" * 12, "惠民县" * 600],
)
async def test_another_code_is_said_to_be_another(slips: Slips, text: str) -> None:
    await entry(slips.at)
    assert await slips.faulty(text) is EntryFault.CODE_FOREIGN
    reference = new_reference()
    assert await slips.shows(SuffixEntry, PREFIX + reference) == SuffixEntry(reference)


@pytest.mark.parametrize("fault", [CodeFault.CONTROL_CHARACTERS, LineFault.NOISE_INSIDE])
async def test_a_code_that_could_not_be_read_can_be_held_there_again(
    slips: Slips, fault: CodeFault | LineFault
) -> None:
    reference = new_reference()
    await entry(slips.at)
    slips.at.do(did.Insert("123"))
    slips.simulated.inflict(fault)
    assert await slips.faulty(PREFIX + reference) is EntryFault.CODE_UNREAD
    assert getattr(slips.at.visit.page, "entered", "") == "123"
    assert await slips.shows(SuffixEntry, PREFIX + reference) == SuffixEntry(reference)


async def test_a_code_is_read_only_where_one_is_asked_for(slips: Slips) -> None:
    reference = new_reference()
    slips.at.do(did.GoHome())
    assert not slips.reader.busy
    slips.simulated.hold(PREFIX + reference)
    await asyncio.sleep(0.1)
    await entry(slips.at)
    await asyncio.sleep(0.2)
    assert slips.at.visit.page == ReferenceEntry()  # nor is an earlier one given
    slips.at.do(did.GoHome())
    await eventually(lambda: not slips.reader.busy)


async def test_the_end_of_a_visit_ends_the_reading(slips: Slips) -> None:
    await entry(slips.at)
    await eventually(lambda: slips.reader.busy)
    slips.at.do(did.LeaveAnyway())
    await eventually(lambda: not slips.reader.busy)
    await slips.at.idle()


async def test_a_technician_gets_the_reader_and_the_page_has_it_again_after(slips: Slips) -> None:
    at = slips.at
    reference = new_reference()
    await entry(at)
    await eventually(lambda: slips.reader.busy)
    at.visit.interrupt(60)
    await asyncio.wait_for(at.visit.turns.lend(), 2)
    assert not slips.reader.busy
    assert isinstance(at.visit.view.page, OutOfService)
    at.visit.turns.take_back()
    at.visit.resume()
    assert await slips.shows(SuffixEntry, PREFIX + reference) == SuffixEntry(reference)


async def test_a_code_held_there_while_an_alert_is_to_be_read_does_nothing(slips: Slips) -> None:
    at = slips.at
    await ways(at)
    at.visit.warn((alert("1"),))
    try:
        assert at.visit.view.alert
        await slips.hold(PREFIX + new_reference())
        await asyncio.sleep(0.2)
        assert isinstance(at.visit.page, ProgressWays)
        at.do(did.Understood())
        reference = new_reference()
        assert await slips.shows(SuffixEntry, PREFIX + reference) == SuffixEntry(reference)
    finally:
        at.visit.warn(())


async def test_a_reader_that_was_unplugged_is_asked_again(
    slips: Slips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter, "AGAIN_SECONDS", 0.1)
    reference = new_reference()
    await entry(slips.at)
    slips.simulated.line.unplug()
    await asyncio.sleep(0.3)
    slips.simulated.line.plug_in()
    async with asyncio.timeout(10):
        while slips.at.visit.page != SuffixEntry(reference):
            slips.simulated.hold(PREFIX + reference)
            await asyncio.sleep(0.3)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("fault", [EntryFault.CODE_UNREAD, EntryFault.CODE_FOREIGN])
async def test_what_is_wrong_is_said_in_both_languages(language: Language, fault: EntryFault) -> None:
    assert translator("kiosk", LOCALE, language)(f"entry.{fault.value}", count=0)
