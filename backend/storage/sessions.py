"""Sessions of residents, and how often somebody guessed at a reference.

A token is 32 random bytes; the database holds its SHA-256 only, so that a copy of it opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.storage.tables import SessionRow, WrongTries

LIFETIME = timedelta(minutes=15)
MAX_TOKEN = 128
"""Longest token that is looked at, in characters."""
MAX_TRIES = 5
LOCKED = timedelta(minutes=15)
"""So long a reference stays closed after so many wrong tries; tries meanwhile do not count."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a session opens: one case, or all cases of an applicant. Its repr shows neither."""

    reference: str | None
    applicant: str | None

    def __repr__(self) -> str:
        return "Opened(…)"


async def start(connection: AsyncConnection, opened: Opened, now: datetime) -> tuple[str, datetime]:
    """Opens a session; its token and when it ends."""
    token = secrets.token_urlsafe(32)
    await connection.execute(
        insert(SessionRow).values(
            token_hash=_hash(token),
            expire_time=now + LIFETIME,
            reference=opened.reference,
            applicant=opened.applicant,
        )
    )
    return token, now + LIFETIME


async def opened_by(connection: AsyncConnection, token: str, now: datetime) -> Opened | None:
    """What a token opens; None where it is unknown or over."""
    row = (
        await connection.execute(
            select(SessionRow.reference, SessionRow.applicant, SessionRow.expire_time).where(
                SessionRow.token_hash == _hash(token)
            )
        )
    ).first()
    return None if row is None or row.expire_time <= now else Opened(row.reference, row.applicant)


async def end(connection: AsyncConnection, token: str) -> None:
    """Ends a session, where it is not over already."""
    await connection.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))


async def locked_for(connection: AsyncConnection, reference: str, now: datetime) -> timedelta | None:
    """How long a reference stays closed; None where it is open."""
    row = await _tries(connection, reference)
    if row is None or row[0] < MAX_TRIES or now >= row[1] + LOCKED:
        return None
    return row[1] + LOCKED - now


async def count_wrong_try(connection: AsyncConnection, reference: str, now: datetime) -> None:
    """Counts a wrong try. The count begins anew once there was none for a while."""
    row = await _tries(connection, reference)
    if row is None:
        await connection.execute(insert(WrongTries).values(reference=reference, count=1, last_time=now))
        return
    count = row[0] + 1 if now < row[1] + LOCKED else 1
    await connection.execute(
        update(WrongTries).where(WrongTries.reference == reference).values(count=count, last_time=now)
    )


async def forget_tries(connection: AsyncConnection, reference: str) -> None:
    """After a right try."""
    await connection.execute(delete(WrongTries).where(WrongTries.reference == reference))


async def sweep(connection: AsyncConnection, now: datetime) -> None:
    """Removes what is over."""
    await connection.execute(delete(SessionRow).where(SessionRow.expire_time <= now))
    await connection.execute(delete(WrongTries).where(WrongTries.last_time <= now - LOCKED))


async def _tries(connection: AsyncConnection, reference: str) -> tuple[int, datetime] | None:
    row = (
        await connection.execute(
            select(WrongTries.count, WrongTries.last_time)
            .where(WrongTries.reference == reference)
            .with_for_update()
        )
    ).first()
    return None if row is None else (row[0], row[1])


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
