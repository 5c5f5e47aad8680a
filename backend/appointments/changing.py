"""Changes of appointments: each with its case, in the transaction of whoever asks for it.

Who asks has been judged before: these functions look only at how things stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from huimin.v1 import case_pb2
from sqlalchemy import Connection

from backend.appointments import reminding
from backend.appointments.schedule import local
from backend.appointments.telling import changeable, check_in_problem
from backend.appointments.wish import place_of
from backend.authoring.finding import LOCALE
from backend.authoring.reading import Content
from backend.storage import appointments, cases, submissions, tickets
from backend.storage.appointments import (
    BOOKED,
    CANCELLED,
    CHECKED_IN,
    KEPT,
    MISSED,
    UNCONFIRMED,
    Appointment,
    Time,
)
from backend.storage.cases import UNTOLD, Event
from backend.storage.tickets import Line, State, Ticket
from backend_client.forms.present import present_time
from foundation.language import Language, translator

OVER = "APPOINTMENT_OVER"
SLOT_TAKEN = "SLOT_TAKEN"
NO_SUCH_SLOT = "NO_SUCH_SLOT"
_SETTLED_AFTER = timedelta(hours=12)
"""So long after its time an appointment that nobody ended is ended."""


def move(
    connection: Connection,
    appointment: Appointment,
    time: Time,
    content: Content,
    *,
    language: Language,
    now: datetime,
    request_id: str = "",
) -> str:
    """Gives it another slot. The reason of the contract why not, empty where it is done."""
    if appointment.state == BOOKED and appointment.start == time.start:
        return ""
    if not changeable(appointment, now):
        return OVER
    if time.places == 0 or time.counters != appointment.counters:
        return NO_SUCH_SLOT
    if not appointments.exchange(connection, appointment, time):
        return SLOT_TAKEN
    told = present_time(local(time.start), language)
    _note(
        connection,
        appointment.reference,
        "moved",
        language=language,
        now=now,
        request_id=request_id,
        time=told,
    )
    moved = appointments.one(connection, appointment.reference)
    assert moved is not None
    place = place_of(moved.counters, content)
    reminding.tell(connection, moved, "appointment_moved", place, now=now, request_id=request_id)
    reminding.remind(connection, moved, place, now=now, request_id=request_id)
    return ""


def cancel(
    connection: Connection,
    appointment: Appointment,
    content: Content,
    *,
    language: Language,
    now: datetime,
    request_id: str = "",
) -> str:
    """Gives the place back, and ends the case. The reason why not, empty where it is done."""
    if appointment.state == CANCELLED:
        return ""
    if not changeable(appointment, now):
        return OVER
    appointments.cancel(connection, appointment)
    place = place_of(appointment.counters, content)
    reminding.tell(connection, appointment, "appointment_cancelled", place, now=now, request_id=request_id)
    note = translator("backend", LOCALE, language)("appointment.cancelled")
    withdrawn = Event(case_pb2.CASE_STATE_WITHDRAWN, now, note)
    cases.move(connection, appointment.reference, withdrawn, told=UNTOLD, request_id=request_id)
    return ""


def check_in(
    connection: Connection,
    appointment: Appointment,
    content: Content,
    services: Mapping[str, str],
    now: datetime,
) -> Ticket | str:
    """Gives its holder a ticket that goes first; the reason why not. services: names by their forms."""
    day = local(now).date()
    if appointment.state == CHECKED_IN:
        given = tickets.of_appointment(connection, appointment.reference, day)
        return given or OVER
    counters = content.counters.get(f"counters/{appointment.counters}")
    problem = check_in_problem(appointment, counters, content.calendar, now)
    if problem or counters is None or counters.tickets is None:
        return problem
    case = cases.one(connection, appointment.reference)
    ticket = tickets.issue(
        connection,
        f"check-in {appointment.reference} {day.isoformat()}",
        Line(counters.id, day),
        counters.tickets.appointment_letter,
        service=services.get(case.form, "") if case else "",
        now=now,
        reference=appointment.reference,
    )
    appointments.set_state(connection, appointment.reference, CHECKED_IN)
    appointments.forget_reminder(connection, appointment)
    language = submissions.language(connection, appointment.reference)
    _note(connection, appointment.reference, "checked_in", language=language, now=now, number=ticket.number)
    return ticket


def served(connection: Connection, ticket: Ticket, now: datetime) -> None:
    """Ends a ticket whose holder was served, and with it the case of the appointment."""
    tickets.end(connection, ticket, State.DONE, now)
    if ticket.reference is None:
        return
    appointments.set_state(connection, ticket.reference, KEPT)
    language = submissions.language(connection, ticket.reference)
    note = translator("backend", LOCALE, language)("appointment.kept", window=ticket.window)
    cases.move(connection, ticket.reference, Event(case_pb2.CASE_STATE_COMPLETED, now, note))


def settle(connection: Connection, now: datetime) -> int:
    """Ends some appointments whose time is long past, with their cases; how many. To be called until none is.

    Who checked in and was never told to be served has been; who did not come, or was skipped, missed it.
    """
    past = appointments.past(connection, now - _SETTLED_AFTER)
    for appointment in past:
        day = local(appointment.start).date()
        ticket = tickets.of_appointment(connection, appointment.reference, day)
        came = appointment.state == CHECKED_IN and (ticket is None or ticket.state is not State.SKIPPED)
        key = (
            "kept_somewhere" if came else "missed" if appointment.state != UNCONFIRMED else "never_confirmed"
        )
        language = submissions.language(connection, appointment.reference)
        note = translator("backend", LOCALE, language)(f"appointment.{key}")
        state = case_pb2.CASE_STATE_COMPLETED if came else case_pb2.CASE_STATE_WITHDRAWN
        appointments.set_state(connection, appointment.reference, KEPT if came else MISSED)
        if not cases.has_ended(connection, appointment.reference):
            cases.move(connection, appointment.reference, Event(state, now, note), told=UNTOLD)
    return len(past)


def _note(
    connection: Connection,
    reference: str,
    key: str,
    *,
    language: Language,
    now: datetime,
    request_id: str = "",
    **values: object,
) -> None:
    """Writes into the case what happened; its state stays."""
    found = cases.one(connection, reference)
    assert found is not None
    note = translator("backend", LOCALE, language)(f"appointment.{key}", **values)
    cases.move(connection, reference, Event(found.state, now, note), told=UNTOLD, request_id=request_id)
