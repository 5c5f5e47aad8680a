"""The terminal tells its backend how it is, and nothing of who was there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from huimin.v1 import terminal_pb2 as told
from structlog.testing import capture_logs

from backend.fleet.changes import What
from backend.fleet.standing import Problem
from backend.fleet.standing import Terminal as Known
from backend.storage import terminals
from backend_client.alerts import Alerts
from backend_client.door import Door
from foundation.life import beside
from hardware.simulators.receipt_printer import PrinterFault
from hardware.watch import watch
from kiosk.reporting import reporter
from kiosk.reporting.machine import room
from kiosk.reporting.reporter import Reporter
from kiosk.reporting.survey import Survey
from kiosk.visit import events as did
from kiosk.visit.pages import Cause, ServiceList
from kiosk.visit.pages import Door as HomeDoor
from tests.backend.house import House
from tests.kiosk.visit.terminal import BY_HAND, CARD, KEYS, Terminal, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAME = "hall-3"


@asynccontextmanager
async def reporting(at: Terminal, folder: Path) -> AsyncIterator[None]:
    """The terminal reports, and asks its devices how they are."""
    door = Door(at.client, at.outbox, Alerts(at.client, NAME), KEYS)
    survey = Survey(NAME, at.visit, at.devices, door, at.tally)
    async with beside(watch(at.devices.all.values(), seconds=0.1)), Reporter(survey, folder).running():
        yield


async def heard(house: House, is_so: Callable[[Known], object]) -> Known:
    """What the backend knows of the terminal, once it is so."""
    found = None
    async with asyncio.timeout(20):
        while found is None or not is_so(found):
            await asyncio.sleep(0.02)
            found = await house.database.read(terminals.one, NAME)
    return found


def device(known: Known, name: str) -> told.TerminalDevice:
    return next(one for one in known.report.devices if one.device == name)


async def forgotten(house: House) -> None:
    await house.database.write(terminals.forget, NAME)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pause in which the first picture is drawn, and without that between two reports."""
    monkeypatch.setattr(reporter, "FIRST", 0.0)
    monkeypatch.setattr(reporter, "GAP", 0.05)


async def test_an_office_sees_how_a_terminal_is_and_what_to_do(
    house: House, at: Terminal, tmp_path: Path
) -> None:
    async with reporting(at, tmp_path):
        known = await heard(
            house, lambda one: device(one, "receipt_printer").state == told.DEVICE_STATE_ONLINE
        )
        assert [one.device for one in known.report.devices] == ["identity_card_reader", "receipt_printer"]
        assert device(known, "identity_card_reader").simulated
        assert known.problems(known.last_time) == []
        versions, space, queue = known.report.versions, known.report.room, known.report.queue
        assert versions.software and versions.system.startswith("Linux") and len(versions.catalogue) == 12
        assert 0 < space.disk_free_bytes < space.disk_bytes
        assert 0 < space.program_bytes < space.memory_bytes
        assert queue.references == at.outbox.references

        at.printer.fault = PrinterFault.PAPER_OUT
        known = await heard(house, lambda one: device(one, "receipt_printer").findings)
        finding = device(known, "receipt_printer").findings[0]
        assert finding.code == "receipt_printer.paperOut"
        assert "纸" in finding.advice_zh_cn and "paper" in finding.advice_en
        at.visit.interrupt(1.0, Cause.POWER)
        known = await heard(house, lambda one: one.report.state == told.TERMINAL_STATE_OUT_OF_SERVICE)
        assert known.report.cause == told.OUT_OF_SERVICE_CAUSE_POWER
        at.visit.resume(Cause.POWER)
        await heard(house, lambda one: one.report.state == told.TERMINAL_STATE_IN_SERVICE)
    stopped = await heard(house, lambda one: one.report.state == told.TERMINAL_STATE_STOPPING)
    assert Problem.OUT_OF_SERVICE not in stopped.problems(stopped.last_time)
    entries = await house.database.read(terminals.history, NAME, 50)
    assert entries[-1].change.what is What.FIRST
    assert {entry.change.value for entry in entries if entry.change.what is What.SERVICE} == {"", "power"}
    await forgotten(house)


async def test_what_was_done_is_counted_and_nothing_is_told_of_who_did_it(
    house: House, at: Terminal, tmp_path: Path
) -> None:
    with capture_logs() as log:
        async with reporting(at, tmp_path):
            accepted = await at.accepted()
            at.do(did.PrintSlip())
            await eventually(lambda: at.tally.counts.slips == 1)
            at.visit.end("left")
            await at.page(ServiceList, did.OpenDoor(HomeDoor.SERVICES))
            at.visit.interrupt(0.0)  # is told at once
            known = await heard(house, lambda one: one.report.state == told.TERMINAL_STATE_OUT_OF_SERVICE)
            at.visit.resume()
    counts = known.report.counts
    assert (counts.visits, counts.applications, counts.slips) == (2, 1, 1)
    for text in (str(known.report), str(log)):
        assert CARD.identity_number not in text
        assert accepted.reference not in text
        assert BY_HAND["full_name"] not in text
    await forgotten(house)


async def test_what_happened_while_the_backend_was_away_is_told_as_it_is_now(
    house: House, at: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "AWAY", 0.3)
    async with reporting(at, tmp_path):
        await heard(house, lambda one: len(one.report.devices) == 2)
        await at.cable.pull_out()
        with capture_logs() as log:
            for _ in range(3):
                at.visit.interrupt(0.0)
                await asyncio.sleep(0.4)
                at.visit.resume()
                await asyncio.sleep(0.4)
            at.visit.interrupt(0.0)
            assert [one for one in log if one["event"] == "terminal_not_reported"][1:] == []
        before = len(await house.database.read(terminals.history, NAME, 50))
        await at.cable.plug_in()
        await heard(house, lambda one: one.report.state == told.TERMINAL_STATE_OUT_OF_SERVICE)
        after = await house.database.read(terminals.history, NAME, 50)
        assert [entry.change.subject for entry in after[: len(after) - before]] == ["out_of_service"]
        at.visit.resume()
    await forgotten(house)


async def test_the_room_of_a_folder_that_is_not_there_is_not_known(tmp_path: Path) -> None:
    found = room(tmp_path / "nowhere")
    assert (found.disk_free, found.disk) == (0, 0)
    assert found.memory > found.memory_free > 0
