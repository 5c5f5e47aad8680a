"""Whatever goes wrong with a receipt printer is named, "printed" means printed, the next slip is whole."""

from __future__ import annotations

import asyncio
import time
from enum import Enum
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hardware.drivers import escpos_printer
from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.media import PaperStatus
from hardware.interfaces.receipt_printer import (
    HeadStatus,
    PrintError,
    QrCode,
    RasterImage,
    SlipPart,
    TextLine,
)
from hardware.protocols.escpos import ask_status, encode_slip
from hardware.simulators.line import LineFault
from hardware.simulators.receipt_printer import INSTANT, PrinterFault, PrintPace, SimulatedReceiptPrinter
from hardware.transport.serial_port import SerialPort
from tests.hardware.conftest import running, until

SLIP: tuple[SlipPart, ...] = (TextLine("惠民政务服务 回执"), QrCode("THIS RESIDENT"), TextLine("请妥善保管"))
NEXT: tuple[SlipPart, ...] = (QrCode("THE NEXT RESIDENT"),)
PACE = PrintPace(line=0.05, symbol=0.1, cut=0.05, cooling=0.4, baud=0)
Told = tuple[CompletionCode, PrintError | None]
UNKNOWN = PrintError.UNKNOWN_OUTCOME


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, simulated_printer: SimulatedReceiptPrinter) -> None:
    """The proportions of the driver's times stay as they are."""
    monkeypatch.setattr(escpos_printer, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(escpos_printer, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(escpos_printer, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(escpos_printer, "JOB_SECONDS", 1.2)
    monkeypatch.setattr(escpos_printer, "LINE_SECONDS", 0.0)
    simulated_printer.pace = PACE
    simulated_printer.line.late = 0.3


async def told(printer: EscposPrinter, slip: tuple[SlipPart, ...] = SLIP) -> Told | None:
    """What comes of printing a slip: the codes of the error, or None where it was printed."""
    try:
        await printer.print_slip(slip)
    except DeviceError as error:
        assert error.code is None or isinstance(error.code, PrintError)
        return error.completion, error.code
    return None


def slips(simulated: SimulatedReceiptPrinter) -> list[list[str]]:
    """What a scanner reads on each slip that fell out."""
    found = []
    for file in sorted(simulated.line.name.parent.glob("slips/*.png")):
        with Image.open(file) as picture:
            found.append([code.text for code in zxingcpp.read_barcodes(picture)])
    return found


STOPPING: list[tuple[PrinterFault, Told, Told]] = [
    # fault, told before a slip, told in the middle of one
    (
        PrinterFault.PAPER_OUT,
        (CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT),
        (CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT),
    ),
    (
        PrinterFault.COVER_OPEN,
        (CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN),
        (CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN),
    ),
    (
        PrinterFault.CUTTER,
        (CompletionCode.HARDWARE_ERROR, PrintError.CUTTER_FAIL),
        (CompletionCode.HARDWARE_ERROR, PrintError.CUTTER_FAIL),
    ),
    (
        PrinterFault.JAM,
        (CompletionCode.HARDWARE_ERROR, PrintError.MEDIA_JAM),
        (CompletionCode.HARDWARE_ERROR, PrintError.MEDIA_JAM),
    ),
    (
        PrinterFault.BROKEN,
        (CompletionCode.HARDWARE_ERROR, None),
        (CompletionCode.HARDWARE_ERROR, UNKNOWN),
    ),
    (
        PrinterFault.HOT,
        (CompletionCode.DEVICE_NOT_READY, None),
        (CompletionCode.DEVICE_NOT_READY, UNKNOWN),
    ),
    (
        PrinterFault.OFFLINE,
        (CompletionCode.DEVICE_NOT_READY, None),
        (CompletionCode.DEVICE_NOT_READY, UNKNOWN),
    ),
]


@pytest.mark.parametrize(("fault", "before", "_"), STOPPING)
async def test_trouble_before_a_slip_is_named_and_nothing_is_printed(
    printer: EscposPrinter,
    simulated_printer: SimulatedReceiptPrinter,
    fault: PrinterFault,
    before: Told,
    _: Told,
) -> None:
    simulated_printer.inflict(fault, seconds=30.0)
    assert await told(printer) == before
    simulated_printer.inflict(PrinterFault.NONE)
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"]]


@pytest.mark.parametrize("moment", ["qr-code", "cut"])
@pytest.mark.parametrize(("fault", "_", "within"), STOPPING)
async def test_trouble_in_the_middle_of_a_slip_is_named_and_its_rest_is_not_the_next_residents(
    printer: EscposPrinter,
    simulated_printer: SimulatedReceiptPrinter,
    fault: PrinterFault,
    _: Told,
    within: Told,
    moment: str,
) -> None:
    simulated_printer.inflict(fault, when=moment, seconds=30.0)
    assert await told(printer) == within
    await until(simulated_printer._job.empty)  # it was told to forget the rest
    simulated_printer.inflict(PrinterFault.NONE)
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer)[-1] == ["THE NEXT RESIDENT"]


async def test_a_head_that_is_too_hot_recovers_by_itself(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.inflict(PrinterFault.HOT)
    status = await printer.status()
    assert (status.device, status.head) == (DeviceStatus.OFFLINE, HeadStatus.HOT)
    await until(lambda: simulated_printer.fault is PrinterFault.NONE, PACE.cooling * 3)
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert await told(printer) is None


async def test_paper_near_its_end_is_told_and_prints(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.inflict(PrinterFault.PAPER_LOW)
    assert await told(printer) is None
    assert printer.last_status.paper is PaperStatus.LOW
    assert slips(simulated_printer) == [["THIS RESIDENT"]]


@pytest.mark.parametrize("unasked", [False, True])
async def test_a_slip_that_a_power_failure_cut_off_is_never_called_printed(
    tmp_path: Path, unasked: bool
) -> None:
    """A printer that tells its state unasked does so when its power is back: that confirms nothing."""
    device = SimulatedReceiptPrinter(tmp_path / "p", tmp_path / "slips", "SIMULATED", PACE, unasked=unasked)
    async with running(device):
        printer = EscposPrinter(EscposOptions(port=str(tmp_path / "p")))
        await printer.open()
        device.inflict(PrinterFault.BUFFER_LOST, when="qr-code")
        assert await told(printer) == (CompletionCode.TIME_OUT, UNKNOWN)
        assert slips(device) == []
        assert (await printer.status()).device is DeviceStatus.ONLINE
        assert await told(printer, NEXT) is None
        assert slips(device)[-1] == ["THE NEXT RESIDENT"]
        await printer.close()


async def test_a_printer_that_tells_its_state_unasked_prints_like_any_other(tmp_path: Path) -> None:
    device = SimulatedReceiptPrinter(tmp_path / "p", tmp_path / "slips", "SIMULATED", PACE, unasked=True)
    async with running(device):
        printer = EscposPrinter(EscposOptions(port=str(tmp_path / "p")))
        await printer.open()
        device.inflict(PrinterFault.PAPER_LOW, when="qr-code")
        assert await told(printer) is None
        device.inflict(PrinterFault.COVER_OPEN, when="qr-code")
        assert await told(printer) == (CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN)
        await printer.close()


HARMLESS = (LineFault.BYTE_BY_BYTE, LineFault.NOISE_BEFORE, LineFault.NOISE_INSIDE, LineFault.LAST_REPLY)


@pytest.mark.parametrize("fault", HARMLESS)
@pytest.mark.parametrize("moment", ["status", "paper"])
async def test_a_slip_is_printed_although_an_answer_came_to_harm(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, fault: LineFault, moment: str
) -> None:
    assert (await printer.status()).device is DeviceStatus.ONLINE
    simulated_printer.inflict(fault, when=moment)
    assert await told(printer) is None
    assert slips(simulated_printer) == [["THIS RESIDENT"]], "and it was cut before it was called printed"
    assert await told(printer, NEXT) is None


@pytest.mark.parametrize("fault", [LineFault.CUT_SHORT, LineFault.LATE])
async def test_nothing_is_sent_to_a_printer_whose_state_is_not_known(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, fault: LineFault
) -> None:
    simulated_printer.inflict(fault, when="status")
    assert await told(printer) == (CompletionCode.CONNECTION_LOST, None)
    assert slips(simulated_printer) == []
    assert await told(printer, NEXT) is None, "a late answer is taken for no other"


@pytest.mark.parametrize("fault", [LineFault.CUT_SHORT, LineFault.LATE])
async def test_one_answer_that_does_not_come_in_the_middle_of_a_slip_does_not_spoil_it(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, fault: LineFault
) -> None:
    assert await told(printer, NEXT) is None  # it knows now that this printer confirms
    simulated_printer.pace = PrintPace(line=0.05, symbol=0.5, cut=0.3, baud=0)
    asyncio.get_running_loop().call_later(0.2, simulated_printer.line.break_down, fault)
    assert await told(printer) is None
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"], ["THIS RESIDENT"]]


async def test_silence_in_the_middle_of_a_slip_leaves_its_outcome_unknown(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.inflict(LineFault.SILENCE, when="qr-code")
    assert await told(printer) == (CompletionCode.CONNECTION_LOST, UNKNOWN)
    assert (await printer.status()).device is DeviceStatus.OFFLINE
    simulated_printer.inflict(LineFault.NONE)
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer)[-1] == ["THE NEXT RESIDENT"]


async def test_a_port_that_vanishes_in_the_middle_of_a_slip_leaves_its_outcome_unknown(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.inflict(LineFault.VANISH, when="qr-code", seconds=0.5)
    assert await told(printer) == (CompletionCode.CONNECTION_LOST, UNKNOWN)
    assert await told(printer, NEXT) is None, "the driver waits for its port to come back"
    assert slips(simulated_printer)[-1] == ["THE NEXT RESIDENT"]


async def test_a_picture_comes_out_dot_by_dot(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.pace = INSTANT
    rows = tuple(bytes((255, 0) * 36) for _ in range(300))
    await printer.print_slip((RasterImage(576, rows),))
    assert simulated_printer.last_slip
    with Image.open(simulated_printer.last_slip) as picture:
        black = sum(dot < 128 for dot in picture.crop((32, 32, 32 + 576, 332)).tobytes())
        assert black == 576 * 300 // 2


# What the printer still owes for an earlier slip


def lines(number: int) -> tuple[SlipPart, ...]:
    return tuple(TextLine(f"line {n}") for n in range(number))


@pytest.fixture
def slow_printer(monkeypatch: pytest.MonkeyPatch, simulated_printer: SimulatedReceiptPrinter) -> None:
    """A line takes 0.1 s, so that twenty take longer than the driver waits for an answer."""
    monkeypatch.setattr(escpos_printer, "FIRST_CONFIRMATION_SECONDS", 0.2)
    simulated_printer.pace = PrintPace(line=0.1, symbol=0.1, cut=0.05, baud=0)


async def interrupted(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, slip: tuple[SlipPart, ...]
) -> None:
    """Prints a slip, and another one during which the line is silent for a while: the printer goes on."""
    assert await told(printer, NEXT) is None
    simulated_printer.inflict(LineFault.SILENCE, when="line")
    assert await told(printer, slip) == (CompletionCode.CONNECTION_LOST, UNKNOWN)
    simulated_printer.inflict(LineFault.NONE)


async def paper_ran_out(printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter) -> None:
    """In a slip that the printer does not forget when told to: it finishes it once the roll was changed."""
    simulated_printer.obeys_clear = False
    simulated_printer.inflict(PrinterFault.PAPER_OUT, when="qr-code")
    assert await told(printer) == (CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT)
    simulated_printer.inflict(PrinterFault.NONE)


async def test_what_a_printer_says_of_the_slip_before_does_not_confirm_the_next(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await paper_ran_out(printer, simulated_printer)
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer) == [["THIS RESIDENT"], ["THE NEXT RESIDENT"]]


async def test_what_a_printer_says_of_the_slip_before_does_not_hide_that_the_next_is_lost(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await paper_ran_out(printer, simulated_printer)
    simulated_printer.inflict(PrinterFault.BUFFER_LOST, when="paper")
    assert await told(printer, NEXT) == (CompletionCode.TIME_OUT, UNKNOWN)
    assert slips(simulated_printer) == [["THIS RESIDENT"]]
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer)[-1] == ["THE NEXT RESIDENT"]


@pytest.mark.usefixtures("slow_printer")
async def test_a_printer_that_has_confirmed_a_slip_is_not_judged_by_the_time_after_a_slow_moment(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await interrupted(printer, simulated_printer, lines(18))
    simulated_printer.inflict(PrinterFault.BUFFER_LOST, when="paper")
    assert await told(printer, NEXT) == (CompletionCode.TIME_OUT, UNKNOWN)
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"], []]


@pytest.mark.usefixtures("slow_printer")
async def test_nothing_is_sent_to_a_printer_that_is_still_busy_with_the_slip_before(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await interrupted(printer, simulated_printer, lines(50))
    assert await told(printer) == (CompletionCode.DEVICE_NOT_READY, None)
    await until(simulated_printer._job.empty, 10.0)
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"], [], ["THE NEXT RESIDENT"]]


@pytest.mark.usefixtures("slow_printer")
async def test_a_slip_that_is_cancelled_while_the_one_before_is_finished_leaves_nothing_behind(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    await interrupted(printer, simulated_printer, lines(20))
    printing = asyncio.create_task(printer.print_slip(SLIP))
    await asyncio.sleep(0.1)
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"], [], ["THE NEXT RESIDENT"]]


@pytest.mark.usefixtures("slow_printer")
async def test_a_printer_that_starts_slowly_is_believed_from_the_next_slip_on(tmp_path: Path) -> None:
    """It is still printing what the terminal sent before it was started again."""
    pace = PrintPace(line=0.1, symbol=0.1, cut=0.05, start=0.0, baud=0)
    device = SimulatedReceiptPrinter(tmp_path / "p", tmp_path / "slips", "SIMULATED", pace)
    async with running(device):
        await exchanged(device, encode_slip(lines(7)))
        printer = EscposPrinter(EscposOptions(port=str(tmp_path / "p")))
        await printer.open()
        assert await told(printer, NEXT) is None
        assert slips(device) == [[], ["THE NEXT RESIDENT"]]
        device.inflict(PrinterFault.BUFFER_LOST, when="qr-code")
        assert await told(printer) == (CompletionCode.TIME_OUT, UNKNOWN)
        await printer.close()


@pytest.mark.usefixtures("slow_printer")
async def test_a_printer_that_answers_in_the_middle_of_a_slip_is_not_judged_by_the_time(
    tmp_path: Path,
) -> None:
    pace = PrintPace(line=0.1, symbol=0.1, cut=0.05, baud=0)
    device = SimulatedReceiptPrinter(tmp_path / "p", tmp_path / "slips", "SIMULATED", pace)
    async with running(device):
        await exchanged(device, encode_slip(lines(7)))
        printer = EscposPrinter(EscposOptions(port=str(tmp_path / "p")))
        await printer.open()
        assert await told(printer, lines(30)) == (CompletionCode.TIME_OUT, UNKNOWN)
        assert slips(device) == [[]]
        await printer.close()


async def test_a_printer_whose_power_fails_again_and_again_is_not_waited_for(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    """What it owed it will never say: that costs the next slip a moment."""
    assert await told(printer, NEXT) is None
    for _ in range(3):
        simulated_printer.inflict(PrinterFault.BUFFER_LOST, when="qr-code")
        assert await told(printer) == (CompletionCode.TIME_OUT, UNKNOWN)
    began = time.monotonic()
    assert await told(printer, NEXT) is None
    assert time.monotonic() - began < 1.2
    assert slips(simulated_printer)[-1] == ["THE NEXT RESIDENT"]
    assert printer._owed == 0


async def test_an_answer_that_gets_lost_before_a_slip_is_asked_for_again(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    assert await told(printer, NEXT) is None
    simulated_printer.inflict(LineFault.LAST_REPLY, when="paper")
    assert await told(printer) is None
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"], ["THIS RESIDENT"]]
    assert await told(printer, NEXT) is None


async def test_a_printer_that_was_exchanged_for_one_without_gs_r_prints_after_some_tries(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    assert await told(printer, NEXT) is None
    simulated_printer.confirms = False
    for _ in range(escpos_printer.PATIENCE):
        assert await told(printer) == (CompletionCode.DEVICE_NOT_READY, None)
    assert slips(simulated_printer) == [["THE NEXT RESIDENT"]]
    assert await told(printer) is None
    assert slips(simulated_printer)[1:] == [["THIS RESIDENT"]]
    simulated_printer.confirms = True
    assert await told(printer) == (CompletionCode.TIME_OUT, UNKNOWN), "it answers: nobody knows what"
    assert await told(printer, NEXT) is None
    assert slips(simulated_printer)[1:] == [["THIS RESIDENT"], ["THIS RESIDENT"], ["THE NEXT RESIDENT"]]


async def test_a_slip_waits_no_longer_than_the_line_has_to_be_silent(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.pace = INSTANT
    began = time.monotonic()
    for _ in range(3):
        assert await told(printer, NEXT) is None
    assert time.monotonic() - began < 3 * 0.4


# What the printer says, byte for byte

SAID: list[tuple[Enum, str]] = [
    (PrinterFault.NONE, "12 12 12 12"),
    (PrinterFault.PAPER_LOW, "12 12 12 1e"),
    (PrinterFault.PAPER_OUT, "1a 32 12 7e"),
    (PrinterFault.COVER_OPEN, "1a 16 12 12"),
    (PrinterFault.CUTTER, "1a 52 1a 12"),
    (PrinterFault.JAM, "3a 52 16 12"),
    (PrinterFault.HOT, "1a 52 52 12"),
    (PrinterFault.BROKEN, "1a 52 32 12"),
    (PrinterFault.OFFLINE, "1a 12 12 12"),
    (PrinterFault.BUFFER_LOST, "12 12 12 12"),
]


async def exchanged(device: SimulatedReceiptPrinter, sent: bytes) -> str:
    port = SerialPort(str(device.line.name))
    await port.open()
    await port.write(sent)
    answer = b""
    while more := await port.read(0.1):
        answer += more
    await port.close()
    return answer.hex(" ")


@pytest.mark.parametrize(("fault", "answers"), SAID)
async def test_the_simulated_printer_says_what_is_wrong_in_the_four_bytes(
    simulated_printer: SimulatedReceiptPrinter, fault: PrinterFault, answers: str
) -> None:
    simulated_printer.inflict(fault)
    assert await exchanged(simulated_printer, b"".join(map(ask_status, (1, 2, 3, 4)))) == answers


def test_every_fault_of_the_printer_is_looked_at() -> None:
    assert {fault for fault, _ in SAID} == set(PrinterFault)
    stopping = {fault for fault, _, _ in STOPPING}
    assert set(PrinterFault) - stopping == {
        PrinterFault.NONE,
        PrinterFault.PAPER_LOW,
        PrinterFault.BUFFER_LOST,
    }


async def test_the_simulated_printer_tells_its_state_unasked_when_it_is_told_to(
    simulated_printer: SimulatedReceiptPrinter,
) -> None:
    assert await exchanged(simulated_printer, b"\x1da\x0e") == "10 00 00 00"
    telling = asyncio.create_task(exchanged(simulated_printer, b""))
    await asyncio.sleep(0.05)
    simulated_printer.inflict(PrinterFault.COVER_OPEN)
    assert await telling == "38 00 00 00"
    simulated_printer.inflict(PrinterFault.NONE)
    await exchanged(simulated_printer, b"\x1da\x00")
    simulated_printer.inflict(PrinterFault.CUTTER)
    assert await exchanged(simulated_printer, b"") == ""
