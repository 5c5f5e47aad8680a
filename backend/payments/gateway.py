"""What a payment gateway does for us. A county's own is a plug-in: an entry point in the group
``huimin.payment_gateways``, whose value is called with the table of its settings and gives a `Gateway`.

A gateway knows a try to pay by our number for it, and a refund likewise. So each of these may be said again,
after any failure, without anything being paid or given back twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from typing import Protocol

from foundation.language import LocalizedText

MAX_CODE = 512
"""Characters of what a QR code holds."""


class GatewayUnavailable(Exception):
    """It is slow, away, or answers nonsense: nobody knows whether it did what was asked. To be asked again.

    Its text says what is the matter, for the log; it holds no personal data.
    """


class GatewayRefused(Exception):
    """It will not do it, and has not; `reason` is its code, such as NO_AUTH. Asking again does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotificationRefused(Exception):
    """What came is not the gateway's word; `reason` is one of SIGNATURE, TIME, MALFORMED, SEALED."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Standing(Enum):
    """How a try to pay stands at the gateway."""

    UNKNOWN = auto()
    """It has none of that number."""
    OPEN = auto()
    """It can be paid, or is being paid."""
    PAID = auto()
    CLOSED = auto()
    """It was not paid, and cannot be paid any more."""


class Returned(Enum):
    """How a refund stands at the gateway."""

    UNKNOWN = auto()
    UNDER_WAY = auto()
    DONE = auto()
    FAILED = auto()
    """It will not come about by itself; the office has to look at it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is to be paid. number: at most 32 ASCII letters and digits; said again, it is the same."""

    number: str
    title: LocalizedText
    amount_fen: int
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says of a try to pay. The last five are set where it is PAID.

    ours: whether it was paid to the merchant that we are; currency: ISO 4217; transaction: its own number.
    """

    number: str
    standing: Standing
    amount_fen: int = 0
    currency: str = ""
    ours: bool = False
    transaction: str = ""
    pay_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to be given back, all that was paid. refund_number: as `Demand.number`."""

    number: str
    refund_number: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Notification:
    """What a gateway said by itself, which is its word. report: None where it is of something else."""

    report: Report | None
    kind: str = field(default="")


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a day's statement: money that came, or, where `refund_number` is set, went back."""

    number: str
    amount_fen: int
    transaction: str
    refund_number: str = ""


class Gateway(Protocol):
    """A payment gateway. Every coroutine ends within 5 s; it raises GatewayUnavailable where it does not
    know, GatewayRefused where the gateway refuses."""

    @property
    def demonstration(self) -> bool:
        """Whether no money moves."""

    def check_config(self) -> tuple[str, ...]:
        """What is wrong with the settings, a sentence each. Reads files, and asks nobody."""

    async def create(self, demand: Demand, notify_url: str) -> str:
        """Makes it payable: what the QR code holds. Said again, it gives what is as good."""

    async def query(self, number: str) -> Report:
        """How it stands."""

    async def close(self, number: str) -> None:
        """Has it be paid no more. It may be closed, unknown or paid already; `query` tells."""

    async def refund(self, refund: Refund) -> Returned:
        """Gives money back, once. Said again, it tells how far that is."""

    def parse_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notification:
        """What a message to us says. headers: names in lower case. Raises NotificationRefused."""

    async def statement(self, day: date) -> tuple[StatementLine, ...]:
        """All that was paid and given back on a day of the county. Raises GatewayRefused with reason
        NO_STATEMENT where there is none yet."""

    def read_statement(self, text: bytes) -> tuple[StatementLine, ...]:
        """A statement that was fetched by hand. Raises ValueError, which names the line."""

    async def aclose(self) -> None:
        """Ends its connections."""
