"""The printed slip, and printers that do not print."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_client.rating import Satisfaction
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.receipt_printer import PrintError
from hardware.simulators.receipt_printer import PrinterFault
from kiosk.visit import events as did
from kiosk.visit.pages import Confirmation, Home, ReasonEntry, Slip
from tests.kiosk.visit.terminal import Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def printed(at: Terminal) -> Confirmation:
    """Waits until the slip is printed, or not."""
    await at.until(lambda: confirmation(at).slip is not Slip.PRINTING)
    return confirmation(at)


def confirmation(at: Terminal) -> Confirmation:
    """The confirmation shown."""
    assert isinstance(at.visit.page, Confirmation)
    return at.visit.page


def slips(folder: Path) -> list[Path]:
    """Pictures of what came out of the printer."""
    return sorted((folder / "slips").glob("*.png"))


async def test_a_slip_is_printed_once_however_often_it_is_asked_for(at: Terminal, tmp_path: Path) -> None:
    accepted = await at.accepted()
    at.do(*[did.PrintSlip()] * 4)
    assert confirmation(at).slip is Slip.PRINTING
    done = await printed(at)
    assert (done.slip, done.slip_fault, done.accepted) == (Slip.PRINTED, None, accepted)
    at.do(did.PrintSlip())
    assert confirmation(at) == done
    await at.applications.settle()
    assert len(slips(tmp_path)) == 1


@pytest.mark.parametrize(
    ("fault", "completion", "code"),
    [
        (PrinterFault.PAPER_OUT, CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT),
        (PrinterFault.COVER_OPEN, CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN),
        (PrinterFault.CUTTER, CompletionCode.HARDWARE_ERROR, PrintError.CUTTER_FAIL),
    ],
)
async def test_a_slip_that_fails_says_why_and_can_be_printed_again(
    at: Terminal, tmp_path: Path, fault: PrinterFault, completion: CompletionCode, code: PrintError
) -> None:
    accepted = await at.accepted()
    at.printer.fault = fault
    at.do(did.PrintSlip())
    failed = await printed(at)
    assert failed.slip is Slip.FAILED
    assert failed.accepted == accepted
    assert isinstance(failed.slip_fault, DeviceError)
    assert (failed.slip_fault.completion, failed.slip_fault.code) == (completion, code)
    assert slips(tmp_path) == []
    at.printer.fault = PrinterFault.NONE
    at.do(did.PrintSlip())
    assert (await printed(at)).slip is Slip.PRINTED
    assert len(slips(tmp_path)) == 1


@pytest.mark.parametrize("paper", ["there", "out"])
async def test_a_page_that_is_turned_or_left_meanwhile_learns_what_became_of_its_slip(
    at: Terminal, paper: str
) -> None:
    at.printer.fault = PrinterFault.NONE if paper == "there" else PrinterFault.PAPER_OUT
    said = Slip.PRINTED if paper == "there" else Slip.FAILED
    await at.accepted()
    at.do(did.PrintSlip(), did.Turn(1.0))
    assert (await printed(at)).slip is said
    assert confirmation(at).place == 1.0
    if paper == "out":
        at.do(did.PrintSlip(), did.Rate(Satisfaction.DISSATISFIED), did.SayWhy())
        assert isinstance(at.visit.page, ReasonEntry)
        await at.applications.settle()
        at.do(did.Back())
        assert confirmation(at).slip is said
    at.printer.fault = PrinterFault.NONE


async def test_paper_that_runs_low_still_takes_a_slip(at: Terminal, tmp_path: Path) -> None:
    await at.accepted()
    at.printer.fault = PrinterFault.PAPER_LOW
    at.do(did.PrintSlip())
    assert (await printed(at)).slip is Slip.PRINTED
    assert len(slips(tmp_path)) == 1


async def test_a_printer_that_is_gone_is_said_so(at: Terminal) -> None:
    accepted = await at.accepted()
    at.printer.line.unplug()
    at.do(did.PrintSlip())
    failed = await printed(at)
    assert (failed.slip, failed.accepted) == (Slip.FAILED, accepted)
    at.printer.line.plug_in()
    at.do(did.PrintSlip())
    assert (await printed(at)).slip is Slip.PRINTED


async def test_a_slip_is_printed_to_its_end_when_the_resident_leaves(at: Terminal, tmp_path: Path) -> None:
    await at.accepted()
    assert isinstance(at.do(did.PrintSlip(), did.Leave()), Home)
    await at.applications.settle()
    assert isinstance(at.visit.page, Home)
    assert len(slips(tmp_path)) == 1
