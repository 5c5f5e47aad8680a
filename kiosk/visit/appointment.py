"""Appointments and tickets at the terminal: what can be booked or queued for, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

from backend_client.appointment import Queue, Ticket
from backend_client.catalog import Service, ServiceKind
from backend_client.client import BackendClient
from backend_client.errors import BackendError, InvalidAnswers
from backend_client.forms.answer import AnswerError, Problem
from foundation.log import logger
from hardware.interfaces.receipt_printer import ReceiptPrinter
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    SLOT,
    AppointmentServices,
    CancelQuestion,
    CaseHistory,
    Door,
    Home,
    MovingAppointment,
    Page,
    ServiceGuide,
    Slip,
    TicketIssued,
)
from kiosk.visit.progress import Progress
from kiosk.visit.slips import SlipPrinting
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

QUEUE_SECONDS = 1.0
"""For which the list of what is queued for waits to be told how many wait."""


class Appointments(Chapter):
    """Tickets, and moving, cancelling and checking in. It owns no appointment: those are the backend's."""

    def __init__(
        self,
        visit: Visit,
        client: BackendClient,
        progress: Progress,
        printer: ReceiptPrinter | None,
        slips: SlipWriter,
    ) -> None:
        self._visit = visit
        self._client = client
        self._progress = progress
        self._slips = slips
        self._printing = SlipPrinting(visit, printer)
        self._requests: dict[str, str] = {}

    def take(self, page: Page, event: Event) -> bool:
        """Knows the list of what is booked and queued for, tickets, and the appointment of a case."""
        match page, event:
            case Home(services=services), did.OpenDoor(Door.APPOINTMENTS):
                there = tuple(one for one in services if one.counters or one.kind is ServiceKind.APPOINTMENT)
                self._visit.do(lambda: self._open_list(AppointmentServices(there, as_of=page.services_as_of)))
            case ((AppointmentServices() | ServiceGuide()), did.TakeTicket(service)):
                self._visit.do(lambda: self._take_ticket(service), stoppable=False)
            case AppointmentServices(), did.OpenService(service):
                self._visit.do(lambda: self._open_guide(service))
            case TicketIssued(slip=Slip.OFFERED | Slip.FAILED), did.PrintSlip():
                self._printing.print(
                    page, self._slips.ticket(page.ticket, page.counters, self._visit.language)
                )
            case CaseHistory(case=case), did.MoveAppointment() if case.appointment:
                field = replace(SLOT, counters=case.appointment.counters)
                self._visit.open(MovingAppointment(field, 1, 1, case=case))
            case CaseHistory(case=case), did.CancelAppointment() if case.appointment:
                self._visit.open(CancelQuestion(case))
            case CancelQuestion(), did.KeepAppointment() | did.Back():
                self._visit.close_page()
            case CancelQuestion(), did.CancelAppointment():
                self._visit.do(lambda: self._cancel(page), stoppable=False)
            case CaseHistory(case=case), did.CheckIn() if case.appointment:
                self._visit.do(lambda: self._check_in(case.reference), stoppable=False)
            case MovingAppointment(), _:
                return self._take_moving(page, event)
            case _:
                return False
        return True

    def page_changed(self, page: Page) -> None:
        """Who comes back for another ticket gets another."""
        if not isinstance(page, AppointmentServices | ServiceGuide):
            self._requests.clear()

    def wipe(self) -> None:
        """Nothing of the resident is kept."""
        self._requests.clear()

    async def settle(self) -> None:
        """Waits until the ticket is printed."""
        await self._printing.settle()

    # Tickets.

    async def _open_list(self, page: AppointmentServices) -> None:
        """With how many wait, as far as that is told soon: nothing on the list moves once it is shown."""
        queues: dict[str, Queue] = {}

        async def look(name: str) -> None:
            try:
                _, queue = await self._client.get_counters(name)
            except BackendError as error:
                log.info("queue_unknown", reason=error.reason)
            else:
                if queue is not None:
                    queues[name] = queue

        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await asyncio.gather(
                    *(look(name) for name in {one.counters for one in page.services} if name)
                )
        except TimeoutError:
            log.info("queue_unknown", reason="late")
        self._visit.open(replace(page, queues=queues))

    async def _take_ticket(self, service: Service) -> None:
        request = self._requests.setdefault(service.name, str(uuid4()))
        ticket = await self._client.issue_ticket(service.counters, service.name, request)
        await self._show_ticket(ticket)

    async def _show_ticket(self, ticket: Ticket) -> None:
        """Prints it at once: nobody comes for a ticket without wanting it."""
        counters, _ = await self._client.get_counters(ticket.counters)
        log.info("ticket_issued", counters=ticket.counters)
        page = TicketIssued(ticket, counters, self._printing.offered)
        self._visit.unwind(Home)
        self._visit.open(page)
        if page.slip is Slip.OFFERED:
            self._printing.print(page, self._slips.ticket(ticket, counters, self._visit.language))

    async def _open_guide(self, service: Service) -> None:
        self._visit.open(ServiceGuide(await self._client.get_service(service.name)))

    # The appointment of a case.

    def _take_moving(self, page: MovingAppointment, event: Event) -> bool:
        match event:
            case did.Choose(slot):
                self._visit.show(replace(page, entered=slot, error=None))
            case did.Next() if page.entered:
                self._visit.do(lambda: self._move(page), stoppable=False)
            case did.Next():
                self._visit.show(replace(page, error=AnswerError(page.field.id, Problem.REQUIRED)))
            case did.Back():
                self._visit.close_page()
            case _:
                return False
        return True

    async def _move(self, page: MovingAppointment) -> None:
        session = self._progress.session
        assert session
        reference, language = page.case.reference, self._visit.language
        try:
            await self._client.move_appointment(session, reference, page.entered, language)
        except InvalidAnswers as refused:
            wrong = AnswerError(page.field.id, refused.violations[0].problem)
            self._visit.show(replace(page, entered="", error=wrong, days=None))
            return
        await self._show_case(reference)

    async def _cancel(self, page: CancelQuestion) -> None:
        session = self._progress.session
        assert session
        await self._client.cancel_appointment(session, page.case.reference, self._visit.language)
        await self._show_case(page.case.reference)

    async def _check_in(self, reference: str) -> None:
        session = self._progress.session
        assert session
        await self._show_ticket(await self._client.check_in(session, reference))

    async def _show_case(self, reference: str) -> None:
        """As it is now, in place of the page from which it was changed."""
        session = self._progress.session
        assert session
        case = await self._client.get_case(session, reference)
        self._visit.close_page()
        self._visit.show(CaseHistory(case))
