"""What is booked at a terminal is heard, moved and cancelled by telephone, and seen at the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from backend.settings import PACKAGED
from backend_client.appointment import AppointmentState
from kiosk.visit import events as did
from kiosk.visit.pages import AppointmentServices, Door
from tests.backend import house as running
from tests.backend.house import Clock, House
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.kiosk.visit.terminal import SUFFIX, terminal
from tests.kiosk.visit.test_appointment import NINE, TEN, booked, case_page

MONDAY = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""Ten o'clock in the county."""


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The demonstration content on a Monday morning."""
    async with running.house(tmp_path / "data", PACKAGED, Clock(MONDAY)) as started:
        yield started


async def test_booked_at_a_terminal_moved_by_telephone_seen_at_the_terminal_cancelled_by_telephone(
    house: House, tmp_path: Path
) -> None:
    phone = Phone(County(house.data, PACKAGED), tmp_path / "phone", house.address)
    await phone.open()
    try:
        async with terminal(house.address, tmp_path) as at:
            reference = (await booked(at, NINE)).accepted.reference
            at.do(did.GoHome())
            keys = SUFFIX.replace("X", "*")
            # Change it; to another time; the second day, more times no, the third of them; this one.
            heard = await phone.call(f"3 {reference} {keys}\n5\n1\n2\n3\n1\n!")
            assert "您预约的时间是十二月一日星期二上午九点。" in heard.text
            assert heard.said("appointment.BOOKED") == "您预约的时间是十二月一日星期二上午十点。"
            case = (await case_page(at, reference)).case
            assert case.appointment and case.appointment.slot.name == TEN
            assert case.events[-1].note == "已改约到2026年12月1日 星期二 上午10:00。"
            over = await phone.call(f"3 {reference} {keys}\n5\n2\n1\n!")
            assert "appointment.CANCELLED" in over.prompts
            case = (await case_page(at, reference)).case
            assert case.appointment and case.appointment.state is AppointmentState.CANCELLED
            listed = await at.page(AppointmentServices, did.GoHome(), did.OpenDoor(Door.APPOINTMENTS))
            assert listed.services
    finally:
        await phone.close()
