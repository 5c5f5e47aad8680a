"""Paying at the terminal: a QR code, waiting with a clock, paid, receipt; or later, with the reference.

While a code is shown the backend is asked every two seconds whether it is paid. Nothing here decides about
money: an order is the backend's, and beginning to pay it again goes on with the same order.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from backend_client.client import BackendClient
from backend_client.errors import BackendError, Conflict, NotFound
from backend_client.forms.lookup import Payable
from backend_client.forms.reference import ReferenceError_, check_reference
from backend_client.payment import Order, OrderState, new_order_request
from backend_client.submission import Channel
from foundation.log import logger
from hardware.interfaces.receipt_printer import ReceiptPrinter
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    CaseHistory,
    Confirmation,
    Door,
    Home,
    OrderEntry,
    Page,
    Paying,
    PaymentKept,
    ServiceList,
    Slip,
)
from kiosk.visit.progress import FAULTS, REFERENCE_LENGTH
from kiosk.visit.slips import SlipPrinting
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

ASKED_EVERY = 2.0
"""Seconds between two questions whether it is paid."""
UNSURE_AFTER = 3
"""Failures one after another after which the resident is told that nobody knows just now."""
SHORT = 120
"""Seconds that are left of a code from where on the backend gives a new one."""
OVER = ("ORDER_PAID", "ORDER_OVER")
"""Why an order is not begun: it is shown as it stands."""


class Payments(Chapter):
    """Shows what is owed and waits for it to be paid."""

    def __init__(
        self, visit: Visit, client: BackendClient, printer: ReceiptPrinter | None, slips: SlipWriter
    ) -> None:
        self._visit = visit
        self._client = client
        self._slips = slips
        self._printing = SlipPrinting(visit, printer)
        self._requests: dict[str, str] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self._watching: set[asyncio.Task[None]] = set()
        self._until: float | None = None
        self._awake_until = 0.0
        self._asked: str | None = None

    def take(self, page: Page, event: Event) -> bool:
        """Knows what is owed wherever it is shown, the code, and what became of it."""
        match page, event:
            case _, did.Pay(payable) if payable is not None:
                self._visit.do(lambda: self._pay_record(payable))
            case Confirmation(accepted=accepted, due_fen=due), did.Pay() if due and accepted.delivered:
                self._visit.do(lambda: self._pay(accepted.reference))
            case ((CaseHistory(order=Order() as order) | PaymentKept(order=order)), did.Pay()):
                self._visit.do(lambda: self._pay(order.reference))
            case Paying(order=order), did.RenewCode():
                self._visit.do(lambda: self._pay(order.reference))
            case Paying(order=order), (did.PayLater() | did.Back()):
                self._visit.do(lambda: self._stop(order), stoppable=False)
            case PaymentKept(slip=Slip.OFFERED | Slip.FAILED), did.PrintSlip():
                self._printing.print(page, self._slips.order(page.order, self._visit.language))
            case ServiceList(door=Door.PAYMENTS), did.ByReference():
                self._visit.open(OrderEntry())
            case OrderEntry(entered=entered), did.Insert(text):
                self._visit.show(OrderEntry((entered + text)[:REFERENCE_LENGTH]))
            case OrderEntry(entered=entered), did.Erase():
                self._visit.show(OrderEntry(entered[:-1]))
            case OrderEntry(entered=entered), did.Next():
                self._find(entered)
            case _:
                return False
        return True

    def page_changed(self, page: Page) -> None:
        """A case that may cost something is asked for its order; a code that is gone is watched no more."""
        if not isinstance(page, CaseHistory):
            self._asked = None
        elif page.case.reference != self._asked:
            self._asked = page.case.reference
            _begin(self._look_for_order(page), self._looking)
        if not isinstance(page, Paying):
            self._watch_no_more()

    def wipe(self) -> None:
        """Waits no more. What was begun is not closed: whoever has the code may still pay it."""
        for task in self._looking:
            task.cancel()
        self._watch_no_more()
        self._requests.clear()
        self._asked = None

    async def settle(self) -> None:
        """Waits until the slip is printed."""
        await self._printing.settle()

    # Beginning to pay.

    async def _pay_record(self, payable: Payable) -> None:
        """The order of a record; repeating it, whatever failed, makes no other. Its number is shown also
        where it cannot be paid just now."""
        request = self._requests.setdefault(payable.token, new_order_request())
        order = await self._client.create_order(payable.token, Channel.TERMINAL, request)
        try:
            await self._pay(order.reference)
        except BackendError:
            self._show(PaymentKept(order, self._printing.offered))
            raise

    async def _pay(self, reference: str) -> None:
        """Shows a code for an order, or how the order stands where it is not to be paid."""
        try:
            payment = await self._client.start_payment(reference)
        except Conflict as refused:
            if refused.reason not in OVER:
                raise
            self._show(PaymentKept(await self._client.get_order(reference), self._printing.offered))
            return
        loop = asyncio.get_running_loop()
        self._until = loop.time() + payment.seconds_left
        self._awake_until = loop.time() + self._visit.pace.paying
        self._show(Paying(payment.order, payment.code, payment.seconds_left))
        log.info("payment_shown", seconds=payment.seconds_left)
        if not self._watching:
            _begin(self._count(reference), self._watching)
            _begin(self._ask(reference), self._watching)

    def _find(self, entered: str) -> None:
        try:
            reference = check_reference(entered)
        except ReferenceError_ as error:
            self._visit.show(OrderEntry(entered, FAULTS[error.problem]))
        else:
            self._visit.do(lambda: self._open(reference))

    async def _open(self, reference: str) -> None:
        """How an order stands; paying begins from there."""
        order = await self._client.get_order(reference)
        self._visit.close_page()
        self._visit.open(PaymentKept(order, self._printing.offered))

    def _show(self, page: Paying | PaymentKept) -> None:
        """In place of what was shown of the same order before."""
        if isinstance(self._visit.page, Paying | PaymentKept):
            self._visit.show(page)
        else:
            self._visit.open(page)

    # Waiting.

    def _watch_no_more(self) -> None:
        """Of one that found out that it is paid nothing is left to do."""
        for task in self._watching:
            if task is not asyncio.current_task():
                task.cancel()
        self._watching = set()
        self._until = None

    def _shown(self, reference: str) -> Paying | None:
        """The page of that order's code, while it is shown."""
        page = self._visit.page
        return page if isinstance(page, Paying) and page.order.reference == reference else None

    async def _count(self, reference: str) -> None:
        """The clock of the code. Who pays has nothing to touch, and is not taken for gone."""
        loop = asyncio.get_running_loop()
        while (page := self._shown(reference)) and self._until is not None:
            left = max(0, math.ceil(self._until - loop.time()))
            if left != page.seconds_left:
                self._visit.show(replace(page, seconds_left=left))
            if left and loop.time() < self._awake_until:
                self._visit.touched()
            await asyncio.sleep(1.0 - (loop.time() % 1.0))

    async def _ask(self, reference: str) -> None:
        """Whether it is paid, again and again."""
        failures = 0
        while True:
            await asyncio.sleep(ASKED_EVERY)
            if self._shown(reference) is None:
                return
            try:
                order = await self._client.get_order(reference)
                failures = 0
            except BackendError as error:
                log.info("order_unknown_now", reason=error.reason)
                failures += 1
                order = None
            page = self._shown(reference)
            if page is None:
                return
            if order is not None and order.state not in (OrderState.CREATED, OrderState.WAITING):
                if order.state is not OrderState.CLOSED:
                    self._visit.touched()
                    self._finish(order)
                    return
                self._until = asyncio.get_running_loop().time()
            if (failures >= UNSURE_AFTER) != page.unsure:
                self._visit.show(replace(page, unsure=not page.unsure))

    def _finish(self, order: Order) -> None:
        """Paid: there is no way back to where it was owed."""
        log.info("order_settled", state=order.state.name)
        self._visit.unwind(Home)
        self._visit.open(PaymentKept(order, self._printing.offered))

    async def _stop(self, order: Order) -> None:
        """Closes the code. Where nobody can say whether it is paid, the order is kept as it was."""
        try:
            now = await self._client.cancel_order(order.reference)
        except BackendError as error:
            log.info("order_not_closed", reason=error.reason)
            now = order
        if self._shown(order.reference) is None:
            return
        if now.state is OrderState.PAID:
            self._finish(now)
        else:
            self._visit.show(PaymentKept(now, self._printing.offered))

    # A case that costs something.

    async def _look_for_order(self, shown: CaseHistory) -> None:
        """Asked only of forms that cost something: an unknown order counts as a guess."""
        case = shown.case
        try:
            if (await self._client.get_form(case.form)).charge is None:
                return
            order = await self._client.get_order(case.reference)
        except NotFound:
            return
        except BackendError as error:
            log.info("order_not_found", reason=error.reason)
            return
        page = self._visit.page
        if isinstance(page, CaseHistory) and page.case.reference == case.reference:
            self._visit.show(replace(page, order=order))


def _begin(work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)
