"""Appointments, counters, queues and tickets as messages of the contract. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil

from huimin.v1 import appointment_pb2, common_pb2

from backend.appointments.hours import in_words
from backend.appointments.schedule import (
    giving_tickets,
    local,
    offered,
    opening,
    opens_next,
)
from backend.authoring.contract import localized
from backend.authoring.counter_entries import CountersEntry
from backend.authoring.reading import Content
from backend.calendar import Calendar
from backend.clock import timestamp
from backend.storage.appointments import BOOKED, UNCONFIRMED, Appointment
from backend.storage.tickets import Pace, Ticket
from backend_client.forms.slot import Slot
from backend_client.forms.wire import date_to_proto

CHECK_IN_BEFORE = timedelta(hours=1)
CHECK_IN_AFTER = timedelta(minutes=30)
"""So long before and after its time an appointment is checked in."""


def changeable(appointment: Appointment, now: datetime) -> bool:
    """Whether it can be moved or cancelled."""
    return appointment.state == UNCONFIRMED or (appointment.state == BOOKED and appointment.start > now)


def check_in_problem(
    appointment: Appointment, counters: CountersEntry | None, calendar: Calendar, now: datetime
) -> str:
    """Why its holder cannot check in now, as a reason of the contract; empty where that can be."""
    if appointment.state != BOOKED:
        return "APPOINTMENT_OVER"
    if now < appointment.start - CHECK_IN_BEFORE or local(now).date() != local(appointment.start).date():
        return "NOT_YET" if now < appointment.start else "TOO_LATE_TO_CHECK_IN"
    if now > appointment.start + CHECK_IN_AFTER:
        return "TOO_LATE_TO_CHECK_IN"
    if counters is None or counters.tickets is None:
        return "COUNTERS_CLOSED"
    hours = opening(counters, calendar, local(now).date())
    return "" if hours and local(now) < hours[-1][1] else "COUNTERS_CLOSED"


def appointment_message(
    appointment: Appointment, ticket: str, content: Content, now: datetime
) -> appointment_pb2.Appointment:
    """An appointment. ticket: number of the one that its holder was given, or empty."""
    counters = content.counters.get(f"counters/{appointment.counters}")
    slot = Slot(local(appointment.start), appointment.counters)
    bare = common_pb2.LocalizedText(zh_cn=appointment.counters, en=appointment.counters)
    return appointment_pb2.Appointment(
        state=appointment_pb2.AppointmentState.ValueType(appointment.state),
        slot=slot.name,
        minutes=appointment.minutes,
        counters=f"counters/{appointment.counters}",
        title=localized(counters.title) if counters else bare,
        place=localized(counters.place) if counters else bare,
        changeable=changeable(appointment, now),
        check_in_open=not check_in_problem(appointment, counters, content.calendar, now),
        ticket=ticket,
    )


def counters_message(counters: CountersEntry) -> appointment_pb2.Counters:
    """A group of counters."""
    return appointment_pb2.Counters(
        name=counters.name,
        title=localized(counters.title),
        place=localized(counters.place),
        opening_hours=in_words(counters.opening),
        bookable=counters.slots is not None,
        tickets=counters.tickets is not None,
        demonstration=counters.demonstration,
    )


def slot_days(
    counters: CountersEntry, calendar: Calendar, taken: Mapping[datetime, int], now: datetime
) -> list[appointment_pb2.SlotDay]:
    """The slots that may be booked, by day. taken: places, by the moment at which a slot begins."""
    days: list[appointment_pb2.SlotDay] = []
    places = counters.slots.places if counters.slots else 0
    starts = {local(start): count for start, count in taken.items()}
    last = None
    for slot in offered(counters, calendar, now):
        if slot.start.date() != last:
            last = slot.start.date()
            days.append(appointment_pb2.SlotDay(day=date_to_proto(last)))
        days[-1].slots.add(name=slot.name, free=max(0, places - starts.get(slot.start, 0)))
    return days


def queue_message(
    counters: CountersEntry, calendar: Calendar, pace: Pace, now: datetime
) -> appointment_pb2.Queue | None:
    """The queue of today; None where there are no tickets."""
    if counters.tickets is None:
        return None
    giving = giving_tickets(counters, calendar, now)
    return appointment_pb2.Queue(
        waiting=pace.waiting,
        wait_minutes=wait_minutes(counters, pace, pace.waiting),
        open_counters=pace.windows,
        giving_tickets=giving,
        opens="" if giving else opens_text(counters, calendar, now),
    )


def ticket_message(counters: CountersEntry, ticket: Ticket, ahead: int, pace: Pace) -> appointment_pb2.Ticket:
    """A ticket. ahead: so many are called before it."""
    return appointment_pb2.Ticket(
        number=ticket.number,
        counters=counters.name,
        ahead=ahead,
        wait_minutes=wait_minutes(counters, pace, ahead),
        issue_time=timestamp(ticket.issue_time),
        appointment=ticket.first,
    )


def opens_text(counters: CountersEntry, calendar: Calendar, now: datetime) -> str:
    """When tickets are given out again: ``2026-11-23T09:00``; empty where that is not known."""
    opens = opens_next(counters, calendar, now)
    return f"{opens:%Y-%m-%dT%H:%M}" if opens else ""


def wait_minutes(counters: CountersEntry, pace: Pace, ahead: int) -> int:
    """So long somebody waits before whom so many are called, estimated."""
    assert counters.tickets is not None
    each = counters.tickets.minutes_each if pace.seconds_each is None else pace.seconds_each / 60
    return ceil(ahead * each / max(1, pace.windows))
