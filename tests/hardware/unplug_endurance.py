"""``python -m tests.hardware.unplug_endurance``: serial devices whose plug is pulled over and over.

An identity card reader and a receipt printer, each at its own pseudo-terminal. The plug is pulled, in every
other turn in the middle of a card or of a slip. It is put back, and the one driver that was opened at the
start reads a card, or prints a slip. At the end there are as many threads and open files as at the start, and
the memory has not grown.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from foundation.log import start_log
from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.drivers.serial_device import SerialOptions
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.receipt_printer import TextLine
from hardware.simulators import cards, identity_card_reader, receipt_printer
from hardware.simulators.device import SimulatedDevice
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from tests.hardware.conftest import running
from tests.hardware.endurance import Figures, Report

WARM_UP = 5
"""Turns before anything is counted."""
GONE = (CompletionCode.CONNECTION_LOST, CompletionCode.DEVICE_NOT_READY)
"""What whoever is at work while the plug is pulled is told."""
SLIP = (TextLine("惠民 endurance"),)


async def endure_reader(folder: Path, turns: int) -> Report:
    """Fails with the first card that is not read."""
    device = SimulatedIdentityCardReader(folder / "reader", identity_card_reader.INSTANT)
    card = cards.load(cards.DEFAULT)
    content = card.content()
    driver = Gat467Reader(SerialOptions(port=str(folder / "reader")))

    async def read() -> None:
        device.present(content)
        record = await driver.read_card(timeout=5.0)
        assert record.identity_number == card.identity_number
        device.lift()

    async with running(device):
        await driver.open()
        try:
            return await _endure(turns, device, "read", read)
        finally:
            await driver.close()


async def endure_printer(folder: Path, turns: int) -> Report:
    """Fails with the first slip that is not on paper."""
    slips = folder / "slips"
    device = SimulatedReceiptPrinter(folder / "printer", slips, "SIMULATED", receipt_printer.INSTANT)
    driver = EscposPrinter(EscposOptions(port=str(folder / "printer")))

    async def print_slip() -> None:
        before = device.last_slip
        await driver.print_slip(SLIP)
        assert device.last_slip is not None
        assert device.last_slip != before

    async with running(device):
        await driver.open()
        try:
            return await _endure(turns, device, "line", print_slip)
        finally:
            await driver.close()


async def _endure(
    turns: int, device: SimulatedDevice, inside: str, work: Callable[[], Awaitable[None]]
) -> Report:
    """inside: the command that reaches the device in the middle of the work."""
    for turn in range(WARM_UP):
        await _once(device, inside if turn % 2 else "", work)
    before = Figures.now()
    seconds = [await _once(device, inside if turn % 2 else "", work) for turn in range(turns)]
    return Report(before, Figures.now(), tuple(seconds))


async def _once(device: SimulatedDevice, inside: str, work: Callable[[], Awaitable[None]]) -> float:
    """The plug is pulled and put back; seconds from then to the work done."""
    if inside:
        device.upon(inside, device.line.unplug)
    else:
        device.line.unplug()
        device.line.plug_in()
    try:
        await work()
        raise AssertionError("nobody noticed that the plug was pulled")
    except DeviceError as error:
        if error.completion not in GONE:
            raise
    device.line.plug_in()
    began = time.monotonic()
    await work()
    return time.monotonic() - began


async def _main(turns: int) -> int:
    leaked = False
    for name, endure in (("identity card reader", endure_reader), ("receipt printer", endure_printer)):
        with tempfile.TemporaryDirectory() as folder:
            report = await endure(Path(folder), turns)
        print(f"{name}: {report.turns} times unplugged and plugged\n{report}", flush=True)
        leaked = leaked or bool(report.grown)
    return 1 if leaked else 0


def main() -> int:
    """Prints what came of it; 1 where something leaks."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=200)
    given = options.parse_args()
    start_log("unplug-endurance")
    return asyncio.run(_main(given.turns))


if __name__ == "__main__":
    sys.exit(main())
