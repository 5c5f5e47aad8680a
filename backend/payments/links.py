"""Links under which an order is paid in a browser, sent by SMS."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from backend.authoring.finding import LOCALE
from backend.clock import COUNTY_TIME
from backend.notifying.queue import enqueue
from backend.payments.news import yuan
from backend.payments.paying import link_path
from backend.storage import audit, orders
from backend.storage.attempts import lock_payable
from backend.storage.audit import Actor
from backend.storage.vault import vault_of
from foundation.language import Language, translator

MOST = 3
"""For one order within PERIOD."""
PERIOD = timedelta(hours=1)
SAME = timedelta(minutes=1)
"""So long another to the same telephone is the same request once more."""
_SENT = "link"


class TooManyLinks(Exception):
    """Enough were sent for this order."""


def send_link(
    connection: Connection,
    reference: str,
    phone_number: str,
    language: Language,
    *,
    web: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Has a link sent. web: where browsers reach the backend. Raises OrderUnknown, OrderPaid, OrderOver,
    TooManyLinks."""
    order = lock_payable(connection, reference, now)
    to = vault_of(connection).index(phone_number, f"order_events.number {reference}").hex()[:16]
    before = [
        (when, number) for when, _, what, number in orders.events(connection, reference) if what == _SENT
    ]
    if any(number == to and now < when + SAME for when, number in before):
        return
    if sum(now < when + PERIOD for when, _ in before) >= MOST:
        raise TooManyLinks
    orders.note(connection, reference, order.state, _SENT, now, number=to)
    local = order.due_time.astimezone(COUNTY_TIME)
    until = translator("backend", LOCALE, language)(
        "payment.until", year=local.year, month=local.month, day=local.day
    )
    enqueue(
        connection,
        key=f"payment-link {reference} {len(before) + 1}",
        recipient=phone_number,
        kind="payment_link",
        language=language,
        values={
            "ending": reference[-4:],
            "amount": yuan(order.amount_fen),
            "link": web + link_path(connection, reference),
            "until": until,
        },
        now=now,
        expire_time=order.due_time,
        request_id=actor.request_id,
    )
    audit.append(connection, actor.did("PaymentService.SendPaymentLink", f"orders/{reference}", now))
