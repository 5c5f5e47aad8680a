"""Tries to pay an order, each one transaction at the gateway: an order is paid by one of them, or not at all.

    MADE ──▶ OPEN ──▶ PAID ──▶ RETURNING ──▶ RETURNED
      └────────┴────▶ CLOSED ──────┘

A try is written down before the gateway hears of it, so a crash at any moment leaves something that a worker
looks at. Another is made only once the gateway has said of the one before that it cannot be paid any more.
What the gateway says comes in through `settle` alone, under the lock of the order: it may come late, twice,
or by several ways. Money that comes for a try that was closed, or for an order that is paid, goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from backend.payments import news
from backend.payments.gateway import Report, Returned, Standing
from backend.storage import audit, orders
from backend.storage.audit import Actor
from backend.storage.orders import Order
from backend.storage.tables import AttemptRow

CURRENCY = "CNY"
SPARE = timedelta(minutes=2)
"""A code that is good for less is not shown again."""
LEASE = timedelta(seconds=60)
"""So long one worker has what it took; a call to the gateway takes 5 s."""
LAST_LOOK = timedelta(minutes=10)
"""After which a closed try is looked at once more, in case money came and nobody heard of it."""
MAX_TRIES = 999
"""For one order."""
_PAUSES = (5, 5, 10, 10, 20, 30)
"""Seconds between the first looks."""
_LATER = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class State(StrEnum):
    """How far a try has come."""

    MADE = "made"
    """Nobody has been shown anything of it."""
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    RETURNING = "returning"
    RETURNED = "returned"


LIVE = (State.MADE, State.OPEN)


class Outcome(StrEnum):
    """What came of what a gateway said."""

    PAID = "paid"
    LATE = "late"
    """Money came for a try that was closed, and goes back."""
    DOUBLED = "doubled"
    """Money came for an order that is paid, and goes back."""
    CLOSED = "closed"
    ALARM = "alarm"
    """The office has to look at it."""
    NOTHING = "nothing"
    """It was known, or says nothing new."""
    UNKNOWN = "unknown"
    """There is no such try."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. See the table."""

    number: str
    reference: str
    gateway: str
    demonstration: bool
    state: State
    amount_fen: int
    code: str
    create_time: datetime
    expire_time: datetime
    closing: bool
    look_time: datetime | None
    looks: int
    pay_time: datetime | None
    paid_fen: int
    transaction: str
    problem: str
    reason: str
    back_time: datetime | None

    def __repr__(self) -> str:
        return f"Attempt({self.number}, {self.state})"

    @property
    def refund_number(self) -> str:
        """Our number for giving its money back."""
        return f"{self.number}R"


class OrderUnknown(Exception):
    """There is no such order."""


class OrderPaid(Exception):
    """It is paid."""


class OrderOver(Exception):
    """It cannot be paid any more."""


def lock_payable(connection: Connection, reference: str, now: datetime) -> Order:
    """An order that may be paid now, and that nobody else changes until the transaction ends.

    Raises OrderUnknown, OrderPaid, OrderOver.
    """
    order = orders.lock(connection, reference)
    if order is None:
        raise OrderUnknown
    if order.state == orders.PAID:
        raise OrderPaid
    if not order.payable(now):
        raise OrderOver
    return order


def begin(
    connection: Connection,
    reference: str,
    *,
    gateway: str,
    demonstration: bool,
    lasting: timedelta,
    actor: Actor,
    now: datetime,
) -> Attempt:
    """The try by which an order is paid now: the one under way, or a new one.

    Where the one under way is nearly over, it is given with `closing`, and has to be closed before another is
    made. Raises OrderUnknown, OrderPaid, OrderOver.
    """
    order = lock_payable(connection, reference, now)
    found = of_order(connection, reference)
    last = found[-1] if found else None
    if last is not None and last.state in LIVE:
        if last.closing or last.gateway != gateway or last.expire_time - now < SPARE:
            return _closing(connection, last, now)
        return last
    if len(found) >= MAX_TRIES:
        raise OrderOver
    number = f"{reference}{len(found) + 1:03}"
    connection.execute(
        insert(AttemptRow).values(
            number=number,
            reference=reference,
            gateway=gateway,
            demonstration=demonstration,
            state=State.MADE,
            amount_fen=order.amount_fen,
            code="",
            create_time=now,
            expire_time=min(now + lasting, max(order.due_time, now + SPARE)).replace(microsecond=0),
            closing=False,
            look_time=now + _pause(0),
            looks=0,
            paid_fen=0,
            transaction="",
            problem="",
            reason="",
        )
    )
    orders.move(connection, reference, orders.WAITING, now)
    orders.note(connection, reference, orders.WAITING, "begun", now, number=number)
    audit.append(connection, actor.did("order begun", f"orders/{reference}", now))
    return need(connection, number)


def opened(connection: Connection, number: str, code: str) -> Attempt:
    """Keeps what the gateway wants shown. What comes back is OPEN, unless it came to its end meanwhile."""
    connection.execute(
        update(AttemptRow)
        .where(AttemptRow.number == number, AttemptRow.state == State.MADE)
        .values(state=State.OPEN, code=code)
    )
    return need(connection, number)


def want_closed(connection: Connection, reference: str, now: datetime) -> Attempt | None:
    """The try under way, to be closed; None where there is none. Raises OrderUnknown."""
    if orders.lock(connection, reference) is None:
        raise OrderUnknown
    live = [one for one in of_order(connection, reference) if one.state in LIVE]
    return _closing(connection, live[-1], now) if live else None


def settle(connection: Connection, report: Report, actor: Actor, now: datetime) -> Outcome:
    """Takes in what a gateway says of a try, which is as true the second time as the first."""
    reference = connection.execute(
        select(AttemptRow.reference).where(AttemptRow.number == report.number)
    ).scalar()
    if reference is None:
        return Outcome.UNKNOWN
    order = orders.lock(connection, reference)
    assert order is not None
    attempt = need(connection, report.number)
    match report.standing:
        case Standing.PAID:
            return _paid(connection, order, attempt, report, actor=actor, now=now)
        case Standing.CLOSED:
            return _closed(connection, order, attempt, actor, now)
        case Standing.UNKNOWN if attempt.state in LIVE and (attempt.closing or now >= attempt.expire_time):
            return _closed(connection, order, attempt, actor, now)
        case Standing.UNKNOWN if attempt.state is State.CLOSED:
            _change(connection, attempt, look_time=None)
        case _ if attempt.look_time is not None and attempt.state in (*LIVE, State.CLOSED):
            _change(connection, attempt, look_time=now + _pause(attempt.looks))
    return Outcome.NOTHING


def _paid(
    connection: Connection, order: Order, attempt: Attempt, report: Report, *, actor: Actor, now: datetime
) -> Outcome:
    if attempt.state in (State.PAID, State.RETURNING, State.RETURNED):
        return Outcome.NOTHING
    problem = _problem(attempt, report)
    if problem:
        if attempt.problem == problem:
            _change(connection, attempt, look_time=now + _HOUR)
            return Outcome.NOTHING
        mine = report.ours and report.currency == CURRENCY
        _change(
            connection,
            attempt,
            problem=problem,
            paid_fen=report.amount_fen if mine else 0,
            transaction=report.transaction,
            look_time=now + _HOUR,
        )
        _tell(connection, order, order.state, "alarm", attempt, actor=actor, now=now, outcome=problem)
        return Outcome.ALARM
    facts = {
        "paid_fen": report.amount_fen,
        "pay_time": report.pay_time or now,
        "transaction": report.transaction,
        "problem": "",
        "closing": False,
        "looks": 0,
    }
    if attempt.state in LIVE and order.paid_by is None and not order.closed_for_good:
        _change(connection, attempt, state=State.PAID, look_time=None, **facts)
        orders.move(
            connection, order.reference, orders.PAID, now, paid_by=attempt.number, pay_time=facts["pay_time"]
        )
        news.tell(
            connection,
            order.reference,
            kind="payment_received",
            number=attempt.number,
            amount_fen=report.amount_fen,
            now=now,
        )
        _tell(connection, order, orders.PAID, "paid", attempt, actor=actor, now=now)
        return Outcome.PAID
    outcome = Outcome.LATE if order.paid_by is None else Outcome.DOUBLED
    _change(connection, attempt, state=State.RETURNING, look_time=now, reason=outcome.value, **facts)
    state = order.state
    if state == orders.CLOSED or (state == orders.WAITING and attempt.state in LIVE):
        state = orders.REFUNDING
        orders.move(connection, order.reference, state, now)
    _tell(connection, order, state, outcome.value, attempt, actor=actor, now=now)
    return outcome


def _problem(attempt: Attempt, report: Report) -> str:
    """Why money that came is not what was asked for; empty where it is."""
    if not report.ours:
        return "MERCHANT_WRONG"
    if report.currency != CURRENCY:
        return "CURRENCY_WRONG"
    return "" if report.amount_fen == attempt.amount_fen else "AMOUNT_WRONG"


def _closed(connection: Connection, order: Order, attempt: Attempt, actor: Actor, now: datetime) -> Outcome:
    if attempt.state is State.CLOSED:
        _change(connection, attempt, look_time=None)
        return Outcome.NOTHING
    if attempt.state not in LIVE:
        return Outcome.NOTHING
    _change(connection, attempt, state=State.CLOSED, closing=False, looks=0, look_time=now + LAST_LOOK)
    if order.state == orders.WAITING:
        orders.move(connection, order.reference, orders.CLOSED, now)
    what = "expired" if now >= attempt.expire_time else "closed"
    _tell(connection, order, orders.CLOSED, what, attempt, actor=actor, now=now)
    return Outcome.CLOSED


def give_back(connection: Connection, reference: str, actor: Actor, now: datetime) -> Order:
    """Has the money of an order given back, by the office. What it is for is not to be paid by it any more.

    Raises OrderUnknown; OrderOver where there is nothing to give back.
    """
    order = orders.lock(connection, reference)
    if order is None:
        raise OrderUnknown
    held = [
        one
        for one in of_order(connection, reference)
        if one.state is State.PAID or (one.problem and one.paid_fen and one.state in (*LIVE, State.CLOSED))
    ]
    if not held:
        raise OrderOver
    for attempt in held:
        _change(
            connection, attempt, state=State.RETURNING, problem="", reason="office", looks=0, look_time=now
        )
        orders.note(connection, reference, orders.REFUNDING, "refund", now, number=attempt.number)
    orders.move(connection, reference, orders.REFUNDING, now, closed_for_good=True)
    audit.append(connection, actor.did("order refund", f"orders/{reference}", now))
    return orders.need(connection, reference)


def returned(connection: Connection, number: str, how: Returned, actor: Actor, now: datetime) -> Outcome:
    """Takes in how giving money back stands at the gateway."""
    order = orders.lock(connection, need(connection, number).reference)
    assert order is not None
    attempt = need(connection, number)
    if attempt.state is not State.RETURNING:
        return Outcome.NOTHING
    if how is Returned.DONE:
        _change(connection, attempt, state=State.RETURNED, back_time=now, problem="", look_time=None)
        state = order.state
        others = [
            one
            for one in of_order(connection, order.reference)
            if one.number != number and one.state is State.RETURNING
        ]
        if state == orders.REFUNDING and not others:
            state = orders.REFUNDED
            orders.move(connection, order.reference, state, now)
        news.tell(
            connection,
            order.reference,
            kind="payment_refunded",
            number=number,
            amount_fen=attempt.paid_fen,
            now=now,
        )
        _tell(connection, order, state, "refunded", attempt, actor=actor, now=now)
        return Outcome.NOTHING
    if how is Returned.FAILED:
        again = _HOUR
        if not attempt.problem:
            _change(connection, attempt, problem="REFUND_FAILED", look_time=now + again)
            _tell(
                connection,
                order,
                order.state,
                "alarm",
                attempt,
                actor=actor,
                now=now,
                outcome="REFUND_FAILED",
            )
            return Outcome.ALARM
        _change(connection, attempt, look_time=now + again)
        return Outcome.NOTHING
    _change(connection, attempt, look_time=now + _pause(attempt.looks))
    return Outcome.NOTHING


def claim(connection: Connection, gateway: str, now: datetime, most: int) -> list[Attempt]:
    """Takes some tries that are to be looked at, the longest due first; nobody else takes them for LEASE."""
    numbers = list(
        connection.execute(
            select(AttemptRow.number)
            .where(AttemptRow.look_time <= now, AttemptRow.gateway == gateway)
            .order_by(AttemptRow.look_time, AttemptRow.number)
            .limit(most)
            .with_for_update(skip_locked=True)  # another backend has those
        ).scalars()
    )
    connection.execute(
        update(AttemptRow)
        .where(AttemptRow.number.in_(numbers))
        .values(look_time=now + LEASE, looks=AttemptRow.looks + 1)
    )
    return [need(connection, number) for number in numbers]


def any_due(connection: Connection, gateway: str, now: datetime) -> bool:
    """Whether there is anything to claim."""
    due = select(AttemptRow.number).where(AttemptRow.look_time <= now, AttemptRow.gateway == gateway)
    return connection.execute(due.limit(1)).first() is not None


def again(connection: Connection, number: str, now: datetime) -> None:
    """Has a try looked at again later, because the gateway did not answer."""
    attempt = need(connection, number)
    if attempt.look_time is not None:
        _change(connection, attempt, look_time=now + _pause(attempt.looks))


def between(connection: Connection, start: datetime, end: datetime) -> list[Attempt]:
    """Tries for which money came or went back in a period."""
    came = (AttemptRow.pay_time >= start) & (AttemptRow.pay_time < end)
    back = (AttemptRow.back_time >= start) & (AttemptRow.back_time < end)
    found = connection.execute(select(*_COLUMNS).where(came | back).order_by(AttemptRow.number))
    return [_attempt(row) for row in found]


def alarms(connection: Connection) -> int:
    """How many tries the office has to look at."""
    held = select(func.count()).select_from(AttemptRow).where(AttemptRow.problem != "")
    return connection.execute(held).scalar_one()


def of_order(connection: Connection, reference: str) -> Sequence[Attempt]:
    """The tries to pay an order, the oldest first."""
    found = connection.execute(
        select(*_COLUMNS).where(AttemptRow.reference == reference).order_by(AttemptRow.number)
    )
    return [_attempt(row) for row in found]


def one(connection: Connection, number: str) -> Attempt | None:
    """The try of that number."""
    row = connection.execute(select(*_COLUMNS).where(AttemptRow.number == number)).first()
    return None if row is None else _attempt(row)


def need(connection: Connection, number: str) -> Attempt:
    """The try of that number, which is there."""
    found = one(connection, number)
    assert found is not None
    return found


def _closing(connection: Connection, attempt: Attempt, now: datetime) -> Attempt:
    if not attempt.closing:
        _change(connection, attempt, closing=True, looks=0, look_time=now + _pause(0))
    return need(connection, attempt.number)


def _change(connection: Connection, attempt: Attempt, **values: Any) -> None:
    connection.execute(update(AttemptRow).where(AttemptRow.number == attempt.number).values(**values))


def _tell(
    connection: Connection,
    order: Order,
    state: int,
    what: str,
    attempt: Attempt,
    *,
    actor: Actor,
    now: datetime,
    outcome: str = "OK",
) -> None:
    """Notes a change, and enters it into the audit trail: the last statement of a transaction."""
    orders.note(connection, order.reference, state, what, now, number=attempt.number)
    audit.append(connection, actor.did(f"order {what}", f"orders/{order.reference}", now, outcome))


def _pause(looks: int) -> timedelta:
    """Five minutes in the end, after a good quarter of an hour."""
    if looks < len(_PAUSES):
        return timedelta(seconds=_PAUSES[looks])
    return _LATER if looks < 20 else 5 * _LATER


_COLUMNS = tuple(getattr(AttemptRow, name) for name in Attempt.__dataclass_fields__)


def _attempt(row: Any) -> Attempt:
    values = row._asdict()
    return Attempt(**values | {"state": State(values["state"])})
