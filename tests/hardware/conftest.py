"""Simulated devices on real pseudo-terminals, and drivers opened on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.drivers.serial_device import SerialOptions
from hardware.simulators import identity_card_reader, receipt_printer
from hardware.simulators.device import SimulatedDevice
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter


@asynccontextmanager
async def running(device: SimulatedDevice) -> AsyncIterator[None]:
    """Runs a simulated device; fails if it ended by itself."""
    task = asyncio.create_task(device.run())
    while not device.line.plugged_in:
        await asyncio.sleep(0)
        assert not task.done(), task
    try:
        yield
        assert not task.done(), "the simulated device ended"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(is_so: Callable[[], object], seconds: float = 5.0) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 (it looks at the world outside of the loop)
            await asyncio.sleep(0.01)


@pytest.fixture
async def simulated_reader(tmp_path: Path) -> AsyncIterator[SimulatedIdentityCardReader]:
    device = SimulatedIdentityCardReader(tmp_path / "reader", identity_card_reader.INSTANT)
    async with running(device):
        yield device


@pytest.fixture
async def reader(simulated_reader: SimulatedIdentityCardReader) -> AsyncIterator[Gat467Reader]:
    driver = Gat467Reader(SerialOptions(port=str(simulated_reader.line.name)))
    await driver.open()
    yield driver
    await driver.close()


@pytest.fixture
async def simulated_printer(tmp_path: Path) -> AsyncIterator[SimulatedReceiptPrinter]:
    device = SimulatedReceiptPrinter(
        tmp_path / "printer", tmp_path / "slips", "SIMULATED", receipt_printer.INSTANT
    )
    async with running(device):
        yield device


@pytest.fixture
async def printer(simulated_printer: SimulatedReceiptPrinter) -> AsyncIterator[EscposPrinter]:
    driver = EscposPrinter(EscposOptions(port=str(simulated_printer.line.name)))
    await driver.open()
    yield driver
    await driver.close()
