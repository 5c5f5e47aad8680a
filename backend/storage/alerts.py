"""Alerts as they came, what became of them, and who acknowledged them.

A message is known by its sender and identifier. Whatever order messages arrive in, and through whichever
backend, the same ones are in force in the end: who refers to whom is kept, also where the other is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from huimin.v1 import alert_pb2
from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from backend.alerts.cap import Message
from backend.alerts.deciding import Decision, State, name_of
from backend.storage import audit
from backend.storage.audit import Actor
from backend.storage.engine import alone
from backend.storage.tables import AlertAcknowledgementRow, AlertReference, AlertRow

MAX_ORIGINS = 200
"""Terminals or lines for which one door may speak."""
_ORDER = "alerts"


class Outcome(StrEnum):
    """What became of a message that arrived; the values are told to senders."""

    IN_FORCE = "in_force"
    KEPT = "kept"
    OUTDATED = "outdated"
    KNOWN = "known"
    """It had arrived before."""
    REUSED = "reused"
    """Another message had the same sender and identifier: it is not taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: its outcome, its name, and where it was kept only why."""

    outcome: Outcome
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An alert in a list. headline: in its first language; as in `AlertRow` in everything else."""

    name: str
    sender: str
    identifier: str
    sent_time: datetime
    status: str
    msg_type: str
    state: State
    reason: str
    headline: str
    effective_time: datetime | None
    expire_time: datetime | None
    end_time: datetime | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What became of an alert at a terminal or line."""

    door: str
    origin: str
    receive_time: datetime | None
    show_time: datetime | None
    speak_time: datetime | None
    spoken: int
    understand_time: datetime | None
    understood: int


def take(
    connection: Connection,
    message: Message,
    signed: bytes,
    decision: Decision,
    *,
    actor: Actor,
    now: datetime,
) -> Taken:
    """Keeps a message that is signed, and ends what it takes the place of. signed: its bytes."""
    alone(connection, _ORDER)
    taken = _take(connection, message, signed, decision, now)
    outcome = taken.outcome.name if taken.outcome is not Outcome.KEPT else f"KEPT_{taken.reason.upper()}"
    audit.append(connection, actor.did("alert publish", taken.name, now, outcome))
    return taken


def _take(
    connection: Connection, message: Message, signed: bytes, decision: Decision, now: datetime
) -> Taken:
    name = name_of(message.sender, message.identifier)
    digest = hashlib.sha256(signed).digest()
    known = connection.execute(select(AlertRow.digest).where(AlertRow.name == name)).scalar()
    if known is not None:
        return Taken(Outcome.KNOWN if known == digest else Outcome.REUSED, name)
    ends = [name_of(one.sender, one.identifier) for one in decision.ends]
    outdated = decision.alert is not None and _is_outdated(connection, name, ends, message)
    state = State.OUTDATED if outdated else decision.state
    alert = decision.alert
    info = message.infos[0] if message.infos else None
    connection.execute(
        insert(AlertRow).values(
            name=name,
            sender=message.sender,
            identifier=message.identifier,
            sent_time=message.sent,
            status=message.status,
            msg_type=message.msg_type,
            state=state.value,
            reason=decision.reason.value if decision.reason else "",
            headline=(info.headline or info.event) if info else message.note[:300],
            digest=digest,
            document=signed,
            alert=alert.SerializeToString() if alert else None,
            effective_time=_moment(alert, "effective_time"),
            expire_time=_moment(alert, "expire_time"),
            receive_time=now,
        )
    )
    for other in ends:
        connection.execute(insert(AlertReference).values(name=other, by=name, sent_time=message.sent))
        if not outdated:
            _end(connection, other, decision.ends_as, now, message)
    if outdated:
        return Taken(Outcome.OUTDATED, name)
    reason = decision.reason.value if decision.reason else ""
    return Taken(Outcome.IN_FORCE if state is State.IN_FORCE else Outcome.KEPT, name, reason)


def _is_outdated(connection: Connection, name: str, ends: Sequence[str], message: Message) -> bool:
    """Whether what takes the place of this message, or of the same as it does, was sent later and is here."""
    found = (
        select(AlertReference.by)
        .join(AlertRow, AlertRow.name == AlertReference.by)
        .where(
            AlertReference.name.in_([name, *ends]),
            AlertReference.sent_time >= message.sent,
            AlertReference.by != name,
            _of_its_kind(message),
        )
    )
    return connection.execute(found.limit(1)).first() is not None


def _end(connection: Connection, name: str, state: State, now: datetime, message: Message) -> None:
    """Nothing ends what was sent after it."""
    connection.execute(
        update(AlertRow)
        .where(
            AlertRow.name == name,
            AlertRow.state == State.IN_FORCE.value,
            AlertRow.sent_time <= message.sent,
            _of_its_kind(message),
        )
        .values(state=state.value, end_time=now)
    )


def _of_its_kind(message: Message) -> ColumnElement[bool]:
    """Drills do nothing to alerts, nor alerts to drills."""
    return (AlertRow.status == "Actual") if message.status == "Actual" else (AlertRow.status != "Actual")


def withdraw(connection: Connection, name: str, actor: Actor, now: datetime) -> bool:
    """The office takes an alert from the doors. False where it is not in force."""
    alone(connection, _ORDER)
    done = connection.execute(
        update(AlertRow)
        .where(AlertRow.name == name, AlertRow.state == State.IN_FORCE.value, AlertRow.expire_time > now)
        .values(state=State.WITHDRAWN.value, end_time=now)
    )
    audit.append(
        connection, actor.did("alert withdraw", name, now, "OK" if done.rowcount else "ALERT_NOT_IN_FORCE")
    )
    return bool(done.rowcount)


def coming(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Names of what is in force or will be, with when each comes into force."""
    found = select(AlertRow.name, AlertRow.effective_time).where(
        AlertRow.state == State.IN_FORCE.value, AlertRow.expire_time > now
    )
    return {row.name: row.effective_time for row in connection.execute(found)}


def told(connection: Connection, names: Sequence[str]) -> dict[str, alert_pb2.Alert]:
    """What the doors are told of each."""
    found = select(AlertRow.name, AlertRow.alert).where(AlertRow.name.in_(names))
    return {row.name: alert_pb2.Alert.FromString(row.alert) for row in connection.execute(found)}


def listed(connection: Connection, limit: int) -> list[Listed]:
    """The latest that arrived, the newest first."""
    rows = connection.execute(select(AlertRow).order_by(AlertRow.receive_time.desc()).limit(limit))
    return [_listed(row) for row in rows]


def found(connection: Connection, given: str) -> list[Listed]:
    """Those whose name or identifier this is."""
    rows = connection.execute(
        select(AlertRow).where((AlertRow.name == given) | (AlertRow.identifier == given))
    )
    return [_listed(row) for row in rows]


def _listed(row: Any) -> Listed:
    return Listed(
        name=row.name,
        sender=row.sender,
        identifier=row.identifier,
        sent_time=row.sent_time,
        status=row.status,
        msg_type=row.msg_type,
        state=State(row.state),
        reason=row.reason,
        headline=row.headline,
        effective_time=row.effective_time,
        expire_time=row.expire_time,
        end_time=row.end_time,
    )


class Acknowledging(StrEnum):
    """What came of an acknowledgement."""

    OK = "OK"
    ALERT_UNKNOWN = "ALERT_UNKNOWN"
    TOO_MANY_ORIGINS = "TOO_MANY_ORIGINS"


def acknowledge(
    connection: Connection, name: str, what: int, moment: datetime, *, door: str, origin: str
) -> Acknowledging:
    """Keeps what became of an alert. what: a number of `huimin.v1.AlertAcknowledgement`."""
    table = AlertAcknowledgementRow
    here = (table.name == name) & (table.door == door) & (table.origin == origin)
    row = connection.execute(select(table).where(here)).first()
    if row is None:
        if connection.execute(select(AlertRow.name).where(AlertRow.name == name)).first() is None:
            return Acknowledging.ALERT_UNKNOWN
        count = select(func.count()).where(table.name == name, table.door == door)
        if (connection.execute(count).scalar() or 0) >= MAX_ORIGINS:
            return Acknowledging.TOO_MANY_ORIGINS
        connection.execute(insert(table).values(name=name, door=door, origin=origin, spoken=0, understood=0))
    values: dict[str, object] = {}
    match what:
        case alert_pb2.ALERT_ACKNOWLEDGEMENT_RECEIVED:
            first = "receive_time"
        case alert_pb2.ALERT_ACKNOWLEDGEMENT_SHOWN:
            first = "show_time"
        case alert_pb2.ALERT_ACKNOWLEDGEMENT_SPOKEN:
            first = "speak_time"
            values["spoken"] = table.spoken + 1
        case _:
            first = "understand_time"
            values["understood"] = table.understood + 1
    if row is None or getattr(row, first) is None:
        values[first] = moment
    if not values:
        return Acknowledging.OK
    connection.execute(update(table).where(here).values(values))
    return Acknowledging.OK


def acknowledged(connection: Connection, name: str) -> list[Acknowledged]:
    """Who acknowledged an alert, by door and origin."""
    table = AlertAcknowledgementRow
    rows = connection.execute(select(table).where(table.name == name).order_by(table.door, table.origin))
    return [
        Acknowledged(
            row.door,
            row.origin,
            row.receive_time,
            row.show_time,
            row.speak_time,
            row.spoken,
            row.understand_time,
            row.understood,
        )
        for row in rows
    ]


def _moment(alert: alert_pb2.Alert | None, field: str) -> datetime | None:
    if alert is None:
        return None

    given: datetime = getattr(alert, field).ToDatetime(UTC)
    return given
