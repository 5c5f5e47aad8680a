"""What a resident is told of a payment, where the case says where to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from backend.notifying.queue import enqueue
from backend.storage import cases


def tell(
    connection: Connection, reference: str, *, kind: str, number: str, amount_fen: int, now: datetime
) -> None:
    """Tells the applicant of a case, once for a try to pay.

    kind: payment_received or payment_refunded; reference: of the order; number: of the try.
    """
    contact = cases.contact(connection, reference)
    if contact is None:
        return
    for recipient in contact.recipients:
        enqueue(
            connection,
            key=f"{kind} {number}",
            recipient=recipient,
            kind=kind,
            language=contact.language,
            values={"ending": reference[-4:], "amount": yuan(amount_fen)},
            now=now,
            reference=reference,
        )


def yuan(fen: int) -> str:
    """An amount as it is written, such as 1234.50."""
    return f"{fen // 100}.{fen % 100:02}"
