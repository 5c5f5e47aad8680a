"""Messages to residents: kept until they have been sent, claimed by one backend at a time.

Recipient and text lie sealed and are wiped KEEP after the message came to its end; what is left says that a
message of that kind was sent, and that its cause is not to send another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from backend.storage.tables import MessageRow
from backend.storage.vault import vault_of

KEEP = timedelta(days=30)
"""So long it can be seen what was sent to whom, and a dead one sent again."""
FORGET = timedelta(days=400)
"""So long it is known that something was sent."""
BATCH = 20
"""Messages that are claimed at a time."""


class State(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """It was given up: refused for good, or tried too often. An operator may have it tried again."""
    EXPIRED = "expired"
    """It was not sent while it was of use."""


class Channel(StrEnum):
    """By which it goes out."""

    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class New:
    """A message to be kept. Its repr shows neither recipient nor text.

    key: tells its cause and recipient, such as ``case-event 17 sms``: of one key there is one message, for
    ever; reference: of the case with which it is erased, or empty; not_before: when it is due;
    expire_time: after which it is of no use.
    """

    key: str
    channel: Channel
    recipient: str = field(repr=False)
    kind: str
    language: str
    text: str = field(repr=False)
    urgent: bool
    not_before: datetime
    expire_time: datetime | None
    reference: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this backend is to send. Its repr shows neither recipient nor text.

    name: a UUID, the key by which a gateway knows it again; attempts: how often it was claimed, with this.
    """

    name: str
    channel: Channel
    recipient: str = field(repr=False)
    kind: str
    language: str
    text: str = field(repr=False)
    attempts: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as an operator sees it. problem: why it was not sent the last time, as a code."""

    name: str
    key: str
    channel: Channel
    kind: str
    language: str
    state: State
    attempts: int
    problem: str
    create_time: datetime
    due_time: datetime
    end_time: datetime | None
    reference: str
    recipient: str | None = field(repr=False, default=None)
    text: str | None = field(repr=False, default=None)


def add(connection: Connection, new: New, now: datetime) -> bool:
    """Keeps a message; False where there is one of that key already."""
    if connection.execute(select(MessageRow.name).where(MessageRow.key == new.key)).first():
        return False
    name, vault = str(uuid4()), vault_of(connection)
    connection.execute(
        insert(MessageRow).values(
            name=name,
            key=new.key,
            channel=new.channel,
            recipient=vault.seal_text(new.recipient, recipient_place(name)),
            kind=new.kind,
            language=new.language,
            text=vault.seal_text(new.text, text_place(name)),
            urgent=new.urgent,
            state=State.WAITING,
            attempts=0,
            problem="",
            create_time=now,
            due_time=new.not_before,
            expire_time=new.expire_time,
            end_time=None,
            reference=new.reference or None,
            request_id=new.request_id,
        )
    )
    return True


def withdraw(connection: Connection, key: str) -> bool:
    """Takes back a message whose cause is gone; False where it has been tried already, or is not there."""
    taken = delete(MessageRow).where(
        MessageRow.key == key, MessageRow.state == State.WAITING, MessageRow.attempts == 0
    )
    return connection.execute(taken).rowcount > 0


def any_due(connection: Connection, now: datetime, *, urgent_only: bool) -> bool:
    """Whether there is anything to claim."""
    return connection.execute(_due(now, urgent_only).limit(1)).first() is not None


def delayed(connection: Connection, channel: Channel) -> bool:
    """Whether messages do not get through at the moment: one waits after a try that failed, and nothing was
    sent since it was made."""
    newest = connection.execute(
        select(func.max(MessageRow.create_time)).where(
            MessageRow.state == State.WAITING, MessageRow.channel == channel, MessageRow.problem != ""
        )
    ).scalar()
    if newest is None:
        return False
    sent_since = select(MessageRow.name).where(
        MessageRow.end_time > newest, MessageRow.state == State.SENT, MessageRow.channel == channel
    )
    return connection.execute(sent_since.limit(1)).first() is None


def claim(
    connection: Connection, now: datetime, lease: timedelta, *, urgent_only: bool, most: int = BATCH
) -> list[Claimed]:
    """Takes some messages that are due, the longest due first; they are due again when the lease is over.

    urgent_only: it is quiet. Those that are of no use any more are ended.
    """
    late = (MessageRow.state == State.WAITING) & (MessageRow.expire_time <= now)
    connection.execute(
        update(MessageRow).where(late, MessageRow.due_time <= now).values(state=State.EXPIRED, end_time=now)
    )
    rows = connection.execute(
        _due(now, urgent_only)
        .order_by(MessageRow.due_time, MessageRow.name)
        .limit(most)
        .with_for_update(skip_locked=True)  # another backend has those
    ).all()
    connection.execute(
        update(MessageRow)
        .where(MessageRow.name.in_([row.name for row in rows]))
        .values(attempts=MessageRow.attempts + 1, due_time=now + lease)
    )
    return [_claimed(connection, row) for row in rows]


def sent(connection: Connection, claimed: Claimed, now: datetime) -> bool:
    """Notes that it was sent; False where another backend took it meanwhile, because the lease was over."""
    return _note(connection, claimed, state=State.SENT, problem="", end_time=now)


def failed(connection: Connection, claimed: Claimed, problem: str, again: datetime) -> bool:
    """Notes that it could not be sent and is due again then; False as in `sent`."""
    return _note(connection, claimed, problem=problem, due_time=again)


def died(connection: Connection, claimed: Claimed, problem: str, now: datetime) -> bool:
    """Notes that it is given up; False as in `sent`."""
    return _note(connection, claimed, state=State.DEAD, problem=problem, end_time=now)


def listed(connection: Connection, state: State | None, most: int) -> list[Kept]:
    """The newest messages, of one state or of all, without recipients and texts."""
    statement = select(*_SEEN).order_by(MessageRow.create_time.desc(), MessageRow.name).limit(most)
    if state is not None:
        statement = statement.where(MessageRow.state == state)
    return [_kept(row) for row in connection.execute(statement)]


def opened(connection: Connection, name: str) -> Kept | None:
    """A message with recipient and text, as far as they are kept. Raises CannotOpen."""
    row = connection.execute(select(*_SEEN).where(MessageRow.name == name)).first()
    if row is None:
        return None
    recipient, text = _opened(connection, name)
    return replace(_kept(row), recipient=recipient, text=text)


def of_cases(connection: Connection, references: Sequence[str]) -> list[Kept]:
    """What was sent about some cases, the oldest first, with recipients and texts. Raises CannotOpen."""
    names = connection.execute(
        select(MessageRow.name)
        .where(MessageRow.reference.in_(references))
        .order_by(MessageRow.create_time, MessageRow.name)
    ).scalars()
    return [found for name in names.all() if (found := opened(connection, name)) is not None]


def retry(connection: Connection, name: str, now: datetime) -> bool:
    """Has a dead message tried again from now on; False where it is not dead, or its text is gone."""
    again = (
        update(MessageRow)
        .where(MessageRow.name == name, MessageRow.state == State.DEAD, MessageRow.text.is_not(None))
        .values(state=State.WAITING, attempts=0, due_time=now, expire_time=None, end_time=None)
    )
    return connection.execute(again).rowcount > 0


def erase(connection: Connection, references: Sequence[str], now: datetime) -> None:
    """Wipes all messages about some cases. Those that wait are not sent any more."""
    these = MessageRow.reference.in_(references)
    waiting = these & (MessageRow.state == State.WAITING)
    connection.execute(update(MessageRow).where(waiting).values(state=State.EXPIRED, end_time=now))
    connection.execute(update(MessageRow).where(these).values(recipient=None, text=None))


def sweep(connection: Connection, now: datetime) -> None:
    """Wipes what ended long ago, and forgets what ended very long ago."""
    ended = update(MessageRow).where(MessageRow.end_time <= now - KEEP, MessageRow.text.is_not(None))
    connection.execute(ended.values(recipient=None, text=None))
    connection.execute(delete(MessageRow).where(MessageRow.end_time <= now - FORGET))


def counts(connection: Connection) -> dict[State, int]:
    """How many there are of each state."""
    found = connection.execute(select(MessageRow.state, func.count()).group_by(MessageRow.state)).all()
    return {State(state): count for state, count in found}


def recipient_place(name: str) -> str:
    """For which a recipient is sealed."""
    return f"messages.recipient {name}"


def text_place(name: str) -> str:
    """For which a text is sealed."""
    return f"messages.text {name}"


_SEEN = (
    MessageRow.name,
    MessageRow.key,
    MessageRow.channel,
    MessageRow.kind,
    MessageRow.language,
    MessageRow.state,
    MessageRow.attempts,
    MessageRow.problem,
    MessageRow.create_time,
    MessageRow.due_time,
    MessageRow.end_time,
    MessageRow.reference,
)


def _due(now: datetime, urgent_only: bool) -> Select[*tuple[Any, ...]]:
    statement = select(
        MessageRow.name,
        MessageRow.channel,
        MessageRow.kind,
        MessageRow.language,
        MessageRow.attempts,
        MessageRow.request_id,
    ).where(MessageRow.state == State.WAITING, MessageRow.due_time <= now)
    return statement.where(MessageRow.urgent) if urgent_only else statement


def _claimed(connection: Connection, row: Row[Any]) -> Claimed:
    recipient, text = _opened(connection, row.name)
    return Claimed(
        row.name,
        Channel(row.channel),
        recipient or "",
        row.kind,
        row.language,
        text or "",
        row.attempts + 1,
        row.request_id,
    )


def _opened(connection: Connection, name: str) -> tuple[str | None, str | None]:
    row = connection.execute(
        select(MessageRow.recipient, MessageRow.text).where(MessageRow.name == name)
    ).one()
    vault = vault_of(connection)
    return (
        None if row.recipient is None else vault.open_text(row.recipient, recipient_place(name)),
        None if row.text is None else vault.open_text(row.text, text_place(name)),
    )


def _kept(row: Any) -> Kept:
    return Kept(
        name=row.name,
        key=row.key,
        channel=Channel(row.channel),
        kind=row.kind,
        language=row.language,
        state=State(row.state),
        attempts=row.attempts,
        problem=row.problem,
        create_time=row.create_time,
        due_time=row.due_time,
        end_time=row.end_time,
        reference=row.reference or "",
    )


def _note(connection: Connection, claimed: Claimed, **values: object) -> bool:
    mine = update(MessageRow).where(
        MessageRow.name == claimed.name,
        MessageRow.state == State.WAITING,
        MessageRow.attempts == claimed.attempts,
    )
    return connection.execute(mine.values(**values)).rowcount > 0
