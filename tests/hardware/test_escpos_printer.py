"""The driver of the receipt printer, against the simulated printer on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import time
import tty
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hardware.drivers import escpos_printer
from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.interfaces import device
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.media import PaperStatus
from hardware.interfaces.receipt_printer import (
    Align,
    PrintError,
    QrCode,
    Rule,
    SlipPart,
    TextLine,
)
from hardware.protocols.escpos import PrinterStatus
from hardware.protocols.escpos_printer import AskPaper, AskStatus, CommandReader
from hardware.simulators.receipt_printer import PrinterFault, PrintPace, SimulatedReceiptPrinter
from tests.hardware.conftest import running, until

LINK = "https://huimin.example/c/123456789012"
SLIP: tuple[SlipPart, ...] = (
    TextLine("惠民政务服务 回执", Align.CENTRE, scale=2, bold=True),
    Rule(),
    TextLine("编号：1234-5678-9012"),
    QrCode(LINK),
    TextLine("Keep this slip.", Align.RIGHT),
)
SLOW = PrintPace(line=0.1, symbol=0.3, cut=0.1, baud=0)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between two questions are not waited for in full: the simulated printer answers at once."""
    monkeypatch.setattr(escpos_printer, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(escpos_printer, "SETTLE_SECONDS", 0.1)


def slips(simulated: SimulatedReceiptPrinter) -> list[Path]:
    return sorted(simulated.line.name.parent.glob("slips/*.png"))


def codes_on(file: Path) -> list[str]:
    """What a scanner reads on a slip."""
    with Image.open(file) as picture:
        return [code.text for code in zxingcpp.read_barcodes(picture)]


async def test_a_slip_is_printed_and_its_code_can_be_scanned(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await printer.print_slip(SLIP)
    (slip,) = slips(simulated_printer)
    assert codes_on(slip) == [LINK]


async def test_printed_means_that_the_slip_was_cut(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.pace = SLOW
    began = time.monotonic()
    printing = asyncio.create_task(printer.print_slip(SLIP))
    await asyncio.sleep(0.2)
    assert (await printer.status()).device is DeviceStatus.DEVICE_BUSY
    await printing
    assert time.monotonic() - began >= 0.9
    assert len(slips(simulated_printer)) == 1


async def test_each_slip_is_a_picture_of_its_own(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    for number in range(3):
        await printer.print_slip((QrCode(f"{LINK}/{number}"),))
    assert [codes_on(slip) for slip in slips(simulated_printer)] == [
        [f"{LINK}/{number}"] for number in range(3)
    ]


STATES = {
    PrinterFault.NONE: (DeviceStatus.ONLINE, PaperStatus.FULL, ()),
    PrinterFault.PAPER_LOW: (DeviceStatus.ONLINE, PaperStatus.LOW, ("advice.receipt_printer.paperLow",)),
    PrinterFault.PAPER_OUT: (DeviceStatus.OFFLINE, PaperStatus.OUT, ("advice.receipt_printer.paperOut",)),
    PrinterFault.COVER_OPEN: (DeviceStatus.OFFLINE, PaperStatus.FULL, ("advice.receipt_printer.coverOpen",)),
    PrinterFault.CUTTER: (
        DeviceStatus.HARDWARE_ERROR,
        PaperStatus.FULL,
        ("advice.receipt_printer.cutterFail",),
    ),
    PrinterFault.JAM: (
        DeviceStatus.HARDWARE_ERROR,
        PaperStatus.JAMMED,
        ("advice.receipt_printer.mediaJam",),
    ),
    PrinterFault.HOT: (DeviceStatus.OFFLINE, PaperStatus.FULL, ("advice.receipt_printer.hot",)),
    PrinterFault.BROKEN: (
        DeviceStatus.HARDWARE_ERROR,
        PaperStatus.FULL,
        ("advice.receipt_printer.broken",),
    ),
    PrinterFault.OFFLINE: (DeviceStatus.OFFLINE, PaperStatus.FULL, ("advice.state.offline",)),
    PrinterFault.BUFFER_LOST: (DeviceStatus.ONLINE, PaperStatus.FULL, ()),
}


@pytest.mark.parametrize("fault", PrinterFault)
async def test_the_printers_state_is_told(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, fault: PrinterFault
) -> None:
    simulated_printer.fault = fault
    test = await printer.self_test()
    status = await printer.status()
    assert (status.device, status.paper, test.findings) == STATES[fault]
    assert test.passed is (status.device is DeviceStatus.ONLINE)


TROUBLES = [
    (PrinterFault.PAPER_OUT, CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT),
    (PrinterFault.COVER_OPEN, CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN),
    (PrinterFault.CUTTER, CompletionCode.HARDWARE_ERROR, PrintError.CUTTER_FAIL),
]


@pytest.mark.parametrize(("fault", "completion", "code"), TROUBLES)
async def test_nothing_is_sent_to_a_printer_in_trouble(
    printer: EscposPrinter,
    simulated_printer: SimulatedReceiptPrinter,
    fault: PrinterFault,
    completion: CompletionCode,
    code: PrintError,
) -> None:
    simulated_printer.fault = fault
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip(SLIP)
    assert (raised.value.completion, raised.value.code) == (completion, code)
    simulated_printer.fault = PrinterFault.NONE
    await asyncio.sleep(0.1)
    assert slips(simulated_printer) == []
    await printer.print_slip(SLIP)
    assert len(slips(simulated_printer)) == 1


@pytest.mark.parametrize(("fault", "completion", "code"), TROUBLES)
async def test_trouble_in_the_middle_of_a_slip_is_told_and_the_rest_stays_apart_from_the_next(
    printer: EscposPrinter,
    simulated_printer: SimulatedReceiptPrinter,
    fault: PrinterFault,
    completion: CompletionCode,
    code: PrintError,
) -> None:
    simulated_printer.pace = SLOW
    asyncio.get_running_loop().call_later(0.25, setattr, simulated_printer, "fault", fault)
    began = time.monotonic()
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip(SLIP)
    assert (raised.value.completion, raised.value.code) == (completion, code)
    assert time.monotonic() - began < 5.0
    await until(simulated_printer._job.empty)  # it was told to forget the rest
    simulated_printer.fault = PrinterFault.NONE
    await printer.print_slip((QrCode("THE NEXT RESIDENT"),))
    rest, following = slips(simulated_printer)
    assert codes_on(rest) == []
    assert codes_on(following) == ["THE NEXT RESIDENT"]
    with Image.open(following) as picture:
        assert picture.height < 400


async def test_low_paper_prints(printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter) -> None:
    simulated_printer.fault = PrinterFault.PAPER_LOW
    await printer.print_slip(SLIP)
    assert len(slips(simulated_printer)) == 1


async def test_a_printer_that_falls_silent_leaves_the_outcome_unknown(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escpos_printer, "ANSWER_SECONDS", 0.1)
    simulated_printer.pace = SLOW
    asyncio.get_running_loop().call_later(0.2, setattr, simulated_printer, "silent", True)
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip(SLIP)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert raised.value.code is PrintError.UNKNOWN_OUTCOME
    assert (await printer.status()).device is DeviceStatus.OFFLINE
    assert (await printer.status()).paper is PaperStatus.UNKNOWN
    assert (await printer.self_test()).findings == ("advice.completion.connectionLost",)
    simulated_printer.silent = False
    simulated_printer.pace = PrintPace(0.0, 0.0, 0.0, 0)
    await printer.print_slip((QrCode(LINK),))


async def test_a_plug_pulled_while_printing_leaves_the_outcome_unknown(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.pace = SLOW
    asyncio.get_running_loop().call_later(0.3, simulated_printer.line.unplug)
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip(SLIP)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert raised.value.code is PrintError.UNKNOWN_OUTCOME
    assert (await printer.status()).device is DeviceStatus.NO_DEVICE
    simulated_printer.line.plug_in()
    simulated_printer.pace = PrintPace(0.0, 0.0, 0.0, 0)
    await printer.print_slip(SLIP)
    assert (await printer.status()).device is DeviceStatus.ONLINE


async def test_an_unplugged_printer_prints_nothing_and_says_so(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "REOPEN_SECONDS", 0.2)
    simulated_printer.line.unplug()
    assert (await printer.status()).device is DeviceStatus.NO_DEVICE
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip(SLIP)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert raised.value.code is not PrintError.UNKNOWN_OUTCOME


async def test_a_cancelled_slip_does_not_confirm_the_next_one(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.pace = SLOW
    printing = asyncio.create_task(printer.print_slip(SLIP))
    await asyncio.sleep(0.3)
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    await printer.print_slip((QrCode("THE NEXT RESIDENT"),))
    assert codes_on(slips(simulated_printer)[-1]) == ["THE NEXT RESIDENT"]


async def test_slips_asked_for_at_once_are_printed_one_after_another(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await asyncio.gather(*(printer.print_slip((QrCode(f"NO {number}"),)) for number in range(3)))
    assert [codes_on(slip) for slip in slips(simulated_printer)] == [["NO 0"], ["NO 1"], ["NO 2"]]


async def test_what_cannot_be_printed_is_invalid_data(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip((QrCode("惠民"),))
    assert raised.value.completion is CompletionCode.INVALID_DATA
    assert slips(simulated_printer) == []


async def test_reading_the_state_at_the_speed_of_the_wire_is_quick(tmp_path: Path) -> None:
    device = SimulatedReceiptPrinter(tmp_path / "printer", tmp_path / "slips", "SIMULATED", PrintPace())
    async with running(device):
        printer = EscposPrinter(EscposOptions(port=str(tmp_path / "printer")))
        await printer.open()
        began = time.monotonic()
        assert (await printer.status()).device is DeviceStatus.ONLINE
        assert time.monotonic() - began < 2.0
        await printer.close()


# A printer that answers what a test tells it to


class Scripted:
    """Answers each question with the bytes that a test gives for it."""

    def __init__(self, name: Path, answers: Callable[[AskStatus | AskPaper], bytes]) -> None:
        self._end, self._host_end = os.openpty()
        tty.setraw(self._host_end)
        os.set_blocking(self._end, False)
        name.symlink_to(os.ttyname(self._host_end))
        self._commands = CommandReader()
        self._answers = answers
        self.received = b""
        asyncio.get_running_loop().add_reader(self._end, self._readable)

    def _readable(self) -> None:
        data = os.read(self._end, 4096)
        self.received += data
        for command in self._commands.feed(data):
            if isinstance(command, AskStatus | AskPaper):
                os.write(self._end, self._answers(command))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)
        os.close(self._host_end)


async def print_on(tmp_path: Path, answers: Callable[[AskStatus | AskPaper], bytes]) -> bytes:
    """Prints a line on a scripted printer; gives what the printer received."""
    peer = Scripted(tmp_path / "printer", answers)
    printer = EscposPrinter(EscposOptions(port=str(tmp_path / "printer")))
    try:
        await printer.open()
        await printer.print_slip((TextLine("slip"),))
        return peer.received
    finally:
        await printer.close()
        peer.close()


def answering(status: PrinterStatus) -> Callable[[AskStatus | AskPaper], bytes]:
    def answer(asked: AskStatus | AskPaper) -> bytes:
        if isinstance(asked, AskPaper):
            return bytes((status.encode_paper_in_order(),))
        return status.encode()[asked.n - 1 : asked.n]

    return answer


async def test_a_printer_that_does_not_know_gs_r_is_given_the_jobs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escpos_printer, "JOB_SECONDS", 0.4)
    fine = answering(PrinterStatus())
    began = time.monotonic()
    received = await print_on(tmp_path, lambda asked: b"" if isinstance(asked, AskPaper) else fine(asked))
    assert time.monotonic() - began >= 0.4
    assert b"slip\n" in received


async def test_a_job_that_never_ends_has_an_unknown_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escpos_printer, "JOB_SECONDS", 0.4)
    fine = answering(PrinterStatus())
    in_order = iter([b"\x00"])
    with pytest.raises(DeviceError) as raised:
        await print_on(
            tmp_path, lambda asked: next(in_order, b"") if isinstance(asked, AskPaper) else fine(asked)
        )
    assert (raised.value.completion, raised.value.code) == (
        CompletionCode.TIME_OUT,
        PrintError.UNKNOWN_OUTCOME,
    )


OTHER_TROUBLES = [
    (PrinterStatus(offline=True), CompletionCode.DEVICE_NOT_READY),
    (PrinterStatus(offline=True, error=True), CompletionCode.HARDWARE_ERROR),
    (PrinterStatus(offline=True, error=True, unrecoverable_error=True), CompletionCode.HARDWARE_ERROR),
    (PrinterStatus(offline=True, error=True, passing_error=True), CompletionCode.DEVICE_NOT_READY),
]


@pytest.mark.parametrize(("status", "completion"), OTHER_TROUBLES)
async def test_other_trouble_is_refused_before_anything_is_sent(
    tmp_path: Path, status: PrinterStatus, completion: CompletionCode
) -> None:
    with pytest.raises(DeviceError) as raised:
        await print_on(tmp_path, answering(status))
    assert (raised.value.completion, raised.value.code) == (completion, None)


async def test_bytes_that_are_no_answer_are_passed_over(tmp_path: Path) -> None:
    fine = answering(PrinterStatus())
    assert b"slip\n" in await print_on(tmp_path, lambda asked: b"\xff\x13\x11" + fine(asked))


async def test_the_rest_of_a_failed_job_is_to_be_forgotten(tmp_path: Path) -> None:
    peer_answers = iter([PrinterStatus()] * 4 + [PrinterStatus(offline=True, cover_open=True)] * 100)

    def answer(asked: AskStatus | AskPaper) -> bytes:
        if isinstance(asked, AskPaper):
            return b"\x00"
        return next(peer_answers).encode()[asked.n - 1 : asked.n]

    peer = Scripted(tmp_path / "printer", answer)
    printer = EscposPrinter(EscposOptions(port=str(tmp_path / "printer")))
    await printer.open()
    with pytest.raises(DeviceError) as raised:
        await printer.print_slip((TextLine("slip"),))
    assert raised.value.code is PrintError.COVER_OPEN
    await until(lambda: peer.received.endswith(b"\x10\x05\x02"))
    await printer.close()
    peer.close()
