"""Appointments at counters, and tickets for the queue there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

from huimin.v1 import appointment_pb2

from backend_client.forms.slot import Slot, slot_of
from backend_client.forms.wire import Malformed, date_from_proto, enum_from_proto, localized_from_proto
from foundation.language import LocalizedText

MAX_DAYS = 61
MAX_SLOTS = 200
"""Of one day."""


class AppointmentState(Enum):
    """How an appointment stands; the values are the numbers of the contract."""

    BOOKED = 1
    UNCONFIRMED = 2
    """No place is kept: another has to be chosen."""
    CANCELLED = 3
    CHECKED_IN = 4
    KEPT = 5
    MISSED = 6


@dataclass(frozen=True, slots=True)
class Counters:
    """A group of counters. `name` is ``counters/{counters}``."""

    name: str
    title: LocalizedText
    place: LocalizedText
    opening_hours: LocalizedText
    bookable: bool
    tickets: bool
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """How long the queue of today is. opens: where no tickets are given out, when they are again; local."""

    waiting: int
    wait_minutes: int
    open_counters: int
    giving_tickets: bool
    opens: datetime | None


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A slot with its free places; full where there are none."""

    slot: Slot
    free: int


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The slots of one day, the earliest first."""

    day: date
    slots: tuple[OfferedSlot, ...]

    @property
    def free(self) -> int:
        """So many places are free."""
        return sum(slot.free for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment. counters: ``counters/{counters}``; ticket: its number, once checked in, else empty."""

    state: AppointmentState
    slot: Slot
    minutes: int
    counters: str
    title: LocalizedText
    place: LocalizedText
    changeable: bool
    check_in_open: bool
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket for the queue of one day. ahead: so many are called before it."""

    number: str
    counters: str
    ahead: int
    wait_minutes: int
    issue_time: datetime
    appointment: bool


def counters_from_proto(
    answer: appointment_pb2.GetCountersResponse,
) -> tuple[Counters, Queue | None]:
    """A group of counters with its queue. Raises Malformed."""
    message = answer.counters
    counters = Counters(
        name=_counters(message.name),
        title=localized_from_proto(message.title, "counters.title"),
        place=localized_from_proto(message.place, "counters.place"),
        opening_hours=localized_from_proto(message.opening_hours, "counters.opening_hours"),
        bookable=message.bookable,
        tickets=message.tickets,
        demonstration=message.demonstration,
    )
    if not answer.HasField("queue"):
        return counters, None
    queue = answer.queue
    opens = opens_from(queue.opens)
    return counters, Queue(
        queue.waiting, queue.wait_minutes, queue.open_counters, queue.giving_tickets, opens
    )


def slots_from_proto(answer: appointment_pb2.ListSlotsResponse) -> tuple[SlotDay, ...]:
    """The days with their slots. Raises Malformed."""
    if len(answer.days) > MAX_DAYS or any(len(day.slots) > MAX_SLOTS for day in answer.days):
        raise Malformed("days: too many of them")
    return tuple(
        SlotDay(
            date_from_proto(day.day, "days.day"),
            tuple(OfferedSlot(_slot(slot.name), max(0, slot.free)) for slot in day.slots),
        )
        for day in answer.days
    )


def appointment_from_proto(message: appointment_pb2.Appointment) -> Appointment:
    """An appointment. Raises Malformed."""
    return Appointment(
        state=enum_from_proto(AppointmentState, message.state, "appointment.state"),
        slot=_slot(message.slot),
        minutes=message.minutes,
        counters=_counters(message.counters),
        title=localized_from_proto(message.title, "appointment.title"),
        place=localized_from_proto(message.place, "appointment.place"),
        changeable=message.changeable,
        check_in_open=message.check_in_open,
        ticket=message.ticket,
    )


def ticket_from_proto(message: appointment_pb2.Ticket) -> Ticket:
    """A ticket. Raises Malformed."""
    if not 2 <= len(message.number) <= 8:
        raise Malformed("ticket.number")
    return Ticket(
        number=message.number,
        counters=_counters(message.counters),
        ahead=max(0, message.ahead),
        wait_minutes=max(0, message.wait_minutes),
        issue_time=message.issue_time.ToDatetime(tzinfo=UTC),
        appointment=message.appointment,
    )


def opens_from(written: str) -> datetime | None:
    """A local time such as ``2026-11-23T09:00``; None where it is none."""
    try:
        return datetime.fromisoformat(written).replace(tzinfo=None) if written else None
    except ValueError:
        return None


def _slot(name: str) -> Slot:
    try:
        return slot_of(name)
    except ValueError:
        raise Malformed("slot: not the name of one") from None


def _counters(name: str) -> str:
    if not name.startswith("counters/") or len(name) <= len("counters/"):
        raise Malformed("counters: not a name of one")
    return name
