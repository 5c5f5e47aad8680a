"""The mains fail while a terminal serves: it goes on with the battery, and ends in order before that does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from foundation.language import Language, translator
from hardware.drivers.nut_power_supply import NutOptions, NutPowerSupply
from hardware.interfaces.device import DeviceError
from hardware.interfaces.power_supply import PowerSource
from kiosk.power import PowerWatch
from kiosk.slip import LOCALE
from kiosk.visit import events as did
from kiosk.visit.pages import Cause, Ending, Home, OutOfService, Question
from tests.hardware.nut import Nut, nut
from tests.kiosk.visit.terminal import LETTER, Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOW = {"ups_status": "OB LB DISCHRG", "battery_charge": "8", "battery_runtime": "120"}


@dataclass
class Power:
    """The terminal's supply, and the hand at its plug."""

    at: Terminal
    nut: Nut
    supply: NutPowerSupply
    watch: PowerWatch

    async def becomes(self, charge: int) -> None:
        """Waits until the terminal knows: it asks again and again, as its watch does."""
        async with asyncio.timeout(8):
            while (await self.supply.status()).charge != charge:  # noqa: ASYNC110 (it asks each time)
                await asyncio.sleep(0.05)

    def said(self) -> Ending | None:
        """What whoever is there is told of the end."""
        return self.at.visit.view.ending

    def cause(self) -> Cause | None:
        """Why the terminal is out of service."""
        page = self.at.visit.view.page
        return page.cause if isinstance(page, OutOfService) else None


@pytest.fixture(scope="module")
def running() -> Iterator[Nut]:
    with nut() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def power(at: Terminal, running: Nut) -> AsyncIterator[Power]:
    running.tell()
    supply = NutPowerSupply(NutOptions(port=running.address))
    async with asyncio.timeout(10):
        while (await _opened(supply)) is not PowerSource.MAINS:  # noqa: ASYNC110 (it asks each time)
            await asyncio.sleep(0.05)
    watch = PowerWatch(at.visit, supply, keep=60, finish=0.5)
    watch.open()
    yield Power(at, running, supply, watch)
    watch.close()
    await supply.close()


async def _opened(supply: NutPowerSupply) -> PowerSource:
    try:
        await supply.open()
    except DeviceError:
        return PowerSource.UNKNOWN
    return (await supply.status()).source


async def test_on_battery_residents_are_served_and_at_its_end_they_are_told(power: Power) -> None:
    at = power.at
    await at.idle()
    power.nut.tell(ups_status="OB DISCHRG", battery_charge="70")
    await power.becomes(70)
    assert power.cause() is None
    await at.first_question(LETTER)
    at.do(did.Enter("李试"))
    power.nut.tell(**LOW)
    await power.becomes(8)
    assert power.cause() is None  # who is there may finish, and is told
    assert power.said() == Ending(Cause.POWER, 0)
    at.do(did.Enter("李试填"), did.Noted())
    assert power.said() is None
    await at.until(lambda: power.cause() is Cause.POWER, 3)
    assert at.visit.view.leave
    power.nut.tell(ups_status="OL CHRG", battery_charge="9")
    await power.becomes(9)
    assert power.cause() is None
    assert isinstance(at.visit.page, Question)
    assert at.question.entered == "李试填"  # nothing entered is lost


async def test_with_nobody_there_it_is_out_of_service_at_once_and_a_technician_may_come_and_go(
    power: Power,
) -> None:
    at = power.at
    at.do(did.LeaveAnyway())
    await at.idle()
    power.nut.tell(**LOW)
    await power.becomes(8)
    await at.until(lambda: power.cause() is Cause.POWER, 1)
    at.visit.interrupt(60)
    assert power.cause() is Cause.TECHNICIAN
    await power.supply.close()  # the technician has it: nobody knows how the power is
    assert (await power.supply.status()).source is PowerSource.UNKNOWN
    await power.supply.open()
    at.visit.resume()
    assert power.cause() is Cause.POWER
    power.nut.tell(battery_charge="12")
    await power.becomes(12)
    assert power.cause() is None
    assert isinstance(at.visit.view.page, Home)


async def test_the_mains_that_come_back_in_time_interrupt_nobody(power: Power) -> None:
    at = power.at
    power.watch._finish = 30
    await at.first_question(LETTER)
    power.nut.tell(**LOW)
    await power.becomes(8)
    assert power.said() == Ending(Cause.POWER, 30)
    power.nut.tell()
    await power.becomes(100)
    assert power.said() is None
    at.do(did.LeaveAnyway())
    await at.idle()
    assert power.cause() is None


async def test_a_terminal_without_a_supply_has_nothing_to_watch(at: Terminal) -> None:
    watch = PowerWatch(at.visit, None, keep=60, finish=60)
    watch.open()
    watch.close()
    assert not isinstance(at.visit.view.page, OutOfService)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("cause", Cause)
async def test_why_it_is_out_of_service_is_said_in_both_languages(language: Language, cause: Cause) -> None:
    assert translator("kiosk", LOCALE, language)(f"out_of_service.{cause.value}")
