"""Looking up at the terminal: questions, records, one in full, printed; and what is told where it fails."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from foundation.language import Language, LocalizedText, translator
from hardware.interfaces.receipt_printer import TextLine
from hardware.simulators import cards as card_files
from kiosk.slip import LOCALE, SlipWriter
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardUse,
    CardWanted,
    Door,
    Home,
    LookupRecord,
    LookupRecords,
    LookupTrouble,
    Question,
    ReferenceEntry,
    ServiceGuide,
    ServiceList,
    Slip,
    SuffixEntry,
)
from tests.backend import house as running
from tests.backend.house import House
from tests.kiosk.visit.terminal import COUNTY, SUFFIX, Terminal, terminal
from tests.lookups import SOURCES, TROUBLE, lookup_content

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A backend over the shipped content, with lookups that fail beside."""
    content = lookup_content(tmp_path_factory.mktemp("content"))
    async with running.house(tmp_path_factory.mktemp("house") / "data", content, **SOURCES) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def at(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal at that backend."""
    async with terminal(house.address, tmp_path) as here:
        yield here


async def guide(at: Terminal, service: str) -> ServiceGuide:
    """From the home page to the guide of a lookup."""
    at.do(did.GoHome())
    listed = await at.page(ServiceList, did.OpenDoor(Door.LOOKUPS))
    one = next(found for found in listed.services if found.name == f"services/{service}")
    return await at.page(ServiceGuide, did.OpenService(one))


async def fines(at: Terminal) -> LookupRecords:
    """The fines of a vehicle of the demonstration."""
    await guide(at, "traffic-violations")
    await at.page(Question, did.Apply())
    at.answer("0101")
    return await at.page(LookupRecords, did.Enter("2468"), did.Next())


async def test_questions_lead_to_the_records_and_one_is_shown_in_full(at: Terminal) -> None:
    page = await fines(at)
    assert [record.values["fine"] for record in page.found.records] == [20000, 10000, 15000]
    shown = at.do(did.OpenRecord(page.found.records[1]))
    assert isinstance(shown, LookupRecord)
    assert shown.record is page.found.records[1]
    assert at.do(did.Back()) is page
    assert isinstance(at.do(did.Back()), ServiceGuide)


async def test_one_record_alone_is_shown_at_once(at: Terminal) -> None:
    await guide(at, "business-registration")
    await at.page(Question, did.Apply())
    page = await at.page(LookupRecord, did.Enter("539999000000102"), did.Next(), did.Skip())
    assert page.record.values["name"] == "惠民县示例农机有限责任公司"
    assert isinstance(at.do(did.Back()), ServiceGuide)


async def test_a_rule_holds_before_anybody_is_asked(at: Terminal) -> None:
    await guide(at, "business-registration")
    await at.page(Question, did.Apply())
    at.do(did.Skip(), did.Skip())
    assert at.question.error is not None
    assert at.question.field.id == "number"
    page = await at.page(LookupRecords, did.Skip(), did.Enter("示例"), did.Next())
    assert len(page.found.records) == 4


async def test_nothing_found_leads_to_a_new_search(at: Terminal) -> None:
    await guide(at, "traffic-violations")
    await at.page(Question, did.Apply())
    at.answer("9999")
    page = await at.page(LookupRecords, did.Enter("0000"), did.Next())
    assert not page.found.records
    asked = await at.page(Question, did.SearchAnew())
    assert (asked.number, asked.entered) == (1, "")


async def test_nothing_of_a_search_is_kept_once_it_is_shown(at: Terminal) -> None:
    await guide(at, "phone-bill")
    await at.page(Question, did.Apply())
    at.answer("13900000101")
    await at.page(LookupRecords, did.Enter("246810"), did.Next())
    assert not at.visit.view.unsent
    gc.collect()
    held = [found for found in gc.get_objects() if type(found).__name__ == "Filling" and found.answers]
    assert held == []


async def test_going_back_to_the_guide_forgets_what_was_entered(at: Terminal) -> None:
    await guide(at, "phone-bill")
    await at.page(Question, did.Apply())
    at.do(did.Enter("13900000101"))
    assert isinstance(at.do(did.Back()), ServiceGuide)
    assert (await at.page(Question, did.Apply())).entered == ""


async def test_a_card_opens_its_holders_own_records(at: Terminal) -> None:
    await guide(at, "medical-claims")
    wanted = await at.page(CardWanted, did.Apply())
    assert wanted.use is CardUse.LOOK_UP
    at.lay(card_files.load("elder"))
    page = await at.page(LookupRecords)
    assert {record.values["number"] for record in page.found.records} == {"2601000201", "2601000202"}
    assert not at.progress.holds(), "the session is over with the records"
    assert isinstance(at.do(did.Back()), ServiceGuide)


async def test_a_reference_opens_its_applicants_records(at: Terminal) -> None:
    reference = (await at.accepted()).reference
    await guide(at, "medical-claims")
    await at.page(CardWanted, did.Apply())
    await at.page(ReferenceEntry, did.Skip())
    await at.page(SuffixEntry, *(did.Insert(key) for key in reference), did.Next())
    page = await at.page(LookupRecords, *(did.Insert(key) for key in SUFFIX), did.Next())
    assert {record.values["number"] for record in page.found.records} == {
        "2601000101",
        "2601000102",
        "2601000103",
    }


async def test_a_record_is_printed_as_it_is_shown(at: Terminal, tmp_path: Path) -> None:
    page = await fines(at)
    at.do(did.OpenRecord(page.found.records[0]), did.PrintSlip())
    await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.PRINTED)
    assert len(list((tmp_path / "slips").glob("*.png"))) == 1
    office = LocalizedText("惠民县政务服务", "Huimin County Government Services")
    slips = SlipWriter(office, "terminal-1", COUNTY, qr_prefix="", demonstration=False)
    for language, plate, fine in (
        (Language.ZH_CN, "车牌号：云A·0T101", "罚款：200.00元"),
        (Language.EN, "Number plate: 云A·0T101", "Fine: ¥200.00"),
    ):
        parts = slips.record(page.lookup, page.found.records[0], language)
        lines = [part.text for part in parts if isinstance(part, TextLine)]
        assert plate in lines
        assert fine in lines
        assert translator("kiosk", LOCALE, language)("slip.demonstration_record") in lines


@pytest.mark.parametrize("reason", list(TROUBLE))
async def test_a_failing_provider_is_told_with_the_departments_number_and_another_try(
    at: Terminal, reason: str
) -> None:
    await guide(at, f"trouble-{TROUBLE[reason]}")
    await at.page(Question, did.Apply())
    trouble = await at.page(LookupTrouble, did.Enter("1234"), did.Next())
    assert trouble.failure is not None
    assert trouble.failure.reason == reason
    assert trouble.service.guide is not None
    assert not at.client.away, "the backend itself is well"
    assert await again(at) is not trouble
    assert isinstance(at.do(did.Back()), ServiceGuide)


async def again(at: Terminal) -> LookupTrouble:
    """After another try."""
    before = at.visit.page
    at.do(did.TryAgain())
    await at.until(lambda: at.visit.page is not before)
    assert isinstance(at.visit.page, LookupTrouble)
    return at.visit.page


async def test_the_end_of_a_visit_forgets_all_of_it(at: Terminal) -> None:
    await fines(at)
    at.do(did.Leave())
    assert isinstance(at.visit.page, Home)
    gc.collect()
    assert [found for found in gc.get_objects() if type(found).__name__ == "Found"] == []
