"""Orders, for those who have their reference."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import grpc
from huimin.v1 import common_pb2, payment_pb2, payment_pb2_grpc
from sqlalchemy import Connection

from backend.clock import timestamp
from backend.payments import payables
from backend.payments.links import TooManyLinks, send_link
from backend.payments.payables import PayableOver
from backend.payments.paying import NotOffered, Paying, Unavailable
from backend.rpc.acting import actor_of
from backend.rpc.door import Context, Door, DoorKind, door_of
from backend.rpc.refusal import Refusal, Wrong, invalid, not_found
from backend.storage import messages, orders, tries
from backend.storage.attempts import OrderOver, OrderPaid, OrderUnknown
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend.storage.messages import Channel
from backend.storage.orders import Order, PaidAlready, RequestDiffers
from backend.storage.tries import Scope, Subject
from backend.storage.vault import vault_of
from backend_client.forms.reference import ReferenceError_, check_reference
from backend_client.forms.wire import language_from_proto

SECONDS = 7.0
"""So long a call waits for the gateway; doors wait for 8."""


class PaymentService(payment_pb2_grpc.PaymentServiceServicer):
    """`huimin.v1.PaymentService`."""

    def __init__(self, database: Database, paying: Paying, now: Callable[[], datetime]) -> None:
        self._database = database
        self._paying = paying
        self._now = now

    async def CreateOrder(  # noqa: N802 (the contract's name)
        self, request: payment_pb2.CreateOrderRequest, context: Context
    ) -> payment_pb2.CreateOrderResponse:
        """Makes the order of a record that a lookup gave, or gives the one there is."""
        if self._paying.gateway is None:
            _refuse(NotOffered())
        try:
            order = await self._database.write(
                _make, request, actor_of(context), self._paying.due, self._now()
            )
        except PayableOver:
            raise _cannot("PAYABLE_OVER", "The record has to be looked up again.") from None
        except PaidAlready:
            raise _cannot("PAYABLE_PAID", "The record is paid already.") from None
        except RequestDiffers:
            raise Refusal(
                grpc.StatusCode.ALREADY_EXISTS,
                "ORDER_DIFFERS",
                "A request of this name was for another record.",
            ) from None
        return payment_pb2.CreateOrderResponse(order=self._message(order))

    async def GetOrder(  # noqa: N802
        self, request: payment_pb2.GetOrderRequest, context: Context
    ) -> payment_pb2.GetOrderResponse:
        """Gets an order as it stands."""
        order = await self._find(request.name, request.caller, context)
        return payment_pb2.GetOrderResponse(order=self._message(order))

    async def StartPayment(  # noqa: N802
        self, request: payment_pb2.StartPaymentRequest, context: Context
    ) -> payment_pb2.StartPaymentResponse:
        """Begins to pay, or goes on."""
        order = await self._find(request.name, request.caller, context)
        try:
            async with asyncio.timeout(SECONDS):
                attempt = await self._paying.begin(order.reference, actor_of(context))
        except TimeoutError:
            _refuse(Unavailable())
        except (NotOffered, Unavailable, OrderUnknown, OrderPaid, OrderOver) as error:
            _refuse(error)
        order = await self._database.read(orders.need, order.reference)
        left = attempt.expire_time - self._now()
        return payment_pb2.StartPaymentResponse(
            order=self._message(order),
            payment=payment_pb2.Payment(
                code=attempt.code,
                expire_time=timestamp(attempt.expire_time),
                seconds_left=max(0, int(left.total_seconds())),
            ),
        )

    async def CancelOrder(  # noqa: N802
        self, request: payment_pb2.CancelOrderRequest, context: Context
    ) -> payment_pb2.CancelOrderResponse:
        """Closes what was begun; it may be begun again."""
        order = await self._find(request.name, request.caller, context)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await self._paying.cancel(order.reference, actor_of(context))
        order = await self._database.read(orders.need, order.reference)
        return payment_pb2.CancelOrderResponse(order=self._message(order))

    async def SendPaymentLink(  # noqa: N802
        self, request: payment_pb2.SendPaymentLinkRequest, context: Context
    ) -> payment_pb2.SendPaymentLinkResponse:
        """Sends a link by SMS."""
        order = await self._find(request.name, request.caller, context)
        if self._paying.gateway is None:
            _refuse(NotOffered())
        try:
            await self._database.write(
                send_link,
                order.reference,
                request.phone_number,
                language_from_proto(request.language, "language"),
                web=self._paying.web,
                actor=actor_of(context),
                now=self._now(),
            )
        except (OrderPaid, OrderOver, OrderUnknown) as error:
            _refuse(error)
        except TooManyLinks:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_LINKS", "Enough links were sent within an hour."
            ) from None
        return payment_pb2.SendPaymentLinkResponse(
            order=self._message(order), delayed=await self._database.read(messages.delayed, Channel.SMS)
        )

    async def _find(self, name: str, caller: str, context: Context) -> Order:
        """The order of a name. Raises Refusal; who asks for what is not there is counted."""
        given = name.removeprefix("orders/")
        try:
            if check_reference(given) != given:
                raise _unknown()
        except ReferenceError_ as error:
            raise invalid(Wrong("name", error.problem.name)) from None
        door = door_of(context)
        order = await self._database.read(orders.one, given)
        if order is not None and order.door == door.name:
            return order
        guess = _Guess(order is not None, _subjects(door, caller.strip()))
        closed = await self._database.write(_count, guess, self._now())
        if closed is not None:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_TRIES",
                "Too many wrong tries.",
                retry_after=closed,
            )
        if order is None:
            raise _unknown()
        return order

    def _message(self, order: Order) -> payment_pb2.Order:
        message = payment_pb2.Order(
            name=f"orders/{order.reference}",
            reference=order.reference,
            title=common_pb2.LocalizedText(zh_cn=order.title.zh_cn, en=order.title.en),
            amount_fen=order.amount_fen,
            state=payment_pb2.OrderState.ValueType(order.state),
            payable=order.payable(self._now()) and self._paying.gateway is not None,
            create_time=timestamp(order.create_time),
            update_time=timestamp(order.update_time),
            due_time=timestamp(order.due_time),
            demonstration=order.demonstration or self._paying.demonstration,
            transaction=order.transaction,
        )
        if order.pay_time is not None:
            message.pay_time.CopyFrom(timestamp(order.pay_time))
        return message


@dataclass(frozen=True, slots=True)
class _Guess:
    """A reference that was given. subjects: from where, for `tries`."""

    right: bool
    subjects: tuple[Subject, ...]


def _subjects(door: Door, caller: str) -> tuple[Subject, ...]:
    return (
        Subject(Scope.LINE if door.kind is DoorKind.LINE else Scope.DOOR, door.name),
        *((Subject(Scope.CALLER, caller),) if caller else ()),
        Subject(Scope.ALL),
    )


def _count(connection: Connection, guess: _Guess, now: datetime) -> timedelta | None:
    """For how long nothing may be tried; counts a guess that was wrong."""
    closed = tries.closed_for(connection, guess.subjects, now)
    if closed is None and not guess.right:
        tries.count_wrong(connection, guess.subjects, now)
    return closed


def _make(
    connection: Connection,
    request: payment_pb2.CreateOrderRequest,
    actor: Actor,
    due: timedelta,
    now: datetime,
) -> Order:
    """Raises PayableOver, PaidAlready, RequestDiffers."""
    payable = payables.opened(vault_of(connection), request.payable, now)
    new = orders.New(
        title=payable.title,
        amount_fen=payable.amount_fen,
        channel=request.channel,
        due_time=now + due,
        subject=payable.subject,
        request=request.request_id,
    )
    return orders.make_once(connection, new, actor, now)


def _unknown() -> Refusal:
    return not_found("ORDER_UNKNOWN", "order")


def _cannot(reason: str, message: str) -> Refusal:
    return Refusal(grpc.StatusCode.FAILED_PRECONDITION, reason, message)


def _refuse(error: Exception) -> NoReturn:
    match error:
        case NotOffered():
            raise _cannot("PAYMENT_NOT_OFFERED", "No payments are taken here.") from None
        case OrderPaid():
            raise _cannot("ORDER_PAID", "The order is paid.") from None
        case OrderOver():
            raise _cannot("ORDER_OVER", "The order cannot be paid any more.") from None
        case OrderUnknown():
            raise _unknown() from None
    raise Refusal(
        grpc.StatusCode.ABORTED,
        "PAYMENT_UNAVAILABLE",
        "The payment gateway does not answer as it should. Trying again later is safe.",
    ) from None
