"""Booking at the terminal, changing what was booked, and tickets for the queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, delete

from backend.settings import PACKAGED
from backend.storage import appointments
from backend.storage.appointments import Time
from backend.storage.tables import AppointmentRow, SlotRow, TicketCount, TicketRow
from backend_client.appointment import AppointmentState
from backend_client.errors import CountersClosed, Unreachable
from backend_client.forms.answer import Problem
from kiosk.visit import events as did
from kiosk.visit.pages import (
    AppointmentServices,
    CancelQuestion,
    CaseHistory,
    Confirmation,
    Declaration,
    Door,
    Introduction,
    MovingAppointment,
    ProgressWays,
    Question,
    ReferenceEntry,
    Review,
    ServiceGuide,
    Slip,
    SlotQuestion,
    SuffixEntry,
    TicketIssued,
)
from tests.backend import house as running
from tests.backend.house import Clock, House
from tests.kiosk.visit.terminal import CARD, SUFFIX, Terminal, eventually, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONDAY = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""Ten o'clock in the county."""
TUESDAY = date(2026, 12, 1)
NINE, TEN = "2026-12-01T09:00@property-registration", "2026-12-01T10:00@property-registration"
BY_HAND = {
    "matter": "sale",
    "full_name": "李试填",
    "identity_number": CARD.identity_number,
    "phone": "13800000000",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The demonstration content on a Monday morning."""
    folder = tmp_path_factory.mktemp("appointments")
    async with running.house(folder / "data", content=PACKAGED, clock=Clock(MONDAY)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def at(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal at that backend, whose clock begins on Monday again."""
    house.clock.moment = MONDAY
    async with terminal(house.address, tmp_path) as here:
        yield here
        await house.database.write(_forget)


def _forget(connection: Connection) -> None:
    """Nothing is booked for the next test."""
    for table in (TicketRow, TicketCount, AppointmentRow, SlotRow):
        connection.execute(delete(table))


async def slot_question(at: Terminal, service: str = "services/property-registration") -> SlotQuestion:
    """From the home page to the days."""
    listed = await at.page(AppointmentServices, did.OpenDoor(Door.APPOINTMENTS))
    one = next(s for s in listed.services if s.name == service)
    await at.page(ServiceGuide, did.OpenService(one))
    await at.page(Introduction, did.Apply())
    page = at.do(did.Next())
    if not isinstance(page, Question):
        await at.page(Question, did.Skip())
    while not isinstance(at.visit.page, SlotQuestion):
        at.answer(BY_HAND[at.question.field.id])
    return await days(at)


async def days(at: Terminal) -> SlotQuestion:
    """Waits until the days are there."""
    await at.until(lambda: isinstance(at.visit.page, SlotQuestion) and at.visit.page.days is not None)
    assert isinstance(at.visit.page, SlotQuestion)
    return at.visit.page


async def booked(at: Terminal, slot: str = NINE) -> Confirmation:
    """From the home page to the confirmation of a booking."""
    await slot_question(at)
    at.do(did.ChooseDay(TUESDAY), did.Choose(slot), did.Next())
    await at.page(Review)
    await at.page(Declaration, did.Next())
    return await at.page(Confirmation, did.Send())


async def case_page(at: Terminal, reference: str) -> CaseHistory:
    """From the home page to the case."""
    await at.page(ProgressWays, did.GoHome(), did.OpenDoor(Door.PROGRESS))
    await at.page(ReferenceEntry, did.ByReference())
    await at.page(SuffixEntry, did.Insert(reference), did.Next())
    return await at.page(CaseHistory, did.Insert(SUFFIX), did.Next())


async def fill(house: House, slot: str, places: int) -> None:
    """Somebody else takes places."""
    start = datetime.fromisoformat(f"{slot[:16]}+08:00")
    for _ in range(places):
        time = Time("property-registration", start, 30, 3)
        assert await house.database.write(appointments.take, time)


async def test_a_time_is_chosen_by_day_and_booked_with_the_form(at: Terminal, tmp_path: Path) -> None:
    page = await slot_question(at)
    assert page.counters and "不动产" in page.counters.title.zh_cn
    assert page.days and page.days[0].day == date(2026, 11, 30)
    chosen = at.do(did.ChooseDay(TUESDAY))
    assert isinstance(chosen, SlotQuestion) and chosen.day == TUESDAY
    back = at.do(did.Back())
    assert isinstance(back, SlotQuestion) and back.day is None
    at.do(did.ChooseDay(TUESDAY), did.Choose(NINE), did.Next())
    review = await at.page(Review)
    line = next(line for line in review.summary[at.visit.language] if line.field.id == "appointment")
    assert line.text == "2026年12月1日 星期二 上午9:00"
    await at.page(Declaration, did.Next())
    done = await at.page(Confirmation, did.Send())
    assert done.booked and done.booked.at == datetime(2026, 12, 1, 9, 0)
    assert done.booked.place and "二楼" in done.booked.place.zh_cn and len(done.booked.materials) == 3
    at.do(did.PrintSlip())
    await at.until(lambda: isinstance(at.visit.page, Confirmation) and at.visit.page.slip is Slip.PRINTED)
    assert len(list((tmp_path / "slips").glob("*.png"))) == 1


async def test_who_is_too_late_by_a_moment_chooses_again_and_loses_nothing(
    at: Terminal, house: House
) -> None:
    await slot_question(at)
    at.do(did.ChooseDay(TUESDAY), did.Choose(NINE), did.Next())
    await at.page(Declaration, did.Next())
    await fill(house, NINE, 3)
    await at.page(SlotQuestion, did.Send())
    page = await days(at)
    assert page.error and page.error.problem is Problem.SLOT_TAKEN
    assert page.entered == "" and page.checking
    assert (
        page.days
        and next(slot.free for day in page.days for slot in day.slots if slot.slot.name == NINE) == 0
    )
    at.do(did.ChooseDay(TUESDAY), did.Choose(TEN), did.Next())
    await at.page(Review)
    await at.page(Declaration, did.Next())
    done = await at.page(Confirmation, did.Send())
    case = await case_page(at, done.accepted.reference)
    assert case.case.appointment and case.case.appointment.slot.name == TEN


async def test_what_others_take_shows_as_full_while_it_is_looked_at(at: Terminal, house: House) -> None:
    await slot_question(at)
    at.do(did.ChooseDay(TUESDAY))
    await fill(house, NINE, 3)

    def full() -> bool:
        page = at.visit.page
        assert isinstance(page, SlotQuestion) and page.days and page.day == TUESDAY
        return any(slot.slot.name == NINE and slot.free == 0 for day in page.days for slot in day.slots)

    await at.until(full)


async def test_without_a_line_there_are_no_days_and_trying_again_brings_them(at: Terminal) -> None:
    await slot_question(at)
    at.do(did.Back())
    await at.cable.pull_out()
    at.do(did.Enter("13800000000"), did.Next())
    await at.until(lambda: isinstance(at.visit.page, SlotQuestion) and at.visit.page.failure is not None)
    page = at.visit.page
    assert isinstance(page, SlotQuestion) and isinstance(page.failure, Unreachable)
    await at.cable.plug_in()
    await at.client.until_back()
    at.do(did.TryAgain())
    assert (await days(at)).days


async def test_a_booking_that_waits_for_the_line_says_that_it_is_not_confirmed(at: Terminal) -> None:
    await slot_question(at)
    at.do(did.ChooseDay(TUESDAY), did.Choose(NINE), did.Next())
    await at.page(Declaration, did.Next())
    await at.cable.pull_out()
    done = await at.page(Confirmation, did.Send())
    assert not done.accepted.delivered and done.booked
    await at.cable.plug_in()
    await eventually(lambda: at.outbox.waiting == 0, 20)
    case = await case_page(at, done.accepted.reference)
    assert case.case.appointment and case.case.appointment.state is AppointmentState.BOOKED


async def test_an_appointment_is_moved_and_cancelled_in_progress(at: Terminal) -> None:
    reference = (await booked(at)).accepted.reference
    case = await case_page(at, reference)
    assert case.case.appointment and case.case.appointment.changeable
    await at.page(MovingAppointment, did.MoveAppointment())
    await days(at)
    at.do(did.ChooseDay(TUESDAY), did.Choose(TEN))
    moved = await at.page(CaseHistory, did.Next())
    assert moved.case.appointment and moved.case.appointment.slot.name == TEN
    await at.page(CancelQuestion, did.CancelAppointment())
    await at.page(CaseHistory, did.KeepAppointment())
    await at.page(CancelQuestion, did.CancelAppointment())
    ended = await at.page(CaseHistory, did.CancelAppointment())
    assert ended.case.appointment and ended.case.appointment.state is AppointmentState.CANCELLED
    assert not ended.case.appointment.changeable


async def test_who_has_come_checks_in_and_gets_a_ticket_on_paper(at: Terminal, house: House) -> None:
    reference = (await booked(at)).accepted.reference
    house.clock.moment = datetime(2026, 12, 1, 0, 45, tzinfo=UTC)
    case = await case_page(at, reference)
    assert case.case.appointment and case.case.appointment.check_in_open
    page = await at.page(TicketIssued, did.CheckIn())
    assert (page.ticket.number, page.ticket.appointment) == ("D001", True)
    await at.until(lambda: isinstance(at.visit.page, TicketIssued) and at.visit.page.slip is Slip.PRINTED)


async def test_a_ticket_takes_two_touches(at: Terminal) -> None:
    listed = await at.page(AppointmentServices, did.OpenDoor(Door.APPOINTMENTS))
    await at.until(lambda: isinstance(at.visit.page, AppointmentServices) and bool(at.visit.page.queues))
    one = next(s for s in listed.services if s.name == "services/property-registration")
    page = await at.page(TicketIssued, did.TakeTicket(one))
    assert (page.ticket.number, page.ticket.ahead) == ("C001", 0)
    await at.until(lambda: isinstance(at.visit.page, TicketIssued) and at.visit.page.slip is Slip.PRINTED)
    await at.page(AppointmentServices, did.GoHome(), did.OpenDoor(Door.APPOINTMENTS))
    again = await at.page(TicketIssued, did.TakeTicket(one))
    assert (again.ticket.number, again.ticket.ahead, again.ticket.wait_minutes) == ("C002", 1, 15)


async def test_closed_counters_say_when_they_open(at: Terminal, house: House) -> None:
    house.clock.moment = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)  # a Saturday
    listed = await at.page(AppointmentServices, did.OpenDoor(Door.APPOINTMENTS))
    one = next(s for s in listed.services if s.name == "services/property-registration")
    trouble = await at.trouble(did.TakeTicket(one))
    assert isinstance(trouble, CountersClosed) and trouble.opens == datetime(2026, 11, 30, 9, 0)
