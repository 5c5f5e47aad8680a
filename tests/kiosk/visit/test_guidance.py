"""The light at the device that a resident needs flashes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hardware.drivers import modbus_auxiliaries
from hardware.drivers.modbus_auxiliaries import ModbusAuxiliaries, ModbusOptions
from hardware.interfaces.auxiliaries import Light
from hardware.simulators.auxiliaries import SimulatedAuxiliaries
from hardware.simulators.line import LineFault
from kiosk.visit import events as did
from kiosk.visit.guidance import Guidance
from kiosk.visit.pages import CardWanted, Confirmation, Door, ProgressWays, ReferenceEntry, Slip
from tests.hardware.conftest import running
from tests.kiosk.visit.terminal import Terminal, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW_WHITE = 0x0107


@dataclass
class Lit:
    """A terminal whose lights can be seen."""

    at: Terminal
    board: SimulatedAuxiliaries
    guidance: Guidance

    def lights(self) -> dict[Light, int]:
        """Those that are not off."""
        return {light: shown for light in Light if (shown := self.board.light(light))}

    async def only(self, *lights: Light) -> None:
        """Waits until these flash, and no other."""
        await eventually(lambda: self.lights() == dict.fromkeys(lights, SLOW_WHITE))


@pytest_asyncio.fixture(loop_scope="module")
async def lit(at: Terminal, tmp_path: Path) -> AsyncIterator[Lit]:
    board = SimulatedAuxiliaries(tmp_path / "board", 0)
    async with running(board):
        driver = ModbusAuxiliaries(ModbusOptions(port=str(tmp_path / "board")))
        await driver.open()
        there = frozenset({Light.IDENTITY_CARD_READER, Light.CODE_READER, Light.RECEIPT_PRINTER})
        guidance = Guidance(at.visit, driver, there)
        at.visit.begin((*at.visit._chapters, guidance))
        yield Lit(at, board, guidance)
        await guidance.settle()
        await driver.close()


async def test_the_lights_lead_through_a_visit(lit: Lit) -> None:
    at = lit.at
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    await lit.only()
    await at.page(CardWanted, did.ByCard())
    await lit.only(Light.IDENTITY_CARD_READER)
    await at.page(ReferenceEntry, did.Back(), did.ByReference())
    await lit.only(Light.CODE_READER)
    at.do(did.GoHome())
    await lit.only()
    await at.accepted()
    at.do(did.PrintSlip())
    await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.PRINTED)
    assert isinstance(at.visit.page, Confirmation)
    await lit.only(Light.RECEIPT_PRINTER)
    at.do(did.LeaveAnyway())
    await lit.only()


async def test_pages_that_are_turned_fast_leave_no_light_behind(lit: Lit) -> None:
    at = lit.at
    for _ in range(10):
        at.do(did.OpenDoor(Door.PROGRESS), did.ByCard(), did.Back(), did.ByReference(), did.GoHome())
        await asyncio.sleep(0.005)
    await lit.only()


async def test_a_technician_finds_the_lights_free_and_they_are_right_again_after(lit: Lit) -> None:
    at = lit.at
    at.do(did.OpenDoor(Door.PROGRESS), did.ByCard())
    await lit.only(Light.IDENTITY_CARD_READER)
    at.visit.interrupt(60)
    await asyncio.wait_for(at.visit.turns.lend(), 5)
    at.do(did.LeaveAnyway())
    await asyncio.sleep(0.1)
    assert lit.lights() == {Light.IDENTITY_CARD_READER: SLOW_WHITE}  # the board is not ours
    at.visit.turns.take_back()
    at.visit.resume()
    await lit.only()


async def test_a_board_that_is_silent_holds_nobody_up(lit: Lit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_auxiliaries, "SETTLE_SECONDS", 0.05)
    at = lit.at
    lit.board.inflict(LineFault.SILENCE)
    began = time.monotonic()
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    assert time.monotonic() - began < 1.0
    at.do(did.GoHome())
    await lit.guidance.settle()
    lit.board.inflict(lit.board.own_faults("none"))


async def test_a_terminal_without_such_lights_switches_none(at: Terminal) -> None:
    dark = Guidance(at.visit, None, frozenset(Light))
    dark.page_changed(ReferenceEntry())
    await dark.settle()
