"""Appointments: whose places are taken, given back and exchanged in one transaction with what causes it.

A slot counts how many of its places are taken, and a place is taken by one statement that counts on only
while some are free: so there are never more appointments than places, whoever else books, on either database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from huimin.v1 import appointment_pb2
from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backend.storage import messages
from backend.storage.messages import Channel
from backend.storage.tables import AppointmentRow, CaseRow, SlotRow
from foundation.language import LocalizedText

BOOKED = appointment_pb2.APPOINTMENT_STATE_BOOKED
UNCONFIRMED = appointment_pb2.APPOINTMENT_STATE_UNCONFIRMED
CANCELLED = appointment_pb2.APPOINTMENT_STATE_CANCELLED
CHECKED_IN = appointment_pb2.APPOINTMENT_STATE_CHECKED_IN
KEPT = appointment_pb2.APPOINTMENT_STATE_KEPT
MISSED = appointment_pb2.APPOINTMENT_STATE_MISSED
BATCH = 100


class Unbooked(StrEnum):
    """Why no place is kept; the values are names of `huimin.v1.AnswerProblem`."""

    SLOT_TAKEN = "SLOT_TAKEN"
    NO_SUCH_SLOT = "NO_SUCH_SLOT"
    ALREADY_BOOKED = "ALREADY_BOOKED"


@dataclass(frozen=True, slots=True)
class Time:
    """A slot as it is kept. counters: their identifier; start: the moment; places: how many there are, 0
    where it cannot be booked."""

    counters: str
    start: datetime
    minutes: int
    places: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A slot that a submission asks for. field: the one that it answers; place: where to come."""

    field: str
    time: Time
    place: LocalizedText


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. `state` is a number of `huimin.v1.AppointmentState`."""

    reference: str
    counters: str
    start: datetime
    minutes: int
    state: int


def taken(connection: Connection, counters: str, since: datetime) -> Mapping[datetime, int]:
    """How many places are taken, by slot; those of which none is are left out."""
    found = connection.execute(
        select(SlotRow.start_time, SlotRow.taken).where(
            SlotRow.counters == counters, SlotRow.start_time >= since
        )
    )
    return {row.start_time: row.taken for row in found}


def take(connection: Connection, time: Time) -> bool:
    """Takes a place; False where none is free."""
    this = (SlotRow.counters == time.counters) & (SlotRow.start_time == time.start)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    first = dialect.insert(SlotRow).values(counters=time.counters, start_time=time.start, taken=0)
    connection.execute(first.on_conflict_do_nothing())
    counted = connection.execute(
        update(SlotRow).where(this, SlotRow.taken < time.places).values(taken=SlotRow.taken + 1)
    )
    return counted.rowcount == 1


def book(
    connection: Connection, time: Time, form: str, person: bytes | None, now: datetime
) -> Unbooked | None:
    """Takes a place for a new case of a form; why not, where it cannot be.

    person: keyed hash of the applicant, who has one appointment at a time for the matter of a form.
    """
    if person is not None:
        _one_at_a_time(connection, form, person)
        if _booked(connection, form, person, now):
            return Unbooked.ALREADY_BOOKED
    if time.places == 0:
        return Unbooked.NO_SUCH_SLOT
    return None if take(connection, time) else Unbooked.SLOT_TAKEN


def add(connection: Connection, reference: str, time: Time, *, booked: bool) -> None:
    """Keeps the appointment of a new case; booked: a place was taken."""
    connection.execute(
        insert(AppointmentRow).values(
            reference=reference,
            counters=time.counters,
            start_time=time.start,
            minutes=time.minutes,
            state=BOOKED if booked else UNCONFIRMED,
        )
    )


_ONE = select(AppointmentRow).where(AppointmentRow.reference == bindparam("asked"))


def one(connection: Connection, reference: str, *, locked: bool = False) -> Appointment | None:
    """The appointment of a case. locked: nobody else changes it until the transaction ends."""
    row = connection.execute(_ONE.with_for_update() if locked else _ONE, {"asked": reference}).first()
    if row is None:
        return None
    return Appointment(row.reference, row.counters, row.start_time, row.minutes, row.state)


def exchange(connection: Connection, appointment: Appointment, time: Time) -> bool:
    """Takes a place of another slot and gives back the one that there was; False where none is free.

    It is booked then, also where it was not confirmed before.
    """
    if not take(connection, time):
        return False
    forget_reminder(connection, appointment)
    if appointment.state == BOOKED:
        _give_back(connection, appointment)
    connection.execute(
        update(AppointmentRow)
        .where(AppointmentRow.reference == appointment.reference)
        .values(counters=time.counters, start_time=time.start, minutes=time.minutes, state=BOOKED)
    )
    return True


def cancel(connection: Connection, appointment: Appointment) -> None:
    """Gives the place back; nobody is reminded any more."""
    forget_reminder(connection, appointment)
    if appointment.state == BOOKED:
        _give_back(connection, appointment)
    set_state(connection, appointment.reference, CANCELLED)


def reminder(appointment: Appointment) -> str:
    """The key of the message that reminds of it."""
    return f"appointment-reminder {appointment.reference} {appointment.start.isoformat()}"


def forget_reminder(connection: Connection, appointment: Appointment) -> None:
    """Has nobody reminded of an appointment that was moved, cancelled or kept."""
    for channel in Channel:
        messages.withdraw(connection, f"{reminder(appointment)} {channel}")


def give_up(connection: Connection, reference: str) -> None:
    """Gives the place of a case back, where it has one that is still to come or was not confirmed."""
    appointment = one(connection, reference, locked=True)
    if appointment is not None and appointment.state in (BOOKED, UNCONFIRMED):
        cancel(connection, appointment)


def set_state(connection: Connection, reference: str, state: int) -> None:
    """Says how an appointment stands now."""
    connection.execute(
        update(AppointmentRow).where(AppointmentRow.reference == reference).values(state=state)
    )


def past(connection: Connection, before: datetime) -> Sequence[Appointment]:
    """Some appointments that began before a moment and are neither kept, cancelled nor noted as missed, the
    earliest first."""
    row = AppointmentRow
    found = connection.execute(
        select(row)
        .where(row.state.in_((BOOKED, UNCONFIRMED, CHECKED_IN)), row.start_time < before)
        .order_by(row.start_time)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return [Appointment(one.reference, one.counters, one.start_time, one.minutes, one.state) for one in found]


def between(connection: Connection, counters: str, first: datetime, last: datetime) -> Sequence[Appointment]:
    """The appointments that begin in a period, the earliest first."""
    row = AppointmentRow
    found = connection.execute(
        select(row)
        .where(row.counters == counters, row.start_time >= first, row.start_time < last)
        .order_by(row.start_time, row.reference)
    )
    return [Appointment(one.reference, one.counters, one.start_time, one.minutes, one.state) for one in found]


def _one_at_a_time(connection: Connection, form: str, person: bytes) -> None:
    """Has nobody else book for that person until the transaction ends, so that the two see each other. SQLite
    has one writer anyway."""
    if connection.dialect.name == "postgresql":
        key = hashlib.sha256(person + form.encode()).digest()[:8]
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(key, signed=True))))


def _give_back(connection: Connection, appointment: Appointment) -> None:
    connection.execute(
        update(SlotRow)
        .where(SlotRow.counters == appointment.counters, SlotRow.start_time == appointment.start)
        .values(taken=SlotRow.taken - 1)
    )


def _booked(connection: Connection, form: str, person: bytes, now: datetime) -> bool:
    return (
        connection.execute(
            select(AppointmentRow.reference)
            .join(CaseRow, CaseRow.reference == AppointmentRow.reference)
            .where(
                CaseRow.person == person,
                CaseRow.form == form,
                AppointmentRow.state == BOOKED,
                AppointmentRow.start_time > now,
            )
            .limit(1)
        ).first()
        is not None
    )
