"""What residents are told of their appointments by SMS or e-mail: written down with what causes it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from backend.appointments.schedule import local, moment
from backend.notifying.queue import enqueue
from backend.storage import appointments, cases
from backend.storage.appointments import BOOKED, Appointment
from backend_client.forms.present import present_time
from foundation.language import LocalizedText

_AT = time(10, 0)
"""When a reminder goes out, on the day before, local."""


def begin(
    connection: Connection, reference: str, place: LocalizedText, now: datetime, request_id: str
) -> None:
    """Has the applicant of a new case reminded, or told that there is no place for him."""
    appointment = appointments.one(connection, reference)
    if appointment is None:
        return
    if appointment.state == BOOKED:
        remind(connection, appointment, place, now=now, request_id=request_id)
    else:
        tell(connection, appointment, "appointment_not_confirmed", place, now=now, request_id=request_id)


def tell(
    connection: Connection,
    appointment: Appointment,
    kind: str,
    place: LocalizedText,
    *,
    now: datetime,
    request_id: str = "",
) -> None:
    """Tells the applicant what became of the appointment just now. kind: one of `KINDS`."""
    cause = f"{kind} {appointment.reference} {now.isoformat()}"
    _send(connection, appointment, kind, place, cause=cause, now=now, request_id=request_id)


def remind(
    connection: Connection,
    appointment: Appointment,
    place: LocalizedText,
    now: datetime,
    request_id: str = "",
) -> None:
    """Has the applicant reminded the day before, where that is still to come."""
    day_before = local(appointment.start).date() - timedelta(days=1)
    due = moment(datetime.combine(day_before, _AT))
    if due > now:
        _send(
            connection,
            appointment,
            "appointment_reminder",
            place,
            cause=appointments.reminder(appointment),
            now=now,
            request_id=request_id,
            due=due,
        )


def _send(
    connection: Connection,
    appointment: Appointment,
    kind: str,
    place: LocalizedText,
    *,
    cause: str,
    now: datetime,
    request_id: str,
    due: datetime | None = None,
) -> None:
    told = cases.contact(connection, appointment.reference)
    if told is None:
        return
    values = {"ending": appointment.reference[-4:]}
    if kind != "appointment_not_confirmed":
        values["time"] = present_time(local(appointment.start), told.language)
    if kind not in ("appointment_not_confirmed", "appointment_cancelled"):
        values["place"] = place[told.language]
    for recipient in told.recipients:
        enqueue(
            connection,
            key=cause,
            recipient=recipient,
            kind=kind,
            language=told.language,
            values=values,
            now=now,
            not_before=due,
            expire_time=appointment.start,
            reference=appointment.reference,
            request_id=request_id,
        )
