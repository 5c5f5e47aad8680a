"""Sessions of residents, and how often somebody guessed at a reference.

A token is 32 random bytes; the database holds its SHA-256 only, so that a copy of it opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from backend.storage.tables import SessionRow, WrongTries

LIFETIME = timedelta(minutes=15)
MAX_TOKEN = 128
"""Longest token that is looked at, in characters."""
MAX_TRIES = 5
LOCKED = timedelta(minutes=15)
"""So long a reference stays closed after so many wrong tries; tries meanwhile do not count."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a session opens: one case, or all cases of a person (`Vault.person`). Its repr shows neither."""

    reference: str | None
    person: bytes | None

    def __repr__(self) -> str:
        return "Opened(…)"


def start(connection: Connection, opened: Opened, now: datetime) -> tuple[str, datetime]:
    """Opens a session; its token and when it ends."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(SessionRow).values(
            token_hash=_hash(token),
            expire_time=now + LIFETIME,
            reference=opened.reference,
            person=opened.person,
        )
    )
    return token, now + LIFETIME


def opened_by(connection: Connection, token: str, now: datetime) -> Opened | None:
    """What a token opens; None where it is unknown or over."""
    row = (
        connection.execute(
            select(SessionRow.reference, SessionRow.person, SessionRow.expire_time).where(
                SessionRow.token_hash == _hash(token)
            )
        )
    ).first()
    return None if row is None or row.expire_time <= now else Opened(row.reference, row.person)


def end(connection: Connection, token: str) -> None:
    """Ends a session, where it is not over already."""
    connection.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))


def locked_for(connection: Connection, reference: str, now: datetime) -> timedelta | None:
    """How long a reference stays closed; None where it is open."""
    row = _tries(connection, reference)
    if row is None or row[0] < MAX_TRIES or now >= row[1] + LOCKED:
        return None
    return row[1] + LOCKED - now


def count_wrong_try(connection: Connection, reference: str, now: datetime) -> None:
    """Counts a wrong try. The count begins anew once there was none for a while."""
    row = _tries(connection, reference)
    if row is None:
        connection.execute(insert(WrongTries).values(reference=reference, count=1, last_time=now))
        return
    count = row[0] + 1 if now < row[1] + LOCKED else 1
    connection.execute(
        update(WrongTries).where(WrongTries.reference == reference).values(count=count, last_time=now)
    )


def forget_tries(connection: Connection, reference: str) -> None:
    """After a right try."""
    connection.execute(delete(WrongTries).where(WrongTries.reference == reference))


def sweep(connection: Connection, now: datetime) -> None:
    """Removes what is over."""
    connection.execute(delete(SessionRow).where(SessionRow.expire_time <= now))
    connection.execute(delete(WrongTries).where(WrongTries.last_time <= now - LOCKED))


def _tries(connection: Connection, reference: str) -> tuple[int, datetime] | None:
    row = (
        connection.execute(
            select(WrongTries.count, WrongTries.last_time)
            .where(WrongTries.reference == reference)
            .with_for_update()
        )
    ).first()
    return None if row is None else (row[0], row[1])


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
