"""The screen is dark while nobody is near, and lit when somebody comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from backend_client.alert import Alert
from hardware.drivers.modbus_auxiliaries import ModbusAuxiliaries, ModbusOptions
from hardware.simulators.auxiliaries import SimulatedAuxiliaries
from hardware.simulators.line import LineFault
from kiosk.presence import Presence
from kiosk.visit import events as did
from tests.hardware.conftest import running
from tests.kiosk.alert_samples import alert
from tests.kiosk.visit.terminal import Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

AFTER = 0.15


@dataclass
class Street:
    """A terminal, and who stands before it."""

    at: Terminal
    board: SimulatedAuxiliaries
    driver: ModbusAuxiliaries

    async def dark(self, *, so: bool = True) -> None:
        await self.at.until(lambda: self.at.visit.view.dark is so, 4)

    async def stays_lit(self) -> None:
        await asyncio.sleep(3 * AFTER)
        assert not self.at.visit.view.dark


@pytest_asyncio.fixture(loop_scope="module")
async def street(at: Terminal, tmp_path: Path) -> AsyncIterator[Street]:
    board = SimulatedAuxiliaries(tmp_path / "board", 0)
    async with running(board):
        driver = ModbusAuxiliaries(ModbusOptions(port=str(tmp_path / "board")))
        await driver.open()
        await driver.status()
        presence = Presence(at.visit, driver, after=AFTER, look=0.02)
        presence.open()
        yield Street(at, board, driver)
        presence.close()
        await driver.close()


async def test_it_is_dark_while_nobody_is_near_and_lit_when_somebody_comes(street: Street) -> None:
    await street.at.idle()
    await street.dark()
    street.board.act("approach", "")
    await street.dark(so=False)
    await street.driver.status()
    await street.stays_lit()
    street.board.act("leave", "")
    await street.driver.status()
    await street.dark()


async def test_an_answer_that_was_on_its_way_does_not_darken_it_again(street: Street) -> None:
    await street.at.idle()
    await street.dark()
    seen = []
    street.at.visit.changed = lambda: seen.append(street.at.visit.view.dark)
    for _ in range(20):
        street.at.visit.touched()
        await asyncio.sleep(0.03)
    assert seen and not any(seen)


async def test_a_touch_lights_it_and_it_stays_lit_as_long_as_somebody_is_there(street: Street) -> None:
    await street.at.idle()
    await street.dark()
    street.at.visit.touched()
    await street.dark(so=False)
    await street.stays_lit()
    street.at.do(did.LeaveAnyway())
    await street.dark()


@pytest.mark.parametrize("fault", [LineFault.SILENCE, LineFault.VANISH])
async def test_a_sensor_that_is_gone_keeps_no_screen_dark(street: Street, fault: LineFault) -> None:
    await street.at.idle()
    await street.dark()
    street.board.inflict(fault)
    await street.dark(so=False)
    await street.stays_lit()


async def test_what_has_to_be_read_from_afar_is_lit(street: Street) -> None:
    await street.at.idle()
    await street.dark()
    visit = street.at.visit
    visit.interrupt(60)
    assert not visit.view.dark
    await street.stays_lit()
    visit.resume()
    await street.dark()
    warned: Alert = alert()
    visit.warn((warned,))
    await street.dark(so=False)
    visit.warn(())
