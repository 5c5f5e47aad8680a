"""Paying an order: begin, watch, close, give back.

Each step is one transaction or one call to the gateway, never both, and each may be the last before a crash:
what was written down before tells the next who looks (`backend.storage.attempts`), and what was said to the
gateway may be said again.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from backend.payments import metrics
from backend.payments.gateway import (
    Demand,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    Notification,
    NotificationRefused,
    Refund,
    Report,
    Returned,
    Standing,
)
from backend.payments.settings import PaymentSettings
from backend.storage import attempts, orders
from backend.storage.attempts import Attempt, Outcome, State
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend.storage.vault import vault_of
from foundation.log import logger

NOTIFY = "/payments/notify"
LINK = "/pay"
_TURNS = 3
"""How often beginning goes round before it gives up."""
_log = logger(__name__)


class NotOffered(Exception):
    """No payments are taken here."""


class Unavailable(Exception):
    """The gateway does not do its work at the moment. Trying again is safe."""


@dataclass
class Paying:
    """Payments through one gateway. web: where the web server is reached, without a slash at the end."""

    database: Database
    settings: PaymentSettings
    gateway: Gateway | None
    now: Callable[[], datetime]
    web: str = ""

    @property
    def demonstration(self) -> bool:
        """Whether no money moves."""
        return self.gateway is not None and self.gateway.demonstration

    @property
    def due(self) -> timedelta:
        """How long an order can be paid."""
        return timedelta(days=self.settings.due_days)

    async def begin(self, reference: str, actor: Actor) -> Attempt:
        """The try by which an order is paid now, OPEN, with what to show.

        Raises NotOffered, Unavailable; OrderUnknown, OrderPaid, OrderOver.
        """
        gateway = self._offered()
        for _ in range(_TURNS):
            attempt = await self.database.write(
                attempts.begin,
                reference,
                gateway=self.settings.gateway,
                demonstration=gateway.demonstration,
                lasting=timedelta(minutes=self.settings.minutes),
                actor=actor,
                now=self.now(),
            )
            if attempt.closing:
                await self._look_or_raise(attempt, actor)
                continue
            if attempt.code:
                return attempt
            opened = await self._create(gateway, attempt, actor)
            if opened is not None:
                return opened
        raise Unavailable

    async def cancel(self, reference: str, actor: Actor) -> None:
        """Closes the try under way; where the gateway does not answer, a worker goes on.

        Raises OrderUnknown.
        """
        attempt = await self.database.write(attempts.want_closed, reference, self.now())
        if attempt is not None and self.gateway is not None and attempt.gateway == self.settings.gateway:
            await self.look(attempt, actor)

    async def take(self, headers: dict[str, str], body: bytes) -> Outcome:
        """Takes a notification of the gateway. Raises NotOffered, NotificationRefused.

        A notification whose outcome is UNKNOWN is of a number that is not ours.
        """
        try:
            said = self._offered().parse_notification(headers, body, self.now())
        except NotificationRefused as refused:
            metrics.REFUSED.labels(refused.reason).inc()
            _log.warning("payment_notification_refused", reason=refused.reason)
            raise
        outcome = await self._settle_notified(said)
        metrics.NOTIFICATIONS.labels(outcome.value).inc()
        return outcome

    async def look(self, attempt: Attempt, actor: Actor) -> None:
        """Finds out how a try stands and does what is to be done; later again where the gateway fails."""
        try:
            await self._look_or_raise(attempt, actor)
        except Unavailable:
            await self.database.write(attempts.again, attempt.number, self.now())

    async def _settle_notified(self, said: Notification) -> Outcome:
        if said.report is None:
            return Outcome.NOTHING
        return await self._settle(said.report, Actor(f"gateway/{self.settings.gateway}", "gateway", ""))

    async def _settle(self, report: Report, actor: Actor) -> Outcome:
        outcome = await self.database.write(attempts.settle, report, actor, self.now())
        if outcome in (Outcome.ALARM, Outcome.UNKNOWN):
            _log.error("payment_alarm", number=report.number, outcome=outcome)
        elif outcome is not Outcome.NOTHING:
            _log.info("payment", number=report.number, outcome=outcome)
        return outcome

    async def _create(self, gateway: Gateway, attempt: Attempt, actor: Actor) -> Attempt | None:
        """Has the gateway make a try payable; None where it came to its end instead."""
        order = await self.database.read(orders.need, attempt.reference)
        demand = Demand(attempt.number, order.title, attempt.amount_fen, attempt.expire_time)
        try:
            code = await gateway.create(demand, f"{self.web}{NOTIFY}/{self.settings.gateway}")
        except GatewayUnavailable as error:
            raise _unavailable("create", error) from None
        except GatewayRefused as refused:
            _log.error("payment_refused", number=attempt.number, reason=refused.reason)
            closing = await self.database.write(attempts.want_closed, attempt.reference, self.now())
            if closing is None:
                return None
            await self._look_or_raise(closing, actor)
            if refused.reason not in ("ORDERPAID", "ORDER_CLOSED", "OUT_TRADE_NO_USED"):
                raise Unavailable from None
            return None
        opened = await self.database.write(attempts.opened, attempt.number, code)
        if opened.state is State.OPEN and not opened.closing:
            return opened
        try:
            await gateway.close(attempt.number)  # somebody closed it while it was being made
        except (GatewayUnavailable, GatewayRefused) as error:
            _log.warning("payment_close_failed", number=attempt.number, error=str(error))
        return None

    async def _look_or_raise(self, attempt: Attempt, actor: Actor) -> None:
        """Raises Unavailable."""
        gateway = self._offered()
        try:
            if attempt.state is State.RETURNING:
                await self._give_back(gateway, attempt, actor)
            else:
                await self._settle(await self._standing(gateway, attempt), actor)
        except GatewayUnavailable as error:
            raise _unavailable("look", error) from None
        except GatewayRefused as refused:
            _log.error("payment_refused", number=attempt.number, reason=refused.reason)
            raise Unavailable from None

    async def _standing(self, gateway: Gateway, attempt: Attempt) -> Report:
        """How a try stands, once it was closed where it is to be."""
        report = await gateway.query(attempt.number)
        over = attempt.closing or attempt.state is State.CLOSED or self.now() >= attempt.expire_time
        if over and report.standing is Standing.OPEN:
            await gateway.close(attempt.number)
            report = await gateway.query(attempt.number)
        return report

    async def _give_back(self, gateway: Gateway, attempt: Attempt, actor: Actor) -> None:
        refund = Refund(attempt.number, attempt.refund_number, attempt.paid_fen)
        try:
            how = await gateway.refund(refund)
        except GatewayRefused as refused:
            _log.error("payment_refund_refused", number=attempt.number, reason=refused.reason)
            how = Returned.FAILED
        await self.database.write(attempts.returned, attempt.number, how, actor, self.now())
        _log.info("payment_refund", number=attempt.number, outcome=how.name)

    def _offered(self) -> Gateway:
        if self.gateway is None:
            raise NotOffered
        return self.gateway


def link_path(connection: Connection, reference: str) -> str:
    """The path under which an order is paid in a browser. Who has it may pay, and learns what Order holds."""
    return f"{LINK}/{reference}/{_link_key(connection, reference)}"


def is_link(connection: Connection, reference: str, key: str) -> bool:
    """Whether a path was made by `link_path`."""
    return hmac.compare_digest(key.encode(), _link_key(connection, reference).encode())


def _link_key(connection: Connection, reference: str) -> str:
    """16 letters and digits, 80 bits."""
    return base64.b32encode(vault_of(connection).index(reference, "orders.link")[:10]).decode().lower()


def _unavailable(call: str, error: GatewayUnavailable) -> Unavailable:
    metrics.GATEWAY.labels(call).inc()
    _log.warning("payment_gateway_unavailable", call=call, error=str(error))
    return Unavailable()
