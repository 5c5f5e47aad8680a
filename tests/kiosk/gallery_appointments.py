"""Pages of appointments and tickets, in every state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from backend_client import errors
from backend_client.appointment import (
    Appointment,
    AppointmentState,
    Counters,
    OfferedSlot,
    Queue,
    SlotDay,
    Ticket,
)
from backend_client.case import Case, CaseEvent, CaseState
from backend_client.catalog import Service
from backend_client.forms.answer import AnswerError, Problem
from backend_client.forms.form import Form
from backend_client.forms.slot import Slot
from backend_client.submission import Accepted
from foundation.language import LocalizedText
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.receipt_printer import PrintError
from kiosk.visit import pages
from kiosk.visit.pages import Page
from tests.kiosk.references import reference

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
NINE = Slot(datetime(2026, 11, 23, 9, 0), "vaccination-clinic")
COUNTERS = Counters(
    name="counters/vaccination-clinic",
    title=LocalizedText("预防接种门诊", "Vaccination clinic"),
    place=LocalizedText(
        "城关镇卫生院一楼预防接种门诊",
        "Vaccination clinic on the ground floor of the Chengguan Town health centre",
    ),
    opening_hours=LocalizedText("周二周四", "Tuesday and Thursday"),
    bookable=True,
    tickets=True,
    demonstration=True,
)


def slot_days(count: int) -> tuple[SlotDay, ...]:
    """Days with a morning of which some is full, and one day that is."""
    return tuple(
        SlotDay(
            date(2026, 11, 23) + timedelta(days=number),
            tuple(
                OfferedSlot(
                    replace(NINE, start=NINE.start + timedelta(days=number, minutes=20 * slot)),
                    0 if number == 1 else (slot * 7) % 11,
                )
                for slot in range(20)
            ),
        )
        for number in range(count)
    )


def appointments(services: Iterable[Service], forms: Iterable[Form]) -> Iterator[Page]:
    """The list, the days, the times, what was booked, the ticket."""
    listed = tuple(service for service in services if service.counters)
    queues = [
        Queue(12, 45, 3, giving_tickets=True, opens=None),
        Queue(0, 0, 1, giving_tickets=True, opens=None),
        Queue(0, 0, 0, giving_tickets=False, opens=datetime(2026, 12, 30, 13, 30)),
    ]
    told = {service.counters: queues[number % 3] for number, service in enumerate(listed)}
    yield pages.AppointmentServices(listed, told, as_of=NOW)
    form = next(one for one in forms if one.slot_field and one.name == "forms/vaccination")
    field = form.slot_field
    assert field
    asked = pages.SlotQuestion(field, 7, 7)
    yield asked
    yield replace(asked, failure=errors.Unreachable("BACKEND_UNREACHABLE"))
    full = AnswerError(field.id, Problem.SLOT_TAKEN)
    yield replace(asked, days=slot_days(30), counters=COUNTERS, error=full)
    timed = replace(asked, days=slot_days(6), counters=COUNTERS, day=date(2026, 11, 23))
    yield timed
    chosen = timed.days[0].slots[1].slot.name if timed.days else ""
    yield replace(timed, entered=chosen, checking=True)
    yield from _confirmations(form)
    for state in (AppointmentState.BOOKED, AppointmentState.UNCONFIRMED, AppointmentState.MISSED):
        yield pages.CaseHistory(_case(form, state))
    yield pages.CaseHistory(_case(form, AppointmentState.BOOKED, check_in=True))
    case = _case(form, AppointmentState.BOOKED)
    yield pages.CancelQuestion(case)
    moving = pages.MovingAppointment(replace(pages.SLOT, counters=COUNTERS.name), 1, 1, case=case)
    taken = AnswerError("slot", Problem.SLOT_TAKEN)
    yield replace(moving, days=slot_days(9), counters=COUNTERS, error=taken)
    yield replace(moving, days=slot_days(9), day=date(2026, 11, 23), entered=chosen, counters=COUNTERS)
    yield from _tickets()


def _confirmations(form: Form) -> Iterator[Page]:
    accepted = Accepted(reference(), NOW)
    materials = (LocalizedText("预防接种证。", "The vaccination record."),)
    booked = pages.Booked(NINE.start, COUNTERS.place, materials)
    yield pages.Confirmation(form, accepted, pages.Slip.PRINTED, booked=booked)
    kept = replace(accepted, delivered=False)
    yield pages.Confirmation(form, kept, pages.Slip.OFFERED, booked=booked)


def _case(form: Form, state: AppointmentState, *, check_in: bool = False) -> Case:
    over = state in (AppointmentState.CANCELLED, AppointmentState.MISSED, AppointmentState.KEPT)
    appointment = Appointment(
        state=state,
        slot=NINE,
        minutes=20,
        counters=COUNTERS.name,
        title=COUNTERS.title,
        place=COUNTERS.place,
        changeable=state in (AppointmentState.BOOKED, AppointmentState.UNCONFIRMED),
        check_in_open=check_in,
        ticket="F012" if state in (AppointmentState.CHECKED_IN, AppointmentState.KEPT) else "",
    )
    ended = CaseState.COMPLETED if state is AppointmentState.KEPT else CaseState.WITHDRAWN
    events = [CaseEvent(CaseState.RECEIVED, NOW, "")]
    if over:
        events.append(CaseEvent(ended, NOW, "已在2号窗口办理。"))
    return Case(
        reference(),
        form.name,
        form.title,
        events[-1].state,
        NOW,
        NOW,
        tuple(events),
        appointment=appointment,
    )


def _tickets() -> Iterator[Page]:
    ticket = Ticket("E023", COUNTERS.name, 17, 35, NOW, appointment=False)
    yield pages.TicketIssued(ticket, COUNTERS, pages.Slip.NO_PRINTER)
    fault = DeviceError(CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT)
    yield pages.TicketIssued(ticket, COUNTERS, pages.Slip.FAILED, fault)
    first = replace(ticket, number="F001", ahead=0, wait_minutes=0, appointment=True)
    yield pages.TicketIssued(first, COUNTERS, pages.Slip.PRINTED)
