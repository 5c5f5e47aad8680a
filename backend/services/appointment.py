"""Appointments at counters, and tickets for the queue there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import grpc
from huimin.v1 import appointment_pb2, appointment_pb2_grpc
from sqlalchemy import Connection

from backend.appointments import changing, telling
from backend.appointments.schedule import giving_tickets, local, open_minutes_left
from backend.appointments.wish import time_of
from backend.authoring.counter_entries import CountersEntry
from backend.authoring.published import Published
from backend.authoring.reading import Content
from backend.calendar import Calendar
from backend.rpc.acting import actor_of
from backend.rpc.door import Context
from backend.rpc.refusal import Refusal, Wrong, invalid, not_found
from backend.rpc.session import Right, right_of
from backend.services.case import case_seen, erased
from backend.storage import appointments, audit, tickets
from backend.storage.appointments import Appointment
from backend.storage.audit import Actor
from backend.storage.cases import CASE_UNKNOWN
from backend.storage.database import Database
from backend.storage.tickets import Line, Pace, Ticket
from backend_client.forms.slot import slot_of
from backend_client.forms.wire import language_from_proto

APPOINTMENT_UNKNOWN = "APPOINTMENT_UNKNOWN"
COUNTERS_CLOSED = "COUNTERS_CLOSED"
_AT_SLOT = frozenset((changing.SLOT_TAKEN, changing.NO_SUCH_SLOT))

Change = Callable[[Connection, Appointment], str]
"""Changes an appointment; the reason why not, or nothing."""


class AppointmentService(appointment_pb2_grpc.AppointmentServiceServicer):
    """`huimin.v1.AppointmentService`. Whose appointment a session may change, its case says."""

    def __init__(self, database: Database, published: Published, now: Callable[[], datetime]) -> None:
        self._database = database
        self._published = published
        self._now = now

    async def GetCounters(  # noqa: N802 (the contract's name)
        self, request: appointment_pb2.GetCountersRequest, context: Context
    ) -> appointment_pb2.GetCountersResponse:
        """Gets a group of counters, with its queue."""
        content, now = self._content, self._now()
        counters = _counters(content, request.name)
        pace = await self._database.read(tickets.pace, Line(counters.id, local(now).date()))
        return appointment_pb2.GetCountersResponse(
            counters=telling.counters_message(counters),
            queue=telling.queue_message(counters, content.calendar, pace, now),
        )

    async def ListSlots(  # noqa: N802
        self, request: appointment_pb2.ListSlotsRequest, context: Context
    ) -> appointment_pb2.ListSlotsResponse:
        """Lists the slots that may be booked."""
        content, now = self._content, self._now()
        counters = _counters(content, request.counters)
        taken = await self._database.read(appointments.taken, counters.id, now)
        return appointment_pb2.ListSlotsResponse(
            days=telling.slot_days(counters, content.calendar, taken, now)
        )

    async def MoveAppointment(  # noqa: N802
        self, request: appointment_pb2.MoveAppointmentRequest, context: Context
    ) -> appointment_pb2.MoveAppointmentResponse:
        """Gives an appointment another slot."""
        content, now, actor = self._content, self._now(), actor_of(context)
        language = language_from_proto(request.language, "language")
        try:
            time = time_of(slot_of(request.slot), content, now)
        except ValueError:
            raise _not_to_be(changing.NO_SUCH_SLOT) from None

        def move(connection: Connection, appointment: Appointment) -> str:
            return changing.move(
                connection,
                appointment,
                time,
                content,
                language=language,
                now=now,
                request_id=actor.request_id,
            )

        message = await self._change(context, request.name, "MoveAppointment", move, content=content, now=now)
        return appointment_pb2.MoveAppointmentResponse(appointment=message)

    async def CancelAppointment(  # noqa: N802
        self, request: appointment_pb2.CancelAppointmentRequest, context: Context
    ) -> appointment_pb2.CancelAppointmentResponse:
        """Gives the place back."""
        content, now, actor = self._content, self._now(), actor_of(context)
        language = language_from_proto(request.language, "language")

        def cancel(connection: Connection, appointment: Appointment) -> str:
            return changing.cancel(
                connection, appointment, content, language=language, now=now, request_id=actor.request_id
            )

        message = await self._change(
            context, request.name, "CancelAppointment", cancel, content=content, now=now
        )
        return appointment_pb2.CancelAppointmentResponse(appointment=message)

    async def CheckIn(  # noqa: N802
        self, request: appointment_pb2.CheckInRequest, context: Context
    ) -> appointment_pb2.CheckInResponse:
        """Gives the holder of an appointment a ticket that goes first."""
        content, now = self._content, self._now()
        given: list[tuple[Ticket, int, Pace]] = []
        services = {service.form: service.name for service in content.services if service.form}

        def check_in(connection: Connection, appointment: Appointment) -> str:
            given.clear()  # the transaction may run again
            ticket = changing.check_in(connection, appointment, content, services, now)
            if isinstance(ticket, str):
                return ticket
            given.append((ticket, tickets.ahead(connection, ticket), tickets.pace(connection, ticket.line)))
            return ""

        await self._change(context, request.name, "CheckIn", check_in, content=content, now=now)
        ticket, ahead, pace = given[0]
        counters = _counters(content, f"counters/{ticket.line.counters}")
        return appointment_pb2.CheckInResponse(ticket=telling.ticket_message(counters, ticket, ahead, pace))

    async def IssueTicket(  # noqa: N802
        self, request: appointment_pb2.IssueTicketRequest, context: Context
    ) -> appointment_pb2.IssueTicketResponse:
        """Gives a ticket for the queue of today."""
        content, now = self._content, self._now()
        counters = _counters(content, request.counters)
        if request.service and request.service.removeprefix("services/") not in counters.services:
            raise not_found("COUNTERS_UNKNOWN", "service at these counters")
        ticket, ahead, pace = await self._database.write(
            _issue, actor_of(context), request, counters, calendar=content.calendar, now=now
        )
        return appointment_pb2.IssueTicketResponse(
            ticket=telling.ticket_message(counters, ticket, ahead, pace)
        )

    @property
    def _content(self) -> Content:
        return self._published.current.content

    async def _change(
        self, context: Context, name: str, method: str, change: Change, *, content: Content, now: datetime
    ) -> appointment_pb2.Appointment:
        """Changes the appointment of a case that the session may see; as it is then. Raises Refusal."""
        reference = name.removeprefix("cases/")
        outcome, changed, ticket = await self._database.write(
            _changed,
            right_of(context),
            actor_of(context),
            reference,
            method=method,
            change=change,
            now=now,
        )
        match outcome:
            case "":
                assert changed is not None
                return telling.appointment_message(changed, ticket, content, now)
            case "CASE_ERASED":
                raise erased()
            case "CASE_UNKNOWN":
                raise not_found(CASE_UNKNOWN, "case")
            case "APPOINTMENT_UNKNOWN":
                raise not_found(APPOINTMENT_UNKNOWN, "appointment")
            case "COUNTERS_CLOSED":
                assert changed is not None
                counters = content.counters.get(f"counters/{changed.counters}")
                raise _closed(counters, content.calendar, now)
        raise _not_to_be(outcome)


def _changed(
    connection: Connection,
    right: Right,
    actor: Actor,
    reference: str,
    *,
    method: str,
    change: Change,
    now: datetime,
) -> tuple[str, Appointment | None, str]:
    """Why it was not changed, or nothing; how it is now, and the number of its ticket. The audit trail tells
    of both."""
    seen = case_seen(connection, right, reference)
    outcome = "" if seen.outcome == "OK" else seen.outcome
    appointment = None
    if not outcome:
        appointment = appointments.one(connection, reference, locked=True)
        outcome = change(connection, appointment) if appointment else APPOINTMENT_UNKNOWN
        appointment = appointments.one(connection, reference)
    ticket = tickets.number_of(connection, appointment.reference) if appointment else ""
    actor = replace(actor, credential=seen.credential, person=seen.person)
    entry = actor.did(f"AppointmentService.{method}", f"cases/{reference}", now, outcome or "OK")
    audit.append(connection, entry)
    return outcome, appointment, ticket


def _issue(
    connection: Connection,
    actor: Actor,
    request: appointment_pb2.IssueTicketRequest,
    counters: CountersEntry,
    *,
    calendar: Calendar,
    now: datetime,
) -> tuple[Ticket, int, Pace]:
    """A ticket, how many are called before it, and how fast. Raises Refusal."""
    line = Line(counters.id, local(now).date())
    ticket = tickets.one(connection, request.request_id)
    if ticket is None:
        if counters.tickets is None or not giving_tickets(counters, calendar, now):
            raise _closed(counters, calendar, now)
        before = tickets.pace(connection, line)
        # Counters may be opened until the end of the day, so all are counted on.
        wait = telling.wait_minutes(counters, replace(before, windows=counters.windows), before.waiting)
        if wait >= open_minutes_left(counters, calendar, now):
            raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, "QUEUE_OF_TODAY_FULL", "The queue is full.")
        ticket = tickets.issue(
            connection,
            request.request_id,
            line,
            counters.tickets.letter,
            service=request.service,
            now=now,
        )
        issued = f"counters/{counters.id}/tickets/{ticket.number}"
        audit.append(connection, actor.did("AppointmentService.IssueTicket", issued, now))
    return ticket, tickets.ahead(connection, ticket), tickets.pace(connection, ticket.line)


def _counters(content: Content, name: str) -> CountersEntry:
    """Raises Refusal where there are none such."""
    found: Mapping[str, CountersEntry] = content.counters
    counters = found.get(name)
    if counters is None:
        raise not_found("COUNTERS_UNKNOWN", "group of counters")
    return counters


def _closed(counters: CountersEntry | None, calendar: Calendar, now: datetime) -> Refusal:
    opens = telling.opens_text(counters, calendar, now) if counters else ""
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        COUNTERS_CLOSED,
        "No tickets are given out now.",
        metadata={"opens": opens} if opens else {},
    )


def _not_to_be(reason: str) -> Refusal:
    """An appointment cannot be changed so."""
    if reason in _AT_SLOT:
        return invalid(Wrong("slot", reason, "cannot be booked"))
    return Refusal(grpc.StatusCode.FAILED_PRECONDITION, reason, "The appointment is not changed.")
