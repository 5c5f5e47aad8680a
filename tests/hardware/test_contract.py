"""Every driver of the registry keeps to the contract, against its simulator or the real service.

A driver that has no line in BENCHES fails: a new one is a line in the registry and a line here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hardware.conformance.bench import Bench
from hardware.conformance.checks import CHECKS
from hardware.conformance.examination import Outcome, examine
from hardware.drivers import (
    creator_line,
    crt188_reader,
    crt541_dispenser,
    escpos_printer,
    gat467_reader,
    keynius_pad,
    smartpin_pad,
)
from hardware.interfaces import device
from hardware.interfaces.device import AnyDevice, DeviceError, DeviceStatus
from hardware.interfaces.media import Media
from hardware.registry import CLASSES
from hardware.simulators.auxiliaries import SimulatedAuxiliaries
from hardware.simulators.code_reader import SimulatedCodeReader
from hardware.simulators.crt188_reader import SimulatedCrt188Reader
from hardware.simulators.crt541_dispenser import SimulatedCrt541Dispenser
from hardware.simulators.device import SimulatedDevice
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.keynius_pad import SimulatedKeyniusPad
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from hardware.simulators.service_card import SimulatedServiceCard
from hardware.simulators.smartpin_pad import SimulatedSmartPinPad
from hardware.simulators.swipe_reader import SimulatedSwipeReader
from tests.hardware.conftest import running
from tests.hardware.cups import cups
from tests.hardware.nut import SUPPLY, nut
from tests.hardware.pcsc import READER, pcscd
from tests.kiosk.visit.cable import Cable

Make = Callable[..., AnyDevice]
"""Makes a driver with these options."""
BenchOf = Callable[[Make, Path], AbstractAsyncContextManager[Bench]]


@asynccontextmanager
async def simulated(
    kind: type[SimulatedDevice],
    make: Make,
    folder: Path,
    *,
    act: tuple[str, str] | None = None,
    undo: tuple[str, str] | None = None,
    options: Callable[[Path], Mapping[str, object]] = lambda folder: {},
) -> AsyncIterator[Bench]:
    """A simulated device as huimin-simulate has it. act, undo: an action, and what is given to it."""
    peer = kind.in_folder(folder, instant=True)

    async def do(action: tuple[str, str] | None, _: str) -> None:
        if action is not None:
            peer.act(*action)

    async def unplug() -> None:
        peer.line.unplug()

    async def plug() -> None:
        peer.line.plug_in()

    async def silence(silent: bool) -> None:
        peer.silent = silent

    async with running(peer):
        yield Bench(
            lambda: make(port=str(peer.line.name), **options(folder)),
            partial(do, act),
            partial(do, undo),
            unplug,
            plug,
            silence,
        )


async def there(driver: AnyDevice) -> None:
    """Waits until a service that was just started has its device."""
    async with asyncio.timeout(10):
        while (await driver.status()).device is not DeviceStatus.ONLINE:
            with suppress(DeviceError):
                await driver.open()
            await asyncio.sleep(0.05)
    await driver.close()


@asynccontextmanager
async def chip_card(make: Make, folder: Path) -> AsyncIterator[Bench]:
    with pcscd() as service:
        card = SimulatedServiceCard(service.port)
        beside = make(port=READER)

        async def insert(_: str) -> None:
            card.insert()

        async def remove(_: str) -> None:
            await card.remove()
            async with asyncio.timeout(10):  # the service looks a few times a second
                while (await beside.status()).media is Media.PRESENT:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

        async def stop() -> None:
            service.stop()

        async def start() -> None:
            service.start()

        try:
            await there(make(port=READER))
            await beside.open()
            yield Bench(lambda: make(port=READER), insert, remove, stop, start)
        finally:
            await beside.close()
            await card.remove()


@asynccontextmanager
async def documents(make: Make, folder: Path) -> AsyncIterator[Bench]:
    async with cups() as server:
        yield Bench(lambda: make(port=server.uri))


@asynccontextmanager
async def power(make: Make, folder: Path) -> AsyncIterator[Bench]:
    with nut() as server:
        cable = Cable(f"127.0.0.1:{server.port}")
        await cable.plug_in()
        address = f"{SUPPLY}@{cable.address}"
        try:
            await there(make(port=address))
            yield Bench(lambda: make(port=address), unplug=cable.pull_out, plug=cable.plug_in)
        finally:
            await cable.pull_out()


def on(kind: type[SimulatedDevice], **actions: Any) -> BenchOf:
    return lambda make, folder: simulated(kind, make, folder, **actions)


BENCHES: dict[tuple[str, str], BenchOf] = {
    ("identity_card_reader", "gat467"): on(
        SimulatedIdentityCardReader, act=("present", ""), undo=("lift", "")
    ),
    ("card_reader", "track2"): on(SimulatedSwipeReader, act=("swipe", "")),
    ("card_reader", "crt188"): on(SimulatedCrt188Reader, act=("insert", ""), undo=("free", "")),
    ("card_reader", "crt541"): on(SimulatedCrt541Dispenser),
    ("card_reader", "pcsc"): chip_card,
    ("pin_pad", "smartpin"): on(
        SimulatedSmartPinPad,
        act=("press", "1 2 3 4 enter"),
        options=lambda folder: {"prompt": folder / f"{SimulatedSmartPinPad.name}.prompt"},
    ),
    ("pin_pad", "keynius"): on(
        SimulatedKeyniusPad,
        act=("press", "1 2 3 4 enter"),
        options=lambda folder: {"table": folder / f"{SimulatedKeyniusPad.name}.toml"},
    ),
    ("receipt_printer", "escpos"): on(SimulatedReceiptPrinter),
    ("document_printer", "cups"): documents,
    ("code_reader", "serial"): on(SimulatedCodeReader, act=("hold", "")),
    ("auxiliaries", "modbus"): on(SimulatedAuxiliaries),
    ("power_supply", "nut"): power,
}
"""Where each driver of the registry is tried."""

DRIVERS = [(kind.name, driver) for kind in CLASSES.values() for driver in kind.drivers]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between two questions are not waited for in full: simulated devices answer at once."""
    monkeypatch.setattr(device, "REOPEN_SECONDS", 0.3)
    monkeypatch.setattr(gat467_reader, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", 0.05)
    for module in (gat467_reader, escpos_printer, creator_line, smartpin_pad):
        monkeypatch.setattr(module, "SETTLE_SECONDS", 0.1)
    for module in (crt188_reader, crt541_dispenser, keynius_pad, smartpin_pad):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.4)


@pytest.mark.parametrize(("kind", "driver"), DRIVERS, ids=["-".join(each) for each in DRIVERS])
async def test_every_driver_keeps_the_contract(kind: str, driver: str, tmp_path: Path) -> None:
    def make(**options: object) -> AnyDevice:
        given = CLASSES[kind].options({"driver": driver, **options})
        made: AnyDevice = CLASSES[kind].driver(driver)(given)
        return made

    async with BENCHES[kind, driver](make, tmp_path) as bench:
        results = [result async for result in examine(bench)]
    failed = [f"{one.check}: {one.reason}" for one in results if one.outcome is Outcome.FAILED]
    assert not failed, "\n".join(failed)
    assert len(results) == len(CHECKS)
    kept = [one.check for one in results if one.outcome is Outcome.KEPT]
    assert len(kept) >= 8, kept


def test_every_bench_is_of_a_driver_that_there_is() -> None:
    assert set(BENCHES) == set(DRIVERS)
