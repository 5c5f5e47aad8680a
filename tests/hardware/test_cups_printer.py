"""Documents through a real CUPS: printed means printed, and whatever else happens is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hardware.drivers import cups_printer
from hardware.drivers.cups_printer import CupsOptions, CupsPrinter
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.document_printer import DocumentError
from hardware.interfaces.media import PaperStatus
from tests.hardware.cups import Cups, cups
from tests.ports import free_port

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Cups]:
    async with cups() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def printer(server: Cups, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CupsPrinter]:
    monkeypatch.setattr(cups_printer, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(cups_printer, "NOTICE_SECONDS", 0.3)
    for old in server.printed:
        old.unlink()
    made = CupsPrinter(CupsOptions(port=server.uri))
    await made.open()
    yield made
    server.repair()
    await made.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_document_is_printed_once_it_lies_in_the_tray_and_cups_forgets_it(
    server: Cups, printer: CupsPrinter
) -> None:
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert (await printer.self_test()).findings == ()
    able = await printer.capabilities()
    assert able.a4 and "Paper" in able.model and not able.colour
    assert (await printer.status()).paper is PaperStatus.FULL
    assert await printer.print_document(PDF) == 2
    (printed,) = server.printed
    assert printed.read_bytes() == PDF
    assert server.spooled() == []


async def test_while_there_is_no_paper_it_says_so_and_goes_on_when_there_is(
    server: Cups, printer: CupsPrinter
) -> None:
    server.trouble("media-empty-error")
    said: asyncio.Queue[DocumentError | None] = asyncio.Queue()
    printing = asyncio.create_task(printer.print_document(PDF, said.put_nowait))
    async with asyncio.timeout(10):
        assert await said.get() is DocumentError.PAPER_OUT
        assert (await printer.status()).device is DeviceStatus.DEVICE_BUSY
        assert (await printer.status()).paper is PaperStatus.OUT
        assert server.printed == []
        server.repair()
        assert await said.get() is None
        await printing
    assert len(server.printed) == 1


async def test_what_nobody_fills_up_for_is_taken_back(
    server: Cups, printer: CupsPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cups_printer, "WAIT_SECONDS", 0.8)
    server.trouble("cover-open-error")
    with pytest.raises(DeviceError) as caught:
        await printer.print_document(PDF)
    assert (caught.value.completion, caught.value.code) == (CompletionCode.TIME_OUT, DocumentError.COVER_OPEN)
    assert server.spooled() == []
    server.repair()
    await asyncio.sleep(0.6)
    assert server.printed == []


async def test_a_resident_who_leaves_takes_the_document_along(server: Cups, printer: CupsPrinter) -> None:
    server.trouble("media-empty-error")
    printing = asyncio.create_task(printer.print_document(PDF))
    async with asyncio.timeout(10):
        while not server.spooled():  # noqa: ASYNC110 (CUPS tells nobody)
            await asyncio.sleep(0.05)
    printing.cancel()
    await asyncio.wait({printing})
    async with asyncio.timeout(10):
        while server.spooled():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    server.repair()
    await asyncio.sleep(0.5)
    assert server.printed == []


async def test_a_stopped_queue_refuses_before_anything_is_sent(server: Cups, printer: CupsPrinter) -> None:
    await server.run("cupsdisable", "A4")
    try:
        assert (await printer.status()).device is DeviceStatus.OFFLINE
        assert not (await printer.self_test()).passed
        with pytest.raises(DeviceError) as caught:
            await printer.print_document(PDF)
        assert caught.value.code is DocumentError.STOPPED
        assert server.spooled() == []
    finally:
        await server.run("cupsenable", "A4")


async def test_a_printer_that_breaks_has_not_printed(
    server: Cups, printer: CupsPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cups_printer, "WAIT_SECONDS", 0.8)
    server.trouble("fail")
    with pytest.raises(DeviceError) as caught:
        await printer.print_document(PDF)
    assert caught.value.code in (DocumentError.STOPPED, DocumentError.REJECTED)
    assert server.printed == [] and server.spooled() == []
    server.repair()
    await server.run("cupsenable", "A4")


async def test_what_is_no_document_is_not_sent(server: Cups, printer: CupsPrinter) -> None:
    with pytest.raises(DeviceError) as caught:
        await printer.print_document(b"<html>")
    assert caught.value.completion is CompletionCode.INVALID_DATA
    assert server.spooled() == []


async def test_no_server_and_no_queue_are_told_apart(server: Cups) -> None:
    nobody = CupsPrinter(CupsOptions(port=f"ipp://localhost:{free_port()}/printers/A4"))
    await nobody.open()
    assert (await nobody.status()).device is DeviceStatus.NO_DEVICE
    assert (await nobody.self_test()).findings == ("advice.port.service",)
    with pytest.raises(DeviceError) as caught:
        await nobody.print_document(PDF)
    assert caught.value.completion is CompletionCode.CONNECTION_LOST
    elsewhere = CupsPrinter(CupsOptions(port=f"ipp://localhost:{server.port}/printers/elsewhere"))
    await elsewhere.open()
    assert (await elsewhere.self_test()).findings == ("advice.document_printer.noQueue",)
    for one in (nobody, elsewhere):
        await one.close()
