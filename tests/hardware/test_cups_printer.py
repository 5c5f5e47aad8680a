"""Documents through a real CUPS: printed means printed, and whatever else happens is said."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from foundation.language import Language
from hardware.diagnosing.check import Level, Outcome, check
from hardware.diagnosing.technician import ConsoleTechnician
from hardware.drivers import cups_printer
from hardware.drivers.cups_printer import CupsOptions, CupsPrinter
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.document_printer import DocumentError, TonerStatus
from hardware.interfaces.media import CoverStatus, PaperStatus
from tests.hardware.cups import Cups, cups, line, prescribed
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


async def until(true: Callable[[], object]) -> None:
    """CUPS and paper tell nobody."""
    async with asyncio.timeout(15):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def taken_back(server: Cups) -> None:
    """Nothing of a document is left, and nothing comes out once there is paper again."""
    await until(lambda: not server.spooled())
    server.repair()
    await asyncio.sleep(0.6)
    assert server.printed == []


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_document_is_printed_once_it_lies_in_the_tray_and_cups_forgets_it(
    server: Cups, printer: CupsPrinter
) -> None:
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert (await printer.self_test()).findings == ()
    able = await printer.capabilities()
    assert able.a4 and "Paper" in able.model and not able.colour
    assert await printer.print_document(PDF) == 2
    (printed,) = server.printed
    assert printed.read_bytes() == PDF
    assert server.spooled() == []
    assert await server.jobs() == ""


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
    await until(server.spooled)
    printing.cancel()
    await asyncio.wait({printing})
    assert printing.cancelled()
    await taken_back(server)


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


async def test_a_restart_of_cups_prints_nothing_that_was_given_up(server: Cups, printer: CupsPrinter) -> None:
    server.trouble("media-empty-error")
    printing = asyncio.create_task(printer.print_document(PDF))
    await until(server.spooled)
    await server.stop()
    with pytest.raises(DeviceError) as caught:
        await printing
    assert caught.value.code is DocumentError.UNKNOWN_OUTCOME
    assert server.spooled()
    await server.start()
    assert (await printer.status()).device is not DeviceStatus.NO_DEVICE
    await taken_back(server)


async def test_what_cups_does_not_answer_for_is_of_unknown_outcome_and_taken_back(
    server: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cups_printer, "ANSWER_SECONDS", 2)
    server.trouble("media-empty-error")
    async with line(server) as slow:
        printer = CupsPrinter(CupsOptions(port=slow.uri))
        await printer.open()
        slow.deaf = True
        with pytest.raises(DeviceError) as caught:
            await printer.print_document(PDF)
        assert caught.value.code is DocumentError.UNKNOWN_OUTCOME
        assert caught.value.completion is CompletionCode.CONNECTION_LOST
        await taken_back(server)
        await printer.close()


async def test_who_leaves_while_it_is_being_sent_takes_the_document_along(server: Cups) -> None:
    server.trouble("media-empty-error")
    async with line(server) as slow:
        printer = CupsPrinter(CupsOptions(port=slow.uri))
        await printer.open()
        slow.deaf = True
        printing = asyncio.create_task(printer.print_document(PDF))
        await until(lambda: slow.documents and server.spooled())
        printing.cancel()
        await asyncio.wait({printing})
        assert printing.cancelled()
        await taken_back(server)
        await printer.close()


DYING = """
import asyncio, sys
from hardware.drivers.cups_printer import CupsOptions, CupsPrinter
async def main():
    printer = CupsPrinter(CupsOptions(port=sys.argv[1]))
    await printer.open()
    await printer.print_document(sys.argv[2].encode())
asyncio.run(main())
"""


async def test_what_a_process_left_that_died_the_next_takes_back(server: Cups) -> None:
    server.trouble("media-empty-error")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING, server.uri, PDF.decode())
    try:
        await until(server.spooled)
    finally:
        process.kill()
        await process.wait()
    assert server.spooled()
    following = CupsPrinter(CupsOptions(port=server.uri))
    await following.open()
    await following.status()
    await taken_back(server)
    await following.close()


async def test_nobody_takes_back_what_somebody_else_prints(server: Cups, printer: CupsPrinter) -> None:
    server.trouble("media-empty-error")
    printing = asyncio.create_task(printer.print_document(PDF))
    await until(server.spooled)
    beside = CupsPrinter(CupsOptions(port=server.uri))
    await beside.open()
    await beside.status()
    assert server.spooled()
    server.repair()
    assert await printing == 2
    await beside.close()


async def test_no_paper_then_is_no_paper_now_only_while_it_prints(
    server: Cups, printer: CupsPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cups_printer, "WAIT_SECONDS", 0.8)
    server.trouble("media-empty-error")
    with pytest.raises(DeviceError) as caught:
        await printer.print_document(PDF)
    assert caught.value.code is DocumentError.PAPER_OUT
    assert printer.last_status.findings == ("advice.document_printer.paperOut",)
    server.repair()
    async with asyncio.timeout(10):
        while (await printer.status()).device is not DeviceStatus.ONLINE:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    now = await printer.status()
    unknown = (PaperStatus.UNKNOWN, TonerStatus.UNKNOWN, CoverStatus.UNKNOWN)
    assert (now.paper, now.toner, now.cover) == unknown
    assert now.findings == ()
    result = await check(printer, Level.EXTERNAL, ConsoleTechnician(Language.EN, out=io.StringIO()))
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())
    assert len(server.printed) == 1


async def test_without_a_history_it_says_which_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cups_printer, "POLL_SECONDS", 0.1)
    async with cups(prescribed().replace("PreserveJobHistory Yes", "PreserveJobHistory No")) as forgetful:
        printer = CupsPrinter(CupsOptions(port=forgetful.uri))
        await printer.open()
        with pytest.raises(DeviceError) as caught:
            await printer.print_document(PDF)
        assert caught.value.code is DocumentError.UNKNOWN_OUTCOME
        assert "PreserveJobHistory" in caught.value.detail
        await printer.close()


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
