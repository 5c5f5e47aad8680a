"""The watch: it tells of every change, gets a lost device back, and never dies in silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hardware import watch as module
from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.interfaces.device import AnyDevice, DeviceError, DeviceStatus, Event, StatusChanged
from hardware.interfaces.receipt_printer import ReceiptPrinterStatus, TextLine
from hardware.simulators.receipt_printer import PrinterFault, SimulatedReceiptPrinter
from hardware.store import Store, events, statistics
from hardware.watch import watch
from tests.hardware.conftest import until

QUICK = 0.05


@asynccontextmanager
async def watching(device: AnyDevice, store: Store | None = None) -> AsyncIterator[list[DeviceStatus]]:
    """Watches a device; gives the states that a subscriber is told of."""
    told: list[DeviceStatus] = []

    def tell(event: Event) -> None:
        if isinstance(event, StatusChanged):
            told.append(event.now.device)

    end = device.subscribe(tell)
    task = asyncio.create_task(watch([device], store, QUICK))
    try:
        yield told
        assert not task.done(), task
    finally:
        end()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_subscribers_are_told_of_every_change_and_of_nothing_else(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    async with watching(printer) as told:
        await until(lambda: told == [DeviceStatus.ONLINE])
        simulated_printer.fault = PrinterFault.COVER_OPEN
        await until(lambda: told[-1] is DeviceStatus.OFFLINE)
        simulated_printer.fault = PrinterFault.NONE
        await until(lambda: told[-1] is DeviceStatus.ONLINE)
        await asyncio.sleep(0.3)
        assert told == [DeviceStatus.ONLINE, DeviceStatus.OFFLINE, DeviceStatus.ONLINE]


async def test_an_unplugged_device_comes_back_by_itself(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    async with watching(printer) as told:
        await until(lambda: told == [DeviceStatus.ONLINE])
        for _ in range(3):
            simulated_printer.line.unplug()
            await until(lambda: told[-1] is DeviceStatus.NO_DEVICE)
            simulated_printer.line.plug_in()
            await until(lambda: told[-1] is DeviceStatus.ONLINE)
        await printer.print_slip((TextLine("back"),))


async def test_a_device_that_stays_away_is_asked_less_and_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.32)
    absent = EscposPrinter(EscposOptions(port=str(tmp_path / "absent")))
    with pytest.raises(DeviceError):
        await absent.open()
    asked: list[float] = []
    opened = absent._open

    async def counted() -> None:
        asked.append(asyncio.get_running_loop().time())
        await opened()

    monkeypatch.setattr(absent, "_open", counted)
    async with watching(absent):
        await until(lambda: len(asked) >= 7)
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses[0] < 0.1
    assert pauses[3] > pauses[1]
    assert max(pauses) < 1.0
    await absent.close()


@pytest.mark.parametrize("fault", [PrinterFault.COVER_OPEN, PrinterFault.PAPER_OUT, PrinterFault.HOT])
async def test_a_device_that_answers_is_asked_as_often_even_where_it_cannot_work(
    printer: EscposPrinter,
    simulated_printer: SimulatedReceiptPrinter,
    monkeypatch: pytest.MonkeyPatch,
    fault: PrinterFault,
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 30.0)
    async with watching(printer) as told:
        await until(lambda: told == [DeviceStatus.ONLINE])
        simulated_printer.fault = fault
        await until(lambda: told[-1] is DeviceStatus.OFFLINE)
        await asyncio.sleep(0.3)
        simulated_printer.fault = PrinterFault.NONE
        await until(lambda: told[-1] is DeviceStatus.ONLINE)


async def test_a_device_that_does_not_answer_is_asked_less_and_less(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 30.0)
    async with watching(printer) as told:
        await until(lambda: told == [DeviceStatus.ONLINE])
        simulated_printer.silent = True
        await until(lambda: told[-1] is DeviceStatus.OFFLINE, 10.0)
        simulated_printer.silent = False
        await asyncio.sleep(1.0)
        assert told[-1] is DeviceStatus.OFFLINE


async def test_a_command_that_fails_is_looked_into_at_once(
    printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter
) -> None:
    told: list[DeviceStatus] = []
    task = asyncio.create_task(watch([printer], None, 60.0))
    await until(lambda: printer.last_status.device is DeviceStatus.ONLINE)
    printer.subscribe(
        lambda event: told.append(event.now.device) if isinstance(event, StatusChanged) else None
    )
    simulated_printer.line.unplug()
    with pytest.raises(DeviceError):
        await printer.print_slip((TextLine("gone"),))
    await until(lambda: DeviceStatus.NO_DEVICE in told)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_failure_in_the_watch_is_an_event_and_it_goes_on(
    printer: EscposPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "data")
    asked = 0
    status = printer.status

    async def failing() -> ReceiptPrinterStatus:
        nonlocal asked
        asked += 1
        if asked <= 2:
            raise RuntimeError("13800000000")  # what an error says may be personal
        return await status()

    monkeypatch.setattr(printer, "status", failing)
    async with watching(printer, store) as told:
        await until(lambda: told == [DeviceStatus.ONLINE])
    kept = [one for one in events(tmp_path / "data") if one.name == "watch_failed"]
    assert [(one.completion, one.detail) for one in kept] == [("internalError", "RuntimeError")] * 2
    assert ("watch_failures", 2) in {(one.name, one.value) for one in statistics(tmp_path / "data")}


async def test_a_question_that_hangs_is_given_up(
    printer: EscposPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HUNG_SECONDS", 0.1)
    store = Store(tmp_path / "data")
    hanging = asyncio.Event()

    async def hang() -> ReceiptPrinterStatus:
        await hanging.wait()
        return ReceiptPrinterStatus()

    monkeypatch.setattr(printer, "status", hang)
    async with watching(printer, store):
        await asyncio.sleep(0.4)
    assert {one.detail for one in events(tmp_path / "data")} == {"TimeoutError"}


@pytest.mark.parametrize("mistake", [lambda event: 1 / 0])
async def test_a_subscriber_that_fails_harms_nobody(
    printer: EscposPrinter,
    simulated_printer: SimulatedReceiptPrinter,
    mistake: Callable[[Event], None],
) -> None:
    printer.subscribe(mistake)
    async with watching(printer) as told:
        await until(lambda: told == [DeviceStatus.ONLINE])
        simulated_printer.fault = PrinterFault.PAPER_OUT
        await until(lambda: told[-1] is DeviceStatus.OFFLINE)
