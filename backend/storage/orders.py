"""Orders: what residents owe. How one is paid is in `backend.storage.attempts`.

An order of a case has the case's reference; another has one of its own, drawn as those are. It holds no
personal data and is kept when the case is erased: the county's books need it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from huimin.v1 import payment_pb2
from sqlalchemy import Connection, func, insert, select, update

from backend.storage import audit, references
from backend.storage.audit import Actor
from backend.storage.tables import AttemptRow, OrderEventRow, OrderRow
from backend.storage.vault import vault_of
from foundation.language import LocalizedText

CREATED = payment_pb2.ORDER_STATE_CREATED
WAITING = payment_pb2.ORDER_STATE_WAITING
PAID = payment_pb2.ORDER_STATE_PAID
CLOSED = payment_pb2.ORDER_STATE_CLOSED
REFUNDING = payment_pb2.ORDER_STATE_REFUNDING
REFUNDED = payment_pb2.ORDER_STATE_REFUNDED
_BEGINNABLE = frozenset({CREATED, WAITING, CLOSED, REFUNDED})


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `state` is a number of `huimin.v1.OrderState`.

    paid_by: number of the attempt that paid it, None before; transaction: the gateway's number of that;
    checked: whether the office has to look at what the gateway said of it, and nothing more may be paid;
    demonstration: an attempt of it was made where no money moves.
    """

    reference: str
    title: LocalizedText
    amount_fen: int
    state: int
    door: str
    channel: int
    create_time: datetime
    update_time: datetime
    due_time: datetime
    pay_time: datetime | None
    paid_by: str | None
    closed_for_good: bool
    transaction: str = ""
    checked: bool = False
    demonstration: bool = False

    def payable(self, now: datetime) -> bool:
        """Whether paying can begin, or go on."""
        return (
            self.state in _BEGINNABLE
            and not self.closed_for_good
            and not self.checked
            and now < self.due_time
        )


@dataclass(frozen=True, slots=True)
class New:
    """An order to be made. reference: its case's; empty: one is drawn.

    subject: what is paid, and only once, where it belongs to no case; may be personal data.
    request: name of the request within its door.
    """

    title: LocalizedText
    amount_fen: int
    channel: int
    due_time: datetime
    reference: str = ""
    subject: str = field(default="", repr=False)
    request: str = ""


class PaidAlready(Exception):
    """What it would be for is paid."""


class RequestDiffers(Exception):
    """The name of the request was used for something else."""


def make(connection: Connection, new: New, actor: Actor, now: datetime) -> str:
    """Makes an order, not yet in the audit trail; its reference."""
    reference = new.reference or references.draw(connection, actor.door, f"orders/{new.request}", now)
    vault = vault_of(connection)
    connection.execute(
        insert(OrderRow).values(
            reference=reference,
            subject=subject_key(connection, new.subject) if new.subject else None,
            request=vault.index(f"{actor.door} {new.request}", "orders.request") if new.request else None,
            door=actor.door,
            channel=new.channel,
            title_zh=new.title.zh_cn,
            title_en=new.title.en,
            amount_fen=new.amount_fen,
            state=CREATED,
            create_time=now,
            update_time=now,
            due_time=new.due_time,
            closed_for_good=False,
        )
    )
    note(connection, reference, CREATED, "made", now)
    return reference


def make_once(connection: Connection, new: New, actor: Actor, now: datetime) -> Order:
    """The order of a subject: the one there is, else a new one. Raises PaidAlready, RequestDiffers.

    One whose money was given back, or that nobody began to pay and that costs something else by now, makes
    room for a new one.
    """
    key = subject_key(connection, new.subject)
    request = vault_of(connection).index(f"{actor.door} {new.request}", "orders.request")
    said = connection.execute(
        select(OrderRow.reference, OrderRow.subject).where(OrderRow.request == request)
    ).first()
    if said is not None and said.subject == key:
        return need(connection, said.reference)
    if said is not None:
        raise RequestDiffers
    there = connection.execute(
        select(OrderRow.reference).where(OrderRow.subject == key).with_for_update()
    ).scalar()
    if there is not None:
        order = need(connection, there)
        if order.state == PAID:
            raise PaidAlready
        if order.state != REFUNDED and (order.amount_fen == new.amount_fen or order.state != CREATED):
            return order
        connection.execute(
            update(OrderRow)
            .where(OrderRow.reference == there)
            .values(subject=None, closed_for_good=True, update_time=now)
        )
        note(connection, there, order.state, "replaced", now)
    reference = make(connection, new, actor, now)
    audit.append(connection, actor.did("order made", f"orders/{reference}", now))
    return need(connection, reference)


def settled(connection: Connection, subjects: Collection[str]) -> Mapping[str, datetime | None]:
    """Those of some subjects that are not to be paid now: when they were paid, None where the money is on its
    way back."""
    keys = {subject_key(connection, subject): subject for subject in subjects}
    found = connection.execute(
        select(OrderRow.subject, OrderRow.state, OrderRow.pay_time).where(
            OrderRow.subject.in_(list(keys)), OrderRow.state.in_([PAID, REFUNDING])
        )
    )
    return {keys[row.subject]: row.pay_time if row.state == PAID else None for row in found}


def one(connection: Connection, reference: str) -> Order | None:
    """The order of that reference."""
    row = connection.execute(_ORDERS.where(OrderRow.reference == reference)).first()
    return None if row is None else _order(connection, row)


def need(connection: Connection, reference: str) -> Order:
    """The order of that reference, which is there."""
    found = one(connection, reference)
    assert found is not None
    return found


def listed(connection: Connection, state: int | None, most: int) -> list[Order]:
    """The newest orders, of one state or of all."""
    statement = _ORDERS.order_by(OrderRow.create_time.desc(), OrderRow.reference).limit(most)
    if state is not None:
        statement = statement.where(OrderRow.state == state)
    return [_order(connection, row) for row in connection.execute(statement).all()]


def lock(connection: Connection, reference: str) -> Order | None:
    """The order, which nobody else changes until the transaction ends."""
    held = select(OrderRow.reference).where(OrderRow.reference == reference).with_for_update()
    return one(connection, reference) if connection.execute(held).first() else None


def move(connection: Connection, reference: str, state: int, now: datetime, **also: Any) -> None:
    """Gives an order another state. also: other columns."""
    connection.execute(
        update(OrderRow).where(OrderRow.reference == reference).values(state=state, update_time=now, **also)
    )


def note(
    connection: Connection, reference: str, state: int, what: str, now: datetime, *, number: str | None = None
) -> None:
    """Writes down a change. what: a code, such as ``paid``."""
    connection.execute(
        insert(OrderEventRow).values(
            reference=reference, number=number, state=state, what=what, event_time=now
        )
    )


def events(connection: Connection, reference: str) -> Sequence[tuple[datetime, int, str, str | None]]:
    """What happened to an order, the oldest first: when, the state then, what, to which attempt."""
    found = connection.execute(
        select(OrderEventRow.event_time, OrderEventRow.state, OrderEventRow.what, OrderEventRow.number)
        .where(OrderEventRow.reference == reference)
        .order_by(OrderEventRow.id)
    )
    return [(row.event_time, row.state, row.what, row.number) for row in found]


def counts(connection: Connection) -> dict[int, int]:
    """How many orders there are of each state."""
    found = connection.execute(select(OrderRow.state, func.count()).group_by(OrderRow.state)).all()
    return {row[0]: row[1] for row in found}


def subject_key(connection: Connection, subject: str) -> bytes:
    """By which a subject is found again."""
    return vault_of(connection).index(subject, "orders.subject")


_ORDERS = select(
    OrderRow.reference,
    OrderRow.title_zh,
    OrderRow.title_en,
    OrderRow.amount_fen,
    OrderRow.state,
    OrderRow.door,
    OrderRow.channel,
    OrderRow.create_time,
    OrderRow.update_time,
    OrderRow.due_time,
    OrderRow.pay_time,
    OrderRow.paid_by,
    OrderRow.closed_for_good,
)


def _order(connection: Connection, row: Any) -> Order:
    tries = connection.execute(
        select(AttemptRow.number, AttemptRow.transaction, AttemptRow.problem, AttemptRow.demonstration).where(
            AttemptRow.reference == row.reference
        )
    ).all()
    return Order(
        reference=row.reference,
        title=LocalizedText(row.title_zh, row.title_en),
        amount_fen=row.amount_fen,
        state=row.state,
        door=row.door,
        channel=row.channel,
        create_time=row.create_time,
        update_time=row.update_time,
        due_time=row.due_time,
        pay_time=row.pay_time,
        paid_by=row.paid_by,
        closed_for_good=row.closed_for_good,
        transaction=next((one.transaction for one in tries if one.number == row.paid_by), ""),
        checked=any(one.problem for one in tries),
        demonstration=any(one.demonstration for one in tries),
    )
