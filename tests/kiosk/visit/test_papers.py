"""Forms on paper at the terminal: a real backend sets them, a real CUPS prints them."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from pypdf import PdfReader

from backend.settings import PACKAGED
from backend_client.rating import Satisfaction
from hardware.drivers import cups_printer
from hardware.drivers.cups_printer import CupsOptions, CupsPrinter
from hardware.interfaces.document_printer import DocumentError
from kiosk.visit import events as did
from kiosk.visit.pages import (
    AddressEntry,
    CardWanted,
    Door,
    Home,
    Introduction,
    Paper,
    PaperState,
    PaperWays,
    Question,
    ServiceGuide,
    ServiceList,
    Slip,
    TakeAlong,
)
from tests.backend import house as running
from tests.backend.house import House
from tests.hardware.cups import Cups, cups
from tests.kiosk.visit.terminal import CARD, Terminal, eventually, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "resident@example.com"
PAPER, MATTER = "services/rural-medical-claim-paper", "services/rural-medical-claim"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(
        data,
        PACKAGED,
        web_listen="127.0.0.1:0",
        message_gateways={"email": {"gateway": "file"}},
    ) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Cups]:
    async with cups() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def at(
    house: House, server: Cups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal with a printer of documents."""
    monkeypatch.setattr(cups_printer, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(cups_printer, "NOTICE_SECONDS", 0.2)
    monkeypatch.setattr(cups_printer, "WAIT_SECONDS", 1.0)
    for old in server.printed:
        old.unlink()
    printer = CupsPrinter(CupsOptions(port=server.uri))
    await printer.open()
    async with terminal(house.address, tmp_path, documents=printer) as here:
        yield here
    server.repair()
    await printer.close()


async def ways(at: Terminal) -> PaperWays:
    """From the home page to the ways of taking a form along."""
    listed = await at.page(ServiceList, did.OpenDoor(Door.DOCUMENTS))
    one = next(service for service in listed.services if service.name == PAPER)
    await at.page(ServiceGuide, did.OpenService(one))
    return await at.page(PaperWays, did.Apply())


async def paper(at: Terminal, state: PaperState) -> Paper:
    """Waits for it."""
    await at.until(lambda: isinstance(at.visit.page, Paper) and at.visit.page.state is state, 30)
    assert isinstance(at.visit.page, Paper)
    return at.visit.page


def text_of(pdf: bytes) -> str:
    return "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages)


async def test_a_guide_is_printed_whole_and_without_the_office_that_is_said(
    at: Terminal, server: Cups
) -> None:
    listed = await at.page(ServiceList, did.OpenDoor(Door.SERVICES))
    one = next(service for service in listed.services if service.name == MATTER)
    guide = await at.page(ServiceGuide, did.OpenService(one))
    assert guide.service.guide is not None

    def sheets(state: Slip) -> bool:
        return isinstance(page := at.visit.page, TakeAlong) and page.sheets is state

    await at.page(TakeAlong, did.TakeTextAlong())
    await at.cable.pull_out()
    at.do(did.PrintSheets())
    await at.until(lambda: sheets(Slip.FAILED), 30)
    assert isinstance(at.visit.page, TakeAlong)
    assert at.visit.page.sheets_fault is None  # it is no printer's fault
    assert not server.printed
    await at.cable.plug_in()
    await at.client.list_topics()  # the line is back
    at.do(did.PrintSheets())
    await at.until(lambda: sheets(Slip.PRINTED), 30)
    (printed,) = server.printed
    said = "".join(text_of(printed.read_bytes()).split())
    for text in (guide.service.title, *guide.service.guide.steps):
        assert "".join(text.zh_cn.split()) in said


async def test_a_blank_form_and_one_with_the_card_come_out_of_the_printer(at: Terminal, server: Cups) -> None:
    shown = await ways(at)
    assert shown.printer and shown.reader and not shown.begun
    at.do(did.TakeBlank())
    assert not (await paper(at, PaperState.PRINTED)).filled
    (blank,) = server.printed
    assert "申请人声明" in text_of(blank.read_bytes()) and CARD.full_name not in text_of(blank.read_bytes())
    blank.unlink()

    await at.page(PaperWays, did.Back())
    await at.page(CardWanted, did.ByCard())
    at.lay()
    assert (await paper(at, PaperState.PRINTED)).filled
    (filled,) = server.printed
    assert CARD.full_name in text_of(filled.read_bytes())
    assert server.spooled() == []
    assert isinstance(at.do(did.GoHome()), Home)
    assert CARD.full_name not in repr(at.visit.view)


async def test_what_was_entered_on_the_screen_is_on_the_paper(at: Terminal, server: Cups) -> None:
    listed = await at.page(ServiceList, did.OpenDoor(Door.SERVICES))
    one = next(service for service in listed.services if service.name == MATTER)
    await at.page(ServiceGuide, did.OpenService(one))
    await at.page(Introduction, did.Apply())
    await at.page(CardWanted, did.Next())
    await at.page(Question, did.Skip())
    at.answer("李试填")
    at.do(did.GoHome())
    assert (await ways(at)).begun
    at.do(did.TakeBegun())
    await paper(at, PaperState.PRINTED)
    assert "李试填" in text_of(server.printed[0].read_bytes())


async def test_without_paper_the_page_says_so_and_then_the_form_goes_to_the_phone(
    at: Terminal, server: Cups
) -> None:
    await ways(at)
    server.trouble("media-empty-error")
    at.do(did.TakeBlank())
    await at.until(lambda: isinstance(at.visit.page, Paper) and at.visit.page.waits is not None, 30)
    failed = await paper(at, PaperState.FAILED)
    assert failed.fault is not None and failed.fault.code is DocumentError.PAPER_OUT
    at.do(did.TakeLink())
    shown = await paper(at, PaperState.LINK)
    assert shown.link not in repr(shown)
    async with aiohttp.ClientSession() as phone, phone.post(shown.link) as answer:
        assert "申请人声明" in text_of(await answer.read())
    server.repair()
    await asyncio.sleep(0.5)
    assert server.printed == [] and server.spooled() == []


async def test_who_leaves_while_there_is_no_paper_leaves_nothing_behind(at: Terminal, server: Cups) -> None:
    await wait_for_paper(at, server)
    at.do(did.LeaveAnyway())
    server.repair()
    await nothing_comes_out(server)


async def test_who_goes_by_another_page_while_there_is_no_paper_leaves_nothing_behind(
    at: Terminal, server: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cups_printer, "WAIT_SECONDS", 60.0)
    await wait_for_paper(at, server)
    at.do(did.Back())
    await at.page(Paper, did.TakeBlank())  # waits for the first
    assert isinstance(at.do(did.Back(), did.LeaveAnyway()), Home)
    server.repair()
    await nothing_comes_out(server)


async def test_a_text_that_waits_for_paper_is_taken_back_from_another_page_too(
    at: Terminal, server: Cups
) -> None:
    server.trouble("cover-open-error")
    await at.guide(MATTER)
    await at.page(TakeAlong, did.TakeTextAlong())
    at.do(did.PrintSheets())
    await at.until(lambda: isinstance(at.visit.page, TakeAlong) and at.visit.page.waits is not None, 30)
    assert isinstance(at.do(did.Back(), did.LeaveAnyway()), Home)
    server.repair()
    await nothing_comes_out(server)


async def test_what_begins_to_wait_for_paper_once_everybody_has_gone_is_taken_back(
    at: Terminal, server: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cups_printer, "WAIT_SECONDS", 60.0)
    await ways(at)
    server.trouble("cover-open-error")
    at.do(did.TakeBlank())
    await paper(at, PaperState.PRINTING)
    async with asyncio.timeout(30):
        while not server.spooled():  # noqa: ASYNC110 (CUPS tells nobody)
            await asyncio.sleep(0.02)
    at.do(did.LeaveAnyway())
    await nothing_comes_out(server)
    server.repair()
    await nothing_comes_out(server)


async def test_a_terminal_that_does_not_print_shows_the_code(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path) as at:
        assert not (await ways(at)).printer
        at.do(did.TakeBlank())
        first = await paper(at, PaperState.LINK)
        await at.page(PaperWays, did.Back())
        await at.page(CardWanted, did.ByCard())
        at.lay()
        await at.until(lambda: isinstance(at.visit.page, Paper) and at.visit.page.link != first.link, 20)
        page = await paper(at, PaperState.LINK)
        assert page.filled
        async with aiohttp.ClientSession() as phone, phone.post(page.link) as answer:
            assert CARD.full_name in text_of(await answer.read())


async def test_an_address_of_email_is_not_asked_for_where_nothing_can_be_sent(tmp_path: Path) -> None:
    async with (
        running.house(tmp_path / "data", PACKAGED, web_listen="127.0.0.1:0") as without,
        terminal(without.address, tmp_path) as at,
    ):
        await ways(at)
        at.do(did.TakeBlank())
        page = await paper(at, PaperState.LINK)
        assert not page.email
        assert at.do(did.ByEmail()) is page


async def test_what_the_card_filled_in_is_still_there_after_saying_why(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path) as at:
        before = len(emails(house))
        await ways(at)
        await at.page(CardWanted, did.ByCard())
        at.lay()
        assert (await paper(at, PaperState.LINK)).filled
        at.do(did.Rate(Satisfaction.DISSATISFIED), did.SayWhy(), did.Enter("太慢"), did.Next())
        await at.page(AddressEntry, did.ByEmail())
        at.do(did.Enter(ADDRESS), did.Next())
        assert (await paper(at, PaperState.SENT)).filled
        await eventually(lambda: len(emails(house)) > before)
        (link,) = re.findall(r"http://[0-9.:]+/documents/\S+", emails(house)[-1]["text"])
        async with aiohttp.ClientSession() as browser, browser.post(link) as answer:
            assert CARD.full_name in text_of(await answer.read()).replace("\n", "")


async def test_without_the_card_it_is_a_blank_form_at_once(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path) as at:
        await ways(at)
        await at.page(CardWanted, did.ByCard())
        at.do(did.Skip())
        assert not (await paper(at, PaperState.LINK)).filled


async def test_a_link_goes_to_an_address_of_email_once(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path) as at:
        before = len(emails(house))
        await ways(at)
        at.do(did.TakeBlank())
        await paper(at, PaperState.LINK)
        await at.page(AddressEntry, did.ByEmail())
        for wrong in ("", "13900001111", "resident@example", "resident@@example.com"):
            at.do(did.Enter(wrong), did.Next())
            await at.until(lambda: getattr(at.visit.page, "error", None) is not None)
            assert not wrong or wrong not in repr(at.visit.page)
        at.do(did.Enter(ADDRESS))
        assert at.visit.view.unsent
        await at.cable.pull_out()
        await at.trouble(did.Next())
        await at.cable.plug_in()
        at.do(did.TryAgain())
        assert not (await paper(at, PaperState.SENT)).delayed
        assert isinstance(at.do(did.Back()), PaperWays)
        await eventually(lambda: len(emails(house)) > before)
        await asyncio.sleep(1.5)  # longer than until the next look at what is to be sent
        (message,) = emails(house)[before:]
        (link,) = re.findall(r"http://[0-9.:]+/documents/\S+", message["text"])
        async with aiohttp.ClientSession() as browser, browser.post(link) as answer:
            assert "申请人声明" in text_of(await answer.read())


async def wait_for_paper(at: Terminal, server: Cups) -> None:
    """A form filled in from a card goes to a printer that does not print."""
    await ways(at)
    server.trouble("cover-open-error")
    await at.page(CardWanted, did.ByCard())
    at.lay()
    await at.until(lambda: isinstance(at.visit.page, Paper) and at.visit.page.waits is not None, 30)


async def nothing_comes_out(server: Cups) -> None:
    """Waits until CUPS has forgotten everything, and a little longer."""
    async with asyncio.timeout(30):
        while server.spooled():  # noqa: ASYNC110 (CUPS tells nobody)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    assert server.printed == []


def emails(house: House) -> list[dict[str, str]]:
    """What went to the address."""
    file = house.data / "messages.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [one for one in map(json.loads, lines) if one["to"] == ADDRESS]
