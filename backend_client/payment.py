"""Orders: what a resident owes, and how it is paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import uuid4

from foundation.language import LocalizedText


class OrderState(Enum):
    """How far an order has come; the values are the numbers of the contract."""

    CREATED = 1
    """It is owed, and nobody has begun to pay."""
    WAITING = 2
    """Paying has begun, and is not known to be done."""
    PAID = 3
    CLOSED = 4
    """Paying was given up or took too long; nothing was paid."""
    REFUNDING = 5
    """The money is on its way back."""
    REFUNDED = 6


@dataclass(frozen=True, slots=True)
class Order:
    """What is owed. Times are aware, UTC.

    reference: 12 digits, of the case where it belongs to one; amount_fen: more than 0; payable: whether
    `BackendClient.start_payment` begins to pay it, or goes on; pay_time: None before; due_time: until when it
    can be paid; demonstration: no money moves, which is to be said; transaction: the gateway's number of the
    payment, for the receipt, empty before.
    """

    reference: str
    title: LocalizedText
    amount_fen: int
    state: OrderState
    payable: bool
    create_time: datetime
    update_time: datetime
    due_time: datetime
    pay_time: datetime | None = None
    demonstration: bool = False
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """What is shown so that somebody pays. Its repr does not show the code.

    code: what the QR code holds, at most 512 characters; expire_time: until when it can be paid by it, by the
    backend's clock; seconds_left: of that, when the backend answered.
    """

    order: Order
    code: str = field(repr=False)
    expire_time: datetime
    seconds_left: int


@dataclass(frozen=True, slots=True)
class SentLink:
    """A link to pay that is on its way. delayed: messages are not getting through at the moment; it goes out
    once they are."""

    order: Order
    delayed: bool


def new_order_request() -> str:
    """A name for a request to make an order, that nobody else will make. Made before the first try."""
    return str(uuid4())
